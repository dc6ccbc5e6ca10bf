/** `wit/sql.wit`. */
import { OK, Status, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { REQUEST_GARBAGE } from "../request/garbage";
import { refuseLongRequest, LONGEST_REQUEST } from "../request/dispatcher";
import { PAGE_BYTES, tooManyRows } from "../request/paged-scan";
import { beginCall, endCall } from "./calls";
import { lowerValue } from "./lower-values";
import { liftParameters } from "./parameters";
import { connections, cursors, newCursor, newStatement } from "./resources";
import { LIST_SIZE, LONG, done, result } from "./result-place";
import { failed, lowerStrings } from "./results";
import { lowerResultColumns } from "./schemas";
import { ConnectionStatement, StatementCursor, statements } from "./statements";

// outcome: changes, last-key (option).
const OUTCOME_KEY: usize = 8;
const OUTCOME_VALUE: usize = 16;
// query-result: columns, rows, outcome.
const QUERY_ROWS: usize = 8;
const QUERY_OUTCOME: usize = 16;

/** The statement in the `len` bytes at `sql`; null on failure. */
function read(on: i32, sql: usize, len: u32, prepares: bool): ConnectionStatement | null {
  if (len <= LONGEST_REQUEST) return ConnectionStatement.read(connections.get(on)!, sql, len, prepares);
  refuseLongRequest();
  return null;
}

/** Begins a run of a statement with the `count` values at `values`. */
function begin(statement: ConnectionStatement, values: usize, count: u32): Status {
  const parameters = liftParameters(values, count);
  return parameters ? statement.begin(parameters) : lastError.status;
}

/** Writes an outcome to `to`. */
function lowerOutcome(statement: ConnectionStatement, to: usize): void {
  const subject = statement.open.statement;
  store<u64>(to, subject.changes);
  const key = subject.lastKey;
  const column = subject.lastColumn;
  store<u8>(to, u8(key !== null && column !== null), OUTCOME_KEY);
  if (key && column) lowerValue(column, changetype<usize>(key), key.byteLength, to + OUTCOME_VALUE);
}

export function statement_dtor(rep: i32): void {
  beginCall(1);
  const statement = statements.get(rep)!;
  statements.remove(rep);
  statement.isHeld = false;
  statement.settle();
  endCall(0);
}

export function statement_prepare(on: i32, sql: usize, len: u32): usize {
  beginCall(REQUEST_GARBAGE);
  const statement = read(on, sql, len, true);
  return endCall(statement ? done(newStatement(statements.add(statement))) : failed());
}

export function statement_parameters(rep: i32): usize {
  beginCall(1);
  lowerStrings(statements.get(rep)!.open.statement.parameterNames, result);
  return endCall(result);
}

export function statement_gives_rows(rep: i32): i32 {
  return i32(statements.get(rep)!.open.statement.givesRows);
}

export function statement_columns(rep: i32): usize {
  beginCall(1);
  lowerResultColumns(statements.get(rep)!.open.columns, result);
  return endCall(result);
}

export function statement_set_timeout(rep: i32, milliseconds: u32): void {
  statements.get(rep)!.open.timeout = milliseconds;
}

export function statement_query(rep: i32, values: usize, count: u32): usize {
  beginCall(REQUEST_GARBAGE);
  const statement = statements.get(rep)!;
  if (begin(statement, values, count) != OK) return endCall(failed());
  return endCall(done(newCursor(cursors.add(new StatementCursor(statement)))));
}

export function statement_execute(rep: i32, values: usize, count: u32): usize {
  beginCall(REQUEST_GARBAGE);
  const statement = statements.get(rep)!;
  let status = begin(statement, values, count);
  while (status == OK && statement.open.isBetween) status = statement.next(0, PAGE_BYTES, null);
  if (status != OK) return endCall(failed(LONG));
  store<u8>(result, 0);
  lowerOutcome(statement, result + LONG);
  return endCall(result);
}

export function statement_outcome(rep: i32): usize {
  beginCall(1);
  lowerOutcome(statements.get(rep)!, result);
  return endCall(result);
}

const rows: ByteBuffer = new ByteBuffer(64);

export function execute(on: i32, sql: usize, len: u32, values: usize, count: u32): usize {
  beginCall(REQUEST_GARBAGE);
  const statement = read(on, sql, len, false);
  if (!statement) return endCall(failed(LONG));
  rows.reset();
  let status = begin(statement, values, count);
  statement.open.looksAhead = true;
  if (status == OK) status = statement.next(0, statement.open.bytesAtOnce, rows);
  if (status == OK && statement.open.isBetween) status = tooManyRows();
  if (status == OK) {
    store<u8>(result, 0);
    const place = result + LONG;
    lowerResultColumns(statement.open.columns, place);
    store<u32>(place, <u32>rows.ptr, QUERY_ROWS);
    store<u32>(place, rows.len / LIST_SIZE, QUERY_ROWS + 4);
    lowerOutcome(statement, place + QUERY_OUTCOME);
  } else failed(LONG);
  statement.isHeld = false;
  statement.settle();
  return endCall(result);
}
