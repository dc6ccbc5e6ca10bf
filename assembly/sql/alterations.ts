/**
 * ALTER TABLE. What its changes come to is worked out for the definition as a whole, so that rows are written anew once at most; then what
 * the catalog says of the table follows.
 */
import { BAD_SCHEMA, OK, PAGE_FULL, NAME_TOO_LONG, Status, TABLE_NOT_FOUND, UNSUPPORTED, lastError } from "../status";
import { Alteration } from "../store/alteration";
import { CatalogEntry } from "../store/catalog";
import { CATALOG } from "../store/catalog-table";
import { RowScan } from "../store/row-scan";
import { Table } from "../store/table";
import { mayStep } from "../wasi/deadline";
import { Dependents } from "./catalog/dependents";
import { AlteredDefinition } from "./altered-definition";
import { AlteredValues } from "./change/altered-values";
import { FLAG_IF } from "./syntax/tree";

export class Alterations extends AlteredDefinition {
  private readonly dependents: Dependents = new Dependents(this.db);

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
    if (status == OK) status = this.dependents.begin();
    return status == OK ? this.carryOut(table, node) : status;
  }

  private carryOut(table: Table, node: u32): Status {
    const tree = this.tree;
    const context = this.context;
    const before = table.schema;
    if (this.checkHidden(node) != OK || this.checkOrphans(node) != OK) return lastError.status;
    const schema = this.build(table);
    const first = schema.columns.length - this.columns.length;
    const values = new AlteredValues(context, table);
    let status: Status = OK;
    for (let c = first; c < schema.columns.length && status == OK; c++) {
      const from = this.from[c];
      const isOther = from >= 0 && schema.columns[c].typeText != before.columns[from].typeText;
      if (this.sources[c] == 0 && !isOther) continue;
      status = values.add(c, schema.columns[c], from, this.sources[c], node);
    }
    const alteration = new Alteration(table, schema, this.from, values.bind() ? values : null);
    if (status == OK) status = this.db.alterTable(alteration);
    const isOfText = status == BAD_SCHEMA || status == NAME_TOO_LONG || status == PAGE_FULL;
    values.free();
    if (status != OK) return isOfText && lastError.textOffset < 0 ? context.text.place(tree.start(tree.a(node))) : status;
    return this.follow(alteration);
  }

  /** Has the catalog say of the table what is so now, and looks at constraints that came. */
  private follow(alteration: Alteration): Status {
    const name = alteration.schema.name;
    let status = this.dependents.follow(alteration);
    if (status == OK) status = this.keepDefaults(name);
    if (status == OK) status = this.keepUniques(name);
    if (status == OK) status = this.keepChecks(name);
    if (status == OK && this.checks.length > 0) status = this.checkRows(name);
    return status == OK ? this.dependents.end() : status;
  }

  /** `OK` when all rows are as the table's constraints want them. */
  private checkRows(name: string): Status {
    const table = this.db.table(name);
    if (!table) return lastError.status;
    const scan = new RowScan(table);
    let status: Status = OK;
    while (status == OK && scan.next()) status = mayStep(64) ? this.db.catalog.check(table, scan.row, false) : lastError.status;
    if (status == OK) status = scan.status;
    scan.free();
    return status;
  }
}
