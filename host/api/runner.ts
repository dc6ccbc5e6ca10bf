/** How operations are done: at once, or one step after the other as replies come in. */
import type { TableDefinition } from "./define-table.js";
import { DirectAccess } from "./direct.js";
import type { Engine } from "./engine.js";
import { QuireError } from "./errors.js";
import { errorOfReply } from "./instance.js";
import { type Given, type Kind, type Result, isStrayPromise } from "./kind.js";
import { BY_STEPS, type Operation, type Operations, type RequestStep, type Step, requestText } from "./operations.js";
import { CHANGES_SCHEMA, type Request } from "./requests.js";
import { Scope, type ScopeTracker } from "./scope.js";
import { type StatementWords, statementWords } from "./sql-words.js";
import type { ValueForms } from "./value-forms.js";

/** How a transaction starts: with `anyOrder` its rows may refer to each other in any order, but nothing is changed or deleted in it. */
export interface TransactionStart {
  readonly anyOrder?: true;
}

/** Does what a session and its tables are asked for. What goes wrong is the answer: it is thrown, or the promise is rejected. */
export interface Runner<K extends Kind> {
  /** Whether a transaction was begun that is not at its end. */
  readonly inTransaction: boolean;
  /** What values are in rows of the session. */
  readonly forms: ValueForms;
  /** The rules of a definition hold from the next call on. */
  note(definition: TableDefinition): void;
  run<First, Second, T>(operation: Operation<First, Second, T>, table: string, first: First, second: Second): Result<K, T>;
  /** Gives what `begin` gives; the answer has what goes wrong in it, too. */
  attempt<T>(begin: () => Result<K, T>): Result<K, T>;
  /** Runs `body` as a transaction, or as a savepoint inside of one. What the runner does that it is given belongs to that. */
  transaction<T>(body: (inner: Runner<K>) => Given<K, T>, start?: TransactionStart): Result<K, T>;
}

/** The module's calls with records, for an engine in this process. */
function directTo({ instance }: Engine, { schemas, forms }: Operations): DirectAccess | null {
  return instance && new DirectAccess(instance, schemas, forms);
}

/** What a request may do to transactions and definitions. */
function effectsOf(request: Request): StatementWords {
  if (request.op === "sql") return statementWords(request.sql);
  const { op } = request;
  const ends = op === "commit" || op === "rollback";
  return { transaction: op === "begin" ? "begin" : ends ? "end" : null, changesSchema: CHANGES_SCHEMA.has(op) };
}

/** What requests and replies say about the session's state. */
class Exchange {
  /** Whether a transaction was begun, and neither committed nor rolled back yet. */
  inTransaction = false;

  constructor(readonly operations: Operations) {}

  /** The text to send. */
  send({ request }: RequestStep): string {
    const text = requestText(request);
    if (effectsOf(request).changesSchema) this.operations.schemas.clear();
    return text;
  }

  /** Takes the reply's `ok` out, or throws its error. */
  receive({ request }: RequestStep, reply: string): unknown {
    let read: unknown;
    try {
      read = JSON.parse(reply);
    } catch {
      throw new QuireError("BAD_REPLY", `the module answered with something that is no JSON: ${reply.slice(0, 200)}`);
    }
    const { ok } = read as { ok?: unknown };
    const { transaction, changesSchema } = effectsOf(request);
    if (transaction === "end") this.inTransaction = false;
    if (changesSchema) this.operations.schemas.clear();
    if (ok === undefined) throw errorOfReply(read);
    if (transaction === "begin") this.inTransaction = true;
    return ok;
  }
}

/** Refuses what would end the transaction of a function that runs. */
function refuseInside(request: Request): void {
  if (effectsOf(request).transaction === null) return;
  const what = request.op === "sql" ? String(request.sql).trim() : request.op;
  throw new QuireError(
    "TRANSACTION_ACTIVE",
    `${what} has no place inside of transaction(): its function's end commits, an error rolls back`,
  );
}

/** What a transaction is: its requests, and in their midst its function. */
function* transactionSteps<T>(
  name: string,
  nested: boolean,
  start: TransactionStart,
  body: () => unknown,
): Generator<RequestStep | (() => unknown), T, unknown> {
  yield { request: nested ? { op: "savepoint", name, ...start } : { op: "begin", ...start } };
  let result: T;
  try {
    result = (yield body) as T;
  } catch (error) {
    yield* takeBack(name, nested);
    throw error;
  }
  try {
    yield { request: nested ? { op: "release", name } : { op: "commit" } };
  } catch (error) {
    // A commit that fails has taken all back.
    if (nested) yield* takeBack(name, nested);
    throw error;
  }
  return result;
}

