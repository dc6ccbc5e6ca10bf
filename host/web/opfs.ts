/** Files of the browser's origin-private file system. */
import { EXIT_NOT_DONE, QuireError, reasonOf } from "../api/errors.js";
import { Folder, type Slot, type SyncFile } from "./folder.js";
import { ChunkedFile } from "./chunked-file.js";

/** What may stand beside a page file and outlasts a session: they are opened together, since a module can't wait for one that it asks for. */
const KEPT_ENDINGS = ["-log", "-log.damaged", "-log.orphan", "-log.refused"];

/** Seconds to wait for a file that another tab has, unless told, and milliseconds between two tries. */
const WAIT_SECONDS = 5;
const TRY_EVERY = 50;

/** The handles of a page file and what is beside it, and the folder that the module sees them in. */
export interface PrivateFiles {
  readonly folder: Folder;
  /** Removes the names of files that there are not any more, when all are closed. */
  readonly tidy: () => Promise<void>;
}

function isNamed(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

/** The folder and the name of a path like `data/app.db`; a `QuireError` when there is no such folder. */
async function folderOf(path: string): Promise<{ folder: FileSystemDirectoryHandle; name: string }> {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const name = parts.pop();
  if (name === undefined || name === ".." || parts.includes(".."))
    throw new QuireError("BAD_OPTION", `"${path}" is no name of a file`, EXIT_NOT_DONE);
  try {
    let folder = await navigator.storage.getDirectory();
    for (const part of parts) folder = await folder.getDirectoryHandle(part);
    return { folder, name };
  } catch (error) {
    if (isNamed(error, "NotFoundError", "TypeMismatchError"))
      throw new QuireError("FOLDER_NOT_FOUND", `the folder of ${path} does not exist; make it first`, EXIT_NOT_DONE);
    const reason = `the browser gives no private files here (${reasonOf(error)}); it needs a secure page, and no private window`;
    throw new QuireError("UNSUPPORTED", reason, EXIT_NOT_DONE, { cause: error });
  }
}

/** A file's handle, waited for while another tab or worker has it; the file is made where it is missing, unless it is only read. */
async function handleOf(
  directory: FileSystemDirectoryHandle,
  name: string,
  path: string,
  readonly: boolean,
  until: number,
): Promise<SyncFile> {
  // Browsers that know no modes give the handle to one alone.
  const options = { mode: readonly ? "read-only" : "readwrite" };
  for (;;) {
    try {
      const file = await directory.getFileHandle(name, { create: !readonly });
      return await (file.createSyncAccessHandle as (given: typeof options) => Promise<SyncFile>)(options);
    } catch (error) {
      // A session elsewhere that was closed removes names that have no files: one of them may go in between.
      const isGone = isNamed(error, "NotFoundError") && !readonly;
      if (!isGone && !isNamed(error, "NoModificationAllowedError")) throw error;
      if (performance.now() >= until)
        throw new QuireError("LOCKED", `${path} is open in another tab or worker; close it there, or wait longer`, EXIT_NOT_DONE);
      await new Promise((resolve) => setTimeout(resolve, TRY_EVERY));
    }
  }
}

/** What sessions of this thread that were closed have still to remove. */
let tidied: Promise<unknown> = Promise.resolve();

/**
 * Opens the page file at `path`, and what is beside it. A page file is there if it has a name, as in other file systems; the others are there
 * if they have bytes, since names are given ahead of their use. What is made for a session alone, like the spill or a copy, is in memory.
 */
export async function openPrivateFiles(path: string, readonly: boolean, wait = WAIT_SECONDS): Promise<PrivateFiles> {
  await tidied;
  const { folder: directory, name } = await folderOf(path);
  const until = performance.now() + wait * 1000;
  const folder = new Folder((made) => (made.startsWith(`${name}-log`) ? null : new ChunkedFile()));
  const slots = new Map<string, Slot>();
  const tidy = async (): Promise<void> => {
    const names = readonly ? [] : [...slots].flatMap(([slotName, { exists }]) => (exists ? [] : [slotName]));
    const removals = names.map((slotName) => directory.removeEntry(slotName).catch(() => undefined));
    await (tidied = Promise.all([tidied, ...removals]));
  };
  try {
    for (const ending of ["", ...KEPT_ENDINGS]) {
      const slotName = name + ending;
      const isThere = await directory.getFileHandle(slotName).then(
        () => true,
        (error: unknown) => {
          if (isNamed(error, "NotFoundError")) return false;
          throw error;
        },
      );
      if (!isThere && readonly) continue;
      const file = await handleOf(directory, slotName, path, readonly, until);
      const slot = { file, exists: isThere && (ending === "" || file.getSize() > 0) };
      slots.set(slotName, slot);
      folder.add(slotName, slot);
    }
  } catch (error) {
    folder.close();
    await tidy();
    if (isNamed(error, "TypeMismatchError")) throw new QuireError("IO_ERROR", `${path} is a folder, not a file`, EXIT_NOT_DONE);
    throw error;
  }
  return { folder, tidy };
}
