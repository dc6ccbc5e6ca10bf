/** Access paths, the rows that they lead to, and the loop that gives rows away; against a model that knows nothing of keys. */
import { DAMAGED, IO_ERROR, OK, Status, errorMessage } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { TYPE_DECIMAL, TYPE_TEXT, TYPE_UINT32 } from "../encode/data-type";
import { CELL_MISSING, CELL_NULL, Row, RowLayout } from "../encode/row";
import { Column, FLAG_NULLABLE, FLAG_PRIMARY_KEY, FLAG_UNIQUE, IndexDefinition } from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { AccessPath, KeyBound } from "../query/access-path";
import { CountedRows, RowSink, ScanLoop } from "../query/scan-loop";
import { KeyRows } from "../query/key-rows";
import { DbmsContext } from "../store/dbms-context";
import { OpenOptions } from "../store/store";
import { RowScan } from "../store/row-scan";
import { RowSource } from "../store/row-source";
import { Table } from "../store/table";
import { TableIndex, addKeyPart } from "../store/table-index";
import { CountingProvider } from "./counting-provider";
import { setText } from "./rows";

const ID: i32 = 0;
const A: i32 = 1;
const B: i32 = 2;
const NULL: i32 = -1;
const NONE: i32 = -2;

/** Kinds of bounds. */
const OPEN: u8 = 0;
const INCLUSIVE: u8 = 1;
const EXCLUSIVE: u8 = 2;

/** rows(id, a or null, b, price or null, body), with indexes on id, a, (a, b) and price */
function schema(): TableSchemaSnapshot {
  const schema = new TableSchemaSnapshot("rows", "id");
  schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  schema.columns.push(new Column("a", TYPE_UINT32, FLAG_NULLABLE));
  schema.columns.push(new Column("b", TYPE_TEXT));
  schema.columns.push(new Column("price", TYPE_DECIMAL, FLAG_NULLABLE));
  schema.columns.push(new Column("body", TYPE_TEXT));
  schema.indexes.push(new IndexDefinition(["id"], true));
  schema.indexes.push(new IndexDefinition(["a"], false));
  schema.indexes.push(new IndexDefinition(["a", "b"], false));
  schema.indexes.push(new IndexDefinition(["price"], false));
  return schema;
}

/** Of row `id`: its a, of which null and 3 are the most, and its b, "k" and a digit. */
function aOf(id: i32): i32 {
  const spread = (id * 7919) % 20;
  return spread < 10 ? 3 : spread < 13 ? NULL : spread % 6;
}

function bOf(id: i32): i32 {
  return (id * 104729) % 7;
}

const value: ByteBuffer = new ByteBuffer(16);

function storeOf(provider: CountingProvider, count: i32, body: string): DbmsContext {
  const options = new OpenOptions();
  options.cacheBytes = 0;
  const context = DbmsContext.openProvider(provider, options)!;
  expect(context.createTable(schema())).toBe(OK, errorMessage());
  const table = context.table("rows")!;
  const row = new Row(table.layout);
  expect(context.begin()).toBe(OK);
  for (let id = 0; id < count; id++) {
    row.reset();
    value.reset();
    value.addU32(id);
    row.set(ID, value.ptr, 4);
    const a = aOf(id);
    store<u32>(value.ptr, a);
    if (a == NULL) row.setNull(A);
    else row.set(A, value.ptr, 4);
    setText(row, B, "k" + bOf(id).toString());
    row.setNull(3);
    setText(row, 4, body);
    if (context.insert(table, row) != OK) expect(id).toBe(NONE, errorMessage());
  }
  expect(context.commit()).toBe(OK);
  row.free();
  provider.bytesRead = 0;
  return context;
}

/** A bound of a, or of a and b; null for an open one. */
function boundOf(table: Table, kind: u8, a: i32, b: i32): KeyBound | null {
  if (kind == OPEN) return null;
  const bound = new KeyBound(kind == EXCLUSIVE);
  bound.begin(b == NONE ? 1 : 2);
  value.reset();
  value.addU32(a);
  addKeyPart(table.schema.columns[A], a == NULL ? 0 : value.ptr, 4, bound);
  if (b == NONE) return bound;
  value.reset();
  value.addU16(2);
  value.addU8(0x6b);
  value.addU8(0x30 + b);
  addKeyPart(table.schema.columns[B], value.ptr, 4, bound);
  return bound;
}

/** A row's order against (`a`, `b`): null is below all numbers of this type, and b counts unless it is `NONE`. */
function orderOf(id: i32, a: i32, b: i32): i32 {
  const order = aOf(id) - a;
  return order != 0 || b == NONE ? order : bOf(id) - b;
}

