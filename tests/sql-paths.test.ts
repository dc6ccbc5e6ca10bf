/** Ways to rows that are made of several ranges, and groups that an index has side by side: which way is taken, and that the rows are right. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSync } from "../host/index.js";
import { plan } from "./helpers/plans.js";

const ROWS = 6000;

/** A table with integers, whose keys have null last, and unsigned ones, which have it first; every seventh is null. */
function store() {
  const db = openSync(":memory:");
  db.create("t", [
    "id:int64:pk",
    "i:int64:null:index",
    "u:uint64:null:index",
    "g:int32:index=both",
    "s:text:index=both",
    "v:int64:index=pair",
    "w:int64:null:index=pair",
    "x:int64",
  ]);
  db.table("t").insertMany(
    Array.from({ length: ROWS }, (_, id) => ({
      id,
      i: id % 7 === 0 ? null : (id * 31) % 997,
      u: id % 7 === 3 ? null : (id * 17) % 991,
      g: id % 12,
      s: `s${String(id % 80).padStart(3, "0")}`,
      v: id % 600,
      w: id % 5 === 0 ? null : id % 50,
      x: (id * 7) % 100,
    })),
  );
  return db;
}

type Db = ReturnType<typeof store>;

/** How many rows were read from tables. */
function rowsRead(db: Db, sql: string): number {
  return db
    .sql(`EXPLAIN ANALYZE ${sql}`)
    .rows.filter(([line]) => String(line).includes("scan of"))
    .reduce((sum, [, , rows]) => sum + Number(rows), 0);
}

/** The statement with columns that no index has: behind + 0 or || ''. */
function hidden(sql: string): string {
  return sql.replaceAll(/\b(id|i|u|g|v|w)\b(?! AS)/gu, "($1 + 0)").replaceAll(/\bs\b/gu, "(s || '')");
}

/** The rows; integers of all sizes are alike. */
function rowsOf(db: Db, sql: string): string[] {
  return db.sql(sql).rows.map((row) => row.map(String).join("|"));
}

function sorted(db: Db, sql: string): string[] {
  return rowsOf(db, sql).sort();
}

test("OR goes by an index for each part, and gives no row twice", () => {
  using db = store();
  const byIndexes = [
    "SELECT id, x FROM t WHERE i = 5 OR u = 9",
    "SELECT id, x FROM t WHERE i = 5 OR i > 994 OR s = 's004' AND g = 4",
    "SELECT id, x FROM t WHERE (i BETWEEN 3 AND 6 OR u IN (5, 6) OR id = 77) AND x < 60",
    "SELECT count(*) FROM t WHERE i = 31 OR u = 17 OR id = 1 OR id = 8",
    "SELECT id FROM t WHERE g = 3 AND (s = 's003' OR s = 's015' OR s = 's027')",
    "SELECT id, x FROM t WHERE i = 5 OR (u = 9 OR v = 3 AND w = 3)",
    "SELECT id FROM t WHERE v = 5 AND w IS NULL OR v = 6 AND w = 6",
    "SELECT id FROM t WHERE i = 8 OR id = (SELECT 16 + 1)",
  ];
  for (const sql of byIndexes) {
    assert.match(plan(db, sql), /scan of t by/u, sql);
    assert.ok(rowsRead(db, sql) < ROWS / 10, sql);
    assert.deepEqual(sorted(db, sql), sorted(db, hidden(sql)), sql);
  }
  // Where one of the parts has no index all rows are read, and where the parts together are many rows, too.
  for (const sql of ["SELECT id, x FROM t WHERE i = 5 OR x = 9", "SELECT id, x FROM t WHERE i > 5 OR u > 9"]) {
    assert.doesNotMatch(plan(db, sql), /by/u, sql);
    assert.deepEqual(sorted(db, sql), sorted(db, hidden(sql)), sql);
  }
  // One column's values are a list, however many there are.
  const many = Array.from({ length: 300 }, (_, n) => `id = ${n * 3}`).join(" OR ");
  assert.equal(plan(db, `SELECT id FROM t WHERE ${many}`).match(/scan/gu)?.length, 1);
  assert.equal(rowsRead(db, `SELECT id FROM t WHERE ${many}`), 300);
  assert.ok(rowsRead(db, "SELECT id FROM t WHERE i = 5 OR u = 9 LIMIT 1") <= 8);
  // In a query for each row around it, and in changes.
  const inner = "SELECT q.id, (SELECT count(*) FROM t WHERE i = q.id OR u = q.id + 1) FROM t AS q WHERE q.id < 40 ORDER BY q.id";
  const slow =
    "SELECT q.id, (SELECT count(*) FROM t WHERE i + 0 = q.id OR u + 0 = q.id + 1) FROM t AS q WHERE q.id < 40 ORDER BY q.id";
  assert.deepEqual(rowsOf(db, inner), rowsOf(db, slow));
  const count = Number(db.sql("SELECT count(*) FROM t WHERE i + 0 = 5 OR u + 0 = 9").rows[0]?.[0]);
  assert.equal(db.sql("UPDATE t SET i = u, u = i WHERE i = 5 OR u = 9").changes, count);
  const swapped = Number(db.sql("SELECT count(*) FROM t WHERE u + 0 = 5 OR i + 0 = 9").rows[0]?.[0]);
  assert.equal(db.sql("DELETE FROM t WHERE u = 5 OR i = 9").changes, swapped);
  assert.equal(db.check().errors, 0);
});

