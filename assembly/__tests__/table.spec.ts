import {
  OK,
  TOO_MANY_RECORD_PAGES,
  RECORD_TOO_LARGE,
  AUTOINCREMENT_OVERFLOW,
  DAMAGED,
  OUT_OF_BOUNDS,
  lastError,
} from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { HeapMemoryProvider } from "../memory/file/provider";
import { MemoryManager } from "../memory/manager/memory-manager";
import { isZero } from "../encode/bytes";
import { PageLedger, MAX_RECORD_PAGES, NO_ADDRESS, addressOf, addressPage, addressOffset, alignUp } from "../table/page-ledger";
import { FreeSegmentsLedger } from "../table/free-segments-ledger";
import { AutoincrementLedger, loadInteger } from "../table/autoincrement-ledger";
import { TableRegistry } from "../table/table-registry";
import { TableReader } from "../table/table-reader";
import { ByteBuffer } from "../encode/byte-buffer";
import { TYPE_INT8, TYPE_UINT64, TYPE_TEXT, TYPE_UINT16 } from "../encode/data-type";
import { Column, FLAG_AUTO } from "../schema/column";

let seed: u32 = 3;
function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

const body: usize = heap.alloc(65536);

class Fixture {
  access: MemoryAccess;
  ledger: PageLedger;
  segments: FreeSegmentsLedger;
  registry: TableRegistry;

  constructor(alignment: u32, fixedBody: u32) {
    const manager = new MemoryManager(new HeapMemoryProvider(), 0);
    const access = new MemoryAccess(manager);
    while (manager.pageCount < 3) access.growOnePage();
    const ledger = new PageLedger(access, access.claimPage());
    const segments = new FreeSegmentsLedger(access, access.claimPage());
    this.access = access;
    this.ledger = ledger;
    this.segments = segments;
    this.registry = new TableRegistry(access, ledger, segments, alignment, fixedBody);
  }
}

function insert(fixture: Fixture, len: u32, byte: u8): u64 {
  memory.fill(body, byte, len);
  return fixture.registry.insert(body, len);
}

