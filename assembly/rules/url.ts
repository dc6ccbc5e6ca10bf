/**
 * Whether a text is an absolute URL, as the URL Standard's parser (WHATWG) takes it, without a base. Of domains with letters beyond
 * ASCII what is mapped to ASCII, left out or forbidden is looked at, and that Punycode can be read; not Unicode's normal forms and
 * directions.
 */
import { ByteBuffer } from "../encode/byte-buffer";
import { isText, lowerLetter } from "../encode/ascii";
import { isDigit } from "../encode/digits";
import { characterAt, isAlphanumeric, isAsciiAlphanumeric, isMark, isUppercase, sizeAt } from "../encode/unicode";
import { addCodePoint, isUtf8 } from "../encode/utf8";
import { hexDigit, parseHex } from "../encode/uuid";

const COLON: u32 = 0x3a;
const SLASH: u32 = 0x2f;
const BACKSLASH: u32 = 0x5c;
const QUESTION: u32 = 0x3f;
const HASH: u32 = 0x23;
const AT: u32 = 0x40;
const OPEN: u32 = 0x5b;
const CLOSE: u32 = 0x5d;
const PERCENT: u32 = 0x25;
const DOT: u32 = 0x2e;
const HYPHEN: u32 = 0x2d;

const SPECIAL_SCHEMES: Array<string> = ["http", "https", "ws", "wss", "ftp"];

/** The text without tabs and line breaks, which are nothing in a URL. */
const text: ByteBuffer = new ByteBuffer(256);
/** A host whose %41 were decoded; and what a domain is mapped to. */
const decoded: ByteBuffer = new ByteBuffer(64);
const domain: ByteBuffer = new ByteBuffer(64);
/** A byte that %41 says. */
const BYTE: usize = memory.data(1);

/** Whether the UTF-8 of `len` bytes at `ptr` is one. */
export function isUrl(ptr: usize, len: u32): bool {
  let end = ptr + len;
  while (ptr < end && load<u8>(ptr) <= 0x20) ptr++;
  while (end > ptr && load<u8>(end - 1) <= 0x20) end--;
  text.reset();
  for (; ptr < end; ptr++) {
    const byte = <u32>load<u8>(ptr);
    if (byte != 9 && byte != 10 && byte != 13) text.addU8(byte);
  }
  return isParsed(text.ptr, text.ptr + text.len);
}

function isParsed(at: usize, end: usize): bool {
  const start = at;
  if (at == end || lowerLetter(load<u8>(at)) - 0x61 >= 26) return false;
  while (at < end && isOfScheme(load<u8>(at))) {
    const letter = lowerLetter(load<u8>(at));
    store<u8>(at, <u8>letter);
    at++;
  }
  if (at == end || load<u8>(at) != COLON) return false;
  const len = <u32>(at - start);
  at += 1;
  if (isText(start, len, "file")) return isFile(at, end);
  for (let s = 0; s < SPECIAL_SCHEMES.length; s++) {
    if (!isText(start, len, SPECIAL_SCHEMES[s])) continue;
    while (at < end && isSlash(load<u8>(at))) at++;
    return hasAuthority(at, end, true);
  }
  const hasSlashes = at + 2 <= end && load<u8>(at) == SLASH && load<u8>(at + 1) == SLASH;
  // Any path is right.
  return !hasSlashes || hasAuthority(at + 2, end, false);
}

function isOfScheme(byte: u32): bool {
  return isAsciiAlphanumeric(byte) || byte == 0x2b || byte == HYPHEN || byte == DOT;
}


@inline
function isSlash(byte: u32): bool {
  return byte == SLASH || byte == BACKSLASH;
}

/** Whether an authority ends at a byte. */
@inline
function endsAuthority(byte: u32, isSpecial: bool): bool {
  return byte == SLASH || byte == QUESTION || byte == HASH || (isSpecial && byte == BACKSLASH);
}

/** What is behind `file:`: a host behind two slashes, which may be empty, or a drive's letter in its place. */
function isFile(at: usize, end: usize): bool {
  if (at + 2 > end || !isSlash(load<u8>(at)) || !isSlash(load<u8>(at + 1))) return true;
  at += 2;
  const start = at;
  while (at < end && !endsAuthority(load<u8>(at), true)) at++;
  const len = at - start;
  const isDrive =
    len == 2 && lowerLetter(load<u8>(start)) - 0x61 < 26 && (load<u8>(start + 1) == COLON || load<u8>(start + 1) == 0x7c);
  return len == 0 || isDrive || isHost(start, at, true);
}

