import {
  OK,
  OUT_OF_BOUNDS,
  NOT_A_PAGE_FILE,
  FOLDER_NOT_FOUND,
  FILE_NOT_FOUND,
  READ_ONLY,
  UNCLAIMED_PAGES_FULL,
  DAMAGED,
  DISK_FULL,
  NO_PAGE,
  fail,
  lastError,
} from "../status";
import { HeapMemoryProvider, WasiMemoryProvider, MemoryProvider } from "../memory/file/provider";
import { MemoryManager } from "../memory/manager/memory-manager";
import { MIN_FRAMES } from "../memory/cache/page-cache";
import { MemoryAccess } from "../memory/access/memory-access";
import { CHANGE_INSERT } from "../memory/base/page-change";
import { Splices } from "../memory/base/splices";
import { isZero } from "../encode/bytes";
import { unclaimedPageCount, MAX_UNCLAIMED_PAGES } from "../memory/access/unclaimed-pages";
import { U32Map } from "../memory/base/u32-map";
import { LAYOUT_0_8 } from "../memory/base/layout";
import { File } from "../wasi/file";

let seed: u32 = 1;
function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

const block: usize = heap.alloc(65536);

function fillWith(byte: u8): usize {
  memory.fill(block, byte, 65536);
  return block;
}

function newManager(provider: MemoryProvider): MemoryManager {
  const manager = new MemoryManager(provider, 0);
  while (manager.pageCount < 3) manager.growOnePage();
  manager.commit();
  return manager;
}

/** Has no room for what does not fit into memory. */
class NoSpillProvider extends HeapMemoryProvider {
  openSpill(): MemoryProvider | null {
    fail(DISK_FULL, "there is no room for a spill");
    return null;
  }
}

describe("providers", () => {
  test("the heap provider grows zeroed pages and keeps to its bounds", () => {
    const heapProvider = new HeapMemoryProvider();
    expect(heapProvider.grow(2)).toBe(OK);
    expect(heapProvider.pages).toBe(2);
    expect(heapProvider.write(65534, fillWith(7), 4)).toBe(OK, "over the edge of two pages");
    expect(heapProvider.read(65533, block, 6)).toBe(OK);
    expect(load<u32>(block)).toBe(0x07070700);
    expect(load<u16>(block, 4)).toBe(0x0007);
    expect(heapProvider.read(131071, block, 2)).toBe(OUT_OF_BOUNDS);
    expect(heapProvider.write(u64.MAX_VALUE, block, 2)).toBe(OUT_OF_BOUNDS);
    heapProvider.close();
  });

  test("the file provider keeps pages over a reopening", () => {
    const first = WasiMemoryProvider.open("/data/keep.db", false, true)!;
    expect(first.pages).toBe(0);
    expect(first.grow(3)).toBe(OK);
    expect(first.write(70000, fillWith(9), 5)).toBe(OK);
    expect(first.sync()).toBe(OK);
    expect(first.close()).toBe(OK);
    const second = WasiMemoryProvider.open("/data/keep.db", true, false)!;
    expect(second.pages).toBe(3);
    expect(second.read(69999, block, 7)).toBe(OK);
    expect(load<u8>(block)).toBe(0);
    expect(load<u32>(block, 1)).toBe(0x09090909);
    expect(load<u8>(block, 6)).toBe(0);
    expect(second.write(0, block, 1)).toBe(READ_ONLY);
    expect(second.grow(1)).toBe(READ_ONLY);
    second.close();
  });

  test("a file that is no whole number of pages, a missing file and a missing folder are refused", () => {
    const file = File.open("/data/odd.db", true, true)!;
    expect(file.setSize(65537)).toBe(OK);
    file.close();
    expect(WasiMemoryProvider.open("/data/odd.db", false, false) == null).toBe(true);
    expect(lastError.status).toBe(NOT_A_PAGE_FILE);
    expect(WasiMemoryProvider.open("/data/none.db", false, false) == null).toBe(true);
    expect(lastError.status).toBe(FILE_NOT_FOUND);
    expect(WasiMemoryProvider.open("/data/no/such.db", false, true) == null).toBe(true);
    expect(lastError.status).toBe(FOLDER_NOT_FOUND);
  });
});

