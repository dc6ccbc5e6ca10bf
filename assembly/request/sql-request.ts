/**
 * `sql`: a statement, with values for its parameters. `prepare`, `run`, `finalize`: one that is run more than once.
 *
 * With `maxRows` the rows come in pages, and the statement waits in the session for the next one to be asked for.
 */
import { BAD_REQUEST, OK, Status, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addUnsigned } from "../encode/digits";
import { JSON_FALSE, JSON_NULL, JSON_STRING, JSON_TRUE } from "../encode/json";
import { addAscii, addString } from "../encode/json-pieces";
import { writeJsonValue } from "../encode/value-text";
import { OpenStatement } from "./open-statement";
import { parametersOf } from "./parameters";
import { PAGE_BYTES, tooManyRows } from "./paged-scan";
import { PlanForm } from "./plan-form";
import { FIELD_AFTER, FIELD_EXPLAIN, FIELD_MAX_ROWS, FIELD_SQL, FIELD_STATEMENT } from "./request";
import { JsonForm } from "./row-forms";
import { KeptStatement, SessionStatements, noToken } from "./session-statements";
import { Session } from "./session";

const jsonRows: JsonForm = new JsonForm();
/** The rows of a reply, each behind a comma. */
const rows: ByteBuffer = new ByteBuffer(4096);
/** Bytes of it that are kept from one request to the next. */
const KEPT_BYTES: u32 = 1 << 20;

export function handleSql(session: Session, out: ByteBuffer): Status {
  const request = session.request;
  const status = request.needText(FIELD_SQL);
  if (status != OK) return status;
  if (request.has(FIELD_EXPLAIN) && request.tape.kind(request.node(FIELD_EXPLAIN)) != JSON_FALSE) return explain(session, out);
  const tape = request.tape;
  const node = request.node(FIELD_SQL);
  if (isGoingOn(session)) {
    const kept = goneOnWith(session);
    if (!kept) return lastError.status;
    const isIt = !kept.isPrepared && kept.statement.isOf(tape.stringPtr(node), tape.stringLen(node));
    return isIt ? give(session, kept, out) : noToken();
  }
  const idle = SessionStatements.of(session).takeIdle(tape.stringPtr(node), tape.stringLen(node));
  if (idle) return begin(session, idle, out);
  const statement = OpenStatement.open(session, tape.stringPtr(node), tape.stringLen(node), jsonRows, false);
  return statement ? begin(session, new KeptStatement(statement), out) : lastError.status;
}

export function handlePrepare(session: Session, out: ByteBuffer): Status {
  const request = session.request;
  const status = request.needText(FIELD_SQL);
  if (status != OK) return status;
  const node = request.node(FIELD_SQL);
  const statement = OpenStatement.open(session, request.tape.stringPtr(node), request.tape.stringLen(node), jsonRows, true);
  if (!statement) return lastError.status;
  const kept = SessionStatements.of(session).prepare(statement);
  if (!kept) {
    statement.free();
    return lastError.status;
  }
  addAscii(out, '{"statement":');
  addUnsigned(kept.number, out);
  out.addU8(0x2c);
  addColumns(statement, out);
  addAscii(out, ',"parameters":[');
  const names = statement.statement.parameterNames;
  for (let i = 0; i < names.length; i++) {
    if (i > 0) out.addU8(0x2c);
    if (names[i] == "") out.addU32(0x6c6c756e);
    else addString(out, names[i]);
  }
  addAscii(out, '],"reader":');
  addAscii(out, statement.statement.givesRows ? "true}" : "false}");
  return OK;
}

export function handleRun(session: Session, out: ByteBuffer): Status {
  const kept = requestedStatement(session);
  if (!kept) return lastError.status;
  if (!isGoingOn(session)) return begin(session, kept, out);
  const going = goneOnWith(session);
  if (!going) return lastError.status;
  return going === kept ? give(session, kept, out) : noToken();
}

export function handleFinalize(session: Session, out: ByteBuffer): Status {
  const kept = requestedStatement(session);
  if (!kept) return lastError.status;
  SessionStatements.of(session).finalize(kept);
  addAscii(out, "{}");
  return OK;
}

/** The prepared statement that the request names; null on failure. */
function requestedStatement(session: Session): KeptStatement | null {
  const number = session.request.count(FIELD_STATEMENT, 0);
  return number < 0 ? null : SessionStatements.of(session).find(number);
}

/** Whether the request asks for rows behind others. */
function isGoingOn(session: Session): bool {
  const request = session.request;
  return request.has(FIELD_AFTER) && request.tape.kind(request.node(FIELD_AFTER)) != JSON_NULL;
}

