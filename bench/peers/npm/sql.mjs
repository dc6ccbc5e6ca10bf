// SQL from a program on Node, in its process: Quire and what npm offers. One JSON line an operation, with microseconds per operation of each part, and those of the processor.
//
//   node sql.mjs PEER FOLDER N quire=FOLDER modules=FOLDER
//
// PEER: quire | quire-db/better-sqlite3 | better-sqlite3 | better-sqlite3-exclusive | node-sqlite3-wasm | node:sqlite | pglite. `quire`: this project; `modules`: the folder whose node_modules has
// the others. FOLDER has to be empty. A peer that is not in this Node prints nothing.
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const [peer, folder, nWord, ...words] = process.argv.slice(2);
const option = (name) => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
const n = Number(nWord);
const quire = option("quire");
const require = createRequire(join(option("modules"), "/"));
const file = join(folder, "bench.db");
/** The first parts are left out: compilers are at work then. */
const PARTS = 9;
const WARM = 2;

let randomState = 1;
function random(below) {
  randomState ^= randomState << 13;
  randomState ^= randomState >>> 17;
  randomState ^= randomState << 5;
  return (randomState >>> 0) % below;
}

function processorUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** `body` runs `count` operations, one part after the other. */
async function measure(op, count, body) {
  const us = [];
  const cpu = [];
  for (let part = 0; part < PARTS; part++) {
    const started = performance.now();
    const worked = processorUs();
    const pending = body(part, count);
    if (pending !== undefined) await pending;
    us.push(((performance.now() - started) * 1e3) / count);
    cpu.push((processorUs() - worked) / count);
  }
  console.log(JSON.stringify({ peer, op, us: us.slice(WARM), cpu: cpu.slice(WARM) }));
}

const TABLE = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, age INTEGER NOT NULL)";
const INSERT = "INSERT INTO users (id, name, email, age) VALUES (?, ?, ?, ?)";
const POINT = "SELECT id, name, email, age FROM users WHERE id = ?";
const ONE = "SELECT age FROM users WHERE id = ?";
const THOUSAND = "SELECT id, name, email, age FROM users WHERE id >= ? ORDER BY id LIMIT 1000";
const CACHE = "cache_size = -16384";
/** A commit is on the disk when it is done, as Quire's is: better-sqlite3 is built so that with WAL only a checkpoint waits for the disk. */
const SYNC = "synchronous = FULL";
const settings = (journal) => ["locking_mode = EXCLUSIVE", `journal_mode = ${journal}`, CACHE, SYNC];

function betterSqlite3(pragmas) {
  const Database = require("better-sqlite3");
  const db = new Database(file);
  for (const pragma of pragmas) db.pragma(pragma);
  return { exec: (sql) => db.exec(sql), prepare: (sql) => db.prepare(sql), close: () => db.close(), database: db };
}

/** Each: `exec`, `prepare` of statements with `run`, `get` and `all`, and what Kysely makes of it, if it does. */
const peers = {
  async quire() {
    const { openSync } = await import(pathToFileURL(join(quire, "build", "host", "index.js")).href);
    const db = openSync(file, { integers: "number" });
    return { exec: (sql) => db.exec(sql), prepare: (sql) => db.prepare(sql), close: () => db.close() };
  },
  async "quire-db/better-sqlite3"() {
    const { Database } = await import(pathToFileURL(join(quire, "build", "host", "better-sqlite3", "index.js")).href);
    const db = new Database(file);
    return { exec: (sql) => db.exec(sql), prepare: (sql) => db.prepare(sql), close: () => db.close(), database: db };
  },
  async "better-sqlite3"() {
    return betterSqlite3(["journal_mode = WAL", CACHE, SYNC]);
  },
  async "better-sqlite3-exclusive"() {
    return betterSqlite3(settings("WAL"));
  },
  async "node-sqlite3-wasm"() {
    const { Database } = require("node-sqlite3-wasm");
    const db = new Database(file);
    for (const pragma of settings("DELETE")) db.exec(`PRAGMA ${pragma}`);
    const prepare = (sql) => {
      const statement = db.prepare(sql);
      return {
        run: (...values) => statement.run(values),
        get: (...values) => statement.get(values),
        all: (...values) => statement.all(values),
      };
    };
    return { exec: (sql) => db.exec(sql), prepare, close: () => db.close() };
  },
  async "node:sqlite"() {
    let sqlite;
    try {
      sqlite = await import("node:sqlite");
    } catch {
      return null;
    }
    const db = new sqlite.DatabaseSync(file);
    for (const pragma of settings("WAL")) db.exec(`PRAGMA ${pragma}`);
    return { exec: (sql) => db.exec(sql), prepare: (sql) => db.prepare(sql), close: () => db.close() };
  },
};