/** Takes a transaction back. What goes wrong with that is less than why it is taken back, and the next call will tell. */
function* takeBack(name: string, nested: boolean): Generator<RequestStep, void, unknown> {
  try {
    yield { request: nested ? { op: "rollbackTo", name } : { op: "rollback" } };
    if (nested) yield { request: { op: "release", name } };
  } catch {
    // The error that led here is on its way to the caller.
  }
}

/** Goes a way to its end; `answer` is what a step comes to. */
function goNow<S, T>(way: Generator<S, T, unknown>, answer: (step: S) => unknown): T {
  let next = way.next();
  while (next.done !== true) {
    let reply: unknown;
    try {
      reply = answer(next.value);
    } catch (error) {
      next = way.throw(error);
      continue;
    }
    next = way.next(reply);
  }
  return next.value;
}

/** The same where answers come later. */
async function goAsync<S, T>(way: Generator<S, T, unknown>, answer: (step: S) => unknown): Promise<T> {
  let next = way.next();
  while (next.done !== true) {
    let reply: unknown;
    try {
      reply = await answer(next.value);
    } catch (error) {
      next = way.throw(error);
      continue;
    }
    next = way.next(reply);
  }
  return next.value;
}

/** For sessions whose methods return when they are done. */
export class SyncRunner implements Runner<"sync"> {
  readonly #engine: Engine<"sync">;
  readonly #exchange: Exchange;
  readonly #direct: DirectAccess | null;
  /** How many functions of transactions run inside of each other. */
  #depth = 0;

  constructor(engine: Engine<"sync">, operations: Operations) {
    this.#engine = engine;
    this.#exchange = new Exchange(operations);
    this.#direct = directTo(engine, operations);
  }

  get forms(): ValueForms {
    return this.#exchange.operations.forms;
  }

  get inTransaction(): boolean {
    return this.#exchange.inTransaction;
  }

