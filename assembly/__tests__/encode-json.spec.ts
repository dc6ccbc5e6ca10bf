/** The JSON reader and writer. What is accepted is what serde_json 1.0 accepts; the tables were checked with it. */
import { ByteBuffer } from "../encode/byte-buffer";
import {
  JSON_ARRAY,
  JSON_COLUMN_DEPTH,
  JSON_FALSE,
  JSON_NULL,
  JSON_NUMBER,
  JSON_OBJECT,
  JSON_STRING,
  JSON_TRUE,
  JsonTape,
} from "../encode/json";
import { addCompactJson } from "../encode/json-compact";
import { addJsonString } from "../encode/json-string";
import { hexBytes, otherBytes, textBytes, toHex } from "./encode-bytes";

const tape = new JsonTape();
const out = new ByteBuffer();

function parse(text: string): bool {
  const bytes = textBytes(text);
  return tape.parse(bytes.ptr, bytes.len);
}

/** Why `text` is refused, "" when it is not. */
function refusal(text: string): string {
  return parse(text) ? "" : tape.errorText();
}

function stringOf(node: u32): string {
  const len = tape.stringLen(node);
  return String.UTF8.decodeUnsafe(tape.stringPtr(node), len);
}

function rawOf(node: u32): string {
  return String.UTF8.decodeUnsafe(tape.rawPtr(node), tape.rawLen(node));
}

function member(object: u32, name: string): u32 {
  const bytes = otherBytes(name);
  return tape.member(object, bytes.ptr, bytes.len);
}

describe("the JSON tape", () => {
  test("scalars", () => {
    const texts = ["null", "false", "true", "-12.5e+3", '"a"'];
    const kinds: StaticArray<u8> = [JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING];
    for (let i = 0; i < texts.length; i++) {
      expect(parse(" \n" + texts[i] + "\t\r ")).toBe(true, texts[i]);
      expect(tape.kind(0)).toBe(kinds[i]);
      expect(rawOf(0)).toBe(texts[i]);
      expect(tape.height(0)).toBe(0);
      expect(tape.next(0)).toBe(0);
    }
  });

  test("arrays", () => {
    expect(parse('[1, [], [2,[3]], {"a":[]}, "x"]')).toBe(true);
    expect(tape.kind(0)).toBe(JSON_ARRAY);
    expect(tape.count(0)).toBe(5);
    expect(tape.height(0)).toBe(3);
    const raws = ["1", "[]", "[2,[3]]", '{"a":[]}', '"x"'];
    const heights: StaticArray<u32> = [0, 1, 2, 2, 0];
    let index = 0;
    for (let item = tape.first(0); item != 0; item = tape.next(item)) {
      expect(rawOf(item)).toBe(raws[index]);
      expect(tape.height(item)).toBe(heights[index]);
      index++;
    }
    expect(index).toBe(5);
    expect(parse("[]")).toBe(true);
    expect(tape.first(0)).toBe(0);
    expect(tape.height(0)).toBe(1);
  });

  test("objects", () => {
    expect(parse('{"a": 1, "b": {"c": [true, {}]}, "d": null}')).toBe(true);
    expect(tape.kind(0)).toBe(JSON_OBJECT);
    expect(tape.count(0)).toBe(3);
    expect(tape.height(0)).toBe(4);
    const names = ["a", "b", "d"];
    const values = ["1", '{"c": [true, {}]}', "null"];
    let index = 0;
    for (let key = tape.first(0); key != 0; key = tape.next(key)) {
      expect(stringOf(key)).toBe(names[index]);
      expect(rawOf(key + 1)).toBe(values[index]);
      index++;
    }
    expect(index).toBe(3);
    const inner = member(0, "b");
    expect(rawOf(member(inner, "c"))).toBe("[true, {}]");
    expect(member(0, "c")).toBe(0);
    expect(member(0, "")).toBe(0);
  });

  test("names with escapes, and the last of equal names", () => {
    expect(parse('{"a":1,"\\u0061":2,"b\\n":3,"":4}')).toBe(true);
    expect(rawOf(member(0, "a"))).toBe("2");
    expect(rawOf(member(0, "b\n"))).toBe("3");
    expect(rawOf(member(0, ""))).toBe("4");
  });

  test("strings without their escapes", () => {
    expect(parse('["\\"\\\\\\/\\b\\f\\n\\r\\t", "\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\\u0000", "plain é", ""]')).toBe(true);
    const first = tape.first(0);
    expect(stringOf(first)).toBe('"\\/\b\f\n\r\t');
    const second = tape.next(first);
    expect(toHex(tape.stringPtr(second), tape.stringLen(second))).toBe("41c3a9e282acf09f988000");
    expect(stringOf(tape.next(second))).toBe("plain é");
    expect(tape.stringLen(tape.next(tape.next(second)))).toBe(0);
    // Asked again, in another order.
    expect(stringOf(first)).toBe('"\\/\b\f\n\r\t');
  });

  test("a value with more behind it", () => {
    const bytes = textBytes('  {"a":1} {"b":2}');
    expect(tape.parsePrefix(bytes.ptr, bytes.len)).toBe(true);
    expect(tape.endOffset).toBe(9);
    expect(tape.parse(bytes.ptr, bytes.len)).toBe(false);
    expect(tape.errorText()).toBe("something after the JSON value at byte 10");
  });

  test("many nodes, and a reset that gives the memory back", () => {
    const big = new ByteBuffer();
    big.addU8(0x5b);
    for (let i = 0; i < 100000; i++) big.addU16(0x2c31);
    big.addU16(0x5d31);
    expect(tape.parse(big.ptr, big.len)).toBe(true);
    expect(tape.count(0)).toBe(100001);
    tape.reset();
    expect(tape.parse(big.ptr, big.len)).toBe(true);
    big.free();
    tape.reset();
    expect(parse("1")).toBe(true);
  });
});

