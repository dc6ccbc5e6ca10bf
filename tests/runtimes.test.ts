/** Where runtimes differ, the module does not: one after the other works on a file of the same bytes, and refusals have the same words. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { open } from "../host/index.js";
import { ServeProcess } from "../host/node/serve-process.js";
import { golden } from "./helpers/golden.js";
import { hasRuntime, testOnRuntimes, testedRuntimes } from "./helpers/runtimes.js";
import { openStore, quire, tempFolder } from "./helpers/store.js";

const ROWS = 3000;

/** Rows in an order that is none of a key's. */
function source(): string {
  const lines = ["id,name"];
  for (let i = 0; i < ROWS; i++) lines.push(`${(i * 7919) % ROWS},row ${(i * 104_729) % 3001}`);
  return lines.join("\n") + "\n";
}

test("every runtime makes the same file, to the byte, also with a cache that it does not fit", async (t) => {
  const sums = new Map<string, string[]>();
  for (const runtime of testedRuntimes.filter(hasRuntime)) {
    const store = openStore(t, { runtime, options: ["--cache", "262144"] });
    await store.ok(["create", "t", "id:uint32:pk", "name:text:index"]);
    writeFileSync(join(store.folder, "rows.csv"), source());
    await store.ok(["import", "t", "data/rows.csv", "--batch", "500"]);
    const db = await open(store.path, { runtime, cacheBytes: 262_144 });
    await db.transaction(async () => {
      for (let id = 0; id < 100; id++) await db.table("t").delete(id * 29);
    });
    await db.close();
    const hash = await store.ok(["hash", "--json"]);
    await store.ok(["compact"]);
    const sum = createHash("sha256").update(store.bytes()).digest("hex");
    sums.set(`${hash.trim()} ${sum}`, [...(sums.get(`${hash.trim()} ${sum}`) ?? []), runtime]);
  }
  assert.equal(sums.size, 1, [...sums].map(([sum, names]) => `${names.join(", ")}: ${sum}`).join("\n"));
});

test("a session goes on where another runtime's has ended, and one that is overtaken is told", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint32:pk", "by:text"]);
  const names = testedRuntimes.filter(hasRuntime);
  // Without the lock, as bare runtimes are.
  const serve = (runtime: string): ServeProcess => new ServeProcess(runtime, store.folder, ["data/store.db"]);
  const insert = (id: number, by: string): object => ({ op: "insert", table: "t", row: { id, by } });
  for (const [id, runtime] of names.entries()) {
    const db = serve(runtime);
    assert.deepEqual(await db.request(insert(id, runtime)), { ok: { keys: [id] } });
    // Without a close: the log is still needed.
    const next = serve(names[(id + 1) % names.length] ?? runtime);
    assert.deepEqual(await next.request(insert(100 + id, "next")), { ok: { keys: [100 + id] } });
    const late = (await db.request(insert(200 + id, "late"))) as { error?: { code: string } };
    assert.equal(late.error?.code, "HANDLE_POISONED", runtime);
    await next.close();
    await db.close();
  }
  const rows = await store.rows("t");
  assert.deepEqual(
    rows.map((row) => `${row["id"] as number} ${row["by"] as string}`).sort(),
    names.flatMap((runtime, id) => [`${id} ${runtime}`, `${100 + id} next`]).sort(),
  );
});

testOnRuntimes("what is no file in the folder is refused, in the same words", async (t, runtime) => {
  const folder = tempFolder(t);
  const inside = join(folder, "inside");
  mkdirSync(join(inside, "folder"), { recursive: true });
  writeFileSync(join(folder, "secret.db"), golden("deep"));
  writeFileSync(join(inside, "file.db"), golden("deep"));
  symlinkSync(join("..", "secret.db"), join(inside, "out.db"));
  symlinkSync("loop.db", join(inside, "loop.db"));
  symlinkSync("file.db", join(inside, "in.db"));
  const run = async (path: string) => {
    const { stdout, stderr, status } = await quire([path, "tables", "--readonly"], { runtime, folder: inside });
    return status === 0 ? stdout : `${status} ${stderr.trimEnd()}`;
  };
  const tables = await run("data/file.db");
  assert.match(tables, /rows/);
  assert.equal(await run("data/in.db"), tables);
  assert.equal(await run("data/folder"), "4 quire: IO_ERROR: data/folder is a folder, not a file");
  assert.equal(await run("data/none.db"), "1 quire: FILE_NOT_FOUND: there is no file data/none.db");
  // Above the folder is nothing; in Wasmer there is a root of its own, which is empty.
  const above = runtime === "wasmer" ? /^1 quire: FILE_NOT_FOUND: / : /^4 quire: ACCESS_DENIED: /;
  assert.match(await run("data/folder/../../secret.db"), above);
  assert.match(await run("data/../../secret.db"), /^4 quire: ACCESS_DENIED: /);
  assert.match(await run("data/loop.db"), /^4 quire: (ACCESS_DENIED|IO_ERROR): /);
  // wazero's mounts are no jail: it follows a link wherever it leads.
  if (runtime === "wazero") assert.equal(await run("data/out.db"), tables);
  else assert.match(await run("data/out.db"), /^(4 quire: ACCESS_DENIED|1 quire: FILE_NOT_FOUND): /);
});
