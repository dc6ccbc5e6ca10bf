/** CAST, and conversions that statements make by themselves where nothing is lost. */
import { BAD_VALUE, OK, OVERFLOW, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { TYPE_DATE, typeName } from "../../encode/data-type";
import { addDecimal } from "../../encode/decimal";
import {
  ROUND_TRUNCATE,
  decimalOfInteger,
  decimalOfUnsigned,
  isWholeNumber,
  roundDecimal,
  wholeNumber,
} from "../../encode/decimal-arithmetic";
import { isLongValue, parseValue, writeTextValue } from "../../encode/value-text";
import { SqlText } from "../sql-text";
import { Batch } from "./batch";
import { addLongSlot, dateNumber, fitsType, takeCell } from "./cells";
import { Expression } from "./expression";
import {
  K_BOOLEAN,
  K_DATE,
  K_DATETIME,
  K_DECIMAL,
  K_INT,
  K_JSON,
  K_TEXT,
  K_UINT,
  fixedBytes,
  isBytes,
  kindOfType,
  typeOfKind,
} from "./kinds";
import { Vector } from "./vector";

const scratch: ByteBuffer = new ByteBuffer(256);
const decimalScratch: usize = memory.data(16, 8);

/** Whether a value of kind `from` can be made one of kind `to` by CAST. */
export function canCast(from: u8, to: u8): bool {
  if (from == to || from == K_TEXT || to == K_TEXT) return true;
  switch (to) {
    case K_INT:
    case K_UINT:
      return from == K_INT || from == K_UINT || from == K_DECIMAL || from == K_BOOLEAN;
    case K_DECIMAL:
      return from == K_INT || from == K_UINT;
    case K_BOOLEAN:
      return from == K_INT;
    case K_DATE:
      return from == K_DATETIME;
    case K_DATETIME:
      return from == K_DATE;
    default:
      return false;
  }
}

/** The value as one of another type. */
export class Cast extends Expression {
  constructor(
    readonly subject: Expression,
    /** A column type; `customSize` of it. */
    readonly type: u8,
    private readonly customSize: u32,
    private readonly text: SqlText,
    /** Whether a fraction is an error, and not cut off. */
    private readonly isExact: bool = false,
  ) {
    super(kindOfType(type));
  }

  evaluate(batch: Batch): Vector | null {
    const subject = this.subject.evaluate(batch);
    if (!subject) return null;
    const result = batch.pool.take(this.kind);
    let good = true;
    for (let k = 0; k < batch.selected && good; k++) {
      const i = batch.row(k);
      const isNull = subject.isNull(i);
      result.setNull(i, isNull);
      if (!isNull) good = this.convert(batch, subject, result, i);
    }
    batch.pool.give(subject);
    if (good) return result;
    batch.pool.give(result);
    return null;
  }

  private convert(batch: Batch, subject: Vector, result: Vector, i: u32): bool {
    const from = subject.kind;
    const to = this.kind;
    if (to == K_TEXT)
      return from == K_TEXT || from == K_JSON ? this.same(subject, result, i) : this.toText(batch, subject, result, i);
    if (from == K_TEXT) return this.parse(batch, subject, result, i);
    if (from == to) return this.same(subject, result, i);
    if (to == K_DECIMAL) {
      if (from == K_UINT) decimalOfUnsigned(subject.int(i), result.at(i));
      else decimalOfInteger(subject.int(i), result.at(i));
      return true;
    }
    if (to == K_DATE) {
      result.setInt(i, dateNumber(subject.ptr(i)));
      return true;
    }
    if (to == K_DATETIME) {
      const at = batch.arena.take(16);
      if (at == 0) return false;
      memory.fill(at, 0, 16);
      const date = subject.int(i);
      store<u16>(at, <u16>(date >> 16));
      store<u8>(at, <u8>(date >> 8), 2);
      store<u8>(at, <u8>date, 3);
      result.setBytes(i, at, fixedBytes(K_DATETIME));
      return true;
    }
    if (to == K_BOOLEAN) {
      const bit = subject.int(i);
      result.setInt(i, bit != 0 ? 1 : 0);
      if (!this.isExact || bit == 0 || bit == 1) return true;
      this.text.fail(OVERFLOW, "a number that is no boolean", this.start);
      return false;
    }
    // An integer.
    let value = subject.int(i);
    let good = value >= 0 || from == to || (from != K_UINT && to != K_UINT);
    if (from == K_DECIMAL) {
      let at = subject.at(i);
      if (!this.isExact && roundDecimal(at, 0, ROUND_TRUNCATE, decimalScratch)) at = decimalScratch;
      good = isWholeNumber(at, to == K_UINT);
      value = wholeNumber;
    }
    if (good && to != K_UINT) good = fitsType(this.type, value);
    result.setInt(i, value);
    if (!good) this.text.fail(OVERFLOW, "a number that is no " + typeName(this.type), this.start);
    return good;
  }

  private same(subject: Vector, result: Vector, i: u32): bool {
    result.copy(i, subject, i);
    if (this.kind != K_INT || fitsType(this.type, subject.int(i))) return true;
    this.text.fail(OVERFLOW, "a number that is no " + typeName(this.type), this.start);
    return false;
  }

  private toText(batch: Batch, subject: Vector, result: Vector, i: u32): bool {
    scratch.reset();
    addText(subject.kind, subject.at(i), scratch);
    return keep(batch, scratch, result, i);
  }

  private parse(batch: Batch, subject: Vector, result: Vector, i: u32): bool {
    scratch.reset();
    if (parseValue(this.type, this.customSize, subject.ptr(i), subject.len(i), scratch) != OK) {
      if (lastError.status == BAD_VALUE) this.text.place(this.start);
      return false;
    }
    const isFixed = fixedBytes(this.kind) != 0 || this.customSize != 0;
    if (!isBytes(this.kind)) {
      takeCell(this.type, true, scratch.ptr, scratch.len, result, i);
      return true;
    }
    const at = batch.arena.take(scratch.len);
    if (at == 0) return false;
    memory.copy(at, scratch.ptr, scratch.len);
    takeCell(this.type, isFixed, at, scratch.len, result, i);
    return true;
  }

  addColumns(columns: Array<i32>): void {
    this.subject.addColumns(columns);
  }
}

/** Keeps the buffer's bytes for the batch, as row `i`'s value; false when there is no memory. */
export function keep(batch: Batch, bytes: ByteBuffer, result: Vector, i: u32): bool {
  const at = batch.arena.take(bytes.len);
  if (at == 0) return false;
  memory.copy(at, bytes.ptr, bytes.len);
  result.setBytes(i, at, bytes.len);
  return true;
}

const cellScratch: ByteBuffer = new ByteBuffer(256);

/** Appends the text of the value in `slot`. */
export function addText(kind: u8, slot: usize, out: ByteBuffer): void {
  if (kind == K_TEXT || kind == K_JSON) {
    out.addBytes(<usize>load<u32>(slot), load<u32>(slot, 4));
    return;
  }
  if (kind == K_DECIMAL) return addDecimal(slot, out);
  cellScratch.reset();
  const type = kind == K_DATE ? TYPE_DATE : typeOfKind(kind);
  if (addLongSlot(type, 0, slot, cellScratch)) writeTextValue(type, 0, cellScratch.ptr, out, isLongValue(cellScratch.len));
}