test("null is found by an index, and passed by where it can't be", () => {
  using db = store();
  for (const sql of ["SELECT id FROM t WHERE v = 5 AND w IS NULL", "SELECT id FROM t WHERE v = 5 AND w IS NOT DISTINCT FROM 5"]) {
    assert.match(plan(db, sql), /scan of t by v, w/u);
    assert.deepEqual(sorted(db, sql), sorted(db, hidden(sql)));
    assert.equal(rowsRead(db, sql), db.sql(sql).rows.length);
  }
  assert.equal(rowsRead(db, "SELECT i FROM t WHERE i IS NULL"), Math.ceil(ROWS / 7));
  // Nulls are behind integers, and before those without a sign.
  for (const sql of [
    "SELECT i FROM t WHERE i > 990",
    "SELECT u FROM t WHERE u < 5",
    "SELECT max(i) FROM t",
    "SELECT min(u) FROM t",
  ]) {
    assert.ok(rowsRead(db, sql) < 60, sql);
    assert.deepEqual(sorted(db, sql), sorted(db, hidden(sql)), sql);
  }
  // A join by IS, an index for each row.
  const join = "SELECT count(*) FROM t AS a JOIN t ON t.v = a.v AND t.w IS a.w WHERE a.id < 20";
  assert.match(plan(db, join), /loop join\n[^]*scan of t by v, w/u);
  assert.deepEqual(rowsOf(db, join), rowsOf(db, join.replace("t.v =", "t.v + 0 =").replace("t.w IS", "t.w + 0 IS")));
});

test("nulls come first or last as wanted, from an index in both directions", () => {
  using db = store();
  for (const column of ["i", "u"]) {
    for (const order of ["", " NULLS FIRST", " NULLS LAST", " DESC", " DESC NULLS FIRST", " DESC NULLS LAST"]) {
      for (const limit of [5, 1000, 5500]) {
        const sql = `SELECT ${column} FROM t ORDER BY ${column}${order} LIMIT ${limit} OFFSET 3`;
        assert.doesNotMatch(plan(db, sql), /sort/u, sql);
        if (limit === 5) assert.ok(rowsRead(db, sql) < 40, sql);
        assert.deepEqual(rowsOf(db, sql), rowsOf(db, sql.replaceAll(/\b[iu]\b(?=[ ]|$)/gu, "($& + 0)")), sql);
      }
    }
  }
  // Behind a column that has one value.
  const sql = "SELECT w FROM t WHERE v = 30 ORDER BY w NULLS FIRST";
  assert.doesNotMatch(plan(db, sql), /sort/u);
  assert.deepEqual(rowsOf(db, sql), rowsOf(db, hidden(sql)));
  assert.match(plan(db, "SELECT v, w FROM t ORDER BY v, w NULLS FIRST LIMIT 5"), /sort/u);
});

