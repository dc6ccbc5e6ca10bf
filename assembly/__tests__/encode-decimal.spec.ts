/**
 * Decimals. The encodings and texts are rust_decimal's (1.43: `from_str_exact`, `serialize`, `Display`, `cmp`), where a comment
 * does not say otherwise.
 */
import { ByteBuffer } from "../encode/byte-buffer";
import { addDecimal, compareDecimal, isDecimal, parseDecimal } from "../encode/decimal";
import { hexBytes, textBytes, toHex } from "./encode-bytes";

const a = heap.alloc(16);
const b = heap.alloc(16);
const out = new ByteBuffer();

function read(text: string, target: usize): bool {
  const bytes = textBytes(text);
  return parseDecimal(bytes.ptr, bytes.len, target);
}

/** The encoding of `text` in hexadecimal, or "" when it is refused. */
function encoded(text: string): string {
  return read(text, a) ? toHex(a, 16) : "";
}

/** `text` read and written again, or "refused". */
function again(text: string): string {
  if (!read(text, a)) return "refused";
  out.reset();
  addDecimal(a, out);
  return out.toText();
}

function order(left: string, right: string): i32 {
  assert(read(left, a) && read(right, b), "the spec's own decimals");
  const result = compareDecimal(a, b);
  assert(compareDecimal(b, a) == -result, "antisymmetry of " + left + " and " + right);
  return result;
}

describe("decimals as text", () => {
  test("encodings", () => {
    expect(encoded("0")).toBe("00000000000000000000000000000000");
    expect(encoded("1.10")).toBe("000002006e0000000000000000000000");
    expect(encoded("-1")).toBe("00000080010000000000000000000000");
    expect(encoded("79228162514264337593543950335")).toBe("00000000ffffffffffffffffffffffff");
    expect(encoded("-0.0000000000000000000000000001")).toBe("00001c80010000000000000000000000");
    expect(encoded("4294967296")).toBe("00000000000000000100000000000000");
    expect(encoded("18446744073709551616")).toBe("00000000000000000000000001000000");
  });

  test("the scale and every digit are kept", () => {
    const texts = [
      "0",
      "0.0",
      "0.0000000000000000000000000000",
      "1.10",
      "100",
      "123456789.987654321",
      "-0.01",
      "7.9228162514264337593543950335",
      "-79228162514264337593543950335",
      "18446744073709551615",
      "18446744073709551616",
      "1000000000",
      "10000000000000000000000000000",
      "0.1000000000000000000000000000",
      "5000000000.000000001",
    ];
    for (let i = 0; i < texts.length; i++) expect(again(texts[i])).toBe(texts[i]);
  });

  test("other spellings", () => {
    expect(again("+5")).toBe("5");
    expect(again("007.50")).toBe("7.50");
    expect(again("1.")).toBe("1");
    expect(again(".5")).toBe("0.5");
    expect(again("-.5")).toBe("-0.5");
    expect(again("-0")).toBe("0");
    expect(again("-0.00")).toBe("0.00");
    expect(again("0000000000000000000000000000000000000000001")).toBe("1");
  });

  test("what is no decimal", () => {
    const texts = [
      "",
      "-",
      "+",
      ".",
      "-.",
      "1.2.3",
      "1..",
      "1 ",
      " 1",
      "0x10",
      "1_000",
      "1,5",
      "--1",
      "NaN",
      "Infinity",
      "1e",
      "1e+",
      "e5",
      "1e5.0",
    ];
    for (let i = 0; i < texts.length; i++) expect(again(texts[i])).toBe("refused", texts[i]);
  });

  test("what does not fit exactly", () => {
    expect(again("79228162514264337593543950336")).toBe("refused");
    expect(again("792281625142643375935439503350")).toBe("refused");
    expect(again("0.00000000000000000000000000001")).toBe("refused");
    expect(again("7.92281625142643375935439503351")).toBe("refused");
    expect(again("12345678901234567890.1234567890123")).toBe("refused");
  });

  // rust_decimal refuses these; they are exact with fewer zeros, so we take them.
  test("zeros at the end give way when the value would not fit with them", () => {
    expect(again("1.00000000000000000000000000000")).toBe("1.0000000000000000000000000000");
    expect(again("79228162514264337593543950335.000")).toBe("79228162514264337593543950335");
    expect(again("194112890088836380.690936900300")).toBe("194112890088836380.69093690030");
    expect(again("0.000000000000000000000000000000000")).toBe("0.0000000000000000000000000000");
  });

  // JSON numbers; rust_decimal's `from_scientific` gives the same where it takes them.
  test("exponents", () => {
    expect(again("1e3")).toBe("1000");
    expect(again("1.5E+3")).toBe("1500");
    expect(again("1.50e1")).toBe("15.0");
    expect(again("1.25e-3")).toBe("0.00125");
    expect(again("1e28")).toBe("10000000000000000000000000000");
    expect(again("1e-28")).toBe("0.0000000000000000000000000001");
    expect(again("100e-30")).toBe("0.0000000000000000000000000001");
    expect(again("0e999999999999")).toBe("0");
    expect(again("1e29")).toBe("refused");
    expect(again("1e-29")).toBe("refused");
    expect(again("1e999999999999")).toBe("refused");
    expect(again("1e-999999999999")).toBe("refused");
  });
});

