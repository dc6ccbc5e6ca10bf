/**
 * Pages of one store: the cache in front of the provider, the transaction's undo list, redo records and spill, the log, and
 * when a checkpoint comes (docs/log.md; how it is written: changed-pages.ts).
 *
 * Invariants:
 * - The main file (the provider) changes in a checkpoint only. Changed pages stay in their frames, or go to the spill; changes of records
 *   whose pages are neither here nor needed wait for the checkpoint.
 * - `mainPages` is the main file's length at the last checkpoint; a page at or above it that is in no frame and not in the spill is zero.
 *   What a torn checkpoint left there of the committed transactions is written again by the next one (`checkBeyond` in recovery.ts).
 * - Without a log (a store in memory) a commit is a checkpoint.
 * - After a failed sync, or a failed write to the main file, the manager is poisoned: what the files hold is not known any more.
 *
 * It is one thing because each of reading, changing, committing and taking back has to keep all of these at once.
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
  FILE_CHANGED,
  fail,
  lastError,
  savedError,
  restoreError,
} from "../status";
import { PAGE_SIZE, PAGE_SHIFT, LAYOUT_0_9, unclaimedPagesPage, reservedPages } from "./layout";
import { MemoryProvider } from "./provider";
import { PageCache, Frame, SECTOR_SHIFT, FLAG_NODE_VALID, FLAG_SORTED, FLAG_SPILLED, sectorsOf } from "./page-cache";
import { PageNotes } from "./page-notes";
import { ReadAhead } from "./read-ahead";
import { SectorCache, SECTORS_FRAME } from "./sector-cache";
import { failChanged } from "./changed-file";
import { ChangedPages, isChanged } from "./changed-pages";
import { LogFile, FRAMES_START } from "./log-file";
import { RedoBuffer } from "./redo-buffer";
import { Recovery } from "./recovery";
import { copyBytes, clearBytes } from "../encode/bytes";
import { xxh3 } from "../encode/xxh3";
import { Spill } from "./spill";
import { WaitingWrites } from "./waiting-writes";
import { UndoList, UNDO_BYTES, UNDO_ZEROS, UNDO_INSERT, UNDO_REMOVE, UNDO_GROW } from "./undo-list";

/** The default of the cache's byte limit: 16 MiB. */
export const DEFAULT_CACHE_BYTES: u64 = 16 << 20;

/** The default of the log's length that a checkpoint follows: 4 MiB. */
export const DEFAULT_CHECKPOINT_BYTES: u64 = 4 << 20;
/** Undo entries beyond this many bytes are dropped where no savepoint needs them; a rollback then replays the log. */
const UNDO_LIMIT: u64 = 1 << 20;

/** A page that so many sectors of are in memory already is read as a whole. */
const SECTORS_AT_MOST: u32 = 12;

export class MemoryManager {
  readonly cache: PageCache;
  private readonly sectors: SectorCache;
  readonly notes: PageNotes;
  private readonly readAhead: ReadAhead = new ReadAhead();
  private readonly waiting: WaitingWrites;
  /** Whether some of the running transaction do. */
  private waits: bool = false;
  readonly undo: UndoList;
  private readonly spill: Spill;
  private readonly changed: ChangedPages;
  /** Pages of the main file at the last checkpoint. */
  private mainPages: u32;
  /** The log, and the running transaction's records for it; null for a store in memory, or one that is only read. */
  private log: LogFile | null = null;
  redo: RedoBuffer | null = null;
  /** The log is emptied by a checkpoint when it is longer than this. */
  checkpointBytes: u64 = DEFAULT_CHECKPOINT_BYTES;
  /** Whether the undo list reaches back to the transaction's start. */
  private undoComplete: bool = true;
  /** Which of the two page layouts the file has. */
  layout: u8 = LAYOUT_0_9;
  /** Pages of the store, those of the running transaction included. */
  pageCount: u32;
  /** Grows with each change that was taken back; what is derived from pages is valid as long as it stays. */
  epoch: u32 = 0;
  /** Changes (writes, zeroings, splices, growths) since the last commit or rollback. */
  changes: u64 = 0;
  /** Transactions that were found in the log at the opening, and their bytes there. */
  recoveredTransactions: u32 = 0;
  recoveredBytes: u64 = 0;
  /** Whether a commit is durable when it returns; else with the next checkpoint or `sync`. */
  syncCommits: bool = true;
  private poisoned: bool = false;
  /** Of a store that is only read: whether anything was read since `settled`; the checkpoint that was announced last at the opening. */
  private unsettled: bool = false;
  private announced: u64 = 0;

