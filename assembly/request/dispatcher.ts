/** Requests in, replies out: what `serve`, the commands and the library share. */
import { Status, OK, BAD_REQUEST, errorMessage, fail, statusName } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { Session } from "./session";
import {
  FIELD_ANY_ORDER,
  FIELD_ID,
  FIELD_NAME,
  OP_ACL_LIST,
  OP_ACL_GRANT,
  OP_ACL_REVOKE,
  OP_ACL_REMOVE,
  OP_BEGIN,
  OP_COMMIT,
  OP_SYNC,
  OP_BACKUP,
  OP_CHECK,
  OP_CREATE,
  OP_DELETE,
  OP_DROP,
  OP_GET,
  OP_HASH,
  OP_INFO,
  OP_INSERT,
  OP_RELEASE,
  OP_ROLLBACK,
  OP_ROLLBACK_TO,
  OP_SAVEPOINT,
  OP_SCAN,
  OP_SCHEMA,
  OP_STATS,
  OP_TABLES,
  OP_UPDATE,
} from "./request";
import { handleDelete, handleGet, handleInsert, handleUpdate } from "./row-requests";
import { handleScan } from "./scan-request";
import { handleCreate, handleDrop, handleInfo, handleSchema, handleTables } from "./schema-requests";
import { handleAclChange, handleAclList } from "./acl-requests";
import { handleCheck, handleStats } from "./inspect-requests";
import { handleBackup, handleHash } from "./care-requests";
import { addAscii, addString } from "../encode/json-pieces";

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
  const request = session.request;
  const start = out.len;
  let status = request.parse(ptr, len);
  if (status == OK) {
    out.addU8(0x7b);
    addId(session, out);
    addAscii(out, '"ok":');
    // What is in memory after a failure may be half of a change: not even reading it is of use.
    status = session.db.manager.usable();
    if (status == OK) status = session.db.manager.settled(handleParsed(session, out));
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

/** Handles the request that the session has parsed, and appends what `ok` is to hold. */
function handleParsed(session: Session, out: ByteBuffer): Status {
  switch (session.request.op) {
    case OP_GET:
      return handleGet(session, out);
    case OP_SCAN:
      return handleScan(session, out);
    case OP_INSERT:
      return handleInsert(session, out);
    case OP_UPDATE:
      return handleUpdate(session, out);
    case OP_DELETE:
      return handleDelete(session, out);
    case OP_BEGIN:
    case OP_COMMIT:
    case OP_ROLLBACK:
    case OP_SAVEPOINT:
    case OP_ROLLBACK_TO:
    case OP_RELEASE:
    case OP_SYNC:
      return handleTransaction(session, out);
    default: {
      // The rest may look at pages as they are.
      const status = session.db.flushChanges();
      return status == OK ? handleOther(session, out) : status;
    }
  }
}

function handleOther(session: Session, out: ByteBuffer): Status {
  switch (session.request.op) {
    case OP_CREATE:
      return handleCreate(session, out);
    case OP_DROP:
      return handleDrop(session, out);
    case OP_TABLES:
      return handleTables(session, out);
    case OP_SCHEMA:
      return handleSchema(session, out);
    case OP_INFO:
      return handleInfo(session, out);
    case OP_ACL_LIST:
      return handleAclList(session, out);
    case OP_ACL_GRANT:
    case OP_ACL_REVOKE:
    case OP_ACL_REMOVE:
      return handleAclChange(session, out);
    case OP_STATS:
      return handleStats(session, out);
    case OP_HASH:
      return handleHash(session, out);
    case OP_BACKUP:
      return handleBackup(session, out);
    case OP_CHECK:
      return handleCheck(session, out);
    default:
      return fail(BAD_REQUEST, "nothing is known of how this operation is done", "this is a fault of Quire, please report it");
  }
}

function handleTransaction(session: Session, out: ByteBuffer): Status {
  const request = session.request;
  const db = session.db;
  addAscii(out, "{}");
  const anyOrder = request.flag(FIELD_ANY_ORDER, 0);
  if (anyOrder < 0) return BAD_REQUEST;
  if (request.op == OP_BEGIN) {
    const begun = db.begin();
    if (begun == OK && anyOrder == 1) db.beginAnyOrder();
    return begun;
  }
  if (request.op == OP_COMMIT) return db.commit();
  if (request.op == OP_SYNC) return db.sync();
  if (request.op == OP_ROLLBACK) {
    session.forgetRows();
    return db.rollback();
  }
  let status = request.needText(FIELD_NAME);
  if (status != OK) return status;
  const name = request.text(FIELD_NAME);
  if (request.op == OP_SAVEPOINT) {
    status = db.savepoint(name);
    if (status == OK && anyOrder == 1) db.beginAnyOrder();
    return status;
  }
  if (request.op == OP_RELEASE) return db.release(name);
  session.forgetRows();
  return db.rollbackTo(name);
}
