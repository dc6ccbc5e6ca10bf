/** `where` and `orderBy` of requests: SQL's conditions and orders of rows of a table. */
import { BAD_REQUEST, OK, Status, fail, lastError } from "../status";
import { columnNames } from "../schema/column-names";
import { Table } from "../store/table";
import { findByValue } from "../store/value-lookup";
import { NO_ADDRESS, RecordAddress } from "../table/page-ledger";
import { QueryRows } from "../sql/query-rows";
import { mayRun } from "../wasi/deadline";
import { RowCondition } from "../sql/row-condition";
import { RowTerms } from "../sql/row-terms";
import { Run, RunReader } from "../store/run";
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
  private readonly keys: Run;
  private readonly reader: RunReader;

  constructor(
    private readonly session: Session,
    private readonly table: Table,
  ) {
    const keys = Run.alone(session.db.store.statementMemory);
    this.keys = keys;
    this.reader = new RunReader(keys);
  }

  find(): Status {
    const found = TermRows.open(this.session, this.table, [this.table.keyColumn], 0, i64.MAX_VALUE);
    if (!found) return lastError.status;
    const rows = found.rows;
    let status: Status = OK;
    while (status == OK && rows.next()) if (!this.keys.addRecord(rows.row.ptr(0), rows.row.len(0))) status = lastError.status;
    if (status == OK) status = rows.status;
    if (status == OK && !this.keys.finish()) status = lastError.status;
    found.free();
    this.reader.begin(this.keys);
    return status;
  }

  get isOver(): bool {
    return this.reader.isOver;
  }

  /** Where the next of the rows is; `NO_ADDRESS` when it went with another one, and with an error. */
  next(): RecordAddress {
    const table = this.table;
    const reader = this.reader;
    lastError.status = mayRun() && reader.read() ? table.refresh() : lastError.status;
    if (lastError.status != OK) return NO_ADDRESS;
    return findByValue(table, table.primary, reader.ptr, reader.len);
  }

  free(): void {
    this.reader.free();
    this.keys.end();
  }
}
