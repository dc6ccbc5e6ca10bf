/**
 * A table's definition as the file keeps it, on a page of its own (`docs/format.md`, "Schema snapshot").
 */
import { Status, OK, BAD_SCHEMA, NAME_TOO_LONG, PAGE_FULL, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { bytesEqual } from "../encode/bytes";
import { isKeyValue } from "../encode/key";
import { isUtf8 } from "../encode/utf8";
import { RowLayout, MAX_BODY } from "../encode/row";
import { PAGE_SIZE } from "../memory/base/layout";
import {
  TYPE_CUSTOM,
  TYPE_FLOAT32,
  TYPE_FLOAT64,
  TYPE_INT64,
  typeName,
  valueDiscriminant,
  isInteger,
  VALUE_NULL,
} from "../encode/data-type";
import {
  Column,
  ForeignKey,
  IndexDefinition,
  FLAG_PRIMARY_KEY,
  FLAG_UNIQUE,
  FLAG_NULLABLE,
  FLAG_AUTO,
  ON_DELETE_CASCADE,
  ON_DELETE_RESTRICT,
} from "./column";

/** The version byte that starts a snapshot, and the schema hash. */
export const SNAPSHOT_VERSION: u8 = 1;
/** The alignment of a table with a column of varying size, unless it says otherwise. */
export const DEFAULT_ALIGNMENT: u32 = 32;
/** The smallest alignment that the reference takes. */
const MIN_ALIGNMENT: u32 = 8;

/** What no more columns, nor indexes, than come to: a definition is on one page, and each takes at least 8 bytes of it (an index 6). */
export const MOST_COLUMNS: i32 = PAGE_SIZE / 8;

/** What a primary key is called that SQL adds to a table: `hasHiddenKey`. */
export const HIDDEN_KEY: string = "rowid";

export class TableSchemaSnapshot {
  columns: Array<Column> = new Array<Column>();
  indexes: Array<IndexDefinition> = new Array<IndexDefinition>();
  /** Bytes that slots of records are a multiple of; for all-fixed tables the body's size. */
  alignment: u32 = DEFAULT_ALIGNMENT;

  constructor(
    readonly name: string,
    public primaryKey: string,
  ) {}

  /** The position of the column called `name`, or -1. */
  columnIndex(name: string): i32 {
    for (let i = 0; i < this.columns.length; i++) {
      if (this.columns[i].name == name) return i;
    }
    return -1;
  }

  /** The position of the column whose name is the `len` bytes at `name`, or -1. */
  columnIndexOf(name: usize, len: u32): i32 {
    const columns = this.columns;
    for (let i = 0; i < columns.length; i++) {
      if (columns[i].isNamed(name, len)) return i;
    }
    return -1;
  }

  /** How this table's records are laid out; the caller frees it. */
  rowLayout(): RowLayout {
    const layout = new RowLayout(this.columns.length);
    for (let i = 0; i < this.columns.length; i++) layout.setColumn(i, this.columns[i].fixedSize, this.columns[i].nullable);
    return layout;
  }

  /**
   * Adds an index on these columns, unless there is one. That of one column is unique if the column is, one of several if it is `unique`
   * here.
   */
  addIndex(columns: Array<string>, unique: bool = false): void {
    const position = columns.length == 1 ? this.columnIndex(columns[0]) : -1;
    const index = new IndexDefinition(columns, columns.length > 1 ? unique : position >= 0 && this.columns[position].unique);
    const at = this.indexOn(columns);
    if (at < 0) this.indexes.push(index);
    else if (unique) this.indexes[at] = index;
  }

  /** The number of the first index on exactly these columns, or -1. */
  indexOn(columns: Array<string>): i32 {
    const text = columns.join("\0");
    for (let i = 0; i < this.indexes.length; i++) {
      if (this.indexes[i].columns.join("\0") == text) return i;
    }
    return -1;
  }

  /** Where an index stands among the others: unique ones, plain ones, each in the order of columns, then those of several columns. */
  private placeOf(index: IndexDefinition): i32 {
    const count = this.columns.length;
    if (index.columns.length > 1) return 2 * count;
    return (index.unique ? 0 : count) + this.columnIndex(index.columns[0]);
  }

  /** Moves index number `at` in front of those before it, but for the first one, that belong behind it. */
  placeIndex(at: i32): void {
    const indexes = this.indexes;
    const index = indexes[at];
    const place = this.placeOf(index);
    for (; at > 1 && this.placeOf(indexes[at - 1]) > place; at--) indexes[at] = indexes[at - 1];
    indexes[at] = index;
  }

  /**
   * Whether the primary key is one that SQL made for a table without one, or with one of several columns: `rowid`, an int64 that is
   * counted, in front of the other columns. SQL's `*` leaves it out.
   */
  get hasHiddenKey(): bool {
    const first = this.columns[0];
    return first.name == HIDDEN_KEY && first.type == TYPE_INT64 && first.auto && first.primaryKey && this.columns.length > 1;
  }

  /** The same definition, with lists of its own of the same columns and indexes. */
  copy(): TableSchemaSnapshot {
    const copy = new TableSchemaSnapshot(this.name, this.primaryKey);
    copy.alignment = this.alignment;
    copy.columns = this.columns.slice();
    copy.indexes = this.indexes.slice();
    return copy;
  }

  /**
   * The same with an index on these columns, a unique one if it is to be `unique`; where there is a plain one it becomes unique. This one
   * where it has such an index.
   */
  withIndex(columns: Array<string>, unique: bool): TableSchemaSnapshot {
    const known = this.indexOn(columns);
    if (known >= 0 && (this.indexes[known].unique || !unique)) return this;
    const copy = this.copy();
    if (known >= 0) copy.indexes.splice(known, 1);
    const position = this.columnIndex(columns[0]);
    if (unique && columns.length == 1)
      copy.columns[position] = this.columns[position].withFlags(this.columns[position].flags | FLAG_UNIQUE);
    copy.placeIndex(copy.indexes.push(new IndexDefinition(columns, unique)) - 1);
    return copy;
  }

  /** The same without any index on these columns, and without what it makes unique. */
  withoutIndex(columns: Array<string>): TableSchemaSnapshot {
    const copy = this.copy();
    for (let at = copy.indexOn(columns); at >= 0; at = copy.indexOn(columns)) copy.indexes.splice(at, 1);
    const position = this.columnIndex(columns[0]);
    if (columns.length == 1)
      copy.columns[position] = this.columns[position].withFlags(this.columns[position].flags & ~FLAG_UNIQUE);
    return copy;
  }

  /** Adds the indexes of the primary key and of unique columns. */
  addKeyIndexes(): void {
    this.addIndex([this.primaryKey]);
    for (let i = 0; i < this.columns.length; i++) {
      if (this.columns[i].unique) this.addIndex([this.columns[i].name]);
    }
  }

  /** The alignment of a table like this, unless it says otherwise: the body's size when all columns have a fixed one, else 32. */
  get usualAlignment(): u32 {
    const layout = this.rowLayout();
    const fixed = layout.fixedBody;
    layout.free();
    return fixed != 0 ? fixed : DEFAULT_ALIGNMENT;
  }

  /** The same definition with each list of columns indexed once, as crates from 0.10 on have it; this one where it is so already. */
  withoutTwins(): TableSchemaSnapshot {
    const names = new Array<string>();
    const indexes = new Array<IndexDefinition>();
    for (let i = 0; i < this.indexes.length; i++) {
      const text = this.indexes[i].columns.join("\0");
      if (names.includes(text)) continue;
      names.push(text);
      indexes.push(this.indexes[i]);
    }
    if (indexes.length == this.indexes.length) return this;
    const copy = this.copy();
    copy.indexes = indexes;
    return copy;
  }

  /** Appends the encoded snapshot. */
  encode(out: ByteBuffer): Status {
    const start = out.len;
    out.addU8(SNAPSHOT_VERSION);
    let status = addName(out, this.name);
    if (status == OK) status = addName(out, this.primaryKey);
    if (status != OK) return status;
    out.addU32(this.alignment);
    out.addU16(this.columns.length);
    for (let i = 0; i < this.columns.length; i++) {
      const lengthAt = reserveLength(out);
      status = encodeColumn(this.columns[i], out);
      if (status != OK) return status;
      fillLength(out, lengthAt);
    }
    out.addU16(this.indexes.length);
    for (let i = 0; i < this.indexes.length; i++) {
      const lengthAt = reserveLength(out);
      const index = this.indexes[i];
      if (index.columns.length > 255) return fail(BAD_SCHEMA, "an index can have at most 255 columns");
      out.addU8(index.columns.length);
      for (let j = 0; j < index.columns.length; j++) {
        status = addName(out, index.columns[j]);
        if (status != OK) return status;
      }
      out.addU8(index.unique ? 1 : 0);
      fillLength(out, lengthAt);
    }
    if (out.len - start > PAGE_SIZE) {
      return fail(
        PAGE_FULL,
        "the definition of " + this.name + " takes " + (out.len - start).toString() + " bytes, a page holds 65536",
      );
    }
    return OK;
  }

  /** Reads a snapshot from at most `len` bytes; null when they are not one (nothing is put into `lastError`). */
  static decode(ptr: usize, len: u32): TableSchemaSnapshot | null {
    const reader = new SnapshotReader(ptr, len);
    if (reader.u8() != SNAPSHOT_VERSION) return null;
    const snapshot = new TableSchemaSnapshot(reader.name(), reader.name());
    snapshot.alignment = reader.u32();
    const columnCount = reader.u16();
    for (let i: u32 = 0; i < columnCount && !reader.bad; i++) {
      const part = reader.part(reader.u16());
      const column = decodeColumn(part);
      if (!column || part.bad) return null;
      snapshot.columns.push(column);
    }
    const indexCount = reader.u16();
    for (let i: u32 = 0; i < indexCount && !reader.bad; i++) {
      const part = reader.part(reader.u16());
      const count = part.u8();
      const names = new Array<string>();
      for (let j: u32 = 0; j < count && !part.bad; j++) names.push(part.name());
      const unique = part.u8();
      if (part.bad || unique > 1 || count == 0) return null;
      snapshot.indexes.push(new IndexDefinition(names, unique == 1));
    }
    if (reader.bad || snapshot.columns.length == 0) return null;
    return snapshot;
  }

  /**
   * `OK` when the definition makes sense by itself: one primary key, named columns of types that have values, indexes on columns that
   * exist, the primary key's index first, an alignment that holds. Files that fail this can't be worked with; `create` uses it too.
   */
  validate(): Status {
    const columns = this.columns;
    if (this.name.length == 0) return fail(BAD_SCHEMA, "the table has no name");
    let primaryKeys = 0;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i];
      const where = this.name + "." + column.name;
      if (column.name.length == 0) return fail(BAD_SCHEMA, "a column of " + this.name + " has no name");
      if (this.columnIndex(column.name) != i) return fail(BAD_SCHEMA, "there are two columns " + where);
      if (column.type == TYPE_FLOAT32 || column.type == TYPE_FLOAT64) {
        return fail(BAD_SCHEMA, where + " is a " + typeName(column.type) + ", which the format has no values of", "use decimal");
      }
      if (column.primaryKey) primaryKeys += 1;
      if (column.primaryKey && column.nullable) return fail(BAD_SCHEMA, where + " is the primary key and can't be null");
      if (column.auto && (column.nullable || !isInteger(column.type))) {
        return fail(BAD_SCHEMA, where + " can't be auto-incremented: only integer columns that are not nullable can");
      }
    }
    const key = this.columnIndex(this.primaryKey);
    if (key < 0 || primaryKeys != 1 || !columns[key].primaryKey) {
      return fail(
        BAD_SCHEMA,
        this.name + " has " + primaryKeys.toString() + " primary key columns, it needs one",
        "mark one column pk",
      );
    }
    const indexes = this.indexes;
    if (indexes.length == 0 || indexes[0].columns.length != 1 || indexes[0].columns[0] != this.primaryKey) {
      return fail(BAD_SCHEMA, "the first index of " + this.name + " is not that of its primary key");
    }
    for (let i = 0; i < indexes.length; i++) {
      for (let j = 0; j < indexes[i].columns.length; j++) {
        const column = indexes[i].columns[j];
        if (this.columnIndex(column) < 0)
          return fail(BAD_SCHEMA, "an index of " + this.name + " names a column " + column + ", which it has not");
      }
    }
    return this.validateSizes();
  }

  private validateSizes(): Status {
    const layout = this.rowLayout();
    const fixed = layout.fixedBody;
    let least: u64 = 0;
    for (let i: u32 = 0; i < layout.columnCount; i++) {
      least += layout.nullable(i) ? 1 : layout.fixedSize(i) == 0 ? 2 : layout.fixedSize(i);
    }
    layout.free();
    if (least > MAX_BODY)
      return fail(BAD_SCHEMA, "a row of " + this.name + " needs at least " + least.toString() + " bytes, a page holds 65533");
    if (fixed != 0 && this.alignment != fixed) {
      return fail(
        BAD_SCHEMA,
        this.name +
          " has only columns of fixed size, so its alignment must be " +
          fixed.toString() +
          ", not " +
          this.alignment.toString(),
      );
    }
    if (fixed == 0 && (this.alignment < MIN_ALIGNMENT || this.alignment > 32768)) {
      return fail(BAD_SCHEMA, "the alignment of " + this.name + " is " + this.alignment.toString() + "; it must be 8 to 32768");
    }
    return OK;
  }
}

