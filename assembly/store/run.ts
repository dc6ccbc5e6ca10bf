/**
 * Records that a statement keeps in the order in which they come. A run of them is written once, from the first to the last, and read as
 * often as it is wanted: a list of chunks, in the statements' file (statement-memory.ts), or in memory as long as there is room.
 */
import { OK } from "../status";
import { copyBytes } from "../encode/bytes";
import { ByteBuffer } from "../encode/byte-buffer";
import { MemoryBudget } from "./memory-budget";
import { StatementMemory } from "./statement-memory";

/** Bytes that a run begins with. */
const FIRST_ROOM: u32 = 512;

/** How many bytes of records were written to the file. */
export class Spilled {
  bytes: u64 = 0;
}

export class Run {
  /** Addresses of the first chunks, which are in memory, and numbers of those behind them, in the file. */
  readonly inMemory: Array<usize> = new Array<usize>();
  readonly inFile: Array<u32> = new Array<u32>();
  /** Bytes of chunks in memory, as far as they are counted. */
  private held: u64 = 0;
  /** The chunk that is written, how many bytes it has room for, and where the next ones go. */
  private buffer: usize = 0;
  private room: u32 = 0;
  private at: u32 = 0;
  /** How many records there are. */
  count: u32 = 0;

  /** With `stays` its chunks are in memory as long as there is room for them, else all of them go to the file. */
  constructor(
    readonly budget: MemoryBudget,
    readonly spilled: Spilled,
    private readonly stays: bool = false,
  ) {}

  /** One of no statement, which counts by itself and stays as long as there is room: it is ended by `end`. */
  static alone(memory: StatementMemory): Run {
    return new Run(new MemoryBudget(memory), new Spilled(), true);
  }

  /** Begins a record of `len` bytes, which have to follow; false on failure. */
  begin(len: u32): bool {
    this.count += 1;
    store<u32>(length, len);
    return this.add(length, 4);
  }

  /** Adds a record; false on failure. */
  addRecord(ptr: usize, len: u32): bool {
    return this.begin(len) && this.add(ptr, len);
  }

  /** Adds bytes of a record; false on failure. */
  add(ptr: usize, len: u32): bool {
    while (len > 0) {
      if (this.at == this.room && !this.makeRoom()) return false;
      const part = min(len, this.room - this.at);
      copyBytes(this.buffer + this.at, ptr, part);
      this.at += part;
      ptr += part;
      len -= part;
    }
    return true;
  }

  private makeRoom(): bool {
    const most = this.budget.memory.chunkBytes;
    if (this.room == most && !this.flush()) return false;
    const isFirst = this.inMemory.length + this.inFile.length == 0;
    if (this.room < most) this.grow(isFirst ? min(max(this.room << 1, FIRST_ROOM), most) : most);
    return true;
  }

  private grow(room: u32): void {
    this.buffer = this.room == 0 ? heap.alloc(room) : heap.realloc(this.buffer, room);
    this.room = room;
  }

  private flush(): bool {
    const budget = this.budget;
    const spills = budget.memory.spills;
    if (this.stays && this.inFile.length == 0 && (!spills || !budget.isFull(this.held))) {
      if (budget.take(this.room, spills ? 0 : this.held) != OK) {
        budget.give(this.room);
        return false;
      }
      this.held += this.room;
      this.inMemory.push(this.buffer);
      this.room = 0;
    } else {
      if (this.room < budget.memory.chunkBytes) this.grow(budget.memory.chunkBytes);
      const chunk = budget.write(this.buffer);
      if (chunk < 0) return false;
      this.inFile.push(chunk);
      this.spilled.bytes += this.at;
    }
    this.at = 0;
    return true;
  }

  /** All records are there; false on failure. */
  finish(): bool {
    const good = this.at == 0 || this.flush();
    this.dropBuffer();
    return good;
  }

