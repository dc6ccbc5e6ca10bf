/**
 * Index keys: building, checking and comparing them where they lie (`docs/format.md`, "Index ledger").
 *
 *   key     | count u32 | { size u32 | value } … |
 *   value   | discriminant u8 | the value as in a record (custom: tag_len u16, tag, data_len u16, data) |
 *
 * Keys are ordered by value, list by list: first by discriminant, then within the type. The order of the discriminants is the order
 * of the reference's variants, so comparing the bytes compares the types.
 */
import {
  VALUE_BLOB,
  VALUE_BOOLEAN,
  VALUE_DATE,
  VALUE_DATETIME,
  VALUE_DECIMAL,
  VALUE_INT8,
  VALUE_INT16,
  VALUE_INT32,
  VALUE_INT64,
  VALUE_JSON,
  VALUE_NULL,
  VALUE_TEXT,
  VALUE_UINT8,
  VALUE_UINT16,
  VALUE_UINT32,
  VALUE_UINT64,
  VALUE_UUID,
  VALUE_CUSTOM,
} from "./data-type";
import { compareBytes } from "./bytes";
import { compareDate, compareDateTime } from "./date";
import { compareDecimal } from "./decimal";
import { compareJson } from "./json-compare";

/** Bytes of the smallest key: one null. */
const MIN_KEY_SIZE: u32 = 9;

/** The byte length of a value of fixed size with this discriminant, its own byte not counted; 0xff for the others. */
@inline
function fixedSize(discriminant: u32): u32 {
  switch (discriminant) {
    case VALUE_NULL:
      return 0;
    case VALUE_BOOLEAN:
    case VALUE_INT8:
    case VALUE_UINT8:
      return 1;
    case VALUE_INT16:
    case VALUE_UINT16:
      return 2;
    case VALUE_DATE:
    case VALUE_INT32:
    case VALUE_UINT32:
      return 4;
    case VALUE_INT64:
    case VALUE_UINT64:
      return 8;
    case VALUE_DATETIME:
      return 13;
    case VALUE_DECIMAL:
    case VALUE_UUID:
      return 16;
    default:
      return 0xff;
  }
}

/** Whether the value at `ptr` (which is one) is of a type whose values are all of one size. */
@inline
export function isFixedKeyValue(ptr: usize): bool {
  return fixedSize(load<u8>(ptr)) != 0xff;
}

/** Whether the `size` bytes at `ptr` are one value, discriminant and all. Nothing outside of them is read. */
export function isKeyValue(ptr: usize, size: u32): bool {
  if (size == 0) return false;
  const discriminant = <u32>load<u8>(ptr);
  const fixed = fixedSize(discriminant);
  if (fixed != 0xff) return size == 1 + fixed;
  switch (discriminant) {
    case VALUE_TEXT:
    case VALUE_BLOB:
    case VALUE_JSON:
      return size >= 3 && size == 3 + <u32>load<u16>(ptr, 1);
    case VALUE_CUSTOM: {
      if (size < 5) return false;
      const tagLen = <u32>load<u16>(ptr, 1);
      return size >= 5 + tagLen && size == 5 + tagLen + <u32>load<u16>(ptr + 3 + tagLen);
    }
    default:
      return false;
  }
}

/** Whether the `len` bytes at `ptr` are a key. A key that passes can be compared without further checks. */
export function isKey(ptr: usize, len: u32): bool {
  if (len < MIN_KEY_SIZE) return false;
  let count = load<u32>(ptr);
  const end = ptr + len;
  ptr += 4;
  if (count == 1) {
    const size = load<u32>(ptr);
    return size == len - 8 && isKeyValue(ptr + 4, size);
  }
  if (count == 0) return false;
  for (; count > 0; count--) {
    if (end - ptr < 5) return false;
    const size = load<u32>(ptr);
    ptr += 4;
    if (<usize>size > end - ptr || !isKeyValue(ptr, size)) return false;
    ptr += size;
  }
  return ptr == end;
}

