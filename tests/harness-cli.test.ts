/** The `quire` command around a module that shows what it was given: streams, exit statuses, environment, folders, failures. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../host/paths.js";
import { runCommand } from "../host/node/run-command.js";
import { probeModule } from "./helpers/probe.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";

interface CliResult {
  stdout: string;
  stderr: string;
  status: number | null;
}

/** Runs the built `quire` in `cwd`; `env` is added to the test's own. */
function cli(cwd: string, words: string[], env: Record<string, string> = {}, stdin = ""): Promise<CliResult> {
  const child = spawn(process.execPath, [join(packageRoot, "build", "host", "cli.js"), ...words], {
    cwd,
    env: { ...process.env, NO_COLOR: "", FORCE_COLOR: "", COLUMNS: "", QUIRE_MODULE: probeModule(), ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ stdout, stderr, status }));
  });
}

/** The lines that the probe printed with this word in front, without it; a folder's leading slash is the runtime's choice. */
function shown(stdout: string, kind: "arg" | "env" | "dir"): string[] {
  const lines = stdout.split("\n").filter((line) => line.startsWith(`${kind} `));
  return lines.map((line) => line.slice(4).replace(kind === "dir" ? /^\// : "", ""));
}

/** What Wasmer shows whatever is opened; the opened folder is in the first of them. */
const WASMER_FOLDERS = ["", ".", ""];

testOnRuntimes("words, folder and environment reach the module, and no more", async (t, runtime) => {
  const folder = tempFolder(t);
  mkdirSync(join(folder, "db"));
  const { stdout, stderr, status } = await cli(folder, ["--runtime", runtime, "db/a.db", "show", "é ü", "--from", "-5", ""]);
  assert.equal(stderr, "");
  assert.equal(status, 0);
  assert.deepEqual(shown(stdout, "arg"), ["db/a.db", "show", "é ü", "--from", "-5", ""]);
  assert.deepEqual(shown(stdout, "env").sort(), ["QUIRE_COLOR=0", "QUIRE_TTY=0"]);
  assert.deepEqual(shown(stdout, "dir"), runtime === "wasmer" ? WASMER_FOLDERS : ["db"]);
});

test("colour and width are the user's choice where there is no terminal", async (t) => {
  const folder = tempFolder(t);
  const env = async (more: Record<string, string>) => shown((await cli(folder, ["a.db", "show"], more)).stdout, "env").sort();
  assert.deepEqual(await env({ FORCE_COLOR: "1", COLUMNS: "72" }), ["COLUMNS=72", "QUIRE_COLOR=1", "QUIRE_TTY=0"]);
  assert.deepEqual(await env({ FORCE_COLOR: "1", NO_COLOR: "1" }), ["QUIRE_COLOR=0", "QUIRE_TTY=0"]);
});

testOnRuntimes("standard input and output pass through, 3 MB of them", async (t, runtime) => {
  const text = "0123456789abcdef".repeat(3 * 65536);
  const { stdout, status } = await cli(tempFolder(t), ["--runtime", runtime, "./a.db", "copy"], {}, text);
  assert.equal(status, 0);
  assert.ok(stdout === text, `${stdout.length} of ${text.length} characters came back`);
});

testOnRuntimes("a SOURCE in another folder is opened to the module, which calls it by its name", async (t, runtime) => {
  const folder = tempFolder(t);
  for (const name of ["db", "away"]) mkdirSync(join(folder, name));
  for (const name of ["in.csv", "in.dat"]) writeFileSync(join(folder, "away", name), "id\n1\n");
  const run = (source: string) =>
    cli(folder, ["--runtime", runtime, "db/a.db", "import", "t", source, "--create"], { QUIRE_MODULE: "" });
  assert.equal((await run("away/in.csv")).status, 0);
  const nameless = await run("away/in.dat");
  assert.match(nameless.stderr, /^quire: USAGE: away\/in\.dat does not tell its format/);
  assert.equal(nameless.status, 2);
});

test("a SOURCE that is longer than what is kept of a pipe makes the same table wherever it lies", async (t) => {
  const folder = tempFolder(t);
  for (const name of ["db", "away"]) mkdirSync(join(folder, name));
  const row = `1,${"x".repeat(60_000)}\n`;
  // What makes the first column one of texts is behind more than 16 MiB.
  const text = `k,v\n${row.repeat(300)}last,x\n`;
  const schemas: string[] = [];
  for (const source of ["db/in.csv", "away/in.csv"]) {
    writeFileSync(join(folder, source), text);
    const file = `db/${schemas.length}.db`;
    const made = await cli(folder, [file, "import", "t", source, "--create"], { QUIRE_MODULE: "" });
    assert.equal(made.status, 0, made.stderr);
    schemas.push((await cli(folder, [file, "schema"], { QUIRE_MODULE: "" })).stdout);
  }
  assert.match(schemas[0] as string, /\bk\b\W+text/);
  assert.equal(schemas[1], schemas[0]);
});

testOnRuntimes("messages name files by paths that are there", async (t, runtime) => {
  const folder = realpathSync(tempFolder(t));
  mkdirSync(join(folder, "my db"));
  const run = async (cwd: string, ...words: string[]) => {
    const { stderr } = await cli(join(folder, cwd), ["--runtime", runtime, ...words], { QUIRE_MODULE: "" });
    return stderr;
  };
  const here = runtime === "wasmer" ? `${folder}/` : "";
  assert.equal(await run("", "a.db", "create", "t", "k:uint8:pk"), "");
  assert.match(await run("", "a.db", "backup", "a.db"), new RegExp(`^quire: FILE_EXISTS: there is a file ${here}a\\.db already`));
  assert.equal(await run("", "a.db", "backup", "my db/b.db"), "");
  const exists = `^quire: FILE_EXISTS: there is a file ${here}my db/b\\.db already`;
  assert.match(await run("", "a.db", "backup", "my db/b.db"), new RegExp(exists));
  assert.match(await run("my db", "b.db", "backup", "../a.db"), new RegExp(`there is a file ${folder}/a\\.db already`));
  assert.match(await run("", "nofile.db", "tables"), new RegExp(`^quire: FILE_NOT_FOUND: there is no file ${here}nofile\\.db`));
  assert.match(await run("", join(folder, "my db", "no.db"), "tables"), /there is no file my db\/no\.db/);
  assert.match(await run("my db", ".", "tables"), /^quire: USAGE: "\." is a folder's name, and no file's/);
  assert.match(await run("my db", "../my db", "tables"), /^quire: IO_ERROR: \.\.\/my db is a folder/);
});

testOnRuntimes("the module's exit status is the command's", async (t, runtime) => {
  const folder = tempFolder(t);
  for (const status of [0, 1, 2, 3, 4]) {
    const result = await cli(folder, ["--runtime", runtime, "./a.db", "exit", String(status)]);
    assert.deepEqual([result.status, result.stderr], [status, ""]);
  }
});

testOnRuntimes("a trap is one clear line and status 4", async (t, runtime) => {
  const { stderr, status } = await cli(tempFolder(t), ["--runtime", runtime, "./a.db", "trap"]);
  assert.equal(status, 4);
  assert.match(stderr, /^quire: RUNTIME_TRAP: the module stopped [^\n]+$/m);
  const asked = await cli(tempFolder(t), ["--runtime", runtime, "./a.db", "trap", "--json"]);
  assert.equal(asked.status, 4);
  const { error } = JSON.parse(asked.stdout) as { error: { code: string; message: string } };
  assert.equal(error.code, "RUNTIME_TRAP");
  assert.match(error.message, /^the module stopped /);
});

testOnRuntimes("a reader that goes away ends the command", async (t, runtime) => {
  // Deno lets the module write on into nothing.
  if (runtime === "deno") return;
  const words = [join(packageRoot, "build", "host", "cli.js"), "--runtime", runtime, "./a.db", "copy"];
  const env = { ...process.env, QUIRE_MODULE: probeModule() };
  const child = spawn(process.execPath, words, { cwd: tempFolder(t), env, stdio: ["pipe", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined);
  child.stdout.once("data", () => child.stdout.destroy());
  child.stdin.write("x".repeat(1 << 20));
  // The probe, like the module, ends by itself when it cannot write. The end of its input would also end it: it must not come.
  await new Promise((resolve) => child.on("close", resolve));
  assert.equal(stderr, "");
});

test("what is missing is named, with status 4", async (t) => {
  const folder = tempFolder(t);
  const line = (result: CliResult) => `${result.status} ${result.stderr.trim()}`;
  const noModule = { QUIRE_MODULE: join(folder, "none.wasm") };
  for (const runtime of ["node", "wasmtime"]) {
    const program = runtime === "node" ? {} : { QUIRE_WASMTIME: process.execPath };
    const result = await cli(folder, ["--runtime", runtime, "a.db", "schema"], { ...noModule, ...program });
    assert.match(line(result), /^4 quire: MODULE_NOT_FOUND: .+none\.wasm.+npm run build.+$/);
  }
  writeFileSync(join(folder, "bad.wasm"), "no module");
  assert.match(
    line(await cli(folder, ["a.db", "x"], { QUIRE_MODULE: join(folder, "bad.wasm") })),
    /^4 quire: MODULE_INVALID: .+$/,
  );
  const noRuntime = await cli(folder, ["--runtime", "wazero", "a.db", "x"], { QUIRE_WAZERO: join(folder, "none") });
  assert.match(line(noRuntime), /^4 quire: RUNTIME_NOT_FOUND: wazero was not found: QUIRE_WAZERO .+$/);
  assert.match(line(await cli(folder, ["none/a.db", "x"])), /^4 quire: FOLDER_NOT_FOUND: .+$/);
});

test("with --json a failure of the host is one JSON object on standard output", async (t) => {
  const { stdout, stderr, status } = await cli(tempFolder(t), ["--json", "none/a.db", "schema"]);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
  assert.deepEqual([status, stderr, error.code], [4, "", "FOLDER_NOT_FOUND"]);
  assert.match(error.message, /there is no folder/);
});

testOnRuntimes("runCommand gives a bare run: no environment, one folder, its own streams", async (t, runtime) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, "in.txt"), "from the folder");
  const options = { module: probeModule() };
  const show = await runCommand(runtime, folder, ["show"], options);
  assert.deepEqual(
    [shown(show.stdout, "env"), shown(show.stdout, "dir")],
    [[], runtime === "wasmer" ? WASMER_FOLDERS : ["data"]],
  );
  const inFirst = runtime === "wasmer" ? "data/in.txt" : "in.txt";
  assert.equal((await runCommand(runtime, folder, ["read", inFirst], options)).stdout, "from the folder");
  assert.equal((await runCommand(runtime, null, ["copy"], { ...options, stdin: "typed" })).stdout, "typed");
  assert.equal((await runCommand(runtime, null, ["exit", "3"], options)).status, 3);
});