/** Where a u16 length goes that is known only afterwards. */
function reserveLength(out: ByteBuffer): u32 {
  out.addU16(0);
  return out.len - 2;
}

function fillLength(out: ByteBuffer, at: u32): void {
  store<u16>(out.ptr + at, <u16>(out.len - at - 2));
}

/** Appends a name with its length in one byte. */
export function addName(out: ByteBuffer, name: string): Status {
  const len = String.UTF8.byteLength(name);
  if (len > 255)
    return fail(NAME_TOO_LONG, "the name " + name.substring(0, 40) + "… is " + len.toString() + " bytes long, at most 255 fit");
  out.addU8(len);
  out.addText(name);
  return OK;
}

function encodeColumn(column: Column, out: ByteBuffer): Status {
  let status = addName(out, column.name);
  if (status != OK) return status;
  out.addU8(column.type);
  if (column.type == TYPE_CUSTOM) {
    if (column.customSize != 0) {
      out.addU8(1);
      out.addU32(column.customSize);
    } else out.addU8(2);
    status = addName(out, column.customTag);
    if (status != OK) return status;
  }
  out.addU8(column.flags);
  const foreignKey = column.foreignKey;
  out.addU8(foreignKey ? 1 : 0);
  if (foreignKey) {
    const lengthAt = reserveLength(out);
    status = addName(out, foreignKey.table);
    if (status == OK) status = addName(out, foreignKey.column);
    if (status != OK) return status;
    out.addU8(foreignKey.onDelete);
    fillLength(out, lengthAt);
  }
  const defaultValue = column.defaultValue;
  out.addU8(defaultValue ? 1 : 0);
  if (defaultValue) {
    out.addU16(defaultValue.byteLength);
    out.addBytes(changetype<usize>(defaultValue), defaultValue.byteLength);
  }
  return OK;
}

