/** UTF-8, hexadecimal, UUIDs and decimal digits. */
import { ByteBuffer } from "../encode/byte-buffer";
import { clearBytes, compareBytes, copyBytes, equalBytesBefore, equalBytesBehind, firstNonZero, isZero } from "../encode/bytes";
import { addPadded, addSigned, addUnsigned, parseUnsigned, parsedUnsigned } from "../encode/digits";
import { addCodePoint, addUtf8Lossy, isUtf8, utf8ValidLength } from "../encode/utf8";
import { addUuid, parseHex, parseUuid } from "../encode/uuid";
import { hexBytes, textBytes, toHex } from "./encode-bytes";

const out = new ByteBuffer();
const target = heap.alloc(64);
/** What no place is, in a comparison that fails. */
const NOWHERE: u32 = 0xffffffff;

function validLength(hex: string): u32 {
  const bytes = hexBytes(hex);
  return utf8ValidLength(bytes.ptr, bytes.len);
}

/** The bytes `hex`, with U+FFFD where they are no characters, in hexadecimal. */
function lossy(hex: string): string {
  const bytes = hexBytes(hex);
  out.reset();
  addUtf8Lossy(bytes.ptr, bytes.len, out);
  return toHex(out.ptr, out.len);
}

describe("UTF-8", () => {
  test("characters of one to four bytes, from the first to the last of each length", () => {
    const good = ["", "00", "7f", "c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbf", "f0908080", "f48fbfbf"];
    for (let i = 0; i < good.length; i++) {
      const bytes = hexBytes(good[i]);
      expect(isUtf8(bytes.ptr, bytes.len)).toBe(true, good[i]);
    }
  });

  test("overlong forms, surrogates, what is above U+10FFFF, and halves of characters", () => {
    const bad = [
      "80",
      "bf",
      "c080",
      "c1bf",
      "e08080",
      "e09fbf",
      "eda080",
      "edbfbf",
      "f0808080",
      "f08fbfbf",
      "f4908080",
      "f5808080",
      "ff",
      "fe",
      "c2",
      "c241",
      "e282",
      "e28241",
      "f09f98",
      "f09f9841",
      "e2",
      "f0",
    ];
    for (let i = 0; i < bad.length; i++) {
      expect(validLength(bad[i])).toBe(0, bad[i]);
      expect(validLength("4142" + bad[i])).toBe(2, bad[i]);
    }
  });

  test("the place of a fault, around the steps of eight bytes", () => {
    for (let before = 0; before < 40; before++) {
      out.reset();
      for (let i = 0; i < before; i++) out.addU8(0x61);
      out.addU8(0xff);
      for (let i = 0; i < 9; i++) out.addU8(0x61);
      expect(utf8ValidLength(out.ptr, out.len)).toBe(before);
      expect(utf8ValidLength(out.ptr, before)).toBe(before);
    }
    expect(validLength("61 61 61 61 61 61 61 e2 82 ac 61 61 61 61 61 61 61 61")).toBe(18);
  });

  // Expected as by the WHATWG decoder (Unicode 15, table 3-8).
  test("replacement", () => {
    expect(lossy("61 ff 62")).toBe("61efbfbd62");
    expect(lossy("f1 80 80 e1 80 c2 62")).toBe("efbfbdefbfbdefbfbd62");
    expect(lossy("e0 80 62")).toBe("efbfbdefbfbd62");
    expect(lossy("ed a0 80")).toBe("efbfbdefbfbdefbfbd");
    expect(lossy("e2 82")).toBe("efbfbd");
    expect(lossy("c3 a9")).toBe("c3a9");
  });

  test("writing characters", () => {
    out.reset();
    addCodePoint(0x41, out);
    addCodePoint(0x7ff, out);
    addCodePoint(0x20ac, out);
    addCodePoint(0xffff, out);
    addCodePoint(0x10000, out);
    addCodePoint(0x10ffff, out);
    expect(toHex(out.ptr, out.len)).toBe("41" + "dfbf" + "e282ac" + "efbfbf" + "f0908080" + "f48fbfbf");
  });
});

