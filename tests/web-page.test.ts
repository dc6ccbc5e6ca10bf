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
  page.setDefaultTimeout(12_000);
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

/** What TypeScript does not know of elements, in a program of Node. */
interface Attributes {
  getAttribute(name: string): string | null;
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
    const lines = readFileSync(join(folder, "result.csv"), "utf8").split("\n");
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

  "pages as a picture, each decoded; from there to other pages and to the rows, by mouse and by keys": async (t, all) => {
    const page = await start(t, all);
    const path = unpacked(t, "layout-0.9/blog.db.gz");
    await openFile(page, path);
    const json = async (...words: string[]): Promise<Record<string, unknown>> => {
      const { stdout } = await quire(["data/blog.db", ...words, "--json"], { folder: join(path, "..") });
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    await page.locator("nav a", { hasText: "Pages" }).click();
    const toolbar = page.getByRole("toolbar", { name: "Pages" });
    await toolbar.getByRole("button").first().waitFor();
    const { pages } = (await json("map")) as { pages: string };
    assert.equal((await toolbar.getByRole("button").allTextContents()).join(""), pages);
    // A leaf of the primary key, its entries, and the row of one of them.
    await page.getByRole("button", { name: "page 7: index leaf, table users" }).click();
    await page.getByRole("heading", { name: "page 7: index leaf of table users, index id" }).waitFor();
    const leaf = (await json("page", "7")) as { count: number; entries: { key: number; page: number }[] };
    await until(async () => (await cells(page, 2)).length > 5, "entries");
    const keys = await cells(page, 2);
    assert.deepEqual(keys, leaf.entries.map(({ key }) => String(key)).slice(0, keys.length));
    await page.locator('regular-table tbody td[aria-colindex="2"]').nth(4).click();
    await page.getByText("1 of 50 rows", { exact: true }).waitFor();
    assert.deepEqual(await cells(page, 1), [keys[4]]);
    // By keys: from the first cell of the picture to the record page, and to one of its rows.
    await page.goBack();
    await toolbar.getByRole("button").first().waitFor();
    await toolbar.getByRole("button").first().focus();
    const recordPage = leaf.entries[0]?.page ?? 0;
    for (let at = 0; at < recordPage; at++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `page ${recordPage}: record page of table users` }).waitFor();
    const { entries } = (await json("page", String(recordPage))) as {
      entries: { byte: number; row: { id: number; name: string } }[];
    };
    await until(async () => (await cells(page, 4)).includes(entries[2]?.row.name ?? ""), "records");
    await page.locator("regular-table").focus();
    for (const key of ["ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "Enter"]) await page.keyboard.press(key);
    await page.getByText("1 of 50 rows", { exact: true }).waitFor();
    assert.deepEqual(await cells(page, 1), [String(entries[2]?.row.id)]);
    // From the registry to a table's snapshot; bytes in hexadecimal; a page that there is not.
    await page.goBack();
    await page.getByRole("button", { name: "page 0: schema registry" }).click();
    await page.locator("regular-table tbody td.link", { hasText: /^3$/ }).click();
    await page.getByRole("heading", { name: "page 3: schema snapshot of table users" }).waitFor();
    await page.getByLabel("in hexadecimal").check();
    const { hex } = (await json("page", "3", "--hex")) as { hex: string };
    const bytes = (await page.getByLabel("Bytes").textContent()) ?? "";
    assert.equal(bytes.replace(/^[0-9a-f]{4,5} {2}(.{47}).*$/gm, "$1").replace(/\s/g, ""), hex);
    await page.getByLabel("Number of a page").fill("99");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: "there is no page 99; the last one is 18" }).waitFor();
  },

  "pages of a file of crates 0.6, whose definitions were asked for": async (t, all) => {
    const page = await start(t, all);
    await openFile(page, unpacked(t, "layout-0.6/blog.db.gz"));
    await page.getByLabel("Its definitions").fill(readFileSync(join(GOLDEN, "layout-0.6", "blog.schema.json"), "utf8"));
    await page.getByRole("button", { name: "Open with them" }).click();
    await page.locator("nav a", { hasText: "Pages" }).click();
    await page
      .getByRole("button", { name: /record page, table users/ })
      .first()
      .click();
    await page.getByRole("heading", { name: /record page of table users/ }).waitFor();
  },

