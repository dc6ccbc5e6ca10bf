/** `quire-kv.wasm`: `wasi:keyvalue` on a file of Quire's, function by function, at random against a map, and with its process killed. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { componentWit } from "@bytecodealliance/jco-transpile/wasm-tools";
import { openSync } from "../host/index.js";
import { packageRoot, pythonWithWasmtime } from "../host/paths.js";
import { runtimes } from "../host/runtimes/index.js";
import { componentPath } from "./helpers/component.js";
import { importsFor } from "./helpers/component-folder.js";
import { composedKeyvalueGuest } from "./helpers/compose.js";
import {
  type Bucket,
  type Cas,
  type Keyvalue,
  bytes,
  failureOf,
  keysOf,
  keyvaluePath,
  keyvalueWith,
  loadKeyvalue,
  refuses,
  shown,
} from "./helpers/keyvalue.js";
import { quire, tempFolder } from "./helpers/store.js";
import { ComponentHost, Killed } from "./torture/component-host.js";
import { afterPowerCut, Disk, type Image } from "./torture/disk.js";
import { FAULT_KINDS, type FaultKind, failing, places } from "./torture/faults.js";
import { Random } from "./torture/random.js";

const run = promisify(execFile);
const SEED = Number(process.env["QUIRE_SEED"] ?? 20);
const ROUNDS = Number(process.env["QUIRE_COMPONENT_ROUNDS"] ?? 4);

/** Bytes of a log behind a close (docs/log.md). */
const EMPTY_LOG = 4096;

/** An instance on a new folder, and its bucket `""`. */
async function newStore(t: TestContext): Promise<{ folder: string; keyvalue: Keyvalue; bucket: Bucket }> {
  const folder = tempFolder(t);
  const keyvalue = await keyvalueWith(importsFor(folder));
  return { folder, keyvalue, bucket: keyvalue.store.open("") };
}

/** The file as the package `quire-db` has it: checked, and the rows of a bucket. */
function rowsIn(folder: string, bucket: string): Map<string, string> {
  const db = openSync(join(folder, "keyvalue.db"), { readonly: true });
  // A bucket's name may be one that no Rust struct can have, which is noted.
  const faults = db.check().faults.filter(({ severity }) => severity !== "note");
  assert.deepEqual(faults, []);
  const rows = db.request({ op: "scan", table: bucket }) as { rows: { key: string; value: string }[] };
  db.close();
  return new Map(rows.rows.map(({ key, value }) => [key, Buffer.from(value, "hex").toString()]));
}

test("it exports the three interfaces of the draft, and imports what Quire's component does", async () => {
  const linesOf = async (path: string) => (await componentWit(readFileSync(path))).match(/^ {2}(import|export) .*/gm) ?? [];
  const lines = await linesOf(keyvaluePath());
  assert.deepEqual(
    lines.filter((line) => line.startsWith("  import")),
    (await linesOf(componentPath())).filter((line) => line.startsWith("  import")),
  );
  assert.deepEqual(
    lines.filter((line) => line.startsWith("  export")),
    ["store", "atomics", "batch"].map((name) => `  export wasi:keyvalue/${name}@0.2.0-draft2;`),
  );
});

test("get, set, delete and exists", async (t) => {
  const { bucket } = await newStore(t);
  assert.equal(bucket.get("a"), undefined);
  assert.equal(bucket.exists("a"), false);
  bucket.delete("a");
  bucket.set("a", bytes("one"));
  bucket.set("é 東京 😀", Uint8Array.of(0, 255, 128));
  bucket.set("", bytes("the empty key"));
  assert.equal(shown(bucket.get("a")), "one");
  assert.deepEqual(bucket.get("é 東京 😀"), Uint8Array.of(0, 255, 128));
  assert.equal(shown(bucket.get("")), "the empty key");
  assert.equal(bucket.exists("a"), true);
  bucket.set("a", new Uint8Array());
  assert.deepEqual(bucket.get("a"), new Uint8Array());
  assert.equal(bucket.exists("a"), true);
  bucket.delete("a");
  assert.equal(bucket.get("a"), undefined);
  assert.equal(bucket.exists("a"), false);
});