describe("hexadecimal", () => {
  test("both cases are read, lower case is written", () => {
    const bytes = textBytes("00ffAbCdEf09");
    expect(parseHex(bytes.ptr, bytes.len, target)).toBe(true);
    expect(toHex(target, 6)).toBe("00ffabcdef09");
    expect(parseHex(bytes.ptr, 0, target)).toBe(true);
  });

  test("what is refused", () => {
    const bad = ["0", "0g", "g0", "/0", ":0", "@0", "`0", "00 ", "0x00", "é"];
    for (let i = 0; i < bad.length; i++) {
      const bytes = textBytes(bad[i]);
      expect(parseHex(bytes.ptr, bytes.len, target)).toBe(false, bad[i]);
    }
  });
});

describe("UUIDs", () => {
  test("hyphens and case", () => {
    const texts = [
      "9e3779b9-7f4a-7c15-f39c-c0605cedc832",
      "9E3779B9-7F4A-7C15-F39C-C0605CEDC832",
      "9e3779b97f4a7c15f39cc0605cedc832",
    ];
    for (let i = 0; i < texts.length; i++) {
      const bytes = textBytes(texts[i]);
      expect(parseUuid(bytes.ptr, bytes.len, target)).toBe(true, texts[i]);
      expect(toHex(target, 16)).toBe("9e3779b97f4a7c15f39cc0605cedc832");
      out.reset();
      addUuid(target, out);
      expect(out.toText()).toBe("9e3779b9-7f4a-7c15-f39c-c0605cedc832");
    }
  });

  test("what is refused", () => {
    const bad = [
      "",
      "9e3779b9-7f4a-7c15-f39c-c0605cedc83",
      "9e3779b9-7f4a-7c15-f39c-c0605cedc8322",
      "9e3779b97f4a-7c15-f39c-c0605cedc832-",
      "9e3779b9-7f4a-7c15-f39c-c0605cedc83g",
      "{9e3779b9-7f4a-7c15-f39c-c0605cedc83}",
      "9e3779b9_7f4a_7c15_f39c_c0605cedc832",
      "9e3779b97f4a7c15f39cc0605cedc83-",
    ];
    for (let i = 0; i < bad.length; i++) {
      const bytes = textBytes(bad[i]);
      expect(parseUuid(bytes.ptr, bytes.len, target)).toBe(false, bad[i]);
    }
  });
});

describe("digits", () => {
  test("writing", () => {
    const numbers: StaticArray<u64> = [
      0, 9, 10, 99, 100, 101, 999, 1000, 4294967295, 9999999999, 10000000000, 18446744073709551615,
    ];
    const texts = [
      "0",
      "9",
      "10",
      "99",
      "100",
      "101",
      "999",
      "1000",
      "4294967295",
      "9999999999",
      "10000000000",
      "18446744073709551615",
    ];
    for (let i = 0; i < numbers.length; i++) {
      out.reset();
      addUnsigned(numbers[i], out);
      expect(out.toText()).toBe(texts[i]);
    }
    // Each pair of digits once.
    for (let i: u64 = 0; i < 100; i++) {
      out.reset();
      addUnsigned(i + 100, out);
      expect(load<u8>(out.ptr, 1)).toBe(<u8>(48 + i / 10));
      expect(load<u8>(out.ptr, 2)).toBe(<u8>(48 + (i % 10)));
    }
  });

  test("signs and zeros in front", () => {
    out.reset();
    addSigned(-1, out);
    addSigned(0, out);
    addSigned(i64.MIN_VALUE, out);
    addSigned(i64.MAX_VALUE, out);
    expect(out.toText()).toBe("-10-92233720368547758089223372036854775807");
    out.reset();
    addPadded(7, 4, out);
    addPadded(12345, 4, out);
    addPadded(0, 2, out);
    expect(out.toText()).toBe("00071234500");
  });

  test("reading", () => {
    let bytes = textBytes("18446744073709551615");
    expect(parseUnsigned(bytes.ptr, bytes.len, u64.MAX_VALUE)).toBe(true);
    expect(parsedUnsigned).toBe(u64.MAX_VALUE);
    expect(parseUnsigned(bytes.ptr, bytes.len, u64.MAX_VALUE - 1)).toBe(false);
    bytes = textBytes("000000000000000000000000000042");
    expect(parseUnsigned(bytes.ptr, bytes.len, 42)).toBe(true);
    expect(parsedUnsigned).toBe(42);
    const bad = [
      "",
      "18446744073709551616",
      "18446744073709551620",
      "184467440737095516150",
      "99999999999999999999",
      "-1",
      "+1",
      "1 ",
      "1a",
      "1.0",
    ];
    for (let i = 0; i < bad.length; i++) {
      bytes = textBytes(bad[i]);
      expect(parseUnsigned(bytes.ptr, bytes.len, u64.MAX_VALUE)).toBe(false, bad[i]);
    }
  });
});

