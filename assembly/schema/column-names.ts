/** What columns' names mean in a table. */
import { Status, BAD_REQUEST, COLUMN_NOT_FOUND, fail } from "../status";
import { suggestion } from "./nearest";
import { TableSchemaSnapshot } from "./table-schema-snapshot";

/** Fails with `COLUMN_NOT_FOUND` and the name that was probably meant. */
export function unknownColumn(schema: TableSchemaSnapshot, name: string): Status {
  const names = columnNames(schema, allPositions(schema));
  return fail(COLUMN_NOT_FOUND, "table " + schema.name + " has no column " + name, suggestion(name, names, "columns"));
}

/** The positions of the columns called `names`; null with `COLUMN_NOT_FOUND`, or with `BAD_REQUEST` when one is named twice. */
export function columnPositions(schema: TableSchemaSnapshot, names: Array<string>): StaticArray<i32> | null {
  const positions = new StaticArray<i32>(names.length);
  for (let i = 0; i < names.length; i++) {
    const position = schema.columnIndex(names[i]);
    if (position < 0) {
      unknownColumn(schema, names[i]);
      return null;
    }
    if (names.indexOf(names[i]) < i) {
      fail(BAD_REQUEST, "column " + names[i] + " is named twice");
      return null;
    }
    positions[i] = position;
  }
  return positions;
}

/** The names of the columns at these positions. */
export function columnNames(schema: TableSchemaSnapshot, positions: StaticArray<i32>): Array<string> {
  const names = new Array<string>();
  for (let i = 0; i < positions.length; i++) names.push(schema.columns[positions[i]].name);
  return names;
}

/** The positions of all columns. */
export function allPositions(schema: TableSchemaSnapshot): StaticArray<i32> {
  const positions = new StaticArray<i32>(schema.columns.length);
  for (let i = 0; i < positions.length; i++) positions[i] = i;
  return positions;
}

/** How many of a schema's first columns the ones at `positions` are among. */
export function firstColumns(positions: StaticArray<i32>): u32 {
  let count = 0;
  for (let i = 0; i < positions.length; i++) count = max(count, positions[i] + 1);
  return count;
}
