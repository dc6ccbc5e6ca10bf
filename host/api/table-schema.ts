/** A table's definition as the host needs it: which type each column is of, and what its indexes are on. */

/**
 * The types of columns, by the names that `schema` uses: bytes of a value in a record, 0 where a length of two bytes stands before it. Of
 * `custom` the column says it.
 */
export const TYPE_SIZES = {
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  decimal: 16,
  boolean: 1,
  date: 4,
  datetime: 13,
  blob: 0,
  text: 0,
  uuid: 16,
  json: 0,
  custom: 0,
} as const;

export type ColumnType = keyof typeof TYPE_SIZES;

/** The types' codes in descriptions of statements (docs/abi.md). */
export const TYPE_CODES = {
  int8: 0x01,
  int16: 0x02,
  int32: 0x03,
  int64: 0x04,
  uint8: 0x10,
  uint16: 0x11,
  uint32: 0x12,
  uint64: 0x13,
  decimal: 0x22,
  boolean: 0x30,
  date: 0x40,
  datetime: 0x41,
  blob: 0x50,
  text: 0x51,
  uuid: 0x52,
  json: 0x60,
  custom: 0xf0,
} as const satisfies Readonly<Record<ColumnType, number>>;

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** Bytes of a value in a record; 0 when a length of two bytes stands before it. */
  readonly size: number;
  /** Where it is among the table's columns. */
  readonly position: number;
}

/** What `schema` replies for a table. */
export interface TableReply {
  readonly name: string;
  readonly columns: readonly string[];
  readonly alignment: number;
  readonly inexact?: true;
  readonly primaryKey: string;
  readonly fields: readonly FieldReply[];
  readonly indexes: readonly IndexReply[];
}

export interface FieldReply {
  readonly name: string;
  readonly type: string;
  readonly null: boolean;
  readonly auto?: true;
  readonly unique?: true;
  readonly references?: { readonly table: string; readonly column: string; readonly cascade: boolean };
  readonly default?: unknown;
}

export interface IndexReply {
  readonly columns: readonly string[];
  readonly unique: boolean;
}

/** A column by its name and the name of its type. */
export function readColumn(
  { name, type: text, null: nullable }: Pick<FieldReply, "name" | "type" | "null">,
  position: number,
): Column {
  if (!text.startsWith("custom(")) {
    const type = text as ColumnType;
    return { name, type, nullable, size: TYPE_SIZES[type], position };
  }
  // custom(TAG) or custom(TAG,n); a comma of the tag has a backslash before it, where it matters what size values have.
  const sized = /(\\*),(\d+)\)$/.exec(text);
  const size = sized !== null && (sized[1] as string).length % 2 === 0 ? Number(sized[2]) : 0;
  return { name, type: "custom", nullable, size, position };
}

/** The type in a column as `create` takes it, NAME:TYPE:FLAG…, in which characters that mean something there have a backslash before them. */
export function typeOfSpec(spec: string): string {
  const [, type = ""] = /^(?:[^\\:]|\\.)*:((?:[^\\:]|\\.)*)/su.exec(spec) ?? [];
  return type;
}

/** The column's name in the same. */
export function nameOfSpec(spec: string): string {
  const [name = ""] = /^(?:[^\\:]|\\.)*/su.exec(spec) ?? [];
  return name.replace(/\\(.)/gsu, "$1");
}

/** A column's name as it stands there. */
export const nameInSpec = (name: string): string => name.replace(/[\\:]/g, "\\$&");

export class TableSchema {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly key: Column;
  readonly #byName: ReadonlyMap<string, Column>;
  readonly #indexes: readonly IndexReply[];
  readonly #unique: ReadonlyMap<string, Column>;

  constructor(reply: TableReply) {
    this.name = reply.name;
    this.columns = reply.fields.map(({ name, null: nullable }, i) =>
      readColumn({ name, type: typeOfSpec(reply.columns[i] as string), null: nullable }, i),
    );
    this.#byName = new Map(this.columns.map((column) => [column.name, column]));
    this.#indexes = reply.indexes;
    const unique = reply.indexes.filter((index) => index.unique && index.columns.length === 1);
    this.#unique = new Map(unique.map(({ columns: [name] }) => [name as string, this.#byName.get(name as string) as Column]));
    this.key = this.#byName.get(reply.primaryKey) as Column;
  }

  column(name: string): Column | undefined {
    return this.#byName.get(name);
  }

  /** The column of that name, if there is a unique index on it alone. */
  uniqueColumn(name: string): Column | undefined {
    return this.#unique.get(name);
  }

  /** The columns that the bounds of a scan are values of: those of the index that the module takes for `index`; none when it has none. */
  boundColumns(index: unknown): readonly Column[] {
    if (index === undefined) return [this.key];
    const names: unknown[] = Array.isArray(index) ? index : [index];
    const starts = this.#indexes.filter(({ columns }) => names.every((name, i) => columns[i] === name));
    const found = starts.find(({ columns }) => columns.length === names.length) ?? starts[0];
    return (found?.columns ?? []).map((name) => this.#byName.get(name) as Column);
  }
}
