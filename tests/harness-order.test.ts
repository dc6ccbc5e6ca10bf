/** The order check finds assignments whose right side may change what their left side has read, and nothing else. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";

/** A source with these statements in a method that has a window to move; the first of them stands in line 10. */
function source(...statements: string[]): string {
  return [
    "let total: u32 = 0;",
    "function grown(): u32 {",
    "  return (total += 1);",
    "}",
    "class Reader {",
    "  start: usize = 0;",
    "  lineEnd(): u32 { this.start = 0; return 1; }",
    "  get moved(): u32 { this.start = 0; return 1; }",
    "  next(source: Reader, local: u32, list: Array<u32>): void {",
    ...statements.map((statement) => `    ${statement}`),
    "  }",
    "}",
    "",
  ].join("\n");
}

/** The lines that the check finds fault with, and its exit status. */
function check(t: TestContext, text: string): { lines: number[]; output: string; status: number | null } {
  const folder = tempFolder(t);
  writeFileSync(join(folder, "reader.ts"), text);
  const script = join(packageRoot, "scripts", "check-order.mjs");
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
  assert.equal(stderr, "");
  const lines = [...stdout.matchAll(/reader\.ts:(\d+): /g)].map((match) => Number(match[1]));
  return { lines, output: stdout, status };
}

test("an assignment that reads its left side before a call is named with its line", (t) => {
  const bad = [
    "source.start += this.lineEnd();",
    "this.start -= 1 + <usize>this.lineEnd();",
    "source.start += source.moved;",
    "list[0] |= grown();",
    "total += grown();",
    "source.start = source.start + this.lineEnd();",
    "store<u8>(source.start, <u8>this.lineEnd());",
    "memory.copy(source.start, this.start, grown());",
  ];
  const { lines, output, status } = check(t, source(...bad));
  assert.deepEqual(
    lines,
    bad.map((_, at) => 10 + at),
  );
  assert.match(output, /^\S*reader\.ts:10: source\.start is read before the call on the right side, .* constant first$/m);
  assert.equal(status, 1);
});

test("what no call can change, and calls before the reading, are fine", (t) => {
  const { output, status } = check(
    t,
    source(
      "const len = this.lineEnd();",
      "source.start += len;",
      "local += this.lineEnd();",
      "local = local + source.moved;",
      "source.start = this.lineEnd() + source.start;",
      "source.start = this.lineEnd();",
      "source.start += load<u8>(source.start) + max(local, 1);",
      "store<u8>(local, <u8>this.lineEnd());",
      "this.start += this.start;",
    ),
  );
  assert.equal(output.split(":")[0], "order");
  assert.equal(status, 0);
});
