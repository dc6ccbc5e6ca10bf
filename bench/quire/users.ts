/**
 * The table users(id uint32 primary key, name, email unique, age indexed), filled, read and changed.
 */
import { DbmsContext } from "../../assembly/store/dbms-context";
import { Table } from "../../assembly/store/table";
import { RowBatch } from "../../assembly/store/row-batch";
import { RowScan } from "../../assembly/store/row-scan";
import { DELETE_BY_SCHEMA } from "../../assembly/store/deletes";
import { Row } from "../../assembly/encode/row";
import { ByteBuffer } from "../../assembly/encode/byte-buffer";
import { TYPE_UINT32, TYPE_TEXT } from "../../assembly/encode/data-type";
import { Column, IndexDefinition, FLAG_PRIMARY_KEY, FLAG_UNIQUE } from "../../assembly/schema/column";
import { TableSchemaSnapshot } from "../../assembly/schema/table-schema-snapshot";
import {
  NOT_FOUND,
  Reader,
  addEmail,
  addName,
  find,
  indexAt,
  keyOf,
  must,
  numberKey,
  openStore,
  random,
  report,
  seedRandom,
  setNumber,
  shuffled,
  spread,
  startClock,
  startShuffle,
  syncUnit,
} from "./bench";

const LOOKUPS: u32 = 100000;
const CHANGES: u32 = 10000;

