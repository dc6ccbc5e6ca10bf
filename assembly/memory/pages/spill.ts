/**
 * Where a transaction's pages and undo blocks go when they outgrow the cache: numbered slots in a provider of their own (the file
 * `NAME-spill`, or the heap), which is opened by the first use. Nothing in it outlives the transaction.
 *
 * A slot has room for the sectors from the first to the last of those that were written to it, or for a whole page where these are more
 * than half of one; a page of zeros takes none. Slots lie one behind another, without gaps: of many pages with a sector each a sparse file
 * would come, which takes the file system milliseconds a page to remove.
 */
import { Status, OK, lastError } from "../../status";
import { MemoryProvider } from "../file/provider";
import { PAGE_SHIFT, PAGE_SIZE } from "../base/layout";
import { ALL_SECTORS, PAGE_SECTORS, SECTOR_SHIFT, endByte, firstByte } from "../cache/page-cache";
import { LogFile } from "../file/log-file";
import { isZero } from "../../encode/bytes";

/** No slot. */
export const NO_SLOT: u32 = 0xffffffff;
/** No place. */
const NO_PLACE: u32 = 0xffffffff;
/** Sectors of a page that share a page of the provider, as a shift. */
const PAGE_SECTOR_SHIFT: u32 = PAGE_SHIFT - SECTOR_SHIFT;
/** The fewest pages that the provider grows by. */
const LEAST_GROWTH: u32 = 16;

/** How many sectors of room a slot has that `sectors` were written to. */
function roomFor(sectors: u32): u32 {
  const count = (endByte(sectors) - firstByte(sectors)) >> SECTOR_SHIFT;
  // off: slots of sectors
  return count > PAGE_SECTORS / 2 ? PAGE_SECTORS : count;
}

/** Where in its page a slot with these `sectors` begins. */
function startOf(sectors: u32): u32 {
  return roomFor(sectors) == PAGE_SECTORS ? 0 : firstByte(sectors);
}

export class Spill {
  private store: MemoryProvider | null = null;
  /** Slots that there were, and those of them that are free again. */
  private used: u32 = 0;
  private freeSlots: Array<u32> = new Array<u32>();
  /** Sectors of the provider that there were slots in, and where so many in a row (the index) are free again. */
  private end: u32 = 0;
  private readonly freeRuns: StaticArray<Array<u32>> = new StaticArray<Array<u32>>(PAGE_SECTORS + 1);
  /** For each slot its place (which of the provider's sectors is its first one) u32, and the bits of the sectors that were written u32. */
  private slots: usize = 0;
  private slotsRoom: u32 = 0;

  /** The log whose owner may use the file; another session that has taken it over uses the same one. */
  guard: LogFile | null = null;

  constructor(private owner: MemoryProvider) {
    for (let i: u32 = 0; i <= PAGE_SECTORS; i++) this.freeRuns[i] = new Array<u32>();
  }

  private allowed(): Status {
    const guard = this.guard;
    return guard ? guard.checkOwner() : OK;
  }

  /** The provider, opened by its first use; null on failure. */
  private opened(): MemoryProvider | null {
    if (!this.store) this.store = this.owner.openSpill();
    return this.store;
  }

  /**
   * Writes `sectors` of the block at `ptr`, and what lies between them and those that it has, to a slot: a new one unless `slot` is given.
   * The slot, or `NO_SLOT` on failure, which leaves what the slot had of other sectors.
   */
  write(slot: u32, ptr: usize, sectors: u32 = ALL_SECTORS): u32 {
    const before = slot == NO_SLOT ? 0 : this.sectorsIn(slot);
    if (sectors == ALL_SECTORS && isZero(ptr, PAGE_SIZE)) return this.noteZeros(slot, before);
    const provider = this.allowed() == OK ? this.opened() : null;
    if (!provider) return NO_SLOT;
    // mutant: sectors that the spill had are forgotten
    const after = before | sectors;
    const moves = before == 0 || roomFor(before) != roomFor(after) || this.placeOf(slot) == NO_PLACE;
    const place = moves ? this.takeRun(provider, roomFor(after)) : this.placeOf(slot);
    if (place == NO_PLACE) return NO_SLOT;
    // mutant: what lies between two spilled sectors is not written where the later one is new
    const from = moves ? firstByte(after) : min(firstByte(sectors), endByte(before));
    // mutant: what lies between two spilled sectors is not written where the earlier one is new
    const end = moves ? endByte(after) : max(endByte(sectors), firstByte(before));
    if (provider.write(offsetOf(place, after, from), ptr + from, end - from) != OK) {
      if (moves) this.freeRuns[roomFor(after)].push(place);
      return NO_SLOT;
    }
    if (slot == NO_SLOT) slot = this.takeSlot();
    else if (moves) this.freeRun(slot);
    this.note(slot, place, after);
    return slot;
  }

