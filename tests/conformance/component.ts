/**
 * The component on the hosts that are here: by each it has to answer what the core library answers, as docs/protocol.md has it, and to leave
 * the same files to the byte. Its part of docs/conformance.md.
 */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { modulePath, packageRoot, pythonWithWasmtime } from "../../host/paths.js";
import { requireRuntime } from "../../host/node/run-command.js";
import { runtimes } from "../../host/runtimes/index.js";
import { golden, goldenNames, layouts } from "../helpers/golden.js";
import { componentPath } from "../helpers/component.js";
import type { Answers } from "./probes.js";

/** A request a line, a reply a line. */
class LineSession {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: ((reply: string) => void)[] = [];
  readonly #ended: Promise<string>;
  #isOver = false;

  constructor(program: string, words: readonly string[]) {
    this.#child = spawn(program, words, { env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } });
    let said = "";
    this.#child.stdin.on("error", () => undefined);
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#waiting.shift()?.(line));
    this.#ended = new Promise((resolve) => {
      this.#child.on("close", (code, signal) => {
        this.#isOver = true;
        for (const waiting of this.#waiting.splice(0)) waiting(`no reply: ${said}`);
        resolve(code === 0 ? said : `${signal ?? code}: ${said}`);
      });
    });
  }

  ask(request: string): Promise<string> {
    if (this.#isOver) return Promise.resolve("no reply: it has ended");
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin.write(`${request}\n`);
    });
  }

  /** Ends it: what it said on standard error, with its status where that is not 0. */
  end(): Promise<string> {
    this.#child.stdin.end();
    return this.#ended;
  }

  kill(): Promise<string> {
    this.#child.kill("SIGKILL");
    return this.#ended;
  }
}

/** A host of the component: how a session on a file of `folder`, which it makes, is started. */
interface ComponentHost {
  readonly name: string;
  readonly version: string;
  start(folder: string): LineSession;
}

const OPTIONS = JSON.stringify({ path: "data/store.db", create: true });

/** The hosts that are here: jco under each JavaScript runtime, and wasmtime. */
export async function componentHosts(): Promise<ComponentHost[]> {
  const hosts: ComponentHost[] = [];
  const path = join(packageRoot, "examples", "component-javascript", "instantiate.mjs");
  const { transpileInto } = (await import(pathToFileURL(path).href)) as {
    transpileInto: (made: string, path: string) => Promise<void>;
  };
  const made = join(packageRoot, "build", "component", "conformance");
  await transpileInto(made, componentPath());
  const script = join(packageRoot, "tests", "fixtures", "component-serve.mjs");
  for (const name of ["node", "bun", "deno"]) {
    const program = runtimes.find((adapter) => adapter.name === name)?.find() ?? null;
    if (program === null) continue;
    // Before its last two words, a script of ours and what it is to do.
    const words = requireRuntime(name).adapter.argv({ module: "", preopens: [], args: [], env: {} }).slice(0, -2);
    // Deno finds packages by package.json.
    const found = words.filter((word) => word !== "--no-config");
    const version = /\d+\.\d+\.\d+/.exec(execFileSync(program, ["--version"], { encoding: "utf8" }))?.[0] ?? "";
    const start = (folder: string) => new LineSession(program, [...found, script, made, folder, OPTIONS]);
    hosts.push({ name: `jco, ${name}`, version, start });
  }
  const python = pythonWithWasmtime();
  if (existsSync(python)) {
    const serve = join(packageRoot, "tests", "fixtures", "component-serve.py");
    const version = execFileSync(python, ["-c", "from importlib.metadata import version; print(version('wasmtime'))"], {
      encoding: "utf8",
    }).trim();
    const start = (folder: string) => new LineSession(python, [serve, "component", componentPath(), folder, OPTIONS]);
    hosts.push({ name: "wasmtime, Python", version, start });
  }
  return hosts;
}

/** `quire FILE serve` under Node: what the others are compared with. */
function startCore(folder: string): LineSession {
  const { adapter, program } = requireRuntime("node");
  const preopens = [{ guest: "data", host: folder }];
  return new LineSession(program, adapter.argv({ module: modulePath(), preopens, args: ["data/store.db", "serve"], env: {} }));
}

type Start = (folder: string) => LineSession;

