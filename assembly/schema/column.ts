/** Columns and indexes as a schema snapshot describes them. */
import { ByteBuffer } from "../encode/byte-buffer";
import { Row } from "../encode/row";
import { Rule } from "../rules/rule";
import { TYPE_CUSTOM, typeName, fixedValueSize, valueDiscriminant, VALUE_NULL, VALUE_CUSTOM } from "../encode/data-type";

export const FLAG_NULLABLE: u32 = 1;
export const FLAG_AUTO: u32 = 2;
export const FLAG_UNIQUE: u32 = 4;
export const FLAG_PRIMARY_KEY: u32 = 8;

export const ON_DELETE_RESTRICT: u8 = 1;
export const ON_DELETE_CASCADE: u8 = 2;

/** A column that must hold a value of another table's column. */
export class ForeignKey {
  constructor(
    readonly table: string,
    readonly column: string,
    readonly onDelete: u8,
  ) {}
}

export class Column {
  /** UTF-8 of the name. */
  readonly nameBytes: ArrayBuffer;
  /** Tag of a custom type, else "". */
  customTag: string = "";
  private encodedTag: ArrayBuffer | null = null;
  /** n of custom(TAG,n); 0 for custom(TAG) and all other types. */
  customSize: u32 = 0;
  foreignKey: ForeignKey | null = null;
  /** The default as the snapshot has it (discriminant, then the value as in a key), or null for none. */
  defaultValue: ArrayBuffer | null = null;
  /** What a session makes and asks of values; no file has it. Null for nothing. */
  rules: Array<Rule> | null = null;

  constructor(
    readonly name: string,
    readonly type: u8,
    public flags: u32 = 0,
  ) {
    this.nameBytes = String.UTF8.encode(name);
  }

  /** The same column with other flags, perhaps under another name. */
  withFlags(flags: u32, name: string = this.name): Column {
    const copy = new Column(name, this.type, flags);
    copy.customTag = this.customTag;
    copy.customSize = this.customSize;
    copy.foreignKey = this.foreignKey;
    copy.defaultValue = this.defaultValue;
    return copy;
  }

  get nullable(): bool {
    return (this.flags & FLAG_NULLABLE) != 0;
  }
  get auto(): bool {
    return (this.flags & FLAG_AUTO) != 0;
  }
  get unique(): bool {
    return (this.flags & FLAG_UNIQUE) != 0;
  }
  get primaryKey(): bool {
    return (this.flags & FLAG_PRIMARY_KEY) != 0;
  }

  /** Bytes of a value in a record, or 0 when they vary. */
  get fixedSize(): u32 {
    return fixedValueSize(this.type, this.customSize);
  }

  /** The type as the command line spells it: `uint32`, `custom(rgb,3)`. */
  get typeText(): string {
    if (this.type != TYPE_CUSTOM) return typeName(this.type);
    return this.customSize == 0
      ? "custom(" + this.customTag + ")"
      : "custom(" + this.customTag + "," + this.customSize.toString() + ")";
  }

  /** Whether the `len` bytes at `name` are this column's name. */
  @inline isNamed(name: usize, len: u32): bool {
    return <u32>this.nameBytes.byteLength == len && memory.compare(changetype<usize>(this.nameBytes), name, len) == 0;
  }

  /** The custom type's tag in UTF-8: made once, for it is part of every key. */
  get tagBytes(): ArrayBuffer {
    let bytes = this.encodedTag;
    if (!bytes) {
      bytes = String.UTF8.encode(this.customTag);
      this.encodedTag = bytes;
    }
    return bytes;
  }

  /** Makes the value of `len` bytes at `ptr`, as in a record, the default; null when `ptr` is 0. */
  setDefault(ptr: usize, len: u32): void {
    const encoded = new ByteBuffer(64);
    addKeyValue(this, valueDiscriminant(this.type), ptr, len, encoded);
    const value = new ArrayBuffer(encoded.len);
    memory.copy(changetype<usize>(value), encoded.ptr, encoded.len);
    encoded.free();
    this.defaultValue = value;
  }

  /**
   * Where the default's value starts inside `defaultValue`, as in a record; the discriminant and a custom value's tag
   * are skipped. 0 for null.
   */
  defaultOffset(): u32 {
    const value = this.defaultValue;
    if (!value) return 0;
    const ptr = changetype<usize>(value);
    const discriminant = load<u8>(ptr);
    if (discriminant == VALUE_NULL) return 0;
    if (discriminant != VALUE_CUSTOM) return 1;
    // custom(TAG) keeps the length before the bytes as part of its value, custom(TAG,n) has none: both are what follows data_len.
    return 5 + <u32>load<u16>(ptr, 1);
  }
}

/** Whether a session is to have rules for one of the columns. */
export function hasRules(columns: Array<Column>): bool {
  for (let c = 0; c < columns.length; c++) if (columns[c].rules) return true;
  return false;
}

/** Gives the row's column what it has by itself: its default, where that lies, or null where it has none and may be; else it stays. */
export function giveDefault(column: Column, row: Row, position: i32): void {
  const offset = column.defaultOffset();
  const value = column.defaultValue;
  if (value && offset != 0) row.setAt(position, changetype<usize>(value) + offset, value.byteLength - offset);
  else if (column.nullable) row.setNull(position);
}

/** An index over one or more columns. */
export class IndexDefinition {
  constructor(
    readonly columns: Array<string>,
    readonly unique: bool,
  ) {}

  /** `a,b`: how the command line names the index. */
  get columnsText(): string {
    return this.columns.join(",");
  }
}

/**
 * Appends a value of `column` (`len` bytes at `ptr`, as in a record; null when `ptr` is 0) as a key or a default has it:
 * discriminant first.
 */
export function addKeyValue(column: Column, discriminant: u8, ptr: usize, len: u32, out: ByteBuffer): void {
  if (ptr == 0) {
    out.addU8(VALUE_NULL);
    return;
  }
  out.addU8(discriminant);
  if (discriminant == VALUE_CUSTOM) {
    const tag = column.tagBytes;
    out.addU16(tag.byteLength);
    out.addBytes(changetype<usize>(tag), tag.byteLength);
    out.addU16(len);
  }
  out.addBytes(ptr, len);
}
