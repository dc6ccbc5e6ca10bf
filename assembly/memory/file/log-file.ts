/**
 * The log file `NAME-log`: two header slots, the owner's mark, and frames (docs/log.md has the layout and the argument).
 *
 *   0      header slot 0 | 512  header slot 1 | 1024  owner u64 | 1032  checkpoint u64 | 4096  frames …
 *
 *   header | magic u64 | version u32 | generation u32 | salt u64 | main_pages u32 | 0 u32 | page0_xxh3 u64 | xxh3 of these 40 bytes u64 |
 *          | how many transactions of each of the 16 generations before the main file has, u32 each | xxh3 of these 112 bytes u64 |
 *   frame  | header (frame-header.ts) | payload, padded to 8 |
 *
 * A frame's xxh3 is over salt, file offset, sequence, kind, length, the xxh3 of its payload, and the xxh3 of the frame
 * before it: a frame of
 * another generation, of another place, behind another frame (chunks that were taken back), or cut off by a crash is none.
 * The header with the highest generation counts. Each transaction is CHUNK frames and one COMMIT
 * frame with its sequence number; a checkpoint is IMAGE frames and one IMAGES_END frame, after the last transaction.
 */
import {
  Status,
  OK,
  IO_ERROR,
  DAMAGED,
  FILE_NOT_FOUND,
  NOT_A_PAGE_FILE,
  HANDLE_POISONED,
  OUTCOME_UNKNOWN,
  DISK_FULL,
  OUT_OF_BOUNDS,
  fail,
  lastError,
  savedError,
  restoreError,
} from "../../status";
import { File, isMissing } from "../../wasi/file";
import { randomU64 } from "../../wasi/random";
import { isZero } from "../../encode/bytes";
import { xxh3 } from "../../encode/xxh3";
import { FRAME_COMMIT, FRAME_HEADER, MAX_PAYLOAD_BYTES, FrameHeader, frameSize } from "./frame-header";

/** Where frames start. */
export const FRAMES_START: u64 = 4096;
/** The most zeros that are written behind a frame, where the file grows, and the longest frame that gets some. */
const MAX_PADDING: u64 = 64 << 10;
const MAX_PADDED: u32 = 4096;

/** What a log has that nobody has used before this session. */
export const FIRST_GENERATION: u32 = 1;

const MAGIC: u64 = 0x474f4c4552495551; // "QUIRELOG"
const LOG_VERSION: u32 = 2;
/** It had BASE records of whole pages; a log of it without transactions is as good as any. */
const FORMER_LOG_VERSION: u32 = 1;
/** Bytes of a log that are copied at a time. */
const COPY_BYTES: u32 = 1 << 18;
const SLOT_SIZE: u32 = 512;
const HEADER_SIZE: u32 = 48;
/** Behind it in its slot: how many transactions of the generations before came into the main file, that of the latest first. */
const HISTORY: u32 = 16;
const HISTORY_SIZE: u32 = HISTORY * 4;
const HISTORY_END: u32 = HEADER_SIZE + HISTORY_SIZE;
const SLOT_USED: u32 = HISTORY_END + 8;
/** In the history: not known. */
const NOT_KNOWN: u32 = u32.MAX_VALUE;
/** How often a session that was overtaken looks whether the new owner has come to the end of its recovery. */
const OUTCOME_LOOKS: u32 = 1000;

/** What became of a transaction that was appended when another session took the log over. */
export const OUTCOME_NONE: i32 = 0;
export const OUTCOME_DONE: i32 = 1;
export const OUTCOME_OPEN: i32 = 2;
const OWNER_OFFSET: u64 = 1024;
const CHECKPOINT_OFFSET: u64 = 1032;

/** What to do when the outcome of a change is not known. */
export const LOOK_FIRST: string = "open the file again, and look before you repeat it";

/** Whether a header that can be believed is in `slot`. */
function isHeader(slot: usize): bool {
  return load<u64>(slot) == MAGIC && load<u64>(slot, 40) == xxh3(slot, HEADER_SIZE - 8);
}

