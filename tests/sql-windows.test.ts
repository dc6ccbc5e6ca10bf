/** Windows: every function over every kind of frame as in SQLite; what is refused; and what others' windows got wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Both, outcome, withBoth } from "./sql/both.js";
import { Random } from "./torture/random.js";

/** The table t in both: an id, a group g, text s, integers n, a decimal d of quarters; nulls everywhere. */
function fill(both: Both, seed: number, count: number): void {
  const random = new Random(seed);
  both.quire.create("t", ["id:int64:pk", "g:text:null:index", "s:text:null", "n:int64:null:index", "d:decimal:null"]);
  both.run("CREATE TABLE t (id INTEGER PRIMARY KEY, g TEXT, s TEXT, n INTEGER, d REAL)");
  const rows = Array.from({ length: count }, (_, id) => ({
    id,
    g: random.pick(["x", "X", "y", "é", "", null]),
    s: random.pick(["a", "b", "A", "ab", "Ab", 'q"', "", null]),
    n: random.pick([0, 1, 2, 3, -5, 10, null]),
    d: random.pick(["0.25", "1.50", "-2.00", "7.00", null]),
  }));
  const literal = (value: string | null): string => (value === null ? "NULL" : `'${value}'`);
  if (count === 0) return;
  both.quire.table("t").insertMany(rows);
  const values = rows.map(({ id, g, s, n, d }) => `(${id}, ${literal(g)}, ${literal(s)}, ${n ?? "NULL"}, ${d ?? "NULL"})`);
  both.run(`INSERT INTO t VALUES ${values.join(", ")}`);
}

