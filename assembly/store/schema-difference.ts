/** In what a table's definition differs from one that is wanted, in the words of changes that make it so. */
import { bytesEqual } from "../encode/bytes";
import { ByteBuffer } from "../encode/byte-buffer";
import { writeTextValue } from "../encode/value-text";
import { Column, IndexDefinition, ON_DELETE_CASCADE } from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { Alteration } from "./alteration";

/** A change of definitions. */
export class SchemaChange {
  /** Whether rows of the table are written anew for it, with all of its other changes. */
  rewrites: bool = false;
  /** What was called otherwise was called so; "" for what was not. */
  was: string = "";

  constructor(
    /** `createTable`, `addColumn`, `alterType` and the like. */
    readonly kind: string,
    readonly table: string,
    /** "" where it is of no column. */
    readonly column: string,
    /** What it does, for people. */
    readonly text: string,
    /** Whether values go that are nowhere else. */
    readonly isDestructive: bool = false,
  ) {}
}

/** What `alteration` changes. */
export function changesOf(alteration: Alteration): Array<SchemaChange> {
  const changes = new Array<SchemaChange>();
  const old = alteration.table.schema;
  const schema = alteration.schema;
  const name = schema.name;
  if (name != old.name) {
    changes.push(new SchemaChange("renameTable", name, "", "table " + old.name + " is called " + name));
    changes[0].was = old.name;
  }
  for (let c = 0; c < old.columns.length; c++) {
    if (alteration.from.includes(c)) continue;
    const column = old.columns[c].name;
    changes.push(new SchemaChange("dropColumn", name, column, "column " + name + "." + column + " goes, with its values", true));
  }
  let last = -1;
  let isMoved = false;
  // Behind the last column that was there those that come stand by themselves.
  let end = schema.columns.length;
  while (end > 0 && alteration.from[end - 1] < 0) end -= 1;
  for (let c = 0; c < schema.columns.length; c++) {
    const column = schema.columns[c];
    const before = alteration.before(c);
    const from = alteration.from[c];
    isMoved = isMoved || (before ? from < last : c < end);
    if (before) last = from;
    if (before) addColumnChanges(changes, alteration, column, before);
    else {
      const value = column.defaultValue ? ", " + defaultText(column) : "";
      const text =
        "column " +
        name +
        "." +
        column.name +
        " comes: " +
        column.typeText +
        (column.nullable ? ", null" : "") +
        (column.auto ? ", counts" : "") +
        value;
      changes.push(new SchemaChange("addColumn", name, column.name, text));
      if (column.foreignKey) changes.push(new SchemaChange("addReference", name, column.name, referenceText(name, column)));
    }
  }
  if (isMoved) changes.push(new SchemaChange("moveColumns", name, "", "columns of " + name + " stand in another order"));
  const key = alteration.before(schema.columnIndex(schema.primaryKey));
  if (!key || key.name != old.primaryKey)
    changes.push(
      new SchemaChange("setPrimaryKey", name, schema.primaryKey, "the primary key of " + name + " is " + schema.primaryKey),
    );
  addIndexChanges(changes, alteration);
  if (schema.alignment != old.alignment && !isFixed(schema) && !isFixed(old)) {
    const text =
      "rows of " + name + " stand at multiples of " + schema.alignment.toString() + " bytes, not " + old.alignment.toString();
    changes.push(new SchemaChange("setAlignment", name, "", text));
  }
  const rewrites = !alteration.keepsRecords;
  for (let c = 0; c < changes.length; c++) changes[c].rewrites = rewrites;
  return changes;
}

function isFixed(schema: TableSchemaSnapshot): bool {
  const layout = schema.rowLayout();
  const fixed = layout.fixedBody;
  layout.free();
  return fixed != 0;
}

