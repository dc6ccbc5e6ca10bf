/** The layer check finds what it is there for: imports that point up, host calls outside of wasi/, lines that are too long. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";

/** What the check says about these files, a line each, without the folder's own path; and its exit status. */
function check(t: TestContext, files: Record<string, string>): { lines: string[]; status: number | null } {
  const folder = tempFolder(t);
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
    "query/store.ts": 'export { Table } from "../store/table";\nimport { b } from "../index/node";\n',
    "query/path.ts": 'import { Table } from "./store";\nimport { Row } from "../encode/row";\n',
    "wasi/imports.ts": '@external("wasi_snapshot_preview1", "fd_close")\nexport declare function fd_close(fd: u32): u32;\n',
    "__tests__/any.spec.ts": 'import { main } from "../cli/main";\n',
  });
  assert.equal(status, 0);
});

test("each offence is named with its file and line", (t) => {
  const { lines, status } = check(t, {
    "status.ts": '// status\nimport {\n  b,\n} from "./memory/page-cache";\n',
    "memory/page-cache.ts": 'import { Value } from "../encode/value";\n',
    "encode/row.ts": 'import { Page } from "../memory/page-cache";\nexport * from "../store/store";\n',
    "table/reader.ts": 'import { fd_read } from "@assemblyscript/wasi-shim/assembly/bindings/wasi_snapshot_preview1";\n',
    "index/node.ts": `// ${"x".repeat(140)}\n@external("env", "f")\ndeclare function f(): void;\n`,
    "query/path.ts": 'import { Table } from "../store/table";\nimport { Store } from "./store";\n',
    "extra/thing.ts": "export const a = 1;\n",
  });
  assert.equal(status, 1);
  assert.deepEqual(lines, [
    "encode/row.ts:1: encode may not import memory, which is above it",
    "encode/row.ts:2: encode may not import store, which is above it",
    "extra/thing.ts:1: this folder is no layer; scripts/check-layers.mjs lists them",
    "index/node.ts:2: only wasi/ may declare the host's functions",
    "index/node.ts:1: 143 characters in a line, 140 are allowed",
    "memory/page-cache.ts:1: memory may import only encode/byte-buffer, encode/bytes, encode/xxh3 of encode",
    "query/path.ts:1: query knows of store only what query/store.ts has",
    "status.ts:2: status may not import memory, which is above it",
    "table/reader.ts:1: only wasi/ may import the host's functions",
  ]);
});