/** The statement that its token is of; null on failure. */
function goneOnWith(session: Session): KeptStatement | null {
  const request = session.request;
  if (request.needText(FIELD_AFTER) != OK) return null;
  const node = request.node(FIELD_AFTER);
  return SessionStatements.of(session).behind(request.tape.stringPtr(node), request.tape.stringLen(node));
}

/** Runs a statement with the request's parameters. */
function begin(session: Session, kept: KeptStatement, out: ByteBuffer): Status {
  const statement = kept.statement;
  const parameters = parametersOf(session.request, statement.statement.tree);
  if (parameters) statement.setParameters(parameters);
  statement.looksAhead = true;
  statement.pauses = session.request.has(FIELD_MAX_ROWS);
  const status = parameters ? give(session, kept, out) : lastError.status;
  if (!parameters) SessionStatements.of(session).settle(kept);
  return status;
}

/** Appends a reply with a statement's next rows. */
function give(session: Session, kept: KeptStatement, out: ByteBuffer): Status {
  const request = session.request;
  const statement = kept.statement;
  const isPaged = request.has(FIELD_MAX_ROWS);
  const most = request.count(FIELD_MAX_ROWS, u32.MAX_VALUE);
  rows.reset();
  let status = OK;
  if (most == 0) status = fail(BAD_REQUEST, request.operation!.name + ": maxRows must be 1 or more");
  else if (most < 0) status = lastError.status;
  const mostBytes = isPaged ? PAGE_BYTES : statement.bytesAtOnce;
  if (status == OK) status = statement.next(<u32>min<i64>(most, u32.MAX_VALUE), rows, mostBytes);
  if (status == OK && !isPaged && statement.isBetween) status = tooManyRows();
  const statements = SessionStatements.of(session);
  if (status == OK) addReply(statements, kept, isPaged, out);
  else statement.reset();
  statements.settle(kept);
  if (rows.capacityBytes > KEPT_BYTES) rows.empty();
  return status;
}

function addReply(statements: SessionStatements, kept: KeptStatement, isPaged: bool, out: ByteBuffer): void {
  const statement = kept.statement;
  out.addU8(0x7b);
  addColumns(statement, out);
  addAscii(out, ',"rows":[');
  if (rows.len > 0) out.addBytes(rows.ptr + 1, rows.len - 1);
  addAscii(out, '],"changes":');
  addUnsigned(statement.statement.changes, out);
  const key = statement.statement.lastKey;
  const column = statement.statement.lastColumn;
  if (key && column) {
    addAscii(out, ',"lastId":');
    writeJsonValue(column.type, column.customSize, changetype<usize>(key), out);
    addAscii(out, ',"lastIdType":');
    addString(out, column.typeText);
  }
  if (isPaged) addAscii(out, ',"after":');
  if (isPaged && statement.isBetween) {
    out.addU8(0x22);
    statements.number(kept).addToken(out);
    out.addU8(0x22);
  } else if (isPaged) out.addU32(0x6c6c756e);
  out.addU8(0x7d);
}

/** Appends the names of the columns and their types. */
function addColumns(statement: OpenStatement, out: ByteBuffer): void {
  const columns = statement.columns;
  addAscii(out, '"columns":[');
  for (let c = 0; c < columns.length; c++) {
    if (c > 0) out.addU8(0x2c);
    addString(out, columns[c].name);
  }
  addAscii(out, '],"types":[');
  for (let c = 0; c < columns.length; c++) {
    if (c > 0) out.addU8(0x2c);
    addString(out, columns[c].typeText);
  }
  out.addU8(0x5d);
}

/** Appends how a query would be run, or was. */
function explain(session: Session, out: ByteBuffer): Status {
  const request = session.request;
  const tape = request.tape;
  const kind = request.node(FIELD_EXPLAIN);
  const runs = tape.kind(kind) == JSON_STRING && request.text(FIELD_EXPLAIN) == "analyze";
  if (!runs && tape.kind(kind) != JSON_TRUE) return fail(BAD_REQUEST, 'sql: explain must be true or "analyze"');
  if (request.has(FIELD_MAX_ROWS) || isGoingOn(session)) return fail(BAD_REQUEST, "sql: explain goes without maxRows and after");
  const node = request.node(FIELD_SQL);
  const form = new PlanForm();
  const statement = OpenStatement.open(session, tape.stringPtr(node), tape.stringLen(node), form, false);
  if (!statement) return lastError.status;
  let status = statement.statement.explain(runs);
  const parameters = status == OK ? parametersOf(request, statement.statement.tree) : null;
  if (parameters) {
    statement.setParameters(parameters);
    addAscii(out, '{"plan":[');
    status = statement.next(0, out);
    form.end(out);
  } else status = lastError.status;
  statement.free();
  return status;
}
