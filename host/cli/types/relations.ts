/** What a file has of tables and views, as types are written for them. */
import { parentsFirst } from "../../files/parents-first.js";
import type { Session } from "../../api/session.js";
import { sqlName } from "../../api/sql-text.js";
import { type FieldReply, type IndexReply, readColumn, typeOfSpec } from "../../api/table-schema.js";

/** A column, with the word that `create` takes for it. */
export interface TypedColumn extends FieldReply {
  /** Its type and flags, as `defineTable` takes them. */
  readonly word: string;
}

export interface TypedTable {
  readonly name: string;
  /** What `create` has to be told of it; undefined: it is the usual one. */
  readonly alignment: number | undefined;
  /** All columns of the file. */
  readonly columns: readonly TypedColumn[];
  /** Those that `*` in SQL has: not the counted key of a table that SQL made without a primary key of one column. */
  readonly shown: readonly TypedColumn[];
  readonly primaryKey: string;
  readonly indexes: readonly IndexReply[];
}

export interface TypedView {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Why nothing is known of its columns; null: it is. */
  readonly broken: string | null;
}

export interface Relations {
  readonly tables: readonly TypedTable[];
  readonly views: readonly TypedView[];
}

/** The type and the flags in a column as `create` takes it, whose name is before the first colon without a backslash. */
function wordOf(spec: string): string {
  return spec.replace(/^(?:[^\\:]|\\.)*:/su, "");
}

/** The alignment of slots that these columns have unless told: the size of a record when all have the same, else 32. */
function usualAlignment(fields: readonly FieldReply[], specs: readonly string[]): number {
  let size = 0;
  for (const [i, { name, null: isNullable }] of fields.entries()) {
    const column = readColumn({ name, type: typeOfSpec(specs[i] as string), null: isNullable }, i);
    if (isNullable || column.size === 0) return 32;
    size += column.size;
  }
  return size;
}

/** Reads all definitions of a session's file. */
export async function readRelations(db: Session): Promise<Relations> {
  const found = (await db.schema()).tables.map(({ name, alignment, columns: specs, fields, primaryKey, indexes }): TypedTable => {
    const columns = fields.map((field, i) => ({ ...field, word: wordOf(specs[i] as string) }));
    const isHidden = columns.length > 1 && specs[0] === "rowid:int64:pk:auto";
    const isUsual = alignment === usualAlignment(fields, specs);
    return {
      name,
      alignment: isUsual ? undefined : alignment,
      columns,
      shown: columns.slice(isHidden ? 1 : 0),
      primaryKey,
      indexes,
    };
  });
  const views: TypedView[] = [];
  for (const { name } of await db.sql<{ name: string }>`SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name`) {
    try {
      const { columns } = await db.prepare(`SELECT * FROM ${sqlName(name)}`);
      views.push({ name, columns, broken: null });
    } catch (error) {
      views.push({ name, columns: [], broken: (error as Error).message });
    }
  }
  const tables = parentsFirst(found, ({ name, columns }) => ({
    name,
    refersTo: columns.flatMap(({ references }) => references?.table ?? []),
  }));
  return { tables, views };
}
