/**
 * Pages of one store: the cache in front of the provider, the transaction's undo list and spill, and the one place where a
 * transaction reaches the file (`commit`).
 *
 * Invariants:
 * - Nothing of an uncommitted transaction is in the provider: changed pages stay in their frames, or go to the spill.
 * - `pageCount` counts pages of the transaction too; the provider has `committedPages` until the commit.
 * - A page at or above `provider.pages` that is in no frame and not in the spill is all zero.
 * - After a failed write or sync of a commit the manager is poisoned: what the file holds is not known any more.
 */
import {
  Status,
  OK,
  OUT_OF_BOUNDS,
  OUT_OF_MEMORY,
  HANDLE_POISONED,
  READ_ONLY,
  OUT_OF_PAGES,
  NO_PAGE,
  fail,
  lastError,
} from "../status";
import { PAGE_SIZE, PAGE_SHIFT, LAYOUT_0_9, unclaimedPagesPage, reservedPages } from "./layout";
import { MemoryProvider } from "./provider";
import { PageCache, Frame, ALL_DIRTY, SECTOR_SHIFT, FLAG_NODE_VALID, FLAG_SORTED, FLAG_SPILLED } from "./page-cache";
import { Spill } from "./spill";
import { U32Map } from "./u32-map";
import { UndoList, UNDO_BYTES, UNDO_ZEROS, UNDO_INSERT, UNDO_REMOVE, UNDO_GROW } from "./undo-list";

/** The default of the cache's byte limit: 16 MiB. */
export const DEFAULT_CACHE_BYTES: u64 = 16 << 20;

const NO_SLOT: u32 = 0xffffffff;

export class MemoryManager {
  readonly cache: PageCache;
  readonly undo: UndoList;
  private readonly spill: Spill;
  /** Spill slot of each page that is in the spill. */
  private readonly spilledPages: U32Map = new U32Map();
  /** Indexes-by-address of frames that became dirty since the last commit, some of them more than once. */
  private dirtyFrames: usize = 0;
  private dirtyCount: u32 = 0;
  private dirtyRoom: u32 = 0;
  private committedPages: u32;
  /** Which of the two page layouts the file has. */
  layout: u8 = LAYOUT_0_9;
  /** Pages of the store, those of the running transaction included. */
  pageCount: u32;
  /** Grows with each change that was taken back; what is derived from pages is valid as long as it stays. */
  epoch: u32 = 0;
  /** Changes (writes, zeroings, splices, growths) since the last commit or rollback. */
  changes: u64 = 0;
  /** Whether commits are synced. */
  syncCommits: bool = true;
  private poisoned: bool = false;

  constructor(
    readonly provider: MemoryProvider,
    cacheBytes: u64 = DEFAULT_CACHE_BYTES,
  ) {
    const spill = new Spill(provider);
    this.spill = spill;
    this.undo = new UndoList(spill);
    this.cache = new PageCache(cacheBytes);
    this.committedPages = provider.pages;
    this.pageCount = provider.pages;
  }

  get readOnly(): bool {
    return this.provider.readOnly;
  }

  /** The unclaimed-pages ledger's page in this file's layout. */
  get unclaimedPagesPage(): u32 {
    return unclaimedPagesPage(this.layout);
  }

  /** Pages at the start that belong to no table, in this file's layout. */
  get reservedPages(): u32 {
    return reservedPages(this.layout);
  }

  /** `OK` while the handle may be used. */
  usable(): Status {
    if (this.poisoned)
      return fail(HANDLE_POISONED, "an earlier failure left this handle unusable", "close it and open the file again");
    return OK;
  }

  /** `OK` while the handle may be written through. */
  writable(): Status {
    if (this.readOnly) return fail(READ_ONLY, "the store is open for reading only");
    return this.usable();
  }

  /** The frame of `pageNo`, or null on failure. Valid for the next `GUARANTEE` lookups. */
  @inline frame(pageNo: u32): Frame | null {
    const frame = this.cache.find(pageNo);
    return frame ? frame : this.load(pageNo);
  }

  /** The bytes of `pageNo`, or 0 on failure. Valid for the next `GUARANTEE` lookups. Not to be written through. */
  @inline page(pageNo: u32): usize {
    const frame = this.frame(pageNo);
    return frame ? frame.data : 0;
  }

  private load(pageNo: u32): Frame | null {
    if (pageNo >= this.pageCount) {
      fail(OUT_OF_BOUNDS, "page " + pageNo.toString() + " is outside of the file's " + this.pageCount.toString() + " pages");
      return null;
    }
    const frame = this.takeFrame();
    if (!frame) return null;
    const slot = this.spilledPages.get(pageNo, NO_SLOT);
    let status = OK;
    if (slot != NO_SLOT) status = this.spill.read(slot, frame.data);
    else if (pageNo < this.provider.pages) status = this.provider.read((<u64>pageNo) << PAGE_SHIFT, frame.data, PAGE_SIZE);
    else memory.fill(frame.data, 0, PAGE_SIZE);
    if (status != OK) {
      this.cache.release(frame);
      return null;
    }
    this.cache.misses += 1;
    this.cache.install(frame, pageNo);
    if (slot != NO_SLOT) {
      frame.flags = FLAG_SPILLED;
      this.noteDirty(frame);
      frame.dirty = ALL_DIRTY;
    }
    return frame;
  }

