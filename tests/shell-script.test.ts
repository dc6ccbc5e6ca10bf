/** `quire FILE` where there is no terminal: a script of statements and commands from standard input. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { completeCommand, completeSql, FUNCTION_NAMES, RESERVED_WORDS } from "../host/cli/shell/completion.js";
import { splitWords } from "../host/cli/shell/commands.js";
import { FORMAT_NAMES } from "../host/cli/shell/formats.js";
import { History, historyPath } from "../host/cli/shell/history.js";
import { StatementSplitter } from "../host/api/statement-splitter.js";
import { fastRuntimes, testOnRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";

interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

const CLI = join(packageRoot, "build", "host", "cli.js");
const ENV = { ...process.env, NO_COLOR: "", FORCE_COLOR: "", COLUMNS: "" };

function run(cwd: string, words: readonly string[], input = ""): Result {
  return spawnSync(process.execPath, [CLI, ...words], { cwd, input, encoding: "utf8", env: ENV, timeout: 120_000 });
}

/** Values of all types, null in each, what formats have to quote, and what a terminal may not get. */
const VALUES = `
CREATE TABLE v (id INTEGER PRIMARY KEY, t TEXT, d DECIMAL, j JSON, b BLOB, ok BOOLEAN, day DATE, at DATETIME, u UUID, big UINT64);
INSERT INTO v VALUES
  (1, 'a', 1.50, '{"a": [1, 12345678901234567890, "x]"], "b": {}}', x'0aff', TRUE, '2026-01-01', '2026-01-01T10:00:00Z',
    '00112233-4455-6677-8899-aabbccddeeff', '18446744073709551615'),
  (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (3, 'NULL', 2, '"t"', x'', FALSE, '0001-01-01', '2026-01-01T10:00:00.5+05:30', NULL, '0'),
  (4, '''NULL''', -3.25, '[]', x'00', TRUE, NULL, NULL, NULL, NULL),
  (5, '日本語, "q"; e' || char(769) || char(10) || 'two' || char(9) || 'tab \\ | bar' || char(27) || '[31m', 0, '"\\" \\\\ [\\n"', NULL, NULL, NULL, NULL, NULL, NULL),
  (6, '', 7, '12', NULL, NULL, NULL, NULL, NULL, NULL),
  (7, char(65279) || 'bom' || char(8238), 7, 'true', NULL, NULL, NULL, NULL, NULL, NULL);
`;

test("rows look as those of the command sql, in every format", (t) => {
  const cwd = tempFolder(t);
  assert.deepEqual(run(cwd, ["a.db"], VALUES).stdout, "changed 7 rows\n");
  const queries = [
    'SELECT *, t AS "a ""name|", id AS id FROM v',
    "SELECT id, t FROM v WHERE id > 100",
    "SELECT value, value * 1000 AS more, substr('abcdefghij', 1, value % 11) FROM generate_series(1, 2500)",
  ];
  for (const format of FORMAT_NAMES) {
    const script = queries.join(";\n");
    assert.equal(
      run(cwd, ["a.db", "--format", format], script).stdout,
      run(cwd, ["a.db", "sql", "--format", format], script).stdout,
      format,
    );
  }
  for (const [option, ...formats] of [
    ["--null=\\0", "csv", "tsv"],
    ["--no-header", "csv", "tsv"],
  ] as const) {
    for (const format of formats) {
      const words = ["--format", format, option];
      const query = queries[0] as string;
      assert.equal(run(cwd, ["a.db", ...words], query).stdout, run(cwd, ["a.db", "sql", ...words, query]).stdout, option);
    }
  }
  // Where colours are asked for they are the same, too. (Behind a wide character that was cut the module has a blank less.)
  const colored = (words: string[], input: string): string =>
    spawnSync(process.execPath, [CLI, ...words], { cwd, input, encoding: "utf8", env: { ...ENV, COLUMNS: "60" } }).stdout;
  const query = `${queries[0] as string} WHERE id <> 5`;
  assert.equal(colored(["a.db", "--color"], query), colored(["a.db", "sql", "--color", query], ""));
});

