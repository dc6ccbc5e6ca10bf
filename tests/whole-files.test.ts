/**
 * No command leaves a file of the final name that is not whole, beyond what killed-commands.test.ts shows: on runtimes that can't rename, beside
 * another program that makes the same file, and with what an interrupted command has left; and what files of other kinds are refused as.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { openStore } from "./helpers/store.js";
import { runCommand, type CommandRun } from "./torture/command.js";
import { commandStore } from "./torture/commands.js";
import { Disk, Image } from "./torture/disk.js";
import type { Hook } from "./torture/host.js";
import { compileModule } from "./torture/module.js";

/** A number of `wasi_snapshot_preview1`. */
const ENOSYS = 52;
const MARK = "QUIRE UNFINISHED";

let module: WebAssembly.Module;
let start: Map<string, Image>;
before(async () => {
  module = await compileModule("command", []);
  start = commandStore(module, false);
});

const MAKERS = [["backup"], ["compact"], ["repair"], ["convert", "--layout", "0.11", "--drop-acl"]];

const make = (disk: Disk, [command, ...options]: readonly string[], hook?: Hook): CommandRun =>
  runCommand(module, disk, ["data/store.db", command!, "data/out.db", ...options], hook === undefined ? {} : { hook });

const dumpOf = (disk: Disk, file: string): CommandRun => runCommand(module, disk, [`data/${file}`, "dump"]);

