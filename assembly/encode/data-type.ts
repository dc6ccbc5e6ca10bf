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

/** Names of the types that a column can have, in the order in which people are shown them; `custom`, which takes arguments, is the last. */
export const TYPE_NAMES: Array<string> = new Array<string>();

const NO_VALUES: u8 = 0xff;
const names: StaticArray<string> = new StaticArray<string>(256).fill("unknown");
const discriminants: StaticArray<u8> = new StaticArray<u8>(256).fill(NO_VALUES);
const sizes: StaticArray<u8> = new StaticArray<u8>(256);

/** Adds a type: its values have `size` bytes in a record, 0 when their length varies. Without values no column can be of it. */
function define(type: u8, name: string, discriminant: u8, size: u32): void {
  names[type] = name;
  discriminants[type] = discriminant;
  sizes[type] = <u8>size;
  if (discriminant != NO_VALUES) TYPE_NAMES.push(name);
}

define(TYPE_INT8, "int8", VALUE_INT8, 1);
define(TYPE_INT16, "int16", VALUE_INT16, 2);
define(TYPE_INT32, "int32", VALUE_INT32, 4);
define(TYPE_INT64, "int64", VALUE_INT64, 8);
define(TYPE_UINT8, "uint8", VALUE_UINT8, 1);
define(TYPE_UINT16, "uint16", VALUE_UINT16, 2);
define(TYPE_UINT32, "uint32", VALUE_UINT32, 4);
define(TYPE_UINT64, "uint64", VALUE_UINT64, 8);
define(TYPE_FLOAT32, "float32", NO_VALUES, 0);
define(TYPE_FLOAT64, "float64", NO_VALUES, 0);
define(TYPE_DECIMAL, "decimal", VALUE_DECIMAL, DECIMAL_SIZE);
define(TYPE_BOOLEAN, "boolean", VALUE_BOOLEAN, 1);
define(TYPE_DATE, "date", VALUE_DATE, DATE_SIZE);
define(TYPE_DATETIME, "datetime", VALUE_DATETIME, DATETIME_SIZE);
define(TYPE_BLOB, "blob", VALUE_BLOB, 0);
define(TYPE_TEXT, "text", VALUE_TEXT, 0);
define(TYPE_UUID, "uuid", VALUE_UUID, UUID_SIZE);
define(TYPE_JSON, "json", VALUE_JSON, 0);
define(TYPE_CUSTOM, "custom", VALUE_CUSTOM, 0);

/** The discriminant of a value of `type` in keys and defaults; 0xff for a type that has no values. */
export function valueDiscriminant(type: u8): u8 {
  return unchecked(discriminants[type]);
}

/** The type whose values have this discriminant, which is not that of null; 0 for none. */
export function typeOfValue(discriminant: u8): u8 {
  return discriminant == NO_VALUES ? 0 : <u8>max(discriminants.indexOf(discriminant), 0);
}

/** Bytes of a value of `type` inside a record, or 0 when its length varies. `customSize` is n of custom(TAG,n), 0 for custom(TAG). */
export function fixedValueSize(type: u8, customSize: u32): u32 {
  return type == TYPE_CUSTOM ? customSize : unchecked(sizes[type]);
}

/** Whether `type` is one of the integer types. */
export function isInteger(type: u8): bool {
  return (type >= TYPE_INT8 && type <= TYPE_INT64) || (type >= TYPE_UINT8 && type <= TYPE_UINT64);
}

/** The name of `type` as the command line spells it; custom types are spelled by their column. */
export function typeName(type: u8): string {
  return names[type];
}

/** The type that the command line spells `name`, or 0 for none. Custom types, which take arguments, are not among them. */
export function typeByName(name: string): u8 {
  const type = <u8>max(names.indexOf(name), 0);
  return type != TYPE_CUSTOM && discriminants[type] != NO_VALUES ? type : 0;
}