export class LogFile {
  /** The state at the last checkpoint. */
  generation: u32 = 0;
  private salt: u64 = 0;
  mainPages: u32 = 0;
  page0Hash: u64 = 0;
  /** Sequence number of the next transaction. */
  sequence: u64 = 1;
  /** Where the next frame goes. */
  end: u64 = FRAMES_START;
  /** Behind the last frame of the last transaction: what a rollback goes back to. */
  committedEnd: u64 = FRAMES_START;
  /** The checksum of the frame before `end`, and of that before `committedEnd`; 0 at the start. */
  chain: u64 = 0;
  committedChain: u64 = 0;
  private version: u32 = LOG_VERSION;
  private owner: u64 = 0;
  /** Another session's mark was found in the place of ours. */
  overtaken: bool = false;
  /** For readers: what `readAnnounced` found. */
  announced: u64 = 0;
  /** Bytes that the file surely has. */
  private fileBytes: u64 = 0;
  private head: usize = heap.alloc(SLOT_USED);
  private history: usize = heap.alloc(HISTORY_SIZE);
  /**
   * The newest header may be one that can't be read: a slot holds something that is none, and nothing tells that it is of an earlier
   * generation than the one that counts.
   */
  headerLost: bool = false;
  /** The frame that `readFrame` found. */
  kind: u32 = 0;
  len: u32 = 0;

  private constructor(
    private file: File,
    readonly readOnly: bool,
  ) {}

  /** Whether there was something behind the headers when they were read: the session before did not close the log. */
  get wasLeftOpen(): bool {
    return this.fileBytes > FRAMES_START;
  }

  /** Bytes of the file, as far as they are known. */
  get size(): u64 {
    return this.fileBytes;
  }

  /**
   * Opens the log of the page file `path`; with `create` it is made when it is missing. Null with `lastError.status` `OK` when there is
   * none, else on failure.
   */
  static open(path: string, write: bool, create: bool = write): LogFile | null {
    const file = File.open(path + "-log", write, create);
    if (file) return LogFile.start(file, !write);
    // Any other failure may hide what is only in the log.
    if (!create && lastError.status == FILE_NOT_FOUND) lastError.status = OK;
    return null;
  }

  private static start(file: File, readOnly: bool): LogFile | null {
    const log = new LogFile(file, readOnly);
    if (log.readHeaders() == OK) return log;
    file.close();
    return null;
  }

  /**
   * Takes the valid header of the highest generation; none is generation 0. A file that starts with something else than a log does is
   * `DAMAGED`: it may be another program's, and is not to be written over. Frames in a log that was claimed mean that the session before
   * was killed, maybe before its sync ended: what is read from here on must not be lost to a power cut after all.
   */
  readHeaders(): Status {
    this.generation = 0;
    memory.fill(this.history, 0xff, HISTORY_SIZE);
    const size = this.file.size();
    if (size < 0) return IO_ERROR;
    this.fileBytes = size;
    const slots = heap.alloc(SLOT_SIZE * 2);
    memory.fill(slots, 0, SLOT_SIZE * 2);
    // mutant: what a killed session left is not synced before it is read
    let status = this.owner != 0 && <u64>size > FRAMES_START ? this.file.sync() : OK;
    if (size > 0 && status == OK) status = this.file.read(0, slots, <u32>min<i64>(size, SLOT_SIZE * 2));
    for (let i: u32 = 0; i < 2 && status == OK; i++) {
      const slot = slots + i * SLOT_SIZE;
      if (!isHeader(slot)) continue;
      // mutant: the older header counts
      if (load<u32>(slot, 12) <= this.generation) continue;
      this.generation = load<u32>(slot, 12);
      this.version = load<u32>(slot, 8);
      this.salt = load<u64>(slot, 16);
      this.mainPages = load<u32>(slot, 24);
      this.page0Hash = load<u64>(slot, 32);
      // A log of an earlier version of Quire has none, or one that does not go with the header before it.
      if (load<u64>(slot, HISTORY_END) == xxh3(slot, HISTORY_END)) memory.copy(this.history, slot + HEADER_SIZE, HISTORY_SIZE);
      else memory.fill(this.history, 0xff, HISTORY_SIZE);
    }
    this.headerLost = false;
    for (let i: u32 = 0; i < 2 && status == OK; i++) {
      const slot = slots + i * SLOT_SIZE;
      if (isHeader(slot) || isZero(slot, SLOT_USED)) continue;
      if (load<u32>(slot, 12) != this.generation - 1) this.headerLost = true;
    }
    // Before its first header a log has its owner's mark only.
    const isLog = this.generation > 0 || load<u64>(slots) == MAGIC || load<u64>(slots, SLOT_SIZE) == MAGIC;
    const isForeign = status == OK && !isLog && !isZero(slots, SLOT_SIZE * 2);
    heap.free(slots);
    if (isForeign) return this.refuseForeign();
    if (status != OK || this.generation == 0 || this.version == LOG_VERSION || this.version == FORMER_LOG_VERSION) return status;
    return this.refuseVersion();
  }