/** The same with promises. */
async function pglite() {
  const { PGlite } = await import(pathToFileURL(require.resolve("@electric-sql/pglite")).href);
  const db = await PGlite.create(join(folder, "pg"));
  await db.exec(TABLE);
  const numbered = (sql) => {
    let at = 0;
    return sql.replace(/\?/g, () => `$${++at}`);
  };
  const few = Math.max(1, Math.round(n / 50));
  await measure("insert", few, (part, count) =>
    db.transaction(async (inner) => {
      for (let i = 0; i < count; i++) {
        const id = part * count + i + 1;
        await inner.query(numbered(INSERT), [id, `user ${id}`, `u${id}@example.org`, id % 90]);
      }
    }),
  );
  const rows = few * PARTS;
  await measure("get", few, async (_, count) => {
    for (let i = 0; i < count; i++) await db.query(numbered(POINT), [1 + random(rows)]);
  });
  await measure("get1", few, async (_, count) => {
    for (let i = 0; i < count; i++) await db.query(numbered(ONE), [1 + random(rows)]);
  });
  await measure("all", 20, async (_, count) => {
    for (let i = 0; i < count; i++) await db.query(numbered(THOUSAND), [1 + random(Math.max(1, rows - 1000))]);
  });
  await db.close();
}

async function sync() {
  const db = await peers[peer]();
  if (db === null) return;
  db.exec(TABLE);
  const insert = db.prepare(INSERT);
  const per = Math.floor(n / PARTS);
  await measure("insert", per, (part, count) => {
    db.exec("BEGIN");
    for (let i = 0; i < count; i++) {
      const id = part * count + i + 1;
      insert.run(id, `user ${id}`, `u${id}@example.org`, id % 90);
    }
    db.exec("COMMIT");
  });
  const rows = per * PARTS;
  const point = db.prepare(POINT);
  await measure("get", n, (_, count) => {
    for (let i = 0; i < count; i++) point.get(1 + random(rows));
  });
  const one = db.prepare(ONE);
  await measure("get1", n, (_, count) => {
    for (let i = 0; i < count; i++) one.get(1 + random(rows));
  });
  const thousand = db.prepare(THOUSAND);
  await measure("all", 200, (_, count) => {
    for (let i = 0; i < count; i++) {
      const { length } = thousand.all(1 + random(rows - 1000));
      if (length !== 1000) throw new Error(`${length} rows`);
    }
  });
  if (db.database === undefined) return db.close();
  const { Kysely, SqliteDialect } = await import(pathToFileURL(createRequire(join(quire, "/")).resolve("kysely")).href);
  const kysely = new Kysely({ dialect: new SqliteDialect({ database: db.database }) });
  await measure("kysely", Math.floor(n / 10), async (_, count) => {
    for (let i = 0; i < count; i++) {
      const id = 1 + random(rows);
      await kysely.selectFrom("users").select(["id", "name", "email", "age"]).where("id", "=", id).executeTakeFirst();
    }
  });
  await kysely.destroy();
}

await (peer === "pglite" ? pglite() : sync());
