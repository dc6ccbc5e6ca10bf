/**
 * The library: `quire-lib.wasm`, a reactor for hosts that keep the module in their own process. `docs/abi.md` is its manual.
 *
 * Every call leaves its answer's place in the record at `result()`. Garbage is collected at the start of a call, when nothing but what
 * globals reach is alive: a call has no frames of ours below it.
 */
import "./text/packed-text";
import { OK, BAD_REQUEST, ROW_NOT_FOUND, fail, lastError } from "./status";
import { ByteBuffer } from "./encode/byte-buffer";
import { addError, handleRequest, readRequest, refuseLongRequest, LONGEST_REQUEST } from "./request/dispatcher";
import { REQUEST_GARBAGE } from "./request/garbage";
import { Handles } from "./request/handles";
import { tellNotices } from "./request/notices";
import { openRequested } from "./request/open-request";
import { OpenStatement } from "./request/open-statement";
import { OpenStores } from "./request/open-stores";
import { OpenTable } from "./request/open-table";
import { deleteRecord, findRecord, insertRecords, scanRecords, updateRecord } from "./request/record-requests";
import { RecordForm } from "./request/row-forms";
import { Session } from "./request/session";
import { tableNamed } from "./store/names";
import { RecordAddress, NO_ADDRESS } from "./table/page-ledger";

/** Grows with each change of the calls that a host could notice. */
const ABI_VERSION: i32 = 2;
/** What a failed call returns; the reply is an object with `error`. */
const FAILED: i32 = -1;
/** What a call returns whose table has to be looked up again. */
const STALE: i32 = -2;
/** `get`, `update` and `remove`: there is no such row, or there was one. */
const NO_ROW: i32 = 0;
const ROW: i32 = 1;

/** Bytes that `alloc` gives at most: beyond it the heap would trap rather than refuse. */
const MOST_BYTES: u32 = 1 << 29;
/** A reply buffer that has grown beyond this is given back at the next call. */
const KEPT_REPLY_BYTES: u32 = 16 << 20;

const stores: OpenStores = new OpenStores();
const openTables: Handles<OpenTable> = new Handles<OpenTable>();
const records: RecordForm = new RecordForm();
const statements: Handles<OpenStatement> = new Handles<OpenStatement>();
let reply: ByteBuffer = new ByteBuffer(4096);

/** Where the last reply is: ptr u32, byteLen u32. */
const record: usize = memory.data(8, 8);

/** Starts a call that leaves about so much garbage. */
function begin(leaves: u32): void {
  reply.reset();
  if (stores.begin(leaves)) trimReply();
}

function trimReply(): void {
  if (reply.capacityBytes <= KEPT_REPLY_BYTES) return;
  reply.free();
  reply = new ByteBuffer(4096);
}

function answer(value: i32): i32 {
  store<u32>(record, <u32>reply.ptr);
  store<u32>(record, reply.len, 4);
  return value;
}

/** The reply of a call that failed with the last error. */
function failed(): i32 {
  reply.reset();
  reply.addU8(0x7b);
  addError(lastError.status, reply);
  reply.addU8(0x7d);
  return answer(FAILED);
}

function sessionOf(handle: i32): Session | null {
  const session = stores.get(handle);
  if (!session) fail(BAD_REQUEST, "no store is open under the handle " + handle.toString(), "use the handle that open returned");
  return session;
}

/** The session that gets a request or a statement of `len` bytes; null on failure. */
function sessionFor(handle: i32, len: u32): Session | null {
  const session = sessionOf(handle);
  if (!session || len <= LONGEST_REQUEST) return session;
  refuseLongRequest();
  return null;
}

function tableOf(handle: i32): OpenTable | null {
  const table = openTables.get(handle);
  if (!table)
    fail(BAD_REQUEST, "no table is open under the handle " + handle.toString(), "use the handle that open_table returned");
  return table;
}

function statementOf(handle: i32): OpenStatement | null {
  const statement = statements.get(handle);
  if (!statement)
    fail(BAD_REQUEST, "there is no statement under the handle " + handle.toString(), "use the handle that prepare returned");
  return statement;
}

function forget(handle: i32, statement: OpenStatement): void {
  statement.free();
  statements.remove(handle);
}

/** Makes an open table ready for a call: `ROW`, or what the call returns. */
function enter(open: OpenTable | null): i32 {
  if (!open || open.session.enter() != OK) return failed();
  if (open.isStale) return answer(STALE);
  return open.enter() == OK ? ROW : failed();
}

export function abi_version(): i32 {
  return ABI_VERSION;
}

/** `len` bytes for the host, 16-byte aligned; 0 when there is no such room. */
export function alloc(len: u32): usize {
  return len > MOST_BYTES ? 0 : heap.alloc(max<u32>(len, 1));
}

