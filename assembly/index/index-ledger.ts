/**
 * The index ledger: the root page of each index of a table (`docs/format.md`, "Index ledger").
 *
 *   | count u64 | { column_count u64 | { name_len u8 | column name } … | root page u32 } … |
 */
import { Status, OK, PAGE_FULL, NO_PAGE, fail, damaged, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { PAGE_SIZE } from "../memory/base/layout";
import { ByteBuffer } from "../encode/byte-buffer";
import { isUtf8 } from "../encode/utf8";
import { IndexDefinition } from "../schema/column";
import { addName } from "../schema/table-schema-snapshot";

export class IndexLedger {
  constructor(
    private access: MemoryAccess,
    readonly pageNo: u32,
  ) {}

  /** Writes the ledger: root `roots[i]` for `indexes[i]`, `NO_PAGE` for one that shares the entry of another on the same columns. */
  init(indexes: Array<IndexDefinition>, roots: Array<u32>): Status {
    const out = new ByteBuffer(512);
    let status = OK;
    out.addU64(0);
    let count: u64 = 0;
    for (let i = 0; i < indexes.length && status == OK; i++) {
      if (roots[i] == NO_PAGE) continue;
      count += 1;
      const columns = indexes[i].columns;
      out.addU64(columns.length);
      for (let j = 0; j < columns.length && status == OK; j++) status = addName(out, columns[j]);
      out.addU32(roots[i]);
    }
    store<u64>(out.ptr, count);
    if (status == OK && out.len > PAGE_SIZE)
      status = fail(PAGE_FULL, "the table has more indexes than its index ledger's page holds");
    if (status == OK) status = this.access.writeAtRaw(this.pageNo, 0, out.ptr, out.len);
    out.free();
    return status;
  }

  /** The columns of each index; null when the ledger is malformed. */
  list(): Array<Array<string>> | null {
    const page = this.access.page(this.pageNo);
    if (page == 0) return null;
    const list = new Array<Array<string>>();
    let at: u32 = 8;
    for (let left = load<u64>(page); left > 0; left--) {
      const names = new Array<string>();
      let count = at + 12 <= PAGE_SIZE ? load<u64>(page + at) : u64.MAX_VALUE;
      at += 8;
      for (; count > 0; count--) {
        const len: u32 = at < PAGE_SIZE ? load<u8>(page + at) : 0;
        if (at + 1 + len + 4 > PAGE_SIZE || names.length == 255 || !isUtf8(page + at + 1, len)) {
          this.malformed(min(at, PAGE_SIZE - 1));
          return null;
        }
        names.push(String.UTF8.decodeUnsafe(page + at + 1, len, false));
        at += 1 + len;
      }
      if (names.length == 0) {
        this.malformed(min(at, PAGE_SIZE - 1));
        return null;
      }
      at += 4;
      list.push(names);
    }
    return list;
  }

  /** The byte on the page where the root of the index on `columns` stands; 0 when it isn't there or the ledger is malformed. */
  private find(columns: Array<string>): u32 {
    const page = this.access.page(this.pageNo);
    if (page == 0) return 0;
    let at: u32 = 8;
    for (let left = load<u64>(page); left > 0; left--) {
      if (at + 12 > PAGE_SIZE) return this.malformed(at);
      const columnCount = load<u64>(page + at);
      at += 8;
      let same = columnCount == columns.length;
      for (let i: u64 = 0; i < columnCount; i++) {
        if (at + 1 > PAGE_SIZE) return this.malformed(at);
        const nameLen = <u32>load<u8>(page + at);
        if (at + 1 + nameLen + 4 > PAGE_SIZE) return this.malformed(at);
        if (same) same = String.UTF8.decodeUnsafe(page + at + 1, nameLen, false) == columns[<i32>i];
        at += 1 + nameLen;
      }
      if (same) return at;
      at += 4;
    }
    damaged(this.pageNo, -1, "the index ledger has no index on " + columns.join(","));
    return 0;
  }

  private malformed(at: u32): u32 {
    damaged(this.pageNo, at, "the index ledger runs over its page");
    return 0;
  }

  /** The root of the index on `columns`, or `NO_PAGE`. */
  root(columns: Array<string>): u32 {
    const at = this.find(columns);
    if (at == 0) return NO_PAGE;
    const root = load<u32>(this.access.page(this.pageNo) + at);
    if (root < this.access.manager.reservedPages || root >= this.access.manager.pageCount) {
      damaged(
        this.pageNo,
        at,
        "the index on " + columns.join(",") + " has its root on page " + root.toString() + ", which can't be",
      );
      return NO_PAGE;
    }
    return root;
  }

  /** Notes a new root for the index on `columns`. */
  setRoot(columns: Array<string>, root: u32): Status {
    const at = this.find(columns);
    return at == 0 ? lastError.status : this.access.writeU32(this.pageNo, at, root);
  }

  /** Unclaims the ledger's page. */
  release(): Status {
    return this.access.unclaimPage(this.pageNo);
  }
}
