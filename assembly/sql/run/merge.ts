/** Rows of several runs, each in the order of its keys, in the order of all: of equal keys those of earlier runs come first. */
import { compareTuples, Tuples } from "./tuples";
import { Run, RunReader } from "../../store/run";

export class Merge {
  private readonly readers: Array<RunReader> = new Array<RunReader>();
  /** Each reader's row, and the readers that have one as a heap: none comes before the one at half its place. */
  private readonly rows: Array<usize> = new Array<usize>();
  private readonly heap: Array<i32> = new Array<i32>();
  private isBegun: bool = false;
  failed: bool = false;

  constructor(
    private readonly tuples: Tuples,
    runs: Array<Run>,
  ) {
    for (let r = 0; r < runs.length; r++) {
      this.readers.push(new RunReader(runs[r]));
      this.rows.push(0);
    }
  }

  /** Merges runs until there are no more than may be read at once; null on failure, with those that are left in `runs`. */
  static of(tuples: Tuples, runs: Array<Run>): Merge | null {
    const ways = runs[0].budget.memory.ways;
    while (runs.length > ways) {
      // Neighbours, so that rows with equal keys stay in their order.
      const merged = new Array<Run>();
      while (runs.length > 0) {
        const some = runs.splice(0, ways);
        const run = new Run(some[0].budget, some[0].spilled);
        const merge = new Merge(tuples, some);
        let good = true;
        for (let tuple = merge.next(); tuple != 0 && good; tuple = merge.next()) good = tuples.write(tuple, run);
        good = run.finish() && good && !merge.failed;
        merge.free();
        for (let s = 0; s < some.length; s++) some[s].free();
        merged.push(run);
        if (!good) {
          while (merged.length > 0) runs.push(merged.pop());
          return null;
        }
      }
      while (merged.length > 0) runs.push(merged.shift());
    }
    return new Merge(tuples, runs);
  }

  /** The next row, until the next call; 0 at the end, and on failure. */
  next(): usize {
    const heap = this.heap;
    if (!this.isBegun) {
      this.isBegun = true;
      for (let r = this.readers.length - 1; r >= 0; r--) {
        if (!this.read(r)) continue;
        heap.push(r);
        for (let at = heap.length - 1; at > 0 && this.isBefore(heap[at], heap[(at - 1) >> 1]); at = (at - 1) >> 1)
          this.swap(at, (at - 1) >> 1);
      }
    } else if (heap.length > 0) {
      if (!this.read(heap[0])) {
        const last = heap.pop();
        if (heap.length > 0) heap[0] = last;
      }
      this.sink();
    }
    return this.failed || heap.length == 0 ? 0 : this.rows[heap[0]];
  }

  private read(r: i32): bool {
    const reader = this.readers[r];
    if (!reader.read()) {
      this.failed = this.failed || reader.failed;
      return false;
    }
    this.tuples.settle(reader.ptr);
    this.rows[r] = reader.ptr;
    return true;
  }

  private isBefore(a: i32, b: i32): bool {
    const order = compareTuples(unchecked(this.rows[a]), unchecked(this.rows[b]));
    return order < 0 || (order == 0 && a < b);
  }

  private swap(a: i32, b: i32): void {
    const heap = this.heap;
    const before = unchecked(heap[a]);
    unchecked((heap[a] = unchecked(heap[b])));
    unchecked((heap[b] = before));
  }

  /** Puts the first one to its place. */
  private sink(): void {
    const heap = this.heap;
    for (let at = 0; ;) {
      let least = at * 2 + 1;
      if (least >= heap.length) return;
      if (least + 1 < heap.length && this.isBefore(unchecked(heap[least + 1]), unchecked(heap[least]))) least += 1;
      if (!this.isBefore(unchecked(heap[least]), unchecked(heap[at]))) return;
      this.swap(at, least);
      at = least;
    }
  }

  free(): void {
    for (let r = 0; r < this.readers.length; r++) this.readers[r].free();
  }
}
