/**
 * Definitions as JSON: what a program that knows the crates' structs writes easily.
 *
 *     [{"table":"users","primary_key":"id","alignment":32,"columns":[{"name":"id","type":"Uint32"},…],"indexes":[["id"],["email"]]}]
 *
 * Types are those of `create` in any letter case; a custom type is `Custom(TAG)` with `size`: its bytes, or "u16" for values that begin
 * with their length. A column may have `nullable`, `unique`, `autoincrement`, `references` ([TABLE, COLUMN]) and
 * `rules`, as they are among the flags of `create`. An index of one unique column is that column's; several columns make a group.
 * `fingerprint` is not looked at: it is that of one build.
 */
import { BAD_SCHEMA, OK, Status, fail, lastError } from "../status";
import { asciiLower } from "../encode/ascii";
import { JsonTape, JSON_ARRAY, JSON_NUMBER, JSON_OBJECT, JSON_STRING, JSON_TRUE, JSON_FALSE } from "../encode/json";
import { TableDefinition, escapeSpec } from "./column-spec";
import { TableSchemaSnapshot } from "./table-schema-snapshot";

const tape: JsonTape = new JsonTape();

/** Reads the definitions in the `len` bytes at `ptr`; null with `BAD_SCHEMA`. */
export function readSchemaJson(ptr: usize, len: u32): Array<TableSchemaSnapshot> | null {
  const list = new Array<TableSchemaSnapshot>();
  if (!tape.parse(ptr, len)) {
    fail(BAD_SCHEMA, "the definitions are no JSON: " + tape.errorText());
    return null;
  }
  if (tape.kind(0) != JSON_ARRAY) {
    fail(BAD_SCHEMA, "definitions in JSON are an array of tables");
    return null;
  }
  for (let node = tape.first(0); node != 0; node = tape.next(node)) {
    const table = new TableNode();
    const schema = table.read(node) == OK ? table.build() : null;
    if (!schema) {
      lastError.what = "table " + (list.length + 1).toString() + " of the definitions: " + lastError.what;
      return null;
    }
    list.push(schema);
  }
  return list;
}

/** A column's spec in the making. */
class ColumnNode {
  name: string = "";
  type: string = "";
  size: string = "";
  nullable: bool = false;
  unique: bool = false;
  auto: bool = false;
  references: string = "";
  rules: string = "";

  /** Takes a member; false when it is none, or of the wrong type. */
  take(name: string, node: u32): bool {
    const kind = tape.kind(node);
    if (name == "name" || name == "type") {
      if (kind != JSON_STRING) return false;
      if (name == "name") this.name = textOf(node);
      else this.type = textOf(node);
      return true;
    }
    if (name == "size") {
      this.size = kind == JSON_STRING ? textOf(node) : rawText(node);
      return kind == JSON_STRING ? this.size == "u16" : kind == JSON_NUMBER;
    }
    if (name == "references") {
      const pair = textsOf(node);
      if (!pair || pair.length != 2) return false;
      this.references = ":references=" + escapeSpec(pair[0]) + "." + escapeSpec(pair[1]);
      return true;
    }
    if (name == "rules") {
      const rules = textsOf(node);
      for (let r = 0; rules && r < rules.length; r++) this.rules += ":" + rules[r];
      return rules !== null;
    }
    if (kind != JSON_TRUE && kind != JSON_FALSE) return false;
    if (name == "nullable") this.nullable = kind == JSON_TRUE;
    else if (name == "unique") this.unique = kind == JSON_TRUE;
    else if (name == "autoincrement") this.auto = kind == JSON_TRUE;
    else return false;
    return true;
  }

  /** The column as `create` takes it; `indexFlags` are those of its indexes. */
  spec(primaryKey: string, indexFlags: string): string {
    const isCustom = asciiLower(this.type).startsWith("custom(") && this.type.endsWith(")");
    let type = asciiLower(this.type);
    if (isCustom) {
      const tag = escapeSpec(this.type.substring(7, this.type.length - 1));
      type = "custom(" + tag + (this.size == "u16" || this.size == "" ? ")" : "," + this.size + ")");
    }
    const key = this.name == primaryKey ? ":pk" : this.unique ? ":unique" : "";
    const flags = key + (this.nullable ? ":null" : "") + (this.auto ? ":auto" : "") + indexFlags;
    return escapeSpec(this.name) + ":" + type + flags + this.references + this.rules;
  }
}

