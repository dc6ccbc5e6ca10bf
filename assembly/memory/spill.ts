/**
 * Where a transaction's pages and undo blocks go when they outgrow the cache: numbered slots of 64 KiB in a provider of their own
 * (the file `NAME-spill`, or the heap), which is opened by the first use. Nothing in it outlives the transaction.
 */
import { Status, OK, lastError } from "../status";
import { MemoryProvider } from "./provider";
import { PAGE_SHIFT, PAGE_SIZE } from "./layout";
import { LogFile } from "./log-file";

export class Spill {
  private store: MemoryProvider | null = null;
  private used: u32 = 0;
  private freeSlots: Array<u32> = new Array<u32>();

  /** The log whose owner may use the file; another session that has taken it over uses the same one. */
  guard: LogFile | null = null;

  constructor(private owner: MemoryProvider) {}

  private allowed(): Status {
    const guard = this.guard;
    return guard ? guard.checkOwner() : OK;
  }

  /** Writes the block at `ptr` to a slot, a new one unless `slot` is given (0xffffffff: none). The slot, or 0xffffffff on failure. */
  write(slot: u32, ptr: usize): u32 {
    if (this.allowed() != OK) return 0xffffffff;
    let provider = this.store;
    if (!provider) {
      provider = this.owner.openSpill();
      if (!provider) return 0xffffffff;
      this.store = provider;
    }
    if (slot == 0xffffffff) {
      if (this.freeSlots.length > 0) slot = this.freeSlots.pop();
      else {
        if (this.used >= provider.pages && provider.grow(max<u32>(16, provider.pages >> 2)) != OK) return 0xffffffff;
        slot = this.used++;
      }
    }
    return provider.write((<u64>slot) << PAGE_SHIFT, ptr, PAGE_SIZE) == OK ? slot : 0xffffffff;
  }

  /** Reads a slot into the block at `ptr`. */
  read(slot: u32, ptr: usize): Status {
    const provider = this.store;
    const status = provider ? provider.read((<u64>slot) << PAGE_SHIFT, ptr, PAGE_SIZE) : lastError.status;
    return status == OK ? this.allowed() : status;
  }

  /** Gives a slot back. One from before `clear` is free already: it would be given out twice. */
  release(slot: u32): void {
    if (slot < this.used) this.freeSlots.push(slot);
  }

  /** Forgets all slots. */
  clear(): void {
    this.used = 0;
    this.freeSlots = new Array<u32>();
  }

  /** Closes and removes the spill file, if there is one. */
  close(): Status {
    const provider = this.store;
    this.store = null;
    this.clear();
    return provider ? provider.close() : OK;
  }
}
