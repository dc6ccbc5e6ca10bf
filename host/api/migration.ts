/** From the definitions that a file has to those of a program, and values of columns that functions of the program give. */
import type { AnyRow, InputOf, TableDefinition } from "./define-table.js";
import { QuireError } from "./errors.js";
import { type Given, type Kind, type Result, isStrayPromise } from "./kind.js";
import { Operation, type Operations, ScanState, type Steps, definitionToJson } from "./operations.js";
import type { RequestOf, TimeOptions } from "./requests.js";
import type { Runner } from "./runner.js";
import { type TableReply, nameInSpec, nameOfSpec, typeOfSpec } from "./table-schema.js";

/** A row as it was, of a table whose definition the program may have no more. What it is may be written as the function's parameter. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- nothing else takes a function of an interface
type OldRow = Readonly<Record<string, any>>;

/** Gives the value of a column of a row, which has the names that columns had. */
export type RowFunction<Value> = { of(row: OldRow): Value }["of"];

/** Of each column of a table how its values are had: `{ "people.born": "date(birthday)", "people.name": (row) => … }`. */
type ValuesOfTable<D> =
  D extends TableDefinition<infer C, infer Name>
    ? { readonly [Column in keyof C & string as `${Name}.${Column}`]?: string | RowFunction<InputOf<C[Column]>> }
    : never;

type Together<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void ? All : never;

/** What was called otherwise: `{ "people": "users", "people.fullName": "name" }`, new names on the left. */
export type Renames = Readonly<Record<string, string>>;

/** How the definitions of a file are compared with those of a program. */
export interface DriftOptions extends TimeOptions {
  readonly renames?: Renames;
}

/** What a migration may do. */
export interface MigrationPolicy {
  /** Values may go: columns and tables that the definitions have not. */
  readonly allowDestructive?: boolean;
}

/** How definitions become those that are wanted. */
export interface MigrateOptions<D extends TableDefinition = TableDefinition> extends DriftOptions, MigrationPolicy {
  /** What is done is taken back: only what would be changed is told, or what rows or values do not go with it. */
  readonly dryRun?: boolean;
  /**
   * Values of columns that come, are called otherwise, get another type or must not be null any more: SQL of the row as it was, or a function
   * of it: `{ "people.born": "date(birthday)", "people.name": (row) => … }`.
   */
  readonly values?: Together<ValuesOfTable<D>>;
}

/** A change of definitions. */
export interface SchemaChange {
  /** `createTable`, `addColumn`, `alterType` and the like (docs/protocol.md). */
  readonly change: string;
  readonly table: string;
  readonly column?: string;
  /** What a table or column was called that is called otherwise. */
  readonly was?: string;
  /** What it does, for people. */
  readonly text: string;
  /** Whether values go that are nowhere else. */
  readonly destructive: boolean;
  /** Whether the table's rows are written anew. */
  readonly rewrites: boolean;
}

/** `DESTRUCTIVE_CHANGE`: a migration would take values away, and may not. Nothing was changed. */
export class DestructiveChangeError extends QuireError {
  constructor(
    message: string,
    /** What would be lost. */
    readonly changes: readonly SchemaChange[],
  ) {
    super("DESTRUCTIVE_CHANGE", message);
  }
}

type MigrateRequest = RequestOf<"migrate">;

/** Functions by the table, and the column of it, whose values they give. */
type Functions = ReadonlyMap<string, ReadonlyMap<string, RowFunction<unknown>>>;

/** The savepoint to which a migration with functions that is only tried goes back. */
const BEFORE = "__quire_before";

/** Changes of a column behind which it gets values. */
const VALUED = new Set(["addColumn", "renameColumn", "alterType", "setNotNull"]);

/** `NEW=OLD` and `COLUMN=EXPRESSION`, as requests have them. */
const assignments = (given: Readonly<Record<string, string>>): string[] =>
  Object.entries(given).map(([name, text]) => `${name}=${text}`);

/** What is not empty of a request's lists. */
const lists = (given: Readonly<Record<string, readonly string[]>>): object =>
  Object.fromEntries(Object.entries(given).filter(([, list]) => list.length > 0));

/** The request. */
function requestOf(tables: readonly TableDefinition[], options: MigrateOptions): MigrateRequest {
  const { allowDestructive, dryRun, timeout, renames = {} } = options;
  const schema = tables.map(definitionToJson);
  return { op: "migrate", schema, ...lists({ renames: assignments(renames) }), allowDestructive, dryRun, timeout };
}

/** The request's steps; where it may not destroy what it would, its error tells what that is. */
function* changesOf(operations: Operations, request: MigrateRequest): Steps<readonly SchemaChange[]> {
  try {
    return (yield* operations.member(request, "changes")) as readonly SchemaChange[];
  } catch (error) {
    if ((error as { code?: unknown }).code !== "DESTRUCTIVE_CHANGE") throw error;
    const planned = yield* changesOf(operations, { ...request, staged: undefined, plan: true });
    throw new DestructiveChangeError(
      (error as Error).message,
      planned.filter(({ destructive }) => destructive),
    );
  }
}

