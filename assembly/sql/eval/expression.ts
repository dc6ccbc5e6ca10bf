/** Expressions whose names and types are known. Each gives a vector for the rows that are selected in a batch. */
import { ByteBuffer } from "../../encode/byte-buffer";
import { copyBytes } from "../../encode/bytes";
import { Column } from "../../schema/column";
import { Batch } from "./batch";
import { K_BOOLEAN, K_NULL, isBytes } from "./kinds";
import { Vector } from "./vector";

/**
 * What `addColumns` adds besides columns: that the value has to be worked out for each whole row, that working it out reads other rows (so
 * that what a batch has of pages must be kept before), and that it depends on a row of a query around this one.
 */
export const EVERY_ROW: i32 = -1;
export const READS_ROWS: i32 = -2;
export const DEPENDS_ON_OUTER: i32 = -3;

export abstract class Expression {
  /** The column whose type the value has, where it is one's: what a result is called and of which type. */
  column: Column | null = null;
  /** Where it is in the text. */
  start: u32 = 0;

  constructor(public kind: u8) {}

  /** The values for the rows that are selected; null on failure. Whoever asked gives the vector back to the batch's pool. */
  abstract evaluate(batch: Batch): Vector | null;

  /** Adds the columns that it reads to `columns`, and `EVERY_ROW` and the like. */
  abstract addColumns(columns: Array<i32>): void;
}

/** Adds a column that is not there yet. */
export function addColumn(columns: Array<i32>, column: i32): void {
  if (!columns.includes(column)) columns.push(column);
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
    addColumn(columns, this.position);
  }
}

/** A value that is the same for all rows of a batch. */
export abstract class Fixed extends Expression {
  /** As a vector's slot holds it; all zero for null. */
  low: u64 = 0;
  high: u64 = 0;
  isNull: bool = false;

  /** Where `low` and `high` lie as in a vector. */
  @inline get slot(): usize {
    return changetype<usize>(this) + offsetof<Fixed>("low");
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
}

/** A value of a query around this one, for the row of it that is looked at. */
export class OuterValue extends Fixed {
  /** Made when there is something to keep: many are made while a statement is planned, and few are used. */
  private bytes: ByteBuffer | null = null;

  /** Takes row `i`'s value, with its bytes. */
  set(vector: Vector, i: u32): void {
    this.isNull = vector.isNull(i);
    if (this.isNull) return;
    this.low = load<u64>(vector.at(i));
    this.high = load<u64>(vector.at(i), 8);
    if (!isBytes(this.kind)) return;
    const bytes = this.bytes || new ByteBuffer(16);
    this.bytes = bytes;
    bytes.reset();
    bytes.addBytes(vector.ptr(i), vector.len(i));
    this.low = ((<u64>vector.len(i)) << 32) | (<u64>bytes.ptr);
  }

  addColumns(columns: Array<i32>): void {
    addColumn(columns, DEPENDS_ON_OUTER);
  }

  free(): void {
    const bytes = this.bytes;
    if (bytes) bytes.free();
    this.bytes = null;
  }
}

/** A value of more bytes gives them back with the next one. */
const MOST_REPLACED: i32 = 4096;

/** A literal or a parameter. */
export class Constant extends Fixed {
  /** Of a parameter: its number, from 1 on. */
  parameter: u32 = 0;
  /** Text, or a parameter that came as text: it may take the type of what it is compared with. */
  isPlain: bool = false;
  /** Whether its kind is the one that was wanted where it is, of whatever kind the value was: a text that spells one will do. */
  isFitted: bool = false;
  /** Keeps the bytes that `low` points to. */
  bytes: ArrayBuffer | null = null;

  static null(): Constant {
    const constant = new Constant(K_NULL);
    constant.isNull = true;
    return constant;
  }

  static true(): Constant {
    const constant = new Constant(K_BOOLEAN);
    constant.low = 1;
    return constant;
  }

  /** Takes the other's value, of the same kind. */
  take(other: Constant): void {
    this.isNull = other.isNull;
    this.low = other.low;
    this.high = other.high;
    this.bytes = other.bytes;
  }

  /** Makes it a value of `len` bytes, copied from `ptr`. */
  setBytes(ptr: usize, len: u32): void {
    const bytes = new ArrayBuffer(max<i32>(len, 1));
    memory.copy(changetype<usize>(bytes), ptr, len);
    this.bytes = bytes;
    this.low = ((<u64>len) << 32) | (<u64>changetype<usize>(bytes));
  }

  /** `setBytes` where the bytes are that it has, if they are as many: those who took its value before must have done with it. */
  replaceBytes(ptr: usize, len: u32): void {
    const bytes = this.bytes;
    if (!bytes || len > <u32>bytes.byteLength || bytes.byteLength > MOST_REPLACED) {
      this.setBytes(ptr, len);
      return;
    }
    copyBytes(changetype<usize>(bytes), ptr, len);
    this.low = ((<u64>len) << 32) | (<u64>changetype<usize>(bytes));
  }


  @inline get bytesPtr(): usize {
    return <usize>(this.low & 0xffffffff);
  }


  @inline get bytesLen(): u32 {
    return <u32>(this.low >> 32);
  }

  addColumns(columns: Array<i32>): void {}
}
