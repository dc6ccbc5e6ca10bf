/**
 * Columns as `create` takes them and `schema` prints them: `name:type[:flag]…`.
 *
 * Parts are separated by `:`. A backslash takes the meaning from the character behind it, so that names may hold `:`, `.`, `,` and
 * parentheses. `default=VALUE` comes last and its value is all that follows: backslashes are themselves there, but for one in front of a
 * colon, and a colon needs one where a flag seems to come behind it. `default` alone is a default of null.
 *
 * Flags that are names of rules (assembly/rules) are a session's: they are no part of the definition that a file has, and `schema` does not
 * print them.
 *
 * The indexes that follow from the flags stand in the reference's order: the primary key; unique columns in declaration order; columns
 * with `index` in declaration order; groups (`index=NAME`, `unique=NAME`) sorted by their names' bytes. The columns of a group are in
 * declaration order, or by the numbers behind its name (`index=NAME.2`). A list of columns is indexed only once, at its first place.
 */
import { Status, OK, BAD_REQUEST, BAD_SCHEMA, fail, lastError } from "../status";
import { asciiLower } from "../encode/ascii";
import { ByteBuffer } from "../encode/byte-buffer";
import { compareBytes } from "../encode/bytes";
import { TYPE_CUSTOM, TYPE_NAMES, typeByName, typeName } from "../encode/data-type";
import { parseValue, writeTextValue } from "../encode/value-text";
import { Rule, makeRule, ruleKind, takesOneText } from "../rules/rule";
import { namesFor } from "../rules/rule-kinds";
import {
  Column,
  ForeignKey,
  FLAG_AUTO,
  FLAG_NULLABLE,
  FLAG_PRIMARY_KEY,
  FLAG_UNIQUE,
  ON_DELETE_CASCADE,
  ON_DELETE_RESTRICT,
} from "./column";
import { TableSchemaSnapshot, DEFAULT_ALIGNMENT, MOST_COLUMNS, isSameDefinition } from "./table-schema-snapshot";
import { suggestion } from "./nearest";

/** What types are called elsewhere, and here; `float` and `double` have no like, `decimal` comes nearest. */
const OTHER_TYPES: StaticArray<string> = [
  "string text,varchar text,char text,str text,bool boolean,bytes blob,binary blob,bytea blob,timestamp datetime,number decimal",
  "numeric decimal,float decimal,float32 decimal,float64 decimal,double decimal,real decimal,int int32,integer int32,uint uint32",
  "bigint int64,long int64,smallint int16,short int16,tinyint int8,byte uint8,u8 uint8,u16 uint16,u32 uint32,u64 uint64",
  "i8 int8,i16 int16,i32 int32,i64 int64,guid uuid,jsonb json",
];
const OTHER_FLAGS: StaticArray<string> = [
  "nullable null,optional null,primary pk,key pk,primarykey pk,autoincrement auto,fk references",
];
const FLAGS: Array<string> = ["pk", "unique", "null", "auto", "index", "default", "references", "cascade", "restrict"];

/** An index over several columns in the making. */
class Group {
  columns: Array<string> = new Array<string>();
  unique: bool = false;
  readonly nameBytes: ArrayBuffer;
  /** The number of each column; 0 for one without. */
  private numbers: Array<i32> = new Array<i32>();

  constructor(readonly name: string) {
    this.nameBytes = String.UTF8.encode(name);
  }

  /** Adds a column behind those whose numbers are not greater. */
  add(column: string, number: i32): void {
    if (this.columns.includes(column)) return;
    let at = this.columns.length;
    while (at > 0 && this.numbers[at - 1] > number) at -= 1;
    this.columns.push(column);
    moveLast<string>(this.columns, at);
    this.numbers.push(number);
    moveLast<i32>(this.numbers, at);
  }
}

/** Moves the last of `list` to `at`. */
export function moveLast<T>(list: Array<T>, at: i32): void {
  const last = list.length - 1;
  const moved = list[last];
  for (let i = last; i > at; i--) list[i] = list[i - 1];
  list[at] = moved;
}

/** Takes the specs of a table's columns and makes its definition. */
export class TableDefinition {
  private columns: Array<Column> = new Array<Column>();
  private plain: Array<string> = new Array<string>();
  private groups: Array<Group> = new Array<Group>();

  constructor(readonly name: string) {}

