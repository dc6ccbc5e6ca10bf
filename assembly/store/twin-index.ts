/**
 * Columns that are both unique and indexed. Crates 0.7 and 0.8 make two trees for such a column, forget the first, whose root stays in
 * the file as a page of nobody, and enter each row twice in the other. They expect to find both entries when a row goes.
 */
import { NO_PAGE } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { PARENT_OFFSET, entryCount, isLeaf, nodeFrame } from "../index/node";
import { IndexTree } from "../index/index-tree";
import { TreeCursor } from "../index/tree-cursor";
import { FLAG_UNIQUE, IndexDefinition } from "../schema/column";
import { TablePages } from "../schema/schema-registry";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";

/**
 * Gives the definition a second index on the column of index number `i`, whose root is `root`, where the table has it so: the column is
 * unique then, whatever was said. False where it has not.
 */
export function adoptTwin(access: MemoryAccess, pages: TablePages, schema: TableSchemaSnapshot, i: i32, root: u32): bool {
  const names = schema.indexes[i].columns;
  const column = schema.columns[schema.columnIndex(names[0])];
  if (names.length != 1 || column.primaryKey) return false;
  const last = pages.autoincrement != NO_PAGE ? pages.autoincrement : pages.indexLedger;
  if (!isEnteredTwice(access, root) && !isForgotten(access, last + 1 + uniqueRank(schema, names[0]), root)) return false;
  column.flags |= FLAG_UNIQUE;
  schema.indexes[i] = new IndexDefinition(names, true);
  schema.indexes.push(new IndexDefinition(names, false));
  return true;
}

/** Whether the first two entries of the tree are of one record, which no other index has. */
export function isEnteredTwice(access: MemoryAccess, root: u32): bool {
  const cursor = new TreeCursor(new IndexTree(access, root));
  if (!cursor.seekFirst()) return false;
  const address = cursor.address();
  // mutant: two entries for one row don't tell that a column is unique and indexed
  return cursor.next() && cursor.address() == address;
}

/** Of a tree without entries: whether `pageNo`, where the first tree would have its root, is such a root, never used, and not it. */
function isForgotten(access: MemoryAccess, pageNo: u32, root: u32): bool {
  if (pageNo == root || pageNo >= access.manager.pageCount || !isEmptyLeaf(access, root)) return false;
  // mutant: in an empty table a column that is unique and indexed is not known as such
  return isEmptyLeaf(access, pageNo) && load<u32>(access.page(pageNo), PARENT_OFFSET) == NO_PAGE;
}

function isEmptyLeaf(access: MemoryAccess, pageNo: u32): bool {
  const frame = nodeFrame(access, pageNo);
  return frame != null && isLeaf(frame) && entryCount(frame) == 0;
}

/** The place of a unique column's index among those that are made for a table: behind the primary key's, in the order of declaration. */
function uniqueRank(schema: TableSchemaSnapshot, name: string): u32 {
  let rank: u32 = 1;
  for (let i = 0; i < schema.columns.length && schema.columns[i].name != name; i++) {
    if (schema.columns[i].unique && !schema.columns[i].primaryKey) rank += 1;
  }
  return rank;
}
