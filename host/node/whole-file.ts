/** Files that are there wholly or not at all, and bytes of files. */
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";

/** Writes all of the bytes to an open file: standard output, too, without Node's stream for it, whose opening would make a pipe non-blocking. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

/** The first bytes of a file, as many of `length` as it has. */
export function firstBytes(path: string, length: number): Buffer {
  const head = Buffer.alloc(length);
  const file = openSync(path, "r");
  try {
    return head.subarray(0, readSync(file, head, 0, length, 0));
  } finally {
    closeSync(file);
  }
}

/** A file that is written beside its place, at `unfinished`, and gets its name when it is done. */
export class WholeFile {
  readonly unfinished: string;

  constructor(readonly path: string) {
    this.unfinished = `${path}-unfinished`;
  }

  /** Gives what was written its name. */
  finish(): void {
    const file = openSync(this.unfinished, "r+");
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(this.unfinished, this.path);
  }

  /** Removes what was written, if it has no name yet. */
  discard(): void {
    rmSync(this.unfinished, { force: true });
  }
}

/** Makes the file at `path` of what `body` writes; nothing is left where that fails. */
export async function writeWhole<T>(path: string, body: (write: (bytes: Uint8Array) => void) => Promise<T>): Promise<T> {
  const whole = new WholeFile(path);
  const file = openSync(whole.unfinished, "w");
  try {
    const result = await body((bytes) => writeAll(file, bytes)).finally(() => closeSync(file));
    whole.finish();
    return result;
  } catch (error) {
    whole.discard();
    throw error;
  }
}
