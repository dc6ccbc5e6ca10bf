import { OK, IO_ERROR, Status, fail } from "../status";
import { HeapMemoryProvider, MemoryProvider } from "../memory/file/provider";
import { firstByte, endByte } from "../memory/cache/page-cache";
import { NO_SLOT, Spill } from "../memory/pages/spill";

let seed: u32 = 11;
function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

/** Knows how much of it was written, and fails a write when told to. */
class SpillFile extends HeapMemoryProvider {
  written: u64 = 0;
  end: u64 = 0;
  failsNext: bool = false;

  write(fileOffset: u64, ptr: usize, len: u32): Status {
    if (this.failsNext) {
      this.failsNext = false;
      return fail(IO_ERROR, "the write fails");
    }
    this.written += len;
    this.end = max(this.end, fileOffset + len);
    return super.write(fileOffset, ptr, len);
  }
}

class Owner extends HeapMemoryProvider {
  readonly file: SpillFile = new SpillFile();

  openSpill(): MemoryProvider | null {
    return this.file;
  }
}

const PAGES: u32 = 50;
/** What pages are, and what of them is in slots: a slot u32 and its sectors u32 each. */
const pages: usize = heap.alloc(PAGES << 16);
const slots: usize = heap.alloc(PAGES << 3);
const before: usize = heap.alloc(65536);
const block: usize = heap.alloc(65536);

function slotOf(page: u32): u32 {
  return load<u32>(slots + ((<usize>page) << 3));
}

function sectorsOf(page: u32): u32 {
  return load<u32>(slots + ((<usize>page) << 3), 4);
}

function setSlot(page: u32, slot: u32, sectors: u32): void {
  store<u32>(slots + ((<usize>page) << 3), slot);
  store<u32>(slots + ((<usize>page) << 3), sectors, 4);
}

/** A few sectors, one mostly. */
function someSectors(): u32 {
  let sectors: u32 = 1 << random(16);
  while (random(3) == 0) sectors |= 1 << random(16);
  return sectors;
}

/** Changes `sectors` of the page, and writes them; with `fails` all is as before. */
function change(spill: Spill, page: u32, sectors: u32, fails: bool): void {
  const at = pages + ((<usize>page) << 16);
  memory.copy(before, at, 65536);
  for (let sector: u32 = 0; sector < 16; sector++)
    if ((sectors >> sector) & 1) memory.fill(at + (sector << 12), <u8>random(256), 4096);
  const slot = spill.write(slotOf(page), at, sectors);
  if (fails) {
    if (slot != NO_SLOT) expect(slot).toBe(NO_SLOT, "a failed write has no slot");
    memory.copy(at, before, 65536);
  } else setSlot(page, slot, sectorsOf(page) | sectors);
}

/** Whether the slot has what was written of the page, read as a whole and in part. */
function isThere(spill: Spill, page: u32): bool {
  const sectors = sectorsOf(page);
  const slot = slotOf(page);
  const at = pages + ((<usize>page) << 16);
  const from = firstByte(sectors);
  const len = endByte(sectors) - from;
  memory.fill(block, 0xee, 65536);
  if (spill.sectorsIn(slot) != sectors || spill.read(slot, block) != OK) return false;
  if (memory.compare(block + from, at + from, len) != 0) return false;
  const part = from + random(len);
  const partLen = 1 + random(from + len - part);
  return spill.readPart(slot, part, partLen, block) == OK && memory.compare(block, at + part, partLen) == 0;
}

describe("the spill", () => {
  test("slots that come, go and grow keep what was written to them, and take no more room than four times as many whole pages", () => {
    const owner = new Owner();
    const spill = new Spill(owner);
    for (let page: u32 = 0; page < PAGES; page++) setSlot(page, NO_SLOT, 0);
    for (let step = 0; step < 20000; step++) {
      const page = random(PAGES);
      const kind = random(40);
      if (step % 5000 == 4999) {
        spill.clear();
        for (let each: u32 = 0; each < PAGES; each++) setSlot(each, NO_SLOT, 0);
      } else if (kind < 6 && slotOf(page) != NO_SLOT) {
        spill.release(slotOf(page));
        setSlot(page, NO_SLOT, 0);
      } else if (kind == 6) {
        owner.file.failsNext = true;
        change(spill, page, someSectors(), true);
      } else change(spill, page, someSectors(), false);
      const other = random(PAGES);
      if (slotOf(other) != NO_SLOT && !isThere(spill, other)) expect(step).toBe(-1, "a slot has not what was written to it");
    }
    // A page that grows by a sector each time leaves room for 1 + 2 + … + 8 sectors behind, and takes 16.
    expect(owner.file.end).toBeLessThan((<u64>PAGES) << 18);
    spill.close();
  });

  test("of pages with a few sectors each nothing but these is written, one behind another", () => {
    const owner = new Owner();
    const spill = new Spill(owner);
    for (let i: u32 = 0; i < 500; i++) expect(spill.write(NO_SLOT, pages, 3 << random(14))).toBe(i);
    expect(owner.file.written).toBe(500 << 13);
    expect(owner.file.end).toBe(500 << 13);
    spill.close();
  });
});
