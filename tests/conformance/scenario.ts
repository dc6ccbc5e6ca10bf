/** Scenarios: data in `scenarios/*.json`, each of them a fresh folder, runs of the module in it, and what has to come of them. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../host/paths.js";
import type { Layout, OldLayout } from "../helpers/golden.js";

/** A file, folder or link to lay out. The content is the first of `golden`, `schemaOf`, `text` and `rows` that is there; none: empty. */
export interface FileSpec {
  readonly golden?: string;
  readonly layout?: Layout | OldLayout;
  /** The golden file of an old layout whose definitions it has. */
  readonly schemaOf?: string;
  readonly text?: string;
  /** Lines: `head`, then `count` times `line`, in which `{i}` is 0, 1, … and `{pad}` is `pad` times the letter x. */
  readonly rows?: { readonly head: string; readonly line: string; readonly count: number; readonly pad?: number };
  readonly symlink?: string;
  readonly folder?: boolean;
  /** Hexadecimal bytes to put at a byte offset. */
  readonly patch?: Readonly<Record<string, string>>;
  /** Bytes to grow the file to, with a hole, or to cut it to. */
  readonly size?: number;
}

export interface Step {
  /** The module's words. The folder is `data`. */
  readonly args: readonly string[];
  /** What it reads from standard input; what an earlier step, counted from 1, wrote; `closed`: there is none. Nothing when absent. */
  readonly stdin?:
    string | { readonly stdoutOf: number } | { readonly rows: NonNullable<FileSpec["rows"]> } | { readonly closed: true };
  /** Where standard output goes: to a full device, or to a reader that goes away at once. Collected when absent. */
  readonly output?: "full" | "gone";
  /** The largest file that the process may write, in KiB (`ulimit -f`). */
  readonly fileKiB?: number;
  /** The exit status, 0 when absent; a signal's number and 128 for a process that it ended. */
  readonly status?: number;
  /** What is said, exactly, or as a regular expression. With neither, the runtimes have to agree. */
  readonly stdout?: string;
  readonly stdoutMatch?: string;
  readonly stderr?: string;
  readonly stderrMatch?: string;
}

/** What a runtime does otherwise, and why that is not ours to mend. It is a failure when it no longer does. */
export interface Known {
  readonly reason: string;
  /** The aspects in which it differs: `step 1 status`, `step 2 stderr`, `file store.db`, … */
  readonly at: readonly string[];
}

export interface Scenario {
  readonly name: string;
  /** Runs in `npm test`, too. */
  readonly quick?: boolean;
  /** Laid out before the first step; a name that begins with `../` is outside of the opened folder. */
  readonly files?: Readonly<Record<string, FileSpec>>;
  /** The folder is a file system of so many KiB; or can't be written to after the files are laid out. Both need a mount, so root. */
  readonly diskKiB?: number;
  readonly readOnly?: boolean;
  readonly steps: readonly Step[];
  /** Files that have to hold exactly this afterwards; null: must not be there. The others have to be the same in every runtime. */
  readonly after?: Readonly<Record<string, FileSpec | null>>;
  /** Files whose bytes a runtime may leave as it likes: not compared. */
  readonly ignore?: readonly string[];
  readonly known?: Readonly<Record<string, Known>>;
}

const KEYS = new Set(["name", "quick", "files", "diskKiB", "readOnly", "steps", "after", "ignore", "known"]);
const STEP_KEYS = new Set("args stdin output fileKiB status stdout stdoutMatch stderr stderrMatch".split(" "));

/** All scenarios, in the order of their files' names. Throws when one is misspelled. */
export function loadScenarios(): Scenario[] {
  const folder = join(packageRoot, "tests", "conformance", "scenarios");
  const all: Scenario[] = [];
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()) {
    for (const scenario of JSON.parse(readFileSync(join(folder, name), "utf8")) as Scenario[]) {
      const wrong = [
        ...Object.keys(scenario).filter((key) => !KEYS.has(key)),
        ...scenario.steps.flatMap((step) => Object.keys(step).filter((key) => !STEP_KEYS.has(key))),
      ];
      if (wrong.length > 0) throw new Error(`${name}: ${scenario.name}: unknown ${wrong.join(", ")}`);
      if (all.some((other) => other.name === scenario.name)) throw new Error(`${name}: two are called ${scenario.name}`);
      all.push(scenario);
    }
  }
  return all;
}