describe("what is no JSON", () => {
  test("the reason and the place", () => {
    expect(refusal("")).toBe("the JSON text ends early at byte 0");
    expect(refusal("  ")).toBe("the JSON text ends early at byte 2");
    expect(refusal("[1 2]")).toBe("expected ',' or ']' at byte 3");
    expect(refusal('{"a":1 "b":2}')).toBe("expected ',' or '}' at byte 7");
    expect(refusal("{a:1}")).toBe("expected a member name in double quotes at byte 1");
    expect(refusal('{"a":1,}')).toBe("expected a member name in double quotes at byte 7");
    expect(refusal('{"a" 1}')).toBe("expected ':' at byte 5");
    expect(refusal("[1,]")).toBe("expected a JSON value at byte 3");
    expect(refusal("[,1]")).toBe("expected a JSON value at byte 1");
    expect(refusal("nul")).toBe("the JSON text ends early at byte 3");
    expect(refusal("nulL")).toBe("expected a JSON value at byte 0");
    expect(refusal("truex")).toBe("something after the JSON value at byte 4");
    expect(refusal("[1")).toBe("the JSON text ends early at byte 2");
    expect(refusal('{"a":[}')).toBe("expected a JSON value at byte 6");
    expect(refusal("[}")).toBe("expected a JSON value at byte 1");
    expect(refusal("[1}")).toBe("expected ',' or ']' at byte 2");
    expect(refusal("'a'")).toBe("expected a JSON value at byte 0");
    expect(refusal('"abc')).toBe("the JSON text ends early at byte 4");
    expect(refusal('"ab\\')).toBe("the JSON text ends early at byte 4");
    expect(refusal('"a\nb"')).toBe("a control character inside a string, where an escape must stand, at byte 2");
    expect(refusal('"a\\xb"')).toBe("an unknown escape at byte 2");
    expect(refusal('"\\u12g4"')).toBe("an unknown escape at byte 1");
    expect(refusal("\uFEFF1")).toBe("expected a JSON value at byte 0");
  });

  test("numbers", () => {
    const good = [
      "0",
      "-0",
      "0.0",
      "10",
      "-1.5",
      "1e5",
      "1E+5",
      "1e-5",
      "0e999",
      "1e308",
      "1.7976931348623157e308",
      "1e-400",
      "0.0e99999999999",
      "1e-99999999999",
      "123456789012345678901234567890",
      "-9223372036854775809",
    ];
    for (let i = 0; i < good.length; i++) expect(refusal(good[i])).toBe("", good[i]);
    const bad = ["01", "-", "-01", "1.", ".5", "1.e5", "1e", "1e+", "+1", "0x1", "1_0", "--1", "-a", "1.5.2"];
    for (let i = 0; i < bad.length; i++) expect(parse(bad[i])).toBe(false, bad[i]);
    const beyond = ["1e309", "1.8e308", "-1e999", "1e99999999999", "10e308", "1" + "0".repeat(309)];
    for (let i = 0; i < beyond.length; i++) expect(refusal(beyond[i])).toBe("a number out of range at byte 0", beyond[i]);
    expect(parse("1" + "0".repeat(308))).toBe(true);
  });

  test("halves of surrogate pairs", () => {
    const bad = [
      '"\\ud83d"',
      '"\\ude00"',
      '"\\ud83dx"',
      '"\\ud83d\\n"',
      '"\\ud83d\\u0041"',
      '"\\ud83d\\ud83d"',
      '"\\ude00\\ud83d"',
    ];
    for (let i = 0; i < bad.length; i++) expect(refusal(bad[i])).toBe("half of a surrogate pair at byte 1", bad[i]);
  });

  test("nesting: serde_json takes 127 levels", () => {
    expect(JSON_COLUMN_DEPTH).toBe(127);
    expect(parse("[".repeat(127) + "]".repeat(127))).toBe(true);
    expect(tape.height(0)).toBe(127);
    expect(refusal("[".repeat(128) + "]".repeat(128))).toBe("arrays and objects nested too deep at byte 127");
    expect(parse('{"a":'.repeat(127) + "1" + "}".repeat(127))).toBe(true);
    expect(parse('{"a":'.repeat(128) + "1" + "}".repeat(128))).toBe(false);
    expect(parse("[".repeat(100000))).toBe(false);
    expect(parse("[[]," + "[".repeat(126) + "]".repeat(126) + "]")).toBe(true);
  });

  test("bytes that are not UTF-8", () => {
    const bytes = hexBytes("5b 22 61 ff 22 5d");
    expect(tape.parse(bytes.ptr, bytes.len)).toBe(false);
    expect(tape.errorText()).toBe("bytes that are not UTF-8 at byte 3");
    const surrogate = hexBytes("22 ed a0 80 22");
    expect(tape.parse(surrogate.ptr, surrogate.len)).toBe(false);
  });

  test("every prefix of a document is refused, without reading behind it", () => {
    const text = '{"a":[1,-2.5e3,"x\\u00e9\\n",true,false,null,{}],"b":"\\ud83d\\ude00"}';
    const bytes = textBytes(text);
    expect(tape.parse(bytes.ptr, bytes.len)).toBe(true);
    for (let len: u32 = 0; len < bytes.len; len++) {
      expect(tape.parse(bytes.ptr, len)).toBe(false);
      expect(tape.errorOffset <= len).toBe(true);
    }
  });
});

