/** What `scripts/pack-text.mjs` takes out of a module is there again when its first line runs, and a module that was not packed is as it was. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../host/paths.js";

const { packText } = (await import(pathToFileURL(join(packageRoot, "scripts", "pack-text.mjs")).href)) as {
  packText: (module: Uint8Array) => Buffer;
};

/** The module of the source text `source`, which may import from the project. */
async function compiled(source: string): Promise<Uint8Array> {
  const url = pathToFileURL(join(packageRoot, "node_modules", "assemblyscript", "dist", "asc.js")).href;
  const compiler = (await import(url)) as { main: (args: string[], api: object) => Promise<{ error: Error | null }> };
  const made: Uint8Array[] = [];
  const readFile = (name: string): string | null => {
    if (name === "source.ts") return source;
    return name.startsWith("assembly/text/") ? readFileSync(join(packageRoot, name), "utf8") : null;
  };
  const writeFile = (_: string, contents: Uint8Array | string) => typeof contents !== "string" && made.push(contents);
  const words = ["source.ts", "--config", "none", "--runtime", "minimal", "-O2", "--outFile", "source.wasm"];
  const { error } = await compiler.main(words, { readFile, writeFile, listFiles: () => [] });
  assert.equal(error, null);
  return made[0] as Uint8Array;
}

/** Texts of every kind: without letters, of one byte and of two, with halves of pairs, NUL, as long as the steps of LEB128. */
const TEXTS = [
  "",
  "a",
  "é\u00ff",
  "\u0100",
  "naïve — café",
  "\0",
  "a\0b\0\0",
  "\ud800",
  "😀",
  "x".repeat(63),
  "y".repeat(64),
  "z".repeat(127),
  "w".repeat(128),
  "v".repeat(16_383),
  "u".repeat(16_384),
  ...Array.from({ length: 40 }, (_, length) => "text of every length up to forty letters".slice(0, length)),
];

/** Arrays that look like what strings are stored as, beside the texts. */
const SOURCE = `
import "./assembly/text/packed-text";
const texts: StaticArray<string> = [${TEXTS.map((text) => JSON.stringify(text)).join(", ")}];
const likeHead = memory.data<u32>([28, 0, 0, 2, 4, 0x00620061, 0, 0, 0, 0, 2, 0xffffffff, 44, 0, 0, 2, 3, 7]);
const numbers: StaticArray<u32> = [2, 2, 2, 0, 2, 8, 1, 1, 1, 1];
const room = memory.data(5000);
export function at(i: i32): string { return texts[i]; }
export function like(i: i32): u32 { return load<u32>(likeHead + (i << 2)); }
export function number(i: i32): u32 { return numbers[i]; }
export function sum(): u32 { let all: u32 = 0; for (let i = 0; i < 5000; i++) all += load<u8>(room + i); return all; }
export function end(): usize { return __heap_base; }
`;

function instance(bytes: Uint8Array): WebAssembly.Instance {
  return new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(bytes)), { env: { abort: () => undefined } });
}

type Export = (...args: number[]) => number;

function textOf({ exports }: WebAssembly.Instance, i: number): string {
  const memory = (exports["memory"] as WebAssembly.Memory).buffer;
  const at = (exports["at"] as Export)(i);
  const length = new Uint32Array(memory, at - 4, 1)[0] as number;
  return String.fromCharCode(...new Uint16Array(memory, at, length / 2));
}

test("packed text is what it was, and so is all other memory", async () => {
  const plain = await compiled(SOURCE);
  const packed = packText(plain);
  assert.ok(packed.length < plain.length - 30_000, `${plain.length} -> ${packed.length}`);
  assert.ok(!packed.includes(Buffer.from("text of every length", "utf16le")));
  assert.ok(packed.includes("text of every length"));
  assert.deepEqual(packText(plain), packed);
  const was = instance(plain);
  const is = instance(packed);
  for (const [i, text] of TEXTS.entries()) assert.equal(textOf(is, i), text);
  for (let i = 0; i < 18; i++) assert.equal((is.exports["like"] as Export)(i), (was.exports["like"] as Export)(i));
  assert.deepEqual(
    Array.from({ length: 10 }, (_, i) => (is.exports["number"] as Export)(i)),
    [2, 2, 2, 0, 2, 8, 1, 1, 1, 1],
  );
  assert.equal((is.exports["sum"] as Export)(), 0);
  const heap = (was.exports["end"] as Export)();
  const bytes = ({ exports }: WebAssembly.Instance) => Buffer.from((exports["memory"] as WebAssembly.Memory).buffer);
  // The image's own address is the one difference below the heap; the heap is empty.
  const [a, b] = [bytes(was), bytes(is)];
  const different = Array.from(a.keys()).filter((at) => a[at] !== b[at]);
  const cell = a.indexOf("TextPack") + 8;
  assert.ok(different.length > 0 && different.every((at) => at >= cell && at < cell + 8), different.join());
  assert.ok(a.subarray(heap).every((byte) => byte === 0));
});

test("a module without a place for the image's address is refused", async () => {
  const module = await compiled('export function text(): string { return "text"; }');
  assert.throws(() => packText(module), /not one place for the image/);
});

test("each entry that is compiled with packed text unpacks it before anything else", () => {
  for (const entry of ["assembly/command.ts", "assembly/library.ts", "assembly/component.ts", "bench/quire/workload.ts"]) {
    const first = /^import (?:.* from )?"(.*)";$/m.exec(readFileSync(join(packageRoot, entry), "utf8"))?.[1];
    assert.match(first ?? "", /\/text\/packed-text$/, entry);
  }
});