  "a chart of a result: bars, lines or points, told in words as well, and its columns to be chosen": async (t, all) => {
    const page = await start(t, all);
    await page.getByRole("button", { name: "Look at a sample" }).click();
    await page.locator("nav a", { hasText: "SQL" }).click();
    const run = async (sql: string): Promise<void> => {
      await type(page, sql);
      await page.keyboard.press("Control+Enter");
      await page.getByText(/^\d[\d,]*\+? rows?, /).waitFor();
    };
    await run("VALUES ('a', 3, -1.5), ('b', NULL, 2), ('<i>', 12, 0)");
    await page.getByRole("button", { name: "Chart" }).click();
    const told = (name: RegExp | string) => page.getByRole("img", { name });
    await told(
      "Bars: column2, column3 by column1, 3 rows. column2 from 3 (a) to 12 (<i>); column3 from -1.5 (a) to 2 (b).",
    ).waitFor();
    // Five values are there, each with its words; the tallest bar is of 12, and four times as tall as the one of 3.
    const bars = page.locator(".picture rect");
    assert.deepEqual(await bars.locator("title").allTextContents(), [
      "a: column2 3",
      "<i>: column2 12",
      "a: column3 -1.5",
      "b: column3 2",
      "<i>: column3 0",
    ]);
    const heights = await bars.evaluateAll((found) =>
      found.map((bar) => Number((bar as unknown as Attributes).getAttribute("height"))),
    );
    assert.ok(Math.abs((heights[1] ?? 0) - 4 * (heights[0] ?? 0)) < 0.01, String(heights));
    await page.getByRole("button", { name: "column2" }).click();
    assert.equal(await bars.count(), 3);
    await page.getByLabel("Kind of chart").selectOption("points");
    assert.equal(await page.locator(".picture circle").count(), 3);
    // The choice stays for the next result; times are lines, and two columns of numbers points.
    await run("SELECT date_trunc('month', placed) AS month, sum(total) AS revenue FROM orders GROUP BY 1 ORDER BY 1");
    await told(/^Lines: revenue by month, 36 rows\. revenue from [\d,.]+ \(2023-06-01\) to /).waitFor();
    await run("SELECT weight_g, price FROM products");
    await told(/^Points: price by weight_g, 120 rows\./).waitFor();
    assert.equal(await page.locator(".picture circle").count(), 120);
    // Where there is nothing to be drawn the rows are shown.
    await run("SELECT name, city FROM customers LIMIT 3");
    await page.getByRole("grid", { name: "Result" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Chart" }).isVisible(), false);
  },

  "statements one after the other; what fails stands at its place, and what ran before it stays": async (t, all) => {
    const page = await start(t, all);
    await page.getByRole("button", { name: "begin with an empty one" }).click();
    await page.getByRole("link", { name: "SQL" }).click();
    await type(
      page,
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, '😀;'), (2, 'b'); SELECT v FROM t",
    );
    await page.keyboard.press("Control+Enter");
    await page.getByText(/^2 rows, /).waitFor();
    assert.deepEqual(await cells(page, 1), ["😀;", "b"]);
    await type(page, "DELETE FROM t WHERE v = 'b'; SELECT '😀', nothing FROM t");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("alert").filter({ hasText: "line 1, column 42: there is no column nothing" }).waitFor();
    assert.equal(await page.locator(".cm-lintRange-error").textContent(), "nothing");
    assert.equal(await page.locator("nav li", { hasText: "t" }).first().textContent(), "t1");
  },

  "what is saved as CSV is what the command writes": async (t, all) => {
    const page = await start(t, all);
    const folder = tempFolder(t);
    await page.getByRole("button", { name: "begin with an empty one" }).click();
    await page.getByRole("link", { name: "SQL" }).click();
    const sql = `VALUES ('''quoted''', '#no comment', ''), ('a,b', 'say "hi"', NULL), (' blank ', 'two' || char(10) || 'lines', '-')`;
    await type(page, sql);
    await page.keyboard.press("Control+Enter");
    await page.getByText(/^3 rows, /).waitFor();
    const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV" }).click()]);
    await saved.saveAs(join(folder, "result.csv"));
    writeFileSync(join(folder, "blog.db"), readFileSync(unpacked(t, "layout-0.9/blog.db.gz")));
    const { stdout } = await quire(["data/blog.db", "sql", sql, "--format", "csv"], { folder });
    assert.equal(readFileSync(join(folder, "result.csv"), "utf8"), stdout);
  },

  "another file is compared: tables, definitions and rows that differ, and the way to them": async (t, all) => {
    const page = await start(t, all);
    const path = unpacked(t, "layout-0.9/blog.db.gz");
    const other = `${path}.other.db`;
    writeFileSync(other, readFileSync(path));
    await openFile(page, path);
    await page.locator("nav a", { hasText: "Compare" }).click();
    await page.setInputFiles("#other", other);
    await page.getByText("blog.db.other.db is equal.").waitFor();
    const db = openSync(other);
    const [first, second] = db.sql("SELECT id, age FROM users ORDER BY id LIMIT 2").rows as [[number, number], [number, number]];
    db.exec(
      `UPDATE users SET age = 99 WHERE id = ${first[0]}; DELETE FROM posts; DELETE FROM users WHERE id = ${second[0]};
       CREATE TABLE more (id INTEGER PRIMARY KEY); ALTER TABLE users ADD COLUMN note TEXT`,
    );
    db.close();
    await page.setInputFiles("#other", other);
    await page.getByText("blog.db.other.db differs in 3 tables.").waitFor();
    const of = (name: string) => page.locator(".diff-view section", { has: page.getByRole("heading", { name, exact: true }) });
    await of("more").getByText("only in the other file: 1 column, 0 rows").waitFor();
    await of("posts").getByText("109 rows only here").waitFor();
    const users = of("users");
    assert.deepEqual(await users.locator(".changes li").allTextContents(), ["+ note:text:null"]);
    await users.getByText("1 row only here, 1 row changed").waitFor();
    const changed = users.getByRole("row", { name: /changed/ });
    assert.match((await changed.textContent()) ?? "", new RegExp(`changed${first[0]}age ${first[1]} → 99$`));
    await changed.getByRole("button").click();
    await page.getByText("1 of 50 rows", { exact: true }).waitFor();
    await page.goBack();
    writeFileSync(other, "no page file");
    await page.setInputFiles("#other", other);
    await page.getByRole("alert").filter({ hasText: "OTHER" }).waitFor();
  },

  "what can be reached by keys has a name, in every view; one main part, and nothing is wider than a narrow window": async (
    t,
    all,
  ) => {
    const page = await start(t, all);
    const session = await page.context().newCDPSession(page);
    /** What the browser tells a screen reader can be focused. */
    const expectNames = async (view: string): Promise<void> => {
      const { nodes } = await session.send("Accessibility.getFullAXTree");
      const focusable = nodes.filter(
        ({ ignored, properties = [] }) =>
          !ignored && properties.some(({ name, value }) => name === "focusable" && value.value === true),
      );
      // The document, its main part, and what only scrolls need none.
      const unnamed = ["RootWebArea", "main", "generic"];
      const nameless = focusable.filter(
        ({ name, role }) => !unnamed.includes(String(role?.value)) && String(name?.value ?? "") === "",
      );
      assert.deepEqual(
        nameless.map(({ role }) => String(role?.value)),
        [],
        view,
      );
      assert.ok(focusable.length > 2, view);
      assert.equal(nodes.filter(({ ignored, role }) => !ignored && role?.value === "main").length, 1, view);
      const ids = "[...document.querySelectorAll('[id]')].map(({ id }) => id)";
      assert.equal(await page.evaluate(`${ids}.length - new Set(${ids}).size`), 0, view);
    };
    await expectNames("start");
    await page.getByRole("button", { name: "Look at a sample" }).click();
    await cells(page, 1);
    await page.locator("regular-table td").first().waitFor();
    await expectNames("table");
    await page.locator("nav a", { hasText: "products" }).click();
    await page.locator('regular-table tbody td[aria-colindex="3"]').nth(2).click();
    await page.getByRole("navigation", { name: "References" }).waitFor();
    await expectNames("row");
    await page.setViewportSize({ width: 360, height: 640 });
    const act: Readonly<Record<string, () => Promise<void>>> = {
      SQL: async () => {
        await type(page, "SELECT name, price FROM products LIMIT 3");
        await page.keyboard.press("Control+Enter");
        await page.getByRole("button", { name: "Chart" }).click();
        await page.getByRole("img", { name: /^Bars: price by name/ }).waitFor();
      },
      Schema: () => page.locator(".diagram svg").waitFor(),
      Pages: async () => {
        await page
          .getByRole("button", { name: /record page, table products/ })
          .first()
          .click();
        await page.locator(".decoded td").first().waitFor();
      },
      Check: async () => {
        await page.getByRole("button", { name: "Check", exact: true }).click();
        await page.getByText("The file is whole.").waitFor();
      },
      Compare: async () => {
        await page.setInputFiles("#other", unpacked(t, "layout-0.9/blog.db.gz"));
        await page.locator(".diff-view h2").first().waitFor();
      },
    };
    for (const [view, go] of Object.entries(act)) {
      await page.locator("nav a", { hasText: view }).click();
      await go();
      await expectNames(view);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360, `${view} in a narrow window`);
    }
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
