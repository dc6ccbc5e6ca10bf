/** The component on files of a folder: by functions of WASI 0.2 that do just what the system does, one call each. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  type BigIntStats,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type Database, type Imports, type NewInstance, type Sql, loadComponent } from "./component.js";

const ERROR_CODES: Readonly<Record<string, string>> = {
  EACCES: "access",
  EEXIST: "exist",
  EISDIR: "is-directory",
  ELOOP: "loop",
  ENAMETOOLONG: "name-too-long",
  ENOENT: "no-entry",
  ENOSPC: "insufficient-space",
  ENOTDIR: "not-directory",
  EPERM: "not-permitted",
  EROFS: "read-only",
};

/** The functions of files that a test may make fail: by throwing an error with a `code` of Node's. */
export type Interrupt = (call: string) => void;

/** `call`, whose failure is told as a component wants it. */
function answer<T>(interrupt: Interrupt, name: string, call: () => T): T {
  try {
    interrupt(name);
    return call();
  } catch (error) {
    const code = ERROR_CODES[(error as NodeJS.ErrnoException).code ?? ""] ?? "io";
    throw Object.assign(new Error(String(error)), { payload: code });
  }
}

interface DescriptorFlags {
  readonly read?: boolean;
  readonly write?: boolean;
}

interface OpenFlags {
  readonly create?: boolean;
  readonly directory?: boolean;
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
}

function statOf(stats: BigIntStats): object {
  const moment = (ns: bigint): object => ({ seconds: ns / 1_000_000_000n, nanoseconds: Number(ns % 1_000_000_000n) });
  return {
    type: stats.isFile() ? "regular-file" : stats.isDirectory() ? "directory" : "unknown",
    linkCount: stats.nlink,
    size: stats.size,
    dataAccessTimestamp: moment(stats.atimeNs),
    dataModificationTimestamp: moment(stats.mtimeNs),
    statusChangeTimestamp: moment(stats.ctimeNs),
  };
}

/** The imports of a component that may work in `folder`, which it knows by this name. */
export function importsFor(folder: string, interrupt: Interrupt = () => undefined, folderName = "data"): Imports {
  class Descriptor {
    /** -1: the folder. */
    fd = -1;
    path = folder;

    read(length: bigint, offset: bigint): [Uint8Array, boolean] {
      return answer(interrupt, "read", () => {
        const bytes = new Uint8Array(Number(length));
        const count = readSync(this.fd, bytes, 0, bytes.length, offset);
        return [bytes.subarray(0, count), count < bytes.length];
      });
    }
    write(bytes: Uint8Array, offset: bigint): bigint {
      return answer(interrupt, "write", () => BigInt(writeSync(this.fd, bytes, 0, bytes.length, Number(offset))));
    }
    setSize(size: bigint): void {
      answer(interrupt, "set-size", () => ftruncateSync(this.fd, Number(size)));
    }
    stat(): object {
      return answer(interrupt, "stat", () => statOf(fstatSync(this.fd, { bigint: true })));
    }
    statAt(_: object, path: string): object {
      return answer(interrupt, "stat-at", () => statOf(statSync(join(this.path, path), { bigint: true })));
    }
    sync(): void {
      answer(interrupt, "sync", () => fsyncSync(this.fd));
    }
    syncData(): void {
      answer(interrupt, "sync-data", () => fdatasyncSync(this.fd));
    }
    openAt(_: object, path: string, open: OpenFlags, flags: DescriptorFlags): Descriptor {
      return answer(interrupt, "open-at", () => {
        const access = flags.write === true ? constants.O_RDWR : constants.O_RDONLY;
        const made = (open.create === true ? constants.O_CREAT : 0) | (open.exclusive === true ? constants.O_EXCL : 0);
        const file = new Descriptor();
        file.path = join(this.path, path);
        file.fd = openSync(file.path, access | made | (open.truncate === true ? constants.O_TRUNC : 0));
        return file;
      });
    }
    unlinkFileAt(path: string): void {
      answer(interrupt, "unlink-file-at", () => unlinkSync(join(this.path, path)));
    }
    renameAt(path: string, to: Descriptor, newPath: string): void {
      answer(interrupt, "rename-at", () => renameSync(join(this.path, path), join(to.path, newPath)));
    }
    [Symbol.dispose](): void {
      if (this.fd >= 0) closeSync(this.fd);
      this.fd = -1;
    }
  }
  return {
    "wasi:filesystem/types": { Descriptor },
    "wasi:filesystem/preopens": { getDirectories: () => [[new Descriptor(), folderName]] },
    "wasi:clocks/monotonic-clock": { now: () => process.hrtime.bigint() },
    "wasi:random/random": { getRandomU64: () => randomBytes(8).readBigUInt64LE() },
  };
}

let loading: Promise<NewInstance> | null = null;

export interface Component extends Database {
  readonly sql: Sql;
  /** The module's memory. */
  readonly memory: WebAssembly.Memory;
}

/** An instance of the component, whose folder `data` is `folder`. `interrupt` is called before each call of files. */
export async function componentIn(folder: string, interrupt: Interrupt = () => undefined): Promise<Component> {
  loading ??= loadComponent();
  let memory: WebAssembly.Memory | undefined;
  const { database, sql } = (await loading)(importsFor(folder, interrupt), (module, imports) => {
    const instance = new WebAssembly.Instance(module, imports);
    if (instance.exports["memory"] instanceof WebAssembly.Memory) memory ??= instance.exports["memory"];
    return instance;
  });
  assert.ok(memory);
  return { Connection: database.Connection, sql, memory };
}
