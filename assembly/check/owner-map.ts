/**
 * Who owns each page of the file: 4 bytes a page, `table u16 | index u8 | kind u8` (from high to low).
 */
import { OUT_OF_MEMORY, fail } from "../status";

export const OWNER_NONE: u32 = 0;
export const OWNER_REGISTRY: u32 = 1;
export const OWNER_ACL: u32 = 2;
export const OWNER_UNCLAIMED_LEDGER: u32 = 3;
/** Listed in the unclaimed-pages ledger. */
export const OWNER_UNCLAIMED: u32 = 4;
export const OWNER_SNAPSHOT: u32 = 5;
export const OWNER_PAGE_LEDGER: u32 = 6;
export const OWNER_FREE_LEDGER: u32 = 7;
export const OWNER_INDEX_LEDGER: u32 = 8;
export const OWNER_AUTOINCREMENT: u32 = 9;
export const OWNER_RECORDS: u32 = 10;
export const OWNER_SEGMENTS: u32 = 11;
export const OWNER_INNER: u32 = 12;
export const OWNER_LEAF: u32 = 13;

/** What a page is, in words. */
export function ownerName(kind: u32): string {
  switch (kind) {
    case OWNER_REGISTRY:
      return "schema registry";
    case OWNER_ACL:
      return "access control list";
    case OWNER_UNCLAIMED_LEDGER:
      return "unclaimed-pages ledger";
    case OWNER_UNCLAIMED:
      return "unclaimed page";
    case OWNER_SNAPSHOT:
      return "schema snapshot";
    case OWNER_PAGE_LEDGER:
      return "page ledger";
    case OWNER_FREE_LEDGER:
      return "free-segments ledger";
    case OWNER_INDEX_LEDGER:
      return "index ledger";
    case OWNER_AUTOINCREMENT:
      return "autoincrement ledger";
    case OWNER_RECORDS:
      return "record page";
    case OWNER_SEGMENTS:
      return "segments page";
    case OWNER_INNER:
      return "inner index node";
    case OWNER_LEAF:
      return "index leaf";
    default:
      return "leaked page";
  }
}

/** The most pages that a map is made for: 4 TiB of file. */
const MAX_PAGES: u32 = 1 << 26;

export class OwnerMap {
  private owners: usize;

  private constructor(readonly pageCount: u32) {
    this.owners = heap.alloc(max<usize>((<usize>pageCount) << 2, 16));
    memory.fill(this.owners, 0, (<usize>pageCount) << 2);
  }

  /** A map for `pageCount` pages that nobody owns; null when that would take too much memory. */
  static create(pageCount: u32): OwnerMap | null {
    if (pageCount <= MAX_PAGES) return new OwnerMap(pageCount);
    fail(OUT_OF_MEMORY, "a file of " + pageCount.toString() + " pages needs more memory to check than there is");
    return null;
  }

  /** Page `pageNo` belongs to table number `table` (from 1; 0 is the file), to its index number `index` if it is a node. */
  set(pageNo: u32, kind: u32, table: u32, index: u32): void {
    store<u32>(this.owners + ((<usize>pageNo) << 2), (min<u32>(table, 0xffff) << 16) | (min<u32>(index, 0xff) << 8) | kind);
  }

  /** One of `OWNER_…`. */
  @inline kind(pageNo: u32): u32 {
    return load<u8>(this.owners + ((<usize>pageNo) << 2));
  }


  @inline index(pageNo: u32): u32 {
    return load<u8>(this.owners + ((<usize>pageNo) << 2), 1);
  }


  @inline table(pageNo: u32): u32 {
    return load<u16>(this.owners + ((<usize>pageNo) << 2), 2);
  }

  /** How many pages have this kind of owner. */
  count(kind: u32): u32 {
    let sum: u32 = 0;
    for (let i: u32 = 0; i < this.pageCount; i++) sum += <u32>(this.kind(i) == kind);
    return sum;
  }

  free(): void {
    heap.free(this.owners);
    this.owners = 0;
  }
}
