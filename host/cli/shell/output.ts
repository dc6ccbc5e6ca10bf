/** Where a shell writes to: standard output, or a file for the next statement or for all. */
import { closeSync, openSync } from "node:fs";
import { QuireError, reasonOf } from "../../api/errors.js";
import { writeAll } from "../../node/whole-file.js";

/** Whoever reads what is written is gone. */
export class ReaderGone extends Error {}

export class ShellOutput {
  #file: number | null = null;
  /** How many statements and commands are written to the file; the one that names it may be one. */
  #left = Infinity;
  #isGone = false;

  constructor() {
    process.stdout.on("error", () => (this.#isGone = true));
  }

  /** Whether what is written now is seen on a terminal. */
  get isTerminal(): boolean {
    return this.#file === null && process.stdout.isTTY;
  }

  get isFile(): boolean {
    return this.#file !== null;
  }

  /** Writes `text`, and waits until there is room for more. */
  async write(text: string): Promise<void> {
    if (text === "") return;
    if (this.#file !== null) {
      try {
        writeAll(this.#file, Buffer.from(text));
        return;
      } catch (error) {
        throw new QuireError("IO_ERROR", `can't write to the file of .output (${reasonOf(error)})`, undefined, { cause: error });
      }
    }
    if (this.#isGone) throw new ReaderGone();
    if (process.stdout.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ["drain", "error", "close"]) process.stdout.off(event, done);
        resolve();
      };
      for (const event of ["drain", "error", "close"]) process.stdout.on(event, done);
    });
    // It is set by the event that may have ended the wait.
    if (this.#isGone as boolean) throw new ReaderGone();
  }

  /** Writes to a new file `path`, for so many commands and statements, of which the one that runs is one; null: to standard output again. */
  redirect(path: string | null, commands: number): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#left = commands;
    if (path === null) return;
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      throw new QuireError("IO_ERROR", `can't write to ${path} (${reasonOf(error)})`, undefined, { cause: error });
    }
  }

  /** A statement or a command is done. */
  endCommand(): void {
    if (--this.#left === 0) this.redirect(null, Infinity);
  }
}