describe("page cache and transactions", () => {
  test("pages of a transaction larger than the cache spill, come back, and reach the file with the commit only", () => {
    const provider = new HeapMemoryProvider();
    const manager = newManager(provider);
    const access = new MemoryAccess(manager);
    const total: u32 = MIN_FRAMES * 3;
    for (let i: u32 = 0; i < total; i++) {
      const pageNo = access.growOnePage();
      access.writeU32(pageNo, 1000, pageNo * 3);
      access.writeU32(pageNo, 65532, pageNo * 5);
    }
    expect(provider.pages).toBe(3, "nothing reaches the provider before the commit");
    for (let pageNo: u32 = 3; pageNo < total + 3; pageNo++) {
      expect(load<u32>(access.page(pageNo), 1000)).toBe(pageNo * 3);
    }
    expect(manager.commit()).toBe(OK);
    expect(provider.pages).toBe(total + 3);
    for (let pageNo: u32 = 3; pageNo < total + 3; pageNo++) {
      provider.read(((<u64>pageNo) << 16) + 1000, block, 4);
      expect(load<u32>(block)).toBe(pageNo * 3);
      provider.read(((<u64>pageNo) << 16) + 65532, block, 4);
      expect(load<u32>(block)).toBe(pageNo * 5);
    }
    manager.close();
  });

  test("rollback takes back everything since the commit, spilled pages too", () => {
    const provider = new HeapMemoryProvider();
    const manager = newManager(provider);
    const access = new MemoryAccess(manager);
    const total: u32 = MIN_FRAMES * 2;
    for (let i: u32 = 0; i < total; i++) access.writeU32(access.growOnePage(), 0, 11);
    manager.commit();
    for (let pageNo: u32 = 3; pageNo < total + 3; pageNo++) access.writeU32(pageNo, 0, 22);
    access.writeU32(access.growOnePage(), 0, 22);
    expect(manager.rollback()).toBe(OK);
    expect(manager.pageCount).toBe(total + 3);
    for (let pageNo: u32 = 3; pageNo < total + 3; pageNo++) expect(load<u32>(access.page(pageNo))).toBe(11);
    expect(access.page(total + 3)).toBe(0);
    manager.close();
  });

  test("undo against a model: every mark gives the bytes back that were there, over many spilled blocks", () => {
    const manager = newManager(new HeapMemoryProvider());
    const access = new MemoryAccess(manager);
    const pages: u32 = 8;
    for (let i: u32 = 0; i < pages; i++) access.growOnePage();
    const marks = new Array<u64>();
    const hashes = new Array<u32>();
    for (let round = 0; round < 40; round++) {
      marks.push(manager.undo.mark);
      hashes.push(checksum(access, pages));
      for (let i = 0; i < 60; i++) {
        const pageNo = 3 + random(pages);
        const at = random(60000);
        const len = 1 + random(i % 7 == 0 ? 5000 : 60);
        const tail = random(65536 - at - len + 1);
        memory.fill(block, <u8>random(256), len);
        const kind = random(4);
        if (kind == 0) access.writeAtRaw(pageNo, at, block, min(len, 65536 - at));
        else if (kind == 1) access.zeroRaw(pageNo, at, min(len, 65536 - at));
        else if (at + len + tail <= 65536 && kind == 2) access.insertBytes(pageNo, at, block, len, tail);
        else if (at + len + tail <= 65536) access.removeBytes(pageNo, at, len, tail);
      }
      if (round % 5 == 4) access.growOnePage();
    }
    const grown = manager.pageCount;
    for (let i = marks.length - 1; i >= 0; i -= 3) {
      expect(manager.undoTo(marks[i], 0)).toBe(OK);
      expect(checksum(access, pages)).toBe(hashes[i]);
    }
    expect(manager.undoTo(marks[0], 0)).toBe(OK);
    expect(checksum(access, pages)).toBe(hashes[0]);
    expect(grown).toBeGreaterThan(manager.pageCount);
    expect(manager.pageCount).toBe(pages + 3);
    manager.close();
  });

  test("splices do what insertions and removals one after the other do, and are taken back in the same way", () => {
    const manager = newManager(new HeapMemoryProvider());
    const access = new MemoryAccess(manager);
    const twinManager = newManager(new HeapMemoryProvider());
    const twin = new MemoryAccess(twinManager, false);
    const pageNo = access.growOnePage();
    twin.growOnePage();
    const splices = new Splices();
    expect(splices.isUsable).toBe(true);
    const bytes = heap.alloc(65536);
    for (let i: u32 = 0; i < 65536; i++) store<u8>(bytes + i, <u8>random(256));
    for (let round = 0; round < 300; round++) {
      // Content in front, and something behind it half of the time.
      for (let i: u32 = 0; i < 65536; i++) store<u8>(block + i, <u8>random(256));
      const used = random(round % 3 == 0 ? 65536 : 3000);
      if (round % 2 == 0) memory.fill(block + used, 0, 65536 - used);
      access.writeAtRaw(pageNo, 0, block, 65536);
      twin.writeAtRaw(pageNo, 0, block, 65536);
      const mark = manager.undo.mark;
      splices.start(used);
      let at: u32 = 0;
      for (let left = 1 + random(40); left > 0; left--) {
        at += random(used / 20 + 1);
        const len = 1 + random(round % 5 == 0 ? 4000 : 60);
        if (at > used) break;
        if (random(2) == 0) {
          if (splices.hasRoom(len)) splices.insert(at, bytes + random(60000), len);
        } else if (at + len <= used) {
          splices.remove(at, len);
          at += len;
        }
      }
      if (splices.count == 0) continue;
      expect(access.splice(pageNo, splices)).toBe(OK);
      splices.rewind();
      while (splices.next()) {
        const at = splices.pageOffset;
        if (splices.kind == CHANGE_INSERT)
          expect(twin.insertBytes(pageNo, at, splices.bytes, splices.len, splices.tailLen)).toBe(OK);
        else expect(twin.removeBytes(pageNo, at, splices.len, splices.tailLen)).toBe(OK);
      }
      expect(memory.compare(access.page(pageNo), twin.page(pageNo), 65536)).toBe(0, "the same bytes");
      expect(manager.undoTo(mark, 0)).toBe(OK);
      expect(memory.compare(access.page(pageNo), block, 65536)).toBe(0, "taken back");
      manager.undo.clear();
    }
    splices.free();
    manager.close();
    twinManager.close();
  });

  test("an undo list of more blocks than stay in memory comes back from the spill", () => {
    const manager = newManager(new HeapMemoryProvider());
    const access = new MemoryAccess(manager);
    const pageNo = access.growOnePage();
    const start = manager.undo.mark;
    for (let i: u32 = 0; i < 60; i++) {
      memory.fill(block, <u8>(i + 1), 65536);
      access.writeAtRaw(pageNo, 0, block, 65536);
    }
    const middle = manager.undo.mark;
    memory.fill(block, 0xee, 65536);
    for (let i: u32 = 0; i < 60; i++) access.writeAtRaw(pageNo, 0, block, 60000);
    expect(manager.undoTo(middle, 0)).toBe(OK);
    expect(load<u8>(access.page(pageNo), 59999)).toBe(60);
    expect(manager.undoTo(start, 0)).toBe(OK);
    expect(isZero(access.page(pageNo), 65536)).toBe(true);
    manager.close();
  });

  test("a transaction that goes to the spill and back again and again takes no more memory for it", () => {
    const manager = newManager(new HeapMemoryProvider());
    const access = new MemoryAccess(manager, false);
    const pages: u32 = 3 * MIN_FRAMES;
    while (manager.pageCount < pages) access.growOnePage();
    let before: i32 = 0;
    for (let round: u32 = 0; round < 2000; round++) {
      if (round == 10) before = memory.size();
      for (let pageNo: u32 = 3; pageNo < pages; pageNo++) access.writeU32(pageNo, 8, round);
    }
    expect(memory.size() - before).toBeLessThan(4);
    expect(manager.commit()).toBe(OK);
    for (let pageNo: u32 = 3; pageNo < pages; pageNo++) {
      manager.provider.read(((<u64>pageNo) << 16) + 8, block, 4);
      expect(load<u32>(block)).toBe(1999);
    }
    manager.close();
  });

  test("a page whose addition can't be noted is not added", () => {
    const manager = newManager(new NoSpillProvider());
    const access = new MemoryAccess(manager);
    const pageNo = access.growOnePage();
    const count = manager.pageCount;
    // An undo block for each of these, until all those that stay in memory are nearly full.
    for (let i: u32 = 0; i < 33; i++) expect(access.writeAtRaw(pageNo, 0, fillWith(<u8>(i + 1)), 65536 - 64)).toBe(OK);
    let added: u32 = 0;
    while (added < 100 && access.growOnePage() != NO_PAGE) added += 1;
    expect(added).toBeLessThan(100);
    expect(lastError.status).toBe(DISK_FULL);
    expect(manager.pageCount).toBe(count + added);
    expect(manager.undoTo(0, 0)).toBe(OK);
    expect(manager.pageCount).toBe(3);
    manager.close();
  });

  test("only dirty sectors are written", () => {
    const provider = new CountingProvider();
    const manager = newManager(provider);
    const access = new MemoryAccess(manager);
    const pageNo = access.growOnePage();
    manager.commit();
    provider.writtenBytes = 0;
    access.writeU32(pageNo, 4095, 0xffffffff);
    access.writeU32(pageNo, 40000, 1);
    manager.commit();
    expect(provider.writtenBytes).toBe(4096 * 3);
    manager.close();
  });

  test("of pages that are more than the cache holds a second scan finds most of what there is room for", () => {
    const provider = new HeapMemoryProvider();
    const manager = newManager(provider);
    while (manager.pageCount < 3 * MIN_FRAMES) manager.growOnePage();
    manager.commit();
    const scan = (manager: MemoryManager): u64 => {
      const before = manager.cache.misses;
      const since = manager.cache.lookups;
      for (let pageNo: u32 = 1; pageNo < manager.pageCount; pageNo++) {
        manager.pageInPassing(pageNo, since);
        // As a scan asks its ledger.
        for (let i = 0; i < 3; i++) manager.page(0);
      }
      return manager.cache.misses - before;
    };
    scan(manager);
    for (let i = 0; i < 3; i++) expect(scan(manager)).toBeLessThan(<u64>manager.pageCount - MIN_FRAMES / 2);
    // What is looked up otherwise has its room, and what changes is kept as other pages are.
    for (let i = 0; i < 40; i++) manager.page(i + 1);
    const before = manager.cache.misses;
    for (let i = 30; i < 40; i++) manager.page(i + 1);
    expect(manager.cache.misses).toBe(before);
    manager.close();
  });

  test("accesses outside of a page or of the file are refused", () => {
    const manager = newManager(new HeapMemoryProvider());
    const access = new MemoryAccess(manager);
    expect(access.writeAtRaw(2, 65533, block, 4)).toBe(OUT_OF_BOUNDS);
    expect(access.writeAtRaw(3, 0, block, 4)).toBe(OUT_OF_BOUNDS);
    expect(access.readAtRaw(2, 65536, block, 1)).toBe(OUT_OF_BOUNDS);
    expect(access.readAt(2, 33, 32, block, 1)).toBe(OUT_OF_BOUNDS, "not aligned");
    expect(access.zeroRaw(0, 1, u32.MAX_VALUE)).toBe(OUT_OF_BOUNDS);
    expect(access.insertBytes(0, 65000, block, 300, 300)).toBe(OUT_OF_BOUNDS);
    manager.close();
  });

  test("writeAt zeroes the padding up to the alignment, and zero takes the same bytes", () => {
    const manager = newManager(new HeapMemoryProvider());
    const access = new MemoryAccess(manager);
    access.writeAtRaw(2, 0, fillWith(0xaa), 200);
    expect(access.writeAt(2, 64, 32, fillWith(0xbb), 40)).toBe(OK);
    expect(load<u8>(access.page(2), 103)).toBe(0xbb);
    expect(load<u64>(access.page(2), 104)).toBe(0);
    expect(load<u8>(access.page(2), 127)).toBe(0);
    expect(load<u8>(access.page(2), 128)).toBe(0xaa);
    expect(access.zero(2, 64, 32, 40)).toBe(OK);
    expect(isZero(access.page(2) + 64, 64)).toBe(true);
    expect(load<u8>(access.page(2), 63)).toBe(0xaa);
    manager.close();
  });
});

