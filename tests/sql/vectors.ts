/** The reference's answers to queries, changes and transactions (tests/golden/queries), beside those of Quire. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { QuireError, type SyncSession, openSync } from "../../host/index.js";
import { packageRoot } from "../../host/paths.js";
import {
  aggregateList,
  filterSql,
  querySql,
  quoted,
  type AggregateList,
  type ApiQuery,
  type Filter,
  type Typed,
} from "./vector-queries.js";
import type { Reply } from "./oracle.js";

type Rows = readonly (readonly unknown[])[];

/** What the reference answered. */
interface Answer {
  readonly columns?: readonly { readonly name: string; readonly type: string }[] | null;
  readonly rows?: Rows;
  readonly affected?: number;
  readonly ok?: string;
  readonly error?: { readonly kind: string; readonly message: string };
  /** How far the order of the rows is fixed. */
  readonly order?: "total" | "ties" | "none" | "storage";
  /** What it had to be by the standard, where that is something else. */
  readonly standard?: { readonly rows?: Rows; readonly affected?: number };
}

export interface Step extends Answer {
  readonly sql: string;
  readonly params: readonly Typed[];
  /** Which of the reference's transactions it is in. */
  readonly tx?: string;
}

export interface Vector extends Step {
  readonly id: string;
  readonly db: string;
  readonly steps?: readonly Step[];
  readonly api?: "select" | "join" | "aggregate" | "update" | "delete" | "typed";
  readonly table?: string;
  readonly query?: ApiQuery;
  readonly aggregates?: AggregateList;
  readonly filter?: Filter | null;
  readonly set?: readonly (readonly [string, Typed])[];
  readonly behavior?: "Cascade" | "Restrict";
  readonly after?: Readonly<Record<string, Rows>>;
}

const folder = join(packageRoot, "tests", "golden", "queries");

/** Vectors that Quire answers otherwise by decision, and why. */
export interface Decision {
  readonly reason: string;
  readonly why: string;
  readonly ids: readonly string[];
}

export const decisions = JSON.parse(
  readFileSync(join(packageRoot, "tests", "sql", "vector-differences.json"), "utf8"),
) as readonly Decision[];

/** The lines of a file of them. */
export function vectorLines<T>(file: string): T[] {
  const text = gunzipSync(readFileSync(join(folder, `${file}.ndjson.gz`))).toString();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}

export function vectors(file: string): Vector[] {
  return vectorLines<Vector>(file);
}

/** Quire's codes for what the reference calls an error. */
const CODES: readonly (readonly [RegExp, string])[] = [
  [/PrimaryKeyConflict/u, "PRIMARY_KEY_CONFLICT"],
  [/UniqueConstraintViolation/u, "UNIQUE_CONFLICT"],
  [/BrokenForeignKeyReference/u, "FOREIGN_KEY_BROKEN"],
  [/ForeignKeyConstraintViolation/u, "FOREIGN_KEY_RESTRICT"],
  [/MissingNonNullableField/u, "NOT_NULL"],
  [/^Runtime\.Validation/u, "CHECK_FAILED"],
  [/UnknownTable|TableNotFound/u, "TABLE_NOT_FOUND"],
  [/UnknownColumn/u, "COLUMN_NOT_FOUND"],
  [/AmbiguousColumn/u, "AMBIGUOUS_COLUMN"],
  [/Panic/u, "OVERFLOW"],
  [/TransactionAlreadyActive/u, "TRANSACTION_ACTIVE"],
  [/NoActiveTransaction|TransactionNotFound/u, "NO_TRANSACTION"],
  [/ParameterCountMismatch/u, "BAD_REQUEST"],
  [/^Parse/u, "SQL_SYNTAX SQL_UNSUPPORTED COLUMN_NOT_FOUND"],
  [/TypeMismatch/u, "SQL_TYPE BAD_VALUE"],
  [/InvalidLiteral/u, "BAD_VALUE SQL_TYPE OVERFLOW SQL_SYNTAX"],
  [/InvalidQuery/u, "SQL_TYPE SQL_SYNTAX BAD_VALUE COLUMN_NOT_FOUND NOT_NULL"],
  [/Unsupported|MissingWhereClause/u, "SQL_SYNTAX SQL_UNSUPPORTED SQL_TYPE COLUMN_NOT_FOUND TABLE_NOT_FOUND AMBIGUOUS_COLUMN"],
];

