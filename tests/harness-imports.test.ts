/** The check of imports finds what it is there for: circles, exports that nobody uses, names that are not used; and nothing else. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";

/** What the check says about a project of these files, and its exit status. */
function check(t: TestContext, files: Record<string, string>): { lines: string[]; status: number | null } {
  const folder = tempFolder(t);
  const config = '{ "compilerOptions": { "noLib": true, "types": [] }, "include": ["./**/*.ts"] }';
  for (const [name, text] of Object.entries({ "assembly/tsconfig.json": config, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const script = join(packageRoot, "scripts", "check-imports.mjs");
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
  assert.equal(stderr, "");
  return { lines: stdout.trimEnd().split("\n"), status };
}

test("what is used, by whomever, is fine", (t) => {
  const { lines, status } = check(t, {
    "assembly/index.ts": 'export { a } from "./a";\nexport * from "./all";\n',
    "assembly/a.ts": "export const a = 1;\n",
    "assembly/all.ts": "export const b = 1;\nexport const c = 2;\n",
    "assembly/for-spec.ts": "export function d(): void {}\nexport class E {}\n",
    "assembly/__tests__/x.spec.ts": 'import { d, E as F } from "../for-spec";\nd();\nnew F();\n',
    "host/index.ts": 'import { g } from "./g.js";\nexport const h = g;\n',
    "host/g.ts": "export interface Options { x: number }\nexport const g = (options: Options): number => options.x;\n",
    "host/whole.ts": "export const i = 1;\n",
    "host/built.ts": "export const j = 1;\n",
    "tests/whole.ts": 'import * as whole from "../host/whole.js";\nconsole.log(whole.i);\n',
    "scripts/late.mjs": 'const { j } = await importHost("built.js");\nconsole.log(j);\n',
  });
  assert.deepEqual([lines, status], [["imports: 8 files, no circle, nothing that is not used"], 0]);
});

test("circles, exports and names that nobody uses are named", (t) => {
  const { lines, status } = check(t, {
    "assembly/index.ts": 'import { a } from "./a";\nimport { used, unused } from "./names";\nused();\na();\n',
    "assembly/a.ts": 'import { b } from "./b";\nexport function a(): void {\n  b();\n}\n',
    "assembly/b.ts": 'import { c } from "./deep/c";\nexport function b(): void {\n  c();\n}\n',
    "assembly/deep/c.ts": 'import { a } from "../a";\n\nexport function c(): void {\n  a();\n}\nexport const lonely = 1;\n',
    "assembly/names.ts": "export function used(): void {}\nexport function unused(): void {}\nconst dead = 1;\n",
    "host/index.ts": 'import type { Two } from "./two.js";\nexport type One = Two;\n',
    "host/two.ts": 'import type { One } from "./index.js";\nexport type Two = One | 1;\nexport function three(): void {}\n',
  });
  assert.equal(status, 1);
  assert.deepEqual(lines.sort(), [
    "assembly/deep/c.ts:6: nobody imports lonely: it needs no export, or is not needed at all",
    "assembly/index.ts:2: 'unused' is declared but its value is never read.",
    "assembly/names.ts:3: 'dead' is declared but its value is never read.",
    "host/two.ts:3: nobody imports three: it needs no export, or is not needed at all",
    "these files import each other: assembly/a.ts assembly/b.ts assembly/deep/c.ts",
    "these files import each other: host/index.ts host/two.ts",
  ]);
});