class CountingProvider extends HeapMemoryProvider {
  writtenBytes: u64 = 0;
  write(fileOffset: u64, ptr: usize, len: u32): i32 {
    this.writtenBytes += len;
    return super.write(fileOffset, ptr, len);
  }
}

function checksum(access: MemoryAccess, pages: u32): u32 {
  let sum: u32 = 17;
  for (let pageNo: u32 = 3; pageNo < 3 + pages; pageNo++) {
    const page = access.page(pageNo);
    for (let i: u32 = 0; i < 65536; i += 4) sum = sum * 31 + load<u32>(page + i);
  }
  return sum;
}

describe("pages of nobody, in a layout without a list of them", () => {
  test("what is given up is taken again, the last one first, and each once", () => {
    const manager = newManager(new HeapMemoryProvider());
    manager.layout = LAYOUT_0_8;
    const access = new MemoryAccess(manager);
    const a = access.claimPage();
    const b = access.claimPage();
    expect(access.writeAtRaw(a, 0, fillWith(7), 4)).toBe(OK);
    expect(access.writeAtRaw(b, 0, fillWith(7), 4)).toBe(OK);
    const mark = manager.undo.mark;
    const redoMark = manager.redoMark;
    // Taken back, the page is its owner's again.
    expect(access.unclaimPage(a)).toBe(OK);
    expect(manager.undoTo(mark, redoMark)).toBe(OK);
    const pages = manager.pageCount;
    expect(access.claimPage()).toBe(pages, "it is not empty, and a new one is taken");
    for (let times = 0; times < 3; times++) {
      expect(access.unclaimPage(a)).toBe(OK);
      if (times < 2) expect(manager.undoTo(mark, redoMark)).toBe(OK);
    }
    expect(access.unclaimPage(b)).toBe(OK);
    expect(access.claimPage()).toBe(b);
    expect(access.claimPage()).toBe(a);
    expect(access.claimPage()).toBe(manager.pageCount - 1, "none is left");
    manager.close();
  });

  test("a page that a rollback took off the file's end is not one of them, nor is it when it is there again", () => {
    const manager = newManager(new HeapMemoryProvider());
    manager.layout = LAYOUT_0_8;
    const access = new MemoryAccess(manager);
    const end = manager.pageCount;
    const mark = manager.undo.mark;
    const redoMark = manager.redoMark;
    for (let times = 0; times < 2; times++) {
      for (let i = 0; i < 6; i++) expect(access.claimPage()).toBe(end + i);
      for (let i = 0; i < 6; i++) expect(access.unclaimPage(end + i)).toBe(OK);
      expect(manager.undoTo(mark, redoMark)).toBe(OK);
      expect(manager.pageCount).toBe(end);
    }
    // New ones, which are empty and somebody's.
    for (let i = 0; i < 6; i++) expect(access.claimPage()).toBe(end + i);
    manager.close();
  });

  test("a rollback gives back what was taken, and forgets what was given up", () => {
    const manager = newManager(new HeapMemoryProvider());
    manager.layout = LAYOUT_0_8;
    const access = new MemoryAccess(manager);
    const end = manager.pageCount;
    for (let i = 0; i < 3; i++) expect(access.writeAtRaw(access.claimPage(), 0, fillWith(7), 4)).toBe(OK);
    expect(access.unclaimPage(end)).toBe(OK);
    expect(manager.commit()).toBe(OK);
    for (let times = 0; times < 3; times++) {
      expect(access.claimPage()).toBe(end);
      expect(access.unclaimPage(end + 1)).toBe(OK);
      expect(manager.rollback()).toBe(OK);
    }
    expect(access.claimPage()).toBe(end);
    expect(access.claimPage()).toBe(end + 3, "a new one");
    manager.close();
  });
});

