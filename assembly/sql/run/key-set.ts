/** Different keys, each with some values. */
import { ByteBuffer } from "../../encode/byte-buffer";
import { MemoryBudget } from "../../store/memory-budget";
import { Vector } from "../eval/vector";
import { TupleTable, Tuples } from "./tuples";

/** What became of a key that was to be added. */
export const KEY_FAILED: i32 = -1;
export const KEY_KNOWN: i32 = 0;
const KEY_NEW: i32 = 1;

export const NO_VALUES: Array<Vector | null> = [];

export class KeySet {
  private readonly table: TupleTable;
  readonly tuples: Tuples;

  /** Keys with `columns` values each. With `spills` whoever has it sees to those that come when `tuples` are full. */
  constructor(budget: MemoryBudget, columns: i32 = 0, spills: bool = false) {
    this.tuples = new Tuples(columns, budget, spills);
    this.table = new TupleTable(budget);
  }

  /** Bytes that its keys take, with their values. */
  get held(): u64 {
    return this.tuples.held;
  }

  /** The row with a key; 0 when there is none. */
  find(key: ByteBuffer): usize {
    return this.table.find(key.ptr, key.len);
  }

  /** Adds a key that `find` does not find, with row `i` of the vectors: its row; 0 on failure. */
  addNew(vectors: Array<Vector | null>, i: u32, key: ByteBuffer): usize {
    const tuple = this.tuples.add(vectors, i, key);
    return tuple != 0 && this.table.addNew(tuple) ? tuple : 0;
  }

  /** Adds a key without values: KEY_… */
  add(key: ByteBuffer): i32 {
    if (this.find(key) != 0) return KEY_KNOWN;
    return this.addNew(NO_VALUES, 0, key) != 0 ? KEY_NEW : KEY_FAILED;
  }

  /** Forgets all. */
  close(): void {
    this.table.close();
    this.tuples.free();
  }

  free(): void {
    this.tuples.free();
    this.table.free();
  }
}
