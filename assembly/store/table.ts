/**
 * A table that is open: its definition, its ledgers and its indexes.
 */
import { Status, OK, NO_PAGE, damaged, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { PAGE_SIZE } from "../memory/base/layout";
import { ByteBuffer } from "../encode/byte-buffer";
import { compareText } from "../encode/ascii";
import { bytesEqual, copyBytes } from "../encode/bytes";
import { compareKeyToProbe, hasNull } from "../encode/key";
import { Row, RowLayout, CELL_MISSING } from "../encode/row";
import { valueDiscriminant, VALUE_CUSTOM, VALUE_NULL } from "../encode/data-type";
import { addKeyValue, Column, IndexDefinition } from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { TablePages, fingerprintOf, checkTablePages } from "../schema/schema-registry";
import { NO_ADDRESS, PageLedger, RecordAddress } from "../table/page-ledger";
import { FreeSegmentsLedger } from "../table/free-segments-ledger";
import { AutoincrementLedger } from "../table/autoincrement-ledger";
import { TableRegistry } from "../table/table-registry";
import { TableReader } from "../table/table-reader";
import { applyChanges } from "../index/apply-changes";
import { IndexLedger } from "../index/index-ledger";
import { IndexTree } from "../index/index-tree";
import { TreeCursor } from "../index/tree-cursor";
import { isPlainKeyType } from "../index/buffered-changes";
import { TableWatch } from "./scan-watch";
import { RecordPrefix } from "./record-prefix";

/** Whoever has entries of indexes that are still to be put into their trees. */
export abstract class EntryKeeper {
  /** Puts all of them there. */
  abstract flushChanges(): Status;
}

/** An index of an open table. What looks into its tree, other than by `find` and `seekEqual`, calls `settle` first. */
export class TableIndex {
  /** Who has entries that wait, if `tree.waiting` says that there are some. */
  keeper: EntryKeeper | null = null;
  /** Positions of the indexed columns. */
  readonly columns: StaticArray<i32>;
  /** For look-ups inside one statement. */
  readonly cursor: TreeCursor;
  /** Whether changes of its entries may wait until something looks into it. */
  mayWait: bool = false;
  /** Whether those that wait are to be found by their keys, which are equal only if their bytes are. */
  isSearched: bool = false;
  /** Whether another index on the same columns shares its tree, in which each row then has two entries, one behind the other. */
  isTwin: bool = false;
  /** Whether one of the columns may be null. */
  private readonly isNullable: bool;
  /** The discriminant of the keys, if they are of one column and its value is as in a record; else `VALUE_CUSTOM`. */
  private readonly discriminant: u8;

  constructor(
    readonly definition: IndexDefinition,
    readonly tree: IndexTree,
    schema: TableSchemaSnapshot,
  ) {
    const names = definition.columns;
    const columns = new StaticArray<i32>(names.length);
    let isNullable = false;
    for (let i = 0; i < names.length; i++) {
      columns[i] = schema.columnIndex(names[i]);
      isNullable = isNullable || schema.columns[columns[i]].nullable;
    }
    this.columns = columns;
    this.isNullable = isNullable;
    this.cursor = new TreeCursor(tree);
    this.discriminant = names.length == 1 ? valueDiscriminant(schema.columns[columns[0]].type) : VALUE_CUSTOM;
  }

  get unique(): bool {
    return this.definition.unique;
  }

  /**
   * Whether no two rows may have `key`: the index is unique, and no value of the key is null. Keys with a null are in a unique index as
   * all are in one that is not, be it that only one row may have it: the file does not say which rule it was made by.
   */
  isOnce(key: usize): bool {
    return this.definition.unique && !(this.isNullable && hasNull(key));
  }

  /** Makes sure that no changes wait, so that the tree has all entries. */
  settle(): Status {
    const keeper = this.keeper;
    return this.tree.waiting !== null && keeper ? keeper.flushChanges() : OK;
  }

  /**
   * The row with `key`, of several the first, also where its entry waits; `NO_ADDRESS` when there is none (`lastError.status` is then `OK`)
   * or on failure.
   */
  find(key: usize): RecordAddress {
    if (this.isOnce(key)) {
      const waiting = this.tree.waiting;
      if (waiting && !waiting.isFindable && this.settle() != OK) return NO_ADDRESS;
      return this.tree.find(key);
    }
    const cursor = this.cursor;
    const found = this.seekEqual(key) && compareKeyToProbe(cursor.key(), key) == 0;
    lastError.status = cursor.status;
    return found ? cursor.address() : NO_ADDRESS;
  }

  /** Places `cursor` at the first entry that is not below `key`: `TreeCursor.seekEqual`. Changes of other keys go on waiting. */
  seekEqual(key: usize): bool {
    const waiting = this.tree.waiting;
    this.cursor.status = waiting && waiting.concerns(key) ? this.settle() : OK;
    return this.cursor.status == OK && this.cursor.seekEqual(key);
  }

  /** Appends the key of `row` in this index. */
  addKey(schema: TableSchemaSnapshot, row: Row, out: ByteBuffer): void {
    const columns = this.columns;
    const only = unchecked(columns[0]);
    if (this.discriminant != VALUE_CUSTOM && row.isSet(only)) {
      const len = row.len(only);
      const at = out.reserve(9 + len);
      store<u32>(at, 1);
      store<u32>(at, 1 + len, 4);
      store<u8>(at, this.discriminant, 8);
      copyBytes(at + 9, row.ptr(only), len);
      out.len += 9 + len;
      return;
    }
    out.addU32(columns.length);
    for (let i = 0; i < columns.length; i++) {
      const position = unchecked(columns[i]);
      addKeyPart(schema.columns[position], row.isSet(position) ? row.ptr(position) : 0, row.len(position), out);
    }
  }

  /** Whether `key`, a well-formed one, is of this index's columns: as many values as these, of their types or null. */
  hasKeysLike(schema: TableSchemaSnapshot, key: usize): bool {
    const columns = this.columns;
    if (load<u32>(key) != columns.length) return false;
    let part = key + 4;
    for (let i = 0; i < columns.length; i++) {
      const discriminant = load<u8>(part, 4);
      if (discriminant != VALUE_NULL && discriminant != valueDiscriminant(schema.columns[unchecked(columns[i])].type))
        return false;
      part += 4 + load<u32>(part);
    }
    return true;
  }

  /** Whether the two rows' values differ in a column of this index. */
  differs(a: Row, b: Row): bool {
    const columns = this.columns;
    for (let i = 0; i < columns.length; i++) {
      const position = unchecked(columns[i]);
      if (a.state(position) != b.state(position)) return true;
      if (a.isSet(position) && !bytesEqual(a.ptr(position), a.len(position), b.ptr(position), b.len(position))) return true;
    }
    return false;
  }
}

/** Appends one column's part of a key: size, discriminant, value. `ptr` 0 is null. */
export function addKeyPart(column: Column, ptr: usize, len: u32, out: ByteBuffer): void {
  const at = out.len;
  out.addU32(0);
  addKeyValue(column, valueDiscriminant(column.type), ptr, len, out);
  store<u32>(out.ptr + at, out.len - at - 4);
}

/** A foreign key that names a table: where it is. */
export class Reference {
  constructor(
    readonly table: Table,
    readonly column: i32,
  ) {}

  /** The name of the table that it refers to. */
  get targetName(): string {
    const foreignKey = this.table.schema.columns[this.column].foreignKey;
    return foreignKey ? foreignKey.table : "";
  }
}

/** Takes those of `table` out of `references`. */
export function forgetReferences(references: Array<Reference>, table: Table): void {
  let kept = 0;
  for (let i = 0; i < references.length; i++) if (references[i].table !== table) references[kept++] = references[i];
  references.length = kept;
}

export class Table {
  readonly layout: RowLayout;
  readonly registry: TableRegistry;
  readonly indexLedger: IndexLedger;
  readonly autoincrement: AutoincrementLedger | null;
  /** In the snapshot's order: the primary key's first. */
  readonly indexes: Array<TableIndex> = new Array<TableIndex>();
  /** Position of the primary key's column. */
  readonly keyColumn: i32;
  /** Foreign keys of this and other tables that name this one; filled by the context. */
  references: Array<Reference> = new Array<Reference>();
  /** Whether some column is a foreign key. */
  readonly hasForeignKeys: bool;
  /** The row that a statement replaces or removes, and its record's bytes. */
  readonly oldRow: Row;
  readonly oldBody: ByteBuffer = new ByteBuffer(256);
  /** What `callersRow` gives. */
  private spareRow: Row | null = null;
  /** Is told what happens to rows while scans span statements; null while there were none. */
  watch: TableWatch | null = null;
  /** How many times an update changed a row. */
  updates: u32 = 0;
  /** What the last lookup wanted of its row. */
  private wanted: RecordPrefix;
  /** The manager's epoch in which the indexes' roots were read. */
  private rootsEpoch: u32;

  /**
   * Opens a table whose snapshot is `schema`, which must be valid; the indexes' roots are still to be read. `indexAccess` is where the
   * nodes of its indexes are.
   */
  constructor(
    readonly access: MemoryAccess,
    readonly pages: TablePages,
    readonly schema: TableSchemaSnapshot,
    readonly snapshotLen: u32,
    private readonly indexAccess: MemoryAccess = access,
  ) {
    const layout = schema.rowLayout();
    this.layout = layout;
    this.oldRow = new Row(layout);
    this.wanted = new RecordPrefix(layout, layout.columnCount);
    this.registry = new TableRegistry(
      access,
      new PageLedger(access, pages.pageLedger),
      new FreeSegmentsLedger(access, pages.freeSegments),
      schema.alignment,
      layout.fixedBody,
    );
    this.indexLedger = new IndexLedger(access, pages.indexLedger);
    this.autoincrement = pages.autoincrement != NO_PAGE ? new AutoincrementLedger(access, pages.autoincrement) : null;
    this.keyColumn = schema.columnIndex(schema.primaryKey);
    let foreignKeys = false;
    for (let i = 0; i < schema.columns.length; i++) foreignKeys = foreignKeys || schema.columns[i].foreignKey != null;
    this.hasForeignKeys = foreignKeys;
    this.rootsEpoch = access.manager.epoch;
    for (let i = 0; i < schema.indexes.length; i++) {
      const twin = this.indexOn(schema.indexes[i].columns);
      const tree = twin ? twin.tree : new IndexTree(indexAccess, NO_PAGE);
      const index = new TableIndex(schema.indexes[i], tree, schema);
      if (twin) twin.isTwin = index.isTwin = true;
      this.indexes.push(index);
    }
  }

  /** Opens the table that a registry entry describes; null on failure. */
  static open(access: MemoryAccess, pages: TablePages): Table | null {
    let status = checkTablePages(access, pages);
    const page = status == OK ? access.page(pages.snapshot) : 0;
    if (page == 0) return null;
    const schema = TableSchemaSnapshot.decode(page, PAGE_SIZE);
    if (!schema) {
      damaged(pages.snapshot, 0, "this is no schema snapshot, though the registry says it is");
      return null;
    }
    status = schema.validate();
    if (status != OK) {
      damaged(pages.snapshot, -1, lastError.what);
      return null;
    }
    if (fingerprintOf(schema.name) != pages.fingerprint) {
      damaged(pages.snapshot, -1, "the snapshot is of a table " + schema.name + ", the registry means another one");
      return null;
    }
    const encoded = new ByteBuffer(1024);
    status = schema.encode(encoded);
    const len = encoded.len;
    encoded.free();
    if (status != OK) return null;
    const table = new Table(access, pages, schema, len);
    return table.loadRoots() == OK ? table : null;
  }

  get name(): string {
    return this.schema.name;
  }

  /** A row for callers to fill or to decode into: the same one each time, so its content lasts only until the next use. */
  get callersRow(): Row {
    let row = this.spareRow;
    if (!row) {
      row = new Row(this.layout);
      this.spareRow = row;
    }
    return row;
  }

  /** About how much of what a collection of garbage walks it is, by what insertions leave. */
  get weight(): u32 {
    return 16 + this.schema.columns.length * 4 + this.indexes.length * 8;
  }

  /** The primary key's index. */
  get primary(): TableIndex {
    return this.indexes[0];
  }

  /** Reads the indexes' roots from the ledger, unless they are in memory only. */
  loadRoots(): Status {
    const inFile = this.indexAccess === this.access;
    for (let i = 0; i < this.indexes.length && inFile; i++) {
      const index = this.indexes[i];
      const root = this.indexLedger.root(index.definition.columns);
      if (root == NO_PAGE) return lastError.status;
      index.tree.rootPage = root;
    }
    this.rootsEpoch = this.access.manager.epoch;
    return OK;
  }

  /** Makes sure that nothing kept in memory is older than the last rollback. To be called before a statement or a scan. */
  refresh(): Status {
    return this.rootsEpoch == this.access.manager.epoch ? OK : this.loadRoots();
  }

  /** Adds an index entry and notes a new root. With `placed` the tree's `place` has looked for the key. */
  addEntry(index: TableIndex, key: usize, keyLen: u32, address: u64, placed: bool = false): Status {
    const root = index.tree.rootPage;
    const status = placed ? index.tree.insertPlaced(key, keyLen, address) : index.tree.insert(key, keyLen, address);
    return status == OK ? this.noteRoot(index, root) : status;
  }

  /** Removes an index entry and notes a new root. */
  removeEntry(index: TableIndex, key: usize, address: u64): Status {
    const root = index.tree.rootPage;
    const status = index.tree.remove(key, address);
    return status == OK ? this.noteRoot(index, root) : status;
  }

  /** Makes an index entry point to another record and notes a new root. */
  moveEntry(index: TableIndex, key: usize, keyLen: u32, from: u64, to: u64): Status {
    const root = index.tree.rootPage;
    const status = index.tree.move(key, keyLen, from, to);
    return status == OK ? this.noteRoot(index, root) : status;
  }

  /** Carries out the `count` changes of an index that are listed at `list`, as the tree's `applyChanges` does, and notes a new root. */
  applyChanges(index: TableIndex, list: usize, count: u32, unverified: bool, undoable: bool): Status {
    const root = index.tree.rootPage;
    const status = applyChanges(index.tree, list, count, index.unique, unverified, undoable);
    return status == OK ? this.noteRoot(index, root) : status;
  }

  /** Notes the root of an index if it is not `before` any more. */
  @inline private noteRoot(index: TableIndex, before: u32): Status {
    const root = index.tree.rootPage;
    return root != before ? this.indexLedger.setRoot(index.definition.columns, root) : OK;
  }

  /**
   * Finds out which indexes may wait. Not one that is there twice, since that is one tree; a unique one only where equal keys have equal
   * bytes, so that it can be told what changes that wait make of a key; another one unless it may be looked into for a foreign key. To be
   * called when `references` is filled.
   */
  findWaiting(): void {
    for (let i = 0; i < this.indexes.length; i++) {
      const index = this.indexes[i];
      const first = this.schema.columns[index.columns[0]];
      const plain = index.columns.length == 1 && isPlainKeyType(valueDiscriminant(first.type));
      let mayWait = index.unique ? plain : !this.isReferenced(first);
      for (let j = 0; j < this.indexes.length && mayWait; j++) {
        mayWait = i == j || this.indexes[j].definition.columns.join() != index.definition.columns.join();
      }
      index.mayWait = mayWait;
      index.isSearched = plain && (index.unique || first.foreignKey !== null);
    }
  }

  /** Notes a foreign key that names this table; `references` stay in the order of tables and columns. */
  addReference(reference: Reference): void {
    const references = this.references;
    let at = references.length;
    references.push(reference);
    for (; at > 0 && isBehind(references[at - 1], reference); at--) references[at] = references[at - 1];
    references[at] = reference;
  }

  /** Whether others refer to a table that refers to this one; or this one to itself. */
  get isReferredToFurther(): bool {
    for (let i = 0; i < this.references.length; i++) {
      if (this.references[i].table.references.length > 0) return true;
    }
    return false;
  }

  /** The position of the column that reference number `i` refers to; -1 when there is none. */
  referencedColumn(i: i32): i32 {
    const reference = this.references[i];
    const foreignKey = reference.table.schema.columns[reference.column].foreignKey;
    return foreignKey ? this.schema.columnIndex(foreignKey.column) : -1;
  }

  /** Whether an update by `row` may give a column another value that other rows refer to, and follow. */
  isFollowed(row: Row): bool {
    for (let i = 0; i < this.references.length; i++) {
      const position = this.referencedColumn(i);
      if (position >= 0 && row.state(position) != CELL_MISSING) return true;
    }
    return false;
  }

  private isReferenced(column: Column): bool {
    for (let i = 0; i < this.references.length; i++) {
      const foreignKey = this.references[i].table.schema.columns[this.references[i].column].foreignKey;
      if (!foreignKey || foreignKey.column == column.name) return true;
    }
    return false;
  }

  /** The index on exactly these columns, or null. */
  indexOn(columns: Array<string>): TableIndex | null {
    for (let i = 0; i < this.indexes.length; i++) {
      const names = this.indexes[i].definition.columns;
      if (names.length != columns.length) continue;
      let same = true;
      for (let j = 0; j < names.length; j++) same = same && names[j] == columns[j];
      if (same) return this.indexes[i];
    }
    return null;
  }

  /** The unique index on just this column, or null. */
  uniqueIndexOn(column: i32): TableIndex | null {
    for (let i = 0; i < this.indexes.length; i++) {
      const index = unchecked(this.indexes[i]);
      if (index.unique && index.columns.length == 1 && index.columns[0] == column) return index;
    }
    return null;
  }

  /** An index whose first column is `column`, one of that column alone if there is one; or null. */
  indexStartingWith(column: i32): TableIndex | null {
    let best: TableIndex | null = null;
    for (let i = 0; i < this.indexes.length; i++) {
      const index = this.indexes[i];
      if (index.columns[0] != column) continue;
      if (index.columns.length == 1) return index;
      if (!best) best = index;
    }
    return best;
  }

  /** The number of `index`; -1 for null, which is the order of records. */
  positionOf(index: TableIndex | null): i32 {
    return index ? this.indexes.indexOf(index) : -1;
  }

  /** Decodes the first `columns` columns of the record at `address` where it lies; the other cells of `row` are missing. */
  readColumns(address: RecordAddress, row: Row, columns: u32): Status {
    if (this.wanted.count != columns) this.wanted = new RecordPrefix(this.layout, columns);
    const wanted = this.wanted;
    const registry = this.registry;
    row.reset();
    const len = registry.bodyLength(address, wanted.bytes);
    if (len == 0) return lastError.status;
    const present = registry.present;
    return wanted.decode(registry, address, row, registry.body(address, present), len, present);
  }

  /** A scan over all records. */
  reader(): TableReader {
    return new TableReader(this.access, this.registry);
  }

  /** How many rows there are: the entries of the primary key's index; -1 on failure. */
  countRows(): i64 {
    return this.refresh() == OK && this.primary.settle() == OK ? this.primary.tree.path.countEntries() : -1;
  }

  /** Gives back the memory that is not garbage-collected. The table must not be used afterwards. */
  free(): void {
    this.oldRow.free();
    this.oldBody.free();
    if (this.spareRow) this.spareRow!.free();
    this.layout.free();
    if (this.indexAccess !== this.access) this.indexAccess.manager.close();
  }
}

function isBehind(a: Reference, b: Reference): bool {
  const order = compareNames(a.table.name, b.table.name);
  return order > 0 || (order == 0 && a.column > b.column);
}

/** The order of names by their UTF-8 bytes. */
export function compareNames(a: string, b: string): i32 {
  const len = min(a.length, b.length);
  for (let i = 0; i < len; i++) {
    const left = byBytes(a.charCodeAt(i));
    const right = byBytes(b.charCodeAt(i));
    if (left != right) return left - right;
  }
  return a.length - b.length;
}

/** A UTF-16 unit as a number that orders as the bytes of its character do: halves of characters above U+FFFF come behind all others. */
@inline
function byBytes(unit: i32): i32 {
  return unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Where in `tables`, which are sorted by name, `name` is or belongs. */
export function tablePosition(tables: Array<Table>, name: string): i32 {
  let low = 0;
  let high = tables.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareNames(tables[middle].name, name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The table of `tables`, which are sorted by name, that is called `name`, or null. */
export function findTable(tables: Array<Table>, name: string): Table | null {
  const at = tablePosition(tables, name);
  return at < tables.length && tables[at].name == name ? tables[at] : null;
}

/** The same for the name whose UTF-8 form is the `len` bytes at `ptr`. */
export function findTableByText(tables: Array<Table>, ptr: usize, len: u32): Table | null {
  let low = 0;
  let high = tables.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const table = unchecked(tables[middle]);
    const order = compareText(ptr, len, table.name);
    if (order == 0) return table;
    if (order > 0) low = middle + 1;
    else high = middle;
  }
  return null;
}

/** Where in `tables`, which are sorted by fingerprint, that with `fingerprint` is or belongs. */
export function fingerprintPosition(tables: Array<Table>, fingerprint: u64): i32 {
  let low = 0;
  let high = tables.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (unchecked(tables[middle]).pages.fingerprint < fingerprint) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts `table` into `tables` in front of number `at`. */
export function insertTable(tables: Array<Table>, at: i32, table: Table): void {
  tables.push(table);
  for (let i = tables.length - 1; i > at; i--) unchecked((tables[i] = tables[i - 1]));
  tables[at] = table;
}