/** Does `work` in a fresh folder. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "quire-component-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const bytesOf = (folder: string): string => readFileSync(join(folder, "store.db")).toString("base64");

/** The replies to the examples of docs/protocol.md, and the file that they leave. A session's own numbers are a star, as on the page. */
async function examples(start: Start, isCore: boolean): Promise<string[]> {
  const page = readFileSync(join(packageRoot, "docs", "protocol.md"), "utf8");
  return inFolder(async (folder) => {
    const session = start(folder);
    const replies: string[] = [];
    let token = "";
    for (const [, request = ""] of page.matchAll(/^> (.*)$/gm)) {
      // The component has no clock.
      if (request.includes('"timeout"')) continue;
      const text = request.replace('"after": "*"', `"after": "${token}"`);
      const { id, ...rest } = JSON.parse(text) as Record<string, unknown>;
      const reply = await session.ask(isCore ? JSON.stringify(rest) : text);
      token = /"(?:schemaHash|after)":"([0-9a-f]+)"/.exec(reply)?.[1] ?? token;
      // The place in a statement is in the message; a component's errors have no field of it.
      const placeless = reply.replace(/,"offset":\d+(?=\}\}$)/, "");
      replies.push(`${String(id)} ${request}: ${placeless.replace(`"${token}"`, '"*"')}`);
    }
    assert.ok(replies.length > 25);
    replies.push(await session.end(), bytesOf(folder));
    return replies;
  });
}

/** What is found in all golden files, and that they are as before. */
async function goldenFiles(start: Start): Promise<string[]> {
  const found: string[] = [];
  for (const layout of layouts) {
    for (const name of goldenNames(layout)) {
      if (name === "empty") continue;
      await inFolder(async (folder) => {
        writeFileSync(join(folder, "store.db"), golden(name, layout));
        const session = start(folder);
        for (const op of ["schema", "hash", "check", "stats"])
          found.push(`${name} ${layout} ${await session.ask(JSON.stringify({ op }))}`);
        const { ok } = JSON.parse(await session.ask('{"op":"tables"}')) as { ok: { tables: { name: string }[] } };
        for (const { name: table } of ok.tables)
          found.push(await session.ask(JSON.stringify({ op: "scan", table, limit: 20, reverse: true })));
        found.push(await session.end(), bytesOf(folder));
      });
    }
  }
  return found;
}

/** A process that is killed in a transaction, behind one that it acknowledged: what the core library then finds. */
async function killed(start: Start): Promise<string[]> {
  return inFolder(async (folder) => {
    const session = start(folder);
    const requests = [
      { op: "create", table: "t", columns: ["id:uint32:pk:auto", "name:text:index"] },
      { op: "insert", table: "t", rows: Array.from({ length: 300 }, (_, at) => ({ name: `row ${at} ${"x".repeat(at)}` })) },
      { op: "begin" },
      { op: "delete", table: "t", keys: Array.from({ length: 200 }, (_, at) => at + 1) },
      { op: "insert", table: "t", row: { name: "lost" } },
    ];
    const replies: string[] = [];
    for (const request of requests) replies.push(await session.ask(JSON.stringify(request)));
    await session.kill();
    const after = startCore(folder);
    for (const request of [{ op: "check" }, { op: "hash" }, { op: "scan", table: "t", count: true }])
      replies.push(await after.ask(JSON.stringify(request)));
    replies.push(await after.end());
    return replies;
  });
}

const TASKS: Readonly<Record<string, (start: Start, isCore: boolean) => Promise<string[]>>> = {
  "the examples of docs/protocol.md, and the file's bytes": examples,
  "what is in the golden files, which stay as they are": goldenFiles,
  "killed in a transaction: what the core library finds": killed,
};

/** The names of all tasks. */
export const COMPONENT_TASKS: readonly string[] = Object.keys(TASKS);

let core: Promise<Map<string, string[]>> | null = null;

async function doneBy(start: Start, isCore: boolean): Promise<Map<string, string[]>> {
  const done = new Map<string, string[]>();
  for (const [name, task] of Object.entries(TASKS)) {
    // A host that ends, or that answers no JSON, does not do it.
    const failed = (error: unknown): string[] => [String(error)];
    done.set(name, await task(start, isCore).catch(failed));
  }
  return done;
}

/** For each task ✓, or the first place in which the host differs from the core library. */
export async function conform(host: ComponentHost): Promise<Answers> {
  const expected = await (core ??= doneBy(startCore, true));
  const answers = new Map<string, string>();
  for (const [name, got] of await doneBy((folder) => host.start(folder), false)) {
    const lines = expected.get(name) ?? [];
    const at = lines.findIndex((line, place) => line !== got[place]);
    const short = (text = "nothing"): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
    answers.set(name, at < 0 && got.length === lines.length ? "✓" : `${short(got[at])} and not ${short(lines[at])}`);
  }
  return answers;
}
