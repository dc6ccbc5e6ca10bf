/**
 * The redo records of the running transaction (log-records.ts): what its changes were, in their order, as they will stand in the log.
 *
 * Records of more than `CHUNK_BYTES` go to the log before the commit, as chunks; a savepoint that takes them back reads the chunk that it
 * cuts again.
 */
import { Status, OK, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { FRAME_CHUNK, FRAME_COMMIT, FRAME_HEADER } from "../file/frame-header";
import { LogFile } from "../file/log-file";
import { BASE_SIZE, addBase, addChange, hasBytes } from "./log-records";

/** Records beyond this many bytes are written to the log as a chunk. */
const CHUNK_BYTES: u32 = 1 << 18;
/** How many BASE records are written at once when there are too many for the last frame. */
const BASES_IN_CHUNK: u32 = CHUNK_BYTES / BASE_SIZE;

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

  /** Adds the record of a change. One that has no bytes does not fail. */
  @inline note(kind: u32, pageNo: u32, pageOffset: u32, bytes: usize, len: u32, tailLen: u32): Status {
    addChange(this.records, kind, pageNo, pageOffset, bytes, len, tailLen);
    return hasBytes(kind) && this.records.len >= CHUNK_BYTES ? this.flushChunk() : OK;
  }

  /** Notes what the main file has somewhere: `hash` is the xxh3 of the `len` bytes at `pageOffset`. */
  noteBase(pageNo: u32, pageOffset: u32, len: u32, hash: u64): void {
    addBase(this.bases, pageNo, pageOffset, len, hash);
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
    // mutant: a savepoint's records stay in the log
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
