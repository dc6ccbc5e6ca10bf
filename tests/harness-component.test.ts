/** The build of the component: what differs from its WIT stops it, in words, and what fits gets the names of WIT and imports no more than it uses. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { componentWit } from "@bytecodealliance/jco-transpile/wasm-tools";
import { libraryPath, packageRoot } from "../host/paths.js";
import { componentPath } from "./helpers/component.js";
import { keyvaluePath } from "./helpers/keyvalue.js";
import { tempFolder } from "./helpers/store.js";

const { buildComponent, buildKeyvalue } = (await import(pathToFileURL(join(packageRoot, "scripts", "component.mjs")).href)) as {
  buildComponent: (project: string) => Promise<string[]>;
  buildKeyvalue: (out: string) => Promise<string[]>;
};

const WIT = `/// A package for the test.
package quire:db@0.1.0;

interface door {
  resource guest {
    constructor(name: string);
    get-by: func(key: u64) -> result<option<u64>>;
    leave: static func(this: guest);
  }
  count: func() -> u32;
}

world store {
  export door;
}
`;

const SOURCE = `
import "../../../assembly/text/packed-text";
import "../../../assembly/wasi/abort";
import { randomU64 } from "../../../assembly/wasi/random";
@external("[export]quire:db/door@0.1.0", "[resource-new]guest")
declare function newGuest(rep: i32): i32;
let guests: u32 = 0;
export function cabi_realloc(old: usize, oldLen: usize, align: usize, len: usize): usize { return heap.realloc(old, len); }
export function guest(name: usize, nameLen: u32): i32 { guests++; return newGuest(1); }
export function guest_get_by(self: i32, key: u64): usize { return key == randomU64() ? 0 : 16; }
export function guest_leave(handle: i32): void {}
export function guest_dtor(self: i32): void { guests--; }
export function count(): u32 { return guests; }
`;

/** A project of this source and WIT inside of ours, so that it may import from it; what the build says, and what it makes. */
async function build(t: TestContext, source: string, wit = WIT): Promise<{ faults: string[]; component: () => Buffer }> {
  const parent = join(packageRoot, "build");
  mkdirSync(parent, { recursive: true });
  const project = mkdtempSync(join(parent, "component-"));
  t.after(() => rmSync(project, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ "assembly/component.ts": source, "wit/door.wit": wit })) {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), text);
  }
  const faults = (await buildComponent(project)).map((fault) => fault.replace(project, "FOLDER"));
  return { faults, component: () => readFileSync(join(project, "build", "quire-component.wasm")) };
}

test("what fits becomes a component that imports what it uses, the same to the byte each time", async (t) => {
  const first = await build(t, SOURCE);
  assert.deepEqual(first.faults, []);
  const wit = await componentWit(first.component());
  assert.deepEqual(wit.match(/^ {2}(import|export) .*/gm), [
    "  import wasi:random/random@0.2.0;",
    "  export quire:db/door@0.1.0;",
  ]);
  const second = await build(t, SOURCE);
  assert.ok(second.component().equals(first.component()));
});

test("the build stops for what is missing, too many, or of another type, and names all of it", async (t) => {
  const source = SOURCE.replaceAll(/export (?=function (?:guest_dtor|cabi_realloc))/g, "")
    .replace("[resource-new]guest", "[resource-new]host")
    .replace(
      "export function guest(name",
      '@external("wasi:random/random@0.2.0", "get-random-u64")\ndeclare function bits(): u32;\n$&',
    )
    .replace("return newGuest(1)", "return newGuest(bits())");
  const wit = WIT.replace("count:", "count-all:").replace("key: u64", "key: u32");
  const { faults, component } = await build(t, source, wit);
  assert.deepEqual(faults.sort(), [
    "[export]quire:db/door@0.1.0|[resource-new]host is imported and not in WIT",
    "cabi_realloc is not exported",
    "count is exported and not in WIT",
    "quire:db/door@0.1.0#[dtor]guest: guest_dtor is not exported",
    "quire:db/door@0.1.0#[method]guest.get-by: guest_get_by is (i32, i64) -> (i32), not (i32, i32) -> (i32)",
    "quire:db/door@0.1.0#count-all: count_all is not exported",
    "wasi:random/random@0.2.0|get-random-u64 is imported as () -> (i32), not () -> (i64)",
  ]);
  assert.throws(component, { code: "ENOENT" });
});

test("the build stops for a folder of two packages", async (t) => {
  const { faults } = await build(t, SOURCE, WIT.replace("interface door", "package quire:other@0.1.0;\ninterface door"));
  assert.deepEqual(faults, ["FOLDER/wit is 2 packages, not one"]);
});

test("a second build of quire-kv.wasm is equal to the first", async (t) => {
  const out = join(tempFolder(t), "quire-kv.wasm");
  assert.deepEqual(await buildKeyvalue(out), []);
  assert.ok(readFileSync(out).equals(readFileSync(keyvaluePath())));
  assert.ok(statSync(out).size < statSync(componentPath()).size + 30_000);
});

test("Quire's component imports a file system, its folders, a clock that goes forward and random numbers, and is little more than the library", async () => {
  const wit = await componentWit(readFileSync(componentPath()));
  assert.deepEqual(wit.match(/^ {2}(import|export) .*/gm), [
    "  import wasi:filesystem/types@0.2.0;",
    "  import wasi:filesystem/preopens@0.2.0;",
    "  import wasi:clocks/monotonic-clock@0.2.0;",
    "  import wasi:random/random@0.2.0;",
    "  export quire:db/types@0.1.0;",
    "  export quire:db/database@0.1.0;",
    "  export quire:db/sql@0.1.0;",
  ]);
  assert.ok(statSync(componentPath()).size < statSync(libraryPath()).size + 60_000);
});
