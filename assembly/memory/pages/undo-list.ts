/**
 * What takes changes back: a stack of entries, newest last, in 64 KiB blocks. When more than `MAX_BLOCKS` are in memory, the
 * oldest go to the spill, so that a savepoint over any amount of changes needs bounded memory.
 *
 *   entry   | payload, padded to 4 | pageNo u32 | pageOffset u16 | kind u16 | len u32 | tailLen u32 |
 *
 * An entry is the change (base/page-change.ts) that takes another one back, with the bytes that it needs as payload:
 *
 * | change            | taken back by            | payload                                        |
 * |-------------------|--------------------------|------------------------------------------------|
 * | WRITE, ZERO       | WRITE                    | what the bytes were                            |
 * | the same, of zeros | ZERO                    | –                                              |
 * | INSERT            | REMOVE                   | the `len` bytes that the tail overwrote        |
 * | REMOVE            | INSERT                   | the `len` bytes                                |
 * | GROW              | SHRINK: the page goes    | –                                              |
 *
 * An entry never straddles two blocks. A position in the stack (a mark) is block index * 65,536 + bytes used in it.
 */
import { Status, OK, OUT_OF_MEMORY, fail, lastError } from "../../status";
import { clearBytes, copyBytes, isZero } from "../../encode/bytes";
import { allocBlock, freeBlock, BLOCK_SIZE } from "../base/block-pool";
import { CHANGE_INSERT, CHANGE_REMOVE, CHANGE_WRITE, CHANGE_ZERO } from "../base/page-change";
import { Splices } from "../base/splices";
import { Spill } from "./spill";

/** The kind of an entry that is none of the changes: the last page goes. */
export const SHRINK: u32 = 0;

const TRAILER: u32 = 16;
/** The largest payload of one entry; larger changes are recorded in parts. */
export const MAX_PAYLOAD: u32 = BLOCK_SIZE - 64;
/** Blocks kept in memory (2 MiB). */
const MAX_BLOCKS: i32 = 32;

export class UndoList {
  /** Block addresses, or 0 where the block is in the spill. */
  private blocks: Array<usize> = new Array<usize>();
  /** Spill slots of the blocks that are out. */
  private slots: Array<u32> = new Array<u32>();
  /** Bytes used in each block. */
  private ends: Array<u32> = new Array<u32>();
  private spilled: i32 = 0;
  private top: usize = 0;
  private used: u32 = 0;
  private index: i32 = -1;

  // The entry that `pop` found.
  pageNo: u32 = 0;
  pageOffset: u32 = 0;
  kind: u32 = 0;
  len: u32 = 0;
  tailLen: u32 = 0;
  payload: usize = 0;

  constructor(private spill: Spill) {}

  /** The current end of the stack. */
  get mark(): u64 {
    return this.index < 0 ? 0 : ((<u64>this.index) << 16) + this.used;
  }

  /** Notes what takes back a change, which is about to be made to the bytes at `at`. */
  note(kind: u32, pageNo: u32, pageOffset: u32, at: usize, len: u32, tailLen: u32): Status {
    const shifts = kind == CHANGE_INSERT || kind == CHANGE_REMOVE;
    // Of almost a whole page the payload fits no block, and there is next to no tail to be spared.
    if (!shifts || len > MAX_PAYLOAD) return this.noteBytes(pageNo, pageOffset, at, len + tailLen);
    const inserts = kind == CHANGE_INSERT;
    const payload = this.push(inserts ? CHANGE_REMOVE : CHANGE_INSERT, pageNo, pageOffset, len, tailLen, len);
    if (payload == 0) return lastError.status;
    copyBytes(payload, inserts ? at + tailLen : at, len);
    return OK;
  }

  /** Notes what the `len` bytes at `at` are. */
  private noteBytes(pageNo: u32, pageOffset: u32, at: usize, len: u32): Status {
    if (isZero(at, len)) return this.push(CHANGE_ZERO, pageNo, pageOffset, len, 0, 0) != 0 ? OK : lastError.status;
    while (len > 0) {
      const part = min(len, MAX_PAYLOAD);
      const payload = this.push(CHANGE_WRITE, pageNo, pageOffset, part, 0, part);
      if (payload == 0) return lastError.status;
      copyBytes(payload, at, part);
      pageOffset += part;
      at += part;
      len -= part;
    }
    return OK;
  }

  /** Notes what takes back the growth by the page `pageNo`. */
  noteGrowth(pageNo: u32): Status {
    return this.push(SHRINK, pageNo, 0, 0, 0, 0) != 0 ? OK : lastError.status;
  }

