// The bench's workloads on Node, in process: Quire's openSync and what npm offers. One JSON line an operation, in microseconds per operation.
//
//   node bench.mjs MODE PEER DB N package=NAME modules=FOLDER [exclusive] [journal=MODE] [cache=BYTES]
//
// MODE: full | fill | open. `modules`: the folder whose node_modules has the package; for quire-db its build/host/index.js.
import { closeSync, fdatasyncSync, openSync as openFile, rmSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const [mode, peer, path, nWord, ...words] = process.argv.slice(2);
const option = (name) => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
const n = Number(nWord);
const packageName = option("package");
const modules = option("modules");
const journal = option("journal") ?? "DELETE";
const BUDGET_MS = 5000;
const baseMemory = process.memoryUsage().rss;
let newest = 0;

const require = createRequire(join(modules, "/"));
const now = () => performance.now();

function put(op, ms, count, rows) {
  const memory = process.memoryUsage().rss - baseMemory;
  const line = { peer, op, n, us: (ms * 1e3) / Math.max(count, 1), count, memory };
  console.log(JSON.stringify(rows === undefined ? line : { ...line, rows }));
}

let randomState = 1;
function random() {
  randomState ^= randomState << 13;
  randomState ^= randomState >>> 17;
  randomState ^= randomState << 5;
  return randomState >>> 0;
}

const userOf = (i) => [i, `user ${i}`, `u${i}@example.org`, (i * 7919) % 90];

/** Up to `max` times, or until the time is up; a few operations between looks at the clock. */
function many(op, max, body, { limit = BUDGET_MS, rows, per = 1 } = {}) {
  const started = now();
  let k = 0;
  while (k < max) {
    body(k++);
    if ((k & 15) === 0 && now() - started > limit) break;
  }
  put(op, now() - started, k * per, rows);
}

/** What one write of 4 KiB and its sync cost at this very moment. */
function syncUnit() {
  const fd = openFile(`${path}-sync`, "w+");
  const block = Buffer.alloc(4096, 7);
  const once = () => {
    writeSync(fd, block, 0, 4096, 0);
    fdatasyncSync(fd);
  };
  once();
  many("sync_unit", 30, once);
  closeSync(fd);
  rmSync(`${path}-sync`);
}

/** A peer as the workload sees it. `rows` of a scan or range are whole objects; `likes` counts names with 99 in them. */
const peers = {
  async "quire-db"() {
    const { openSync, defineTable } = await import(pathToFileURL(join(modules, "build", "host", "index.js")).href);
    const users = defineTable("users", {
      id: "uint32:pk",
      name: "text",
      email: "text:unique",
      age: "uint32:index",
    });
    const cacheBytes = option("cache") === undefined ? {} : { cacheBytes: Number(option("cache")) };
    const db = openSync(path, { ...cacheBytes, mustExist: mode === "open" });
    if (mode !== "open") db.create(users);
    const table = db.table(users);
    const object = ([id, name, email, age]) => ({ id, name, email, age });
    return {
      insert: (user) => table.insert(object(user)),
      get: (id) => table.get(id),
      byEmail: (email) => table.find(email, { index: "email" }),
      likes: undefined,
      range: () => table.scan({ index: "age", from: 81 }).toArray().length,
      update: (id, age) => table.update(id, { age }),
      delete: (id) => table.delete(id),
      transaction: (body) => db.transaction(body),
      close: () => db.close(),
    };
  },
  async lmdb() {
    const { open } = require("lmdb");
    const root = open({ path, noSubdir: true, maxDbs: 8, overlappingSync: false, pageSize: 4096 });
    const users = root.openDB({ name: "users", keyEncoding: "uint32" });
    const emails = root.openDB({ name: "email" });
    const ages = root.openDB({ name: "age", dupSort: true, encoding: "ordered-binary" });
    const inTransaction = { yes: false };
    const whole = (body) => (inTransaction.yes ? body() : root.transactionSync(body));
    return {
      insert: ([id, name, email, age]) =>
        whole(() => {
          if (users.doesExist(id) || emails.doesExist(email)) throw new Error("taken");
          users.putSync(id, { id, name, email, age });
          emails.putSync(email, id);
          ages.putSync(age, id);
        }),
      get: (id) => users.get(id),
      byEmail: (email) => users.get(emails.get(email)),
      likes: undefined,
      range() {
        let rows = 0;
        for (const { value } of ages.getRange({ start: 81 })) if (users.get(value) !== undefined) rows += 1;
        return rows;
      },
      update: (id, age) =>
        whole(() => {
          const row = users.get(id);
          if (row === undefined) return;
          ages.removeSync(row.age, id);
          ages.putSync(age, id);
          users.putSync(id, { ...row, age });
        }),
      delete: (id) =>
        whole(() => {
          const row = users.get(id);
          if (row === undefined) return;
          ages.removeSync(row.age, id);
          emails.removeSync(row.email);
          users.removeSync(id);
        }),
      transaction(body) {
        inTransaction.yes = true;
        root.transactionSync(body);
        inTransaction.yes = false;
      },
      close: () => root.close(),
    };
  },
  async "better-sqlite3"() {
    const Database = require("better-sqlite3");
    const db = new Database(path);
    return sqlite(
      (sql) => db.exec(sql),
      (sql) => {
        const statement = db.prepare(sql);
        return { run: (...a) => statement.run(...a), get: (...a) => statement.get(...a), all: (...a) => statement.all(...a) };
      },
      () => db.close(),
    );
  },
  async "node-sqlite3-wasm"() {
    const { Database } = require("node-sqlite3-wasm");
    const db = new Database(path);
    const statements = [];
    return sqlite(
      (sql) => db.exec(sql),
      (sql) => {
        const statement = db.prepare(sql);
        statements.push(statement);
        // Its get() leaves the statement open, and COMMIT then fails.
        return { run: (...a) => statement.run(a), get: (...a) => statement.all(a)[0], all: (...a) => statement.all(a) };
      },
      () => {
        for (const statement of statements) statement.finalize();
        db.close();
      },
    );
  },
};

function sqlite(exec, prepare, close) {
  if (words.includes("exclusive")) exec("PRAGMA locking_mode=EXCLUSIVE");
  if (mode !== "open") {
    exec(`PRAGMA journal_mode=${journal}`);
    exec("PRAGMA synchronous=FULL");
    if (option("cache") !== undefined) exec(`PRAGMA cache_size=-${Math.floor(Number(option("cache")) / 1024)}`);
    const asked = ["sqlite_version()", ...["journal_mode", "locking_mode", "cache_size"].map((p) => `* FROM pragma_${p}`)];
    const said = asked.map((what) => Object.values(prepare(`SELECT ${what}`).get())[0]);
    console.error(`# SQLite ${said[0]}, journal ${said[1]}, locking ${said[2]}, cache ${said[3]}`);
    exec("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, age INTEGER NOT NULL)");
    exec("CREATE INDEX users_age ON users(age)");
  }
  const columns = "SELECT id,name,email,age FROM users WHERE";
  const insert = prepare("INSERT INTO users VALUES(?,?,?,?)");
  const get = prepare(`${columns} id=?`);
  const byEmail = prepare(`${columns} email=?`);
  const like = prepare("SELECT count(*) c FROM users WHERE name LIKE '%99%'");
  const range = prepare(`${columns} age > 80`);
  const update = prepare("UPDATE users SET age=? WHERE id=?");
  const remove = prepare("DELETE FROM users WHERE id=?");
  return {
    insert: (user) => insert.run(...user),
    get: (id) => get.get(id),
    byEmail: (email) => byEmail.get(email),
    likes: () => like.get().c,
    range: () => range.all().length,
    update: (id, age) => update.run(age, id),
    delete: (id) => remove.run(id),
    transaction(body) {
      exec("BEGIN");
      body();
      exec("COMMIT");
    },
    close,
    unsynced() {
      if (journal !== "WAL") exec("PRAGMA journal_mode=MEMORY");
      exec("PRAGMA synchronous=OFF");
    },
  };
}

if (mode !== "open") {
  for (const ending of ["", "-journal", "-wal", "-shm", "-lock", ".lock", "-log"]) {
    rmSync(path + ending, { force: true, recursive: true });
  }
}
const opened = now();
const db = await peers[packageName]();
if (mode === "open") {
  if (db.get(Math.floor(n / 10) * 9) === undefined) throw new Error("no row");
  put("open_inside", now() - opened, 1);
} else {
  const fill = now();
  db.transaction(() => {
    for (let i = 1; i <= n; i++) db.insert(userOf(i));
  });
  put("insert", now() - fill, n);
  if (mode === "full") full();
}
await db.close();

function full() {
  const must = (row) => {
    if (row === undefined) throw new Error("no row");
  };
  randomState = 12345;
  many("get", 100_000, () => must(db.get(1 + (random() % n))));
  randomState = 54321;
  many("get_unique", 100_000, () => must(db.byEmail(`u${1 + (random() % n)}@example.org`)));
  const rounds = n < 10_000 ? 50 : 5;
  if (db.likes !== undefined) many("scan_like", rounds, db.likes, { per: n });
  const rows = db.range();
  many("range", rounds, db.range, { per: rows, rows });
  randomState = 777;
  const updates = Math.min(n, 10_000);
  const updating = now();
  db.transaction(() => {
    for (let k = 0; k < updates; k++) {
      const age = random() % 90;
      db.update(1 + (random() % n), age);
    }
  });
  put("update", now() - updating, updates);
  const deletes = Math.min(n / 10, 10_000);
  const deleting = now();
  db.transaction(() => {
    for (let k = 0; k < deletes; k++) db.delete(1 + ((k * 7 + 3) % n));
  });
  put("delete", now() - deleting, deletes);
  syncUnit();
  newest = n;
  many("durable_insert", 500, () => db.insert(userOf(++newest)), { limit: 2500 });
  if (db.unsynced === undefined) return;
  db.unsynced();
  many("each_insert", 2000, () => db.insert(userOf(++newest)));
}
