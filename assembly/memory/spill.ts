/**
 * Where a transaction's pages and undo blocks go when they outgrow the cache: numbered slots of 64 KiB in a provider of their own
 * (the file `NAME-spill`, or the heap), which is opened by the first use. Nothing in it outlives the transaction.
 */
import { Status, OK, lastError } from "../status";
import { MemoryProvider } from "./provider";
import { PAGE_SHIFT } from "./layout";
import { ALL_SECTORS, endByte, firstByte } from "./page-cache";
import { LogFile } from "./log-file";

/** No slot. */
export const NO_SLOT: u32 = 0xffffffff;

export class Spill {
  private store: MemoryProvider | null = null;
  private used: u32 = 0;
  private freeSlots: Array<u32> = new Array<u32>();
  /** For each slot the bits of the sectors that were written, u16; what lies between them was written, too. */
  private sectors: usize = 0;
  private sectorsRoom: u32 = 0;

  /** The log whose owner may use the file; another session that has taken it over uses the same one. */
  guard: LogFile | null = null;

  constructor(private owner: MemoryProvider) {}

  private allowed(): Status {
    const guard = this.guard;
    return guard ? guard.checkOwner() : OK;
  }

  /**
   * Writes `sectors` of the block at `ptr`, and what lies between them and those that it has, to a slot: a new one unless `slot` is given.
   * The slot, or `NO_SLOT` on failure.
   */
  write(slot: u32, ptr: usize, sectors: u32 = ALL_SECTORS): u32 {
    if (this.allowed() != OK) return NO_SLOT;
    let provider = this.store;
    if (!provider) {
      provider = this.owner.openSpill();
      if (!provider) return NO_SLOT;
      this.store = provider;
    }
    let from = firstByte(sectors);
    let end = endByte(sectors);
    if (slot != NO_SLOT) {
      const before = this.sectorsIn(slot);
      from = min(from, endByte(before));
      end = max(end, firstByte(before));
      sectors |= before;
    } else {
      if (this.freeSlots.length > 0) slot = this.freeSlots.pop();
      else {
        if (this.used >= provider.pages && provider.grow(max<u32>(16, provider.pages >> 2)) != OK) return NO_SLOT;
        slot = this.used++;
      }
    }
    if (provider.write(((<u64>slot) << PAGE_SHIFT) + from, ptr + from, end - from) != OK) return NO_SLOT;
    this.noteSectors(slot, sectors);
    return slot;
  }

  private noteSectors(slot: u32, sectors: u32): void {
    if (slot >= this.sectorsRoom) {
      const room = max<u32>(64, slot * 2);
      this.sectors = heap.realloc(this.sectors == 0 ? heap.alloc(2) : this.sectors, (<usize>room) << 1);
      this.sectorsRoom = room;
    }
    store<u16>(this.sectors + ((<usize>slot) << 1), <u16>sectors);
  }

  /** The sectors that were written to the slot. */
  sectorsIn(slot: u32): u32 {
    return load<u16>(this.sectors + ((<usize>slot) << 1));
  }

  /** Reads what was written to a slot to its place in the block at `ptr`. */
  read(slot: u32, ptr: usize): Status {
    const sectors = this.sectorsIn(slot);
    const from = firstByte(sectors);
    return this.readPart(slot, from, endByte(sectors) - from, ptr + from);
  }

  /** Reads `len` bytes from byte `from` of a slot on. */
  readPart(slot: u32, from: u32, len: u32, ptr: usize): Status {
    const provider = this.store;
    if (!provider) return lastError.status;
    const status = provider.read(((<u64>slot) << PAGE_SHIFT) + from, ptr, len);
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
    if (this.sectors != 0) heap.free(this.sectors);
    this.sectors = 0;
    this.sectorsRoom = 0;
    return provider ? provider.close() : OK;
  }
}
