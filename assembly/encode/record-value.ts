/** Whether bytes that come from outside are a value that a record may hold. */
import { TYPE_BOOLEAN, TYPE_DATE, TYPE_DATETIME, TYPE_DECIMAL, TYPE_JSON, TYPE_TEXT } from "./data-type";
import { isDateValue, isDateTimeValue } from "./date";
import { isDecimal } from "./decimal";
import { JsonTape } from "./json";
import { isUtf8 } from "./utf8";

const tape: JsonTape = new JsonTape();

/**
 * Whether the bytes at `ptr`, which are as many as a value of `type` has, are one: text is UTF-8, JSON is what a JSON column takes, and
 * booleans, dates, date-times and decimals exist. Everything is an integer, a blob, a UUID or a custom value.
 */
export function isRecordValue(type: u8, ptr: usize): bool {
  switch (type) {
    case TYPE_TEXT:
    case TYPE_JSON:
      return isRecordText(type, ptr + 2, load<u16>(ptr));
    case TYPE_BOOLEAN:
      return load<u8>(ptr) <= 1;
    case TYPE_DATE:
      return isDateValue(ptr);
    case TYPE_DATETIME:
      return isDateTimeValue(ptr);
    case TYPE_DECIMAL:
      return isDecimal(ptr);
    default:
      return true;
  }
}

/** Whether these bytes are a text, or for `TYPE_JSON` what a JSON column takes. */
export function isRecordText(type: u8, ptr: usize, len: u32): bool {
  return type == TYPE_JSON ? tape.parse(ptr, len) : isUtf8(ptr, len);
}
