/**
 * Logs that say anything: what a crash left is changed at random, and opened. In the module under test checksums and hashes are not
 * compared, so that every change reaches what reads the records; a second module is the usual one.
 */
import { LOG_FILE } from "./crash.js";
import { Disk, type Image, Image as DiskImage } from "./disk.js";
import { CREATE, Engine, INITIAL_PAGES, READ_ONLY } from "./engine.js";
import type { Patch } from "./module.js";
import { SMALL_LIMITS } from "./module.js";
import { MUTANTS } from "./mutants.js";
import { Random } from "./random.js";

const CHECKS = [
  "frames' checksums are not compared",
  "pages are not compared with their hashes",
  "sectors are not compared with their hashes",
  "a shorter file is taken",
];

/** Takes the checks away that a random change does not pass. */
export const GULLIBLE: readonly Patch[] = [
  ...SMALL_LIMITS,
  ...MUTANTS.filter(({ name }) => CHECKS.includes(name)).flatMap(({ patches }) => patches),
];

/** What the cache and the rest may take: the cache of the tests is the smallest. */
const MOST_PAGES = INITIAL_PAGES + 400;

/** Stores with something in their logs: sessions of `seed` that a crash ended at several of their calls. */
export function hotStores(module: WebAssembly.Module, seed: number, count: number): Map<string, Image>[] {
  const random = new Random(seed, 77);
  const engine = new Engine(module).use(new Disk(), seed);
  if (engine.open({ flags: CREATE }) !== 0) throw new Error(engine.message());
  for (let n = 0; n < 5; n++) engine.step(seed, n);
  engine.close();
  const start = engine.host.disk.images();
  const session = Disk.of(start);
  const writer = new Engine(module).use(session, seed + 1);
  if (writer.open({ checkpoint: 6000 }) !== 0) throw new Error(writer.message());
  for (let n = 5; n < 25; n++) writer.step(seed, n, n % 7 === 0 ? 20 : 0);
  const stores: Map<string, Image>[] = [];
  for (let at = 0; at < count; at++) {
    const cut = Disk.of(start);
    for (const change of session.changes.slice(0, 10 + random.below(session.changes.length - 10))) cut.apply(change);
    stores.push(cut.images());
  }
  return stores;
}

const NUMBERS = [0, 1, 2, 7, 255, 4096, 65535, 65536, 0x7fffffff, 0xffffffff];

/** A changed copy of a log. */
function changedLog(log: Image, random: Random): Image {
  const bytes = Buffer.from(log.bytes());
  const used = Math.max(bytes.length, 64);
  // Most in the header and the first frames: behind them is often what is left of the log before a checkpoint.
  const somewhere = (): number => random.below(Math.min(used, random.pick([4200, 12_288, used]))) % Math.max(bytes.length - 8, 1);
  for (let changes = 1 + random.below(6); changes > 0; changes--) {
    const at = somewhere();
    switch (random.below(7)) {
      case 0:
        bytes[at]! ^= 1 << random.below(8);
        break;
      case 1:
        bytes[at] = random.below(256);
        break;
      case 2:
        bytes.writeUInt16LE(random.pick(NUMBERS) & 0xffff, at);
        break;
      case 3:
        bytes.writeUInt32LE(random.oneIn(2) ? random.pick(NUMBERS) : random.below(60), at);
        break;
      case 4:
        bytes.fill(random.oneIn(2) ? 0 : 255, at, Math.min(at + random.below(600), bytes.length));
        break;
      case 5:
        bytes.copy(bytes, somewhere(), at, at + random.below(900));
        break;
      default:
        return DiskImage.of(bytes.subarray(0, at));
    }
  }
  return DiskImage.of(bytes);
}

/**
 * Opens `store` with a changed log, for reading and for writing. Throws when that traps, takes memory, or changes what is only read. How
 * many of the two handles took the log.
 */
export function hostileLog(module: WebAssembly.Module, store: ReadonlyMap<string, Image>, seed: number): number {
  const random = new Random(seed, 78);
  const log = store.get(LOG_FILE);
  if (log === undefined) return 0;
  let taken = 0;
  const images = new Map([...store, [LOG_FILE, changedLog(log, random)]]);
  const what = `hostile log, seed ${seed}`;
  for (const flags of [READ_ONLY, 0]) {
    const engine = new Engine(module, MOST_PAGES * 4).use(Disk.of(images), 1);
    try {
      if (engine.open({ flags }) === 0) {
        taken += 1;
        engine.check();
        if (flags === 0 && engine.put(900) === 0) engine.commit();
      } else if (!/./.test(engine.message())) throw new Error(`${what}: it is refused without a word`);
      engine.close();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      throw new Error(
        `${what}: ${flags === READ_ONLY ? "reading" : "writing"} traps: ${error.message} ${engine.host.stderr}\n${error.stack ?? ""}`,
        {
          cause: error,
        },
      );
    }
    if (engine.pages > MOST_PAGES) throw new Error(`${what}: it takes ${engine.pages} pages of memory`);
    if (flags === READ_ONLY && engine.host.disk.changes.length > 0) throw new Error(`${what}: a reading handle changed a file`);
  }
  return taken;
}