/** One range: kinds and values of its bounds. */
class Range {
  lower: u8 = OPEN;
  upper: u8 = OPEN;
  a1: i32 = 0;
  b1: i32 = NONE;
  a2: i32 = 0;
  b2: i32 = NONE;

  has(id: i32): bool {
    const low = orderOf(id, this.a1, this.b1);
    const high = orderOf(id, this.a2, this.b2);
    if (this.lower != OPEN && (low < 0 || (low == 0 && this.lower == EXCLUSIVE))) return false;
    return this.upper == OPEN || high < 0 || (high == 0 && this.upper == INCLUSIVE);
  }

  bind(path: AccessPath): void {
    path.free();
    path.lower = boundOf(path.table, this.lower, this.a1, this.b1);
    path.upper = boundOf(path.table, this.upper, this.a2, this.b2);
  }

  get text(): string {
    const kinds = "-[(";
    const lower = kinds.charAt(this.lower) + this.a1.toString() + "/" + this.b1.toString();
    return lower + " " + this.a2.toString() + "/" + this.b2.toString() + kinds.charAt(this.upper);
  }
}

const seen: StaticArray<u8> = new StaticArray<u8>(10000);

/** The source gives the range's rows of `count`, each once, in the index's order. */
function expectRange(source: RowScan, range: Range, count: i32, byB: bool, reverse: bool): void {
  memory.fill(changetype<usize>(seen), 0, count);
  let before = NONE;
  while (source.next()) {
    const id = load<u32>(source.row.ptr(ID));
    seen[id] += 1;
    if (before != NONE) {
      const order = orderOf(before, aOf(id), byB ? bOf(id) : NONE);
      if (reverse ? order < 0 : order > 0) expect(id).toBe(NONE, range.text + " is out of order at this row");
    }
    before = id;
  }
  if (source.status != OK) expect(source.status).toBe(OK, errorMessage());
  for (let id = 0; id < count; id++) {
    const wanted: u8 = u8(range.has(id));
    if (seen[id] != wanted) expect(id).toBe(NONE, range.text + " gave this row " + seen[id].toString() + " times");
  }
}

/** Goes through ranges by index number `index`: each by a scan of its own, and by one that is bound again. */
function expectRanges(table: Table, index: i32, count: i32, values: Array<i32>, bs: Array<i32>): void {
  for (let turn = 0; turn < 2; turn++) {
    for (let kinds = 0; kinds < 9; kinds++) {
      const range = new Range();
      range.lower = <u8>(kinds % 3);
      range.upper = <u8>(kinds / 3);
      const path = new AccessPath(table, table.indexes[index], turn == 1);
      let bound: RowScan | null = null;
      for (let i = 0; i < values.length * values.length * bs.length; i++) {
        range.a1 = values[i % values.length];
        range.a2 = values[(i / values.length) % values.length];
        range.b1 = bs[i / values.length / values.length];
        range.b2 = bs[bs.length - 1 - i / values.length / values.length];
        range.bind(path);
        if (i % 5 == 0) {
          const rows = path.rows();
          expectRange(rows, range, count, index == 2, turn == 1);
          rows.free();
        }
        if (bound) bound.rebind(path.lower, path.upper);
        else bound = path.rows();
        expectRange(bound, range, count, index == 2, turn == 1);
        if (range.lower == OPEN && range.upper == OPEN) break;
      }
      if (bound) bound.free();
      path.free();
    }
  }
}

