/** Runs the module under a runtime in a process of its own and collects what it says: for tests, scripts and benchmarks. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { QuireError } from "../api/errors.js";
import { modulePath, packageRoot, runtimesCache } from "../paths.js";
import type { RuntimeAdapter } from "../runtimes/adapter.js";
import { runtimeNamed } from "../runtimes/index.js";

export interface RunOptions {
  /** What the module reads from standard input; nothing when absent. */
  readonly stdin?: string | Uint8Array;
  /** The module's environment: as the bare runtime gives it, empty, when absent. */
  readonly env?: Readonly<Record<string, string>>;
  /** The module; the built one when absent. */
  readonly module?: string;
  /** The folder's name for the module. */
  readonly guest?: string;
  /** After so many milliseconds the process is killed and the status is -1. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status; -1 when a signal or the time limit ended it. */
  readonly status: number;
  /** The same as `stdout`, not decoded. */
  readonly stdoutBytes: Buffer;
}

/** The adapter and the program of runtime `name`; a `QuireError` when there is no such runtime or program. */
export function requireRuntime(name: string): { adapter: RuntimeAdapter; program: string } {
  const adapter = runtimeNamed(name);
  if (adapter === undefined) throw new QuireError("RUNTIME_NOT_FOUND", `there is no runtime "${name}"`);
  const program = adapter.find();
  if (program === null) {
    const variable = `QUIRE_${name.toUpperCase()}`;
    const tried = process.env[variable] ? `${variable} names no program` : `it is neither on PATH nor in ${runtimesCache()}`;
    // A package that was installed has no scripts.
    const gets = existsSync(join(packageRoot, "scripts"))
      ? `get it with npm run runtimes ${name}`
      : `get it from ${adapter.homepage}`;
    const help = `${gets}, set ${variable} to its program, or use --runtime node`;
    throw new QuireError("RUNTIME_NOT_FOUND", `${name} was not found: ${tried}; ${help}`);
  }
  return { adapter, program };
}

/** The last status that the module itself uses. */
const LAST_MODULE_STATUS = 4;

/** Signals by which a runtime ends itself when the module traps, or when it has a fault of its own. */
const TRAP_SIGNALS: ReadonlySet<string> = new Set(["SIGABRT", "SIGILL", "SIGSEGV", "SIGBUS"]);

/** Whether a run of the module that ended so, and left `stderr`, was ended by a trap. */
export function endedByTrap(
  adapter: RuntimeAdapter,
  code: number | null,
  signal: NodeJS.Signals | null,
  stderr: string,
): boolean {
  if (code === null) return TRAP_SIGNALS.has(signal ?? "");
  if (code > LAST_MODULE_STATUS) return true;
  return code === adapter.trapStatus && adapter.trapText?.test(stderr) === true;
}

/**
 * Runs the module with the words `args` under runtime `runtime`, with host folder `folder` preopened (as `data`, unless
 * `options.guest` says otherwise; null: none). The words are the module's: paths in them are the guest's.
 */
export async function runCommand(
  runtime: string,
  folder: string | null,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { adapter, program } = requireRuntime(runtime);
  const argv = adapter.argv({
    module: options.module ?? modulePath(),
    preopens: folder === null ? [] : [{ guest: options.guest ?? "data", host: folder }],
    args,
    env: options.env ?? {},
  });
  const child = spawn(program, argv, { stdio: ["pipe", "pipe", "pipe"] });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A module that ends without reading everything closes the pipe: that is its right.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin ?? "");
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), options.timeoutMs);
  try {
    const status = await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve(code ?? -1));
    });
    const stdoutBytes = Buffer.concat(stdout);
    return { stdout: stdoutBytes.toString("utf8"), stderr: Buffer.concat(stderr).toString("utf8"), status, stdoutBytes };
  } finally {
    clearTimeout(timer);
  }
}
