/** `quire-db/web` in a program that esbuild makes one file of, as docs/web.md says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { packageRoot } from "../host/paths.js";
import { testInBrowser } from "./helpers/browser.js";

const PROGRAM = `
  import { open } from "quire-db/web";
  const db = await open(":memory:", { worker: "quire-worker.js", module: "quire-lib.wasm", commandModule: "quire.wasm" });
  await db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
  await db.sql("INSERT INTO t VALUES (1, 'bundled')");
  const rows = await db.sql\`SELECT v FROM t\`;
  const { stdout } = await db.command(["tables", "--json"]);
  await db.close();
  document.title = JSON.stringify({ rows, stdout });
`;

/** What esbuild makes of the program or the worker. */
async function bundled(options: BuildOptions): Promise<Buffer> {
  const { outputFiles = [] } = await build({ absWorkingDir: packageRoot, bundle: true, format: "esm", write: false, ...options });
  assert.equal(outputFiles.length, 1);
  return Buffer.from(outputFiles[0]?.contents ?? []);
}

testInBrowser(
  {
    "a bundle, and beside it the worker and the modules": async (t, { blank, origin }) => {
      const page = await blank(t);
      await page.goto(`${origin}/bundled.html`);
      await page.waitForFunction("document.title.startsWith('{')", null, { timeout: 10_000 });
      assert.deepEqual(JSON.parse(await page.title()), {
        rows: [{ v: "bundled" }],
        stdout: '{"ok":{"tables":[{"name":"t","rows":1}]}}\n',
      });
    },
  },
  new Map([
    ["/bundled.html", Buffer.from('<!doctype html><script type="module" src="app.js"></script>')],
    ["/app.js", await bundled({ stdin: { contents: PROGRAM, resolveDir: packageRoot } })],
    ["/quire-worker.js", await bundled({ entryPoints: ["quire-db/web/worker"] })],
    ...["quire-lib.wasm", "quire.wasm"].map((name) => [`/${name}`, readFileSync(join(packageRoot, "build", name))] as const),
  ]),
);