function decodeColumn(part: SnapshotReader): Column | null {
  const name = part.name();
  const type = <u8>part.u8();
  if (valueDiscriminant(type) == 0xff && type != TYPE_FLOAT32 && type != TYPE_FLOAT64) return null;
  let customSize: u32 = 0;
  let customTag = "";
  if (type == TYPE_CUSTOM) {
    const kind = part.u8();
    if (kind == 1) customSize = part.u32();
    else if (kind != 2) return null;
    if (kind == 1 && (customSize == 0 || customSize > MAX_BODY)) return null;
    customTag = part.name();
  }
  const column = new Column(name, type, part.u8());
  if ((column.flags & ~(FLAG_NULLABLE | FLAG_AUTO | FLAG_UNIQUE | FLAG_PRIMARY_KEY)) != 0) return null;
  column.customSize = customSize;
  column.customTag = customTag;
  const hasForeignKey = part.u8();
  if (hasForeignKey == 1) {
    const key = part.part(part.u16());
    const table = key.name();
    const target = key.name();
    const onDelete = <u8>key.u8();
    if (key.bad || (onDelete != ON_DELETE_RESTRICT && onDelete != ON_DELETE_CASCADE)) return null;
    column.foreignKey = new ForeignKey(table, target, onDelete);
  } else if (hasForeignKey != 0) return null;
  const hasDefault = part.u8();
  if (hasDefault == 1) {
    const len = part.u16();
    const value = part.bytes(len);
    if (part.bad || !isKeyValue(value, len)) return null;
    const discriminant = load<u8>(value);
    if (discriminant != VALUE_NULL && discriminant != valueDiscriminant(type)) return null;
    const copy = new ArrayBuffer(len);
    memory.copy(changetype<usize>(copy), value, len);
    column.defaultValue = copy;
  } else if (hasDefault != 0) return null;
  return column;
}

