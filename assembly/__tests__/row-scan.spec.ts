/** Scans and lookups that want the first columns of long records only; and scans that go on where another one ended. */
import { DAMAGED, IO_ERROR, OK, errorMessage } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { bytesEqual } from "../encode/bytes";
import { TYPE_TEXT, TYPE_UINT32 } from "../encode/data-type";
import { CELL_MISSING, Row } from "../encode/row";
import { Column, FLAG_NULLABLE, FLAG_PRIMARY_KEY, FLAG_UNIQUE, IndexDefinition } from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { DbmsContext } from "../store/dbms-context";
import { OpenOptions } from "../store/store";
import { RowScan } from "../store/row-scan";
import { DELETE_BY_SCHEMA } from "../store/deletes";
import { Table } from "../store/table";
import { TableIndex, addKeyPart } from "../store/table-index";
import { NO_ADDRESS, RecordAddress, addressOffset, addressPage } from "../table/page-ledger";
import { RECORD_HEADER_SIZE } from "../table/table-registry";
import { CountingProvider } from "./counting-provider";

const COLUMNS: i32 = 5;
const NOBODY: u32 = 0xffffffff;

/** docs(id, title, age or null, body, mark) */
function docsSchema(): TableSchemaSnapshot {
  const schema = new TableSchemaSnapshot("docs", "id");
  schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  schema.columns.push(new Column("title", TYPE_TEXT));
  schema.columns.push(new Column("age", TYPE_UINT32, FLAG_NULLABLE));
  schema.columns.push(new Column("body", TYPE_TEXT));
  schema.columns.push(new Column("mark", TYPE_UINT32));
  schema.indexes.push(new IndexDefinition(["id"], true));
  schema.indexes.push(new IndexDefinition(["age"], false));
  return schema;
}

const value: ByteBuffer = new ByteBuffer(70000);

function setText(row: Row, column: i32, len: u32, letter: u32): void {
  value.reset();
  value.addU16(len);
  for (let i: u32 = 0; i < len; i++) value.addU8(0x61 + ((letter + i) % 26));
  row.set(column, value.ptr, value.len);
}

function setNumber(row: Row, column: i32, number: u32): void {
  value.reset();
  value.addU32(number);
  row.set(column, value.ptr, 4);
}

/** How long a row's title and body are. */
type Length = (id: u32) => u32;

/** The row that `id` always has. */
function makeRow(row: Row, id: u32, title: Length, body: Length): void {
  row.reset();
  setNumber(row, 0, id);
  setText(row, 1, title(id), id);
  if (id % 7 == 0) row.setNull(2);
  else setNumber(row, 2, id % 90);
  setText(row, 3, body(id), id + 3);
  setNumber(row, 4, id * 3);
}

/** A store of `count` such rows, every sixth deleted, in a handle with the smallest cache. */
function storeOf(provider: CountingProvider, count: u32, title: Length, body: Length): DbmsContext {
  const options = new OpenOptions();
  options.cacheBytes = 0;
  const context = DbmsContext.openProvider(provider, options)!;
  expect(context.createTable(docsSchema())).toBe(OK, errorMessage());
  const table = context.table("docs")!;
  const row = new Row(table.layout);
  expect(context.begin()).toBe(OK);
  for (let id: u32 = 1; id <= count; id++) {
    makeRow(row, id, title, body);
    if (context.insert(table, row) != OK) expect(id).toBe(NOBODY, errorMessage());
  }
  for (let id: u32 = 6; id <= count; id += 6) {
    if (context.delete(table, addressOf(table, id), DELETE_BY_SCHEMA) != OK) expect(id).toBe(NOBODY, errorMessage());
  }
  expect(context.commit()).toBe(OK);
  row.free();
  provider.bytesRead = 0;
  return context;
}

const probe: ByteBuffer = new ByteBuffer(64);

function addressOf(table: Table, id: u32): RecordAddress {
  value.reset();
  value.addU32(id);
  probe.reset();
  probe.addU32(1);
  addKeyPart(table.schema.columns[0], value.ptr, 4, probe);
  return table.primary.find(probe.ptr);
}

/** Whether the first `columns` cells are those of `wanted`, and the others are missing. */
function isSame(row: Row, wanted: Row, columns: i32): bool {
  for (let i = 0; i < COLUMNS; i++) {
    if (i >= columns) {
      if (row.state(i) != CELL_MISSING) return false;
    } else if (row.state(i) != wanted.state(i)) return false;
    else if (row.isSet(i) && !bytesEqual(row.ptr(i), row.len(i), wanted.ptr(i), wanted.len(i))) return false;
  }
  return true;
}

