/**
 * A table that is open: its definition, its ledgers and its indexes.
 */
import { Status, OK, NO_PAGE, damaged, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { PAGE_SIZE } from "../memory/base/layout";
import { ByteBuffer } from "../encode/byte-buffer";
import { compareNames } from "../encode/ascii";
import { Row, RowLayout, CELL_MISSING } from "../encode/row";
import { valueDiscriminant } from "../encode/data-type";
import { Column } from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { TablePages, fingerprintOf, checkTablePages } from "../schema/schema-registry";
import { PageLedger, RecordAddress } from "../table/page-ledger";
import { FreeSegmentsLedger } from "../table/free-segments-ledger";
import { AutoincrementLedger } from "../table/autoincrement-ledger";
import { TableRegistry } from "../table/table-registry";
import { TableReader } from "../table/table-reader";
import { applyChanges } from "../index/apply-changes";
import { IndexLedger } from "../index/index-ledger";
import { IndexTree } from "../index/index-tree";
import { isPlainKeyType } from "../index/buffered-changes";
import { TableIndex } from "./table-index";
import { TableWatch } from "./scan-watch";
import { RecordPrefix } from "./record-prefix";
import { RowRules, isCatalogTable } from "./catalog-table";

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

  /** The name of the column that it refers to. */
  get targetColumn(): string {
    const foreignKey = this.table.schema.columns[this.column].foreignKey;
    return foreignKey ? foreignKey.column : "";
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
  /** Whether it is what SQL keeps views and the like in. */
  readonly isCatalog: bool;
  /** Its constraints, if it has some, as of a version of the open tables: `Catalog.check`. */
  rules: RowRules | null = null;
  rulesVersion: u32 = 0;
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
    this.isCatalog = isCatalogTable(schema);
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

  /** About how many bytes its records take: all of its pages, but for what is free in the last one. 0 where that can't be read. */
  get recordBytes(): u64 {
    return this.registry.pageLedger.bytes;
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
  @inline noteRoot(index: TableIndex, before: u32): Status {
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

  forgetRules(): void {
    const rules = this.rules;
    if (rules) rules.free();
    this.rules = null;
    this.rulesVersion = 0;
  }

  /** Gives back the memory that is not garbage-collected. The table must not be used afterwards. */
  free(): void {
    this.forgetRules();
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
