/** Components that import Quire's interfaces, or those of `wasi:keyvalue`, composed with what has them. */
import { componentNew, componentEmbed } from "@bytecodealliance/jco-transpile/wasm-tools";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../host/paths.js";
import { componentPath } from "./component.js";
import { keyvaluePath } from "./keyvalue.js";

const { compose } = (await import(pathToFileURL(join(packageRoot, "scripts", "compose.mjs")).href)) as {
  compose: (socket: Uint8Array, plug: Buffer) => Promise<Buffer>;
};

/** A WIT package's text without its name, for a package in another one's file. */
const textOf = (files: readonly string[], head: RegExp): string =>
  files
    .map((file) => readFileSync(join(packageRoot, file), "utf8"))
    .join("\n")
    .replace(head, "");

/** The component of a source in AssemblyScript, whose world has these lines. */
async function guestOf(source: string, lines: readonly string[], packages: string): Promise<Uint8Array> {
  const folder = join(packageRoot, "build", "component");
  mkdirSync(folder, { recursive: true });
  const module = join(folder, `${source}.wasm`);
  const asc = join(packageRoot, "node_modules", "assemblyscript", "bin", "asc.js");
  const flags = ["--config", "none", "--runtime", "minimal", "--use", "abort=", "-O", "--outFile", module];
  execFileSync(process.execPath, [asc, `tests/fixtures/${source}.ts`, ...flags], { cwd: packageRoot });
  const witSource = `package quire:app;\nworld app {\n${lines.map((line) => `  ${line};\n`).join("")}}\n${packages}`;
  return componentNew(await componentEmbed({ binary: readFileSync(module), witSource, world: "app" }));
}

/** The component of tests/fixtures/component-guest.ts, composed with Quire's. */
export async function composedGuest(): Promise<Buffer> {
  const text = textOf(["wit/types.wit", "wit/database.wit", "wit/sql.wit", "wit/world.wit"], /^package quire:db@0\.1\.0;$/m);
  const lines = ["include quire:db/client@0.1.0", "export run: func(path: string) -> string"];
  return compose(
    await guestOf("component-guest", lines, `package quire:db@0.1.0 {\n${text}\n}\n`),
    readFileSync(componentPath()),
  );
}

/** The component of tests/fixtures/keyvalue-guest.ts, composed with quire-kv.wasm. */
export async function composedKeyvalueGuest(): Promise<Buffer> {
  const packages = readFileSync(join(packageRoot, "assembly", "keyvalue", "keyvalue.wit"), "utf8");
  const lines = [
    "import wasi:keyvalue/store@0.2.0-draft2",
    "import wasi:keyvalue/atomics@0.2.0-draft2",
    "export count: func(key: string) -> s64",
  ];
  return compose(await guestOf("keyvalue-guest", lines, packages), readFileSync(keyvaluePath()));
}
