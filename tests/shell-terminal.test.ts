/**
 * `quire FILE` at a pseudo-terminal. What is here of other shells' reports has their numbers: each was tried, those that could go wrong here
 * stay as tests.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { widthOf } from "../host/cli/shell/width.js";
import { fastRuntimes, testOnRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";
import { Terminal, type TerminalOptions, hasTerminals } from "./helpers/terminal.js";

if (!hasTerminals) console.log("SKIPPED: python3 with pty is not here: the shell is not driven through a pseudo-terminal");
const options = { skip: hasTerminals ? false : "there is no python3 with pty" };

/** A shell on a file with a table of people, at its first prompt. */
async function shellOn(t: TestContext, more: Partial<TerminalOptions> = {}, words: readonly string[] = []): Promise<Terminal> {
  const cwd = more.cwd ?? tempFolder(t);
  if (!existsSync(join(cwd, "a.db"))) {
    using db = openSync(join(cwd, "a.db"));
    db.sql("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, age INTEGER)");
    db.sql("INSERT INTO people (name, age) VALUES ('Ann', 41), ('Bob', NULL), ('', 7)");
    db.sql('CREATE TABLE "odd name" (id INTEGER PRIMARY KEY, "order" TEXT)');
  }
  const shell = new Terminal(t, [...words, "a.db"], { ...more, cwd });
  await shell.see("quire> ");
  return shell;
}

/** Takes so long that nobody waits for it. */
const FOREVER = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b WHERE a.value + b.value < 0;";

test("statements of several lines, rows, errors with their place, and the end", options, async (t) => {
  const cwd = tempFolder(t);
  const shell = new Terminal(t, ["new.db"], { cwd });
  assert.match(await shell.see("quire> "), /^Quire, new\.db, a new file: \.help tells of commands, Ctrl-D ends\n/);
  assert.equal(await shell.enter("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT);"), "done\n");
  shell.send("INSERT INTO t (n) VALUES ('a;\r");
  await shell.see("\n   ...> ");
  assert.equal(await shell.enter("b'), (NULL);"), "changed 2 rows\n");
  assert.equal(await shell.enter("SELECT * FROM t;"), "id  n\n──  ─────\n 1  a;\\nb\n 2  NULL\n2 rows\n");
  assert.equal(
    await shell.enter("SELECT 1, nam FROM t;"),
    "quire: COLUMN_NOT_FOUND: line 1, column 11: there is no column nam; columns: id, n\n" +
      "  SELECT 1, nam FROM t;\n            ^\n",
  );
  // The mark is below the character, however wide what is before it is.
  assert.match(await shell.enter("SELECT '日本', é;"), /\n {2}SELECT '日本', é;\n {17}\^\n$/);
  assert.match(await shell.enter("SELECT 1 +;"), /^quire: SQL_SYNTAX: .*\n {2}SELECT 1 \+;\n {12}\^\n$/);
  // pgcli#1117, pgcli#1559, pgcli#1100: semicolons in comments, comments behind semicolons, comments with quotes in them.
  assert.equal(await shell.enter("SELECT -- this is my query;"), "");
  assert.equal(await shell.enter("2 /* and;"), "");
  assert.equal(await shell.enter("this */ AS two; -- done"), "two\n───\n  2\n1 row\n");
  assert.match(await shell.enter("SELECT 1 /*'/* */;"), /1 row\n$/);
  assert.equal(await shell.enter("-- nothing; 'at all"), "");
  assert.equal(await shell.enter(";;"), "");
  // A trigger is one statement up to its END, and is refused as one.
  assert.equal(await shell.enter("CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t;"), "");
  assert.match(await shell.enter("END;"), /^quire: SQL_UNSUPPORTED: [^\n]*\n/);
  assert.equal(await shell.enter(".tabels"), "quire: USAGE: there is no command .tabels; did you mean .tables?\n");
  assert.equal(await shell.enter(".tab"), "t\n");
  assert.equal(
    await shell.enter(".open x"),
    "quire: USAGE: .open is not there: end this shell, and start quire with the other file\n",
  );
  assert.match(await shell.enter(".timer on"), /^$/);
  assert.match(await shell.enter("SELECT 1;"), /\n1 row in \d+\.\d{3} s\n$/);
  assert.equal(await shell.end(), 0);
  assert.ok(existsSync(join(cwd, "new.db")) && !existsSync(join(cwd, "new.db-lock")));
});

