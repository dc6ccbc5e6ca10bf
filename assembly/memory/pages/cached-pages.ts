/**
 * Pages of one store in memory: looked up, read as a whole or in part, evicted, and noted as changed. When changes become durable, or are
 * taken back, is memory-manager.ts's.
 *
 * Invariants:
 * - The main file (the provider) changes in a checkpoint only. Changed pages stay in their frames, or go to the spill; changes of records
 *   whose pages are neither here nor needed wait for the checkpoint.
 * - `mainPages` is the main file's length at the last checkpoint; a page at or above it that is in no frame and not in the spill is zero.
 *   What a torn checkpoint left there of the committed transactions is written again by the next one (`checkBeyond` in recovery.ts).
 */
import {
  ErrorDetail,
  Status,
  OK,
  DAMAGED,
  OUT_OF_BOUNDS,
  OUT_OF_MEMORY,
  OUT_OF_PAGES,
  NO_PAGE,
  fail,
  lastError,
  restoreError,
  savedError,
} from "../../status";
import { PAGE_SIZE } from "../base/layout";
import { changeBytes } from "../base/page-change";
import { CHANGED, CLEAN, COMMITTED, READING, HandleState, goTo } from "../base/handle-state";
import { MemoryProvider } from "../file/provider";
import {
  PageCache,
  Frame,
  SECTOR_SHIFT,
  FLAG_COMPACT,
  FLAG_PASSING,
  FLAG_SPILLED,
  firstByte,
  runBytes,
  sectorsOf,
} from "../cache/page-cache";
import { CompactCache } from "../cache/compact-cache";
import { DerivedCache } from "../cache/derived-cache";
import { WholePagePolicy } from "../cache/whole-page-policy";
import { SectorCache, SECTORS_FRAME } from "../cache/sector-cache";
import { DirtyPages, isDirty } from "./dirty-pages";
import { RedoBuffer } from "../log/redo-buffer";
import { xxh3 } from "../../encode/xxh3";
import { Spill } from "./spill";
import { UndoList } from "./undo-list";
import { DeferredWrites } from "../cache/deferred-writes";

/** A page that so many sectors of are in memory already is read as a whole. */
const SECTORS_AT_MOST: u32 = 12;

export abstract class CachedPages {
  readonly cache: PageCache;
  private readonly sectors: SectorCache;
  readonly derived: DerivedCache;
  readonly compact: CompactCache;
  private readonly readAhead: WholePagePolicy = new WholePagePolicy();
  protected readonly waiting: DeferredWrites;
  /** Whether some of the running transaction do. */
  protected waits: bool = false;
  protected readonly spill: Spill;
  /** What takes the running transaction's changes back; the spill is for it, too. */
  readonly undo: UndoList;
  protected readonly changed: DirtyPages;
  /** Pages of the main file at the last checkpoint. */
  protected mainPages: u32;
  /** Pages of the store, those of the running transaction included. */
  pageCount: u32;
  /** What may be done with the handle; changed by `become` only. */
  state: HandleState;
  /** The running transaction's records for the log; null for a store in memory, or one that is only read. */
  redo: RedoBuffer | null = null;
  /** Whether anything was read since it was looked last whether the file is this session's still (`leave`). */
  protected hasRead: bool = false;

  constructor(
    readonly provider: MemoryProvider,
    cacheBytes: u64,
  ) {
    const spill = new Spill(provider);
    this.spill = spill;
    this.undo = new UndoList(spill);
    const cache = new PageCache(cacheBytes);
    this.cache = cache;
    this.sectors = new SectorCache(cache);
    this.derived = new DerivedCache(cacheBytes);
    this.compact = new CompactCache(cache);
    const waiting = new DeferredWrites();
    this.waiting = waiting;
    this.changed = new DirtyPages(provider, cache, spill, waiting);
    this.mainPages = provider.pages;
    this.pageCount = provider.pages;
    this.state = provider.readOnly ? READING : CLEAN;
  }

  /** Goes on to another state. */
  protected become(state: HandleState): void {
    this.state = goTo(this.state, state);
  }

  /** Takes note that the running transaction changes something. */
  @inline private noteTransaction(): void {
    if (this.state <= COMMITTED) this.become(CHANGED);
  }

