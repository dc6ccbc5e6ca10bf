/** Names, values and paths are data: whatever characters they have, a terminal gets none that it would act upon, reorder or hide. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { packageRoot } from "../host/paths.js";
import { printable } from "../host/cli/printable.js";
import { Sandbox, type SandboxResult } from "./helpers/sandbox.js";
import { openStore, quire, tempFolder } from "./helpers/store.js";

function range(first: number, last: number): string {
  return String.fromCodePoint(...Array.from({ length: last - first + 1 }, (_, at) => first + at));
}

/** What no terminal may get, in sets that fit a name of 255 bytes. U+0000 can't be in an argument: it has a test of its own. */
const SETS = {
  c0: range(1, 0x1f) + "\x7f",
  c1: range(0x80, 0x9f),
  order: "\u061c\u200e\u200f" + range(0x202a, 0x202e) + range(0x2066, 0x2069),
  unseen: "\xad\u180e" + range(0x200b, 0x200d) + "\u2028\u2029" + range(0x2060, 0x2064) + "\ufeff\ufff9\u{e0001}\u{e0041}",
};
const HIDDEN = new Set(["\0", ...Object.values(SETS).flatMap((set) => Array.from(set))]);

/** Fails when a terminal would get a hidden character of `text`, but for the line breaks and colours that are the program's own. */
function assertPrintable(text: string, where: string): void {
  // eslint-disable-next-line no-control-regex
  const own = text.replaceAll("\n", "").replace(/\x1b\[[\d;]*m/g, "");
  const hidden = Array.from(own)
    .filter((character) => HIDDEN.has(character))
    .map((character) => printable(character));
  assert.deepEqual(hidden, [], `${where} shows these as they are:\n${JSON.stringify(text.slice(0, 3000))}`);
}

interface Names {
  readonly file: string;
  readonly other: string;
  /** A file name that is still free. */
  readonly fresh: () => string;
  readonly table: string;
  readonly child: string;
  readonly key: string;
  readonly column: string;
  readonly value: string;
  /** What no table, column or file is called. */
  readonly none: string;
  /** Files in `data`: CSV with the table's columns, one with a bad row, and a dump. */
  readonly csv: string;
  readonly bad: string;
  readonly dump: string;
  readonly definitions: string;
}

/** A name as SQL has it. */
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Command lines for every command, those that fail among them, without FILE. A command that is not here fails the test. */
const lines: Record<string, (n: Names) => string[][]> = {
  create: (n) => [
    ["create", n.value, `${n.key}:text:pk`, `${n.column}:custom(${n.value})`, `d:text:default=${n.value}`],
    ["create", n.table, "k:uint8:pk"],
    ["create", `x${n.none}`, `${n.key}:text:pk`, `${n.key}:text`],
    ["create", `x${n.none}`, `${n.key}:${n.none}`],
    ["create", `x${n.none}`, `${n.key}:text:pk:${n.none}`],
    ["create", `x${n.none}`, n.key],
    ["create", `x${n.none}`, `${n.key}:uint8:pk:default=${n.none}`],
    ["create", `x${n.none}`, `${n.key}:text:pk:references=${n.none}.${n.none}`],
    ["create", `x${n.none}`, `${n.key}:text:pk`, "--alignment", n.none],
  ],
  drop: (n) => [["drop", n.none], ["drop", n.table], ["drop", n.child], ["drop"], ["drop", n.child, n.none]],
  tables: () => [["tables"]],
  schema: (n) => [["schema"], ["schema", n.table], ["schema", n.none]],
  import: (n) => [
    ["import", n.child, n.csv],
    ["import", n.table, n.bad],
    ["import", n.table, n.bad, "--skip-bad", "--progress"],
    ["import", n.table, n.none],
    ["import", n.none, n.csv],
    ["import", `new${n.value}`, n.csv, "--create"],
    ["import", `new${n.value}2`, n.csv, "--create", "--key", n.none],
    ["import", n.table, n.csv, "--format", n.none],
    ["import", n.table, n.csv, "--batch", n.none],
  ],
  export: (n) => [
    ["export", n.table],
    ["export", n.table, "--format", "markdown"],
    ["export", n.table, "--format", "line"],
    ["export", n.table, "--format", n.none],
    ["export", n.table, "--columns", n.none],
  ],
  dump: (n) => [["dump", n.none]],
  load: (n) => [
    ["load", n.dump],
    ["load", n.csv],
    ["load", n.none],
  ],
  alter: (n) => [
    ["alter", n.table, "add", `${n.value}:text:null`],
    ["alter", n.table, "add", `${n.none}:custom(3):null`],
    ["alter", n.table, "set", `${n.none}:text`],
    ["alter", n.table, "drop", n.none],
    ["alter", n.table, n.none, n.none],
    ["alter", n.table, "rename", n.none, n.value],
    ["alter", n.child, "rename", `${n.child}2`],
    ["alter", n.none, "drop", n.none],
    ["alter", n.table, "set", `${n.column}:text`, "--using", n.value],
  ],
  index: (n) => [
    ["index", "list"],
    ["index", "list", n.none],
    ["index", "create", n.table, n.column],
    ["index", "create", n.table, n.none],
    ["index", "create", n.none, n.none],
    ["index", "create", n.table, n.column, "--name", n.value],
    ["index", "drop", n.none],
    ["index", n.none],
  ],
  migrate: (n) => [
    ["migrate", n.definitions, "--dry-run"],
    ["migrate", n.definitions, `${n.child}=${n.none}`, "--dry-run"],
    ["migrate", n.definitions, `${n.none}=${n.child}`],
    ["migrate", n.none],
    ["migrate", n.csv],
    ["migrate", n.definitions, `${n.child}.${n.column}:=${n.value}`],
  ],
  insert: (n) => [
    ["insert", n.table, JSON.stringify({ [n.key]: `${n.value}2`, [n.column]: n.value })],
    ["insert", n.table, JSON.stringify({ [n.key]: n.value })],
    ["insert", n.table, JSON.stringify({ [n.key]: 5 })],
    ["insert", n.table, JSON.stringify({ [n.none]: n.value })],
    ["insert", n.table, `{"${n.none}`],
    ["insert", n.child, JSON.stringify({ k: 77, parent: n.none })],
  ],
  update: (n) => [
    ["update", n.table, n.value, JSON.stringify({ [n.column]: `${n.value}3` })],
    ["update", n.table, n.none, JSON.stringify({ [n.column]: "1" })],
    ["update", n.table, n.value, JSON.stringify({ [n.none]: 1 })],
  ],
  delete: (n) => [
    ["delete", n.table, n.value, "--restrict"],
    ["delete", n.table, n.none],
    ["delete", n.none, n.none],
  ],
  get: (n) => [
    ["get", n.table, n.value],
    ["get", n.table, n.value, n.value],
    ["get", n.table, n.none],
    ["get", n.table, n.value, "--index", n.none],
    ["get", n.table, n.value, "--columns", n.none],
  ],
  scan: (n) => [
    ["scan", n.table],
    ["scan", n.table, "--from", n.value],
    ["scan", n.table, "--index", n.none],
    ["scan", n.table, "--limit", n.none],
    ["scan", n.child, "--eq", n.none],
    ["scan", n.table, `--${n.none}`],
  ],
  sql: (n) => [
    ["sql", `SELECT * FROM ${quoted(n.table)}`],
    ["sql", `SELECT ${quoted(n.key)} AS ${quoted(n.none)}, count(*) FROM ${quoted(n.table)} GROUP BY 1`, "--format", "line"],
    ["sql", `SELECT * FROM ${quoted(n.none)}`],
    ["sql", `SELECT ${quoted(n.none)} FROM ${quoted(n.table)}`],
    ["sql", `SELECT ${n.none}`],
    ["sql", n.none],
    ["sql", `UPDATE ${quoted(n.table)} SET ${quoted(n.column)} = ? WHERE ${quoted(n.key)} = ?`, n.none, n.none],
    ["sql", "SELECT CAST(? AS date)", n.none],
    ["sql", "SELECT 1", "--format", n.none],
  ],
  info: () => [["info"]],
  stats: (n) => [["stats"], ["stats", n.none]],
  map: () => [["map"]],
  page: (n) => [...Array.from({ length: 20 }, (_, at) => ["page", String(at)]), ["page", n.none], ["page", "5", "--hex"]],
  check: () => [["check"], ["check", "--quick"]],
  hash: (n) => [["hash"], ["hash", n.table], ["hash", n.none]],
  diff: (n) => [
    ["diff", n.other],
    ["diff", n.file],
    ["diff", n.none],
  ],
  backup: (n) => [
    ["backup", n.fresh()],
    ["backup", n.other],
  ],
  compact: (n) => [["compact", n.fresh()], ["compact", n.other], ["compact"]],
  convert: (n) => [
    ["convert", n.fresh(), "--layout", "0.11"],
    ["convert", n.fresh(), "--layout", "0.11", "--acl", n.fresh()],
    ["convert", n.fresh(), "--layout", n.none],
  ],
  recover: () => [["recover"], ["recover", "--force"]],
  repair: (n) => [
    ["repair", n.fresh()],
    ["repair", n.fresh(), "--schema", n.definitions],
    ["repair", n.fresh(), "--schema", n.csv],
    ["repair", n.other],
  ],
  acl: (n) => [
    ["acl", "grant", `text:${n.value}`, `${n.table}:read`],
    ["acl", "list"],
    ["acl", "revoke", `text:${n.value}`, `${n.none}:read`],
    ["acl", "grant", n.none, n.none],
    ["acl", "remove", `text:${n.none}`],
    ["acl", n.none],
  ],
  serve: (n) => [["serve", "--layout", n.none]],
  help: (n) => [["help", n.none], [n.none]],
};

interface Folder {
  readonly names: Names;
  /** Runs the module with these words. */
  readonly run: (words: readonly string[]) => Promise<SandboxResult>;
  /** The host path of a name that the module knows. */
  readonly on: (name: string) => string;
}

/** A folder with a file that has hidden characters everywhere, and what the command lines refer to. */
async function makeFolder(t: TestContext, set: string): Promise<Folder> {
  const sandbox = new Sandbox();
  t.after(() => sandbox.close());
  const on = (name: string) => sandbox.path(name.slice("data/".length));
  const run = (words: readonly string[]) => sandbox.run({ args: words, keep: true });
  const path = (word: string) => `data/${word}${set}`;
  let count = 0;
  const names: Names = {
    file: path("file"),
    other: path("other"),
    fresh: () => path(`fresh${count++}`),
    table: `table${set}`,
    child: `child${set}`,
    key: `key${set}`,
    column: `column${set}`,
    value: `value${set}`,
    none: `none${set}`,
    csv: path("csv") + ".csv",
    bad: path("bad") + ".csv",
    dump: path("dump") + ".ndjson",
    definitions: path("definitions"),
  };
  const ok = async (words: string[]) => {
    const { status, stdout, stderr } = await run(words);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const { file, table, child, key, column, value } = names;
  await ok([file, "create", table, `${key}:text:pk`, `${column}:text:null:unique:default=${value}`, "j:json:null"]);
  await ok([file, "create", child, "k:uint8:pk", `parent:text:references=${table}.${key}`]);
  await ok([file, "insert", table, JSON.stringify({ [key]: value, [column]: value, j: { [value]: [value] } })]);
  await ok([file, "insert", child, JSON.stringify({ k: 1, parent: value })]);
  await ok([file, "create", `only${value}`, "k:uint8:pk"]);
  await ok([file, "acl", "grant", `text:${value}`, "admin", `${table}:read`]);
  copyFileSync(on(file), on(names.other));
  await ok([names.other, "insert", table, JSON.stringify({ [key]: `${value}9`, [column]: null })]);
  await ok([names.other, "update", table, value, JSON.stringify({ [column]: `${value}8`, j: value })]);
  await ok([names.other, "drop", `only${value}`]);
  const quoted = (text: string) => `"${text}"`;
  writeFileSync(on(names.csv), `${quoted(key)},${quoted(column)}\n${quoted(`${value}5`)},${quoted(`${value}6`)}\n`);
  writeFileSync(on(names.bad), `${quoted(key)},${quoted(column)}\n${quoted(value)},${quoted(`${value}7`)}\n`);
  writeFileSync(on(names.dump), await ok([file, "dump"]));
  writeFileSync(on(names.definitions), await ok([file, "schema"]));
  return { names, run, on };
}

const listed = [...(await quire(["help"])).stdout.matchAll(/^ {2}(\w+) +\S/gm)].map((match) => match[1] as string);

for (const [title, set] of Object.entries(SETS)) {
  test(`no command shows hidden characters of names, values and paths as they are: ${title}`, async (t) => {
    const { names, run, on } = await makeFolder(t, set);
    const original = readFileSync(on(names.file));
    for (const command of listed) {
      const made = lines[command];
      assert.ok(made, `tests/printable.test.ts has no command lines for ${command}`);
      for (const options of [[], ["--color"]]) {
        for (const words of made(names)) {
          writeFileSync(on(names.file), original);
          const file = command === "load" ? names.fresh() : names.file;
          const { stdout, stderr } = await run([...options, file, ...words]);
          assertPrintable(stdout, `quire ${JSON.stringify(words)}`);
          assertPrintable(stderr, `quire ${JSON.stringify(words)}, standard error,`);
          assert.ok(stderr === "" || /^[^\n]+\n$/.test(stderr) || words.includes("--skip-bad") || words.includes("--create"));
        }
      }
    }
  });

  test(`faults, losses and the list of rights have hidden characters as escapes: ${title}`, async (t) => {
    const { names, run, on } = await makeFolder(t, set);
    const path = on(names.file);
    const original = readFileSync(path);
    for (let page = 0; page * 65536 < original.length; page++) {
      const bytes = Buffer.from(original);
      bytes.fill(0xff, page * 65536 + 20, page * 65536 + 200);
      writeFileSync(path, bytes);
      for (const words of [
        ["check"],
        ["info"],
        ["stats"],
        ["map"],
        ["tables"],
        ["scan", names.table],
        ["repair", names.fresh()],
      ]) {
        const { stdout, stderr } = await run([names.file, ...words]);
        assertPrintable(stdout + stderr, `quire ${JSON.stringify(words)} with a damaged page ${page}`);
      }
    }
    writeFileSync(path, original);
    const list = names.fresh();
    const words = [names.file, "convert", names.fresh(), "--layout", "0.11", "--acl", list];
    assert.equal((await run(words)).status, 0);
    assertPrintable(readFileSync(on(list), "utf8"), "the list of rights");
  });

  test(`what schema prints makes the same tables, by a shell and by repair: ${title}`, async (t) => {
    const { names, run } = await makeFolder(t, set);
    const schema = async (file: string) => (await run([file, "schema", "--json"])).stdout;
    const printed = (await run([names.file, "schema"])).stdout;
    const again = names.fresh();
    for (const line of printed.trimEnd().split("\n")) {
      for (const words of [shellWords(line), bashWords(line)]) {
        const file = words === null ? null : again;
        if (file === null || words === null) continue;
        if (words.join("\0") !== shellWords(line).join("\0")) assert.fail(`bash reads other words than this test: ${line}`);
      }
      assert.equal((await run([again, ...shellWords(line)])).status, 0, line);
    }
    assert.equal(await schema(again), await schema(names.file));
    const repaired = names.fresh();
    assert.equal((await run([names.file, "repair", repaired, "--schema", names.definitions])).status, 0);
    assert.equal(await schema(repaired), await schema(names.file));
  });
}

/** The words of a line as a shell reads them: single quotes, backslashes, and `$'…'` with octal escapes. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/(?:\$'(?:[^'\\]|\\.)*'|'[^']*'|\\.|[^\s'\\])+/g)].map(([word]) =>
    word.replace(/\$'((?:[^'\\]|\\.)*)'|'([^']*)'|\\(.)/g, (_, escaped?: string, quoted?: string, char?: string) => {
      if (escaped === undefined) return quoted ?? char ?? "";
      const bytes = escaped.replace(/\\([0-7]{3}|.)/g, (_all, what: string) =>
        what.length === 3
          ? `%${Number.parseInt(what, 8).toString(16).padStart(2, "0")}`
          : encodeURIComponent(what).replace("'", "%27"),
      );
      return decodeURIComponent(bytes);
    }),
  );
}

/** The same by bash, where there is one; null without. */
function bashWords(line: string): string[] | null {
  const script = `create() { printf '%s\\0' create "$@"; }\n${line}\n`;
  const { status, stdout } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  return status === 0 ? stdout.split("\0").slice(0, -1) : null;
}

test("the module and the harness make the same text of every character", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "k:uint32:pk", "v:text"]);
  const blocks = [...Array(0x300).keys()].map((block) => block * 0x100).filter((at) => at < 0xd800 || at >= 0xe000);
  const texts = [...blocks, ...[0xe0000, 0xe0100, 0x10ff00]].map((at) => range(at, at + 0xff));
  const source = texts.map((v, k) => JSON.stringify({ k, v })).join("\n");
  await store.ok(["import", "t", "-", "--format", "ndjson"], { stdin: source });
  const shown = (await store.ok(["export", "t", "--format", "line", "--columns", "v"])).trimEnd().split("\n\n");
  assert.deepEqual(
    shown,
    texts.map((text) => `v = ${printable(text)}`),
  );
  for (const [title, set] of Object.entries(SETS)) {
    assert.match(printable(set), /^(\\[nrt]|\\x[\da-f]{2}|\\u\{[\da-f]{2,5}\})+$/, title);
  }
  assert.equal(printable("tab\tü🦆\x1b[31m\u202e"), "tab\\tü🦆\\x1b[31m\\u{202e}");
});