describe("runs of bytes", () => {
  test("are copied and zeroed to the last byte and no further, whatever their length", () => {
    const from = heap.alloc(256);
    const to = heap.alloc(256);
    for (let i: usize = 0; i < 256; i++) store<u8>(from + i, <u8>(i + 1));
    for (let len: u32 = 0; len <= 200; len++) {
      memory.fill(to, 0xee, 256);
      copyBytes(to + 3, from + 5, len);
      let good = load<u8>(to + 2) == 0xee && load<u8>(to + 3 + len) == 0xee;
      for (let i: u32 = 0; i < len; i++) good = good && load<u8>(to + 3 + i) == load<u8>(from + 5 + i);
      if (!good) expect(len).toBe(-1, "copied");
      memory.fill(to, 0xee, 256);
      clearBytes(to + 3, len);
      good = load<u8>(to + 2) == 0xee && load<u8>(to + 3 + len) == 0xee;
      for (let i: u32 = 0; i < len; i++) good = good && load<u8>(to + 3 + i) == 0;
      if (!good) expect(len).toBe(-1, "zeroed");
    }
    heap.free(from);
    heap.free(to);
  });

  test("are ordered by the first byte that differs, as numbers without a sign; a prefix is before what it starts", () => {
    const most: u32 = 27;
    const a = heap.alloc(most);
    const b = heap.alloc(most);
    for (let len: u32 = 0; len <= most; len++) {
      for (let i: u32 = 0; i < len; i++) {
        for (let k: u32 = 0; k < most; k++) {
          store<u8>(a + k, <u8>(k + 1));
          store<u8>(b + k, <u8>(k + 1));
        }
        store<u8>(a + i, 0x7f);
        store<u8>(b + i, 0x80);
        // Behind it the order is the other way round, and so it is with the lengths.
        if (i + 1 < most) store<u8>(a + i + 1, 0xff);
        expect(compareBytes(a, most, b, len)).toBeLessThan(0);
        expect(compareBytes(b, len, a, most)).toBeGreaterThan(0);
        expect(compareBytes(a, i, b, i)).toBe(0);
        expect(compareBytes(a, i, b, len)).toBeLessThan(0);
        expect(compareBytes(b, len, a, i)).toBeGreaterThan(0);
      }
    }
    heap.free(a);
    heap.free(b);
  });

  test("are compared from either end, up to the first byte that differs", () => {
    const len: u32 = 41;
    const a = heap.alloc(len);
    const b = heap.alloc(len);
    for (let i: u32 = 0; i < len; i++) store<u8>(a + i, <u8>(i * 7));
    for (let first: u32 = 0; first < len; first++) {
      for (let last = first; last < len; last++) {
        memory.copy(b, a, len);
        store<u8>(b + first, load<u8>(a + first) ^ 0x80);
        store<u8>(b + last, load<u8>(a + last) ^ 1);
        const good = equalBytesBefore(a, b, len) == first && equalBytesBehind(a, b, len) == len - 1 - last;
        if (!good) expect(first * 1000 + last).toBe(NOWHERE, "first and last difference");
      }
    }
    for (let short: u32 = 0; short <= len; short++) {
      const good = equalBytesBefore(a, a, short) == short && equalBytesBehind(a, a, short) == short;
      if (!good) expect(short).toBe(NOWHERE, "no difference");
    }
    heap.free(a);
    heap.free(b);
  });

  test("are zero, or not at one place", () => {
    const room = heap.alloc(128);
    for (let len: u32 = 0; len < 100; len++) {
      memory.fill(room, 0xee, 128);
      memory.fill(room + 9, 0, len);
      if (!isZero(room + 9, len) || firstNonZero(room + 9, len) != len) expect(len).toBe(NOWHERE, "zeros");
      for (let at: u32 = 0; at < len; at++) {
        store<u8>(room + 9 + at, 0x80);
        if (isZero(room + 9, len) || firstNonZero(room + 9, len) != at) expect(len * 1000 + at).toBe(NOWHERE, "length and place");
        store<u8>(room + 9 + at, 0);
      }
    }
    heap.free(room);
  });
});
