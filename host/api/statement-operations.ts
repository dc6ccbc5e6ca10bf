/** The operations of prepared statements: with records where the module is in this process, as requests elsewhere. */
import { fromJson, keyFromJson, parameterFields } from "./json-values.js";
import type { ModuleStatement, ModuleStatements, StatementResult } from "./module-statement.js";
import { BY_STEPS, Operation, type Steps } from "./operations.js";
import type { Params, RunResult, SqlResult, StatementColumn, StatementDescription } from "./requests.js";
import { RecordReader } from "./record-codec.js";
import { statementWords } from "./sql-words.js";
import { type Column, readColumn } from "./table-schema.js";
import type { ValueForms } from "./value-forms.js";

/** Rows that are fetched at once. */
export const PAGE_ROWS = 1000;
/** Rows of a reply that ends by its bytes only. */
const MOST_ROWS = 2 ** 31;

/** A statement as its operations know it. */
export class StatementCall {
  /** Whether it may go without a request: not what the session has to know of, which requests tell. */
  readonly isDirect: boolean;
  /** Reads its rows. */
  readonly reader: RecordReader;

  constructor(
    readonly sql: string,
    /** Whether rows are lists of their values. */
    readonly raw: boolean,
    readonly forms: ValueForms,
  ) {
    this.reader = new RecordReader(forms, true);
    const { transaction, changesSchema } = statementWords(sql);
    this.isDirect = isSendable(sql) && transaction === null && !changesSchema;
  }
}

function columnsOf({ columns, types }: Pick<SqlResult, "columns" | "types">): StatementColumn[] {
  return columns.map((name, i) => ({ name, type: types[i] as string }));
}

export const PREPARE = new Operation<string, undefined, StatementDescription>(
  "prepare",
  function* (_, __, sql) {
    const known = (yield { request: { op: "prepare", sql } }) as SqlResult & {
      readonly statement: number;
      readonly parameters: readonly (string | null)[];
      readonly reader: boolean;
    };
    yield { request: { op: "finalize", statement: known.statement } };
    return { reader: known.reader, columns: columnsOf(known), parameters: known.parameters };
  },
  ({ statements }, _, sql) => {
    if (!isSendable(sql)) return BY_STEPS;
    const statement = statements.take(sql);
    const { givesRows, columns, parameters, tags } = statement.shape;
    statements.give(statement);
    const typeOf = ({ type, size }: Column, i: number): string =>
      type === "custom" ? customType(tags[i] as string, size) : type;
    return {
      reader: givesRows,
      columns: columns.map((column, i) => ({ name: column.name, type: typeOf(column, i) })),
      parameters: parameters.map((name) => (name === "" ? null : name)),
    };
  },
);

/** Whether `sql` has a UTF-8 form. What is no text at all is the module's to refuse, and so is half of a surrogate pair. */
function isSendable(sql: unknown): boolean {
  return typeof sql === "string" && sql.isWellFormed();
}

/** A custom type as replies have it. */
function customType(tag: string, size: number): string {
  return size === 0 ? `custom(${tag})` : `custom(${tag},${size})`;
}

/** Rows of a reply in the form of the package's. */
function rowsOf(reply: SqlResult, { raw, forms }: StatementCall): unknown[] {
  const columns = columnsOf(reply).map(({ name, type }, i) => readColumn({ name, type, null: true }, i));
  const lists = reply.rows.map((row) => columns.map((column, i) => fromJson(column, row[i], forms)));
  return raw ? lists : lists.map((list) => Object.fromEntries(list.map((value, i) => [(columns[i] as Column).name, value])));
}

/** The rows of a page, and the token for the next one, null behind the last one. */
export function* ask(call: StatementCall, params: Params, page: object): Steps<StatementResult & { after: unknown }> {
  const request = { op: "sql" as const, sql: call.sql, ...parameterFields(params), ...page };
  const reply = (yield { request }) as SqlResult & { readonly after?: unknown };
  const { changes, lastId = null, lastIdType: type = "text", after = null } = reply;
  const key = lastId === null ? undefined : keyFromJson(readColumn({ name: "", type, null: true }, 0), lastId, call.forms);
  return { givesRows: reply.columns.length > 0, rows: rowsOf(reply, call), changes, lastId: key, after };
}

