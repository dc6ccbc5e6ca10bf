/**
 * The bench's workload on the engine, inside the module: users(id uint32 key, name, email unique, age indexed).
 *
 * workload FILE N [CACHE_BYTES]: one JSON line an operation, with the median-free total in microseconds per operation.
 */
import { DbmsContext, OpenOptions } from "../../assembly/store/dbms-context";
import { Table, addKeyPart } from "../../assembly/store/table";
import { RowScan } from "../../assembly/store/row-scan";
import { DELETE_BY_SCHEMA } from "../../assembly/store/statements";
import { Row } from "../../assembly/encode/row";
import { ByteBuffer } from "../../assembly/encode/byte-buffer";
import { addUnsigned } from "../../assembly/encode/digits";
import { TYPE_UINT32, TYPE_TEXT } from "../../assembly/encode/data-type";
import { Column, IndexDefinition, FLAG_PRIMARY_KEY, FLAG_UNIQUE } from "../../assembly/schema/column";
import { TableSchemaSnapshot } from "../../assembly/schema/table-schema-snapshot";
import { OK, Status, errorMessage } from "../../assembly/status";
import { commandArguments, monotonicNanoseconds, stdout } from "../../assembly/wasi/stdio";
import { File } from "../../assembly/wasi/file";

let random: u32 = 12345;
function next(): u32 {
  random ^= random << 13;
  random ^= random >> 17;
  random ^= random << 5;
  return random;
}

function usersSchema(): TableSchemaSnapshot {
  const schema = new TableSchemaSnapshot("users", "id");
  schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  schema.columns.push(new Column("name", TYPE_TEXT));
  schema.columns.push(new Column("email", TYPE_TEXT, FLAG_UNIQUE));
  schema.columns.push(new Column("age", TYPE_UINT32));
  schema.indexes.push(new IndexDefinition(["id"], true));
  schema.indexes.push(new IndexDefinition(["email"], true));
  schema.indexes.push(new IndexDefinition(["age"], false));
  return schema;
}

class Bench {
  row: Row;
  copy: ByteBuffer = new ByteBuffer(256);
  probe: ByteBuffer = new ByteBuffer(64);
  started: u64 = 0;
  private static prefixes: ArrayBuffer = String.UTF8.encode("user u@example.org");

  constructor(
    public context: DbmsContext,
    public table: Table,
    public n: u32,
  ) {
    this.row = new Row(table.layout);
  }

  must(status: Status): void {
    if (status == OK) return;
    stdout.line(errorMessage());
    stdout.flush();
    unreachable();
  }

  start(): void {
    this.started = monotonicNanoseconds();
  }

  report(operation: string, count: u32, rows: i64 = -1): void {
    const time = <f64>(monotonicNanoseconds() - this.started) / 1000.0;
    const each = time / <f64>count;
    let line =
      '{"peer":"quire","op":"' +
      operation +
      '","n":' +
      this.n.toString() +
      ',"us_per_op":' +
      each.toString() +
      ',"count":' +
      count.toString();
    if (rows >= 0) line += ',"rows":' + rows.toString();
    stdout.line(line + ',"memory":' + (memory.size() * 65536).toString() + "}");
    stdout.flush();
  }

  addName(i: u32, out: ByteBuffer): void {
    const at = out.len;
    out.addU16(0);
    out.addBytes(changetype<usize>(Bench.prefixes), 5);
    addUnsigned(i, out);
    store<u16>(out.ptr + at, <u16>(out.len - at - 2));
  }

  addEmail(i: u32, out: ByteBuffer): void {
    const at = out.len;
    out.addU16(0);
    out.addU8(0x75);
    addUnsigned(i, out);
    out.addBytes(changetype<usize>(Bench.prefixes) + 6, 12);
    store<u16>(out.ptr + at, <u16>(out.len - at - 2));
  }

  insert(i: u32): void {
    const row = this.row;
    row.reset();
    let at = row.values.len;
    row.values.addU32(i);
    row.setFromArena(0, at);
    at = row.values.len;
    this.addName(i, row.values);
    row.setFromArena(1, at);
    at = row.values.len;
    this.addEmail(i, row.values);
    row.setFromArena(2, at);
    at = row.values.len;
    row.values.addU32((i * 7919) % 90);
    row.setFromArena(3, at);
    this.must(this.context.insert(this.table, row));
  }