function addColumnChanges(changes: Array<SchemaChange>, alteration: Alteration, column: Column, before: Column): void {
  const table = alteration.schema.name;
  const path = table + "." + column.name;
  const name = column.name;
  if (name != before.name) {
    changes.push(new SchemaChange("renameColumn", table, name, "column " + table + "." + before.name + " is called " + name));
    changes[changes.length - 1].was = before.name;
  }
  if (column.typeText != before.typeText)
    changes.push(new SchemaChange("alterType", table, name, path + " is " + column.typeText + ", not " + before.typeText));
  if (column.nullable && !before.nullable) changes.push(new SchemaChange("dropNotNull", table, name, path + " may be null"));
  if (!column.nullable && before.nullable) changes.push(new SchemaChange("setNotNull", table, name, path + " must not be null"));
  if (column.auto != before.auto)
    changes.push(
      new SchemaChange(
        column.auto ? "setAuto" : "dropAuto",
        table,
        name,
        path + (column.auto ? " counts" : " does not count any more"),
      ),
    );
  const value = column.defaultValue;
  const old = before.defaultValue;
  if (!value && old) changes.push(new SchemaChange("dropDefault", table, name, path + " has no default"));
  else if (value && (!old || !bytesEqual(changetype<usize>(value), value.byteLength, changetype<usize>(old), old.byteLength)))
    changes.push(new SchemaChange("setDefault", table, name, path + " has " + defaultText(column)));
  const key = column.foreignKey;
  let known = before.foreignKey;
  if (known && known.table == alteration.table.name) known = alteration.follow(known);
  if (key && known && key.table == known.table && key.column == known.column && key.onDelete == known.onDelete) return;
  if (known)
    changes.push(
      new SchemaChange("dropReference", table, name, path + " refers to " + known.table + "." + known.column + " no more"),
    );
  if (key) changes.push(new SchemaChange("addReference", table, name, referenceText(table, column)));
}

function referenceText(table: string, column: Column): string {
  const key = column.foreignKey!;
  const cascade = key.onDelete == ON_DELETE_CASCADE ? ", deletes cascade" : "";
  return table + "." + column.name + " refers to " + key.table + "." + key.column + cascade;
}

function defaultText(column: Column): string {
  const offset = column.defaultOffset();
  if (offset == 0) return "default null";
  const out = new ByteBuffer(64);
  writeTextValue(column.type, column.customSize, changetype<usize>(column.defaultValue!) + offset, out);
  const text = out.toText();
  out.free();
  return "default " + text;
}

/** Indexes that come and go; where they are the same ones, and in another order, that. */
function addIndexChanges(changes: Array<SchemaChange>, alteration: Alteration): void {
  const name = alteration.schema.name;
  const before = new Array<string>();
  const olds = alteration.table.schema.indexes;
  for (let i = 0; i < olds.length; i++) before.push(labelOf(olds[i], alteration));
  const now = new Array<string>();
  const indexes = alteration.schema.indexes;
  for (let i = 0; i < indexes.length; i++) now.push(labelOf(indexes[i], null));
  if (now.join("\0") == before.join("\0")) return;
  let isSame = true;
  for (let i = 0; i < before.length; i++) {
    if (now.includes(before[i])) continue;
    isSame = false;
    changes.push(new SchemaChange("dropIndex", name, "", "the " + before[i] + " of " + name + " goes"));
  }
  for (let i = 0; i < now.length; i++) {
    if (before.includes(now[i])) continue;
    isSame = false;
    changes.push(new SchemaChange("addIndex", name, "", "the " + now[i] + " of " + name + " comes"));
  }
  if (isSame) changes.push(new SchemaChange("moveIndexes", name, "", "indexes of " + name + " stand in another order"));
}

/** `unique index (a, b)`; with an alteration, by the names that columns have behind it. */
function labelOf(index: IndexDefinition, alteration: Alteration | null): string {
  const names = new Array<string>();
  for (let c = 0; c < index.columns.length; c++) {
    let name = index.columns[c];
    if (alteration) {
      const at = alteration.from.indexOf(alteration.table.schema.columnIndex(name));
      if (at >= 0) name = alteration.schema.columns[at].name;
    }
    names.push(name);
  }
  return (index.unique ? "unique index (" : "index (") + names.join(", ") + ")";
}