test("list-keys: pages with cursors, between which keys come and go", async (t) => {
  const { keyvalue, bucket } = await newStore(t);
  assert.deepEqual(bucket.listKeys(), { keys: [], cursor: undefined });
  const keys = Array.from({ length: 2500 }, (_, at) => `key ${String(at).padStart(4, "0")}`);
  const pairs = new Random(SEED).shuffled(keys).map((key): [string, Uint8Array] => [key, bytes(key)]);
  keyvalue.batch.setMany(bucket, pairs);
  const first = bucket.listKeys();
  assert.deepEqual(first, { keys: keys.slice(0, 1000), cursor: keys[999] });
  // The key that the cursor is may go, and the others stay where they are.
  bucket.delete(first.cursor!);
  bucket.set("key 0001 and more", bytes("behind us"));
  bucket.set("key 1000 and more", bytes("before us"));
  const second = bucket.listKeys(first.cursor);
  assert.deepEqual(second.keys, [keys[1000], "key 1000 and more", ...keys.slice(1001, 1999)]);
  const third = bucket.listKeys(second.cursor);
  assert.deepEqual(third, { keys: keys.slice(1999), cursor: undefined });
  assert.deepEqual(bucket.listKeys(keys.at(-1)), { keys: [], cursor: undefined });
  // A page that ends with the last key is the last one.
  keyvalue.batch.deleteMany(bucket, keys.slice(998));
  bucket.delete("key 1000 and more");
  bucket.set("last", bytes(""));
  assert.equal(keysOf(bucket).length, 1000);
  assert.deepEqual(bucket.listKeys().cursor, undefined);
});

test("buckets are tables of one file, and the bucket without a name is called default", async (t) => {
  const { folder, keyvalue, bucket } = await newStore(t);
  const other = keyvalue.store.open('users "é"');
  bucket.set("k", bytes("in the first"));
  other.set("k", bytes("in the other"));
  assert.equal(shown(keyvalue.store.open("default").get("k")), "in the first");
  assert.equal(shown(bucket.get("k")), "in the first");
  for (const one of [bucket, other]) one[Symbol.dispose]();
  assert.deepEqual(rowsIn(folder, "default"), new Map([["k", "in the first"]]));
  assert.deepEqual(rowsIn(folder, 'users "é"'), new Map([["k", "in the other"]]));
});

test("increment", async (t) => {
  const {
    keyvalue: { atomics },
    bucket,
  } = await newStore(t);
  assert.equal(atomics.increment(bucket, "n", 5n), 5n);
  assert.equal(shown(bucket.get("n")), "5");
  assert.equal(atomics.increment(bucket, "n", -12n), -7n);
  assert.equal(shown(bucket.get("n")), "-7");
  assert.equal(atomics.increment(bucket, "n", 0n), -7n);
  const largest = 2n ** 63n - 1n;
  for (const [value, delta, sum] of [
    ["0", 0n, 0n],
    ["-0", 1n, 1n],
    ["007", 3n, 10n],
    [String(largest - 1n), 1n, largest],
    [String(-largest), -1n, -largest - 1n],
    [String(-largest - 1n), largest, -1n],
    [String(largest), -largest - 1n, -1n],
  ] as const) {
    bucket.set("n", bytes(value));
    assert.equal(atomics.increment(bucket, "n", delta), sum, value);
    assert.equal(shown(bucket.get("n")), String(sum));
  }
  for (const [value, delta] of [
    [String(largest), 1n],
    [String(-largest - 1n), -1n],
  ] as const) {
    bucket.set("n", bytes(value));
    refuses(/^OVERFLOW: /, () => atomics.increment(bucket, "n", delta));
    assert.equal(shown(bucket.get("n")), value);
  }
  for (const value of [
    "",
    "-",
    "1 ",
    "+1",
    "1e3",
    "0x1",
    "9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999",
    "\0",
  ]) {
    bucket.set("n", bytes(value));
    refuses(/^BAD_VALUE: /, () => atomics.increment(bucket, "n", 1n));
    assert.equal(shown(bucket.get("n")), value);
  }
});

