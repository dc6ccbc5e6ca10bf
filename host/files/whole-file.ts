/** A file that is there wholly or not at all: it is written beside its place, and gets its name when it is done. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import type { Write } from "./row-file.js";

/** Writes all of the bytes to an open file. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

/** Makes the file at `path` of what `body` writes; nothing is left where that fails. */
export async function writeWhole<T>(path: string, body: (write: Write) => Promise<T>): Promise<T> {
  const unfinished = `${path}-unfinished`;
  const file = openSync(unfinished, "w");
  let isOpen = true;
  try {
    const result = await body((bytes) => writeAll(file, bytes));
    fsyncSync(file);
    closeSync(file);
    isOpen = false;
    renameSync(unfinished, path);
    return result;
  } catch (error) {
    if (isOpen) closeSync(file);
    rmSync(unfinished, { force: true });
    throw error;
  }
}