test("groups and different values that an index has side by side are not kept, and LIMIT ends them", () => {
  using db = store();
  const inOrder = [
    "SELECT g, count(*) FROM t GROUP BY g",
    "SELECT g, s, count(*), min(s), group_concat(DISTINCT s) FROM t GROUP BY s, g",
    "SELECT s, count(*) FILTER (WHERE g < 9), max(s) FROM t WHERE g = 5 GROUP BY s",
    "SELECT i, count(*), sum(i) FROM t GROUP BY i ORDER BY i DESC NULLS LAST",
    "SELECT g, s FROM t GROUP BY g, s HAVING count(*) > 20 ORDER BY g DESC, s DESC",
    "SELECT DISTINCT g FROM t",
    "SELECT DISTINCT s, g FROM t ORDER BY g, s",
    "SELECT DISTINCT u FROM t ORDER BY u NULLS LAST",
    "SELECT id, g, count(*) FROM t GROUP BY id LIMIT 3",
  ];
  for (const sql of inOrder) {
    assert.match(plan(db, sql), /(?:group|distinct), in order/u, sql);
    assert.doesNotMatch(plan(db, sql), /sort/u, sql);
    if (!sql.includes("LIMIT")) assert.deepEqual(sorted(db, sql), sorted(db, hidden(sql)), sql);
    if (sql.includes("ORDER")) assert.deepEqual(rowsOf(db, sql), rowsOf(db, hidden(sql)), sql);
  }
  for (const sql of ["SELECT x, count(*) FROM t GROUP BY x", "SELECT s, count(*) FROM t GROUP BY s", "SELECT DISTINCT x FROM t"])
    assert.doesNotMatch(plan(db, sql), /in order/u, sql);
  // A group ends with the row behind it.
  assert.ok(rowsRead(db, "SELECT g, count(*) FROM t GROUP BY g LIMIT 1") <= 1016);
  assert.ok(rowsRead(db, "SELECT DISTINCT i FROM t LIMIT 3") < 60);
  assert.ok(rowsRead(db, "SELECT i, sum(x) FROM t GROUP BY i ORDER BY i DESC NULLS LAST LIMIT 3") < 60);
  // Groups over many batches, of many batches, and of none.
  assert.deepEqual(db.sql("SELECT v, count(*) FROM t GROUP BY v LIMIT 2 OFFSET 598").rows, [
    ["598", "10"],
    ["599", "10"],
  ]);
  db.sql("UPDATE t SET g = 1 WHERE id > 10");
  const long = "SELECT g, count(*), sum(id) FROM t GROUP BY g ORDER BY g";
  assert.deepEqual(rowsOf(db, long), rowsOf(db, hidden(long)));
  assert.deepEqual(db.sql("SELECT g, count(*) FROM t WHERE g > 100 GROUP BY g").rows, []);
});

