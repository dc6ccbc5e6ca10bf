/**
 * The schema registry: which tables there are, and the pages of each (`docs/format.md`, "Schema registry").
 *
 *   page 0  | schema_hash u64 | table_count u64 | entries |                                   (before 0.9: no schema_hash)
 *   entry   | fingerprint u64 | snapshot u32 | page ledger u32 | free segments u32 | index ledger u32 | auto u8 | [auto page u32] |
 *   0.8     | fingerprint u64 | page ledger u32 | free segments u32 | index ledger u32 | auto u8 | [auto page u32] |
 *   0.6     | fingerprint u64 | page ledger u32 | free segments u32 |
 */
import { Status, OK, PAGE_FULL, NO_PAGE, fail, damaged } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { LAYOUT_0_6, LAYOUT_0_8, PAGE_SIZE, SCHEMA_PAGE, hasDefinitions, hasIndexes } from "../memory/base/layout";
import { ByteBuffer } from "../encode/byte-buffer";
import { isZero } from "../encode/bytes";
import { hex64 } from "../encode/uuid";
import { xxh3 } from "../encode/xxh3";
import { SNAPSHOT_VERSION, TableSchemaSnapshot } from "./table-schema-snapshot";

const HASH_OFFSET: u32 = 0;

/** Where a layout's registry has what: bytes on the page, and in an entry, where 0 is "not at all". */
export class RegistryForm {
  readonly countAt: u32;
  readonly entriesAt: u32;
  readonly snapshotAt: u32;
  readonly pageLedgerAt: u32;
  readonly freeSegmentsAt: u32;
  readonly indexLedgerAt: u32;
  /** Whether there is an autoincrement ledger; its page, if there is, comes behind the entry. */
  readonly autoAt: u32;
  /** Bytes of an entry without the autoincrement ledger's page. */
  readonly entrySize: u32;
  /** Numbers of pages in an entry without that one. */
  readonly pageFields: u32;

  constructor(layout: u8) {
    const defined = hasDefinitions(layout);
    const indexed = hasIndexes(layout);
    const countAt: u32 = defined ? 8 : 0;
    const ledger: u32 = defined ? 12 : 8;
    this.countAt = countAt;
    this.entriesAt = countAt + 8;
    this.snapshotAt = defined ? 8 : 0;
    this.pageLedgerAt = ledger;
    this.freeSegmentsAt = ledger + 4;
    this.indexLedgerAt = indexed ? ledger + 8 : 0;
    this.autoAt = indexed ? ledger + 12 : 0;
    this.entrySize = indexed ? ledger + 13 : ledger + 8;
    this.pageFields = 2 + <u32>defined + <u32>indexed;
  }

  /** The most tables that a page can list. */
  get most(): u32 {
    return (PAGE_SIZE - this.entriesAt) / this.entrySize;
  }

  /** Whether the entry at `entry` says that an autoincrement ledger's page follows. */
  hasAuto(entry: usize): bool {
    return this.autoAt != 0 && load<u8>(entry + this.autoAt) == 1;
  }
}

const formDefined: RegistryForm = new RegistryForm(u8.MAX_VALUE);
const form8: RegistryForm = new RegistryForm(LAYOUT_0_8);
const form6: RegistryForm = new RegistryForm(LAYOUT_0_6);

/** The form of the registry in `layout`. */
export function registryForm(layout: u8): RegistryForm {
  return layout == LAYOUT_0_6 ? form6 : layout == LAYOUT_0_8 ? form8 : formDefined;
}

/** The pages that a table owns by itself (`TableRegistryPage` in the reference). */
export class TablePages {
  fingerprint: u64 = 0;
  /** `NO_PAGE` in a layout without definitions. */
  snapshot: u32 = NO_PAGE;
  pageLedger: u32 = NO_PAGE;
  freeSegments: u32 = NO_PAGE;
  /** `NO_PAGE` in a layout without indexes. */
  indexLedger: u32 = NO_PAGE;
  /** `NO_PAGE` when no column is auto-incremented. */
  autoincrement: u32 = NO_PAGE;

  /** The same pages under another name; these where it is the same one. */
  named(name: string): TablePages {
    const fingerprint = fingerprintOf(name);
    if (fingerprint == this.fingerprint) return this;
    const pages = new TablePages();
    pages.fingerprint = fingerprint;
    pages.snapshot = this.snapshot;
    pages.pageLedger = this.pageLedger;
    pages.freeSegments = this.freeSegments;
    pages.indexLedger = this.indexLedger;
    pages.autoincrement = this.autoincrement;
    return pages;
  }
}

