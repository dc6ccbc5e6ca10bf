/**
 * Some rows, and which of them are looked at: expressions are worked out for the selected ones only, one operator for all of them at a
 * time.
 */
import { copyBytes } from "../../encode/bytes";
import { Arena } from "./arena";
import { isBytes } from "./kinds";
import { BATCH_ROWS, Vector, VectorPool } from "./vector";

/** Has the values of columns of a batch. */
export abstract class Columns {
  /** Column `column` for the batch's selected rows; null on failure. It stays its owner's. */
  abstract vector(column: i32, batch: Batch): Vector | null;

  /** Selects of the selected rows those whose value in a column of integers is from `low` to `high`; false on failure. */
  selectBetween(column: i32, low: i64, high: i64, batch: Batch): bool {
    const vector = this.vector(column, batch);
    if (vector) selectBetween(batch, vector, low, high);
    return vector !== null;
  }

  /** Makes the columns of the selected rows stay as they are while other rows are read; false when there is no memory. */
  abstract keep(batch: Batch): bool;
}

export class Batch {
  /** The rows that are selected: their numbers, u16 each, rising. */
  readonly selection: usize = heap.alloc(BATCH_ROWS << 1);
  selected: i32 = 0;
  /** Those that were selected when `settle` was called last: whatever an expression selects is among them. */
  private readonly settled: usize = heap.alloc(BATCH_ROWS << 1);
  settledCount: i32 = 0;
  /** Values that are made for this batch. */
  readonly arena: Arena = new Arena();
  readonly pool: VectorPool = new VectorPool();

  constructor(public columns: Columns) {}

  /** All of its `count` rows are selected; values that were made before go. */
  begin(count: i32): void {
    this.arena.reset();
    this.selectAll(count);
  }

  /** All of its `count` rows are selected. */
  selectAll(count: i32): void {
    for (let i = 0; i < count; i++) store<u16>(this.selection + ((<usize>i) << 1), <u16>i);
    this.selected = count;
    this.settle();
  }

  /** The rows that `other` has selected are selected; what was made for others goes. */
  take(other: Batch): void {
    this.arena.reset();
    copyBytes(this.selection, other.selection, (<u32>other.selected) << 1);
    this.selected = other.selected;
    this.settle();
  }

  /** Of the selected rows only `count` from number `from` on stay. */
  slice(from: i32, count: i32): void {
    memory.copy(this.selection, this.selection + ((<usize>from) << 1), (<usize>count) << 1);
    this.selected = count;
    this.settle();
  }

  /** The rows that are not selected now are out of it. */
  settle(): void {
    copyBytes(this.settled, this.selection, (<u32>this.selected) << 1);
    this.settledCount = this.selected;
  }


  @inline settledRow(k: i32): u32 {
    return load<u16>(this.settled + ((<usize>k) << 1));
  }


  @inline row(k: i32): u32 {
    return load<u16>(this.selection + ((<usize>k) << 1));
  }

  free(): void {
    heap.free(this.selection);
    heap.free(this.settled);
    this.arena.free();
    this.pool.free();
  }
}

/** Selects of the rows those whose integer in `vector` is from `low` to `high`; with `open` those where it is null as well. */
export function selectBetween(batch: Batch, vector: Vector, low: i64, high: i64, open: bool = false): void {
  const span = <u64>(high - low);
  const openly: u32 = open ? 1 : 0;
  const selection = batch.selection;
  const count = batch.selected;
  let kept = selection;
  for (let k = 0; k < count; k++) {
    const i = <u32>load<u16>(selection + ((<usize>k) << 1));
    store<u16>(kept, <u16>i);
    kept += select<u32>(openly, u32(<u64>(vector.int(i) - low) <= span), load<u8>(vector.nulls + i) != 0) << 1;
  }
  batch.selected = <i32>((kept - selection) >> 1);
}

/** Copies the bytes of a column's values, of the rows that are selected; false when there is no memory. */
export function keepBytes(vector: Vector, batch: Batch): bool {
  if (!isBytes(vector.kind)) return true;
  for (let k = 0; k < batch.selected; k++) if (!keepValue(vector, batch.row(k), batch)) return false;
  return true;
}

/** Copies the bytes of row `i`'s value, if it has some. */
export function keepValue(vector: Vector, i: u32, batch: Batch): bool {
  if (!isBytes(vector.kind) || vector.isNull(i)) return true;
  const len = vector.len(i);
  const at = batch.arena.take(len);
  if (at == 0) return false;
  memory.copy(at, vector.ptr(i), len);
  vector.setBytes(i, at, len);
  return true;
}

/** Columns that lie in vectors of their own, which operators fill. */
export class VectorColumns extends Columns {
  readonly vectors: Array<Vector> = new Array<Vector>();

  /** Columns of these kinds. */
  static of(kinds: Array<u8>): VectorColumns {
    const made = new VectorColumns();
    for (let k = 0; k < kinds.length; k++) made.add(kinds[k]);
    return made;
  }

  vector(column: i32, batch: Batch): Vector | null {
    return unchecked(this.vectors[column]);
  }

  keep(batch: Batch): bool {
    for (let v = 0; v < this.vectors.length; v++) {
      if (!keepBytes(this.vectors[v], batch)) return false;
    }
    return true;
  }

  /** Adds a column for values of `kind`. */
  add(kind: u8): Vector {
    const vector = Vector.of(kind);
    this.vectors.push(vector);
    return vector;
  }

  free(): void {
    while (this.vectors.length > 0) this.vectors.pop().free();
  }
}

/** Of some columns those that are wanted; the others are one vector, which nobody reads. */
export class WantedColumns extends VectorColumns {
  private readonly nobodys: Vector = new Vector();

  constructor(kinds: Array<u8>, wanted: Array<i32>) {
    super();
    for (let c = 0; c < kinds.length; c++) {
      if (wanted.includes(c)) this.add(kinds[c]);
      else this.vectors.push(this.nobodys);
    }
  }

  free(): void {
    for (let v = 0; v < this.vectors.length; v++) if (this.vectors[v] !== this.nobodys) this.vectors[v].free();
    this.vectors.length = 0;
    this.nobodys.free();
  }
}
