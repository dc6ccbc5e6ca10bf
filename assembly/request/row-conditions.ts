/** `where` and `orderBy` of requests: SQL's conditions and orders of rows of a table. */
import { BAD_REQUEST, OK, Status, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { columnNames } from "../schema/column-names";
import { Table } from "../store/table";
import { findByValue } from "../store/value-lookup";
import { NO_ADDRESS, RecordAddress } from "../table/page-ledger";
import { QueryRows } from "../sql/query-rows";
import { mayRun } from "../wasi/deadline";
import { RowCondition } from "../sql/row-condition";
import { RowTerms } from "../sql/row-terms";
import { parametersOf } from "./parameters";
import { FIELD_ORDER_BY, FIELD_PARAMS, FIELD_WHERE } from "./request";
import { Session } from "./session";

/** The request's condition and order, read; null on failure. The caller frees them. */
function requestedTerms(session: Session): RowTerms | null {
  const request = session.request;
  const hasWhere = request.has(FIELD_WHERE);
  const hasOrder = request.has(FIELD_ORDER_BY);
  if (hasWhere && request.needText(FIELD_WHERE) != OK) return null;
  if (hasOrder && request.needText(FIELD_ORDER_BY) != OK) return null;
  const tape = request.tape;
  const where = request.node(FIELD_WHERE);
  const order = request.node(FIELD_ORDER_BY);
  const terms = RowTerms.of(
    hasWhere ? tape.stringPtr(where) : 0,
    hasWhere ? tape.stringLen(where) : 0,
    hasOrder ? tape.stringPtr(order) : 0,
    hasOrder ? tape.stringLen(order) : 0,
  );
  if (terms.parse() == OK) return terms;
  terms.free();
  return null;
}

/** Fails for parameters of nothing. */
export function refuseParameters(session: Session): Status {
  const request = session.request;
  if (!request.has(FIELD_PARAMS) || request.has(FIELD_WHERE) || request.has(FIELD_ORDER_BY)) return OK;
  return fail(BAD_REQUEST, request.operation!.name + ": params goes with where");
}

/** The request's condition as a filter of a scan of `table`; null on failure. The caller frees it. */
export function requestedCondition(session: Session, table: Table): RowCondition | null {
  const terms = requestedTerms(session);
  if (!terms) return null;
  const parameters = parametersOf(session.request, terms.tree);
  if (parameters) return RowCondition.of(session.db, table, terms, parameters);
  terms.free();
  return null;
}

/** The rows of a table that the request's condition is true for, in its order. */
export class TermRows {
  private constructor(
    private readonly terms: RowTerms,
    readonly rows: QueryRows,
  ) {}

  /** Those columns of at most `limit` rows behind the first `offset` ones; null on failure. The caller frees it. */
  static open(session: Session, table: Table, positions: StaticArray<i32>, offset: i64, limit: i64): TermRows | null {
    const terms = requestedTerms(session);
    if (!terms) return null;
    const parameters = parametersOf(session.request, terms.tree);
    terms.select(table.name, columnNames(table.schema, positions), offset, limit);
    const rows = parameters ? terms.rows(session.db, parameters) : null;
    if (rows) return new TermRows(terms, rows);
    terms.free();
    return null;
  }

  free(): void {
    this.rows.free();
    this.terms.free();
  }
}

/** The keys of the rows that a request's condition is true for, all found before the first of them is changed. */
export class FoundKeys {
  /** Each behind its length u32. */
  private readonly keys: ByteBuffer = new ByteBuffer(256);
  private at: u32 = 0;

  constructor(private readonly table: Table) {}

  find(session: Session): Status {
    const found = TermRows.open(session, this.table, [this.table.keyColumn], 0, i64.MAX_VALUE);
    if (!found) return lastError.status;
    const rows = found.rows;
    while (rows.next()) {
      this.keys.addU32(rows.row.len(0));
      this.keys.addBytes(rows.row.ptr(0), rows.row.len(0));
    }
    const status = rows.status;
    found.free();
    return status;
  }

  get isOver(): bool {
    return this.at >= this.keys.len;
  }

  /** Where the next of the rows is; `NO_ADDRESS` when it went with another one, and with an error. */
  next(): RecordAddress {
    const table = this.table;
    const ptr = this.keys.ptr + this.at;
    const len = load<u32>(ptr);
    this.at += 4 + len;
    lastError.status = mayRun() ? table.refresh() : lastError.status;
    if (lastError.status != OK) return NO_ADDRESS;
    return findByValue(table, table.primary, ptr + 4, len);
  }

  free(): void {
    this.keys.free();
  }
}
