/**
 * Saves what can be read of a damaged file in a new store: `SalvageSearch` finds it, `RowSalvage` writes each table's rows, and what could
 * not be saved is told.
 */
import { Status, OK, NO_PAGE, lastError } from "../status";
import { isZero } from "../encode/bytes";
import { MemoryAccess } from "../memory/access/memory-access";
import { AccessControlList } from "../acl/access-control-list";
import { ACL_PAGE, PAGE_SIZE, SCHEMA_PAGE, hasAcl } from "../memory/base/layout";
import { computeSchemaHash, storedSchemaHash } from "../schema/schema-registry";
import { GivenTables } from "../schema/given-tables";
import { DbmsContext } from "../store/dbms-context";
import { CheckReport, counted } from "../check/check-report";
import { ACL_DOUBTFUL, ACL_LOST, ROWS_LOST, TABLES_DOUBTFUL, TABLE_DOUBTFUL, TABLE_LOST } from "../check/fault-kinds";
import { RowSalvage } from "./row-salvage";
import { FoundTable } from "./found-table";
import { SalvageSearch } from "./salvage-search";

export class Salvage {
  tables: u32 = 0;
  rows: u64 = 0;
  /** Rows that are known to have been there and could not be saved. */
  lost: u64 = 0;
  /** Rows that were left out for another one with the same key. */
  twice: u64 = 0;
  readonly layout: u8;
  /** Tables of the registry without a definition. */
  private lostTables: u32 = 0;
  /** Tables that a definition was given for, and of which nothing is in the file. */
  private unfound: Array<string> = new Array<string>();

  private constructor(
    private readonly access: MemoryAccess,
    private readonly to: DbmsContext,
    private readonly report: CheckReport,
  ) {
    this.layout = access.manager.layout;
  }

  /**
   * Saves the file behind `access` in the empty store `to`, whose layout may be another one; `given` are definitions for tables whose own
   * can't be read. What could not be saved goes to `report`. Null on failure.
   */
  static run(access: MemoryAccess, given: GivenTables, to: DbmsContext, report: CheckReport): Salvage | null {
    const search = SalvageSearch.run(access, given);
    if (!search) return null;
    const work = new Salvage(access, to, report);
    let status = search.survey.status;
    for (let i = 0; i < search.tables.length && status == OK; i++) status = work.saveTable(search, search.tables[i]);
    report.enter("");
    if (status == OK) status = work.saveRights();
    for (let i = 0; i < search.records.ambiguous.length; i++) {
      if (report.add(ROWS_LOST, search.records.ambiguous[i]))
        report.say("the page holds rows that fit several tables, and nothing tells which");
    }
    if (status == OK) {
      // Who gives definitions knows the tables.
      if (given.schemas.length == 0) work.tellMissingTables(search);
      else work.tellUnfoundTables();
    }
    search.free();
    return status == OK ? work : null;
  }

  /**
   * The schema hash is over the definitions of all tables. Where those that were saved have another one, or none was stored, there may have
   * been more tables: there were, most likely, when pages of nobody hold something. Of a new file, which is empty pages, there were none.
   */
  private tellMissingTables(search: SalvageSearch): void {
    const report = this.report;
    if (this.hasAllTables()) return;
    const pages = search.records.unownedPages();
    if (pages.length > 0) {
      if (!report.add(TABLE_LOST, pages[0])) return;
      const rest = pages.length == 1 ? "this page" : counted(pages.length, "page") + ", of which this is the first, that";
      return report.say("there may have been another table: its pages would be " + rest + " nothing leads to");
    }
    // Where a table's definition is lost, the hash tells nothing, and the registry lists that table.
    if (this.lostTables > 0 || !report.add(TABLES_DOUBTFUL, SCHEMA_PAGE)) return;
    const empty = search.records.emptyPages();
    const others = empty == 0 ? "" : "; " + counted(empty, "empty page") + (empty == 1 ? " belongs" : " belong") + " to none";
    report.say("the list of tables is lost, and nothing tells whether there were more than were found" + others);
  }

