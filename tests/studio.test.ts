/** `quire FILE studio`: the page over a file of this machine, and who may not have it. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { testInBrowser } from "./helpers/browser.js";
import { tempFolder } from "./helpers/store.js";

const CLI = join(packageRoot, "build", "host", "cli.js");
const BLOG = gunzipSync(readFileSync(join(packageRoot, "tests", "golden", "layout-0.9", "blog.db.gz")));

interface Running {
  readonly child: ChildProcess;
  readonly address: URL;
  readonly path: string;
}

/** The command, when it has said where the page is. */
async function studio(t: TestContext, ...words: readonly string[]): Promise<Running> {
  const path = join(tempFolder(t), 'a "b" & <c>.db');
  writeFileSync(path, BLOG);
  const child = spawn(process.execPath, [CLI, path, "studio", ...words], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  let said = "";
  child.stdout.setEncoding("utf8");
  for await (const part of child.stdout as AsyncIterable<string>) {
    said += part;
    const address = /http:\S+/.exec(said)?.[0];
    if (address !== undefined && said.includes("Ctrl-C")) return { child, address: new URL(address), path };
  }
  throw new Error(`it ended: ${said}`);
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What the server answers. */
function ask(
  { address }: Running,
  path: string,
  { method = "GET", headers = {}, body }: Asked = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: address.port, path, method, headers }, (response) => {
      let text = "";
      response.setEncoding("latin1");
      response.on("data", (part: string) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

test("nothing but the page and its file is served, to nobody who does not know the address", async (t) => {
  const running = await studio(t);
  const { address, child, path } = running;
  const at = (name: string): string => address.pathname + name;
  assert.equal(address.hostname, "127.0.0.1");
  assert.match(address.pathname, /^\/[0-9a-f]{32}\/$/);
  const page = await ask(running, at(""));
  assert.equal(page.status, 200);
  assert.match(page.text, /<html data-session="&quot;a \\&quot;b\\&quot; &amp; &lt;c>\.db&quot;" lang="en">/);
  for (const name of ["main.js", "style.css"]) assert.equal((await ask(running, at(name))).status, 200, name);
  const tables = await ask(running, at("request"), { method: "POST", body: '{"op":"tables"}' });
  assert.deepEqual(JSON.parse(tables.text), {
    ok: {
      tables: [
        { name: "posts", rows: 109 },
        { name: "users", rows: 50 },
      ],
    },
  });

  const refused: [string, string, Asked, number][] = [
    ["no token", "/", {}, 404],
    ["another token", `/${"0".repeat(32)}/`, {}, 404],
    ["a shorter one", `/${address.pathname.slice(1, 20)}/`, {}, 404],
    ["another file of the page's folder", at("sample.db"), {}, 404],
    ["a file above", at("../package.json"), {}, 404],
    ["a file above, hidden", at("%2e%2e%2f%2e%2e%2fpackage.json"), {}, 404],
    ["a way through it", at("x/../main.js"), {}, 404],
    ["the address without its end", address.pathname.slice(0, -1), {}, 404],
    ["another host's name", at(""), { headers: { host: `evil.example:${address.port}` } }, 403],
    ["another port's", at(""), { headers: { host: "127.0.0.1:1" } }, 403],
    [
      "a page of another site",
      at("request"),
      { method: "POST", headers: { origin: "http://evil.example" }, body: '{"op":"tables"}' },
      403,
    ],
    ["a page of no site", at("request"), { method: "POST", headers: { origin: "null" }, body: '{"op":"tables"}' }, 403],
    ["a request by GET", at("request"), {}, 404],
    ["a page by POST", at(""), { method: "POST" }, 405],
    ["a preflight", at("request"), { method: "OPTIONS", headers: { origin: "http://evil.example" } }, 403],
  ];
  for (const [name, to, asked, status] of refused) assert.equal((await ask(running, to, asked)).status, status, name);

  const errors: [string, RegExp][] = [
    ['{"op":"sql","sql":"DELETE FROM posts"}', /"code":"READ_ONLY"/],
    ['{"op":"backup","path":"copy.db"}', /"code":"UNSUPPORTED"/],
    ['{"op" : "backup","path":"copy.db"}', /"code":"UNSUPPORTED"/],
    ['{"\\u006fp":"backup","path":"copy.db"}', /"code":"UNSUPPORTED"/],
    ["no JSON", /"code":"BAD_REQUEST"/],
  ];
  for (const [body, expected] of errors)
    assert.match((await ask(running, at("request"), { method: "POST", body })).text, expected);
  const command = (words: unknown): ReturnType<typeof ask> =>
    ask(running, at("command"), { method: "POST", body: JSON.stringify(words) });
  assert.match((await command(["map"])).text, /"status":0,"stdout":" 0 /);
  assert.match((await command(["page", "7"])).text, /index leaf of table users/);
  const notes = [
    ["repair", "x.db"],
    ["repair"],
    ["diff", "/etc/passwd", "--limit", "1"],
    ["diff", "OTHER"],
    ["repair", "OUT", "--json"],
  ];
  for (const words of [...notes, ["page", "7", "--schema", "/etc/passwd"], ["sql", "SELECT 1"], [["map"]], "map", null])
    assert.equal((await command(words)).status, 403, JSON.stringify(words));
  const contents = await ask(running, at("contents"));
  assert.equal(Buffer.compare(Buffer.from(contents.text, "latin1"), BLOG), 0);
  // Files beside the open one are the server's own, and go with it.
  assert.equal((await ask(running, at("made"))).status, 404);
  assert.equal((await ask(running, at("other"), { method: "POST", body: "no page file" })).status, 200);
  assert.match((await command(["diff", "OTHER", "--limit", "5", "--json"])).text, /NOT_A_PAGE_FILE[^]*OTHER/);
  assert.match((await command(["repair", "OUT"])).text, /"stdout":"OUT: 2 tables with 159 rows saved[^]*"hasMade":true/);
  const made = join(tempFolder(t), "made.db");
  writeFileSync(made, Buffer.from((await ask(running, at("made"))).text, "latin1"));
  const repaired = openSync(made, { readonly: true });
  assert.deepEqual(repaired.check().faults, []);
  repaired.close();
  const owned = readdirSync(tmpdir()).filter((name) => name.startsWith("quire-studio-"));
  assert.ok(owned.length > 0);
  assert.equal(Buffer.compare(readFileSync(path), BLOG), 0);

  child.kill("SIGINT");
  const [status, signal] = (await once(child, "close")) as [number | null, string | null];
  assert.ok(status === 130 || signal === "SIGINT", `${status} ${signal}`);
  const left = readdirSync(tmpdir()).filter((name) => owned.includes(name));
  assert.equal(left.length, owned.length - 1, "its files are gone");
});

test("with --write rows are changed, and are in the file when it ends; while it runs the file is locked", async (t) => {
  const running = await studio(t, "--write");
  const { address, child, path } = running;
  const body = '{"op":"sql","sql":"UPDATE users SET age = 99 WHERE id = 1"}';
  const changed = await ask(running, `${address.pathname}request`, { method: "POST", body });
  assert.equal((JSON.parse(changed.text) as { ok: { changes: number } }).ok.changes, 1);
  assert.throws(() => openSync(path, { wait: 0 }), { code: "LOCKED" });
  const contents = await ask(running, `${address.pathname}contents`);
  writeFileSync(`${path}.copy`, Buffer.from(contents.text, "latin1"));
  child.kill("SIGTERM");
  await once(child, "close");
  for (const file of [path, `${path}.copy`]) {
    const db = openSync(file, { readonly: true });
    assert.equal(db.sql("SELECT age FROM users WHERE id = 1").rows[0]?.[0], 99);
    db.close();
  }
});

test("what it can't do is said before it begins", (t) => {
  const path = join(tempFolder(t), "app.db");
  const run = (...words: string[]): string => spawnSync(process.execPath, [CLI, ...words], { encoding: "utf8" }).stderr;
  assert.match(run(path, "studio"), /^quire: FILE_NOT_FOUND: /);
  assert.match(run(path, "studio", "--port", "x"), /^quire: USAGE: --port is a number up to 65535, not "x"/);
  assert.match(run(path, "studio", "more"), /^quire: USAGE: studio takes no "more"/);
  assert.match(spawnSync(process.execPath, [CLI, path, "studio", "--help"], { encoding: "utf8" }).stdout, /^quire FILE studio /);
});

testInBrowser({
  "in a browser: rows, SQL that is stopped, changes that are in the file, and what is said when the server is gone": async (
    t,
    { browser },
  ) => {
    const { address, child, path } = await studio(t, "--write");
    const page = await browser.newPage();
    t.after(() => page.close());
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("ERR_CONNECTION")) faults.push(message.text());
    });
    await page.goto(address.href);
    await page.locator("nav a", { hasText: "users" }).click();
    await page.locator('regular-table tbody td[aria-colindex="2"]').first().click();
    const panel = page.getByRole("complementary", { name: "Row" });
    await panel.getByLabel("name").fill("Ada");
    await panel.getByRole("button", { name: "Save" }).click();
    await page.locator("regular-table td", { hasText: /^Ada$/ }).waitFor();
    // The file as it is now beside what it was, and saved anew, while it is open for writing.
    writeFileSync(`${path}.before`, BLOG);
    await page.locator("nav a", { hasText: "Compare" }).click();
    await page.setInputFiles("#other", `${path}.before`);
    await page.getByText("differs in 1 table.").waitFor();
    await page.getByText("1 row changed").waitFor();
    await page.locator("nav a", { hasText: "Check" }).click();
    await page.getByRole("button", { name: "Repair" }).click();
    const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /^Download / }).click()]);
    await saved.saveAs(`${path}.repaired`);
    const repaired = openSync(`${path}.repaired`, { readonly: true });
    assert.equal(Number(repaired.sql("SELECT count(*) FROM users WHERE name = 'Ada'").rows[0]?.[0]), 1);
    assert.deepEqual(repaired.check().faults, []);
    repaired.close();
    await page.locator("nav a", { hasText: "SQL" }).click();
    await page.getByRole("textbox", { name: "SQL" }).click();
    await page.keyboard.press("Control+A");
    await page.keyboard.type("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("alert").filter({ hasText: /time/ }).waitFor();
    child.kill("SIGINT");
    await once(child, "close");
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("alert").filter({ hasText: "the server of this page is gone" }).waitFor();
    assert.deepEqual(faults, []);
    const db = openSync(path, { readonly: true });
    assert.equal(Number(db.sql("SELECT count(*) FROM users WHERE name = 'Ada'").rows[0]?.[0]), 1);
    db.close();
  },
});
