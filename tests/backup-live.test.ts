/** `backup` by a process of its own while another session writes. Runs over the simulated disk of the torture. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { runCommand } from "./torture/command.js";
import { Disk } from "./torture/disk.js";
import { compileModule } from "./torture/module.js";

const FILE = "data/store.db";
const OUT = "data/out.db";
const ROWS = 80;

let module: WebAssembly.Module;
before(async () => {
  module = await compileModule("command", []);
});

/** Inserts rows, or changes each of them, in one transaction: what a row then holds begins with `letter`. */
function write(disk: Disk, letter: string, first: boolean): void {
  const rows = Array.from({ length: ROWS }, (_, id) => ({ id, v: letter.repeat(5000 + id) }));
  const requests = first
    ? [
        { op: "create", table: "t", columns: ["id:uint32:pk", "v:text"] },
        { op: "insert", table: "t", rows },
      ]
    : [{ op: "begin" }, ...rows.map(({ id, v }) => ({ op: "update", table: "t", key: id, set: { v } })), { op: "commit" }];
  const stdin = requests.map((request) => JSON.stringify(request)).join("\n");
  // Each session has its own words, and with them its own random numbers.
  const run = runCommand(module, disk, ["--cache", String(1_000_000 + letter.charCodeAt(0)), FILE, "serve"], { stdin });
  assert.equal(run.status, 0, run.stderr);
  assert.ok(!run.stdout.includes("error"), run.stdout);
}

/** The letters that the rows of `file` begin with. */
function letters(disk: Disk, file: string): string[] {
  const checked = runCommand(module, disk, [file, "check"]);
  assert.equal(checked.status, 0, checked.stdout);
  const rows = runCommand(module, disk, [file, "export", "t", "--format", "ndjson"]).stdout.trimEnd().split("\n");
  assert.equal(rows.length, ROWS);
  return [...new Set(rows.map((row) => (JSON.parse(row) as { v: string }).v[0]!))];
}

test("a session that writes between any two calls of a backup: the copy is the one state or the other", () => {
  const start = new Disk();
  write(start, "a", true);
  const seen = new Set<string>();
  let places = 0;
  for (let place = 1; ; place++) {
    const disk = Disk.of(start.images());
    let calls = 0;
    const hook = (): undefined => {
      if (++calls === place) write(disk, "b", false);
    };
    const run = runCommand(module, disk, [FILE, "backup", OUT], { hook });
    if (calls < place) break;
    places += 1;
    assert.equal(run.status, 0, `call ${place}: ${run.stderr}`);
    const found = letters(disk, OUT);
    assert.equal(found.length, 1, `call ${place}: rows of ${found.join(" and ")}`);
    seen.add(found[0]!);
  }
  assert.ok(places > 20, String(places));
  assert.deepEqual([...seen].sort(), ["a", "b"]);
});

test("a session that never stops writing is an error, and no copy is left", () => {
  const disk = new Disk();
  write(disk, "a", true);
  let letter = 0;
  let inside = false;
  const hook = (name: string, file: string): undefined => {
    if (inside || name !== "write" || !file.startsWith("out.db")) return;
    inside = true;
    write(disk, String.fromCharCode(98 + (letter++ % 24)), false);
    inside = false;
  };
  const run = runCommand(module, disk, [FILE, "backup", OUT], { hook });
  assert.equal(run.status, 4);
  assert.match(run.stderr, /^quire: FILE_CHANGED: another program changed data\/store\.db while it was read; try again, or send/);
  assert.ok(letter > 1, "written to during each try");
  assert.deepEqual(
    [...disk.files.keys()].filter((file) => file.startsWith("out.db")),
    [],
  );
});