/** Takes back what `alloc` gave; 0 is fine. */
export function free(ptr: usize): void {
  if (ptr != 0) heap.free(ptr);
}

/** Where every call leaves the place of its reply: it never moves. */
export function result(): usize {
  return record;
}

/** Opens the store that a JSON object describes: its handle, or -1. */
export function open(ptr: usize, len: u32): i32 {
  begin(0);
  stores.collect();
  trimReply();
  const db = openRequested(ptr, len);
  tellNotices();
  return db ? answer(stores.add(db)) : failed();
}

/** Closes a store, and its tables and statements with it: 0, or -1. The handle is gone in either case. */
export function close(handle: i32): i32 {
  begin(REQUEST_GARBAGE);
  const session = sessionOf(handle);
  if (!session) return failed();
  for (let table = 1; table <= openTables.last; table++) {
    const open = openTables.get(table);
    if (open && open.session === session) openTables.remove(table);
  }
  for (let statement = 1; statement <= statements.last; statement++) {
    const open = statements.get(statement);
    if (open && open.session === session) forget(statement, open);
  }
  return stores.close(handle) == OK ? answer(0) : failed();
}

/** Handles a request of `docs/protocol.md`: 0 when the reply has `ok`, -1 when it has `error`. */
export function request(handle: i32, ptr: usize, len: u32): i32 {
  begin(REQUEST_GARBAGE);
  const session = sessionFor(handle, len);
  if (!session) return failed();
  return answer(handleRequest(session, ptr, len, reply) == OK ? 0 : FAILED);
}

/** Looks a table up by its name: its handle, or -1. */
export function open_table(handle: i32, ptr: usize, len: u32): i32 {
  begin(REQUEST_GARBAGE);
  const session = sessionOf(handle);
  if (!session) return failed();
  if (session.enter() != OK) return failed();
  const table = tableNamed(session.db, ptr, len);
  return table ? answer(openTables.add(new OpenTable(session, table))) : failed();
}

/** Forgets a table's handle: 0, or -1. */
export function close_table(handle: i32): i32 {
  begin(0);
  if (!tableOf(handle)) return failed();
  openTables.remove(handle);
  return answer(0);
}

/** The row with a primary key: 1 with its record as the reply, 0 when there is none, -1, or -2. */
export function get(handle: i32, ptr: usize, len: u32): i32 {
  begin(0);
  const open = tableOf(handle);
  const entered = enter(open);
  if (entered != ROW) return entered;
  return recordAt(open!, findRecord(open!.table, ptr, len));
}

/** The same of the row that has a value in another column, a unique one; columns count from 0. */
export function get_by(handle: i32, column: i32, ptr: usize, len: u32): i32 {
  begin(0);
  const open = tableOf(handle);
  const entered = enter(open);
  if (entered != ROW) return entered;
  const index = open!.table.uniqueIndexOn(column);
  if (index) return recordAt(open!, findRecord(open!.table, ptr, len, index));
  fail(BAD_REQUEST, "column " + column.toString() + " of " + open!.table.name + " has no unique index");
  return failed();
}

/** Answers with the record that was found at `address`, or not. */
function recordAt(open: OpenTable, address: RecordAddress): i32 {
  const table = open.table;
  if (address == NO_ADDRESS) return missing(open.session);
  const bodyLen = table.registry.bodyLength(address);
  if (open.session.leave(bodyLen == 0 ? lastError.status : OK) != OK) return failed();
  // The host reads the record where it lies.
  store<u32>(record, <u32>table.registry.body(address, bodyLen));
  store<u32>(record, bodyLen, 4);
  return ROW;
}

/** What a call returns whose row was not found, or could not be looked for. */
function missing(session: Session): i32 {
  return session.leave(lastError.status) == ROW_NOT_FOUND ? answer(NO_ROW) : failed();
}

/** Inserts rows, all or none: 0 with their primary keys as the reply, -1, or -2. */
export function insert(handle: i32, ptr: usize, len: u32): i32 {
  begin(1);
  const open = tableOf(handle);
  const entered = enter(open);
  if (entered != ROW) return entered;
  return insertRecords(open!.session, open!.table, ptr, len, reply) == OK ? answer(0) : failed();
}

/** Changes columns of a row: 1 with how many others changed with it as the reply, 0 when there is none, -1, or -2. */
export function update(handle: i32, ptr: usize, len: u32): i32 {
  begin(1);
  const open = tableOf(handle);
  const entered = enter(open);
  if (entered != ROW) return entered;
  return updateRecord(open!.session, open!.table, ptr, len, reply) == OK ? answer(ROW) : missing(open!.session);
}

