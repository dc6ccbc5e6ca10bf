/** Statements of SQL by the library module's calls: prepare, describe, bind, step, reset, finalize and interrupt, as docs/abi.md has them. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type ColumnType, TYPE_CODES, TYPE_SIZES } from "../host/api/table-schema.js";
import { AbiHost, text, u32 } from "./helpers/abi.js";
import { tempFolder } from "./helpers/store.js";

const NAMES = new Map(Object.entries(TYPE_CODES).map(([name, code]): [number, ColumnType] => [code, name as ColumnType]));

interface Column {
  name: string;
  type: ColumnType;
  size: number;
  tag: string;
}

interface Description {
  version: number;
  givesRows: boolean;
  onlyReads: boolean;
  parameters: string[];
  columns: Column[];
}

type Cell = bigint | string | null;

interface Step {
  rows: Cell[][];
  version: number;
  changes: number;
  key: Buffer;
  more: boolean;
}

/** Reads a description, all of it. */
function described(reply: Buffer): Description {
  let at = 16;
  const name = (): string => {
    const len = reply.readUInt16LE(at);
    at += 2 + len;
    return reply.subarray(at - len, at).toString();
  };
  const parameters = Array.from({ length: reply.readUInt32LE(8) }, name);
  const columns = Array.from({ length: reply.readUInt32LE(12) }, () => {
    const type = NAMES.get(reply.readUInt8(at)) as ColumnType;
    const size = reply.readUInt16LE(at + 1);
    at += 3;
    return { type, size, name: name(), tag: name() };
  });
  assert.equal(at, reply.length);
  const flags = reply.readUInt32LE(4);
  return {
    version: reply.readUInt32LE(0),
    givesRows: (flags & 1) !== 0,
    onlyReads: (flags & 2) !== 0,
    parameters,
    columns,
  };
}

/** A value behind `at`: integers as numbers, text as such, all else in hexadecimal; and where the next one is. */
function cell(reply: Buffer, at: number, { type, size }: Column): [Cell, number] {
  if (reply.readUInt8(at) === 0) return [null, at + 1];
  assert.equal(reply.readUInt8(at), 1);
  let start = at + 1;
  let len = type === "custom" ? size : TYPE_SIZES[type];
  if (len === 0) {
    len = reply.readUInt16LE(start);
    start += 2;
    if (len === 0xffff) {
      len = reply.readUInt32LE(start);
      start += 4;
    }
  }
  const bytes = reply.subarray(start, start + len);
  assert.equal(bytes.length, len);
  const integer = /^(u?)int/.exec(type);
  if (type === "text" || type === "json") return [bytes.toString(), start + len];
  if (integer === null) return [bytes.toString("hex"), start + len];
  const whole = BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
  return [integer[1] === "u" ? whole : BigInt.asIntN(8 * len, whole), start + len];
}

class Statement {
  description: Description;
  readonly handle: number;

  constructor(
    readonly host: AbiHost,
    store: number,
    sql: string,
  ) {
    this.handle = host.call("prepare", sql, store);
    assert.ok(this.handle > 0, host.reply.toString());
    this.description = described(host.reply);
  }

  describe(): Description {
    assert.equal(this.host.direct("describe", this.handle), 0);
    this.description = described(this.host.reply);
    return this.description;
  }

  bind(...cells: Uint8Array[]): this {
    assert.equal(this.host.call("bind", Buffer.concat(cells), this.handle), 0, this.host.reply.toString());
    return this;
  }

  step(most = 0): Step {
    return this.#stepped(this.host.direct("step", this.handle, most));
  }

  /** The call `run`. */
  run(most: number, ...cells: Uint8Array[]): Step {
    const given = Buffer.concat(cells);
    const ptr = this.host.direct("alloc", given.length);
    Buffer.from(this.host.memory.buffer).set(given, ptr);
    const status = this.host.direct("run", this.handle, ptr, given.length, most);
    this.host.direct("free", ptr);
    return this.#stepped(status);
  }

  #stepped(status: number): Step {
    const reply = this.host.reply;
    assert.ok(status >= 0, reply.toString());
    const version = reply.readUInt32LE(4);
    if (version !== this.description.version) this.describe();
    assert.equal(this.description.version, version);
    const end = reply.readUInt32LE(16);
    const rows: Cell[][] = [];
    let at = 20;
    while (at < end) {
      const next = at + 4 + reply.readUInt32LE(at);
      const row: Cell[] = [];
      at += 4;
      for (const column of this.description.columns) {
        const [value, behind] = cell(reply, at, column);
        row.push(value);
        at = behind;
      }
      assert.equal(at, next);
      rows.push(row);
    }
    assert.equal(at, end);
    assert.equal(rows.length, reply.readUInt32LE(0));
    return { rows, version, changes: Number(reply.readBigUInt64LE(8)), key: reply.subarray(end), more: status === 1 };
  }

  /** The code that `step` fails with. */
  fails(): string {
    assert.equal(this.host.direct("step", this.handle, 0), -1);
    return this.host.error;
  }

  /** All rows, at most so many a step; `between` is called between two steps. */
  all(most = 0, between?: () => void): Cell[][] {
    const rows: Cell[][] = [];
    for (;;) {
      const { rows: some, more } = this.step(most);
      assert.ok(most === 0 || some.length <= most);
      rows.push(...some);
      if (!more) return rows;
      between?.();
    }
  }

  reset(): this {
    assert.equal(this.host.direct("reset", this.handle), 0);
    return this;
  }

  finalize(): void {
    assert.equal(this.host.direct("finalize", this.handle), 0);
  }
}

