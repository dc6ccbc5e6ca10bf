/**
 * A map from u32 to u32 in raw memory: open addressing, linear probing, at most half full. The key 0xffffffff is reserved.
 */
const EMPTY: u32 = 0xffffffff;

export class U32Map {
  private table: usize;
  private mask: u32;
  /** Entries in the map. */
  count: u32 = 0;

  constructor() {
    this.mask = 15;
    this.table = heap.alloc(16 << 3);
    memory.fill(this.table, 0xff, 16 << 3);
  }


  @inline private home(key: u32): u32 {
    return (key * 0x9e3779b1) >> 7;
  }

  /** The slot of `key`, or of the hole where it would go. */
  private find(key: u32): usize {
    const mask = this.mask;
    let at = this.home(key) & mask;
    let slot = this.table + ((<usize>at) << 3);
    while (load<u32>(slot) != key && load<u32>(slot) != EMPTY) {
      at = (at + 1) & mask;
      slot = this.table + ((<usize>at) << 3);
    }
    return slot;
  }

  /** The value of `key`, or `missing`. */
  get(key: u32, missing: u32): u32 {
    const slot = this.find(key);
    return load<u32>(slot) == key ? load<u32>(slot, 4) : missing;
  }

  has(key: u32): bool {
    return load<u32>(this.find(key)) == key;
  }

  set(key: u32, value: u32): void {
    let slot = this.find(key);
    if (load<u32>(slot) != key) {
      if (this.count * 2 >= this.mask) {
        this.grow();
        slot = this.find(key);
      }
      store<u32>(slot, key);
      this.count += 1;
    }
    store<u32>(slot, value, 4);
  }

  /** Removes `key`, moving later entries of its probe run back so that no run is cut. */
  delete(key: u32): void {
    let slot = this.find(key);
    if (load<u32>(slot) != key) return;
    this.count -= 1;
    const mask = this.mask;
    let hole = <u32>((slot - this.table) >> 3);
    let at = hole;
    for (;;) {
      at = (at + 1) & mask;
      const next = this.table + ((<usize>at) << 3);
      const found = load<u32>(next);
      if (found == EMPTY) break;
      const home = this.home(found) & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        store<u64>(this.table + ((<usize>hole) << 3), load<u64>(next));
        hole = at;
      }
    }
    store<u32>(this.table + ((<usize>hole) << 3), EMPTY);
  }

  clear(): void {
    if (this.count == 0) return;
    memory.fill(this.table, 0xff, (<usize>this.mask + 1) << 3);
    this.count = 0;
  }

  free(): void {
    heap.free(this.table);
  }

  /** All keys, in ascending order. */
  sortedKeys(): StaticArray<u32> {
    const keys = new StaticArray<u32>(<i32>this.count);
    let count = 0;
    for (let i: u32 = 0; i <= this.mask; i++) {
      const key = load<u32>(this.table + ((<usize>i) << 3));
      if (key != EMPTY) unchecked((keys[count++] = key));
    }
    keys.sort((a: u32, b: u32) => (a < b ? -1 : 1));
    return keys;
  }

  private grow(): void {
    const old = this.table;
    const slots = this.mask + 1;
    this.mask = slots * 2 - 1;
    this.table = heap.alloc((<usize>slots) << 4);
    memory.fill(this.table, 0xff, (<usize>slots) << 4);
    for (let i: u32 = 0; i < slots; i++) {
      const key = load<u32>(old + ((<usize>i) << 3));
      if (key == EMPTY) continue;
      store<u64>(this.find(key), load<u64>(old + ((<usize>i) << 3)));
    }
    heap.free(old);
  }
}
