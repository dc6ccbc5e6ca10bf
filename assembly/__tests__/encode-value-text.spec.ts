/**
 * Values as text and as JSON. Values named "golden" stand in the reference's golden files, whose JSON form is the rule here; the
 * encodings follow `docs/format.md`, "Records".
 */
import { BAD_VALUE, OK, RECORD_TOO_LARGE, Status, errorMessage } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import {
  TYPE_BLOB,
  TYPE_BOOLEAN,
  TYPE_CUSTOM,
  TYPE_DATE,
  TYPE_DATETIME,
  TYPE_DECIMAL,
  TYPE_FLOAT64,
  TYPE_INT16,
  TYPE_INT32,
  TYPE_INT64,
  TYPE_INT8,
  TYPE_JSON,
  TYPE_TEXT,
  TYPE_UINT16,
  TYPE_UINT32,
  TYPE_UINT64,
  TYPE_UINT8,
  TYPE_UUID,
} from "../encode/data-type";
import { JSON_REQUEST_DEPTH, JsonTape } from "../encode/json";
import { parseJsonValue, parseValue, useLenientDates, writeJsonValue, writeTextValue } from "../encode/value-text";
import { hexBytes, textBytes, toHex } from "./encode-bytes";

const value = new ByteBuffer();
const shown = new ByteBuffer();
const tape = new JsonTape();

function read(type: u8, text: string, customSize: u32 = 0): Status {
  const bytes = textBytes(text);
  value.reset();
  return parseValue(type, customSize, bytes.ptr, bytes.len, value);
}

function readJson(type: u8, text: string, customSize: u32 = 0): Status {
  const bytes = textBytes(text);
  assert(tape.parse(bytes.ptr, bytes.len, JSON_REQUEST_DEPTH), "the spec's own JSON: " + text);
  value.reset();
  return parseJsonValue(type, customSize, tape, 0, value);
}

/** The encoding of `text` in hexadecimal, or why it is refused. */
function encoded(type: u8, text: string, customSize: u32 = 0): string {
  return read(type, text, customSize) == OK ? toHex(value.ptr, value.len) : errorMessage();
}

function encodedJson(type: u8, text: string, customSize: u32 = 0): string {
  return readJson(type, text, customSize) == OK ? toHex(value.ptr, value.len) : errorMessage();
}

function jsonOf(type: u8, ptr: usize, customSize: u32 = 0): string {
  shown.reset();
  writeJsonValue(type, customSize, ptr, shown);
  return shown.toText();
}

function textOf(type: u8, ptr: usize, customSize: u32 = 0): string {
  shown.reset();
  writeTextValue(type, customSize, ptr, shown);
  return shown.toText();
}

/** Checks that the JSON `text` is read and written back as it was. */
function expectRoundTrip(type: u8, text: string, customSize: u32 = 0): void {
  expect(readJson(type, text, customSize)).toBe(OK, text);
  expect(jsonOf(type, value.ptr, customSize)).toBe(text);
}

