/** Whether values repeat, of those that have a bit and those that are hashed. */
import { ValueSet } from "../cli/import/infer-unique";
import { textBytes } from "./encode-bytes";

/** Whether one of these, with commas between them, is there twice. */
function repeats(values: string): bool {
  const set = new ValueSet();
  const parts = values.split(",");
  for (let i = 0; i < parts.length; i++) {
    const bytes = textBytes(parts[i]);
    set.add(bytes.ptr, bytes.len);
  }
  const repeated = set.repeated;
  set.free();
  return repeated;
}

describe("values that repeat", () => {
  test("are found among short numbers, long ones and texts", () => {
    expect(repeats("1,2,3")).toBe(false);
    expect(repeats("1,9999999,8,1")).toBe(true);
    expect(repeats("9999999,1,9999999")).toBe(true);
    expect(repeats("10000000,1,10000000")).toBe(true);
    expect(repeats("a,b,a")).toBe(true);
    // Texts that spell the same number are others.
    expect(repeats("7,07,+7,7.0,-7,0,00,70")).toBe(false);
    expect(repeats(",a,")).toBe(true);
  });

  test("are found behind as many numbers as there are bits", () => {
    const set = new ValueSet();
    const bytes = textBytes("0000000");
    for (let number = 1; number < 1500000; number++) {
      let rest = number;
      let at = bytes.ptr + 7;
      for (; rest > 0; rest = rest / 10) store<u8>(--at, 0x30 + <u8>(rest % 10));
      set.add(at, <u32>(bytes.ptr + 7 - at));
    }
    expect(set.repeated).toBe(false);
    const last = textBytes("1499999");
    set.add(last.ptr, last.len);
    expect(set.repeated).toBe(true);
  });
});