/** Whether there is `[user[:password]@]host[:port]` at `at`. */
function hasAuthority(at: usize, end: usize, isSpecial: bool): bool {
  let host = at;
  let credentials = false;
  let close = at;
  for (; close < end && !endsAuthority(load<u8>(close), isSpecial); close++) {
    if (load<u8>(close) != AT) continue;
    host = close + 1;
    credentials = true;
  }
  let colon = host;
  let inside = false;
  for (; colon < close; colon++) {
    const byte = <u32>load<u8>(colon);
    if (byte == OPEN) inside = true;
    else if (byte == CLOSE) inside = false;
    else if (byte == COLON && !inside) break;
  }
  if (colon == host && (isSpecial || credentials || colon < close)) return false;
  if (colon > host && !isHost(host, colon, isSpecial)) return false;
  let port: u32 = 0;
  for (let digit = colon + 1; digit < close; digit++) {
    if (!isDigit(load<u8>(digit))) return false;
    port = port * 10 + load<u8>(digit) - 0x30;
    if (port > 65535) return false;
  }
  return true;
}

/** What no host may have. */
function isForbidden(byte: u32): bool {
  return (
    byte == 0 ||
    byte == 9 ||
    byte == 10 ||
    byte == 13 ||
    byte == 0x20 ||
    byte == HASH ||
    byte == SLASH ||
    byte == COLON ||
    byte == 0x3c ||
    byte == 0x3e ||
    byte == QUESTION ||
    byte == AT ||
    byte == OPEN ||
    byte == BACKSLASH ||
    byte == CLOSE ||
    byte == 0x5e ||
    byte == 0x7c
  );
}

function isHost(at: usize, end: usize, isSpecial: bool): bool {
  if (load<u8>(at) == OPEN) return load<u8>(end - 1) == CLOSE && isIpv6(at + 1, end - 1);
  if (!isSpecial) {
    for (; at < end; at++) if (isForbidden(load<u8>(at))) return false;
    return true;
  }
  decoded.reset();
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    const isEscape = byte == PERCENT && at + 2 < end && parseHex(at + 1, 2, BYTE);
    decoded.addU8(isEscape ? load<u8>(BYTE) : byte);
    if (isEscape) at += 2;
  }
  return isUtf8(decoded.ptr, decoded.len) && mapDomain() && isDomain(domain.ptr, domain.ptr + domain.len);
}

/** Makes `domain` of `decoded`; false where a character can't be in one. */
function mapDomain(): bool {
  domain.reset();
  const end = decoded.ptr + decoded.len;
  for (let at = decoded.ptr; at < end; at += sizeAt(at)) {
    let code = characterAt(at);
    if (code >= 0x80) {
      if (isIgnored(code)) continue;
      if (!isAllowed(code)) return false;
      if (code == 0x3002 || code == 0xff61) code = DOT;
      else if (code - 0xff01 < 94) code -= 0xfee0;
    }
    if (code <= 0x20 || code == 0x7f || code == PERCENT || (code < 0x80 && isForbidden(code))) return false;
    addCodePoint(lowerLetter(code), domain);
  }
  return true;
}

/** What is left out of domains: soft hyphens, joiners of words, variation selectors. */
function isIgnored(code: u32): bool {
  return (
    code == 0xad ||
    code == 0x34f ||
    code - 0x180b < 5 ||
    code == 0x200b ||
    code == 0x2060 ||
    code == 0x2064 ||
    code == 0xfeff ||
    code - 0xfe00 < 16 ||
    code - 0xe0100 < 240
  );
}

/** Letters, digits, marks behind them, and symbols: not controls, white space, marks of direction, and what is no character or private. */
function isAllowed(code: u32): bool {
  // Marks are also what sets directions and joins letters, which stands in these two places.
  if (code - 0x200c < 0x24 || code - 0x2060 < 16) return false;
  const isSymbol =
    code - 0xa1 < 95 || code - 0x2030 < 15 || code - 0x2070 < 0xb90 || code - 0x3001 < 0x3ff || code - 0x1f000 < 0xc00;
  return isSymbol || isAlphanumeric(code) || isMark(code);
}

/** A domain, or an IPv4 address where its last label is a number. */
function isDomain(start: usize, end: usize): bool {
  if (start == end) return false;
  let label = start;
  let last = start;
  for (let at = start; at <= end; at++) {
    if (at < end && load<u8>(at) != DOT) continue;
    if (!isLabel(label, at)) return false;
    if (at > label || at < end) last = label;
    label = at + 1;
  }
  let lastEnd = last;
  while (lastEnd < end && load<u8>(lastEnd) != DOT) lastEnd++;
  let digits = lastEnd > last;
  for (let at = last; at < lastEnd && digits; at++) digits = isDigit(load<u8>(at));
  if (!digits && numberOf(last, lastEnd) < 0) return true;
  return isIpv4(start, end);
}