test("compare and swap: a value that has changed is told with a handle for the next try", async (t) => {
  const {
    keyvalue: { atomics },
    bucket,
  } = await newStore(t);
  const casFor = (key: string): Cas => atomics.Cas.new(bucket, key);
  const first = casFor("k");
  assert.equal(first.current(), undefined);
  const late = casFor("k");
  atomics.swap(first, bytes("one"));
  assert.equal(shown(bucket.get("k")), "one");
  const failure = failureOf(() => atomics.swap(late, bytes("two")));
  assert.equal(failure?.tag, "cas-failed");
  assert.equal(shown(bucket.get("k")), "one");
  const again = (failure as { val: Cas }).val;
  assert.equal(shown(again.current()), "one");
  atomics.swap(again, bytes("two"));
  assert.equal(shown(bucket.get("k")), "two");
  // Each way in which a value may have changed: gone, longer, another one of that length.
  for (const change of [() => bucket.delete("k"), () => bucket.set("k", bytes("two!")), () => bucket.set("k", bytes("owt"))]) {
    bucket.set("k", bytes("two"));
    const cas = casFor("k");
    change();
    assert.equal(failureOf(() => atomics.swap(cas, bytes("three")))?.tag, "cas-failed");
  }
  // What is there again as it was is no change.
  const cas = casFor("k");
  const before = shown(bucket.get("k"));
  bucket.set("k", bytes("between"));
  bucket.set("k", bytes(before!));
  atomics.swap(cas, bytes("after"));
  assert.equal(shown(bucket.get("k")), "after");
  const tooLong = failureOf(() => atomics.swap(casFor("k"), new Uint8Array(70_000)));
  assert.equal(tooLong?.tag, "store-error");
  assert.equal((tooLong as { val: { tag: string } }).val.tag, "other");
  // One that is only dropped does nothing; one outlives its bucket's handle.
  casFor("k")[Symbol.dispose]();
  const last = casFor("k");
  bucket[Symbol.dispose]();
  assert.equal(shown(last.current()), "after");
  atomics.swap(last, bytes("the end"));
});

test("get-many, set-many and delete-many: changes are all made, or none", async (t) => {
  const {
    keyvalue: { batch },
    bucket,
  } = await newStore(t);
  batch.setMany(bucket, []);
  batch.deleteMany(bucket, []);
  assert.deepEqual(batch.getMany(bucket, []), []);
  batch.setMany(bucket, [
    ["a", bytes("1")],
    ["b", bytes("2")],
    ["a", bytes("3")],
  ]);
  const many = (...keys: string[]) => batch.getMany(bucket, keys).map((pair) => pair && [pair[0], shown(pair[1])]);
  assert.deepEqual(many("b", "none", "a", "b"), [["b", "2"], undefined, ["a", "3"], ["b", "2"]]);
  refuses(/^RECORD_TOO_LARGE: /, () =>
    batch.setMany(bucket, [
      ["c", bytes("4")],
      ["a", new Uint8Array(70_000)],
    ]),
  );
  assert.deepEqual(many("a", "b", "c"), [["a", "3"], ["b", "2"], undefined]);
  batch.deleteMany(bucket, ["none", "a", "a"]);
  assert.deepEqual(many("a", "b"), [undefined, ["b", "2"]]);
  const large = Array.from({ length: 300 }, (_, at): [string, Uint8Array] => [`large ${at}`, new Uint8Array(9000).fill(at)]);
  batch.setMany(bucket, large);
  const keys = large.map(([key]) => key);
  assert.deepEqual(batch.getMany(bucket, keys), large);
});