/** A value as it is compared: numbers by what they are, JSON by what it says. */
function plain(value: unknown, type: string): string {
  if (value === null || value === undefined) return "NULL";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (type === "Json") return JSON.stringify(value);
  const text = typeof value === "object" ? JSON.stringify(value) : (value as string | number).toString();
  return /^-?\d+\.\d+$/u.test(text) ? text.replace(/\.?0+$/u, "") : text;
}

function rowTexts(rows: Rows, types: readonly string[], areStored: boolean): string[] {
  return rows.map((row) =>
    row
      .map((value, c) =>
        plain(areStored && types[c] === "Json" && typeof value === "string" ? JSON.parse(value) : value, types[c] ?? ""),
      )
      .join(" | "),
  );
}

/** What does not count. */
export type Leniency = "order" | "names" | "counts" | "";

/** What differs between Quire's answer and the reference's; "" when nothing does. */
function difference(expected: Answer, found: Reply | QuireError, leniency: Leniency = ""): string {
  const { error, standard } = expected;
  if (error) {
    if (!(found instanceof QuireError))
      return `answers ${JSON.stringify(found.rows).slice(0, 60)} ${found.changes}, not ${error.kind}: ${error.message}`;
    const codes = CODES.find(([kind]) => kind.test(error.kind))?.[1] ?? "";
    return codes.split(" ").includes(found.code) ? "" : `${found.code} for ${error.kind}: ${error.message} / ${found.message}`;
  }
  if (found instanceof QuireError) return `${found.code}: ${found.message}`;
  if (expected.ok !== undefined) return "";
  if (expected.affected !== undefined) {
    const count = standard?.affected ?? expected.affected;
    if (leniency === "counts") return "";
    return found.changes === count ? "" : `${found.changes} rows, not ${count}`;
  }
  const types = expected.columns?.map((column) => column.type) ?? [];
  const names = expected.columns?.map((column) => column.name);
  const isNamed = leniency !== "names" && names !== undefined && expected.rows?.length !== 0;
  if (isNamed && names.join() !== found.columns.join()) return `columns ${found.columns.join()}, not ${names.join()}`;
  const theirs = rowTexts(standard?.rows ?? expected.rows ?? [], types, true);
  const ours = rowTexts(found.rows, types, false);
  if (ours.length !== theirs.length) return `${ours.length} rows, not ${theirs.length}`;
  if (expected.order === "storage") return "";
  if (expected.order !== "total" || leniency === "order") {
    ours.sort();
    theirs.sort();
  }
  const at = ours.findIndex((row, r) => row !== theirs[r]);
  return at < 0 ? "" : `row ${at}: ${ours[at]}, not ${theirs[at]}`;
}