  /** A frame that is free to be installed; a dirty page that had to go for it is in the spill. */
  private takeFrame(): Frame | null {
    const frame = this.cache.take();
    if (!frame) {
      fail(OUT_OF_MEMORY, "no memory for a page");
      return null;
    }
    if (frame.pageNo == NO_PAGE) return frame;
    if (frame.dirty != 0 && (frame.flags & FLAG_SPILLED) == 0) {
      const slot = this.spill.write(this.spilledPages.get(frame.pageNo, NO_SLOT), frame.data);
      if (slot == NO_SLOT) return null;
      this.spilledPages.set(frame.pageNo, slot);
    }
    this.cache.detach(frame);
    return frame;
  }

  /** Notes that `len` (> 0) bytes at `pageOffset` of `frame` are being changed, before or after they are. */
  @inline touch(frame: Frame, pageOffset: u32, len: u32): void {
    if (frame.dirty == 0) this.noteDirty(frame);
    frame.flags &= ~FLAG_SPILLED;
    PageCache.markDirty(frame, pageOffset, len);
    this.changes += 1;
  }

  private noteDirty(frame: Frame): void {
    if (this.dirtyCount == this.dirtyRoom) {
      this.dirtyRoom = max<u32>(64, this.dirtyRoom * 2);
      this.dirtyFrames = heap.realloc(this.dirtyFrames == 0 ? heap.alloc(8) : this.dirtyFrames, (<usize>this.dirtyRoom) << 3);
    }
    store<u32>(this.dirtyFrames + ((<usize>this.dirtyCount) << 3), <u32>changetype<usize>(frame));
    this.dirtyCount += 1;
  }

  /** Adds a zeroed page at the end: its number, or `NO_PAGE`. */
  growOnePage(): u32 {
    if (this.pageCount >= NO_PAGE - 1) {
      fail(OUT_OF_PAGES, "the file has 4,294,967,294 pages, the most that page numbers allow");
      return NO_PAGE;
    }
    const frame = this.takeFrame();
    if (!frame) return NO_PAGE;
    memory.fill(frame.data, 0, PAGE_SIZE);
    const pageNo = this.pageCount;
    this.pageCount += 1;
    this.changes += 1;
    this.cache.install(frame, pageNo);
    return pageNo;
  }

  /** Whether there is anything to commit. */
  get hasChanges(): bool {
    return this.changes != 0;
  }

  /**
   * Makes all changes durable: the redo log's place. For now pages go to the file in ascending order, then the file is synced; a
   * crash in between leaves a torn file. On failure the handle is poisoned.
   */
  commit(): Status {
    this.undo.clear();
    if (this.changes == 0) return OK;
    let status = this.writable();
    if (status == OK) status = this.writeBack();
    if (status == OK && this.syncCommits) status = this.provider.sync();
    if (status != OK) {
      this.poisoned = true;
      return status;
    }
    this.forgetChanges();
    return OK;
  }

  private writeBack(): Status {
    if (this.pageCount > this.provider.pages) {
      const status = this.provider.grow(this.pageCount - this.provider.pages);
      if (status != OK) return status;
    }
    this.sortDirtyFrames();
    for (let i: u32 = 0; i < this.dirtyCount; i++) {
      const frame = changetype<Frame>(<usize>load<u32>(this.dirtyFrames + ((<usize>i) << 3)));
      if (frame.dirty == 0 || frame.pageNo == NO_PAGE) continue;
      const status = this.writeSectors(frame);
      if (status != OK) return status;
      frame.dirty = 0;
      frame.flags &= ~FLAG_SPILLED;
      this.spilledPages.delete(frame.pageNo);
    }
    return this.writeSpilledPages();
  }

  /** Writes runs of dirty sectors of one page. */
  private writeSectors(frame: Frame): Status {
    let dirty = frame.dirty;
    const start = (<u64>frame.pageNo) << PAGE_SHIFT;
    while (dirty != 0) {
      const first = ctz(dirty);
      const run = ctz(~(dirty >> first));
      const pageOffset = first << SECTOR_SHIFT;
      const status = this.provider.write(start + pageOffset, frame.data + pageOffset, run << SECTOR_SHIFT);
      if (status != OK) return status;
      dirty &= ~((((<u32>1) << run) - 1) << first);
    }
    return OK;
  }