test("a transaction shows in the prompt, and at the end", options, async (t) => {
  const shell = await shellOn(t);
  shell.send("BEGIN;\r");
  await shell.see("done\nquire*> ");
  shell.send("DELETE FROM\r");
  await shell.see("\n   ...*> ");
  assert.equal(await shell.enter("people;"), "changed 3 rows\n");
  assert.match(await shell.enter(".check"), /^quire: USAGE: check sees what is committed/);
  assert.match(await shell.enter(".import x.csv y"), /^quire: USAGE: an import is a transaction of its own/);
  // Ctrl-D in the middle of a statement runs nothing of it.
  await shell.enter("COMMIT");
  shell.send("\x04");
  await shell.see("quire: note: what was begun has no semicolon, and was not run\n");
  await shell.see("quire: note: the transaction was not committed, and is rolled back\n");
  assert.equal(await shell.ended, 0);
});

test("Ctrl-C stops a statement, and neither the shell nor its transaction", options, async (t) => {
  const shell = await shellOn(t);
  // At the prompt it drops what was typed, of a statement of several lines all.
  await shell.enter("SELECT 'half");
  shell.send("a line\x03");
  await shell.see("^C\nquire> ");
  await shell.enter("BEGIN;");
  await shell.enter("UPDATE people SET age = 1;");
  // kuzu#4106, litecli#164: it ends the query, not the shell, and no other error comes of it. What is typed ahead is not lost.
  for (const text of [FOREVER, FOREVER.replace("SELECT count(*)", "CREATE TABLE many AS SELECT a.value")]) {
    shell.send(`${text}\r`);
    await shell.see("\n");
    shell.send("\x03");
    await shell.see("quire: SQL_INTERRUPTED: the statement was stopped, and has changed nothing\nquire*> ");
  }
  assert.match(await shell.enter("SELECT DISTINCT age FROM people;"), /\n {2}1\n1 row\n$/);
  // A signal from elsewhere does the same.
  shell.send(`${FOREVER}\r`);
  await shell.see("\n");
  shell.signal("SIGINT");
  await shell.see(/SQL_INTERRUPTED.*\nquire\*> $/);
  // One that gives many rows ends with what was shown of them.
  shell.send("SELECT value FROM generate_series(1, 100000000);\r");
  await shell.see("\n 1000\n");
  shell.send("\x03");
  await shell.see(/quire: SQL_INTERRUPTED: .*\nquire\*> $/);
  assert.equal(await shell.enter("COMMIT;"), "done\n");
  assert.equal(await shell.end(), 0);
});

testOnRuntimes(
  "a statement is stopped under every runtime",
  async (t, runtime) => {
    if (!hasTerminals) {
      t.skip("there is no python3 with pty");
      return;
    }
    const shell = await shellOn(t, {}, ["--runtime", runtime]);
    await shell.enter("BEGIN;");
    shell.send(`${FOREVER}\r`);
    await shell.see("\n");
    shell.send("\x03");
    // Where the module is in another process that is ended, and the transaction with it.
    const kept = runtime === "node";
    await shell.see(`has changed nothing${kept ? "" : "; the transaction was rolled back"}\nquire${kept ? "*" : ""}> `);
    assert.match(await shell.enter("SELECT count(*) FROM people;"), /\n {7}3\n1 row\n$/);
    assert.equal(await shell.end(), 0);
  },
  fastRuntimes,
);

test("what was typed is kept, once for all shells", options, async (t) => {
  const cwd = tempFolder(t);
  const state = join(cwd, "state");
  const env = { XDG_STATE_HOME: state };
  const file = join(state, "quire", "history");
  const open = async (): Promise<Terminal> => {
    const shell = new Terminal(t, ["a.db"], { cwd, env: { ...env, QUIRE_HISTORY: "default" } });
    await shell.see("quire> ");
    return shell;
  };
  // An empty variable means none; this one is the folder's.
  delete (process.env as Record<string, string | undefined>)["QUIRE_HISTORY"];
  writeFileSync(join(cwd, "script.sql"), "SELECT 'from a script';\n");
  const one = await open();
  // duckdb#1553, duckdb#5414: a statement is one entry, with its lines; cockroach#13562: and so is a line with two.
  await one.enter("SELECT 'the first',");
  await one.enter("  'of two\\lines';");
  await one.enter("SELECT 11; SELECT 12;");
  await one.enter(" SELECT 'a secret';");
  // duckdb#18057: what a file has was not typed.
  await one.enter(".read script.sql");
  const two = new Terminal(t, ["a.db", "--readonly"], { cwd, env: { QUIRE_HISTORY: "default" } });
  await two.see("quire> ");
  await two.enter("SELECT 22;");
  await one.enter("SELECT 33;");
  await one.end();
  await two.end();
  const kept = readFileSync(join(cwd, "default"), "utf8");
  assert.equal(
    kept,
    "SELECT 'the first',\\n  'of two\\\\lines';\nSELECT 11; SELECT 12;\n.read script.sql\nSELECT 22;\nSELECT 33;\n",
  );
  assert.equal(statSync(join(cwd, "default")).mode & 0o777, 0o600);
  assert.ok(!existsSync(file));
  const three = await open();
  three.send("\x1b[A\x1b[A");
  await three.see("SELECT 22;");
  three.send("\x1b[A\x1b[A\x1b[A");
  // Node 24 has its own mark before lines that go on.
  await three.see(/SELECT 'the first',\n(?:\| )? {2}'of two\\lines';/);
  assert.match(await three.enter(""), /the first\s+of two\\lines\n1 row\n$/);
  await three.end();
});

