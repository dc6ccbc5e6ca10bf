/**
 * How ledgers, records and nodes read and change the bytes of pages.
 *
 * The operations are the reference's `MemoryAccess`, and two splices that keep a node's shift from being written as bytes. Changes are
 * noted twice: in the manager's undo list, so that a statement, a savepoint or a transaction can be taken back, and in its redo records,
 * which a commit puts into the log. Offsets and lengths that leave the page are `OUT_OF_BOUNDS`.
 */
import { Status, OK, OUT_OF_BOUNDS, NO_PAGE, fail, lastError } from "../../status";
import { PAGE_SIZE } from "../base/layout";
import { MemoryManager } from "../manager/memory-manager";
import { Splices } from "../base/splices";
import { CHANGE_GROW, CHANGE_INSERT, CHANGE_REMOVE, CHANGE_WRITE, CHANGE_ZERO } from "../base/page-change";
import { change, changedFrame, outOfPage } from "../pages/page-changes";

export class PageAccess {
  /** Without `journaled` nothing is noted: for pages that no statement and no transaction changes. */
  constructor(
    readonly manager: MemoryManager,
    private readonly journaled: bool = true,
  ) {}

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
  growOnePage(): u32 {
    const manager = this.manager;
    if (!this.journaled) return manager.growOnePage();
    const undo = manager.undo;
    const mark = undo.mark;
    // Noted first: a page that no undo takes back would leave a gap in the log's growths.
    if (undo.noteGrowth(manager.pageCount) != OK) return NO_PAGE;
    const pageNo = manager.growOnePage();
    if (pageNo == NO_PAGE) {
      undo.pop(mark);
      return NO_PAGE;
    }
    const redo = manager.redo;
    if (redo) redo.note(CHANGE_GROW, pageNo, 0, 0, 0, 0);
    return pageNo;
  }

  /** Overwrites `len` bytes. */
  writeAtRaw(pageNo: u32, pageOffset: u32, ptr: usize, len: u32): Status {
    return change(this.manager, this.journaled, CHANGE_WRITE, pageNo, pageOffset, ptr, len, 0);
  }

  /**
   * Writes the first `len` bytes of a zeroed page; there are 65,536 at `ptr`. Where that is not much more, those behind become zero and all
   * are written: a page that is overwritten as a whole needs no images of what it was.
   */
  writeFresh(pageNo: u32, ptr: usize, len: u32): Status {
    if (len <= PAGE_SIZE >> 1) return this.writeAtRaw(pageNo, 0, ptr, len);
    memory.fill(ptr + len, 0, PAGE_SIZE - len);
    return this.writeAtRaw(pageNo, 0, ptr, PAGE_SIZE);
  }

  /** Zeroes `len` bytes. */
  zeroRaw(pageNo: u32, pageOffset: u32, len: u32): Status {
    return change(this.manager, this.journaled, CHANGE_ZERO, pageNo, pageOffset, 0, len, 0);
  }

  /** Inserts `len` bytes and moves the `tailLen` bytes behind up; what stood above them is overwritten. */
  insertBytes(pageNo: u32, pageOffset: u32, ptr: usize, len: u32, tailLen: u32): Status {
    return change(this.manager, this.journaled, CHANGE_INSERT, pageNo, pageOffset, ptr, len, tailLen);
  }

  /** Removes `len` bytes, moves the `tailLen` bytes behind them down and zeroes the room that becomes free. */
  removeBytes(pageNo: u32, pageOffset: u32, len: u32, tailLen: u32): Status {
    return change(this.manager, this.journaled, CHANGE_REMOVE, pageNo, pageOffset, 0, len, tailLen);
  }

  /** `writeAtRaw` of a part of a record that was just read: its page need not be read as a whole. */
  writeRecordPart(pageNo: u32, pageOffset: u32, ptr: usize, len: u32): Status {
    const at = len != 0 ? this.manager.waitingPart(pageNo, pageOffset, len) : 0;
    if (at == 0) return this.writeAtRaw(pageNo, pageOffset, ptr, len);
    return this.defer(CHANGE_WRITE, pageNo, pageOffset, at, ptr, len);
  }

  /** `zeroRaw` of a record, in the same way. */
  zeroRecordPart(pageNo: u32, pageOffset: u32, len: u32): Status {
    const at = len != 0 ? this.manager.waitingPart(pageNo, pageOffset, len) : 0;
    if (at == 0) return this.zeroRaw(pageNo, pageOffset, len);
    return this.defer(CHANGE_ZERO, pageNo, pageOffset, at, 0, len);
  }

  /** Makes a change of a part of a record that is at `at`, and whose page is not in memory as a whole. */
  private defer(kind: u32, pageNo: u32, pageOffset: u32, at: usize, ptr: usize, len: u32): Status {
    const manager = this.manager;
    const status = this.journaled ? manager.undo.note(kind, pageNo, pageOffset, at, len, 0) : OK;
    if (status != OK) return status;
    manager.letWait(kind, pageNo, pageOffset, at, ptr, len);
    const redo = manager.redo;
    return this.journaled && redo ? redo.note(kind, pageNo, pageOffset, ptr, len, 0) : OK;
  }

  /** Carries out splices of a page, which have to fit it; not none. They are noted as changes that are made one after the other. */
  splice(pageNo: u32, splices: Splices): Status {
    const manager = this.manager;
    const frame = changedFrame(manager, pageNo, 0, splices.highest);
    if (!frame) return lastError.status;
    const mark = manager.undo.mark;
    let status = this.journaled ? manager.undo.noteSplices(pageNo, frame.data, splices) : OK;
    if (status != OK) return this.forgetNoted(mark, status);
    manager.touch(frame, splices.from, splices.highest - splices.from);
    const redo = manager.redo;
    if (this.journaled && redo) {
      splices.rewind();
      while (splices.next()) {
        // mutant: of splices that are done together the removals are not logged
        // mutant: of splices that are done together the insertions are logged where they are before the others
        const noted = redo.note(splices.kind, pageNo, splices.pageOffset, splices.bytes, splices.len, splices.tailLen);
        // Whatever comes of it: what is noted in the undo list has to be done.
        if (status == OK) status = noted;
      }
    }
    splices.apply(frame.data);
    return status;
  }

  /** Takes what was noted last, and not done, off the undo list; returns `status`, why the rest could not be noted. */
  private forgetNoted(mark: u64, status: Status): Status {
    const undo = this.manager.undo;
    let popped = undo.pop(mark);
    while (popped > 0) popped = undo.pop(mark);
    if (popped < 0) this.manager.poison();
    return popped < 0 ? lastError.status : status;
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
