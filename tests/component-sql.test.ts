/** `wit/sql.wit` through the component on Node: statements, what they give, what they refuse, and what becomes of handles. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  CREATE,
  type Connection,
  NULL,
  type Sql,
  type Value,
  errorOf,
  jsonOf,
  range,
  refuses,
  text,
  u32,
} from "./helpers/component.js";
import { type Component, componentIn } from "./helpers/component-folder.js";
import { tempFolder } from "./helpers/store.js";

const int64 = (val: number): Value => ({ tag: "int64", val: BigInt(val) });
const int32 = (val: number): Value => ({ tag: "int32", val });

interface Opened extends Component {
  readonly db: Connection;
}

/** A store with a table `t` of keys from 1 to 2,000. */
async function filled(t: TestContext, path = ":memory:"): Promise<Opened> {
  const component = await componentIn(tempFolder(t));
  const db = component.Connection.open(path, CREATE);
  component.sql.execute(db, "CREATE TABLE t (id INT4 PRIMARY KEY, g INT4, s TEXT)", []);
  const fill =
    "INSERT INTO t WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ?) SELECT i, i % 10, 'row ' || i FROM c";
  const { outcome } = component.sql.execute(db, fill, [int64(2000)]);
  assert.deepEqual(outcome, { changes: 2000n, lastKey: int32(2000) });
  return { ...component, db };
}

/** All rows of a query, at most so many a call, as JSON has their values. */
function all(sql: Sql, db: Connection, query: string, parameters: Value[], most: number): unknown[][] {
  using statement = sql.Statement.prepare(db, query);
  using cursor = statement.query(parameters);
  const rows: unknown[][] = [];
  for (let page = cursor.next(most); page.length > 0; page = cursor.next(most)) {
    assert.ok(page.length <= most);
    rows.push(...page.map((row) => row.map(jsonOf)));
  }
  assert.deepEqual(cursor.next(most), [], "the end is the end");
  return rows;
}

test("rows come as the request sql has them, some at a time or all at once", async (t) => {
  const { db, sql } = await filled(t, "data/app.db");
  for (const [query, ...parameters] of [
    ["SELECT * FROM t"],
    ["SELECT g, count(*), min(s) FROM t WHERE id > ? GROUP BY g ORDER BY g", int64(5)],
    ["SELECT a.id, b.s FROM t a LEFT JOIN t b ON b.id = a.id + :far ORDER BY a.id DESC LIMIT 1500", u32(1990)],
    ["SELECT id, NULL, CAST(id AS decimal) / 4, id % 2 = 0, CAST('2026-01-01' AS date) FROM t WHERE s LIKE ?", text("%9")],
    ["SELECT json_group_array(s) FROM t"],
    ["VALUES (1, 'a'), (2, NULL)"],
    ["SELECT 1 WHERE FALSE"],
  ] as [string, ...Value[]][]) {
    const params = parameters.map((value) => jsonOf(value));
    const expected = JSON.parse(db.request(JSON.stringify({ op: "sql", sql: query, params }))) as {
      columns: string[];
      types: string[];
      rows: unknown[][];
    };
    for (const most of [1, 7, 1024, 100_000]) assert.deepEqual(all(sql, db, query, parameters, most), expected.rows, query);
    const { columns, rows, outcome } = sql.execute(db, query, parameters);
    assert.deepEqual(
      rows.map((row) => row.map(jsonOf)),
      expected.rows,
    );
    assert.deepEqual(
      columns.map(({ name, dataType }) => [name, dataType.tag]),
      expected.columns.map((name, i) => [name, expected.types[i]]),
    );
    assert.deepEqual(outcome, { changes: 0n, lastKey: undefined });
  }
  db.close();
});

test("what a statement is, is known before it runs", async (t) => {
  const { db, sql } = await filled(t);
  const select = sql.Statement.prepare(db, "SELECT id AS n, s, :x AS x FROM t WHERE g = ? LIMIT 1");
  assert.deepEqual(select.parameters(), ["x", ""]);
  assert.equal(select.givesRows(), true);
  const column = (name: string, tag: "int32" | "int64" | "text") => ({ name, dataType: { tag } });
  const known = select.columns().map(({ name, dataType }) => ({ name, dataType: { tag: dataType.tag } }));
  assert.deepEqual(known, [column("n", "int32"), column("s", "text"), column("x", "text")]);
  const cursor = select.query([int64(7), int64(3)]);
  assert.deepEqual(cursor.columns(), ["n", "s", "x"]);
  assert.deepEqual(cursor.next(5), [[int32(3), text("row 3"), int64(7)]]);
  assert.equal(select.columns()[2]?.dataType.tag, "int64");
  const update = sql.Statement.prepare(db, "UPDATE t SET s = ? WHERE id = ?");
  assert.deepEqual([update.givesRows(), update.columns(), update.parameters()], [false, [], ["", ""]]);
  assert.deepEqual(update.outcome(), { changes: 0n, lastKey: undefined });
  const none = update.query([text("x"), int64(1)]);
  assert.deepEqual(none.next(10), []);
  assert.equal(update.outcome().changes, 1n);
  assert.equal(update.execute([NULL, int64(-1)]).changes, 0n);
  assert.deepEqual(sql.execute(db, "SELECT s FROM t WHERE id = 1", []).rows, [[text("x")]]);
});

