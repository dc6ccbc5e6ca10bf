/**
 * What becomes of changes to a store's pages: the transaction's undo list and redo records, the log, commit and rollback, and when a
 * checkpoint comes (docs/log.md; how it is written: dirty-pages.ts). The pages themselves: cached-pages.ts.
 *
 * - Without a log (a store in memory) a commit is a checkpoint.
 * - What may be done next goes by the handle's state (handle-state.ts). After a failed sync, or a failed write to the main file, it is
 *   POISONED: what the files hold is not known any more.
 */
import {
  Status,
  OK,
  HANDLE_POISONED,
  OUTCOME_UNKNOWN,
  READ_ONLY,
  FILE_CHANGED,
  fail,
  lastError,
  savedError,
  restoreError,
} from "../../status";
import { CHANGED, CLEAN, CLOSED, COMMITTED, OUTDATED, POISONED, READING, REPLAYING, UNDO_CUT } from "../base/handle-state";
import { PAGE_SIZE, LAYOUT_0_9, unclaimedPagesPage, reservedPages } from "../base/layout";
import { SparePages } from "../base/spare-pages";
import { MemoryProvider } from "../file/provider";
import { CachedPages } from "../pages/cached-pages";
import { FLAG_NODE_VALID, FLAG_SORTED } from "../cache/page-cache";
import { failChanged } from "../file/foreign-writer";
import { LogFile, FRAMES_START, LOOK_FIRST, OUTCOME_DONE, OUTCOME_NONE, OUTCOME_OPEN } from "../file/log-file";
import { applyChange } from "../pages/page-changes";
import { RedoBuffer } from "../log/redo-buffer";
import { Recovery } from "./recovery";
import { xxh3 } from "../../encode/xxh3";
import { SHRINK } from "../pages/undo-list";

/** The default of the cache's byte limit: 16 MiB. */
export const DEFAULT_CACHE_BYTES: u64 = 16 << 20;

/** The default of the log's length that a checkpoint follows: 4 MiB. */
const DEFAULT_CHECKPOINT_BYTES: u64 = 4 << 20;
/** Undo entries beyond this many bytes are dropped where no savepoint needs them; a rollback then replays the log. */
const UNDO_LIMIT: u64 = 1 << 20;
/** The same where changes wait for pages, each of which an undo may read. */
const UNDO_OF_WAITING: u64 = 1 << 12;

/** What is to be done with a handle. */
type Work = i32;
export const READ: Work = 0;
export const WRITE: Work = 1;

export class MemoryManager extends CachedPages {
  /** Null for a store in memory. */
  private log: LogFile | null = null;
  /** The log is emptied by a checkpoint when it is longer than this. */
  checkpointBytes: u64 = DEFAULT_CHECKPOINT_BYTES;
  /** Which of the two page layouts the file has. */
  layout: u8 = LAYOUT_0_9;
  /** Grows with each change that was taken back; what is derived from pages is valid as long as it stays. */
  epoch: u32 = 0;
  /** Transactions that were found in the log at the opening, and their bytes there. */
  recoveredTransactions: u32 = 0;
  recoveredBytes: u64 = 0;
  /** Bytes behind those that hold commits which can't be read, and where a copy of the log is kept; "" when it was only looked at. */
  unreadableBytes: u64 = 0;
  logCopy: string = "";
  /** Whether a commit is durable when it returns; else with the next checkpoint or `sync`. */
  syncCommits: bool = true;
  /** Why the handle is poisoned. */
  private poisonedBy: string = "";
  /** Of a store that is only read: the checkpoint that was announced last at the opening. */
  private announced: u64 = 0;

  constructor(provider: MemoryProvider, cacheBytes: u64 = DEFAULT_CACHE_BYTES) {
    super(provider, cacheBytes);
  }

  /** In a layout without an unclaimed-pages ledger: pages that are nobody's, as far as is known. */
  readonly sparePages: SparePages = new SparePages();

  /** The unclaimed-pages ledger's page in this file's layout. */
  get unclaimedPagesPage(): u32 {
    return unclaimedPagesPage(this.layout);
  }

  /** Pages at the start that belong to no table, in this file's layout. */
  get reservedPages(): u32 {
    return reservedPages(this.layout);
  }

  /** Nothing but closing can be done with this handle, for the reason in `lastError`: what is in memory may be wrong. */
  poison(): void {
    if (this.state >= OUTDATED) return;
    this.poisonedBy = lastError.what;
    this.become(POISONED);
  }

  /** A store in memory whose first pages have been made is only read from now on. */
  onlyRead(): void {
    this.provider.readOnly = true;
    this.become(READING);
  }

