/** `import` into tables that have rows: by keys that are there, with columns that are not, and tried without a change. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { modulePath } from "../host/paths.js";
import { type CommandRun, runCommand } from "./torture/command.js";
import { Disk } from "./torture/disk.js";

let module: WebAssembly.Module;
before(() => {
  module = new WebAssembly.Module(readFileSync(modulePath()));
});

const COLUMNS = ["id:uint32:pk:auto", "email:text:unique", "name:text:null", "n:int32:default=7"];
const ROWS = [
  { id: 1, email: "a", name: "Ada", n: 1 },
  { id: 2, email: "b", name: null, n: 2 },
];

/** A store with the rows in table t. */
class Existing {
  readonly disk = new Disk();

  constructor(columns: readonly string[] = COLUMNS, rows: readonly object[] = ROWS) {
    this.run(["create", "t", ...columns]);
    if (rows.length > 0) this.run(["insert", "t", ...rows.map((row) => JSON.stringify(row))]);
  }

  run(words: readonly string[], stdin = ""): CommandRun {
    const run = runCommand(module, this.disk, ["data/store.db", ...words], { stdin });
    assert.equal(run.trap, "");
    return run;
  }

  /** Imports `text`, CSV or, with `{` or `[` in front, NDJSON or JSON. */
  take(text: string, ...options: string[]): CommandRun {
    const format = text.startsWith("{") ? "ndjson" : text.startsWith("[") ? "json" : "csv";
    return this.run(["import", "t", "-", "--format", format, ...options], text);
  }

  /** The rows, after a check of the whole file. */
  rows(): unknown[] {
    const check = this.run(["check"]);
    assert.equal(check.status, 0, check.stdout);
    const { stdout } = this.run(["export", "t", "--format", "ndjson", "--order", "id"]);
    return stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as unknown]));
  }
}

const done = /^imported (.*) in \S+ s\n$/;

test("--on-conflict update gives rows with a known key the values that the source has, and skip leaves them", () => {
  const sources = [
    "n,id,name\n5,2,Bo\n6,1,Ada\n1,1,Ada\n",
    '{"n":5,"id":2,"name":"Bo"}\n{"id":1,"n":6,"name":"Ada"}\n{"name":"Ada","id":1,"n":1}',
    '[{"n":5,"id":2,"name":"Bo"},{"id":1,"n":6},{"id":1,"n":1}]',
  ];
  for (const source of sources) {
    const updated = new Existing();
    const run = updated.take(source, "--on-conflict", "update");
    assert.equal(done.exec(run.stdout)?.[1], "3 rows into t (0 new, 3 changed, 0 the same)", run.stderr);
    assert.deepEqual(updated.rows(), [ROWS[0], { id: 2, email: "b", name: "Bo", n: 5 }]);
    const again = updated.take(source.replace("6", "1"), "--on-conflict", "update");
    assert.equal(done.exec(again.stdout)?.[1], "0 rows into t (0 new, 0 changed, 3 the same)");
    const skipped = new Existing();
    const kept = skipped.take("id,email,name\n2,x,Bo\n,c,Cy\n9,d,\n", "--on-conflict", "skip");
    assert.equal(done.exec(kept.stdout)?.[1], "2 rows into t (2 new, 1 there already)", kept.stderr);
    assert.deepEqual(skipped.rows(), [...ROWS, { id: 3, email: "c", name: "Cy", n: 7 }, { id: 9, email: "d", name: null, n: 7 }]);
  }
  // An error is what it is without.
  for (const options of [[], ["--on-conflict", "error"]]) {
    const store = new Existing();
    assert.match(store.take("id,email\n3,c\n1,x\n", ...options).stderr, /PRIMARY_KEY_CONFLICT: line 3: .*nothing was imported/);
    assert.deepEqual(store.rows(), ROWS);
  }
});