test("Tab completes keywords, functions, tables, columns, aliases, commands and files", options, async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, "script one.sql"), "");
  writeFileSync(join(cwd, "script2.sql"), "");
  const shell = await shellOn(t, { cwd });
  const completes = async (typed: string, wanted: string): Promise<void> => {
    shell.send(`${typed}\t`);
    await shell.see(wanted);
    shell.send("\x03");
    await shell.see("^C\nquire> ");
  };
  await completes("sel", "select");
  await completes("SELECT nam", "name");
  await completes("SELECT * FROM peo", "people");
  await completes("SELECT x.ag", "x.ag");
  await completes("SELECT * FROM people x WHERE x.ag", "x.age");
  await completes("SELECT * FROM odd", '"odd name"');
  await completes('SELECT * FROM "odd', '"odd name"');
  await completes("SELECT group_c", "group_concat(");
  await completes(".sch", ".schema");
  await completes(".schema peo", ".schema people");
  await completes(".read scr", "script2.sql");
  await completes(".mode nd", ".mode ndjson");
  // A table that is made is known at once.
  await shell.enter("CREATE TABLE zebras (stripes INTEGER PRIMARY KEY);");
  await completes("SELECT * FROM zeb", "zebras");
  await shell.end();
});

test("a window is narrow, or gets another width: tables fit, and wide characters are whole", options, async (t) => {
  const shell = await shellOn(t, { columns: 40 });
  const query = "SELECT 'a text of some length, which it is' AS a, '日本語のテキスト、もっと長い' AS b, 12345 AS c;";
  const width = (text: string): number => Math.max(...text.split("\n").map(widthOf));
  const rowsOf = (text: string): string => {
    const lines = text.split("\n");
    const rule = lines.findIndex((line) => line.startsWith("─"));
    return lines.slice(rule - 1, rule + 2).join("\n");
  };
  shell.send(`${query}\r`);
  const narrow = rowsOf(await shell.see("1 row\nquire> "));
  assert.ok(width(narrow) <= 40, narrow);
  assert.match(narrow, /a text.*…\s+日本.*…\s+12345$/);
  shell.resize(24, 150);
  await shell.see(/quire> $/);
  const wide = rowsOf(await shell.enter(query));
  assert.match(wide, /which it is {2}日本語のテキスト、もっと長い {2}12345$/);
  // A cell is cut between characters, not in them: the width is the terminal's.
  shell.resize(24, 21);
  await shell.see(/quire> $/);
  const tiny = rowsOf(
    await shell.enter(
      "SELECT 'e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301' AS a, '日日日日日日日日' AS b;",
    ),
  );
  assert.ok(width(tiny) <= 21, tiny);
  await shell.end();
});

test("what is pasted", options, async (t) => {
  const shell = await shellOn(t);
  // duckdb#23907: 400 statements at once, at a terminal that does not mark what is pasted, lose nothing.
  await shell.enter("CREATE TABLE pasted (seq INTEGER PRIMARY KEY, marker TEXT);");
  const filler = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const lines = Array.from({ length: 400 }, (_, i) => `INSERT INTO pasted VALUES (${i + 1},\t'marker_${i}_${filler}');\r`);
  shell.send(`${lines.join("")}SELECT count(*), max(length(marker)) AS most FROM pasted;\r`);
  await shell.see(/count\(\*\)\s+most\n.*\n\s+400\s+73\n1 row\nquire> $/);
  // Where it does, the lines wait for Enter, and a Tab in them is a Tab.
  shell.send("\x1b[200~SELECT 'a\tb' AS x\r\n  , 'é日' AS y\r\n;\r\n\x1b[201~");
  await shell.see(/, 'é日' AS y\n;$/);
  assert.match(await shell.enter(" SELECT 5;"), /\na\\tb {2}é日\n1 row\n5\n─\n5\n1 row\n$/);
  // What comes in parts, and what has control characters.
  shell.send("\x1b[200~SELECT 'on");
  shell.send("e\x07' AS z;\x1b[201~");
  assert.match(await shell.enter(""), /\none\n1 row\n$/);
  await shell.end();
});

