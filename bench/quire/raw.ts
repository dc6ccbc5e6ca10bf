/**
 * The raw cost of what a store asks of its host: positioned reads and writes, syncs, copies, checksums. Best case: a warm file of 64 MiB.
 */
import { File } from "../../assembly/wasi/file";
import { monotonicNanoseconds } from "../../assembly/wasi/clock";
import { xxh3 } from "../../assembly/encode/xxh3";
import { must, random, report, seedRandom, startClock, stop } from "./bench";

const PAGE: u32 = 65536;
const PAGES: u32 = 1024;

export function runRaw(path: string): void {
  const file = File.open(path, true, true);
  if (!file) return stop();
  const block = heap.alloc(2 * PAGE);
  memory.fill(block, 7, 2 * PAGE);
  for (let i: u32 = 0; i < PAGES; i++) must(file.write(<u64>i * PAGE, block, PAGE));
  must(file.sync());
  seedRandom(99);
  const sizes: StaticArray<u32> = [100, 4096, 65536];
  for (let i = 0; i < sizes.length; i++) {
    const size = sizes[i];
    const count: u32 = size == PAGE ? 4000 : 20000;
    startClock();
    for (let k: u32 = 0; k < count; k++) must(file.read(<u64>(random() % PAGES) * PAGE, block, size));
    report("raw_read_" + size.toString(), count);
    startClock();
    for (let k: u32 = 0; k < count; k++) must(file.write(<u64>(random() % PAGES) * PAGE, block, size));
    report("raw_write_" + size.toString(), count);
  }
  must(file.sync());
  for (let i = 0; i < 2; i++) {
    const size: u32 = i == 0 ? 4096 : PAGE;
    startClock();
    for (let k = 0; k < 50; k++) {
      must(file.write(<u64>(random() % PAGES) * PAGE, block, size));
      must(file.sync());
    }
    report("raw_write_sync_" + size.toString(), 50);
  }
  startClock();
  for (let k: u32 = 0; k < 50; k++) {
    must(file.write((<u64>PAGES + k) * PAGE, block, 4096));
    must(file.sync());
  }
  report("raw_append_sync_4096", 50);
  file.close();
  file.unlink();

  const calls: u32 = 20000;
  let sum: u64 = 0;
  startClock();
  for (let k: u32 = 0; k < calls; k++) sum += monotonicNanoseconds();
  report("raw_clock", calls);
  startClock();
  for (let k: u32 = 0; k < calls; k++) memory.copy(block + PAGE, block, PAGE);
  report("raw_copy_65536", calls);
  startClock();
  for (let k: u32 = 0; k < calls; k++) sum += xxh3(block, 4096);
  report("raw_xxh3_4096", calls);
  if (sum == 42) report("sum", 1);
}
