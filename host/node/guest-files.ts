/** Which folders the module gets to see, and what it calls the files in them. */
import { existsSync, lstatSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { EXIT_NOT_DONE, EXIT_RUNTIME, QuireError, reasonOf } from "../api/errors.js";
import { IN_MEMORY } from "../api/options.js";
import type { Preopen } from "../runtimes/adapter.js";

/** Links that lead to links in a row, as many as systems follow. */
const MOST_LINKS = 40;

/** Why `name` is no file's name; null when it may be one. */
export function refusedName(name: string): string | null {
  if (name === "") return '"" is no name of a file';
  if (/^file:/i.test(name)) return `"${name}" is a URL, and no path; a file of that name is ./${name}`;
  if (name === IN_MEMORY) return `"${name}" is a store in memory, and no file; a file of that name is ./${name}`;
  if (/(?:^|\/)\.{0,2}$/.test(name)) return `"${name}" is a folder's name, and no file's`;
  if (/^\s*:memory:?\s*$/i.test(name)) return `"${name}" is no name of a file; did you mean ${IN_MEMORY}?`;
  return null;
}

/** What `look` finds; a `QuireError` where the system has `path` not looked at: a name that is too long, links in a circle, a closed folder. */
function lookAt<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : reasonOf(error);
    const code = reason === "EACCES" || reason === "EPERM" ? "ACCESS_DENIED" : "IO_ERROR";
    throw new QuireError(code, `can't look at ${path} (${reason})`, EXIT_RUNTIME, { cause: error });
  }
}

/** The file that `path` is a symbolic link to, there or not, or `path` itself: log and lock are beside the file, whichever name it is opened by. */
export function realFile(path: string): string {
  return lookAt(path, () => {
    let file = path;
    for (let links = 0; links < MOST_LINKS && lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink(); links++) {
      file = existsSync(file) ? realpathSync(file) : resolve(dirname(file), readlinkSync(file));
    }
    return file;
  });
}

/**
 * Throws when the file that is to be written to, which the user calls `named`, has several hard links: its log is beside one of them. The module
 * refuses it as well, where the runtime tells it (Deno and Wasmer do not).
 */
export function refuseLinks(file: string, named: string): void {
  const found = lookAt(named, () => statSync(file, { throwIfNoEntry: false }));
  // A folder's links are those of the folders in it.
  const links = found?.isFile() === true ? found.nlink : 1;
  if (links <= 1) return;
  throw new QuireError(
    "HARD_LINKS",
    `${named} has ${links} names (hard links), and its log is beside one of them: a session that has another name loses what is in it; ` +
      "remove the other names, or work on a copy; --allow-links (in programs allowLinks) if this is the only name it is ever opened by",
    EXIT_NOT_DONE,
  );
}

/**
 * Throws when `file`, which the user calls `named`, is a pipe, a socket, a device or a folder: to open a pipe waits for its other end. The
 * module refuses it as well, but a lock would be made beside it first.
 */
function refuseOthers(file: string, named: string): void {
  // Links in a circle lead to nothing: that is the module's to say.
  const found = existsSync(file) ? statSync(file) : undefined;
  if (found === undefined || found.isFile()) return;
  const what = found.isDirectory() ? "a folder, not a file" : "a pipe, a socket or a device, and no file";
  throw new QuireError("IO_ERROR", `${named} is ${what}`, EXIT_RUNTIME);
}

/** Where `path` is in `folder`, with slashes; null when it is not, also when a symbolic link leads out. */
function within(path: string, folder: string): string | null {
  const isOutside = (way: string): boolean => way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way);
  const named = relative(folder, path);
  if (isOutside(named) || !existsSync(path) || isOutside(relative(realpathSync(folder), realpathSync(path)))) return null;
  return named.split(sep).join("/");
}

/** `folder`'s own name, without characters that mean something on a runtime's command line. */
function plainName(folder: string): string {
  const name = basename(folder).replace(/[^A-Za-z0-9._-]/g, "_");
  return /^[.-]*$/.test(name) || name.startsWith("-") ? "data" : name;
}

/**
 * The folders that are opened to the module for the files of one command, or of one session.
 *
 * The module's messages have the names that it was given, so a file's name is one by which the user finds it: from the working folder
 * when all files are in it or below, else from the root. The module finds a file's folder by the longest one that starts its name,
 * which can't be another folder's as long as all names start at the same place. Names that a runtime can't be told are replaced by
 * plain ones of one word.
 */
export class GuestFolders {
  readonly preopens: Preopen[] = [];
  readonly #cwd: string;
  /** Names start at the root. */
  readonly #fromRoot: boolean;
  readonly #plain: boolean;

  /** `typed`: all files that `open` will be asked for. */
  constructor(runtime: string, cwd: string, typed: readonly string[]) {
    this.#cwd = cwd;
    const folders = typed.map((name) => dirname(realFile(resolve(cwd, name))));
    // Wasmer has a root of its own, in whose place no folder can be put.
    const canBe = (name: string): boolean => !/[:\p{Cc}]/u.test(name) && (name !== "" || runtime !== "wasmer");
    const fromCwd = folders.map((folder) => relative(cwd, folder));
    const isBelow = (name: string): boolean => name !== ".." && !name.startsWith(`..${sep}`) && !isAbsolute(name) && canBe(name);
    this.#fromRoot = !fromCwd.every(isBelow);
    this.#plain = this.#fromRoot && !folders.every((folder) => canBe(relative("/", folder)));
  }

  /** Opens the folder of the file that the user called `typed`, unless it is in reach already; returns what the module calls the file. */
  open(typed: string): string {
    const file = realFile(resolve(this.#cwd, typed));
    const folder = dirname(file);
    if (!lookAt(folder, () => statSync(folder, { throwIfNoEntry: false }))?.isDirectory()) {
      throw new QuireError("FOLDER_NOT_FOUND", `there is no folder ${folder} for ${basename(file)}; make it first`);
    }
    refuseOthers(file, typed);
    let opened = this.preopens.find(({ host }) => within(folder, host) !== null);
    if (opened === undefined) {
      opened = { guest: this.#folderName(folder), host: folder };
      this.preopens.push(opened);
    }
    const parts = [opened.guest, within(folder, opened.host), basename(file)];
    const name = parts.filter((part) => part !== "").join("/");
    if (this.#fromRoot && !this.#plain) return `/${name}`;
    // The module takes these for an option, its own word, or no file.
    return /^(?:-|help$|:memory:|file:)/.test(name) ? `./${name}` : name;
  }

  #folderName(folder: string): string {
    if (!this.#plain)
      return relative(this.#fromRoot ? "/" : this.#cwd, folder)
        .split(sep)
        .join("/");
    let name = plainName(folder);
    while (this.preopens.some(({ guest }) => guest === name)) name += "_";
    return name;
  }
}
