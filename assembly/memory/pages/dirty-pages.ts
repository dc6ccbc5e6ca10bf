/**
 * The pages that differ from the main file: which frames hold them, what of them is in the spill, and their way into the log's images
 * and into the main file. A page that is evicted leaves the sectors that differ in the spill; the others are read from the main file.
 * Others are neither: changes of their records wait for the checkpoint (deferred-writes.ts).
 */
import { Status, OK, OUT_OF_MEMORY, fail, lastError } from "../../status";
import { PAGE_SIZE, PAGE_SHIFT } from "../base/layout";
import { MemoryProvider } from "../file/provider";
import { PageCache, Frame, SECTOR_SHIFT, FLAG_SPILLED, firstByte, endByte, runBytes, sectorsOf } from "../cache/page-cache";
import { allocBlock, freeBlock } from "../base/block-pool";
import { FRAME_IMAGE, FRAME_IMAGES_END } from "../file/frame-header";
import { LogFile } from "../file/log-file";
import { addImage, IMAGE_SECTOR_SIZE } from "../log/checkpoint-image";
import { sortU64 } from "../base/sort-u64";
import { Spill, NO_SLOT } from "./spill";
import { U32Map } from "../base/u32-map";
import { DeferredWrites } from "../cache/deferred-writes";

/** Images are written to the log in frames of about this many bytes. */
const IMAGE_FRAME_BYTES: u32 = 1 << 18;
/** An entry of the list of frames: the frame's address u32, and for sorting its page u32. */
const ENTRY_SHIFT: u32 = 3;

/** Whether the page differs from the main file. */
@inline
export function isDirty(frame: Frame): bool {
  return frame.dirty != 0 || (frame.flags & FLAG_SPILLED) != 0;
}

/** `sectors`, and gaps of one or two between them: reading those costs less than another call. */
@inline
function closeGaps(sectors: u32): u32 {
  const behind = (sectors << 1) | (sectors << 2);
  const before = (sectors >> 1) | (sectors >> 2);
  // off: reading over gaps
  return sectors | (behind & before);
}

export class DirtyPages {
  /** Frames whose pages differ, some of them more than once, and some that were evicted since. */
  private list: usize = 0;
  private count: u32 = 0;
  private room: u32 = 0;
  /** Spill slot of each page that is in the spill. */
  private readonly slots: U32Map = new U32Map();
  /**
   * Pages that were overwritten as a whole since the last checkpoint, as the log has it. Whatever the main file has there, the records make
   * them what they are, so that they need no images.
   */
  private readonly whole: U32Map = new U32Map();
  /** Images that wait to be written as one frame: where they start, and the end of the last one. */
  private images: usize = 0;
  private imagesEnd: usize = 0;

  constructor(
    private readonly provider: MemoryProvider,
    private readonly cache: PageCache,
    private readonly spill: Spill,
    private readonly waiting: DeferredWrites,
  ) {}

  /** Whether no page differs, but by changes that wait. */
  get none(): bool {
    return this.count == 0;
  }

  /** Takes note that `frame` is about to differ. */
  note(frame: Frame): void {
    if (this.count == this.room) this.makeRoom();
    this.add(frame);
  }

  /** Takes note that a page of the main file is overwritten as a whole. Page 0 has to be known from others, and has its images. */
  noteWhole(pageNo: u32): void {
    if (pageNo != 0) this.whole.set(pageNo, 0);
  }

  /** Takes note that a change of a page was taken back, which may be the one that overwrote it. */
  forgetWhole(pageNo: u32): void {
    // mutant: a page has no images though what overwrote it was taken back
    if (this.whole.count != 0) this.whole.delete(pageNo);
  }

  /** Whether a page was overwritten as a whole. */
  @inline isWhole(pageNo: u32): bool {
    return this.whole.count != 0 && this.whole.has(pageNo);
  }

  private add(frame: Frame): void {
    store<u32>(this.list + ((<usize>this.count) << ENTRY_SHIFT), <u32>changetype<usize>(frame));
    this.count += 1;
  }

