/** `host/api` runs where there is nothing of Node. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { libraryPath, packageRoot } from "../host/paths.js";

/** The files of `host/api` that a session does not need: CSV and SQL as text, the options of `open`, lists of names, threads, and what is types alone. */
const NOT_LOADED = [
  ...["condition-types.js", "csv.js", "exports.js", "options.js", "row-types.js", "runtime-names.js"],
  ...["sql-text.js", "thread-messages.js"],
];

test("sessions of both kinds, in a context that has no Buffer, process or require", () => {
  const fixture = (name: string): string => join(packageRoot, "tests", "fixtures", name);
  const api = join(packageRoot, "build", "host", "api");
  const words = [fixture("portable.mjs"), api, libraryPath(), fixture("portable-program.mjs")];
  const { stdout, stderr } = spawnSync(process.execPath, ["--experimental-vm-modules", "--no-warnings", ...words], {
    encoding: "utf8",
    timeout: 120_000,
  });
  assert.equal(stderr, "");
  const lines = stdout.trimEnd().split("\n");
  const loaded = lines.pop()?.split(" ");
  assert.deepEqual(lines, [
    "nothing of Node",
    // Keys of single insertions and of many; texts of every length and of all of Unicode are what they were, and are found.
    "[1,2]",
    "[3,4,5]",
    "[true,true,true,true,true]",
    '{"id":1,"name":"ann","size":"0n","at":"2024-02-29T12:30:00.000001+00:00","mark":"0123abcd-4567-89ef-0123-456789abcdef","bytes":[0,255],"more":{"list":[1,null,"\u{1f600}"]}}',
    '[{"id":2,"size":"1n"},{"id":3,"size":"2n"},{"id":4,"size":"3n"}]',
    "[5,4,3,2,1]",
    "UNIQUE_CONFLICT",
    // A commit inside of a transaction's function fails, and takes the deletion before it back.
    "TRANSACTION_ACTIVE",
    '[{"updated":1,"cascaded":0},"9n"]',
    '[0,[{"name":"things","rows":5}],{"count":5}]',
    "SESSION_ENDED",
    // The host was closed once.
    "1",
    // What was called outside waits for the transaction, which has two rows by then.
    '["inside",2,"outside"]',
    "TRANSACTION_ACTIVE",
    // 2024-02-29T12:30:00Z; the row of the transaction that failed is not there.
    '["first",1709209800000,"second",1709209800000,"third",1709209800000]',
    "NO_TRANSACTION",
    // 3.6 million characters go in two parts; the second time the last row is one that is there, and all go.
    "60",
    "UNIQUE_CONFLICT",
    "[63,0]",
    "SESSION_ENDED",
  ]);
  const files = readdirSync(api).filter((name) => name.endsWith(".js") && !NOT_LOADED.includes(name));
  assert.deepEqual(loaded, [...files, "program.js"].sort());
});
