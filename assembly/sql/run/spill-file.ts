/**
 * What a statement can't keep in memory: runs of records in one temporary file, which is made by the first of them and removed with the
 * statement. A run is written once, from its first record to its last, and read as often as it is wanted.
 *
 * A run is a list of chunks; those of runs that are gone are used again. The hash of each chunk stays in memory: what another program does
 * to the file is an error, and records that were read are as they were written.
 */
import { IO_ERROR, OK, fail } from "../../status";
import { copyBytes } from "../../encode/bytes";
import { ByteBuffer } from "../../encode/byte-buffer";
import { xxh3 } from "../../encode/xxh3";
import { MemoryProvider } from "../../memory/file/provider";
import { mayRun } from "../../wasi/deadline";

const LEAST_CHUNK: u32 = 1 << 12;
const MOST_CHUNK: u32 = 1 << 16;
/** Runs that are written or read at once, at most. */
const MOST_WAYS: u64 = 64;
/** The fewest pages that the file grows by. */
const LEAST_GROWTH: u32 = 16;

export class SpillFile {
  private provider: MemoryProvider | null = null;
  /** Bytes of a chunk, and how many runs may be read or written at once, so that their chunks take about half of the memory. */
  readonly chunkBytes: u32;
  readonly ways: i32;
  private used: u32 = 0;
  private readonly idle: Array<u32> = new Array<u32>();
  private hashes: Array<u64> = new Array<u64>();

  /** `owner` is what the store is kept in; `memory` the bytes that the statement may keep. */
  constructor(
    private readonly owner: MemoryProvider | null,
    memory: u64,
  ) {
    let bytes = LEAST_CHUNK;
    while (bytes < MOST_CHUNK && (<u64>bytes) << 5 < memory) bytes <<= 1;
    this.chunkBytes = bytes;
    this.ways = <i32>max<u64>(min<u64>((memory >> 1) / bytes, MOST_WAYS), 4);
  }

  /** Whether there may be a file. */
  get isPossible(): bool {
    const owner = this.owner;
    return owner !== null && owner.spills;
  }

  /** Writes a chunk's bytes: its number, or -1 on failure. */
  write(ptr: usize): i32 {
    if (!mayRun()) return -1;
    const owner = this.owner;
    if (!this.provider && owner) this.provider = owner.openScratch();
    const provider = this.provider;
    if (!provider) return -1;
    const isNew = this.idle.length == 0;
    const chunk = isNew ? this.used : this.idle.pop();
    const end = <u64>(chunk + 1) * this.chunkBytes;
    if (end > provider.size && provider.grow(max<u32>(LEAST_GROWTH, provider.pages >> 2)) != OK) return -1;
    if (provider.write(end - this.chunkBytes, ptr, this.chunkBytes) != OK) return -1;
    const hash = xxh3(ptr, this.chunkBytes);
    if (isNew) {
      this.used += 1;
      this.hashes.push(hash);
    } else unchecked((this.hashes[chunk] = hash));
    return <i32>chunk;
  }

  /** Reads a chunk that was written to `ptr`; false on failure. */
  read(chunk: u32, ptr: usize): bool {
    const provider = this.provider;
    if (!mayRun() || !provider) return false;
    if (provider.read(<u64>chunk * this.chunkBytes, ptr, this.chunkBytes) != OK) return false;
    if (xxh3(ptr, this.chunkBytes) == unchecked(this.hashes[chunk])) return true;
    fail(IO_ERROR, provider.name + " is not as it was written", "did another program open the store for writing?");
    return false;
  }

  /** Chunks may be written over. */
  release(chunks: Array<u32>): void {
    while (chunks.length > 0) this.idle.push(chunks.pop());
  }

  /** Removes the file. All runs are gone. */
  close(): void {
    const provider = this.provider;
    this.provider = null;
    this.used = 0;
    this.idle.length = 0;
    this.hashes = new Array<u64>();
    if (provider) provider.close();
  }
}

/** How many bytes of records were written. */
export class Spilled {
  bytes: u64 = 0;
}

/** Records, in the order in which they were added. */
export class Run {
  readonly chunks: Array<u32> = new Array<u32>();
  private buffer: usize = 0;
  private at: u32 = 0;
  /** How many records there are. */
  count: u32 = 0;

  constructor(
    readonly file: SpillFile,
    readonly spilled: Spilled,
  ) {}

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
    const file = this.file;
    const room = file.chunkBytes;
    if (this.buffer == 0) this.buffer = heap.alloc(room);
    this.spilled.bytes += len;
    while (len > 0) {
      if (this.at == room && !this.flush()) return false;
      const part = min(len, room - this.at);
      copyBytes(this.buffer + this.at, ptr, part);
      this.at += part;
      ptr += part;
      len -= part;
    }
    return true;
  }

  private flush(): bool {
    const chunk = this.file.write(this.buffer);
    if (chunk < 0) return false;
    this.chunks.push(chunk);
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
    if (this.buffer != 0) heap.free(this.buffer);
    this.buffer = 0;
    this.at = 0;
  }

  /** Forgets all records. */
  free(): void {
    this.dropBuffer();
    this.file.release(this.chunks);
    this.count = 0;
  }
}

const length: usize = memory.data(4, 4);

/** Reads the records of a run that is finished. */
export class RunReader {
  private buffer: usize = 0;
  private readonly record: ByteBuffer = new ByteBuffer(16);
  /** The chunk that is read next, and where in the one before the next bytes are. */
  private next: i32 = 0;
  private at: u32;
  private left: u32;
  /** The record that `read` has come to, until the next call. */
  ptr: usize = 0;
  len: u32 = 0;
  failed: bool = false;

  constructor(private readonly run: Run) {
    this.at = run.file.chunkBytes;
    this.left = run.count;
  }

  /** Whether there is no other record. */
  get isOver(): bool {
    return this.left == 0;
  }

  /** Goes on to the next record; false at the end, and on failure. */
  read(): bool {
    if (this.left == 0 || this.failed) return false;
    this.left -= 1;
    this.record.reset();
    if (!this.take(4)) return false;
    const len = load<u32>(this.ptr);
    this.record.reset();
    this.len = len;
    return this.take(len);
  }

  /** Makes `ptr` the next `len` bytes. */
  private take(len: u32): bool {
    const room = this.run.file.chunkBytes;
    if (room - this.at >= len && this.buffer != 0) {
      this.ptr = this.buffer + this.at;
      this.at += len;
      return true;
    }
    const record = this.record;
    while (len > 0) {
      if (this.at == room && !this.fill()) return false;
      const part = min(len, room - this.at);
      record.addBytes(this.buffer + this.at, part);
      this.at += part;
      len -= part;
    }
    this.ptr = record.ptr;
    return true;
  }

  private fill(): bool {
    const file = this.run.file;
    if (this.buffer == 0) this.buffer = heap.alloc(file.chunkBytes);
    this.failed = !file.read(this.run.chunks[this.next++], this.buffer);
    this.at = 0;
    return !this.failed;
  }

  free(): void {
    if (this.buffer != 0) heap.free(this.buffer);
    this.buffer = 0;
    this.record.free();
    this.left = 0;
  }
}
