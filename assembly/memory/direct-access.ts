/**
 * Changes that no undo list and no log knows of: for replaying a log, and for tests.
 */
import { Status, OK, lastError } from "../status";
import { MemoryAccess } from "./memory-access";

export class DirectAccess extends MemoryAccess {
  growOnePage(): u32 {
    return this.manager.growOnePage();
  }

  writeAtRaw(pageNo: u32, pageOffset: u32, ptr: usize, len: u32): Status {
    const frame = this.target(pageNo, pageOffset, len);
    if (!frame) return lastError.status;
    if (len == 0) return OK;
    this.manager.touch(frame, pageOffset, len);
    memory.copy(frame.data + pageOffset, ptr, len);
    return OK;
  }

  zeroRaw(pageNo: u32, pageOffset: u32, len: u32): Status {
    const frame = this.target(pageNo, pageOffset, len);
    if (!frame) return lastError.status;
    if (len == 0) return OK;
    this.manager.touch(frame, pageOffset, len);
    memory.fill(frame.data + pageOffset, 0, len);
    return OK;
  }

  insertBytes(pageNo: u32, pageOffset: u32, ptr: usize, len: u32, tailLen: u32): Status {
    const frame = this.target(pageNo, pageOffset, len + tailLen);
    if (!frame) return lastError.status;
    if (len == 0) return OK;
    const at = frame.data + pageOffset;
    this.manager.touch(frame, pageOffset, len + tailLen);
    memory.copy(at + len, at, tailLen);
    memory.copy(at, ptr, len);
    return OK;
  }

  removeBytes(pageNo: u32, pageOffset: u32, len: u32, tailLen: u32): Status {
    const frame = this.target(pageNo, pageOffset, len + tailLen);
    if (!frame) return lastError.status;
    if (len == 0) return OK;
    const at = frame.data + pageOffset;
    this.manager.touch(frame, pageOffset, len + tailLen);
    memory.copy(at, at + len, tailLen);
    memory.fill(at + tailLen, 0, len);
    return OK;
  }
}
