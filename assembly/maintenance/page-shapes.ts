/** Whether a page can be what it should be: what a repair goes by when the numbers that lead to pages are lost. */
import { PAGE_SIZE } from "../memory/base/layout";
import { isZero } from "../encode/bytes";
import { isUtf8 } from "../encode/utf8";
import { valueDiscriminant } from "../encode/data-type";
import { IndexDefinition } from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { integerSize } from "../table/autoincrement-ledger";

/** Entries that a page ledger has room for. */
export const LEDGER_ROOM: u32 = 5461;

/** Whether the page can be a page ledger of a file whose tables own pages from `least` up to `end`. An empty page can. */
export function isPageLedger(page: usize, least: u32, end: u32): bool {
  const count = load<u32>(page);
  if (count > LEDGER_ROOM) return false;
  for (let i: u32 = 0; i < count; i++) {
    const pageNo = load<u32>(page + 4 + i * 12);
    if (pageNo < least || pageNo >= end || load<u64>(page + 4 + i * 12, 4) > PAGE_SIZE) return false;
  }
  return true;
}

/** Whether the page can be a free-segments ledger of such a file: a list of pages, and zeros. */
export function isFreeSegmentsLedger(page: usize, least: u32, end: u32): bool {
  const count = <u32>load<u16>(page);
  const used: u32 = 2 + (count << 2);
  if (used > PAGE_SIZE) return false;
  for (let i: u32 = 0; i < count; i++) {
    const pageNo = load<u32>(page + 2 + (i << 2));
    if (pageNo < least || pageNo >= end) return false;
  }
  return isZero(page + used, PAGE_SIZE - used);
}

/** Whether the page lists just the indexes of `schema`, in any order, and one that is there twice once. */
export function isIndexLedger(page: usize, schema: TableSchemaSnapshot, least: u32, end: u32): bool {
  const count = load<u64>(page);
  if (count != schema.withoutTwins().indexes.length) return false;
  let at: u32 = 8;
  for (let i: u64 = 0; i < count; i++) {
    if (at + 8 > PAGE_SIZE) return false;
    const columns = load<u64>(page + at);
    at += 8;
    const names = new Array<string>();
    for (let j: u64 = 0; j < columns; j++) {
      const len: u32 = at < PAGE_SIZE ? load<u8>(page + at) : 0;
      if (at + 1 + len + 4 > PAGE_SIZE || j > 255 || !isUtf8(page + at + 1, len)) return false;
      names.push(String.UTF8.decodeUnsafe(page + at + 1, len, false));
      at += 1 + len;
    }
    if (names.length == 0 || !hasIndexOn(schema.indexes, names)) return false;
    const root = load<u32>(page + at);
    if (root < least || root >= end) return false;
    at += 4;
  }
  return true;
}

function hasIndexOn(indexes: Array<IndexDefinition>, names: Array<string>): bool {
  for (let i = 0; i < indexes.length; i++) {
    const columns = indexes[i].columns;
    let same = columns.length == names.length;
    for (let j = 0; j < names.length && same; j++) same = columns[j] == names[j];
    if (same) return true;
  }
  return false;
}

/** How many columns of `schema` have numbers of their own. */
export function autoColumns(schema: TableSchemaSnapshot): u32 {
  let count: u32 = 0;
  for (let i = 0; i < schema.columns.length; i++) count += schema.columns[i].auto ? 1 : 0;
  return count;
}

/** Whether the page holds a number for each column of `schema` that needs one, and nothing else. */
export function isAutoincrementLedger(page: usize, schema: TableSchemaSnapshot): bool {
  const count = autoColumns(schema);
  if (load<u8>(page) != count) return false;
  let at: u32 = 1;
  for (let i: u32 = 0; i < count; i++) {
    const nameLen: u32 = at < PAGE_SIZE ? load<u8>(page + at) : 0;
    const value = at + 1 + nameLen;
    if (value + 9 > PAGE_SIZE) return false;
    const position = schema.columnIndexOf(page + at + 1, nameLen);
    if (position < 0 || !schema.columns[position].auto) return false;
    if (load<u8>(page + value) != valueDiscriminant(schema.columns[position].type)) return false;
    at = value + 1 + integerSize(load<u8>(page + value));
  }
  return true;
}
