/**
 * Replays a log over its page file (docs/log.md). What is replayed stays in the cache, as changes that a checkpoint then writes.
 *
 * A complete set of checkpoint images wins: the main file may hold any part of it, so pages that it has are taken from the images, and
 * pages beyond its old end, or that the log overwrites as a whole, from the records. Without one the main file is untouched since the last
 * checkpoint, and the records say all.
 */
import { Status, OK, NO_PAGE, DAMAGED, fail, lastError } from "../../status";
import { isZero } from "../../encode/bytes";
import { xxh3 } from "../../encode/xxh3";
import { PAGE_SIZE, PAGE_SHIFT } from "../base/layout";
import { CachedPages } from "../pages/cached-pages";
import { CHANGE_GROW, CHANGE_WRITE } from "../base/page-change";
import { BLOCK_SHIFT, Image } from "../log/checkpoint-image";
import { LogRecord, RECORD_BASE } from "../log/log-records";
import { SECTOR_SHIFT } from "../cache/page-cache";
import { applyChange } from "../pages/page-changes";
import { FRAME_COMMIT, FRAME_IMAGES_END, MAX_PAYLOAD_BYTES } from "../file/frame-header";
import { LogFile, FRAMES_START } from "../file/log-file";
import { bytesBehind } from "../log/lost-frames";

/** Applies the log's transactions to the pages of `manager`. `recovered` tells whether there were any. */
export class Recovery {
  recovered: bool = false;
  /** How many. */
  transactions: u32 = 0;
  /** Bytes behind the last whole transaction that hold commits which can't be read. */
  unreadableBytes: u64 = 0;
  private buffer: usize = 0;
  private readonly record: LogRecord = new LogRecord();
  private readonly image: Image = new Image();
  /** The log has the whole set of images of a checkpoint, which is not to be written over as long as the main file may be torn. */
  images: bool = false;

  constructor(
    private manager: CachedPages,
    private log: LogFile,
  ) {}

  /** At open: finds what the log holds, checks that it belongs to the file, and replays it. */
  run(): Status {
    if (this.log.generation == 0 && !this.log.headerLost) return OK;
    this.buffer = heap.alloc(MAX_PAYLOAD_BYTES);
    let status = this.survey();
    if (status == OK && this.recovered) status = this.checkMain();
    if (status == OK && this.recovered) status = this.replay();
    if (status == OK && this.recovered) status = this.checkBeyond();
    heap.free(this.buffer);
    return status;
  }

  /**
   * `OK` when pages of the main file that it did not have at the last checkpoint are what a torn one may have left of what was replayed:
   * each 512 bytes are zero or as they are to be. A log that starts with an empty file knows nothing else of the file that it belongs to.
   */
  private checkBeyond(): Status {
    const manager = this.manager;
    const pages = manager.provider.pages;
    if (pages > manager.pageCount)
      return this.refuse("the file has " + pages.toString() + " pages, more than it and the log ever had");
    for (let pageNo = this.log.mainPages; pageNo < pages; pageNo++) {
      const page = manager.page(pageNo);
      if (page == 0) return lastError.status;
      const now = this.buffer;
      const status = manager.provider.read((<u64>pageNo) << PAGE_SHIFT, now, PAGE_SIZE);
      if (status != OK) return status;
      for (let at: u32 = 0; at < PAGE_SIZE; at += 1 << BLOCK_SHIFT) {
        if (memory.compare(now + at, page + at, 1 << BLOCK_SHIFT) == 0 || isZero(now + at, 1 << BLOCK_SHIFT)) continue;
        return this.refuse("page " + pageNo.toString() + " is not of the log's last checkpoint");
      }
    }
    return OK;
  }

  /** After a transaction too large to be undone was dropped: the committed ones again. */
  runAgain(): Status {
    this.buffer = heap.alloc(MAX_PAYLOAD_BYTES);
    const status = this.replay();
    heap.free(this.buffer);
    return status;
  }

  /** Finds the last whole transaction, and whether a whole set of images follows it. */
  private survey(): Status {
    const log = this.log;
    log.sequence = 1;
    log.chain = 0;
    log.committedEnd = FRAMES_START;
    log.committedChain = 0;
    let offset = FRAMES_START;
    for (;;) {
      const next = log.readFrame(offset, this.buffer);
      if (next == 1) return lastError.status;
      if (next == 0) {
        this.unreadableBytes = bytesBehind(log, offset, this.buffer);
        break;
      }
      // mutant: a transaction without its end is replayed
      if (log.kind == FRAME_COMMIT) {
        // mutant: the last transaction is not replayed
        log.committedEnd = next;
        log.committedChain = log.chain;
        this.recovered = true;
        this.transactions += 1;
        // mutant: a part of the images is enough
      } else if (log.kind == FRAME_IMAGES_END) {
        this.images = this.recovered;
        break;
      }
      offset = next;
    }
    log.rewindToCommit();
    // None of these frames is of the header that counts. They are of a later one, unless the power failed before the first sync of all.
    if (!this.recovered && this.unreadableBytes == 0 && log.headerLost) this.unreadableBytes = log.unlistedBytes();
    return this.recovered ? log.checkVersion() : OK;
  }

