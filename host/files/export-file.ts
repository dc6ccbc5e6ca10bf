/** `exportFile`: the rows of a table, or of a query, as a Parquet or Arrow file. */
import { EXIT_NOT_DONE, QuireError } from "../api/errors.js";
import type { Params } from "../api/requests.js";
import { sqlName } from "../api/sql-text.js";
import { writeWhole } from "../node/whole-file.js";
import { arrowSink } from "./arrow-writer.js";
import type { AnySession, Watch } from "./insert-rows.js";
import { kindNamed } from "./kinds.js";
import { parquetSink } from "./parquet-writer.js";
import { type FileColumn, type RowSink, type SinkColumn, type Write, nameOfTwo } from "./row-file.js";
import { unpointed } from "./values.js";

/** Formats of rows that the host writes: `arrows` is Arrow's stream. */
export type RowFormat = "parquet" | "arrow" | "arrows";

export interface ExportOptions extends Watch {
  /** The table whose rows they are. */
  readonly table?: string;
  /** Or a query, with the values of its parameters. */
  readonly sql?: string;
  readonly params?: Params;
  /** Columns of the table, all unless told. */
  readonly columns?: readonly string[];
  /** A condition for the table's rows, and their order, as SQL has them behind WHERE and ORDER BY. */
  readonly where?: string;
  readonly orderBy?: string;
  /** What the file is to be, if its name does not tell. */
  readonly format?: RowFormat;
  /** How a Parquet file is compressed: `"snappy"` unless told, `"gzip"`, `"brotli"`, `"zstd"` or `"none"`. */
  readonly codec?: string;
}

export interface ExportResult {
  readonly rows: number;
}

/** Rows that are asked for at once. */
const PAGE_ROWS = 1000;

/** The query, and the columns of its rows. */
interface Query {
  readonly sql: string;
  readonly params: Params;
  readonly columns: readonly FileColumn[];
}

/** What values are in rows that are written. */
const EXACT = { integers: "bigint", decimals: "string", dates: "string" } as const;

async function queryOf(db: AnySession, options: ExportOptions): Promise<Query> {
  const { table, sql, params = [], columns: names, where, orderBy } = options;
  if ((table === undefined) === (sql === undefined)) {
    throw new QuireError("BAD_OPTION", "exportFile: rows are those of a table or of a query (sql), one of them", EXIT_NOT_DONE);
  }
  if (sql !== undefined) {
    const { columns } = await db.prepare(sql, EXACT);
    const list = columns.map(({ name, type }) => ({ name, type, nullable: true }));
    if (list.length === 0) throw new QuireError("BAD_OPTION", `exportFile: ${sql} gives no rows`, EXIT_NOT_DONE);
    const twice = nameOfTwo(list);
    if (twice === undefined) return { sql: documentsAsText(`(${sql})`, list), params, columns: list };
    throw new QuireError("BAD_OPTION", `two columns are called ${twice}; name one of them with AS`, EXIT_NOT_DONE);
  }
  const [definition] = (await db.schema(table)).tables;
  const fields = definition?.fields ?? [];
  const chosen = (names ?? fields.map(({ name }) => name)).map((name) => {
    const field = fields.find((candidate) => candidate.name === name);
    if (field !== undefined) return { name, type: field.type, nullable: field.null };
    throw new QuireError("COLUMN_NOT_FOUND", `${table as string} has no column ${name}`, EXIT_NOT_DONE);
  });
  const condition = where === undefined ? "" : ` WHERE ${where}`;
  const order = orderBy === undefined ? "" : ` ORDER BY ${orderBy}`;
  return { sql: documentsAsText(sqlName(table as string), chosen) + condition + order, params, columns: chosen };
}

/** A query of these columns in which documents are their texts, whose numbers have all their digits. */
export function documentsAsText(from: string, columns: readonly Pick<FileColumn, "name" | "type">[]): string {
  const list = columns.map(({ name, type }) =>
    type === "json" ? `CAST(${sqlName(name)} AS text) AS ${sqlName(name)}` : sqlName(name),
  );
  return `SELECT ${list.join(", ")} FROM ${from}`;
}

