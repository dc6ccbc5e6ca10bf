/** Whether what is measured now could be relied on: of which sources it is, and what else the machine does. */
import { spawnSync } from "node:child_process";
import { loadavg } from "node:os";

/** A load from which on other programs get in the way. */
export const BUSY = 0.5;
/** The same at the end of a run, which is a load of one by itself. */
export const BUSY_AT_END = 1.6;
/** Slowest round over fastest from which on a figure is not steady. */
export const UNSTEADY = 1.3;

/** The bench itself writes these. */
const OWN_FILES = ["bench/results/latest.json", "docs/benchmarks.md"];
const PATIENCE_MS = 180_000;
const POLL_MS = 5_000;

/** The files in `folder` that are not as the last commit has them, but for those that the bench writes; null where git can't tell. */
export function uncommitted(folder: string): readonly string[] | null {
  const { status, stdout } = spawnSync("git", ["-C", folder, "status", "--porcelain", "--no-renames"], { encoding: "utf8" });
  if (status !== 0) return null;
  const files = stdout.split("\n").map((line) => line.slice(3));
  return files.filter((file) => file !== "" && !OWN_FILES.includes(file));
}

/** The commit that `folder` has checked out, with `-dirty` behind it when there are changes; `?` where git can't tell. */
export function commitOf(folder: string): string {
  const changes = uncommitted(folder);
  const { stdout } = spawnSync("git", ["-C", folder, "rev-parse", "--short", "HEAD"], { encoding: "utf8" });
  return changes === null ? "?" : stdout.trim() + (changes.length > 0 ? "-dirty" : "");
}

/** Why nothing that is measured now should be written down; null when there is no reason. */
export function refusal(changes: readonly string[] | null, load: number): string | null {
  const all = "--anyway measures all the same, and the report says so";
  if (changes === null) return `git can't tell which commit this is: nobody could measure the same again; ${all}`;
  if (changes.length > 0) {
    const named = changes.slice(0, 5).join(", ") + (changes.length > 5 ? ", …" : "");
    return `these files are not as the last commit has them: ${named}; commit or stash them first (${all})`;
  }
  return load > BUSY ? `the machine is busy with other things: its load is ${load.toFixed(1)}, not below ${BUSY}; ${all}` : null;
}

/** The load, once it is low, or three minutes later: building what is measured is a load, too. */
export async function settledLoad(say: (text: string) => void): Promise<number> {
  const started = Date.now();
  for (;;) {
    const [load = 0] = loadavg();
    if (load <= BUSY || Date.now() - started > PATIENCE_MS) return load;
    say(`waiting for the machine to come to rest: its load is ${load.toFixed(1)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