  /** `OK` when work may begin that reads, or (`WRITE`) changes, what is stored; it ends with `leave`. */
  enter(work: Work): Status {
    if (work == WRITE && this.readOnly) return fail(READ_ONLY, "the store is open for reading only");
    if (this.state < OUTDATED) return OK;
    if (this.state == OUTDATED) return failChanged(this.provider.name);
    const reason = this.poisonedBy == "" ? "" : ": " + this.poisonedBy;
    return fail(HANDLE_POISONED, "an earlier failure left this handle unusable" + reason, "close it and open the file again");
  }

  /** Whether there is anything to commit. */
  get hasChanges(): bool {
    return this.state == CHANGED || this.state == UNDO_CUT;
  }

  /** Nothing is left of the transaction but what the log has. */
  private endTransaction(): void {
    this.waits = false;
    this.undo.clear();
    const state = this.isAsMainFile ? CLEAN : COMMITTED;
    if (this.state != state) this.become(state);
  }

  /** Whether no page differs from the main file. */
  private get isAsMainFile(): bool {
    return this.changed.none && this.waiting.isEmpty && this.pageCount == this.mainPages;
  }

  /** Whether commits go to a log first: to a store in memory they do not. */
  get hasLog(): bool {
    return this.log !== null;
  }

  /** Takes the log into use that belongs to the provider's file, and replays what is in it. On failure both stay as they are. */
  useLog(log: LogFile): Status {
    this.log = log;
    this.become(REPLAYING);
    let status = this.recover(log);
    // What does not fit together may be of two states, of which another program has made the second one meanwhile.
    if (status != OK) status = log.readOnly ? this.leave(status) : log.unlessOvertaken();
    // Closing would empty a log that was refused.
    if (status != OK) this.poison();
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
    // mutant: the header is read before the mark is left
    if (status == OK) status = log.readHeaders();
    // mutant: the size is read before the mark is left
    if (status == OK) status = this.provider.refresh();
    this.startAt(this.provider.pages);
    // Another session did not come to its end. If it is alive it may write no more; what it has open it keeps.
    if (status == OK && !log.readOnly && log.wasLeftOpen) this.provider.removeSpill();
    const recovery = new Recovery(this, log);
    if (status == OK) status = recovery.run();
    this.recoveredTransactions = recovery.transactions;
    this.recoveredBytes = log.committedEnd - FRAMES_START;
    this.unreadableBytes = recovery.unreadableBytes;
    if (log.readOnly) {
      status = this.sameGeneration(log, status);
      if (status == OK) this.become(READING);
      return status;
    }
    if (status == OK && this.unreadableBytes > 0) {
      // What comes next takes all frames out of the log.
      this.logCopy = log.copyAside();
      if (this.logCopy == "") status = lastError.status;
    }
    if (status != OK) return status;
    this.redo = new RedoBuffer(log);
    if (recovery.recovered) {
      this.become(COMMITTED);
      // mutant: a recovery writes over the images that it needs
      return this.writeCheckpoint(!recovery.images);
    }
    this.become(CLEAN);
    // A new file's name must last before what is in its log counts on it.
    if (this.pageCount == 0) {
      // mutant: a new file is not synced
      status = this.provider.sync();
      if (status != OK) return status;
    }
    const page = this.pageCount > 0 ? this.page(0) : 0;
    return log.reset(this.mainPages, page != 0 ? xxh3(page, PAGE_SIZE) : 0);
  }