test("rows are told by other unique columns with --key, and one that lacks them is refused", () => {
  const store = new Existing();
  const run = store.take("email,n\nb,20\nc,30\n", "--on-conflict", "update", "--key", "email");
  assert.equal(done.exec(run.stdout)?.[1], "2 rows into t (1 new, 1 changed, 0 the same)", run.stderr);
  assert.deepEqual(store.rows(), [ROWS[0], { id: 2, email: "b", name: null, n: 20 }, { id: 3, email: "c", name: null, n: 30 }]);
  assert.match(
    store.take("email,n\nb,20\n", "--on-conflict", "update").stderr,
    /BAD_VALUE: line 2: the row has no id, which tells the row that it is; --key NAMES tells them by other columns/,
  );
  assert.match(
    store.take("email,n\nb,20\n", "--on-conflict", "skip", "--key", "n").stderr,
    /INDEX_NOT_FOUND: table t has no key or unique index on n/,
  );
  assert.match(store.take("id\n1\n", "--key", "id").stderr, /USAGE: --key goes with --create.*or --on-conflict/);
  assert.match(store.take("id\n1\n", "--on-conflict", "replace").stderr, /USAGE: --on-conflict is update, skip or error/);
  // Several columns together.
  const pairs = new Existing(["id:uint32:pk:auto", "a:text:unique=ab", "b:text:null:unique=ab", "n:int32"], []);
  const csv = "a,b,n\nx,1,1\nx,2,2\nx,1,3\nx,,4\nx,,5\n";
  assert.match(
    pairs.take(csv, "--on-conflict", "update", "--key", "a,b").stdout,
    /5 rows into t \(4 new, 1 changed, 0 the same\)/,
  );
  assert.deepEqual(
    (pairs.rows() as { n: number }[]).map(({ n }) => n),
    [3, 2, 4, 5],
  );
});

test("a row that can't be is refused as elsewhere: nothing remains, or it is skipped", () => {
  const csv = "id,email,n\n1,a,10\n2,a,20\n3,c,x\n5,e,50\n";
  const store = new Existing();
  assert.match(store.take(csv, "--on-conflict", "update").stderr, /UNIQUE_CONFLICT: line 3: .*nothing was imported/);
  assert.deepEqual(store.rows(), ROWS);
  const run = store.take(csv, "--on-conflict", "update", "--skip-bad");
  assert.match(run.stderr, /skipped line 3: another row of t has email = a\nskipped line 4, column n: "x" is not an int32/);
  assert.match(run.stdout, /^imported 2 rows into t \(1 new, 1 changed, 0 the same\), skipped 2 bad ones, in/);
  assert.deepEqual(store.rows(), [{ ...ROWS[0], n: 10 }, ROWS[1], { id: 5, email: "e", name: null, n: 50 }]);
  // A new row needs what the table needs, one that is there does not.
  assert.match(store.take("id,n\n1,1\n77,1\n", "--on-conflict", "update").stderr, /NOT_NULL: line 3: .*email/);
  assert.match(store.take("id,n\n1,11\n", "--on-conflict", "update").stdout, /1 changed/);
});

test("keys that others refer to follow, and rows refer to those before them", () => {
  const store = new Existing(["id:int32:pk", "parent:int32:null:references=t.id:restrict"], [{ id: 1 }]);
  assert.match(store.take("id,parent\n2,1\n1,2\n3,9\n", "--on-conflict", "update").stderr, /FOREIGN_KEY_BROKEN: line 4/);
  assert.match(store.take("id,parent\n2,1\n1,2\n", "--on-conflict", "update").stdout, /1 new, 1 changed/);
  assert.deepEqual(store.rows(), [
    { id: 1, parent: 2 },
    { id: 2, parent: 1 },
  ]);
});