  /** `OK` when transactions that were found in the log are of the version that this program replays. */
  checkVersion(): Status {
    return this.version == LOG_VERSION ? OK : this.refuseVersion();
  }

  private refuseForeign(): Status {
    return fail(
      DAMAGED,
      this.file.path + " is there, and does not start as a log does",
      "if it is something else, give it another name; if it was the log, recover --force sets it aside and loses what is only in it",
    );
  }

  private refuseVersion(): Status {
    return fail(
      NOT_A_PAGE_FILE,
      this.file.path + " has log version " + this.version.toString() + ", this program knows version " + LOG_VERSION.toString(),
      "use the version of Quire that wrote it",
    );
  }

  /** Writes this session's mark, which tells an earlier session that is still open that it must not write any more. */
  claim(): Status {
    this.owner = randomU64();
    store<u64>(this.head, this.owner);
    return this.file.write(OWNER_OFFSET, this.head, 8);
  }

  /** `OK` while no other session has opened the file for writing. Asked before each write to any of the three files. */
  checkOwner(): Status {
    // off: owner mark
    const status = this.file.read(OWNER_OFFSET, this.head, 8);
    if (status != OK) return status;
    // mutant: nobody asks who owns the file
    if (load<u64>(this.head) == this.owner) return OK;
    this.overtaken = true;
    return fail(
      HANDLE_POISONED,
      "another program has opened " + this.file.path + " for writing",
      "close this one, and open the file again",
    );
  }

  /** The last error's status, unless another session has taken the log over: then that is the error. */
  unlessOvertaken(): Status {
    const error = savedError();
    return this.checkOwner() != OK && this.overtaken ? HANDLE_POISONED : restoreError(error);
  }

  /**
   * After `overtaken`, which of the `OUTCOME_…` the transaction `sequence` of this generation has. The new owner's first header voids all
   * frames of the generation, and tells how many transactions of it the main file has by then. What is found is as durable as what it is
   * about.
   */
  outcomeOf(sequence: u64): i32 {
    const own = this.generation;
    for (let look: u32 = 0; look < OUTCOME_LOOKS; look++) {
      if (this.readHeaders() != OK || this.generation < own) return OUTCOME_OPEN;
      if (this.generation == own) continue;
      const back = this.generation - own - 1;
      const taken = back < HISTORY ? load<u32>(this.history + ((<usize>back) << 2)) : NOT_KNOWN;
      if (taken == NOT_KNOWN || this.file.sync() != OK) return OUTCOME_OPEN;
      return sequence <= <u64>taken ? OUTCOME_DONE : OUTCOME_NONE;
    }
    return OUTCOME_OPEN;
  }

  /** Tells readers that the main file is about to be changed: what they read from now on may be of another state. Not synced. */
  announceCheckpoint(): Status {
    const token = randomU64();
    store<u64>(this.head, token);
    return this.file.write(CHECKPOINT_OFFSET, this.head, 8);
  }

  /** Reads what the last announcement wrote into `announced`: 0 when there was none. */
  readAnnounced(): Status {
    const at = this.head;
    store<u64>(at, 0);
    for (let len: u32 = 0; len < 8;) {
      const count = this.file.readSome(CHECKPOINT_OFFSET + len, at + len, 8 - len);
      if (count < 0) return lastError.status;
      if (count == 0) break;
      len += count;
    }
    this.announced = load<u64>(at);
    return OK;
  }

  /** Starts a new generation: all frames are void, and the main file is as described. Not synced. */
  reset(mainPages: u32, page0Hash: u64): Status {
    const status = this.checkOwner();
    if (status != OK) return status;
    // mutant: the log does not tell of generations before the last
    memory.copy(this.history + 4, this.history, HISTORY_SIZE - 4);
    store<u32>(this.history, <u32>(this.sequence - 1));
    this.generation += 1;
    this.salt = randomU64();
    this.mainPages = mainPages;
    this.page0Hash = page0Hash;
    this.sequence = 1;
    this.end = FRAMES_START;
    this.chain = 0;
    this.committedEnd = FRAMES_START;
    this.committedChain = 0;
    const head = this.head;
    store<u64>(head, MAGIC);
    store<u32>(head, LOG_VERSION, 8);
    store<u32>(head, this.generation, 12);
    store<u64>(head, this.salt, 16);
    store<u32>(head, mainPages, 24);
    store<u32>(head, 0, 28);
    store<u64>(head, page0Hash, 32);
    store<u64>(head, xxh3(head, HEADER_SIZE - 8), 40);
    memory.copy(head + HEADER_SIZE, this.history, HISTORY_SIZE);
    store<u64>(head, xxh3(head, HISTORY_END), HISTORY_END);
    return this.file.write((this.generation & 1) * SLOT_SIZE, head, SLOT_USED);
  }