test("U+0000 in names, which only requests and other programs make", async (t) => {
  const store = openStore(t);
  const session = store.serve();
  const name = "a\0b";
  await session.request({ op: "create", table: name, columns: ["k\0:uint8:pk", "v:text:null"] });
  await session.request({ op: "insert", table: name, row: { "k\0": 1, v: "x\0y" } });
  await store.endSessions();
  for (const words of [["tables"], ["schema"], ["info"], ["stats"], ["map"], ["hash"], ["check"]]) {
    const { stdout, stderr, status } = await store.run(words);
    assert.equal(status, 0, stderr);
    assertPrintable(stdout + stderr, words.join(" "));
  }
  assert.match(
    await store.ok(["schema"]),
    /^# no command line can hold [^\n]*\ncreate \$'a\\000b' \$'k\\000:uint8:pk' v:text:null\n$/,
  );
  const definitions = join(store.folder, "definitions");
  writeFileSync(definitions, await store.ok(["schema"]));
  await store.ok(["repair", "data/saved.db", "--schema", "data/definitions"]);
  const saved = await quire(["data/saved.db", "schema", "--json"], { folder: store.folder });
  assert.equal(saved.stdout, await store.ok(["schema", "--json"]));
});

test("what the harness says itself is printable", (t) => {
  const cli = join(packageRoot, "build", "host", "cli.js");
  for (const set of Object.values(SETS)) {
    const folder = join(tempFolder(t), `folder${set}`);
    mkdirSync(folder);
    for (const words of [
      [`a${set}/b.db`, "tables"],
      [`a${set}.db`, "tables"],
      ["--runtime", set, "a.db", "tables"],
      ["a.db", "import", "t", `none${set}`],
      [`${set}/`, "tables"],
      ["a.db", "backup", `${set}/x/y`],
    ]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], { cwd: folder, encoding: "utf8" });
      assert.notEqual(status, 0);
      assertPrintable(stdout + stderr, JSON.stringify(words));
      assert.match(stderr, /^quire: [A-Z_]+: [^\n]+\n$/);
    }
  }
});