  /** Notes what takes back splices of the page at `page`. On failure some may have been noted. */
  noteSplices(pageNo: u32, page: usize, splices: Splices): Status {
    let highest = splices.used;
    splices.rewind();
    while (splices.next()) {
      const len = splices.len;
      const inserts = splices.kind == CHANGE_INSERT;
      const back = inserts ? CHANGE_REMOVE : CHANGE_INSERT;
      const payload = this.push(back, pageNo, splices.pageOffset, len, splices.tailLen, len);
      if (payload == 0) return lastError.status;
      if (!inserts) {
        copyBytes(payload, page + splices.original, len);
        continue;
      }
      // What it overwrites: room that a removal zeroed, and what the page has behind its content.
      const end = splices.pageOffset + splices.tailLen;
      const zeros = min(len, highest - end);
      clearBytes(payload, zeros);
      copyBytes(payload + zeros, page + end + zeros, len - zeros);
      highest = max(highest, end + len);
    }
    return OK;
  }

  /** Adds an entry with room for `payloadLen` bytes and returns where the payload goes, or 0 on failure. */
  private push(kind: u32, pageNo: u32, pageOffset: u32, len: u32, tailLen: u32, payloadLen: u32): usize {
    const padded = (payloadLen + 3) & ~3;
    if (this.index < 0 || this.used + padded + TRAILER > BLOCK_SIZE) {
      if (this.addBlock() != OK) return 0;
    }
    const at = this.top + this.used;
    const trailer = at + padded;
    store<u32>(trailer, pageNo);
    store<u16>(trailer, <u16>pageOffset, 4);
    store<u16>(trailer, <u16>kind, 6);
    store<u32>(trailer, len, 8);
    store<u32>(trailer, tailLen, 12);
    this.used += padded + TRAILER;
    return at;
  }

  private addBlock(): Status {
    if (this.index >= 0) this.ends[this.index] = this.used;
    let block: usize = 0;
    if (this.index + 1 - this.spilled >= MAX_BLOCKS) {
      const slot = this.spill.write(0xffffffff, this.blocks[this.spilled]);
      if (slot == 0xffffffff) return OUT_OF_MEMORY;
      block = this.blocks[this.spilled];
      this.blocks[this.spilled] = 0;
      this.slots[this.spilled] = slot;
      this.spilled += 1;
    } else {
      block = allocBlock();
      if (block == 0) return fail(OUT_OF_MEMORY, "no memory to remember changes in");
    }
    this.index += 1;
    if (this.index == this.blocks.length) {
      this.blocks.push(block);
      this.slots.push(0);
      this.ends.push(0);
    } else this.blocks[this.index] = block;
    this.top = block;
    this.used = 0;
    return OK;
  }

  /** Takes the newest entry off, into the fields, if it lies above `mark`: 1 yes, 0 no, -1 the spill could not be read. */
  pop(mark: u64): i32 {
    while (this.mark > mark) {
      if (this.used == 0) {
        const status = this.dropBlock();
        if (status != OK) return -1;
        continue;
      }
      const trailer = this.top + this.used - TRAILER;
      this.pageNo = load<u32>(trailer);
      this.pageOffset = load<u16>(trailer, 4);
      this.kind = load<u16>(trailer, 6);
      this.len = load<u32>(trailer, 8);
      this.tailLen = load<u32>(trailer, 12);
      const hasPayload = this.kind != CHANGE_ZERO && this.kind != SHRINK;
      const padded = hasPayload ? (this.len + 3) & ~3 : 0;
      this.payload = trailer - padded;
      this.used -= padded + TRAILER;
      return 1;
    }
    return 0;
  }

  private dropBlock(): Status {
    let free = this.top;
    this.index -= 1;
    if (this.index >= 0) {
      let block = this.blocks[this.index];
      if (block == 0) {
        const status = this.spill.read(this.slots[this.index], free);
        if (status != OK) return status;
        this.spill.release(this.slots[this.index]);
        this.spilled -= 1;
        block = free;
        free = 0;
        this.blocks[this.index] = block;
      }
      this.top = block;
      this.used = this.ends[this.index];
    } else {
      this.top = 0;
      this.used = 0;
    }
    if (free != 0) freeBlock(free);
    return OK;
  }

  /** Forgets all entries. */
  clear(): void {
    for (let i = 0; i <= this.index; i++) {
      if (i == 0 && this.blocks[0] != 0) continue;
      if (this.blocks[i] != 0) freeBlock(this.blocks[i]);
      else this.spill.release(this.slots[i]);
    }
    // The first block is kept: most statements need just one.
    if (this.index >= 0 && this.blocks[0] != 0) {
      this.index = 0;
      this.top = this.blocks[0];
    } else {
      this.index = -1;
      this.top = 0;
    }
    this.used = 0;
    this.spilled = 0;
  }

  /** Gives all memory back. */
  free(): void {
    this.clear();
    if (this.index == 0) freeBlock(this.top);
    this.index = -1;
  }
}
