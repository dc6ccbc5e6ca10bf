/** The layer check finds what it is there for: imports that point up, host calls outside of wasi/, lines that are too long, and Node in host/api/. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";

/** What the check says about these files of `assembly/` or `host/`, a line each, without the folder's own path; and its exit status. */
function check(t: TestContext, files: Record<string, string>, name = "assembly"): { lines: string[]; status: number | null } {
  const folder = join(tempFolder(t), name);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const script = join(packageRoot, "scripts", "check-layers.mjs");
  const { stdout, status } = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
  return { lines: stdout.trimEnd().replaceAll(`${folder}/`, "").split("\n"), status };
}

test("imports that point down or stay in their layer are fine", (t) => {
  const { status } = check(t, {
    "command.ts": 'import { main } from "./cli/main";\n',
    "cli/main.ts": 'import { a } from "../status";\nimport {\n  b,\n} from "./other";\n',
    "memory/page-cache.ts": 'import { ByteBuffer } from "../encode/byte-buffer";\nimport { xxh3 } from "../encode/xxh3";\n',
    "cli/import/load.ts": 'import { a } from "../output/progress";\nimport { b } from "./load-keys";\n',
    "cli/help.ts": 'import { a } from "./commands/scan";\n',
    "query/store.ts": 'export { Table } from "../store/table";\nimport { b } from "../index/node";\n',
    "query/path.ts": 'import { Table } from "./store";\nimport { Row } from "../encode/row";\n',
    "wasi/imports.ts": '@external("wasi_snapshot_preview1", "fd_close")\nexport declare function fd_close(fd: u32): u32;\n',
    "component/resources.ts": '@external("[export]a:b/c", "[resource-new]d")\ndeclare function newD(rep: i32): i32;\n',
    "__tests__/any.spec.ts": 'import { main } from "../cli/main";\n',
  });
  assert.equal(status, 0);
});

test("each offence is named with its file and line", (t) => {
  const { lines, status } = check(t, {
    "status.ts": '// status\nimport {\n  b,\n} from "./memory/page-cache";\n',
    "memory/page-cache.ts": 'import { Value } from "../encode/value";\n',
    "memory/cache/sectors.ts": 'import { a } from "../pages/spill";\nimport { b } from "../all";\n',
    "memory/other/page.ts": "export const a = 1;\n",
    "encode/row.ts": 'import { Page } from "../memory/page-cache";\nexport * from "../store/store";\n',
    "table/reader.ts": 'import { fd_read } from "@assemblyscript/wasi-shim/assembly/bindings/wasi_snapshot_preview1";\n',
    "component/cursor.ts": '@external("a:b/c", "d")\ndeclare function d(): void;\n',
    "index/node.ts": `// ${"x".repeat(140)}\n@external("env", "f")\ndeclare function f(): void;\n`,
    "query/path.ts": 'import { Table } from "../store/table";\nimport { Store } from "./store";\n',
    "extra/thing.ts": "export const a = 1;\n",
  });
  assert.equal(status, 1);
  assert.deepEqual(lines, [
    "component/cursor.ts:1: only wasi/ may declare the host's functions",
    "encode/row.ts:1: encode may not import memory, which is above it",
    "encode/row.ts:2: encode may not import store, which is above it",
    "extra/thing.ts:1: this folder is no layer; scripts/check-layers.mjs lists them",
    "index/node.ts:2: only wasi/ may declare the host's functions",
    "index/node.ts:1: 143 characters in a line, 140 are allowed",
    "memory/cache/sectors.ts:1: in memory, cache may not import pages",
    "memory/cache/sectors.ts:2: in memory, cache may not import what is above the rooms",
    "memory/other/page.ts:1: this folder is no room of its layer; scripts/check-layers.mjs lists them",
    "memory/page-cache.ts:1: memory may import only encode/byte-buffer, encode/bytes, encode/xxh3 of encode",
    "query/path.ts:1: query knows of store only what query/store.ts has",
    "status.ts:2: status may not import memory, which is above it",
    "table/reader.ts:1: only wasi/ may import the host's functions",
  ]);
});