  /** The store is as the main file's first `pages` pages have it; for `Recovery`. */
  startAt(pages: u32): void {
    this.mainPages = pages;
    this.pageCount = pages;
  }

  get readOnly(): bool {
    return this.provider.readOnly;
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

  /** The same for a scan that comes to each of its pages once, and began when there had been `since` lookups. */
  pageInPassing(pageNo: u32, since: u32): usize {
    const cache = this.cache;
    let frame = cache.find(pageNo);
    // Another scan comes to it while it is still here.
    if (frame) frame.flags &= ~FLAG_PASSING;
    else {
      const isFull = cache.isFull;
      frame = this.load(pageNo);
      if (frame && isFull && frame.dirty == 0 && <i32>(cache.evictedTick - since) > 0) frame.flags |= FLAG_PASSING;
    }
    return frame ? frame.data : 0;
  }

  /**
   * Where `pageNo` starts, or 0 on failure; only the `len` (> 0) bytes at `pageOffset`, and the rest of their sectors, are sure to be
   * there. Valid for the next `GUARANTEE` lookups. Not to be written through.
   */
  @inline part(pageNo: u32, pageOffset: u32, len: u32): usize {
    const frame = this.cache.find(pageNo);
    return frame ? frame.data : this.sectorsAt(pageNo, pageOffset, len, false, false);
  }

  /** The same for a record; with `readsAhead` all is read of a page that others were wanted of just now. */
  @inline recordPart(pageNo: u32, pageOffset: u32, len: u32, readsAhead: bool = true): usize {
    const frame = this.cache.find(pageNo);
    return frame ? frame.data : this.sectorsAt(pageNo, pageOffset, len, true, readsAhead);
  }

  /** `part` or `recordPart` of a page that is in no frame. */
  private sectorsAt(pageNo: u32, pageOffset: u32, len: u32, ofRecord: bool, readsAhead: bool): usize {
    const first = pageOffset >> SECTOR_SHIFT;
    const count = ((pageOffset + len - 1) >> SECTOR_SHIFT) - first + 1;
    const known = this.sectors.find(pageNo, first, count);
    return known != 0 ? known : this.loadSectors(pageNo, first, count, ofRecord, readsAhead);
  }

  private loadSectors(pageNo: u32, first: u32, count: u32, ofRecord: bool, readsAhead: bool): usize {
    const sectors = this.sectors;
    if (
      pageNo >= this.pageCount ||
      // off: whole-page policy
      (readsAhead && this.readAhead.wantsAll(pageNo)) ||
      sectors.countOf(pageNo) >= SECTORS_AT_MOST
    ) {
      return this.page(pageNo);
    }
    // off: reading sectors
    if (!this.changed.inOnePlace(pageNo, this.mainPages, first, count)) return this.page(pageNo);
    let frame = sectors.roomFor(count, ofRecord);
    if (!frame) {
      frame = this.takeFrame();
      if (!frame) return 0;
      sectors.fill(frame, ofRecord);
    }
    this.hasRead = true;
    if (this.changed.readSectors(pageNo, first, count, SectorCache.placeIn(frame)) != OK) {
      this.noteUnread();
      return 0;
    }
    this.cache.misses += 1;
    const page = sectors.add(frame, pageNo, first, count);
    if (this.waiting.has(pageNo)) {
      const from = first << SECTOR_SHIFT;
      // mutant: a sector that is read does not show the changes that wait for its page
      this.waiting.show(pageNo, page, from, from + (count << SECTOR_SHIFT));
    }
    return page;
  }

  /** Room for `len` bytes that are derived from the page in `frame`; 0 when it has changed since it was read, or there is no memory. */
  makeDerived(frame: Frame, len: u32): usize {
    // off: derived cache
    return frame.dirty == 0 ? this.derived.make(frame.pageNo, len) : 0;
  }

  /** Whether a page that is read now may be had compact later. */
  get mayCompact(): bool {
    return this.cache.isFull && this.compact.mayGrow;
  }

  /**
   * Room for `len` bytes (at most `MAX_COMPACT`) that the page in `frame` is to be had in when it is not in memory any more; 0 when it
   * has changed since it was read, or pages need not go, or there is no room.
   */
  makeCompact(frame: Frame, len: u32): usize {
    // off: compact leaves
    if (frame.dirty != 0 || !this.cache.isFull) return 0;
    const compact = this.compact;
    let place = compact.roomFor(len);
    if (!place) {
      if (!compact.mayGrow) return 0;
      place = this.takeFrame();
      if (!place) return 0;
      compact.fill(place);
    }
    return compact.add(place, frame.pageNo, len);
  }

  /** Why a page could not be read for the first time. */
  private unread: ErrorDetail | null = null;

  private noteUnread(): void {
    if (!this.unread && lastError.status != DAMAGED) this.unread = savedError();
  }

  /** `OK` while all pages that were wanted could be read, else why not: for who takes what is not there for lost. */
  allRead(): Status {
    const unread = this.unread;
    return unread ? restoreError(unread) : OK;
  }

  private load(pageNo: u32): Frame | null {
    if (pageNo >= this.pageCount) {
      fail(OUT_OF_BOUNDS, "page " + pageNo.toString() + " is outside of the file's " + this.pageCount.toString() + " pages");
      return null;
    }
    const frame = this.takeFrame();
    if (!frame) return null;
    this.hasRead = true;
    if (this.changed.read(pageNo, this.mainPages, frame.data) != OK) {
      this.noteUnread();
      this.cache.release(frame);
      return null;
    }
    this.cache.misses += 1;
    this.cache.install(frame, pageNo);
    this.changed.markRead(frame);
    if (this.waiting.has(pageNo)) {
      this.noteChanged(frame);
      frame.dirty = this.waiting.sectorsIn(pageNo);
      // mutant: a page that is read does not get the changes that wait for it
      this.waiting.carryOut(pageNo, frame.data);
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
    if (frame.pageNo == SECTORS_FRAME) {
      if (frame.flags & FLAG_COMPACT) this.compact.empty(frame);
      else this.sectors.empty(frame);
      return frame;
    }
    if (this.changed.keep(frame) != OK) return null;
    this.cache.detach(frame);
    return frame;
  }

  /** Whether a change of `len` bytes of a record need not read its page. */
  writeMayWait(len: u32): bool {
    return this.cache.isFull && this.waiting.takes(len);
  }

  /**
   * Where the `len` (> 0) bytes at `pageOffset` are of a page that is in memory only in part, if a change of them may wait; else 0. Valid
   * for the next `GUARANTEE` lookups.
   */
  waitingPart(pageNo: u32, pageOffset: u32, len: u32): usize {
    // off: deferred writes
    if (!this.cache.isFull || this.cache.find(pageNo) || !this.waiting.hasRoom(len)) return 0;
    const first = pageOffset >> SECTOR_SHIFT;
    const page = this.sectors.find(pageNo, first, ((pageOffset + len - 1) >> SECTOR_SHIFT) - first + 1);
    return page != 0 ? page + pageOffset : 0;
  }

  /** Makes a change (WRITE or ZERO, which has 0 for `ptr`) of such a part, which is at `at`, and lets it wait. */
  letWait(kind: u32, pageNo: u32, pageOffset: u32, at: usize, ptr: usize, len: u32): void {
    const waiting = this.waiting;
    const sectors = sectorsOf(pageOffset, len) & ~(waiting.sectorsIn(pageNo) | this.changed.spilledSectors(pageNo));
    // mutant: what the page file has of a sector is not noted when a change of it waits
    if (sectors != 0) this.noteBases(pageNo, at - pageOffset, sectors);
    waiting.add(pageNo, pageOffset, ptr, len);
    // mutant: a sector in memory does not show a change that waits for its page
    changeBytes(kind, at, ptr, len, 0);
    this.waits = true;
    this.noteTransaction();
  }

  /** Carries out the changes of records that wait, page by page. */
  carryOutWrites(): Status {
    const pages = this.waiting.pages();
    for (let i = 0; i < pages.length; i++) {
      if (!this.frame(unchecked(pages[i]))) return lastError.status;
    }
    return OK;
  }

  /** Whether so many changes of records wait that they had better be carried out. */
  get manyWrites(): bool {
    return this.waiting.areMany;
  }

  /** To be called before `len` (> 0) bytes at `pageOffset` of `frame` are changed. */
  @inline touch(frame: Frame, pageOffset: u32, len: u32): void {
    // off: writing sectors
    const sectors = sectorsOf(pageOffset, len);
    if ((sectors & ~frame.dirty) != 0) this.firstChange(frame, sectors);
    this.noteTransaction();
  }

  /** To be called before all of a page is overwritten by a change that the log has, or is to have. */
  noteWhole(pageNo: u32): void {
    if (pageNo < this.mainPages) this.changed.noteWhole(pageNo);
  }

  /** Whether a page of the main file was overwritten as a whole since the last checkpoint. */
  isWhole(pageNo: u32): bool {
    return this.changed.isWhole(pageNo);
  }

  /** Some of these sectors are changed for the first time since their page was read. */
  private firstChange(frame: Frame, sectors: u32): void {
    if (frame.dirty == 0) this.noteChanged(frame);
    this.noteBases(frame.pageNo, frame.data, sectors & ~this.changed.changedSectors(frame));
    frame.dirty |= sectors;
  }

  /** Takes note that a page is changed for the first time since it was read. */
  private noteChanged(frame: Frame): void {
    this.forget(frame.pageNo);
    frame.flags &= ~FLAG_PASSING;
    if (!(frame.flags & FLAG_SPILLED)) this.changed.note(frame);
  }

  /** Has the log note what the main file has of sectors that are about to change for the first time since the last checkpoint. */
  private noteBases(pageNo: u32, page: usize, sectors: u32): void {
    const redo = this.redo;
    if (!redo || pageNo >= this.mainPages || this.changed.isWhole(pageNo)) return;
    while (sectors != 0) {
      const pageOffset = firstByte(sectors);
      const len = runBytes(sectors);
      // off: bases
      redo.noteBase(pageNo, pageOffset, len, xxh3(page + pageOffset, len));
      sectors &= ~sectorsOf(pageOffset, len);
    }
  }

  /** Forgets what is known of a page but its frame. */
  private forget(pageNo: u32): void {
    // mutant: a page that is changed does not forget its sectors
    this.sectors.forget(pageNo);
    // mutant: a page that is changed does not forget its fences
    this.derived.forget(pageNo);
    // mutant: a page that is changed does not forget its compact form
    this.compact.forget(pageNo);
  }

  private forgetPages(pages: StaticArray<u32>): void {
    for (let i = 0; i < pages.length; i++) this.forget(unchecked(pages[i]));
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
    this.noteTransaction();
    this.cache.install(frame, pageNo);
    return pageNo;
  }

  /** Takes back the growth by a page. */
  protected dropLastPage(): void {
    this.pageCount -= 1;
    const pageNo = this.pageCount;
    const frame = this.cache.find(pageNo);
    if (frame) {
      this.cache.detach(frame);
      this.cache.release(frame);
    }
    this.forget(pageNo);
    this.changed.drop(pageNo);
  }

  /** Carries out the changes of records that wait for pages that are in the spill. */
  protected mergeSpilled(): Status {
    const pages = this.waiting.pages();
    for (let i = 0; i < pages.length; i++) {
      if (this.changed.spilledSectors(pages[i]) != 0 && !this.frame(pages[i])) return lastError.status;
    }
    return OK;
  }

  /** Every page is as the main file has it. */
  protected dropPages(): void {
    // mutant: a rollback does not forget what was read of the spill
    this.forgetPages(this.changed.spilled());
    // mutant: a rollback does not forget the sectors of pages that changes wait for
    this.forgetPages(this.waiting.pages());
    this.waiting.clear();
    const cache = this.cache;
    for (let i: u32 = 1; i < cache.frameCount; i++) {
      const frame = cache.frameAt(i);
      if (frame.pageNo == NO_PAGE || frame.pageNo == SECTORS_FRAME) continue;
      if (isDirty(frame) || frame.pageNo >= this.mainPages) {
        cache.detach(frame);
        cache.release(frame);
      }
    }
    this.pageCount = this.mainPages;
    this.changed.clear();
  }

  /** Gives all memory back. */
  protected freePages(): void {
    this.undo.free();
    this.waiting.free();
    this.sectors.free();
    this.derived.free();
    this.compact.free();
    this.cache.free();
    this.changed.free();
  }
}
