/** Whether values repeat: a set of their hashes, with open addressing, up to a limit of memory. */

/** Hashes that the set holds at most: 8 bytes each in a table twice as large, 8 MiB in all. More are not looked at. */
const MOST: u32 = 1 << 19;

export class HashSet {
  /** A value came twice (or, as good as never, two have the same hash). */
  repeated: bool = false;
  private slots: usize = 0;
  private room: u32 = 0;
  private used: u32 = 0;
  private zero: bool = false;

  add(hash: u64): void {
    if (this.repeated || this.used == MOST) return;
    if (hash == 0) {
      this.repeated = this.zero;
      this.zero = true;
      return;
    }
    if (this.used << 1 >= this.room) this.grow();
    this.insert(hash);
    if (this.repeated) this.free();
  }

  private insert(hash: u64): void {
    const mask = this.room - 1;
    for (let at = (<u32>hash) & mask; ; at = (at + 1) & mask) {
      const slot = this.slots + ((<usize>at) << 3);
      const held = load<u64>(slot);
      if (held == hash) {
        this.repeated = true;
        return;
      }
      if (held == 0) {
        store<u64>(slot, hash);
        this.used += 1;
        return;
      }
    }
  }

  private grow(): void {
    const old = this.slots;
    const oldRoom = this.room;
    this.room = max<u32>(1024, oldRoom << 1);
    this.slots = heap.alloc((<usize>this.room) << 3);
    memory.fill(this.slots, 0, (<usize>this.room) << 3);
    this.used = 0;
    for (let i: u32 = 0; i < oldRoom; i++) {
      const hash = load<u64>(old + ((<usize>i) << 3));
      if (hash != 0) this.insert(hash);
    }
    if (old != 0) heap.free(old);
  }

  free(): void {
    if (this.slots != 0) heap.free(this.slots);
    this.slots = 0;
    this.room = 0;
  }
}
