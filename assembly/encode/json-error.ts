/**
 * What can be wrong with a JSON text, and where the scanners found it.
 */

/** What is wrong with a JSON text; `jsonErrorText` has the words. */
export const JSON_ENDS_EARLY: i32 = 1;
export const JSON_NO_VALUE: i32 = 2;
export const JSON_NO_COMMA_IN_ARRAY: i32 = 3;
export const JSON_NO_COMMA_IN_OBJECT: i32 = 4;
export const JSON_NO_KEY: i32 = 5;
export const JSON_NO_COLON: i32 = 6;
export const JSON_CONTROL_CHARACTER: i32 = 7;
export const JSON_BAD_ESCAPE: i32 = 8;
export const JSON_LONE_SURROGATE: i32 = 9;
export const JSON_BAD_NUMBER: i32 = 10;
export const JSON_NUMBER_RANGE: i32 = 11;
export const JSON_TOO_DEEP: i32 = 12;
export const JSON_TRAILING: i32 = 13;
export const JSON_BAD_UTF8: i32 = 14;

/** The words for `error`, one of `JSON_…`. */
export function jsonErrorText(error: i32): string {
  switch (error) {
    case JSON_ENDS_EARLY:
      return "the JSON text ends early";
    case JSON_NO_VALUE:
      return "expected a JSON value";
    case JSON_NO_COMMA_IN_ARRAY:
      return "expected ',' or ']'";
    case JSON_NO_COMMA_IN_OBJECT:
      return "expected ',' or '}'";
    case JSON_NO_KEY:
      return "expected a member name in double quotes";
    case JSON_NO_COLON:
      return "expected ':'";
    case JSON_CONTROL_CHARACTER:
      return "a control character inside a string, where an escape must stand,";
    case JSON_BAD_ESCAPE:
      return "an unknown escape";
    case JSON_LONE_SURROGATE:
      return "half of a surrogate pair";
    case JSON_BAD_NUMBER:
      return "a malformed number";
    case JSON_NUMBER_RANGE:
      return "a number out of range";
    case JSON_TOO_DEEP:
      return "arrays and objects nested too deep";
    case JSON_TRAILING:
      return "something after the JSON value";
    case JSON_BAD_UTF8:
      return "bytes that are not UTF-8";
    default:
      return "no error";
  }
}

/** Why and where the last scan of a string or number failed. */
export let scanError: i32 = 0;
export let scanErrorAt: usize = 0;

/** Notes a fault at `at`; returns 0, the scan functions' sign of one. */
export function scanFault(error: i32, at: usize): usize {
  scanError = error;
  scanErrorAt = at;
  return 0;
}
