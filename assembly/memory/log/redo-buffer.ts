/**
 * The redo records of the running transaction: what its changes were, in their order, as they will stand in the log.
 *
 *   WRITE   | 01 | page u32 | offset u16 | len u16 | bytes |
 *   ZERO    | 02 | page u32 | offset u16 | len u16 |
 *   INSERT  | 03 | page u32 | offset u16 | len u16 | tail u16 | bytes |
 *   REMOVE  | 04 | page u32 | offset u16 | len u16 | tail u16 |
 *   GROW    | 05 | page u32 |
 *   BASE    | 06 | page u32 | offset u16 | len u16 | xxh3 u64 |     what the main file has there, noted before the sectors' first change
 *                                                               after a checkpoint
 *
 * A length of 65,536 is written as 0. Records of more than `CHUNK_BYTES` go to the log before the commit, as chunks; a savepoint that
 * takes them back reads the chunk that it cuts again.
 */
import { Status, OK, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { copyBytes } from "../../encode/bytes";
import { LogFile, FRAME_CHUNK, FRAME_COMMIT, FRAME_HEADER } from "../file/log-file";

export const REDO_WRITE: u32 = 1;
export const REDO_ZERO: u32 = 2;
export const REDO_INSERT: u32 = 3;
export const REDO_REMOVE: u32 = 4;
export const REDO_GROW: u32 = 5;
export const REDO_BASE: u32 = 6;

/** Records beyond this many bytes are written to the log as a chunk. */
const CHUNK_BYTES: u32 = 1 << 18;
/** Bytes of a BASE record, and how many of them are written at once when there are too many for the last frame. */
const BASE_SIZE: u32 = 17;
const BASES_IN_CHUNK: u32 = CHUNK_BYTES / BASE_SIZE;

/** Writes what all records but GROW begin with, at `at`. */
@inline
function headAt(at: usize, kind: u32, pageNo: u32, pageOffset: u32, len: u32): usize {
  store<u8>(at, <u8>kind);
  store<u32>(at, pageNo, 1);
  store<u16>(at, <u16>pageOffset, 5);
  store<u16>(at, <u16>len, 7);
  return at;
}

export class RedoBuffer {
  private records: ByteBuffer = new ByteBuffer(4096);
  /** BASE records that are in no committed frame yet; they survive a rollback by the undo list. */
  private bases: ByteBuffer = new ByteBuffer(256);
  /** Position of the first byte of `records`: the bytes that chunks before it hold. */
  private start: u64 = 0;
  private chunkStarts: Array<u64> = new Array<u64>();
  private chunkOffsets: Array<u64> = new Array<u64>();
  /** The log's `chain` before each chunk. */
  private chunkChains: Array<u64> = new Array<u64>();

  constructor(private log: LogFile) {}

  /** The position behind the last record. */
  get mark(): u64 {
    return this.start + this.records.len;
  }


  @inline private head(kind: u32, pageNo: u32, pageOffset: u32, len: u32, extra: u32): usize {
    return headAt(this.records.reserve(11 + extra), kind, pageNo, pageOffset, len);
  }

  write(pageNo: u32, pageOffset: u32, ptr: usize, len: u32): Status {
    const at = this.head(REDO_WRITE, pageNo, pageOffset, len, len);
    copyBytes(at + 9, ptr, len);
    this.records.len += 9 + len;
    return this.records.len >= CHUNK_BYTES ? this.flushChunk() : OK;
  }

  zero(pageNo: u32, pageOffset: u32, len: u32): void {
    this.head(REDO_ZERO, pageNo, pageOffset, len, 0);
    this.records.len += 9;
  }

  insert(pageNo: u32, pageOffset: u32, ptr: usize, len: u32, tailLen: u32): Status {
    const at = this.head(REDO_INSERT, pageNo, pageOffset, len, len);
    store<u16>(at, <u16>tailLen, 9);
    copyBytes(at + 11, ptr, len);
    this.records.len += 11 + len;
    return this.records.len >= CHUNK_BYTES ? this.flushChunk() : OK;
  }

  remove(pageNo: u32, pageOffset: u32, len: u32, tailLen: u32): void {
    store<u16>(this.head(REDO_REMOVE, pageNo, pageOffset, len, 0), <u16>tailLen, 9);
    this.records.len += 11;
  }

  grow(pageNo: u32): void {
    this.head(REDO_GROW, pageNo, 0, 0, 0);
    this.records.len += 5;
  }

  base(pageNo: u32, pageOffset: u32, len: u32, hash: u64): void {
    const at = headAt(this.bases.reserve(BASE_SIZE), REDO_BASE, pageNo, pageOffset, len);
    store<u64>(at, hash, 9);
    this.bases.len += BASE_SIZE;
  }

  private flushChunk(): Status {
    const chain = this.log.chain;
    const offset = this.log.append(FRAME_CHUNK, this.records.ptr, this.records.len);
    if (offset == 0) return lastError.status;
    this.chunkStarts.push(this.start);
    this.chunkOffsets.push(offset);
    this.chunkChains.push(chain);
    this.start += this.records.len;
    this.records.reset();
    return OK;
  }

  /** Forgets the records behind `mark`. */
  truncate(mark: u64): Status {
    while (mark < this.start) {
      const last = this.chunkStarts.length - 1;
      const from = this.chunkStarts[last];
      const offset = this.chunkOffsets[last];
      const len = <u32>(this.start - from);
      this.records.reset();
      const status = this.log.read(offset + FRAME_HEADER, this.records.reserve(len), len);
      if (status != OK) return status;
      this.records.len = len;
      this.start = from;
      this.chunkStarts.pop();
      this.chunkOffsets.pop();
      this.log.rewind(offset, this.chunkChains.pop());
    }
    this.records.len = <u32>(mark - this.start);
    return OK;
  }

  /** Writes what is left and the mark that makes the whole of it a transaction. The caller syncs. */
  commit(): Status {
    const log = this.log;
    const end = log.end;
    const chain = log.chain;
    const len = this.records.len;
    const basesLen = this.bases.len;
    // More than one frame holds.
    let offset: u64 = 1;
    while (offset != 0 && this.bases.len > CHUNK_BYTES) {
      this.bases.len -= BASE_SIZE * BASES_IN_CHUNK;
      offset = log.append(FRAME_CHUNK, this.bases.ptr + this.bases.len, BASE_SIZE * BASES_IN_CHUNK);
    }
    if (offset != 0) {
      this.records.addBytes(this.bases.ptr, this.bases.len);
      offset = log.append(FRAME_COMMIT, this.records.ptr, this.records.len);
    }
    if (offset == 0) {
      // Nothing of it is to stay: a checkpoint's images have to follow the last transaction.
      log.rewind(end, chain);
      this.records.len = len;
      this.bases.len = basesLen;
      return lastError.status;
    }
    this.bases.reset();
    this.clear();
    return OK;
  }

  /** Forgets the transaction's records; chunks that are in the log are overwritten by what comes next. */
  clear(): void {
    this.records.reset();
    this.start = 0;
    while (this.chunkStarts.length > 0) {
      this.chunkStarts.pop();
      this.chunkOffsets.pop();
      this.chunkChains.pop();
    }
  }

  /** After a checkpoint, or when the log has been replayed: no sector differs from the main file that the log has no BASE of. */
  clearBases(): void {
    this.bases.reset();
  }

  free(): void {
    this.records.free();
    this.bases.free();
  }
}
