/** Values of one expression for the rows of a batch. */

/** Rows of a batch at most. */
export const BATCH_ROWS: i32 = 1024;
/** Rows of the first one of a scan: few, so that a LIMIT that ends soon costs little. */
export const FIRST_ROWS: i32 = 8;
const SLOT_SHIFT: usize = 4;

export class Vector {
  kind: u8 = 0;
  /** 16 bytes a row (kinds.ts), and a byte that is 1 for null. */
  readonly values: usize;
  readonly nulls: usize;
  /** Whether it goes back to the pool it is from. */
  isPooled: bool = false;

  constructor() {
    this.values = heap.alloc((<usize>BATCH_ROWS) << SLOT_SHIFT);
    this.nulls = heap.alloc(BATCH_ROWS);
  }

  /** One for values of `kind`. */
  static of(kind: u8): Vector {
    const made = new Vector();
    made.kind = kind;
    return made;
  }


  @inline at(i: u32): usize {
    return this.values + ((<usize>i) << SLOT_SHIFT);
  }


  @inline isNull(i: u32): bool {
    return load<u8>(this.nulls + i) != 0;
  }


  @inline setNull(i: u32, isNull: bool): void {
    store<u8>(this.nulls + i, isNull ? 1 : 0);
  }


  @inline int(i: u32): i64 {
    return load<i64>(this.at(i));
  }


  @inline setInt(i: u32, value: i64): void {
    store<i64>(this.at(i), value);
  }


  @inline ptr(i: u32): usize {
    return <usize>load<u32>(this.at(i));
  }


  @inline len(i: u32): u32 {
    return load<u32>(this.at(i), 4);
  }


  @inline setBytes(i: u32, ptr: usize, len: u32): void {
    store<u64>(this.at(i), ((<u64>len) << 32) | (<u64>ptr));
  }

  /** Takes row `from`'s value of `other`, null or not. */
  @inline copy(i: u32, other: Vector, from: u32): void {
    store<u8>(this.nulls + i, load<u8>(other.nulls + from));
    copySlot(this.at(i), other.at(from));
  }

  free(): void {
    heap.free(this.values);
    heap.free(this.nulls);
  }
}


@inline
function copySlot(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
}

/** Vectors that are used over and over: an expression takes one for its result, and who has used it gives it back. */
export class VectorPool {
  private readonly idle: Array<Vector> = new Array<Vector>();

  take(kind: u8): Vector {
    const vector = this.idle.length > 0 ? this.idle.pop() : new Vector();
    vector.kind = kind;
    vector.isPooled = true;
    return vector;
  }

  /** Gives back a vector, if it is from here. */
  give(vector: Vector): void {
    if (!vector.isPooled) return;
    vector.isPooled = false;
    this.idle.push(vector);
  }

  /** Takes a vector from here out of the round: `give` leaves it alone until `release`. False when it is not from here. */
  keep(vector: Vector): bool {
    const isMine = vector.isPooled;
    vector.isPooled = false;
    return isMine;
  }

  /** Gives back a vector that was kept. */
  release(vector: Vector): void {
    vector.isPooled = true;
    this.give(vector);
  }

  free(): void {
    while (this.idle.length > 0) this.idle.pop().free();
  }
}
