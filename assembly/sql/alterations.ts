/**
 * ALTER TABLE. What its changes come to is worked out for the definition as a whole, so that rows are written anew once at most; then what
 * the catalog says of the table follows.
 */
import { BAD_SCHEMA, OK, PAGE_FULL, NAME_TOO_LONG, Status, TABLE_NOT_FOUND, UNSUPPORTED, lastError } from "../status";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { Alteration } from "../store/alteration";
import { CatalogEntry, INDEX, VIEW } from "../store/catalog";
import { CATALOG } from "../store/catalog-table";
import { RowScan } from "../store/row-scan";
import { Table } from "../store/table";
import { mayStep } from "../wasi/deadline";
import { QueryBinder } from "./bind/query";
import { StatementContext } from "./bind/statement";
import { namedIndex } from "./catalog/named-indexes";
import { Renaming } from "./catalog/renamed-text";
import { AlteredDefinition } from "./altered-definition";
import { AlteredValues } from "./change/altered-values";
import { StoredText } from "./sql-text";
import { FLAG_IF, SqlTree } from "./syntax/tree";

export class Alterations extends AlteredDefinition {
  /** Views that can be read before anything is changed. */
  private readonly views: Array<CatalogEntry> = new Array<CatalogEntry>();

  run(node: u32): Status {
    const tree = this.tree;
    const subject = tree.a(node);
    let table = this.known(subject);
    const name = tree.text(tree.a(subject));
    const view: CatalogEntry | null = table || lastError.status != OK ? null : this.db.catalog.view(name);
    if (view) return this.context.fail(TABLE_NOT_FOUND, name + " is a view", subject, "DROP it, and CREATE VIEW makes it anew");
    if (!table && lastError.status == OK && tree.has(node, FLAG_IF)) return OK;
    if (!table) table = this.needed(subject);
    if (!table) return lastError.status;
    if (table.isCatalog) return this.context.fail(UNSUPPORTED, CATALOG + " stays as it is", subject);
    this.begin(table);
    let status: Status = OK;
    for (let change = tree.b(node); change != 0 && status == OK; change = tree.next(change)) status = this.change(table, change);
    if (status == OK) status = this.findViews();
    return status == OK ? this.carryOut(table, node) : status;
  }

  private carryOut(table: Table, node: u32): Status {
    const tree = this.tree;
    const context = this.context;
    const before = table.schema;
    if (this.checkHidden(node) != OK) return lastError.status;
    const schema = this.build(table);
    const first = schema.columns.length - this.columns.length;
    const values = new AlteredValues(context, table);
    let status: Status = OK;
    for (let c = first; c < schema.columns.length && status == OK; c++) {
      const from = this.from[c];
      if (from < 0 || (this.sources[c] == 0 && schema.columns[c].typeText == before.columns[from].typeText)) continue;
      status = values.add(c, schema.columns[c], from, this.sources[c], node);
    }
    const alteration = new Alteration(table, schema, this.from, values.bind() ? values : null);
    if (status == OK) status = this.db.alterTable(alteration);
    const isOfText = status == BAD_SCHEMA || status == NAME_TOO_LONG || status == PAGE_FULL;
    values.free();
    if (status != OK) return isOfText && lastError.textOffset < 0 ? context.text.place(tree.start(tree.a(node))) : status;
    return this.follow(alteration, before);
  }

  /** Has the catalog say of the table what is so now, and looks at constraints that came. */
  private follow(alteration: Alteration, before: TableSchemaSnapshot): Status {
    const schema = alteration.schema;
    const names = new Array<string>();
    const newNames = new Array<string>();
    for (let c = 0; c < schema.columns.length; c++) {
      const column = alteration.before(c);
      if (!column) continue;
      names.push(column.name);
      newNames.push(schema.columns[c].name);
    }
    const renaming = new Renaming(before.name, schema.name, names, newNames);
    const all = this.db.catalog.all;
    if (!all) return lastError.status;
    let status: Status = OK;
    for (let e = 0; e < all.length && status == OK; e++) {
      if (all[e].table == before.name) status = this.followEntry(all[e], renaming);
    }
    if (status == OK) status = this.keepChecks(schema.name);
    if (status == OK) status = this.checkRows(schema.name);
    return status == OK ? this.lookAtViews() : status;
  }

  private followEntry(entry: CatalogEntry, renaming: Renaming): Status {
    const renamed = renaming.of(entry);
    // Its index is gone.
    if (entry.kind == INDEX && namedIndex(this.db.catalog, renamed).columns.length == 0) return this.db.dropEntry(entry);
    return renamed.sql == entry.sql && renamed.table == entry.table ? OK : this.db.replaceEntry(entry, renamed);
  }

  /** `OK` when the table's constraints can be worked out, and all rows are as they want them where some of them are new. */
  private checkRows(name: string): Status {
    const table = this.db.table(name);
    if (!table) return lastError.status;
    const catalog = this.db.catalog;
    let status = catalog.findRules(table);
    if (status != OK) lastError.hint = "DROP CONSTRAINT before, in the same statement, takes it away";
    if (status != OK || this.checks.length == 0) return status;
    const scan = new RowScan(table);
    while (status == OK && scan.next()) status = mayStep(64) ? catalog.check(table, scan.row) : lastError.status;
    if (status == OK) status = scan.status;
    scan.free();
    return status;
  }

  // ---- views ----

  private findViews(): Status {
    const stored = this.db.catalog.of(VIEW);
    if (!stored) return lastError.status;
    const all = stored.concat(this.db.catalog.temporary);
    for (let v = 0; v < all.length; v++) if (this.canRead(all[v])) this.views.push(all[v]);
    return OK;
  }

  private lookAtViews(): Status {
    for (let v = 0; v < this.views.length; v++) {
      if (this.canRead(this.views[v])) continue;
      lastError.hint = "DROP VIEW " + this.views[v].name + " before, and make it anew behind";
      return lastError.status;
    }
    return OK;
  }

  private canRead(view: CatalogEntry): bool {
    const tree = new SqlTree();
    const context = StatementContext.of(this.db, new StoredText(view.sql, "view " + view.name, -1), tree, []);
    const relation = new QueryBinder(context, null, []).viewQuery();
    context.free();
    tree.free();
    return relation !== null;
  }
}
