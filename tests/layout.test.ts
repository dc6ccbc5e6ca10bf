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
