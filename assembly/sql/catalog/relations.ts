/**
 * What is told of tables, views, columns, indexes and foreign keys in SQL: `sqlite_master` and the functions `pragma_…`, as SQLite has
 * them. The last column of a function, without a name, is the table or index that a row is about, in small letters.
 *
 * Rows are made when a statement first asks for them, and kept until definitions change: for each value a byte, `CELL_…`, behind it a
 * number as i64, or a text's length u32 and bytes.
 */
import { asciiLower, asciiUpper } from "../../encode/ascii";
import { ByteBuffer } from "../../encode/byte-buffer";
import { ON_DELETE_CASCADE } from "../../schema/column";
import { CHECK, Catalog, CatalogEntry, VIEW } from "../../store/catalog";
import { Table } from "../../store/table";
import { NamedColumn } from "../bind/scope";
import { sqlNameOfType } from "../bind/types";
import { Batch, VectorColumns } from "../eval/batch";
import { K_INT, K_TEXT, typeOfKind } from "../eval/kinds";
import { BATCH_ROWS } from "../eval/vector";
import { Operator } from "../run/operator";
import {
  columnTypeText,
  createIndexText,
  createTableText,
  defaultText,
  indexLabel,
  isKeyIndex,
  shownFrom,
} from "./definition-text";
import { NamedIndex, namedIndexes, namesOf } from "./named-indexes";
import {
  DATABASE_LIST,
  FOREIGN_KEY_LIST,
  INDEX_LIST,
  INDEX_XINFO,
  MASTER,
  TABLE_LIST,
  TABLE_XINFO,
  catalogColumns,
} from "./relation-names";

const CELL_NULL: u8 = 0;
const CELL_NUMBER: u8 = 1;
const CELL_TEXT: u8 = 2;

/** Binds views, to tell of their columns. */
export abstract class ViewBinder {
  /** Null with an error. */
  abstract columnsOf(view: CatalogEntry): Array<NamedColumn> | null;
}

/** Gives the rows of relation `number`; null with an error. */
export function catalogRows(number: i32, catalog: Catalog, views: ViewBinder): Operator | null {
  let bytes = catalog.keptOf(number);
  if (!bytes) {
    const made = new CatalogRelation(number, catalog, views);
    bytes = made.make();
    if (!bytes) return null;
    catalog.keep(number, bytes);
  }
  return new CatalogRows(bytes, catalogColumns(number));
}

/** Rows as `CatalogRelation` makes them. */
class CatalogRows extends Operator {
  private readonly columns: VectorColumns;
  private at: usize = 0;

  constructor(
    private readonly bytes: ArrayBuffer,
    names: Array<string>,
  ) {
    const columns = new VectorColumns();
    for (let c = 0; c < names.length; c++) columns.add(names[c].startsWith("#") ? K_INT : K_TEXT);
    super(new Batch(columns));
    this.columns = columns;
    this.estimate = <f64>bytes.byteLength / <f64>(names.length << 3);
  }

  open(): bool {
    this.at = changetype<usize>(this.bytes);
    return super.open();
  }

  next(): bool {
    const vectors = this.columns.vectors;
    const end = changetype<usize>(this.bytes) + this.bytes.byteLength;
    let at = this.at;
    let count = 0;
    for (; count < BATCH_ROWS && at < end; count++) {
      for (let c = 0; c < vectors.length; c++) {
        const vector = unchecked(vectors[c]);
        const cell = load<u8>(at);
        vector.setNull(count, cell == CELL_NULL);
        if (cell == CELL_NUMBER) vector.setInt(count, load<i64>(at, 1));
        else if (cell == CELL_TEXT) vector.setBytes(count, at + 5, load<u32>(at, 1));
        at += cell == CELL_NULL ? 1 : cell == CELL_NUMBER ? 9 : 5 + load<u32>(at, 1);
      }
    }
    this.at = at;
    this.batch.begin(count);
    return count > 0 && this.give();
  }

  free(): void {
    super.free();
    this.columns.free();
  }

  describe(): string {
    return "catalog";
  }
}

/** Makes the rows of one relation. */
class CatalogRelation {
  private readonly out: ByteBuffer = new ByteBuffer(1024);
  private named: Array<NamedIndex> = [];
  private checks: Array<CatalogEntry> = [];

  constructor(
    private readonly number: i32,
    private readonly catalog: Catalog,
    private readonly views: ViewBinder,
  ) {}

  /** The rows; null on failure. */
  make(): ArrayBuffer | null {
    const catalog = this.catalog;
    const named = namedIndexes(catalog);
    const checks = catalog.of(CHECK);
    const stored = catalog.of(VIEW);
    if (!named || !checks || !stored) return null;
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
    const views = stored.concat(catalog.temporary);
    for (let v = 0; v < views.length && this.number <= TABLE_XINFO; v++) this.viewRows(views[v], v >= stored.length);
    const out = this.out;
    const bytes = new ArrayBuffer(out.len);
    memory.copy(changetype<usize>(bytes), out.ptr, out.len);
    out.free();
    return bytes;
  }

  // ---- values, each of which returns this ----

  private text(value: string): CatalogRelation {
    const out = this.out;
    out.addU8(CELL_TEXT);
    const at = out.len;
    out.addU32(0);
    out.addText(value);
    store<u32>(out.ptr + at, out.len - at - 4);
    return this;
  }

  private number64(value: i64): CatalogRelation {
    this.out.addU8(CELL_NUMBER);
    this.out.addU64(value);
    return this;
  }

  /** A text, null where it is "". */
  private orNull(value: string): CatalogRelation {
    if (value != "") return this.text(value);
    this.out.addU8(CELL_NULL);
    return this;
  }

  /** What a row is about, as it is looked for. */
  private key(name: string): void {
    this.text(asciiLower(name));
  }

  // ---- rows ----

  private masterRow(type: string, name: string, table: string, page: i64, sql: string): void {
    this.text(type).text(name).text(table).number64(page).orNull(sql);
  }

  private masterRows(table: Table): void {
    const mine = new Array<CatalogEntry>();
    for (let c = 0; c < this.checks.length; c++) if (this.checks[c].table == table.name) mine.push(this.checks[c]);
    this.masterRow("table", table.name, table.name, table.pages.pageLedger, createTableText(table.schema, mine));
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
      const value = column.defaultValue ? defaultText(column) : "";
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
