/** Errors of files that are read. */
import { EXIT_NOT_DONE, QuireError } from "../api/errors.js";
import { Unfit } from "./values.js";

/** The error of a file that is not what it is to be, or is damaged. */
export function badFile(path: string, what: string, cause?: unknown): QuireError {
  return new QuireError("BAD_FILE", `${path}: ${what}`, EXIT_NOT_DONE, { cause });
}

/** What is found wrong with a part of a file, in words for people. */
export class Damage extends Error {}

/** What goes wrong with reading `part`, in the file's name. What a package did not expect says nothing of the file: it is the cause. */
export function asBadFile(path: string, part: string, error: unknown): unknown {
  if (error instanceof QuireError || error instanceof Unfit) return error;
  if (typeof (error as { syscall?: unknown }).syscall === "string") return error;
  const reason = error instanceof Damage ? `: ${error.message}` : "";
  return badFile(path, `it is damaged or cut: ${part} can't be read${reason}; get it anew`, error);
}
