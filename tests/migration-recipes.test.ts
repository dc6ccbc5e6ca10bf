/** docs/migrations.md: its recipes run, and do what they say. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { defineTable, openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";

const page = readFileSync(join(packageRoot, "docs", "migrations.md"), "utf8").replace(/^ {3}/gmu, "");

/** The page's blocks of a shell with that name, one after the other. */
function scriptOf(name: string): string {
  const blocks = [...page.matchAll(/```sh ?(.*)\n([^]*?)```/gu)].filter(([, label]) => label === name);
  assert.ok(blocks.length > 0, name);
  return blocks.map(([, , text]) => text).join("");
}

const START = scriptOf("");

/** What a script prints in `folder`, where `quire` is the command; each of its lines has to do what it is to do. */
function run(folder: string, script: string): string {
  const command = join(packageRoot, "build", "host", "cli.js");
  const quire = `quire() { "${process.execPath}" "${command}" "$@"; }\n`;
  return execFileSync("bash", ["-eu", "-o", "pipefail", "-c", quire + script], { cwd: folder, encoding: "utf8" });
}

function begun(t: TestContext): string {
  const folder = tempFolder(t);
  mkdirSync(join(folder, "data"));
  run(folder, START);
  return folder;
}

/** What the recipe prints after which line, by what the page says of it. */
const RECIPES: Readonly<Record<string, RegExp>> = {
  rename: /altered users\nfull_name *\n─+\nAda Lovelace\n/u,
  add: /altered users\nyear\n─+\n1815\nNULL\n/u,
  type: /create users id:uint32:pk:auto name:text email:text:unique born:date:null/u,
  required: /users_email_name_unique +users +email, name +yes/u,
  split: /post +label *\n[─ ]+\n *1 +engines\n *1 +maths\n/u,
};

for (const [name, said] of Object.entries(RECIPES)) {
  test(`the recipe "${name}"`, (t) => {
    const folder = begun(t);
    assert.match(run(folder, scriptOf(name)), said);
    using db = openSync(join(folder, "data", "app.db"));
    assert.equal(db.check().errors, 0);
  });
}

test("the recipe of seeing first and taking back", (t) => {
  const folder = begun(t);
  const said = run(folder, scriptOf("undo"));
  assert.match(
    said,
    /column users\.born goes, with its values \(destructive\)\ncolumn users\.year comes: int16, null\n2 changes to make/u,
  );
  assert.match(said, /are equal: 2 tables, 4 rows\n$/u);
});

test("the recipe for a canister", (t) => {
  const folder = begun(t);
  const snapshot = join(folder, "snapshot");
  mkdirSync(snapshot);
  copyFileSync(join(folder, "data", "app.db"), join(snapshot, "stable_memory.bin"));
  {
    // The file that the program compiled anew makes.
    using made = openSync(join(snapshot, "expected.db"));
    made.create("users", ["id:uint32:pk:auto", "full_name:text", "email:text:unique", "born:text:null"]);
    made.create("posts", ["id:uint32:pk:auto", "user:uint32:references=users.id", "title:text", "tags:text:null"]);
  }
  assert.match(run(folder, scriptOf("canister")), /the definitions are equal\n$/u);
  using one = openSync(join(snapshot, "stable_memory.bin"));
  using other = openSync(join(snapshot, "expected.db"));
  assert.equal(one.schema().schemaHash, other.schema().schemaHash);
});

test("the recipe with a function of the program", (t) => {
  const [, text = ""] = /```ts\n([^]*?)```/u.exec(page) ?? [];
  const folder = begun(t);
  const path = join(folder, "data", "app.db");
  const program = join(folder, "program.mjs");
  const packaged = JSON.stringify(join(packageRoot, "build", "host", "index.js"));
  writeFileSync(
    program,
    `import { defineTable, open } from ${packaged};
const posts = defineTable("posts", ${JSON.stringify({ id: "uint32:pk:auto", user: "uint32:references=users.id", title: "text", tags: "text:null" })});
const db = await open(${JSON.stringify(path)});
${text}
await db.close();`,
  );
  execFileSync(process.execPath, [program]);
  using db = openSync(path);
  const users = defineTable("users", { id: "uint32:pk:auto", slug: "text:unique" });
  assert.deepEqual([...db.table(users).scan({ columns: ["slug"] })], [{ slug: "ada-lovelace" }, { slug: "bo" }]);
});
