/** `dumpSql`: all of a store as a script of SQL that another engine runs: definitions, rows, keys, indexes, counters and views. */
import { EXIT_NOT_DONE, QuireError } from "../api/errors.js";
import { sqlName, sqlText } from "../api/sql-text.js";
import { type FieldReply, typeOfSpec } from "../api/table-schema.js";
import { DIALECTS, type Dialect, type DialectName, type Literal, dialects } from "./dialects.js";
import { digitsIn, documentsAsText, pagesOf } from "./export-file.js";
import type { AnySession, Watch } from "./insert-rows.js";
import { parentsFirst } from "./parents-first.js";
import { readConstraints } from "./sqlite-schema.js";

export interface DumpOptions extends Watch {
  readonly dialect: DialectName;
}

/** Rows of one INSERT, and about how many characters. */
const MOST_ROWS = 500;
const MOST_LENGTH = 128 << 10;

interface Column {
  readonly name: string;
  readonly type: string;
  readonly field: FieldReply;
  /** What it is in the other engine. */
  readonly sqlType: string;
  readonly literal: Literal;
  /** The text of its default here; null: it has none. */
  readonly default: string | null;
}

interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  /** The columns of the primary key. */
  readonly key: readonly string[];
  readonly indexes: readonly { readonly name: string; readonly columns: readonly string[]; readonly unique: boolean }[];
  readonly checks: readonly { readonly name: string | null; readonly text: string }[];
  /** The number that its counter gave last. */
  readonly counter: bigint | null;
}

/**
 * The script, in pieces. What the other engine has no place for is left out, and said in a comment; a value that it can't hold is `BAD_VALUE`.
 * Rows come in one transaction, and views behind it.
 */
export async function* dumpSql(db: AnySession, { dialect: name, signal, onProgress }: DumpOptions): AsyncGenerator<string> {
  const dialect = (dialects as Readonly<Record<string, Dialect | undefined>>)[name];
  if (dialect === undefined)
    throw new QuireError("BAD_OPTION", `there is no dialect ${name}; use one of ${DIALECTS.join(", ")}`, EXIT_NOT_DONE);
  const watch: Watch = signal === undefined ? {} : { signal };
  const writer = new ScriptWriter(dialect);
  const tables = parentsFirst(await readTables(db, dialect, writer, watch), ({ name: of, columns }) => ({
    name: of,
    refersTo: columns.flatMap(({ field }) => field.references?.table ?? []),
  }));
  yield `-- What quire dump --format sql --dialect ${name} has written.\n`;
  if (dialect === dialects.sqlite) yield "PRAGMA foreign_keys = OFF;\n";
  yield "BEGIN;\n";
  for (const table of tables) yield writer.create(table, tables);
  let done = 0;
  for (const table of tables) {
    for await (const { text, rows } of insertsOf(db, dialect, table, watch)) {
      yield text;
      done += rows;
      onProgress?.(done, null);
    }
  }
  for (const table of tables) yield writer.finish(table);
  yield "COMMIT;\n";
  if (dialect === dialects.sqlite) yield "PRAGMA foreign_keys = ON;\n";
  for (const view of await db.sql<{ name: string; sql: string }>`SELECT name, sql FROM sqlite_master WHERE type = 'view'`) {
    yield writer.view(view);
  }
}

