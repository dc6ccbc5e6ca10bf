/**
 * Calls that fail: the Nth one, for every N, once and for ever. What is to hold: an error that says what failed, no trap; and when the store
 * is opened again it is as before or after the transaction that failed, with nothing that `check` finds.
 */
import { Disk, type Image } from "./disk.js";
import { CREATE, Engine } from "./engine.js";
import { EIO, type Fault, type Hook } from "./host.js";

/** Status of assembly/status.ts. */
const HANDLE_POISONED = 53;

/**
 * A sync fails, and what it was for is lost for good though the file looks as if it had it, as Linux does it: nothing may be acknowledged
 * by this handle afterwards, and what was acknowledged before is there.
 */
export function lostSync(module: WebAssembly.Module, seed: number): number {
  let places = 0;
  for (let place = 1; ; place++) {
    const disk = new Disk();
    const engine = new Engine(module).use(disk, seed);
    let syncs = 0;
    let lost = false;
    let durable: ReadonlyMap<string, Image> | null = null;
    engine.host.hook = (name, file): Fault | undefined => {
      if (name !== "sync" || ++syncs !== place) return undefined;
      lost = true;
      // What a power cut leaves from now on; later syncs do not make up for it, so the file stays as it was at its last good sync.
      const state = disk.images();
      const hurt = disk.files.get(file);
      if (hurt !== undefined) state.set(file, hurt.durable.clone());
      durable = state;
      return { errno: EIO };
    };
    const acknowledged: number[] = [];
    let told = engine.open({ checkpoint: 1500, flags: CREATE }) !== 0;
    for (let id = 1; id < 30 && !told; id++) {
      const status = engine.put(id);
      if (status === 0 && !lost) acknowledged.push(id);
      if (status === 0 && lost && id < 29 && engine.put(id + 1) === 0) throw new Error(`sync ${place} failed, and row ${id + 1} is acknowledged`);
      told = status !== 0;
    }
    if (told && engine.put(50) !== HANDLE_POISONED && engine.host.disk.files.size > 1) {
      throw new Error(`sync ${place} failed, and the handle goes on: ${engine.message()}`);
    }
    engine.close();
    if (!lost) return places;
    places += 1;
    const after = new Engine(module).use(Disk.of(durable ?? disk.images()), 2);
    if (after.open({ flags: CREATE }) !== 0) throw new Error(`after a lost sync ${place}: ${after.message()}`);
    for (const id of acknowledged) if (!after.has(id)) throw new Error(`after a lost sync ${place}: row ${id} is missing`);
    const faults = after.check();
    if (faults !== "") throw new Error(`after a lost sync ${place}: ${faults}`);
    after.close();
  }
}

export type FaultHook = (place: number) => Hook;
