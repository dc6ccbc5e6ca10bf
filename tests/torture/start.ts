/** What is there before a workload: nothing, or a page file of layout 0.8, which came with its tables and is written on. */
import { golden, goldenSchema } from "../helpers/golden.js";
import { Disk, Image } from "./disk.js";
import { CREATE, Engine, GIVEN } from "./engine.js";

export const PAGE_FILE = "store.db";
/** The registry and the list of identities. Bytes. */
const KEPT = 2 * 65_536;
/** Rows that a table keeps: transactions find some, and the pages of the others are free. */
const ROWS = 30;

export interface Start {
  /** The golden file's. */
  readonly name: string;
  readonly images: ReadonlyMap<string, Image>;
  /** How it is opened. */
  readonly flags: number;
}

/**
 * Golden files for workloads: foreign keys and a cascade, a column that is unique and indexed (with rows, and in a table that has had
 * none), counters and an index of two columns, keys of which a few fill a leaf.
 */
export const OLD_FILES = ["blog", "twofold", "unfilled", "log", "tall"] as const;

/** Golden file `name` of layout 0.8, and its definitions. */
export function oldImages(name: string): Map<string, Image> {
  return new Map([
    [PAGE_FILE, Image.of(golden(name, "0.8"))],
    ["schema", Image.of(Buffer.from(JSON.stringify(goldenSchema(name, "0.8"))))],
  ]);
}

/** The same without most of its rows. */
export function oldStart(module: WebAssembly.Module, name: string): Start {
  const engine = new Engine(module).use(Disk.of(oldImages(name)), 1);
  if (engine.open({ flags: GIVEN }) !== 0 || engine.thin(ROWS) !== 0 || engine.close() !== 0)
    throw new Error(`${name}: ${engine.message()}`);
  const left = engine.host.disk.images();
  left.delete(`${PAGE_FILE}-log`);
  return { name, images: left, flags: GIVEN };
}

export function diskOf(start: Start | null): Disk {
  return start === null ? new Disk() : Disk.of(start.images);
}

/** How the file that a workload begins with, or makes, is opened. */
export function flagsOf(start: Start | null): number {
  return start === null ? CREATE : start.flags;
}

/** Throws when the pages have changed that the program that made the file finds its tables by. */
export function checkKept(start: Start | null, disk: Disk): void {
  if (start === null) return;
  const first = (image: Image | undefined): Uint8Array => image!.bytes().subarray(0, KEPT);
  const now = disk.files.get(PAGE_FILE)?.current;
  if (Buffer.compare(first(now), first(start.images.get(PAGE_FILE))) !== 0) throw new Error("the registry has changed");
}
