/** The folder that the module sees in a browser: some files by their names. */

/** What a file can do, each call at once: a part of what the browser's own handles of private files can. */
export type SyncFile = Pick<FileSystemSyncAccessHandle, "read" | "write" | "getSize" | "truncate" | "flush" | "close">;

/** Calls of WASI answer 0, or why not. */
export const ERRNO = {
  ok: 0,
  access: 2,
  badDescriptor: 8,
  invalid: 28,
  io: 29,
  isFolder: 31,
  missing: 44,
  noSpace: 51,
  unsupported: 58,
};

/** Thrown where a call of WASI is to answer that number. */
export class FileFault extends Error {
  constructor(readonly errno: number) {
    super(`errno ${errno}`);
  }
}

/** A file that may be, or not be, under a name. */
export interface Slot {
  readonly file: SyncFile;
  exists: boolean;
}

/** Copies what is in a file in parts of this many bytes. */
const COPY_BYTES = 1 << 20;

export class Folder {
  readonly #slots = new Map<string, Slot>();
  /** Names whose files stay theirs. */
  readonly #fixed = new Set<string>();
  readonly #make: (name: string) => SyncFile | null;

  /** `make` gives a new file for a name that has none, or null where there can be none. */
  constructor(make: (name: string) => SyncFile | null) {
    this.#make = make;
  }

  /** Puts a file under a name, which no other file can get. */
  add(name: string, slot: Slot): void {
    this.#slots.set(name, slot);
    this.#fixed.add(name);
  }

  /** The file of that name; null when there is none. */
  get(name: string): SyncFile | null {
    const slot = this.#slots.get(name);
    return slot?.exists === true ? slot.file : null;
  }

  /** The file of that name, which is made when there is none. */
  make(name: string): SyncFile {
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      const file = this.#make(name);
      if (file === null) throw new FileFault(ERRNO.unsupported);
      this.#slots.set(name, (slot = { file, exists: true }));
    }
    slot.exists = true;
    return slot.file;
  }

  remove(name: string): void {
    const slot = this.#slots.get(name);
    if (slot?.exists !== true) throw new FileFault(ERRNO.missing);
    slot.file.truncate(0);
    slot.file.flush();
    if (this.#fixed.has(name)) slot.exists = false;
    else this.#slots.delete(name);
  }

  /** Takes the name of a file away, which goes on. */
  forget(name: string): void {
    this.#slots.delete(name);
  }

  /** Gives the file the name `to`, in place of one that has it. What is in a file whose name stays its own is copied. */
  rename(from: string, to: string): void {
    const source = this.get(from);
    if (source === null) throw new FileFault(ERRNO.missing);
    if (!this.#fixed.has(from) && !this.#fixed.has(to)) {
      this.#slots.set(to, this.#slots.get(from) as Slot);
      this.#slots.delete(from);
      return;
    }
    const target = this.make(to);
    target.truncate(0);
    const bytes = new Uint8Array(COPY_BYTES);
    for (let at = 0; at < source.getSize(); at += bytes.length) {
      const count = source.read(bytes, { at });
      target.write(bytes.subarray(0, count), { at });
    }
    target.flush();
    this.remove(from);
  }

  close(): void {
    for (const { file } of this.#slots.values()) file.close();
  }
}