describe("values of every type", () => {
  test("golden values come back from JSON as they are", () => {
    expectRoundTrip(TYPE_INT8, "-128");
    expectRoundTrip(TYPE_INT8, "127");
    expectRoundTrip(TYPE_INT16, "-32768");
    expectRoundTrip(TYPE_INT32, "-2147483648");
    expectRoundTrip(TYPE_INT64, '"-9223372036854775808"');
    expectRoundTrip(TYPE_UINT8, "250");
    expectRoundTrip(TYPE_UINT16, "65535");
    expectRoundTrip(TYPE_UINT32, "4294967295");
    expectRoundTrip(TYPE_UINT64, '"18446744073709551615"');
    expectRoundTrip(TYPE_BOOLEAN, "true");
    expectRoundTrip(TYPE_BOOLEAN, "false");
    expectRoundTrip(TYPE_DECIMAL, '"-79228162514264337593543950335"');
    expectRoundTrip(TYPE_DECIMAL, '"-0.0000000000000000000000000001"');
    expectRoundTrip(TYPE_DECIMAL, '"0.0000"');
    expectRoundTrip(TYPE_DATE, '"2000-02-29"');
    expectRoundTrip(TYPE_DATETIME, '"2026-02-28T11:59:58.999988-00:30"');
    expectRoundTrip(TYPE_UUID, '"9e3779b9-7f4a-7c15-f39c-c0605cedc832"');
    expectRoundTrip(TYPE_BLOB, '"001f3e5d7c9bbad9f8"');
    expectRoundTrip(TYPE_BLOB, '""');
    expectRoundTrip(TYPE_TEXT, '"k777-ßßß"');
    expectRoundTrip(TYPE_TEXT, '""');
    expectRoundTrip(TYPE_JSON, '{"deep":{"x":[1,2,{"y":null}]},"n":0,"tags":["a","b\\"0"]}');
    expectRoundTrip(TYPE_JSON, "[true,null,1.5]");
    expectRoundTrip(TYPE_CUSTOM, '"02"', 1);
    expectRoundTrip(TYPE_CUSTOM, '"0300aabbcc"');
  });

  test("encodings", () => {
    expect(encoded(TYPE_INT8, "-2")).toBe("fe");
    expect(encoded(TYPE_INT16, "-2")).toBe("feff");
    expect(encoded(TYPE_INT32, "-2")).toBe("feffffff");
    expect(encoded(TYPE_INT64, "-9223372036854775808")).toBe("0000000000000080");
    expect(encoded(TYPE_UINT8, "200")).toBe("c8");
    expect(encoded(TYPE_UINT16, "258")).toBe("0201");
    expect(encoded(TYPE_UINT32, "16909060")).toBe("04030201");
    expect(encoded(TYPE_UINT64, "18446744073709551615")).toBe("ffffffffffffffff");
    expect(encoded(TYPE_DECIMAL, "-12.50")).toBe("00000280e20400000000000000000000");
    expect(encoded(TYPE_BOOLEAN, "true")).toBe("01");
    expect(encoded(TYPE_DATE, "2026-02-28")).toBe("ea07021c");
    expect(encoded(TYPE_DATETIME, "2026-02-28T23:59:58.999999+05:30")).toBe("ea07021c173b3a3f420f004a01");
    expect(encoded(TYPE_UUID, "00010203-0405-0607-0809-0a0b0c0d0e0f")).toBe("000102030405060708090a0b0c0d0e0f");
    expect(encoded(TYPE_TEXT, "é")).toBe("0200c3a9");
    expect(encoded(TYPE_BLOB, "00FF")).toBe("020000ff");
    expect(encoded(TYPE_JSON, " [1, 2] ")).toBe("0500" + "5b312c325d");
    expect(encoded(TYPE_CUSTOM, "aabb", 2)).toBe("aabb");
    expect(encoded(TYPE_CUSTOM, "0100ff")).toBe("0100ff");
  });

  test("values are added behind what is there", () => {
    value.reset();
    value.addU8(0x77);
    let bytes = textBytes("7");
    expect(parseValue(TYPE_UINT16, 0, bytes.ptr, bytes.len, value)).toBe(OK);
    bytes = textBytes("x");
    expect(parseValue(TYPE_TEXT, 0, bytes.ptr, bytes.len, value)).toBe(OK);
    bytes = textBytes("{ }");
    expect(parseValue(TYPE_JSON, 0, bytes.ptr, bytes.len, value)).toBe(OK);
    expect(toHex(value.ptr, value.len)).toBe("77" + "0700" + "010078" + "02007b7d");
  });
});