describe("records", () => {
  test("slots are aligned, and a full page is followed by a new one", () => {
    const fixture = new Fixture(32, 0);
    const a = insert(fixture, 31, 1);
    const b = insert(fixture, 30, 2);
    const c = insert(fixture, 1, 3);
    expect(addressOffset(a)).toBe(0);
    expect(addressOffset(b)).toBe(64, "2 + 31 bytes take two units of 32");
    expect(addressOffset(c)).toBe(96, "2 + 30 bytes take one");
    expect(fixture.ledger.freeAt(0)).toBe(65536 - 128);
    const d = insert(fixture, 65000, 4);
    const e = insert(fixture, 1000, 5);
    expect(addressPage(d)).toBe(addressPage(a));
    expect(addressPage(e)).not.toBe(addressPage(a));
    expect(fixture.ledger.count).toBe(2);
  });

  test("no record ends where its page ends", () => {
    // Slots of 64 bytes fill a page without rest; the last one stays unused.
    const fixture = new Fixture(62, 62);
    let address: u64 = 0;
    for (let i = 0; i < 1023; i++) address = insert(fixture, 62, 1);
    expect(addressOffset(address)).toBe(65536 - 128);
    expect(addressOffset(insert(fixture, 62, 1))).toBe(0, "on the next page");
    expect(fixture.ledger.freeAt(0)).toBe(0, "nor may the reference put one there");
    const dynamic = new Fixture(32, 0);
    expect(addressOffset(insert(dynamic, 65534 - 32, 1))).toBe(0);
    expect(addressPage(insert(dynamic, 30, 1))).not.toBe(
      addressPage(insert(dynamic, 20, 1)),
      "30 bytes would end at the page's end",
    );
    expect(insert(dynamic, 65534, 1)).toBe(NO_ADDRESS);
    expect(lastError.status).toBe(RECORD_TOO_LARGE);
    expect(insert(dynamic, 65533, 1)).not.toBe(NO_ADDRESS);
  });

  test("alignments that do not divide a page never cross its end", () => {
    const fixture = new Fixture(24, 0);
    for (let i = 0; i < 6000; i++) {
      const address = insert(fixture, 21, 7);
      expect(addressOffset(address) % 24).toBe(0);
      expect(addressOffset(address) + 24).toBeLessThan(65537);
    }
    expect(fixture.ledger.count).toBe(3);
  });

  test("a delete zeroes the slot, and the segment is split, reused and merged", () => {
    const fixture = new Fixture(32, 0);
    const list = new Array<u64>();
    for (let i = 0; i < 4; i++) list.push(insert(fixture, 90, <u8>i + 1));
    expect(fixture.registry.delete(list[1])).toBe(OK);
    expect(isZero(fixture.access.page(addressPage(list[1])) + addressOffset(list[1]), 96)).toBe(true);
    expect(insert(fixture, 30, 9)).toBe(list[1], "the hole is used from its start");
    expect(insert(fixture, 62, 9)).toBe(list[1] + 32, "and its rest");
    expect(addressOffset(insert(fixture, 10, 9))).toBe(96 * 4, "nothing is left of it");
    // Neighbours on both sides merge into one segment.
    fixture.registry.delete(list[0]);
    fixture.registry.delete(list[2]);
    fixture.registry.delete(list[1] + 32);
    fixture.registry.delete(list[1]);
    const segmentsPage = fixture.segments.segmentsPageAt(0);
    expect(fixture.segments.countOn(segmentsPage)).toBe(1);
    const segment = fixture.access.page(segmentsPage) + 2;
    expect(load<u16>(segment, 4)).toBe(0);
    expect(load<u16>(segment, 6)).toBe(288);
  });

  test("a page that is free as a whole is listed with 65,535 bytes, and all of it can be used", () => {
    const fixture = new Fixture(32, 0);
    const a = insert(fixture, 32766, 1);
    const b = insert(fixture, 32765, 2);
    expect(addressOffset(b)).toBe(32768);
    fixture.registry.delete(a);
    fixture.registry.delete(b);
    expect(load<u16>(fixture.access.page(fixture.segments.segmentsPageAt(0)) + 2, 6)).toBe(65535);
    expect(insert(fixture, 32766, 1)).toBe(a);
    expect(insert(fixture, 32765, 1)).toBe(b, "the last byte counts though it is not listed");
    expect(fixture.ledger.count).toBe(1);
  });

  test("a record that fills a page leaves the whole page free", () => {
    const fixture = new Fixture(32, 0);
    const a = insert(fixture, 65503, 1);
    fixture.registry.delete(a);
    const segment = fixture.access.page(fixture.segments.segmentsPageAt(0)) + 2;
    expect(load<u16>(segment, 4)).toBe(0);
    expect(load<u16>(segment, 6)).toBe(65535, "65,536 does not fit");
    expect(insert(fixture, 65533, 2)).toBe(a);
    expect(fixture.segments.countOn(fixture.segments.segmentsPageAt(0))).toBe(0);
    expect(fixture.ledger.count).toBe(1);
  });

  test("updates stay in place when the slot is of one size, and move when it is not", () => {
    const fixture = new Fixture(32, 0);
    const a = insert(fixture, 40, 1);
    const b = insert(fixture, 40, 2);
    memory.fill(body, 5, 100);
    expect(fixture.registry.update(a, body, 50)).toBe(a);
    expect(fixture.registry.update(a, body, 45)).toBe(a);
    expect(fixture.registry.bodyLength(a)).toBe(45);
    expect(isZero(fixture.registry.body(a, 62) + 45, 17)).toBe(true);
    const moved = fixture.registry.update(a, body, 100);
    expect(moved).not.toBe(a);
    expect(fixture.registry.bodyLength(moved)).toBe(100);
    expect(fixture.registry.bodyLength(a)).toBe(0, "the old slot is empty");
    expect(lastError.status).toBe(DAMAGED);
    expect(fixture.registry.bodyLength(b)).toBe(40);
    expect(fixture.registry.bodyLength(b + 1)).toBe(0);
    expect(lastError.status).toBe(OUT_OF_BOUNDS, "no record stands between the units");
  });

  test("against a model: records of random sizes come, change and go; the scan gives each of them once", () => {
    const fixture = new Fixture(40, 0);
    const model = new Map<u64, u32>();
    for (let i = 0; i < 6000; i++) {
      const addresses = model.keys();
      const choice = random(10);
      if (choice < 5 || addresses.length == 0) {
        const len = 1 + random(random(20) == 0 ? 20000 : 300);
        const address = insert(fixture, len, (<u8>len) | 1);
        if (model.has(address)) expect(i).toBe(-1, "two records in one place");
        model.set(address, len);
      } else {
        const victim = addresses[random(addresses.length)];
        if (choice < 8) {
          expect(fixture.registry.delete(victim)).toBe(OK);
          model.delete(victim);
        } else {
          const len = 1 + random(400);
          memory.fill(body, (<u8>len) | 1, len);
          model.delete(victim);
          model.set(fixture.registry.update(victim, body, len), len);
        }
      }
    }
    const reader = new TableReader(fixture.access, fixture.registry);
    let count = 0;
    let previous: u64 = 0;
    while (reader.next()) {
      count += 1;
      if (!model.has(reader.address) || model.get(reader.address) != reader.bodyLen) expect(count).toBe(-1, "not in the model");
      for (let i: u32 = 0; i < reader.bodyLen; i++) {
        if (load<u8>(reader.body + i) != ((<u8>reader.bodyLen) | 1)) expect(count).toBe(-2, "overwritten");
      }
      expect(reader.address + 1).toBeGreaterThan(previous);
      previous = reader.address + 1;
    }
    expect(reader.status).toBe(OK);
    expect(count).toBe(model.size);
  });
});

