/**
 * What is told of tables, views, columns, indexes and foreign keys in SQL: `sqlite_master` and the functions `pragma_…`, as SQLite has
 * them. The last column of a function, without a name, is the table or index that a row is about, in small letters.
 *
 * Rows are made when a statement first asks for them, and kept until definitions change; those that do not follow from definitions are made
 * by each run.
 */
import { asciiUpper } from "../../encode/ascii";
import { ON_DELETE_CASCADE } from "../../schema/column";
import { CHECK, Catalog, CatalogEntry, DEFAULT, VIEW } from "../../store/catalog";
import { Table } from "../../store/table";
import { NamedColumn } from "../bind/scope";
import { sqlNameOfType } from "../bind/types";
import { typeOfKind } from "../eval/kinds";
import { Operator } from "../run/operator";
import { CellRows, CellWriter } from "./cell-rows";
import {
  columnTypeText,
  createIndexText,
  createTableText,
  defaultText,
  indexLabel,
  isKeyIndex,
  shownFrom,
} from "./definition-text";
import { LiveRows } from "./live-rows";
import { NamedIndex, namedIndexes, namesOf } from "./named-indexes";
import {
  COLLATION_LIST,
  DATABASE_LIST,
  FIRST_LIVE,
  FOREIGN_KEY_LIST,
  INDEX_LIST,
  INDEX_XINFO,
  MASTER,
  TABLE_LIST,
  TABLE_XINFO,
  catalogColumns,
} from "./relation-names";

/** Binds views, to tell of their columns. */
export abstract class ViewBinder {
  /** Null with an error. */
  abstract columnsOf(view: CatalogEntry): Array<NamedColumn> | null;
}

/** Gives the rows of relation `number`; null with an error. */
export function catalogRows(number: i32, catalog: Catalog, views: ViewBinder): Operator | null {
  const columns = catalogColumns(number);
  if (number >= FIRST_LIVE) return new LiveRows(number, catalog, columns);
  let bytes = catalog.keptOf(number);
  if (!bytes) {
    const made = new CatalogRelation(number, catalog, views);
    bytes = made.make();
    if (!bytes) return null;
    catalog.keep(number, bytes);
  }
  return new CellRows(bytes, columns);
}

/** Makes the rows of one relation. */
class CatalogRelation extends CellWriter {
  private named: Array<NamedIndex> = [];
  private checks: Array<CatalogEntry> = [];
  private defaults: Array<CatalogEntry> = [];

  constructor(
    private readonly number: i32,
    private readonly catalog: Catalog,
    private readonly views: ViewBinder,
  ) {
    super();
  }

  /** The rows; null on failure. */
  make(): ArrayBuffer | null {
    const catalog = this.catalog;
    const named = namedIndexes(catalog);
    const checks = catalog.of(CHECK);
    const stored = catalog.of(VIEW);
    const defaults = catalog.of(DEFAULT);
    if (!named || !checks || !stored || !defaults) return null;
    this.defaults = defaults;
    this.named = named;
    this.checks = checks;
    const tables = catalog.tables;
    for (let t = 0; t < tables.length; t++) {
      const table = tables[t];
      if (table.isCatalog) continue;
      if (this.number == MASTER) this.masterRows(table);
      else if (this.number == TABLE_LIST)
        this.listRow(table.name, "table", table.schema.columns.length - shownFrom(table.schema));
      else if (this.number <= TABLE_XINFO) this.columnRows(table);
      else if (this.number <= INDEX_XINFO) this.indexRows(table);
      else if (this.number == FOREIGN_KEY_LIST) this.referenceRows(table);
    }
    if (this.number == DATABASE_LIST) this.number64(0).text("main").text("");
    if (this.number == COLLATION_LIST) this.number64(0).text("NOCASE").number64(1).text("BINARY");
    const views = stored.concat(catalog.temporary);
    for (let v = 0; v < views.length && this.number <= TABLE_XINFO; v++) this.viewRows(views[v], v >= stored.length);
    return this.taken();
  }

  // ---- rows ----

  private masterRow(type: string, name: string, table: string, page: i64, sql: string): void {
    this.text(type).text(name).text(table).number64(page).orNull(sql);
  }