describe("reading text", () => {
  test("the ends of every integer type", () => {
    const types: StaticArray<u8> = [
      TYPE_INT8,
      TYPE_INT16,
      TYPE_INT32,
      TYPE_INT64,
      TYPE_UINT8,
      TYPE_UINT16,
      TYPE_UINT32,
      TYPE_UINT64,
    ];
    const least = ["-128", "-32768", "-2147483648", "-9223372036854775808", "0", "0", "0", "0"];
    const below = ["-129", "-32769", "-2147483649", "-9223372036854775809", "-1", "-1", "-1", "-1"];
    const most = ["127", "32767", "2147483647", "9223372036854775807", "255", "65535", "4294967295", "18446744073709551615"];
    const above = ["128", "32768", "2147483648", "9223372036854775808", "256", "65536", "4294967296", "18446744073709551616"];
    for (let i = 0; i < types.length; i++) {
      expect(read(types[i], least[i])).toBe(OK);
      expect(textOf(types[i], value.ptr)).toBe(least[i]);
      expect(read(types[i], most[i])).toBe(OK);
      expect(textOf(types[i], value.ptr)).toBe(most[i]);
      expect(read(types[i], below[i])).toBe(BAD_VALUE);
      expect(errorMessage().includes(least[i] + " to " + most[i])).toBe(true);
      expect(read(types[i], above[i])).toBe(BAD_VALUE);
      expect(value.len).toBe(0);
    }
  });

  test("other spellings of integers and booleans", () => {
    expect(encoded(TYPE_UINT8, "+7")).toBe("07");
    expect(encoded(TYPE_UINT8, "007")).toBe("07");
    expect(encoded(TYPE_UINT8, "-0")).toBe("00");
    expect(encoded(TYPE_BOOLEAN, "TRUE")).toBe("01");
    expect(encoded(TYPE_BOOLEAN, "False")).toBe("00");
    expect(encoded(TYPE_BOOLEAN, "1")).toBe("01");
    expect(encoded(TYPE_BOOLEAN, "0")).toBe("00");
  });

  test("messages name the value and what it should be", () => {
    expect(encoded(TYPE_UINT8, "300")).toBe('"300" is not a uint8 (0 to 255)');
    expect(encoded(TYPE_INT8, "1.5")).toBe('"1.5" is not an int8 (-128 to 127)');
    expect(encoded(TYPE_INT32, "")).toBe('"" is not an int32 (-2147483648 to 2147483647)');
    expect(encoded(TYPE_INT32, "+-5")).toBe('"+-5" is not an int32 (-2147483648 to 2147483647)');
    expect(encoded(TYPE_BOOLEAN, "yes")).toBe('"yes" is not a boolean (true or false)');
    expect(encoded(TYPE_DATE, "2026-02-29")).toBe('"2026-02-29" is not a date (like 2026-02-28)');
    expect(encoded(TYPE_DATETIME, "2026-02-28")).toBe('"2026-02-28" is not a datetime (like 2026-02-28T23:59:58.999999+05:30)');
    expect(encoded(TYPE_UUID, "x")).toBe('"x" is not a uuid (like 9e3779b9-7f4a-7c15-f39c-c0605cedc832)');
    expect(encoded(TYPE_DECIMAL, "1,5")).toBe('"1,5" is not a decimal (at most 28 fractional digits and 96 bits, like -12.50)');
    expect(encoded(TYPE_BLOB, "abc")).toBe('"abc" is not a blob (pairs of hexadecimal digits)');
    expect(encoded(TYPE_JSON, '{"a":}')).toBe('"{\\"a\\":}" is not JSON: expected a JSON value at byte 5');
    expect(encoded(TYPE_CUSTOM, "aabb", 3)).toBe('"aabb" is not a custom value of 3 bytes (pairs of hexadecimal digits)');
    expect(encoded(TYPE_CUSTOM, "0200aa").includes("is not a custom value (hexadecimal: its length in two bytes")).toBe(true);
    expect(encoded(TYPE_CUSTOM, "aa").includes("is not a custom value")).toBe(true);
    expect(encoded(TYPE_FLOAT64, "1")).toBe("there are no values of the type float64");
    expect(encoded(TYPE_UINT8, "line\nbreak").includes('"line\\nbreak"')).toBe(true);
  });

  test("long values are shortened, between characters", () => {
    expect(encoded(TYPE_DATE, "x".repeat(1000))).toBe('"' + "x".repeat(40) + '"... is not a date (like 2026-02-28)');
    expect(encoded(TYPE_DATE, "x" + "é".repeat(100))).toBe('"x' + "é".repeat(19) + '"... is not a date (like 2026-02-28)');
  });

  test("bytes that are not UTF-8", () => {
    const bytes = hexBytes("61 ff");
    value.reset();
    expect(parseValue(TYPE_TEXT, 0, bytes.ptr, bytes.len, value)).toBe(BAD_VALUE);
    expect(errorMessage().includes("is not valid UTF-8")).toBe(true);
    expect(parseValue(TYPE_JSON, 0, bytes.ptr, bytes.len, value)).toBe(BAD_VALUE);
    expect(value.len).toBe(0);
  });

  test("the longest values", () => {
    expect(read(TYPE_TEXT, "x".repeat(65535))).toBe(OK);
    expect(value.len).toBe(65537);
    expect(read(TYPE_TEXT, "x".repeat(65536))).toBe(RECORD_TOO_LARGE);
    expect(errorMessage()).toBe("a text of 65536 bytes is above the limit of 65535");
    expect(value.len).toBe(0);
    expect(read(TYPE_BLOB, "00".repeat(65535))).toBe(OK);
    expect(read(TYPE_BLOB, "00".repeat(65536))).toBe(RECORD_TOO_LARGE);
    expect(read(TYPE_JSON, '"' + "x".repeat(65533) + '"' + " ".repeat(100))).toBe(OK);
    expect(value.len).toBe(65537);
    expect(read(TYPE_JSON, '"' + "x".repeat(65534) + '"')).toBe(RECORD_TOO_LARGE);
    expect(value.len).toBe(0);
    expect(read(TYPE_CUSTOM, "ffff" + "00".repeat(65535))).toBe(OK);
    expect(read(TYPE_CUSTOM, "ffff" + "00".repeat(65536))).toBe(RECORD_TOO_LARGE);
  });

  test("dates that no calendar has, for loading a dump", () => {
    expect(read(TYPE_DATE, "0000-00-00")).toBe(BAD_VALUE);
    useLenientDates(true);
    expect(encoded(TYPE_DATE, "0000-00-00")).toBe("00000000");
    expect(encoded(TYPE_DATETIME, "0000-00-00T00:00:00.000000+00:00")).toBe("00000000000000000000000000");
    useLenientDates(false);
    expect(read(TYPE_DATETIME, "0000-00-00T00:00:00.000000+00:00")).toBe(BAD_VALUE);
  });
});

