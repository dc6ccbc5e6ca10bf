import { Status } from "../status";
import { HeapMemoryProvider, MemoryProvider } from "../memory/provider";

/** A provider that counts what is read from it; what it spills goes to another one. */
export class CountingProvider extends HeapMemoryProvider {
  bytesRead: u64 = 0;
  /** Reads of less than a page. */
  partsRead: u32 = 0;
  spill: CountingProvider | null = null;

  read(fileOffset: u64, ptr: usize, len: u32): Status {
    this.bytesRead += len;
    this.partsRead += u32(len < 65536);
    return super.read(fileOffset, ptr, len);
  }

  openSpill(): MemoryProvider | null {
    this.spill = new CountingProvider();
    return this.spill;
  }
}