/** Deletes the row with a primary key, as the foreign keys say: 1 with how many others went with it, 0, -1, or -2. */
export function remove(handle: i32, ptr: usize, len: u32): i32 {
  begin(1);
  const open = tableOf(handle);
  const entered = enter(open);
  if (entered != ROW) return entered;
  return deleteRecord(open!.session, open!.table, ptr, len, reply) == OK ? answer(ROW) : missing(open!.session);
}

/** Does a `scan` request; its rows are records: 0, or -1. */
export function scan(handle: i32, ptr: usize, len: u32): i32 {
  begin(REQUEST_GARBAGE);
  const session = sessionOf(handle);
  if (!session || session.enter() != OK) return failed();
  let status = readRequest(session, ptr, len);
  if (status == OK) status = session.beginTime();
  if (status == OK) status = session.leave(session.endTime(scanRecords(session, reply)));
  return status == OK ? answer(0) : failed();
}

/** Prepares a statement of SQL: its handle with its description as the reply, or -1. */
export function prepare(handle: i32, ptr: usize, len: u32): i32 {
  begin(REQUEST_GARBAGE);
  const session = sessionFor(handle, len);
  if (!session) return failed();
  const statement = OpenStatement.open(session, ptr, len, records, true);
  if (!statement) return failed();
  statement.describe(reply);
  return answer(statements.add(statement));
}

/** What is known of a statement by now: 0 with its description as the reply, or -1. */
export function describe(handle: i32): i32 {
  begin(1);
  const statement = statementOf(handle);
  if (!statement) return failed();
  statement.describe(reply);
  return answer(0);
}

/** Gives a statement values for all of its parameters, and begins it anew: 0, or -1. */
export function bind(handle: i32, ptr: usize, len: u32): i32 {
  begin(1);
  const statement = statementOf(handle);
  return statement && statement.bind(ptr, len) == OK ? answer(0) : failed();
}

// The reply of step: row count u32, columns' version u32, changes u64, where the key starts u32; rows, key.
const STEP_COLUMNS: usize = 4;
const STEP_CHANGES: usize = 8;
const STEP_KEY: usize = 16;
const STEP_HEAD: u32 = 20;

/** Runs a statement, or goes on with it: 1 with rows as the reply when others may follow, 0 with the last ones, or -1. */
export function step(handle: i32, most: u32): i32 {
  const statement = toRun(handle);
  return statement ? nextRows(statement, most) : failed();
}

/** `bind` and `step` in one call. With a number of rows the run ends with them. */
export function run(handle: i32, ptr: usize, len: u32, most: u32): i32 {
  const statement = toRun(handle);
  if (!statement || statement.bind(ptr, len) != OK) return failed();
  const answered = nextRows(statement, most);
  if (answered > 0 && most > 0) statement.reset();
  return answered;
}

/** Starts a call that runs a statement; null when there is none. */
function toRun(handle: i32): OpenStatement | null {
  const known = statements.get(handle);
  begin(known && known.isPlanned ? 1 : REQUEST_GARBAGE);
  return statementOf(handle);
}

/** The answer of `step`. */
function nextRows(statement: OpenStatement, most: u32): i32 {
  reply.reserve(STEP_HEAD);
  reply.len = STEP_HEAD;
  if (statement.next(most, reply) != OK) return failed();
  const head = reply.ptr;
  store<u32>(head, statement.count);
  store<u32>(head, statement.columnsVersion, STEP_COLUMNS);
  store<u64>(head, statement.statement.changes, STEP_CHANGES);
  store<u32>(head, reply.len, STEP_KEY);
  statement.addLastKey(reply);
  return answer(statement.isBetween ? 1 : 0);
}

/** Ends a statement's run; the values of its parameters stay: 0, or -1. */
export function reset(handle: i32): i32 {
  begin(0);
  const statement = statementOf(handle);
  if (!statement) return failed();
  statement.reset();
  return answer(0);
}

/** Says how many milliseconds each step of a statement may take, 0 for any number: 0, or -1. */
export function timeout(handle: i32, milliseconds: u32): i32 {
  begin(0);
  const statement = statementOf(handle);
  if (!statement) return failed();
  statement.timeout = milliseconds;
  return answer(0);
}

/** Forgets a statement: 0, or -1. */
export function finalize(handle: i32): i32 {
  begin(0);
  const statement = statementOf(handle);
  if (!statement) return failed();
  forget(handle, statement);
  return answer(0);
}

/** Stops a statement's run. It may come from inside of another call, so it leaves the reply and all else alone: 0, or -1. */
export function interrupt(handle: i32): i32 {
  const statement = statements.get(handle);
  if (!statement) return FAILED;
  statement.interrupt();
  return 0;
}
