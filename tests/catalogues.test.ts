/** Lists that the harness has of what the module knows are the module's, in full. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type QuireError, Session, SyncSession, SyncTable, Table, openSync } from "../host/index.js";
import { OPERATION_FIELDS } from "../host/api/requests.js";
import { TYPE_SIZES } from "../host/api/table-schema.js";
import { openStore } from "./helpers/store.js";

test("the types of columns are the module's, and their values have the bytes that the host counts on", async (t) => {
  const store = openStore(t);
  const names = /; types: (.*)$/m.exec(await store.fails("BAD_SCHEMA", 1, ["create", "t", "id:no-such"]))?.[1]?.split(", ");
  assert.deepEqual(names, Object.keys(TYPE_SIZES));
  assert.ok((await store.ok(["help", "create"])).includes(`Types: ${names.slice(0, -1).join(" ")}\n`));
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

/** What the module says about a request that is none. */
function refusal(request: { op: string } & Record<string, unknown>): string {
  using db = openSync(":memory:");
  try {
    db.request(request);
  } catch (error) {
    return (error as QuireError).message;
  }
  return "";
}

test("operations and their fields are the module's, all of them", () => {
  const [, names] = /operations: (.*)$/.exec(refusal({ op: "?" })) as unknown as [string, string];
  assert.deepEqual(names.split(", ").sort(), Object.keys(OPERATION_FIELDS).sort());
  for (const [op, fields] of Object.entries(OPERATION_FIELDS)) {
    const [, known] = /fields: (.*)$/.exec(refusal({ op, "???????????????": 1 })) as unknown as [string, string];
    assert.deepEqual(known.split(", ").sort(), ["id", "op", ...fields].sort(), op);
  }
});

test("each operation is a method of sessions or tables, of both kinds", () => {
  const kinds = [
    { session: Session, table: Table },
    { session: SyncSession, table: SyncTable },
  ];
  for (const { session, table } of kinds) {
    const isMissing = (op: string): boolean => !(op in session.prototype) && !(op in table.prototype);
    // Statements of the package are run by their text, for which a session keeps plans.
    assert.deepEqual(Object.keys(OPERATION_FIELDS).filter(isMissing), ["run", "finalize"]);
  }
});
