/**
 * What comes after a command that a signal ended: what it left is brought in order where that is safe, and one line says what was kept. The
 * lock is still held then, and the program that ran the module is gone.
 */
import { spawnSync } from "node:child_process";
import { rmSync, statSync } from "node:fs";
import { constants } from "node:os";
import { type PreparedCommand, filePosition, plainPosition } from "./command-line.js";
import { COMMANDS } from "./commands.js";
import { QuireError } from "../api/errors.js";
import { firstBytes } from "../node/whole-file.js";
import { modulePath } from "../paths.js";
import { node } from "../runtimes/node.js";

/** Signals by which people and programs end a command. */
export const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A signal ended the program that ran the module. */
export class Interrupted extends Error {
  constructor(readonly signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
  }
}

/** What an unfinished file starts with: `assembly/memory/file/foreign-file.ts`. */
const MARK = "QUIRE UNFINISHED";

/** How long a log may take to be replayed or emptied before it is left to the next opening. */
const RECOVERY_MS = 60_000;

interface FileState {
  readonly size: number;
  readonly time: number;
}

function stateOf(path: string): FileState | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? null : { size: stat.size, time: stat.mtimeMs };
}

/** The name of the command that `words` are, and its first word that is no option, if there is one. */
function commandOf(words: readonly string[]): { command: string; word: string | undefined } {
  const at = plainPosition(words, filePosition(words) + 1);
  return { command: words[at] ?? "", word: words[plainPosition(words, at + 1)] };
}

/** Whether a command may take so long that somebody ends it. */
export function takesLong({ args, lock }: PreparedCommand): boolean {
  return lock !== null && COMMANDS.get(commandOf(args).command)?.long === true;
}

/** What is known of a command before it runs. */
export class Aftermath {
  readonly #prepared: PreparedCommand;
  /** The file that it writes to, as it is before. */
  readonly #before: FileState | null;

  constructor(prepared: PreparedCommand) {
    this.#prepared = prepared;
    this.#before = prepared.lock === null ? null : stateOf(prepared.lock.file);
  }

  /** Brings in order what the command left when a signal ended it, and says what was kept of it; null for a command that only reads. */
  settle(signal: NodeJS.Signals): QuireError | null {
    const kept = this.kept();
    if (kept === null) return null;
    const message = `${commandOf(this.#prepared.args).command} was ended by ${signal}; ${kept}`;
    return new QuireError("INTERRUPTED", message, 128 + constants.signals[signal]);
  }

  /** Brings in order what the command left whose program was killed: what was kept, null for a command that only reads. */
  kept(): string | null {
    const { args, lock } = this.#prepared;
    if (lock === null) return null;
    const { command, word } = commandOf(args);
    return COMMANDS.get(command)?.file?.is === "made"
      ? this.#settleMade(lock.file, lock.named, command === "compact" && word === undefined)
      : this.#settleStore(lock.file, lock.named, command, word ?? "");
  }

  /** `file` was being made, or written anew in place: it is whole or not there. */
  #settleMade(file: string, named: string, inPlace: boolean): string {
    const left = removeUnfinished(`${file}-unfinished`);
    const whole = left ? `; a whole copy is ${named}-unfinished: rename or remove it` : "";
    if (inPlace) return `${named} has all that it had${whole}`;
    return this.#before === null && stateOf(file) !== null ? `${named} was made, and is whole` : `${named} was not made${whole}`;
  }

  /** `file` was being written to: what the log has goes into it, and what was not committed is gone. */
  #settleStore(file: string, named: string, command: string, table: string): string {
    if (stateOf(file) === null) return `nothing was kept: ${named} was not made`;
    // A session without requests: what was committed goes into the file, the log is emptied, and the spill removed.
    if (this.#run("serve") === null)
      return `what was committed is kept: the next opening for writing takes it over from ${named}-log`;
    if (command === "serve") return "what it had acknowledged is kept";
    if (command !== "import" && command !== "load") return "it was done wholly or not at all";
    const done = `nothing was ${command}ed`;
    // Only what was committed ever changes the file.
    const now = stateOf(file);
    if (this.#before !== null && now?.size === this.#before.size && now.time === this.#before.time) return done;
    if (this.#hasNoTables()) {
      if (this.#before === null) for (const name of [file, `${file}-log`]) rmSync(name, { force: true });
      return done;
    }
    if (command === "load") return "all of it was loaded";
    const count = this.#run("scan", table, "--count");
    if (count === null) return done;
    return `what was committed is kept: ${table} has ${count.trim()} rows now`;
  }

  #hasNoTables(): boolean {
    const reply = this.#run("tables", "--json");
    return reply !== null && (JSON.parse(reply) as { ok: { tables: unknown[] } }).ok.tables.length === 0;
  }

  /** What the module prints when it runs these words on the command's file; null when it fails. */
  #run(...words: string[]): string | null {
    const { args, preopens } = this.#prepared;
    const file = args[filePosition(args)] as string;
    const argv = node.argv({ module: modulePath(), preopens, args: [file, ...words], env: {} });
    const { status, stdout } = spawnSync(process.execPath, argv, {
      stdio: ["ignore", "pipe", "ignore"],
      encoding: "utf8",
      timeout: RECOVERY_MS,
    });
    return status === 0 ? stdout : null;
  }
}

/** Removes a file that was left unfinished, and its spill. True when it is there and whole, or not known to be of no use. */
function removeUnfinished(path: string): boolean {
  rmSync(`${path}-spill`, { force: true });
  const state = stateOf(path);
  if (state === null) return false;
  const head = firstBytes(path, MARK.length);
  if (head.length > 0 && head.toString("latin1") !== MARK) return true;
  rmSync(path, { force: true });
  return false;
}
