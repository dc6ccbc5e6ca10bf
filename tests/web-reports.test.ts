/** What other viewers and databases in browsers were reported for, tried here; each test names the reports. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Page } from "playwright-core";
import { openSync } from "../host/index.js";
import { type BrowserTest, testInBrowser } from "./helpers/browser.js";
import { tempFolder } from "./helpers/store.js";

async function openPage(t: TestContext, { origin, blank }: BrowserTest, path: string): Promise<Page> {
  const page = await blank(t);
  page.setDefaultTimeout(12_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("dialog", (dialog) => {
    faults.push(dialog.message());
    void dialog.dismiss();
  });
  t.after(() => assert.deepEqual(faults, []));
  await page.goto(`${origin}/build/web/index.html`);
  await page.setInputFiles("#file", path);
  await page.locator("nav h2").first().waitFor();
  return page;
}

/** The file as it is in the page. */
async function download(page: Page, path: string): Promise<void> {
  const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
  await saved.saveAs(path);
}

const cell = (page: Page, column: number) => page.locator(`regular-table tbody td[aria-colindex="${column}"]`);

testInBrowser({
  // qwtel/sqlite-viewer-vscode#71, pawelsalawa/letos#4331: names that are no words. AlexCovizzi/vscode-sqlite#59: HTML in cells was run.
  // sqlitebrowser/sqlitebrowser#4193, #3895: text with U+001F was taken for no text.
  "names of any characters, HTML in cells, characters that are not printed": async (t, all) => {
    const path = join(tempFolder(t), "names.db");
    const db = openSync(path);
    const html = "<img src=x onerror=\"alert('run')\"><b>bold</b>";
    db.exec(
      `CREATE TABLE "a]b #%?&""c" ("id ]" INTEGER PRIMARY KEY, "x'y ""z""" TEXT);
       CREATE TABLE "<i>t</i>" (id INTEGER PRIMARY KEY, "to" INTEGER REFERENCES "a]b #%?&""c"("id ]"))`,
    );
    db.sql(`INSERT INTO "a]b #%?&""c" VALUES (1, ?), (2, ?)`, [html, "John\x1fMary"]);
    db.sql(`INSERT INTO "<i>t</i>" VALUES (7, 2)`);
    db.close();
    const page = await openPage(t, all, path);
    await page.locator("nav a", { hasText: 'a]b #%?&"c' }).click();
    await page.locator("regular-table thead th", { hasText: 'x\'y "z"' }).click();
    await page.waitForURL(/order=/);
    await cell(page, 2).first().waitFor();
    assert.deepEqual(await cell(page, 2).allTextContents(), [html, "John\x1fMary"].sort());
    await page.locator("nav a", { hasText: "<i>t</i>" }).click();
    await cell(page, 2).first().click();
    await page.getByText("1 of 2 rows", { exact: true }).waitFor();
    await cell(page, 2).first().click();
    await page.getByRole("button", { name: "1 in <i>t</i>.to" }).waitFor();
    await page.locator("nav a", { hasText: "Schema" }).click();
    await page.getByRole("link", { name: "table <i>t</i>" }).waitFor();
  },

  // prisma/studio#1223: decimals lost digits when they were typed; #802, #1241, #1312: keys of 64 bits could not be changed; prisma/orm#3918: numbers
  // in documents lost digits. Line ends of texts were changed by the editor (seen here, with no report).
  "a row that is changed keeps the digits and line ends that were not touched": async (t, all) => {
    const folder = tempFolder(t);
    const path = join(folder, "digits.db");
    const document = '{"r":0.92156863212585449,"n":12345678901234567890,"e":[1.0,1e300]}';
    const db = openSync(path);
    db.create("t", ["id:int64:pk", "price:decimal", "doc:json", "text:text", "on:boolean", "more:json:null"]);
    db.sql("INSERT INTO t VALUES (9007199254740993, 83261.85, ?, ?, true, NULL)", [document, "two\r\nlines\r"]);
    const stored = db.sql("SELECT CAST(doc AS TEXT) FROM t").rows[0]?.[0];
    db.close();
    const page = await openPage(t, all, path);
    await cell(page, 2).first().click();
    const panel = page.getByRole("complementary", { name: "Row" });
    await panel.getByLabel("price").fill("97.43");
    await panel.getByLabel("on boolean").selectOption("false");
    await panel.getByRole("button", { name: "Save" }).click();
    await cell(page, 2)
      .filter({ hasText: /^97\.43$/ })
      .waitFor();
    await download(page, join(folder, "one.db"));
    const read = (name: string): unknown => {
      const changed = openSync(join(folder, name), { readonly: true });
      const [row] = changed.sql(`SELECT id, price, CAST(doc AS TEXT), text, "on" FROM t`).rows;
      changed.close();
      return row;
    };
    assert.deepEqual(read("one.db"), ["9007199254740993", "97.43", stored, "two\r\nlines\r", false]);
    // A document that is changed keeps the digits of its other numbers.
    await cell(page, 2).first().click();
    const text = await panel.getByLabel("doc").inputValue();
    await panel.getByLabel("doc").fill(text.replace('"r":', '"red":'));
    await panel.getByRole("button", { name: "Save" }).click();
    await cell(page, 3).filter({ hasText: "red" }).waitFor();
    await download(page, join(folder, "two.db"));
    assert.deepEqual(read("two.db"), [
      "9007199254740993",
      "97.43",
      String(stored).replace('"r":', '"red":'),
      "two\r\nlines\r",
      false,
    ]);
  },

  // beekeeper-studio/beekeeper-studio#1018: large documents in columns made a table slow; #330: long texts had no place to be read.
  "cells that fill their records are cut where they are read, and whole in the row's panel": async (t, all) => {
    const path = join(tempFolder(t), "huge.db");
    const db = openSync(path);
    db.create("t", ["id:uint32:pk", "text:text", "doc:json"]);
    db.transaction(() => {
      for (let id = 1; id <= 30; id++)
        db.table("t").insert({
          id,
          text: `${id}:${"long ".repeat(6000)}`,
          doc: { list: Array.from({ length: 5000 }, (_, i) => i) },
        });
    });
    db.close();
    const page = await openPage(t, all, path);
    await cell(page, 2).nth(20).waitFor();
    const letters = (await page.locator("regular-table").innerText()).length;
    assert.ok(letters < 30 * 500, `${letters} letters are in the page`);
    await cell(page, 2).nth(20).click();
    const panel = page.getByRole("complementary", { name: "Row" });
    await panel.getByLabel("text").waitFor();
    assert.equal((await panel.getByLabel("text").inputValue()).length, 3 + 30_000);
  },

  // duckdb/duckdb-wasm#1960: what was opened to be read was made. powersync-ja/wa-sqlite#88, #56: handles of an opening that failed stayed open.
  // AllenInstitute/biofile-finder#635: readers could not share. duckdb/duckdb-wasm#2236 (gone after the worker's end) is in web-kills.test.ts, and
  // subframe7536/sqlite-wasm#7 (a tab that closes) in web.test.ts.
  "private files: nothing is made to be read, openings that fail leave nothing open, and readers share": async (t, { blank }) => {
    const page = await blank(t);
    const found = await page.evaluate<unknown>(`(async () => {
      const { open } = await import("/build/host/web/index.js");
      const root = await navigator.storage.getDirectory();
      const names = async () => (await Array.fromAsync(root.keys())).sort();
      const codeOf = (error) => error.code;
      const missing = await open("none.db", { readonly: true }).then(() => "open", codeOf);
      const none = await names();
      const made = await open("app.db");
      await made.sql("CREATE TABLE t (id INTEGER PRIMARY KEY)");
      await made.close();
      const program = "navigator.storage.getDirectory().then(async (root) => {" +
        "const handle = await (await root.getFileHandle('app.db-log')).createSyncAccessHandle(); postMessage(1); onmessage = () => { handle.close(); postMessage(2); }; })";
      const worker = new Worker(URL.createObjectURL(new Blob([program])));
      const told = () => new Promise((resolve) => { worker.onmessage = resolve; });
      await told();
      const locked = await open("app.db", { wait: 0.2 }).then(() => "open", codeOf);
      worker.postMessage(0);
      await told();
      const again = await open("app.db", { wait: 0 }).then((db) => db.close().then(() => "open"), codeOf);
      const readers = [await open("app.db", { readonly: true, wait: 0 }), await open("app.db", { readonly: true, wait: 0 })];
      const rows = [];
      for (const reader of readers) rows.push((await reader.sql("SELECT count(*) FROM t")).rows[0][0]);
      for (const reader of readers) await reader.close();
      return { missing, none, locked, again, rows, names: await names() };
    })()`);
    assert.deepEqual(found, {
      missing: "FILE_NOT_FOUND",
      none: [],
      locked: "LOCKED",
      again: "open",
      rows: ["0", "0"],
      names: ["app.db", "app.db-log"],
    });
  },
});