export function usersSchema(): TableSchemaSnapshot {
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

export class Users {
  readonly table: Table;
  private row: Row;
  readonly reader: Reader;

  constructor(
    readonly context: DbmsContext,
    isNew: bool = true,
  ) {
    if (isNew) must(context.createTable(usersSchema()));
    const table = context.table("users")!;
    this.table = table;
    this.row = new Row(table.layout);
    this.reader = new Reader(context, table);
  }

  /** Makes `row` the row number `i`. */
  private makeRow(i: u32): void {
    const row = this.row;
    row.reset();
    setNumber(row, 0, i);
    let at = row.values.len;
    addName(i, row.values);
    row.setFromArena(1, at);
    at = row.values.len;
    addEmail(i, row.values);
    row.setFromArena(2, at);
    setNumber(row, 3, spread(i, 90));
  }

  insert(i: u32): void {
    this.makeRow(i);
    must(this.context.insert(this.table, this.row));
  }

  /** All of them in one transaction, the index entries in batches, as `import` does it. */
  fillInBatches(n: u32): void {
    const context = this.context;
    startClock();
    must(context.begin());
    const batch = new RowBatch(context);
    batch.begin(this.table, true, false);
    for (let i: u32 = 1; i <= n; i++) {
      this.makeRow(i);
      must(batch.add(this.row, i));
    }
    must(context.commit());
    report("insert_bulk", n);
    batch.end();
  }

  setAge(id: u32, age: u32): void {
    const row = this.row;
    row.reset();
    setNumber(row, 3, age);
    const address = find(this.table, id);
    if (address != NOT_FOUND) must(this.context.update(this.table, address, row));
  }

  delete(id: u32): void {
    const address = find(this.table, id);
    if (address != NOT_FOUND) must(this.context.delete(this.table, address, DELETE_BY_SCHEMA));
  }

  /** All of them in one transaction. */
  fill(n: u32, operation: string, atRandom: bool): void {
    const context = this.context;
    startShuffle(n);
    startClock();
    must(context.begin());
    for (let i: u32 = 1; i <= n; i++) this.insert(atRandom ? shuffled() : i);
    report(operation + "_before_commit", n);
    must(context.commit());
    report(operation, n);
  }

  getAtRandom(n: u32, operation: string): void {
    seedRandom(12345);
    startClock();
    for (let i: u32 = 0; i < LOOKUPS; i++) this.reader.read(find(this.table, 1 + (random() % n)));
    report(operation, LOOKUPS);
  }

  getInOrder(n: u32): void {
    const count = min(n, LOOKUPS);
    startClock();
    for (let i: u32 = 1; i <= count; i++) this.reader.read(find(this.table, i));
    report("get_in_order", count);
  }

  getUnique(n: u32): void {
    seedRandom(54321);
    const table = this.table;
    const byEmail = indexAt(table, 1).tree;
    const value = new ByteBuffer();
    const key = new ByteBuffer();
    startClock();
    for (let i: u32 = 0; i < LOOKUPS; i++) {
      value.reset();
      addEmail(1 + (random() % n), value);
      this.reader.read(byEmail.find(keyOf(table, 2, value.ptr, value.len, key)));
    }
    report("get_unique", LOOKUPS);
  }

  /** How many rows have name = 'user 99', by a look at every row. */
  scanEqual(n: u32): void {
    const value = new ByteBuffer();
    addName(99, value);
    const rounds = n < 10000 ? 50 : 5;
    let rows: i64 = 0;
    startClock();
    for (let i = 0; i < rounds; i++) {
      rows = 0;
      const scan = new RowScan(this.table);
      while (scan.next()) {
        const row = scan.row;
        if (row.len(1) == value.len && memory.compare(row.ptr(1), value.ptr, value.len) == 0) rows += 1;
      }
      must(scan.status);
      scan.free();
    }
    report("scan_eq", n * rounds, rows);
  }

  /** How many names have '99' in them. */
  scanLike(n: u32): void {
    const rounds = n < 10000 ? 50 : 5;
    let rows: i64 = 0;
    startClock();
    for (let i = 0; i < rounds; i++) {
      rows = 0;
      const scan = new RowScan(this.table);
      while (scan.next()) {
        const end = scan.row.ptr(1) + scan.row.len(1);
        for (let at = scan.row.ptr(1) + 3; at < end; at++) {
          if (load<u16>(at - 1) != 0x3939) continue;
          rows += 1;
          break;
        }
      }
      must(scan.status);
      scan.free();
    }
    report("scan_like", n * rounds, rows);
  }

  /** All rows with age > 80, through the index on age. */
  range(n: u32): void {
    const from = new ByteBuffer();
    numberKey(this.table, 3, 81, from);
    const rounds = n < 10000 ? 50 : 5;
    let rows: u32 = 0;
    startClock();
    for (let i = 0; i < rounds; i++) {
      rows = 0;
      const scan = new RowScan(this.table, indexAt(this.table, 2));
      scan.setBounds(from, null);
      while (scan.next()) {
        this.reader.use(scan.row);
        rows += 1;
      }
      must(scan.status);
      scan.free();
    }
    report("range", rows * rounds, rows);
  }

  updateAtRandom(n: u32): void {
    seedRandom(777);
    const count = min(n, CHANGES);
    startClock();
    must(this.context.begin());
    for (let i: u32 = 0; i < count; i++) {
      const age = random() % 90;
      this.setAge(1 + (random() % n), age);
    }
    report("update_before_commit", count);
    must(this.context.commit());
    report("update", count);
  }

  deleteSome(n: u32, operation: string, atRandom: bool): void {
    const count = min(n / 10, CHANGES);
    startShuffle(n);
    startClock();
    must(this.context.begin());
    for (let k: u32 = 0; k < count; k++) this.delete(atRandom ? shuffled() : 1 + ((k * 7 + 3) % n));
    report(operation + "_before_commit", count);
    must(this.context.commit());
    report(operation, count);
  }

  /** A transaction each; synced, and then without a sync. */
  transactionEach(n: u32): void {
    startClock();
    for (let k: u32 = 0; k < 500; k++) this.insert(n + 1 + k);
    report("durable_insert", 500);
    const first = n + 501;
    const count: u32 = 2000;
    this.context.manager.syncCommits = false;
    startClock();
    for (let k: u32 = 0; k < count; k++) this.insert(first + k);
    report("each_insert", count);
    seedRandom(4242);
    startClock();
    for (let k: u32 = 0; k < count; k++) {
      const age = random() % 90;
      this.setAge(first + (random() % count), age);
    }
    report("each_update", count);
    startClock();
    for (let k: u32 = 0; k < count; k++) this.delete(first + k);
    report("each_delete", count);
  }
}

export function runFull(path: string, n: u32, cacheBytes: u64): void {
  const context = openStore(path, cacheBytes, false);
  const users = new Users(context);
  users.fill(n, "insert", false);
  users.getAtRandom(n, "get");
  users.getInOrder(n);
  users.getUnique(n);
  users.scanEqual(n);
  users.scanLike(n);
  users.range(n);
  users.updateAtRandom(n);
  users.deleteSome(n, "delete", false);
  syncUnit(path);
  users.transactionEach(n);
  startClock();
  must(context.close());
  report("close", 1);
  const another = openStore(path, cacheBytes, false);
  new Users(another).fillInBatches(n);
  must(another.close());
}

export function runRandom(path: string, n: u32, cacheBytes: u64): void {
  const context = openStore(path, cacheBytes, false);
  const users = new Users(context);
  users.fill(n, "insert_random", true);
  users.getAtRandom(n, "get_after_random");
  users.deleteSome(n, "delete_random", true);
  must(context.close());
}

/** Fills a file and leaves it: for `open`, and for its size. */
export function runFill(path: string, n: u32, cacheBytes: u64): void {
  const context = openStore(path, cacheBytes, false);
  new Users(context).fill(n, "fill", false);
  must(context.close());
}

export function runOpen(path: string, n: u32, cacheBytes: u64): void {
  startClock();
  const context = openStore(path, cacheBytes, true);
  const users = new Users(context, false);
  users.reader.read(find(users.table, (n / 10) * 9));
  report("open_inside", 1);
  must(context.close());
}

/** 1,000 inserts and 1,000 updates of four bytes in a transaction each, for what they write until the file is closed. */
export function runAmplify(path: string, n: u32, cacheBytes: u64): void {
  runFill(path, n, cacheBytes);
  let context = openStore(path, cacheBytes, true);
  let users = new Users(context, false);
  startClock();
  for (let k: u32 = 1; k <= 1000; k++) users.insert(n + k);
  report("amplify_insert_open", 1000);
  must(context.close());
  report("amplify_insert", 1000);
  context = openStore(path, cacheBytes, true);
  users = new Users(context, false);
  seedRandom(777);
  for (let k: u32 = 0; k < 1000; k++) {
    const age = random() % 90;
    users.setAge(1 + (random() % n), age);
  }
  report("amplify_update_open", 1000);
  must(context.close());
  report("amplify_update", 1000);
}