  /** Of tables that were given nothing may be left, or they were never in this file: only the schema hash could tell. */
  private tellUnfoundTables(): void {
    if (this.unfound.length == 0 || this.hasAllTables()) return;
    for (let i = 0; i < this.unfound.length; i++) {
      this.report.enter(this.unfound[i]);
      if (this.report.add(TABLE_DOUBTFUL, NO_PAGE))
        this.report.say("nothing of this table, whose definition was given, is in the file, and nothing tells whether it was");
    }
    this.report.enter("");
  }

  private hasAllTables(): bool {
    const stored = storedSchemaHash(this.access);
    if (this.tables == 0) {
      const pageCount = this.access.manager.pageCount;
      if (stored == 0) return pageCount <= this.access.manager.reservedPages;
      return stored == computeSchemaHash(this.access, new Array<u32>(), new Array<u32>());
    }
    return stored != 0 && stored == storedSchemaHash(this.to.access);
  }

  private saveTable(search: SalvageSearch, found: FoundTable): Status {
    const checked = found.checked;
    const source = checked.table;
    this.report.enter(checked.name);
    if (!source) {
      this.lostTables += 1;
      if (checked.pages.snapshot == NO_PAGE && checked.pages.pageLedger == NO_PAGE && checked.pages.indexLedger == NO_PAGE) {
        // It may be an entry of a damaged registry that never was a table.
        if (this.report.add(TABLE_LOST, NO_PAGE)) {
          this.report.say("the schema registry has an entry for a table none of whose pages can be found");
        }
        return OK;
      }
      if (this.report.add(TABLE_LOST, checked.pages.snapshot)) {
        this.report.say("the table's definition can't be read, and none was given; without it its rows can't be told");
      }
      return OK;
    }
    if (found.assumed && found.recordCount == 0) {
      this.unfound.push(checked.name);
      return OK;
    }
    let status = this.to.createTable(source.schema, true, true);
    const target = status == OK ? this.to.table(source.name) : null;
    if (!target) return lastError.status;
    this.tables += 1;
    const rows = new RowSalvage(this.access, search, found, source, target, this.to, this.report);
    status = this.to.beginChange();
    if (status == OK) status = this.to.endChange(rows.save());
    this.rows += rows.saved;
    this.lost += rows.lost;
    this.twice += rows.twice;
    rows.free();
    return status;
  }

  /** Grants the rights of the access control list anew. */
  private saveRights(): Status {
    const from = this.access.manager;
    if (!hasAcl(from.layout) || !hasAcl(this.to.manager.layout) || from.pageCount <= ACL_PAGE) return OK;
    const list = new AccessControlList(this.access).readAny();
    if (!list) {
      this.report.addLastError(ACL_LOST, ACL_PAGE);
      return OK;
    }
    this.tellMissingRights();
    let status = this.to.beginChange();
    if (status != OK) return status;
    const acl = this.to.acl;
    for (let i = 0; i < list.length && status == OK; i++) {
      const identity = list[i];
      status = acl.grant(identity.id, identity.flags, identity.allTables, 0, 0);
      for (let j = 0; j < identity.tables.length && status == OK; j++) {
        status = acl.grant(identity.id, 0, 0, identity.tables[j].fingerprint, identity.tables[j].perms);
      }
    }
    return this.to.endChange(status);
  }

  /** A list that was never written is an empty page. Beside a lost registry it may be lost, too. */
  private tellMissingRights(): void {
    const pageCount = this.access.manager.pageCount;
    const list = pageCount > this.access.manager.reservedPages ? this.access.page(ACL_PAGE) : 0;
    if (list == 0 || !isZero(list, PAGE_SIZE)) return;
    const registry = this.access.page(SCHEMA_PAGE);
    if (registry == 0 || !isZero(registry, PAGE_SIZE) || !this.report.add(ACL_DOUBTFUL, ACL_PAGE)) return;
    this.report.say("the page is empty, like the one before it: if there were rights, they are lost");
  }
}