test("host: imports that point down, and what Node has above api, are fine", (t) => {
  const { status } = check(
    t,
    {
      "index.ts": 'export { open } from "./node/open.js";\n',
      "paths.ts": 'import { join } from "node:path";\nimport { QuireError } from "./api/errors.js";\n',
      "api/errors.ts": "// import x from Node is no import in a comment\nexport class QuireError extends Error {}\n",
      "api/session.ts": 'import { QuireError } from "./errors.js";\nimport type { Kind } from "./kind.js";\n',
      "runtimes/find.ts": 'import { cache } from "../paths.js";\n',
      "node/open.ts": 'import { spawn } from "node:child_process";\nconst late = await import("../runtimes/find.js");\n',
      "cli/main.ts": 'import { open } from "../node/open.js";\n',
    },
    "host",
  );
  assert.equal(status, 0);
});

test("host: imports that point up, and any of Node or a package in api, are named", (t) => {
  const { lines, status } = check(
    t,
    {
      "api/session.ts": 'import { readFileSync } from "node:fs";\nexport { open } from "../node/open.js";\nimport "left-pad";\n',
      "api/late.ts": 'export const fs = await import("node:fs");\nconst tty = require("tty");\n',
      "api/paths.ts": 'import { root } from "../paths.js";\n',
      "paths.ts": 'import { find } from "./runtimes/find.js";\n',
      "runtimes/find.ts": 'import {\n  words,\n} from "../cli/words.js";\n',
      "node/open.ts": 'const cli = await import("../cli.js");\n',
      "web/open.ts": 'import { paths } from "../paths.js";\nimport "node:fs";\n',
      "page/open.ts": "export const a = 1;\n",
    },
    "host",
  );
  assert.equal(status, 1);
  assert.deepEqual(lines.sort(), [
    "api/late.ts:1: api may not import node:fs: it runs in browsers, too, and on its own",
    "api/late.ts:2: api may not import tty: it runs in browsers, too, and on its own",
    "api/paths.ts:1: api may not import paths, which is above it",
    "api/session.ts:1: api may not import node:fs: it runs in browsers, too, and on its own",
    "api/session.ts:2: api may not import node, which is above it",
    "api/session.ts:3: api may not import left-pad: it runs in browsers, too, and on its own",
    "node/open.ts:1: node may not import the entry files, which is above it",
    "page/open.ts:1: this folder is no layer; scripts/check-layers.mjs lists them",
    "paths.ts:1: paths may not import runtimes, which is above it",
    "runtimes/find.ts:1: runtimes may not import cli, which is above it",
    "web/open.ts:1: web may not import paths, which is above it",
    "web/open.ts:2: web may not import node:fs: it runs in browsers, too, and on its own",
  ]);
});

test("host/api is checked with the names of a browser's worker, and without those of Node", (t) => {
  const folder = tempFolder(t);
  const config = { extends: join(packageRoot, "tsconfig.api.json"), include: [join(folder, "*.ts")] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ ...config, compilerOptions: { rootDir: folder } }));
  const names = ["Buffer.from([1])", "process.argv", 'require("x")', "setImmediate(() => 0)", "global", "__dirname"];
  writeFileSync(join(folder, "a.ts"), `${names.map((name, i) => `export const a${i}: unknown = ${name};`).join("\n")}\n`);
  writeFileSync(
    join(folder, "b.ts"),
    "export const b = new TextEncoder().encode(String(new WebAssembly.Memory({ initial: 1 })));\n",
  );
  const tsc = join(packageRoot, "node_modules", "typescript", "bin", "tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
  const found = [...stdout.matchAll(/([ab])\.ts\((\d+),\d+\): error TS(?:2304|2580|2591|2552): Cannot find name/g)];
  assert.deepEqual(
    found.map(([, file, line]) => `${file} ${line}`),
    names.map((_, i) => `a ${i + 1}`),
    stdout,
  );
});