test("--ignore-extra leaves out what the table has no column for, and says what that was", () => {
  const store = new Existing();
  assert.match(store.take("id,email,x\n3,c,1\n").stderr, /COLUMN_NOT_FOUND/);
  const csv = store.take("x,id,y z,email\n1,3,2,c\n", "--ignore-extra");
  assert.match(csv.stderr, /^note: left out, as the table has no such columns: x, y z$/m);
  const json = store.take('[{"id":4,"x":{},"email":"d"},{"email":"e","id":5,"\\u0079":[],"x":1}]', "--ignore-extra");
  assert.match(json.stderr, /^note: left out, as the table has no such columns: x, y$/m);
  assert.deepEqual(
    (store.rows() as { email: string }[]).map(({ email }) => email),
    ["a", "b", "c", "d", "e"],
  );
  const many = Array.from({ length: 30 }, (_, at) => `"c${at}":1`).join(",");
  assert.match(store.take(`{"id":6,"email":"f",${many}}`, "--ignore-extra").stderr, /c0, c1, .*c19 and more$/m);
  assert.match(
    store.run(["import", "u", "-", "--format", "csv", "--create", "--ignore-extra"], "a\n1\n").stderr,
    /USAGE: --ignore-extra/,
  );
  assert.deepEqual(JSON.parse(store.take("id,email,q\n7,g,1\n", "--ignore-extra", "--json").stdout), {
    ...(JSON.parse(store.take("id,email,q\n8,h,1\n", "--ignore-extra", "--json").stdout) as object),
  });
});

test("--dry-run says what an import would do, and changes no byte", () => {
  const csv = "id,email,n\n1,a,1\n2,b,20\n3,c,3\n4,c,4\nx,e,5\n";
  const store = new Existing();
  const bytes = (): Uint8Array | undefined => store.disk.images().get("store.db")?.bytes();
  const before = bytes();
  const same = (): void => {
    assert.deepEqual(store.rows(), ROWS);
    assert.deepEqual(bytes(), before);
  };
  const dry = store.take(csv, "--dry-run", "--on-conflict", "update");
  assert.equal(dry.status, 1);
  assert.equal(
    dry.stdout,
    "would import 2 rows into t (1 new, 1 changed, 1 the same), and refuses 2: without --skip-bad it would fail\n",
  );
  assert.match(dry.stderr, /^refused line 5: .*\nrefused line 6, column id: "x" is not a uint32/);
  same();
  const plain = store.take(csv, "--dry-run", "--skip-bad", "--json");
  assert.equal(plain.status, 0);
  const reply = JSON.parse(plain.stdout) as { imported: number; skipped: number; dryRun: boolean; bad: { line: number }[] };
  assert.deepEqual([reply.imported, reply.skipped, reply.dryRun], [1, 4, true]);
  assert.deepEqual(
    reply.bad.map(({ line }) => line),
    [2, 3, 5, 6],
  );
  same();
  assert.equal(store.take("id,email\n8,h\n", "--dry-run", "--batch", "1").stdout, "would import 1 row into t\n");
  same();
  // What it says is what then is done.
  const real = store.take(csv, "--skip-bad", "--on-conflict", "update");
  assert.match(real.stdout, /^imported 2 rows into t \(1 new, 1 changed, 1 the same\), skipped 2 bad ones/);
});

test("a dry run of an import that makes its table and file leaves neither, and rows may still come in any order", () => {
  const disk = new Disk();
  const run = runCommand(module, disk, ["data/new.db", "import", "t", "-", "--format", "csv", "--create", "--dry-run"], {
    stdin: "a,b\n1,x\n",
  });
  assert.equal(run.stdout, "would import 1 row into t\n");
  assert.match(run.stderr, /^would create t a:int32:pk b:text\n/);
  assert.equal(disk.files.size, 0);
  const store = new Existing(["id:int32:pk", "parent:int32:null:references=t.id:restrict"], []);
  assert.equal(store.take("id,parent\n1,2\n2,\n", "--dry-run").stdout, "would import 2 rows into t\n");
  const broken = store.take("id,parent\n1,2\n2,9\n", "--dry-run");
  assert.match(broken.stderr, /refused line 3: .*FOREIGN_KEY_BROKEN|refused line 3: /);
  assert.equal(broken.status, 1);
  assert.deepEqual(store.rows(), []);
});