  /** Adds a column. `BAD_SCHEMA` says what is wrong with `spec`. */
  add(spec: string): Status {
    const scanner = new SpecScanner(spec);
    const name = scanner.part(":");
    if (name == "") return fail(BAD_SCHEMA, "the column " + spec + " has no name", "write it like name:type:flag");
    if (!scanner.more) return fail(BAD_SCHEMA, "column " + name + " has no type", "write it like " + name + ":text");
    const column = parseType(scanner, name);
    if (!column) return lastError.status;
    while (scanner.more) {
      const status = this.addFlag(scanner, column);
      if (status != OK) return status;
    }
    return this.addColumn(column);
  }

  /** Adds a column that is made already. */
  addColumn(column: Column): Status {
    // What comes behind looks all names through for each of them.
    if (this.columns.length == MOST_COLUMNS) return this.refuseMore("columns");
    if (column.primaryKey) column.flags |= FLAG_UNIQUE;
    this.columns.push(column);
    return OK;
  }

  /** Adds an index on several columns, behind those that were added so before. */
  addIndex(columns: Array<string>, unique: bool): Status {
    if (this.groups.length == MOST_COLUMNS) return this.refuseMore("indexes");
    const group = this.group(this.groups.length.toString().padStart(5, "0"));
    group.columns = columns;
    group.unique = unique;
    return OK;
  }

  /** The columns so far. */
  get added(): Array<Column> {
    return this.columns;
  }

  private addFlag(scanner: SpecScanner, column: Column): Status {
    const flag = scanner.part(":=");
    const hasValue = scanner.ended == 0x3d;
    if (hasValue && flag == "default") return this.addDefault(column, scanner.rest().split(":"));
    if (hasValue && (flag == "index" || flag == "unique")) {
      let name = scanner.part(":.");
      let number = 0;
      if (scanner.ended == 0x2e) {
        const digits = scanner.part(":");
        number = digits.length < 5 ? I32.parseInt(digits) : 0;
        if (number <= 0 || number.toString() != digits) {
          name += "." + digits;
          number = 0;
        }
      }
      if (name == "") return flagError(column, flag + "= needs a group's name");
      if (this.groups.length == MOST_COLUMNS) return this.refuseMore("indexes");
      const group = this.group(name);
      group.add(column.name, number);
      group.unique = group.unique || flag == "unique";
      return OK;
    }
    if (hasValue && flag == "references") return this.addReference(column, scanner);
    if (hasValue && FLAGS.includes(flag)) return flagError(column, flag + " takes no value");
    const kind = ruleKind(flag);
    if (kind >= 0) return addRule(scanner, column, kind, hasValue);
    if (flag == "pk") column.flags |= FLAG_PRIMARY_KEY;
    else if (flag == "unique") column.flags |= FLAG_UNIQUE;
    else if (flag == "null") column.flags |= FLAG_NULLABLE;
    else if (flag == "auto") column.flags |= FLAG_AUTO;
    else if (flag == "index") this.plain.push(column.name);
    else if (flag == "default") column.setDefault(0, 0);
    else if (flag == "cascade" || flag == "restrict") {
      const key = column.foreignKey;
      if (!key) return flagError(column, flag + " comes behind references=TABLE.COLUMN");
      column.foreignKey = new ForeignKey(key.table, key.column, flag == "cascade" ? ON_DELETE_CASCADE : ON_DELETE_RESTRICT);
    } else if (flag == "references") return flagError(column, "references needs =TABLE.COLUMN");
    else {
      const names = FLAGS.concat(namesFor(column.type));
      return flagError(column, "there is no flag " + flag, otherName(flag, OTHER_FLAGS, names, "flags and rules"));
    }
    return OK;
  }

  private refuseMore(what: string): Status {
    const most = MOST_COLUMNS.toString();
    return fail(BAD_SCHEMA, "the definition of " + this.name + " would not fit its page: it has more than " + most + " " + what);
  }

  private addReference(column: Column, scanner: SpecScanner): Status {
    const table = scanner.part(".:");
    const target = scanner.ended == 0x2e ? scanner.part(":") : "";
    if (table == "" || target == "") return flagError(column, "references= needs TABLE.COLUMN");
    column.foreignKey = new ForeignKey(table, target, ON_DELETE_RESTRICT);
    return OK;
  }