/** Runs a statement by the module's calls, as `ModuleStatements.run` does; undefined when it has to go as a request. */
function runDirect(
  { statements }: { readonly statements: ModuleStatements },
  call: StatementCall,
  params: Params,
  rows: unknown[] | null,
  maxRows = 0,
): ModuleStatement | undefined {
  return call.isDirect ? statements.run(call.sql, params, rows, call, maxRows) : undefined;
}

/** All that a statement comes to. Its rows come in as few replies as may be: nothing else of the session is to get in between. */
export const EXECUTE = new Operation<StatementCall, Params, StatementResult>(
  "execute",
  function* (_, __, call, params) {
    const result = yield* ask(call, params, { maxRows: MOST_ROWS });
    for (let { after } = result; after !== null;) {
      const next: { rows: unknown[]; after: unknown } = yield* ask(call, params, { maxRows: MOST_ROWS, after });
      for (const row of next.rows) result.rows.push(row);
      ({ after } = next);
    }
    return result;
  },
  (direct, _, call, params) => {
    const rows: unknown[] = [];
    const done = runDirect(direct, call, params, rows);
    if (done === undefined) return BY_STEPS;
    return { givesRows: done.shape.givesRows, rows, changes: done.changes, lastId: done.lastId };
  },
);

/** Runs a statement to its end. */
export const RUN = new Operation<StatementCall, Params, RunResult>(
  "run",
  function* (_, __, call, params) {
    const { changes, lastId } = yield* ask(call, params, {});
    return { changes, lastId };
  },
  (direct, _, call, params) => {
    const done = runDirect(direct, call, params, null);
    if (done === undefined) return BY_STEPS;
    done.row = undefined;
    return { changes: done.changes, lastId: done.lastId };
  },
);

/** All rows of a statement. */
export const ALL = new Operation<StatementCall, Params, unknown[]>(
  "all",
  function* (_, __, call, params) {
    const rows: unknown[] = [];
    for (const state = new RowsState(call, params); !state.done;) for (const row of yield* state.next()) rows.push(row);
    return rows;
  },
  (direct, _, call, params) => {
    const rows: unknown[] = [];
    return runDirect(direct, call, params, rows) === undefined ? BY_STEPS : rows;
  },
);

/** The first row of a statement. */
export const GET = new Operation<StatementCall, Params, unknown>(
  "get",
  function* (_, __, call, params) {
    return (yield* ask(call, params, { maxRows: 1 })).rows[0];
  },
  (direct, _, call, params) => {
    const done = runDirect(direct, call, params, null, 1);
    if (done === undefined) return BY_STEPS;
    const { row } = done;
    done.row = undefined;
    return row;
  },
);

/** Where the rows of a statement are that are fetched in pages. */
export class RowsState {
  done = false;
  /** The statement, where the module is in this process and it has begun. */
  statement: ModuleStatement | null = null;
  #after: unknown = null;

  constructor(
    readonly call: StatementCall,
    readonly params: Params,
    readonly pageRows = PAGE_ROWS,
  ) {}

  *next(): Steps<unknown[]> {
    const after = this.#after === null ? {} : { after: this.#after };
    const { rows, after: next } = yield* ask(this.call, this.params, { maxRows: this.pageRows, ...after });
    this.#after = next;
    this.done = next === null;
    return rows;
  }
}

/** The rows of the next page. */
export const NEXT = new Operation<RowsState, undefined, unknown[]>(
  "iterate",
  (_, __, state) => state.next(),
  ({ statements }, _, state) => {
    const { sql, isDirect } = state.call;
    if (!isDirect) return BY_STEPS;
    const statement = state.statement ?? statements.take(sql);
    let isOver = true;
    try {
      if (state.statement === null && (!statement.shape.isPlain || !statement.bind(state.params))) return BY_STEPS;
      const rows: unknown[] = [];
      state.done = isOver = !statement.step(state.pageRows, rows, state.call);
      return rows;
    } finally {
      state.statement = isOver ? null : statement;
      if (isOver) statements.give(statement);
    }
  },
);

/** Ends it before its last row. */
export const END = new Operation<RowsState, undefined, undefined>(
  "iterate",
  // eslint-disable-next-line require-yield -- what waits in another process is ended by others that come.
  function* () {
    return undefined;
  },
  ({ statements }, _, state) => {
    const { statement } = state;
    state.statement = null;
    if (statement === null) return undefined;
    statement.reset();
    statements.give(statement);
    return undefined;
  },
);
