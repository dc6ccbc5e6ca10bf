/** What `table.ts` has to know of the catalog: which table it is, and what rows of others have to be. */
import { OK, Status } from "../status";
import { TYPE_INT64, TYPE_TEXT } from "../encode/data-type";
import { Row } from "../encode/row";
import { defineTable } from "../schema/column-spec";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";

export const CATALOG: string = "__quire_catalog";

/** Its columns behind the key: `VIEW`, `CHECK`, `DEFAULT` or `INDEX`, a name, the table that it is about, and its text in SQL. */
const COLUMNS: StaticArray<string> = ["kind", "name", "table", "sql"];

/** The definition of the catalog table. */
export function catalogSchema(): TableSchemaSnapshot {
  const specs = ["id:int64:pk:auto"];
  for (let c = 0; c < COLUMNS.length; c++) specs.push(COLUMNS[c] + ":text");
  return defineTable(CATALOG, specs, 0)!;
}

/** Whether a table is the catalog: called so, with its columns. Others of that name are tables like any. */
export function isCatalogTable(schema: TableSchemaSnapshot): bool {
  const columns = schema.columns;
  if (schema.name != CATALOG || columns.length != 1 + COLUMNS.length || columns[0].type != TYPE_INT64) return false;
  for (let c = 0; c < COLUMNS.length; c++) {
    const column = columns[c + 1];
    if (column.name != COLUMNS[c] || column.type != TYPE_TEXT) return false;
  }
  return schema.primaryKey == columns[0].name;
}

/** What rows of a table have to be besides what its definition says. */
export abstract class RowRules {
  /** Gives columns that are missing in `row` what they have by themselves, as far as that is no value of their definition. */
  abstract fill(row: Row): Status;

  /**
   * Makes of the values of `row`, which somebody gives and whose columns all have a value or null, what the session's rules want, and
   * says whether they may be taken. `old` is the row in whose place it comes, `excluded` one that was taken and is not inserted, of
   * which it may have values. That the same row is taken twice does no harm.
   */
  take(row: Row, old: Row | null, excluded: Row | null): Status {
    return OK;
  }

  /** `OK` when `row`, whose columns all have a value or null, may be in the table. */
  abstract check(row: Row): Status;

  abstract free(): void;
}