test("what is refused, and how", async (t) => {
  const { folder, keyvalue, bucket } = await newStore(t);
  const other = await keyvalueWith({ ...importsFor(folder), "wasi:filesystem/preopens": { getDirectories: () => [] } });
  assert.equal(failureOf(() => other.store.open(""))?.tag, "access-denied");
  bucket.set("k", bytes("v"));
  refuses(/^RECORD_TOO_LARGE: /, () => bucket.set("k", new Uint8Array(65_536)));
  refuses(/^RECORD_TOO_LARGE: /, () => bucket.set("k".repeat(70_000), bytes("v")));
  assert.equal(shown(bucket.get("k")), "v");
  refuses(/^RECORD_TOO_LARGE: /, () => bucket.exists("k".repeat(70_000)));
  refuses(/^NAME_TOO_LONG: /, () => keyvalue.store.open("b".repeat(300)));
  bucket[Symbol.dispose]();

  const db = openSync(join(folder, "keyvalue.db"));
  db.request({ op: "create", table: "people", columns: ["id:uint32:pk", "name:text"] });
  db.request({ op: "create", table: "nullable", columns: ["key:text:pk", "value:blob:null"] });
  db.request({ op: "create", table: "like", columns: ["key:text:pk", "value:blob"] });
  db.close();
  for (const name of ["people", "nullable"]) {
    assert.equal(failureOf(() => keyvalue.store.open(name))?.tag, "no-such-store", name);
  }
  keyvalue.store.open("like").set("k", bytes("in a table that was made elsewhere"));

  writeFileSync(join(folder, "keyvalue.db"), "no page file".repeat(9000));
  const damaged = await keyvalueWith(importsFor(folder));
  refuses(/^NOT_A_PAGE_FILE: /, () => damaged.store.open(""));
});

test("the file is closed with its last bucket, and is one that quire works with", async (t) => {
  const { folder, keyvalue, bucket } = await newStore(t);
  const log = join(folder, "keyvalue.db-log");
  const second = keyvalue.store.open("other");
  bucket.set("a", bytes("1"));
  second.set("b", bytes("2"));
  const cas = keyvalue.atomics.Cas.new(second, "b");
  bucket[Symbol.dispose]();
  second[Symbol.dispose]();
  assert.ok(statSync(log).size > EMPTY_LOG, "a compare-and-swap keeps it open");
  cas[Symbol.dispose]();
  assert.equal(statSync(log).size, EMPTY_LOG);
  const said = await quire(["data/keyvalue.db", "export", "other", "--format", "ndjson"], { folder });
  assert.deepEqual([said.stdout, said.stderr, said.status], ['{"key":"b","value":"32"}\n', "", 0]);
  const put = await quire(["data/keyvalue.db", "insert", "default", '{"key":"b","value":"33"}'], { folder });
  assert.equal(put.status, 0, put.stderr);
  const reopened = keyvalue.store.open("");
  assert.deepEqual(keysOf(reopened), ["a", "b"]);
  assert.equal(shown(reopened.get("b")), "3");
});

// ---- at random ----

/** The buckets, and a map for each. */
class Pair {
  readonly #folder: string;
  #keyvalue: Keyvalue;
  readonly #models = new Map(["", "second"].map((name) => [name, new Map<string, string>()]));
  #buckets = new Map<string, Bucket>();

