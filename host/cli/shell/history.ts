/**
 * What was typed, kept from shell to shell in a file: an entry a line, with `\n` for a line break and `\\` for a backslash. Each shell adds its
 * own to the end as they come, so that several at once lose none; one that finds the file much too long makes it short.
 */
import {
  chmodSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Entries that are kept. */
const MOST_ENTRIES = 1000;
/** Characters of an entry that is kept in the file. */
const LONGEST_ENTRY = 65536;
/** Bytes of a file that is read; a longer one is no history of ours. */
const LONGEST_FILE = 64 << 20;

/** The file: `QUIRE_HISTORY`, which may be empty for none, or the one in the user's folder for states. */
export function historyPath(env: NodeJS.ProcessEnv = process.env): string | null {
  const told = env["QUIRE_HISTORY"];
  if (told !== undefined) return told === "" ? null : told;
  const { XDG_STATE_HOME: state = "" } = env;
  // What is no absolute path is to be ignored.
  return join(state.startsWith("/") ? state : join(homedir(), ".local", "state"), "quire", "history");
}

const escaped = (entry: string): string => entry.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "");
const unescaped = (line: string): string =>
  line.replace(/\\(.)/g, (_, character) => (character === "n" ? "\n" : String(character)));

export class History {
  /** The newest is first. */
  readonly entries: string[] = [];
  readonly #path: string | null;
  /** Why nothing is kept, if that is so though it was to be. */
  readonly problem: string | null = null;

  constructor(path: string | null) {
    this.#path = path;
    if (path === null) return;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat?.isFile() !== true) return;
      if (stat.size > LONGEST_FILE) throw new Error("it is too long");
      const lines = readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line !== "");
      const kept = lines.slice(-MOST_ENTRIES);
      for (const line of kept) this.#remember(unescaped(line));
      if (lines.length > 2 * MOST_ENTRIES) shorten(path, stat.size, kept);
    } catch (error) {
      this.#path = null;
      this.problem = `the history ${path} is not kept: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #remember(entry: string): boolean {
    if (this.entries[0] === entry) return false;
    this.entries.unshift(entry);
    this.entries.length = Math.min(this.entries.length, MOST_ENTRIES);
    return true;
  }

  /** Adds what was typed, but not what begins with a blank, which is how one asks for that. */
  add(entry: string): void {
    if (entry.trim() === "" || entry.startsWith(" ") || !this.#remember(entry)) return;
    if (this.#path === null || entry.length > LONGEST_ENTRY) return;
    try {
      const file = openSync(this.#path, "a", 0o600);
      try {
        const stat = fstatSync(file);
        // Others may not read what stands there; a device is left as it is.
        if (stat.isFile() && (stat.mode & 0o077) !== 0) chmodSync(this.#path, 0o600);
        writeSync(file, `${escaped(entry)}\n`);
      } finally {
        closeSync(file);
      }
    } catch {
      // A shell works as well without.
    }
  }
}

/** Leaves the `kept` lines of a file that has `size` bytes, unless somebody has added some meanwhile. */
function shorten(path: string, size: number, kept: readonly string[]): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `${kept.join("\n")}\n`, { mode: 0o600, flag: "wx" });
  if (statSync(path).size === size) renameSync(fresh, path);
}