  /** `parts` are what stands between colons. */
  private addDefault(column: Column, parts: Array<string>): Status {
    for (let p = 1; p < parts.length; p++) {
      const before = parts[p - 1];
      if (before.endsWith("\\")) parts[p - 1] = before.substring(0, before.length - 1);
      else if (isFlag(parts[p])) {
        const what = parts[p] + " behind default= would be of its value";
        return flagError(column, what, "default comes last; or write \\: for a colon of the value");
      }
    }
    const bytes = String.UTF8.encode(parts.join(":"));
    const value = new ByteBuffer(64);
    const status = parseValue(column.type, column.customSize, changetype<usize>(bytes), bytes.byteLength, value);
    if (status == OK) column.setDefault(value.ptr, value.len);
    value.free();
    return status == OK ? OK : flagError(column, "default: " + lastError.what);
  }

  /** Gives the columns of a group another order, in which they are listed. */
  orderGroup(name: string, columns: Array<string>): void {
    this.group(name).columns = columns;
  }

  private group(name: string): Group {
    for (let i = 0; i < this.groups.length; i++) {
      if (this.groups[i].name == name) return this.groups[i];
    }
    const group = new Group(name);
    // Sorted by the bytes of the names.
    let at = this.groups.length;
    while (at > 0 && compareNames(this.groups[at - 1].nameBytes, group.nameBytes) > 0) at -= 1;
    this.groups.push(group);
    moveLast<Group>(this.groups, at);
    return group;
  }

  /** The definition, not validated yet; `alignment` 0 is the usual one: the body's size when all columns have a fixed one, else 32. */
  build(alignment: u32): TableSchemaSnapshot {
    let primaryKey = "";
    for (let i = 0; i < this.columns.length; i++) {
      if (this.columns[i].primaryKey && primaryKey == "") primaryKey = this.columns[i].name;
    }
    const schema = new TableSchemaSnapshot(this.name, primaryKey);
    schema.columns = this.columns;
    const groups = this.groups;
    for (let i = 0; i < groups.length; i++) {
      const position = groups[i].unique && groups[i].columns.length == 1 ? schema.columnIndex(groups[i].columns[0]) : -1;
      if (position >= 0) schema.columns[position].flags |= FLAG_UNIQUE;
    }
    schema.addKeyIndexes();
    for (let i = 0; i < this.plain.length; i++) schema.addIndex([this.plain[i]]);
    for (let i = 0; i < groups.length; i++) schema.addIndex(groups[i].columns, groups[i].unique);
    schema.alignment = alignment != 0 ? alignment : schema.usualAlignment;
    return schema;
  }
}

/** Whether `part` is a flag or a rule, with what it is given. */
function isFlag(part: string): bool {
  const name = part.split("=")[0];
  return FLAGS.includes(name) || ruleKind(name) >= 0;
}

function compareNames(a: ArrayBuffer, b: ArrayBuffer): i32 {
  return compareBytes(changetype<usize>(a), a.byteLength, changetype<usize>(b), b.byteLength);
}

function flagError(column: Column, what: string, hint: string = ""): Status {
  return fail(BAD_SCHEMA, "column " + column.name + ": " + what, hint);
}

/** Reads what is behind a rule's name, and adds the rule. */
function addRule(scanner: SpecScanner, column: Column, kind: i32, hasValue: bool): Status {
  const given = new Array<string>();
  while (hasValue) {
    given.push(scanner.part(takesOneText(kind) ? ":" : ",:"));
    hasValue = scanner.ended == 0x2c;
  }
  const rule = makeRule(kind, column.type, given);
  if (!rule) {
    const hint = lastError.hint != "" ? lastError.hint : "rules of " + column.typeText + ": " + namesFor(column.type).join(", ");
    return flagError(column, lastError.what, hint);
  }
  const rules: Array<Rule> = column.rules || [];
  rules.push(rule);
  column.rules = rules;
  return OK;
}

/** What `word`, which is none of `names`, may stand for: by `others`, pairs of a word and a name, or by likeness. */
function otherName(word: string, others: StaticArray<string>, names: Array<string>, what: string): string {
  const wanted = asciiLower(word);
  for (let i = 0; i < others.length; i++) {
    const pairs = others[i].split(",");
    for (let j = 0; j < pairs.length; j++) {
      const pair = pairs[j].split(" ");
      if (pair[0] == wanted) return "did you mean " + pair[1] + "?";
    }
  }
  return suggestion(word, names, what);
}

