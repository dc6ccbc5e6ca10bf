/** Between values as records have them and as vectors do. */
import { ByteBuffer } from "../../encode/byte-buffer";
import {
  TYPE_BOOLEAN,
  TYPE_DATE,
  TYPE_DATETIME,
  TYPE_DECIMAL,
  TYPE_INT16,
  TYPE_INT32,
  TYPE_INT64,
  TYPE_INT8,
  TYPE_UINT16,
  TYPE_UINT32,
  TYPE_UINT64,
  TYPE_UINT8,
  TYPE_UUID,
  fixedValueSize,
} from "../../encode/data-type";
import { LONG_VALUE } from "../../encode/value-text";
import { K_INT } from "./kinds";
import { Vector } from "./vector";

/** Bytes of the longest value of a result: 64 MiB. */
export const LONGEST_RESULT: u32 = 64 << 20;

/** Takes the value of a column of `type` at `ptr`, of `len` bytes with the length that stands before bytes, as row `i`'s. */
@inline
export function takeCell(type: u8, isFixed: bool, ptr: usize, len: u32, vector: Vector, i: u32): void {
  const at = vector.at(i);
  switch (type) {
    case TYPE_INT32:
      store<i64>(at, <i64>load<i32>(ptr));
      break;
    case TYPE_INT64:
    case TYPE_UINT64:
      store<i64>(at, load<i64>(ptr));
      break;
    case TYPE_UINT32:
      store<i64>(at, <i64>load<u32>(ptr));
      break;
    case TYPE_INT8:
      store<i64>(at, <i64>load<i8>(ptr));
      break;
    case TYPE_INT16:
      store<i64>(at, <i64>load<i16>(ptr));
      break;
    case TYPE_UINT8:
      store<i64>(at, <i64>load<u8>(ptr));
      break;
    case TYPE_BOOLEAN:
      store<i64>(at, <i64>(load<u8>(ptr) != 0));
      break;
    case TYPE_UINT16:
      store<i64>(at, <i64>load<u16>(ptr));
      break;
    case TYPE_DATE:
      store<i64>(at, dateNumber(ptr));
      break;
    case TYPE_DECIMAL:
      store<u64>(at, load<u64>(ptr));
      store<u64>(at, load<u64>(ptr, 8), 8);
      break;
    default:
      if (isFixed) vector.setBytes(i, ptr, len);
      else vector.setBytes(i, ptr + 2, len - 2);
  }
}

/** A date's fields as one number, in the order of dates. */
@inline
export function dateNumber(ptr: usize): i64 {
  return ((<i64>load<u16>(ptr)) << 16) | ((<i64>load<u8>(ptr, 2)) << 8) | (<i64>load<u8>(ptr, 3));
}

/** Writes the fields of a date's number, 4 bytes. */
function storeDate(date: i64, ptr: usize): void {
  store<u16>(ptr, <u16>(date >> 16));
  store<u8>(ptr, <u8>(date >> 8), 2);
  store<u8>(ptr, <u8>date, 3);
}

/** Whether an integer is one of `type`. */
export function fitsType(type: u8, value: i64): bool {
  switch (type) {
    case TYPE_INT8:
      return value >= -128 && value <= 127;
    case TYPE_INT16:
      return value >= -32768 && value <= 32767;
    case TYPE_INT32:
      return value >= -2147483648 && value <= 2147483647;
    case TYPE_UINT8:
      return value >= 0 && value <= 255;
    case TYPE_UINT16:
      return value >= 0 && value <= 65535;
    case TYPE_UINT32:
      return value >= 0 && value <= 4294967295;
    case TYPE_UINT64:
      return value >= 0;
    default:
      return true;
  }
}

/** `addCell` for a column of `type`, which can't hold all numbers that there are: false as well for one that it can't. */
export function addFitting(type: u8, customSize: u32, vector: Vector, i: u32, out: ByteBuffer): bool {
  return (vector.kind != K_INT || fitsType(type, vector.int(i))) && addCell(type, customSize, vector, i, out);
}

/** Appends row `i`'s value as a record of a column of `type` has it. False when its bytes are more than a value's can be. */
export function addCell(type: u8, customSize: u32, vector: Vector, i: u32, out: ByteBuffer): bool {
  return addSlot(type, customSize, vector.at(i), out);
}

/**
 * As `addSlot` for a value of a result, which may be longer than a record's: one of 65,535 bytes or more has FF FF before its length u32.
 * False when it is longer than a result's can be.
 */
export function addLongSlot(type: u8, customSize: u32, slot: usize, out: ByteBuffer): bool {
  const len = fixedValueSize(type, customSize) == 0 ? load<u32>(slot, 4) : 0;
  if (len < LONG_VALUE) return addSlot(type, customSize, slot, out);
  if (len > LONGEST_RESULT) return false;
  out.addU16(LONG_VALUE);
  out.addU32(len);
  out.addBytes(<usize>load<u32>(slot), len);
  return true;
}

/** As `addCell` for a slot. */
export function addSlot(type: u8, customSize: u32, slot: usize, out: ByteBuffer): bool {
  const size = fixedValueSize(type, customSize);
  if (type == TYPE_DATE) {
    storeDate(load<i64>(slot), out.reserve(size));
    out.len += size;
  } else if (type == TYPE_DATETIME || type == TYPE_UUID || customSize != 0) out.addBytes(<usize>load<u32>(slot), size);
  else if (size != 0) out.addBytes(slot, size);
  else {
    const len = load<u32>(slot, 4);
    if (len > 65535) return false;
    out.addU16(len);
    out.addBytes(<usize>load<u32>(slot), len);
  }
  return true;
}
