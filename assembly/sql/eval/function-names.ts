/**
 * All functions of one row's values, but those that are nothing but expressions (COALESCE and the like, bind/functions.ts).
 *
 * A line has a name, the function's number (F_… below, where it is asked for), what it takes and what it gives. What it takes is a letter
 * for each value, behind | those that may be missing, and a number of the last ones that may come over and over: N number, I integer, T
 * text, B text or blob, A anything as text, X anything (dates and the like as text), V anything that goes into JSON, S anything of one
 * kind, J JSON, D date, datetime, their text or seconds since 1970. What it gives is a kind's letter (`KIND_LETTERS`), 1 for that of its
 * first value, or 2 for a date where its second is one, else a datetime.
 */
export const FUNCTIONS: string = `
abs 1 N 1
round 2 N|I 1
ceil 3 N 1
ceiling 3 N 1
floor 4 N 1
trunc 5 N|I 1
sign 6 N I
power 7 NI 1
pow 7 NI 1
random 8 - I
changes 9 - I
last_insert_rowid 10 - I
total_changes 13 - I
greatest 11 S1 1
least 12 S1 1
max 11 SS1 1
min 12 SS1 1
length 20 B I
char_length 20 T I
character_length 20 T I
octet_length 21 B I
upper 22 T T
lower 23 T T
trim 24 T|T T
btrim 24 T|T T
ltrim 25 T|T T
rtrim 26 T|T T
substr 27 BI|I 1
substring 27 BI|I 1
left 28 TI T
right 29 TI T
lpad 30 TI|T T
rpad 31 TI|T T
replace 32 TTT T
reverse 33 T T
instr 34 BB I
position 34 BB I
hex 35 B T
unhex 36 T B
concat 37 A1 T
concat_ws 39 AA1 T
quote 40 X T
char 41 I1 T
chr 41 I T
unicode 42 T I
ascii 42 T I
printf 43 T|X1 T
format 43 T|X1 T
randomblob 44 I B
uuid 45 - U
gen_random_uuid 45 - U
json 60 J J
json_valid 61 T F
json_contains 77 JJ F
json_type 62 J|T T
json_array_length 63 J|T I
json_extract 64 JT T
json_extract 65 JTT1 J
json_quote 68 V J
json_array 70 |V1 J
json_object 71 |TV2 J
json_set 72 JTV2 J
json_insert 73 JTV2 J
json_replace 74 JTV2 J
json_remove 75 JT1 J
json_patch 76 JJ J
date 90 |DT1 D
current_date 90 - D
datetime 91 |DT1 M
current_timestamp 91 - M
now 91 - M
strftime 92 T|DT1 T
unixepoch 93 |DT1 I
date_trunc 94 TD 2
`;

/** The letter of each kind, by its number (kinds.ts). */
export const KIND_LETTERS: string = "?FIuNDMTBUJ";

// Numbers, and the greatest or least of several: null if one is.
export const F_ABS: u8 = 1;
export const F_CEIL: u8 = 3;
export const F_FLOOR: u8 = 4;
export const F_TRUNC: u8 = 5;
export const F_SIGN: u8 = 6;
export const F_POWER: u8 = 7;
export const F_RANDOM: u8 = 8;
export const F_CHANGES: u8 = 9;
export const F_LAST_ID: u8 = 10;
export const F_GREATEST: u8 = 11;
export const F_LEAST: u8 = 12;
export const F_TOTAL_CHANGES: u8 = 13;

// Text and bytes.
export const F_LENGTH: u8 = 20;
export const F_OCTET_LENGTH: u8 = 21;
export const F_UPPER: u8 = 22;
export const F_LOWER: u8 = 23;
export const F_TRIM: u8 = 24;
export const F_LTRIM: u8 = 25;
export const F_RTRIM: u8 = 26;
export const F_SUBSTR: u8 = 27;
export const F_LEFT: u8 = 28;
export const F_RIGHT: u8 = 29;
export const F_LPAD: u8 = 30;
export const F_RPAD: u8 = 31;
export const F_REPLACE: u8 = 32;
export const F_REVERSE: u8 = 33;
export const F_INSTR: u8 = 34;
export const F_HEX: u8 = 35;
export const F_UNHEX: u8 = 36;
/** Text one behind the other; CONCAT leaves nulls out. */
const F_CONCAT: u8 = 37;
/** || of two. */
export const F_JOIN: u8 = 38;
export const F_CONCAT_WS: u8 = 39;
export const F_QUOTE: u8 = 40;
export const F_CHAR: u8 = 41;
export const F_UNICODE: u8 = 42;
export const F_PRINTF: u8 = 43;
export const F_RANDOMBLOB: u8 = 44;
export const F_UUID: u8 = 45;

// JSON.
export const F_JSON: u8 = 60;
export const F_JSON_VALID: u8 = 61;
export const F_JSON_TYPE: u8 = 62;
export const F_JSON_LENGTH: u8 = 63;
/** What is at one path as text, of several as an array. */
export const F_JSON_EXTRACT: u8 = 64;
export const F_JSON_EXTRACT_ALL: u8 = 65;
/** -> and ->>. */
export const F_ARROW: u8 = 66;
export const F_ARROW_TEXT: u8 = 67;
export const F_JSON_QUOTE: u8 = 68;
export const F_JSON_ARRAY: u8 = 70;
export const F_JSON_OBJECT: u8 = 71;
const F_JSON_SET: u8 = 72;
export const F_JSON_INSERT: u8 = 73;
export const F_JSON_REPLACE: u8 = 74;
export const F_JSON_REMOVE: u8 = 75;
export const F_JSON_PATCH: u8 = 76;
export const F_JSON_CONTAINS: u8 = 77;

// Dates and times.
export const F_DATE: u8 = 90;
export const F_STRFTIME: u8 = 92;
export const F_UNIXEPOCH: u8 = 93;
export const F_DATE_TRUNC: u8 = 94;
/** EXTRACT and DATE_PART. */
export const F_DATE_PART: u8 = 95;

/** Whether it is asked, too, where one of its values is null. */
export function takesNull(fn: u8): bool {
  switch (fn) {
    case F_CONCAT:
    case F_CONCAT_WS:
    case F_QUOTE:
    case F_PRINTF:
    case F_JSON_QUOTE:
    case F_JSON_ARRAY:
    case F_JSON_OBJECT:
    case F_JSON_SET:
    case F_JSON_INSERT:
    case F_JSON_REPLACE:
      return true;
    default:
      return false;
  }
}

/** Whether it gives another value each time. */
export function isRandom(fn: u8): bool {
  return fn == F_RANDOM || fn == F_RANDOMBLOB || fn == F_UUID;
}
