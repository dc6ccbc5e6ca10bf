/**
 * What takes changes back: a stack of entries, newest last, in 64 KiB blocks. When more than `MAX_BLOCKS` are in memory, the
 * oldest go to the spill, so that a savepoint over any amount of changes needs bounded memory.
 *
 *   entry   | payload, padded to 4 | pageNo u32 | pageOffset u16 | kind u16 | len u32 | tailLen u32 |
 *
 * | kind   | the change                                                    | payload                           |
 * |--------|---------------------------------------------------------------|-----------------------------------|
 * | BYTES  | `len` bytes at `pageOffset` were overwritten                  | what they were                    |
 * | ZEROS  | the same, and they were all zero                              | –                                 |
 * | INSERT | `len` bytes were inserted, `tailLen` bytes behind moved up    | the `len` bytes that the tail overwrote |
 * | REMOVE | `len` bytes were removed, `tailLen` bytes moved down          | the `len` bytes                   |
 * | GROW   | page `pageNo` was added at the end                            | –                                 |
 *
 * An entry never straddles two blocks. A position in the stack (a mark) is block index * 65,536 + bytes used in it.
 */
import { Status, OK, OUT_OF_MEMORY, fail } from "../../status";
import { allocBlock, freeBlock, BLOCK_SIZE } from "../base/block-pool";
import { Spill } from "./spill";

export const UNDO_BYTES: u32 = 1;
export const UNDO_ZEROS: u32 = 2;
export const UNDO_INSERT: u32 = 3;
export const UNDO_REMOVE: u32 = 4;
export const UNDO_GROW: u32 = 5;

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

  /** Adds an entry with room for `payloadLen` bytes and returns where the payload goes, or 0 on failure. */
  push(kind: u32, pageNo: u32, pageOffset: u32, len: u32, tailLen: u32, payloadLen: u32): usize {
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
      const hasPayload = this.kind == UNDO_BYTES || this.kind == UNDO_INSERT || this.kind == UNDO_REMOVE;
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