  /** `OK` when the main file is the one that the log goes on from. */
  private checkMain(): Status {
    const manager = this.manager;
    const log = this.log;
    // mutant: a shorter file is taken
    if (manager.provider.pages < log.mainPages) {
      return this.refuse(
        "the log goes on from a file of " +
          log.mainPages.toString() +
          " pages, this one has " +
          manager.provider.pages.toString(),
      );
    }
    // mutant: a recovery starts with the pages that the file has
    manager.startAt(log.mainPages);
    let status = this.images ? this.eachFrame(CHECK_IMAGES) : this.eachFrame(CHECK_BASES);
    // Where page 0 is in the images its sectors were compared.
    if (status == OK && !this.page0InImages && log.mainPages > 0) {
      const page = manager.page(0);
      if (page == 0) return lastError.status;
      if (xxh3(page, PAGE_SIZE) != log.page0Hash) status = this.refuse("page 0 is not as the last checkpoint left it");
    }
    return status;
  }

  private page0InImages: bool = false;

  private refuse(why: string): Status {
    return fail(
      DAMAGED,
      why + "; the log does not belong to this file as it is now",
      "put the file back that belongs to the log, or recover --force, which sets the log aside and loses what is only in it",
    );
  }

  /** Applies all transactions, then the images. */
  private replay(): Status {
    let status = this.eachFrame(APPLY_RECORDS);
    // mutant: the images are not applied
    if (status == OK && this.images) status = this.eachFrame(APPLY_IMAGES);
    return status;
  }

  private eachFrame(task: i32): Status {
    const log = this.log;
    const sequence = log.sequence;
    const chain = log.chain;
    const images = task == CHECK_IMAGES || task == APPLY_IMAGES;
    // The images follow the last transaction.
    let offset = images ? log.committedEnd : FRAMES_START;
    log.chain = images ? log.committedChain : 0;
    if (!images) log.sequence = 1;
    let status = OK;
    // Frames were found valid before; a next of 0 is the end.
    while (status == OK && (images || offset < log.committedEnd)) {
      const next = log.readFrame(offset, this.buffer);
      if (next == 1) status = lastError.status;
      if (next <= 1 || (images && log.kind == FRAME_IMAGES_END)) break;
      status = images ? this.eachImage(task) : this.eachRecord(task);
      offset = next;
    }
    log.sequence = sequence;
    log.chain = chain;
    return status;
  }

  private malformed(): Status {
    return fail(DAMAGED, "the log holds a record that makes no sense", "recover --force drops the log");
  }

  private eachRecord(task: i32): Status {
    const record = this.record;
    const end = this.buffer + this.log.len;
    for (let at = this.buffer; at < end;) {
      at = record.read(at, end);
      if (at == 0) return this.malformed();
      const status = task == APPLY_RECORDS ? this.apply(record) : record.kind == RECORD_BASE ? this.checkBase(record) : OK;
      if (status != OK) return status;
    }
    return OK;
  }

  private checkBase(base: LogRecord): Status {
    const pageNo = base.pageNo;
    if (pageNo >= this.log.mainPages || base.pageOffset + base.len > PAGE_SIZE) return this.malformed();
    const page = this.manager.page(pageNo);
    if (page == 0) return lastError.status;
    // mutant: pages are not compared with their hashes
    if (xxh3(page + base.pageOffset, base.len) == base.hash) return OK;
    return this.refuse("page " + pageNo.toString() + " was changed by another program, or is of an older copy");
  }

  private apply(record: LogRecord): Status {
    const pages = this.manager;
    const pageNo = record.pageNo;
    if (record.kind == RECORD_BASE) return OK;
    if (record.kind == CHANGE_GROW) {
      if (pageNo != pages.pageCount) return this.malformed();
      return pages.growOnePage() != NO_PAGE ? OK : lastError.status;
    }
    // Also where it seems to have that content already: the main file may be torn.
    // mutant: a page that the log overwrites is taken for one that has images
    if (record.overwrites) pages.noteWhole(pageNo);
    if (this.images && pageNo < this.log.mainPages && !pages.isWhole(pageNo)) return OK;
    return applyChange(pages, record.kind, pageNo, record.pageOffset, record.bytes, record.len, record.tailLen);
  }

  private eachImage(task: i32): Status {
    const image = this.image;
    const end = this.buffer + this.log.len;
    for (let at = this.buffer; at < end;) {
      at = image.read(at, end);
      if (image.pageNo == 0) this.page0InImages = true;
      if (at == 0 || image.pageNo >= this.log.mainPages) return this.malformed();
      while (image.nextSector()) {
        const status = task == CHECK_IMAGES ? this.checkSector(image) : this.applySector(image);
        if (status != OK) return status;
      }
    }
    return OK;
  }

  /** Each 512 bytes of the main file must be what they were before the checkpoint, or what it wrote. */
  private checkSector(image: Image): Status {
    const page = this.manager.page(image.pageNo);
    if (page == 0) return lastError.status;
    if (image.isBeforeOrAfter(page)) return OK;
    return this.refuse("page " + image.pageNo.toString() + " is neither as before the last checkpoint nor as after it");
  }

  private applySector(image: Image): Status {
    return applyChange(this.manager, CHANGE_WRITE, image.pageNo, image.pageOffset, image.bytes, 1 << SECTOR_SHIFT, 0);
  }
}

const CHECK_BASES: i32 = 0;
const CHECK_IMAGES: i32 = 1;
const APPLY_RECORDS: i32 = 2;
const APPLY_IMAGES: i32 = 3;