describe("An access path", () => {
  test("leads to the rows between its bounds, inclusive, exclusive and open ones, in both directions", () => {
    const context = storeOf(new CountingProvider(), 200, "");
    const table = context.table("rows")!;
    expectRanges(table, 1, 200, [NULL, 0, 2, 3, 5, 9], [NONE]);
    expectRanges(table, 2, 200, [NULL, 2, 3, 9], [NONE, 0, 3, 6, 9]);
    expect(context.close()).toBe(OK);
  });

  test("leaves out a run of equal keys over several leaves, or has all of it", () => {
    const context = storeOf(new CountingProvider(), 9000, "");
    const table = context.table("rows")!;
    expectRanges(table, 1, 9000, [3, 2], [NONE]);
    expectRanges(table, 2, 9000, [3], [NONE, 3]);
    expect(context.close()).toBe(OK);
  });

  test("tells of which columns it has the order, and which it covers", () => {
    const context = storeOf(new CountingProvider(), 10, "");
    const table = context.table("rows")!;
    const path = new AccessPath(table, table.indexes[2], true);
    expect(path.isInOrderOf([A], true)).toBe(true);
    expect(path.isInOrderOf([A, B], true)).toBe(true);
    expect(path.isInOrderOf([A, B], false)).toBe(false);
    expect(path.isInOrderOf([B], true)).toBe(false);
    expect(path.isInOrderOf([A, B, ID], true)).toBe(false);
    path.lower = boundOf(table, INCLUSIVE, 3, NONE);
    expect(path.isInOrderOf([B], true)).toBe(false);
    path.upper = boundOf(table, INCLUSIVE, 4, NONE);
    expect(path.fixedColumns).toBe(0);
    path.upper = boundOf(table, INCLUSIVE, 3, 4);
    expect(path.fixedColumns).toBe(1);
    path.upper = path.lower;
    expect(path.fixedColumns).toBe(1);
    expect(path.isInOrderOf([B], true)).toBe(true);
    expect(path.isInOrderOf([B, A], true)).toBe(true);
    expect(path.isInOrderOf([A], false)).toBe(true);
    expect(path.isInOrderOf([B], false)).toBe(false);
    path.upper = boundOf(table, EXCLUSIVE, 3, NONE);
    expect(path.fixedColumns).toBe(0);
    expect(path.covers([B, A])).toBe(true);
    expect(path.covers([A, ID])).toBe(false);
    // A price of 1.0 is as much as one of 1.00: which of them the record has the key need not tell.
    expect(new AccessPath(table, table.indexes[3]).covers([3])).toBe(false);
    const stored = new AccessPath(table);
    expect(stored.covers([ID])).toBe(false);
    expect(stored.isInOrderOf([ID], false)).toBe(false);
    expect(stored.isWhole).toBe(true);
    expect(path.isWhole).toBe(false);
    path.free();
    stored.free();
    expect(context.close()).toBe(OK);
  });
});

const bodyOf20Kilobytes: string = "x".repeat(20000);

describe("Rows from the keys alone", () => {
  test("are those of the records, of which none is read", () => {
    const provider = new CountingProvider();
    const context = storeOf(provider, 200, bodyOf20Kilobytes);
    const table = context.table("rows")!;
    const path = new AccessPath(table, table.indexes[2]);
    const rows = path.keyRows();
    const record = new Row(table.layout);
    let count = 0;
    while (rows.next()) count += 1;
    expect(rows.status).toBe(OK);
    expect(count).toBe(200);
    // The index has one leaf.
    expect(provider.bytesRead).toBeLessThan(65536 + 1);
    rows.rebind(null, null);
    count = 0;
    while (rows.next()) {
      const row = rows.row;
      const isNull = row.state(A) == CELL_NULL;
      const a = isNull ? NULL : load<u32>(row.ptr(A));
      const b = load<u8>(row.ptr(B), 3) - 0x30;
      expect(row.state(ID)).toBe(CELL_MISSING);
      expect(table.readColumns(rows.scan.address, record, 3)).toBe(OK);
      const id = load<u32>(record.ptr(ID));
      if (a != aOf(id) || b != bOf(id)) expect(id).toBe(NONE, "the key has other values than the record");
      count += 1;
    }
    expect(count).toBe(200);
    record.free();
    rows.free();
    path.free();
    expect(context.close()).toBe(OK);
  });

  test("are refused where a key is none of the index's columns", () => {
    const context = storeOf(new CountingProvider(), 10, "");
    const table = context.table("rows")!;
    // The tree of the index on a, taken for one on b.
    const wrong = new TableIndex(new IndexDefinition(["b"], false), table.indexes[1].tree, table.schema);
    const rows = new AccessPath(table, wrong).keyRows();
    expect(rows.next()).toBe(false);
    expect(rows.status).toBe(DAMAGED);
    const short = new TableIndex(new IndexDefinition(["a"], false), table.indexes[2].tree, table.schema);
    const others = new AccessPath(table, short).keyRows();
    expect(others.next()).toBe(false);
    expect(others.status).toBe(DAMAGED);
    rows.free();
    others.free();
    expect(context.close()).toBe(OK);
  });
});

/** Binds the source to single ids again and again; how many rows there were. */
function bindOften(rows: RowScan, keys: KeyRows | null, bound: KeyBound, times: i32): i32 {
  let found = 0;
  for (let i = 0; i < times; i++) {
    store<u32>(value.ptr, (i * 7919) % 1000);
    bound.begin(1);
    addKeyPart(rows.table.schema.columns[ID], value.ptr, 4, bound);
    if (keys) {
      keys.rebind(bound, bound);
      while (keys.next()) found += 1;
    } else {
      rows.rebind(bound, bound);
      while (rows.next()) found += 1;
    }
  }
  return found;
}

/** The smallest thing that the heap can be asked for. */
class Smallest {}

/** Where the heap's next small block will be: blocks of 16 bytes follow each other when no holes are left that they fit into. */
class HeapEnd {
  private block: usize = heap.alloc(16);
  private stride: usize = 0;

  constructor() {
    for (let inRow = 0; inRow < 1000;) {
      const next = heap.alloc(16);
      inRow = next - this.block == this.stride ? inRow + 1 : 0;
      this.stride = next - this.block;
      this.block = next;
    }
  }

