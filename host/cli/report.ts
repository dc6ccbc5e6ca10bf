/** Says on the standard streams what ended a command. */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import type { QuireError } from "../api/errors.js";
import { printable } from "./printable.js";

/**
 * Says what went wrong with the command of `words`, in the module's own form: one line, or with `--json` one JSON object on standard output.
 * Node's own streams are left alone: opening them makes pipes non-blocking, which the module could not cope with.
 */
export function report(error: QuireError, words: readonly string[]): void {
  const { code, message } = error;
  // A terminal has shown Ctrl-C as ^C, and may have a line of progress.
  const start = code === "INTERRUPTED" && isatty(2) ? "\r\x1b[K" : "";
  try {
    if (words.includes("--json")) writeSync(1, `${JSON.stringify({ error: { code, message } })}\n`);
    else writeSync(2, `${start}quire: ${code}: ${printable(message)}\n`);
  } catch {
    // Nobody is listening any more; the exit status says it.
  }
}
