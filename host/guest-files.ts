/** What the module calls the host's folders, and which files it gets to see. */
import { existsSync, lstatSync, realpathSync } from "node:fs";
import { basename } from "node:path";

/**
 * The name under which the module sees host folder `folder`: the folder's own name, so that its messages show what the user knows.
 * Characters that mean something on a runtime's command line are replaced.
 */
export function guestName(folder: string): string {
  const name = basename(folder).replace(/[^A-Za-z0-9._-]/g, "_");
  return /^[.-]*$/.test(name) || name.startsWith("-") ? "data" : name;
}

/** The file that `path` is a symbolic link to, or `path` itself: the log is beside the file, whichever name the file is opened by. */
export function realFile(path: string): string {
  return existsSync(path) && lstatSync(path).isSymbolicLink() ? realpathSync(path) : path;
}