async function readTables(db: AnySession, dialect: Dialect, writer: ScriptWriter, watch: Watch): Promise<Table[]> {
  const { tables } = await db.schema();
  const objects = await db.sql<{
    type: string;
    name: string;
    tbl_name: string;
    sql: string;
  }>`SELECT type, name, tbl_name, sql FROM sqlite_master`;
  const counters = new Map(
    (await db.sql<{ name: string; seq: bigint | number }>`SELECT name, seq FROM sqlite_sequence`).map(({ name, seq }) => [
      name,
      BigInt(seq),
    ]),
  );
  const found: Table[] = [];
  for (const { name, columns: specs, fields, primaryKey, indexes } of tables) {
    const isHidden = fields.length > 1 && specs[0] === "rowid:int64:pk:auto";
    const shown = fields.flatMap((field, i) => (isHidden && i === 0 ? [] : [{ field, type: typeOfSpec(specs[i] as string) }]));
    const facts = await digitsIn(
      db,
      name,
      shown.map(({ field, type }) => ({ name: field.name, type, nullable: field.null })),
      watch,
    );
    const info = await db.sql<{
      name: string;
      dflt_value: string | null;
    }>`SELECT name, dflt_value FROM pragma_table_xinfo(${name})`;
    const columns = shown.map(({ field, type }, i): Column => {
      const { type: sqlType, literal, note } = dialect.column(facts[i] as Parameters<Dialect["column"]>[0]);
      if (note !== undefined) writer.note(name, `${field.name} ${note}`);
      const text = info.find((column) => column.name === field.name)?.dflt_value ?? null;
      const safe =
        type === "text" || type === "json"
          ? (value: unknown) => (String(value).includes("\0") ? dialect.nul(String(value)) : literal(value))
          : literal;
      return { name: field.name, type, field, sqlType, literal: safe, default: text };
    });
    const list = await db.sql<{
      name: string;
      unique: bigint | number;
      origin: string;
    }>`SELECT name, "unique", origin FROM pragma_index_list(${name})`;
    const all: { name: string; columns: string[]; unique: boolean }[] = [];
    for (const index of list) {
      const parts = await db.sql<{ name: string }>`SELECT name FROM pragma_index_info(${index.name})`;
      all.push({ name: index.name, columns: parts.map((part) => part.name), unique: Number(index.unique) === 1 });
    }
    // A table without a key of one column has the first unique index of columns that are never null for one.
    const nullable = new Set(shown.flatMap(({ field }) => (field.null ? [field.name] : [])));
    const main = isHidden
      ? all.find(({ unique, columns: of }) => unique && !of.some((column) => nullable.has(column)))
      : undefined;
    const key = isHidden ? (main?.columns ?? []) : [primaryKey];
    const own = all.filter((index) => index !== main && index.columns.join("\0") !== key.join("\0"));
    // What is unique and has no index in the list is the key, or has one that is not named.
    for (const { columns: of, unique } of indexes) {
      const known = [key, ...own.map((index) => index.columns)].some((other) => other.join("\0") === of.join("\0"));
      if (!known && unique && !(isHidden && of.join("\0") === "rowid"))
        own.push({ name: `${name}_${of.join("_")}_unique`, columns: [...of], unique });
    }
    const { sql = "" } = objects.find((object) => object.type === "table" && object.name === name) ?? {};
    const { checks } = readConstraints(sql);
    found.push({ name, columns, key, indexes: own, checks, counter: isHidden ? null : (counters.get(name) ?? null) });
  }
  return found;
}

async function* insertsOf(
  db: AnySession,
  dialect: Dialect,
  table: Table,
  watch: Watch,
): AsyncGenerator<{ readonly text: string; readonly rows: number }> {
  const { name, columns } = table;
  const start = `INSERT INTO ${sqlName(name)} (${columns.map((column) => sqlName(column.name)).join(", ")}) VALUES\n`;
  let lines: string[] = [];
  let length = 0;
  let number = 0;
  for await (const page of pagesOf(db, documentsAsText(sqlName(name), columns), [], watch)) {
    for (const row of page) {
      number++;
      const values = row.map((value, i) => {
        const { literal, name: column, type } = columns[i] as Column;
        if (value === null) return "NULL";
        if (dialect === dialects.postgres && type === "text" && (value as string).includes("\0"))
          throw new QuireError(
            "BAD_VALUE",
            `row ${number} of ${name}: ${column} has a NUL character, which no text of PostgreSQL has`,
            EXIT_NOT_DONE,
          );
        return literal(value);
      });
      const line = `(${values.join(", ")})`;
      if (lines.length === MOST_ROWS || (lines.length > 0 && length + line.length > MOST_LENGTH)) {
        yield { text: `${start}${lines.join(",\n")};\n`, rows: lines.length };
        lines = [];
        length = 0;
      }
      lines.push(line);
      length += line.length;
    }
  }
  if (lines.length > 0) yield { text: `${start}${lines.join(",\n")};\n`, rows: lines.length };
}

