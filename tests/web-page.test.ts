/** The page of web/ in a real browser, used as a person does: by what is written on it. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { type BrowserTest, testInBrowser } from "./helpers/browser.js";
import { quire, tempFolder } from "./helpers/store.js";

const GOLDEN = join(packageRoot, "tests", "golden");
const LAYOUTS = ["layout-0.6", "layout-0.8", "layout-0.9", "layout-0.11"];

/** The page, just loaded. Errors of its own fail the test. */
async function start(t: TestContext, { origin, blank }: BrowserTest): Promise<Page> {
  const page = await blank(t);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.stack ?? error.message));
  t.after(() => assert.deepEqual(faults, []));
  await page.goto(`${origin}/build/web/index.html`);
  return page;
}

async function openFile(page: Page, path: string): Promise<void> {
  await page.setInputFiles("#file", path);
}

/** A golden file's bytes, in a file of its own. */
function unpacked(t: TestContext, name: string): string {
  const path = join(tempFolder(t), name.replace(/^.*\//, "").replace(/\.gz$/, ""));
  writeFileSync(path, gunzipSync(readFileSync(join(GOLDEN, name))));
  return path;
}

/** The texts of the cells that are there of the column, from the top. */
async function cells(page: Page, column: number): Promise<string[]> {
  return page.locator(`regular-table tbody td[aria-colindex="${column}"]`).allTextContents();
}

/** Waits until `what` says yes. */
async function until(what: () => Promise<boolean>, name: string): Promise<void> {
  for (let tries = 0; !(await what()); tries++) {
    assert.ok(tries < 200, name);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Puts SQL into the editor in the place of what is there, and closes what completion offers. */
async function type(page: Page, sql: string): Promise<void> {
  await page.getByRole("textbox", { name: "SQL" }).click();
  await page.keyboard.press("Control+A");
  await page.keyboard.type(sql);
  await page.keyboard.press("Escape");
}

testInBrowser({
  "each golden file of all layouts: its tables with their rows, as the library counts them": async (t, all) => {
    const page = await start(t, all);
    let opened = 0;
    for (const layout of LAYOUTS) {
      const names = readdirSync(join(GOLDEN, layout));
      for (const name of names.filter((name) => name.endsWith(".db.gz"))) {
        const path = unpacked(t, `${layout}/${name}`);
        const schema = join(GOLDEN, layout, name.replace(".db.gz", ".schema.json"));
        const isOld = names.includes(name.replace(".db.gz", ".schema.json"));
        if (!isOld && ["layout-0.6", "layout-0.8"].includes(layout)) continue;
        const text = isOld ? readFileSync(schema, "utf8") : "";
        writeFileSync(`${path}.json`, text);
        const db = openSync(path, { readonly: true, ...(isOld ? { schema: `${path}.json` } : {}) });
        const expected = db.tables().map(({ name, rows }) => `${name}${rows.toLocaleString("en")}`);
        db.close();
        await page.reload();
        await openFile(page, path);
        if (isOld) {
          await page.getByLabel("Its definitions").fill(text);
          await page.getByRole("button", { name: "Open with them" }).click();
        }
        await page
          .locator("nav h2")
          .first()
          .waitFor({ timeout: 5000 })
          .catch(async () => assert.fail(`${layout}/${name}: ${await page.locator("body").innerText()}`));
        assert.deepEqual(await page.locator("nav ul").first().locator("li").allTextContents(), expected, `${layout}/${name}`);
        opened++;
      }
    }
    assert.ok(opened > 15, String(opened));
  },

  "rows are sorted, filtered, followed to those that they refer to and back, by mouse and by keys": async (t, all) => {
    const page = await start(t, all);
    await openFile(page, unpacked(t, "layout-0.9/blog.db.gz"));
    const links = page.locator("nav a");
    await links.filter({ hasText: "posts" }).click();
    await page.locator("regular-table thead th", { hasText: "author" }).click();
    await page.waitForURL(/order=author/);
    await until(async () => (await cells(page, 3)).length > 3, "rows");
    const authors = (await cells(page, 3)).map(Number);
    assert.deepEqual(
      authors,
      [...authors].sort((a, b) => a - b),
    );
    await page.locator('regular-table tbody td[aria-colindex="3"]').first().click();
    await page.getByText("1 of 50 rows", { exact: true }).waitFor();
    assert.match(decodeURIComponent(page.url()), /#table\/users\?where="id"\+=\+/);
    const [id] = await cells(page, 1);
    assert.equal(id, String(authors[0]));
    await page.locator('regular-table tbody td[aria-colindex="2"]').first().click();
    await page.getByRole("button", { name: /in posts\.author/ }).click();
    await until(async () => (await cells(page, 3)).every((author) => author === id), "its posts");
    // By keys: the filter, then the rows.
    await page.getByLabel("Filter").fill("title LIKE 'post 1%' AND nonsense");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: "there is no column nonsense" }).waitFor();
    await page.getByLabel("Filter").fill("title LIKE 'post 1%'");
    await page.keyboard.press("Enter");
    const db = openSync(unpacked(t, "layout-0.9/blog.db.gz"), { readonly: true });
    const { rows } = db.sql("SELECT count(*) FROM posts WHERE title LIKE 'post 1%'");
    db.close();
    await page.getByText(`${String(rows[0]?.[0])} of 109 rows`).waitFor();
    await page.locator("regular-table").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("End");
    await page.getByText(/^published: (?:true|false), row 2$/).waitFor({ state: "attached" });
    await page.keyboard.press("Enter");
    await page.getByRole("complementary", { name: "Row" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("complementary", { name: "Row" }).waitFor({ state: "hidden" });
  },

  "a million rows scroll to their end": async (t, all) => {
    const page = await start(t, all);
    await page.getByRole("button", { name: "begin with an empty one" }).click();
    await page.getByRole("link", { name: "SQL" }).click();
    await type(page, "CREATE TABLE big (id INTEGER PRIMARY KEY, half TEXT)");
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByText("0 rows changed").waitFor();
    await type(page, "INSERT INTO big SELECT value, 'half ' || (value / 2) FROM generate_series(1, 1000000)");
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByText("1,000,000 rows changed").waitFor({ timeout: 120_000 });
    await page.locator("nav a", { hasText: "big" }).click();
    await page.getByText("1,000,000 rows").waitFor();
    await until(async () => (await cells(page, 1)).includes("1"), "the first rows");
    await page.locator("regular-table").focus();
    await page.keyboard.press("Control+End");
    await until(async () => (await cells(page, 2)).includes("half 500000"), "the last row");
    const rows = await page.locator("regular-table tbody tr").count();
    assert.ok(rows < 100, `${rows} rows are in the page`);
  },

  "SQL: errors stand at their place, a plan is a picture, results go on and are saved, changes are downloaded": async (
    t,
    all,
  ) => {
    const page = await start(t, all);
    const folder = tempFolder(t);
    await openFile(page, unpacked(t, "layout-0.9/blog.db.gz"));
    await page.locator("nav a", { hasText: "SQL" }).click();
    await type(page, "SELECT nam FROM users");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("alert").filter({ hasText: "line 1, column 8: there is no column nam; did you mean name?" }).waitFor();
    assert.equal(await page.locator(".cm-lintRange-error").textContent(), "nam");
    await type(page, "SELECT u.name, count(*) FROM users u JOIN posts p ON p.author = u.id GROUP BY u.name");
    await page.getByRole("button", { name: "Explain" }).click();
    await page.locator(".plan .step", { hasText: "scan of posts" }).waitFor();
    await type(page, "SELECT value AS n, NULL AS nothing, 'a,\"b\"' AS quotes FROM generate_series(1, 2500)");
    await page.keyboard.press("Control+Enter");
    await page.getByText(/^1,000\+ rows, /).waitFor();
    const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV" }).click()]);
    await saved.saveAs(join(folder, "result.csv"));
    const lines = readFileSync(join(folder, "result.csv"), "utf8").split("\r\n");
    assert.equal(lines.length, 2502);
    assert.deepEqual([lines[0], lines[2500]], ["n,nothing,quotes", '2500,,"a,""b"""']);

    await page.locator("nav a", { hasText: "users" }).click();
    await page.locator('regular-table tbody td[aria-colindex="2"]').first().click();
    const panel = page.getByRole("complementary", { name: "Row" });
    await panel.getByLabel("age").fill("not a number");
    await panel.getByRole("button", { name: "Save" }).click();
    await panel.getByRole("alert").filter({ hasText: "no whole number" }).waitFor();
    await panel.getByLabel("age").fill("99");
    await panel.getByLabel("name").fill("Ada");
    await panel.getByRole("button", { name: "Save" }).click();
    await until(async () => (await cells(page, 2)).includes("Ada"), "changed");
    await page.getByText("changed, in this page only").waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
    assert.equal(download.suggestedFilename(), "blog.db");
    const path = join(folder, "changed.db");
    await download.saveAs(path);
    const check = await quire(["data/changed.db", "check"], { folder });
    assert.equal(check.status, 0, check.stdout);
    const row = await quire(["data/changed.db", "SELECT name, age FROM users WHERE name = 'Ada'", "--format", "csv"], { folder });
    assert.equal(row.stdout, "name,age\nAda,99\n");
  },

  "pages as a picture, each decoded": async (t, all) => {
    const page = await start(t, all);
    const path = unpacked(t, "layout-0.9/blog.db.gz");
    await openFile(page, path);
    await page.locator("nav a", { hasText: "Pages" }).click();
    await page.locator(".page-map .cell").first().waitFor();
    assert.equal(await page.locator(".page-map .cell").count(), 19);
    await page.getByRole("button", { name: "page 7: index leaf, table users" }).click();
    const text = page.locator(".pages-view pre");
    await text.filter({ hasText: "page 7: index leaf of table users, index id" }).waitFor();
    const { stdout } = await quire(["data/blog.db", "page", "7"], { folder: join(path, "..") });
    assert.equal(await text.textContent(), stdout);
    await page.getByLabel("Number of a page").fill("99");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: "99" }).waitFor();
  },

  "a damaged file's faults are listed; what is none is said; a narrow window has all that a wide one has": async (t, all) => {
    const page = await start(t, all);
    await page.setViewportSize({ width: 390, height: 800 });
    const path = unpacked(t, "layout-0.9/blog.db.gz");
    writeFileSync(join(path, "..", "none.db"), "no page file");
    await openFile(page, join(path, "..", "none.db"));
    await page.getByRole("alert").filter({ hasText: "none.db" }).waitFor();
    const bytes = readFileSync(path);
    // The head of a leaf, by which rows are counted, and some of its entries.
    bytes.fill(0xff, 7 * 65536, 7 * 65536 + 400);
    writeFileSync(path, bytes);
    await openFile(page, path);
    await page.getByText("damaged: page 7").waitFor();
    await page.locator("nav a", { hasText: "Check" }).click();
    await page.getByRole("button", { name: "Check" }).click();
    await page.getByText(/^\d+ errors?, /).waitFor();
    const { faults } = ((db) => {
      const found = db.check();
      db.close();
      return found;
    })(openSync(path, { readonly: true }));
    assert.ok(faults.length > 0);
    assert.equal(await page.locator("table.faults tbody tr").count(), faults.length);
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page
        .getByRole("button", { name: "Repair" })
        .click()
        .then(() => page.getByRole("button", { name: "Download blog.repaired.db" }).click()),
    ]);
    await saved.saveAs(`${path}.repaired`);
    const repaired = openSync(`${path}.repaired`, { readonly: true });
    assert.deepEqual(repaired.check().faults, []);
    assert.equal(repaired.table("users").count(), 50);
    repaired.close();
    const width = await page.evaluate("document.documentElement.scrollWidth");
    assert.equal(width, 390, "nothing is wider than the window");
  },
});