/** A record as text, its members by their names. */
function sorted(record: unknown): string {
  return JSON.stringify(record, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** A record with the members that others tell of: those that nobody asked for are null, or left out. */
function told(record: Record<string, unknown>, others: readonly Record<string, unknown>[]): Record<string, unknown> {
  const names = Object.keys(others[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const value = record[name];
      if (typeof value !== "object" || value === null) return [name, value];
      const inner = others.map((other) => other[name]).filter((one) => one !== null);
      return [name, told(value as Record<string, unknown>, inner as Record<string, unknown>[])];
    }),
  );
}

/** A parameter as a request has it. */
const given = ([, value]: Typed): unknown => value;

/** Sanitizers and validators of the program that has the store `guard`. */
const GUARD_RULES = {
  accounts: [
    "email:text:trim:lowercase:email",
    "handle:text:slug:rangestrlen=3,12",
    "nick:text:trim:nullifempty",
    "bio:text:maxstrlen=10",
    "score:int32:clamp=0,100",
    "balance:decimal:roundtoscale=2",
    "seen:datetime:utc",
  ],
  sites: ["key:text:nullifempty", "url:text:url", "label:text:collapsewhitespace:minstrlen=2:maxstrlen=8"],
};

export class VectorStore {
  readonly #sessions = new Map<string, SyncSession>();

  constructor(readonly work: string) {}

  /** A session that nothing is changed in. */
  #reading(name: string): SyncSession {
    let db = this.#sessions.get(name);
    if (!db) {
      db = this.#fresh(name);
      this.#sessions.set(name, db);
    }
    return db;
  }

  #fresh(name: string): SyncSession {
    const path = join(this.work, `${name}-${this.#sessions.size}.db`);
    writeFileSync(path, gunzipSync(readFileSync(join(folder, `${name}.db.gz`))));
    const db = openSync(path);
    // What the reference's program has besides the file.
    if (name === "guard") for (const [table, columns] of Object.entries(GUARD_RULES)) db.request({ op: "rules", table, columns });
    return db;
  }

  #ask(db: SyncSession, sql: string, params: readonly unknown[] = []): Reply | QuireError {
    try {
      return db.request({ op: "sql", sql, params }) as Reply;
    } catch (error) {
      if (!(error instanceof QuireError)) throw error;
      return error;
    }
  }

  /** What differs; "" when nothing does. */
  difference(vector: Vector, leniency: Leniency = ""): string {
    if (vector.steps) return this.#steps(vector, vector.steps, leniency);
    if (vector.api) return this.#api(vector, leniency);
    const isQuery = /^\s*select/iu.test(vector.sql);
    const db = isQuery ? this.#reading(vector.db) : this.#fresh(vector.db);
    const found = difference(vector, this.#ask(db, vector.sql, vector.params.map(given)), leniency);
    if (!isQuery) db.close();
    return found;
  }

  #steps(vector: Vector, steps: readonly Step[], leniency: Leniency): string {
    const db = this.#fresh(vector.db);
    const found: string[] = [];
    for (const step of steps) {
      const what = difference(step, this.#ask(db, step.sql, step.params.map(given)), leniency);
      if (what !== "") found.push(`${step.tx ?? ""} ${step.sql}: ${what}`);
    }
    db.close();
    return found.join("\n    ");
  }

  #api(vector: Vector, leniency: Leniency): string {
    const { api, table = "", query = {}, aggregates = [] } = vector;
    if (api === "update" || api === "delete") return this.#change(vector, leniency);
    if (api === "typed") return this.#eager(vector);
    const db = this.#reading(vector.db);
    if (query.distinct) return this.#distinct(vector, query, query.distinct);
    // The reference gives columns in the table's order: they are asked for in that of its answer.
    const order = vector.columns?.map((column) => column.name) ?? [];
    const place = (name: string): number => order.indexOf(name.split(".").pop() ?? "");
    const columns = query.columns && [...query.columns].sort((a, b) => place(a) - place(b));
    const list = api === "aggregate" ? aggregateList(query, aggregates) : (columns?.map(quoted).join(", ") ?? "*");
    const { text, params } = querySql(table, query, list, aggregates);
    const what = difference(vector, this.#ask(db, text, params));
    return what === "" ? "" : `${text}: ${what}`;
  }

  /** DISTINCT of some columns gives one row for each of their values; which one is not said. */
  #distinct(vector: Vector, query: ApiQuery, distinct: readonly string[]): string {
    const { text, params } = querySql(
      vector.table ?? "",
      { filter: query.filter },
      `DISTINCT ${distinct.map(quoted).join(", ")}`,
    );
    const found = this.#ask(this.#reading(vector.db), text, params);
    const places = distinct.map((name) => vector.columns?.findIndex((column) => column.name === name) ?? -1);
    const types = places.map((place) => vector.columns?.[place]?.type ?? "");
    if (found instanceof QuireError) return `${text}: ${found.code}`;
    if (vector.aggregates && !query.group_by)
      return String(found.rows.length) === vector.rows?.[0]?.[0] ? "" : `${found.rows.length} groups`;
    const isShown = !vector.aggregates && places.every((place) => place >= 0);
    const rows = (vector.rows ?? []).map((row) => places.map((place) => row[place]));
    if (!isShown) return found.rows.length === rows.length ? "" : `${found.rows.length} rows, not ${rows.length}`;
    const columns = distinct.map((name, c) => ({ name, type: types[c] ?? "" }));
    return difference({ rows, columns, order: "none" }, found);
  }

  /** Records with those that they refer to, by joins. */
  #eager(vector: Vector): string {
    const { table = "", query = {} } = vector;
    const db = this.#reading(vector.db);
    const names = (of: string): string[] => this.#column(db, `SELECT name FROM pragma_table_info('${of}')`);
    const keys = db.sql(`SELECT "from", "table", "to" FROM pragma_foreign_key_list('${table}')`).rows as string[][];
    const own = names(table);
    const list = own.map((name) => quoted(`${table}.${name}`));
    const joined: [string, string, string, string][] = [];
    for (const [from = "", to = "", column = ""] of keys) {
      if (!query.with?.includes(to)) continue;
      joined.push(["left", to, from, column]);
      list.push(...names(to).map((name) => quoted(`${to}.${name}`)));
    }
    const order = query.order_by?.map(([name, way]) => [`${table}.${name}`, way] as const);
    const filter = query.filter && ([query.filter[0], `${table}.${String(query.filter[1])}`, ...query.filter.slice(2)] as const);
    const sql = querySql(table, { ...query, order_by: order, filter, joins: joined }, list.join(", "));
    const found = this.#ask(db, sql.text, sql.params);
    if (vector.error || found instanceof QuireError) return difference(vector, found);
    const records = found.rows.map((row) => {
      const record: Record<string, unknown> = {};
      own.forEach((name, c) => (record[name] = query.columns && !query.columns.includes(name) ? null : row[c]));
      for (const [from = ""] of keys) record[from] = null;
      let at = own.length;
      for (const [, to, from] of joined) {
        const values = names(to).map((name) => [name, row[at++]] as const);
        record[from] = values[0]?.[1] === null ? null : Object.fromEntries(values);
      }
      return record;
    });
    const wanted = (vector.rows ?? []) as unknown as readonly Record<string, unknown>[];
    const ours = records.map((record) => sorted(told(record, wanted)));
    const theirs = wanted.map((record) => sorted(record));
    const at = ours.length === theirs.length ? ours.findIndex((text, r) => text !== theirs[r]) : 0;
    return at < 0 || ours.length + theirs.length === 0 ? "" : `record ${at}: ${ours[at]}, not ${theirs[at]}`;
  }

  #column(db: SyncSession, sql: string): string[] {
    return db.sql(sql).rows.map((row) => String(row[0]));
  }

  #change(vector: Vector, leniency: Leniency): string {
    const { table = "", filter = null, set = [] } = vector;
    const params: unknown[] = [];
    const sets = set.map(([name, value]) => {
      params.push(given(value));
      return `"${name}" = ?`;
    });
    const where = filter ? ` WHERE ${filterSql(filter, params)}` : "";
    const text =
      vector.api === "update"
        ? `UPDATE "${table}" SET ${sets.join(", ")}${where}`
        : `DELETE FROM "${table}"${where} ${vector.behavior ?? ""}`;
    const db = this.#fresh(vector.db);
    let what = difference(vector, this.#ask(db, text, params), leniency);
    for (const [name, rows] of Object.entries(vector.after ?? {})) {
      const found = this.#ask(db, `SELECT * FROM "${name}"`);
      what += difference({ rows, order: "none" }, found);
    }
    db.close();
    return what === "" ? "" : `${text}: ${what}`;
  }

  close(): void {
    for (const db of this.#sessions.values()) db.close();
  }
}