test("a script does what sql does with it, and ends as that does", (t) => {
  const cwd = tempFolder(t);
  const scripts = [
    "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT);",
    "INSERT INTO t (n) VALUES ('a'), ('b'); UPDATE t SET n = 'c'",
    "SELECT * FROM t; SELECT 2 AS two; -- done",
    "INSERT INTO t (n) VALUES ('x');\n\n  INSERT INTO t (nn)\n  VALUES (1); SELECT 3;",
    "SELECT 1; INSERT INTO t VALUES (1, 'twice');",
    "BEGIN; DELETE FROM t;",
    "SELECT 'é',\n  'ü' || nothing;\nSELECT 1;",
    "BEGIN; INSERT INTO t (n) VALUES ('kept'); COMMIT; SELECT count(*) FROM t",
    "SELECT 1 AS \"not; the end\"; /* ; */ SELECT ';' AS `;`; SELECT [id] FROM t LIMIT 1;",
  ];
  for (const script of scripts) {
    const [shell, sql] = [run(cwd, ["shell.db"], script), run(cwd, ["sql.db", "sql"], script)];
    assert.deepEqual(
      { stdout: shell.stdout, stderr: shell.stderr, status: shell.status },
      { stdout: sql.stdout, stderr: sql.stderr, status: sql.status },
      script,
    );
  }
  const open = run(cwd, ["shell.db"], "BEGIN; DELETE FROM t; SELECT nothing FROM t; COMMIT;");
  assert.match(open.stderr, /^quire: COLUMN_NOT_FOUND: statement 3, line 1, column 30: .*; the transaction was rolled back\n$/);
  assert.equal(run(cwd, ["shell.db", "--format", "csv"], "SELECT count(*) > 0 AS kept FROM t;").stdout, "kept\ntrue\n");
});

