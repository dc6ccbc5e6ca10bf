/** A page file in memory, to be looked into and damaged at known places. It knows the format by itself, and only what tests need of it. */
import { golden, type Layout } from "./golden.js";

export const PAGE_SIZE = 65536;
export const NO_PAGE = 0xffffffff;

/** The pages that the registry's entry of a table names, and where the entry stands. */
export interface TablePages {
  readonly at: number;
  readonly snapshot: number;
  readonly pageLedger: number;
  readonly freeSegments: number;
  readonly indexLedger: number;
  readonly autoincrement: number;
}

/** An entry of an index leaf. */
export interface Entry {
  /** Its byte on the page. */
  readonly at: number;
  /** Where its key starts, and its length. */
  readonly key: number;
  readonly keyLen: number;
  /** Where its page number stands. */
  readonly pointer: number;
  readonly page: number;
  readonly offset: number;
}

export class PageFile {
  readonly layout: Layout;
  bytes: Buffer;

  constructor(bytes: Buffer, layout: Layout = "0.9") {
    this.bytes = bytes;
    this.layout = layout;
  }

  static golden(name: string, layout: Layout = "0.9"): PageFile {
    return new PageFile(golden(name, layout), layout);
  }

  get pageCount(): number {
    return this.bytes.length / PAGE_SIZE;
  }

  u8(page: number, at: number): number {
    return this.bytes.readUInt8(page * PAGE_SIZE + at);
  }
  u16(page: number, at: number): number {
    return this.bytes.readUInt16LE(page * PAGE_SIZE + at);
  }
  u32(page: number, at: number): number {
    return this.bytes.readUInt32LE(page * PAGE_SIZE + at);
  }
  set8(page: number, at: number, value: number): void {
    this.bytes.writeUInt8(value, page * PAGE_SIZE + at);
  }
  set16(page: number, at: number, value: number): void {
    this.bytes.writeUInt16LE(value, page * PAGE_SIZE + at);
  }
  set32(page: number, at: number, value: number): void {
    this.bytes.writeUInt32LE(value, page * PAGE_SIZE + at);
  }

  /** The bytes of one page, not a copy. */
  page(page: number): Buffer {
    return this.bytes.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
  }

  /** Adds an empty page: its number. */
  addPage(): number {
    this.bytes = Buffer.concat([this.bytes, Buffer.alloc(PAGE_SIZE)]);
    return this.pageCount - 1;
  }

  /** The registry's entry of table `name`. */
  table(name: string): TablePages {
    const count = this.u32(0, 8);
    let at = 16;
    for (let i = 0; i < count; i++) {
      const auto = this.u8(0, at + 24) === 1;
      const snapshot = this.u32(0, at + 8);
      const nameLen = this.u8(snapshot, 1);
      if (this.page(snapshot).toString("utf8", 2, 2 + nameLen) === name) {
        return {
          at,
          snapshot,
          pageLedger: this.u32(0, at + 12),
          freeSegments: this.u32(0, at + 16),
          indexLedger: this.u32(0, at + 20),
          autoincrement: auto ? this.u32(0, at + 25) : NO_PAGE,
        };
      }
      at += auto ? 29 : 25;
    }
    throw new Error(`there is no table ${name}`);
  }

  /** Record page number `index` of a table. */
  recordPage(name: string, index = 0): number {
    return this.u32(this.table(name).pageLedger, 4 + index * 12);
  }

  /** Where the root of the index on `columns` is noted: the byte on the index ledger. */
  rootAt(name: string, columns: readonly string[]): number {
    const ledger = this.table(name).indexLedger;
    let at = 8;
    for (let i = 0; i < this.u32(ledger, 0); i++) {
      const count = this.u32(ledger, at);
      at += 8;
      const names: string[] = [];
      for (let j = 0; j < count; j++) {
        const len = this.u8(ledger, at);
        names.push(this.page(ledger).toString("utf8", at + 1, at + 1 + len));
        at += 1 + len;
      }
      if (names.join() === columns.join()) return at;
      at += 4;
    }
    throw new Error(`there is no index on ${columns.join()}`);
  }

  root(name: string, columns: readonly string[]): number {
    return this.u32(this.table(name).indexLedger, this.rootAt(name, columns));
  }

  isLeaf(page: number): boolean {
    return this.u8(page, 0) === 1;
  }

  /** The entries of a leaf; `page` and `offset` of an inner node's entry are its child and 0. */
  entries(page: number): Entry[] {
    const leaf = this.isLeaf(page);
    const list: Entry[] = [];
    let at = leaf ? 15 : 11;
    for (let i = 0; i < this.u16(page, 5); i++) {
      const keyLen = this.u16(page, at);
      const pointer = at + 2 + keyLen;
      list.push({
        at,
        key: at + 2,
        keyLen,
        pointer,
        page: this.u32(page, pointer),
        offset: leaf ? this.u16(page, pointer + 4) : 0,
      });
      at = pointer + (leaf ? 6 : 4);
    }
    return list;
  }

  /** The children of an inner node, the rightmost last. */
  children(page: number): number[] {
    return [...this.entries(page).map((entry) => entry.page), this.u32(page, 7)];
  }

  /** The leaves of a tree in its order. */
  leaves(root: number): number[] {
    return this.isLeaf(root) ? [root] : this.children(root).flatMap((child) => this.leaves(child));
  }

  /** The names of all tables. */
  tableNames(): string[] {
    const names: string[] = [];
    let at = 16;
    for (let i = 0; i < this.u32(0, 8); i++) {
      const snapshot = this.u32(0, at + 8);
      names.push(this.page(snapshot).toString("utf8", 2, 2 + this.u8(snapshot, 1)));
      at += this.u8(0, at + 24) === 1 ? 29 : 25;
    }
    return names;
  }

  /** The name of a table's primary key. */
  primaryKey(name: string): string {
    const { snapshot } = this.table(name);
    const at = 2 + this.u8(snapshot, 1);
    return this.page(snapshot).toString("utf8", at + 1, at + 1 + this.u8(snapshot, at));
  }

  /** The records that the primary key's index points to: their places and bytes. */
  records(name: string): { page: number; offset: number; body: string }[] {
    const leaves = this.leaves(this.root(name, [this.primaryKey(name)]));
    return leaves.flatMap((leaf) =>
      this.entries(leaf).map(({ page, offset }) => {
        const len = this.u16(page, offset);
        return { page, offset, body: this.page(page).toString("latin1", offset + 2, offset + 2 + len) };
      }),
    );
  }

  /** The first segments page of a table and its segments. */
  segments(name: string): { page: number; list: { at: number; page: number; offset: number; size: number }[] } {
    const page = this.u32(this.table(name).freeSegments, 2);
    const list = Array.from({ length: this.u16(page, 0) }, (_, i) => {
      const at = 2 + i * 8;
      return { at, page: this.u32(page, at), offset: this.u16(page, at + 4), size: this.u16(page, at + 6) };
    });
    return { page, list };
  }
}
