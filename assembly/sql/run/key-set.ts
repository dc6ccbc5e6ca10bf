/** Keys that are known. */
import { ByteBuffer } from "../../encode/byte-buffer";
import { MemoryBudget } from "../eval/arena";
import { TupleTable, Tuples } from "./tuples";

/** What became of a key that was to be added. */
export const KEY_FAILED: i32 = -1;
export const KEY_KNOWN: i32 = 0;
const KEY_NEW: i32 = 1;

export class KeySet {
  private readonly table: TupleTable;
  private readonly tuples: Tuples;

  constructor(budget: MemoryBudget) {
    this.tuples = new Tuples(0, budget);
    this.table = new TupleTable(budget);
  }

  /** Bytes that its keys take. */
  get held(): u64 {
    return this.tuples.held;
  }

  has(key: ByteBuffer): bool {
    return this.table.find(key.ptr, key.len) != 0;
  }

  /** Adds a key: KEY_… */
  add(key: ByteBuffer): i32 {
    if (this.has(key)) return KEY_KNOWN;
    const tuple = this.tuples.add([], 0, key);
    return tuple != 0 && this.table.add(tuple) ? KEY_NEW : KEY_FAILED;
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
