/** Changes of pages in memory, made in one way: noted first for undo and log, or not, for what these two do. */
import { Status, OK, OUT_OF_BOUNDS, fail, lastError } from "../../status";
import { isZero } from "../../encode/bytes";
import { CHANGE_WRITE, CHANGE_ZERO, changeBytes } from "../base/page-change";
import { PAGE_SIZE } from "../base/layout";
import { Frame } from "../cache/page-cache";
import { CachedPages } from "./cached-pages";

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

/**
 * Makes a change (`CHANGE_…`, but not GROW). `journaled`: the undo list and the redo records get it, too; after a failure to note it in
 * the first nothing was changed.
 */
@inline
export function change(
  pages: CachedPages,
  journaled: bool,
  kind: u32,
  pageNo: u32,
  pageOffset: u32,
  bytes: usize,
  len: u32,
  tailLen: u32,
): Status {
  const frame = changedFrame(pages, pageNo, pageOffset, len + tailLen);
  if (!frame) return lastError.status;
  const at = frame.data + pageOffset;
  if (len == 0 || (kind == CHANGE_ZERO && isZero(at, len))) return OK;
  if (journaled) {
    const status = pages.undo.note(kind, pageNo, pageOffset, at, len, tailLen);
    if (status != OK) return status;
    if (len == PAGE_SIZE && (kind == CHANGE_WRITE || kind == CHANGE_ZERO)) pages.noteWhole(pageNo);
  }
  pages.touch(frame, pageOffset, len + tailLen);
  changeBytes(kind, at, bytes, len, tailLen);
  const redo = pages.redo;
  // mutant: zeroing is not in the log
  return journaled && redo ? redo.note(kind, pageNo, pageOffset, bytes, len, tailLen) : OK;
}

/** Makes a change that neither undo nor log has to know of: one that they themselves repeat or take back. */
export function applyChange(
  pages: CachedPages,
  kind: u32,
  pageNo: u32,
  pageOffset: u32,
  bytes: usize,
  len: u32,
  tailLen: u32,
): Status {
  return change(pages, false, kind, pageNo, pageOffset, bytes, len, tailLen);
}