  /** The checksum of a frame at `offset`. */
  checksum(offset: u64, kind: u32, payload: usize, len: u32): u64 {
    const head = this.head;
    // mutant: the salt is not in the checksum
    store<u64>(head, this.salt);
    store<u64>(head, offset, 8);
    store<u64>(head, this.sequence, 16);
    store<u32>(head, kind, 24);
    store<u32>(head, len, 28);
    store<u64>(head, xxh3(payload, len), 32);
    // mutant: the checksum does not count the frame before
    store<u64>(head, this.chain, 40);
    return xxh3(head, 48);
  }

  /** Writes a frame at the end; where it stands, or 0 on failure. A COMMIT frame ends the transaction. */
  append(kind: u32, payload: usize, len: u32): u64 {
    // A longer one would not be believed when it is read.
    if (len > MAX_PAYLOAD_BYTES) {
      fail(OUT_OF_BOUNDS, "a frame of " + len.toString() + " bytes is too long for the log");
      return 0;
    }
    // What another session has put there is not to be written over.
    // mutant: the owner is asked for in commits only
    if (this.checkOwner() != OK) return 0;
    const offset = this.end;
    const size = frameSize(len);
    const padding = size > MAX_PADDED ? 0 : this.paddingBehind(offset + size);
    const frame = heap.alloc(size + padding);
    store<u64>(frame + size - 8, 0);
    memory.fill(frame + size, 0, padding);
    memory.copy(frame + FRAME_HEADER, payload, len);
    const sum = this.checksum(offset, kind, payload, len);
    const header = FrameHeader.at(frame);
    header.len = len;
    header.kind = kind;
    header.sequence = this.sequence;
    header.checksum = sum;
    let status = this.file.write(offset, frame, size + padding);
    if (status == OK) this.fileBytes = max(this.fileBytes, offset + size + padding);
    else if (status == DISK_FULL && padding > 0) status = this.file.write(offset, frame, size);
    heap.free(frame);
    if (status != OK) {
      // mutant: a COMMIT frame whose append failed stays
      if (kind == FRAME_COMMIT) this.voidFrame(offset);
      return 0;
    }
    this.end = offset + size;
    this.chain = sum;
    if (kind == FRAME_COMMIT) {
      this.sequence += 1;
      this.committedEnd = this.end;
      this.committedChain = sum;
    }
    return offset;
  }

  /**
   * A COMMIT frame whose append failed may be in the file as a whole all the same (its padding was what failed, or the host was wrong): a
   * recovery must not find it. When that can't be had, `lastError` becomes `OUTCOME_UNKNOWN`.
   */
  private voidFrame(offset: u64): void {
    const error = savedError();
    let status = this.checkOwner();
    const size = status == OK ? this.file.size() : 0;
    if (size < 0) status = lastError.status;
    if (status == OK && offset + FRAME_HEADER <= <u64>size) {
      memory.fill(this.head, 0, FRAME_HEADER);
      status = this.file.write(offset, this.head, FRAME_HEADER);
      if (status == OK) status = this.file.sync();
    }
    if (status == OK) restoreError(error);
    else if (this.overtaken && this.outcomeOf(this.sequence) == OUTCOME_NONE) restoreError(error);
    else
      fail(
        OUTCOME_UNKNOWN,
        error.what + ", and what was written of it can't be taken back (" + lastError.what + "): the change may have been made",
        LOOK_FIRST,
      );
  }

  /**
   * How many zeros to write behind a frame that ends at `end`: none within the file, and where it grows a quarter of what there is
   * of frames. The next frames then change neither the file's length nor which blocks it has, and a sync of them is one write of a disk
   * instead of two or three (ext4's journal).
   */
  private paddingBehind(end: u64): u32 {
    // off: zeros behind frames
    if (end <= this.fileBytes) return 0;
    const wanted = end + min((end - FRAMES_START) >> 2, MAX_PADDING);
    return <u32>(((wanted + 4095) & ~4095) - end);
  }