  keyOf(id: u32): usize {
    this.probe.reset();
    this.probe.addU32(1);
    store<u32>(scratch, id);
    addKeyPart(this.table.schema.columns[0], scratch, 4, this.probe);
    return this.probe.ptr;
  }

  find(id: u32): u64 {
    return this.table.primary.tree.find(this.keyOf(id));
  }

  read(address: u64): void {
    const len = this.table.registry.bodyLength(address);
    if (len == 0) unreachable();
    this.copy.reset();
    this.copy.addBytes(this.table.registry.body(address, len), len);
  }
}

const scratch: usize = heap.alloc(64);

function main(): void {
  const args = commandArguments();
  const path = args[1];
  const n = <u32>parseInt(args[2]);
  const options = new OpenOptions();
  options.create = true;
  if (args.length > 3) options.cacheBytes = <u64>parseInt(args[3]);
  const old = File.open(path, true, true);
  if (old) {
    old.setSize(0);
    old.close();
  }
  const context = DbmsContext.openFile(path, options);
  if (!context) {
    stdout.line(errorMessage());
    stdout.flush();
    return;
  }
  if (context.createTable(usersSchema()) != OK) unreachable();
  const table = context.table("users")!;
  const bench = new Bench(context, table, n);

  bench.start();
  bench.must(context.begin());
  for (let i: u32 = 1; i <= n; i++) bench.insert(i);
  bench.report("bulk_insert_before_commit", n);
  bench.must(context.commit());
  bench.report("bulk_insert", n);

  const lookups: u32 = 100000;
  random = 12345;
  bench.start();
  for (let i: u32 = 0; i < lookups; i++) bench.read(bench.find(1 + (next() % n)));
  bench.report("get_pk", lookups);

  random = 54321;
  bench.start();
  const byEmail = table.indexes[1].tree;
  const emailColumn = table.schema.columns[2];
  const value = new ByteBuffer();
  for (let i: u32 = 0; i < lookups; i++) {
    value.reset();
    bench.addEmail(1 + (next() % n), value);
    bench.probe.reset();
    bench.probe.addU32(1);
    addKeyPart(emailColumn, value.ptr, value.len, bench.probe);
    bench.read(byEmail.find(bench.probe.ptr));
  }
  bench.report("get_unique", lookups);

  value.reset();
  bench.addName(99, value);
  bench.start();
  let rows: i64 = 0;
  for (let i = 0; i < 5; i++) {
    rows = 0;
    const scan = new RowScan(table);
    while (scan.next()) {
      if (scan.row.len(1) == value.len && memory.compare(scan.row.ptr(1), value.ptr, value.len) == 0) rows += 1;
    }
    scan.free();
  }
  bench.report("scan_eq", 5, rows);

  bench.start();
  for (let i = 0; i < 5; i++) {
    rows = 0;
    const scan = new RowScan(table, table.indexes[2]);
    const from = new ByteBuffer();
    from.addU32(1);
    store<u32>(scratch, 81);
    addKeyPart(table.schema.columns[3], scratch, 4, from);
    scan.setBounds(from, null);
    while (scan.next()) {
      bench.copy.reset();
      bench.copy.addBytes(scan.body, scan.bodyLen);
      rows += 1;
    }
    scan.free();
  }
  bench.report("range_age", 5, rows);

  random = 777;
  const updates = min<u32>(n, 10000);
  const change = new Row(table.layout);
  bench.start();
  bench.must(context.begin());
  for (let i: u32 = 0; i < updates; i++) {
    const age = next() % 90;
    change.reset();
    store<u32>(scratch, age);
    change.set(3, scratch, 4);
    bench.must(context.update(table, bench.find(1 + (next() % n)), change));
  }
  bench.must(context.commit());
  bench.report("update_pk", updates);

  bench.start();
  bench.must(context.begin());
  for (let k: u32 = 0; k < n / 10; k++) {
    const address = bench.find(1 + ((k * 7 + 3) % n));
    if (address != u64.MAX_VALUE) bench.must(context.delete(table, address, DELETE_BY_SCHEMA));
  }
  bench.must(context.commit());
  bench.report("delete_pk", n / 10);

  context.manager.syncCommits = false;
  bench.start();
  for (let k: u32 = 0; k < 500; k++) bench.insert(n + 1 + k);
  bench.report("nosync_insert", 500);
  context.close();
}
main();