test("EXISTS that is tied to the row around it by equalities alone keeps keys once for many rows, and uses an index for few", () => {
  using db = store();
  db.create("o", ["id:int64:pk", "v:int64:null", "w:int64:null"]);
  db.table("o").insertMany(
    Array.from({ length: 3000 }, (_, id) => ({ id, v: id % 9 === 0 ? null : id % 700, w: id % 4 === 0 ? null : id % 60 })),
  );
  const tied = [
    "t.i = o.v",
    "t.i = o.v AND t.x > 50",
    "t.v = o.v AND t.w = o.w",
    "o.v = t.x AND t.s LIKE 's01%'",
    "t.id = o.v",
    "t.i = o.v AND t.g = 3 AND t.x < 0",
  ];
  for (const where of tied) {
    for (const not of ["", "NOT "]) {
      const sql = `SELECT count(*), sum(o.id) FROM o WHERE ${not}EXISTS (SELECT 1 / 0 FROM t WHERE ${where})`;
      const counted = `SELECT count(*), sum(o.id) FROM o WHERE ${not}(SELECT count(*) FROM t WHERE ${where}) > 0`;
      assert.deepEqual(rowsOf(db, sql), rowsOf(db, counted), sql);
      assert.ok(rowsRead(db, sql) <= ROWS * 2 + 3000, sql);
    }
  }
  // For a few rows an index has them.
  assert.ok(rowsRead(db, "SELECT count(*) FROM o WHERE id < 5 AND EXISTS (SELECT 1 FROM t WHERE t.i = o.v)") < 100);
  // Joins inside, queries inside of it, other conditions than equalities, and rows further out.
  for (const where of [
    "EXISTS (SELECT 1 FROM t JOIN t AS b ON b.id = t.i WHERE t.v = o.v AND b.x > 3)",
    "EXISTS (SELECT 1 FROM t WHERE t.v = o.v AND EXISTS (SELECT 1 FROM t AS b WHERE b.i = t.u))",
    "EXISTS (SELECT 1 FROM t WHERE t.v = o.v AND t.w < o.w)",
    "EXISTS (SELECT 1 FROM t WHERE t.id < 20 AND EXISTS (SELECT 1 FROM t AS b WHERE b.v = o.v AND b.id < 900))",
  ]) {
    const counted = where.replaceAll(/EXISTS \(SELECT 1/gu, "0 < (SELECT count(*)");
    const sql = (condition: string): string => `SELECT count(*), sum(o.id) FROM o WHERE id < 400 AND ${condition}`;
    assert.deepEqual(rowsOf(db, sql(where)), rowsOf(db, sql(counted)), where);
  }
});

test("EXISTS whose keys are too many to be kept goes on by the index", () => {
  using db = openSync(":memory:", { sqlMemory: 1 << 20 });
  db.create("o", ["id:int64:pk"]);
  db.create("t", ["id:int64:pk", "o:int64:index"]);
  db.table("o").insertMany(Array.from({ length: 8000 }, (_, id) => ({ id })));
  db.table("t").insertMany(Array.from({ length: 40_000 }, (_, id) => ({ id, o: id * 2 })));
  const sql = "SELECT count(*) FROM o WHERE EXISTS (SELECT 1 FROM t WHERE t.o = o.id)";
  for (let n = 0; n < 2; n++) assert.deepEqual(rowsOf(db, sql), ["4000"]);
  assert.deepEqual(rowsOf(db, sql.replace("EXISTS", "NOT EXISTS")), ["4000"]);
});

test("columns behind texts are found in records of any length, also where of long ones only the start is read", () => {
  using db = openSync(":memory:");
  db.create("t", ["id:int64:pk", "s:text", "a:int64", "b:int32", "j:blob", "c:int64", "d:text"]);
  // Three long rows fill a page; then some short ones stand where others are expected, at pages' starts, too.
  const lengths = [0, 1, 3, 200, 20_000, 20_000, 20_000, 14_000, 5, 30_000, 30_000, 0, 60_000, 7];
  const rows = Array.from({ length: 700 }, (_, id) => {
    const long = (lengths[(id * 5 + Math.floor(id / 14)) % lengths.length] ?? 0) >> (id % 3 === 0 ? 4 : 0);
    const inFront = id % 2 === 0 ? long : 0;
    return { id, s: "s".repeat(inFront), a: id * 3, b: id % 50, j: "ab".repeat(id % 40), c: -id, d: "d".repeat(long - inFront) };
  });
  db.table("t").insertMany(rows);
  type Row = (typeof rows)[number];
  /** Rows are stored where there is room, and so in another order. */
  const same = (sql: string, keeps: (row: Row) => boolean, give: (row: Row) => unknown[]): void => {
    const found = (db.sql(sql).rows as unknown[][]).map((row) => row.map(String));
    assert.deepEqual(
      found.sort(),
      rows
        .filter(keeps)
        .map((row) => give(row).map(String))
        .sort(),
      sql,
    );
  };
  same(
    "SELECT id FROM t",
    () => true,
    ({ id }) => [id],
  );
  same(
    "SELECT id, b FROM t WHERE a > 300 AND b < 40",
    ({ a, b }) => a > 300 && b < 40,
    ({ id, b }) => [id, b],
  );
  same(
    "SELECT c, a, j FROM t WHERE c < -20 AND b >= 5",
    ({ c, b }) => c < -20 && b >= 5,
    ({ c, a, j }) => [c, a, j],
  );
  same(
    "SELECT id, LENGTH(s), LENGTH(d) FROM t WHERE b = 7",
    ({ b }) => b === 7,
    ({ id, s, d }) => [id, s.length, d.length],
  );
});

test("an index finds all rows of IN (query) where the query's values have null among them", () => {
  const db = openSync(":memory:");
  db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER, s TEXT)");
  db.sql("CREATE INDEX t_k ON t (k)");
  db.sql("CREATE INDEX t_s ON t (s)");
  db.sql("INSERT INTO t SELECT value, value, 's' || value FROM generate_series(1, 3000)");
  db.sql("CREATE TABLE l (x INTEGER, s TEXT)");
  db.sql("INSERT INTO l VALUES (9, 's9'), (NULL, NULL), (5, 's5'), (7, 's7'), (NULL, 's2')");
  const found = (condition: string): unknown[] =>
    db.sql(`SELECT id FROM t WHERE ${condition} ORDER BY id`).rows.map(([id]) => Number(id));
  const lists = ["SELECT x FROM l", "SELECT value FROM json_each('[9,null,5,7]')", "VALUES (7), (NULL), (5), (9)"];
  for (const list of lists)
    for (const column of ["id", "k"]) {
      const condition = `${column} IN (${list})`;
      assert.ok(rowsRead(db, `SELECT s FROM t WHERE ${condition}`) < 100, `${condition} goes by an index`);
      assert.deepEqual(found(condition), [5, 7, 9], condition);
      assert.deepEqual(found(`${condition} OR id = 3000`), [5, 7, 9, 3000], condition);
    }
  assert.deepEqual(found("s IN (SELECT s FROM l)"), [2, 5, 7, 9]);
  assert.deepEqual(found("id IN (SELECT x FROM l WHERE x IS NULL)"), []);
  assert.deepEqual(found("id NOT IN (SELECT x FROM l)"), []);
  assert.equal(db.sql("UPDATE t SET s = 'x' WHERE id IN (SELECT x FROM l)").changes, 3);
  assert.equal(db.sql("DELETE FROM t WHERE id IN (SELECT x FROM l)").changes, 3);
  db.close();
});