/** Functions that all engines have and mean the same by. */
const PORTABLE = new Set(
  "count sum avg min max coalesce nullif lower upper abs round length trim ltrim rtrim replace cast in exists values over and or not on as using when then else between like distinct where from select having by row_number rank dense_rank lag lead".split(
    " ",
  ),
);

/** Whether a text of SQL has nothing that the dialect may know otherwise. */
function isPortable(sql: string): boolean {
  const plain = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, "''");
  if (
    /[`[]|->|\bGLOB\b|\bILIKE\b|\bIS\s+(?!(?:NOT\s+)?(?:NULL|TRUE|FALSE|DISTINCT)\b)|\bpragma_|\bsqlite_|==|<<|>>|\bREGEXP\b/i.test(
      plain,
    )
  )
    return false;
  return Array.from(plain.matchAll(/([a-z_]\w*)\s*\(/gi)).every(([, word = ""]) => PORTABLE.has(word.toLowerCase()));
}

/** A comment of one line. */
const comment = (text: string): string => `-- ${text.replace(/[\r\n\u2028\u2029]+/g, " ")}\n`;

class ScriptWriter {
  readonly #dialect: Dialect;
  /** What is said of each table. */
  readonly #notes = new Map<string, string[]>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  note(table: string, text: string): void {
    this.#notes.set(table, [...(this.#notes.get(table) ?? []), text]);
  }

  #takes(sql: string): boolean {
    return this.#dialect === dialects.sqlite || isPortable(sql);
  }

  #default(table: string, { name, type, sqlType, default: text, field }: Column): string {
    if (text === null) return "";
    if (Object.hasOwn(field, "default")) {
      const isNumber = /^-?[\d.]+$/.test(text);
      const blob = /^x'([0-9a-f]*)'$/i.exec(text)?.[1];
      if (blob !== undefined)
        return ` DEFAULT ${this.#dialect.column({ type: "blob", whole: 0, scale: 0, isWide: false }).literal(Buffer.from(blob, "hex"))}`;
      if (type === "boolean" && this.#dialect === dialects.sqlite) return ` DEFAULT ${text === "true" ? 1 : 0}`;
      return ` DEFAULT ${isNumber && /TEXT|VARCHAR/.test(sqlType) ? sqlText(text) : text}`;
    }
    const isUuid = /^uuid\(\)$/i.test(text);
    if (isUuid && this.#dialect !== dialects.sqlite)
      return ` DEFAULT (${this.#dialect === dialects.postgres ? "gen_random_uuid()" : "uuid()"})`;
    if (/^current_(?:date|time|timestamp)$/i.test(text)) return ` DEFAULT ${text}`;
    if (this.#dialect === dialects.sqlite && !isUuid) return ` DEFAULT (${text})`;
    this.note(table, `the default of ${name} is left out: ${text}`);
    return "";
  }

  /** Whether a foreign key is part of the table's definition: PostgreSQL gets all behind the rows. */
  #reference(table: Table, { name, field }: Column, before: readonly Table[]): string {
    const { references } = field;
    if (references === undefined || this.#dialect === dialects.postgres) return "";
    const target = `${sqlName(references.table)} (${sqlName(references.column)})`;
    if (this.#dialect === dialects.sqlite)
      return ` REFERENCES ${target}${references.cascade ? " ON DELETE CASCADE" : ""} ON UPDATE CASCADE`;
    const to = `the foreign key of ${name} to ${references.table}`;
    if (!before.some((other) => other.name === references.table)) {
      this.note(table.name, `${to} is left out: rows of DuckDB refer to earlier ones only`);
      return "";
    }
    if (references.cascade) this.note(table.name, `${to} forbids deletions: DuckDB has no CASCADE`);
    return ` REFERENCES ${target}`;
  }

  create(table: Table, all: readonly Table[]): string {
    const { name, columns, key, checks, counter } = table;
    const before = all.slice(0, all.indexOf(table));
    const sequence = `${name}_${key[0] ?? ""}_seq`;
    let text = "";
    const parts = columns.map((column) => {
      const isKey = key.length === 1 && key[0] === column.name;
      const counts = column.field.auto === true;
      let { sqlType } = column;
      if (counts && isKey && this.#dialect === dialects.sqlite) sqlType = "INTEGER";
      let line = `${sqlName(column.name)} ${sqlType}`;
      if (counts && this.#dialect === dialects.postgres) line += " GENERATED BY DEFAULT AS IDENTITY";
      if (isKey) line += counts && this.#dialect === dialects.sqlite ? " PRIMARY KEY AUTOINCREMENT" : " PRIMARY KEY";
      else if (!column.field.null) line += " NOT NULL";
      if (counts && this.#dialect === dialects.duckdb) {
        text += `CREATE SEQUENCE ${sqlName(sequence)} START ${(counter ?? 0n) + 1n};\n`;
        line += ` DEFAULT nextval(${sqlText(sqlName(sequence))})`;
      }
      return line + this.#default(name, column) + this.#reference(table, column, before);
    });
    if (key.length > 1) parts.push(`PRIMARY KEY (${key.map(sqlName).join(", ")})`);
    for (const check of checks) {
      const constraint = check.name === null ? "" : `CONSTRAINT ${sqlName(check.name)} `;
      if (this.#takes(check.text)) parts.push(`${constraint}CHECK (${check.text})`);
      else this.note(name, `CHECK (${check.text}) is left out`);
    }
    const notes = (this.#notes.get(name) ?? []).map((note) => comment(`${name}: ${note}`)).join("");
    return `${notes}${text}CREATE TABLE ${sqlName(name)} (\n  ${parts.join(",\n  ")}\n);\n`;
  }

  /** What comes behind the rows. */
  finish({ name, columns, key, indexes, counter }: Table): string {
    let text = "";
    for (const { name: index, columns: of, unique } of indexes) {
      text += `CREATE ${unique ? "UNIQUE " : ""}INDEX ${sqlName(index)} ON ${sqlName(name)} (${of.map(sqlName).join(", ")});\n`;
    }
    if (this.#dialect === dialects.postgres) {
      for (const { name: column, field } of columns) {
        const { references } = field;
        if (references === undefined) continue;
        const action = `${references.cascade ? " ON DELETE CASCADE" : ""} ON UPDATE CASCADE`;
        text += `ALTER TABLE ${sqlName(name)} ADD FOREIGN KEY (${sqlName(column)}) REFERENCES ${sqlName(references.table)} (${sqlName(references.column)})${action};\n`;
      }
    }
    const counts = columns.find(({ field, name: column }) => field.auto === true && column === key[0]);
    if (counts === undefined || counter === null || counter < 1n) return text;
    if (this.#dialect === dialects.sqlite) {
      text += `DELETE FROM sqlite_sequence WHERE name = ${sqlText(name)};\nINSERT INTO sqlite_sequence (name, seq) VALUES (${sqlText(name)}, ${counter});\n`;
    } else if (this.#dialect === dialects.postgres) {
      text += `SELECT setval(pg_get_serial_sequence(${sqlText(sqlName(name))}, ${sqlText(counts.name)}), ${counter});\n`;
    }
    return text;
  }

  view({ name, sql }: { readonly name: string; readonly sql: string }): string {
    if (this.#takes(sql)) return `${sql.replace(/;\s*$/, "")};\n`;
    return comment(`view ${name} is left out, for what it is made of is not in all engines: ${sql}`);
  }
}
