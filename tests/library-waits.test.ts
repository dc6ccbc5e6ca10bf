/** A transaction whose function waits for a call that waits for the transaction: both are told, and the session goes on. */
import assert from "node:assert/strict";
import { AsyncResource } from "node:async_hooks";
import test, { type TestContext, mock } from "node:test";
import { type OpenOptions, type QuireError, type RuntimeName, type Session, open } from "../host/index.js";
import { fails, openFor, runProgram } from "./helpers/library.js";
import { testOnRuntimes } from "./helpers/runtimes.js";

/** The runtimes of these tests: in this process, and a child. */
const TWO: readonly RuntimeName[] = ["node", "wazero"];

async function openTable(t: TestContext, runtime: RuntimeName, options: OpenOptions = {}): Promise<Session> {
  const db = await openFor(t, runtime, options);
  await db.create("t", ["k:uint32:pk"]);
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  return db;
}

/** Lets everything happen that waits for no timer. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Lets a call come to where it waits, and the time limit pass. */
async function pass(milliseconds: number): Promise<void> {
  await settle();
  mock.timers.tick(milliseconds);
  await settle();
}

type Shape = (db: Session, insert: (k: number) => Promise<unknown>) => Promise<unknown>;

/** Ways in which a function waits for a call from outside of it, and the call that its error names. */
const SHAPES: readonly (readonly [string, string, Shape])[] = [
  [
    "a call that was made outside",
    "t.insert()",
    (db, insert) => {
      let outside: Promise<unknown> = Promise.resolve();
      const transaction = db.transaction(async () => {
        await insert(1);
        await settle();
        await outside;
      });
      outside = settle().then(() => insert(2));
      outside.catch(() => undefined);
      return transaction;
    },
  ],
  [
    "a call in a callback of what began before",
    "t.insert()",
    (db, insert) => {
      const pool = new AsyncResource("pool");
      return db.transaction(async () => {
        await insert(1);
        await pool.runInAsyncScope(() => insert(2));
      });
    },
  ],
  [
    "a transaction that was begun outside",
    "transaction()",
    (db, insert) => {
      const pool = new AsyncResource("pool");
      return db.transaction(async () => {
        await insert(1);
        await pool.runInAsyncScope(() => db.transaction(() => insert(2)));
      });
    },
  ],
  [
    "a call of the transaction around a savepoint",
    "t.count()",
    (db, insert) =>
      db.transaction(async () => {
        await insert(1);
        const around = new AsyncResource("around");
        await db.transaction(async () => {
          await insert(2);
          await around.runInAsyncScope(() => db.table("t").count());
        });
      }),
  ],
  [
    "a scan that was begun outside",
    "t.scan()",
    (db, insert) => {
      const pool = new AsyncResource("pool");
      return db.transaction(async () => {
        await insert(1);
        await pool.runInAsyncScope(() => db.table("t").scan().toArray());
      });
    },
  ],
];

testOnRuntimes(
  "a function that waits for a call from outside of its transaction fails with it, and the session goes on",
  async (t, runtime) => {
    // A child answers in its own time. Here nothing but the limit ends the wait, so it can be short.
    const inProcess = runtime === "node";
    const db = await (inProcess ? openTable(t, runtime) : openFor(t, runtime, { transactionWait: 0.05 }));
    if (!inProcess) await db.create("t", ["k:uint32:pk"]);
    for (const [what, call, shape] of SHAPES) {
      const insert = (k: number): Promise<unknown> => db.table("t").insert({ k });
      const outcome = shape(db, insert).then(
        () => "done",
        (error: unknown) => error,
      );
      if (inProcess) {
        await pass(9_999);
        assert.equal(await Promise.race([outcome, Promise.resolve("waits")]), "waits", what);
        await pass(1);
      }
      const error = (await outcome) as QuireError;
      assert.equal(error.code, "TRANSACTION_TIMEOUT", `${what}: ${error.message}`);
      const start = `${call} waits for the end of a transaction, in whose function nothing was called for ${inProcess ? 10 : 0.05} s`;
      assert.ok(error.message.startsWith(start), error.message);
      assert.equal(await db.table("t").count(), 0, what);
    }
    await db.transaction(() => db.table("t").insert({ k: 1 }));
    assert.equal(await db.table("t").count(), 1);
  },
  TWO,
);

testOnRuntimes(
  "calls that wait for a transaction in which something happens wait as long as it takes",
  async (t, runtime) => {
    const db = await openTable(t, runtime, { transactionWait: 2 });
    let go = (): void => undefined;
    const transaction = db.transaction(async () => {
      for (let k = 0; k < 5; k++) {
        await new Promise<void>((resolve) => (go = resolve));
        // The second of them in a savepoint.
        await (k % 2 === 0 ? db.table("t").insert({ k }) : db.transaction(() => db.table("t").insert({ k })));
      }
    });
    await settle();
    const outside = [db.table("t").count(), db.transaction(() => db.table("t").count())];
    for (let round = 0; round < 5; round++) {
      await pass(1_500);
      go();
      await pass(1_500);
    }
    assert.deepEqual(await Promise.all([...outside, transaction]), [5, 5, undefined]);
  },
  ["node"],
);

