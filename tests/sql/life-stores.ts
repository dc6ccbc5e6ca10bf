/** Where lives of `alterations.ts` are: files of this machine, and a simulated disk on which sessions are killed. */
import { closeSync, openSync as openFile, readSync, rmSync } from "node:fs";
import { type SyncSession, openSync } from "../../host/index.js";
import { FILE, Library } from "../sessions/library.js";
import { afterPowerCut, Disk } from "../torture/disk.js";
import { Random } from "../torture/random.js";

export type Layout = "0.9" | "0.11";

/** A store, by statements of SQL. */
export interface LifeStore {
  /** Throws where the statement fails. */
  sql(text: string): { readonly columns: readonly string[]; readonly rows: readonly (readonly unknown[])[] };
  faults(): readonly { readonly code: string; readonly severity: string }[];
  /** Closes it and opens it again. */
  reopen(): void;
  close(): void;
  /** The hash over the definitions of its file, as it was when the store was closed last. */
  hash(): string;
  /** An empty one. */
  anew(): LifeStore;
  /** The session is killed at the `place`th call of the statement, and opened again; false where it is at its end before, as by `sql`. */
  killed?(text: string, place: number): boolean;
}

/** Bytes of the hash, with which a page file begins (docs/format.md, "Schema registry"). */
const HASH_BYTES = 8;

export class FileStore implements LifeStore {
  readonly #path: string;
  readonly #layout: Layout;
  readonly #random: Random;
  #db: SyncSession;

  constructor(path: string, layout: Layout, random: Random) {
    this.#path = path;
    this.#layout = layout;
    this.#random = random;
    for (const ending of ["", "-log"]) rmSync(`${path}${ending}`, { force: true });
    this.#db = openSync(path, { layout, cacheBytes: 1 << 18 });
  }

  sql(text: string): ReturnType<LifeStore["sql"]> {
    return this.#db.sql(text);
  }

  faults(): ReturnType<LifeStore["faults"]> {
    return this.#db.check().faults;
  }

  reopen(): void {
    this.#db.close();
    this.#db = openSync(this.#path, { cacheBytes: this.#random.pick([1, 1 << 18, 1 << 22]) });
  }

  close(): void {
    this.#db.close();
  }

  hash(): string {
    const bytes = Buffer.alloc(HASH_BYTES);
    const file = openFile(this.#path, "r");
    readSync(file, bytes, 0, HASH_BYTES, 0);
    closeSync(file);
    return bytes.toString("hex");
  }

  anew(): LifeStore {
    return new FileStore(`${this.#path}-anew`, this.#layout, this.#random);
  }
}

/** A session was killed in the middle of a call. */
class Killed extends Error {}

export class DiskStore implements LifeStore {
  readonly #module: WebAssembly.Module;
  readonly #layout: Layout;
  readonly #random: Random;
  #disk = new Disk();
  #library: Library;

  constructor(module: WebAssembly.Module, layout: Layout, random: Random) {
    this.#module = module;
    this.#layout = layout;
    this.#random = random;
    this.#library = this.#opened();
  }

  /** A session with the smallest cache. */
  #opened(): Library {
    // A salt that comes again would make frames of a generation before good ones.
    const library = new Library(this.#module, this.#disk, this.#random.u32());
    const { code, message } = library.open({ create: true, layout: this.#layout, cacheBytes: 0 });
    if (code !== "") throw new Error(`open: ${code} ${message}`);
    return library;
  }

  sql(text: string): ReturnType<LifeStore["sql"]> {
    const { ok, code, message } = this.#library.request({ op: "sql", sql: text });
    if (ok === null) throw new Error(`${code} ${message}`);
    return ok as unknown as ReturnType<LifeStore["sql"]>;
  }

  faults(): ReturnType<LifeStore["faults"]> {
    return this.#library.request({ op: "check" }).ok?.["faults"] as ReturnType<LifeStore["faults"]>;
  }

  reopen(): void {
    this.close();
    // What led to its state is not needed any more.
    this.#disk = Disk.of(this.#disk.images());
    this.#library = this.#opened();
  }

  close(): void {
    const { code, message } = this.#library.close();
    if (code !== "") throw new Error(`close: ${code} ${message}`);
  }

  hash(): string {
    return Buffer.from(this.#disk.images().get(FILE)?.bytes().subarray(0, HASH_BYTES) ?? []).toString("hex");
  }

  anew(): LifeStore {
    return new DiskStore(this.#module, this.#layout, this.#random);
  }

  killed(text: string, place: number): boolean {
    let count = 0;
    this.#library.host.hook = () => {
      if (count++ === place) throw new Killed();
      return undefined;
    };
    try {
      this.sql(text);
      return false;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      const left = this.#random.oneIn(2) ? afterPowerCut(this.#disk, place % 5, this.#random) : this.#disk.images();
      this.#disk = Disk.of(left);
      this.#library = this.#opened();
      return true;
    } finally {
      this.#library.host.hook = null;
    }
  }
}