/** `sql`: values that SQL gives. */
function* withFunctions(
  operations: Operations,
  request: MigrateRequest,
  tables: readonly TableDefinition[],
  sql: readonly string[],
  functions: Functions,
): Steps<readonly SchemaChange[]> {
  // For names alone: what is planned has no values.
  const named = [...functions].flatMap(([table, columns]) => [...columns.keys()].map((column) => `${table}.${column}=NULL`));
  const planned = yield* changesOf(operations, { ...request, ...lists({ values: [...sql, ...named] }), plan: true });
  const whole = { ...request, ...lists({ values: sql }) };
  // What it may not do is refused before a row is read.
  if (request.allowDestructive !== true && request.dryRun !== true && planned.some(({ destructive }) => destructive))
    return yield* changesOf(operations, whole);
  const staged: string[] = [];
  if (request.dryRun === true) yield* operations.done({ op: "savepoint", name: BEFORE });
  for (const [name, columns] of functions) {
    const changes = planned.filter(({ table }) => table === name);
    const isValued = (column: string): boolean => changes.some((change) => change.column === column && VALUED.has(change.change));
    const wanted = new Map([...columns].filter(([column]) => isValued(column)));
    if (wanted.size === 0) continue;
    const stage = `__quire_values_${staged.length + 1}`;
    const old = changes.find(({ change }) => change === "renameTable")?.was ?? name;
    const words = tables.find((table) => table.name === name)?.words ?? [];
    yield* fillStage(operations, stage, old, words, wanted);
    staged.push(`${name}=${stage}`);
  }
  const changes = yield* changesOf(operations, { ...whole, ...lists({ staged }) });
  if (request.dryRun === true) {
    yield* operations.done({ op: "rollbackTo", name: BEFORE });
    yield* operations.done({ op: "release", name: BEFORE });
  }
  return changes;
}

/** Makes the table `stage` of the primary keys of `old` and of what functions give for each of its rows. */
function* fillStage(
  operations: Operations,
  stage: string,
  old: string,
  words: readonly string[],
  functions: ReadonlyMap<string, RowFunction<unknown>>,
): Steps<void> {
  const { tables } = (yield { request: { op: "schema", table: old } }) as { tables: readonly TableReply[] };
  const { primaryKey, fields, columns } = tables[0] as TableReply;
  const keyType = typeOfSpec(columns[fields.findIndex(({ name }) => name === primaryKey)] as string);
  let key = "key";
  while (functions.has(key)) key += "_";
  const made = words.flatMap((word) => {
    const name = nameOfSpec(word);
    return functions.has(name) ? [`${nameInSpec(name)}:${typeOfSpec(word)}:null`] : [];
  });
  yield* operations.done({ op: "create", table: stage, columns: [`${key}:${keyType}:pk`, ...made] });
  const scan = new ScanState(old, {});
  while (!scan.done) {
    const rows = (yield* scan.next(operations)).map((row) => {
      const values: AnyRow = { [key]: row[primaryKey] };
      for (const [column, valueOf] of functions) {
        const value: unknown = valueOf(row) ?? null;
        if (isStrayPromise(value)) {
          throw new QuireError(
            "BAD_VALUE",
            `migrate: the function for ${column} gave a promise; a value has to be there at once`,
          );
        }
        values[column] = value;
      }
      return values;
    });
    try {
      const direct = yield { direct: (access) => (rows.length > 1 ? access.insert(stage, rows) : undefined) };
      if (direct === undefined) yield* operations.insertMany(stage, rows);
    } catch (error) {
      throw ofRow(
        error,
        stage,
        old,
        primaryKey,
        rows.map((row) => row[key]),
      );
    }
  }
}

/** The error of an insertion into `stage`, which names the row of `old` whose value it is about. */
function ofRow(error: unknown, stage: string, old: string, primaryKey: string, keys: readonly unknown[]): unknown {
  if (!(error instanceof QuireError)) return error;
  const [, number = "1", what] = new RegExp(`^(?:row (\\d+): )?${stage}\\.(.*)$`, "su").exec(error.message) ?? [];
  if (what === undefined) return error;
  const message = `the row ${primaryKey} = ${String(keys[Number(number) - 1])} of ${old}: the value of ${what}`;
  return new QuireError(error.code, message, undefined, { cause: error });
}

/** `migrate` of sessions. */
export function migrate<K extends Kind>(
  runner: Runner<K>,
  tables: readonly TableDefinition[],
  options: MigrateOptions,
): Result<K, readonly SchemaChange[]> {
  const sql: Record<string, string> = {};
  const functions = new Map<string, Map<string, RowFunction<unknown>>>();
  for (const [path, value] of Object.entries(options.values ?? {}) as [string, string | RowFunction<unknown>][]) {
    if (typeof value !== "function") {
      sql[path] = value;
      continue;
    }
    const table = tables.find(({ name }) => path.startsWith(`${name}.`))?.name ?? path.replace(/\..*/su, "");
    const known = functions.get(table) ?? new Map<string, RowFunction<unknown>>();
    functions.set(table, known.set(path.slice(table.length + 1), value));
  }
  const request = requestOf(tables, options);
  const values = assignments(sql);
  const isPlain = functions.size === 0;
  const operation = new Operation<undefined, undefined, readonly SchemaChange[]>("migrate", (operations) =>
    isPlain
      ? changesOf(operations, { ...request, ...lists({ values }) })
      : withFunctions(operations, request, tables, values, functions),
  );
  const run = (by: Runner<K>) => by.run(operation, "", undefined, undefined);
  return isPlain ? run(runner) : runner.transaction((inner) => run(inner) as Given<K, readonly SchemaChange[]>);
}

/** What a session's `name` says of the changes that `migrate` would make, by the definitions alone. */
export function comparison<K extends Kind, Told>(
  runner: Runner<K>,
  name: string,
  tables: readonly TableDefinition[],
  options: DriftOptions,
  tell: (changes: readonly SchemaChange[]) => Told,
): Result<K, Told> {
  const request = { ...requestOf(tables, options), plan: true };
  const operation = new Operation<undefined, undefined, Told>(name, function* (operations) {
    return tell(yield* changesOf(operations, request));
  });
  return runner.run(operation, "", undefined, undefined);
}