test("values of every type go in as parameters", async (t) => {
  const { db, sql } = await filled(t);
  for (const [value, type, spelled] of [
    [{ tag: "int8", val: -128 }, "int64", "-128"],
    [{ tag: "int16", val: -32768 }, "int64", "-32768"],
    [{ tag: "uint8", val: 255 }, "int64", "255"],
    [{ tag: "uint32", val: 4294967295 }, "int64", "4294967295"],
    [{ tag: "int64", val: -(2n ** 63n) }, "int64", "-9223372036854775808"],
    [{ tag: "uint64", val: 2n ** 64n - 1n }, "uint64", "18446744073709551615"],
    [{ tag: "decimal", val: "-12.50" }, "decimal", "-12.50"],
    [{ tag: "boolean", val: true }, "boolean", true],
    [{ tag: "date", val: "2026-02-28" }, "date", "2026-02-28"],
    [{ tag: "datetime", val: "2026-02-28T23:59:58.999999+05:30" }, "datetime", "2026-02-28T23:59:58.999999+05:30"],
    [{ tag: "blob", val: new Uint8Array([0, 255, 128]) }, "blob", "00ff80"],
    [{ tag: "text", val: "é😀" }, "text", "é😀"],
    [{ tag: "uuid", val: "9e3779b9-7f4a-7c15-f39c-c0605cedc832" }, "uuid", "9e3779b9-7f4a-7c15-f39c-c0605cedc832"],
    [{ tag: "json", val: '{"a":[1,null]}' }, "json", { a: [1, null] }],
    [{ tag: "text", val: "x".repeat(70_000) }, "text", "x".repeat(70_000)],
    [{ tag: "blob", val: new Uint8Array(70_000) }, "blob", "00".repeat(70_000)],
    [{ tag: "json", val: JSON.stringify("y".repeat(70_000)) }, "json", "y".repeat(70_000)],
  ] as [Value, string, unknown][]) {
    const { columns, rows } = sql.execute(db, "SELECT ? AS v", [value]);
    assert.deepEqual([columns[0]?.dataType.tag, jsonOf(rows[0]?.[0] as Value)], [type, spelled]);
  }
  const one = (value: Value) => () => sql.execute(db, "SELECT ?", [value]);
  refuses("invalid", "BAD_REQUEST", /parameter 1 is a custom value/, one({ tag: "custom", val: new Uint8Array([1]) }));
  refuses("invalid", "BAD_VALUE", /parameter 1.*decimal/, one({ tag: "decimal", val: "one" }));
  refuses("invalid", "BAD_VALUE", /parameter 1.*date/, one({ tag: "date", val: "2026-02-30" }));
  refuses("invalid", "BAD_VALUE", /parameter 1 is not JSON/, one({ tag: "json", val: "{" }));
});

test("what makes no sense is refused, and changes nothing", async (t) => {
  const { db, sql } = await filled(t);
  const prepare = (text: string) => () => sql.Statement.prepare(db, text);
  refuses("invalid", "SQL_SYNTAX", /^line 1, column 8: /, prepare("SELECT FROM t"));
  refuses("invalid", "SQL_SYNTAX", /another statement/, prepare("SELECT 1; SELECT 2"));
  refuses("not-found", "TABLE_NOT_FOUND", /no table u/, prepare("SELECT * FROM u"));
  const select = sql.Statement.prepare(db, "SELECT 1 / (id - ?) FROM t");
  refuses("invalid", "BAD_REQUEST", /^0 values for 1 parameters/, () => select.query([]));
  refuses("invalid", "BAD_REQUEST", /^2 values for 1 parameters/, () => select.execute([NULL, NULL]));
  refuses("constraint", "DIVISION_BY_ZERO", /./, () => select.execute([int64(1500)]));
  const cursor = select.query([int64(1500)]);
  refuses("invalid", "BAD_REQUEST", /no rows are asked for/, () => cursor.next(0));
  refuses("constraint", "DIVISION_BY_ZERO", /./, () => {
    while (cursor.next(100).length > 0);
  });
  refuses("closed", "CLOSED", /failed before/, () => cursor.next(1));
  // It runs again.
  assert.equal(select.query([int64(0)]).next(1).length, 1);
  refuses("constraint", "PRIMARY_KEY_CONFLICT", /./, () => sql.execute(db, "INSERT INTO t SELECT id + 1999, g, s FROM t", []));
  assert.deepEqual(sql.execute(db, "SELECT count(*) FROM t", []).rows, [[int64(2000)]]);
  refuses("limit", "SQL_LIMIT", /8 MiB/, () => sql.execute(db, "SELECT lpad('', 9000, 'x') FROM t", []));
});

