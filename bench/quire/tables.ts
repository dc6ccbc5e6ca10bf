/**
 * Many tables, each t0 … (id uint32 primary key, name text): what is asked for one of them is to cost the same whatever there is beside it.
 */
import { TYPE_UINT32, TYPE_TEXT } from "../../assembly/encode/data-type";
import { ByteBuffer } from "../../assembly/encode/byte-buffer";
import { Row } from "../../assembly/encode/row";
import { Column, IndexDefinition, FLAG_PRIMARY_KEY, FLAG_UNIQUE } from "../../assembly/schema/column";
import { TableSchemaSnapshot } from "../../assembly/schema/table-schema-snapshot";
import { Reader, addName, find, must, openStore, report, setNumber, startClock } from "./bench";

const ROWS: u32 = 100;

function tableSchema(i: u32): TableSchemaSnapshot {
  const schema = new TableSchemaSnapshot("t" + i.toString(), "id");
  schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  schema.columns.push(new Column("name", TYPE_TEXT));
  schema.indexes.push(new IndexDefinition(["id"], true));
  return schema;
}

/** One table, and `n` others beside it, each made in a transaction of its own; then rows for the one. */
export function runTables(path: string, n: u32, cacheBytes: u64): void {
  let context = openStore(path, cacheBytes, false);
  startClock();
  for (let i: u32 = 0; i <= n; i++) must(context.createTable(tableSchema(i)));
  report("tables_create", n);
  startClock();
  must(context.close());
  report("tables_close", 1);
  startClock();
  context = openStore(path, cacheBytes, true);
  report("tables_open", 1);

  const table = context.table("t" + (n / 2).toString())!;
  const row = new Row(table.layout);
  const text = new ByteBuffer(64);
  for (let id: u32 = 0; id <= ROWS; id++) {
    if (id <= 1) startClock();
    text.reset();
    addName(id, text);
    row.reset();
    setNumber(row, 0, id);
    row.set(1, text.ptr, text.len);
    must(context.insert(table, row));
    if (id == 0) report("tables_first_insert", 1);
  }
  report("tables_insert", ROWS);

  const reader = new Reader(context, table);
  startClock();
  for (let id: u32 = 0; id <= ROWS; id++) reader.read(find(context.table(table.name)!, id));
  report("tables_get", ROWS);
  must(context.close());
}
