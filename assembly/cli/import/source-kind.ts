/** What a source is, told by its first bytes: something else than text, which the error says, or text in another encoding than UTF-8. */
import { Status, OK, BAD_VALUE, fail } from "../../status";
import { utf8CharacterLength, utf8ValidLength } from "../../encode/utf8";
import { ByteSource, HEAD } from "./byte-source";
import { UTF_16BE, UTF_16LE, UTF_8, WINDOWS_1252, isWindowsText } from "./decoder";

/** So many bytes are looked at. */
const LOOKED_AT: u32 = 1024;

/** The first bytes in hexadecimal, what has them, and what to do about it. */
const KINDS: StaticArray<string> = [
  "1f8b08",
  "compressed with gzip",
  "npx quire reads it; or unpack it first: gzip -dc FILE | quire … import TABLE - --format csv",
  "504b0304",
  "a zip archive, as .xlsx and .ods files are",
  "unpack it, or save the sheet as CSV",
  "504b0506",
  "an empty zip archive",
  "",
  "d0cf11e0a1b11ae1",
  "an old Office file, as .xls files are",
  "save the sheet as CSV",
  "28b52ffd",
  "compressed with zstd",
  "npx quire reads it; or unpack it first: zstd -dc FILE | quire … import TABLE - --format csv",
  "fd377a585a00",
  "compressed with xz",
  "unpack it first: xz -dc FILE | quire … import TABLE - --format csv",
  "5041523115",
  "a Parquet file",
  "convert it to CSV or NDJSON",
  "53514c69746520666f726d6174203300",
  "an SQLite database",
  "write its table as CSV first: sqlite3 -header -csv FILE 'SELECT * FROM t'",
];
/** bzip2: `BZh`, a digit, and the first block's magic. */
const BZIP2_BLOCK: u64 = 0x595326594131;

/**
 * `BAD_VALUE` when the source, at its start, is something else than text in UTF-8 that is known, or with `orWide` in UTF-16; nothing is
 * taken from it.
 */
export function refuseForeign(source: ByteSource, orWide: bool = false): Status {
  source.need(LOOKED_AT);
  if (source.status != OK) return source.status;
  if (orWide && encodingOf(source, false) != UTF_8) return refuseOtherKinds(source.start, source.available, source.name);
  return refuseForeignBytes(source.start, source.available, source.name);
}

/** The encoding of the text that the source begins with; one with a byte a character only of a `delimited` source. */
export function encodingOf(source: ByteSource, delimited: bool): u8 {
  source.need(delimited ? HEAD : LOOKED_AT);
  const ptr = source.start;
  const len = min(source.available, HEAD);
  const form = utf16Form(ptr, min(len, LOOKED_AT));
  if (form.startsWith("UTF-16")) return form == "UTF-16BE" || (form == "UTF-16" && load<u8>(ptr) == 0xfe) ? UTF_16BE : UTF_16LE;
  return delimited && isWindows1252(ptr, len, !source.ended || len < source.available) ? WINDOWS_1252 : UTF_8;
}

/**
 * Whether bytes are text in Windows-1252, and not such in UTF-8 with faults: some are no UTF-8, none are a character of UTF-8 with
 * several bytes, and all are characters of text. `isCut`: the last character may be in part.
 */
function isWindows1252(ptr: usize, len: u32, isCut: bool): bool {
  let bad: u32 = 0;
  for (let at: u32 = 0; at < len; at++) {
    const byte = <u32>load<u8>(ptr + at);
    if (!isWindowsText(byte)) return false;
    if (byte < 0x80) continue;
    const size = utf8CharacterLength(ptr + at, len - at);
    if (size > 1) return false;
    if (!isCut || at + 3 < len) bad += 1;
  }
  return bad > 0;
}

/** UTF-16, UTF-16LE, UTF-16BE or UTF-32, "" for none: by a mark, or by zeros. */
function utf16Form(ptr: usize, len: u32): string {
  if (len >= 4 && (load<u32>(ptr) == 0x0000feff || load<u32>(ptr) == 0xfffe0000)) return "UTF-32";
  const mark = len >= 2 ? <u32>load<u16>(ptr) : 0;
  return mark == 0xfeff || mark == 0xfffe ? "UTF-16" : utf16Name(ptr, len);
}

/** The same for the first `len` bytes, at `ptr`, of what messages call `name`. */
export function refuseForeignBytes(ptr: usize, len: u32, name: string): Status {
  const status = refuseOtherKinds(ptr, len, name);
  if (status != OK) return status;
  const form = utf16Form(ptr, min(len, LOOKED_AT));
  return form != "" ? isWide(name, form) : OK;
}

function refuseOtherKinds(ptr: usize, len: u32, name: string): Status {
  for (let i = 0; i < KINDS.length; i += 3) {
    if (startsWith(ptr, len, KINDS[i])) return isForeign(name, KINDS[i + 1], KINDS[i + 2]);
  }
  if (len >= 10 && (load<u32>(ptr) & 0xffffff) == 0x685a42 && (load<u64>(ptr, 4) & 0xffffffffffff) == BZIP2_BLOCK) {
    return isForeign(name, "compressed with bzip2", "unpack it first: bzip2 -dc FILE | quire … import TABLE - --format csv");
  }
  return OK;
}

function isForeign(name: string, what: string, hint: string): Status {
  return fail(BAD_VALUE, name + " is " + what, hint);
}

function isWide(name: string, form: string): Status {
  return isForeign(name, form, "convert it to UTF-8: iconv -f " + form + " -t UTF-8");
}

/** Whether the bytes begin with a byte-order mark in UTF-8. */
export function hasMark(ptr: usize, len: u32): bool {
  return len > 2 && load<u16>(ptr) == 0xbbef && load<u8>(ptr, 2) == 0xbf;
}

function startsWith(ptr: usize, len: u32, hex: string): bool {
  const count = (<u32>hex.length) >> 1;
  if (len < count) return false;
  for (let i: u32 = 0; i < count; i++) {
    if (load<u8>(ptr + i) != <u8>parseInt(hex.substr((<i32>i) << 1, 2), 16)) return false;
  }
  return true;
}

/**
 * The form of UTF-16 that bytes without a mark are in, "" for none. ASCII characters, of which any table has some, have a zero byte each
 * there: the second one in UTF-16LE, the first one in UTF-16BE. Other text has no zeros, or few, and is valid UTF-8 with them.
 */
function utf16Name(ptr: usize, len: u32): string {
  let first: u32 = 0;
  let second: u32 = 0;
  for (let i: u32 = 0; i < len; i++) {
    if (load<u8>(ptr + i) != 0) continue;
    if ((i & 1) == 0) first += 1;
    else second += 1;
  }
  const zeros = first + second;
  // What is looked at may end inside of a character.
  const isText = zeros * 3 <= len && utf8ValidLength(ptr, len) + 4 > len;
  if (zeros < 2 || min(first, second) * 3 > max(first, second) * 2 || isText) return "";
  return first > second ? "UTF-16BE" : "UTF-16LE";
}