describe("reading JSON", () => {
  test("numbers and strings for 64-bit integers and decimals", () => {
    expect(encodedJson(TYPE_INT64, "-5")).toBe("fbffffffffffffff");
    expect(encodedJson(TYPE_INT64, '"-5"')).toBe("fbffffffffffffff");
    expect(encodedJson(TYPE_UINT64, "18446744073709551615")).toBe("ffffffffffffffff");
    expect(encodedJson(TYPE_DECIMAL, "1.10")).toBe("000002006e0000000000000000000000");
    expect(encodedJson(TYPE_DECIMAL, "1.5e3")).toBe("00000000dc0500000000000000000000");
    expect(encodedJson(TYPE_UINT8, '"42"')).toBe("2a");
    expect(encodedJson(TYPE_TEXT, '"\\ud83d\\ude00\\n"')).toBe("0500" + "f09f98800a");
    expect(encodedJson(TYPE_DATE, '"2026\\u002d02-28"')).toBe("ea07021c");
  });

  test("a JSON column takes any document, compact", () => {
    expect(encodedJson(TYPE_JSON, '{ "b" : 1.50, "a" : [ ] }')).toBe("1100" + "7b2262223a312e35302c2261223a5b5d7d");
    expect(encodedJson(TYPE_JSON, "null")).toBe("0400" + "6e756c6c");
    expect(encodedJson(TYPE_JSON, '"[1]"')).toBe("0500" + "225b315d22");
    expect(encodedJson(TYPE_JSON, "17")).toBe("0200" + "3137");
    expect(readJson(TYPE_JSON, "[".repeat(127) + "]".repeat(127))).toBe(OK);
    expect(readJson(TYPE_JSON, "[".repeat(128) + "]".repeat(128))).toBe(BAD_VALUE);
    expect(errorMessage().includes("nested deeper than the 127 levels")).toBe(true);
  });

  test("an inner node", () => {
    const bytes = textBytes('{"id": 7, "doc": {"x": [1, 2]}}');
    expect(tape.parse(bytes.ptr, bytes.len)).toBe(true);
    const doc = tape.next(tape.first(0)) + 1;
    value.reset();
    expect(parseJsonValue(TYPE_JSON, 0, tape, doc, value)).toBe(OK);
    expect(jsonOf(TYPE_JSON, value.ptr)).toBe('{"x":[1,2]}');
  });

  test("what does not suit the column", () => {
    expect(encodedJson(TYPE_UINT8, "300")).toBe('"300" is not a uint8 (0 to 255)');
    expect(encodedJson(TYPE_UINT8, "1.0")).toBe('"1.0" is not a uint8 (0 to 255)');
    expect(encodedJson(TYPE_UINT8, "true")).toBe('"true" is not a uint8 (0 to 255)');
    expect(encodedJson(TYPE_UINT8, "null")).toBe('"null" is not a uint8 (0 to 255)');
    expect(encodedJson(TYPE_TEXT, "5")).toBe('"5" is not a text; write it as a JSON string');
    expect(encodedJson(TYPE_DATE, "[1]")).toBe('"[1]" is not a date (like 2026-02-28); write it as a JSON string');
    expect(encodedJson(TYPE_BOOLEAN, "2")).toBe('"2" is not a boolean (true or false)');
    expect(encodedJson(TYPE_BLOB, "{}").includes("is not a blob")).toBe(true);
    expect(value.len).toBe(0);
  });
});