test("the rows of a query are those of one moment; what was changed is given in any case", async (t) => {
  const { db, sql } = await filled(t);
  const select = sql.Statement.prepare(db, "SELECT id FROM t ORDER BY g, id");
  const cursor = select.query([]);
  assert.equal(cursor.next(10).length, 10);
  assert.equal(db.table("t").scan(range()).next(5).length, 5);
  assert.equal(cursor.next(10).length, 10);
  db.table("t").delete(int32(1), "restrict");
  refuses("closed", "SCAN_OUTDATED", /have changed/, () => cursor.next(10));
  const changed = sql.Statement.prepare(db, "DELETE FROM t WHERE id <= 21 RETURNING id").query([]);
  sql.execute(db, "DELETE FROM t", []);
  assert.deepEqual(
    [changed.next(15), changed.next(15), changed.next(15)].map((rows) => rows.length),
    [15, 5, 0],
  );
  // A run ends the cursor of the one before it.
  const first = select.query([]);
  const second = select.query([]);
  refuses("closed", "CLOSED", /run anew/, () => first.next(1));
  assert.deepEqual(second.next(1), []);
});

test("transactions by statements and by handles know of each other", async (t) => {
  const { db, sql } = await filled(t);
  const count = (): unknown => jsonOf(sql.execute(db, "SELECT count(*) FROM t", []).rows[0]?.[0] as Value);
  sql.execute(db, "BEGIN", []);
  assert.equal(db.inTransaction(), true);
  sql.execute(db, "DELETE FROM t WHERE id > 10", []);
  assert.equal(count(), "10");
  sql.execute(db, "ROLLBACK", []);
  assert.equal(count(), "2000");
  const transaction = db.beginTransaction();
  sql.execute(db, "DELETE FROM t WHERE id > 100", []);
  sql.execute(db, "COMMIT", []);
  refuses("closed", "CLOSED", /the transaction is over/, () => {
    transaction.rollback();
  });
  assert.equal(count(), "100");
});

test("handles are dropped in any order, and give their memory back", async (t) => {
  const { db, sql, memory, Connection } = await filled(t);
  let size = 0;
  for (let turn = 0; turn < 300; turn++) {
    const statement = sql.Statement.prepare(db, "SELECT * FROM t ORDER BY s");
    const cursor = statement.query([]);
    assert.equal(cursor.next(3).length, 3);
    const handles = turn % 2 === 0 ? [statement, cursor] : [cursor, statement];
    handles[0]?.[Symbol.dispose]();
    // The rows are there without their statement.
    if (turn % 2 === 0) assert.equal(cursor.next(3).length, 3);
    else assert.equal(statement.execute([]).changes, 0n);
    handles[1]?.[Symbol.dispose]();
    if (turn === 100) size = memory.buffer.byteLength;
  }
  assert.equal(memory.buffer.byteLength, size);
  const other = Connection.open(":memory:", CREATE);
  const statement = sql.Statement.prepare(other, "VALUES (1), (2)");
  const cursor = statement.query([]);
  assert.equal(cursor.next(1).length, 1);
  other.close();
  for (const call of [() => cursor.next(1), () => statement.query([]), () => statement.execute([])])
    assert.equal(errorOf(call).code, "CLOSED");
  refuses("closed", "CLOSED", /connection is closed/, () => sql.Statement.prepare(other, "SELECT 1"));
  statement[Symbol.dispose]();
  cursor[Symbol.dispose]();
  other[Symbol.dispose]();
  assert.deepEqual(sql.execute(db, "SELECT 1", []).rows, [[int64(1)]]);
});

test("a statement that was given a time ends by it, has changed nothing, and runs on when it may", async (t) => {
  const { db, sql } = await filled(t);
  const endless = "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x % 9 + 1 FROM c)";
  const count = sql.Statement.prepare(db, `${endless} SELECT count(*) FROM c`);
  const change = sql.Statement.prepare(db, `INSERT INTO t (id) ${endless} SELECT 5000 + row_number() OVER () FROM c`);
  const rows = sql.Statement.prepare(db, `${endless} SELECT x FROM c WHERE x > ?`);
  for (const statement of [count, change, rows]) statement.setTimeout(30);
  refuses("state", "SQL_TIMEOUT", /more than 30 ms/, () => count.execute([]));
  refuses("state", "SQL_TIMEOUT", /more than 30 ms/, () => change.execute([]));
  // Rows that are there in time are given.
  const cursor = rows.query([int64(1)]);
  assert.equal(cursor.next(10).length, 10);
  const none = rows.query([int64(9)]);
  refuses("state", "SQL_TIMEOUT", /more than 30 ms/, () => none.next(10));
  assert.deepEqual(sql.execute(db, "SELECT count(*) FROM t", []).rows, [[int64(2000)]]);
  count.setTimeout(0);
  const all = sql.Statement.prepare(db, "SELECT count(*) FROM t a, t b WHERE a.g = b.g");
  all.setTimeout(60_000);
  assert.equal(all.query([]).next(1).length, 1);
  refuses("state", "SQL_TIMEOUT", /more than 20 ms/, () =>
    db.request(JSON.stringify({ op: "sql", sql: `${endless} SELECT count(*) FROM c`, timeout: 20 })),
  );
});
