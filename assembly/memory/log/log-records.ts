/**
 * The records of a log's transactions, written and read (docs/log.md).
 *
 *   WRITE   | 01 | page u32 | offset u16 | len u16 | bytes |
 *   ZERO    | 02 | page u32 | offset u16 | len u16 |
 *   INSERT  | 03 | page u32 | offset u16 | len u16 | tail u16 | bytes |
 *   REMOVE  | 04 | page u32 | offset u16 | len u16 | tail u16 |
 *   GROW    | 05 | page u32 |
 *   BASE    | 06 | page u32 | offset u16 | len u16 | xxh3 u64 |     what the main file has there, noted before the sectors' first change
 *                                                               after a checkpoint
 *
 * The first five are the changes of base/page-change.ts. A length of 65,536 is written as 0.
 */
import { ByteBuffer } from "../../encode/byte-buffer";
import { copyBytes } from "../../encode/bytes";
import { CHANGE_GROW, CHANGE_INSERT, CHANGE_REMOVE, CHANGE_WRITE, CHANGE_ZERO } from "../base/page-change";
import { PAGE_SIZE } from "../base/layout";

export const RECORD_BASE: u32 = 6;
/** Bytes of a BASE record. */
export const BASE_SIZE: u32 = 17;

/** Bytes of a record without those that follow it (`hasBytes`). */
@inline
function headSize(kind: u32): u32 {
  if (kind == CHANGE_GROW) return 5;
  if (kind == RECORD_BASE) return BASE_SIZE;
  return kind == CHANGE_INSERT || kind == CHANGE_REMOVE ? 11 : 9;
}

/** Whether a record has `len` bytes behind its head. */
@inline
export function hasBytes(kind: u32): bool {
  return kind == CHANGE_WRITE || kind == CHANGE_INSERT;
}

/** Adds the record of a change to `out`. */
@inline
export function addChange(out: ByteBuffer, kind: u32, pageNo: u32, pageOffset: u32, bytes: usize, len: u32, tailLen: u32): void {
  const head = headSize(kind);
  const size = hasBytes(kind) ? head + len : head;
  const at = out.reserve(size);
  store<u8>(at, <u8>kind);
  store<u32>(at, pageNo, 1);
  if (kind != CHANGE_GROW) {
    store<u16>(at, <u16>pageOffset, 5);
    store<u16>(at, <u16>len, 7);
  }
  if (kind == CHANGE_INSERT || kind == CHANGE_REMOVE) store<u16>(at, <u16>tailLen, 9);
  if (hasBytes(kind)) copyBytes(at + head, bytes, len);
  out.len += size;
}

/** Adds a BASE record: `hash` is the xxh3 of the `len` bytes at `pageOffset`. */
export function addBase(out: ByteBuffer, pageNo: u32, pageOffset: u32, len: u32, hash: u64): void {
  const at = out.reserve(BASE_SIZE);
  store<u8>(at, <u8>RECORD_BASE);
  store<u32>(at, pageNo, 1);
  store<u16>(at, <u16>pageOffset, 5);
  store<u16>(at, <u16>len, 7);
  store<u64>(at, hash, 9);
  out.len += BASE_SIZE;
}

/** A record that was read. */
export class LogRecord {
  /** One of the `CHANGE_…`, or `RECORD_BASE`. */
  kind: u32 = 0;
  pageNo: u32 = 0;
  /** Of all but GROW; they may leave the page. */
  pageOffset: u32 = 0;
  len: u32 = 0;
  tailLen: u32 = 0;
  /** The bytes of WRITE and INSERT, else 0. */
  bytes: usize = 0;
  /** Of BASE. */
  hash: u64 = 0;

  /** Whether it says what all of its page is. */
  get overwrites(): bool {
    return this.len == PAGE_SIZE && (this.kind == CHANGE_WRITE || this.kind == CHANGE_ZERO) && this.pageOffset == 0;
  }

  /** Reads the record at `at`: where the next one starts, or 0 when there is none that ends at `end` or before. */
  read(at: usize, end: usize): usize {
    const kind = <u32>load<u8>(at);
    if (kind < CHANGE_WRITE || kind > RECORD_BASE) return 0;
    const behind = at + headSize(kind);
    if (behind > end) return 0;
    this.kind = kind;
    this.pageNo = load<u32>(at, 1);
    this.bytes = 0;
    if (kind == CHANGE_GROW) return behind;
    this.pageOffset = load<u16>(at, 5);
    const len = <u32>load<u16>(at, 7);
    this.len = len == 0 ? PAGE_SIZE : len;
    this.tailLen = kind == CHANGE_INSERT || kind == CHANGE_REMOVE ? <u32>load<u16>(at, 9) : 0;
    if (kind == RECORD_BASE) this.hash = load<u64>(at, 9);
    if (!hasBytes(kind)) return behind;
    this.bytes = behind;
    return behind + this.len <= end ? behind + this.len : 0;
  }
}
