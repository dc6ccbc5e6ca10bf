/**
 * The schema registry: which tables there are, and the pages of each (`docs/format.md`, "Schema registry").
 *
 *   page 0  | schema_hash u64 | table_count u64 | entries |
 *   entry   | fingerprint u64 | snapshot u32 | page ledger u32 | free segments u32 | index ledger u32 | auto u8 | [auto page u32] |
 */
import { Status, OK, PAGE_FULL, NO_PAGE, fail, damaged } from "../status";
import { MemoryAccess } from "../memory/memory-access";
import { PAGE_SIZE, SCHEMA_PAGE } from "../memory/layout";
import { ByteBuffer } from "../encode/byte-buffer";
import { xxh3 } from "../encode/xxh3";
import { SNAPSHOT_VERSION } from "./table-schema-snapshot";

const HASH_OFFSET: u32 = 0;
const COUNT_OFFSET: u32 = HASH_OFFSET + 8;
const ENTRIES_OFFSET: u32 = COUNT_OFFSET + 8;
const ENTRY_SIZE: u32 = 8 + 4 * 4 + 1;

/** The pages that a table owns by itself (`TableRegistryPage` in the reference). */
export class TablePages {
  fingerprint: u64 = 0;
  snapshot: u32 = NO_PAGE;
  pageLedger: u32 = NO_PAGE;
  freeSegments: u32 = NO_PAGE;
  indexLedger: u32 = NO_PAGE;
  /** `NO_PAGE` when no column is auto-incremented. */
  autoincrement: u32 = NO_PAGE;
}

/** The fingerprint of a table's name: XXH3-64 of its UTF-8. */
export function fingerprintOf(name: string): u64 {
  const bytes = String.UTF8.encode(name);
  return xxh3(changetype<usize>(bytes), bytes.byteLength);
}

/** The stored hash over all snapshots. */
export function storedSchemaHash(access: MemoryAccess): u64 {
  const page = access.page(SCHEMA_PAGE);
  return page == 0 ? 0 : load<u64>(page, HASH_OFFSET);
}

/** The registry's entries, in the file's order; null when they can't be read or point outside of the file. */
export function readRegistry(access: MemoryAccess): Array<TablePages> | null {
  const page = access.page(SCHEMA_PAGE);
  if (page == 0) return null;
  const count = load<u64>(page, COUNT_OFFSET);
  const list = new Array<TablePages>();
  if (count > (PAGE_SIZE - ENTRIES_OFFSET) / ENTRY_SIZE) {
    damaged(SCHEMA_PAGE, COUNT_OFFSET, "the schema registry counts " + count.toString() + " tables, more than a page holds");
    return null;
  }
  let at: u32 = ENTRIES_OFFSET;
  for (let i: u64 = 0; i < count; i++) {
    const entryStart = at;
    const entry = new TablePages();
    if (at + ENTRY_SIZE + 4 > PAGE_SIZE) {
      damaged(SCHEMA_PAGE, at, "the schema registry runs over its page");
      return null;
    }
    entry.fingerprint = load<u64>(page + at);
    entry.snapshot = load<u32>(page + at, 8);
    entry.pageLedger = load<u32>(page + at, 12);
    entry.freeSegments = load<u32>(page + at, 16);
    entry.indexLedger = load<u32>(page + at, 20);
    const hasAutoincrement = load<u8>(page + at, 24);
    at += ENTRY_SIZE;
    if (hasAutoincrement == 1) {
      entry.autoincrement = load<u32>(page + at);
      at += 4;
    }
    const pages = access.manager.pageCount;
    if (
      entry.snapshot >= pages ||
      entry.pageLedger >= pages ||
      entry.freeSegments >= pages ||
      entry.indexLedger >= pages ||
      (hasAutoincrement == 1 && entry.autoincrement >= pages) ||
      hasAutoincrement > 1
    ) {
      damaged(SCHEMA_PAGE, entryStart, "a table's entry in the schema registry names a page outside of the file");
      return null;
    }
    list.push(entry);
  }
  return list;
}

/** Writes entries and hash; what stood behind a longer list is zeroed. */
export function writeRegistry(access: MemoryAccess, entries: Array<TablePages>, schemaHash: u64): Status {
  const out = new ByteBuffer(1024);
  out.addU64(schemaHash);
  out.addU64(entries.length);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    out.addU64(entry.fingerprint);
    out.addU32(entry.snapshot);
    out.addU32(entry.pageLedger);
    out.addU32(entry.freeSegments);
    out.addU32(entry.indexLedger);
    out.addU8(entry.autoincrement != NO_PAGE ? 1 : 0);
    if (entry.autoincrement != NO_PAGE) out.addU32(entry.autoincrement);
  }
  let status = OK;
  if (out.len > PAGE_SIZE) {
    status = fail(PAGE_FULL, "the schema registry has no room for one more table; it lists " + (entries.length - 1).toString());
  } else {
    status = access.writeAtRaw(SCHEMA_PAGE, 0, out.ptr, out.len);
    if (status == OK) status = access.zeroRaw(SCHEMA_PAGE, out.len, PAGE_SIZE - out.len);
  }
  out.free();
  return status;
}

/**
 * The hash over all snapshots: XXH3-64 over the snapshot version and, for each table in the order of names, u64 length and snapshot.
 * `names` and `snapshots` (page numbers and byte lengths) go together and are sorted by name already. 0 with `lastError` on failure.
 */
export function computeSchemaHash(access: MemoryAccess, snapshotPages: Array<u32>, snapshotLens: Array<u32>): u64 {
  const out = new ByteBuffer(4096);
  out.addU8(SNAPSHOT_VERSION);
  for (let i = 0; i < snapshotPages.length; i++) {
    const page = access.page(snapshotPages[i]);
    if (page == 0) {
      out.free();
      return 0;
    }
    out.addU64(snapshotLens[i]);
    out.addBytes(page, snapshotLens[i]);
  }
  const hash = xxh3(out.ptr, out.len);
  out.free();
  return hash;
}

/** Whether `pages` names no page twice and only pages that can belong to a table. */
export function checkTablePages(access: MemoryAccess, pages: TablePages): Status {
  const least = access.manager.reservedPages;
  const list: StaticArray<u32> = [pages.snapshot, pages.pageLedger, pages.freeSegments, pages.indexLedger, pages.autoincrement];
  for (let i = 0; i < list.length; i++) {
    if (list[i] == NO_PAGE) continue;
    if (list[i] < least) return damaged(SCHEMA_PAGE, -1, "the schema registry names the reserved page " + list[i].toString());
    for (let j = 0; j < i; j++) {
      if (list[j] == list[i])
        return damaged(SCHEMA_PAGE, -1, "the schema registry names page " + list[i].toString() + " twice for one table");
    }
  }
  return OK;
}
