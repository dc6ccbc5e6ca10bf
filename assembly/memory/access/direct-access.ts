/**
 * Changes that no undo list and no log knows of: for tests.
 */
import { Status } from "../../status";
import { MemoryAccess } from "./memory-access";
import { insertBytes, removeBytes, writeBytes, zeroBytes } from "../pages/page-changes";

export class DirectAccess extends MemoryAccess {
  growOnePage(): u32 {
    return this.manager.growOnePage();
  }

  writeAtRaw(pageNo: u32, pageOffset: u32, ptr: usize, len: u32): Status {
    return writeBytes(this.manager, pageNo, pageOffset, ptr, len);
  }

  zeroRaw(pageNo: u32, pageOffset: u32, len: u32): Status {
    return zeroBytes(this.manager, pageNo, pageOffset, len);
  }

  insertBytes(pageNo: u32, pageOffset: u32, ptr: usize, len: u32, tailLen: u32): Status {
    return insertBytes(this.manager, pageNo, pageOffset, ptr, len, tailLen);
  }

  removeBytes(pageNo: u32, pageOffset: u32, len: u32, tailLen: u32): Status {
    return removeBytes(this.manager, pageNo, pageOffset, len, tailLen);
  }
}
