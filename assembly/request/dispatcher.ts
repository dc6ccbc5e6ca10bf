/** Requests in, replies out: what `serve`, the commands and the library share. */
import { Status, OK, BAD_REQUEST, errorMessage, fail, lastError, statusName } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addUnsigned } from "../encode/digits";
import { Session } from "./session";
import { FIELD_ID, OperationShape } from "./request";
import { handleDelete, handleGet, handleInsert, handleUpdate } from "./row-requests";
import { handleScan } from "./scan-request";
import { handleCreate, handleDrop, handleInfo, handleSchema, handleTables } from "./schema-requests";
import { handleRules } from "./rules-request";
import { handleMigrate } from "./migrate-request";
import { handleAclGrant, handleAclList, handleAclRemove, handleAclRevoke } from "./acl-requests";
import { handleCheck, handleStats } from "./inspect-requests";
import { handleBackup, handleHash } from "./maintenance-requests";
import {
  handleBegin,
  handleCheckpoint,
  handleCommit,
  handleRelease,
  handleRollback,
  handleRollbackTo,
  handleSavepoint,
  handleSync,
} from "./transaction-requests";
import { handleFinalize, handlePrepare, handleRun, handleSql } from "./sql-request";
import { addAscii, addString } from "../encode/json-pieces";

/** Does what a request that was parsed asks for, and appends what `ok` is to hold. */
type Handler = (session: Session, out: ByteBuffer) => Status;

class Operation extends OperationShape {
  constructor(
    name: string,
    needs: string,
    takes: string,
    readonly handler: Handler,
    /** Whether changes that wait are carried out before: it may look at pages as they are. */
    readonly flushes: bool = true,
  ) {
    super(name, needs, takes);
  }
}

/** An operation that knows of changes that wait. */
function knowing(name: string, needs: string, takes: string, handler: Handler): Operation {
  return new Operation(name, needs, takes, handler, false);
}

/** All operations: name, the fields that they need, those that they take besides, and what does them (docs/protocol.md). */
const OPERATIONS: Array<OperationShape> = [
  knowing("get", "table", "key keys columns index", handleGet),
  knowing(
    "scan",
    "table",
    "index eq from to reverse offset limit columns count after where params blobs orderBy timeout",
    handleScan,
  ),
  knowing("insert", "table", "row rows", handleInsert),
  knowing("update", "table set", "key where params blobs timeout", handleUpdate),
  knowing("delete", "table", "key keys cascade where params blobs timeout", handleDelete),
  knowing("sql", "sql", "params blobs maxRows after explain timeout", handleSql),
  knowing("prepare", "sql", "", handlePrepare),
  knowing("run", "statement", "params blobs maxRows after timeout", handleRun),
  knowing("finalize", "statement", "", handleFinalize),
  knowing("begin", "", "anyOrder", handleBegin),
  knowing("commit", "", "", handleCommit),
  knowing("rollback", "", "", handleRollback),
  knowing("savepoint", "name", "anyOrder", handleSavepoint),
  knowing("rollbackTo", "name", "", handleRollbackTo),
  knowing("release", "name", "", handleRelease),
  knowing("sync", "", "", handleSync),
  new Operation("checkpoint", "", "", handleCheckpoint),
  new Operation("create", "table columns", "alignment", handleCreate),
  new Operation("drop", "table", "", handleDrop),
  new Operation("migrate", "schema", "renames values staged plan dryRun allowDestructive timeout", handleMigrate),
  knowing("rules", "", "table columns schema", handleRules),
  new Operation("tables", "", "", handleTables),
  new Operation("schema", "", "table", handleSchema),
  new Operation("info", "", "", handleInfo),
  new Operation("stats", "", "table", handleStats),
  new Operation("check", "", "quick", handleCheck),
  new Operation("aclList", "", "", handleAclList),
  new Operation("aclGrant", "identity rights", "", handleAclGrant),
  new Operation("aclRevoke", "identity rights", "", handleAclRevoke),
  new Operation("aclRemove", "identity", "", handleAclRemove),
  new Operation("hash", "", "table", handleHash),
  new Operation("backup", "path", "", handleBackup),
];

/** Reads the request in the `len` bytes at `ptr`, which must stay in place while it is used. `BAD_REQUEST` says what is wrong with it. */
export function readRequest(session: Session, ptr: usize, len: u32): Status {
  return session.request.parse(ptr, len, OPERATIONS);
}

/** Bytes of the longest request. */
export const LONGEST_REQUEST: u32 = 64 << 20;

/** Fails for a request that is longer. */
export function refuseLongRequest(): Status {
  return fail(BAD_REQUEST, "a request is at most " + LONGEST_REQUEST.toString() + " bytes long", "send fewer rows at once");
}

/**
 * Handles the request in the `len` bytes at `ptr`, and appends the reply to `out`: `{"id":…,"ok":…}` or
 * `{"id":…,"error":{"code":…,"message":…}}`, on one line. Returns what it came to.
 */
export function handleRequest(session: Session, ptr: usize, len: u32, out: ByteBuffer): Status {
  const start = out.len;
  let status = readRequest(session, ptr, len);
  if (status == OK) {
    out.addU8(0x7b);
    addId(session, out);
    addAscii(out, '"ok":');
    status = answerRequest(session, out);
    out.addU8(0x7d);
  }
  if (status != OK) {
    out.len = start;
    out.addU8(0x7b);
    addId(session, out);
    addError(status, out);
    out.addU8(0x7d);
  }
  return status;
}

/** Appends `"error":{…}` with the last error. */
export function addError(status: Status, out: ByteBuffer): void {
  addAscii(out, '"error":{"code":"');
  addAscii(out, statusName(status));
  addAscii(out, '","message":');
  addString(out, errorMessage());
  if (lastError.textOffset >= 0) {
    addAscii(out, ',"offset":');
    addUnsigned(lastError.textOffset, out);
  }
  out.addU8(0x7d);
}

/** Appends `"id":…,` when the request has one. */
function addId(session: Session, out: ByteBuffer): void {
  const node = session.request.node(FIELD_ID);
  if (node == 0) return;
  addAscii(out, '"id":');
  out.addBytes(session.request.tape.rawPtr(node), session.request.tape.rawLen(node));
  out.addU8(0x2c);
}

/** Handles the request that the session has read, and appends what `ok` is to hold: half of it, on failure. */
export function answerRequest(session: Session, out: ByteBuffer): Status {
  const status = session.enter();
  return status == OK ? session.leave(handleParsed(session, out)) : status;
}

function handleParsed(session: Session, out: ByteBuffer): Status {
  const operation = session.request.operation as Operation;
  let status = operation.flushes ? session.db.flushChanges() : OK;
  if (status == OK) status = session.beginTime();
  if (status == OK) status = operation.handler(session, out);
  return session.endTime(status);
}
