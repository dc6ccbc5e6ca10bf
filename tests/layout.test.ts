/** Which layout a file is taken to have: it does not say. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { runCommand } from "./torture/command.js";
import { Disk } from "./torture/disk.js";
import { compileModule } from "./torture/module.js";

const FILE = "data/store.db";

let module: WebAssembly.Module;
before(async () => {
  module = await compileModule("command", []);
});

test("a list of two unclaimed pages with page 2 in it, in layout 0.11, is not taken for an access control list of version 2", () => {
  // Tables: a number stands for creation with so many columns, 0 for a drop. Found by a random search.
  const steps = "c4 a1 c0 a0 b4 b0 b1 c3 b0 b4 b0 c0 c2 a3".split(" ").map((step) => [step[0]!, Number(step[1])] as const);
  const requests = steps.map(([table, count]) => {
    const columns = ["id:uint32:pk", ...Array.from({ length: count - 1 }, (_, at) => `c${at}:uint8:index`)];
    return JSON.stringify(count > 0 ? { op: "create", table, columns } : { op: "drop", table });
  });
  const disk = new Disk();
  const made = runCommand(module, disk, ["--layout", "0.11", FILE, "serve"], { stdin: requests.join("\n") });
  assert.equal(made.stdout, '{"ok":{}}\n'.repeat(requests.length));
  const list = new DataView(disk.files.get("store.db")!.current.bytes().buffer, 65536);
  assert.deepEqual(
    [0, 4, 8].map((at) => list.getUint32(at, true)),
    [2, 5, 2],
  );
  const checked = runCommand(module, disk, [FILE, "check"]);
  assert.match(checked.stdout, /layout 0\.11, 2 tables, 0 rows: no faults/);
  assert.equal(checked.status, 0);
  assert.match(runCommand(module, disk, [FILE, "info", "--json"]).stdout, /"layout":"0\.11"/);
});

test("page 2 as a node below a tree's root, in layout 0.11, is not taken for a list of unclaimed pages", () => {
  const create = (table: string): object => ({ op: "create", table, columns: ["id:uint32:pk", "v:text:index"] });
  // The table that has page 2 goes, and others: pages are taken again last in, first out. When it is a node's turn is found by trying.
  const found = new Set<string>();
  for (let tries = 0; tries < 200 && found.size < 2; tries++) {
    const rows = tries % 50;
    const insert = (id: number): object => ({ op: "insert", table: "b", row: { id, v: `${id}`.padStart(20_000, "v") } });
    const others = Array.from({ length: Math.floor(tries / 50) }, (_, at) => `other${at}`);
    const requests = [create("a"), create("b"), ...others.map(create)];
    for (let id = 0; id < rows; id++) requests.push(insert(id));
    for (const table of ["a", ...others]) requests.push({ op: "drop", table });
    for (let id = rows; id < rows + 15; id++) requests.push(insert(id));
    const disk = new Disk();
    const stdin = requests.map((request) => JSON.stringify(request)).join("\n");
    const made = runCommand(module, disk, ["--layout", "0.11", FILE, "serve"], { stdin });
    assert.doesNotMatch(made.stdout, /"error"/);
    const page2 = new DataView(disk.files.get("store.db")!.current.bytes().buffer, 2 * 65536, 65536);
    const kind = ["inner", "leaf"][page2.getUint8(0)];
    // A record page starts with a record's length, which is no parent that there could be; a root has none.
    if (kind === undefined || page2.getUint32(1, true) < 2 || page2.getUint32(1, true) > 1000) continue;
    const checked = runCommand(module, disk, [FILE, "check"]);
    assert.match(checked.stdout, /layout 0\.11, 1 table, \d+ rows: no faults\n$/, `page 2 is a node: ${kind}`);
    found.add(kind);
  }
  assert.deepEqual([...found].sort(), ["inner", "leaf"]);
});