describe("stored decimals", () => {
  test("a zero with a sign is shown with it", () => {
    const bytes = hexBytes("00000280 000000000000000000000000");
    out.reset();
    addDecimal(bytes.ptr, out);
    expect(out.toText()).toBe("-0.00");
    expect(read("0", a)).toBe(true);
    expect(compareDecimal(bytes.ptr, a)).toBe(0);
  });

  test("validity", () => {
    expect(isDecimal(hexBytes("00001c80 ffffffffffffffffffffffff").ptr)).toBe(true);
    expect(isDecimal(hexBytes("00001d00 000000000000000000000000").ptr)).toBe(false);
    expect(isDecimal(hexBytes("01000000 000000000000000000000000").ptr)).toBe(false);
    expect(isDecimal(hexBytes("00010000 000000000000000000000000").ptr)).toBe(false);
    expect(isDecimal(hexBytes("00000001 000000000000000000000000").ptr)).toBe(false);
    expect(isDecimal(hexBytes("00000040 000000000000000000000000").ptr)).toBe(false);
  });

  test("an impossible scale still prints", () => {
    out.reset();
    addDecimal(hexBytes("0000ff80 ffffffffffffffffffffffff").ptr, out);
    expect(out.len).toBe(258); // -0. and 255 digits
  });
});

describe("the order of decimals", () => {
  test("equal across scales", () => {
    expect(order("1.0", "1.00")).toBe(0);
    expect(order("0", "0.000")).toBe(0);
    expect(order("-2.50", "-2.5")).toBe(0);
    expect(order("1", "1.0000000000000000000000000000")).toBe(0);
  });

  test("different", () => {
    expect(order("1.01", "1.1")).toBeLessThan(0);
    expect(order("-1.01", "-1.1")).toBeGreaterThan(0);
    expect(order("-1", "0")).toBeLessThan(0);
    expect(order("0.0000000000000000000000000001", "0")).toBeGreaterThan(0);
    expect(order("-0.0000000000000000000000000001", "0.0")).toBeLessThan(0);
    expect(order("9", "10")).toBeLessThan(0);
    expect(order("-1", "1")).toBeLessThan(0);
  });

  test("where bringing both to one scale takes more than 128 bits", () => {
    expect(order("79228162514264337593543950335", "7.9228162514264337593543950335")).toBeGreaterThan(0);
    expect(order("-79228162514264337593543950335", "-7.9228162514264337593543950335")).toBeLessThan(0);
    expect(order("8", "7.9228162514264337593543950335")).toBeGreaterThan(0);
    expect(order("7", "7.0000000000000000000000000001")).toBeLessThan(0);
  });

  test("short ones are read as long ones are", () => {
    // An exponent of zero has the same value, and is not read the short way.
    const texts = [
      "0",
      "-0",
      "0.00",
      "-0.0",
      "5.",
      ".5",
      "-.5",
      "1.50",
      "9999999999999999999",
      "-9999999999999999999",
      "0.999999999999999999",
      "00012.30",
    ];
    for (let i = 0; i < texts.length; i++) expect(again(texts[i])).toBe(again(texts[i] + "e0"), texts[i]);
    expect(again("99999999999999999999")).toBe("99999999999999999999");
    expect(again("1234567890123456789.0")).toBe("1234567890123456789.0");
    for (let i = 0; i < 6; i++) expect(again([".", "-", "-.", "1.2.3", "1-2", ""][i])).toBe("refused");
  });
});