  /** A page that goes to the spill and comes back is listed each time: the list is made anew rather than longer than twice the cache. */
  private makeRoom(): void {
    const frames = this.cache.frameCount;
    if (this.room >= frames * 2) {
      this.count = 0;
      for (let i: u32 = 1; i < frames; i++) {
        const frame = this.cache.frameAt(i);
        if (isDirty(frame)) this.add(frame);
      }
      return;
    }
    this.room = max<u32>(64, this.room * 2);
    this.list = heap.realloc(this.list == 0 ? heap.alloc(1 << ENTRY_SHIFT) : this.list, (<usize>this.room) << ENTRY_SHIFT);
  }


  @inline private frameAt(index: u32): Frame {
    return changetype<Frame>(<usize>load<u32>(this.list + ((<usize>index) << ENTRY_SHIFT)));
  }

  // ---- the spill ----

  /** The spill's slot with a part of the page, or `NO_SLOT`. */
  @inline private slotOf(pageNo: u32): u32 {
    return this.slots.count != 0 ? this.slots.get(pageNo, NO_SLOT) : NO_SLOT;
  }

  /** Whether `count` sectors of a page from `first` on are all in the main file, if it is one of its `mainPages`, or all in the spill. */
  inOnePlace(pageNo: u32, mainPages: u32, first: u32, count: u32): bool {
    const slot = this.slotOf(pageNo);
    const start = first << SECTOR_SHIFT;
    const end = start + (count << SECTOR_SHIFT);
    // mutant: sectors are always read from the page file
    if (slot == NO_SLOT) return pageNo < mainPages;
    const sectors = this.spill.sectorsIn(slot);
    if (start >= firstByte(sectors) && end <= endByte(sectors)) return true;
    return pageNo < mainPages && (end <= firstByte(sectors) || start >= endByte(sectors));
  }

  /** Reads such sectors into `data`. */
  readSectors(pageNo: u32, first: u32, count: u32, data: usize): Status {
    const slot = this.slotOf(pageNo);
    const from = first << SECTOR_SHIFT;
    const len = count << SECTOR_SHIFT;
    if (slot != NO_SLOT) {
      const sectors = this.spill.sectorsIn(slot);
      if (from >= firstByte(sectors) && from < endByte(sectors)) return this.spill.readPart(slot, from, len, data);
    }
    return this.provider.read(((<u64>pageNo) << PAGE_SHIFT) + from, data, len);
  }

  /** Keeps what was changed of a page that loses its frame. */
  keep(frame: Frame): Status {
    if (frame.dirty == 0) return OK;
    // off: spill
    const slot = this.spill.write(this.slots.get(frame.pageNo, NO_SLOT), frame.data, frame.dirty);
    if (slot == NO_SLOT) return lastError.status;
    this.slots.set(frame.pageNo, slot);
    return OK;
  }

  /** Reads a page into `data`: from the main file, if it is one of its `mainPages`, and over that what the spill has. */
  read(pageNo: u32, mainPages: u32, data: usize): Status {
    const slot = this.slotOf(pageNo);
    if (slot == NO_SLOT) return this.readMain(pageNo, mainPages, 0, PAGE_SIZE, data);
    const sectors = this.spill.sectorsIn(slot);
    let status = this.readMain(pageNo, mainPages, 0, firstByte(sectors), data);
    if (status == OK) status = this.readMain(pageNo, mainPages, endByte(sectors), PAGE_SIZE, data);
    return status == OK ? this.spill.read(slot, data) : status;
  }

  /** Reads the bytes of a page `from` … `end` (excluded) to their place in `data`, as the main file has them. */
  private readMain(pageNo: u32, mainPages: u32, from: u32, end: u32, data: usize): Status {
    if (pageNo < mainPages && from < end)
      return this.provider.read(((<u64>pageNo) << PAGE_SHIFT) + from, data + from, end - from);
    memory.fill(data + from, 0, end - from);
    return OK;
  }

  /** Marks the frame of a page that was read from the spill. */
  markRead(frame: Frame): void {
    if (this.slotOf(frame.pageNo) == NO_SLOT) return;
    frame.flags = FLAG_SPILLED;
    this.note(frame);
  }

  /** The sectors of a page that the spill has, and that differ from the main file. */
  spilledSectors(pageNo: u32): u32 {
    const slot = this.slotOf(pageNo);
    return slot == NO_SLOT ? 0 : this.spill.sectorsIn(slot);
  }

  /** The sectors of a page in a frame that differ from the main file. */
  changedSectors(frame: Frame): u32 {
    // mutant: a page's sectors in the spill do not count as changed
    return frame.flags & FLAG_SPILLED ? frame.dirty | this.spilledSectors(frame.pageNo) : frame.dirty;
  }

