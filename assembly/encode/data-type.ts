/**
 * Data types as a column declares them, and the sizes of their values (`docs/format.md`, "Schema snapshot" and "Records").
 */

export const TYPE_INT8: u8 = 0x01;
export const TYPE_INT16: u8 = 0x02;
export const TYPE_INT32: u8 = 0x03;
export const TYPE_INT64: u8 = 0x04;
export const TYPE_UINT8: u8 = 0x10;
export const TYPE_UINT16: u8 = 0x11;
export const TYPE_UINT32: u8 = 0x12;
export const TYPE_UINT64: u8 = 0x13;
/** Known to the format, but without values: a column of it is refused. */
export const TYPE_FLOAT32: u8 = 0x20;
/** Known to the format, but without values: a column of it is refused. */
export const TYPE_FLOAT64: u8 = 0x21;
export const TYPE_DECIMAL: u8 = 0x22;
export const TYPE_BOOLEAN: u8 = 0x30;
export const TYPE_DATE: u8 = 0x40;
export const TYPE_DATETIME: u8 = 0x41;
export const TYPE_BLOB: u8 = 0x50;
export const TYPE_TEXT: u8 = 0x51;
export const TYPE_UUID: u8 = 0x52;
export const TYPE_JSON: u8 = 0x60;
export const TYPE_CUSTOM: u8 = 0xf0;

/** Discriminants that a value carries in keys and defaults. Their numeric order is the order of values of different kinds. */
export const VALUE_BLOB: u8 = 0;
export const VALUE_BOOLEAN: u8 = 1;
export const VALUE_DATE: u8 = 2;
export const VALUE_DATETIME: u8 = 3;
export const VALUE_DECIMAL: u8 = 4;
export const VALUE_INT8: u8 = 5;
export const VALUE_INT16: u8 = 6;
export const VALUE_INT32: u8 = 7;
export const VALUE_INT64: u8 = 8;
export const VALUE_JSON: u8 = 9;
export const VALUE_NULL: u8 = 10;
export const VALUE_TEXT: u8 = 11;
export const VALUE_UINT8: u8 = 12;
export const VALUE_UINT16: u8 = 13;
export const VALUE_UINT32: u8 = 14;
export const VALUE_UINT64: u8 = 15;
export const VALUE_UUID: u8 = 16;
export const VALUE_CUSTOM: u8 = 17;

/** Bytes of a date, a date-time, a decimal and a UUID. */
export const DATE_SIZE: u32 = 4;
export const DATETIME_SIZE: u32 = 13;
export const DECIMAL_SIZE: u32 = 16;
export const UUID_SIZE: u32 = 16;

/** The discriminant of a value of `type` in keys and defaults; 0xff for a type that has no values. */
export function valueDiscriminant(type: u8): u8 {
  switch (type) {
    case TYPE_INT8:
      return VALUE_INT8;
    case TYPE_INT16:
      return VALUE_INT16;
    case TYPE_INT32:
      return VALUE_INT32;
    case TYPE_INT64:
      return VALUE_INT64;
    case TYPE_UINT8:
      return VALUE_UINT8;
    case TYPE_UINT16:
      return VALUE_UINT16;
    case TYPE_UINT32:
      return VALUE_UINT32;
    case TYPE_UINT64:
      return VALUE_UINT64;
    case TYPE_DECIMAL:
      return VALUE_DECIMAL;
    case TYPE_BOOLEAN:
      return VALUE_BOOLEAN;
    case TYPE_DATE:
      return VALUE_DATE;
    case TYPE_DATETIME:
      return VALUE_DATETIME;
    case TYPE_BLOB:
      return VALUE_BLOB;
    case TYPE_TEXT:
      return VALUE_TEXT;
    case TYPE_UUID:
      return VALUE_UUID;
    case TYPE_JSON:
      return VALUE_JSON;
    case TYPE_CUSTOM:
      return VALUE_CUSTOM;
    default:
      return 0xff;
  }
}

/** The type whose values have this discriminant, which is not that of null; 0 for none. */
export function typeOfValue(discriminant: u8): u8 {
  for (let type: u32 = 1; type <= TYPE_CUSTOM; type++) {
    if (valueDiscriminant(<u8>type) == discriminant) return <u8>type;
  }
  return 0;
}

/** Bytes of a value of `type` inside a record, or 0 when its length varies. `customSize` is n of custom(TAG,n), 0 for custom(TAG). */
export function fixedValueSize(type: u8, customSize: u32): u32 {
  switch (type) {
    case TYPE_INT8:
    case TYPE_UINT8:
    case TYPE_BOOLEAN:
      return 1;
    case TYPE_INT16:
    case TYPE_UINT16:
      return 2;
    case TYPE_INT32:
    case TYPE_UINT32:
    case TYPE_DATE:
      return 4;
    case TYPE_INT64:
    case TYPE_UINT64:
      return 8;
    case TYPE_DATETIME:
      return DATETIME_SIZE;
    case TYPE_DECIMAL:
      return DECIMAL_SIZE;
    case TYPE_UUID:
      return UUID_SIZE;
    case TYPE_CUSTOM:
      return customSize;
    default:
      return 0;
  }
}

/** Whether `type` is one of the integer types. */
export function isInteger(type: u8): bool {
  return (type >= TYPE_INT8 && type <= TYPE_INT64) || (type >= TYPE_UINT8 && type <= TYPE_UINT64);
}

/** The name of `type` as the command line spells it; custom types are spelled by their column. */
export function typeName(type: u8): string {
  switch (type) {
    case TYPE_INT8:
      return "int8";
    case TYPE_INT16:
      return "int16";
    case TYPE_INT32:
      return "int32";
    case TYPE_INT64:
      return "int64";
    case TYPE_UINT8:
      return "uint8";
    case TYPE_UINT16:
      return "uint16";
    case TYPE_UINT32:
      return "uint32";
    case TYPE_UINT64:
      return "uint64";
    case TYPE_FLOAT32:
      return "float32";
    case TYPE_FLOAT64:
      return "float64";
    case TYPE_DECIMAL:
      return "decimal";
    case TYPE_BOOLEAN:
      return "boolean";
    case TYPE_DATE:
      return "date";
    case TYPE_DATETIME:
      return "datetime";
    case TYPE_BLOB:
      return "blob";
    case TYPE_TEXT:
      return "text";
    case TYPE_UUID:
      return "uuid";
    case TYPE_JSON:
      return "json";
    case TYPE_CUSTOM:
      return "custom";
    default:
      return "unknown";
  }
}

/** The type that the command line spells `name`, or 0 for none. Custom types, which take arguments, are not among them. */
export function typeByName(name: string): u8 {
  const types: StaticArray<u8> = [
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
  ];
  for (let i = 0; i < types.length; i++) {
    if (typeName(types[i]) == name) return types[i];
  }
  return 0;
}