  private takeSlot(): u32 {
    return this.freeSlots.length > 0 ? this.freeSlots.pop() : this.used++;
  }

  /** Takes note that a page of zeros was written to `slot`, or to a new one. */
  private noteZeros(slot: u32, before: u32): u32 {
    if (before == 0) slot = this.takeSlot();
    else this.freeRun(slot);
    this.note(slot, NO_PLACE, ALL_SECTORS);
    return slot;
  }

  /** What a slot has room in may be used for another one. */
  private freeRun(slot: u32): void {
    const place = this.placeOf(slot);
    if (place != NO_PLACE) this.freeRuns[roomFor(this.sectorsIn(slot))].push(place);
  }

  /** `count` sectors in a row: where they are, or `NO_PLACE` on failure. The smallest free run that has as many, or new ones. */
  private takeRun(provider: MemoryProvider, count: u32): u32 {
    for (let len = count; len <= PAGE_SECTORS; len++) {
      const free = unchecked(this.freeRuns[len]);
      if (free.length == 0) continue;
      const place = free.pop();
      if (len > count) unchecked(this.freeRuns[len - count]).push(place + count);
      return place;
    }
    const pages = (this.end + count + PAGE_SECTORS - 1) >> PAGE_SECTOR_SHIFT;
    if (pages > provider.pages && provider.grow(max(LEAST_GROWTH, provider.pages >> 2)) != OK) return NO_PLACE;
    this.end += count;
    return this.end - count;
  }

  private note(slot: u32, place: u32, sectors: u32): void {
    if (slot >= this.slotsRoom) {
      const room = max<u32>(64, slot * 2);
      this.slots = heap.realloc(this.slots == 0 ? heap.alloc(8) : this.slots, (<usize>room) << 3);
      this.slotsRoom = room;
    }
    const at = this.slots + ((<usize>slot) << 3);
    store<u32>(at, place);
    store<u32>(at, sectors, 4);
  }

  private placeOf(slot: u32): u32 {
    return load<u32>(this.slots + ((<usize>slot) << 3));
  }

  /** The sectors that were written to the slot; what lies between them was written, too. */
  sectorsIn(slot: u32): u32 {
    return load<u32>(this.slots + ((<usize>slot) << 3), 4);
  }

  /** Reads what was written to a slot to its place in the block at `ptr`. */
  read(slot: u32, ptr: usize): Status {
    const sectors = this.sectorsIn(slot);
    const from = firstByte(sectors);
    return this.readPart(slot, from, endByte(sectors) - from, ptr + from);
  }

  /** Reads `len` bytes from byte `from` of a slot's page on, which were written. */
  readPart(slot: u32, from: u32, len: u32, ptr: usize): Status {
    if (this.placeOf(slot) == NO_PLACE) {
      memory.fill(ptr, 0, len);
      return this.allowed();
    }
    const provider = this.store;
    if (!provider) return lastError.status;
    const status = provider.read(offsetOf(this.placeOf(slot), this.sectorsIn(slot), from), ptr, len);
    return status == OK ? this.allowed() : status;
  }

  /** Gives a slot back. One from before `clear` is free already: it would be given out twice. */
  release(slot: u32): void {
    if (slot >= this.used) return;
    this.freeRun(slot);
    this.freeSlots.push(slot);
  }

  /** Forgets all slots. */
  clear(): void {
    this.used = 0;
    this.end = 0;
    this.freeSlots = new Array<u32>();
    for (let i: u32 = 0; i <= PAGE_SECTORS; i++) if (this.freeRuns[i].length > 0) this.freeRuns[i] = new Array<u32>();
  }

  /** Closes and removes the spill file, if there is one. */
  close(): Status {
    const provider = this.store;
    this.store = null;
    this.clear();
    if (this.slots != 0) heap.free(this.slots);
    this.slots = 0;
    this.slotsRoom = 0;
    return provider ? provider.close() : OK;
  }
}

/** Where in the provider byte `pageOffset` of a page is whose `sectors` the slot at `place` has. */
function offsetOf(place: u32, sectors: u32, pageOffset: u32): u64 {
  return ((<u64>place) << SECTOR_SHIFT) + (pageOffset - startOf(sectors));
}