  /** Forgets a page that is no more. */
  drop(pageNo: u32): void {
    const slot = this.slotOf(pageNo);
    if (slot == NO_SLOT) return;
    this.spill.release(slot);
    this.slots.delete(pageNo);
  }

  /** The pages of the spill, in ascending order. */
  spilled(): StaticArray<u32> {
    return this.slots.sortedKeys();
  }

  // ---- checkpoints ----

  /**
   * Appends the new content of all changed sectors of the main file's `mainPages` pages to the log, and the end of such a set. Nothing is
   * appended when there are none.
   */
  appendImages(log: LogFile, mainPages: u32): Status {
    this.images = heap.alloc(IMAGE_FRAME_BYTES + IMAGE_SECTOR_SIZE * 17);
    this.imagesEnd = this.images;
    const before = allocBlock();
    const after = allocBlock();
    const start = log.end;
    let status = OK;
    if (before == 0 || after == 0) status = fail(OUT_OF_MEMORY, "no memory for a checkpoint");
    else {
      status = this.appendFrames(log, mainPages, before);
      if (status == OK) status = this.appendSpilled(log, mainPages, before, after);
      // mutant: the images of a checkpoint are without the changes that wait for their pages
      if (status == OK) status = this.appendWaiting(log, before, after);
      // Where pages need none the log is to say all the same that the main file may be torn.
      if (status == OK && (this.imagesEnd != this.images || log.end != start || this.whole.count != 0)) {
        status = this.flushImages(log);
        if (status == OK && log.append(FRAME_IMAGES_END, before, 0) == 0) status = lastError.status;
      }
    }
    if (before != 0) freeBlock(before);
    if (after != 0) freeBlock(after);
    heap.free(this.images);
    return status;
  }

  private appendFrames(log: LogFile, mainPages: u32, before: usize): Status {
    this.sort();
    let last: Frame | null = null;
    for (let i: u32 = 0; i < this.count; i++) {
      const frame = this.frameAt(i);
      if (frame === last || !isDirty(frame) || frame.pageNo >= mainPages || this.isWhole(frame.pageNo)) continue;
      last = frame;
      const status = this.appendImage(log, frame.pageNo, this.changedSectors(frame), before, frame.data);
      if (status != OK) return status;
    }
    return OK;
  }

  private appendSpilled(log: LogFile, mainPages: u32, before: usize, after: usize): Status {
    const spilled = this.spilled();
    for (let i = 0; i < spilled.length && spilled[i] < mainPages; i++) {
      if (this.cache.find(spilled[i]) || this.isWhole(spilled[i])) continue;
      const slot = this.slots.get(spilled[i], NO_SLOT);
      let status = this.spill.read(slot, after);
      if (status == OK) status = this.appendImage(log, spilled[i], this.spill.sectorsIn(slot), before, after);
      if (status != OK) return status;
    }
    return OK;
  }

  private appendWaiting(log: LogFile, before: usize, after: usize): Status {
    const pages = this.waiting.pages();
    for (let i = 0; i < pages.length; i++) {
      const pageNo = pages[i];
      const sectors = this.waiting.sectorsIn(pageNo);
      let status = this.readApart(pageNo, sectors, before);
      if (status != OK) return status;
      const from = firstByte(sectors);
      memory.copy(after + from, before + from, endByte(sectors) - from);
      this.waiting.show(pageNo, after, 0, PAGE_SIZE);
      status = this.addToImages(log, pageNo, sectors, before, after);
      if (status != OK) return status;
    }
    return OK;
  }

  /** Reads sectors that the main file has to their place in `page`, and what lies between those that are near each other. */
  private readApart(pageNo: u32, sectors: u32, page: usize): Status {
    const start = (<u64>pageNo) << PAGE_SHIFT;
    let left = closeGaps(sectors);
    while (left != 0) {
      const pageOffset = firstByte(left);
      const len = runBytes(left);
      const status = this.provider.read(start + pageOffset, page + pageOffset, len);
      if (status != OK) return status;
      left &= ~sectorsOf(pageOffset, len);
    }
    return OK;
  }

  /** `before` gets what the main file has of the sectors. */
  private appendImage(log: LogFile, pageNo: u32, sectors: u32, before: usize, after: usize): Status {
    const status = this.readApart(pageNo, sectors, before);
    return status == OK ? this.addToImages(log, pageNo, sectors, before, after) : status;
  }

