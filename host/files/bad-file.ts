/** Errors of files that are read. */
import { EXIT_NOT_DONE, QuireError, reasonOf } from "../api/errors.js";
import { Unfit } from "./values.js";

/** The error of a file that is not what it is to be, or is damaged. */
export function badFile(path: string, what: string, cause?: unknown): QuireError {
  return new QuireError("BAD_FILE", `${path}: ${what}`, EXIT_NOT_DONE, { cause });
}

/** What goes wrong with reading, in the file's name. */
export function asBadFile(path: string, error: unknown): unknown {
  if (error instanceof QuireError || error instanceof Unfit) return error;
  if (typeof (error as { syscall?: unknown }).syscall === "string") return error;
  return badFile(path, reasonOf(error), error);
}