/** The rows of a query as lists, in pages. */
export async function* pagesOf(
  db: AnySession,
  sql: string,
  params: Params,
  { signal }: Watch,
): AsyncGenerator<readonly unknown[][]> {
  const statement = (await db.prepare(sql, EXACT)).raw();
  let page: unknown[][] = [];
  for await (const row of statement.iterate(params)) {
    if (page.push(row) < PAGE_ROWS) continue;
    yield page;
    signal?.throwIfAborted();
    page = [];
  }
  if (page.length > 0) yield page;
}

/** Digits that floating point keeps of any decimal. */
const FLOAT_DIGITS = 15;
const MOST_SIGNED = 2n ** 63n - 1n;

/** A column, and what its values need. */
interface Measured extends SinkColumn {
  /** Whether a value is beyond signed 64 bits, or a decimal has more digits than floating point keeps. */
  readonly isWide: boolean;
}

/** How many digits the values of each decimal have before the point and behind it, and what is beyond 64 bits: all rows are looked at. */
async function measure(
  db: AnySession,
  columns: readonly FileColumn[],
  sql: string,
  params: Params,
  watch: Watch,
): Promise<Measured[]> {
  const sizes = columns.map((column) => ({ ...column, whole: 1, scale: 0, isWide: false }));
  const measured = sizes.flatMap(({ type }, i) => (type === "decimal" || type === "uint64" ? [i] : []));
  if (measured.length === 0) return sizes;
  for await (const page of pagesOf(db, sql, params, watch)) {
    for (const row of page) {
      for (const i of measured) {
        const value = row[i];
        const size = sizes[i] as (typeof sizes)[number];
        if (typeof value === "bigint") size.isWide ||= value > MOST_SIGNED;
        if (typeof value !== "string") continue;
        const { digits, scale } = unpointed(value);
        const length = String(digits).replace("-", "").length;
        size.scale = Math.max(size.scale, scale);
        size.whole = Math.max(size.whole, length - scale);
        size.isWide ||= length > FLOAT_DIGITS;
      }
    }
  }
  return sizes;
}

/** The same of a table's columns. */
export function digitsIn(db: AnySession, table: string, columns: readonly FileColumn[], watch: Watch): Promise<Measured[]> {
  return measure(db, columns, `SELECT ${columns.map(({ name }) => sqlName(name)).join(", ")} FROM ${sqlName(table)}`, [], watch);
}

/** Writes the rows in the format: how many there were. */
export async function writeRows(db: AnySession, write: Write, format: RowFormat, options: ExportOptions): Promise<number> {
  const query = await queryOf(db, options);
  // No decimal of a file has room for more: they are texts.
  const columns = (await measure(db, query.columns, query.sql, query.params, options)).map((column) =>
    column.whole + column.scale > 38 ? { ...column, type: "text" } : column,
  );
  const sink: RowSink = await (format === "parquet"
    ? parquetSink(columns, write, options.codec)
    : arrowSink(columns, write, format === "arrows"));
  let rows = 0;
  for await (const page of pagesOf(db, query.sql, query.params, options)) {
    await sink.write(page);
    rows += page.length;
    options.onProgress?.(rows, null);
  }
  await sink.finish();
  return rows;
}

/** The format that the options or a file's name tell. */
function formatOf(path: string, { format }: ExportOptions): RowFormat {
  const kind = format ?? kindNamed(path);
  if (kind !== null && kind !== "sqlite") return kind;
  throw new QuireError(
    "BAD_OPTION",
    `${path}: the name does not end in .parquet, .arrow or .arrows, and there is no format`,
    EXIT_NOT_DONE,
  );
}

/**
 * Makes a Parquet or Arrow file of the rows of a table or a query, wholly or not at all. Values keep their types: decimals have the largest scale
 * that a value of the column has, date-times are microseconds in UTC, documents JSON.
 */
export async function exportFile(db: AnySession, path: string, options: ExportOptions): Promise<ExportResult> {
  const format = formatOf(path, options);
  return { rows: await writeWhole(path, (write) => writeRows(db, write, format, options)) };
}