/** Goes through all rows and compares what is wanted of them; how many there are. With no columns the rows are only counted. */
function compareRows(table: Table, scan: RowScan, columns: i32, title: Length, body: Length): u32 {
  const wanted = new Row(table.layout);
  let count: u32 = 0;
  scan.wantFirst(columns);
  while (scan.next()) {
    count += 1;
    if (columns == 0) continue;
    const id = load<u32>(scan.row.ptr(0));
    makeRow(wanted, id, title, body);
    if (!isSame(scan.row, wanted, columns)) expect(id).toBe(NOBODY, columns.toString() + " columns of a row differ");
  }
  expect(scan.status).toBe(OK, errorMessage());
  scan.free();
  wanted.free();
  return count;
}

const twentyKilobytes: Length = (id: u32) => 20000;
const shortTitle: Length = (id: u32) => id % 40;
/** Titles of up to some sectors, and bodies from none to most of a page. */
const anyTitle: Length = (id: u32) => (id % 11 == 0 ? (id * 7919) % 15000 : id % 300);
const anyBody: Length = (id: u32) => (id % 3 == 0 ? (id * 7919) % 50000 : 13000 + id);

describe("A scan that wants the first columns only", () => {
  test("finds the same in records of any length, in their own order and by an index", () => {
    const context = storeOf(new CountingProvider(), 300, anyTitle, anyBody);
    const table = context.table("docs")!;
    for (let columns = 0; columns <= COLUMNS; columns++) {
      expect(compareRows(table, new RowScan(table), columns, anyTitle, anyBody)).toBe(250);
      expect(compareRows(table, new RowScan(table, table.indexes[0]), columns, anyTitle, anyBody)).toBe(250);
      expect(compareRows(table, new RowScan(table, table.indexes[1], true), columns, anyTitle, anyBody)).toBe(250);
    }
    expect(context.close()).toBe(OK);
  });

  test("reads no more of long records, again only what is not in memory, and nothing of their bodies in a count by an index", () => {
    const provider = new CountingProvider();
    const context = storeOf(provider, 300, shortTitle, twentyKilobytes);
    const table = context.table("docs")!;
    compareRows(table, new RowScan(table), 3, shortTitle, twentyKilobytes);
    // 250 rows of 20 KB: the first page as a whole, and those with holes; of the others a sector a row, or two.
    const first = provider.bytesRead;
    expect(first).toBeLessThan(5000000);
    provider.bytesRead = 0;
    expect(compareRows(table, new RowScan(table, table.indexes[1]), 0, shortTitle, twentyKilobytes)).toBe(250);
    expect(provider.bytesRead).toBeLessThan(2 * 65536 + 1);
    expect(context.close()).toBe(OK);
  });

  test("reads on where the columns are longer than most, and reads as much at once the next time", () => {
    const provider = new CountingProvider();
    const longTitle: Length = (id: u32) => 5000;
    const context = storeOf(provider, 300, longTitle, twentyKilobytes);
    const table = context.table("docs")!;
    compareRows(table, new RowScan(table, table.indexes[0]), 2, longTitle, twentyKilobytes);
    // Two or three sectors a row; all of the records are seven.
    expect(provider.bytesRead).toBeLessThan(250 * 3 * 4096 + 4 * 65536);
    expect(context.close()).toBe(OK);
  });

  test("reads the pages where the columns are most of the records, or the records are short", () => {
    const provider = new CountingProvider();
    const longTitle: Length = (id: u32) => 9000;
    const context = storeOf(provider, 300, longTitle, (id: u32) => 4000);
    const table = context.table("docs")!;
    provider.partsRead = 0;
    compareRows(table, new RowScan(table), 3, longTitle, (id: u32) => 4000);
    // A part for each row would be 250.
    expect(provider.partsRead).toBeLessThan(20);
    expect(context.close()).toBe(OK);
    // Pages with a record of 17,400 bytes at their ends, behind 200 of 200.
    const mixed: Length = (id: u32) => (id % 201 == 200 ? 17400 : 200);
    const other = storeOf(provider, 4000, shortTitle, mixed);
    provider.partsRead = 0;
    compareRows(other.table("docs")!, new RowScan(other.table("docs")!), 3, shortTitle, mixed);
    // The page of a scan's start and one part of each at most.
    expect(provider.partsRead).toBeLessThan(provider.pages + 1);
    expect(other.close()).toBe(OK);
  });

  test("reads no more of all because one of them is long", () => {
    const provider = new CountingProvider();
    const oneLong: Length = (id: u32) => (id == 5 ? 12000 : 20);
    const context = storeOf(provider, 300, oneLong, twentyKilobytes);
    const table = context.table("docs")!;
    compareRows(table, new RowScan(table, table.indexes[0]), 2, oneLong, twentyKilobytes);
    expect(provider.bytesRead).toBeLessThan(250 * 2 * 4096 + 4 * 65536);
    expect(context.close()).toBe(OK);
  });

  test("goes on where it was when rows change", () => {
    const context = storeOf(new CountingProvider(), 300, shortTitle, twentyKilobytes);
    const table = context.table("docs")!;
    const row = new Row(table.layout);
    const scan = new RowScan(table);
    scan.wantFirst(1);
    let seen: u32 = 0;
    while (scan.next()) {
      const id = load<u32>(scan.row.ptr(0));
      seen += 1;
      row.reset();
      setNumber(row, 4, id * 5);
      expect(context.update(table, scan.address, row)).toBe(OK, errorMessage());
    }
    expect(scan.status).toBe(OK);
    expect(seen).toBe(250);
    scan.free();
    const whole = new RowScan(table);
    while (whole.next()) expect(load<u32>(whole.row.ptr(4))).toBe(load<u32>(whole.row.ptr(0)) * 5);
    whole.free();
    row.free();
    expect(context.close()).toBe(OK);
  });

  test("says so when the columns leave their record, and does not look at what is behind them", () => {
    const provider = new CountingProvider();
    const context = storeOf(provider, 300, shortTitle, twentyKilobytes);
    const table = context.table("docs")!;
    const address = addressOf(table, 20);
    // The length of row 20's title, whose page is not in memory: more than all of its record.
    const at = ((<u64>addressPage(address)) << 16) + addressOffset(address) + RECORD_HEADER_SIZE + 4;
    store<u16>(value.ptr, 0xfff0);
    expect(provider.write(at, value.ptr, 2)).toBe(OK);
    const scan = new RowScan(table);
    scan.wantFirst(2);
    while (scan.next()) expect(load<u32>(scan.row.ptr(0))).toBeLessThan(20);
    expect(scan.status).toBe(DAMAGED);
    scan.free();
    expect(compareRows(table, new RowScan(table), 1, shortTitle, twentyKilobytes)).toBe(250);
    expect(context.close()).toBe(OK);
  });
});

