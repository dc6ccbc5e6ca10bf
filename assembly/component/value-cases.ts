/** The cases of `value` and `data-type` in `wit/types.wit`, and how large they are in the canonical ABI. */
import {
  TYPE_BLOB,
  TYPE_BOOLEAN,
  TYPE_CUSTOM,
  TYPE_DATE,
  TYPE_DATETIME,
  TYPE_DECIMAL,
  TYPE_INT16,
  TYPE_INT32,
  TYPE_INT64,
  TYPE_INT8,
  TYPE_JSON,
  TYPE_TEXT,
  TYPE_UINT16,
  TYPE_UINT32,
  TYPE_UINT64,
  TYPE_UINT8,
  TYPE_UUID,
} from "../encode/data-type";

/** Bytes of a value: its case, and at 8 what it holds. As a parameter it is three words: case i32, bits i64, high i32. */
export const VALUE_SIZE: u32 = 16;
export const PAYLOAD: usize = 8;

export const CASE_NULL: u8 = 0;
export const CASE_INT8: u8 = 1;
export const CASE_INT16: u8 = 2;
export const CASE_INT32: u8 = 3;
export const CASE_INT64: u8 = 4;
export const CASE_UINT8: u8 = 5;
export const CASE_UINT16: u8 = 6;
export const CASE_UINT32: u8 = 7;
export const CASE_UINT64: u8 = 8;
export const CASE_BOOLEAN: u8 = 10;
export const CASE_BLOB: u8 = 13;
export const CASE_TEXT: u8 = 14;
export const CASE_CUSTOM: u8 = 17;

/** The type of the values of each case; 0 for null. A `data-type` counts from the first one that is not null. */
const TYPES: StaticArray<u8> = [
  0,
  TYPE_INT8,
  TYPE_INT16,
  TYPE_INT32,
  TYPE_INT64,
  TYPE_UINT8,
  TYPE_UINT16,
  TYPE_UINT32,
  TYPE_UINT64,
  TYPE_DECIMAL,
  TYPE_BOOLEAN,
  TYPE_DATE,
  TYPE_DATETIME,
  TYPE_BLOB,
  TYPE_TEXT,
  TYPE_UUID,
  TYPE_JSON,
  TYPE_CUSTOM,
];

const cases: StaticArray<u8> = new StaticArray<u8>(256);
for (let i = 0; i < TYPES.length; i++) cases[TYPES[i]] = <u8>i;

/** The type of the values of a case that is not null. */
@inline
export function typeOfCase(kind: u8): u8 {
  return unchecked(TYPES[kind]);
}

/** The case of the values of a type. */
@inline
export function caseOfType(type: u8): u8 {
  return unchecked(cases[type]);
}

/** Whether a value of this case is a string or a list of bytes. */
@inline
export function isList(kind: u8): bool {
  return kind > CASE_BOOLEAN || kind == CASE_BOOLEAN - 1;
}
