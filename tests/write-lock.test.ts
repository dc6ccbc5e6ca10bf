/**
 * The lock of who writes: of programs at once one writes and the others wait; it goes with its process, whichever way that ends, and never
 * before.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs, { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { open, openSync } from "../host/index.js";
import { type Holder, holderOfName, nameOfHolder, psStart, thisProcess } from "../host/node/lock/holder.js";
import { WriteLock } from "../host/node/lock/write-lock.js";
import { packageRoot } from "../host/paths.js";
import { fails } from "./helpers/library.js";
import { hasRuntime, testOnRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";

const HOST = join(packageRoot, "build", "host");
const HOLDER = join(packageRoot, "tests", "fixtures", "lock-holder.mjs");

/** Runs the built `quire` to its end. */
async function quire(cwd: string, ...words: string[]): Promise<{ stdout: string; stderr: string; status: number | null }> {
  const child = spawn(process.execPath, [join(HOST, "cli.js"), ...words], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [status] = (await once(child, "close")) as [number | null];
  return { stdout, stderr, status };
}

/** A process that writes lines; its input stays open until `end`. */
class Program {
  readonly child: ChildProcess;
  readonly #lines: string[] = [];
  #said = "";
  #wake: () => void = () => undefined;

  constructor(
    t: TestContext,
    program: string,
    words: readonly string[],
    env: Record<string, string> = {},
    stdin: Readable | "pipe" = "pipe",
  ) {
    this.child = spawn(program, words, { stdio: [stdin, "pipe", "inherit"], env: { ...process.env, ...env } });
    this.child.stdin?.on("error", () => undefined);
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.#said += text;
      const parts = this.#said.split("\n");
      this.#said = parts.pop()!;
      this.#lines.push(...parts);
      this.#wake();
    });
    this.child.on("close", () => this.#wake());
    t.after(() => this.child.kill("SIGKILL"));
  }

  /** The next line; "" when there are no more. */
  async line(): Promise<string> {
    while (this.#lines.length === 0) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) return "";
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#lines.shift()!;
  }

  async kill(): Promise<void> {
    const gone = once(this.child, "close");
    this.child.kill("SIGKILL");
    await gone;
  }

  async end(): Promise<void> {
    const gone = once(this.child, "close");
    this.child.stdin!.end();
    await gone;
  }
}

const request = (folder: string, waitSeconds = 0) => ({
  file: join(folder, "app.db"),
  named: "app.db",
  command: "test",
  waitSeconds,
});
const holderOf = (t: TestContext, folder: string, wait = 0, env = {}): Program =>
  new Program(t, process.execPath, [HOLDER, HOST, join(folder, "app.db"), String(wait)], env);

/** Plants what a holder leaves that says this of itself. */
function plant(folder: string, holder: Partial<Holder>): void {
  mkdirSync(join(folder, "app.db-lock"), { recursive: true });
  const name = nameOfHolder({ ...thisProcess(), token: "00ff", command: "planted", ...holder });
  writeFileSync(join(folder, "app.db-lock", name), "");
}

/** Takes and gives back the lock, after which nothing is left of it. */
function takesAtOnce(folder: string): void {
  WriteLock.takeSync(request(folder))!.release();
  assert.equal(existsSync(join(folder, "app.db-lock")), false, "something is left of the lock");
}

test("four programs at once insert twenty rows, under all runtimes: each is done, and each row is there once", async (t) => {
  const folder = tempFolder(t);
  const runtimes = ["node", "wasmtime", "wazero", "deno", "bun", "wasmedge", "wasmer"].filter(hasRuntime);
  assert.equal((await quire(folder, "race.db", "create", "t", "id:uint32:pk:auto", "n:uint32")).status, 0);
  const waiting = Array.from({ length: 20 }, (_, n) => n);
  const worker = async (): Promise<void> => {
    for (let n = waiting.shift(); n !== undefined; n = waiting.shift()) {
      const runtime = runtimes[n % runtimes.length]!;
      const run = await quire(folder, "--runtime", runtime, "--wait", "600", "race.db", "insert", "t", `{"n":${n}}`);
      assert.deepEqual([run.status, run.stderr], [0, ""], runtime);
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  const rows = await quire(folder, "race.db", "export", "t", "--format", "csv", "--no-header");
  const lines = rows.stdout.trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => Number(line.split(",")[1])).sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, n) => n),
  );
  assert.deepEqual(
    lines.map((line) => Number(line.split(",")[0])),
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
  assert.deepEqual(readdirSync(folder).sort(), ["race.db", "race.db-log"]);
});

