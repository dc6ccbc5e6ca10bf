/** Conditions of WHERE and ON as single ones that all have to be true, and which index gets at the rows for which they are. */
import { ByteBuffer } from "../../encode/byte-buffer";
import { AccessPath, KeyBound } from "../../query/access-path";
import { Table, TableIndex, addKeyPart } from "../../query/store";
import { addSlot, fitsType } from "../eval/cells";
import { Comparison } from "../eval/compare";
import { ColumnValue, Constant, Expression } from "../eval/expression";
import { K_INT } from "../eval/kinds";
import { Logic } from "../eval/logic";
import { Filter, Operator } from "../run/operator";
import { OP_EQ, OP_GE, OP_GT, OP_LE, OP_LT, turned } from "../syntax/operators";

/** One of them, and the columns that it reads. */
export class Condition {
  readonly columns: Array<i32> = new Array<i32>();
  isApplied: bool = false;

  constructor(readonly expression: Expression) {
    expression.addColumns(this.columns);
  }

  /** Whether all of its columns are from `first` on and before `end`. */
  isWithin(first: i32, end: i32): bool {
    for (let c = 0; c < this.columns.length; c++) {
      if (this.columns[c] < first || this.columns[c] >= end) return false;
    }
    return true;
  }
}

/** Adds what has to be true for `subject` to be: the parts of an AND. */
export function addConditions(subject: Expression, conditions: Array<Condition>): void {
  if (subject instanceof Logic && !(<Logic>subject).isOr) {
    const parts = (<Logic>subject).parts;
    for (let p = 0; p < parts.length; p++) addConditions(parts[p], conditions);
  } else conditions.push(new Condition(subject));
}

/** A comparison of a column with a constant, the column on its left. */
class ColumnBound {
  constructor(
    readonly column: i32,
    readonly op: u8,
    readonly value: Constant,
  ) {}
}

function boundOf(subject: Expression, base: i32, end: i32): ColumnBound | null {
  if (!(subject instanceof Comparison)) return null;
  const comparison = <Comparison>subject;
  const isLeft = comparison.a instanceof ColumnValue && comparison.b instanceof Constant;
  const isRight = comparison.b instanceof ColumnValue && comparison.a instanceof Constant;
  if (!isLeft && !isRight) return null;
  const column = <ColumnValue>(isLeft ? comparison.a : comparison.b);
  const value = <Constant>(isLeft ? comparison.b : comparison.a);
  const op = isLeft ? comparison.op : turned(comparison.op);
  if (column.position < base || column.position >= end || value.isNull) return null;
  if (op != OP_EQ && op != OP_LT && op != OP_LE && op != OP_GT && op != OP_GE) return null;
  return new ColumnBound(column.position - base, op, value);
}

const cell: ByteBuffer = new ByteBuffer(64);
const slot: usize = memory.data(16, 8);

/** Appends the constant as a part of a key; false when the column can't have it. */
function addPart(table: Table, column: i32, value: Constant, bound: KeyBound): bool {
  const subject = table.schema.columns[column];
  if (value.kind == K_INT && !fitsType(subject.type, <i64>value.low)) return false;
  store<u64>(slot, value.low);
  store<u64>(slot, value.high, 8);
  cell.reset();
  if (!addSlot(subject.type, subject.customSize, slot, cell)) return false;
  addKeyPart(subject, cell.ptr, cell.len, bound);
  return true;
}

/**
 * The path to the rows of `table`, whose columns are those from `base` on, for which the conditions can be true: by the index whose first
 * columns have most values given, else the table itself. The conditions still have to be looked at.
 */
export function choosePath(table: Table, base: i32, conditions: Array<Condition>): AccessPath {
  const end = base + table.schema.columns.length;
  const bounds = new Array<ColumnBound>();
  for (let c = 0; c < conditions.length; c++) {
    const bound = boundOf(conditions[c].expression, base, end);
    if (bound) bounds.push(bound);
  }
  let best: AccessPath | null = null;
  let bestScore = 0;
  for (let i = 0; i < table.indexes.length && bounds.length > 0; i++) {
    const index = table.indexes[i];
    const path = new AccessPath(table, index);
    const score = boundBy(path, index, bounds);
    const former = best;
    if (score > bestScore) {
      if (former) former.free();
      best = path;
      bestScore = score;
    } else path.free();
  }
  return best ? best : new AccessPath(table);
}

/** Gives the path the bounds that there are for its index; how much they are worth, 0 for nothing. */
function boundBy(path: AccessPath, index: TableIndex, bounds: Array<ColumnBound>): i32 {
  const table = path.table;
  const parts = new Array<ColumnBound>();
  for (let c = 0; c < index.columns.length; c++) {
    const equal = find(bounds, index.columns[c], OP_EQ, OP_EQ);
    if (!equal) break;
    parts.push(equal);
  }
  const at = parts.length;
  const next = at < index.columns.length ? index.columns[at] : -1;
  const from = find(bounds, next, OP_GT, OP_GE);
  const to = find(bounds, next, OP_LT, OP_LE);
  if (at == 0 && !from && !to) return 0;
  const low = new KeyBound(from !== null && from.op == OP_GT);
  const high = new KeyBound(to !== null && to.op == OP_LT);
  const good = fill(table, low, parts, from) && fill(table, high, parts, to);
  if (!good) {
    low.free();
    high.free();
    return 0;
  }
  path.lower = at > 0 || from ? low : null;
  path.upper = at > 0 || to ? high : null;
  if (!path.lower) low.free();
  if (!path.upper) high.free();
  // Unique keys are worth most, then values that are given, then ranges.
  const isPoint = index.unique && at == index.columns.length;
  return (isPoint ? 1000 : 0) + at * 10 + (from ? 2 : 0) + (to ? 2 : 0);
}

function find(bounds: Array<ColumnBound>, column: i32, op: u8, other: u8): ColumnBound | null {
  for (let b = 0; b < bounds.length; b++) {
    if (bounds[b].column == column && (bounds[b].op == op || bounds[b].op == other)) return bounds[b];
  }
  return null;
}

function fill(table: Table, bound: KeyBound, parts: Array<ColumnBound>, last: ColumnBound | null): bool {
  bound.begin(parts.length + (last ? 1 : 0));
  for (let p = 0; p < parts.length; p++) {
    if (!addPart(table, parts[p].column, parts[p].value, bound)) return false;
  }
  return !last || addPart(table, last.column, last.value, bound);
}

/** Of the conditions those that are not applied yet and read only columns from `first` on and before `end`. */
export function restOf(conditions: Array<Condition>, first: i32, end: i32): Array<Condition> {
  const found = new Array<Condition>();
  for (let c = 0; c < conditions.length; c++) {
    if (!conditions[c].isApplied && conditions[c].isWithin(first, end)) found.push(conditions[c]);
  }
  return found;
}

/** The operator's rows for which the conditions are true, which are applied by that. */
export function filtered(operator: Operator, conditions: Array<Condition>): Operator {
  if (conditions.length == 0) return operator;
  const expressions = new Array<Expression>();
  for (let c = 0; c < conditions.length; c++) {
    conditions[c].isApplied = true;
    expressions.push(conditions[c].expression);
  }
  return new Filter(operator, expressions);
}

/** All of the conditions as one. */
export function together(conditions: Array<Condition>): Expression {
  const parts = new Array<Expression>();
  for (let c = 0; c < conditions.length; c++) {
    conditions[c].isApplied = true;
    parts.push(conditions[c].expression);
  }
  return parts.length == 1 ? parts[0] : new Logic(false, parts);
}