  constructor(
    readonly provider: MemoryProvider,
    cacheBytes: u64 = DEFAULT_CACHE_BYTES,
  ) {
    const spill = new Spill(provider);
    this.spill = spill;
    this.undo = new UndoList(spill);
    const cache = new PageCache(cacheBytes);
    this.cache = cache;
    this.sectors = new SectorCache(cache);
    this.notes = new PageNotes(cacheBytes);
    const waiting = new WaitingWrites();
    this.waiting = waiting;
    this.changed = new ChangedPages(provider, cache, spill, waiting);
    this.mainPages = provider.pages;
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

  /** What is in memory is not known to be right any more: nothing can be done with this handle but closing it. */
  poison(): void {
    this.poisoned = true;
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

  /**
   * Where `pageNo` starts, or 0 on failure; only the `len` (> 0) bytes at `pageOffset`, and the rest of their sectors, are sure to be
   * there. Valid for the next `GUARANTEE` lookups. Not to be written through.
   */
  @inline part(pageNo: u32, pageOffset: u32, len: u32): usize {
    const frame = this.cache.find(pageNo);
    return frame ? frame.data : this.sectorsAt(pageNo, pageOffset, len, false);
  }

  /** The same for a record; of a page that others were wanted of just now all is read. */
  @inline recordPart(pageNo: u32, pageOffset: u32, len: u32): usize {
    const frame = this.cache.find(pageNo);
    return frame ? frame.data : this.sectorsAt(pageNo, pageOffset, len, true);
  }

  /** `part` of a page that is in no frame. */
  private sectorsAt(pageNo: u32, pageOffset: u32, len: u32, ofRecord: bool): usize {
    const first = pageOffset >> SECTOR_SHIFT;
    const count = ((pageOffset + len - 1) >> SECTOR_SHIFT) - first + 1;
    const known = this.sectors.find(pageNo, first, count);
    return known != 0 ? known : this.loadSectors(pageNo, first, count, ofRecord);
  }

  private loadSectors(pageNo: u32, first: u32, count: u32, ofRecord: bool): usize {
    const sectors = this.sectors;
    if (pageNo >= this.pageCount || (ofRecord && this.readAhead.wantsAll(pageNo)) || sectors.countOf(pageNo) >= SECTORS_AT_MOST) {
      return this.page(pageNo);
    }
    if (!this.changed.inOnePlace(pageNo, this.mainPages, first, count)) return this.page(pageNo);
    let frame = sectors.roomFor(count, ofRecord);
    if (!frame) {
      frame = this.takeFrame();
      if (!frame) return 0;
      sectors.fill(frame, ofRecord);
    }
    this.unsettled = this.readOnly;
    if (this.changed.readSectors(pageNo, first, count, SectorCache.placeIn(frame)) != OK) return 0;
    this.cache.misses += 1;
    const page = sectors.add(frame, pageNo, first, count);
    if (this.waiting.has(pageNo)) {
      const from = first << SECTOR_SHIFT;
      this.waiting.show(pageNo, page, from, from + (count << SECTOR_SHIFT));
    }
    return page;
  }

  /** Room for a note of `len` bytes on the page in `frame`; 0 when it has changed since it was read, or there is no memory. */
  makeNote(frame: Frame, len: u32): usize {
    return frame.dirty == 0 ? this.notes.make(frame.pageNo, len) : 0;
  }

  private load(pageNo: u32): Frame | null {
    if (pageNo >= this.pageCount) {
      fail(OUT_OF_BOUNDS, "page " + pageNo.toString() + " is outside of the file's " + this.pageCount.toString() + " pages");
      return null;
    }
    const frame = this.takeFrame();
    if (!frame) return null;
    this.unsettled = this.readOnly;
    if (this.changed.read(pageNo, this.mainPages, frame.data) != OK) {
      this.cache.release(frame);
      return null;
    }
    this.cache.misses += 1;
    this.cache.install(frame, pageNo);
    this.changed.markRead(frame);
    if (this.waiting.has(pageNo)) {
      this.noteChanged(frame);
      frame.dirty = this.waiting.sectorsIn(pageNo);
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
      this.sectors.empty(frame);
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
    if (!this.cache.isFull || this.cache.find(pageNo) || !this.waiting.hasRoom(len)) return 0;
    const first = pageOffset >> SECTOR_SHIFT;
    const page = this.sectors.find(pageNo, first, ((pageOffset + len - 1) >> SECTOR_SHIFT) - first + 1);
    return page != 0 ? page + pageOffset : 0;
  }

  /** Changes the bytes of such a part, which is at `at`, to the `len` at `ptr`, or to zeros when that is 0, and lets the change wait. */
  letWait(pageNo: u32, pageOffset: u32, at: usize, ptr: usize, len: u32): void {
    const waiting = this.waiting;
    const sectors = sectorsOf(pageOffset, len) & ~(waiting.sectorsIn(pageNo) | this.changed.spilledSectors(pageNo));
    if (sectors != 0) this.noteBases(pageNo, at - pageOffset, sectors);
    waiting.add(pageNo, pageOffset, ptr, len);
    if (ptr != 0) copyBytes(at, ptr, len);
    else clearBytes(at, len);
    this.waits = true;
    this.changes += 1;
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
    const sectors = sectorsOf(pageOffset, len);
    if ((sectors & ~frame.dirty) != 0) this.firstChange(frame, sectors);
    this.changes += 1;
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
    if (!(frame.flags & FLAG_SPILLED)) this.changed.note(frame);
  }

  /** Has the log note what the main file has of sectors that are about to change for the first time since the last checkpoint. */
  private noteBases(pageNo: u32, page: usize, sectors: u32): void {
    const redo = this.redo;
    if (!redo || pageNo >= this.mainPages) return;
    while (sectors != 0) {
      const first = ctz(sectors);
      const count = ctz(~(sectors >> first));
      const pageOffset = first << SECTOR_SHIFT;
      const len = count << SECTOR_SHIFT;
      redo.base(pageNo, pageOffset, len, xxh3(page + pageOffset, len));
      sectors &= ~sectorsOf(pageOffset, len);
    }
  }

  /** Forgets what is known of a page but its frame. */
  private forget(pageNo: u32): void {
    this.sectors.forget(pageNo);
    this.notes.forget(pageNo);
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
    this.changes += 1;
    this.cache.install(frame, pageNo);
    return pageNo;
  }

  /** Whether there is anything to commit. */
  get hasChanges(): bool {
    return this.changes != 0;
  }

  /** Takes the log into use that belongs to the provider's file, and replays what is in it. On failure both stay as they are. */
  useLog(log: LogFile): Status {
    this.log = log;
    const status = this.recover(log);
    // Closing would empty a log that was refused.
    if (status != OK) this.poisoned = true;
    return status;
  }

  private recover(log: LogFile): Status {
    let status = OK;
    if (log.readOnly) {
      status = log.readAnnounced();
      this.announced = log.announced;
    } else {
      status = log.claim();
      this.spill.guard = log;
    }
    // Another writer may have gone on until now.
    if (status == OK) status = log.readHeaders();
    if (status == OK) status = this.provider.refresh();
    this.startAt(this.provider.pages);
    // Another session did not come to its end. If it is alive it may write no more; what it has open it keeps.
    if (status == OK && !log.readOnly && log.wasLeftOpen) this.provider.removeSpill();
    const recovery = new Recovery(this, log);
    if (status == OK) status = recovery.run();
    this.recoveredTransactions = recovery.transactions;
    this.recoveredBytes = log.committedEnd - FRAMES_START;
    if (log.readOnly) {
      this.changes = 0;
      return this.sameGeneration(log, status);
    }
    if (status != OK) return status;
    this.changes = 0;
    this.redo = new RedoBuffer(log);
    if (recovery.recovered) return this.writeCheckpoint(!recovery.images);
    // A new file's name must last before what is in its log counts on it.
    if (this.pageCount == 0) {
      status = this.provider.sync();
      if (status != OK) return status;
    }
    const page = this.pageCount > 0 ? this.page(0) : 0;
    return log.reset(this.mainPages, page != 0 ? xxh3(page, PAGE_SIZE) : 0);
  }

  /** A log that is replayed for reading must not have been begun anew meanwhile: `FILE_CHANGED` instead of what came of that. */
  private sameGeneration(log: LogFile, replayed: Status): Status {
    const error = savedError();
    const generation = log.generation;
    const status = log.readHeaders();
    if (status == OK && log.generation != generation)
      return fail(FILE_CHANGED, "another program has changed the file while it was being opened", "try again");
    return replayed != OK ? restoreError(error) : status;
  }

  /**
   * What something that read pages came to: `status`, unless the store is only read and another program has changed the main file since it
   * was opened. Then it is `FILE_CHANGED`, now and ever after: what was read may be of two states, and seem damaged.
   */
  settled(status: Status): Status {
    if (!this.unsettled) return status;
    const log = this.log;
    // Wasmer tells for ever what a file's time was when it was opened; the log tells of Quire's own changes everywhere.
    if (log) {
      const read = log.readAnnounced();
      if (read != OK) return read;
    }
    if (!this.provider.changed && (!log || log.announced == this.announced)) {
      this.unsettled = false;
      return status;
    }
    return failChanged(this.provider.name);
  }

  /** The store is as the main file's first `pages` pages have it; for `Recovery`. */
  startAt(pages: u32): void {
    this.mainPages = pages;
    this.pageCount = pages;
  }

  /**
   * Makes the transaction durable: its records are appended to the log, which is synced. A failure before that (no room) leaves the
   * transaction as it was, to be rolled back; a failed sync poisons the handle, and so does another writer.
   */
  commit(): Status {
    const redo = this.redo;
    const log = this.log;
    if (!redo || !log) return this.checkpoint();
    if (redo.mark != 0) {
      let status = this.writable();
      if (status == OK) status = redo.commit();
      if (status == HANDLE_POISONED) this.poisoned = true;
      if (status != OK) return status;
      if (this.syncCommits) {
        status = log.sync();
        if (status != OK) this.poisoned = true;
        else status = this.stillOwner(log);
        if (status != OK) return status;
      }
    }
    this.undo.clear();
    this.undoComplete = true;
    this.waits = false;
    this.changes = 0;
    // The transaction is durable whatever becomes of the checkpoint; if that fails the next statement says so.
    if (log.usedBytes > this.checkpointBytes || this.waiting.areMany) this.checkpoint();
    return OK;
  }

  private stillOwner(log: LogFile): Status {
    const status = log.checkOwner();
    if (status != OK) this.poisoned = true;
    return status;
  }

  /** Makes earlier commits durable that were not synced. */
  sync(): Status {
    const log = this.log;
    if (!log || log.readOnly) return OK;
    let status = this.usable();
    if (status == OK) status = log.sync();
    if (status != OK) this.poisoned = true;
    return status == OK ? this.stillOwner(log) : status;
  }

  /** Brings the main file up to date and empties the log. Not inside a transaction. */
  checkpoint(): Status {
    if (this.changed.none && this.waiting.isEmpty && this.pageCount == this.mainPages) return OK;
    return this.writeCheckpoint(true);
  }

  /** Without `withImages` the log must have the images already. */
  private writeCheckpoint(withImages: bool): Status {
    let status = this.writable();
    if (status == OK) status = this.mergeSpilled();
    if (status != OK) return status;
    const log = this.log;
    if (log) {
      if (withImages) status = this.writeImages(log);
      if (status == HANDLE_POISONED) this.poisoned = true;
      if (status != OK) return status;
      status = this.stillOwner(log);
      if (status == OK) status = log.announceCheckpoint();
    }
    if (status == OK) status = this.writeBack();
    if (status == OK && (this.syncCommits || log)) status = this.provider.sync();
    if (status == OK) {
      // Before page 0 is looked at: it may have to be read, and is to be as the main file has it.
      this.forgetChanges();
      if (log) status = this.resetLog(log);
    }
    if (status != OK) this.poisoned = true;
    return status;
  }

  /** Carries out the changes of records that wait for pages that are in the spill. */
  private mergeSpilled(): Status {
    const pages = this.waiting.pages();
    for (let i = 0; i < pages.length; i++) {
      if (this.changed.spilledSectors(pages[i]) != 0 && !this.frame(pages[i])) return lastError.status;
    }
    return OK;
  }

  /** Begins the log anew behind the main file as it is now. */
  private resetLog(log: LogFile): Status {
    const page = this.page(0);
    if (page == 0) return lastError.status;
    const status = log.reset(this.mainPages, xxh3(page, PAGE_SIZE));
    return status == OK ? log.sync() : status;
  }

  /** Appends the new content of all changed sectors that the main file has, and syncs the log. */
  private writeImages(log: LogFile): Status {
    const start = log.end;
    let status = this.changed.appendImages(log, this.mainPages);
    // Without images, too: the main file must not run ahead of commits that were not synced.
    if (status == OK && (log.end != start || !this.syncCommits)) {
      status = log.sync();
      if (status != OK) this.poisoned = true;
    }
    if (status != OK) log.rewindToCommit();
    return status;
  }

  /** Gives the main file its new length, and writes what differs. */
  private writeBack(): Status {
    if (this.pageCount > this.provider.pages) {
      const status = this.provider.grow(this.pageCount - this.provider.pages);
      if (status != OK) return status;
    }
    return this.changed.writeBack(this.log);
  }

  /** Nothing differs from the main file. */
  private forgetChanges(): void {
    this.changed.clear();
    this.waiting.clear();
    this.waits = false;
    this.changes = 0;
    this.mainPages = this.pageCount;
    this.undo.clear();
    this.undoComplete = true;
    const redo = this.redo;
    if (redo) {
      redo.clear();
      redo.clearBases();
    }
  }

  /**
   * Takes back everything since the last commit: by the undo list if it reaches so far, else from the main file and the log. (The undo list
   * would have the pages read that changes wait for, and others put into the spill for them.)
   */
  rollback(): Status {
    const redo = this.redo;
    const log = this.log;
    let status = this.usable();
    if (status != OK) return status;
    if (this.changes == 0) {
      this.undo.clear();
    } else if (redo && log && this.undoComplete && !this.waits) status = this.undoTo(0, 0);
    else {
      this.dropChanges();
      if (redo && log) {
        redo.clear();
        log.rewindToCommit();
        status = new Recovery(this, log).runAgain();
        if (status != OK) this.poisoned = true;
      }
    }
    this.undoComplete = true;
    this.waits = false;
    this.changes = 0;
    return status;
  }

  /** Every page is as the main file has it. */
  private dropChanges(): void {
    this.forgetPages(this.changed.spilled());
    this.forgetPages(this.waiting.pages());
    this.waiting.clear();
    const cache = this.cache;
    for (let i: u32 = 1; i < cache.frameCount; i++) {
      const frame = cache.frameAt(i);
      if (frame.pageNo == NO_PAGE || frame.pageNo == SECTORS_FRAME) continue;
      if (isChanged(frame) || frame.pageNo >= this.mainPages) {
        cache.detach(frame);
        cache.release(frame);
      }
    }
    this.pageCount = this.mainPages;
    // First what has slots of the spill, which are all forgotten then.
    this.undo.clear();
    this.changed.clear();
    this.epoch += 1;
  }

  /** A statement is done and no savepoint is open: undo entries are kept only while a rollback by them is cheap. */
  statementDone(): void {
    if (!this.redo || this.undo.mark > UNDO_LIMIT || !this.undoComplete) {
      this.undo.clear();
      this.undoComplete = this.undoComplete && this.changes == 0;
    }
  }

  /** The position of the redo records, to go with the undo list's. */
  get redoMark(): u64 {
    const redo = this.redo;
    return redo ? redo.mark : 0;
  }

  /** Takes back what was journaled since `mark` was the undo list's. A failure poisons the handle. */
  undoTo(mark: u64, redoMark: u64): Status {
    // What an undo left that failed half-way is not to be gone on from.
    if (this.poisoned) return this.usable();
    this.epoch += 1;
    const redo = this.redo;
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
      this.touch(frame, undo.pageOffset, len + tailLen);
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
    }
    let status = found < 0 ? lastError.status : OK;
    if (status == OK && redo) status = redo.truncate(redoMark);
    if (status != OK) this.poisoned = true;
    return status;
  }

  private dropLastPage(): void {
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

  /** Rolls back what is not committed, brings the main file up to date, closes the files and gives all memory back. */
  close(): Status {
    let status = OK;
    const log = this.log;
    this.settled(OK);
    if (!this.poisoned && log && !this.readOnly) {
      if (this.changes != 0) status = this.rollback();
      if (status == OK) status = this.checkpoint();
      if (status == OK) status = log.shrink();
    }
    if (log) {
      const closed = log.close();
      if (status == OK) status = closed;
    }
    const spillStatus = this.spill.close();
    const closed = this.provider.close();
    const redo = this.redo;
    if (redo) redo.free();
    this.undo.free();
    this.waiting.free();
    this.sectors.free();
    this.notes.free();
    this.cache.free();
    this.changed.free();
    this.poisoned = true;
    return status != OK ? status : closed != OK ? closed : spillStatus;
  }
}