test("a key orders the rows of its table, and not those that each of them is joined with", () => {
  const db = openSync(":memory:");
  db.sql("CREATE TABLE p (id INTEGER PRIMARY KEY, a INT)");
  db.sql("INSERT INTO p SELECT value, value FROM generate_series(1, 20)");
  db.sql("CREATE TABLE x (id INTEGER PRIMARY KEY, a INT, z INT)");
  db.sql("INSERT INTO x VALUES (1, 1, 9), (2, 1, 5), (3, 1, 7), (4, 2, 3), (5, 2, 1)");
  const numbers = (sql: string): number[][] => db.sql(sql).rows.map((row) => row.map(Number));
  const from = "SELECT p.id, x.z FROM p JOIN x ON x.a = p.a ORDER BY";
  const sorted = [
    [1, 5],
    [1, 7],
    [1, 9],
    [2, 1],
    [2, 3],
  ];
  for (const order of ["p.id, p.a, x.z", "p.id, p.id, x.z", "p.id, x.z", "p.id, p.a, p.id, x.z"])
    for (const limit of [1, 2, 4, 5])
      assert.deepEqual(numbers(`${from} ${order} LIMIT ${limit}`), sorted.slice(0, limit), `${order}, ${limit}`);
  // What a key orders alone needs no sort, whatever else of its table is named behind it.
  assert.doesNotMatch(plan(db, "SELECT id FROM p ORDER BY id, a LIMIT 3"), /sort/);
  db.close();
});
