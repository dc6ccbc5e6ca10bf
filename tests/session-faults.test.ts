/** Calls that fail in the middle of a session: what it answers then, and what is in the file afterwards. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { runCommand } from "./torture/command.js";
import { Disk } from "./torture/disk.js";
import type { Hook } from "./torture/host.js";
import { compileModule, SMALL_LIMITS } from "./torture/module.js";

const FILE = "data/store.db";
const EIO = 29;
const ENOSPC = 51;

const lines = (requests: readonly object[]): string => requests.map((request) => JSON.stringify(request)).join("\n");

describe("a batch of rows inside a transaction, whose records are in the log in part", () => {
  let module: WebAssembly.Module;
  before(async () => {
    module = await compileModule("command", SMALL_LIMITS);
  });

  for (const forever of [false, true]) {
    test(`a read of the log fails ${forever ? "for ever" : "once"}: no trap, and nothing of the batch stays`, () => {
      // A record is more than a frame holds, and so are its index entries: what has to be taken back of a row is in the log.
      const text = (id: number): string => `${id}`.padStart(3000, "x");
      const row = (id: number): object => ({ id, a: text(id), b: text(id), c: text(id) });
      const requests = [
        { op: "create", table: "t", columns: ["id:uint32:pk", "a:text:index", "b:text:index", "c:text:index"] },
        { op: "insert", table: "t", row: row(0) },
        { op: "begin" },
        { op: "insert", table: "t", rows: Array.from({ length: 12 }, (_, id) => row(id + 1)) },
        { op: "commit" },
      ];
      let failures = 0;
      for (let place = 0; ; place++) {
        const disk = new Disk();
        let reads = 0;
        const hook: Hook = (name, file) => {
          if (name !== "read" || file !== "store.db-log") return undefined;
          const at = reads++;
          return at === place || (forever && at > place) ? { errno: EIO } : undefined;
        };
        const run = runCommand(module, disk, [FILE, "serve"], { stdin: lines(requests), hook });
        if (reads <= place) break;
        assert.equal(run.trap, "", `read ${place}`);
        const replies = run.stdout.trimEnd().split("\n");
        if (replies.slice(0, 3).some((reply) => reply !== '{"ok":{}}' && reply !== '{"ok":{"keys":[0]}}')) continue;
        if (!(replies[3] ?? "").includes("IO_ERROR")) continue;
        failures += 1;
        const count = runCommand(module, disk, [FILE, "scan", "t", "--count"]);
        assert.equal(count.stdout, "1\n", `read ${place}: ${count.stderr}`);
      }
      assert.ok(failures > 5, `${failures} reads failed in the batch`);
    });
  }
});

describe("a commit that fails, of more changed pages than one frame of the log names", () => {
  test("a crash in the checkpoint behind it is recovered from", async () => {
    // A frame names nine pages then.
    const module = await compileModule("command", [
      {
        file: "assembly/memory/log/redo-buffer.ts",
        find: "const CHUNK_BYTES: u32 = 1 << 18;",
        replace: "const CHUNK_BYTES: u32 = 1 << 7;",
      },
    ]);
    const rows = Array.from({ length: 30 }, (_, id) => ({ id, n: 0, v: "x".repeat(40_000) }));
    const made = new Disk();
    const create = { op: "create", table: "t", columns: ["id:uint32:pk", "n:uint32", "v:text"] };
    const filled = runCommand(module, made, [FILE, "serve"], { stdin: lines([create, { op: "insert", table: "t", rows }]) });
    assert.doesNotMatch(filled.stdout, /"error"/);
    // Each transaction changes another page, and is taken back: what the main file has of the page is told by the next that stays.
    const update = (id: number): object => ({ op: "update", table: "t", key: id, set: { n: 1 } });
    const taken = rows.slice(1).flatMap(({ id }) => [{ op: "begin" }, update(id), { op: "rollback" }]);
    const stdin = lines([update(0), ...taken, update(29)]);
    let tested = 0;
    for (let place = 0; ; place++) {
      const disk = Disk.of(made.images());
      let writes = 0;
      const hook: Hook = (name, file) => {
        if (name !== "write" || file !== "store.db-log") return undefined;
        return writes++ === place ? { errno: ENOSPC } : undefined;
      };
      const run = runCommand(module, disk, [FILE, "serve"], { stdin, hook });
      if (writes <= place) break;
      if (!run.stdout.trimEnd().split("\n").at(-1)!.includes("DISK_FULL")) continue;
      tested += 1;
      const first = disk.changes.findIndex(({ kind, file }) => kind === "write" && file === "store.db");
      assert.ok(first > 0, "the session's end writes the main file");
      const crashed = Disk.of(made.images());
      for (const change of disk.changes.slice(0, first + 1)) crashed.apply(change);
      const checked = runCommand(module, crashed, [FILE, "check"]);
      assert.equal(checked.status, 0, `write ${place}: ${checked.stdout}${checked.stderr}`);
      const kept = runCommand(module, crashed, [FILE, "scan", "t", "--columns", "n", "--json"]);
      assert.equal(kept.stdout.match(/"n":1/g)?.length, 1, `write ${place}`);
    }
    assert.ok(tested > 1, `${tested} commits failed`);
  });
});

describe("a transaction whose changes of indexes get no more memory", () => {
  test("an insertion that finds none is refused, and what was noted before it stays", async () => {
    const module = await compileModule("command", []);
    // Seven changes fill a block.
    const insert = (id: number): object => ({ op: "insert", table: "t", row: { id, a: `${id % 40}`.padStart(9000, "x") } });
    const create = { op: "create", table: "t", columns: ["id:uint32:pk", "a:text:unique"] };
    const stdin = lines([create, { op: "begin" }, ...Array.from({ length: 80 }, (_, id) => insert(id))]);
    let refused = 0;
    for (let maximumPages = 28; maximumPages < 46; maximumPages += 3) {
      const run = runCommand(module, new Disk(), [FILE, "--cache", "0", "serve"], { stdin, maximumPages });
      const replies = run.stdout.trimEnd().split("\n").slice(2);
      refused += replies.filter((reply) => reply.includes("OUT_OF_MEMORY")).length;
      for (let id = 0; id < 40; id++) {
        const taken = (replies[id] ?? "").includes('"keys"') && (replies[id + 40] ?? "").includes('"keys"');
        assert.ok(!taken, `${maximumPages} pages: the key of row ${id} was taken again`);
      }
    }
    assert.ok(refused > 40, `${refused} insertions were refused`);
  });
});