const PARTITIONS = ["", "PARTITION BY g", "PARTITION BY g, n", "PARTITION BY s COLLATE NOCASE", "PARTITION BY n > 1"];
/** Orders of which the first ones leave no two rows alike. */
const TOTAL = ["ORDER BY id", "ORDER BY n DESC, id", "ORDER BY s NULLS LAST, id DESC", "ORDER BY d, g COLLATE NOCASE, id"];
const PARTIAL = [
  "",
  "ORDER BY n",
  "ORDER BY n DESC NULLS FIRST",
  "ORDER BY s COLLATE NOCASE",
  "ORDER BY d NULLS LAST",
  "ORDER BY n / 2",
];
const BOUNDS = [
  "UNBOUNDED PRECEDING",
  "2 PRECEDING",
  "0 PRECEDING",
  "CURRENT ROW",
  "0 FOLLOWING",
  "3 FOLLOWING",
  "UNBOUNDED FOLLOWING",
];
const EXCLUDES = ["", "", " EXCLUDE NO OTHERS", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"];
/** What SQLite's parser takes as pairs of bounds. */
const isFrame = (from: number, to: number): boolean => {
  const side = (bound: number): number => (bound === 0 ? 0 : bound < 3 ? 1 : bound === 3 ? 2 : bound < 6 ? 3 : 4);
  return from !== 6 && to !== 0 && side(from) <= side(to);
};
const ANY = [
  "count(*)",
  "count(s)",
  "sum(n)",
  "sum(d)",
  "total(d)",
  "min(s)",
  "max(n)",
  "max(s)",
  "min(d)",
  "lower(min(s COLLATE NOCASE) ⟦OVER⟧)",
  "lower(max(s COLLATE NOCASE) ⟦OVER⟧)",
  "sum(n) FILTER (WHERE s <> 'a')",
  "max(s) FILTER (WHERE n > 0)",
  "count(*) FILTER (WHERE d > 0)",
  "rank()",
  "dense_rank()",
];
/** Those that see which of rows that are alike comes first. */
const ORDERED = [
  "row_number()",
  "ntile(3)",
  "ntile(1)",
  "ntile(1000)",
  "lag(s)",
  "lag(n, 2)",
  "lag(n, 1, -99)",
  "lead(s, 3, 'none')",
  "lead(d, 0)",
  "lead(s, 2, s || id)",
  "lead(n, abs(n), id)",
  "lead(s, id % 4)",
  "first_value(s)",
  "last_value(n)",
  "last_value(s)",
  "nth_value(d, 2)",
  "nth_value(s, 1 + id % 3)",
  "group_concat(s)",
  "group_concat(n, '-') FILTER (WHERE d IS NOT NULL)",
  "CAST(json_group_array(s) ⟦OVER⟧ AS text)",
];

function over(call: string, window: string): string {
  return call.includes("⟦OVER⟧") ? call.replace("⟦OVER⟧", `OVER ${window}`) : `${call} OVER ${window}`;
}

test("each function over frames of each kind gives what SQLite gives", () => {
  for (const [seed, count] of [
    [1, 0],
    [2, 1],
    [3, 60],
    [4, 2500],
  ] as const) {
    withBoth((both) => {
      fill(both, seed, count);
      const random = new Random(seed);
      const turns = count > 1000 ? 25 : 500;
      for (let turn = 0; turn < turns; turn++) {
        const unit = random.pick(["ROWS", "RANGE", "GROUPS", ""]);
        const from = random.below(7);
        const to = random.below(7);
        let order = random.pick(PARTIAL);
        let frame = "";
        if (unit !== "" && isFrame(from, to)) {
          frame = ` ${unit} BETWEEN ${BOUNDS[from] ?? ""} AND ${BOUNDS[to] ?? ""}${random.pick(EXCLUDES)}`;
          if (unit === "RANGE" && /\d/u.test(frame))
            order = random.pick([
              "ORDER BY n",
              "ORDER BY n DESC",
              "ORDER BY d NULLS LAST",
              "ORDER BY n NULLS LAST",
              "ORDER BY d DESC",
              "ORDER BY id",
              "ORDER BY n + d",
            ]);
          if (unit === "RANGE" && random.oneIn(4)) frame = frame.replace(/\b2\b/u, "1.25");
        }
        const isTotal = unit === "ROWS" || random.oneIn(3);
        if (isTotal && !(unit === "RANGE" && /\d/u.test(frame))) order = random.pick(TOTAL);
        const isSure = TOTAL.includes(order);
        const window = `(${random.pick(PARTITIONS)} ${order}${frame})`;
        const calls = Array.from({ length: 1 + random.below(3) }, () =>
          over(random.pick(isSure ? [...ANY, ...ORDERED] : ANY), window),
        ).map((call, c) => `${call} AS c${c}`);
        both.same(`SELECT id, ${calls.join(", ")} FROM t ORDER BY id`);
      }
    });
  }
});

test("windows that others' names, sorts and queries go with give what SQLite gives", () => {
  withBoth((both) => {
    fill(both, 5, 300);
    for (const sql of [
      "SELECT id, sum(n) OVER w AS a, rank() OVER (w ORDER BY n) AS b, count(*) OVER (v ROWS 1 PRECEDING) AS c FROM t WINDOW w AS (PARTITION BY g), v AS (w ORDER BY id) ORDER BY id",
      "SELECT id, sum(n) OVER W AS a FROM t WINDOW w AS (ORDER BY id ROWS 2 PRECEDING), x AS () ORDER BY id",
      "SELECT id, sum(n) OVER (PARTITION BY g ORDER BY n) AS a, sum(n) OVER (PARTITION BY g) AS b, sum(n) OVER (PARTITION BY g ORDER BY n, s) AS c, count(*) OVER () AS d, rank() OVER (ORDER BY s) AS e FROM t ORDER BY id",
      "SELECT id, row_number() OVER (ORDER BY n, id) AS r FROM t ORDER BY n, id",
      "SELECT id, n, rank() OVER (PARTITION BY g ORDER BY n DESC) AS r FROM t ORDER BY g, n DESC, id",
      "SELECT id FROM t ORDER BY rank() OVER (ORDER BY s) DESC, row_number() OVER (ORDER BY id DESC)",
      "SELECT id, n - lag(n, 1, 0) OVER (ORDER BY id) AS change FROM t ORDER BY id LIMIT 20 OFFSET 3",
      "SELECT DISTINCT g, count(*) OVER (PARTITION BY g) AS c FROM t ORDER BY g",
      "SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY g ORDER BY n, id) AS r FROM t) WHERE r <= 2 ORDER BY id",
      "SELECT * FROM (SELECT g, id, sum(n) OVER (PARTITION BY g ORDER BY id) AS r FROM t) WHERE g = 'x' AND id > 20 ORDER BY id",
      "SELECT g, count(*), rank() OVER (ORDER BY count(*) DESC, g) AS r, sum(count(*)) OVER (ORDER BY g) AS running, sum(sum(n)) OVER () AS whole FROM t GROUP BY g HAVING count(*) > 1 ORDER BY g",
      "SELECT n, max(max(s)) OVER (ORDER BY n ROWS 1 PRECEDING) AS m FROM t GROUP BY n ORDER BY n",
      "SELECT max(n) AS m, row_number() OVER () AS r FROM t",
      "SELECT count(*) AS c, sum(count(*)) OVER () AS s FROM t",
      "SELECT id, (SELECT count(*) OVER (ORDER BY b.id) FROM t b WHERE b.g = t.g ORDER BY b.id DESC LIMIT 1) AS c FROM t ORDER BY id",
      "SELECT id, (SELECT sum(b.n + t.n) OVER (ORDER BY b.id DESC) FROM t b WHERE b.id < 5 ORDER BY b.id LIMIT 1) AS c FROM t ORDER BY id",
      "SELECT id, sum((SELECT count(*) FROM t b WHERE b.n < t.n)) OVER (ORDER BY id) AS c FROM t WHERE id < 50 ORDER BY id",
      "SELECT id FROM t WHERE id IN (SELECT max(id) OVER (PARTITION BY g) FROM t) ORDER BY id",
      "WITH w AS (SELECT id, lag(id) OVER (ORDER BY n, id) AS p FROM t) SELECT a.id, b.p FROM w a JOIN w b ON a.p = b.id ORDER BY a.id, b.p",
      "SELECT id, r FROM (SELECT id, row_number() OVER (ORDER BY id) AS r FROM t WHERE id < 3 UNION ALL SELECT id, rank() OVER (ORDER BY g) FROM t WHERE id > 290) ORDER BY id",
      "SELECT a.id, count(b.id) OVER (PARTITION BY a.g ORDER BY a.id) AS c FROM t a LEFT JOIN t b ON b.id = a.id + 1 AND b.n > 1 ORDER BY a.id",
      "SELECT count(*) OVER (ORDER BY id ROWS ⟦(SELECT min(id) + 1 FROM t)¦1⟧ PRECEDING) AS c FROM t ORDER BY id",
      "SELECT id, sum(1) OVER (PARTITION BY 1 ORDER BY 'a' ROWS UNBOUNDED PRECEDING) > 0 AS c FROM t ORDER BY id",
    ])
      both.same(sql);
  });
});

test("rows so far from the row are as in PostgreSQL where SQLite has no answer, and numbers without a bound are no trap", () => {
  withBoth((both) => {
    const { quire } = both;
    quire.create("t", ["id:int64:pk", "a:int64:null", "u:uint64:null", "n:decimal:null"]);
    quire.table("t").insertMany([
      { id: 1, a: 5, u: 1, n: "0.1" },
      { id: 2, a: null, u: 2, n: null },
      { id: 3, a: "9223372036854775807", u: "18446744073709551615", n: "0.20" },
      { id: 4, a: "9223372036854775806", u: null, n: "79228162514264337593543950335" },
    ]);
    const column = (value: string): unknown[] => both.quireRows(`SELECT ${value} FROM t ORDER BY id`).map(([one]) => one);
    // Below 0 LAG is LEAD and the other way round; of null no row is meant.
    assert.deepEqual(column("lag(id, -1) OVER (ORDER BY id)"), ["2", "3", "4", null]);
    assert.deepEqual(column("lead(id, -2, 0) OVER (ORDER BY id)"), ["0", "0", "1", "2"]);
    assert.deepEqual(column("lag(id, NULL, 9) OVER (ORDER BY id)"), ["9", "9", "9", "9"]);
    for (const far of ["9223372036854775807", "-9223372036854775808"]) {
      assert.deepEqual(column(`lag(id, ${far}) OVER (ORDER BY id)`), [null, null, null, null]);
      assert.deepEqual(column(`lead(id, ${far}, id) OVER (ORDER BY id)`), ["1", "2", "3", "4"]);
    }
    const huge = "9223372036854775807";
    for (const unit of ["ROWS", "GROUPS"]) {
      assert.deepEqual(column(`count(*) OVER (ORDER BY id ${unit} ${huge} PRECEDING)`), ["1", "2", "3", "4"]);
      assert.deepEqual(column(`count(*) OVER (ORDER BY id ${unit} BETWEEN ${huge} FOLLOWING AND ${huge} FOLLOWING)`), [
        "0",
        "0",
        "0",
        "0",
      ]);
      assert.deepEqual(column(`count(*) OVER (ORDER BY id ${unit} BETWEEN ${huge} PRECEDING AND ${huge} PRECEDING)`), [
        "0",
        "0",
        "0",
        "0",
      ]);
    }
    // null has its peers only; what is beyond the largest number is behind all.
    assert.deepEqual(column(`count(*) OVER (ORDER BY a RANGE BETWEEN 1 FOLLOWING AND ${huge} FOLLOWING)`), ["2", "1", "0", "1"]);
    assert.deepEqual(column(`count(*) OVER (ORDER BY a DESC RANGE BETWEEN ${huge} PRECEDING AND 1 PRECEDING)`), [
      "2",
      "1",
      "0",
      "1",
    ]);
    assert.deepEqual(column("count(*) OVER (ORDER BY a DESC RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"), [
      "2",
      "4",
      "0",
      "1",
    ]);
    assert.deepEqual(column("count(*) OVER (ORDER BY u RANGE BETWEEN 1 FOLLOWING AND 18446744073709551615 FOLLOWING)"), [
      "2",
      "1",
      "0",
      "1",
    ]);
    assert.deepEqual(column("count(*) OVER (ORDER BY n RANGE BETWEEN 1 FOLLOWING AND 79228162514264337593543950335 FOLLOWING)"), [
      "1",
      "1",
      "1",
      "0",
    ]);
    // The sum of a frame has to fit, not what is worked out on the way.
    assert.deepEqual(column("sum(a) OVER (ORDER BY id ROWS CURRENT ROW)"), ["5", null, huge, "9223372036854775806"]);
    assert.equal(outcome(quire, "SELECT sum(a) OVER (ORDER BY id) FROM t"), "OVERFLOW");
    assert.equal(outcome(quire, "SELECT sum(coalesce(n, 79228162514264337593543950335)) OVER () FROM t"), "OVERFLOW");
    assert.deepEqual(column("ntile(9223372036854775807) OVER (ORDER BY id)"), ["1", "2", "3", "4"]);
    assert.deepEqual(column("percent_rank() OVER (ORDER BY a IS NULL)"), ["0", "1", "0", "0"]);
    assert.deepEqual(column("cume_dist() OVER (ORDER BY id DESC)"), ["1", "0.75", "0.5", "0.25"]);
    assert.deepEqual(column("avg(n) OVER (ORDER BY n NULLS LAST ROWS 1 PRECEDING)").slice(0, 2), [
      "0.1",
      "79228162514264337593543950335",
    ]);
  });
});

test("what is no window, and where none can stand, is refused by name and place", () => {
  withBoth(({ quire }) => {
    quire.create("t", ["id:int64:pk", "a:int64:null", "s:text:null", "d:date:null", "j:json:null"]);
    quire.table("t").insertMany([{ id: 1, a: 5, s: "x", d: "2024-01-01", j: "[1]" }]);
    const refused: Record<string, readonly string[]> = {
      SQL_TYPE: [
        "row_number()",
        "abs(a) OVER ()",
        "max(a, id) OVER ()",
        "lag() OVER ()",
        "rank(1) OVER ()",
        "rank(*) OVER ()",
        "ntile() OVER ()",
        "lag(a, 1, 2, 3) OVER ()",
        "lag(a, 1.5) OVER ()",
        "lag(a, 1, s) OVER ()",
        "nth_value(a, s) OVER ()",
        "sum(rank() OVER ()) OVER ()",
        "rank() OVER (ORDER BY rank() OVER ())",
        "sum(rank() OVER ())",
        "sum(s) OVER ()",
        "sum(a) OVER (ORDER BY id ROWS a PRECEDING)",
        "sum(a) OVER (ORDER BY id ROWS 1.5 PRECEDING)",
        "sum(a) OVER (ORDER BY s RANGE 1 PRECEDING)",
        "sum(a) OVER (ORDER BY a, id RANGE 1 PRECEDING)",
        "sum(a) OVER (RANGE 1 PRECEDING)",
        "1 FROM t WHERE rank() OVER () = 1",
        "1 FROM t GROUP BY rank() OVER ()",
        "1 FROM t HAVING rank() OVER () = 1",
        "1 FROM t x JOIN t y ON rank() OVER () = 1",
        "1 FROM t LIMIT rank() OVER ()",
      ],
      SQL_UNSUPPORTED: [
        "count(DISTINCT a) OVER ()",
        "group_concat(s ORDER BY id) OVER ()",
        "rank() FILTER (WHERE a > 1) OVER ()",
        "lag(a) IGNORE NULLS OVER (ORDER BY id)",
        "sum(a) OVER (ORDER BY d RANGE 1 PRECEDING)",
      ],
      SQL_SYNTAX: [
        "sum(a) OVER w",
        "sum(a) OVER (w)",
        "sum(a) OVER",
        "sum(a) OVER (PARTITION id)",
        "sum(a) OVER (ORDER BY id ROWS)",
        "sum(a) OVER (ORDER BY id ROWS 1)",
        "sum(a) OVER (ORDER BY id ROWS 1 FOLLOWING)",
        "sum(a) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING)",
        "sum(a) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND 1 PRECEDING)",
        "sum(a) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED FOLLOWING AND CURRENT ROW)",
        "sum(a) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED PRECEDING)",
        "sum(a) OVER (ORDER BY id ROWS 1 PRECEDING EXCLUDE ALL)",
        "sum(a) OVER (ORDER BY id EXCLUDE TIES)",
        "sum(a) OVER (w PARTITION BY id) FROM t WINDOW w AS ()",
        "sum(a) OVER (w ORDER BY id) FROM t WINDOW w AS (ORDER BY a)",
        "sum(a) OVER (w) FROM t WINDOW w AS (ROWS 1 PRECEDING)",
        "sum(a) OVER w FROM t WINDOW w AS (v), v AS ()",
        "sum(a) OVER w FROM t WINDOW w AS (w)",
        "sum(a) OVER w FROM t WINDOW w AS (), W AS ()",
      ],
      BAD_VALUE: [
        "ntile(0) OVER ()",
        "ntile(NULL) OVER ()",
        "nth_value(a, 0) OVER ()",
        "nth_value(a, -1) OVER ()",
        "nth_value(a, NULL) OVER ()",
        "sum(a) OVER (ORDER BY id ROWS -1 PRECEDING)",
        "sum(a) OVER (ORDER BY id GROUPS BETWEEN CURRENT ROW AND NULL FOLLOWING)",
        "sum(a) OVER (ORDER BY a RANGE -0.5 PRECEDING)",
      ],
      COLUMN_NOT_FOUND: ["sum(a) OVER (ORDER BY nope)", "sum(a) OVER (PARTITION BY nope)"],
    };
    for (const [code, calls] of Object.entries(refused))
      for (const call of calls)
        assert.equal(outcome(quire, `SELECT ${call}${call.includes(" FROM ") ? "" : " FROM t"}`), code, call);
    for (const sql of ["VALUES (rank() OVER ())", "UPDATE t SET a = rank() OVER ()", "DELETE FROM t RETURNING rank() OVER ()"])
      assert.equal(outcome(quire, sql), "SQL_TYPE", sql);
    const step = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT rank() OVER () FROM r) SELECT * FROM r";
    assert.equal(outcome(quire, step), "SQL_UNSUPPORTED");
    // Not without an end, however long: windows that begin with each other, terms, and calls.
    const chain = Array.from({ length: 1500 }, (_, i) => `w${i} AS (${i === 0 ? "" : `w${i - 1}`})`).join(", ");
    assert.equal(outcome(quire, `SELECT rank() OVER w1499 FROM t WINDOW ${chain}`), "SQL_LIMIT");
    assert.equal(outcome(quire, `SELECT rank() OVER (ORDER BY ${"a, ".repeat(1000)}id) FROM t`), "SQL_LIMIT");
    const calls = (count: number): string => Array.from({ length: count }, (_, i) => `lag(a, ${i}) OVER ()`).join(", ");
    assert.equal(outcome(quire, `SELECT ${calls(1001)} FROM t`), "SQL_LIMIT");
    const orders = Array.from({ length: 65 }, (_, i) => `rank() OVER (ORDER BY a + ${i})`).join(", ");
    assert.equal(outcome(quire, `SELECT ${orders} FROM t`), "SQL_LIMIT");
  });
});

