/** The order of JSON documents: the reference's `cmp_value`, in 0.9.0 and in 0.11.0 (run to get the expected values). */
import { ByteBuffer } from "../encode/byte-buffer";
import { compareBytes } from "../encode/bytes";
import { addOrderedJson, compareJson, useExactJsonNumbers } from "../encode/json-compare";
import { hexBytes, otherBytes, textBytes } from "./encode-bytes";

function order(left: string, right: string): i32 {
  const a = textBytes(left);
  const b = otherBytes(right);
  const result = compareJson(a.ptr, a.len, b.ptr, b.len);
  const back = compareJson(b.ptr, b.len, a.ptr, a.len);
  assert(result < 0 == back > 0 && (result == 0) == (back == 0), "antisymmetry of " + left + " and " + right);
  return result < 0 ? -1 : result > 0 ? 1 : 0;
}

function expectAscending(texts: string[]): void {
  for (let i = 0; i < texts.length; i++) {
    for (let j = 0; j < texts.length; j++) {
      const wanted = i < j ? -1 : i > j ? 1 : 0;
      expect(order(texts[i], texts[j])).toBe(wanted, texts[i] + " and " + texts[j]);
    }
  }
}

/** The order of the bytes that are made of two documents, with others behind them. */
function orderOfBytes(left: string, right: string): i32 {
  const bytes = [new ByteBuffer(64), new ByteBuffer(64)];
  for (let side = 0; side < 2; side++) {
    const text = textBytes(side == 0 ? left : right);
    addOrderedJson(text.ptr, text.len, bytes[side]);
    bytes[side].addU8(side == 0 ? 0xff : 0);
  }
  const result = compareBytes(bytes[0].ptr, bytes[0].len - 1, bytes[1].ptr, bytes[1].len - 1);
  if (result != 0) {
    const longer = compareBytes(bytes[0].ptr, bytes[0].len, bytes[1].ptr, bytes[1].len);
    assert(longer < 0 == result < 0, "what is behind " + left + " and " + right + " says nothing");
  }
  bytes[0].free();
  bytes[1].free();
  return result < 0 ? -1 : result > 0 ? 1 : 0;
}

