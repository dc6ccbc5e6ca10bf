/** A process that runs the module for a test, with a time limit: it is started when it is first needed, and anew after a trap or a hang. */
import { fork, type ChildProcess, type Serializable } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requireModule } from "../../host/node/wasi.js";
import { modulePath } from "../../host/paths.js";

/** What became of a run of the module. */
export interface RunReport {
  /** The exit status; -1 after a trap, -2 when the time limit ended the run. */
  readonly status: number;
  /** What the engine said of the trap. */
  readonly trap: string | null;
  /** Linear memory at the end. */
  readonly memoryBytes: number;
}

/** A run that takes longer hangs. Milliseconds. */
const TIMEOUT_MS = 20_000;

export class ModuleChild<Report extends RunReport> {
  /** A folder of its own, for what does not go through messages. */
  readonly folder: string;
  readonly #program: string;
  readonly #lost: (report: RunReport) => Report;
  #child: ChildProcess | null = null;

  /** Runs `program`, of this folder, with the words folder and module; `lost` completes the report of a run that the process does not survive. */
  constructor(name: string, program: string, lost: (report: RunReport) => Report) {
    requireModule(modulePath());
    this.folder = mkdtempSync(join(tmpdir(), `quire-${name}-`));
    this.#program = fileURLToPath(new URL(`./${program}`, import.meta.url));
    this.#lost = lost;
  }

  /** Sends `order` and gives the first `count` reports that come back, or those up to a trap or a hang. */
  ask(order: Serializable, count: number): Promise<Report[]> {
    const child = (this.#child ??= fork(this.#program, [this.folder, modulePath()]));
    const reports: Report[] = [];
    return new Promise((resolve) => {
      const settle = (report: Report): void => {
        reports.push(report);
        if (report.status >= 0 && reports.length < count) {
          timer.refresh();
          return;
        }
        clearTimeout(timer);
        child.removeAllListeners();
        if (report.status < 0) this.end();
        resolve(reports);
      };
      const lost = (status: number, trap: string | null): void => settle(this.#lost({ status, trap, memoryBytes: 0 }));
      const timer = setTimeout(() => lost(-2, null), TIMEOUT_MS);
      child.on("message", (report) => settle(report as Report));
      child.once("exit", (code, signal) => lost(-1, `the process ended: ${signal ?? code}`));
      child.send(order);
    });
  }

  /** Ends the process; the next order starts another one. */
  end(): void {
    this.#child?.kill("SIGKILL");
    this.#child = null;
  }

  close(): void {
    this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
