/** Dates and date-times as text, their encoding and their order. */
import { ByteBuffer } from "../encode/byte-buffer";
import { addDate, addDateTime, compareDate, compareDateTime, daysInMonth, parseDate, parseDateTime } from "../encode/date";
import { hexBytes, textBytes, toHex } from "./encode-bytes";

const a = heap.alloc(13);
const b = heap.alloc(13);
const out = new ByteBuffer();

function readDate(text: string, lenient: bool = false): bool {
  const bytes = textBytes(text);
  return parseDate(bytes.ptr, bytes.len, a, lenient);
}

function readTime(text: string, lenient: bool = false): bool {
  const bytes = textBytes(text);
  return parseDateTime(bytes.ptr, bytes.len, a, lenient);
}

function shownDate(ptr: usize): string {
  out.reset();
  addDate(ptr, out);
  return out.toText();
}

function shownTime(ptr: usize): string {
  out.reset();
  addDateTime(ptr, out);
  return out.toText();
}

/** `text` read and written again, or "refused". */
function again(text: string): string {
  return readTime(text) ? shownTime(a) : "refused";
}

describe("dates", () => {
  test("encoding", () => {
    expect(readDate("2026-02-28")).toBe(true);
    expect(toHex(a, 4)).toBe("ea07021c");
    expect(shownDate(a)).toBe("2026-02-28");
  });

  test("the calendar", () => {
    const good = [
      "2000-02-29",
      "2024-02-29",
      "0000-02-29",
      "1970-01-01",
      "9999-12-31",
      "10000-01-01",
      "65535-12-31",
      "2026-04-30",
    ];
    for (let i = 0; i < good.length; i++) {
      expect(readDate(good[i])).toBe(true, good[i]);
      expect(shownDate(a)).toBe(good[i]);
    }
    const bad = [
      "1900-02-29",
      "2026-02-29",
      "2026-13-01",
      "2026-00-01",
      "2026-01-00",
      "2026-01-32",
      "2026-04-31",
      "65536-01-01",
      "02026-01-01",
    ];
    for (let i = 0; i < bad.length; i++) expect(readDate(bad[i])).toBe(false, bad[i]);
    expect(daysInMonth(2100, 2)).toBe(28);
    expect(daysInMonth(2400, 2)).toBe(29);
  });

  test("other shapes are refused", () => {
    const bad = [
      "",
      "2026",
      "2026-2-28",
      "2026-02-2",
      "26-02-28",
      "2026/02/28",
      "2026-02-28 ",
      " 2026-02-28",
      "2026-02-28T",
      "20260228",
      "-2026-02-28",
    ];
    for (let i = 0; i < bad.length; i++) expect(readDate(bad[i])).toBe(false, bad[i]);
  });

  test("what no calendar has is written as it is, and read leniently", () => {
    const texts = ["0000-00-00", "2026-02-31", "1999-255-255", "65535-99-100"];
    for (let i = 0; i < texts.length; i++) {
      expect(readDate(texts[i])).toBe(false, texts[i]);
      expect(readDate(texts[i], true)).toBe(true, texts[i]);
      expect(shownDate(a)).toBe(texts[i]);
    }
    expect(readDate("2026-256-01", true)).toBe(false);
  });

  test("order", () => {
    const ascending = [
      "0000-12-31",
      "0255-01-01",
      "0256-01-01",
      "1999-12-31",
      "2000-01-02",
      "2000-01-31",
      "2000-02-01",
      "65535-01-01",
    ];
    for (let i = 1; i < ascending.length; i++) {
      readDate(ascending[i - 1]);
      memory.copy(b, a, 4);
      readDate(ascending[i]);
      expect(compareDate(b, a)).toBeLessThan(0, ascending[i]);
      expect(compareDate(a, b)).toBeGreaterThan(0, ascending[i]);
      expect(compareDate(a, a)).toBe(0);
    }
  });
});