const NULL = Buffer.from([0]);
const int64 = (value: number): Buffer => {
  const cell = Buffer.alloc(9, 4);
  cell.writeBigInt64LE(BigInt(value), 1);
  return cell;
};
const textCell = (value: string): Buffer => Buffer.concat([Buffer.from([0x51]), text(value)]);

/** Of 65,535 bytes or more. */
function longCell(value: string): Buffer {
  const bytes = Buffer.from(value);
  const head = Buffer.from([0x51, 0xff, 0xff, 0, 0, 0, 0]);
  head.writeUInt32LE(bytes.length, 3);
  return Buffer.concat([head, bytes]);
}

const hostFor = (t: TestContext): AbiHost => new AbiHost(tempFolder(t));

const run = (host: AbiHost, store: number, sql: string, ...cells: Uint8Array[]): Cell[][] => {
  const statement = new Statement(host, store, sql);
  const rows = statement.bind(...cells).all();
  statement.finalize();
  return rows;
};

/** A store whose pages do not all fit its cache, with tables `t` (keys 1 to `rows`, a group, a long text) and `g` (groups). */
function filled(host: AbiHost, path: string, rows: number): number {
  const store = host.open(path, { cacheBytes: 1 });
  run(host, store, "CREATE TABLE t (id INTEGER PRIMARY KEY, g INTEGER, s TEXT)");
  run(host, store, "CREATE TABLE g (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
  run(host, store, "BEGIN");
  const t = new Statement(host, store, "INSERT INTO t VALUES (?, ?, ?)");
  for (let id = 1; id <= rows; id++)
    t.bind(int64(id), id % 10 === 0 ? NULL : int64(id % 10), textCell(`${id}-${"x".repeat(500 + (id % 700))}`)).all();
  for (let g = 0; g < 10; g++) run(host, store, "INSERT INTO g VALUES (?, ?)", int64(g), textCell(`group ${g}`));
  run(host, store, "COMMIT");
  return store;
}

test("what a statement is, is known before it runs", (t) => {
  const host = hostFor(t);
  const store = host.open(":memory:");
  host.ask(store, {
    op: "create",
    table: "t",
    columns: ["k:uint32:pk", "v:text:null", "c:custom(rgb,3):null", "w:custom(any):null"],
  });
  const described = (sql: string): Description => {
    const { description, ...statement } = new Statement(host, store, sql);
    assert.equal(host.direct("finalize", statement.handle), 0);
    return description;
  };
  assert.deepEqual(described("SELECT *, k + :n AS m FROM t WHERE v = :v"), {
    version: 1,
    givesRows: true,
    onlyReads: true,
    parameters: ["n", "v"],
    columns: [
      { name: "k", type: "uint32", size: 0, tag: "" },
      { name: "v", type: "text", size: 0, tag: "" },
      { name: "c", type: "custom", size: 3, tag: "rgb" },
      { name: "w", type: "custom", size: 0, tag: "any" },
      { name: "m", type: "int64", size: 0, tag: "" },
    ],
  });
  const none = { version: 1, givesRows: false, onlyReads: false, parameters: [], columns: [] };
  assert.deepEqual(described("BEGIN"), none);
  assert.deepEqual(described("CREATE TABLE u (id INTEGER PRIMARY KEY)"), none);
  assert.deepEqual(described("DELETE FROM t WHERE k = ?3"), { ...none, parameters: ["", "", ""] });
  const returning = described("INSERT INTO t (k, v) VALUES (?, @v) RETURNING v AS said, k");
  assert.deepEqual(returning, {
    ...none,
    givesRows: true,
    parameters: ["", "v"],
    columns: [
      { name: "said", type: "text", size: 0, tag: "" },
      { name: "k", type: "uint32", size: 0, tag: "" },
    ],
  });
  // Nothing of it was run.
  assert.deepEqual(run(host, store, "SELECT count(*) FROM t"), [[0n]]);
  assert.deepEqual(host.ask(store, { op: "tables" }), { tables: [{ name: "t", rows: 0 }] });
  for (const [code, sql] of [
    ["SQL_SYNTAX", ""],
    ["SQL_SYNTAX", "SELECT 1; SELECT 2"],
    ["SQL_SYNTAX", "SELEKT 1"],
    ["TABLE_NOT_FOUND", "SELECT * FROM u"],
    ["COLUMN_NOT_FOUND", "UPDATE t SET x = 1"],
    ["SQL_TYPE", "SELECT 1 + TRUE"],
    ["BAD_REQUEST", Buffer.from([0x53, 0xff])],
  ] as const) {
    assert.equal(host.call("prepare", sql as string, store), -1, String(sql));
    assert.equal(host.error, code, String(sql));
  }
});

test("run is bind and step in one call, and with a number of rows the whole run", (t) => {
  const host = hostFor(t);
  const store = host.open(":memory:");
  run(host, store, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
  const insert = new Statement(host, store, "INSERT INTO t (v) VALUES (?)");
  for (const [at, v] of ["a", "b", "c"].entries()) {
    const { changes, key, more } = insert.run(1, textCell(v));
    assert.deepEqual([changes, key, more], [1, int64(at + 1), false]);
  }
  const select = new Statement(host, store, "SELECT v FROM t WHERE id >= ? ORDER BY id");
  const first = select.run(1, int64(2));
  assert.deepEqual([first.rows, first.more], [[["b"]], true]);
  // The run is over, so a change does not concern it, and step begins anew with the same values.
  insert.run(0, textCell("d"));
  assert.deepEqual(select.all(), [["b"], ["c"], ["d"]]);
  assert.deepEqual(select.run(0, int64(4)).rows, [["d"]]);
  assert.deepEqual(select.run(1, int64(5)).rows, []);
  const wrong = (...cells: Uint8Array[]): string => {
    assert.equal(host.call("bind", Buffer.concat(cells), select.handle), -1);
    const said = host.reply.toString();
    assert.throws(() => select.run(0, ...cells), { message: said });
    return host.error;
  };
  assert.equal(wrong(), "BAD_REQUEST");
  assert.equal(wrong(Buffer.from([0x51, 1, 0, 0xff])), "BAD_VALUE");
  assert.equal(host.direct("run", 99, 0, 0, 0), -1);
  assert.equal(host.error, "BAD_REQUEST");
});

test("a statement runs again and again, with other values", (t) => {
  const host = hostFor(t);
  const store = host.open("data/a.db");
  run(host, store, "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)");
  const insert = new Statement(host, store, "INSERT INTO t VALUES (?, ?)");
  for (let id = 1; id <= 100; id++) {
    const { rows, changes, key, more } = insert.bind(id % 2 === 0 ? NULL : int64(id), textCell(`no. ${id}`)).step();
    assert.deepEqual({ rows, changes, more }, { rows: [], changes: 1, more: false });
    // The key of the row, with its type before it.
    assert.deepEqual(key, int64(id));
  }
  // At its end it gives nothing, and does nothing, until it is reset.
  assert.deepEqual(insert.step().rows, []);
  assert.deepEqual(run(host, store, "SELECT count(*) FROM t"), [[100n]]);
  assert.equal(insert.bind(int64(1), NULL).fails(), "PRIMARY_KEY_CONFLICT");
  assert.equal(insert.fails(), "CLOSED");

  const select = new Statement(host, store, "SELECT s, id FROM t WHERE id = ?");
  for (const id of [1, 50, 100, 101, -1]) {
    const rows = id >= 1 && id <= 100 ? [[`no. ${id}`, BigInt(id)]] : [];
    assert.deepEqual(select.bind(int64(id)).step(), { rows, version: 1, changes: 0, key: Buffer.alloc(0), more: false });
    assert.deepEqual(select.reset().all(), rows);
    // A text may spell what it is compared with.
    assert.deepEqual(select.bind(textCell(String(id))).all(), rows);
  }
  assert.deepEqual(select.bind(NULL).all(), []);
  const update = new Statement(host, store, "UPDATE t SET s = s || ? WHERE id > ? RETURNING id");
  const step = update.bind(textCell("!"), int64(98)).step();
  assert.deepEqual([step.rows, step.changes, step.key.length], [[[99n], [100n]], 2, 0]);
  assert.deepEqual(select.bind(int64(99)).all(), [["no. 99!", 99n]]);
  // What was prepared sees tables as they are when it runs.
  run(host, store, "DROP TABLE t");
  assert.equal(select.reset().fails(), "TABLE_NOT_FOUND");
  run(host, store, "CREATE TABLE t (id INTEGER PRIMARY KEY, s DATE)");
  run(host, store, "INSERT INTO t VALUES (7, '2026-02-28')");
  const renewed = select.bind(int64(7)).step();
  assert.deepEqual([renewed.rows, renewed.version], [[["ea07021c", 7n]], 2]);
  assert.deepEqual(
    select.description.columns.map(({ type }) => type),
    ["date", "int64"],
  );
});

test("a change that runs again does what one that is prepared anew does, whatever came between", (t) => {
  const host = hostFor(t);
  const stores = [host.open("data/a.db"), host.open("data/b.db")] as const;
  const both = (sql: string): void => {
    for (const store of stores) run(host, store, sql);
  };
  const values = [int64(3), int64(-2), textCell("40"), textCell("x"), NULL, int64(2 ** 40), int64(8), textCell("5.5")];
  const changes = [
    "INSERT INTO t (n, s, d) VALUES (?1, 'a' || ?2, ?1)",
    "INSERT INTO t VALUES (?1, 1, ?2, 0.5), (NULL, ?1, NULL, DEFAULT) RETURNING id + 1, s, ?1",
    "INSERT OR IGNORE INTO t VALUES (?1, ?1, ?2, ?1)",
    "INSERT OR REPLACE INTO t VALUES (?1, ?2, 'r', 1) RETURNING *",
    "INSERT INTO t VALUES (?1, 7, ?2, 2) ON CONFLICT (id) DO UPDATE SET n = excluded.n + t.n, s = ?2 WHERE t.n <> ?1 RETURNING n",
    "INSERT INTO t (n, s) SELECT n + 1, ?2 FROM t WHERE id > ?1 ORDER BY id LIMIT 3",
    "UPDATE t SET n = ?1, d = d + (SELECT count(*) FROM t) WHERE id IN (?1, ?2, 3) RETURNING id, n, d",
    "UPDATE t SET s = g.s || ?2 FROM g WHERE g.id = t.n AND t.id > ?1",
    "UPDATE t SET id = id + ?1 WHERE s LIKE ?2",
    "DELETE FROM t WHERE n = ?1 OR s = ?2 RETURNING id, upper(s)",
    "DELETE FROM t WHERE id > (SELECT min(id) FROM t) + ?1 AND n IS NOT ?2",
  ];
  both("CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, s TEXT, d DECIMAL DEFAULT 1)");
  both("CREATE TABLE g (id INTEGER PRIMARY KEY, s TEXT)");
  both("INSERT INTO g VALUES (1, 'one'), (3, 'three'), (7, 'seven')");
  const kept = changes.map((sql) => new Statement(host, stores[0], sql));
  const outcome = (statement: Statement, cells: Uint8Array[]): unknown => {
    if (host.direct("reset", statement.handle) !== 0 || host.call("bind", Buffer.concat(cells), statement.handle) !== 0)
      return host.error;
    try {
      const { rows, changes: count, key } = statement.step();
      return { rows, count, key: key.toString("hex") };
    } catch (error) {
      return (error as Error).message;
    }
  };
  const done = new Set<string>();
  for (let turn = 0; turn < 220; turn++) {
    const at = (turn * 7) % changes.length;
    const sql = changes[at] as string;
    const cells = [values[(turn * 3) % values.length] as Buffer, values[(turn + (turn >> 3)) % values.length] as Buffer];
    const wanted = sql.includes("?2") ? cells : cells.slice(0, 1);
    if (turn % 20 === 5) both("BEGIN");
    const fresh = new Statement(host, stores[1], sql);
    const [mine, other] = [outcome(kept[at] as Statement, wanted), outcome(fresh, wanted)];
    assert.deepEqual(mine, other, `${sql}, turn ${turn}`);
    fresh.finalize();
    done.add(typeof mine === "string" ? `${at} fails` : `${at} runs`);
    if (turn % 20 === 9) both(turn % 40 === 9 ? "ROLLBACK" : "COMMIT");
    if (turn === 110) both("CREATE INDEX t_n ON t (n)");
    if (turn === 160) both("DELETE FROM t");
    const [a, b] = stores.map((store) => run(host, store, "SELECT * FROM t ORDER BY id"));
    assert.deepEqual(a, b, `${sql}, turn ${turn}`);
  }
  for (let at = 0; at < changes.length; at++) assert.ok(done.has(`${at} runs`), changes[at]);
  assert.ok(done.size > changes.length + 4, [...done].join());
});

test("values of all types, both ways", (t) => {
  const host = hostFor(t);
  const store = host.open(":memory:");
  const statement = new Statement(host, store, "SELECT ?");
  assert.equal(statement.fails(), "BAD_REQUEST");
  // Each as a record of docs/format.md has it; integers come as the widest type of their kind.
  const values: [number, string, string, string][] = [
    [0x01, "ff", "int64", "-1"],
    [0x02, "00ff", "int64", "-256"],
    [0x03, "00000080", "int64", "-2147483648"],
    [0x04, "ffffffffffffff7f", "int64", "9223372036854775807"],
    [0x10, "ff", "int64", "255"],
    [0x11, "ffff", "int64", "65535"],
    [0x12, "ffffffff", "int64", "4294967295"],
    [0x13, "0100000000000000", "int64", "1"],
    [0x13, "ffffffffffffffff", "uint64", "18446744073709551615"],
    [0x22, "00000200e2040000" + "0".repeat(16), "decimal", "00000200e2040000" + "0".repeat(16)],
    [0x30, "01", "boolean", "01"],
    [0x40, "ea07021c", "date", "ea07021c"],
    [0x50, "0200ff00", "blob", "ff00"],
    [0x51, "0300616263", "text", "abc"],
    [0x51, "0000", "text", ""],
    [0x52, "00112233445566778899aabbccddeeff", "uuid", "00112233445566778899aabbccddeeff"],
    [0x60, "02007b7d", "json", "{}"],
  ];
  for (const [code, hex, type, value] of values) {
    const { rows } = statement.bind(Buffer.concat([Buffer.from([code]), Buffer.from(hex, "hex")])).step();
    assert.deepEqual([statement.description.columns[0]?.type, String(rows[0]?.[0])], [type, value], hex);
  }
  assert.deepEqual(statement.bind(NULL).all(), [[null]]);
  const bad: [string, string][] = [
    ["BAD_REQUEST", ""],
    ["BAD_REQUEST", "0000"],
    ["BAD_REQUEST", "20" + "00000000"],
    ["BAD_REQUEST", "ff"],
    ["BAD_REQUEST", "f00100ff"],
    ["BAD_REQUEST", "51"],
    ["BAD_REQUEST", "5103"],
    ["BAD_REQUEST", "5103006162"],
    ["BAD_REQUEST", "0400"],
    ["BAD_VALUE", "510100ff"],
    ["BAD_VALUE", "3002"],
    ["BAD_VALUE", "40ea070d01"],
    ["BAD_VALUE", "6001007b"],
  ];
  statement.bind(int64(5));
  for (const [code, hex] of bad) {
    assert.equal(host.call("bind", Buffer.from(hex, "hex"), statement.handle), -1, hex);
    assert.equal(host.error, code, hex);
  }
  // What was bound before stays.
  assert.deepEqual(statement.all(), [[5n]]);
});

const QUERIES = [
  "SELECT id, g, s FROM t",
  "SELECT s FROM t WHERE g = 3",
  "SELECT t.id, g.name, t.s FROM t JOIN g ON t.g = g.id",
  "SELECT t.id, g.name, substr(t.s, 1, 30) FROM t LEFT JOIN g ON t.g = g.id AND g.id < 5",
  "SELECT a.id, b.id, a.s FROM t a JOIN t b ON b.g = a.g WHERE a.id < 60",
  "SELECT g, count(*), max(s) FROM t GROUP BY g ORDER BY g",
  "SELECT s FROM t ORDER BY s DESC",
  "SELECT id, (SELECT max(name) FROM g WHERE g.id < t.g) FROM t",
  "SELECT s FROM t WHERE id IN (SELECT id + 10 FROM g) UNION ALL SELECT name FROM g",
  "SELECT id FROM t LIMIT 100 OFFSET 50",
];

/** Rows to compare: in which order those of an outer join come is not told. */
const inOrder = (sql: string, rows: Cell[][]): unknown[] => (sql.includes("LEFT JOIN") ? rows.map(String).sort() : rows);

test("between two steps others may read: the rows are the same", (t) => {
  const host = hostFor(t);
  const store = filled(host, "data/a.db", 3000);
  const [read, other] = ["SELECT count(s) FROM t", "SELECT max(s) FROM t WHERE id > ?"].map(
    (sql) => new Statement(host, store, sql),
  ) as [Statement, Statement];
  for (const sql of QUERIES) {
    const statement = new Statement(host, store, sql);
    const whole = statement.all();
    assert.ok(whole.length > 9, sql);
    let calls = 0;
    const between = (): void => {
      if (calls++ % 7 !== 0) return;
      assert.deepEqual(read.reset().all(), [[3000n]]);
      other.bind(int64(calls)).step();
    };
    for (const most of [1, 7, 1000]) {
      if (most === 1 && whole.length > 4000) continue;
      assert.deepEqual(inOrder(sql, statement.reset().all(most, between)), inOrder(sql, whole), `${sql}, ${most} a step`);
    }
    statement.finalize();
  }
});

test("between two steps others may change the store: what then becomes of the rows", (t) => {
  const host = hostFor(t);
  const store = filled(host, "data/a.db", 2000);
  const changes = [
    "INSERT INTO g VALUES (77, 'new')",
    "UPDATE t SET g = 5 WHERE id = 3",
    "DELETE FROM t WHERE id = 1999",
    "CREATE TABLE u (id INTEGER PRIMARY KEY)",
    "DROP TABLE u",
  ];
  for (const sql of QUERIES) {
    for (const change of changes) {
      const statement = new Statement(host, store, sql);
      assert.equal(statement.step(1).more, true);
      run(host, store, "BEGIN");
      if (change.startsWith("DROP")) run(host, store, "CREATE TABLE u (id INTEGER PRIMARY KEY)");
      run(host, store, change);
      // What is worked out is given: a query with few rows is at its end.
      const status = host.direct("step", statement.handle, 0);
      if (status !== 0) {
        assert.equal(host.error, "SCAN_OUTDATED", sql);
        assert.equal(statement.fails(), "CLOSED", sql);
      }
      assert.ok(statement.reset().step(1).more);
      run(host, store, "ROLLBACK");
      assert.ok(["SCAN_OUTDATED", "ok"].includes(host.direct("step", statement.handle, 0) < 0 ? host.error : "ok"));
      const whole = statement.reset().all();
      assert.deepEqual(inOrder(sql, statement.reset().all(100)), inOrder(sql, whole), sql);
      statement.finalize();
    }
  }
  // Statements that fail for it are such whose rows are not all worked out; a transaction that changes nothing is no change.
  const scan = new Statement(host, store, "SELECT id FROM t");
  assert.equal(scan.step(1).more, true);
  run(host, store, "BEGIN");
  assert.equal(scan.step(1).rows.length, 1);
  run(host, store, "UPDATE t SET g = 1 WHERE id = 1");
  assert.equal(scan.fails(), "SCAN_OUTDATED");
  run(host, store, "SAVEPOINT a");
  assert.equal(scan.reset().step(1).more, true);
  run(host, store, "ROLLBACK TO a");
  run(host, store, "COMMIT");
  assert.equal(scan.all().length, 1999);
  // What a change gives back was kept.
  const returning = new Statement(host, store, "UPDATE t SET g = g + 1 WHERE id <= 1500 RETURNING id, s");
  const rows = returning.all(10, () => run(host, store, "DELETE FROM t WHERE id > 1400"));
  assert.deepEqual(
    rows.map(([id]) => id as bigint).sort((a, b) => Number(a - b)),
    Array.from({ length: 1500 }, (_, i) => BigInt(i + 1)),
  );
  for (const [id, s] of rows) assert.ok((s as string).startsWith(`${id}-xxx`));
  assert.deepEqual(run(host, store, "SELECT count(*) FROM t"), [[1400n]]);
  assert.deepEqual(host.ask(store, { op: "check" }), { errors: 0, warnings: 0, notes: 0, omitted: 0, faults: [] });
});

test("large results come in pages of about 8 MiB", (t) => {
  const host = hostFor(t);
  const store = host.open(":memory:");
  run(host, store, "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)");
  const insert = new Statement(host, store, "INSERT INTO t VALUES (?, ?)");
  for (let id = 1; id <= 400; id++) insert.bind(int64(id), textCell(String(id).repeat(20_000))).all();
  const select = new Statement(host, store, "SELECT id, s, s FROM t ORDER BY id");
  const seen: bigint[] = [];
  let steps = 0;
  for (let more = true; more; steps++) {
    const step = select.step();
    assert.ok(host.reply.length < (8 << 20) + 4 * 65536);
    for (const [id, s, again] of step.rows) {
      assert.equal(s, String(id).repeat(20_000));
      assert.equal(again, s);
      seen.push(id as bigint);
    }
    more = step.more;
  }
  assert.ok(steps > 3);
  assert.deepEqual(
    seen,
    Array.from({ length: 400 }, (_, i) => BigInt(i + 1)),
  );
  // Longer than any value of a record, also as a parameter; a blob's text is hexadecimal.
  const long = new Statement(host, store, "SELECT s || ?, CAST(s || s AS blob) FROM t WHERE id = 200");
  const whole = "200".repeat(40_000);
  assert.deepEqual(long.bind(longCell(whole)).all(), [["200".repeat(20_000) + whole, whole]]);
  for (const cell of [[0xff], [0xff, 0xff], [0xff, 0xff, 5, 0, 0, 0, 1], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]])
    assert.equal(host.call("bind", Buffer.from([0x51, ...cell]), long.handle), -1);
  assert.equal(host.error, "BAD_REQUEST");
});

test("statements can be interrupted, from inside of a call as well", (t) => {
  let during: (() => void) | undefined;
  const host = new AbiHost(tempFolder(t), (imports) => {
    const read = imports["fd_pread"] as (...args: number[]) => number;
    imports["fd_pread"] = (...args) => {
      during?.();
      return read(...args);
    };
  });
  const store = filled(host, "data/a.db", 3000);
  let stopped = 0;
  for (const sql of [...QUERIES, "DELETE FROM t WHERE s LIKE '%x'", "SELECT count(*) FROM t a, t b WHERE a.s || b.s = 'x'"]) {
    const statement = new Statement(host, store, sql);
    assert.equal(host.direct("interrupt", statement.handle), 0);
    assert.equal(statement.fails(), "SQL_INTERRUPTED", sql);
    assert.equal(statement.fails(), "CLOSED", sql);
    let isTold = false;
    during = () => {
      if (!isTold) assert.equal(host.direct("interrupt", statement.handle), 0);
      isTold = true;
    };
    const status = host.direct("step", statement.reset().handle, 0);
    during = undefined;
    if (status < 0) {
      assert.equal(host.error, "SQL_INTERRUPTED", sql);
      stopped += 1;
    }
    assert.equal(status < 0, isTold, sql);
    assert.deepEqual(run(host, store, "SELECT count(*) FROM t"), [[3000n]]);
    statement.finalize();
  }
  // Not all of them read the file.
  assert.ok(stopped > 8);
  assert.equal(host.direct("interrupt", 99), -1);
});

test("each step of a statement may have its time", (t) => {
  const host = hostFor(t);
  const store = filled(host, "data/a.db", 300);
  const statement = new Statement(host, store, "SELECT a.id FROM t a, t b, t c WHERE a.s || b.s = c.s");
  assert.equal(host.direct("timeout", statement.handle, 20), 0);
  assert.equal(statement.fails(), "SQL_TIMEOUT");
  assert.equal(statement.fails(), "CLOSED");
  assert.equal(statement.reset().fails(), "SQL_TIMEOUT");
  const short = new Statement(host, store, "SELECT id FROM t");
  assert.equal(host.direct("timeout", short.handle, 30_000), 0);
  assert.equal(short.all(100).length, 300);
  assert.deepEqual(run(host, store, "SELECT count(*) FROM t"), [[300n]]);
});

test("handles that are none, twice given back, or of a store that is closed", (t) => {
  const host = hostFor(t);
  const store = host.open("data/a.db");
  run(host, store, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
  for (let id = 1; id <= 50; id++) run(host, store, "INSERT INTO t VALUES (?)", int64(id));
  const refuses = (handle: number): void => {
    for (const [name, ...args] of [["describe"], ["step", 0], ["reset"], ["timeout", 1], ["finalize"]] as [
      string,
      ...number[],
    ][]) {
      assert.equal(host.direct(name, handle, ...args), -1, name);
      assert.equal(host.error, "BAD_REQUEST", name);
    }
    assert.equal(host.call("bind", "", handle), -1);
    assert.equal(host.error, "BAD_REQUEST");
    assert.equal(host.direct("interrupt", handle), -1);
  };
  for (const handle of [0, -1, 99, 2 ** 31 - 1]) refuses(handle);
  const one = new Statement(host, store, "SELECT * FROM t");
  assert.ok(one.step(1).more);
  one.finalize();
  refuses(one.handle);
  const other = host.open("data/b.db");
  const kept = new Statement(host, other, "SELECT 1");
  const open = [1, 2, 3].map(() => new Statement(host, store, "SELECT * FROM t"));
  assert.ok(open[0]?.step(1).more);
  assert.equal(host.direct("close", store), 0);
  for (const { handle } of open) refuses(handle);
  assert.equal(host.call("prepare", "SELECT 1", store), -1);
  assert.equal(host.error, "BAD_REQUEST");
  assert.deepEqual(kept.all(), [[1n]]);
});

test("statements end transactions, and fail in none", (t) => {
  const host = hostFor(t);
  const store = host.open("data/a.db");
  run(host, store, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
  const begin = new Statement(host, store, "BEGIN");
  const insert = new Statement(host, store, "INSERT INTO t VALUES (?), (?)");
  begin.all();
  insert.bind(int64(1), int64(2)).all();
  // A statement that fails leaves nothing, and the transaction as it was.
  assert.equal(insert.bind(int64(3), int64(1)).fails(), "PRIMARY_KEY_CONFLICT");
  assert.equal(begin.reset().fails(), "TRANSACTION_ACTIVE");
  run(host, store, "COMMIT");
  assert.deepEqual(run(host, store, "SELECT id FROM t"), [[1n], [2n]]);
  begin.reset().all();
  insert.bind(int64(3), int64(4)).all();
  assert.equal((host.ask(store, { op: "rollback" }) as { code?: string }).code, undefined);
  assert.deepEqual(run(host, store, "SELECT count(*) FROM t"), [[2n]]);
  assert.equal(new Statement(host, store, "COMMIT").fails(), "NO_TRANSACTION");
  assert.equal(host.direct("close", store), 0);
  const reader = host.open("data/a.db", { create: false, readonly: true });
  assert.equal(new Statement(host, reader, "DELETE FROM t").fails(), "READ_ONLY");
  assert.deepEqual(run(host, reader, "SELECT id FROM t"), [[1n], [2n]]);
});

test("whatever bytes are given, there is an answer", (t) => {
  const host = hostFor(t);
  const store = host.open(":memory:");
  run(host, store, "CREATE TABLE t (id INTEGER PRIMARY KEY, g INTEGER, s TEXT)");
  run(host, store, "CREATE TABLE g (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  let prepared = 0;
  for (const sql of [...QUERIES, "INSERT INTO t VALUES (?1, :g, 'x') ON CONFLICT DO NOTHING RETURNING s, id"]) {
    for (let len = 0; len <= sql.length; len++) {
      const bytes = Buffer.from(sql.slice(0, len));
      if (len > 0 && random(3) === 0) bytes[random(len)] = random(256);
      const handle = host.call("prepare", bytes, store);
      if (handle < 0) {
        assert.match(host.error, /^(SQL_|BAD_REQUEST|TABLE_|COLUMN_|AMBIGUOUS_)/);
        continue;
      }
      prepared += 1;
      assert.ok(host.direct("step", handle, random(3)) >= -1);
      assert.equal(host.direct("finalize", handle), 0);
    }
  }
  assert.ok(prepared > 20);
  const statement = new Statement(host, store, "SELECT ?1, ?2, ?3 WHERE ?1 IS NOT ?2 OR ?3 = 'x'");
  const good = Buffer.concat([int64(1), textCell("two"), Buffer.from("52" + "00".repeat(16), "hex")]);
  let bound = 0;
  for (let i = 0; i < 3000; i++) {
    const bytes = Buffer.from(good);
    for (let n = random(4); n >= 0; n--) bytes[random(bytes.length)] = random(256);
    const cells = random(2) === 0 ? bytes : bytes.subarray(0, random(bytes.length));
    if (host.call("bind", cells, statement.handle) < 0) assert.match(host.error, /^BAD_(REQUEST|VALUE)$/);
    else {
      bound += 1;
      if (host.direct("step", statement.handle, 0) < 0) assert.match(host.error, /^SQL_TYPE$/);
    }
  }
  assert.ok(bound > 300);
  assert.deepEqual(u32(host.direct("describe", statement.handle)), u32(0));
});

test("plans with views and the catalog in them, and with constraints to be kept, see definitions that change", (t) => {
  const host = hostFor(t);
  const store = host.open(":memory:");
  run(host, store, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT)");
  run(host, store, "CREATE VIEW v AS SELECT a FROM t WHERE a < 3");
  const names = new Statement(host, store, "SELECT name FROM sqlite_master ORDER BY name");
  const info = new Statement(host, store, "SELECT name FROM pragma_table_info(?) ORDER BY cid");
  const view = new Statement(host, store, "SELECT * FROM v ORDER BY 1");
  const insert = new Statement(host, store, "INSERT INTO t (a) VALUES (?)");
  for (let a = 1; a <= 3; a++) insert.bind(int64(a)).all();
  const seen = (): unknown[] => [names.reset().all().flat(), info.bind(textCell("v")).all().flat(), view.reset().all().flat()];
  const first = [["t", "v"], ["a"], [1n, 2n]];
  assert.deepEqual(seen(), first);
  assert.deepEqual(seen(), first, "the kept plans");
  run(host, store, "BEGIN");
  run(host, store, "DROP VIEW v");
  run(host, store, "CREATE VIEW v AS SELECT id * 10 AS ten, a FROM t");
  run(host, store, "CREATE INDEX other ON t (a)");
  const second = [
    ["other", "t", "v"],
    ["ten", "a"],
    [10n, 1n, 20n, 2n, 30n, 3n],
  ];
  assert.deepEqual(seen(), second);
  run(host, store, "ROLLBACK");
  assert.deepEqual(seen(), first);
  run(host, store, "CREATE TEMP VIEW mine AS SELECT 1");
  assert.deepEqual(seen(), first, "a session's own views are not in the file's list");
  run(host, store, "DROP TABLE t");
  assert.deepEqual(names.reset().all(), [["v"]]);
  assert.equal(view.reset().fails(), "TABLE_NOT_FOUND");
  assert.equal(insert.bind(int64(1)).fails(), "TABLE_NOT_FOUND");
  run(host, store, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT CHECK (a <> 7))");
  insert.bind(int64(1)).all();
  assert.equal(insert.bind(int64(7)).fails(), "CHECK_FAILED");
  assert.deepEqual(view.reset().all(), [[1n]]);
  // A row of the catalog that goes by another way takes the constraint with it.
  run(host, store, "DELETE FROM __quire_catalog WHERE kind = 'check'");
  insert.bind(int64(7)).all();
  run(host, store, "INSERT INTO __quire_catalog (kind, name, \"table\", sql) VALUES ('check', '', 't', 'a <> 8')");
  assert.equal(insert.bind(int64(8)).fails(), "CHECK_FAILED");
  for (const statement of [names, info, view, insert]) statement.finalize();
});
