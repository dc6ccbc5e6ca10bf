/** Files with many tables: what is kept in memory of the registry is what an opening reads, and a new table costs the same beside few and many. */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { buildWorkload } from "../bench/build.js";
import { countProgram } from "../bench/counting.js";
import { openSync } from "../host/index.js";
import { fails } from "./helpers/library.js";
import { tempFolder } from "./helpers/store.js";

/** Names whose order by UTF-8 and by UTF-16 differ, and names that are beginnings of others. */
const NAMES = ["a", "a\u{1F600}", "a\uE000", "a\uFFFD", "ab", "a\u00E9", "Z", "\u{10FFFF}", "\uFF21", "t1", "t10", "t2"];

/** Too little for what opening reads of 100 tables: what is in it then is no more of them than of 2,000. */
const CACHE = `cache=${2 << 20}`;

function randoms(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("tables come and go in any order: names, hash and foreign keys are those that another opening finds", async (t) => {
  const path = join(tempFolder(t), "app.db");
  const random = randoms(12);
  let db = openSync(path);
  /** The tables that there are, with the table that each refers to. */
  const parents = new Map<string, string | null>();
  for (let step = 0; step < 150; step++) {
    const name = NAMES[random(NAMES.length)] as string;
    if (!parents.has(name)) {
      const others = [...parents.keys(), name];
      const parent = random(2) === 0 ? null : (others[random(others.length)] as string);
      db.create(name, parent === null ? ["k:int32:pk"] : ["k:int32:pk", `p:int32:null:references=${parent}.k`]);
      parents.set(name, parent);
    } else if ([...parents].some(([child, parent]) => parent === name && child !== name)) {
      await fails("FOREIGN_KEY_RESTRICT", /refers to/, () => db.drop(name));
    } else {
      db.drop(name);
      parents.delete(name);
    }
    const inOrder = [...parents.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(
      db.tables().map((table) => table.name),
      inOrder,
    );
    for (const [child, parent] of parents) {
      if (parent === null) continue;
      await fails("FOREIGN_KEY_BROKEN", /./, () => db.table(child).insert({ k: 1, p: 2 }));
    }
    if (step % 10 > 0) continue;
    assert.deepEqual(db.check().faults, [], `step ${step}`);
    const known = db.schema();
    db.close();
    db = openSync(path);
    assert.deepEqual(db.schema(), known);
  }
  db.close();
});

test("a new table adds as much to the log beside hundreds of tables as beside a few", (t) => {
  const path = join(tempFolder(t), "app.db");
  const db = openSync(path, { cacheBytes: 64 << 20 });
  /** Bytes by which the log grows for a hundred tables. It grows in steps; a checkpoint would make it smaller. */
  const growth = (from: number): number => {
    const before = statSync(`${path}-log`).size;
    for (let i = from; i < from + 100; i++) db.create(`t${i}`, ["k:int32:pk"]);
    return statSync(`${path}-log`).size - before;
  };
  const few = growth(1000);
  growth(2000);
  growth(3000);
  growth(4000);
  db.sync();
  const many = growth(5000);
  assert.ok(few > 0);
  assert.ok(many <= few + 65536, `${few} bytes beside a few tables, ${many} beside hundreds`);
  db.close();
});

test("inserts and lookups ask as much of the host, and take as much memory, beside 2,000 other tables as beside 100", async (t) => {
  const module = buildWorkload(true);
  const folder = tempFolder(t);
  const counted = async (others: number): Promise<Record<string, unknown>> => {
    const list = await countProgram(module, ["tables", "quire", "/data/counts.db", String(others), CACHE], folder);
    const wanted = ["tables_first_insert", "tables_insert", "tables_get"];
    // How much memory there is by then is another matter.
    return Object.fromEntries(
      list.filter(({ op }) => wanted.includes(op)).map(({ op, counts }) => [op, { ...counts, memory: 0 }]),
    );
  };
  const few = await counted(100);
  assert.equal((few["tables_insert"] as { calls: Record<string, number> }).calls["fd_datasync"], 100);
  assert.deepEqual(await counted(2000), few);
});

test("a dropped table adds as much to the log beside hundreds of tables as beside a few", (t) => {
  const path = join(tempFolder(t), "app.db");
  const db = openSync(path, { cacheBytes: 64 << 20 });
  const grown = (work: () => void): number => {
    const before = statSync(`${path}-log`).size;
    work();
    return statSync(`${path}-log`).size - before;
  };
  const create = (from: number, count: number): void => {
    for (let i = from; i < from + count; i++) db.create(`t${i}`, ["k:int32:pk"]);
  };
  const drop = (from: number): number =>
    grown(() => {
      for (let i = from; i < from + 50; i++) db.drop(`t${i}`);
    });
  create(1000, 60);
  const few = drop(1000);
  create(2000, 600);
  db.sync();
  const many = drop(2000);
  assert.ok(few > 0);
  assert.ok(many <= few + 65536, `${few} bytes beside a few tables, ${many} beside hundreds`);
  db.close();
});
