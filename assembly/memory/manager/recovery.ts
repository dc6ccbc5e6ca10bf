/**
 * Replays a log over its page file (docs/log.md). What is replayed stays in the cache, as changes that a checkpoint then writes.
 *
 * A complete set of checkpoint images wins: the main file may hold any part of it, so pages that it has are taken from the
 * images, and pages
 * beyond its old end from the records. Without one the main file is untouched since the last checkpoint, and the records say all.
 */
import { Status, OK, NO_PAGE, DAMAGED, fail, lastError } from "../../status";
import { isZero } from "../../encode/bytes";
import { xxh3 } from "../../encode/xxh3";
import { PAGE_SIZE, PAGE_SHIFT } from "../base/layout";
import { CachedPages } from "../pages/cached-pages";
import { BLOCKS_PER_SECTOR, BLOCK_SHIFT, IMAGE_SECTOR_SIZE } from "../log/checkpoint-image";
import { SECTOR_SHIFT } from "../cache/page-cache";
import { insertBytes, removeBytes, writeBytes, zeroBytes } from "../pages/page-changes";
import { LogFile, FRAMES_START, FRAME_COMMIT, FRAME_IMAGES_END, MAX_PAYLOAD_BYTES } from "../file/log-file";
import { bytesBehind } from "../log/lost-frames";
import { REDO_WRITE, REDO_ZERO, REDO_INSERT, REDO_REMOVE, REDO_GROW, REDO_BASE } from "../log/redo-buffer";

/** Applies the log's transactions to the pages of `manager`. `recovered` tells whether there were any. */
export class Recovery {
  recovered: bool = false;
  /** How many. */
  transactions: u32 = 0;
  /** Bytes behind the last whole transaction that hold commits which can't be read. */
  unreadableBytes: u64 = 0;
  private buffer: usize = 0;
  /** The log has the whole set of images of a checkpoint, which is not to be written over as long as the main file may be torn. */
  images: bool = false;

  constructor(
    private manager: CachedPages,
    private log: LogFile,
  ) {}

  /** At open: finds what the log holds, checks that it belongs to the file, and replays it. */
  run(): Status {
    if (this.log.generation == 0) return OK;
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
      if (log.kind == FRAME_COMMIT) {
        log.committedEnd = next;
        log.committedChain = log.chain;
        this.recovered = true;
        this.transactions += 1;
      } else if (log.kind == FRAME_IMAGES_END) {
        this.images = this.recovered;
        break;
      }
      offset = next;
    }
    log.rewindToCommit();
    return this.recovered ? log.checkVersion() : OK;
  }

  /** `OK` when the main file is the one that the log goes on from. */
  private checkMain(): Status {
    const manager = this.manager;
    const log = this.log;
    if (manager.provider.pages < log.mainPages) {
      return this.refuse(
        "the log goes on from a file of " +
          log.mainPages.toString() +
          " pages, this one has " +
          manager.provider.pages.toString(),
      );
    }
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
    let at = this.buffer;
    const end = at + this.log.len;
    while (at < end) {
      const kind = <u32>load<u8>(at);
      const head: u32 = kind == REDO_GROW ? 5 : kind == REDO_BASE ? 17 : kind == REDO_INSERT || kind == REDO_REMOVE ? 11 : 9;
      if (kind < REDO_WRITE || kind > REDO_BASE || at + head > end) return this.malformed();
      const pageNo = load<u32>(at, 1);
      let len: u32 = 0;
      let pageOffset: u32 = 0;
      if (kind != REDO_GROW) {
        pageOffset = load<u16>(at, 5);
        len = load<u16>(at, 7);
        if (len == 0) len = PAGE_SIZE;
      }
      const payload = at + head;
      if (kind == REDO_WRITE || kind == REDO_INSERT) {
        if (payload + len > end) return this.malformed();
        at = payload + len;
      } else at = payload;
      const tailLen = head == 11 ? <u32>load<u16>(payload - 2) : 0;
      const status =
        task == CHECK_BASES
          ? kind == REDO_BASE
            ? this.checkBase(pageNo, pageOffset, len, load<u64>(payload - 8))
            : OK
          : this.apply(kind, pageNo, pageOffset, len, tailLen, payload);
      if (status != OK) return status;
    }
    return OK;
  }

  private checkBase(pageNo: u32, pageOffset: u32, len: u32, hash: u64): Status {
    if (pageNo >= this.log.mainPages || pageOffset + len > PAGE_SIZE) return this.malformed();
    const page = this.manager.page(pageNo);
    if (page == 0) return lastError.status;
    if (xxh3(page + pageOffset, len) == hash) return OK;
    return this.refuse("page " + pageNo.toString() + " was changed by another program, or is of an older copy");
  }

  private apply(kind: u32, pageNo: u32, pageOffset: u32, len: u32, tailLen: u32, payload: usize): Status {
    const pages = this.manager;
    if (kind == REDO_BASE) return OK;
    if (kind == REDO_GROW) {
      if (pageNo != pages.pageCount) return this.malformed();
      return pages.growOnePage() != NO_PAGE ? OK : lastError.status;
    }
    if (this.images && pageNo < this.log.mainPages) return OK;
    switch (kind) {
      case REDO_WRITE:
        return writeBytes(pages, pageNo, pageOffset, payload, len);
      case REDO_ZERO:
        return zeroBytes(pages, pageNo, pageOffset, len);
      case REDO_INSERT:
        return insertBytes(pages, pageNo, pageOffset, payload, len, tailLen);
      default:
        return removeBytes(pages, pageNo, pageOffset, len, tailLen);
    }
  }

  /** What checkpoint-image.ts makes. */
  private eachImage(task: i32): Status {
    let at = this.buffer;
    const end = at + this.log.len;
    while (at < end) {
      if (at + 6 > end) return this.malformed();
      const pageNo = load<u32>(at);
      let mask = <u32>load<u16>(at, 4);
      at += 6;
      if (pageNo == 0) this.page0InImages = true;
      if (pageNo >= this.log.mainPages || at + popcnt(mask) * IMAGE_SECTOR_SIZE > end) return this.malformed();
      for (; mask != 0; mask &= mask - 1) {
        const sector = ctz(mask);
        const status =
          task == CHECK_IMAGES
            ? this.checkSector(pageNo, sector, at)
            : writeBytes(this.manager, pageNo, sector << SECTOR_SHIFT, at + BLOCKS_PER_SECTOR * 8, 1 << SECTOR_SHIFT);
        if (status != OK) return status;
        at += IMAGE_SECTOR_SIZE;
      }
    }
    return OK;
  }

  /** Each 512 bytes of the main file must be what they were before the checkpoint, or what it wrote. */
  private checkSector(pageNo: u32, sector: u32, image: usize): Status {
    const page = this.manager.page(pageNo);
    if (page == 0) return lastError.status;
    for (let i: u32 = 0; i < BLOCKS_PER_SECTOR; i++) {
      const now = page + (sector << SECTOR_SHIFT) + (i << BLOCK_SHIFT);
      if (memory.compare(now, image + BLOCKS_PER_SECTOR * 8 + (i << BLOCK_SHIFT), 1 << BLOCK_SHIFT) == 0) continue;
      if (xxh3(now, 1 << BLOCK_SHIFT) == load<u64>(image + i * 8)) continue;
      return this.refuse("page " + pageNo.toString() + " is neither as before the last checkpoint nor as after it");
    }
    return OK;
  }
}

const CHECK_BASES: i32 = 0;
const CHECK_IMAGES: i32 = 1;
const APPLY_RECORDS: i32 = 2;
const APPLY_IMAGES: i32 = 3;
