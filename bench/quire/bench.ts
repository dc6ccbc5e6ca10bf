/**
 * What the bench's workloads share: random numbers that all peers agree on, the clock, and one JSON line for each operation.
 */
import { DbmsContext } from "../../assembly/store/dbms-context";
import { OpenOptions } from "../../assembly/store/store";
import { Table } from "../../assembly/store/table";
import { TableIndex, addKeyPart } from "../../assembly/store/table-index";
import { Row } from "../../assembly/encode/row";
import { ByteBuffer } from "../../assembly/encode/byte-buffer";
import { addUnsigned } from "../../assembly/encode/digits";
import { OK, Status, errorMessage } from "../../assembly/status";
import { monotonicNanoseconds } from "../../assembly/wasi/clock";
import { stdout } from "../../assembly/wasi/stdio";
import { File } from "../../assembly/wasi/file";

export const NOT_FOUND: u64 = u64.MAX_VALUE;

/** xorshift32. */
let randomState: u32 = 1;
export function seedRandom(seed: u32): void {
  randomState = seed;
}
export function random(): u32 {
  randomState ^= randomState << 13;
  randomState ^= randomState >> 17;
  randomState ^= randomState << 5;
  return randomState;
}

/** The numbers 1 to n, each once, in an order that looks random: a full-period generator over the next power of two. */
let shuffledState: u32 = 0;
let shuffledMask: u32 = 0;
let shuffledCount: u32 = 0;
export function startShuffle(n: u32): void {
  shuffledState = 0;
  shuffledCount = n;
  shuffledMask = 1;
  while (shuffledMask < n) shuffledMask <<= 1;
  shuffledMask -= 1;
}
export function shuffled(): u32 {
  do shuffledState = (shuffledState * 1664525 + 1013904223) & shuffledMask;
  while (shuffledState >= shuffledCount);
  return shuffledState + 1;
}

/** A number below `below`, the same in all peers. */
export function spread(i: u32, below: u32): u32 {
  return <u32>((<u64>i * 7919) % below);
}

export function stop(): void {
  stdout.line(errorMessage());
  stdout.flush();
  unreachable();
}

/** Ends the program when `status` is a failure: a bench that goes wrong has no figures. */
// @ts-ignore: decorator
@inline
export function must(status: Status): void {
  if (status != OK) stop();
}

/** Who is measured and with how many rows; goes into each line. */
let peerName: string = "quire";
let rowCount: u32 = 0;
let startedAt: u64 = 0;
export function describeRun(peer: string, n: u32): void {
  peerName = peer;
  rowCount = n;
}

export function startClock(): void {
  startedAt = monotonicNanoseconds();
}

/** Prints the time since `startClock` over `count`. `rows` >= 0: how many rows each query gave. */
export function report(operation: string, count: u32, rows: i64 = -1): void {
  reportTime(operation, monotonicNanoseconds() - startedAt, count, rows);
}

/** The same of a time that was taken elsewhere; `sum` tells what was read. */
export function reportTime(operation: string, nanoseconds: u64, count: u32, rows: i64, sum: i64 = 0): void {
  const us = <f64>nanoseconds / 1000.0 / <f64>max<u32>(count, 1);
  let line = '{"peer":"' + peerName + '","op":"' + operation + '","n":' + rowCount.toString();
  line += ',"us":' + us.toString() + ',"count":' + count.toString() + ',"memory":' + (memory.size() * 65536).toString();
  if (rows >= 0) line += ',"rows":' + rows.toString();
  if (sum != 0) line += ',"sum":"' + sum.toString() + '"';
  stdout.line(line + "}");
  stdout.flush();
}

const PREFIXES: ArrayBuffer = String.UTF8.encode("user u@example.org");
const scratch: usize = heap.alloc(64);

/** Appends the text 'user 123' as a row has it. */
export function addName(i: u32, out: ByteBuffer): void {
  const at = out.len;
  out.addU16(0);
  out.addBytes(changetype<usize>(PREFIXES), 5);
  addUnsigned(i, out);
  store<u16>(out.ptr + at, <u16>(out.len - at - 2));
}

/** Appends the text 'u123@example.org'. */
export function addEmail(i: u32, out: ByteBuffer): void {
  const at = out.len;
  out.addU16(0);
  out.addU8(0x75);
  addUnsigned(i, out);
  out.addBytes(changetype<usize>(PREFIXES) + 6, 12);
  store<u16>(out.ptr + at, <u16>(out.len - at - 2));
}

export function setNumber(row: Row, column: u32, value: u32): void {
  store<u32>(scratch, value);
  row.set(column, scratch, 4);
}

/** Makes `out` the key of one column. */
export function keyOf(table: Table, column: i32, ptr: usize, len: u32, out: ByteBuffer): usize {
  out.reset();
  out.addU32(1);
  addKeyPart(table.schema.columns[column], ptr, len, out);
  return out.ptr;
}

export function numberKey(table: Table, column: i32, value: u32, out: ByteBuffer): usize {
  store<u32>(scratch, value);
  return keyOf(table, column, scratch, 4, out);
}

const probe: ByteBuffer = new ByteBuffer(64);

/** Where the row with primary key `id` is; `NOT_FOUND` when there is none. */
export function find(table: Table, id: u32): u64 {
  return table.primary.tree.find(numberKey(table, 0, id, probe));
}

/** Reads a row as the API does: its bytes are copied and its columns found in them. */
export class Reader {
  readonly row: Row;
  readonly body: ByteBuffer = new ByteBuffer(256);
  /** So that nothing is read for nothing. */
  sum: u64 = 0;

  constructor(
    readonly context: DbmsContext,
    readonly table: Table,
  ) {
    this.row = new Row(table.layout);
  }

  read(address: u64): void {
    if (address == NOT_FOUND) unreachable();
    must(this.context.read(this.table, address, this.row, this.body));
    this.use(this.row);
  }


  @inline use(row: Row): void {
    this.sum += load<u32>(row.ptr(0)) + row.len(1) + row.len(2);
  }
}

/** Opens the store at `path`, after removing what is there unless it is to be `kept`. */
export function openStore(path: string, cacheBytes: u64, kept: bool): DbmsContext {
  const options = new OpenOptions();
  options.create = !kept;
  if (cacheBytes != 0) options.cacheBytes = cacheBytes;
  if (!kept) {
    empty(path);
    empty(path + "-log");
  }
  const context = DbmsContext.openFile(path, options);
  if (!context) stop();
  return context!;
}

function empty(path: string): void {
  const file = File.open(path, true, true);
  if (!file) return stop();
  must(file.setSize(0));
  file.close();
}

/** What one write of 4 KiB and its sync cost at this very moment, to a file of their own. */
export function syncUnit(path: string): void {
  const file = File.open(path + "-sync", true, true);
  if (!file) return stop();
  const block = heap.alloc(4096);
  memory.fill(block, 7, 4096);
  must(file.write(0, block, 4096));
  must(file.sync());
  startClock();
  for (let i = 0; i < 30; i++) {
    must(file.write(0, block, 4096));
    must(file.sync());
  }
  report("sync_unit", 30);
  heap.free(block);
  file.close();
  file.unlink();
}

export function indexAt(table: Table, at: i32): TableIndex {
  return table.indexes[at];
}