describe("date-times", () => {
  test("encoding", () => {
    expect(readTime("2026-02-28T23:59:58.999999+05:30")).toBe(true);
    expect(toHex(a, 13)).toBe("ea07021c173b3a3f420f004a01");
    expect(shownTime(a)).toBe("2026-02-28T23:59:58.999999+05:30");
    expect(readTime("2026-02-28T23:59:58.999999-02:30")).toBe(true);
    expect(toHex(a, 13)).toBe("ea07021c173b3a3f420f006aff");
  });

  test("as the golden files print them", () => {
    const texts = [
      "2026-02-28T09:59:58.999990-01:30",
      "2026-02-28T11:59:58.999988-00:30",
      "1999-01-01T00:00:00.000000-02:00",
      "2000-02-02T01:01:00.010000+00:00",
    ];
    for (let i = 0; i < texts.length; i++) expect(again(texts[i])).toBe(texts[i]);
  });

  test("other spellings", () => {
    expect(again("2026-02-28T10:11:12Z")).toBe("2026-02-28T10:11:12.000000+00:00");
    expect(again("2026-02-28t10:11:12z")).toBe("2026-02-28T10:11:12.000000+00:00");
    expect(again("2026-02-28 10:11:12")).toBe("2026-02-28T10:11:12.000000+00:00");
    expect(again("2026-02-28 10:11")).toBe("2026-02-28T10:11:00.000000+00:00");
    expect(again("2026-02-28T10:11:12.5")).toBe("2026-02-28T10:11:12.500000+00:00");
    expect(again("2026-02-28T10:11:12.000001-0130")).toBe("2026-02-28T10:11:12.000001-01:30");
    expect(again("2026-02-28T10:11:12+05")).toBe("2026-02-28T10:11:12.000000+05:00");
    expect(again("2026-02-28T10:11:12.123456000Z")).toBe("2026-02-28T10:11:12.123456+00:00");
    expect(again("2026-02-28T10:11:12-00:00")).toBe("2026-02-28T10:11:12.000000+00:00");
  });

  test("what is refused", () => {
    const bad = [
      "",
      "2026-02-28",
      "2026-02-28T",
      "2026-02-28T24:00:00",
      "2026-02-28T10:60:00",
      "2026-02-28T10:00:60",
      "2026-02-29T10:00:00",
      "2026-02-28T10:11:12.",
      "2026-02-28T10:11:12.1234567",
      "2026-02-28T10:11:12+24:00",
      "2026-02-28T10:11:12+05:60",
      "2026-02-28T10:11:12+5",
      "2026-02-28T10:11:12+05:",
      "2026-02-28T10:11:12+05:3",
      "2026-02-28T10:11:12+",
      "2026-02-28T10:11:12 +05:30",
      "2026-02-28T10:11:12ZZ",
      "2026-02-28T1:11:12",
      "2026-02-28_10:11:12",
      "2026-02-28T10",
      "2026-02-28T10:11:12+05300",
      "2026-02-28T10:11:12+05x30",
    ];
    for (let i = 0; i < bad.length; i++) expect(again(bad[i])).toBe("refused", bad[i]);
  });

  // The offsets are those of the reference's own test of its Display (0.11).
  test("every stored value is written apart from every other, and read leniently", () => {
    const stored = [
      "0000000000000000000000 0000",
      "ffffffffffffffffffffff ff7f",
      "ea07021c173b3a3f420f00 0080",
      "ea07021c173b3aa0860100 e2ff",
      "ea07021c173b3a40420f00 1e00",
      "ea07021c173b3aa0252600 61fa",
    ];
    const shown = [
      "0000-00-00T00:00:00.000000+00:00",
      "65535-255-255T255:255:255.4294967295+546:07",
      "2026-02-28T23:59:58.999999-546:08",
      "2026-02-28T23:59:58.100000-00:30",
      "2026-02-28T23:59:58.1000000+00:30",
      "2026-02-28T23:59:58.2500000-23:59",
    ];
    for (let i = 0; i < stored.length; i++) {
      const bytes = hexBytes(stored[i]);
      const hex = toHex(bytes.ptr, 13);
      expect(shownTime(bytes.ptr)).toBe(shown[i]);
      expect(readTime(shown[i], true)).toBe(true, shown[i]);
      expect(toHex(a, 13)).toBe(hex, shown[i]);
    }
    expect(readTime("2026-02-28T00:00:00.000000+546:08", true)).toBe(false);
    expect(readTime("2026-02-28T00:00:00.4294967296+00:00", true)).toBe(false);
  });

  test("order is field by field, the offset last", () => {
    const ascending = [
      "0255-12-31T23:59:59.999999+00:00",
      "0256-01-01T00:00:00.000000+00:00",
      "2026-01-02T00:00:00.000000+00:00",
      "2026-01-02T00:00:00.000255+00:00",
      "2026-01-02T00:00:00.000256+00:00",
      "2026-01-02T00:00:01.000000-01:00",
      "2026-01-02T00:00:01.000000+00:00",
      "2026-01-02T00:00:01.000000+01:00",
      "2026-01-02T00:01:00.000000+12:00",
      "2026-01-02T01:00:00.000000+12:00",
      "2026-01-03T00:00:00.000000+12:00",
      "2026-02-01T00:00:00.000000+12:00",
    ];
    for (let i = 1; i < ascending.length; i++) {
      readTime(ascending[i - 1]);
      memory.copy(b, a, 13);
      readTime(ascending[i]);
      expect(compareDateTime(b, a)).toBeLessThan(0, ascending[i]);
      expect(compareDateTime(a, b)).toBeGreaterThan(0, ascending[i]);
      expect(compareDateTime(a, a)).toBe(0);
    }
  });
});
