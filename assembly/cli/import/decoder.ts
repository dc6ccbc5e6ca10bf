/** Text in another encoding than UTF-8, made UTF-8 piece by piece. */
import { Status, OK, BAD_VALUE, USAGE, fail } from "../../status";
import { asciiLower } from "../../encode/ascii";
import { ByteBuffer } from "../../encode/byte-buffer";
import { addCodePoint } from "../../encode/utf8";

export const UTF_8: u8 = 0;
export const UTF_16LE: u8 = 1;
export const UTF_16BE: u8 = 2;
export const WINDOWS_1252: u8 = 3;
/** What is told from the source itself; before it is latin1, where each byte is the character of its number. */
export const ANY_ENCODING: u8 = 5;

/** The encodings' names, in the order of their numbers. */
export const ENCODINGS: StaticArray<string> = ["utf-8", "utf-16le", "utf-16be", "windows-1252", "latin1"];

/** The characters of the bytes 0x80 to 0x9f in Windows-1252; 0 for those that are none. */
const WINDOWS: StaticArray<u16> = [
  0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018,
  0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
];

/** Bytes that the UTF-8 of one character has at most. */
export const LONGEST_CHARACTER: u32 = 4;

/** The number of the encoding called `name`; `ANY_ENCODING` with `USAGE` for none. */
export function encodingNamed(name: string): u8 {
  const at = ENCODINGS.indexOf(asciiLower(name));
  if (at < 0) fail(USAGE, "--encoding knows no " + name, "encodings: " + ENCODINGS.join(", "));
  return at < 0 ? ANY_ENCODING : <u8>at;
}

/** Whether `byte` is a character of Windows-1252 that text has. */
export function isWindowsText(byte: u32): bool {
  if (byte < 0x20) return byte - 9 < 5;
  return byte - 0x80 >= 32 || unchecked(WINDOWS[byte - 0x80]) != 0;
}

export class Decoder {
  /** What is not decoded yet: behind `at`. */
  private readonly raw: ByteBuffer = new ByteBuffer(64);
  private at: u32 = 0;
  /** Bytes decoded. */
  private done: u64 = 0;
  private readonly text: ByteBuffer = new ByteBuffer(8);
  status: Status = OK;

  constructor(private readonly encoding: u8) {}

  /** Begins anew, at the start of a source. */
  reset(): void {
    this.raw.reset();
    this.at = 0;
    this.done = 0;
  }

  /** Where at most `len` more bytes of the source may be put; `put` tells how many. */
  room(len: u32): usize {
    const raw = this.raw;
    const rest = raw.len - this.at;
    memory.copy(raw.ptr, raw.ptr + this.at, rest);
    raw.len = rest;
    this.at = 0;
    return raw.reserve(len);
  }

  put(len: u32): void {
    this.raw.len += len;
  }

  /** Whether bytes are left that are no whole character. */
  get hasRest(): bool {
    return this.at < this.raw.len;
  }

  /** Writes characters to at most `room` bytes at `target`: how many bytes; `status` tells of bytes that are no character. */
  decode(target: usize, room: u32): u32 {
    const raw = this.raw;
    const start = target;
    const end = target + room;
    while (target + LONGEST_CHARACTER <= end) {
      const rest = raw.len - this.at;
      const size = this.character(raw.ptr + this.at, rest);
      if (size == 0) break;
      memory.copy(target, this.text.ptr, this.text.len);
      target += this.text.len;
      this.at += size;
      this.done += size;
    }
    return <u32>(target - start);
  }

  /** Puts the character at `ptr` into `text`: its bytes there; 0 when the `len` bytes are none, or not all of one. */
  private character(ptr: usize, len: u32): u32 {
    this.text.reset();
    const isWide = this.encoding == UTF_16LE || this.encoding == UTF_16BE;
    const least: u32 = isWide ? 2 : 1;
    if (least > len) return 0;
    if (!isWide) {
      let point = <u32>load<u8>(ptr);
      if (this.encoding == WINDOWS_1252 && point - 0x80 < 32) point = unchecked(WINDOWS[point - 0x80]);
      if (point == 0 && load<u8>(ptr) != 0) return this.bad();
      addCodePoint(point, this.text);
      return 1;
    }
    const first = this.unit(ptr);
    if (first - 0xd800 >= 0x800) {
      addCodePoint(first, this.text);
      return 2;
    }
    if (first >= 0xdc00) return this.bad();
    if (len < 4) return 0;
    const second = this.unit(ptr + 2);
    if (second - 0xdc00 >= 0x400) return this.bad();
    addCodePoint(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), this.text);
    return 4;
  }


  @inline private unit(ptr: usize): u32 {
    const unit = load<u16>(ptr);
    return this.encoding == UTF_16LE ? unit : bswap<u16>(unit);
  }

  /** Fails for what comes next. */
  bad(): u32 {
    const name = ENCODINGS[this.encoding];
    this.status = fail(
      BAD_VALUE,
      "byte " + (this.done + 1).toString() + " is no character of " + name,
      "--encoding chooses another",
    );
    return 0;
  }
}
