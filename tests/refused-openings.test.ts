/** A file that is refused for writing is as it was, and nothing is left beside it, whatever it is refused for. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { open, openSync } from "../host/index.js";
import { golden, goldenSchema } from "./helpers/golden.js";
import { run } from "./helpers/old-disk.js";
import { hasRuntime, testedRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";
import { Disk, Image } from "./torture/disk.js";

const PAGE = 65_536;

/** A page file of 0.9 whose bytes `change` has changed. */
function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = golden("blog", "0.9");
  change(bytes);
  return bytes;
}

interface Refused {
  readonly title: string;
  readonly code: string;
  readonly bytes: Buffer;
  readonly schema?: string;
  readonly layout?: "0.9" | "0.11";
}

const [users, posts] = goldenSchema("blog", "0.8");
const cases: readonly Refused[] = [
  { title: "layout 0.6", code: "READ_ONLY", bytes: golden("blog", "0.6"), schema: JSON.stringify(goldenSchema("blog", "0.6")) },
  { title: "layout 0.6 without definitions", code: "SCHEMA_NEEDED", bytes: golden("blog", "0.6") },
  { title: "layout 0.8 without definitions", code: "SCHEMA_NEEDED", bytes: golden("blog", "0.8") },
  {
    title: "layout 0.8 with those of other tables",
    code: "WRONG_SCHEMA",
    bytes: golden("blog", "0.8"),
    schema: JSON.stringify([posts, users]),
  },
  {
    title: "layout 0.8 with too few of them",
    code: "WRONG_SCHEMA",
    bytes: golden("rebuilt", "0.8"),
    schema: JSON.stringify(goldenSchema("rebuilt", "0.8").slice(0, 3)),
  },
  {
    title: "layout 0.8 with those that leave out an index",
    code: "WRONG_SCHEMA",
    bytes: golden("blog", "0.8"),
    schema: JSON.stringify([
      { ...users, columns: users!.columns.map(({ name, type }) => ({ name, type })), indexes: [["id"]] },
      posts,
    ]),
  },
  { title: "definitions that are none", code: "BAD_SCHEMA", bytes: golden("blog", "0.8"), schema: "create users id:what:pk" },
  { title: "another layout than was asked for", code: "BAD_VALUE", bytes: golden("blog", "0.9"), layout: "0.11" },
  {
    title: "a registry that names pages beyond the end",
    code: "DAMAGED",
    bytes: changed((bytes) => bytes.writeUInt32LE(90_000, 28)),
  },
  { title: "a registry that lost its tables", code: "DAMAGED", bytes: changed((bytes) => bytes.writeUInt32LE(0, 8)) },
  {
    title: "a definition that is none",
    code: "DAMAGED",
    bytes: changed((bytes) => bytes.fill(0xff, bytes.readUInt32LE(24) * PAGE, bytes.readUInt32LE(24) * PAGE + 9)),
  },
  { title: "one page, whose registry lists tables", code: "DAMAGED", bytes: golden("blog", "0.9").subarray(0, PAGE) },
  {
    title: "a file that ends inside of a page",
    code: "NOT_A_PAGE_FILE",
    bytes: golden("blog", "0.9").subarray(0, 3 * PAGE + 100),
  },
  { title: "another kind of file", code: "NOT_A_PAGE_FILE", bytes: Buffer.from("SQLite format 3\0".padEnd(2 * PAGE, "x")) },
  { title: "text", code: "NOT_A_PAGE_FILE", bytes: Buffer.from("id,name\n1,a\n") },
];

for (const { title, code, bytes, schema, layout } of cases) {
  test(`${title}: nothing is changed, and nothing is left`, async (t) => {
    const asked = layout === undefined ? [] : ["--layout", layout];
    const given = schema === undefined ? [] : ["--schema", "data/schema"];
    const commands = [
      ["create", "more", "id:uint32:pk", ...asked],
      ["import", "more", "-", "--create", "--format", "csv", ...asked],
      ...(layout === undefined
        ? [["insert", "users", "{}"], ["delete", "users", "1"], ["serve"], ["acl", "grant", "text:a", "admin"]]
        : []),
    ];
    for (const words of commands) {
      const images = new Map([["old.db", Image.of(bytes)]]);
      if (schema !== undefined) images.set("schema", Image.of(Buffer.from(schema)));
      const disk = Disk.of(images);
      const { status, stderr, stdout } = run(disk, [...words, ...given], "old.db", "id\n1\n");
      assert.ok(status !== 0 && `${stderr}${stdout}`.includes(code), `${words[0]}: ${status} ${stderr}${stdout}`);
      assert.deepEqual(disk.changes, [], `${words[0]}: something was written`);
    }
    // By the library, in a folder, with the harness's lock.
    const folder = tempFolder(t);
    const path = join(folder, "old.db");
    writeFileSync(path, bytes);
    if (schema !== undefined) writeFileSync(join(folder, "schema"), schema);
    const options = {
      ...(layout === undefined ? {} : { layout }),
      ...(schema === undefined ? {} : { schema: join(folder, "schema") }),
    };
    const before = readdirSync(folder);
    assert.throws(() => openSync(path, options), { code });
    for (const runtime of testedRuntimes.filter(hasRuntime)) await assert.rejects(open(path, { ...options, runtime }), { code });
    assert.deepEqual(readdirSync(folder), before);
    assert.deepEqual(readFileSync(path), bytes);
  });
}
