/** `range` of `wit/database.wit`: which rows, in which order. */
import { Status, OK } from "../status";
import { AccessPath, KeyBound } from "../query/access-path";
import { beginBound } from "../request/paged-scan";
import { findIndex } from "../store/names";
import { Table } from "../store/table";
import { TableIndex } from "../store/table-index";
import { liftKeyPart } from "./lift-values";
import { liftStrings } from "./results";
import { VALUE_SIZE } from "./value-cases";

const UNBOUNDED: i32 = 0;
const EXCLUDED: i32 = 2;

/** A bound as it is given: its case, and the values of the other ones. */
class GivenBound {
  constructor(
    readonly kind: i32,
    readonly values: usize,
    readonly count: u32,
  ) {}

  get isThere(): bool {
    return this.kind != UNBOUNDED;
  }
}

/** The path to the rows between two bounds of the index on the `count` columns whose names are at `names`; null on failure. */
export function liftPath(
  table: Table,
  names: usize,
  count: u32,
  lowerKind: i32,
  lowerValues: usize,
  lowerCount: u32,
  upperKind: i32,
  upperValues: usize,
  upperCount: u32,
  reverse: bool,
): AccessPath | null {
  const lower = new GivenBound(lowerKind, lowerValues, lowerCount);
  const upper = new GivenBound(upperKind, upperValues, upperCount);
  let index: TableIndex | null = null;
  if (count > 0) {
    index = findIndex(table, liftStrings(names, count));
    if (!index) return null;
  } else if (lower.isThere || upper.isThere || reverse) index = table.primary;
  const path = new AccessPath(table, index, reverse);
  if (lower.isThere) path.lower = new KeyBound(lower.kind == EXCLUDED);
  if (upper.isThere) path.upper = new KeyBound(upper.kind == EXCLUDED);
  if (liftBound(path, lower, path.lower) == OK && liftBound(path, upper, path.upper) == OK) return path;
  path.free();
  return null;
}

function liftBound(path: AccessPath, given: GivenBound, bound: KeyBound | null): Status {
  if (!bound) return OK;
  const index = path.index!;
  const schema = path.table.schema;
  let status = beginBound(index, given.count, bound);
  for (let i: u32 = 0; i < given.count && status == OK; i++) {
    const column = schema.columns[index.columns[i]];
    status = liftKeyPart(schema, column, given.values + i * VALUE_SIZE, bound);
  }
  return status;
}