  /** Whether nothing was made and kept since it was asked last; garbage is kept, as nobody collects it here. */
  get isSame(): bool {
    const next = heap.alloc(16);
    const isSame = next - this.block == this.stride;
    this.block = next;
    return isSame;
  }
}

describe("The inner side of a join", () => {
  test("is bound again without making anything", () => {
    const context = storeOf(new CountingProvider(), 1000, "");
    const table = context.table("rows")!;
    const path = new AccessPath(table, table.primary);
    const rows = path.rows();
    const keys = path.keyRows();
    const bound = new KeyBound();
    expect(bindOften(rows, null, bound, 1000)).toBe(1000);
    expect(bindOften(rows, keys, bound, 1000)).toBe(1000);
    const heapEnd = new HeapEnd();
    const found = bindOften(rows, null, bound, 100000) + bindOften(rows, keys, bound, 100000);
    const isSame = heapEnd.isSame;
    new Smallest();
    const isSameStill = heapEnd.isSame;
    expect(found).toBe(200000);
    expect(isSame).toBe(true, "something was made");
    expect(isSameStill).toBe(false, "the measure does not tell of the smallest object");
    rows.free();
    keys.free();
    bound.free();
    expect(context.close()).toBe(OK);
  });

  test("goes through a table in stored order again", () => {
    const context = storeOf(new CountingProvider(), 3000, "");
    const path = new AccessPath(context.table("rows")!);
    const rows = path.rows();
    for (let stop = 1; stop < 3003; stop += 500) {
      let count = 0;
      while (count < stop && rows.next()) count += 1;
      rows.rebind(null, null);
      count = 0;
      while (rows.next()) count += 1;
      expect(count).toBe(3000);
      rows.rebind(null, null);
    }
    rows.free();
    expect(context.close()).toBe(OK);
  });
});

const noLayout: RowLayout = new RowLayout(0);

/** Rows that nobody stored: `count` of them, then the end or a failure. */
class MadeRows extends RowSource {
  asked: i32 = 0;
  wanted: string = "";

  constructor(
    private readonly count: i32,
    private readonly last: Status,
  ) {
    super(new Row(noLayout));
  }

  next(): bool {
    if (this.asked++ < this.count) return true;
    this.status = this.last;
    return false;
  }

  wantFirst(columns: u32): void {
    this.wanted += columns.toString() + " ";
  }
}

/** Takes some rows, and is full then. */
class FullAfter extends RowSink {
  taken: i32 = 0;

  constructor(private readonly most: i32) {
    super(7);
  }

  take(source: RowSource): void {
    this.taken += 1;
    this.isFull = this.taken == this.most;
  }
}

describe("The loop that gives rows away", () => {
  test("gives what is behind the offset, as far as the limit, and asks for no row too many", () => {
    const source = new MadeRows(10, OK);
    const sink = new FullAfter(100);
    const loop = new ScanLoop<MadeRows>(source, 3, 4);
    expect(loop.run(sink)).toBe(OK);
    expect(sink.taken).toBe(4);
    expect(loop.given).toBe(4);
    expect(source.asked).toBe(7);
    expect(source.wanted).toBe("0 7 ");
    expect(loop.hasMore()).toBe(true);
    expect(source.asked).toBe(8);
  });

  test("ends when the sink is full, and at the end, behind which it does not ask again", () => {
    const source = new MadeRows(10, OK);
    const loop = new ScanLoop<MadeRows>(source);
    expect(loop.run(new FullAfter(6))).toBe(OK);
    expect(source.asked).toBe(6);
    expect(loop.run(new CountedRows())).toBe(OK);
    expect(loop.given).toBe(10);
    expect(source.asked).toBe(11);
    expect(loop.hasMore()).toBe(false);
    expect(source.asked).toBe(11);
    expect(source.wanted).toBe("7 0 ");
  });

  test("ends with the source's failure, in front of the offset as well", () => {
    const source = new MadeRows(5, IO_ERROR);
    const loop = new ScanLoop<MadeRows>(source);
    expect(loop.run(new CountedRows())).toBe(IO_ERROR);
    expect(loop.given).toBe(5);
    expect(new ScanLoop<MadeRows>(new MadeRows(5, IO_ERROR), 6).run(new FullAfter(1))).toBe(IO_ERROR);
    const none = new MadeRows(5, OK);
    const sink = new FullAfter(1);
    expect(new ScanLoop<MadeRows>(none, 6).run(sink)).toBe(OK);
    expect(sink.taken).toBe(0);
    expect(new ScanLoop<MadeRows>(none, 0, 0).run(sink)).toBe(OK);
    expect(none.asked).toBe(6);
  });
});