describe("A lookup that wants the first columns only", () => {
  test("finds them, and reads no more of long records", () => {
    const provider = new CountingProvider();
    const context = storeOf(provider, 300, shortTitle, twentyKilobytes);
    const table = context.table("docs")!;
    const row = new Row(table.layout);
    const wanted = new Row(table.layout);
    let rows: u64 = 0;
    for (let columns = 1; columns <= COLUMNS; columns++) {
      provider.bytesRead = 0;
      rows = 0;
      for (let id: u32 = 1; id <= 300; id++) {
        const address = addressOf(table, id);
        if (address == NO_ADDRESS) continue;
        rows += 1;
        expect(table.readColumns(address, row, columns)).toBe(OK, errorMessage());
        makeRow(wanted, id, shortTitle, twentyKilobytes);
        if (!isSame(row, wanted, columns)) expect(id).toBe(NOBODY, columns.toString() + " columns of a row differ");
      }
      expect(rows).toBe(250);
      // Each once in the order of the pages: a sector or two of each, or everything.
      if (columns <= 3) expect(provider.bytesRead).toBeLessThan(250 * 2 * 4096);
    }
    row.free();
    wanted.free();
    expect(context.close()).toBe(OK);
  });

  test("learns how much the columns take", () => {
    const provider = new CountingProvider();
    const longTitle: Length = (id: u32) => 3000;
    const context = storeOf(provider, 300, longTitle, twentyKilobytes);
    const table = context.table("docs")!;
    const row = new Row(table.layout);
    for (let id: u32 = 1; id <= 300; id++) {
      const address = addressOf(table, id);
      if (address != NO_ADDRESS) expect(table.readColumns(address, row, 3)).toBe(OK, errorMessage());
    }
    expect(provider.bytesRead).toBeLessThan(250 * 2 * 4096 + 2 * 65536);
    row.free();
    expect(context.close()).toBe(OK);
  });
});

