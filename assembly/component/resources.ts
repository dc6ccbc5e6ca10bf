/**
 * What the host's handles stand for. The host numbers them itself; what it passes to us is the representation, a number of ours, and only
 * one that we gave it and that it has not dropped.
 */
import { Status, OK, CLOSED, fail } from "../status";
import { Handles } from "../request/handles";
import { OpenTable } from "../request/open-table";
import { stores } from "./calls";
import { KeptParts, Session } from "../request/session";
import { Cursor } from "./cursor-rows";

// @ts-ignore: decorator
@external("[export]quire:db/database@0.1.0", "[resource-new]connection")
export declare function newConnection(representation: i32): i32;
// @ts-ignore: decorator
@external("[export]quire:db/database@0.1.0", "[resource-new]transaction")
export declare function newTransaction(representation: i32): i32;
// @ts-ignore: decorator
@external("[export]quire:db/database@0.1.0", "[resource-new]table")
export declare function newTable(representation: i32): i32;
// @ts-ignore: decorator
@external("[export]quire:db/sql@0.1.0", "[resource-new]statement")
export declare function newStatement(representation: i32): i32;
// @ts-ignore: decorator
@external("[export]quire:db/database@0.1.0", "[resource-new]cursor")
export declare function newCursor(representation: i32): i32;

/** An open file. */
export class Connection {
  readonly session: Session;
  /** The transaction that is open and has a handle; null when there is none. */
  transaction: Transaction | null = null;
  /** Its statements of SQL, as long as something is left of them. */
  readonly statements: Array<KeptParts> = new Array<KeptParts>();

  /** `store` is a handle; 0 behind `close`. */
  constructor(private store: i32) {
    this.session = stores.get(store)!;
  }

  /** Whether a transaction is open. */
  get inTransaction(): bool {
    return this.store != 0 && this.session.db.inTransaction;
  }

  /** What was done may have ended the transaction. */
  look(): void {
    if (!this.inTransaction) this.transaction = null;
  }

  /** Rolls an open transaction back and closes the store. */
  close(): Status {
    const store = this.store;
    if (store == 0) return OK;
    this.store = 0;
    this.transaction = null;
    while (this.statements.length > 0) this.statements.pop().free();
    return stores.close(store);
  }
}

/** A transaction that was begun with a handle. */
export class Transaction {
  constructor(readonly connection: Connection) {}

  /** Whether it is not over. */
  get isOpen(): bool {
    const connection = this.connection;
    return connection.transaction === this && connection.inTransaction;
  }

  /** `OK` where it can be worked with; `CLOSED` or `HANDLE_POISONED`. */
  usable(): Status {
    const status = this.connection.session.enter();
    return status != OK || this.isOpen ? status : fail(CLOSED, "the transaction is over", "begin another one");
  }
}

export const connections: Handles<Connection> = new Handles<Connection>();
export const transactions: Handles<Transaction> = new Handles<Transaction>();
export const tables: Handles<OpenTable> = new Handles<OpenTable>();
export const cursors: Handles<Cursor> = new Handles<Cursor>();
