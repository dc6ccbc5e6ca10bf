/**
 * A component that imports Quire's interfaces, composed with Quire's component, as `wac plug` does it: one component around both, which
 * imports what Quire does and exports a function of the other one.
 */
import { componentNew, componentEmbed, componentWit } from "@bytecodealliance/jco-transpile/wasm-tools";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../host/paths.js";
import { componentPath } from "./component.js";

const { number, sectionsOf } = (await import(pathToFileURL(join(packageRoot, "scripts", "pack-text.mjs")).href)) as {
  number: (value: number) => Buffer;
  sectionsOf: (module: Uint8Array) => { id: number; bytes: Buffer }[];
};

// Sections and sorts of a component's binary format.
const CORE_MODULE = 1;
const COMPONENT = 4;
const INSTANCES = 5;
const ALIASES = 6;
const EXPORTS = 11;
const FUNCTION = 1;
const INSTANCE = 5;

const name = (text: string): Buffer => Buffer.concat([number(Buffer.byteLength(text)), Buffer.from(text)]);
const section = (id: number, bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([id]), number(bytes.length), bytes]);
const one = (...parts: Uint8Array[]): Buffer => Buffer.concat([number(1), ...parts]);

/** An instance of the component `at`, with instances by name. */
function instantiated(at: number, given: readonly [string, number][]): Buffer {
  const words = given.map(([what, instance]) => Buffer.concat([name(what), Buffer.from([INSTANCE]), number(instance)]));
  return section(INSTANCES, one(Buffer.from([0]), number(at), number(given.length), ...words));
}

/** The export `what` of the instance `at`, by a number of its own. */
const alias = (sort: number, at: number, what: string): Buffer =>
  section(ALIASES, one(Buffer.from([sort, 0]), number(at), name(what)));

/** Quire's component around `guest`, whose function `exported` it exports. */
async function compose(quire: Buffer, guest: Uint8Array, exported: string): Promise<Buffer> {
  const imports = [...(await componentWit(quire)).matchAll(/^ {2}import (.*);/gm)].map(([, what = ""]) => what);
  const own = [...(await componentWit(guest)).matchAll(/^ {2}import (.*);/gm)].map(([, what = ""]) => what);
  const sections = sectionsOf(quire);
  // The types and imports stand before the first module, and are taken as they are: they are instances from 0 on.
  const head = sections.slice(
    0,
    sections.findIndex(({ id }) => id === CORE_MODULE),
  );
  const ofQuire = imports.length;
  const ofGuest = ofQuire + 1 + own.length;
  return Buffer.concat([
    quire.subarray(0, 8),
    ...head.map(({ id, bytes }) => section(id, bytes)),
    section(COMPONENT, quire),
    section(COMPONENT, guest),
    instantiated(
      0,
      imports.map((what, at) => [what, at]),
    ),
    ...own.map((what) => alias(INSTANCE, ofQuire, what)),
    instantiated(
      1,
      own.map((what, at) => [what, ofQuire + 1 + at]),
    ),
    alias(FUNCTION, ofGuest, exported),
    section(EXPORTS, one(Buffer.from([0]), name(exported), Buffer.from([FUNCTION]), number(0), Buffer.from([0]))),
  ]);
}

/** The component of tests/fixtures/component-guest.ts, composed with Quire's. */
export async function composedGuest(): Promise<Buffer> {
  const folder = join(packageRoot, "build", "component");
  mkdirSync(folder, { recursive: true });
  const module = join(folder, "guest.wasm");
  const asc = join(packageRoot, "node_modules", "assemblyscript", "bin", "asc.js");
  const flags = ["--config", "none", "--runtime", "minimal", "--use", "abort=", "-O", "--outFile", module];
  execFileSync(process.execPath, [asc, "tests/fixtures/component-guest.ts", ...flags], { cwd: packageRoot });
  const files = ["types", "database", "world"].map((file) => readFileSync(join(packageRoot, "wit", `${file}.wit`), "utf8"));
  const text = files.join("\n").replace(/^package quire:db@0\.1\.0;$/m, "");
  const world = "world app {\n  include quire:db/client@0.1.0;\n  export run: func(path: string) -> string;\n}\n";
  const witSource = `package quire:app;\n${world}package quire:db@0.1.0 {\n${text}\n}\n`;
  const guest = await componentNew(await componentEmbed({ binary: readFileSync(module), witSource, world: "app" }));
  return compose(readFileSync(componentPath()), guest, "run");
}