/** A scan that goes on behind row 100 of one over a store of 250 rows, in turns of which each has another read fail. */
class FailingScan {
  readonly provider: CountingProvider;
  readonly context: DbmsContext;
  readonly table: Table;
  readonly index: TableIndex | null;
  /** A bound that is below all keys of the primary index. */
  private readonly lowest: ByteBuffer = new ByteBuffer(32);
  /** All rows, and where the scan ends that others go on behind. */
  private readonly addresses: Array<RecordAddress> = new Array<RecordAddress>();
  private address: RecordAddress = NO_ADDRESS;
  private leafPage: u32 = 0;
  private readonly key: ByteBuffer = new ByteBuffer(64);

  /** By index number `index`, in stored order with -1; with `busy` other rows are read between the first ones. */
  constructor(
    index: i32,
    readonly reverse: bool,
    readonly busy: bool,
  ) {
    const provider = new CountingProvider();
    const context = storeOf(provider, 300, shortTitle, twentyKilobytes);
    const table = context.table("docs")!;
    this.provider = provider;
    this.context = context;
    this.table = table;
    this.index = index < 0 ? null : table.indexes[index];
    value.reset();
    value.addU32(0);
    this.lowest.addU32(1);
    addKeyPart(table.schema.columns[0], value.ptr, 4, this.lowest);
    const scan = new RowScan(table, this.index, reverse);
    while (scan.next()) {
      this.addresses.push(scan.address);
      if (this.addresses.length != 100) continue;
      this.address = scan.address;
      this.leafPage = scan.leafPage;
      this.key.addBytes(scan.resumeKey.ptr, scan.resumeKey.len);
    }
    scan.free();
  }

  /** Reads all rows, so that no other page than theirs is in memory; no read of it fails. */
  private lookAround(): void {
    const failIn = this.provider.failIn;
    this.provider.failIn = 0;
    for (let i = 0; i < this.addresses.length; i++) {
      mustBeOK(this.table.readColumns(this.addresses[i], this.table.oldRow, COLUMNS));
    }
    this.provider.failIn = failIn;
  }

  /** Goes on, with the read number `failIn` failing, and collects the ids; the scan's status. */
  private collect(failIn: u32, ids: Array<u32>): i32 {
    this.lookAround();
    this.provider.failIn = failIn;
    const scan = new RowScan(this.table, this.index, this.reverse);
    if (this.index === this.table.primary) scan.setBounds(this.lowest, null);
    scan.resumeAfter(this.address, this.index ? this.key : null, this.leafPage);
    scan.wantFirst(1);
    while (scan.next()) {
      ids.push(load<u32>(scan.row.ptr(0)));
      if (this.busy && ids.length < 5) this.lookAround();
    }
    const status = scan.status;
    scan.free();
    return status;
  }

  expectAllOrFailure(): void {
    const wanted = new Array<u32>();
    expect(this.collect(0, wanted)).toBe(OK, errorMessage());
    expect(wanted.length).toBe(150);
    let failures = 0;
    for (let read: u32 = 1; read < 1000; read++) {
      const ids = new Array<u32>();
      const status = this.collect(read, ids);
      if (status == OK && ids.join() != wanted.join()) expect(read).toBe(NOBODY, "other rows when this read fails");
      if (status != OK) expect(status).toBe(IO_ERROR, errorMessage());
      failures += i32(status != OK);
      if (this.provider.failIn != 0) break;
    }
    this.provider.failIn = 0;
    expect(failures).toBeGreaterThan(10);
    expect(this.context.close()).toBe(OK);
    this.lowest.free();
    this.key.free();
  }
}

describe("A scan that goes on gives all rows or fails, whichever of its reads fails", () => {
  test("in stored order", () => {
    new FailingScan(-1, false, false).expectAllOrFailure();
  });

  test("by an index", () => {
    new FailingScan(0, false, false).expectAllOrFailure();
    new FailingScan(1, true, false).expectAllOrFailure();
  });

  test("while the pages between its rows are needed for others", () => {
    new FailingScan(-1, false, true).expectAllOrFailure();
    new FailingScan(0, false, true).expectAllOrFailure();
    new FailingScan(0, true, true).expectAllOrFailure();
  });
});

const KEEPS: i32 = 0;
const DELETES_LAST: i32 = 1;
const DELETES_ALL: i32 = 2;
const MOVES_LAST: i32 = 3;