test("files that are missing, only read, damaged, locked, of an old layout, in memory", (t) => {
  const cwd = tempFolder(t);
  // What was made and got no table does not stay.
  assert.equal(run(cwd, ["new.db"], "SELECT 1;").status, 0);
  assert.equal(run(cwd, ["new.db"], "CREATE TABLE t (id INTEGER PRIMARY KEY); DROP TABLE t;").status, 0);
  assert.deepEqual(readdirSync(cwd), []);
  assert.match(run(cwd, ["new.db", "--readonly"], "SELECT 1;").stderr, /^quire: FILE_NOT_FOUND: there is no file new\.db\n$/);
  assert.equal(run(cwd, ["new.db"], "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT);").stdout, "done\n");
  const refused = run(cwd, ["new.db", "--readonly"], "INSERT INTO t (n) VALUES ('x');");
  assert.match(refused.stderr, /^quire: READ_ONLY: statement 1, line 1, column 1: /);
  assert.equal(refused.status, 1);
  writeFileSync(join(cwd, "text.db"), "no page file");
  const foreign = run(cwd, ["text.db"], "SELECT 1;");
  assert.match(foreign.stderr, /^quire: NOT_A_PAGE_FILE: text\.db is 12 bytes long/);
  assert.equal(foreign.status, 3);
  assert.equal(readFileSync(join(cwd, "text.db"), "utf8"), "no page file");
  const db = openSync(join(cwd, "new.db"));
  const locked = run(cwd, ["--wait", "0", "new.db"], "SELECT 1;");
  db.close();
  assert.match(locked.stderr, /^quire: LOCKED: /);
  assert.equal(locked.status, 1);
  writeFileSync(join(cwd, "old.db"), gunzipSync(readFileSync(join(packageRoot, "tests", "golden", "layout-0.8", "blog.db.gz"))));
  assert.match(run(cwd, ["old.db"], "SELECT 1 FROM t;").stderr, /^quire: SCHEMA_NEEDED: /);
  const memory = run(cwd, [":memory:", "--format", "csv"], "CREATE TABLE t AS SELECT 1 AS x; SELECT * FROM t;\n.dump\n");
  assert.deepEqual(
    readdirSync(tmpdir()).filter((name) => name.startsWith("quire-memory-")),
    [],
  );
  assert.match(memory.stdout, /^x\n1\n\{.*\n\{"table":"t",/);
  assert.equal(memory.stderr, "");
  assert.match(run(cwd, [":memory:", "--readonly"]).stderr, /^quire: USAGE: a store in memory is always new/);
  assert.match(run(cwd, ["new.db", "--formt", "csv"]).stderr, /^quire: USAGE: /);
  assert.match(run(cwd, ["new.db", "--json"]).stderr, /^quire: USAGE: a shell has no option --json/);
  assert.match(run(cwd, ["new.db", "--format", "csvv"]).stderr, /^quire: USAGE: there is no format csvv; did you mean csv\?\n$/);
});

test("commands in scripts: files, formats, plans, times", (t) => {
  const cwd = tempFolder(t);
  mkdirSync(join(cwd, "more"));
  writeFileSync(join(cwd, "in.csv"), "id,name\n1,Ann\n2,\n");
  writeFileSync(join(cwd, "more", "inner.sql"), "SELECT 'inner' AS x;\n.print 'read it'\n");
  writeFileSync(join(cwd, "endless.sql"), ".read endless.sql\n");
  const script = [
    ".import in.csv people",
    ".mode csv",
    "SELECT * FROM people;",
    ".headers off",
    ".nullvalue nothing",
    "SELECT * FROM people;",
    ".read more/inner.sql",
    ".output out.csv",
    "SELECT 7;",
    ".output",
    ".once one.txt",
    "SELECT 8;",
    "SELECT 9;",
    ".export people people.json",
    ".tables p%",
    ".indexes",
    ".mode table",
    ".width 3",
    "SELECT 'abcdefg';",
    ".explain SELECT * FROM people WHERE id = 1",
    ".timer on",
    "SELECT 1;",
    ".quit",
    "SELECT 'not run';",
  ];
  const { stdout, stderr, status } = run(cwd, ["a.db"], `${script.join("\n")}\n`);
  assert.match(stdout, /imported 2 rows[^\n]*\n(?:.*\n)*?id,name\n1,Ann\n2,\n1,Ann\n2,nothing\ninner\nread it\n9\npeople\n/);
  assert.match(stdout, /\nab…\n/);
  assert.match(stdout, /people/);
  assert.ok(!stdout.includes("not run"));
  assert.match(stderr, /^1 row in \d\.\d{3} s\n$/m);
  assert.equal(status, 0);
  assert.equal(readFileSync(join(cwd, "out.csv"), "utf8"), "7\n");
  assert.equal(readFileSync(join(cwd, "one.txt"), "utf8"), "8\n");
  assert.deepEqual(JSON.parse(readFileSync(join(cwd, "people.json"), "utf8")), [
    { id: 1, name: "Ann" },
    { id: 2, name: null },
  ]);
  // A command that fails ends the script, with its status and its line.
  const failed = run(cwd, ["a.db"], "SELECT 1;\n.mod3 csv\nSELECT 2;\n");
  assert.equal(failed.stdout, "1\n─\n1\n");
  assert.equal(failed.stderr, "quire: USAGE: line 2, column 1: there is no command .mod3; did you mean .mode?\n");
  assert.equal(failed.status, 2);
  assert.equal(run(cwd, ["a.db"], ".import nowhere.csv people\n").status, 1);
  assert.match(run(cwd, ["a.db"], ".read endless.sql\n").stderr, /files that read others: at most 16/);
  assert.equal(run(cwd, ["a.db"], ".output /dev/full\nSELECT 1;\n").status, 4);
  // duckdb/duckdb#17405: a status to end with, and words that a command does not take.
  assert.equal(run(cwd, ["a.db"], "SELECT 1;\n.exit 3\nSELECT 2;\n").status, 3);
  assert.match(run(cwd, ["a.db"], ".quit 256\n").stderr, /^quire: USAGE: line 1, column 1: a status is a number from 0 to 255/);
  assert.match(run(cwd, ["a.db"], ".mode csv people\n").stderr, /^quire: USAGE: line 1, column 1: use \.mode \[FORMAT\]$/m);
  // What prints its own word where another shell would begin to show statements is worse than what is refused.
  assert.match(run(cwd, ["a.db"], ".echo on\n").stderr, /^quire: USAGE: line 1, column 1: \.echo is not there: /);
});

testOnRuntimes(
  "a script under every runtime",
  (t, runtime) => {
    const cwd = tempFolder(t);
    const words = ["--runtime", runtime, "a.db"];
    const script =
      "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT);\nINSERT INTO t (n) VALUES ('é'), (NULL);\nSELECT * FROM t;\nSELECT x;\n";
    const { stdout, stderr, status } = run(cwd, words, script);
    assert.equal(stdout, "id  n\n──  ────\n 1  é\n 2  NULL\n");
    assert.equal(stderr, "quire: COLUMN_NOT_FOUND: statement 4, line 4, column 8: there is no column x; there is no FROM\n");
    assert.equal(status, 1);
  },
  fastRuntimes,
);

test("others are told that a shell has the file", async (t) => {
  const cwd = tempFolder(t);
  const child = spawn(process.execPath, [CLI, "a.db"], { cwd, stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.write("SELECT 1;\n");
  await once(child.stdout, "data");
  const { stderr } = run(cwd, ["--wait", "0", "a.db"], "SELECT 1;");
  child.stdin.end();
  await once(child, "close");
  assert.match(stderr, /^quire: LOCKED: a\.db is open for writing by process \d+ \(quire\) since /);
});

test("rows beyond number go through in little memory, and a reader that has enough ends them", async (t) => {
  const cwd = tempFolder(t);
  const child = spawn(process.execPath, ["--max-old-space-size=64", CLI, ":memory:"], { cwd, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined);
  child.stdin.end(".mode csv\nSELECT value, 'abcdefghijklmnopqrstuvwxyz' FROM generate_series(1, 2000000000);\n");
  let bytes = 0;
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const status = new Promise((resolve) => child.on("close", resolve));
  for await (const chunk of child.stdout) {
    bytes += (chunk as Buffer).length;
    if (bytes > 20e6) break;
  }
  child.stdout.destroy();
  assert.equal(await status, 0, said);
  assert.equal(said, "");
});

test("where statements end", () => {
  const split = (text: string): string[] => {
    const splitter = new StatementSplitter();
    const whole = text.split("\n").flatMap((line) => [...splitter.feed(`${line}\n`)]);
    const last = splitter.end();
    const split = [...whole, ...(last === null ? [] : [last])];
    // All at once it is the same.
    const atOnce = new StatementSplitter();
    const others = [...atOnce.feed(`${text}\n`)];
    assert.deepEqual(
      [...others, atOnce.end()].filter((statement) => statement !== null),
      split,
    );
    return split.map(({ sql, line, column }) => `${line}:${column} ${sql}`);
  };
  assert.deepEqual(split("a;b; c"), ["1:1 a;", "1:3 b;", "1:6 c\n"]);
  assert.deepEqual(split("'a;''\n;' x; \"a\"\";\" [;]\n`;`;"), ["1:1 'a;''\n;' x;", '2:7 "a"";" [;]\n`;`;']);
  assert.deepEqual(split("-- a;\n /* ; ' */ ; -- \n;"), []);
  assert.deepEqual(split("a /* ;\n; */ -- ;\n b;"), ["1:1 a /* ;\n; */ -- ;\n b;"]);
  assert.deepEqual(split("CREATE TEMP TRIGGER t BEGIN a; b; END; c"), ["1:1 CREATE TEMP TRIGGER t BEGIN a; b; END;", "1:40 c\n"]);
  assert.deepEqual(split("BEGIN; a; END; create table begin (x); d"), [
    ...["1:1 BEGIN;", "1:8 a;", "1:11 END;", "1:16 create table begin (x);", "1:40 d\n"],
  ]);
  assert.deepEqual(split("select 'ü' - -1; select a->>'$[;]';"), ["1:1 select 'ü' - -1;", "1:18 select a->>'$[;]';"]);
  // Columns are characters; comments before a statement and behind the last one are none of it.
  assert.deepEqual(split("select '\u{1f600}';/* ; */ -- x\n /* y\n */ b; /* open"), ["1:1 select '\u{1f600}';", "3:5 b;"]);
  assert.deepEqual(split("create trigger t begin select case 1 when 1 then 2 end; end; c;"), [
    ...["1:1 create trigger t begin select case 1 when 1 then 2 end; end;", "1:62 c;"],
  ]);
  // What takes 20 MB in many lines does not take its square in time.
  const splitter = new StatementSplitter();
  const from = performance.now();
  const row = "  ('some text that goes on for a while', 'and some more of it, up to 100 characters or so'),\n";
  for (let i = 0; i < 200_000; i++) for (const statement of splitter.feed(row)) assert.fail(statement.sql);
  assert.equal([...splitter.feed(";")].length, 1);
  assert.ok(performance.now() - from < 5000);
});

test("words of commands", () => {
  assert.deepEqual(splitWords(".import 'a b.csv' \"t\\t2\" plain's it''s"), [".import", "a b.csv", "t\t2", "plain's", "it''s"]);
  assert.deepEqual(splitWords(".nullvalue ''"), [".nullvalue", ""]);
});

test("what completion offers", () => {
  const names = new Map([
    ["people", ["id", "name", "age", "order"]],
    ["pets", ["id", "owner"]],
    ["bad\x1bname", ["x"]],
  ]);
  const offers = (before: string, behind = ""): string[] => completeSql(before, behind, names)[0];
  assert.deepEqual(offers("SELECT * FROM "), ["people", "pets"]);
  assert.deepEqual(offers("SELECT * FROM people, pe"), ["people", "pets"]);
  assert.deepEqual(offers("SELECT name, pe"), ["people", "pets", "percent_rank("]);
  // Columns of the table that is named later, and of no other.
  assert.ok(offers("SELECT ow", " FROM pets").includes("owner"));
  assert.ok(!offers("SELECT ow", " FROM people").includes("owner"));
  assert.deepEqual(offers("SELECT p.", " FROM people p"), ["age", "id", "name", '"order"']);
  assert.deepEqual(offers("SELECT p.na", " FROM people AS p JOIN pets q"), ["name"]);
  assert.deepEqual(offers("SELECT q.", " FROM people p JOIN pets q"), ["id", "owner"]);
  assert.deepEqual(offers('SELECT "or', " FROM people"), ['"order"']);
  assert.deepEqual(offers("SELECT 'na"), []);
  assert.deepEqual(offers("SELECT 1 -- na"), []);
  assert.deepEqual(offers("SELECT 1 /* na"), []);
  assert.ok(offers("SELECT 'it''s' || na", " FROM people").includes("name"));
  assert.ok(offers("SELECT * FROM people WH").includes("WHERE"));
  assert.ok(offers("select * from people wh").includes("where"));
  assert.deepEqual(completeCommand(".ex", names)[0], [".explain", ".export"]);
  assert.deepEqual(completeCommand(".mode m", names)[0], ["markdown"]);
  assert.deepEqual(completeCommand(".timer ", names)[0], ["on", "off"]);
});

test("keywords and functions that are completed are the module's", () => {
  const source = (path: string): string => readFileSync(join(packageRoot, "assembly", "sql", path), "utf8");
  const reserved = Array.from(source("syntax/reserved.ts").matchAll(/^ {2}" ([a-z_ ]+) ",$/gm), ([, words = ""]) =>
    words.split(" "),
  );
  assert.deepEqual([...RESERVED_WORDS].sort(), reserved.flat().sort());
  using db = openSync(":memory:");
  for (const name of FUNCTION_NAMES) {
    if (["cast", "extract", "generate_series", "json_each", "json_tree", "if"].includes(name)) continue;
    try {
      db.prepare(`SELECT ${name}(1)`);
    } catch (error) {
      assert.doesNotMatch((error as Error).message, /there is no function/, name);
    }
  }
  const known = Array.from(source("eval/function-names.ts").matchAll(/^([a-z_]+) \d+ /gm), ([, name = ""]) => name);
  const left = ["ceiling", "character_length", "btrim", "chr", "ascii", "current_date", "current_timestamp"];
  assert.deepEqual(
    [...new Set(known)].filter((name) => !FUNCTION_NAMES.includes(name) && !left.includes(name)),
    [],
  );
});

test("a history is bounded, and shells do not destroy each other's", (t) => {
  const path = join(tempFolder(t), "a", "history");
  const one = new History(path);
  const two = new History(path);
  for (let i = 0; i < 1500; i++) {
    one.add(`one ${i}`);
    two.add(`two ${i}`);
  }
  one.add("one 1499");
  assert.equal(readFileSync(path, "utf8").split("\n").length, 3001);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const three = new History(path);
  assert.deepEqual(three.entries.slice(0, 3), ["two 1499", "one 1499", "two 1498"]);
  assert.equal(three.entries.length, 1000);
  assert.equal(readFileSync(path, "utf8").split("\n").length, 1001);
  // The other ones go on.
  one.add("one more\nof two lines\\n");
  assert.equal(new History(path).entries[0], "one more\nof two lines\\n");
  assert.deepEqual(readdirSync(join(path, "..")), ["history"]);
  // A device is left as it is.
  const before = statSync("/dev/null").mode;
  new History("/dev/null").add("gone");
  assert.equal(statSync("/dev/null").mode, before);
  assert.ok(existsSync("/dev/null"));
  assert.match(new History("/dev/null/x").problem ?? "", /^the history \/dev\/null\/x is not kept: /);
  assert.equal(historyPath({ QUIRE_HISTORY: "" }), null);
  assert.equal(historyPath({ QUIRE_HISTORY: "/x" }), "/x");
  assert.equal(historyPath({ XDG_STATE_HOME: "/state" }), "/state/quire/history");
  assert.match(historyPath({ XDG_STATE_HOME: "relative" }) ?? "", /\/\.local\/state\/quire\/history$/);
});

test("the scripts of docs/shell.md", (t) => {
  const cwd = tempFolder(t);
  mkdirSync(join(cwd, "data"));
  copyFileSync(join(packageRoot, "node_modules", "vega-datasets", "data", "airports.csv"), join(cwd, "data", "airports.csv"));
  const page = readFileSync(join(packageRoot, "docs", "shell.md"), "utf8");
  const [, script = ""] = /^quire :memory: --format csv <<'END'\n([^]*?)^END$/m.exec(page) ?? [];
  const { stdout, status } = run(cwd, [":memory:", "--format", "csv"], script);
  assert.match(stdout, /\nstate,airports\nAK,263\nTX,209\nCA,205\n$/);
  assert.equal(status, 0);
});
