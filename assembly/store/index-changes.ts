/** Indexes that come to a table with rows, and go. */
import { Status, OK, NO_PAGE, UNIQUE_CONFLICT, fail, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { PAGE_SHIFT } from "../memory/base/layout";
import { reserveUnclaimed } from "../memory/access/unclaimed-pages";
import { ByteBuffer } from "../encode/byte-buffer";
import { compareKeys, hasNull } from "../encode/key";
import { Row } from "../encode/row";
import { IndexTree } from "../index/index-tree";
import { addressIn } from "../index/node";
import { TreeBuilder } from "../index/tree-builder";
import { TablePages } from "../schema/schema-registry";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { mayStep } from "../wasi/deadline";
import { beginWork, endWork, noteRow } from "../wasi/row-work";
import { NO_ADDRESS, RecordAddress } from "../table/page-ledger";
import { EntrySorter, entryBytes } from "./entry-sorter";
import { damagedRecord } from "./record-prefix";
import { keyText } from "./row-lookup";
import { StatementMemory } from "./statement-memory";
import { Table } from "./table";
import { TableIndex } from "./table-index";
import { writeSnapshot } from "./table-pages";

/**
 * Gives `table` the definition `schema` under `pages`, its own, which may have another name: the same columns, which may be called
 * otherwise, with other indexes. Trees that are not there yet are filled from the rows, those that are not wanted any more are given back.
 * Returns the table opened anew, to take its place; null on failure, also with `UNIQUE_CONFLICT`, where
 * with `oneNull` two keys with a null that are the same count as well.
 */
export function redefineIndexes(
  access: MemoryAccess,
  memory: StatementMemory,
  table: Table,
  schema: TableSchemaSnapshot,
  pages: TablePages,
  oneNull: bool,
): Table | null {
  const roots = new Array<u32>();
  const made = new Array<i32>();
  let status: Status = OK;
  for (let i = 0; i < schema.indexes.length && status == OK; i++) {
    const wanted = schema.indexes[i];
    const known = table.indexOn(namesBefore(table, schema, wanted.columns));
    const isFirst = schema.indexOn(wanted.columns) == i;
    // One that becomes unique is made anew: equal keys that it had once may have left it as a unique one can't be.
    const isNew = !known || (wanted.unique && !known.unique);
    const root = !isFirst ? NO_PAGE : !isNew && known ? known.tree.rootPage : IndexTree.create(access);
    if (isFirst && root == NO_PAGE) status = lastError.status;
    if (isFirst && isNew) made.push(i);
    roots.push(root);
  }
  if (status == OK) status = releaseTrees(access, table, roots);
  const len = status == OK ? writeSnapshot(access, table.pages.snapshot, schema, table.snapshotLen) : 0;
  if (len == 0) return null;
  const changed = new Table(access, pages, schema, len);
  status = changed.indexLedger.init(schema.indexes, roots);
  if (status == OK) status = changed.loadRoots();
  for (let m = 0; m < made.length && status == OK; m++) status = fillIndex(access, memory, changed, made[m], oneNull);
  if (status == OK) return changed;
  changed.free();
  return null;
}

/** What `columns` of the definition `schema`, which has those of `table`, are called there. */
function namesBefore(table: Table, schema: TableSchemaSnapshot, columns: Array<string>): Array<string> {
  const names = new Array<string>();
  for (let c = 0; c < columns.length; c++) names.push(table.schema.columns[schema.columnIndex(columns[c])].name);
  return names;
}

/** Fills all indexes of `table`, whose trees are empty, from its rows; `redefineIndexes` tells of `oneNull`. */
export function fillIndexes(access: MemoryAccess, memory: StatementMemory, table: Table, oneNull: bool): Status {
  let status: Status = OK;
  for (let i = 0; i < table.indexes.length && status == OK; i++) {
    if (table.indexOn(table.indexes[i].definition.columns) === table.indexes[i])
      status = fillIndex(access, memory, table, i, oneNull);
  }
  return status;
}

/** Gives back the trees of `table` whose roots are not among those that stay. */
function releaseTrees(access: MemoryAccess, table: Table, stay: Array<u32>): Status {
  const pages = new Array<u32>();
  for (let i = 0; i < table.indexes.length; i++) {
    const index = table.indexes[i];
    const tree = index.tree;
    if (stay.includes(tree.rootPage) || pages.includes(tree.rootPage)) continue;
    let status = index.settle();
    if (status == OK) status = tree.collectPages(pages);
    if (status != OK) return status;
  }
  let status = reserveUnclaimed(access, pages.length);
  for (let p = 0; p < pages.length && status == OK; p++) status = access.unclaimPage(pages[p]);
  return status;
}

/** Adds an entry for each row to index number `i`, whose tree is empty: sorted first, leaf by leaf. */
function fillIndex(access: MemoryAccess, memory: StatementMemory, table: Table, i: i32, oneNull: bool): Status {
  const index = table.indexes[i];
  const sorter = new EntrySorter(memory, entryBytes((<u64>access.manager.cache.mostFrames) << PAGE_SHIFT));
  const row = new Row(table.layout);
  beginWork("index (" + index.definition.columns.join(", ") + ") of ", table.name);
  let status = addEntries(table, index, row, sorter);
  if (status == OK) status = sorter.finish();
  if (status == OK) status = build(table, index, row, sorter, oneNull);
  endWork();
  sorter.free();
  row.free();
  return status;
}

/** Gives `sorter` an entry for each row. */
function addEntries(table: Table, index: TableIndex, row: Row, sorter: EntrySorter): Status {
  const reader = table.reader();
  const key = new ByteBuffer(256);
  let status: Status = OK;
  while (status == OK && reader.next()) {
    noteRow();
    if (!row.decode(reader.body, reader.bodyLen)) {
      status = damagedRecord(reader.address);
      break;
    }
    key.reset();
    index.addKey(table.schema, row, key);
    status = mayStep(64) ? sorter.add(key.ptr, key.len, reader.address) : lastError.status;
  }
  key.free();
  return status == OK ? reader.status : status;
}

/** Fills the tree of `index`; `UNIQUE_CONFLICT` when another row has the key of one. */
function build(table: Table, index: TableIndex, row: Row, sorter: EntrySorter, oneNull: bool): Status {
  const root = index.tree.rootPage;
  const builder = new TreeBuilder(index.tree);
  let status: Status = OK;
  let conflict = NO_ADDRESS;
  for (let entry = sorter.next(); entry != 0 && status == OK; entry = sorter.next()) {
    const last = builder.lastKey;
    if (index.unique && last != 0 && compareKeys(last, entry + 2) == 0 && (oneNull || !hasNull(last)))
      // Of all such rows the one that comes first is named.
      conflict = min(conflict, addressIn(entry));
    else status = builder.add(entry);
  }
  if (status == OK) status = sorter.status;
  if (status == OK && conflict == NO_ADDRESS) status = builder.finish();
  if (status == OK && conflict == NO_ADDRESS) status = table.noteRoot(index, root);
  builder.free();
  return status == OK && conflict != NO_ADDRESS ? failOfTwo(table, index, conflict, row) : status;
}

/** Fails because the row at `address` has a key in `index`, which is to be unique, that another one has. */
function failOfTwo(table: Table, index: TableIndex, address: RecordAddress, row: Row): Status {
  const registry = table.registry;
  const len = registry.bodyLength(address);
  if (len == 0) return lastError.status;
  if (!row.decode(registry.body(address, len), len)) return damagedRecord(address);
  return fail(UNIQUE_CONFLICT, "two rows of " + table.name + " have " + keyText(table.schema, index, row));
}