/** The column `name` of the type that `text` spells, like `uint8` or `custom(TAG,N)`, without flags; null with `BAD_SCHEMA`. */
export function columnOfType(name: string, text: string): Column | null {
  const scanner = new SpecScanner(text);
  const column = parseType(scanner, name);
  if (!column || scanner.ended == 0) return column;
  flagError(column, "only a type is wanted, not " + text);
  return null;
}

/** Reads the type behind a column's name: up to a `:` or the end. */
function parseType(scanner: SpecScanner, name: string): Column | null {
  const word = scanner.part(":(");
  if (scanner.ended != 0x28) {
    const type = typeByName(word);
    if (type != 0) return new Column(name, type);
    const where = "column " + name + ": ";
    if (word == "custom")
      fail(BAD_SCHEMA, where + "custom needs a tag", "write custom(TAG), or custom(TAG,N) for values of N bytes");
    else fail(BAD_SCHEMA, where + "there is no type " + word, otherName(word, OTHER_TYPES, TYPE_NAMES, "types"));
    return null;
  }
  const tag = scanner.part(",)");
  let size: i64 = 0;
  if (scanner.ended == 0x2c) {
    const digits = scanner.part(")");
    size = digits.length > 0 && digits.length < 6 ? <i64>parseInt(digits, 10) : -1;
    if (size <= 0 || size > 65533 || size.toString() != digits) {
      fail(BAD_SCHEMA, "column " + name + ": custom(TAG,N) needs a number of bytes from 1 to 65533");
      return null;
    }
  }
  if (word != "custom" || scanner.ended != 0x29 || scanner.part(":") != "") {
    fail(BAD_SCHEMA, "column " + name + ": only custom(TAG) and custom(TAG,N) have parentheses");
    return null;
  }
  const column = new Column(name, TYPE_CUSTOM);
  column.customTag = tag;
  column.customSize = <u32>size;
  return column;
}

/** `text`, of which `len` characters are left without the backslashes that take the meaning from those behind them. */
function withoutBackslashes(text: string, len: i32): string {
  const plain = new StaticArray<u16>(len);
  for (let i = 0, at = 0; i < len; i++, at++) {
    if (text.charCodeAt(at) == 0x5c && at + 1 < text.length) at += 1;
    plain[i] = <u16>text.charCodeAt(at);
  }
  return String.UTF16.decodeUnsafe(changetype<usize>(plain), (<usize>len) << 1);
}

/** Takes a spec apart. */
class SpecScanner {
  private at: i32 = 0;
  /** The character that ended the last part; 0 at the end of the spec. */
  ended: i32 = 0x3a;

  constructor(private readonly text: string) {}

  /** Whether another part follows. */
  get more(): bool {
    return this.ended == 0x3a;
  }

  /** The text up to one of the characters in `ends`, without its backslashes. */
  part(ends: string): string {
    const text = this.text;
    const start = this.at;
    let len = 0;
    this.ended = 0;
    while (this.at < text.length) {
      let char = text.charCodeAt(this.at++);
      if (char == 0x5c && this.at < text.length) char = text.charCodeAt(this.at++);
      else if (ends.includes(String.fromCharCode(char))) {
        this.ended = char;
        break;
      }
      len += 1;
    }
    const taken = this.at - start - (this.ended != 0 ? 1 : 0);
    return taken == len ? text.substr(start, len) : withoutBackslashes(text.substr(start, taken), len);
  }

  /** All that is left. */
  rest(): string {
    const rest = this.text.substring(this.at);
    this.at = this.text.length;
    this.ended = 0;
    return rest;
  }
}

/** `text` with a backslash before each character that means something in a spec. */
export function escapeSpec(text: string): string {
  let escaped = "";
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (":.,()=\\".includes(char)) escaped += "\\";
    escaped += char;
  }
  return escaped;
}