describe("page ledger", () => {
  test("stays in the order of page numbers when a low page is claimed late", () => {
    const fixture = new Fixture(32, 0);
    const low = fixture.access.claimPage();
    insert(fixture, 60000, 1);
    fixture.access.unclaimPage(low);
    const address = insert(fixture, 60000, 2);
    expect(addressPage(address)).toBe(low);
    expect(fixture.ledger.pageAt(0)).toBe(low);
    expect(fixture.ledger.pageAt(1)).toBeGreaterThan(low);
  });

  test("takes no more pages than the reference can list", () => {
    const fixture = new Fixture(32, 0);
    const page = fixture.access.claimPage();
    for (let i: u32 = 0; i < MAX_RECORD_PAGES; i++) {
      fixture.access.writeU32(fixture.ledger.pageNo, 4 + i * 12, page);
    }
    fixture.access.writeU32(fixture.ledger.pageNo, 0, MAX_RECORD_PAGES);
    expect(insert(fixture, 60000, 2)).toBe(NO_ADDRESS);
    expect(lastError.status).toBe(TOO_MANY_RECORD_PAGES);
  });

  test("a count that the page can't hold, and a page that can't be, are damage", () => {
    const fixture = new Fixture(32, 0);
    insert(fixture, 10, 1);
    fixture.access.writeU32(fixture.ledger.pageNo, 4, 70000);
    expect(insert(fixture, 10, 1)).toBe(NO_ADDRESS);
    expect(lastError.status).toBe(DAMAGED);
    fixture.access.writeU32(fixture.ledger.pageNo, 0, 5462);
    expect(insert(fixture, 10, 1)).toBe(NO_ADDRESS);
    expect(lastError.status).toBe(DAMAGED);
  });

  test("aligns to numbers that are no powers of two", () => {
    expect(alignUp(0, 24)).toBe(0);
    expect(alignUp(1, 24)).toBe(24);
    expect(alignUp(48, 24)).toBe(48);
    expect(alignUp(49, 24)).toBe(72);
  });
});