/** How an entry is called whose table's name is not known: `#` and the fingerprint. */
export function fingerprintText(fingerprint: u64): string {
  return "#" + hex64(fingerprint);
}

/** The fingerprint of a table's name: XXH3-64 of its UTF-8. */
export function fingerprintOf(name: string): u64 {
  const bytes = String.UTF8.encode(name);
  return xxh3(changetype<usize>(bytes), bytes.byteLength);
}

/** The stored hash over all snapshots; 0 where there are none. */
export function storedSchemaHash(access: MemoryAccess): u64 {
  if (!hasDefinitions(access.manager.layout)) return 0;
  const page = access.page(SCHEMA_PAGE);
  return page == 0 ? 0 : load<u64>(page, HASH_OFFSET);
}

/** The registry's entries, in the file's order; null when they can't be read or point outside of the file. */
export function readRegistry(access: MemoryAccess, layout: u8 = access.manager.layout): Array<TablePages> | null {
  const page = access.page(SCHEMA_PAGE);
  if (page == 0) return null;
  const form = registryForm(layout);
  const count = load<u64>(page + form.countAt);
  const list = new Array<TablePages>();
  if (count > form.most) {
    const what = "the schema registry counts " + count.toString() + " tables, more than a page holds";
    damaged(SCHEMA_PAGE, form.countAt, what);
    return null;
  }
  let at = form.entriesAt;
  for (let i: u64 = 0; i < count; i++) {
    const entry = page + at;
    const size = at + form.entrySize <= PAGE_SIZE && form.hasAuto(entry) ? form.entrySize + 4 : form.entrySize;
    if (at + size > PAGE_SIZE) {
      damaged(SCHEMA_PAGE, at, "the schema registry runs over its page");
      return null;
    }
    const pages = readEntry(form, entry);
    if (!isInside(form, entry, pages, access.manager.pageCount)) {
      damaged(SCHEMA_PAGE, at, "a table's entry in the schema registry names a page outside of the file");
      return null;
    }
    list.push(pages);
    at += size;
  }
  if (hasDefinitions(layout) || isOldRegistry(access, layout)) return list;
  return count == 0 && isZero(page, PAGE_SIZE) ? list : oldRegistryDamaged();
}

function readEntry(form: RegistryForm, entry: usize): TablePages {
  const pages = new TablePages();
  pages.fingerprint = load<u64>(entry);
  if (form.snapshotAt != 0) pages.snapshot = load<u32>(entry + form.snapshotAt);
  pages.pageLedger = load<u32>(entry + form.pageLedgerAt);
  pages.freeSegments = load<u32>(entry + form.freeSegmentsAt);
  if (form.indexLedgerAt != 0) pages.indexLedger = load<u32>(entry + form.indexLedgerAt);
  if (form.hasAuto(entry)) pages.autoincrement = load<u32>(entry + form.entrySize);
  return pages;
}

/** Whether the pages that an entry names are in a file of `end` pages, and its mark of an autoincrement ledger is one. */
function isInside(form: RegistryForm, entry: usize, pages: TablePages, end: u32): bool {
  return (
    (form.snapshotAt == 0 || pages.snapshot < end) &&
    pages.pageLedger < end &&
    pages.freeSegments < end &&
    (form.indexLedgerAt == 0 || pages.indexLedger < end) &&
    (!form.hasAuto(entry) || pages.autoincrement < end) &&
    (form.autoAt == 0 || load<u8>(entry + form.autoAt) <= 1)
  );
}

function oldRegistryDamaged(): Array<TablePages> | null {
  damaged(SCHEMA_PAGE, -1, "the schema registry lists tables whose own pages do not follow each other, or something behind them");
  return null;
}

/**
 * Whether page 0 is a registry of `layout`, one before 0.9, of at least one table: each table's own pages follow each other, none is
 * named twice, and nothing but zeros is behind the last entry.
 */
export function isOldRegistry(access: MemoryAccess, layout: u8): bool {
  const page = access.page(SCHEMA_PAGE);
  const form = registryForm(layout);
  const count = page == 0 ? 0 : load<u64>(page + form.countAt);
  if (count == 0 || count > form.most) return false;
  const end = access.manager.pageCount;
  const firsts = new Array<u32>();
  const lens = new Array<u32>();
  let at = form.entriesAt;
  for (let i: u64 = 0; i < count; i++) {
    if (at + form.entrySize + 4 > PAGE_SIZE) return false;
    const entry = page + at;
    const first = load<u32>(entry + form.pageLedgerAt);
    const len = ownPages(form, entry, first);
    // The first two pages are the registry and the access control list.
    if (len == 0 || first < 2 || first >= end || len > end - first) return false;
    for (let j = 0; j < firsts.length; j++) if (first < firsts[j] + lens[j] && firsts[j] < first + len) return false;
    firsts.push(first);
    lens.push(len);
    at += form.entrySize + (form.hasAuto(entry) ? 4 : 0);
  }
  return isZero(page + at, PAGE_SIZE - at);
}

