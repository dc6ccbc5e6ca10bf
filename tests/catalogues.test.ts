/** Lists that the harness has of what the module knows are the module's, in full. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSync } from "../host/index.js";
import { TYPE_SIZES } from "../host/api/table-schema.js";
import { openStore } from "./helpers/store.js";

test("the types of columns are the module's, and their values have the bytes that the host counts on", async (t) => {
  const store = openStore(t);
  const names = /; types: (.*)$/m.exec(await store.fails("BAD_SCHEMA", 1, ["create", "t", "id:no-such"]))?.[1]?.split(", ");
  assert.deepEqual(names, Object.keys(TYPE_SIZES));
  assert.ok((await store.ok(["help", "create"])).includes(`Types: ${names?.slice(0, -1).join(" ")}\n`));
  // A record of one value, and null after it: the host decodes what the module encoded, to the last byte.
  const db = openSync(":memory:");
  for (const [name, size] of Object.entries(TYPE_SIZES)) {
    if (name === "custom") continue;
    db.create("t", ["id:uint32:pk", `value:${name}:null`, "last:uint16"]);
    const row = { id: 1, value: SAMPLES[name as keyof typeof SAMPLES], last: 258 };
    db.table("t").insert(row);
    assert.deepEqual(db.table("t").get(1), row, name);
    assert.equal(size > 0, !["blob", "text", "json"].includes(name));
    db.drop("t");
  }
  db.close();
});

const SAMPLES = {
  int8: -128,
  int16: -32768,
  int32: -2147483648,
  int64: -9007199254740991n,
  uint8: 255,
  uint16: 65535,
  uint32: 4294967295,
  uint64: 18446744073709551615n,
  decimal: "79228162514264337593543950335",
  boolean: true,
  date: "9999-12-31",
  datetime: "9999-12-31T23:59:59.999999+00:00",
  blob: new Uint8Array([0, 255, 1]),
  text: "a\u0000é😀",
  uuid: "00112233-4455-6677-8899-aabbccddeeff",
  json: { a: [1, null, "x"] },
} as const;
