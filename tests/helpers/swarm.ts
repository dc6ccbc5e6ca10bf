/**
 * Runs many commands on each of many files: in a process of its own with a time limit for each, on a disk in memory. A command starts from
 * the file as it was given, whatever the one before made of it. `sandbox.ts` is the same with files, for what is wanted afterwards.
 */
import { fork, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requireModule } from "../../host/node-wasi.js";
import { modulePath } from "../../host/paths.js";

/** What the process is sent: the file `data/store.db`, and words behind its name. It replies with a `SwarmReport` for each command. */
export interface SwarmOrder {
  readonly path: string;
  readonly commands: readonly (readonly string[])[];
}

export interface SwarmReport {
  /** The exit status; -1 after a trap, -2 when the time limit ended the run. */
  readonly status: number;
  /** What the engine said of the trap. */
  readonly trap: string | null;
  /** Linear memory at the end. */
  readonly memoryBytes: number;
  /** Of a long output the beginning and the end. */
  readonly stdout: string;
  readonly stderr: string;
}

/** A run that takes longer hangs. Milliseconds. */
const TIMEOUT_MS = 20_000;

export class Swarm {
  readonly #folder = mkdtempSync(join(tmpdir(), "quire-swarm-"));
  #child: ChildProcess | null = null;
  /** Commands that were run. */
  executions = 0;

  static open(): Swarm {
    requireModule(modulePath());
    return new Swarm();
  }

  /** What became of each of the commands, on a file of `bytes`. */
  async run(bytes: Uint8Array, commands: readonly (readonly string[])[]): Promise<SwarmReport[]> {
    const path = join(this.#folder, "store.db");
    writeFileSync(path, bytes);
    const reports: SwarmReport[] = [];
    while (reports.length < commands.length) await this.#some({ path, commands: commands.slice(reports.length) }, reports);
    this.executions += reports.length;
    return reports;
  }

  /** Runs the commands up to the first one that traps or hangs, or all. */
  #some(order: SwarmOrder, reports: SwarmReport[]): Promise<void> {
    const program = fileURLToPath(new URL("./swarm-child.js", import.meta.url));
    const child = (this.#child ??= fork(program, [modulePath()]));
    const wanted = reports.length + order.commands.length;
    return new Promise((resolve) => {
      const settle = (report: SwarmReport): void => {
        reports.push(report);
        if (report.status >= 0 && reports.length < wanted) {
          timer.refresh();
          return;
        }
        clearTimeout(timer);
        child.removeAllListeners();
        if (report.status < 0) this.#end();
        resolve();
      };
      const failed = (status: number, trap: string | null): void =>
        settle({ status, trap, memoryBytes: 0, stdout: "", stderr: "" });
      const timer = setTimeout(() => failed(-2, null), TIMEOUT_MS);
      child.on("message", (report) => settle(report as SwarmReport));
      child.once("exit", (code, signal) => failed(-1, `the process ended: ${signal ?? code}`));
      child.send(order);
    });
  }

  #end(): void {
    this.#child?.kill("SIGKILL");
    this.#child = null;
  }

  close(): void {
    this.#end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