/** A table in the making. */
class TableNode {
  private name: string = "";
  private primaryKey: string = "";
  private alignment: u32 = 0;
  private columns: Array<ColumnNode> = new Array<ColumnNode>();
  private indexes: Array<Array<string>> = new Array<Array<string>>();

  read(node: u32): Status {
    if (tape.kind(node) != JSON_OBJECT) return fail(BAD_SCHEMA, "a table is an object");
    for (let key = tape.first(node); key != 0; key = tape.next(key)) {
      const name = textOf(key);
      if (this.take(name, key + 1)) continue;
      if (lastError.status == BAD_SCHEMA) return BAD_SCHEMA;
      return fail(BAD_SCHEMA, name + " is no member of a table, or of the wrong type");
    }
    return OK;
  }

  private take(name: string, node: u32): bool {
    lastError.status = OK;
    const kind = tape.kind(node);
    if (name == "fingerprint") return true;
    if (name == "table" || name == "primary_key") {
      if (kind != JSON_STRING) return false;
      if (name == "table") this.name = textOf(node);
      else this.primaryKey = textOf(node);
      return true;
    }
    if (name == "alignment") {
      const text = rawText(node);
      this.alignment = <u32>U32.parseInt(text);
      return kind == JSON_NUMBER && this.alignment.toString() == text;
    }
    if (kind != JSON_ARRAY) return false;
    if (name == "columns") return this.takeColumns(node);
    if (name != "indexes") return false;
    for (let item = tape.first(node); item != 0; item = tape.next(item)) {
      const names = textsOf(item);
      if (!names || names.length == 0) return false;
      this.indexes.push(names);
    }
    return true;
  }

  private takeColumns(node: u32): bool {
    for (let item = tape.first(node); item != 0; item = tape.next(item)) {
      if (tape.kind(item) != JSON_OBJECT) return false;
      const column = new ColumnNode();
      for (let key = tape.first(item); key != 0; key = tape.next(key)) {
        const name = textOf(key);
        if (column.take(name, key + 1)) continue;
        fail(BAD_SCHEMA, name + " is no member of a column, or of the wrong type");
        return false;
      }
      this.columns.push(column);
    }
    return true;
  }

  build(): TableSchemaSnapshot | null {
    const definition = new TableDefinition(this.name);
    for (let i = 0; i < this.columns.length; i++) {
      if (definition.add(this.columns[i].spec(this.primaryKey, this.indexFlags(this.columns[i]))) != OK) return null;
    }
    // The order of a group's columns is that of the list, and a column may be declared before one that comes first there.
    for (let i = 0; i < this.indexes.length; i++) {
      if (this.indexes[i].length > 1) definition.orderGroup(groupName(i), this.indexes[i]);
    }
    const schema = definition.build(this.alignment);
    // What the crates call the alignment of a table of fixed columns says nothing: it is the body's size.
    const layout = schema.rowLayout();
    if (layout.fixedBody != 0) schema.alignment = layout.fixedBody;
    layout.free();
    return schema.validate() == OK ? schema : null;
  }

  private indexFlags(column: ColumnNode): string {
    let flags = "";
    for (let i = 0; i < this.indexes.length; i++) {
      const names = this.indexes[i];
      if (names.length > 1 && names.includes(column.name)) flags += ":index=" + groupName(i);
      else if (names[0] == column.name && !column.unique && column.name != this.primaryKey)
        flags += names.length == 1 ? ":index" : "";
    }
    return flags;
  }
}

/** Groups are sorted by their names: these keep the order of the list. */
function groupName(i: i32): string {
  return "g" + i.toString().padStart(4, "0");
}

function textOf(node: u32): string {
  return String.UTF8.decodeUnsafe(tape.stringPtr(node), tape.stringLen(node));
}

function rawText(node: u32): string {
  return String.UTF8.decodeUnsafe(tape.rawPtr(node), tape.rawLen(node));
}

/** The strings of an array; null when it is none of strings. */
function textsOf(node: u32): Array<string> | null {
  if (tape.kind(node) != JSON_ARRAY) return null;
  const list = new Array<string>();
  for (let item = tape.first(node); item != 0; item = tape.next(item)) {
    if (tape.kind(item) != JSON_STRING) return null;
    list.push(textOf(item));
  }
  return list;
}