  constructor(folder: string, keyvalue: Keyvalue) {
    this.#folder = folder;
    this.#keyvalue = keyvalue;
  }

  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name) ?? this.#keyvalue.store.open(name);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  close(): void {
    for (const bucket of this.#buckets.values()) bucket[Symbol.dispose]();
    this.#buckets.clear();
  }

  /** Goes on with a new instance: the old one is dropped as it is, or closed before. */
  async reopen(random: Random): Promise<void> {
    if (random.oneIn(2)) this.close();
    this.#buckets.clear();
    this.#keyvalue = await keyvalueWith(importsFor(this.#folder));
  }

  step(random: Random): void {
    const name = random.oneIn(3) ? "second" : "";
    const bucket = this.#bucket(name);
    const model = this.#models.get(name)!;
    const newKey = () => `key ${random.below(40)}${random.oneIn(9) ? "é".repeat(random.below(300)) : ""}`;
    const keys = () => Array.from({ length: random.below(6) }, newKey);
    const newValue = () =>
      random.oneIn(3) ? String(random.below(1000)) : "v".repeat(random.below(random.oneIn(5) ? 60_000 : 50));
    const key = newKey();
    const { atomics, batch } = this.#keyvalue;
    switch (random.below(9)) {
      case 0: {
        assert.equal(shown(bucket.get(key)), model.get(key));
        assert.equal(bucket.exists(key), model.has(key));
        return;
      }
      case 1:
      case 2: {
        const value = newValue();
        bucket.set(key, bytes(value));
        model.set(key, value);
        return;
      }
      case 3:
        bucket.delete(key);
        model.delete(key);
        return;
      case 4: {
        const value = model.get(key) ?? "0";
        const delta = BigInt(random.below(100)) - 50n;
        if (!/^-?\d+$/.test(value)) {
          refuses(/^BAD_VALUE: /, () => atomics.increment(bucket, key, delta));
          return;
        }
        const sum = BigInt(value) + delta;
        assert.equal(atomics.increment(bucket, key, delta), sum);
        model.set(key, String(sum));
        return;
      }
      case 5: {
        const cas = atomics.Cas.new(bucket, key);
        assert.equal(shown(cas.current()), model.get(key));
        const between = random.oneIn(2) ? newValue() : null;
        if (between !== null) {
          bucket.set(key, bytes(between));
          const isChanged = model.get(key) !== between;
          model.set(key, between);
          if (isChanged) {
            const failure = failureOf(() => atomics.swap(cas, bytes("never")));
            assert.equal(failure?.tag, "cas-failed");
            const again = (failure as { val: Cas }).val;
            assert.equal(shown(again.current()), between);
            again[Symbol.dispose]();
            return;
          }
        }
        const value = newValue();
        atomics.swap(cas, bytes(value));
        model.set(key, value);
        return;
      }
      case 6: {
        const some = keys().map((one): [string, string] => [one, newValue()]);
        batch.setMany(
          bucket,
          some.map(([one, value]) => [one, bytes(value)]),
        );
        for (const [one, value] of some) model.set(one, value);
        return;
      }
      case 7: {
        const some = keys();
        batch.deleteMany(bucket, some);
        for (const one of some) model.delete(one);
        return;
      }
      default: {
        const some = keys();
        const found = batch.getMany(bucket, some).map((pair) => pair && [pair[0], shown(pair[1])]);
        assert.deepEqual(
          found,
          some.map((one) => (model.has(one) ? [one, model.get(one)] : undefined)),
        );
        const inOrder = [...model.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        assert.deepEqual(keysOf(bucket), inOrder);
      }
    }
  }

  /** The file holds what the maps do. */
  check(): void {
    this.close();
    for (const [name, model] of this.#models) {
      if (model.size > 0)
        assert.deepEqual(new Map([...rowsIn(this.#folder, name || "default")].sort()), new Map([...model].sort()));
    }
  }
}

test("random calls do what a map does, and another instance finds all of it", async (t) => {
  for (let round = 0; round < ROUNDS; round++) {
    const folder = tempFolder(t);
    const pair = new Pair(folder, await keyvalueWith(importsFor(folder)));
    const random = new Random(SEED, round);
    for (let call = 0; call < 250; call++) {
      try {
        pair.step(random);
        if (random.oneIn(50)) await pair.reopen(random);
      } catch (error) {
        if (error instanceof Error) error.message = `QUIRE_SEED=${SEED}, round ${round}, call ${call}: ${error.message}`;
        throw error;
      }
    }
    pair.check();
  }
});

// ---- calls that fail, and kills ----

type Contents = string;
const contentsOf = (model: ReadonlyMap<string, string>): Contents => JSON.stringify([...model].sort());

/** Changes of all kinds, each with what it makes of a map. */
const CHANGES: readonly ((keyvalue: Keyvalue, bucket: Bucket, model: Map<string, string>) => void)[] = [
  (_, bucket, model) => {
    bucket.set("a", bytes("1"));
    model.set("a", "1");
  },
  ({ batch }, bucket, model) => {
    const pairs = Array.from({ length: 60 }, (__, at): [string, string] => [`many ${at}`, "x".repeat(at * 40)]);
    batch.setMany(
      bucket,
      pairs.map(([key, value]) => [key, bytes(value)]),
    );
    for (const [key, value] of pairs) model.set(key, value);
  },
  ({ atomics }, bucket, model) => {
    atomics.increment(bucket, "a", 41n);
    model.set("a", "42");
  },
  ({ atomics }, bucket, model) => {
    atomics.swap(atomics.Cas.new(bucket, "many 3"), bytes("swapped"));
    model.set("many 3", "swapped");
  },
  ({ batch }, bucket, model) => {
    const keys = Array.from({ length: 30 }, (__, at) => `many ${at * 2}`);
    batch.deleteMany(bucket, keys);
    for (const key of keys) model.delete(key);
  },
  (_, bucket, model) => {
    bucket.delete("many 1");
    model.delete("many 1");
  },
];

/** Nothing happens: what the changes make of a map alone. */
const NO_BUCKET = { set: () => undefined, delete: () => undefined } as unknown as Bucket;
const NO_KEYVALUE = {
  atomics: { increment: () => 0n, swap: () => undefined, Cas: { new: () => null } },
  batch: { setMany: () => undefined, deleteMany: () => undefined },
} as unknown as Keyvalue;
const STATES: readonly Contents[] = (() => {
  const model = new Map<string, string>();
  return [
    contentsOf(model),
    ...CHANGES.map((change) => {
      change(NO_KEYVALUE, NO_BUCKET, model);
      return contentsOf(model);
    }),
  ];
})();

/** What a new instance finds on a disk. */
function found(newInstance: Awaited<ReturnType<typeof loadKeyvalue>>, images: ReadonlyMap<string, Image>): Contents {
  const host = new ComponentHost();
  host.use(Disk.of(images), 3);
  const keyvalue = newInstance(host.imports());
  const bucket = keyvalue.store.open("");
  const pairs = keyvalue.batch.getMany(bucket, keysOf(bucket)).map((pair) => [pair![0], shown(pair![1])]);
  bucket[Symbol.dispose]();
  return JSON.stringify(pairs.sort());
}

/** Makes the changes on a disk, until one fails or the process is killed: how many were acknowledged, and the host. */
function changed(newInstance: Awaited<ReturnType<typeof loadKeyvalue>>, hook: (host: ComponentHost) => ComponentHost["hook"]) {
  const host = new ComponentHost();
  host.use(new Disk(), SEED);
  host.hook = hook(host);
  let acknowledged = 0;
  let end: "done" | "killed" | "failed" = "done";
  try {
    const keyvalue = newInstance(host.imports());
    const bucket = keyvalue.store.open("");
    for (const change of CHANGES) {
      change(keyvalue, bucket, new Map());
      acknowledged++;
    }
    bucket[Symbol.dispose]();
  } catch (error) {
    if (error instanceof Killed) end = "killed";
    else if ((error as { payload?: unknown }).payload !== undefined) end = "failed";
    else throw error;
  }
  return { host, acknowledged, end };
}

test("killed at every call of the file system: what was acknowledged is there, and of the next change all or nothing", async (t) => {
  const newInstance = await loadKeyvalue();
  const count = places((place) => {
    const { host, acknowledged, end } = changed(newInstance, (at) => () => {
      if (at.calls === place) throw new Killed();
      return undefined;
    });
    if (end === "done") return false;
    assert.equal(end, "killed");
    const allowed = STATES.slice(acknowledged, acknowledged + 2);
    assert.ok(allowed.includes(found(newInstance, host.disk.images())), `killed at call ${place}`);
    const cut = afterPowerCut(host.disk, place % 4, new Random(SEED, place));
    assert.ok(allowed.includes(found(newInstance, cut)), `power cut at call ${place}`);
    return true;
  });
  t.diagnostic(`${count} places`);
  assert.ok(count > 60);
});

/** Makes the `place`th call that `kind` is about fail; false when there are fewer. */
function faulty(newInstance: Awaited<ReturnType<typeof loadKeyvalue>>, kind: FaultKind, place: number): boolean {
  const fault = failing(kind, place);
  const { host, acknowledged, end } = changed(newInstance, () => fault.hook);
  assert.ok(end === "done" || !kind.harmless, `${kind.name}, call ${place}`);
  const allowed = STATES.slice(acknowledged, acknowledged + 2);
  assert.ok(allowed.includes(found(newInstance, host.disk.images())), `${kind.name}, call ${place}`);
  return fault.reached();
}

for (const kind of FAULT_KINDS) {
  test(`${kind.name}: an error, and no more of a change than all or nothing`, async () => {
    const newInstance = await loadKeyvalue();
    assert.ok(places((place) => faulty(newInstance, kind, place), 1, 3) > 2);
  });
}

// ---- under wasmtime ----

const wasmtime = runtimes.find(({ name }) => name === "wasmtime")?.find() ?? null;
const noWasmtime = wasmtime === null ? "SKIPPED: wasmtime is not here; npm run runtimes gets it" : false;

test("a guest of wasi:keyvalue, composed with it, under plain wasmtime", { skip: noWasmtime }, async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, "composed.wasm");
  writeFileSync(path, await composedKeyvalueGuest());
  mkdirSync(join(folder, "data"));
  const words = ["run", "--dir", `${join(folder, "data")}::data`, "--invoke", 'count("visits")', path];
  for (const times of [1, 2, 3]) assert.equal((await run(wasmtime!, words)).stdout, `${times}\n`);
  assert.deepEqual(rowsIn(join(folder, "data"), "default"), new Map([["visits", "3"]]));
});

const python = pythonWithWasmtime();
const noPython = existsSync(python) ? false : "SKIPPED: no Python with wasmtime here; npm run runtimes gets it";

test("wasmtime: a host that is killed while it sets keys finds each that was acknowledged", { skip: noPython }, async (t) => {
  const folder = tempFolder(t);
  const script = join(packageRoot, "tests", "fixtures", "keyvalue-host.py");
  let sure = 0;
  for (const seen of [3, 17, 40]) {
    const child = spawn(python, [script, keyvaluePath(), folder], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    const first = sure;
    for await (const line of createInterface({ input: child.stdout })) {
      // The first line is what it found: no fewer than were told of, and at most the one that was under way besides.
      const [what, number] = line.split(" ") as [string, string];
      if (what === "found") assert.ok(Number(number) === first || Number(number) === first + 1, `${number} keys, not ${first}`);
      sure = Number(number);
      // What it told of before the signal came is still to be read.
      if (sure >= first + seen) child.kill("SIGKILL");
    }
    await ended;
  }
  const rows = rowsIn(folder, "default");
  assert.ok(rows.size === sure || rows.size === sure + 1);
  for (let at = 1; at <= rows.size; at++) assert.equal(rows.get(`key ${at}`), `value ${at}`.repeat(at));
});