/** How many pages the entry's table has from `first` on; 0 when those that it names do not follow each other. */
function ownPages(form: RegistryForm, entry: usize, first: u32): u32 {
  const fields = form.pageFields;
  for (let i: u32 = 1; i < fields; i++) if (load<u32>(entry + form.pageLedgerAt + i * 4) != first + i) return 0;
  if (form.autoAt == 0) return fields;
  if (!form.hasAuto(entry)) return load<u8>(entry + form.autoAt) == 0 ? fields : 0;
  return load<u32>(entry + form.entrySize) == first + fields ? fields + 1 : 0;
}

/** The order in which tables were registered: that of their pages, where pages are never given back. */
export function inPageOrder(entries: Array<TablePages>): Array<TablePages> {
  const list = entries.slice(0);
  list.sort((a, b) => (a.pageLedger < b.pageLedger ? -1 : a.pageLedger > b.pageLedger ? 1 : 0));
  return list;
}

/** Writes the last of `entries` behind the others, which stand on the page already, and the hash. */
export function appendToRegistry(access: MemoryAccess, entries: Array<TablePages>, schemaHash: u64): Status {
  const last = entries.length - 1;
  const at = formDefined.entriesAt + sizeOf(entries, 0, last);
  const out = new ByteBuffer(64);
  addEntry(out, entries[last]);
  let status = checkRoom(entries, at + out.len);
  if (status == OK) status = access.writeAtRaw(SCHEMA_PAGE, at, out.ptr, out.len);
  out.free();
  return status == OK ? writeSchemaHash(access, entries.length, schemaHash) : status;
}

/** Takes entry number `index` out of `entries`, and off the page, where they all stand, and writes the hash of what stays. */
export function removeFromRegistry(access: MemoryAccess, entries: Array<TablePages>, index: i32, schemaHash: u64): Status {
  const at = formDefined.entriesAt + sizeOf(entries, 0, index);
  const tail = sizeOf(entries, index + 1, entries.length);
  const status = access.removeBytes(SCHEMA_PAGE, at, entrySize(entries[index]), tail);
  entries.splice(index, 1);
  return status == OK ? writeSchemaHash(access, entries.length, schemaHash) : status;
}

/** Writes what stands before the entries: the hash, and how many they are. */
export function writeSchemaHash(access: MemoryAccess, count: u64, schemaHash: u64): Status {
  const head = memory.data(16, 8);
  store<u64>(head + HASH_OFFSET, schemaHash);
  store<u64>(head + formDefined.countAt, count);
  return access.writeAtRaw(SCHEMA_PAGE, 0, head, formDefined.entriesAt);
}

function addEntry(out: ByteBuffer, entry: TablePages): void {
  out.addU64(entry.fingerprint);
  out.addU32(entry.snapshot);
  out.addU32(entry.pageLedger);
  out.addU32(entry.freeSegments);
  out.addU32(entry.indexLedger);
  out.addU8(entry.autoincrement != NO_PAGE ? 1 : 0);
  if (entry.autoincrement != NO_PAGE) out.addU32(entry.autoincrement);
}

/** Bytes of an entry as `addEntry` writes it. */
function entrySize(entry: TablePages): u32 {
  return formDefined.entrySize + (entry.autoincrement != NO_PAGE ? 4 : 0);
}

/** Bytes of the entries number `from` … `end` (excluded). */
function sizeOf(entries: Array<TablePages>, from: i32, end: i32): u32 {
  let size: u32 = 0;
  for (let i = from; i < end; i++) size += entrySize(unchecked(entries[i]));
  return size;
}

/** `OK` when a registry of `byteLen` bytes fits its page. */
function checkRoom(entries: Array<TablePages>, byteLen: u32): Status {
  if (byteLen <= PAGE_SIZE) return OK;
  return fail(PAGE_FULL, "the schema registry has no room for one more table; it lists " + (entries.length - 1).toString());
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

/** The same hash over definitions that are in no file yet, sorted by name. */
export function hashOfSchemas(schemas: Array<TableSchemaSnapshot>): u64 {
  const out = new ByteBuffer(4096);
  out.addU8(SNAPSHOT_VERSION);
  for (let i = 0; i < schemas.length; i++) {
    const start = out.len;
    out.addU64(0);
    schemas[i].encode(out);
    store<u64>(out.ptr + start, out.len - start - 8);
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
