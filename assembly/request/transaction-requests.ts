/** `begin`, `commit`, `sync`, `checkpoint`, `rollback`, `savepoint`, `rollbackTo` and `release`. */
import { Status, OK, BAD_REQUEST, TRANSACTION_ACTIVE, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addAscii } from "../encode/json-pieces";
import { FIELD_ANY_ORDER, FIELD_NAME } from "./request";
import { Session } from "./session";

/** `begun`, and from here on rows may refer to each other in any order if the request says so. */
function startAnyOrder(session: Session, begun: Status, anyOrder: i32): Status {
  if (begun == OK && anyOrder == 1) session.db.transaction.beginAnyOrder();
  return begun;
}

export function handleBegin(session: Session, out: ByteBuffer): Status {
  addAscii(out, "{}");
  const anyOrder = session.request.flag(FIELD_ANY_ORDER, 0);
  return anyOrder < 0 ? BAD_REQUEST : startAnyOrder(session, session.db.begin(), anyOrder);
}

export function handleCommit(session: Session, out: ByteBuffer): Status {
  addAscii(out, "{}");
  return session.db.commit();
}

export function handleSync(session: Session, out: ByteBuffer): Status {
  addAscii(out, "{}");
  return session.db.manager.sync();
}

/** Brings the page file up to date, so that it is complete without its log. */
export function handleCheckpoint(session: Session, out: ByteBuffer): Status {
  addAscii(out, "{}");
  const manager = session.db.manager;
  if (!session.db.inTransaction) return manager.checkpoint();
  return fail(
    TRANSACTION_ACTIVE,
    "the page file gets what is committed, and a transaction is open",
    "commit it or roll it back first",
  );
}

export function handleRollback(session: Session, out: ByteBuffer): Status {
  addAscii(out, "{}");
  return session.db.rollback();
}

export function handleSavepoint(session: Session, out: ByteBuffer): Status {
  addAscii(out, "{}");
  const request = session.request;
  const anyOrder = request.flag(FIELD_ANY_ORDER, 0);
  const status = anyOrder < 0 ? BAD_REQUEST : request.needText(FIELD_NAME);
  return status == OK ? startAnyOrder(session, session.db.savepoint(request.text(FIELD_NAME)), anyOrder) : status;
}

export function handleRollbackTo(session: Session, out: ByteBuffer): Status {
  addAscii(out, "{}");
  const status = session.request.needText(FIELD_NAME);
  return status == OK ? session.db.rollbackTo(session.request.text(FIELD_NAME)) : status;
}

export function handleRelease(session: Session, out: ByteBuffer): Status {
  addAscii(out, "{}");
  const status = session.request.needText(FIELD_NAME);
  return status == OK ? session.db.release(session.request.text(FIELD_NAME)) : status;
}
