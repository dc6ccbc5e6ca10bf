/**
 * What is told of tables, columns, indexes and foreign keys in SQL: `sqlite_master` and the functions `pragma_…`, as SQLite has them, each
 * as the text of a query that gives its rows. The last column of a function, without a name, is the table or index that a row is about,
 * in small letters.
 */
import { asciiLower } from "../../encode/ascii";
import { ByteBuffer } from "../../encode/byte-buffer";
import { ON_DELETE_CASCADE } from "../../schema/column";
import { Table } from "../../store/table";
import { TableIndex } from "../../store/table-index";
import {
  columnTypeText,
  createIndexText,
  createTableText,
  defaultText,
  indexLabel,
  isKeyIndex,
  literal,
  shownFrom,
} from "./definition-text";

/** Names, and their columns: `#` for numbers, the others are text. */
const RELATIONS: StaticArray<string> = [
  "sqlite_master",
  "type,name,tbl_name,#rootpage,sql",
  "sqlite_schema",
  "type,name,tbl_name,#rootpage,sql",
  "pragma_table_list",
  "schema,name,type,#ncol,#wr,#strict,",
  "pragma_table_info",
  "#cid,name,type,#notnull,dflt_value,#pk,",
  "pragma_table_xinfo",
  "#cid,name,type,#notnull,dflt_value,#pk,#hidden,",
  "pragma_index_list",
  "#seq,name,#unique,origin,#partial,",
  "pragma_index_info",
  "#seqno,#cid,name,",
  "pragma_index_xinfo",
  "#seqno,#cid,name,#desc,coll,#key,",
  "pragma_foreign_key_list",
  "#id,#seq,table,from,to,on_update,on_delete,match,",
];

/** The number of the relation called `name`; -1 when there is none. */
export function catalogNumber(name: string): i32 {
  const wanted = asciiLower(name);
  for (let r = 0; r < RELATIONS.length; r += 2) if (RELATIONS[r] == wanted) return r;
  return -1;
}

/** The columns of relation `number`, those of numbers with `#` in front. */
export function catalogColumns(number: i32): Array<string> {
  return RELATIONS[number + 1].split(",");
}

/** A query that gives the rows of relation `number` over `tables`. */
export function catalogQuery(number: i32, tables: Array<Table>): ByteBuffer {
  return new CatalogQuery(number).over(tables);
}

class CatalogQuery {
  private readonly out: ByteBuffer = new ByteBuffer(1024);
  private hasRows: bool = false;

  constructor(private readonly number: i32) {}

  over(tables: Array<Table>): ByteBuffer {
    const columns = catalogColumns(this.number);
    // So that there are columns of these kinds without a row, too.
    this.out.addText("SELECT ");
    for (let c = 0; c < columns.length; c++) this.out.addText((c > 0 ? "," : "") + (columns[c].startsWith("#") ? "0" : "''"));
    this.out.addText(" WHERE FALSE");
    for (let t = 0; t < tables.length; t++) {
      if (this.number < 4) this.masterRows(tables[t]);
      else if (this.number == 4) this.listRow(tables[t]);
      else if (this.number < 10) this.columnRows(tables[t], this.number == 8);
      else if (this.number < 16) this.indexRows(tables[t]);
      else this.referenceRows(tables[t]);
    }
    return this.out;
  }

  /** Adds a row: SQL's values with commas between them. */
  private row(values: string): void {
    this.out.addText((this.hasRows ? ",(" : " UNION ALL VALUES (") + values + ")");
    this.hasRows = true;
  }

  private masterRows(table: Table): void {
    const name = literal(table.name);
    const root = "," + table.pages.pageLedger.toString() + ",";
    this.row("'table'," + name + "," + name + root + literal(createTableText(table.schema)));
    for (let i = 0; i < table.indexes.length; i++) {
      const index = table.indexes[i];
      if (isHidden(table, i)) continue;
      const page = "," + index.tree.rootPage.toString() + ",";
      this.row("'index'," + literal(indexLabel(table.schema, i)) + "," + name + page + createIndexText(table.schema, i));
    }
  }

  private listRow(table: Table): void {
    const count = table.schema.columns.length - shownFrom(table.schema);
    this.row("'main'," + literal(table.name) + ",'table'," + count.toString() + ",0,1," + keyOf(table.name));
  }

  private columnRows(table: Table, withHidden: bool): void {
    const columns = table.schema.columns;
    const first = shownFrom(table.schema);
    for (let c = first; c < columns.length; c++) {
      const column = columns[c];
      let key = column.primaryKey ? 1 : 0;
      if (first == 1 && table.indexes.length > 1 && isKeyIndex(table.schema, 1)) {
        key = table.schema.indexes[1].columns.indexOf(column.name) + 1;
      }
      const notNull = column.nullable || (column.primaryKey && column.auto) ? "0," : "1,";
      const type = literal(columnTypeText(column));
      const value = column.defaultValue ? literal(defaultText(column)) : "NULL";
      const hidden = withHidden ? ",0," : ",";
      const start = (c - first).toString() + "," + literal(column.name) + "," + type + "," + notNull;
      this.row(start + value + "," + key.toString() + hidden + keyOf(table.name));
    }
  }

  private indexRows(table: Table): void {
    let number = 0;
    for (let i = 0; i < table.indexes.length; i++) {
      if (isHidden(table, i)) continue;
      const label = indexLabel(table.schema, i);
      const index = table.indexes[i];
      if (this.number == 10) {
        const origin = isKeyIndex(table.schema, i) ? "pk" : "c";
        const unique = index.unique ? ",1,'" : ",0,'";
        this.row(number.toString() + "," + literal(label) + unique + origin + "',0," + keyOf(table.name));
      } else this.partRows(table, index, keyOf(label));
      number += 1;
    }
  }

  private partRows(table: Table, index: TableIndex, key: string): void {
    for (let c = 0; c < index.columns.length; c++) {
      const place = (index.columns[c] - shownFrom(table.schema)).toString();
      const name = literal(index.definition.columns[c]);
      this.row(c.toString() + "," + place + "," + name + (this.number == 14 ? ",0,'BINARY',1," : ",") + key);
    }
  }

  private referenceRows(table: Table): void {
    let number = 0;
    const columns = table.schema.columns;
    for (let c = 0; c < columns.length; c++) {
      const foreign = columns[c].foreignKey;
      if (!foreign) continue;
      const names = literal(foreign.table) + "," + literal(columns[c].name) + "," + literal(foreign.column);
      // Rows that refer are moved along, and looked for at the statement's end: what tools call NO ACTION in both.
      const onDelete = foreign.onDelete == ON_DELETE_CASCADE ? "CASCADE" : "NO ACTION";
      this.row(number.toString() + ",0," + names + ",'NO ACTION','" + onDelete + "','NONE'," + keyOf(table.name));
      number += 1;
    }
  }
}

/** Whether SQLite has no such index: that of a key which is its rows' own number. */
function isHidden(table: Table, i: i32): bool {
  return i == 0 && columnTypeText(table.schema.columns[table.keyColumn]) == "INTEGER";
}

/** What a row is about, as it is looked for. */
function keyOf(name: string): string {
  return literal(asciiLower(name));
}
