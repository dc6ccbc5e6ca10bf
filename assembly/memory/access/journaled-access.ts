/**
 * Changes that are noted twice: in the manager's undo list, so that a statement, a savepoint or a transaction can be taken back, and in its
 * redo records, which a commit puts into the log. `undo-list.ts` and `redo-buffer.ts` say what is kept of each kind of change.
 */
import { Status, OK, NO_PAGE, lastError } from "../../status";
import { copyBytes, clearBytes, isZero } from "../../encode/bytes";
import { MemoryAccess } from "./memory-access";
import { Splices } from "../base/splices";
import { UNDO_BYTES, UNDO_ZEROS, UNDO_INSERT, UNDO_REMOVE, UNDO_GROW, MAX_PAYLOAD } from "../pages/undo-list";

export class JournaledAccess extends MemoryAccess {
  growOnePage(): u32 {
    const undo = this.manager.undo;
    const mark = undo.mark;
    // Noted first: a page that no undo takes back would leave a gap in the log's growths.
    if (undo.push(UNDO_GROW, this.manager.pageCount, 0, 0, 0, 0) == 0) return NO_PAGE;
    const pageNo = this.manager.growOnePage();
    if (pageNo == NO_PAGE) {
      undo.pop(mark);
      return NO_PAGE;
    }
    const redo = this.manager.redo;
    if (redo) redo.grow(pageNo);
    return pageNo;
  }

  writeAtRaw(pageNo: u32, pageOffset: u32, ptr: usize, len: u32): Status {
    const frame = this.target(pageNo, pageOffset, len);
    if (!frame) return lastError.status;
    if (len == 0) return OK;
    const status = this.remember(pageNo, pageOffset, frame.data + pageOffset, len);
    if (status != OK) return status;
    this.manager.touch(frame, pageOffset, len);
    copyBytes(frame.data + pageOffset, ptr, len);
    const redo = this.manager.redo;
    return redo ? redo.write(pageNo, pageOffset, ptr, len) : OK;
  }

  zeroRaw(pageNo: u32, pageOffset: u32, len: u32): Status {
    const frame = this.target(pageNo, pageOffset, len);
    if (!frame) return lastError.status;
    if (len == 0 || isZero(frame.data + pageOffset, len)) return OK;
    const status = this.remember(pageNo, pageOffset, frame.data + pageOffset, len);
    if (status != OK) return status;
    this.manager.touch(frame, pageOffset, len);
    clearBytes(frame.data + pageOffset, len);
    const redo = this.manager.redo;
    if (redo) redo.zero(pageNo, pageOffset, len);
    return OK;
  }

  writeRecordPart(pageNo: u32, pageOffset: u32, ptr: usize, len: u32): Status {
    const at = len != 0 ? this.manager.waitingPart(pageNo, pageOffset, len) : 0;
    if (at == 0) return this.writeAtRaw(pageNo, pageOffset, ptr, len);
    const status = this.remember(pageNo, pageOffset, at, len);
    if (status != OK) return status;
    this.manager.letWait(pageNo, pageOffset, at, ptr, len);
    const redo = this.manager.redo;
    return redo ? redo.write(pageNo, pageOffset, ptr, len) : OK;
  }

  zeroRecordPart(pageNo: u32, pageOffset: u32, len: u32): Status {
    const at = len != 0 ? this.manager.waitingPart(pageNo, pageOffset, len) : 0;
    if (at == 0) return this.zeroRaw(pageNo, pageOffset, len);
    const status = this.remember(pageNo, pageOffset, at, len);
    if (status != OK) return status;
    this.manager.letWait(pageNo, pageOffset, at, 0, len);
    const redo = this.manager.redo;
    if (redo) redo.zero(pageNo, pageOffset, len);
    return OK;
  }

  insertBytes(pageNo: u32, pageOffset: u32, ptr: usize, len: u32, tailLen: u32): Status {
    const frame = this.target(pageNo, pageOffset, len + tailLen);
    if (!frame) return lastError.status;
    if (len == 0) return OK;
    const at = frame.data + pageOffset;
    const status = this.rememberSplice(UNDO_INSERT, pageNo, pageOffset, at, len, tailLen);
    if (status != OK) return status;
    this.manager.touch(frame, pageOffset, len + tailLen);
    if (tailLen != 0) memory.copy(at + len, at, tailLen);
    copyBytes(at, ptr, len);
    const redo = this.manager.redo;
    return redo ? redo.insert(pageNo, pageOffset, ptr, len, tailLen) : OK;
  }

