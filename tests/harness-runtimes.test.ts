/** The adapters: what each runtime is told, where its program is looked for, how it shows a trap, and how it is got. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { constants, homedir } from "node:os";
import { delimiter, join } from "node:path";
import { test, type TestContext } from "node:test";
import { packageRoot } from "../host/paths.js";
import { requireRuntime, runCommand } from "../host/node/run-command.js";
import { cachedProgram } from "../host/runtimes/find-program.js";
import { runtimeNamed, runtimes } from "../host/runtimes/index.js";
import { probeModule } from "./helpers/probe.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";

/** Sets environment variables until the test ends. */
function setVariables(t: TestContext, values: Record<string, string>): void {
  for (const [name, value] of Object.entries(values)) {
    const before = process.env[name];
    process.env[name] = value;
    t.after(() => {
      if (before === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before;
    });
  }
}

/** A program that says its name and does nothing else. */
function makeProgram(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\necho ${name}\n`);
  chmodSync(path, 0o755);
  return path;
}

test("each runtime is told about folders, variables and words in its own way", (t) => {
  const invocation = {
    module: "quire.wasm",
    preopens: [
      { guest: "data", host: "/srv/db" },
      { guest: "out", host: "/srv/my out" },
    ],
    args: ["data/a.db", "schema", "--json"],
    env: { COLUMNS: "80", QUIRE_TTY: "0" },
  };
  const words = (name: string) => runtimeNamed(name)?.argv(invocation);
  setVariables(t, { XDG_CACHE_HOME: tempFolder(t) });
  const own = ["quire.wasm", "data/a.db", "schema", "--json"];
  const vars = ["--env", "COLUMNS=80", "--env", "QUIRE_TTY=0"];
  assert.deepEqual(words("wasmtime"), ["run", "--dir", "/srv/db::data", "--dir", "/srv/my out::out", ...vars, ...own]);
  assert.deepEqual(words("wazero"), [
    "run",
    `-cachedir=${join(process.env["XDG_CACHE_HOME"] ?? "", "quire", "runtimes", "wazero-1.12.0", "compiled")}`,
    "-mount=/srv/db:/data",
    "-mount=/srv/my out:/out",
    ...["-env", "COLUMNS=80", "-env", "QUIRE_TTY=0"],
    ...own,
  ]);
  const log = ["--log-level", "off"];
  assert.deepEqual(words("wasmedge"), [...log, "--dir", "/data:/srv/db", "--dir", "/out:/srv/my out", ...vars, ...own]);
  assert.deepEqual(words("wasmer"), [
    "run",
    ...["--volume", "/srv/db:/data", "--volume", "/srv/my out:/out"],
    ...vars,
    "quire.wasm",
    "--",
    ...own.slice(1),
  ]);
  // These run a script of the harness, which gets it all as JSON.
  for (const name of ["node", "deno", "bun"]) {
    const [text, script] = (words(name) ?? []).reverse();
    assert.deepEqual(JSON.parse(text ?? ""), invocation);
    assert.match(script ?? "", /node-main\.js$/);
  }
});

test("a folder that a runtime's command line can't name is refused", () => {
  const argv = (name: string, host: string) =>
    runtimeNamed(name)?.argv({ module: "quire.wasm", preopens: [{ guest: "data", host }], args: [], env: {} });
  const message = /can't be told of a folder with "::?" in its name: \/srv\/a::?b$/;
  assert.throws(() => argv("wasmedge", "/srv/a:b"), { code: "RUNTIME_FAILED", message });
  assert.throws(() => argv("wasmtime", "/srv/a::b"), { code: "RUNTIME_FAILED", message });
  assert.deepEqual(argv("wasmtime", "/srv/a:b")?.slice(1, 3), ["--dir", "/srv/a:b::data"]);
});

test("every adapter is in the list, by the name of its file", () => {
  const others = ["adapter.ts", "find-program.ts", "index.ts"];
  const files = readdirSync(join(packageRoot, "host", "runtimes")).filter((name) => !others.includes(name));
  assert.deepEqual(files.sort(), runtimes.map(({ name }) => `${name}.ts`).sort());
});

test("a program is looked for in its variable, then on PATH, then in the cache", (t) => {
  const folder = tempFolder(t);
  const path = process.env["PATH"] ?? "";
  setVariables(t, { XDG_CACHE_HOME: join(folder, "cache"), PATH: join(folder, "bin") });
  for (const { name, version, sources } of runtimes) {
    if (sources.length === 0) continue;
    const variable = `QUIRE_${name.toUpperCase()}`;
    setVariables(t, { [variable]: "" });
    const adapter = runtimeNamed(name);
    assert.equal(adapter?.find(), null, name);
    assert.throws(() => requireRuntime(name), {
      code: "RUNTIME_NOT_FOUND",
      message: new RegExp(`neither on PATH nor in .*/quire/runtimes; get it with npm run runtimes ${name}, set ${variable} `),
    });
    const cached = cachedProgram(name, version);
    assert.equal(cached, join(folder, "cache", "quire", "runtimes", `${name}-${version}`, "bin", name));
    makeProgram(join(cached, ".."), name);
    assert.equal(adapter.find(), cached);
    const onPath = makeProgram(join(folder, "bin"), name);
    assert.equal(adapter.find(), onPath);
    process.env[variable] = makeProgram(join(folder, "other"), `my-${name}`);
    assert.equal(adapter.find(), process.env[variable]);
    // A variable that is set is meant: what is elsewhere is no answer then.
    process.env[variable] = join(folder, "none");
    assert.equal(adapter.find(), null);
    assert.throws(() => requireRuntime(name), { code: "RUNTIME_NOT_FOUND", message: new RegExp(`${variable} names no program`) });
    process.env[variable] = "";
  }
  process.env["PATH"] = `${join(folder, "nowhere")}${delimiter}${path}`;
  process.env["XDG_CACHE_HOME"] = "";
  assert.match(cachedProgram("wazero", "1"), new RegExp(`^${homedir()}/\\.cache/quire/runtimes/`));
});

testOnRuntimes("the program that the variable names is the one that runs", async (t, runtime) => {
  if (runtime === "node") return;
  const { program } = requireRuntime(runtime);
  const folder = tempFolder(t);
  const mine = join(folder, "mine");
  writeFileSync(mine, `#!/bin/sh\n: > '${join(folder, "called")}'\nexec '${program}' "$@"\n`);
  chmodSync(mine, 0o755);
  setVariables(t, { [`QUIRE_${runtime.toUpperCase()}`]: mine });
  assert.equal((await runCommand(runtime, null, ["copy"], { module: probeModule(), stdin: "é" })).stdout, "é");
  assert.ok(readdirSync(folder).includes("called"));
});

