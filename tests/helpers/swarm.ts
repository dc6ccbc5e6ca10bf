/**
 * Runs many commands on each of many files: in a process of its own with a time limit for each, on a disk in memory. A command starts from
 * the file as it was given, whatever the one before made of it. `sandbox.ts` is the same with files, for what is wanted afterwards.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ModuleChild, type RunReport } from "./module-child.js";

/** What the process is sent: the file `data/store.db`, and words behind its name. It replies with a `SwarmReport` for each command. */
export interface SwarmOrder {
  readonly path: string;
  readonly commands: readonly (readonly string[])[];
  /** What the file `data/schema` holds, if there is one. */
  readonly schema?: string;
}

export interface SwarmReport extends RunReport {
  /** Of a long output the beginning and the end. */
  readonly stdout: string;
  readonly stderr: string;
}

export class Swarm {
  readonly #child = new ModuleChild<SwarmReport>("swarm", "swarm-child.js", (report) => ({ ...report, stdout: "", stderr: "" }));
  /** Commands that were run. */
  executions = 0;

  /** What became of each of the commands, on a file of `bytes`, with the file `data/schema` beside it where a `schema` is given. */
  async run(bytes: Uint8Array, commands: readonly (readonly string[])[], schema?: string): Promise<SwarmReport[]> {
    const path = join(this.#child.folder, "store.db");
    writeFileSync(path, bytes);
    const reports: SwarmReport[] = [];
    while (reports.length < commands.length) {
      const rest = commands.slice(reports.length);
      reports.push(
        ...(await this.#child.ask({ path, commands: rest, ...(schema === undefined ? {} : { schema }) }, rest.length)),
      );
    }
    this.executions += reports.length;
    return reports;
  }

  close(): void {
    this.#child.close();
  }
}