  removeBytes(pageNo: u32, pageOffset: u32, len: u32, tailLen: u32): Status {
    const frame = this.target(pageNo, pageOffset, len + tailLen);
    if (!frame) return lastError.status;
    if (len == 0) return OK;
    const at = frame.data + pageOffset;
    const status = this.rememberSplice(UNDO_REMOVE, pageNo, pageOffset, at, len, tailLen);
    if (status != OK) return status;
    this.manager.touch(frame, pageOffset, len + tailLen);
    if (tailLen != 0) memory.copy(at, at + len, tailLen);
    clearBytes(at + tailLen, len);
    const redo = this.manager.redo;
    if (redo) redo.remove(pageNo, pageOffset, len, tailLen);
    return OK;
  }

  splice(pageNo: u32, splices: Splices): Status {
    const frame = this.target(pageNo, 0, splices.highest);
    if (!frame) return lastError.status;
    let status = this.rememberSplices(pageNo, frame.data, splices);
    if (status != OK) return status;
    this.manager.touch(frame, splices.from, splices.highest - splices.from);
    const redo = this.manager.redo;
    if (redo) {
      let end = splices.used;
      for (let i: u32 = 0; i < splices.count; i++) {
        const splice = splices.at(i);
        const at = splice.at + end - splices.used;
        const len = splice.len;
        if (splice.bytes != 0) {
          // Whatever comes of it: what is noted in the undo list has to be done.
          const written = redo.insert(pageNo, at, splice.bytes, len, end - at);
          if (status == OK) status = written;
          end += len;
        } else {
          redo.remove(pageNo, at, len, end - at - len);
          end -= len;
        }
      }
    }
    splices.apply(frame.data);
    return status;
  }

  /** Notes splices of `page` that are still to be done; all of them, or none. */
  private rememberSplices(pageNo: u32, page: usize, splices: Splices): Status {
    const undo = this.manager.undo;
    const mark = undo.mark;
    let end = splices.used;
    let highest = end;
    for (let i: u32 = 0; i < splices.count; i++) {
      const splice = splices.at(i);
      const at = splice.at + end - splices.used;
      const len = splice.len;
      if (splice.bytes == 0) {
        const payload = undo.push(UNDO_REMOVE, pageNo, at, len, end - at - len, len);
        if (payload == 0) return this.forgetNoted(mark);
        copyBytes(payload, page + splice.at, len);
        end -= len;
        continue;
      }
      const payload = undo.push(UNDO_INSERT, pageNo, at, len, end - at, len);
      if (payload == 0) return this.forgetNoted(mark);
      // What it overwrites: room that a removal zeroed, and what the page has behind its content.
      const zeros = min(len, highest - end);
      clearBytes(payload, zeros);
      copyBytes(payload + zeros, page + end + zeros, len - zeros);
      end += len;
      highest = max(highest, end);
    }
    return OK;
  }

  /** Takes what was noted last, and not done, off the undo list; returns why the rest could not be noted. */
  private forgetNoted(mark: u64): Status {
    const status = lastError.status;
    const undo = this.manager.undo;
    let popped = undo.pop(mark);
    while (popped > 0) popped = undo.pop(mark);
    if (popped < 0) this.manager.poison();
    return popped < 0 ? lastError.status : status;
  }

  /** Notes an insertion or a removal of `len` bytes: the bytes that the shift overwrites. */
  private rememberSplice(kind: u32, pageNo: u32, pageOffset: u32, at: usize, len: u32, tailLen: u32): Status {
    // Almost a whole page: the payload fits no undo block, and there is next to no tail to be spared.
    if (len > MAX_PAYLOAD) return this.remember(pageNo, pageOffset, at, len + tailLen);
    const payload = this.manager.undo.push(kind, pageNo, pageOffset, len, tailLen, len);
    if (payload == 0) return lastError.status;
    copyBytes(payload, kind == UNDO_INSERT ? at + tailLen : at, len);
    return OK;
  }

  /** Notes what `len` bytes are before they are overwritten. */
  private remember(pageNo: u32, pageOffset: u32, at: usize, len: u32): Status {
    const undo = this.manager.undo;
    if (isZero(at, len)) return undo.push(UNDO_ZEROS, pageNo, pageOffset, len, 0, 0) != 0 ? OK : lastError.status;
    while (len > 0) {
      const part = min(len, MAX_PAYLOAD);
      const payload = undo.push(UNDO_BYTES, pageNo, pageOffset, part, 0, part);
      if (payload == 0) return lastError.status;
      copyBytes(payload, at, part);
      pageOffset += part;
      at += part;
      len -= part;
    }
    return OK;
  }
}