testOnRuntimes(
  "a trap ends the program with the status that the adapter knows, and leaves nothing on standard output",
  async (_t, runtime) => {
    const { adapter, program } = requireRuntime(runtime);
    const argv = adapter.argv({ module: probeModule(), preopens: [], args: ["trap"], env: {} });
    const child = spawn(program, argv, { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const status = await new Promise((resolve) => {
      child.on("close", (code, signal) => resolve(signal === null ? code : 128 + constants.signals[signal]));
    });
    assert.equal(status, adapter.trapStatus);
    assert.equal(stdout, "");
    if (adapter.trapText !== undefined) assert.match(stderr, adapter.trapText);
  },
);

testOnRuntimes("bytes of every value pass, and nothing but the folders is open", async (t, runtime) => {
  const folder = tempFolder(t);
  const bytes = Buffer.from(Array.from({ length: 1024 }, (_, i) => (i * 7) & 255));
  writeFileSync(join(folder, "in.bin"), bytes);
  const options = { module: probeModule() };
  const inFirst = runtime === "wasmer" ? "data/in.bin" : "in.bin";
  const { stdoutBytes } = await runCommand(runtime, folder, ["read", inFirst], options);
  assert.ok(stdoutBytes.equals(bytes));
  const outside = await runCommand(runtime, folder, ["read", "../../etc/passwd"], options);
  assert.deepEqual([outside.stdout, outside.status], ["", 1]);
});

test("npm run runtimes refuses a name that it does not know, and leaves alone what is here", (t) => {
  const script = join(packageRoot, "scripts", "runtimes.mjs");
  const folder = tempFolder(t);
  const run = (...names: string[]) => {
    const env = { ...process.env, XDG_CACHE_HOME: folder, QUIRE_WAZERO: process.execPath };
    return spawnSync(process.execPath, [script, ...names], { encoding: "utf8", env });
  };
  for (const [words, says] of [
    [["--minutes", "long"], /--minutes is a number up to 30000, not long$/m],
    [["--from", "cargo2"], /--from is one of cargo, debian, go, npm, release, not cargo2$/m],
  ] as const) {
    const wrong = run(...words);
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, says);
  }
  const unknown = run("jvm");
  assert.equal(unknown.status, 2);
  assert.match(
    unknown.stderr,
    /^runtimes: jvm can't be installed by this script; it knows .*wazero.*python-wasmtime, chromium$/m,
  );
  const here = run("wazero");
  assert.deepEqual([here.status, here.stdout.split("\n").at(-2)], [0, `runtimes: wazero: already here: ${process.execPath}`]);
  assert.deepEqual(readdirSync(folder), []);
});

/** A cargo that builds in two halves: it stops for ever after the first, and finds that one the next time it is called. */
const SLOW_CARGO = `#!${process.execPath}
const { appendFileSync, existsSync, mkdirSync, writeFileSync } = require("node:fs");
const target = process.env.CARGO_TARGET_DIR;
const to = process.argv[process.argv.indexOf("--root") + 1] + "/bin";
const half = target + "/half";
const found = existsSync(half);
appendFileSync(process.env.CARGO_CALLS, (found ? "goes on\\n" : "begins\\n"));
mkdirSync(target, { recursive: true });
writeFileSync(half, "built");
if (found) {
  mkdirSync(to, { recursive: true });
  writeFileSync(to + "/wasmtime", "#!${process.execPath}\\nconsole.log('wasmtime 48.0.8')\\n");
} else {
  const { ppid } = process;
  setInterval(() => process.ppid === ppid || process.exit(), 50);
}
`;

test("a cargo build that is given up, interrupted or killed goes on from there the next time", async (t) => {
  for (const end of ["limit", "SIGINT", "SIGKILL"] as const) {
    const folder = tempFolder(t);
    const bin = join(folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "cargo"), SLOW_CARGO, { mode: 0o755 });
    const cache = join(folder, "cache", "quire", "runtimes");
    mkdirSync(join(cache, "wasmtime-1.0.0.build"), { recursive: true });
    const calls = join(folder, "calls");
    const env = { ...process.env, QUIRE_WASMTIME: "", XDG_CACHE_HOME: join(folder, "cache"), PATH: bin, CARGO_CALLS: calls };
    const start = (minutes: string) => {
      const script = join(packageRoot, "scripts", "runtimes.mjs");
      const words = [script, "--from", "cargo", "wasmtime"];
      const child = spawn(process.execPath, words, {
        env: { ...env, QUIRE_BUILD_MINUTES: minutes },
        stdio: ["ignore", "pipe", "inherit"],
      });
      let said = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
      return { child, ended: new Promise<string>((resolve) => child.on("close", () => resolve(said))) };
    };
    const half = join(cache, "wasmtime-48.0.8.build", "half");
    if (end === "limit") {
      // Where the machine is too busy for even the first half, it gets longer.
      for (let minutes = 0.02; !existsSync(half); minutes *= 2) {
        const said = await start(String(minutes)).ended;
        assert.match(said, /cargo install did not work after \d+ s: given up after [\d.]+ minutes/);
        assert.match(said, /NOT INSTALLED/);
        if (existsSync(half))
          assert.match(said, /; what was built is in \S+\.build: the next try goes on from there, and --minutes N/);
      }
    } else {
      const first = start("30");
      while (!existsSync(half)) await new Promise((resolve) => setTimeout(resolve, 50));
      first.child.kill(end);
      await first.ended;
    }
    assert.match(await start("30").ended, /^runtimes: wasmtime: installed by cargo install in \d+ s: .*\(48\.0\.8\)$/m);
    assert.equal(readFileSync(calls, "utf8").trimEnd().split("\n").at(-1), "goes on");
    assert.deepEqual(readdirSync(cache).sort(), ["wasmtime-48.0.8"], end);
  }
});

test("the README's table names every runtime with its version", () => {
  const readme = readFileSync(join(packageRoot, "README.md"), "utf8");
  for (const { name, version } of runtimes) {
    assert.match(readme.toLowerCase(), new RegExp(`\\| ${name} ${version.replaceAll(".", "\\.")}\\b`), `${name} ${version}`);
  }
});