describe("free segments", () => {
  test("more than a page of them go on a second one; a search finds those too", () => {
    const fixture = new Fixture(8, 0);
    const a = fixture.access.claimPage();
    const b = fixture.access.claimPage();
    const c = fixture.access.claimPage();
    const pages: StaticArray<u32> = [a, b, c];
    let given = 0;
    for (let i = 0; i < 3; i++) {
      for (let at: u32 = 0; at < 65536 && given < 9000; at += 16) {
        expect(fixture.segments.give(addressOf(pages[i], at), 8)).toBe(OK);
        given += 1;
      }
    }
    expect(fixture.segments.pageTotal).toBe(2);
    expect(fixture.segments.countOn(fixture.segments.segmentsPageAt(0))).toBe(8191);
    expect(fixture.segments.countOn(fixture.segments.segmentsPageAt(1))).toBe(9000 - 8191);
    expect(fixture.segments.take(16, 10, 8)).toBe(NO_ADDRESS);
    expect(lastError.status).toBe(OK);
    fixture.segments.give(addressOf(c, 40000), 24);
    expect(fixture.segments.take(16, 10, 8)).toBe(addressOf(c, 40000));
    expect(fixture.segments.take(8, 8, 8)).toBe(addressOf(a, 0));
  });

  test("bytes that are listed as free but are not empty are damage, not room", () => {
    const fixture = new Fixture(32, 0);
    const a = insert(fixture, 10, 1);
    insert(fixture, 10, 1);
    fixture.registry.delete(a);
    fixture.access.writeU32(addressPage(a), 8, 77);
    expect(insert(fixture, 10, 1)).toBe(NO_ADDRESS);
    expect(lastError.status).toBe(DAMAGED);
  });
});

describe("autoincrement", () => {
  test("counts from 1, takes higher explicit values, and stops at the type's end", () => {
    const manager = new MemoryManager(new HeapMemoryProvider(), 0);
    const access = new MemoryAccess(manager);
    while (manager.pageCount < 3) access.growOnePage();
    const small = new Column("small", TYPE_INT8, FLAG_AUTO);
    const large = new Column("large", TYPE_UINT64, FLAG_AUTO);
    const columns: Array<Column> = [small, new Column("other", TYPE_TEXT), large];
    const ledger = new AutoincrementLedger(access, access.claimPage());
    expect(ledger.init(columns)).toBe(OK);
    const out = new ByteBuffer();
    expect(ledger.next(small, out)).toBe(OK);
    expect(ledger.next(small, out)).toBe(OK);
    expect(ledger.next(large, out)).toBe(OK);
    expect(out.len).toBe(10);
    expect(load<i8>(out.ptr)).toBe(1);
    expect(load<i8>(out.ptr, 1)).toBe(2);
    expect(load<u64>(out.ptr, 2)).toBe(1);
    store<i8>(out.ptr, -5);
    expect(ledger.raiseTo(small, out.ptr)).toBe(OK);
    expect(<i8>ledger.current(small)).toBe(2, "a lower value does not move the counter");
    store<i8>(out.ptr, 126);
    ledger.raiseTo(small, out.ptr);
    out.reset();
    expect(ledger.next(small, out)).toBe(OK);
    expect(load<i8>(out.ptr)).toBe(127);
    expect(ledger.next(small, out)).toBe(AUTOINCREMENT_OVERFLOW);
    expect(out.len).toBe(1);
    store<u64>(out.ptr, u64.MAX_VALUE);
    ledger.raiseTo(large, out.ptr);
    expect(ledger.next(large, out)).toBe(AUTOINCREMENT_OVERFLOW);
    expect(ledger.next(new Column("large", TYPE_UINT16, FLAG_AUTO), out)).toBe(DAMAGED, "another type than the ledger's");
    expect(ledger.next(new Column("none", TYPE_INT8, FLAG_AUTO), out)).toBe(DAMAGED);
    expect(loadInteger(TYPE_INT8, out.ptr)).toBe(u64.MAX_VALUE, "sign-extended");
  });
});
