/**
 * Commands that a signal ends: one line says what was kept, nothing of tens of megabytes is left, and the store is as before or has what was
 * committed. Signals come when a file has grown to a size, or a reply was given, never after a time.
 */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { packageRoot } from "../host/paths.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";

interface End {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<End>;
}

function start(folder: string, words: readonly string[]): Running {
  const child = spawn(process.execPath, [join(packageRoot, "build", "host", "cli.js"), ...words], { cwd: folder });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined);
  const ended = new Promise<End>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ stdout, stderr, code, signal }));
  });
  return { child, ended };
}

async function ok(folder: string, ...words: string[]): Promise<string> {
  const { child, ended } = start(folder, words);
  child.stdin.end();
  const { code, stdout, stderr } = await ended;
  assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
  return stdout;
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** A command that has not come to where it is to be ended by then hangs, on however busy a machine. */
const READY_MS = 60_000;

/** Sends `signal` when `ready` says so; false when the command ended before. */
async function interrupt({ child, ended }: Running, signal: NodeJS.Signals, ready: () => boolean): Promise<boolean> {
  const over = { yet: false };
  void ended.then(() => (over.yet = true));
  const until = Date.now() + READY_MS;
  while (!over.yet && !ready()) {
    if (Date.now() > until) {
      child.kill("SIGKILL");
      const { stdout, stderr } = await ended;
      assert.fail(`${child.spawnargs.slice(2).join(" ")}: not ready after ${READY_MS} ms; it said: ${stdout}${stderr}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return !over.yet && child.kill(signal);
}

/** It is told in one line, and whoever started the command sees the signal. */
async function toldBy({ ended }: Running, signal: NodeJS.Signals): Promise<string> {
  const end = await ended;
  assert.equal(end.signal, signal, end.stderr);
  const [line, ...more] = end.stderr.trimEnd().split("\n");
  assert.deepEqual(more, []);
  const said = /^quire: INTERRUPTED: (.*)$/.exec(line ?? "");
  assert.ok(said !== null, line);
  return said[1] as string;
}

const ROWS = 60_000;

function rowsFile(t: TestContext): string {
  const folder = tempFolder(t);
  const rows = Array.from({ length: ROWS }, (_, id) => `${id},name ${(id * 7919) % ROWS},city ${id % 97}`);
  writeFileSync(join(folder, "m.csv"), ["id,name,city", ...rows, ""].join("\n"));
  return folder;
}

const COLUMNS = ["id:int32:pk", "name:text:index", "city:text:index"];

testOnRuntimes(
  "import: nothing of one transaction is kept, its log and spill are gone, and the next one does it",
  async (t, runtime) => {
    const folder = rowsFile(t);
    await ok(folder, "a.db", "create", "t", ...COLUMNS);
    const before = readFileSync(join(folder, "a.db"));
    // From standard input, which never ends: the import is there to be ended whenever the signal comes.
    const running = start(folder, ["--runtime", runtime, "--cache", "2000000", "a.db", "import", "t", "-", "--format", "csv"]);
    running.child.stdin.write(readFileSync(join(folder, "m.csv")));
    assert.ok(await interrupt(running, "SIGTERM", () => sizeOf(join(folder, "a.db-log")) > 500_000));
    assert.equal(await toldBy(running, "SIGTERM"), "import was ended by SIGTERM; nothing was imported");
    assert.ok(readFileSync(join(folder, "a.db")).equals(before));
    assert.deepEqual(readdirSync(folder).sort(), ["a.db", "a.db-log", "m.csv"]);
    assert.equal(sizeOf(join(folder, "a.db-log")), 4096);
  },
);

testOnRuntimes("import --batch: the batches that were committed are there, and counted", async (t, runtime) => {
  const folder = rowsFile(t);
  await ok(folder, "a.db", "create", "t", ...COLUMNS);
  const size = sizeOf(join(folder, "a.db"));
  const running = start(folder, ["--runtime", runtime, "a.db", "import", "t", "-", "--format", "csv", "--batch", "1000"]);
  running.child.stdin.write(readFileSync(join(folder, "m.csv")));
  assert.ok(await interrupt(running, "SIGINT", () => sizeOf(join(folder, "a.db")) > size));
  const said = /^import was ended by SIGINT; what was committed is kept: t has (\d+) rows now$/.exec(
    await toldBy(running, "SIGINT"),
  );
  const count = Number(said?.[1]);
  assert.ok(count > 0 && count % 1000 === 0, `${count}`);
  assert.equal((await ok(folder, "a.db", "scan", "t", "--count")).trim(), String(count));
  assert.equal(sizeOf(join(folder, "a.db-log")), 4096);
  await ok(folder, "a.db", "check");
});

test("what a command was making in a new file is taken away with it", async (t) => {
  const folder = rowsFile(t);
  for (const words of [
    ["import", "t", "-", "--format", "csv", "--batch", "1000000"],
    ["load", "-"],
  ]) {
    const running = start(folder, ["new.db", ...words, ...(words[0] === "import" ? ["--create"] : [])]);
    if (words[0] === "load") {
      // As much as load looks ahead in, and more.
      const head = '{"quire":"dump","version":1,"layout":"0.9","tables":1}\n';
      const table = `{"table":"t","columns":["id:uint32:pk","name:text:index"],"rows":${ROWS + 1}}\n`;
      running.child.stdin.write(head + table);
      for (let id = 0; id < ROWS; id++)
        running.child.stdin.write(`{"id":${id},"name":"name ${(id * 7919) % ROWS}${" ".repeat(300)}"}\n`);
    } else {
      // What --create looks at is the first 16 MiB.
      const rows = readFileSync(join(folder, "m.csv"));
      running.child.stdin.write(rows);
      const more = rows.subarray(rows.indexOf(10) + 1).toString();
      for (let round = 1; round < 14; round++)
        running.child.stdin.write(more.replaceAll(/^\d+/gm, (id) => String(Number(id) + round * ROWS)));
    }
    assert.ok(await interrupt(running, "SIGINT", () => sizeOf(join(folder, "new.db-log")) > 300_000));
    assert.equal(await toldBy(running, "SIGINT"), `${words[0]} was ended by SIGINT; nothing was ${words[0]}ed`);
    assert.deepEqual(readdirSync(folder), ["m.csv"]);
  }
});

testOnRuntimes("a file that was being made is not made, or whole", async (t, runtime) => {
  const folder = rowsFile(t);
  await ok(folder, "a.db", "import", "t", "m.csv", "--create", "--key", "id");
  const hash = await ok(folder, "a.db", "hash");
  for (const words of [["repair", "out.db"], ["compact", "out.db"], ["compact"]]) {
    const running = start(folder, ["--runtime", runtime, "--cache", "2000000", "a.db", ...words]);
    running.child.stdin.end();
    const unfinished = join(folder, `${words[1] ?? "a.db"}-unfinished`);
    const sent = await interrupt(running, "SIGINT", () => sizeOf(unfinished) > 65_536);
    const end = await running.ended;
    if (sent && end.code !== 0) {
      const said = await toldBy(running, "SIGINT");
      const kept =
        words.length === 1
          ? "a.db has all that it had"
          : existsSync(join(folder, "out.db"))
            ? "out.db was made, and is whole"
            : "out.db was not made";
      assert.equal(said, `${words[0]} was ended by SIGINT; ${kept}`);
    }
    assert.equal(await ok(folder, "a.db", "hash"), hash);
    assert.ok(!existsSync(unfinished));
    if (existsSync(join(folder, "out.db"))) assert.equal(await ok(folder, "out.db", "hash"), hash);
    rmSync(join(folder, "out.db"), { force: true });
  }
});

testOnRuntimes("serve: what was acknowledged is kept", async (t, runtime) => {
  const folder = tempFolder(t);
  await ok(folder, "a.db", "create", "t", "id:uint32:pk");
  const running = start(folder, ["--runtime", runtime, "a.db", "serve"]);
  running.child.stdin.write('{"op":"insert","table":"t","row":{"id":7}}\n');
  let replies = "";
  running.child.stdout.on("data", (text: string) => (replies += text));
  assert.ok(await interrupt(running, "SIGTERM", () => replies.includes("\n")));
  assert.equal(await toldBy(running, "SIGTERM"), "serve was ended by SIGTERM; what it had acknowledged is kept");
  assert.equal(sizeOf(join(folder, "a.db-log")), 4096);
  assert.equal((await ok(folder, "a.db", "scan", "t", "--count")).trim(), "1");
});

test("with --json it is a reply", async (t) => {
  const folder = rowsFile(t);
  await ok(folder, "a.db", "create", "t", ...COLUMNS);
  const running = start(folder, ["--cache", "2000000", "a.db", "import", "t", "-", "--format", "csv", "--json"]);
  running.child.stdin.write(readFileSync(join(folder, "m.csv")));
  assert.ok(await interrupt(running, "SIGINT", () => sizeOf(join(folder, "a.db-log")) > 500_000));
  const { stdout, stderr, signal } = await running.ended;
  assert.equal(signal, "SIGINT");
  assert.equal(stderr, "");
  const message = "import was ended by SIGINT; nothing was imported";
  assert.deepEqual(JSON.parse(stdout), { error: { code: "INTERRUPTED", message } });
});