  /** Copies the pages that are only in the spill, in ascending order of their numbers. */
  private writeSpilledPages(): Status {
    const count = this.spilledPages.count;
    if (count == 0) return OK;
    const list = new StaticArray<u32>(count);
    let at = 0;
    for (let i: u32 = 0; i < this.spilledPages.slots; i++) {
      const pageNo = this.spilledPages.slotKey(i);
      if (pageNo != NO_PAGE) list[at++] = pageNo;
    }
    list.sort((a: u32, b: u32) => (a < b ? -1 : 1));
    const frame = this.cache.take();
    if (!frame) return fail(OUT_OF_MEMORY, "no memory for a page");
    if (frame.pageNo != NO_PAGE) this.cache.detach(frame);
    let status = OK;
    for (let i = 0; i < list.length && status == OK; i++) {
      status = this.spill.read(this.spilledPages.get(list[i], NO_SLOT), frame.data);
      if (status == OK) status = this.provider.write((<u64>list[i]) << PAGE_SHIFT, frame.data, PAGE_SIZE);
    }
    this.cache.release(frame);
    return status;
  }

  /** Shell sort by page number; the list is short, and mostly sorted already. */
  private sortDirtyFrames(): void {
    const list = this.dirtyFrames;
    const count = this.dirtyCount;
    for (let i: u32 = 0; i < count; i++) {
      const slot = list + ((<usize>i) << 3);
      store<u32>(slot, changetype<Frame>(<usize>load<u32>(slot)).pageNo, 4);
    }
    // As u64 the page number is the high half and decides.
    for (let gap = count >> 1; gap > 0; gap >>= 1) {
      for (let i = gap; i < count; i++) {
        const value = load<u64>(list + ((<usize>i) << 3));
        let at = i;
        while (at >= gap && load<u64>(list + ((<usize>(at - gap)) << 3)) > value) {
          store<u64>(list + ((<usize>at) << 3), load<u64>(list + ((<usize>(at - gap)) << 3)));
          at -= gap;
        }
        store<u64>(list + ((<usize>at) << 3), value);
      }
    }
  }

  private forgetChanges(): void {
    this.dirtyCount = 0;
    this.changes = 0;
    this.spilledPages.clear();
    this.spill.clear();
    this.committedPages = this.pageCount;
  }

  /** Takes back everything since the last commit: changed pages are dropped, for the file still has what they were. */
  rollback(): Status {
    this.undo.clear();
    if (this.changes == 0) return OK;
    const cache = this.cache;
    for (let i: u32 = 1; i < cache.frameCount; i++) {
      const frame = cache.frameAt(i);
      if (frame.pageNo == NO_PAGE) continue;
      if (frame.dirty != 0 || frame.pageNo >= this.committedPages) {
        cache.detach(frame);
        cache.release(frame);
      }
    }
    this.pageCount = this.committedPages;
    this.forgetChanges();
    this.epoch += 1;
    return OK;
  }

  /** Takes back what was journaled since `mark` was the undo list's. A failure poisons the handle. */
  undoTo(mark: u64): Status {
    this.epoch += 1;
    const undo = this.undo;
    let found: i32;
    while ((found = undo.pop(mark)) > 0) {
      if (undo.kind == UNDO_GROW) {
        this.dropLastPage();
        continue;
      }
      const frame = this.frame(undo.pageNo);
      if (!frame) {
        found = -1;
        break;
      }
      const at = frame.data + undo.pageOffset;
      const len = undo.len;
      const tailLen = undo.tailLen;
      switch (undo.kind) {
        case UNDO_BYTES:
          memory.copy(at, undo.payload, len);
          break;
        case UNDO_ZEROS:
          memory.fill(at, 0, len);
          break;
        case UNDO_INSERT:
          memory.copy(at, at + len, tailLen);
          memory.copy(at + tailLen, undo.payload, len);
          break;
        case UNDO_REMOVE:
          memory.copy(at + len, at, tailLen);
          memory.copy(at, undo.payload, len);
          break;
      }
      frame.flags &= ~(FLAG_NODE_VALID | FLAG_SORTED);
      this.touch(frame, undo.pageOffset, len + tailLen);
    }
    if (found < 0) {
      this.poisoned = true;
      return lastError.status;
    }
    return OK;
  }

  private dropLastPage(): void {
    this.pageCount -= 1;
    const pageNo = this.pageCount;
    const frame = this.cache.find(pageNo);
    if (frame) {
      this.cache.detach(frame);
      this.cache.release(frame);
    }
    const slot = this.spilledPages.get(pageNo, NO_SLOT);
    if (slot != NO_SLOT) {
      this.spill.release(slot);
      this.spilledPages.delete(pageNo);
    }
  }

  /** Rolls back what is not committed, closes the provider and gives all memory back. */
  close(): Status {
    const spillStatus = this.spill.close();
    const status = this.provider.close();
    this.undo.free();
    this.cache.free();
    this.spilledPages.free();
    if (this.dirtyFrames != 0) heap.free(this.dirtyFrames);
    this.dirtyFrames = 0;
    this.poisoned = true;
    return status != OK ? status : spillStatus;
  }
}