/** Whether a label that begins with `xn--` is Punycode of what is not ASCII alone and has no capitals. */
function isLabel(at: usize, end: usize): bool {
  if (end - at < 4 || load<u32>(at) != 0x2d2d6e78) return true;
  at += 4;
  let basic = at;
  for (let next = at; next < end; next++) {
    if (load<u8>(next) >= 0x80) return false;
    if (load<u8>(next) == HYPHEN) basic = next + 1;
  }
  if (basic == end) return false;
  let count: u32 = basic > at ? <u32>(basic - at) - 1 : 0;
  let code: u32 = 128;
  let place: u32 = 0;
  let bias: u32 = 72;
  for (let isFirst = true; basic < end; isFirst = false) {
    const before = place;
    let weight: u64 = 1;
    for (let k: u32 = 36; ; k += 36) {
      if (basic == end) return false;
      const byte = <u32>load<u8>(basic++);
      const digit: u32 = isDigit(byte) ? byte - 22 : byte - 0x61;
      if (digit >= 36) return false;
      const sum = <u64>place + <u64>digit * weight;
      if (sum > u32.MAX_VALUE) return false;
      place = <u32>sum;
      const threshold: u32 = k <= bias ? 1 : min<u32>(k - bias, 26);
      if (digit < threshold) break;
      weight *= 36 - threshold;
      if (weight > u32.MAX_VALUE) return false;
    }
    count += 1;
    // How far the next digits are from what they stand for, as RFC 3492 adapts it.
    let delta = isFirst ? (place - before) / 700 : (place - before) >> 1;
    delta += delta / count;
    bias = 0;
    for (; delta > 455; bias += 36) delta /= 35;
    bias += (36 * delta) / (delta + 38);
    const sum = <u64>code + place / count;
    if (sum > 0x10ffff) return false;
    code = <u32>sum;
    place = (place % count) + 1;
    if (code - 0xd800 < 0x800 || isIgnored(code) || !isAllowed(code) || isUppercase(code)) return false;
  }
  return true;
}

/** The value of a part of an IPv4 address: decimal, octal behind 0, hexadecimal behind 0x; -1 where it is none. */
function numberOf(at: usize, end: usize): i64 {
  if (at == end) return -1;
  let base: i64 = 10;
  if (load<u8>(at) == 0x30 && end - at > 1) {
    base = lowerLetter(load<u8>(at + 1)) == 0x78 ? 16 : 8;
    at += base == 16 ? 2 : 1;
  }
  let value: i64 = 0;
  for (; at < end; at++) {
    const digit = <i64>hexDigit(load<u8>(at));
    if (digit >= base) return -1;
    // More is too much anyway.
    value = min<i64>(value * base + digit, 1 << 40);
  }
  return value;
}

function isIpv4(at: usize, end: usize): bool {
  if (load<u8>(end - 1) == DOT) end--;
  for (let parts = 1; ; parts++) {
    const start = at;
    while (at < end && load<u8>(at) != DOT) at++;
    const value = numberOf(start, at);
    if (value < 0 || parts > 4) return false;
    if (at == end) return value < (<i64>1) << (8 * (5 - parts));
    if (value > 255) return false;
    at += 1;
  }
  return false; // never reached, but the compiler cannot tell
}

/** Eight pieces of up to four digits; `::` once for some that are 0; the last two may be an IPv4 address. */
function isIpv6(at: usize, end: usize): bool {
  let pieces = 0;
  let compressed = false;
  if (at < end && load<u8>(at) == COLON) {
    if (at + 1 == end || load<u8>(at + 1) != COLON) return false;
    at += 2;
    compressed = true;
    pieces = 1;
  }
  while (at < end) {
    if (pieces == 8) return false;
    if (load<u8>(at) == COLON) {
      if (compressed) return false;
      at += 1;
      pieces += 1;
      compressed = true;
      continue;
    }
    const start = at;
    while (at < end && at - start < 4 && hexDigit(load<u8>(at)) <= 15) at++;
    if (at < end && load<u8>(at) == DOT) {
      if (pieces > 6 || !isPlainIpv4(start, end)) return false;
      pieces += 2;
      at = end;
      break;
    }
    if (at < end) {
      // A colon ends a piece, and something has to follow it.
      if (load<u8>(at) != COLON || at + 1 == end) return false;
      at += 1;
    }
    pieces += 1;
  }
  return compressed ? pieces <= 8 : pieces == 8;
}

/** Four decimal numbers up to 255, without a 0 before others. */
function isPlainIpv4(at: usize, end: usize): bool {
  for (let parts = 1; parts <= 4; parts++) {
    const start = at;
    let value: u32 = 0;
    while (at < end && isDigit(load<u8>(at)) && at - start < 4) value = value * 10 + load<u8>(at++) - 0x30;
    if (at == start || value > 255 || (at - start > 1 && load<u8>(start) == 0x30)) return false;
    if (parts == 4) return at == end;
    if (at == end || load<u8>(at) != DOT) return false;
    at += 1;
  }
  return false;
}