testOnRuntimes(
  "all that wait are named; those that came later wait their time, and Infinity is for ever",
  async (t, runtime) => {
    for (const transactionWait of [1, Infinity]) {
      const db = await openFor(t, runtime, { transactionWait });
      await db.create("t", ["k:uint32:pk"]);
      mock.timers.enable({ apis: ["setTimeout"] });
      let end = (): void => undefined;
      const transaction = db.transaction(() => new Promise<void>((resolve) => (end = resolve)));
      await settle();
      const calls = [db.table("t").count(), db.tables(), db.transaction(() => 5), db.create("u", ["k:uint8:pk"])];
      const outcomes = Promise.allSettled<unknown>(calls);
      await pass(900);
      const later = db.table("t").find(1);
      await pass(100);
      if (transactionWait === 1) {
        await fails(
          "TRANSACTION_TIMEOUT",
          /^t\.count\(\) waits .*, and so do tables\(\), transaction\(\), create\(\), t\.find\(\), in/,
          () => calls[0],
        );
        await fails(
          "TRANSACTION_TIMEOUT",
          /^create\(\) waits for the end of a transaction, and so do t\.find\(\), in/,
          () => calls[3],
        );
      }
      end();
      await transaction;
      assert.equal(await later, undefined);
      const statuses = (await outcomes).map(({ status }) => status);
      assert.deepEqual(new Set(statuses), new Set([transactionWait === 1 ? "rejected" : "fulfilled"]));
      mock.timers.reset();
    }
  },
  ["node"],
);

testOnRuntimes(
  "a program in which only such a call is left does not end in silence",
  async (t) => {
    const program = `
      const db = await open("a.db", { transactionWait: 0.05 });
      await db.create("t", ["k:uint32:pk"]);
      let outside;
      const transaction = db.transaction(async () => { await null; await outside; });
      outside = db.tables();
      for (const each of [outside, transaction]) await each.catch(({ code }) => console.log(code));
      await db.close();`;
    assert.deepEqual(await runProgram(t, program), { said: "TRANSACTION_TIMEOUT\nTRANSACTION_TIMEOUT\n", ended: 0 });
  },
  ["node"],
);

testOnRuntimes(
  "what is no function is no transaction, and arguments of any kind are told of by a code",
  async (t, runtime) => {
    const db = await openFor(t, runtime);
    for (const body of [5, undefined, null, "x", {}, Promise.resolve(1)]) {
      await fails("BAD_REQUEST", /^transaction: what is to be done is a function/, () => db.transaction(body as never));
    }
    await db.create("t", ["k:uint32:pk", "v:text:null"]);
    const odd: readonly unknown[] = [
      undefined,
      null,
      5,
      NaN,
      5n,
      "x",
      "",
      {},
      [],
      [undefined],
      new Map(),
      () => 1,
      Symbol("s"),
      new Date(NaN),
      cyclic(),
    ];
    const names = (of: object): string[] =>
      Object.getOwnPropertyNames(Object.getPrototypeOf(of)).filter((name) => !/^(constructor|close|transaction)$/.test(name));
    const call = async (of: object, name: string, given: readonly unknown[]): Promise<void> => {
      const method = Reflect.get(of, name) as unknown;
      if (typeof method !== "function") return;
      try {
        const result = Reflect.apply(method, of, given) as { toArray?(): unknown } | undefined;
        await (result?.toArray === undefined ? result : result.toArray());
      } catch (error) {
        assert.ok(
          typeof (error as { code?: unknown }).code === "string" && (error as Error).name === "QuireError",
          `${name}: ${String(error)}`,
        );
      }
    };
    for (const of of [db, db.table("t")]) {
      for (const name of names(of)) {
        for (const one of odd) {
          for (const given of [[one], ["t", one], ["t", ["k:uint8:pk"], one], [one, { columns: one }], [one, one]])
            await call(of, name, given);
        }
      }
    }
    await db.rollback().catch(() => undefined);
  },
  TWO,
);

function cyclic(): object {
  const round: Record<string, unknown> = {};
  round["self"] = round;
  return round;
}

test("a program that awaits one call after the other has its timers and signals meanwhile", async (t) => {
  const db = await openFor(t, "node");
  await db.create("t", ["k:uint32:pk"]);
  const counting = await db.prepare("SELECT count(*) AS n FROM t");
  const calls: readonly (() => Promise<unknown>)[] = [
    () => db.table("t").find(1),
    () => counting.get(),
    () => db.sql("SELECT 1"),
    () => db.transaction(() => undefined),
    () => db.tables(),
  ];
  for (const call of calls) {
    const timer = { isOver: false };
    setTimeout(() => (timer.isOver = true), 1);
    const end = performance.now() + 10_000;
    while (!timer.isOver && performance.now() < end) await call();
    assert.ok(timer.isOver, String(call));
  }
});

test("calls that wait for the program's turn are done in the order in which they were made, before the session's end", async () => {
  const db = await open(":memory:");
  await db.create("t", ["k:uint32:pk"]);
  const rows = db.table<{ k: number }>("t");
  const until = performance.now() + 100;
  for (let k = 0; performance.now() < until; k++) {
    await rows.insert({ k });
    const moved = db.transaction(() => rows.update(k, { k: k + 1_000_000 }));
    const deleted = rows.delete(k + 1_000_000);
    const [, { deleted: gone }, left] = await Promise.all([moved, deleted, rows.count()]);
    assert.deepEqual([gone, left], [1, 0]);
  }
  // Whichever of these calls is the one behind which the program has its turn, the one before the end is answered.
  const [key] = await Promise.all([rows.insert({ k: 1 }), db.close()]);
  assert.equal(key, 1);
});
