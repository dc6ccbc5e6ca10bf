/**
 * Changes that can only be taken back all together, by the manager's `rollback`: for files that are being made, and for tests.
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
    memory.copy(frame.data + pageOffset, ptr, len);
    this.manager.touch(frame, pageOffset, len);
    return OK;
  }

  zeroRaw(pageNo: u32, pageOffset: u32, len: u32): Status {
    const frame = this.target(pageNo, pageOffset, len);
    if (!frame) return lastError.status;
    if (len == 0) return OK;
    memory.fill(frame.data + pageOffset, 0, len);
    this.manager.touch(frame, pageOffset, len);
    return OK;
  }

  insertBytes(pageNo: u32, pageOffset: u32, ptr: usize, len: u32, tailLen: u32): Status {
    const frame = this.target(pageNo, pageOffset, len + tailLen);
    if (!frame) return lastError.status;
    if (len == 0) return OK;
    const at = frame.data + pageOffset;
    memory.copy(at + len, at, tailLen);
    memory.copy(at, ptr, len);
    this.manager.touch(frame, pageOffset, len + tailLen);
    return OK;
  }

  removeBytes(pageNo: u32, pageOffset: u32, len: u32, tailLen: u32): Status {
    const frame = this.target(pageNo, pageOffset, len + tailLen);
    if (!frame) return lastError.status;
    if (len == 0) return OK;
    const at = frame.data + pageOffset;
    memory.copy(at, at + len, tailLen);
    memory.fill(at + tailLen, 0, len);
    this.manager.touch(frame, pageOffset, len + tailLen);
    return OK;
  }
}
