/**
 * What a higher layer makes of whole pages to have them in less room: up to half a page's bytes for one, several in a frame of the page
 * cache, which goes when it was not used for longest. It is forgotten before its page is changed.
 *
 * In such a frame stand, one behind the other, | page u32, or NO_PAGE when it was forgotten | the frame u32 | len u32 | len bytes |.
 */
import { Frame, PageCache, FLAG_COMPACT } from "./page-cache";
import { SECTORS_FRAME } from "./sector-cache";
import { PAGE_SIZE } from "../base/layout";
import { U32Map } from "../base/u32-map";
import { NO_PAGE } from "../../status";

const HEADER: u32 = 12;
/** The most bytes for a page. */
export const MAX_COMPACT: u32 = (PAGE_SIZE >> 1) - HEADER;

export class CompactCache {
  private readonly addresses: U32Map = new U32Map();
  /** The frame that is being filled; how many bytes of it are taken is its `used`. */
  private filling: Frame | null = null;
  private frames: u32 = 0;

  constructor(private readonly cache: PageCache) {}

  /** What was made of a page, or 0. Valid for the next `GUARANTEE` lookups. */
  find(pageNo: u32): usize {
    // A map has no such key; `pageNo` may be any number.
    if (this.addresses.count == 0 || pageNo == NO_PAGE) return 0;
    const at = <usize>this.addresses.get(pageNo, 0);
    if (at == 0) return 0;
    this.cache.stamp(this.cache.frameAt(load<u32>(at, 4)));
    return at + HEADER;
  }

  /** Whether there may be one more frame: they are half of the cache at most. */
  get mayGrow(): bool {
    return this.frames < this.cache.mostFrames >> 1;
  }

  /** The frame that has room for `len` bytes, or null when a new one is to be filled. */
  roomFor(len: u32): Frame | null {
    const frame = this.filling;
    return frame && frame.used + HEADER + len <= PAGE_SIZE ? frame : null;
  }

  /** Goes on with a detached frame. */
  fill(frame: Frame): void {
    frame.pageNo = SECTORS_FRAME;
    frame.flags = FLAG_COMPACT;
    frame.used = 0;
    this.filling = frame;
    this.frames += 1;
  }

  /** Room for `len` bytes of a page in `frame`, which has it. */
  add(frame: Frame, pageNo: u32, len: u32): usize {
    this.forget(pageNo);
    const at = frame.data + frame.used;
    store<u32>(at, pageNo);
    store<u32>(at, this.cache.indexOf(frame), 4);
    store<u32>(at, len, 8);
    frame.used += (HEADER + len + 3) & ~3;
    this.addresses.set(pageNo, <u32>at);
    this.cache.stamp(frame);
    return at + HEADER;
  }

  /** Forgets what was made of a page, which is to be changed. */
  forget(pageNo: u32): void {
    if (this.addresses.count == 0) return;
    const at = <usize>this.addresses.get(pageNo, 0);
    if (at == 0) return;
    store<u32>(at, NO_PAGE);
    this.addresses.delete(pageNo);
  }

  /** Forgets what is in a frame, which is to be used for something else. */
  empty(frame: Frame): void {
    for (let at: u32 = 0; at < frame.used; at += (HEADER + load<u32>(frame.data + at, 8) + 3) & ~3) {
      const pageNo = load<u32>(frame.data + at);
      if (pageNo != NO_PAGE) this.addresses.delete(pageNo);
    }
    if (this.filling === frame) this.filling = null;
    frame.pageNo = NO_PAGE;
    frame.flags = 0;
    this.frames -= 1;
  }

  free(): void {
    this.addresses.free();
    this.filling = null;
  }
}
