/** The examples of hosts of the component, which all do the same. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { openSync } from "../../host/index.js";
import { componentPath } from "./component.js";
import { tempFolder } from "./store.js";

const run = promisify(execFile);
const env = { ...process.env, PYTHONIOENCODING: "utf-8", PYTHONDONTWRITEBYTECODE: "1" };

/** What each of the examples says of its cities. */
const CITIES = [
  "get: 東京 14178000 none",
  "get, none: none",
  "scan: Zürich 447082 408",
  "scan: La Paz 755732 3640",
  "scan: Amsterdam 931298 -2",
  "range: Amsterdam -2, La Paz 3640",
  "error: constraint PRIMARY_KEY_CONFLICT: row 2: cities has a row with name = La Paz already",
  "dropped: La Paz 755732 3640",
  'check: {"errors":0,"warnings":0,"notes":0,"omitted":0,"faults":[]}',
];

/** Runs an example twice in a new folder, in which it keeps its cities. */
export async function saysCities(t: TestContext, command: string, ...words: string[]): Promise<void> {
  const folder = join(tempFolder(t), "data");
  for (const time of ["the first time", "the second time"]) {
    const { stdout, stderr } = await run(command, [...words, componentPath(), folder], { env });
    assert.deepEqual([stdout.trimEnd().split("\n"), stderr], [CITIES, ""], time);
  }
  const db = openSync(join(folder, "cities.db"), { readonly: true });
  assert.deepEqual(db.table("cities").get("Amsterdam"), { name: "Amsterdam", people: 931298, height: -2 });
  db.close();
}