function compact(text: string): string {
  const bytes = textBytes(text);
  out.reset();
  addCompactJson(bytes.ptr, bytes.len, out);
  return out.toText();
}

describe("writing JSON", () => {
  test("without white space, otherwise as it was", () => {
    expect(compact(' {\n\t"b" : [ 1.50 , -0 ,"a \\" b" ] , "a":{ } }\r\n')).toBe('{"b":[1.50,-0,"a \\" b"],"a":{}}');
    expect(compact('" x\\\\"')).toBe('" x\\\\"');
    expect(compact("  12  ")).toBe("12");
    expect(compact("[]")).toBe("[]");
  });

  test("strings", () => {
    const bytes = textBytes('a"b\\c/\b\t\n\f\r\u0000\u001f\u007fé😀 and more than eight');
    out.reset();
    addJsonString(bytes.ptr, bytes.len, out);
    expect(out.toText()).toBe('"a\\"b\\\\c/\\b\\t\\n\\f\\r\\u0000\\u001f\u007fé😀 and more than eight"');
  });

  test("every control character, read back", () => {
    for (let code = 0; code < 32; code++) {
      const bytes = textBytes("12345" + String.fromCharCode(code) + "6789");
      out.reset();
      addJsonString(bytes.ptr, bytes.len, out);
      expect(tape.parse(out.ptr, out.len)).toBe(true);
      expect(stringOf(0)).toBe("12345" + String.fromCharCode(code) + "6789");
    }
  });

  test("bytes that are not UTF-8 become U+FFFD", () => {
    const bytes = hexBytes("61 ff e2 82 0a");
    out.reset();
    addJsonString(bytes.ptr, bytes.len, out);
    expect(toHex(out.ptr, out.len)).toBe("22" + "61" + "efbfbd" + "efbfbd" + "5c6e" + "22");
  });
});
