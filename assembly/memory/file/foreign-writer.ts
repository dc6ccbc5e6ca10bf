/** A file that is only read, and that another program changes meanwhile. */
import { Status, DAMAGED, FILE_CHANGED, NOT_A_PAGE_FILE, fail, lastError } from "../../status";

/** The file that was changed; "" when none was. */
export let changedFile: string = "";

/** How often a file is opened for reading that changes under it. */
const OPEN_ATTEMPTS: i32 = 5;

/**
 * Whether a file that was opened for the `attempt`th time is to be opened again: the last error is that another program changed it
 * meanwhile (a checkpoint came in between; the next one is thousands of transactions away). What became of it before is forgotten then.
 * A file that seems damaged is looked at twice: another session, which this one has overtaken, may have been about to write.
 */
export function opensAgain(attempt: i32): bool {
  const status = lastError.status;
  const looksAgain = status == FILE_CHANGED || (attempt == 1 && (status == DAMAGED || status == NOT_A_PAGE_FILE));
  if (!looksAgain || attempt >= OPEN_ATTEMPTS) return false;
  changedFile = "";
  return true;
}

/** Fails because another program changed the file `name`. */
export function failChanged(name: string): Status {
  changedFile = name;
  return fail(FILE_CHANGED, "another program changed " + name + " while it was read", "open it again, or try again");
}