testOnRuntimes("who finds a file locked waits, and then is told who has it; readers don't ask", async (t, runtime) => {
  const folder = tempFolder(t);
  const db = await open(join(folder, "app.db"), { runtime });
  await db.create("t", ["id:uint32:pk"]);
  const locked = await quire(folder, "app.db", "--wait", "0.1", "insert", "t", '{"id":1}');
  const since = String.raw`since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, which did not end within 0.1 s; wait longer with --wait`;
  const who = new RegExp(`^quire: LOCKED: app\\.db is open for writing by process \\d+ \\(node \\S+\\) ${since}`);
  assert.match(locked.stderr, who);
  assert.ok(locked.stderr.includes(` ${process.pid} `) || runtime !== "node");
  assert.equal(locked.status, 1);
  for (const words of [
    ["acl", "grant", "text:a", "admin"],
    ["compact"],
    ["create", "u", "id:uint8:pk"],
    ["import", "t", "-"],
    ["serve"],
  ]) {
    assert.match((await quire(folder, "app.db", ...words, "--wait=0")).stderr, /^quire: LOCKED: /, words[0]);
  }
  const readers = [["tables"], ["check"], ["acl", "list"], ["--readonly", "serve"], ["backup", "copy.db"]];
  for (const words of readers) assert.equal((await quire(folder, "app.db", ...words, "--wait", "0")).status, 0, words.join(" "));
  const reader = await open(join(folder, "app.db"), { runtime, readonly: true, wait: 0 });
  assert.deepEqual(await reader.tables(), [{ name: "t", rows: 0 }]);
  await reader.close();
  // It waits for as long as it takes.
  const waiting = quire(folder, "app.db", "--wait", "600", "insert", "t", '{"id":1}');
  await db.table("t").insert({ id: 2 });
  await db.close();
  assert.equal((await waiting).status, 0);
  assert.equal((await quire(folder, "app.db", "scan", "t", "--count")).stdout, "2\n");
  assert.equal(existsSync(join(folder, "app.db-lock")), false);
});