describe("a runtime that can't rename files", () => {
  const noRename: Hook = (name) => (name === "rename" ? { errno: ENOSYS } : undefined);

  for (const words of MAKERS)
    test(`${words[0]}: OUT is the same, and what a kill leaves of it is refused and made anew`, () => {
      const usual = Disk.of(start);
      assert.equal(make(usual, words).status, 0);
      const expected = usual.images().get("out.db")!;
      const disk = Disk.of(start);
      const made = make(disk, words, noRename);
      assert.equal(made.status, 0, made.stderr);
      assert.ok(disk.images().get("out.db")!.equals(expected));
      assert.deepEqual([...disk.files.keys()].sort(), [...usual.files.keys()].sort());
      let unfinished = 0;
      for (let place = made.calls - 60; place < made.calls; place += 3) {
        const killed = Disk.of(start);
        let calls = 0;
        const hook: Hook = (name, file) => {
          if (++calls === place) throw new Error("killed");
          return noRename(name, file);
        };
        assert.throws(() => make(killed, words, hook), /killed/);
        const left = killed.images();
        if (left.has("out.db") && !left.get("out.db")!.equals(expected)) {
          unfinished += 1;
          assert.match(dumpOf(Disk.of(left), "out.db").stderr, /^quire: NOT_A_PAGE_FILE: /, `call ${place}`);
        }
        // A whole file that could not be named is in the way of the next run; here it is known to be of no use.
        for (const name of ["out.db-unfinished", "out.db"]) {
          if (left.get(name)?.equals(expected) === true) left.delete(name);
        }
        const next = Disk.of(left);
        assert.equal(make(next, words, noRename).status, 0, `call ${place}`);
        assert.ok(next.images().get("out.db")!.equals(expected), `call ${place}`);
        assert.ok(!next.files.has("out.db-unfinished"), `call ${place}`);
      }
      assert.ok(unfinished > 3, `${unfinished} unfinished files`);
    });

  test("compact in place says so and changes nothing", () => {
    const disk = Disk.of(start);
    const run = runCommand(module, disk, ["data/store.db", "compact"], { hook: noRename });
    assert.match(run.stderr, /^quire: UNSUPPORTED: this runtime can't rename files; name a new file, compact OUT, /);
    assert.ok(disk.images().get("store.db")!.equals(start.get("store.db")!));
    assert.deepEqual([...disk.files.keys()].sort(), [...start.keys()].sort());
  });
});

describe("two programs that make one file", () => {
  for (const words of MAKERS)
    test(`${words[0]}: between any two calls of the first the second does it all: OUT is whole, and one of them says that it is not its`, () => {
      const usual = Disk.of(start);
      const { calls } = make(usual, words);
      const expected = usual.images().get("out.db")!;
      for (let place = 1; place <= calls; place += 5) {
        const disk = Disk.of(start);
        let seen = 0;
        let second: CommandRun | null = null;
        const first = make(disk, words, () => {
          if (++seen === place) second = make(disk, words);
          return undefined;
        });
        const runs = [first, second!];
        assert.ok(
          runs.some(({ status }) => status === 0),
          `call ${place}: ${first.stderr}`,
        );
        for (const run of runs) {
          // The last calls come behind the second one's look whether there is a file.
          if (run.status !== 0) assert.match(run.stderr, /^quire: FILE_EXISTS: .*out\.db/, `call ${place}`);
        }
        assert.ok(disk.images().get("out.db")!.equals(expected), `call ${place}`);
        assert.ok(!disk.files.has("out.db-unfinished") || second!.status !== 0, `call ${place}`);
      }
    });
});

test("an unfinished file is refused by everything, for what it is, and nothing is made beside it", async (t) => {
  for (const size of [65_536, 4 * 65_536, 1000]) {
    const bytes = Buffer.alloc(size);
    bytes.write(MARK, "latin1");
    const store = openStore(t, { bytes, checkStatus: null });
    for (const words of [
      ["tables"],
      ["check"],
      ["info"],
      ["map"],
      ["dump"],
      ["create", "t", "id:uint32:pk"],
      ["insert", "t", "{}"],
      ["backup", "data/out.db"],
      ["repair", "data/out.db"],
      ["compact"],
      ["recover"],
      ["serve"],
    ]) {
      const said = await store.fails("NOT_A_PAGE_FILE", 3, words);
      assert.match(said, /the command that was making it was interrupted; remove it, and run that command again$/, words[0]);
    }
    assert.deepEqual(readdirSync(store.folder), ["store.db"]);
  }
});

test("an SQLite file of any page size is told by its magic, and nothing is made beside it", async (t) => {
  for (const size of [512, 1024, 4096, 3 * 4096, 65_536, 5 * 65_536 + 512]) {
    const bytes = Buffer.alloc(size);
    bytes.write("SQLite format 3\0", "latin1");
    const store = openStore(t, { bytes, checkStatus: null });
    for (const words of [["tables"], ["check"], ["info"], ["insert", "t", "{}"], ["repair", "data/out.db"], ["load", "-"]])
      assert.match(
        await store.fails("NOT_A_PAGE_FILE", 3, words, {
          stdin: '{"quire":"dump","version":1,"layout":"0.9","tables":0}\n{"end":{"rows":0}}\n',
        }),
        /SQLite database/,
        `${size} bytes: ${words[0]}`,
      );
    assert.deepEqual(readdirSync(store.folder), ["store.db"]);
  }
});

test("what an interrupted command left is gone after the next one; what may be worth something is not", async (t) => {
  const store = openStore(t, { golden: "blog" });
  const left = join(store.folder, "out.db-unfinished");
  const mark = Buffer.alloc(3 * 65_536);
  mark.write(MARK, "latin1");
  for (const bytes of [mark, Buffer.alloc(0), Buffer.alloc(65_536)]) {
    writeFileSync(left, bytes);
    writeFileSync(`${left}-spill`, Buffer.alloc(65_536));
    await store.ok(["backup", "data/out.db"]);
    assert.deepEqual(readdirSync(store.folder).sort(), ["out.db", "store.db"]);
    await store.ok(["hash"]);
    await store.fails("FILE_EXISTS", 1, ["repair", "data/out.db"]);
    unlinkSync(join(store.folder, "out.db"));
  }
  writeFileSync(left, store.bytes());
  for (const words of MAKERS) {
    const said = await store.fails("FILE_EXISTS", 1, [words[0]!, "data/out.db", ...words.slice(1)]);
    assert.match(said, /data\/out\.db-unfinished already, .*rename or remove it$/);
  }
  assert.ok(existsSync(left) && !existsSync(join(store.folder, "out.db")));
});