describe("the order of JSON", () => {
  afterEach(() => {
    useExactJsonNumbers(false);
  });

  test("kinds and strings", () => {
    expectAscending([
      "null",
      "false",
      "true",
      "-1",
      "0",
      "2",
      "10",
      '""',
      '"A"',
      '"a"',
      '"a\\u0000"',
      '"aa"',
      '"b"',
      '"é"',
      '"\uE000"',
      '"😀"',
      "[]",
      "[null]",
      "[0,9]",
      "[1]",
      "[1,0]",
      "[2]",
      "[[]]",
      "{}",
      '{"a":1}',
      '{"a":1,"b":0}',
      '{"a":2}',
      '{"b":0}',
    ]);
  });

  test("white space, escapes and the order of members make no difference", () => {
    expect(order('{"a":1,"b":[2]}', ' { "b" : [ 2 ] , "\\u0061" : 1 } ')).toBe(0);
    expect(order('"\\ud83d\\ude00\\/"', '"😀/"')).toBe(0);
    expect(order('{"b":1,"a":5}', '{"a":4,"c":0}')).toBe(1);
  });

  test("of equal names the last one counts", () => {
    expect(order('{"a":1,"a":2}', '{"a":2}')).toBe(0);
    expect(order('{"b":1,"a":0,"b":3,"a":7}', '{"a":7,"b":3}')).toBe(0);
    expect(order('{"a":9,"\\u0061":1}', '{"a":2}')).toBe(-1);
  });

  test("objects of many members, in any order", () => {
    let up = "{";
    let down = "{";
    for (let i = 0; i < 300; i++) {
      up += (i > 0 ? "," : "") + '"k' + i.toString() + '":{"z":' + i.toString() + ',"y":[' + i.toString() + "]}";
      const j = 299 - i;
      down += (i > 0 ? "," : "") + '"k' + j.toString() + '":{"y":[' + j.toString() + '],"z":' + j.toString() + "}";
    }
    expect(order(up + "}", down + "}")).toBe(0);
    expect(order(up + ',"zz":0}', down + "}")).toBe(1);
    expect(order(up + ',"k0":0}', down + "}")).toBe(-1);
  });

  test("integers are exact", () => {
    expectAscending([
      "-9223372036854775808",
      "-9007199254740993",
      "-9007199254740992",
      "9007199254740992",
      "9007199254740993",
      "9223372036854775807",
      "9223372036854775808",
      "18446744073709551614",
      "18446744073709551615",
    ]);
  });

  test("integers and floats in 0.9: as f64, with a sign of zero", () => {
    expect(order("1", "1.0")).toBe(0);
    expect(order("10", "1e1")).toBe(0);
    expect(order("9007199254740993", "9007199254740992.0")).toBe(0);
    expect(order("-0", "0")).toBe(-1);
    expect(order("-0.0", "0.0")).toBe(-1);
    expect(order("-0.0", "-0")).toBe(0);
    expect(order("1.5", "1")).toBe(1);
    expect(order("18446744073709551615", "18446744073709551616")).toBe(0);
    expect(order("-1", "1e-300")).toBe(-1);
    expect(order("-9223372036854775808", "-9223372036854775809")).toBe(0);
  });

  test("integers and floats in 0.11: exact, the integer before the float that equals it", () => {
    useExactJsonNumbers(true);
    expect(order("1", "1.0")).toBe(-1);
    expect(order("9007199254740993", "9007199254740992.0")).toBe(1);
    expect(order("9007199254740991", "9007199254740992.0")).toBe(-1);
    expect(order("-0", "0")).toBe(1);
    expect(order("-0.0", "0.0")).toBe(0);
    expect(order("18446744073709551615", "18446744073709551616")).toBe(-1);
    expect(order("-9223372036854775808", "-9223372036854775809")).toBe(-1);
    expect(order("-9223372036854775807", "-9223372036854775809")).toBe(1);
    expect(order("2", "2.5")).toBe(-1);
    expect(order("-2", "-2.5")).toBe(1);
    expect(order("0", "-0.5")).toBe(1);
    expect(order("5", "1e300")).toBe(-1);
    expect(order("5", "-1e300")).toBe(1);
  });

  test("floats are those of serde_json's arithmetic", () => {
    // 3 times the f64 nearest to 1e23 is one unit below the f64 nearest to 3e23, which the second spelling gives.
    expect(order("3e23", "300000000000000000000000")).toBe(-1);
    expect(order("6e25", "60000000000000000000000000")).toBe(1);
    expect(order("8e25", "80000000000000000000000000")).toBe(0);
    expect(order("0.1", "1e-1")).toBe(0);
    expect(order("100000000000000000000", "1e20")).toBe(0);
    expect(order("18446744073709551616", "18446744073709551619")).toBe(0);
    expect(order("1e-400", "0.0")).toBe(0);
    expect(order("0.30000000000000004", "0.3")).toBe(1);
  });

  test("texts that are no JSON come last, by their bytes", () => {
    expectAscending(['{"z":1}', "", "[1", "[2", "x"]);
    const bad = hexBytes("22 ff 22");
    const good = textBytes("{}");
    expect(compareJson(bad.ptr, bad.len, good.ptr, good.len)).toBeGreaterThan(0);
  });

  test("bytes in this order", () => {
    useExactJsonNumbers(true);
    const texts = [
      "null",
      "true",
      "false",
      "0",
      "-0",
      "0.0",
      "-0.0",
      "1",
      "1.0",
      "-1",
      "-1.0",
      "1.5",
      "-1.5",
      "1e-300",
      "-1e-300",
      "1e300",
      "-1e300",
      "9007199254740991",
      "9007199254740992",
      "9007199254740993",
      "9007199254740992.0",
      "9007199254740994.0",
      "-9007199254740993",
      "9223372036854775807",
      "9223372036854775808",
      "9223372036854775808.0",
      "-9223372036854775807",
      "-9223372036854775808",
      "-9223372036854775809",
      "18446744073709551615",
      "18446744073709551614",
      "18446744073709550592",
      "18446744073709551616",
      '""',
      '"a"',
      '"a\\u0000"',
      '"a\\u0001"',
      '"ab"',
      '"é"',
      "[]",
      "[[]]",
      "[1]",
      "[1, 2]",
      "[1,1.0]",
      "[null]",
      '["a"]',
      "[{}]",
      "{}",
      '{"a":1}',
      '{ "a" : 1.0 }',
      '{"b":1,"a":1}',
      '{"a":1,"b":1}',
      '{"a":2,"a":1}',
      '{"a":{}}',
      '{"":0}',
      '{"a":1,"b":[]}',
      "",
      "x",
      "[1",
    ];
    for (let i = 0; i < texts.length; i++) {
      for (let j = 0; j < texts.length; j++)
        expect(orderOfBytes(texts[i], texts[j])).toBe(order(texts[i], texts[j]), texts[i] + " and " + texts[j]);
    }
    useExactJsonNumbers(false);
    for (let i = 0; i < texts.length; i++) {
      for (let j = 0; j < texts.length; j++) {
        if (texts[i].length < 16 && texts[j].length < 16)
          expect(orderOfBytes(texts[i], texts[j])).toBe(order(texts[i], texts[j]), texts[i] + " and " + texts[j] + " in 0.9");
      }
    }
  });

  test("deep documents", () => {
    const deep = "[".repeat(127) + "]".repeat(127);
    expect(order(deep, "[".repeat(126) + "0" + "]".repeat(126))).toBe(1);
    expect(order(deep, " " + deep)).toBe(0);
  });
});
