/** Sorting of raw lists. */

/** Sorts the `count` u64 at `list` in ascending order. Shell sort: the lists are short, or mostly in order already. */
export function sortU64(list: usize, count: u32): void {
  for (let gap = count >> 1; gap > 0; gap >>= 1) {
    for (let i = gap; i < count; i++) {
      const value = load<u64>(list + ((<usize>i) << 3));
      let at = i;
      while (at >= gap && load<u64>(list + ((<usize>(at - gap)) << 3)) > value) {
        store<u64>(list + ((<usize>at) << 3), load<u64>(list + ((<usize>(at - gap)) << 3)));
        at -= gap;
      }
      store<u64>(list + ((<usize>at) << 3), value);
    }
  }
}