  /** A warning that the log holds commits which can't be read, and what to do about it; "" when it holds none. */
  get logWarning(): string {
    if (this.unreadableBytes == 0) return "";
    const name = this.provider.name + "-log";
    const what =
      this.unreadableBytes.toString() +
      " bytes of " +
      name +
      " behind the last whole commit look like commits that can't be read";
    return (
      what +
      (this.logCopy == ""
        ? "; keep a copy of it: the next change to the file clears it"
        : "; " + this.logCopy + " is a copy of it as it was")
    );
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
   * What work that read pages came to: `status`, unless another program may have changed the main file since it was opened. Then it is
   * `FILE_CHANGED` where the store is only read, else `HANDLE_POISONED`, now and ever after: what was read may be of two states, and seem
   * damaged.
   */
  leave(status: Status): Status {
    if (this.state == OUTDATED) return failChanged(this.provider.name);
    if (!this.hasRead || this.state > OUTDATED) return status;
    const log = this.log;
    if (!this.readOnly) {
      const owned = log ? this.stillOwner(log) : OK;
      this.hasRead = owned != OK;
      return owned == OK ? status : owned;
    }
    // Wasmer tells for ever what a file's time was when it was opened; the log tells of Quire's own changes everywhere.
    if (log) {
      const read = log.readAnnounced();
      if (read != OK) return read;
    }
    if (!this.provider.changed && (!log || log.announced == this.announced)) {
      this.hasRead = false;
      return status;
    }
    this.become(OUTDATED);
    return failChanged(this.provider.name);
  }

  /**
   * Makes the transaction durable: its records are appended to the log, which is synced. A failure before that (no room) leaves the
   * transaction as it was, to be rolled back; a failed sync poisons the handle, and so does another writer. `OUTCOME_UNKNOWN` when the
   * transaction may be in the file.
   */
  commit(): Status {
    const redo = this.redo;
    const log = this.log;
    if (!redo || !log) {
      const status = this.checkpoint();
      if (status == OK) this.sparePages.commit();
      return status;
    }
    if (redo.mark != 0) {
      let status = this.enter(WRITE);
      if (status != OK) return status;
      status = redo.commit();
      if (status == HANDLE_POISONED || status == OUTCOME_UNKNOWN) this.poison();
      if (status == HANDLE_POISONED) lastError.what += " before the change was made";
      if (status == OK && this.syncCommits) status = this.makeDurable(log);
      // Another session may have taken the transaction over; this one is at its end then.
      if (status != OK || this.state == POISONED) return status;
    }
    this.sparePages.commit();
    this.endTransaction();
    // The transaction is durable whatever becomes of the checkpoint; if that fails the next statement says so.
    if (log.usedBytes > this.checkpointBytes || this.waiting.areMany) this.checkpoint();
    return OK;
  }

  /** Makes what was appended durable. */
  private makeDurable(log: LogFile): Status {
    // mutant: the log is not synced before a commit is acknowledged
    let status = log.sync();
    // mutant: the owner is not asked for once more before the reply
    if (status == OK) status = log.checkOwner();
    if (status == OK) return OK;
    // mutant: a failed sync is forgotten
    this.poison();
    return this.afterFailure(log);
  }

  /**
   * What the last transaction came to when something failed behind its append: `OK` if another session has taken it over, `HANDLE_POISONED`
   * if it has not, and `OUTCOME_UNKNOWN` where nothing tells.
   */
  private afterFailure(log: LogFile): Status {
    const what = lastError.what;
    const outcome = log.overtaken ? log.outcomeOf(log.sequence - 1) : OUTCOME_OPEN;
    // mutant: a session that was overtaken does not look what the new owner took over
    if (outcome == OUTCOME_DONE) return OK;
    if (outcome == OUTCOME_NONE)
      return fail(HANDLE_POISONED, what + " before the change was made", "close this one, and open the file again");
    return fail(OUTCOME_UNKNOWN, what + ": the change may have been made", LOOK_FIRST);
  }

  private stillOwner(log: LogFile): Status {
    const status = log.checkOwner();
    if (status != OK) this.poison();
    return status;
  }

  /** Makes earlier commits durable that were not synced. */
  sync(): Status {
    const log = this.log;
    if (!log || log.readOnly) return OK;
    let status = this.enter(READ);
    if (status == OK) status = log.sync();
    if (status != OK) this.poison();
    if (status == OK) status = this.stillOwner(log);
    return status != OK && log.overtaken ? this.afterLoss(log) : status;
  }

  /** What all commits came to when another session took the log over: `OK` if it has them. */
  private afterLoss(log: LogFile): Status {
    // Those that were synced one by one it has, or the one that failed has said so.
    if (this.syncCommits || log.sequence == 1) return OK;
    return this.afterFailure(log);
  }

  /** Brings the main file up to date and empties the log. Not inside a transaction. */
  checkpoint(): Status {
    if (!this.isAsMainFile) return this.writeCheckpoint(true);
    if (this.hasChanges) this.endTransaction();
    return OK;
  }

  /** Without `withImages` the log must have the images already. */
  private writeCheckpoint(withImages: bool): Status {
    let status = this.enter(WRITE);
    if (status == OK) status = this.mergeSpilled();
    if (status != OK) return status;
    const log = this.log;
    if (log) {
      // mutant: a checkpoint writes no images
      // off: checkpoint images
      if (withImages) status = this.writeImages(log);
      if (status == HANDLE_POISONED) this.poison();
      if (status != OK) return status;
      status = this.stillOwner(log);
      // mutant: the log is reset before the page file is written
      if (status == OK) status = log.announceCheckpoint();
    }
    if (status == OK) status = this.writeBack();
    // mutant: the page file is not synced before the log is reset
    if (status == OK && (this.syncCommits || log)) status = this.provider.sync();
    if (status == OK) {
      // Before page 0 is looked at: it may have to be read, and is to be as the main file has it.
      // mutant: page 0 is looked at before the changes are forgotten
      this.forgetChanges();
      if (log) status = this.resetLog(log);
    }
    if (status != OK) this.poison();
    return status;
  }

  /** Begins the log anew behind the main file as it is now. */
  private resetLog(log: LogFile): Status {
    const page = this.page(0);
    if (page == 0) return lastError.status;
    const status = log.reset(this.mainPages, xxh3(page, PAGE_SIZE));
    // mutant: the reset header is not synced before new frames
    return status == OK ? log.sync() : status;
  }

  /** Appends the new content of all changed sectors that the main file has, and syncs the log. */
  private writeImages(log: LogFile): Status {
    const start = log.end;
    let status = this.changed.appendImages(log, this.mainPages);
    // Without images, too: the main file must not run ahead of commits that were not synced.
    // mutant: without images the log is not synced before the page file is written
    if (status == OK && (log.end != start || !this.syncCommits)) {
      // mutant: the images are not synced before the page file is written
      status = log.sync();
      if (status != OK) this.poison();
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
    this.mainPages = this.pageCount;
    const redo = this.redo;
    if (redo) {
      redo.clear();
      redo.clearBases();
    }
    this.endTransaction();
  }

  /**
   * Takes back everything since the last commit: by the undo list if it reaches so far, else from the main file and the log. (A long undo
   * list would have many pages read that changes wait for, and others put into the spill for them.)
   */
  rollback(): Status {
    const redo = this.redo;
    const log = this.log;
    let status = this.enter(READ);
    if (status != OK) return status;
    if (!this.hasChanges) {
      this.undo.clear();
      this.sparePages.rollback();
      return OK;
    }
    const isShort = !this.waits || this.undo.mark <= UNDO_OF_WAITING;
    if (this.state == CHANGED && redo && log && isShort) status = this.undoTo(0, 0);
    else {
      // First what has slots of the spill, which are all forgotten then.
      this.undo.clear();
      this.dropPages();
      this.epoch += 1;
      if (redo && log) {
        this.become(REPLAYING);
        redo.clear();
        log.rewindToCommit();
        status = new Recovery(this, log).runAgain();
        // What was replayed must not be another program's.
        if (status == OK) status = log.checkOwner();
        if (status != OK) this.poison();
        // Of what differs now the log has all, and of the rest they are noted again.
        redo.clearBases();
      }
    }
    this.sparePages.rollback();
    if (status == OK) this.endTransaction();
    return status;
  }

  /** A statement is done and no savepoint is open: undo entries are kept only while a rollback by them is cheap. */
  statementDone(): void {
    // off: undo cutting
    if (!this.redo || this.undo.mark > UNDO_LIMIT || this.state == UNDO_CUT) {
      this.undo.clear();
      if (this.state == CHANGED) this.become(UNDO_CUT);
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
    if (this.state == POISONED) return this.enter(READ);
    this.epoch += 1;
    const redo = this.redo;
    const undo = this.undo;
    let found: i32;
    while ((found = undo.pop(mark)) > 0) {
      if (undo.kind == SHRINK) {
        this.dropLastPage();
        continue;
      }
      const frame = this.frame(undo.pageNo);
      const pageNo = undo.pageNo;
      const pageOffset = undo.pageOffset;
      if (!frame || applyChange(this, undo.kind, pageNo, pageOffset, undo.payload, undo.len, undo.tailLen) != OK) {
        found = -1;
        break;
      }
      frame.flags &= ~(FLAG_NODE_VALID | FLAG_SORTED);
      this.changed.forgetWhole(pageNo);
    }
    let status = found < 0 ? lastError.status : OK;
    if (status == OK && redo) status = redo.truncate(redoMark);
    if (status != OK) this.poison();
    return status;
  }

  /** Rolls back what is not committed, brings the main file up to date, closes the files and gives all memory back. */
  close(): Status {
    let status = OK;
    const log = this.log;
    if (this.readOnly) this.leave(OK);
    if (log && this.state <= UNDO_CUT) {
      if (this.hasChanges) status = this.rollback();
      if (status == OK) status = this.checkpoint();
      if (status == OK) status = log.shrink();
      // There is nothing left to do then.
      if (status != OK && log.overtaken) status = this.afterLoss(log);
    }
    if (log) {
      const closed = log.close();
      if (status == OK) status = closed;
    }
    const spillStatus = this.spill.close();
    const closed = this.provider.close();
    const redo = this.redo;
    if (redo) redo.free();
    this.freePages();
    this.become(CLOSED);
    return status != OK ? status : closed != OK ? closed : spillStatus;
  }
}
