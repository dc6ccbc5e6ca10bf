/** Which rules there are, and of which types the columns are that can have them. */
import {
  TYPE_DATE,
  TYPE_DATETIME,
  TYPE_DECIMAL,
  TYPE_INT64,
  TYPE_INT8,
  TYPE_TEXT,
  TYPE_UINT64,
  TYPE_UINT8,
  TYPE_BOOLEAN,
  TYPE_UUID,
  isInteger,
} from "../encode/data-type";

export const TRIM: i32 = 0;
export const COLLAPSE_WHITESPACE: i32 = 1;
export const LOWER_CASE: i32 = 2;
export const UPPER_CASE: i32 = 3;
export const NULL_IF_EMPTY: i32 = 4;
export const SLUG: i32 = 5;
export const URL_ENCODING: i32 = 6;
export const ROUND_TO_SCALE: i32 = 7;
export const CLAMP: i32 = 8;
export const CLAMP_UNSIGNED: i32 = 9;
const UTC: i32 = 10;
export const TIMEZONE: i32 = 11;
/** Kinds below this one are sanitizers, all others validators. */
export const FIRST_VALIDATOR: i32 = 12;
export const EMAIL: i32 = 12;
export const URL: i32 = 13;
export const PHONE_NUMBER: i32 = 14;
export const MAX_STRLEN: i32 = 15;
export const MIN_STRLEN: i32 = 16;
export const RANGE_STRLEN: i32 = 17;
export const MIME_TYPE: i32 = 18;
export const RGB_COLOR: i32 = 19;
export const SNAKE_CASE: i32 = 20;
export const KEBAB_CASE: i32 = 21;
export const CAMEL_CASE: i32 = 22;
export const COUNTRY_ISO_3166: i32 = 23;
export const COUNTRY_ISO_639: i32 = 24;
/** The rest are Quire's own. */
export const RANGE: i32 = 25;
export const LIKE: i32 = 26;
export const ONE_OF: i32 = 27;

/** Names of the kinds in their order: those of the reference, in lower case. */
export const RULE_NAMES: Array<string> = (
  "trim collapsewhitespace lowercase uppercase nullifempty slug urlencoding roundtoscale clamp clampunsigned utc timezone " +
  "email url phonenumber maxstrlen minstrlen rangestrlen mimetype rgbcolor snakecase kebabcase camelcase countryiso3166 countryiso639 " +
  "range like oneof"
).split(" ");

/** What each of these names may be followed by, for messages; rules that are not here take nothing. */
export function argumentsOf(kind: i32): string {
  switch (kind) {
    case ROUND_TO_SCALE:
      return "DIGITS";
    case TIMEZONE:
      return "MINUTES";
    case MAX_STRLEN:
    case MIN_STRLEN:
      return "LENGTH";
    case CLAMP:
    case CLAMP_UNSIGNED:
    case RANGE_STRLEN:
    case RANGE:
      return "LEAST,MOST";
    case LIKE:
      return "PATTERN";
    case ONE_OF:
      return "VALUE,VALUE,…";
    default:
      return "";
  }
}

/** Whether columns of `type` can have rules of this kind. */
export function suits(kind: i32, type: u8): bool {
  switch (kind) {
    case ROUND_TO_SCALE:
      return type == TYPE_DECIMAL;
    case CLAMP:
      return type >= TYPE_INT8 && type <= TYPE_INT64;
    case CLAMP_UNSIGNED:
      return type >= TYPE_UINT8 && type <= TYPE_UINT64;
    case UTC:
    case TIMEZONE:
      return type == TYPE_DATETIME;
    case RANGE:
      return isInteger(type) || type == TYPE_DECIMAL || type == TYPE_DATE || type == TYPE_DATETIME;
    case ONE_OF:
      return suits(RANGE, type) || type == TYPE_TEXT || type == TYPE_BOOLEAN || type == TYPE_UUID;
    default:
      return type == TYPE_TEXT;
  }
}

/** The names of the rules that columns of `type` can have. */
export function namesFor(type: u8): Array<string> {
  const names = new Array<string>();
  for (let kind = 0; kind < RULE_NAMES.length; kind++) if (suits(kind, type)) names.push(RULE_NAMES[kind]);
  return names;
}
