/** What the foreign keys of a definition may name. */
import { Status, OK, BAD_SCHEMA, fail } from "../status";
import { Column } from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { Table } from "./table";
import { findTable } from "./table-list";

/** The hint where a foreign key names a table that there is not. */
export const MISSING_TARGET: string = "create that table first";

/**
 * `OK` when each foreign key of `schema` names a column of one of `tables`, or of itself, that is unique and of its type; with `forward`
 * it may name a table that is not there yet.
 */
export function checkTargets(tables: Array<Table>, schema: TableSchemaSnapshot, forward: bool): Status {
  for (let i = 0; i < schema.columns.length; i++) {
    const column = schema.columns[i];
    const foreignKey = column.foreignKey;
    if (!foreignKey) continue;
    const other = findTable(tables, foreignKey.table);
    const target = foreignKey.table == schema.name ? schema : other ? other.schema : null;
    if (!target && forward) continue;
    if (!target) return fail(BAD_SCHEMA, referenceText(schema.name, column) + ", and there is no such table", MISSING_TARGET);
    const status = checkTarget(schema.name, column, target);
    if (status != OK) return status;
  }
  return OK;
}

/** `OK` when the foreign key of `column`, one of the table called `name`, names a column of `target` that is unique and of its type. */
export function checkTarget(name: string, column: Column, target: TableSchemaSnapshot): Status {
  const toName = column.foreignKey!.column;
  const where = referenceText(name, column);
  const position = target.columnIndex(toName);
  if (position < 0) return fail(BAD_SCHEMA, where + ", and there is no such column");
  const named = target.columns[position];
  if (!named.unique && !named.primaryKey) return fail(BAD_SCHEMA, where + ", which is not unique");
  if (named.typeText != column.typeText)
    return fail(BAD_SCHEMA, where + ", which is a " + named.typeText + " and not a " + column.typeText);
  return OK;
}

function referenceText(name: string, column: Column): string {
  const foreignKey = column.foreignKey!;
  return name + "." + column.name + " refers to " + foreignKey.table + "." + foreignKey.column;
}