describe("showing stored values", () => {
  test("text", () => {
    const bytes = hexBytes("0600 61 22 0a ff c3 a9");
    expect(jsonOf(TYPE_TEXT, bytes.ptr)).toBe('"a\\"\\n\uFFFDé"');
    expect(textOf(TYPE_TEXT, bytes.ptr)).toBe('a"\n\uFFFDé');
  });

  test("plain text of other types has no quotes", () => {
    expect(read(TYPE_DECIMAL, "-1.50")).toBe(OK);
    expect(textOf(TYPE_DECIMAL, value.ptr)).toBe("-1.50");
    expect(read(TYPE_UINT64, "5")).toBe(OK);
    expect(textOf(TYPE_UINT64, value.ptr)).toBe("5");
    expect(jsonOf(TYPE_UINT64, value.ptr)).toBe('"5"');
    expect(textOf(TYPE_CUSTOM, hexBytes("0200abcd").ptr)).toBe("0200abcd");
    expect(textOf(TYPE_CUSTOM, hexBytes("0200abcd").ptr, 3)).toBe("0200ab");
  });

  test("a boolean that is neither 0 nor 1 is true, as the reference reads it", () => {
    expect(jsonOf(TYPE_BOOLEAN, hexBytes("07").ptr)).toBe("true");
    expect(textOf(TYPE_BOOLEAN, hexBytes("00").ptr)).toBe("false");
  });

  test("JSON columns: one line, and a string when it is no JSON", () => {
    expect(jsonOf(TYPE_JSON, hexBytes("0600 5b 31 2c 0a 32 5d").ptr)).toBe("[1,2]");
    expect(textOf(TYPE_JSON, hexBytes("0600 5b 31 2c 0a 32 5d").ptr)).toBe("[1,\n2]");
    expect(jsonOf(TYPE_JSON, hexBytes("0200 5b 31").ptr)).toBe('"[1"');
    expect(jsonOf(TYPE_JSON, hexBytes("0000").ptr)).toBe('""');
    expect(jsonOf(TYPE_JSON, hexBytes("0300 22 ff 22").ptr)).toBe('"\\"\uFFFD\\""');
  });
});

describe("memory", () => {
  test("reading and showing values allocates nothing once the buffers are large enough", () => {
    const types: StaticArray<u8> = [
      TYPE_INT64,
      TYPE_DECIMAL,
      TYPE_DATE,
      TYPE_DATETIME,
      TYPE_UUID,
      TYPE_BLOB,
      TYPE_TEXT,
      TYPE_JSON,
    ];
    const texts: StaticArray<string> = [
      '"-5"',
      '"12.50"',
      '"2026-02-28"',
      '"2026-02-28T23:59:58.999999+05:30"',
      '"9e3779b9-7f4a-7c15-f39c-c0605cedc832"',
      '"00ff"',
      '"a\\u00e9b"',
      '{"a":[1,2,{"b":"\\n"}]}',
    ];
    let pages = 0;
    for (let round = 0; round < 20000; round++) {
      if (round == 1) pages = memory.size();
      for (let i = 0; i < types.length; i++) {
        const bytes = textBytes(texts[i]);
        tape.parse(bytes.ptr, bytes.len);
        value.reset();
        parseJsonValue(types[i], 0, tape, 0, value);
        shown.reset();
        writeJsonValue(types[i], 0, value.ptr, shown);
      }
    }
    expect(shown.toText()).toBe(texts[7]);
    expect(memory.size()).toBe(pages);
  });
});