  run<First, Second, T>(operation: Operation<First, Second, T>, table: string, first: First, second: Second): T {
    const { operations } = this.#exchange;
    if (operations.undeclared.length > 0) goNow(operations.declare(), this.#answer);
    if (operation.direct !== null && this.#direct !== null) {
      const quick = operation.direct(this.#direct, table, first, second);
      if (quick !== BY_STEPS) return quick;
    }
    return goNow(operation.steps(operations, table, first, second), this.#answer);
  }

  note(definition: TableDefinition): void {
    this.#exchange.operations.note(definition);
  }

  readonly #answer = (step: Step): unknown => {
    if ("direct" in step) return this.#direct === null ? undefined : step.direct(this.#direct);
    if (this.#depth > 0) refuseInside(step.request);
    return this.#ask(step);
  };

  #ask(step: RequestStep): unknown {
    return this.#exchange.receive(step, this.#engine.request(this.#exchange.send(step)));
  }

  attempt<T>(begin: () => T): T {
    return begin();
  }

  transaction<T>(body: (inner: this) => T, start: TransactionStart = {}): T {
    const nested = this.#depth > 0 || this.#exchange.inTransaction;
    const steps = transactionSteps<T>(`transaction ${this.#depth + 1}`, nested, start, () => this.#inside(body));
    return goNow(steps, (step) => (typeof step === "function" ? step() : this.#ask(step)));
  }

  #inside<T>(body: (inner: this) => T): T {
    this.#depth++;
    try {
      const result = body(this);
      if (!isStrayPromise(result)) return result;
      throw new QuireError("BAD_REQUEST", "a transaction of openSync can't wait for a promise; use open");
    } finally {
      this.#depth--;
    }
  }
}

/** Where the program has turns among calls that are done at once: what a call has to wait for first, null for nothing. */
export type Turns = () => Promise<void> | null;

/** What the runners of one session, that of its own and those of its transactions, have in common. */
interface Conversation {
  readonly engine: Engine;
  readonly exchange: Exchange;
  readonly direct: DirectAccess | null;
  /** Milliseconds: see `OpenOptions.transactionWait`. */
  readonly wait: number;
  /** Tells a call which transaction it was made in; where there is none, only what a transaction's function is given belongs to it. */
  readonly tracker: ScopeTracker | null;
  readonly turns: Turns;
  /** Whether there has been a transaction. */
  tracks: boolean;
  readonly root: Scope;
}

/** For sessions whose methods return promises. */
export class AsyncRunner implements Runner<"async"> {
  readonly #of: Conversation;
  /** The transaction whose calls it does; null: that which they are made in. */
  readonly #own: Scope | null;

  private constructor(of: Conversation, own: Scope | null) {
    this.#of = of;
    this.#own = own;
  }

  /** `wait`: seconds, as of `OpenOptions.transactionWait`. */
  static over(
    engine: Engine,
    operations: Operations,
    wait: number,
    tracker: ScopeTracker | null,
    turns: Turns = () => null,
  ): AsyncRunner {
    const direct = directTo(engine, operations);
    const [exchange, root] = [new Exchange(operations), new Scope(null)];
    return new AsyncRunner({ engine, exchange, direct, wait: wait * 1000, tracker, turns, tracks: false, root }, null);
  }

  get forms(): ValueForms {
    return this.#of.exchange.operations.forms;
  }

  /** The scope of the caller. */
  #scope(): Scope {
    const { tracks, tracker, root } = this.#of;
    return this.#own ?? (tracks ? tracker?.getStore() : undefined) ?? root;
  }

  get inTransaction(): boolean {
    return this.#of.exchange.inTransaction;
  }

  async run<First, Second, T>(operation: Operation<First, Second, T>, table: string, first: First, second: Second): Promise<T> {
    const { direct, exchange, wait, turns } = this.#of;
    const scope = this.#scope();
    const turn = turns();
    if (turn !== null) await turn;
    // Looked at again after each wait, and right before what must not come in between: whoever was first may have started another one.
    while (scope.isBusy()) await scope.turn(callOf(operation.call, table), wait);
    scope.check();
    scope.note(1);
    try {
      const answer = (step: Step) => this.#answer(step, scope, operation.call, table);
      const { operations } = exchange;
      if (operations.undeclared.length > 0) await goAsync(operations.declare(), answer);
      if (operation.direct !== null && direct !== null) {
        const quick = operation.direct(direct, table, first, second);
        if (quick !== BY_STEPS) return quick;
      }
      return await goAsync(operation.steps(operations, table, first, second), answer);
    } finally {
      scope.note(-1);
    }
  }

  note(definition: TableDefinition): void {
    this.#of.exchange.operations.note(definition);
  }

  async #answer(step: Step, scope: Scope, call: string, table: string): Promise<unknown> {
    const { direct, root, wait } = this.#of;
    while (scope.isBusy()) await scope.turn(callOf(call, table), wait);
    scope.check();
    if ("direct" in step) return direct === null ? undefined : step.direct(direct);
    if (scope !== root) refuseInside(step.request);
    return this.#ask(step);
  }

  async #ask(step: RequestStep): Promise<unknown> {
    const { engine, exchange } = this.#of;
    return exchange.receive(step, await engine.request(exchange.send(step)));
  }

  async attempt<T>(begin: () => Promise<T>): Promise<T> {
    const turn = this.#of.turns();
    if (turn !== null) await turn;
    return await begin();
  }

  async transaction<T>(body: (inner: AsyncRunner) => T | Promise<T>, start: TransactionStart = {}): Promise<T> {
    const { root, exchange, wait } = this.#of;
    const outer = this.#scope();
    const turn = this.#of.turns();
    if (turn !== null) await turn;
    while (outer.isBusy()) await outer.turn("transaction()", wait);
    outer.check();
    const scope = new Scope(outer);
    const nested = outer !== root || exchange.inTransaction;
    outer.inner = scope;
    this.#of.tracks = true;
    try {
      const steps = transactionSteps<T>(`transaction ${scope.depth}`, nested, start, () => this.#inside(scope, body));
      return await goAsync(steps, (step) => (typeof step === "function" ? step() : this.#ask(step)));
    } finally {
      scope.over = true;
      outer.release();
    }
  }

  /** Runs a transaction's function, and waits for the transactions that it left running in it. */
  async #inside<T>(scope: Scope, body: (inner: AsyncRunner) => T | Promise<T>): Promise<T> {
    const { tracker } = this.#of;
    try {
      return await (tracker === null ? body(new AsyncRunner(this.#of, scope)) : tracker.run(scope, () => body(this)));
    } finally {
      while (scope.isBusy()) await scope.turn();
      scope.over = true;
    }
  }
}

/** What a call is called in messages. */
function callOf(call: string, table: string): string {
  return table === "" ? `${call}()` : `${table}.${call}()`;
}

/** Refuses what is no function of a transaction. */
export function needFunction(body: unknown): void {
  if (typeof body === "function") return;
  throw new QuireError("BAD_REQUEST", "transaction: what is to be done is a function, like transaction(async () => { … })");
}
