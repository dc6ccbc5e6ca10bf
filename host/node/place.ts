/** Where the file of a session is, for the system and for the module, and the lock that it needs. */
import { existsSync } from "node:fs";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT_NOT_DONE, QuireError, reasonOf } from "../api/errors.js";
import { GuestFolders, realFile, refuseLinks, refusedName } from "./guest-files.js";
import { type LockRequest, WAIT_SECONDS } from "./lock/write-lock.js";
import type { Preopen } from "../runtimes/adapter.js";
import { type FileUrl, IN_MEMORY, type OpenOptions } from "../api/options.js";

/** Where a file is for the module. */
export interface Place {
  /** The folder that the module can reach. */
  readonly folder: Preopen;
  /** The file's path as the module sees it, or `IN_MEMORY`. */
  readonly file: string;
  /** What stands before the names of the folder's files for the module. */
  readonly beside: string;
  /** The file's path in the system, by no symbolic link. */
  readonly path: string;
}

function pathOfUrl(call: string, url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new QuireError("BAD_OPTION", `${call}: ${url.href} is no file's URL (${reasonOf(error)})`, undefined, { cause: error });
  }
}

/** The path that a caller gave, as text or as a file's URL. */
export function checkPath(call: string, path: unknown): string {
  if (path instanceof URL) return checkPath(call, pathOfUrl(call, path));
  if (typeof path !== "string") throw new QuireError("BAD_OPTION", `${call}: the path is a string, not ${String(path)}`);
  if (path.includes("\0")) throw new QuireError("BAD_OPTION", `${call}: a path can't hold a NUL character`);
  if (!path.isWellFormed()) throw new QuireError("BAD_OPTION", `${call}: a path can't hold half of a surrogate pair`);
  return path;
}

/** Finds out where `path` is; a `QuireError` when its folder, or with `mustExist` the file itself, is not there. */
export function placeOf(runtime: string, path: string, mustExist: boolean): Place {
  if (path === IN_MEMORY) return placeInMemory(runtime, mustExist);
  refuseName(path);
  const full = realFile(resolve(path));
  if (full === dirname(full)) throw new QuireError("BAD_OPTION", `"${path}" is no name of a page file`);
  const folders = new GuestFolders(runtime, process.cwd(), [path]);
  const file = folders.open(path);
  if (mustExist && !existsSync(full)) throw new QuireError("FILE_NOT_FOUND", `there is no file ${path}`, EXIT_NOT_DONE);
  return { folder: folders.preopens[0] as Preopen, file, beside: folderOf(file), path: full };
}

/** A store in memory can be backed up into the working folder. */
function placeInMemory(runtime: string, mustExist: boolean): Place {
  if (mustExist)
    throw new QuireError("BAD_OPTION", `a store in memory is always new: ${IN_MEMORY} takes no readonly or mustExist`);
  const folders = new GuestFolders(runtime, process.cwd(), ["copy"]);
  const beside = folderOf(folders.open("copy"));
  return { folder: folders.preopens[0] as Preopen, file: IN_MEMORY, beside, path: IN_MEMORY };
}

const folderOf = (file: string): string => file.slice(0, file.lastIndexOf("/") + 1);

function refuseName(name: string): void {
  const reason = refusedName(name);
  if (reason !== null) throw new QuireError("BAD_OPTION", reason);
}

/** The lock that a session with these options needs, as asked for by `path`; null when it only reads. `command` tells others who has it. */
export function lockFor(
  place: Place,
  path: string,
  { readonly = false, allowLinks = false, wait = WAIT_SECONDS }: OpenOptions,
  command = thisProgram(),
): LockRequest | null {
  if (readonly || place.file === IN_MEMORY) return null;
  if (!allowLinks) refuseLinks(place.path, path);
  return { file: place.path, named: path, command, waitSeconds: wait };
}

/** What this process runs, for people: `node app.js`. */
function thisProgram(): string {
  const program = process.argv[1] === undefined ? "" : ` ${basename(process.argv[1])}`;
  return `${basename(process.execPath)}${program}`;
}

/** The path of a file that a call names, as the module sees it; a `QuireError` when the module can't reach it. */
export function pathInside({ folder: { host }, beside }: Place, call: string, given: string | FileUrl): string {
  const path = checkPath(call, given);
  refuseName(path);
  const within = relative(host, resolve(path));
  if (path === "" || within === "" || within.startsWith("..") || isAbsolute(within)) {
    throw new QuireError("BAD_OPTION", `${call}: "${path}" is not in ${host} or below it, which is what the session can reach`);
  }
  return beside + within.split(sep).join("/");
}
