/** A table that a host holds a handle of. */
import { Status, OK, CLOSED, fail, lastError } from "../status";
import { isSameDefinition } from "../schema/table-schema-snapshot";
import { Table } from "../store/table";
import { Session } from "./session";

export class OpenTable {
  private version: u32;

  constructor(
    readonly session: Session,
    public table: Table,
  ) {
    this.version = session.db.tablesVersion;
  }

  /** Whether tables have come or gone since it was looked up: `table` must not be used then. */
  @inline get isStale(): bool {
    return this.version != this.session.db.tablesVersion;
  }

  /** Makes the table ready for a call. It must not be stale, and the session has to be usable. */
  @inline enter(): Status {
    this.session.db.store.useFormat();
    return this.table.refresh();
  }

  /**
   * Looks a table that is stale up again, and makes it ready. `TABLE_NOT_FOUND`; `CLOSED` when one of that name has another definition:
   * what the handle's owner knows of its columns is not true any more.
   */
  renew(): Status {
    const db = this.session.db;
    const table = db.table(this.table.name);
    if (!table) return lastError.status;
    if (!isSameDefinition(table.schema, this.table.schema)) {
      return fail(CLOSED, "table " + table.name + " is another one by now, with another definition", "look it up again");
    }
    this.table = table;
    this.version = db.tablesVersion;
    return OK;
  }
}
