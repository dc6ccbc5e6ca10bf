/**
 * Definitions from outside, for files of layouts that hold none: which entry of the registry is which table.
 *
 * Entries go by the order of their pages, in which they were registered, and tables by their order in the definitions. A file that another
 * build of the program went on with has all tables again: then so have the definitions, as `users`, `users#2` and so on, oldest first. What
 * was chosen by its fingerprint goes before.
 */
import { OK, Status, USAGE, WRONG_SCHEMA, BAD_SCHEMA, SCHEMA_NEEDED, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { isUtf8 } from "../encode/utf8";
import { parseHex } from "../encode/uuid";
import { layoutName } from "../memory/base/layout";
import { Column, ForeignKey } from "./column";
import { readSchemaJson } from "./schema-json";
import { readSchemaLines } from "./schema-lines";
import { TablePages, fingerprintText } from "./schema-registry";
import { TableSchemaSnapshot } from "./table-schema-snapshot";

/** Entries that a message names at most. */
const NAMED: i32 = 8;

/** Whether it can be definitions; else fails with `BAD_SCHEMA`. A page file begins with zeros often enough to be UTF-8. */
export function areText(bytes: ByteBuffer): bool {
  let isText = isUtf8(bytes.ptr, bytes.len);
  for (let at: u32 = 0; at < bytes.len && isText; at++) isText = load<u8>(bytes.ptr + at) != 0;
  if (!isText) fail(BAD_SCHEMA, "the definitions are not text");
  return isText;
}

/** Reads definitions: lines as `schema` prints them, or JSON; null with `BAD_SCHEMA`. */
export function readDefinitions(bytes: ByteBuffer): Array<TableSchemaSnapshot> | null {
  if (!areText(bytes)) return null;
  let at: u32 = 0;
  while (at < bytes.len && load<u8>(bytes.ptr + at) <= 0x20) at += 1;
  const isJson = at < bytes.len && load<u8>(bytes.ptr + at) == 0x5b;
  return isJson ? readSchemaJson(bytes.ptr, bytes.len) : readSchemaLines(bytes.toText());
}

/** Fails for a file that needs definitions and got none. */
export function schemaNeeded(layout: u8): Status {
  return fail(
    SCHEMA_NEEDED,
    "layout " + layoutName(layout) + " holds no definitions of its tables",
    "--schema FILE gives them; info prints lines for it, to be filled in",
  );
}

export class GivenTables {
  private readonly chosenNames: Array<string> = new Array<string>();
  private readonly chosenPrints: Array<u64> = new Array<u64>();

  constructor(readonly schemas: Array<TableSchemaSnapshot>) {}

  /** Takes `NAME=#FINGERPRINT`. */
  choose(text: string): Status {
    const at = text.lastIndexOf("=#");
    const digits = String.UTF8.encode(text.substring(at + 2));
    const bytes = memory.data(8, 8);
    if (at < 1 || digits.byteLength != 16 || !parseHex(changetype<usize>(digits), 16, bytes))
      return fail(USAGE, "--table needs NAME=#FINGERPRINT, not " + text, "info lists the fingerprints");
    this.chosenNames.push(text.substring(0, at));
    this.chosenPrints.push(bswap<u64>(load<u64>(bytes)));
    return OK;
  }

  /**
   * The definition of each of `entries`, which are in the order of their pages; null for one that is not among those that were chosen. Null
   * with `WRONG_SCHEMA` when it can't be told which is which.
   */
  match(entries: Array<TablePages>): Array<TableSchemaSnapshot | null> | null {
    const found = new Array<i32>(entries.length).fill(-1);
    if (!this.matchChosen(entries, found)) return null;
    const rest = new Array<i32>();
    for (let i = 0; i < this.schemas.length; i++) {
      if (!this.chosenNames.includes(this.schemas[i].name)) rest.push(i);
    }
    let open = 0;
    for (let i = 0; i < found.length; i++) open += found[i] < 0 ? 1 : 0;
    if (rest.length > 0 && (open == 0 || open % rest.length != 0)) {
      countsDiffer(entries, found, rest.length);
      return null;
    }
    for (let i = 0, next = 0; i < found.length && rest.length > 0; i++) {
      if (found[i] < 0) found[i] = rest[next++ % rest.length];
    }
    return this.named(found);
  }

  private matchChosen(entries: Array<TablePages>, found: Array<i32>): bool {
    for (let i = 0; i < this.chosenNames.length; i++) {
      const name = this.chosenNames[i];
      const print = this.chosenPrints[i];
      let schema = -1;
      for (let j = 0; j < this.schemas.length && schema < 0; j++) if (this.schemas[j].name == name) schema = j;
      if (schema < 0) return fail(WRONG_SCHEMA, "--table names " + name + ", which the definitions do not have") == OK;
      let entry = -1;
      for (let j = 0; j < entries.length; j++) if (entries[j].fingerprint == print) entry = j;
      const text = fingerprintText(print);
      if (entry < 0) return fail(WRONG_SCHEMA, "the file has no table " + text, "it has " + listed(entries)) == OK;
      if (found[entry] >= 0) return fail(WRONG_SCHEMA, "--table names " + text + " twice") == OK;
      found[entry] = schema;
    }
    return true;
  }

  /** The definitions by number, each with a name of its own: the second one of a name is `NAME#2`, and refers to second ones. */
  private named(found: Array<i32>): Array<TableSchemaSnapshot | null> {
    const list = new Array<TableSchemaSnapshot | null>();
    for (let i = 0; i < found.length; i++) {
      const schema: TableSchemaSnapshot | null = found[i] < 0 ? null : this.schemas[found[i]];
      list.push(schema ? copyOf(schema, this.timesBefore(found, i) + 1) : null);
    }
    return list;
  }

  private timesBefore(found: Array<i32>, i: i32): i32 {
    let times = 0;
    for (let j = 0; j < i; j++) {
      if (found[j] >= 0 && this.schemas[found[j]].name == this.schemas[found[i]].name) times += 1;
    }
    return times;
  }
}

function listed(entries: Array<TablePages>): string {
  const names = new Array<string>();
  for (let i = 0; i < entries.length && i < NAMED; i++) names.push(fingerprintText(entries[i].fingerprint));
  return names.join(", ") + (entries.length > NAMED ? ", …" : "");
}

function countsDiffer(entries: Array<TablePages>, found: Array<i32>, tables: i32): Status {
  const open = new Array<TablePages>();
  for (let i = 0; i < entries.length; i++) if (found[i] < 0) open.push(entries[i]);
  const isPart = open.length < entries.length ? "other " : "";
  return fail(
    WRONG_SCHEMA,
    "the file has " + open.length.toString() + " " + isPart + "tables, and the definitions have " + tables.toString(),
    "--table NAME=#FINGERPRINT says which is which; in the order in which they were made: " + listed(open),
  );
}

/** A copy of its own, the `times`th of its name. */
function copyOf(schema: TableSchemaSnapshot, times: i32): TableSchemaSnapshot {
  const suffix = times == 1 ? "" : "#" + times.toString();
  const copy = new TableSchemaSnapshot(schema.name + suffix, schema.primaryKey);
  copy.alignment = schema.alignment;
  for (let i = 0; i < schema.columns.length; i++) {
    const from = schema.columns[i];
    const column = new Column(from.name, from.type, from.flags);
    column.customTag = from.customTag;
    column.customSize = from.customSize;
    column.defaultValue = from.defaultValue;
    const key = from.foreignKey;
    if (key) column.foreignKey = new ForeignKey(key.table + suffix, key.column, key.onDelete);
    copy.columns.push(column);
  }
  copy.indexes = schema.indexes.slice(0);
  return copy;
}
