/** `transaction` of `wit/database.wit`. */
import { Status, OK } from "../status";
import { REQUEST_GARBAGE } from "../request/garbage";
import { DbmsContext } from "../store/dbms-context";
import { beginCall, endCall } from "./calls";
import { Transaction, transactions } from "./resources";
import { done } from "./result-place";
import { failed } from "./results";

export function transaction_dtor(rep: i32): void {
  beginCall(REQUEST_GARBAGE);
  const transaction = transactions.get(rep)!;
  transactions.remove(rep);
  if (transaction.usable() == OK) over(transaction).rollback();
  endCall(0);
}

/** The transaction is over, or is about to be: its store. */
function over(transaction: Transaction): DbmsContext {
  transaction.connection.transaction = null;
  return transaction.connection.session.db;
}

/** The end of a call on a transaction that came to `status`. */
function ended(transaction: Transaction, status: Status): usize {
  return endCall(transaction.connection.session.leave(status) == OK ? done() : failed());
}

export function transaction_commit(rep: i32): usize {
  beginCall(1);
  const transaction = transactions.get(rep)!;
  return transaction.usable() == OK ? ended(transaction, over(transaction).commit()) : endCall(failed());
}

export function transaction_rollback(rep: i32): usize {
  beginCall(REQUEST_GARBAGE);
  const transaction = transactions.get(rep)!;
  return transaction.usable() == OK ? ended(transaction, over(transaction).rollback()) : endCall(failed());
}

export function transaction_savepoint(rep: i32, name: usize, len: u32): usize {
  beginCall(1);
  const transaction = transactions.get(rep)!;
  if (transaction.usable() != OK) return endCall(failed());
  return ended(transaction, transaction.connection.session.db.savepoint(String.UTF8.decodeUnsafe(name, len)));
}

export function transaction_rollback_to(rep: i32, name: usize, len: u32): usize {
  beginCall(REQUEST_GARBAGE);
  const transaction = transactions.get(rep)!;
  if (transaction.usable() != OK) return endCall(failed());
  return ended(transaction, transaction.connection.session.db.rollbackTo(String.UTF8.decodeUnsafe(name, len)));
}

export function transaction_release(rep: i32, name: usize, len: u32): usize {
  beginCall(1);
  const transaction = transactions.get(rep)!;
  if (transaction.usable() != OK) return endCall(failed());
  return ended(transaction, transaction.connection.session.db.release(String.UTF8.decodeUnsafe(name, len)));
}