  private dropBuffer(): void {
    if (this.room != 0) heap.free(this.buffer);
    this.room = 0;
    this.at = 0;
  }

  /** Forgets all records. */
  free(): void {
    if (this.count == 0) return;
    this.dropBuffer();
    while (this.inMemory.length > 0) heap.free(this.inMemory.pop());
    this.budget.give(this.held);
    this.held = 0;
    this.budget.memory.release(this.inFile);
    this.count = 0;
  }

  /** Forgets all of one that is `alone`. */
  end(): void {
    this.free();
    this.budget.end();
  }
}

const length: usize = memory.data(4, 4);

/** Reads the records of a run that is finished. */
export class RunReader {
  private buffer: usize = 0;
  private readonly record: ByteBuffer = new ByteBuffer(16);
  /** Where the chunk is that is read, which of them is next, and where in it the next bytes are. */
  private chunk: usize = 0;
  private next: i32 = 0;
  private at: u32 = 0;
  private left: u32 = 0;
  /** The record that `read` has come to, until the next call. */
  ptr: usize = 0;
  len: u32 = 0;
  failed: bool = false;

  constructor(private run: Run) {
    this.begin(run);
  }

  /** Goes to the front of the first record of a run. */
  begin(run: Run): void {
    this.run = run;
    this.chunk = 0;
    this.next = 0;
    this.at = this.run.budget.memory.chunkBytes;
    this.left = this.run.count;
    this.failed = false;
  }

  /** Whether there is no other record. */
  get isOver(): bool {
    return this.left == 0;
  }

  /** Where the next record is, for `readAt`. */
  get place(): u64 {
    return (<u64>this.next - 1) * this.run.budget.memory.chunkBytes + this.at;
  }

  /** Goes on to the next record; false at the end, and on failure. */
  read(): bool {
    if (this.left == 0 || this.failed) return false;
    this.left -= 1;
    if (!this.take(4)) return false;
    const len = load<u32>(this.ptr);
    this.len = len;
    return this.take(len);
  }

  /** Goes to the record at a place; false on failure. */
  readAt(place: u64): bool {
    const room = this.run.budget.memory.chunkBytes;
    const chunk = <i32>(place / room);
    if (chunk != this.next - 1) {
      this.next = chunk;
      if (!this.fill()) return false;
    }
    this.at = <u32>(place % room);
    this.left = 1;
    return this.read();
  }

  /** The record that was read is not looked at any more: gives back what a long one took. */
  leave(): void {
    this.record.empty();
  }

  /** Makes `ptr` the next `len` bytes. */
  private take(len: u32): bool {
    const room = this.run.budget.memory.chunkBytes;
    if (room - this.at >= len && this.chunk != 0) {
      this.ptr = this.chunk + this.at;
      this.at += len;
      return true;
    }
    const record = this.record;
    record.empty();
    record.reserve(len);
    while (len > 0) {
      if (this.at == room && !this.fill()) return false;
      const part = min(len, room - this.at);
      record.addBytes(this.chunk + this.at, part);
      this.at += part;
      len -= part;
    }
    this.ptr = record.ptr;
    return true;
  }

  private fill(): bool {
    const run = this.run;
    const memory = run.budget.memory;
    const chunk = this.next++;
    const kept = run.inMemory.length;
    this.at = 0;
    if (chunk < kept) {
      this.chunk = run.inMemory[chunk];
      return true;
    }
    if (this.buffer == 0) this.buffer = heap.alloc(memory.chunkBytes);
    this.chunk = this.buffer;
    this.failed = !memory.read(run.inFile[chunk - kept], this.buffer);
    return !this.failed;
  }

  /** Ends reading, until `begin`, and gives back what it reads into. */
  close(): void {
    if (this.buffer != 0) heap.free(this.buffer);
    this.buffer = 0;
    this.record.empty();
    this.chunk = 0;
    this.left = 0;
  }

  free(): void {
    this.close();
    this.record.free();
  }
}
