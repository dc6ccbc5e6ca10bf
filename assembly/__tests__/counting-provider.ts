import { IO_ERROR, Status, fail } from "../status";
import { HeapMemoryProvider, MemoryProvider } from "../memory/file/provider";

/** A provider that counts what is read from it, and fails a read when told to; what it spills goes to another one. */
export class CountingProvider extends HeapMemoryProvider {
  bytesRead: u64 = 0;
  /** Reads of less than a page. */
  partsRead: u32 = 0;
  /** The read that fails: 1 is the next one; 0 when none does, or it has failed. */
  failIn: u32 = 0;
  spill: CountingProvider | null = null;

  read(fileOffset: u64, ptr: usize, len: u32): Status {
    this.bytesRead += len;
    this.partsRead += u32(len < 65536);
    if (this.failIn != 0 && --this.failIn == 0) return fail(IO_ERROR, "the read fails");
    return super.read(fileOffset, ptr, len);
  }

  openSpill(): MemoryProvider | null {
    this.spill = new CountingProvider();
    return this.spill;
  }
}
