/**
 * Rows of a kilobyte and more: docs(id uint32 primary key, age uint32 indexed, body text).
 */
import { DbmsContext } from "../../assembly/store/dbms-context";
import { Table } from "../../assembly/store/table";
import { RowScan } from "../../assembly/store/row-scan";
import { Row } from "../../assembly/encode/row";
import { ByteBuffer } from "../../assembly/encode/byte-buffer";
import { TYPE_UINT32, TYPE_TEXT } from "../../assembly/encode/data-type";
import { Column, IndexDefinition, FLAG_PRIMARY_KEY, FLAG_UNIQUE } from "../../assembly/schema/column";
import { TableSchemaSnapshot } from "../../assembly/schema/table-schema-snapshot";
import { Reader, find, must, openStore, random, report, seedRandom, setNumber, spread, startClock } from "./bench";

function docsSchema(): TableSchemaSnapshot {
  const schema = new TableSchemaSnapshot("docs", "id");
  schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  schema.columns.push(new Column("age", TYPE_UINT32));
  schema.columns.push(new Column("body", TYPE_TEXT));
  schema.indexes.push(new IndexDefinition(["id"], true));
  schema.indexes.push(new IndexDefinition(["age"], false));
  return schema;
}

function insertDoc(context: DbmsContext, table: Table, row: Row, text: ByteBuffer, i: u32): void {
  row.reset();
  setNumber(row, 0, i);
  setNumber(row, 1, spread(i, 90));
  row.set(2, text.ptr, text.len);
  must(context.insert(table, row));
}

/** `bytes`: of each row's text. */
export function runWide(path: string, n: u32, cacheBytes: u64, bytes: u32): void {
  const context = openStore(path, cacheBytes, false);
  must(context.createTable(docsSchema()));
  const table = context.table("docs")!;
  const row = new Row(table.layout);
  const text = new ByteBuffer(bytes + 2);
  text.addU16(bytes);
  for (let i: u32 = 0; i < bytes; i++) text.addU8(0x61 + (i % 26));

  startClock();
  must(context.begin());
  for (let i: u32 = 1; i <= n; i++) insertDoc(context, table, row, text, i);
  must(context.commit());
  report("wide_insert", n);

  const reader = new Reader(context, table);
  const lookups: u32 = 20000;
  seedRandom(12345);
  startClock();
  for (let i: u32 = 0; i < lookups; i++) reader.read(find(table, 1 + (random() % n)));
  report("wide_get", lookups);

  let rows: i64 = 0;
  startClock();
  for (let i = 0; i < 3; i++) {
    rows = 0;
    const scan = new RowScan(table);
    scan.wantFirst(2);
    while (scan.next()) {
      if (load<u32>(scan.row.ptr(1)) == 7) rows += 1;
    }
    must(scan.status);
    scan.free();
  }
  report("wide_scan", n * 3, rows);

  seedRandom(777);
  const updates = min<u32>(n, 2000);
  startClock();
  must(context.begin());
  for (let i: u32 = 0; i < updates; i++) {
    const age = random() % 90;
    row.reset();
    setNumber(row, 1, age);
    must(context.update(table, find(table, 1 + (random() % n)), row));
  }
  must(context.commit());
  report("wide_update", updates);
  must(context.close());
}
