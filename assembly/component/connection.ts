/** `connection` of `wit/database.wit`. */
import { OK, BAD_REQUEST, fail, lastError } from "../status";
import { layoutName, LAYOUT_0_11, LAYOUT_0_9 } from "../memory/base/layout";
import { notices } from "../memory/file/set-aside";
import { answerRequest, readRequest, refuseLongRequest, LONGEST_REQUEST } from "../request/dispatcher";
import { REQUEST_GARBAGE } from "../request/garbage";
import { MOST_CACHE_BYTES, OpenRequest, openRequested } from "../request/open-request";
import { OpenTable } from "../request/open-table";
import { DbmsContext } from "../store/dbms-context";
import { tableNamed } from "../store/names";
import { tableNames } from "../store/table-list";
import { beginCall, endCall, stores } from "./calls";
import { Connection, Transaction, connections, newConnection, newTable, newTransaction, tables, transactions } from "./resources";
import { WORD, done, doneList, result } from "./result-place";
import { failed, lowerStrings, emptyReply } from "./results";
import { liftSchema } from "./schemas";

/** `durability`: the other one is `commit`. */
const CASE_CHECKPOINT: i32 = 1;
/** `layout`: the other one is that of 0.9. */
const CASE_0_11: i32 = 1;

export function connection_open(
  path: usize,
  pathLen: u32,
  create: i32,
  readOnly: i32,
  durability: i32,
  hasCacheBytes: i32,
  cacheBytes: u64,
  hasLayout: i32,
  layout: i32,
): usize {
  beginCall(0);
  stores.collect();
  const request = new OpenRequest();
  request.path = String.UTF8.decodeUnsafe(path, pathLen);
  request.options.create = create != 0;
  request.options.readOnly = readOnly != 0;
  if (durability == CASE_CHECKPOINT) request.durability = "checkpoint";
  if (hasLayout != 0) request.layout = layoutName(layout == CASE_0_11 ? LAYOUT_0_11 : LAYOUT_0_9);
  if (hasCacheBytes == 0) return endCall(opened(request.open()));
  if (cacheBytes > MOST_CACHE_BYTES) {
    fail(BAD_REQUEST, "open: a cache of " + cacheBytes.toString() + " bytes", "at most 2147483648 bytes are possible");
    return endCall(failed());
  }
  request.options.cacheBytes = cacheBytes;
  return endCall(opened(request.open()));
}

export function connection_open_json(options: usize, len: u32): usize {
  beginCall(0);
  stores.collect();
  return endCall(opened(openRequested(options, len)));
}

function opened(db: DbmsContext | null): usize {
  // There is nowhere to say them.
  notices.length = 0;
  return db ? done(newConnection(connections.add(new Connection(stores.add(db))))) : failed();
}

export function connection_dtor(rep: i32): void {
  beginCall(REQUEST_GARBAGE);
  connections.get(rep)!.close();
  connections.remove(rep);
  endCall(0);
}

export function connection_close(rep: i32): usize {
  beginCall(REQUEST_GARBAGE);
  return endCall(connections.get(rep)!.close() == OK ? done() : failed());
}

export function connection_request(rep: i32, json: usize, len: u32): usize {
  beginCall(REQUEST_GARBAGE);
  const connection = connections.get(rep)!;
  const session = connection.session;
  let status = session.enter();
  if (status == OK) status = len > LONGEST_REQUEST ? refuseLongRequest() : readRequest(session, json, len);
  const reply = emptyReply();
  if (status == OK) status = answerRequest(session, reply);
  connection.look();
  if (status != OK) return endCall(failed());
  return endCall(doneList(reply.ptr, reply.len));
}

export function connection_tables(rep: i32): usize {
  beginCall(1);
  const session = connections.get(rep)!.session;
  if (session.enter() != OK || session.leave(OK) != OK) return endCall(failed());
  store<u8>(result, 0);
  lowerStrings(tableNames(session.db.tables), result + WORD);
  return endCall(result);
}

export function connection_table(rep: i32, name: usize, len: u32): usize {
  beginCall(REQUEST_GARBAGE);
  const session = connections.get(rep)!.session;
  if (session.enter() != OK) return endCall(failed());
  const table = tableNamed(session.db, name, len);
  return endCall(table ? done(newTable(tables.add(new OpenTable(session, table)))) : failed());
}

export function connection_create_table(
  rep: i32,
  name: usize,
  nameLen: u32,
  primaryKey: usize,
  keyLen: u32,
  hasAlignment: i32,
  alignment: u32,
  columns: usize,
  columnCount: u32,
  indexes: usize,
  indexCount: u32,
): usize {
  beginCall(REQUEST_GARBAGE);
  const session = connections.get(rep)!.session;
  let status = session.enter();
  if (status != OK) return endCall(failed());
  const schema = liftSchema(
    String.UTF8.decodeUnsafe(name, nameLen),
    String.UTF8.decodeUnsafe(primaryKey, keyLen),
    hasAlignment != 0 ? alignment : -1,
    columns,
    columnCount,
    indexes,
    indexCount,
  );
  status = schema ? session.db.createTable(schema) : lastError.status;
  return endCall(session.leave(status) == OK ? done() : failed());
}

export function connection_drop_table(rep: i32, name: usize, len: u32): usize {
  beginCall(REQUEST_GARBAGE);
  const session = connections.get(rep)!.session;
  let status = session.enter();
  if (status != OK) return endCall(failed());
  const table = tableNamed(session.db, name, len);
  status = table ? session.db.dropTable(table.name) : lastError.status;
  return endCall(session.leave(status) == OK ? done() : failed());
}

export function connection_begin_transaction(rep: i32): usize {
  beginCall(1);
  const connection = connections.get(rep)!;
  const session = connection.session;
  if (session.enter() != OK || session.db.begin() != OK) return endCall(failed());
  const transaction = new Transaction(connection);
  connection.transaction = transaction;
  return endCall(done(newTransaction(transactions.add(transaction))));
}

export function connection_in_transaction(rep: i32): i32 {
  return i32(connections.get(rep)!.inTransaction);
}

export function connection_sync(rep: i32): usize {
  beginCall(1);
  const session = connections.get(rep)!.session;
  let status = session.enter();
  if (status == OK) status = session.leave(session.db.manager.sync());
  return endCall(status == OK ? done() : failed());
}
