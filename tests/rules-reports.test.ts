/** What reports on other validators and on ORMs show, of sanitizers and validators: right here. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type SyncSession, openSync } from "../host/index.js";

/** A session with a table `t` of a key and the column `v`. */
function tableWith(word: string): SyncSession {
  const db = openSync(":memory:");
  db.create("t", ["id:int32:pk:auto", `v:${word}`]);
  return db;
}

const REFUSED = Symbol("refused");

/** What a column of this word makes of a value. */
function made(word: string, value: string): unknown {
  using db = tableWith(word);
  try {
    return db.sql("INSERT INTO t (v) VALUES (?) RETURNING v", [value]).rows[0]?.[0];
  } catch (error) {
    assert.equal((error as { code: string }).code, "CHECK_FAILED");
    return REFUSED;
  }
}

/** Where it is from, the column, the value, and what becomes of it. */
const REPORTS: readonly (readonly [from: string, word: string, value: string, becomes: unknown])[] = [
  // Sanitizers come before validators, wherever they stand among the flags.
  ["pydantic/pydantic#7402, vitalik/django-ninja#860", "text:minstrlen=1:trim", "      ", REFUSED],
  ["ajv-validator/ajv-keywords#221", "text:trim:minstrlen=2", "d ", REFUSED],
  ["marcalexiei/eslint-zod#253, colinhacks/zod#614", "text:maxstrlen=3:trim", "  abc  ", "abc"],
  ["pydantic/pydantic#8597", "text:oneof=Clubs,Spades:trim", "  Spades  ", "Spades"],
  ["pydantic/pydantic#8577", "text:email:trim:lowercase:like=user@%", " uSeR@ExAmPlE.com  ", "user@example.com"],
  // Lengths are of characters.
  ["samchon/typia#2046", "text:maxstrlen=1", "😀", "😀"],
  ["samchon/typia#2046", "text:minstrlen=2", "😀", REFUSED],
  ["validatorjs/validator.js#284", "text:rangestrlen=1,3", "𠀋一郎", "𠀋一郎"],
  ["Keats/validator#250", "text:maxstrlen=2", "🖐🏽", "🖐🏽"],
  // What the URL Standard takes has more schemes than one may want: LIKE says which.
  ["validatorjs/validator.js#2603", "text:url", "javascript:alert(1)", "javascript:alert(1)"],
  ["validatorjs/validator.js#2603", "text:url:like=https\\://%", "javascript:alert('https://a.b')", REFUSED],
  ["validatorjs/validator.js#518", "text:url", "http://test.com?ref=http://test2.com", "http://test.com?ref=http://test2.com"],
  ["validatorjs/validator.js#860", "text:url", "//google.com/login", REFUSED],
  ["validatorjs/validator.js#262", "text:url", "blah.com", REFUSED],
  ["victorjonsson/jQuery-Form-Validator#533", "text:email", "abcd@wxyz.com.hk", "abcd@wxyz.com.hk"],
  ["HopHubProject/HopHub#87", "text:email", "test+test@example.com", "test+test@example.com"],
  ["POPWorldMedia/POPForums#367", "text:email", "ora@mixedmedia.studio", "ora@mixedmedia.studio"],
  ["connect-foundation/2019-06#52", "text:email", "eoiwjw@aspd", REFUSED],
  ["dertuxmalwieder/libvldmail#6", "text:email", "1@23456789", REFUSED],
  ["dertuxmalwieder/libvldmail#6", "text:email", "hi@", REFUSED],
  // Letters stay letters, and a slug is one of itself.
  ["esamattis/underscore.string#307", "text:slug", "Un éléphant à l'orée du bois", "un-éléphant-à-lorée-du-bois"],
  ["django/django#12237", "text:slug", "İstanbul", "istanbul"],
  // Halves go to the even digit, and nothing but halves.
  ["autoNumeric/autoNumeric#90", "decimal:roundtoscale=2", "1.835", "1.84"],
  ["autoNumeric/autoNumeric#65", "decimal:roundtoscale=2", "1.9851", "1.99"],
  ["ionspin/kotlin-multiplatform-bignum#277", "decimal:roundtoscale=0", "0.5", "0"],
  ["krowinski/bcmath-extended#41", "decimal:roundtoscale=2", "1.1259", "1.13"],
  ["python/cpython#77089", "decimal:roundtoscale=1", "9.95", "10.0"],
  ["NVIDIA/cudf#14210", "decimal:roundtoscale=0", "0.5000000000000000000000000001", "1"],
  ["red/red#2593", "decimal:roundtoscale=0", "0.999", "1"],
];

describe("one value", () => {
  for (const [from, word, value, becomes] of REPORTS) {
    test(`${from}: ${word}, ${value}`, () => {
      assert.equal(made(word, value), becomes);
      // What a rule has made stays as it is.
      if (becomes !== REFUSED) assert.equal(made(word, becomes as string), becomes);
    });
  }
});

test("sequelize/sequelize#5023, #1731, loopbackio/loopback-datasource-juggler#892: many rows at once are looked at as one is", () => {
  using db = tableWith("text:unique:lowercase:email");
  const table = db.table("t");
  assert.throws(() => table.insertMany([{ v: "a@b.co" }, { v: "abc" }]), { code: "CHECK_FAILED" });
  table.insertMany([{ v: "A@b.co" }, { v: "b@B.co" }]);
  assert.throws(() => db.sql("UPDATE t SET v = replace(v, '@', '')"), { code: "CHECK_FAILED" });
  assert.deepEqual(db.sql("SELECT v FROM t").rows, [["a@b.co"], ["b@b.co"]]);
});

test("sequelize/sequelize#2676, #7137: an upsert is looked at, where it inserts and where it updates", () => {
  using db = tableWith("text:unique:lowercase:email");
  const upsert = (v: string, more: string) =>
    db.sql(`INSERT INTO t (v) VALUES (?) ON CONFLICT (v) DO UPDATE SET v = ${more}`, [v]);
  assert.throws(() => upsert("x", "v"), { code: "CHECK_FAILED" });
  upsert("A@b.co", "v");
  assert.throws(() => upsert("a@B.co", "'x'"), { code: "CHECK_FAILED" });
  upsert("a@B.co", "'C' || excluded.v");
  assert.deepEqual(db.sql("SELECT v FROM t").rows, [["ca@b.co"]]);
});

test("sequelize/sequelize#3536: an update of some columns is not refused for others that it does not name", () => {
  using db = openSync(":memory:");
  db.create("t", ["id:int32:pk", "v:text:email", "n:uint8:null:range=1,9"]);
  const table = db.table("t");
  table.insert({ id: 1, v: "a@b.co" });
  table.update(1, { n: 9 });
  db.sql("UPDATE t SET n = n - 1");
  assert.deepEqual(db.sql("SELECT v, n FROM t").rows, [["a@b.co", 8]]);
});

test("validatorjs/validator.js#2822: a half of a pair of UTF-16 is no text, and refused as such", () => {
  using db = tableWith("text:email");
  for (const half of ["\ud800@b.co", "a@\udc00"]) {
    assert.throws(() => db.sql("INSERT INTO t (v) VALUES (?)", [half]), { code: "BAD_REQUEST" });
    assert.throws(() => db.table("t").insert({ v: half }), { name: "QuireError" });
  }
  assert.equal(db.table("t").count(), 0);
});
