/** Values for people: on one line, without control characters, with a known width on the screen, null apart from text. */
import { ByteBuffer, bytesEqual } from "../encode/byte-buffer";
import { addHex } from "../encode/uuid";
import { Row } from "../encode/row";
import { TYPE_JSON, TYPE_TEXT } from "../encode/data-type";
import { writeTextValue } from "../encode/value-text";
import { Column } from "../schema/column";

/** "NULL" */
const NULL_WORD: u32 = 0x4c4c554e;
/** "…" */
const ELLIPSIS: u32 = 0xa680e2;

const SCRATCH: usize = memory.data(1);
const raw: ByteBuffer = new ByteBuffer(1024);
const nullBytes: ArrayBuffer = String.UTF8.encode("NULL");

/**
 * Appends the cell for people: control characters as escapes, NULL for null, and a text NULL in quotes. With `markdown`, line breaks are
 * `<br>` and bars are escaped.
 */
export function addShown(column: Column, position: i32, row: Row, out: ByteBuffer, markdown: bool = false): void {
  if (!row.isSet(position)) {
    out.addU32(NULL_WORD);
    return;
  }
  if (column.type != TYPE_TEXT && column.type != TYPE_JSON) {
    writeTextValue(column.type, column.customSize, row.ptr(position), out);
    return;
  }
  raw.reset();
  writeTextValue(column.type, column.customSize, row.ptr(position), raw);
  const quoted = bytesEqual(raw.ptr, raw.len, changetype<usize>(nullBytes), 4);
  if (quoted) out.addU8(0x22);
  addVisible(raw.ptr, raw.len, out, markdown);
  if (quoted) out.addU8(0x22);
}

/** Appends UTF-8 text without control characters: a terminal would act on them. */
export function addVisible(ptr: usize, len: u32, out: ByteBuffer, markdown: bool = false): void {
  const end = ptr + len;
  for (let at = ptr; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x7c && markdown) out.addU16(0x7c5c);
    else if (byte >= 0x20 && byte != 0x7f) {
      // U+0080 to U+009F are control characters too.
      if (byte == 0xc2 && at + 1 < end && load<u8>(at, 1) < 0xa0) addEscape(load<u8>(++at), out);
      else out.addU8(byte);
    } else if (byte == 0x0a && markdown) out.addU32(0x3e72623c);
    else if (byte == 0x0a) out.addU16(0x6e5c);
    else if (byte == 0x09) out.addU16(0x745c);
    else if (byte == 0x0d) out.addU16(0x725c);
    else addEscape(byte, out);
  }
}

/** `\x1b` */
function addEscape(byte: u32, out: ByteBuffer): void {
  out.addU16(0x785c);
  store<u8>(SCRATCH, <u8>byte);
  addHex(SCRATCH, 1, out);
}

/** The character at `at` of valid UTF-8, and its bytes in `characterLen`. */
let characterLen: u32 = 1;

function character(at: usize): u32 {
  const first = <u32>load<u8>(at);
  if (first < 0x80) {
    characterLen = 1;
    return first;
  }
  if (first < 0xe0) {
    characterLen = 2;
    return ((first & 31) << 6) | (load<u8>(at, 1) & 63);
  }
  if (first < 0xf0) {
    characterLen = 3;
    return ((first & 15) << 12) | ((<u32>load<u8>(at, 1) & 63) << 6) | (load<u8>(at, 2) & 63);
  }
  characterLen = 4;
  return ((first & 7) << 18) | ((<u32>load<u8>(at, 1) & 63) << 12) | ((<u32>load<u8>(at, 2) & 63) << 6) | (load<u8>(at, 3) & 63);
}

/** Columns that the character takes on a terminal: 0 for combining marks and joiners, 2 for East Asian wide ones and emoji. */
function characterWidth(code: u32): u32 {
  if (code < 0x300) return 1;
  if (code <= 0x36f || (code >= 0x200b && code <= 0x200f) || (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0x20d0 && code <= 0x20ff)) return 0;
  if (code < 0x1100) return 1;
  if (code <= 0x115f || (code >= 0x2e80 && code <= 0xa4cf && code != 0x303f) || (code >= 0xac00 && code <= 0xd7a3)) return 2;
  if ((code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60)) return 2;
  return (code >= 0x1f300 && code <= 0x1faff) || (code >= 0x20000 && code <= 0x3fffd) ? 2 : 1;
}

/** The width of valid UTF-8 on a terminal. */
export function shownWidth(ptr: usize, len: u32): u32 {
  const end = ptr + len;
  let width: u32 = 0;
  for (let at = ptr; at < end; at += characterLen) width += characterWidth(character(at));
  return width;
}

/** Cuts what was appended to `out` from `start` on to at most `width` columns, the last of which is then an ellipsis. Its width. */
export function cutToWidth(out: ByteBuffer, start: u32, width: u32): u32 {
  const end = out.ptr + out.len;
  let taken: u32 = 0;
  let fits = out.ptr + start; // what is before it leaves room for the ellipsis
  let fitsWidth: u32 = 0;
  for (let at = out.ptr + start; at < end; at += characterLen) {
    const own = characterWidth(character(at));
    if (taken + own > width) {
      out.len = <u32>(fits - out.ptr);
      out.addU32(ELLIPSIS);
      out.len -= 1;
      return fitsWidth + 1;
    }
    taken += own;
    if (taken < width) {
      fits = at + characterLen;
      fitsWidth = taken;
    }
  }
  return taken;
}

/** Appends `count` times `byte`. */
export function addRepeated(byte: u8, count: u32, out: ByteBuffer): void {
  memory.fill(out.reserve(count), byte, count);
  out.len += count;
}
