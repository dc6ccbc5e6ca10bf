/**
 * An index of an open table: its tree, the columns whose values its keys are, and the changes of its entries that wait.
 */
import { Status, OK, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { bytesEqual, copyBytes } from "../encode/bytes";
import { compareKeyToProbe, hasNull } from "../encode/key";
import { Row } from "../encode/row";
import { valueDiscriminant, VALUE_CUSTOM, VALUE_NULL } from "../encode/data-type";
import { addKeyValue, Column, IndexDefinition } from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { NO_ADDRESS, RecordAddress } from "../table/page-ledger";
import { IndexTree } from "../index/index-tree";
import { TreeCursor } from "../index/tree-cursor";

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
