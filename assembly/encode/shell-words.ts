/** Words as a shell spells and reads them: the lines that `schema` prints, and `repair --schema` takes. */
import { ByteBuffer } from "./byte-buffer";
import { codePointAt } from "./characters";
import { isHidden, printableLength } from "./printable";
import { utf8CharacterLength } from "./utf8";

/**
 * `text` as a shell reads it back: in single quotes when it holds anything but letters, digits and harmless marks; what a terminal must
 * not get, by its bytes in `$'…'`.
 */
export function shellWord(text: string): string {
  const bytes = String.UTF8.encode(text);
  if (printableLength(changetype<usize>(bytes), bytes.byteLength) < <u32>bytes.byteLength) return escapedWord(bytes);
  let plain = text.length > 0;
  for (let i = 0; i < text.length && plain; i++) {
    const unit = text.charCodeAt(i);
    const isLetter = (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;
    plain = isLetter || (unit >= 0x2b && unit <= 0x3a) || unit == 0x3d || unit == 0x40 || unit == 0x5f;
  }
  return plain ? text : "'" + text.replaceAll("'", "'\\''") + "'";
}

/** The UTF-8 `bytes` in the form `$'…'`, whose octal escapes are known to more shells than any others. */
function escapedWord(bytes: ArrayBuffer): string {
  const ptr = changetype<usize>(bytes);
  const out = new ByteBuffer(64);
  out.addU16(0x2724);
  let at: u32 = 0;
  while (at < <u32>bytes.byteLength) {
    const byte = <u32>load<u8>(ptr + at);
    const size = max(utf8CharacterLength(ptr + at, bytes.byteLength - at), 1);
    if (byte == 0x27 || byte == 0x5c) out.addU8(0x5c);
    if (isHidden(codePointAt(ptr + at, size))) for (let i: i32 = 0; i < size; i++) addOctal(load<u8>(ptr + at + i), out);
    else out.addBytes(ptr + at, size);
    at += size;
  }
  out.addU8(0x27);
  const word = out.toText();
  out.free();
  return word;
}

function addOctal(byte: u32, out: ByteBuffer): void {
  out.addU8(0x5c);
  for (let shift = 6; shift >= 0; shift -= 3) out.addU8(0x30 + ((byte >> shift) & 7));
}

/** Takes text apart as a shell does, as far as quoting goes. */
export class ShellWords {
  line: i32 = 1;
  private at: i32 = 0;

  constructor(private readonly text: string) {}

  get atEnd(): bool {
    return this.at >= this.text.length;
  }

  /** The words up to the line's end. */
  words(): Array<string> {
    const text = this.text;
    const list = new Array<string>();
    // The word's UTF-16.
    const word = new ByteBuffer(64);
    let begun = false;
    let quoted = false;
    for (; this.at < text.length; this.at++) {
      const unit = text.charCodeAt(this.at);
      if (unit == 10) this.line += 1;
      if (quoted) {
        if (unit == 0x27) quoted = false;
        else word.addU16(unit);
      } else if (unit == 10 || unit == 13 || unit == 32 || unit == 9) {
        if (begun) list.push(textOf(word));
        word.reset();
        begun = false;
        if (unit == 10) break;
      } else if (unit == 0x23 && list.length == 0 && !begun) {
        while (this.at + 1 < text.length && text.charCodeAt(this.at + 1) != 10) this.at += 1;
      } else {
        begun = true;
        if (unit == 0x27) quoted = true;
        else if (unit == 0x24 && text.charCodeAt(this.at + 1) == 0x27) addUnits(word, this.escaped());
        else if (unit == 0x5c && this.at + 1 < text.length) word.addU16(text.charCodeAt(++this.at));
        else word.addU16(unit);
      }
    }
    this.at += 1;
    if (begun) list.push(textOf(word));
    word.free();
    return list;
  }

  /** The text of the `$'…'` at `at`, which is left at its end. */
  private escaped(): string {
    const text = this.text;
    const out = new ByteBuffer(64);
    this.at += 2;
    while (this.at < text.length && text.charCodeAt(this.at) != 0x27) {
      const start = this.at;
      let unit = text.charCodeAt(this.at++);
      if (unit == 10) this.line += 1;
      if (unit != 0x5c) {
        while (this.at < text.length && !"\\'\n".includes(text.charAt(this.at))) this.at += 1;
        out.addText(text.substring(start, this.at));
        continue;
      }
      let value: u32 = 0;
      const digits = this.at;
      while (this.at < digits + 3 && isOctal(text.charCodeAt(this.at))) value = value * 8 + text.charCodeAt(this.at++) - 0x30;
      if (this.at > digits) out.addU8(value);
      else if (this.at < text.length) out.addText(text.charAt(this.at++));
    }
    const word = out.toText();
    out.free();
    return word;
  }
}

function isOctal(unit: i32): bool {
  return unit >= 0x30 && unit <= 0x37;
}

function addUnits(word: ByteBuffer, text: string): void {
  for (let i = 0; i < text.length; i++) word.addU16(text.charCodeAt(i));
}

function textOf(word: ByteBuffer): string {
  return String.UTF16.decodeUnsafe(word.ptr, word.len);
}