test("a closed window, and signals, end the shell and its statement; what was committed stays", options, async (t) => {
  const cwd = tempFolder(t);
  const ends: ((shell: Terminal) => void)[] = [
    (shell) => shell.hangUp(),
    (shell) => shell.signal("SIGTERM"),
    (shell) => shell.hangUp(),
  ];
  for (const [i, end] of ends.entries()) {
    const shell = await shellOn(t, { cwd });
    await shell.enter(`INSERT INTO people (name) VALUES ('end ${i}'); BEGIN; DELETE FROM people;`);
    if (i < 2) {
      shell.send(`${FOREVER}\r`);
      await shell.see("\n");
    }
    end(shell);
    assert.equal(await shell.ended, i === 1 ? 143 : 129);
    assert.ok(!existsSync(join(cwd, "a.db-lock")), "the lock is given back");
  }
  using db = openSync(join(cwd, "a.db"));
  assert.equal(db.table("people").count(), 6);
});

test("files: import, export, read, once, output, dump, and commands of quire", options, async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, "cities.csv"), "name,people\nBern,134000\nUri,\n");
  writeFileSync(join(cwd, "bad.sql"), "SELECT 1;\n\nSELECT\n  nothing;\nSELECT 2;\n");
  const shell = await shellOn(t, { cwd });
  assert.match(await shell.enter(".import cities.csv cities"), /imported 2 rows/);
  assert.match(await shell.enter(".import cities.csv cities --skip-bad"), /quire: |skipped/);
  assert.match(await shell.enter(".export cities out.ndjson"), /^$/);
  assert.equal(readFileSync(join(cwd, "out.ndjson"), "utf8"), '{"name":"Bern","people":134000}\n{"name":"Uri","people":null}\n');
  assert.equal(await shell.enter(".once 'with blank.txt'"), "");
  assert.equal(await shell.enter("SELECT 1 AS x;"), "");
  assert.equal(readFileSync(join(cwd, "with blank.txt"), "utf8"), "x\n─\n1\n");
  assert.match(await shell.enter("SELECT 2 AS x;"), /2\n1 row\n$/);
  assert.match(await shell.enter(".read bad.sql"), /^1\n─\n1\n1 row\nquire: COLUMN_NOT_FOUND: .*\n {4}nothing;\n {4}\^\n$/);
  assert.match(await shell.enter(".dump"), /^\{"quire-dump"|^\{.*"table/);
  assert.match(await shell.enter(".check"), /no faults|fine|0 errors/);
  assert.match(await shell.enter(".schema cities"), /^CREATE TABLE "cities" .*;\n$/);
  assert.match(await shell.enter(".read nothing.sql"), /FILE_NOT_FOUND: there is no file nothing\.sql to read/);
  assert.match(await shell.enter(".output no/such/folder"), /IO_ERROR: can't write to no\/such\/folder/);
  assert.equal(await shell.end(), 0);
});

test("the session of docs/shell.md", options, async (t) => {
  const cwd = tempFolder(t);
  mkdirSync(join(cwd, "data"));
  const [, text = ""] = /```console\n([^]*?)```/.exec(readFileSync(join(packageRoot, "docs", "shell.md"), "utf8")) ?? [];
  const [, banner = "", ...parts] = text.split(/^(?:\$ |(?=Quire,)|(?:quire| {3}\.\.\.)\*?> )/m);
  const shell = new Terminal(t, ["data/shop.db"], { cwd });
  assert.equal(await shell.see("Ctrl-D ends\n"), parts.shift());
  assert.equal(banner, "quire data/shop.db\n");
  await shell.see("quire> ");
  for (const part of parts) {
    const end = part.indexOf("\n") + 1;
    const shown = await shell.enter(part.slice(0, end - 1));
    // The plan is not in the page: it may become another one.
    if (part.startsWith(".explain")) assert.match(shown, /items/);
    else assert.equal(shown, part.slice(end), part);
  }
  assert.ok(parts.length > 10);
  assert.equal(await shell.end(), 0);
});