/** The specs of a table's columns, from which `TableDefinition` makes the same definition again. Groups are called g1, g2 … */
export function columnSpecs(schema: TableSchemaSnapshot): Array<string> {
  const indexes = schema.indexes;
  const flags = new Array<string>(schema.columns.length).fill("");
  const digits = indexes.length.toString().length;
  let groups = 0;
  let lastPlain = -1;
  for (let i = 1; i < indexes.length; i++) {
    const columns = indexes[i].columns;
    const position = schema.columnIndex(columns[0]);
    if (columns.length == 1 && schema.columns[position].unique) continue;
    if (columns.length == 1 && groups == 0 && position > lastPlain) {
      flags[position] += ":index";
      lastPlain = position;
      continue;
    }
    groups += 1;
    const flag = (columns.length > 1 && indexes[i].unique ? ":unique=g" : ":index=g") + groups.toString().padStart(digits, "0");
    let isNumbered = false;
    for (let j = 1; j < columns.length; j++)
      isNumbered = isNumbered || schema.columnIndex(columns[j]) < schema.columnIndex(columns[j - 1]);
    for (let j = 0; j < columns.length; j++)
      flags[schema.columnIndex(columns[j])] += flag + (isNumbered ? "." + (j + 1).toString() : "");
  }
  const specs = new Array<string>();
  for (let i = 0; i < schema.columns.length; i++) specs.push(columnSpec(schema.columns[i], flags[i]));
  return specs;
}

function columnSpec(column: Column, indexFlags: string): string {
  let text = escapeSpec(column.name) + ":";
  if (column.type == TYPE_CUSTOM) {
    text += "custom(" + escapeSpec(column.customTag) + (column.customSize != 0 ? "," + column.customSize.toString() : "") + ")";
  } else text += typeName(column.type);
  if (column.primaryKey) text += ":pk";
  else if (column.unique) text += ":unique";
  if (column.nullable) text += ":null";
  if (column.auto) text += ":auto";
  text += indexFlags;
  const key = column.foreignKey;
  if (key) {
    text += ":references=" + escapeSpec(key.table) + "." + escapeSpec(key.column);
    if (key.onDelete == ON_DELETE_CASCADE) text += ":cascade";
  }
  const value = column.defaultValue;
  if (!value) return text;
  const offset = column.defaultOffset();
  return text + ":default" + (offset == 0 ? "" : "=" + defaultText(column, changetype<usize>(value) + offset));
}

/** A default's value as text, with backslashes in front of colons that need one. */
function defaultText(column: Column, ptr: usize): string {
  const out = new ByteBuffer(64);
  writeTextValue(column.type, column.customSize, ptr, out);
  const parts = out.toText().split(":");
  out.free();
  for (let p = 1; p < parts.length; p++) if (parts[p - 1].endsWith("\\") || isFlag(parts[p])) parts[p - 1] += "\\";
  return parts.join(":");
}

/** Whether the columns' specs make the very same definition again: the definition may come from elsewhere. */
export function isExpressible(schema: TableSchemaSnapshot): bool {
  const definition = new TableDefinition(schema.name);
  const specs = columnSpecs(schema);
  for (let i = 0; i < specs.length; i++) {
    if (definition.add(specs[i]) != OK) return false;
  }
  return isSameDefinition(schema, definition.build(schema.alignment));
}

/** Of `TABLE.COLUMN=REST` or `TABLE=REST` table, column or "", and rest; null with `BAD_REQUEST`. Backslashes as in specs. */
export function readAssignment(text: string): Array<string> | null {
  const scanner = new SpecScanner(text);
  const table = scanner.part(".=");
  const column = scanner.ended == 0x2e ? scanner.part("=") : "";
  if (scanner.ended == 0x3d && table != "") return [table, column, scanner.rest()];
  fail(BAD_REQUEST, text + " is not like TABLE.COLUMN=TEXT");
  return null;
}

/** The definition of a table with these columns; null on failure. */
export function defineTable(name: string, specs: Array<string>, alignment: u32): TableSchemaSnapshot | null {
  const definition = new TableDefinition(name);
  for (let i = 0; i < specs.length; i++) {
    if (definition.add(specs[i]) != OK) return null;
  }
  const schema = definition.build(alignment);
  return schema.validate() == OK ? schema : null;
}

/** Whether `create` gives the table this alignment without being told. */
export function isUsualAlignment(schema: TableSchemaSnapshot): bool {
  const layout = schema.rowLayout();
  const fixed = layout.fixedBody;
  layout.free();
  return fixed != 0 || schema.alignment == DEFAULT_ALIGNMENT;
}
