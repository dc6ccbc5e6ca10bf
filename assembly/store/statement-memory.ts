/**
 * What the statements of a store that are under way may keep together, and their temporary file for what is more: chunks of bytes, which
 * is made by the first of them that is written, and removed when no statement uses it any more.
 *
 * Chunks that are given back are used again. The hash of each chunk stays in memory: what another program does to the file is an error,
 * and bytes that were read are as they were written.
 */
import { IO_ERROR, OK, fail } from "../status";
import { xxh3 } from "../encode/xxh3";
import { MemoryProvider } from "../memory/file/provider";
import { mayRun } from "../wasi/deadline";

const LEAST_CHUNK: u32 = 1 << 12;
const MOST_CHUNK: u32 = 1 << 16;
/** Runs of records that are written or read at once, at most. */
const MOST_WAYS: u64 = 64;
/** The fewest pages that the file grows by. */
const LEAST_GROWTH: u32 = 16;

export class StatementMemory {
  /** Bytes that all of them keep now. */
  used: u64 = 0;
  /** How many of them use the file. */
  private users: u32 = 0;
  private provider: MemoryProvider | null = null;
  /** Bytes of a chunk, and how many runs may be read or written at once, so that their chunks take about half of the memory. */
  readonly chunkBytes: u32;
  readonly ways: i32;
  private chunks: u32 = 0;
  private readonly idle: Array<u32> = new Array<u32>();
  private hashes: Array<u64> = new Array<u64>();

  /** Of `limit` bytes. `owner` is what the store is kept in; null where there is to be no file. */
  constructor(
    readonly limit: u64,
    private readonly owner: MemoryProvider | null = null,
  ) {
    let bytes = LEAST_CHUNK;
    while (bytes < MOST_CHUNK && (<u64>bytes) << 5 < limit) bytes <<= 1;
    this.chunkBytes = bytes;
    this.ways = <i32>max<u64>(min<u64>((limit >> 1) / bytes, MOST_WAYS), 4);
  }

  /** Whether there may be a file. */
  get spills(): bool {
    const owner = this.owner;
    return owner !== null && owner.spills;
  }

  /** A statement uses the file, until `leaveFile`. */
  enterFile(): void {
    this.users += 1;
  }

  /** A statement has given all of its chunks back. */
  leaveFile(): void {
    this.users -= 1;
    const provider = this.provider;
    if (this.users > 0 || !provider) return;
    this.provider = null;
    this.chunks = 0;
    this.idle.length = 0;
    this.hashes = new Array<u64>();
    provider.close();
  }

  /** Writes a chunk's bytes: its number, or -1 on failure. */
  write(ptr: usize): i32 {
    if (!mayRun()) return -1;
    const owner = this.owner;
    if (!this.provider && owner) this.provider = owner.openScratch();
    const provider = this.provider;
    if (!provider) return -1;
    const isNew = this.idle.length == 0;
    const chunk = isNew ? this.chunks : this.idle[this.idle.length - 1];
    const end = <u64>(chunk + 1) * this.chunkBytes;
    if (end > provider.size && provider.grow(max<u32>(LEAST_GROWTH, provider.pages >> 2)) != OK) return -1;
    if (provider.write(end - this.chunkBytes, ptr, this.chunkBytes) != OK) return -1;
    const hash = xxh3(ptr, this.chunkBytes);
    if (isNew) {
      this.chunks += 1;
      this.hashes.push(hash);
    } else {
      this.idle.pop();
      unchecked((this.hashes[chunk] = hash));
    }
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
}