/** Reads fields one after the other; past the end, or at text that is not UTF-8, it turns bad and gives zeros. */
class SnapshotReader {
  bad: bool = false;

  constructor(
    private at: usize,
    private left: u32,
  ) {}

  bytes(len: u32): usize {
    if (len > this.left) {
      this.bad = true;
      this.left = 0;
      return 0;
    }
    const ptr = this.at;
    this.at += len;
    this.left -= len;
    return ptr;
  }

  u8(): u32 {
    const ptr = this.bytes(1);
    return ptr == 0 ? 0 : load<u8>(ptr);
  }

  u16(): u32 {
    const ptr = this.bytes(2);
    return ptr == 0 ? 0 : load<u16>(ptr);
  }

  u32(): u32 {
    const ptr = this.bytes(4);
    return ptr == 0 ? 0 : load<u32>(ptr);
  }

  name(): string {
    const len = this.u8();
    const ptr = this.bytes(len);
    if (this.bad || !isUtf8(ptr, len)) {
      this.bad = true;
      return "";
    }
    return String.UTF8.decodeUnsafe(ptr, len, false);
  }

  part(len: u32): SnapshotReader {
    const ptr = this.bytes(len);
    const part = new SnapshotReader(ptr, this.bad ? 0 : len);
    part.bad = this.bad;
    return part;
  }
}

/** Whether two definitions are the same in all that a file keeps of them. */
export function isSameDefinition(a: TableSchemaSnapshot, b: TableSchemaSnapshot): bool {
  if (a === b) return true;
  const one = new ByteBuffer(1024);
  const other = new ByteBuffer(1024);
  const encoded = a.encode(one) == OK && b.encode(other) == OK;
  const same = encoded && bytesEqual(one.ptr, one.len, other.ptr, other.len);
  one.free();
  other.free();
  return same;
}

/** The definition that a page holds; null when it holds none, or one that can't be worked with. */
export function definitionOn(page: usize): TableSchemaSnapshot | null {
  const schema = TableSchemaSnapshot.decode(page, PAGE_SIZE);
  if (!schema || schema.validate() != OK) return null;
  const encoded = new ByteBuffer(1024);
  const same = schema.encode(encoded) == OK && bytesEqual(encoded.ptr, encoded.len, page, encoded.len);
  encoded.free();
  return same ? schema : null;
}
