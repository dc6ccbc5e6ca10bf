/** Rows by an index, as far as its keys tell of them: only the index's columns have values, and no record is read. */
import { damaged } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { VALUE_NULL, valueDiscriminant } from "../encode/data-type";
import { RowScan, RowSource } from "./store";

/** Keys that are read together. */
const KEYS: u32 = 256;

export class KeyRows extends RowSource {
  /** For each of the index's columns what its values start with in keys, and whether it may be null. */
  private readonly discriminants: StaticArray<u8>;
  private readonly nullables: StaticArray<bool>;
  /** Room for where some keys are. */
  private readonly keys: usize = heap.alloc(KEYS << 3);

  /** `scan` is by an index. */
  constructor(readonly scan: RowScan) {
    super(scan.row);
    const positions = scan.index!.columns;
    const discriminants = new StaticArray<u8>(positions.length);
    const nullables = new StaticArray<bool>(positions.length);
    for (let i = 0; i < positions.length; i++) {
      const column = scan.table.schema.columns[positions[i]];
      discriminants[i] = valueDiscriminant(column.type);
      nullables[i] = column.nullable;
    }
    this.discriminants = discriminants;
    this.nullables = nullables;
    scan.wantFirst(0);
  }

  next(): bool {
    const scan = this.scan;
    if (scan.next()) return this.readKey(scan.resumeKey.ptr);
    this.status = scan.status;
    return false;
  }

  /**
   * Reads the keys that come next, of one leaf, `most` at most: how many; 0 at the end, and on failure. `cells` has room for `stride` bytes
   * of each of some columns, `places` which of them, or -1, each column of the table is: there its values' pointer u32 and length u32 go, 0
   * for null, one behind the other. `addresses` as for `RowScan.nextKeys`.
   */
  nextCells(cells: usize, stride: usize, places: StaticArray<i32>, addresses: usize, most: u32): u32 {
    const count = this.scan.nextKeys(this.keys, addresses, min(most, KEYS));
    if (count == 0) this.status = this.scan.status;
    const positions = this.scan.index!.columns;
    for (let k: u32 = 0; k < count; k++) {
      let key = <usize>load<u64>(this.keys + ((<usize>k) << 3));
      if (load<u32>(key) != positions.length) return u32(this.foreignKey());
      key += 4;
      for (let i = 0; i < positions.length; i++) {
        const size = load<u32>(key);
        const discriminant = load<u8>(key, 4);
        let cell: u64 = 0;
        if (discriminant == unchecked(this.discriminants[i])) cell = ((<u64>(size - 1)) << 32) | (<u64>(key + 5));
        else if (discriminant != VALUE_NULL || !unchecked(this.nullables[i])) return u32(this.foreignKey());
        const place = unchecked(places[unchecked(positions[i])]);
        if (place >= 0) store<u64>(cells + <usize>place * stride + ((<usize>k) << 3), cell);
        key += 4 + size;
      }
    }
    return count;
  }

  /** Nothing is read beyond the keys, whatever is wanted of them. */
  wantFirst(columns: u32): void {}

  /** Starts anew between other keys, as `RowScan.rebind` does. */
  rebind(from: ByteBuffer | null, to: ByteBuffer | null): void {
    this.scan.rebind(from, to);
  }

  /** Points the row's cells into `key`, a well-formed one. */
  private readKey(key: usize): bool {
    const positions = this.scan.index!.columns;
    if (load<u32>(key) != positions.length) return this.foreignKey();
    key += 4;
    for (let i = 0; i < positions.length; i++) {
      const size = load<u32>(key);
      const discriminant = load<u8>(key, 4);
      if (discriminant == unchecked(this.discriminants[i])) this.row.setAt(unchecked(positions[i]), key + 5, size - 1);
      else if (discriminant == VALUE_NULL && unchecked(this.nullables[i])) this.row.setNull(unchecked(positions[i]));
      else return this.foreignKey();
      key += 4 + size;
    }
    return true;
  }

  private foreignKey(): bool {
    this.status = damaged(this.scan.leafPage, -1, "the index has a key that is none of its columns");
    return false;
  }

  free(): void {
    heap.free(this.keys);
    this.scan.free();
  }
}