test("a second session of one process is told so, at once where it could wait for ever", async (t) => {
  const path = join(tempFolder(t), "app.db");
  const first = openSync(path);
  const here = /is open for writing by this process \(.*; close that session first/;
  await fails("LOCKED", here, () => openSync(path, { wait: 1e9 }));
  await fails("LOCKED", here, () => open(path, { wait: 0 }));
  await fails("BAD_OPTION", /wait must be a number of seconds/, () => open(path, { wait: -1 }));
  await fails("BAD_OPTION", /wait must be a number of seconds/, () => open(path, { wait: Number.NaN }));
  const second = open(path, { wait: 600 });
  first.create("t", ["id:uint32:pk"]);
  first.close();
  const after = await second;
  assert.deepEqual(await after.tables(), [{ name: "t", rows: 0 }]);
  await after.close();
  await after.close();
  // What could not be opened keeps no lock.
  writeFileSync(path, "no page file");
  for (let i = 0; i < 2; i++) await fails("NOT_A_PAGE_FILE", /12 bytes/, () => openSync(path, { wait: 0 }));
  assert.equal(existsSync(`${path}-lock`), false);
});

test("the lock is the file's, whatever path leads to it", async (t) => {
  const folder = tempFolder(t);
  mkdirSync(join(folder, "sub"));
  symlinkSync("sub", join(folder, "other"));
  // The file is not there yet.
  symlinkSync(join("sub", "app.db"), join(folder, "link.db"));
  symlinkSync("link.db", join(folder, "link2.db"));
  using db = openSync(join(folder, "link2.db"));
  db.create("t", ["id:uint32:pk"]);
  for (const name of ["sub/app.db", "other/app.db", "link.db", "link2.db", "other/../sub/./app.db"]) {
    await fails("LOCKED", /is open for writing by this process/, () => openSync(join(folder, name), { wait: 0 }));
  }
  assert.deepEqual(readdirSync(folder).sort(), ["link.db", "link2.db", "other", "sub"]);
  assert.deepEqual(readdirSync(join(folder, "sub")).sort(), ["app.db", "app.db-lock", "app.db-log"]);
});

testOnRuntimes("a command's runtime that outlives the command keeps the lock", async (t, runtime) => {
  if (runtime === "node") return;
  const folder = tempFolder(t);
  // Node closes its end of the pipes to a child that ends; those to this one stay.
  const cat = spawn("cat", { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => cat.kill("SIGKILL"));
  const words = [join(HOST, "cli.js"), "--runtime", runtime, join(folder, "app.db"), "serve"];
  const serve = new Program(t, process.execPath, words, {}, cat.stdout);
  const { pid } = serve.child;
  cat.stdin.write('{"op":"create","table":"t","columns":["id:uint32:pk"]}\n');
  assert.equal(await serve.line(), '{"ok":{}}');
  process.kill(pid!, "SIGKILL");
  await once(serve.child, "exit");
  const locked = await quire(folder, "app.db", "--wait", "0", "insert", "t", '{"id":1}');
  assert.match(locked.stderr, /^quire: LOCKED: app\.db is open for writing by process \d+ \(quire serve\)/);
  assert.ok(!locked.stderr.includes(` ${pid} `));
  const closed = once(serve.child, "close");
  cat.stdin.end();
  await closed;
  assert.equal((await quire(folder, "app.db", "--wait", "60", "insert", "t", '{"id":1}')).status, 0);
  assert.equal(existsSync(join(folder, "app.db-lock")), false);
});

test("a process that is killed, at any call on the way to the lock or with it, leaves nothing in the way of the next", async (t) => {
  const folder = tempFolder(t);
  for (let at = 1; ; at++) {
    assert.ok(at < 100);
    const holder = holderOf(t, folder, 0, { LOCK_KILL_AT: String(at) });
    const said = await holder.line();
    if (said === "held") {
      const released = holder.end();
      // Calls on the way back count as well.
      await released;
      takesAtOnce(folder);
      if (holder.child.signalCode === null) break;
      continue;
    }
    assert.equal(said, "");
    takesAtOnce(folder);
  }
  const holder = holderOf(t, folder);
  assert.equal(await holder.line(), "held");
  assert.throws(() => WriteLock.takeSync(request(folder)), { code: "LOCKED" });
  await holder.kill();
  takesAtOnce(folder);
});

test("of two that want the lock at once, wherever the one comes in between, never both have it", (t) => {
  const folder = tempFolder(t);
  const real = { ...fs };
  const names = ["mkdirSync", "openSync", "closeSync", "unlinkSync", "rmdirSync", "readdirSync", "statSync"] as const;
  /** Calls `hook` before the call number `at` that `body` makes of the file system. Whether there was one. */
  const between = (at: number, hook: () => void, body: () => void): boolean => {
    let calls = 0;
    let came = false;
    for (const name of names) {
      (fs as unknown as Record<string, unknown>)[name] = (...words: unknown[]): unknown => {
        calls += 1;
        if (calls === at && !came) {
          came = true;
          hook();
        }
        return (real[name] as (...words: unknown[]) => unknown)(...words);
      };
    }
    syncBuiltinESMExports();
    try {
      body();
    } finally {
      for (const name of names) (fs as unknown as Record<string, unknown>)[name] = real[name];
      syncBuiltinESMExports();
    }
    return came;
  };
  const take = (): WriteLock | null => {
    try {
      return WriteLock.takeSync(request(folder));
    } catch (error) {
      assert.equal((error as { code: string }).code, "LOCKED");
      return null;
    }
  };
  const states: Record<string, () => void> = {
    nothing: () => undefined,
    "an empty folder": () => mkdirSync(join(folder, "app.db-lock")),
    "a dead one": () => plant(folder, { pid: 999_999_999 }),
    "two dead ones": () => ["aa", "bb"].forEach((token) => plant(folder, { pid: 999_999_999, token })),
  };
  for (const [state, prepare] of Object.entries(states)) {
    for (const givesBack of [false, true]) {
      let places = 0;
      for (let at = 1; ; at++) {
        prepare();
        let second: WriteLock | null = null;
        let first: WriteLock | null = null;
        const came = between(
          at,
          () => {
            second = take();
            if (givesBack) second?.release();
          },
          () => (first = take()),
        );
        const both = [first, second] as (WriteLock | null)[];
        if (!givesBack) assert.ok(both.includes(null) || !came, `${state}, place ${at}: both have it`);
        if (givesBack) assert.ok(both[0] !== null, `${state}, place ${at}: the first does not get what nobody has`);
        for (const lock of both) lock?.release();
        rmSync(join(folder, "app.db-lock"), { recursive: true, force: true });
        if (!came) break;
        places = at;
      }
      assert.ok(places >= 4, `${state}: ${places} places`);
    }
  }
});

test("many processes that take and give back the lock, some of them killed, never have it at once", async (t) => {
  const folder = tempFolder(t);
  const program = `
    import { closeSync, openSync, unlinkSync } from "node:fs";
    const { WriteLock } = await import(${JSON.stringify(join(HOST, "node", "lock", "write-lock.js"))});
    const inside = ${JSON.stringify(join(folder, "inside"))};
    for (let i = 0; i < 12; i++) {
      const lock = WriteLock.takeSync({ file: ${JSON.stringify(join(folder, "app.db"))}, named: "app.db", command: "c", waitSeconds: 600 });
      try { closeSync(openSync(inside, "wx")); } catch { console.log("two at once"); process.exit(1); }
      if (process.argv[1] === String(i)) { unlinkSync(inside); process.kill(process.pid, "SIGKILL"); }
      unlinkSync(inside);
      lock.release();
    }
    console.log("done");`;
  const ends = await Promise.all(
    [-1, 3, -1, 7].map(async (dies) => {
      const one = new Program(t, process.execPath, ["--input-type=module", "-e", program, "--", String(dies)]);
      const said = await one.line();
      if (one.child.exitCode === null && one.child.signalCode === null) await once(one.child, "close");
      return said;
    }),
  );
  assert.deepEqual(ends, ["done", "", "done", ""]);
  takesAtOnce(folder);
});

test("a holder is dead when that is sure, and only then", { skip: process.platform !== "linux" }, async (t) => {
  const folder = tempFolder(t);
  const other = new Program(t, "sleep", ["600"]);
  const pid = other.child.pid!;
  const start = thisProcess().start;
  const alive = (holder: Partial<Holder>, what: string): void => {
    plant(folder, holder);
    assert.throws(() => WriteLock.takeSync(request(folder)), { code: "LOCKED" }, what);
    rmSync(join(folder, "app.db-lock"), { recursive: true });
  };
  const dead = (holder: Partial<Holder>): void => {
    plant(folder, holder);
    takesAtOnce(folder);
  };
  dead({ pid: 999_999_999 });
  // Another process has the number now.
  dead({ pid, start: String(Number(start) - 1) });
  dead({ pid: process.pid, start: "1" });
  alive({ pid, start: "0" }, "its start is not known");
  alive({ pid: 1, start: "0" }, "another user's process may be");
  // Of a container that may be there or not, and of a system that may not be ours.
  alive({ pid: 999_999_999, space: "40265322224026531834" }, "another space");
  alive({ pid: 999_999_999, space: "0" }, "a space that is not known");
  alive({ pid: 999_999_999, boot: "0" }, "a boot that is not known");
  // Before the last start of this system, which alone has its disk.
  dead({ pid: 1, boot: "0123456789abcdef0123456789abcdef" });
  // Killed, and not waited for by its parent: the shell would wait for it, the program that it becomes does not.
  const parent = new Program(t, "sh", ["-c", "sleep 600 & echo $!; exec sleep 600"]);
  const zombie = Number(await parent.line());
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  const stat = (): string[] => fs.readFileSync(`/proc/${zombie}/stat`, "latin1").split(") ")[1]!.split(" ");
  while (fs.readFileSync(`/proc/${stat()[1]}/comm`, "latin1") !== "sleep\n") await pause();
  process.kill(zombie, "SIGKILL");
  while (stat()[0] !== "Z") await pause();
  dead({ pid: zombie, start: stat()[19]! });
  // What is none of ours is left alone, and in nobody's way.
  mkdirSync(join(folder, "app.db-lock"));
  writeFileSync(join(folder, "app.db-lock", ".DS_Store"), "");
  WriteLock.takeSync(request(folder))!.release();
  assert.deepEqual(readdirSync(join(folder, "app.db-lock")), [".DS_Store"]);
  rmSync(join(folder, "app.db-lock"), { recursive: true });
  writeFileSync(join(folder, "app.db-lock"), "a file");
  assert.throws(() => WriteLock.takeSync(request(folder)), { code: "IO_ERROR", message: /can't lock app\.db by .*app\.db-lock/ });
});

test("what a name says is what was put in, and other names say nothing", () => {
  const holder: Holder = { pid: 12, start: "34", boot: "5a", space: "67", token: "89", command: "node a.mjs" };
  assert.deepEqual(holderOfName(nameOfHolder(holder)), holder);
  const odd = nameOfHolder({ ...holder, command: `a/b:"\u0000${"x".repeat(500)}` });
  assert.match(odd, /^[A-Za-z0-9_.]+$/);
  assert.ok(odd.length < 200);
  for (const name of ["", "12", "x.1.2.3.4.c", "0.1.2.3.4.c", "-1.1.2.3.4.c", "new.12.34.5a.67.89.c"])
    assert.equal(holderOfName(name), null);
});

test(
  "the start that ps tells is the same each time, and none of a process that is none",
  { skip: process.platform === "win32" },
  () => {
    assert.match(psStart(process.pid), /^\d{9,}$/);
    assert.equal(psStart(process.pid), psStart(process.pid));
    assert.equal(psStart(999_999_999), "0");
  },
);

/** Whether processes of a container of their own can be made here. */
const canContain = spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status === 0;

test(
  "from one container to another a lock is seen, and that its holder is gone",
  { skip: canContain ? false : "SKIPPED: no containers here (unshare needs root)" },
  async (t) => {
    const folder = tempFolder(t);
    const contained = (wait: number): Program =>
      new Program(t, "unshare", [
        ...["--pid", "--fork", "--kill-child", "--mount-proc"],
        ...[process.execPath, HOLDER, HOST, join(folder, "app.db"), String(wait)],
      ]);
    const first = contained(0);
    assert.equal(await first.line(), "held");
    // It is known to live: nobody is asked to remove it.
    assert.throws(() => WriteLock.takeSync(request(folder)), { code: "LOCKED", message: /wait longer/ });
    assert.match(await contained(0).line(), /^LOCKED: .* wait longer/);
    await first.kill();
    const second = contained(60);
    assert.equal(await second.line(), "held");
    await second.kill();
    const third = WriteLock.takeSync(request(folder, 60))!;
    // Of who is not in a container nobody in one can tell.
    assert.match(await contained(0).line(), /^LOCKED: .*if it is gone for good, remove .*app\.db-lock$/);
    third.release();
    assert.equal(existsSync(join(folder, "app.db-lock")), false);
  },
);