test("one sort does for windows of one order and for its beginnings, and rows go when nobody looks back to them", () => {
  withBoth((both) => {
    const { quire } = both;
    quire.create("t", ["id:int64:pk", "g:int64", "s:text"]);
    quire.table("t").insertMany(Array.from({ length: 400 }, (_, id) => ({ id, g: id % 7, s: "x".repeat(300) })));
    const plan = (sql: string): string[] =>
      (quire.request({ op: "sql", sql: `EXPLAIN ${sql}` }) as { rows: string[][] }).rows.map(([line]) => line ?? "");
    const shared =
      "SELECT rank() OVER (PARTITION BY g ORDER BY s), sum(id) OVER (PARTITION BY g), count(*) OVER (ORDER BY id) FROM t";
    assert.deepEqual(plan(`${shared} ORDER BY g, s`), [
      "values",
      "  windows: rank, sum",
      "    sort",
      "      windows: count",
      "        values",
      "          scan of t by id",
    ]);
    assert.deepEqual(plan("SELECT row_number() OVER () FROM t"), [
      "values",
      "  windows: row_number",
      "    values",
      "      scan of t",
    ]);
    // 160,000 rows of 600 bytes are more than a statement may keep: they are not.
    const pairs = (call: string): string => `SELECT count(w) FROM (SELECT ${call} AS w FROM t a, t b)`;
    assert.equal(outcome(quire, pairs("lag(a.s || b.s, 3) OVER ()")), '[["159997"]]');
    assert.equal(outcome(quire, pairs("max(a.s || b.s) OVER (ROWS BETWEEN 100 PRECEDING AND 10 FOLLOWING)")), '[["160000"]]');
    assert.equal(outcome(quire, pairs("min(a.s || b.s) OVER (ROWS UNBOUNDED PRECEDING)")), '[["160000"]]');
    assert.throws(() => both.quireRows(pairs("max(a.s || b.s) OVER ()")), { code: "SQL_LIMIT" });
    assert.equal(outcome(quire, "SELECT count(*) FROM t"), '[["400"]]');
  });
});
