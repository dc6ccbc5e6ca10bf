/**
 * Kinds of values in expressions, and how a vector holds one: in 16 bytes, of which an integer, a boolean (0 or 1) and a date (its fields
 * from the year on, as one number) take the first 8, a decimal all, and everything else a pointer u32 and a length u32 to its bytes, as
 * they are in a record behind their length.
 */
import {
  DATETIME_SIZE,
  TYPE_BLOB,
  TYPE_BOOLEAN,
  TYPE_CUSTOM,
  TYPE_DATE,
  TYPE_DATETIME,
  TYPE_DECIMAL,
  TYPE_INT64,
  TYPE_JSON,
  TYPE_TEXT,
  TYPE_UINT64,
  TYPE_UUID,
  UUID_SIZE,
  isInteger,
} from "../../encode/data-type";

/** Of NULL, and of parameters that nothing tells more about. */
export const K_NULL: u8 = 0;
export const K_BOOLEAN: u8 = 1;
/** Integers of up to 64 bits with a sign, and of up to 32 without. */
export const K_INT: u8 = 2;
/** uint64. */
export const K_UINT: u8 = 3;
export const K_DECIMAL: u8 = 4;
export const K_DATE: u8 = 5;
export const K_DATETIME: u8 = 6;
export const K_TEXT: u8 = 7;
export const K_BLOB: u8 = 8;
export const K_UUID: u8 = 9;
export const K_JSON: u8 = 10;
export const K_CUSTOM: u8 = 11;

/** The kind of values of a column's type. */
export function kindOfType(type: u8): u8 {
  if (type == TYPE_UINT64) return K_UINT;
  if (isInteger(type)) return K_INT;
  switch (type) {
    case TYPE_DECIMAL:
      return K_DECIMAL;
    case TYPE_BOOLEAN:
      return K_BOOLEAN;
    case TYPE_DATE:
      return K_DATE;
    case TYPE_DATETIME:
      return K_DATETIME;
    case TYPE_TEXT:
      return K_TEXT;
    case TYPE_BLOB:
      return K_BLOB;
    case TYPE_UUID:
      return K_UUID;
    case TYPE_JSON:
      return K_JSON;
    default:
      return K_CUSTOM;
  }
}

/** The column type of a result of this kind that is no column's. */
export function typeOfKind(kind: u8): u8 {
  switch (kind) {
    case K_BOOLEAN:
      return TYPE_BOOLEAN;
    case K_INT:
      return TYPE_INT64;
    case K_UINT:
      return TYPE_UINT64;
    case K_DECIMAL:
      return TYPE_DECIMAL;
    case K_DATE:
      return TYPE_DATE;
    case K_DATETIME:
      return TYPE_DATETIME;
    case K_BLOB:
      return TYPE_BLOB;
    case K_UUID:
      return TYPE_UUID;
    case K_JSON:
      return TYPE_JSON;
    case K_CUSTOM:
      return TYPE_CUSTOM;
    default:
      return TYPE_TEXT;
  }
}

/** A kind's name for messages. */
export function kindName(kind: u8): string {
  switch (kind) {
    case K_NULL:
      return "null";
    case K_BOOLEAN:
      return "boolean";
    case K_INT:
    case K_UINT:
      return "integer";
    case K_DECIMAL:
      return "decimal";
    case K_DATE:
      return "date";
    case K_DATETIME:
      return "datetime";
    case K_TEXT:
      return "text";
    case K_BLOB:
      return "blob";
    case K_UUID:
      return "uuid";
    case K_JSON:
      return "json";
    default:
      return "custom";
  }
}

export function isNumber(kind: u8): bool {
  return kind == K_INT || kind == K_UINT || kind == K_DECIMAL;
}

/** Whether values are a pointer and a length. */
@inline
export function isBytes(kind: u8): bool {
  return kind >= K_DATETIME;
}

/** Bytes of a value of a kind with a pointer whose size is fixed; 0 for the others. */
export function fixedBytes(kind: u8): u32 {
  return kind == K_DATETIME ? DATETIME_SIZE : kind == K_UUID ? UUID_SIZE : 0;
}