  private addToImages(log: LogFile, pageNo: u32, sectors: u32, before: usize, after: usize): Status {
    this.imagesEnd = addImage(this.imagesEnd, pageNo, sectors, before, after);
    return this.imagesEnd - this.images < IMAGE_FRAME_BYTES ? OK : this.flushImages(log);
  }

  private flushImages(log: LogFile): Status {
    const len = <u32>(this.imagesEnd - this.images);
    this.imagesEnd = this.images;
    return len == 0 || log.append(FRAME_IMAGE, this.images, len) != 0 ? OK : lastError.status;
  }

  /**
   * Writes what differs to the main file, which has the room. The log's owner is asked before each page: a session that has taken over has
   * the images, and goes on from them.
   */
  writeBack(log: LogFile | null): Status {
    this.sort();
    for (let i: u32 = 0; i < this.count; i++) {
      const frame = this.frameAt(i);
      if (!isDirty(frame)) continue;
      let status = log ? log.checkOwner() : OK;
      if (status == OK) status = this.writeSectors(frame.pageNo, this.changedSectors(frame), frame.data);
      if (status != OK) return status;
      frame.dirty = 0;
      frame.flags &= ~FLAG_SPILLED;
      this.slots.delete(frame.pageNo);
    }
    const status = this.writeSpilled();
    // mutant: a checkpoint does not write the changes that wait for their pages
    return status == OK ? this.writeWaiting(log) : status;
  }

  /** Writes runs of sectors of the page at `page`. */
  private writeSectors(pageNo: u32, sectors: u32, page: usize): Status {
    const start = (<u64>pageNo) << PAGE_SHIFT;
    while (sectors != 0) {
      const pageOffset = firstByte(sectors);
      const len = runBytes(sectors);
      const status = this.provider.write(start + pageOffset, page + pageOffset, len);
      if (status != OK) return status;
      sectors &= ~sectorsOf(pageOffset, len);
    }
    return OK;
  }

  private writeWaiting(log: LogFile | null): Status {
    const pages = this.waiting.pages();
    if (pages.length == 0) return OK;
    const page = allocBlock();
    if (page == 0) return fail(OUT_OF_MEMORY, "no memory for a checkpoint");
    let status = OK;
    for (let i = 0; i < pages.length && status == OK; i++) {
      const sectors = this.waiting.sectorsIn(pages[i]);
      if (log) status = log.checkOwner();
      if (status == OK) status = this.readApart(pages[i], sectors, page);
      if (status != OK) break;
      this.waiting.show(pages[i], page, 0, PAGE_SIZE);
      status = this.writeSectors(pages[i], sectors, page);
    }
    freeBlock(page);
    return status;
  }

  /** Copies what is only in the spill. */
  private writeSpilled(): Status {
    if (this.slots.count == 0) return OK;
    const data = allocBlock();
    if (data == 0) return fail(OUT_OF_MEMORY, "no memory for a checkpoint");
    const list = this.spilled();
    let status = OK;
    for (let i = 0; i < list.length && status == OK; i++) {
      if (this.cache.find(list[i])) continue;
      const slot = this.slots.get(list[i], NO_SLOT);
      const sectors = this.spill.sectorsIn(slot);
      const from = firstByte(sectors);
      // It asks for the owner.
      status = this.spill.read(slot, data);
      if (status == OK) status = this.provider.write(((<u64>list[i]) << PAGE_SHIFT) + from, data + from, endByte(sectors) - from);
    }
    freeBlock(data);
    return status;
  }

  /** Sorts the list by page number, which is the high half of an entry. */
  private sort(): void {
    for (let i: u32 = 0; i < this.count; i++) {
      const pageNo = this.frameAt(i).pageNo;
      store<u32>(this.list + ((<usize>i) << ENTRY_SHIFT), pageNo, 4);
    }
    sortU64(this.list, this.count);
  }

  /** Nothing differs, or is to differ, any more. */
  clear(): void {
    this.count = 0;
    this.slots.clear();
    this.whole.clear();
    this.spill.clear();
  }

  free(): void {
    this.slots.free();
    this.whole.free();
    if (this.list != 0) heap.free(this.list);
    this.list = 0;
  }
}
