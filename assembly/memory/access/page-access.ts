/**
 * How ledgers, records and nodes read and change the bytes of pages, whether or not the changes can be taken back.
 *
 * The operations are the reference's `MemoryAccess`, and two splices that keep a node's shift from being written as bytes. Reads are
 * shared; changes go through the abstract primitives, which `DirectAccess` and `JournaledAccess` implement. Offsets and lengths
 * that leave the page are `OUT_OF_BOUNDS`.
 */
import { Status, OK, OUT_OF_BOUNDS, fail, lastError } from "../../status";
import { PAGE_SIZE } from "../base/layout";
import { MemoryManager } from "../manager/memory-manager";
import { Frame } from "../cache/page-cache";
import { Splices } from "../base/splices";
import { changedFrame, outOfPage } from "../pages/page-changes";

export abstract class PageAccess {
  constructor(readonly manager: MemoryManager) {}

  /** Bytes of a page. */
  @inline get pageSize(): u32 {
    return PAGE_SIZE;
  }

  /** The bytes of `pageNo`, or 0 on failure. Read only; valid for the next `GUARANTEE` lookups. */
  @inline page(pageNo: u32): usize {
    return this.manager.page(pageNo);
  }

  /** The same, but only the `len` (> 0) bytes at `pageOffset` are sure to be there: of a page on disk no more is read. */
  @inline part(pageNo: u32, pageOffset: u32, len: u32): usize {
    return this.manager.part(pageNo, pageOffset, len);
  }

  /** The same for a record; with `readsAhead` all of the page is read where that is likely to pay. */
  @inline recordPart(pageNo: u32, pageOffset: u32, len: u32, readsAhead: bool = true): usize {
    return this.manager.recordPart(pageNo, pageOffset, len, readsAhead);
  }

  /** Adds a zeroed page at the end of the store: its number, or `NO_PAGE`. */
  abstract growOnePage(): u32;
  /** Overwrites `len` bytes. */
  abstract writeAtRaw(pageNo: u32, pageOffset: u32, ptr: usize, len: u32): Status;
  /** Zeroes `len` bytes. */
  abstract zeroRaw(pageNo: u32, pageOffset: u32, len: u32): Status;
  /** Inserts `len` bytes and moves the `tailLen` bytes behind up; what stood above them is overwritten. */
  abstract insertBytes(pageNo: u32, pageOffset: u32, ptr: usize, len: u32, tailLen: u32): Status;
  /** Removes `len` bytes, moves the `tailLen` bytes behind them down and zeroes the room that becomes free. */
  abstract removeBytes(pageNo: u32, pageOffset: u32, len: u32, tailLen: u32): Status;

  /** `writeAtRaw` of a part of a record that was just read: its page need not be read as a whole. */
  writeRecordPart(pageNo: u32, pageOffset: u32, ptr: usize, len: u32): Status {
    return this.writeAtRaw(pageNo, pageOffset, ptr, len);
  }

  /** `zeroRaw` of a record, in the same way. */
  zeroRecordPart(pageNo: u32, pageOffset: u32, len: u32): Status {
    return this.zeroRaw(pageNo, pageOffset, len);
  }

  /** Carries out splices of a page, which have to fit it; not none. On failure some may have been. */
  splice(pageNo: u32, splices: Splices): Status {
    let status = OK;
    let end = splices.used;
    for (let i: u32 = 0; i < splices.count && status == OK; i++) {
      const splice = splices.at(i);
      const at = splice.at + end - splices.used;
      if (splice.bytes != 0) {
        status = this.insertBytes(pageNo, at, splice.bytes, splice.len, end - at);
        end += splice.len;
      } else {
        status = this.removeBytes(pageNo, at, splice.len, end - at - splice.len);
        end -= splice.len;
      }
    }
    return status;
  }

  /** Reads `len` bytes into `ptr`. */
  readAtRaw(pageNo: u32, pageOffset: u32, ptr: usize, len: u32): Status {
    const page = this.page(pageNo);
    if (page == 0) return lastError.status;
    if (pageOffset + len > PAGE_SIZE || len > PAGE_SIZE) return outOfPage(pageNo, pageOffset, len);
    memory.copy(ptr, page + pageOffset, len);
    return OK;
  }

  /** `readAtRaw` of something that must start at a multiple of `alignment`. */
  readAt(pageNo: u32, pageOffset: u32, alignment: u32, ptr: usize, len: u32): Status {
    const status = aligned(pageNo, pageOffset, alignment);
    return status == OK ? this.readAtRaw(pageNo, pageOffset, ptr, len) : status;
  }

  /** `writeAtRaw` of something that must start at a multiple of `alignment`; the padding up to the next multiple is zeroed. */
  writeAt(pageNo: u32, pageOffset: u32, alignment: u32, ptr: usize, len: u32): Status {
    let status = aligned(pageNo, pageOffset, alignment);
    if (status == OK) status = this.writeAtRaw(pageNo, pageOffset, ptr, len);
    const over = alignment != 0 ? len % alignment : 0;
    if (status == OK && over != 0)
      status = this.zeroRaw(pageNo, pageOffset + len, min(alignment - over, PAGE_SIZE - pageOffset - len));
    return status;
  }

  /** Zeroes what `writeAt` wrote. */
  zero(pageNo: u32, pageOffset: u32, alignment: u32, len: u32): Status {
    const status = aligned(pageNo, pageOffset, alignment);
    if (status != OK) return status;
    const over = alignment != 0 ? len % alignment : 0;
    return this.zeroRaw(pageNo, pageOffset, over != 0 ? min(len + alignment - over, PAGE_SIZE - pageOffset) : len);
  }

  /** Zeroes a whole page. */
  zeroPage(pageNo: u32): Status {
    return this.zeroRaw(pageNo, 0, PAGE_SIZE);
  }

  /** Writes a u16. */
  @inline writeU16(pageNo: u32, pageOffset: u32, value: u32): Status {
    store<u16>(scratch, <u16>value);
    return this.writeAtRaw(pageNo, pageOffset, scratch, 2);
  }

  /** Writes a u32. */
  @inline writeU32(pageNo: u32, pageOffset: u32, value: u32): Status {
    store<u32>(scratch, value);
    return this.writeAtRaw(pageNo, pageOffset, scratch, 4);
  }

  /** Writes a u64. */
  @inline writeU64(pageNo: u32, pageOffset: u32, value: u64): Status {
    store<u64>(scratch, value);
    return this.writeAtRaw(pageNo, pageOffset, scratch, 8);
  }

  /** The frame to change `len` bytes of, or null on failure. */
  @inline protected target(pageNo: u32, pageOffset: u32, len: u32): Frame | null {
    return changedFrame(this.manager, pageNo, pageOffset, len);
  }
}

const scratchBytes: StaticArray<u8> = new StaticArray<u8>(8);
const scratch: usize = changetype<usize>(scratchBytes);

function aligned(pageNo: u32, pageOffset: u32, alignment: u32): Status {
  if (alignment != 0 && pageOffset % alignment != 0) {
    return fail(
      OUT_OF_BOUNDS,
      "byte " + pageOffset.toString() + " of page " + pageNo.toString() + " is not aligned to " + alignment.toString(),
    );
  }
  return OK;
}