/** The order of two values with their discriminants: below, at or above 0. */
export function compareKeyValues(a: usize, b: usize): i32 {
  const discriminant = <u32>load<u8>(a);
  const other = <u32>load<u8>(b);
  if (discriminant != other) return <i32>discriminant - <i32>other;
  switch (discriminant) {
    case VALUE_UINT32:
      return order<u32>(a, b);
    case VALUE_TEXT:
    case VALUE_BLOB:
      return compareBytes(a + 3, load<u16>(a, 1), b + 3, load<u16>(b, 1));
    case VALUE_BOOLEAN:
      return <i32>(load<u8>(a, 1) != 0) - <i32>(load<u8>(b, 1) != 0);
    case VALUE_INT8:
      return order<i8>(a, b);
    case VALUE_INT16:
      return order<i16>(a, b);
    case VALUE_INT32:
      return order<i32>(a, b);
    case VALUE_INT64:
      return order<i64>(a, b);
    case VALUE_UINT8:
      return order<u8>(a, b);
    case VALUE_UINT16:
      return order<u16>(a, b);
    case VALUE_UINT64:
      return order<u64>(a, b);
    case VALUE_DATE:
      return compareDate(a + 1, b + 1);
    case VALUE_DATETIME:
      return compareDateTime(a + 1, b + 1);
    case VALUE_DECIMAL:
      return compareDecimal(a + 1, b + 1);
    case VALUE_UUID:
      return memory.compare(a + 1, b + 1, 16);
    case VALUE_JSON:
      return compareJson(a + 3, load<u16>(a, 1), b + 3, load<u16>(b, 1));
    case VALUE_CUSTOM: {
      const tagLen = <u32>load<u16>(a, 1);
      const otherTagLen = <u32>load<u16>(b, 1);
      const tags = compareBytes(a + 3, tagLen, b + 3, otherTagLen);
      if (tags != 0) return tags;
      return compareBytes(a + 5 + tagLen, load<u16>(a + 3 + tagLen), b + 5 + otherTagLen, load<u16>(b + 3 + otherTagLen));
    }
    default:
      return 0;
  }
}


@inline
function order<T>(a: usize, b: usize): i32 {
  const left = load<T>(a, 1);
  const right = load<T>(b, 1);
  return <i32>(left > right) - <i32>(left < right);
}

/**
 * The order of `key` against `probe`, of which only as many values are looked at as `probe` has: a probe of fewer columns than the
 * index is equal to every key that starts with it. Both must have passed `isKey`.
 */
export function compareKeyToProbe(key: usize, probe: usize): i32 {
  const keyCount = load<u32>(key);
  let left = load<u32>(probe);
  if (left == 1 && keyCount > 0) return compareKeyValues(key + 8, probe + 8);
  let keyLeft = keyCount;
  key += 4;
  probe += 4;
  while (left > 0) {
    if (keyLeft == 0) return -1;
    const result = compareKeyValues(key + 4, probe + 4);
    if (result != 0) return result;
    key += 4 + <usize>load<u32>(key);
    probe += 4 + <usize>load<u32>(probe);
    left -= 1;
    keyLeft -= 1;
  }
  return 0;
}

/** The order of two whole keys. */
export function compareKeys(a: usize, b: usize): i32 {
  const result = compareKeyToProbe(a, b);
  return result != 0 ? result : <i32>(load<u32>(a) > load<u32>(b)) - <i32>(load<u32>(a) < load<u32>(b));
}

/** Whether one of the values of `key`, a well-formed one, is null. */
export function hasNull(key: usize): bool {
  let left = load<u32>(key);
  for (key += 4; left > 0; left--) {
    if (load<u8>(key, 4) == VALUE_NULL) return true;
    key += 4 + <usize>load<u32>(key);
  }
  return false;
}

/** Whether two well-formed keys have the same bytes in their first `columns` values. */
export function isSamePrefix(a: usize, b: usize, columns: u32): bool {
  let at: usize = 4;
  for (let c: u32 = 0; c < columns; c++) {
    const size = 4 + load<u32>(a + at);
    if (memory.compare(a + at, b + at, size) != 0) return false;
    at += size;
  }
  return true;
}
