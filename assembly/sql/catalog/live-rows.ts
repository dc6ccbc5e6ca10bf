/** What is told of the session and of the file as they are when a statement runs: settings, counters, pages, and what a check finds. */
import { OK, Status, lastError } from "../../status";
import { unclaimedPageCount } from "../../memory/access/unclaimed-pages";
import { hasDefinitions } from "../../memory/base/layout";
import { Catalog } from "../../store/catalog";
import { CellRows, CellWriter } from "./cell-rows";
import {
  APPLICATION_ID,
  FOREIGN_KEYS,
  USER_VERSION,
  pragmaOf,
  FREELIST_COUNT,
  JOURNAL_MODE,
  PAGE_COUNT,
  QUICK_CHECK,
  SEQUENCE,
  SYNCHRONOUS,
} from "./relation-names";

/** Of a file that is as it should be. */
const FINE: string = "ok";

/** The rows of a relation that are made whenever it is opened. */
export class LiveRows extends CellRows {
  constructor(
    private readonly number: i32,
    private readonly catalog: Catalog,
    columns: Array<string>,
  ) {
    super(new ArrayBuffer(0), columns);
  }

  open(): bool {
    const out = new CellWriter();
    const status = this.write(out);
    this.bytes = out.taken();
    return status == OK ? super.open() : this.failed(status);
  }

  private write(out: CellWriter): Status {
    const catalog = this.catalog;
    const access = catalog.access;
    const manager = access.manager;
    switch (this.number) {
      case FOREIGN_KEYS:
        out.number64(i64(catalog.foreignKeys));
        break;
      case PAGE_COUNT:
        out.number64(manager.pageCount);
        break;
      case FREELIST_COUNT:
        const count: u32 = hasDefinitions(manager.layout) ? unclaimedPageCount(access) : 0;
        if (count == u32.MAX_VALUE) return lastError.status;
        out.number64(count);
        break;
      case JOURNAL_MODE:
        out.text(manager.hasLog ? "wal" : "memory");
        break;
      case SYNCHRONOUS:
        out.number64(manager.syncCommits ? 2 : 1);
        break;
      case USER_VERSION:
      case APPLICATION_ID: {
        const entry = catalog.number(pragmaOf(this.number));
        if (lastError.status != OK) return lastError.status;
        // Anyone may have written what is there.
        out.number64(entry ? I32.parseInt(entry.sql, 10) : 0);
        break;
      }
      case SEQUENCE:
        return this.writeCounters(out);
      default:
        return this.writeFindings(out);
    }
    return OK;
  }

  private writeFindings(out: CellWriter): Status {
    const findings = this.catalog.findings(this.number == QUICK_CHECK);
    if (!findings) return lastError.status;
    if (findings.length == 0) findings.push(FINE);
    for (let f = 0; f < findings.length; f++) out.text(findings[f]);
    return OK;
  }

  /** Tables that count their rows, each with the last number. */
  private writeCounters(out: CellWriter): Status {
    const tables = this.catalog.tables;
    for (let t = 0; t < tables.length; t++) {
      const table = tables[t];
      const ledger = table.autoincrement;
      const column = table.schema.columns[table.keyColumn];
      if (table.isCatalog || !ledger || !column.auto || table.schema.hasHiddenKey) continue;
      const last = ledger.current(column);
      if (lastError.status != OK) return lastError.status;
      if (last != 0) out.text(table.name).number64(last);
    }
    return OK;
  }
}
