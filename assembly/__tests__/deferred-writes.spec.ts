import { OK, Status, errorMessage } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { MemoryManager } from "../memory/manager/memory-manager";
import { CountingProvider } from "./counting-provider";

const PAGES: u32 = 200;
const FIRST: u32 = 3;
/** Records of 64 bytes that a page has. */
const RECORDS: u32 = 1000;
const SIZE: u32 = 64;
const NO_RECORD: u32 = 0xffffffff;

let seed: u32 = 5;
function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

const bytes: usize = heap.alloc(SIZE);

/** An expectation that is called so often is to cost nothing where it holds. */
function mustBeOK(status: Status): void {
  if (status != OK) expect(status).toBe(OK, errorMessage());
}

/** What the pages have to be, and what they were at the last commit or mark. */
const model: usize = heap.alloc(PAGES << 16);
const committed: usize = heap.alloc(PAGES << 16);

/** The pages, with a number in each eight bytes. */
function filled(): CountingProvider {
  const provider = new CountingProvider();
  provider.grow(FIRST + PAGES);
  for (let i: u32 = 0; i < PAGES << 13; i++) store<u64>(model + ((<usize>i) << 3), <u64>i * 0x9e3779b97f4a7c15);
  for (let page: u32 = 0; page < PAGES; page++) {
    provider.write((<u64>(FIRST + page)) << 16, model + ((<usize>page) << 16), 65536);
  }
  memory.copy(committed, model, PAGES << 16);
  return provider;
}

/** A handle with the smallest cache, all of it in use, in a transaction. */
function opened(provider: CountingProvider): MemoryAccess {
  const access = new MemoryAccess(new MemoryManager(provider, 0));
  for (let page: u32 = 0; page < PAGES; page++) access.page(FIRST + page);
  provider.bytesRead = 0;
  return access;
}

/** Reads a record as a statement does, and compares it with the model. */
function read(access: MemoryAccess, page: u32, record: u32): void {
  const at = access.part(FIRST + page, record * SIZE, SIZE);
  const wanted = model + ((<usize>page) << 16) + record * SIZE;
  if (at == 0 || memory.compare(at + record * SIZE, wanted, SIZE) != 0)
    expect(page * RECORDS + record).toBe(NO_RECORD, "a record differs");
}

/** Changes a part of a record, or zeroes it. */
function change(access: MemoryAccess, page: u32, record: u32): void {
  const from = random(SIZE);
  const len: u32 = 1 + random(SIZE - from);
  const at = model + ((<usize>page) << 16) + record * SIZE + from;
  if (random(4) == 0) {
    mustBeOK(access.zeroRecordPart(FIRST + page, record * SIZE + from, len));
    memory.fill(at, 0, len);
    return;
  }
  for (let i: u32 = 0; i < len; i++) store<u8>(bytes + i, <u8>random(256));
  mustBeOK(access.writeRecordPart(FIRST + page, record * SIZE + from, bytes, len));
  memory.copy(at, bytes, len);
}

function changeAtRandom(access: MemoryAccess, times: u32): void {
  for (let i: u32 = 0; i < times; i++) {
    const page = random(PAGES);
    const record = random(RECORDS);
    read(access, page, record);
    change(access, page, record);
    if (random(3) == 0) read(access, page, record);
    if (access.manager.manyWrites) mustBeOK(access.manager.carryOutWrites());
  }
}

/** Compares all of the file, as a handle of its own finds it, with `wanted`. */
function compareFile(provider: CountingProvider, wanted: usize): void {
  for (let page: u32 = 0; page < PAGES; page++) {
    provider.read((<u64>(FIRST + page)) << 16, block, 65536);
    if (memory.compare(block, wanted + ((<usize>page) << 16), 65536) != 0) expect(page).toBe(NO_RECORD, "a page differs");
  }
}

const block: usize = heap.alloc(65536);

describe("Changes of records whose pages are not in memory", () => {
  test("wait, and their pages are read once", () => {
    const provider = filled();
    const access = opened(provider);
    changeAtRandom(access, 2000);
    expect(access.manager.commit()).toBe(OK);
    // A sector for each record, and once more from the first to the last of each page that changed: a page for each change would be 131 MB.
    expect(provider.bytesRead).toBeLessThan(2000 * 4096 + PAGES * 65536);
    compareFile(provider, model);
    access.manager.close();
  });

  test("are what is read, whatever becomes of the sectors, and gone after a rollback", () => {
    const provider = filled();
    const access = opened(provider);
    for (let round = 0; round < 6; round++) {
      changeAtRandom(access, 500);
      // Sectors go, and some pages are read as a whole.
      for (let i = 0; i < 1500; i++) read(access, random(PAGES), random(RECORDS));
      for (let i = 0; i < 5; i++) access.page(FIRST + random(PAGES));
      for (let i = 0; i < 500; i++) read(access, random(PAGES), random(RECORDS));
      if (round % 2 == 0) {
        expect(access.manager.rollback()).toBe(OK);
        memory.copy(model, committed, PAGES << 16);
      } else {
        expect(access.manager.commit()).toBe(OK);
        memory.copy(committed, model, PAGES << 16);
      }
      for (let i = 0; i < 500; i++) read(access, random(PAGES), random(RECORDS));
      compareFile(provider, committed);
    }
    access.manager.close();
  });

  test("are taken back one by one up to a mark", () => {
    const provider = filled();
    const access = opened(provider);
    changeAtRandom(access, 300);
    const mark = access.manager.undo.mark;
    memory.copy(committed, model, PAGES << 16);
    changeAtRandom(access, 300);
    expect(access.manager.undoTo(mark, 0)).toBe(OK);
    memory.copy(model, committed, PAGES << 16);
    for (let i = 0; i < 2000; i++) read(access, random(PAGES), random(RECORDS));
    expect(access.manager.commit()).toBe(OK);
    compareFile(provider, model);
    access.manager.close();
  });

  test("cost their sectors, and no page that they are alone in", () => {
    const provider = filled();
    const access = opened(provider);
    // The last ones are in memory as a whole.
    for (let page: u32 = 0; page < PAGES / 2; page++) {
      read(access, page, 500);
      change(access, page, 500);
    }
    expect(access.manager.commit()).toBe(OK);
    // For the look at it, and for what is written.
    expect(provider.bytesRead).toBe((PAGES / 2) * 2 * 4096);
    compareFile(provider, model);
    access.manager.close();
  });
});
