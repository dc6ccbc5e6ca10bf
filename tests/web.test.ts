/** Sessions in a real browser: in memory, over a file that is read as it is needed, over bytes, and over private files. */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { testInBrowser } from "./helpers/browser.js";
import { tempFolder } from "./helpers/store.js";

const golden = (name: string): Buffer => {
  const bytes = readFileSync(join(packageRoot, "tests", "golden", name));
  return name.endsWith(".gz") ? gunzipSync(bytes) : bytes;
};
const BLOG = golden("layout-0.9/blog.db.gz");

/** What TypeScript does not know of pages, in a program of Node. */
declare const document: { querySelector(selector: string): unknown };
declare const navigator: { readonly storage: { getDirectory(): Promise<{ keys(): AsyncIterable<string> }> } };

/** What a function of the page is given: the package, as a page imports it. */
type Web = typeof import("../build/host/web/index.js");

/** Runs `body`, which sees nothing of this file, in the page. */
async function run<T>(page: Page, body: (web: Web, given: string) => Promise<T>, given = ""): Promise<T> {
  const text = `async (given) => (${body.toString()})(await import("/build/host/web/index.js"), given)`;
  return page.evaluate(`(${text})(${JSON.stringify(given)})`);
}

testInBrowser(
  {
    "a store in memory, by tables and by SQL, its file's bytes, and how it ends": async (t, { blank }) => {
      const page = await blank(t);
      const found = await run(page, async (web) => {
        const db = await web.open(":memory:");
        const people = db.table(web.defineTable("people", { id: "uint32:pk:auto", name: "text:unique" }));
        await db.create(web.defineTable("people", { id: "uint32:pk:auto", name: "text:unique" }));
        await people.insertMany([{ name: "Ada" }, { name: "Grace" }]);
        const failed = await people.insert({ name: "Ada" }).catch((error: unknown) => (error as { code: string }).code);
        await db.transaction(async (inner) => {
          await inner.table("people").insert({ name: "Joan" });
          await inner.sql("UPDATE people SET name = upper(name) WHERE id > 1");
        });
        const statement = await db.prepare("SELECT name FROM people ORDER BY id");
        const names = await statement.all();
        const contents = await db.contents();
        const written = await db.backup("x.db").catch((error: unknown) => (error as { code: string }).code);
        await db.close();
        const closed = await db.sql("SELECT 1").catch((error: unknown) => (error as { code: string }).code);
        const letters = Array.from(new Uint8Array(await contents.arrayBuffer()), (byte) => String.fromCharCode(byte));
        return { failed, names, bytes: btoa(letters.join("")), written, closed, runtime: db.runtime };
      });
      const { bytes, ...others } = found;
      assert.deepEqual(others, {
        failed: "UNIQUE_CONFLICT",
        names: [{ name: "Ada" }, { name: "GRACE" }, { name: "JOAN" }],
        written: "UNSUPPORTED",
        closed: "SESSION_ENDED",
        runtime: "web",
      });
      const path = join(tempFolder(t), "down.db");
      writeFileSync(path, Buffer.from(bytes, "base64"));
      using db = openSync(path, { mustExist: true });
      assert.deepEqual(db.check().faults, []);
      assert.equal(db.table("people").count(), 3);
    },

    "in this thread: bytes, a store in memory, and files of a disk in workers only; old files by the text of their definitions":
      async (t, { blank }) => {
        const page = await blank(t);
        const found = await run(page, async (web) => {
          const bytes = await (await fetch("/blog.db")).arrayBuffer();
          const db = await web.openHere(bytes);
          const posts = db.table("posts").count();
          db.sql("DELETE FROM posts");
          const contents = db.contents();
          db.close();
          const again = await web.openHere(await contents.arrayBuffer(), { readonly: true });
          const left = again.table("posts").count();
          again.close();
          const same = await web.openHere(new Uint8Array(bytes), { readonly: true });
          const before = same.table("posts").count();
          const codeOf = (error: unknown): string => (error as { code: string }).code;
          const refused = [
            await web.openHere(new Blob([bytes])).catch(codeOf),
            await web.openHere("app.db").catch(codeOf),
            await web.open(new Blob(["no page file"]), { readonly: true }).catch(codeOf),
            await web.open(5 as never).catch(codeOf),
            await web.open(":memory:", { module: "/no.wasm" }).catch(codeOf),
            await web.open(":memory:", { runtime: "node" } as never).catch(codeOf),
          ];
          const old = await web.open(new Blob([await (await fetch("/old.db")).arrayBuffer()]), {
            readonly: true,
            schema: await (await fetch("/old.json")).text(),
          });
          const tables = await old.tables();
          await old.close();
          return { posts, left, before, refused, tables: tables.map(({ name, rows }) => `${name} ${rows}`) };
        });
        const { posts, before, tables, ...others } = found;
        assert.equal(posts, before);
        assert.ok(posts > 0);
        assert.deepEqual(others, {
          left: 0,
          refused: ["UNSUPPORTED", "UNSUPPORTED", "NOT_A_PAGE_FILE", "BAD_OPTION", "MODULE_NOT_FOUND", "BAD_OPTION"],
        });
        const rows = JSON.parse(golden("layout-0.6/blog.json").toString()) as Record<string, unknown[]>;
        assert.deepEqual(
          tables.sort(),
          Object.keys(rows)
            .map((name) => `${name} ${rows[name]!.length}`)
            .sort(),
        );
      },

    "what is written over a blob reads as what it would be in memory (2,000 random calls)": async (t, { blank }) => {
      const page = await blank(t);
      const program = `
        import { ChunkedFile } from "${new URL("/build/host/web/chunked-file.js", page.url()).href}";
        let seed = 7;
        const random = (below) => ((seed = (seed * 1103515245 + 12345) % 2147483648), Math.floor((seed / 2147483648) * below));
        const base = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251);
        const file = new ChunkedFile(new Blob([base]));
        let model = base.slice();
        let faults = 0;
        const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
        for (let round = 0; round < 2000; round++) {
          const at = random(400_000);
          const length = random(4) === 0 ? random(150_000) : random(5000);
          if (random(12) === 0) {
            const size = random(400_000);
            const next = new Uint8Array(size);
            next.set(model.subarray(0, size));
            model = next;
            file.truncate(size);
          } else if (random(3) > 0) {
            const into = new Uint8Array(length);
            const count = file.read(into, { at });
            if (!same(into.subarray(0, count), model.subarray(at, at + length))) faults++;
          } else {
            const bytes = Uint8Array.from({ length }, () => random(256));
            if (at + length > model.length) { const next = new Uint8Array(at + length); next.set(model); model = next; }
            model.set(bytes, at);
            file.write(bytes, { at });
          }
          if (file.getSize() !== model.length) faults++;
          if (round % 100 === 0 && !same(new Uint8Array(await file.blob().arrayBuffer()), model)) faults++;
        }
        postMessage(faults);`;
      const faults = await page.evaluate(
        `new Promise((resolve, reject) => {
          const url = URL.createObjectURL(new Blob([${JSON.stringify(program)}], { type: "text/javascript" }));
          const worker = new Worker(url, { type: "module" });
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
        })`,
      );
      assert.equal(faults, 0);
    },

    "a file of two gigabytes is read where it is needed, changed in memory, and given back whole": async (t, { blank }) => {
      const page = await blank(t);
      // As a canister's memory may be, which has nothing behind its pages.
      const path = join(tempFolder(t), "stable_memory.bin");
      writeFileSync(path, BLOG);
      truncateSync(path, 2 ** 31);
      await page.setContent("<input type=file>");
      await page.setInputFiles("input", path);
      const found = await run(page, async (web) => {
        const file = (document.querySelector("input") as { files: File[] } | null)?.files[0] as File;
        const db = await web.open(file);
        const names = (await db.tables()).map(({ name }) => name);
        const [first] = await db.sql`SELECT id, name FROM users ORDER BY id LIMIT 1`;
        await db.sql("UPDATE users SET name = 'someone else' WHERE id = ?", [first?.["id"]]);
        const contents = await db.contents();
        await db.close();
        const again = await web.open(contents, { readonly: true });
        const changed = await again.sql`SELECT name FROM users WHERE id = ${first?.["id"]}`;
        const same = await web.open(file, { readonly: true });
        const before = await same.sql`SELECT name FROM users WHERE id = ${first?.["id"]}`;
        const refused = await same.sql("DELETE FROM users").catch((error: unknown) => (error as { code: string }).code);
        await same.close();
        await again.close();
        return { names, size: file.size, again: contents.size, name: first?.["name"], before, changed, refused, path: db.path };
      });
      const { size, again, name, names, ...others } = found;
      assert.deepEqual(others, {
        before: [{ name }],
        changed: [{ name: "someone else" }],
        refused: "READ_ONLY",
        path: "stable_memory.bin",
      });
      assert.equal(again, size);
      assert.ok(names.includes("posts"));
    },

    "private files last over reloads and ended tabs, and are one session's at a time": async (t, { blank }) => {
      const page = await blank(t);
      await run(page, async (web) => {
        const db = await web.open("app.db");
        await db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
        await db.sql("INSERT INTO t VALUES (1, 'closed')");
        await db.close();
        // Not closed: the tab goes on to another page.
        const again = await web.open("app.db");
        await again.sql("INSERT INTO t VALUES (2, 'committed')");
        await again.sql("BEGIN");
        await again.sql("INSERT INTO t VALUES (3, 'open')");
      });
      const other = await page.context().newPage();
      await other.goto(page.url());
      const locked = await run(other, async (web) =>
        web.open("app.db", { wait: 0 }).then(
          () => "",
          (error: unknown) => (error as Error).message,
        ),
      );
      assert.match(locked, /app\.db is open in another tab or worker/);
      await page.reload();
      const rows = await run(other, async (web) => {
        const db = await web.open("app.db");
        const rows = await db.sql`SELECT id, v FROM t ORDER BY id`;
        const { faults } = await db.check();
        await db.sql("INSERT INTO t VALUES (4, 'not closed')");
        return { rows, faults };
      });
      assert.deepEqual(rows, {
        rows: [
          { id: 1n, v: "closed" },
          { id: 2n, v: "committed" },
        ],
        faults: [],
      });
      await other.close({ runBeforeUnload: false });
      const left = await run(page, async (web) => {
        const db = await web.open("app.db", { readonly: true });
        const rows = (await db.sql("SELECT count(*) FROM t")).rows;
        await db.close();
        const last = await web.open("app.db");
        await last.close();
        const missing = await web
          .open("none.db", { mustExist: true })
          .catch((error: unknown) => (error as { code: string }).code);
        const noFolder = await web.open("no/app.db").catch((error: unknown) => (error as { code: string }).code);
        const names = [];
        for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
        return { rows, missing, noFolder, names: names.sort() };
      });
      assert.deepEqual(left, {
        rows: [["3"]],
        missing: "FILE_NOT_FOUND",
        noFolder: "FOLDER_NOT_FOUND",
        names: ["app.db", "app.db-log"],
      });
    },

    "sessions that follow each other at once, of one worker and of several, wait for each other": async (t, { blank }) => {
      const page = await blank(t);
      const found = await run(page, async (web) => {
        const made = await web.open("turns.db");
        await made.sql("CREATE TABLE t (id INTEGER PRIMARY KEY)");
        await made.close();
        const turns = async (first: number): Promise<void> => {
          for (let id = first; id < first + 6; id++) {
            const db = await web.open("turns.db", { wait: 60 });
            await db.sql("INSERT INTO t VALUES (?)", [id]);
            await db.close();
          }
        };
        await Promise.all([turns(0), turns(100), turns(200)]);
        const last = await web.open("turns.db");
        const { rows } = await last.sql("SELECT count(*), sum(id) FROM t");
        const { faults } = await last.check();
        await last.close();
        return { rows, faults };
      });
      assert.deepEqual(found, { rows: [["18", String(3 * 15 + 6 * 300)]], faults: [] });
    },

    "what takes too long is stopped, and the session goes on; a worker that is ended ends it": async (t, { blank }) => {
      const page = await blank(t);
      const found = await run(page, async (web) => {
        const db = await web.open(":memory:");
        const endless = db.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", [], {
          timeout: 600_000,
        });
        const code = endless.catch((error: unknown) => (error as { code: string }).code);
        await new Promise((resolve) => setTimeout(resolve, 50));
        const stops = db.stop();
        const stopped = await code;
        const { rows } = await db.sql("SELECT 1");
        const last = db.sql("SELECT 1").catch((error: unknown) => (error as { code: string }).code);
        db.kill();
        return { stops, stopped, rows, last: await last };
      });
      assert.deepEqual(found, { stops: true, stopped: "SQL_TIMEOUT", rows: [["1"]], last: "SESSION_ENDED" });
    },
  },
  new Map([
    ["/blog.db", BLOG],
    ["/old.db", golden("layout-0.6/blog.db.gz")],
    ["/old.json", golden("layout-0.6/blog.schema.json")],
  ]),
);