  /**
   * Reads the frame at `offset` into `ptr`, which has room for `MAX_PAYLOAD_BYTES`: where the next one would start, 0 when
   * there is no valid
   * frame, or 1 on failure to read. `kind` and `len` tell what it is; `chain` moves on, and with a COMMIT `sequence`.
   */
  readFrame(offset: u64, ptr: usize): u64 {
    const size = this.file.size();
    if (size < 0) return 1;
    if (offset + FRAME_HEADER > <u64>size) return 0;
    const bytes = heap.alloc(FRAME_HEADER);
    const status = this.file.read(offset, bytes, FRAME_HEADER);
    const header = FrameHeader.at(bytes);
    const len = header.len;
    const kind = header.kind;
    const sum = header.checksum;
    const next = header.sequence == this.sequence ? header.nextOf(offset, size) : 0;
    heap.free(bytes);
    if (status != OK) return 1;
    if (next == 0) return 0;
    if (this.file.read(offset + FRAME_HEADER, ptr, len) != OK) return 1;
    // mutant: frames' checksums are not compared
    if (sum != this.checksum(offset, kind, ptr, len)) return 0;
    this.kind = kind;
    this.len = len;
    this.chain = sum;
    if (kind == FRAME_COMMIT) this.sequence += 1;
    return next;
  }

  /** Whether there is a whole transaction in it, as far as it can be read, or what may be one. For a log that is only looked at. */
  hasTransaction(): bool {
    if (this.headerLost && this.unlistedBytes() > 0) return true;
    const buffer = heap.alloc(MAX_PAYLOAD_BYTES);
    let next = this.generation == 0 ? 0 : this.readFrame(FRAMES_START, buffer);
    while (next > 1 && this.kind != FRAME_COMMIT) next = this.readFrame(next, buffer);
    heap.free(buffer);
    return next != 0;
  }

  /**
   * Bytes of what look like transactions, one behind another from the start, whose checksums can't be told because their header is lost: 0
   * when there are none.
   */
  unlistedBytes(): u64 {
    const bytes = heap.alloc(FRAME_HEADER);
    const header = FrameHeader.at(bytes);
    let sequence: u64 = 1;
    let end = FRAMES_START;
    for (let at = FRAMES_START; at + FRAME_HEADER <= this.fileBytes;) {
      if (this.file.read(at, bytes, FRAME_HEADER) != OK || header.kind > FRAME_COMMIT || header.sequence != sequence) break;
      at = header.nextOf(at, this.fileBytes);
      if (at == 0) break;
      if (header.kind != FRAME_COMMIT) continue;
      sequence += 1;
      end = at;
    }
    heap.free(bytes);
    return end - FRAMES_START;
  }

  read(offset: u64, ptr: usize, len: u32): Status {
    return this.file.read(offset, ptr, len);
  }

  /** What was written from `offset` on is void: the next frame goes there. `chain` is the checksum of the frame before. */
  rewind(offset: u64, chain: u64): void {
    this.end = offset;
    this.chain = chain;
  }

  /** What was written since the last COMMIT is void. */
  rewindToCommit(): void {
    this.rewind(this.committedEnd, this.committedChain);
  }

  sync(): Status {
    return this.file.sync();
  }

  /** Copies the log as it is to a new file beside it: its name, or "" on failure. */
  copyAside(): string {
    let name = this.file.path + ".damaged";
    for (let i = 2; !isMissing(name); i++) name = this.file.path + ".damaged-" + i.toString();
    const copy = File.open(name, true, true);
    if (!copy) return "";
    const buffer = heap.alloc(COPY_BYTES);
    let status = OK;
    for (let at: u64 = 0; at < this.fileBytes && status == OK; at += COPY_BYTES) {
      const len = <u32>min<u64>(COPY_BYTES, this.fileBytes - at);
      status = this.file.read(at, buffer, len);
      if (status == OK) status = copy.write(at, buffer, len);
    }
    heap.free(buffer);
    if (status == OK) status = copy.sync();
    const closed = copy.close();
    return status == OK && closed == OK ? name : "";
  }

  /** Cuts the file down to its headers; what is cut must be void. */
  shrink(): Status {
    const status = this.checkOwner();
    if (status != OK) return status;
    this.fileBytes = FRAMES_START;
    return this.file.setSize(FRAMES_START);
  }

  /** Bytes of frames in use. */
  get usedBytes(): u64 {
    return this.end - FRAMES_START;
  }

  close(): Status {
    heap.free(this.head);
    heap.free(this.history);
    return this.file.close();
  }
}
