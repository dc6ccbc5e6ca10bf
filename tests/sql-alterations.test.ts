/** ALTER TABLE: definitions that change on rows that are there. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type SyncSession, defineTable, openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";
import { liveThrough } from "./sql/alterations.js";
import { FileStore } from "./sql/life-stores.js";
import { Random } from "./torture/random.js";

test("random changes of a table are as a model of rows and rules has them, and its definition as one made anew", (t) => {
  const folder = tempFolder(t);
  let done = 0;
  let refused = 0;
  for (let seed = 1; seed <= 8; seed++) {
    const layout = seed % 2 === 0 ? "0.9" : "0.11";
    const store = new FileStore(join(folder, `${seed}.db`), layout, new Random(seed, 24));
    const counts = liveThrough(seed, store, 100, seed < 7 ? 0 : 150);
    done += counts.done;
    refused += counts.refused;
  }
  assert.ok(done > 350 && refused > 100, `${done} done, ${refused} refused`);
});

type Rows = readonly (readonly unknown[])[];

const rows = (db: SyncSession, sql: string): Rows => db.sql(sql).rows;

/** What tells of the tables and indexes that there are. */
const definitions = (db: SyncSession): Rows => rows(db, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL");

test("the examples of docs/sql.md run", () => {
  const page = readFileSync(join(packageRoot, "docs", "sql.md"), "utf8");
  const [, block = ""] = /```sql\n(CREATE TABLE staff [^]+?)```/u.exec(page) ?? [];
  using db = openSync(":memory:");
  const statements = block.split(";\n").filter((sql) => sql !== "");
  assert.equal(statements.length, 8);
  for (const sql of statements) {
    if (sql.includes("SET NOT NULL"))
      assert.deepEqual(rows(db, "SELECT typeof(pay), unit FROM staff LIMIT 1"), [["decimal", "NONE"]]);
    db.sql(sql);
  }
  assert.deepEqual(rows(db, "SELECT * FROM people"), [
    ["1", "Ada", "NONE"],
    ["2", "Bo", "NONE"],
  ]);
  assert.deepEqual(definitions(db), [
    [
      "people",
      'CREATE TABLE "people" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "name" TEXT NOT NULL, "unit" TEXT NOT NULL DEFAULT \'none\')',
    ],
    ["people_unit_name_unique", 'CREATE UNIQUE INDEX "people_unit_name_unique" ON "people" ("unit", "name")'],
  ]);
});

const SHOP = `
  CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price DECIMAL CONSTRAINT positive CHECK (items.price >= 0), kind TEXT);
  CREATE TABLE sales (id INTEGER PRIMARY KEY, item INTEGER REFERENCES items (id) ON DELETE CASCADE, pieces INT, CHECK (pieces > 0));
  CREATE INDEX by_kind_then_name ON items (kind, name);
  CREATE VIEW dear AS SELECT name FROM items WHERE price > 5;
  INSERT INTO items (name, price, kind) VALUES ('pen', 1.5, 'office'), ('book', 12, 'paper'), ('gift', NULL, NULL);
  INSERT INTO sales (item, pieces) VALUES (1, 10), (2, 1), (NULL, 2);
`;

function shop(): SyncSession {
  const db = openSync(":memory:");
  db.exec(SHOP);
  return db;
}

test("what other definitions say of a table and its columns follows their names", () => {
  using db = shop();
  db.exec(
    'ALTER TABLE items RENAME COLUMN kind TO "sort of"; DROP VIEW dear; ALTER TABLE items RENAME TO goods; ALTER TABLE goods RENAME id TO number',
  );
  db.sql("ALTER TABLE goods RENAME price TO amount");
  assert.deepEqual(definitions(db), [
    [
      "goods",
      'CREATE TABLE "goods" ("number" INTEGER PRIMARY KEY AUTOINCREMENT, "name" TEXT NOT NULL, "amount" DECIMAL, "sort of" TEXT, CONSTRAINT "positive" CHECK ("goods"."amount" >= 0))',
    ],
    ["by_kind_then_name", 'CREATE INDEX "by_kind_then_name" ON "goods" ("sort of", "name")'],
    [
      "sales",
      'CREATE TABLE "sales" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "item" INTEGER REFERENCES "goods" ("number") ON DELETE CASCADE, "pieces" INTEGER, CHECK (pieces > 0))',
    ],
  ]);
  assert.throws(() => db.sql("INSERT INTO goods (name, amount) VALUES ('x', -1)"), { code: "CHECK_FAILED" });
  assert.throws(() => db.sql("INSERT INTO sales (item, pieces) VALUES (9, 1)"), { code: "FOREIGN_KEY_BROKEN" });
  assert.equal(db.sql("DELETE FROM goods WHERE number = 1").changes, 1);
  assert.deepEqual(rows(db, "SELECT id FROM sales ORDER BY id"), [["2"], ["3"]]);
  assert.equal(db.sql("DROP INDEX by_kind_then_name").changes, 0);
  assert.equal(db.check().errors, 0);
});

test("an index that goes with its column takes its name along, the last name the catalog", () => {
  using db = openSync(":memory:");
  db.exec("CREATE TABLE t (a INT, b INT); CREATE INDEX special ON t (b, a)");
  db.sql("ALTER TABLE t DROP COLUMN b");
  assert.deepEqual(definitions(db), [["t", 'CREATE TABLE "t" ("a" INTEGER)']]);
  assert.throws(() => db.sql("SELECT * FROM __quire_catalog"), { code: "TABLE_NOT_FOUND" });
});

test("names of UNIQUE constraints are kept, and DROP CONSTRAINT takes them away", (t) => {
  const path = join(tempFolder(t), "a.db");
  {
    using db = openSync(path);
    db.exec(`
      CREATE TABLE staff (id INTEGER PRIMARY KEY, a INT CONSTRAINT one UNIQUE, b INT, c INT, CONSTRAINT two UNIQUE (a, b),
        CONSTRAINT "a ""third""" UNIQUE (c), CONSTRAINT fourth UNIQUE (b, c), CONSTRAINT fifth UNIQUE (b, c),
        CONSTRAINT staff_a_c_key UNIQUE (a, c), CONSTRAINT the_key UNIQUE (id));
      ALTER TABLE staff ADD d INT, ADD CONSTRAINT sixth UNIQUE (d), RENAME d TO e;
      CREATE TABLE others (a INT, b INT, CONSTRAINT two UNIQUE (a, b));
      INSERT INTO staff (a, b, c, e) VALUES (1, 1, 1, 1);
    `);
  }
  using db = openSync(path);
  const indexes = (table: string): readonly unknown[] =>
    rows(db, `SELECT name FROM pragma_index_list('${table}') ORDER BY name`).map(([name]) => name);
  const own = ['a "third"', "fifth", "fourth", "one", "sixth", "staff_a_c_unique", "two"];
  assert.deepEqual(indexes("staff"), own);
  // A name that another index has is not kept.
  assert.deepEqual(indexes("others"), ["others_a_b_unique"]);
  const drop = (name: string): unknown => db.sql(`ALTER TABLE staff DROP CONSTRAINT ${name}`);
  const insert = (sql: string): unknown => db.sql(`INSERT INTO staff (a, b, c, e) VALUES ${sql}`);
  const refuses = (sql: string): void => assert.throws(() => insert(sql), { code: "UNIQUE_CONFLICT" }, sql);
  refuses("(1, 2, 2, 2)");
  drop("one");
  refuses("(1, 1, 2, 2)");
  drop("TWO");
  insert("(1, 1, 2, 2)");
  refuses("(5, 5, 1, 5)");
  drop('"a ""third"""');
  insert("(5, 5, 1, 5)");
  refuses("(6, 6, 6, 1)");
  drop("sixth");
  insert("(6, 6, 6, 1)");
  // One of two names of the same columns.
  drop("fourth");
  refuses("(7, 1, 1, 7)");
  drop("fifth");
  insert("(7, 1, 1, 7)");
  refuses("(7, 8, 1, 8)");
  drop("staff_a_c_key");
  insert("(7, 8, 1, 8)");
  assert.throws(() => drop("the_key"), { code: "INDEX_NOT_FOUND" });
  assert.deepEqual(indexes("staff"), []);
  assert.throws(() => db.sql("SELECT * FROM __quire_catalog"), { code: "TABLE_NOT_FOUND" });
});

test("a constraint whose columns the same statement gives other names is the one that goes", () => {
  const left = (change: string): ReturnType<typeof rows> => {
    using db = openSync(":memory:");
    db.exec("CREATE TABLE t (a INT CONSTRAINT u UNIQUE, b INT CONSTRAINT v UNIQUE, c INT, CONSTRAINT w UNIQUE (b, c))");
    db.sql(`ALTER TABLE t ${change}`);
    return rows(db, "SELECT l.name, i.name FROM pragma_index_list('t') l, pragma_index_info(l.name) i ORDER BY 1, i.seqno");
  };
  const w = (b: string): string[][] => [
    ["w", b],
    ["w", "c"],
  ];
  assert.deepEqual(left("RENAME a TO x, RENAME b TO a, RENAME x TO b, DROP CONSTRAINT u"), [["v", "a"], ...w("a")]);
  assert.deepEqual(left("RENAME a TO x, RENAME b TO a, RENAME x TO b, DROP CONSTRAINT v"), [["u", "b"], ...w("a")]);
  assert.deepEqual(left("RENAME a TO d, DROP CONSTRAINT IF EXISTS u"), [["v", "b"], ...w("b")]);
  assert.deepEqual(left("RENAME b TO d, DROP CONSTRAINT w"), [
    ["u", "a"],
    ["v", "d"],
  ]);
  assert.deepEqual(left("ADD d INT, ADD UNIQUE (a, d), RENAME a TO e, DROP CONSTRAINT u"), [
    ["t_e_d_unique", "e"],
    ["t_e_d_unique", "d"],
    ["v", "b"],
    ...w("b"),
  ]);
});

test("what would leave something broken, or rows that do not fit, is refused by name and leaves nothing", () => {
  using db = shop();
  const before = [definitions(db), rows(db, "SELECT * FROM items"), rows(db, "SELECT * FROM sales")];
  const refused: [sql: string, code: string, what: RegExp][] = [
    ["items DROP COLUMN price", "BAD_SCHEMA", /^CHECK positive .* there is no column items\.price/u],
    ["items DROP COLUMN id", "BAD_SCHEMA", /id is of the primary key/u],
    ["items DROP PRIMARY KEY", "BAD_SCHEMA", /sales\.item refers to items\.id, which is not unique/u],
    ["items DROP PRIMARY KEY, DROP COLUMN id", "FOREIGN_KEY_RESTRICT", /sales refers to items\.id/u],
    ["items ALTER id TYPE text", "BAD_SCHEMA", /sales\.item refers to items\.id, which is a text/u],
    ["items DROP COLUMN name", "COLUMN_NOT_FOUND", /^view dear, .* there is no column name/u],
    [
      "items ADD CHECK (kind <> ''), RENAME kind TO sort",
      "SQL_UNSUPPORTED",
      /CHECK that is added before names kind, which is renamed/u,
    ],
    ["items ADD CHECK (kind <> ''), DROP kind, RENAME name TO kind", "SQL_UNSUPPORTED", /names kind, which goes/u],
    ["items ADD CHECK (items.kind <> ''), RENAME TO goods", "SQL_UNSUPPORTED", /names items, which is renamed/u],
    ["items RENAME TO sales", "TABLE_EXISTS", /there is a table sales already/u],
    ["items RENAME TO dear", "TABLE_EXISTS", /there is a view dear already/u],
    ["items RENAME COLUMN name TO KIND", "SQL_SYNTAX", /there is a column KIND already/u],
    ["items ALTER kind SET NOT NULL", "NOT_NULL", /^the row id = 3 of items: items\.kind has no value/u],
    ["items ALTER price TYPE int", "OVERFLOW", /^the row id = 1 of items: /u],
    ["items ALTER name TYPE int", "BAD_VALUE", /^the row id = 1 of items: .*"pen" is not/u],
    ["items ALTER name TYPE blob", "SQL_TYPE", /column name is blob, the value text/u],
    ["items ALTER price TYPE decimal USING price / (id - 2)", "DIVISION_BY_ZERO", /^the row id = 2 of items: /u],
    ["items ADD CHECK (price < 10)", "CHECK_FAILED", /^items\.id = 2: /u],
    ["items ADD COLUMN c int CHECK (c > 0) DEFAULT 0", "CHECK_FAILED", /^items\.id = 1: /u],
    ["items ADD COLUMN c int NOT NULL", "NOT_NULL", /^the row id = 1 of items: items\.c has no value, and no default/u],
    ["items ADD COLUMN c int UNIQUE DEFAULT 1", "UNIQUE_CONFLICT", /two rows of items have c = 1/u],
    ["items ADD COLUMN c int AFTER c", "SQL_SYNTAX", /c can't come behind itself/u],
    ["items ADD COLUMN name int", "SQL_SYNTAX", /two columns name/u],
    ["items ADD COLUMN c int REFERENCES sales (id) DEFAULT 7", "FOREIGN_KEY_BROKEN", /items\.c = 7: sales has no row/u],
    ["sales ADD FOREIGN KEY (pieces) REFERENCES items (id)", "FOREIGN_KEY_BROKEN", /sales\.pieces = 10: items has no row/u],
    ["items ADD PRIMARY KEY (name)", "SQL_SYNTAX", /more than one PRIMARY KEY/u],
    ["items DROP CONSTRAINT negative", "INDEX_NOT_FOUND", /there is no constraint negative/u],
    ["nobody ADD COLUMN c int", "TABLE_NOT_FOUND", /there is no table nobody/u],
    ["dear ADD COLUMN c int", "TABLE_NOT_FOUND", /dear is a view/u],
    ["items MODIFY name text", "SQL_UNSUPPORTED", /MODIFY and CHANGE are not there/u],
    ["items ALTER name TYPE text USING (SELECT 'x')", "SQL_UNSUPPORTED", /USING of more than a row's own values/u],
    ["items ADD COLUMN c int, ALTER kind SET NOT NULL", "NOT_NULL", /items\.kind has no value/u],
  ];
  for (const isInside of [false, true]) {
    if (isInside) db.begin();
    for (const [change, code, what] of refused) {
      assert.throws(
        () => db.sql(`ALTER TABLE ${change}`),
        (error: { code: string; message: string }) => {
          assert.equal(error.code, code, `${change}: ${error.message}`);
          assert.match(error.message.replace(/^line \d+, column \d+: /u, ""), what, change);
          return true;
        },
      );
      assert.deepEqual([definitions(db), rows(db, "SELECT * FROM items"), rows(db, "SELECT * FROM sales")], before, change);
    }
    if (isInside) db.commit();
  }
  assert.equal(db.check().errors, 0);
});

test("tables and statements of a session go by a definition that SQL changed under them", () => {
  using db = openSync(":memory:");
  const items = defineTable("items", { id: "int64:pk:auto", name: "text" });
  db.create(items);
  const table = db.table<{ id: bigint; name: string; extra?: number; title?: string }>("items");
  table.insert({ name: "pen" });
  const all = db.prepare("SELECT * FROM items");
  assert.deepEqual(all.all(), [{ id: 1n, name: "pen" }]);
  db.sql("ALTER TABLE items ADD COLUMN extra int4 DEFAULT 3 FIRST, RENAME COLUMN name TO title");
  assert.deepEqual(all.all(), [{ extra: 3, id: 1n, title: "pen" }]);
  assert.deepEqual(table.get(1n), { extra: 3, id: 1n, title: "pen" });
  db.begin();
  db.sql("ALTER TABLE items DROP COLUMN extra");
  assert.deepEqual(all.all(), [{ id: 1n, title: "pen" }]);
  db.rollback();
  assert.deepEqual(all.all(), [{ extra: 3, id: 1n, title: "pen" }]);
  assert.deepEqual(table.get(1n), { extra: 3, id: 1n, title: "pen" });
});

test("USING gives values to a column that comes in the same statement, and to one whose type is changed once more", () => {
  using db = shop();
  db.sql(
    "ALTER TABLE items ADD COLUMN label TEXT, ALTER label TYPE TEXT USING kind || ': ' || name, ADD cents INT, ALTER cents TYPE INT USING price * 100, ALTER cents TYPE DECIMAL",
  );
  assert.deepEqual(rows(db, "SELECT label, cents FROM items ORDER BY id"), [
    ["office: pen", "150.0"],
    ["paper: book", "1200"],
    [null, null],
  ]);
  assert.throws(() => db.sql("ALTER TABLE items ADD c INT NOT NULL, ALTER c TYPE INT USING price"), { code: "OVERFLOW" });
});

test("constraints and names that a statement adds follow columns that it renames behind", () => {
  using db = openSync(":memory:");
  db.exec("CREATE TABLE t (a INT NOT NULL, b INT); INSERT INTO t VALUES (1, 2), (2, 2)");
  db.sql("ALTER TABLE t ADD UNIQUE (a, b), ADD UNIQUE (a), ADD k INTEGER, RENAME b TO c, RENAME a TO b, RENAME k TO id");
  assert.throws(() => db.sql("INSERT INTO t VALUES (1, 3, 1)"), { code: "UNIQUE_CONFLICT", message: /b = 1/u });
  db.sql("ALTER TABLE t DROP COLUMN id, ADD k INTEGER NOT NULL DEFAULT 0, RENAME k TO id");
  db.sql("ALTER TABLE t ALTER id TYPE INTEGER USING b, ADD PRIMARY KEY (id)");
  assert.deepEqual(rows(db, "SELECT id, b, c FROM t ORDER BY id"), [
    ["1", "1", "2"],
    ["2", "2", "2"],
  ]);
});

test("a row that does not fit on a page any more is named", () => {
  using db = openSync(":memory:");
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'short')");
  db.table<{ id: bigint; a: string }>("t").insert({ id: 2n, a: "x".repeat(40000) });
  const change = "ALTER TABLE t ADD COLUMN b TEXT, ALTER b TYPE TEXT USING a";
  assert.throws(() => db.sql(change), {
    code: "RECORD_TOO_LARGE",
    message: /^the row id = 2 of t: the record needs 80\d\d\d bytes/u,
  });
  assert.deepEqual(rows(db, "SELECT count(*) FROM t"), [["2"]]);
});

test("numbers go on to be counted where a counted column changes its type or name, or a column begins to count", () => {
  using db = openSync(":memory:");
  db.exec(
    "CREATE TABLE t (id SMALLINT PRIMARY KEY AUTOINCREMENT, a text); INSERT INTO t (a) VALUES ('a'), ('b'), ('c'); DELETE FROM t WHERE id = 3",
  );
  db.sql("ALTER TABLE t ALTER COLUMN id TYPE bigint, RENAME COLUMN id TO n");
  db.sql("ALTER TABLE t RENAME TO u");
  db.sql("INSERT INTO u (a) VALUES ('d')");
  db.sql("ALTER TABLE u ADD COLUMN k serial FIRST");
  db.sql("INSERT INTO u (a) VALUES ('e')");
  assert.deepEqual(rows(db, "SELECT * FROM u ORDER BY n"), [
    ["1", "1", "a"],
    ["2", "2", "b"],
    ["3", "4", "d"],
    ["4", "5", "e"],
  ]);
});

const FAMILY = `
  CREATE TABLE p (id INTEGER PRIMARY KEY, u int UNIQUE);
  CREATE TABLE c (id INTEGER PRIMARY KEY, p int REFERENCES p (id), q int REFERENCES p (u));
  CREATE TABLE s (id INTEGER PRIMARY KEY, r int REFERENCES s (id));
  INSERT INTO p VALUES (1, 10), (2, 20);
  INSERT INTO c VALUES (1, 1, 10);
  INSERT INTO s VALUES (1, 1);
`;

test("values that USING gives keep to foreign keys on both of their sides, and to the counter", () => {
  using db = openSync(":memory:");
  db.exec(FAMILY);
  const refused: [sql: string, what: RegExp][] = [
    ["p ALTER id TYPE integer USING id + 5", /c\.p = 1: p has no row with that id/u],
    ["p ALTER u TYPE int USING NULL", /c\.q = 10: p has no row with that u/u],
    ["s ALTER id TYPE integer USING id + 5", /s\.r = 1: s has no row with that id/u],
    ["c ALTER p TYPE int USING p + 5", /c\.p = 6: p has no row with that id/u],
  ];
  for (const [change, what] of refused)
    assert.throws(() => db.sql(`ALTER TABLE ${change}`), { code: "FOREIGN_KEY_BROKEN", message: what }, change);
  db.exec("ALTER TABLE c ALTER p TYPE int USING p + 1; UPDATE c SET p = NULL; ALTER TABLE p ALTER id TYPE integer USING id + 5");
  db.sql("INSERT INTO p (u) VALUES (30)");
  assert.deepEqual(rows(db, "SELECT * FROM p ORDER BY id"), [
    ["6", "10"],
    ["7", "20"],
    ["8", "30"],
  ]);
  const { errors, faults } = db.check();
  assert.equal(errors, 0);
  assert.ok(!faults.some(({ code }) => code === "AUTOINCREMENT_BEHIND"));
});

test("what names a column that goes is not about another one that takes its name", () => {
  using db = openSync(":memory:");
  db.exec(`
    CREATE TABLE t (id INTEGER PRIMARY KEY, a int UNIQUE, b int UNIQUE, r int REFERENCES t (a));
    CREATE TABLE k (id INTEGER PRIMARY KEY, a int CHECK (a > 0), b int);
    CREATE INDEX of_a ON k (a);
    CREATE INDEX of_b ON k (b);
  `);
  const over = "DROP COLUMN a, RENAME b TO a";
  assert.throws(() => db.sql(`ALTER TABLE t ${over}`), {
    code: "BAD_SCHEMA",
    message: /t\.r refers to the column a, which goes/u,
  });
  assert.throws(() => db.sql(`ALTER TABLE k ${over}`), { code: "BAD_SCHEMA", message: /CHECK \(a > 0\) names the column a/u });
  db.exec(`ALTER TABLE k DROP CONSTRAINT k_check, ${over}; ALTER TABLE t DROP COLUMN r, ${over}`);
  assert.deepEqual(definitions(db).slice(0, 2), [
    ["k", 'CREATE TABLE "k" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "a" INTEGER)'],
    ["of_b", 'CREATE INDEX "of_b" ON "k" ("a")'],
  ]);
});

test("a foreign key to the table itself that comes with its columns' names being changed names what is called so by then", () => {
  using db = openSync(":memory:");
  db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a int UNIQUE, b int UNIQUE, c int, d int REFERENCES t (a))");
  db.sql("ALTER TABLE t RENAME a TO x, RENAME b TO a, RENAME x TO b, ADD FOREIGN KEY (c) REFERENCES t (a)");
  assert.deepEqual(definitions(db), [
    [
      "t",
      'CREATE TABLE "t" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "b" INTEGER UNIQUE, "a" INTEGER UNIQUE, "c" INTEGER REFERENCES "t" ("a"), "d" INTEGER REFERENCES "t" ("b"))',
    ],
  ]);
});

test("of columns whose names differ in case the one that is written so is meant", () => {
  using db = openSync(":memory:");
  const table = defineTable("t", { id: "int64:pk:auto", name: "text", Name: "text:null" });
  db.create(table);
  db.table(table).insert({ name: "kept", Name: "gone" });
  db.sql('ALTER TABLE t DROP COLUMN "Name"');
  assert.deepEqual(rows(db, "SELECT name FROM t"), [["kept"]]);
});

test("a default that does not go with its column's new type says how to go on", () => {
  using db = openSync(":memory:");
  db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, c decimal DEFAULT 1.5)");
  const change = "ALTER c TYPE int USING CAST(c AS int)";
  assert.throws(() => db.sql(`ALTER TABLE t ${change}`), {
    code: "OVERFLOW",
    message: /the default of c .* DROP DEFAULT before/u,
  });
  db.sql(`ALTER TABLE t ALTER c DROP DEFAULT, ${change}`);
});

test("names that differ in case only are as little there twice as in CREATE TABLE", () => {
  using db = shop();
  db.sql("DROP VIEW dear");
  assert.throws(() => db.sql("ALTER TABLE sales RENAME TO Items"), { code: "TABLE_EXISTS" });
  assert.throws(() => db.sql("ALTER TABLE items ADD CONSTRAINT Positive CHECK (price < 99)"), {
    code: "SQL_SYNTAX",
    message: /two constraints Positive/u,
  });
  db.sql("ALTER TABLE items RENAME TO Items");
  db.sql("ALTER TABLE items DROP CONSTRAINT positive, ADD CONSTRAINT Positive CHECK (price < 99)");
  assert.deepEqual(rows(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"), [["Items"], ["sales"]]);
});