describe("unclaimed pages", () => {
  test("the page given back last is claimed first, zeroed, and the file doesn't grow", () => {
    const manager = newManager(new HeapMemoryProvider());
    const access = new MemoryAccess(manager);
    const a = access.claimPage();
    const b = access.claimPage();
    expect(a).toBe(3);
    expect(b).toBe(4);
    access.writeU32(a, 0, 5);
    expect(access.unclaimPage(a)).toBe(OK);
    expect(access.unclaimPage(b)).toBe(OK);
    expect(unclaimedPageCount(access)).toBe(2);
    expect(access.claimPage()).toBe(b);
    expect(access.claimPage()).toBe(a);
    expect(load<u32>(access.page(a))).toBe(0);
    expect(access.claimPage()).toBe(5);
    manager.close();
  });

  test("a full ledger, a reserved page, and a page that is not empty are refused", () => {
    const manager = newManager(new HeapMemoryProvider());
    const access = new MemoryAccess(manager);
    const page = access.claimPage();
    access.writeU32(2, 0, MAX_UNCLAIMED_PAGES);
    expect(access.unclaimPage(page)).toBe(UNCLAIMED_PAGES_FULL);
    access.writeU32(2, 0, 1);
    access.writeU32(2, 4, 1);
    expect(access.claimPage()).toBe(NO_PAGE);
    expect(lastError.status).toBe(DAMAGED);
    access.writeU32(2, 4, page);
    access.writeU32(page, 500, 1);
    expect(access.claimPage()).toBe(NO_PAGE);
    expect(lastError.status).toBe(DAMAGED);
    access.writeU32(2, 0, 0xffffff);
    expect(access.claimPage()).toBe(NO_PAGE);
    manager.close();
  });
});

describe("U32Map", () => {
  test("agrees with a Map over random sets and deletes", () => {
    const map = new U32Map();
    const model = new Map<u32, u32>();
    for (let i = 0; i < 20000; i++) {
      const key = random(700) * 64;
      if (random(3) == 0) {
        map.delete(key);
        model.delete(key);
      } else {
        map.set(key, i);
        model.set(key, i);
      }
      expect(map.count).toBe(model.size);
    }
    for (let key: u32 = 0; key < 700 * 64; key += 64) {
      expect(map.get(key, 0xfffffff0)).toBe(model.has(key) ? model.get(key) : 0xfffffff0);
    }
    map.free();
  });
});