/** How often each row was given. */
const given: StaticArray<u8> = new StaticArray<u8>(20000);

/** A table docs of 5,000 rows with one age, whose entries are in several leaves and not in the order of their addresses from leaf to leaf. */
function storeOfOneAge(): DbmsContext {
  const options = new OpenOptions();
  const context = DbmsContext.openHeap(options)!;
  context.manager.syncCommits = false;
  expect(context.createTable(docsSchema())).toBe(OK, errorMessage());
  expect(context.begin()).toBe(OK);
  addRows(context, 0, 6000);
  expect(context.flushChanges()).toBe(OK);
  const table = context.table("docs")!;
  for (let id: u32 = 0; id < 2000; id++) mustBeOK(context.delete(table, addressOf(table, id), DELETE_BY_SCHEMA));
  expect(context.flushChanges()).toBe(OK);
  addRows(context, 10000, 11000);
  expect(context.commit()).toBe(OK);
  return context;
}

function mustBeOK(status: i32): void {
  if (status != OK) expect(status).toBe(OK, errorMessage());
}

function addRows(context: DbmsContext, from: u32, to: u32): void {
  const table = context.table("docs")!;
  const row = new Row(table.layout);
  for (let id = from; id < to; id++) {
    row.reset();
    setNumber(row, 0, id);
    setText(row, 1, 10, id);
    setNumber(row, 2, 33);
    setText(row, 3, 10, id);
    setNumber(row, 4, id);
    mustBeOK(context.insert(table, row));
  }
  row.free();
}

/** Scans in pages of 100 rows, with a scan of its own for each, and does something between them; how many rows there were. */
function scanPages(context: DbmsContext, index: i32, reverse: bool, between: i32): u32 {
  memory.fill(changetype<usize>(given), 0, 20000);
  const table = context.table("docs")!;
  const key = new ByteBuffer(64);
  const row = new Row(table.layout);
  let address: RecordAddress = NO_ADDRESS;
  let leafPage: u32 = 0;
  let count: u32 = 0;
  let more = true;
  while (more && count < 20000) {
    const scan = new RowScan(table, table.indexes[index], reverse);
    if (address != NO_ADDRESS) scan.resumeAfter(address, key, leafPage);
    const first = count;
    const addresses = new Array<RecordAddress>();
    while (count < first + 100 && scan.next()) {
      const id = load<u32>(scan.row.ptr(0));
      given[id] += 1;
      count += 1;
      address = scan.address;
      addresses.push(address);
      leafPage = scan.leafPage;
      key.reset();
      key.addBytes(scan.resumeKey.ptr, scan.resumeKey.len);
    }
    expect(scan.status).toBe(OK, errorMessage());
    scan.free();
    more = count == first + 100;
    if (!more) break;
    if (between == DELETES_ALL) {
      for (let i = 0; i < addresses.length; i++) mustBeOK(context.delete(table, addresses[i], DELETE_BY_SCHEMA));
    } else if (between == DELETES_LAST) mustBeOK(context.delete(table, address, DELETE_BY_SCHEMA));
    else if (between == MOVES_LAST) {
      row.reset();
      setText(row, 3, 500, 1);
      mustBeOK(context.update(table, address, row));
    }
  }
  row.free();
  key.free();
  return count;
}

/** Scans by an index in pages, forwards and backwards, each time of a new store: every row is given once. */
function expectEachOnce(index: i32, between: i32): void {
  for (let turn = 0; turn < 2; turn++) {
    const context = storeOfOneAge();
    expect(scanPages(context, index, turn == 1, between)).toBe(5000);
    for (let id = 0; id < 20000; id++) {
      const wanted: u8 = (id >= 2000 && id < 6000) || (id >= 10000 && id < 11000) ? 1 : 0;
      if (given[id] != wanted) expect(id).toBe(-1, "a row was given " + given[id].toString() + " times");
    }
    expect(context.close()).toBe(OK);
  }
}

describe("A scan in pages, each by a scan of its own, gives each row once", () => {
  test("of a long run of equal keys", () => {
    expectEachOnce(1, KEEPS);
  });

  test("while the last rows of pages are deleted", () => {
    expectEachOnce(1, DELETES_LAST);
  });

  test("while whole pages are deleted, and the leaves with them", () => {
    expectEachOnce(1, DELETES_ALL);
  });

  test("of a unique index, while the last rows of pages move", () => {
    expectEachOnce(0, MOVES_LAST);
  });
});
