/** Prepared statements of SQL: read once, run as often as one likes. */
import type { AnyRow } from "./define-table.js";
import type { Kind, Result } from "./kind.js";
import type { Params, RunResult, StatementColumn, StatementDescription } from "./requests.js";
import type { Runner } from "./runner.js";
import * as does from "./statement-operations.js";

/** Values for parameters: one behind the other; or all of them as a list, or as an object with the value of each `:name`. */
export type Arguments = readonly [Params] | readonly unknown[];

/** The values as one list or object. */
export function paramsOf(given: Arguments): Params {
  const only = given[0];
  if (given.length !== 1 || typeof only !== "object" || only === null) return given;
  if (Array.isArray(only)) return only as readonly unknown[];
  const prototype: unknown = Object.getPrototypeOf(only);
  return prototype === Object.prototype || prototype === null ? (only as Params) : given;
}

/** The methods of statements, for sessions of both kinds. `Row` is what a row is: its values by the names of their columns. */
abstract class StatementOf<K extends Kind, Row> {
  readonly sql: string;
  /** Whether it gives rows. */
  readonly reader: boolean;
  /** The columns of its rows, as far as no parameter's value decides what they are. */
  readonly columns: readonly StatementColumn[];
  /** The name of each parameter, without the sign before it; null for one that has just a number. */
  readonly parameters: readonly (string | null)[];
  /** @internal */
  protected readonly runner: Runner<K>;
  /** @internal */
  protected readonly call: does.StatementCall;

  /** @internal */
  constructor(call: does.StatementCall, description: StatementDescription, runner: Runner<K>) {
    this.sql = call.sql;
    this.reader = description.reader;
    this.columns = description.columns;
    this.parameters = description.parameters;
    this.runner = runner;
    this.call = call;
  }

  /** All rows. */
  all(...params: Arguments): Result<K, Row[]> {
    return this.runner.run(does.ALL, "", this.call, paramsOf(params)) as Result<K, Row[]>;
  }

  /** The first row; undefined when there is none. */
  get(...params: Arguments): Result<K, Row | undefined> {
    return this.runner.run(does.GET, "", this.call, paramsOf(params)) as Result<K, Row | undefined>;
  }

  /** Runs it, whatever rows it gives. */
  run(...params: Arguments): Result<K, RunResult> {
    return this.runner.run(does.RUN, "", this.call, paramsOf(params));
  }

  /** @internal */
  protected rawCall(): does.StatementCall {
    return new does.StatementCall(this.sql, true, this.call.forms);
  }

  /** @internal */
  protected page(state: does.RowsState): Result<K, Row[]> {
    return this.runner.run(does.NEXT, "", state, undefined) as Result<K, Row[]>;
  }

  /** @internal */
  protected end(state: does.RowsState): Result<K, undefined> {
    return this.runner.run(does.END, "", state, undefined);
  }

  /** @internal */
  protected start(params: Arguments): does.RowsState {
    return new does.RowsState(this.call, paramsOf(params));
  }
}

/** A statement of an asynchronous session. */
export class Statement<Row = AnyRow> extends StatementOf<"async", Row> {
  /** The same with rows as lists of their values. */
  raw(): Statement<unknown[]> {
    return new Statement(this.rawCall(), this, this.runner);
  }

  /** The rows one after the other, which are fetched in pages. Of a query the tables must not change in between. */
  async *iterate(...params: Arguments): AsyncGenerator<Row, void, undefined> {
    const state = this.start(params);
    try {
      while (!state.done) yield* await this.page(state);
    } finally {
      if (!state.done) await this.end(state);
    }
  }
}

/** A statement of a session in this process. */
export class SyncStatement<Row = AnyRow> extends StatementOf<"sync", Row> {
  /** The same with rows as lists of their values. */
  raw(): SyncStatement<unknown[]> {
    return new SyncStatement(this.rawCall(), this, this.runner);
  }

  /** The rows one after the other, which are fetched in pages. Of a query the tables must not change in between. */
  *iterate(...params: Arguments): Generator<Row, void, undefined> {
    const state = this.start(params);
    try {
      while (!state.done) yield* this.page(state);
    } finally {
      if (!state.done) this.end(state);
    }
  }
}
