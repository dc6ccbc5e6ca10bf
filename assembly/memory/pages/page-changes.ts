/**
 * The primitives by which bytes of a page change, applied to pages in memory: for replay, undo and changes that nobody takes back.
 * Those that are noted first do the same in `journaled-access.ts`, beside what they note.
 */
import { Status, OK, OUT_OF_BOUNDS, fail, lastError } from "../../status";
import { CachedPages } from "./cached-pages";
import { PAGE_SIZE } from "../base/layout";
import { Frame } from "../cache/page-cache";

/** `OUT_OF_BOUNDS`: bytes that leave their page. */
export function outOfPage(pageNo: u32, pageOffset: u32, len: u32): Status {
  return fail(OUT_OF_BOUNDS, len.toString() + " bytes at byte " + pageOffset.toString() + " leave page " + pageNo.toString());
}

/** The frame to change `len` bytes of, or null on failure. */
@inline
export function changedFrame(pages: CachedPages, pageNo: u32, pageOffset: u32, len: u32): Frame | null {
  const frame = pages.frame(pageNo);
  if (frame && (pageOffset > PAGE_SIZE || len > PAGE_SIZE - pageOffset)) {
    outOfPage(pageNo, pageOffset, len);
    return null;
  }
  return frame;
}

/** Where the `len` bytes are that are about to change; 0 on failure. */
function touched(pages: CachedPages, pageNo: u32, pageOffset: u32, len: u32): usize {
  const frame = changedFrame(pages, pageNo, pageOffset, len);
  if (!frame) return 0;
  if (len != 0) pages.touch(frame, pageOffset, len);
  return frame.data + pageOffset;
}

/** Overwrites `len` bytes. */
export function writeBytes(pages: CachedPages, pageNo: u32, pageOffset: u32, ptr: usize, len: u32): Status {
  const at = touched(pages, pageNo, pageOffset, len);
  if (at == 0) return lastError.status;
  memory.copy(at, ptr, len);
  return OK;
}

/** Zeroes `len` bytes. */
export function zeroBytes(pages: CachedPages, pageNo: u32, pageOffset: u32, len: u32): Status {
  const at = touched(pages, pageNo, pageOffset, len);
  if (at == 0) return lastError.status;
  memory.fill(at, 0, len);
  return OK;
}

/** Inserts `len` bytes and moves the `tailLen` bytes behind up; what stood above them is overwritten. */
export function insertBytes(pages: CachedPages, pageNo: u32, pageOffset: u32, ptr: usize, len: u32, tailLen: u32): Status {
  const at = touched(pages, pageNo, pageOffset, len + tailLen);
  if (at == 0) return lastError.status;
  memory.copy(at + len, at, tailLen);
  memory.copy(at, ptr, len);
  return OK;
}

/** Removes `len` bytes, moves the `tailLen` bytes behind them down and zeroes the room that becomes free. */
export function removeBytes(pages: CachedPages, pageNo: u32, pageOffset: u32, len: u32, tailLen: u32): Status {
  const at = touched(pages, pageNo, pageOffset, len + tailLen);
  if (at == 0) return lastError.status;
  memory.copy(at, at + len, tailLen);
  memory.fill(at + tailLen, 0, len);
  return OK;
}