  private masterRows(table: Table): void {
    const mine = new Array<CatalogEntry>();
    for (let c = 0; c < this.checks.length; c++) if (this.checks[c].table == table.name) mine.push(this.checks[c]);
    this.masterRow("table", table.name, table.name, table.pages.pageLedger, createTableText(table.schema, mine, this.defaults));
    for (let i = 0; i < table.indexes.length; i++) {
      const names = namesOf(this.named, table.name, table.indexes[i].definition.columns);
      for (let n = 0; n < names.length; n++)
        this.masterRow("index", names[n].entry.name, table.name, table.pages.indexLedger, names[n].entry.sql);
      if (isHidden(table, i) || names.length > 0) continue;
      const label = indexLabel(table.schema, i);
      this.masterRow("index", label, table.name, table.pages.indexLedger, createIndexText(table.schema, i));
    }
  }

  private listRow(name: string, type: string, columns: i32): void {
    this.text("main").text(name).text(type).number64(columns).number64(0).number64(1).key(name);
  }

  private columnRows(table: Table): void {
    const columns = table.schema.columns;
    const first = shownFrom(table.schema);
    for (let c = first; c < columns.length; c++) {
      const column = columns[c];
      let key = column.primaryKey ? 1 : 0;
      if (first == 1 && table.indexes.length > 1 && isKeyIndex(table.schema, 1)) {
        key = table.schema.indexes[1].columns.indexOf(column.name) + 1;
      }
      const notNull = !column.nullable && !(column.primaryKey && column.auto);
      const value = defaultText(table.name, column, this.defaults);
      this.columnRow(c - first, column.name, columnTypeText(column), notNull, value, key, table.name);
    }
  }

  private columnRow(place: i32, name: string, type: string, notNull: bool, value: string, key: i32, table: string): void {
    this.number64(place).text(name).text(type).number64(i64(notNull)).orNull(value).number64(key);
    if (this.number == TABLE_XINFO) this.number64(0);
    this.key(table);
  }

  /** The catalog or what is told of one of its views; nothing but its text of one that can't be bound any more. */
  private viewRows(view: CatalogEntry, isTemporary: bool): void {
    if (this.number == MASTER) {
      if (!isTemporary) this.masterRow("view", view.name, view.name, 0, view.sql);
      return;
    }
    const columns = this.views.columnsOf(view);
    if (!columns) return;
    if (this.number == TABLE_LIST) return this.listRow(view.name, "view", columns.length);
    for (let c = 0; c < columns.length; c++) {
      const from = columns[c].column;
      const type = from ? columnTypeText(from) : asciiUpper(sqlNameOfType(typeOfKind(columns[c].kind)));
      this.columnRow(c, columns[c].name, type, false, "", 0, view.name);
    }
  }

  private indexRows(table: Table): void {
    let number = 0;
    for (let i = 0; i < table.indexes.length; i++) {
      const index = table.indexes[i];
      const names = namesOf(this.named, table.name, index.definition.columns);
      const count = names.length == 0 && !isHidden(table, i) ? 1 : names.length;
      for (let n = 0; n < count; n++) {
        const label = names.length > 0 ? names[n].entry.name : indexLabel(table.schema, i);
        if (this.number != INDEX_LIST) this.partRows(table, i, label);
        else {
          const unique = names.length > 0 ? names[n].unique : index.unique;
          const origin = names.length == 0 && isKeyIndex(table.schema, i) ? "pk" : "c";
          this.number64(number).text(label).number64(i64(unique)).text(origin).number64(0).key(table.name);
        }
        number += 1;
      }
    }
  }

  private partRows(table: Table, i: i32, label: string): void {
    const index = table.indexes[i];
    for (let c = 0; c < index.columns.length; c++) {
      this.number64(c)
        .number64(index.columns[c] - shownFrom(table.schema))
        .text(index.definition.columns[c]);
      if (this.number == INDEX_XINFO) this.number64(0).text("BINARY").number64(1);
      this.key(label);
    }
  }

  private referenceRows(table: Table): void {
    let number = 0;
    const columns = table.schema.columns;
    for (let c = 0; c < columns.length; c++) {
      const foreign = columns[c].foreignKey;
      if (!foreign) continue;
      this.number64(number).number64(0).text(foreign.table).text(columns[c].name).text(foreign.column);
      // Rows that refer are moved along, and looked for at the statement's end: what tools call NO ACTION in both.
      const onDelete = foreign.onDelete == ON_DELETE_CASCADE ? "CASCADE" : "NO ACTION";
      this.text("NO ACTION").text(onDelete).text("NONE").key(table.name);
      number += 1;
    }
  }
}

/** Whether SQLite has no such index: that of a key which is its rows' own number. */
function isHidden(table: Table, i: i32): bool {
  return i == 0 && columnTypeText(table.schema.columns[table.keyColumn]) == "INTEGER";
}