test("null and the text NULL are told apart without colour, in every format for people", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "k:uint8:pk", "v:text:null"]);
  const values = [null, "NULL", "'NULL'", "''NULL''", "'NULL", "null", ""];
  await store.ok(["insert", "t", ...values.map((v, k) => JSON.stringify({ k, v }))]);
  const seen = ["NULL", "'NULL'", "''NULL''", "'''NULL'''", "'NULL", "null", ""];
  const cells = (text: string) => text.split("\n").slice(2, 2 + values.length);
  const table = cells(await store.ok(["scan", "t"])).map((line) => line.slice(3).trimEnd());
  assert.deepEqual(table, seen);
  assert.deepEqual(cells(await store.ok(["export", "t"])), cells(await store.ok(["scan", "t"])));
  const markdown = cells(await store.ok(["export", "t", "--format", "markdown"]));
  assert.deepEqual(
    markdown.map((line) => line.split("|")[2]?.trim()),
    seen,
  );
  const line = (await store.ok(["export", "t", "--format", "line", "--columns", "v"])).split("\n\n");
  assert.deepEqual(
    line.map((text) => text.slice("v = ".length).trimEnd()),
    seen,
  );
  for (const [k, text] of seen.entries())
    assert.equal((await store.ok(["get", "t", String(k)])).trimEnd(), `k  ${k}\nv  ${text}`.trimEnd());
});
