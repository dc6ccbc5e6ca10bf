/** Expressions whose names and types are known. Each gives a vector for the rows that are selected in a batch. */
import { Column } from "../../schema/column";
import { Batch } from "./batch";
import { K_NULL } from "./kinds";
import { Vector } from "./vector";

export abstract class Expression {
  /** The column whose type the value has, where it is one's: what a result is called and of which type. */
  column: Column | null = null;
  /** Where it is in the text. */
  start: u32 = 0;

  constructor(public kind: u8) {}

  /** The values for the rows that are selected; null on failure. Whoever asked gives the vector back to the batch's pool. */
  abstract evaluate(batch: Batch): Vector | null;

  /** Adds the columns that it reads to `columns`. */
  abstract addColumns(columns: Array<i32>): void;
}

/** Something of two values. */
export abstract class Binary extends Expression {
  constructor(
    readonly a: Expression,
    readonly b: Expression,
    kind: u8,
  ) {
    super(kind);
  }

  /** Fills `result` from the two vectors, for the rows that are selected; false on failure. */
  protected abstract combine(batch: Batch, a: Vector, b: Vector, result: Vector): bool;

  evaluate(batch: Batch): Vector | null {
    const pool = batch.pool;
    const a = this.a.evaluate(batch);
    if (!a) return null;
    const b = this.b.evaluate(batch);
    let result: Vector | null = null;
    if (b) {
      const made = pool.take(this.kind);
      if (this.combine(batch, a, b, made)) result = made;
      else pool.give(made);
      pool.give(b);
    }
    pool.give(a);
    return result;
  }

  addColumns(columns: Array<i32>): void {
    this.a.addColumns(columns);
    this.b.addColumns(columns);
  }
}

/** A column of what the batch is of. */
export class ColumnValue extends Expression {
  constructor(
    public position: i32,
    kind: u8,
  ) {
    super(kind);
  }

  evaluate(batch: Batch): Vector | null {
    return batch.columns.vector(this.position, batch);
  }

  addColumns(columns: Array<i32>): void {
    if (!columns.includes(this.position)) columns.push(this.position);
  }
}

/** A literal or a parameter. */
export class Constant extends Expression {
  /** As a vector's slot holds it; all zero for null. */
  low: u64 = 0;
  high: u64 = 0;
  isNull: bool = false;
  /** Text, or a parameter that came as text: it may take the type of what it is compared with. */
  isPlain: bool = false;
  /** Keeps the bytes that `low` points to. */
  bytes: ArrayBuffer | null = null;

  static null(): Constant {
    const constant = new Constant(K_NULL);
    constant.isNull = true;
    return constant;
  }

  /** Makes it a value of `len` bytes, copied from `ptr`. */
  setBytes(ptr: usize, len: u32): void {
    const bytes = new ArrayBuffer(max<i32>(len, 1));
    memory.copy(changetype<usize>(bytes), ptr, len);
    this.bytes = bytes;
    this.low = ((<u64>len) << 32) | (<u64>changetype<usize>(bytes));
  }


  @inline get bytesPtr(): usize {
    return <usize>(this.low & 0xffffffff);
  }


  @inline get bytesLen(): u32 {
    return <u32>(this.low >> 32);
  }

  evaluate(batch: Batch): Vector | null {
    const vector = batch.pool.take(this.kind);
    const low = this.low;
    const high = this.high;
    const isNull: u8 = this.isNull ? 1 : 0;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      store<u64>(vector.at(i), low);
      store<u64>(vector.at(i), high, 8);
      store<u8>(vector.nulls + i, isNull);
    }
    return vector;
  }

  addColumns(columns: Array<i32>): void {}
}
