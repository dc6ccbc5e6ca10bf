/** How the steps of a method are done: at once in this process, or one after the other as replies come in. */
import { AsyncLocalStorage } from "node:async_hooks";
import { QuireError } from "./errors.js";
import { DirectAccess } from "./direct.js";
import type { Engine, InProcessEngine } from "../node/engine.js";
import { errorOfReply } from "./instance.js";
import { CHANGES_SCHEMA, DecodedPage, type Method, type Operations, type Step, type Steps, requestText } from "./operations.js";
import { Scope } from "./scope.js";

/** What is common: which replies change what is known. */
class Bookkeeping {
  /** Whether `begin` was called, and neither `commit` nor `rollback` yet. */
  inTransaction = false;

  constructor(readonly operations: Operations) {}

  sent({ request }: Step): void {
    if (CHANGES_SCHEMA.has(request["op"])) this.operations.schemas.clear();
  }

  /** Takes the reply's `ok` out, or throws its error. */
  received({ request }: Step, reply: string): unknown {
    const { op } = request;
    let read: unknown;
    try {
      read = JSON.parse(reply);
    } catch {
      throw new QuireError("BAD_REPLY", `the module answered with something that is no JSON: ${reply.slice(0, 200)}`);
    }
    const { ok } = read as { ok?: unknown };
    if (op === "commit" || op === "rollback") this.inTransaction = false;
    if (CHANGES_SCHEMA.has(op)) this.operations.schemas.clear();
    if (ok === undefined) throw errorOfReply(read);
    if (op === "begin") this.inTransaction = true;
    return ok;
  }
}

export class SyncRunner {
  readonly direct: DirectAccess;
  readonly #engine: InProcessEngine;
  readonly #books: Bookkeeping;
  /** How many functions of transactions run inside of each other. */
  #depth = 0;

  constructor(engine: InProcessEngine, operations: Operations) {
    this.#engine = engine;
    this.#books = new Bookkeeping(operations);
    this.direct = new DirectAccess(engine.instance, operations.schemas, operations.dates);
  }

  /** Whether the function of a transaction runs. */
  get inFunction(): boolean {
    return this.#depth > 0;
  }

  run<T>({ steps, shortcut }: Method<T>): T {
    const quick = shortcut?.(this.direct);
    if (quick !== undefined) return quick as T;
    const way = steps();
    let next = way.next();
    while (next.done !== true) next = way.next(this.step(next.value));
    return next.value;
  }

  step(step: Step): unknown {
    const text = requestText(step.request);
    if (step.columns !== undefined) return new DecodedPage(this.direct.scan(text, step.columns));
    this.#books.sent(step);
    return this.#books.received(step, this.#engine.request(text));
  }

  /** Runs `body` as a transaction, or as a savepoint inside of one; `start` says more about that. */
  transaction<T>(body: () => T, start: TransactionStart = {}): T {
    const nested = this.#depth > 0 || this.#books.inTransaction;
    const name = `transaction ${this.#depth + 1}`;
    const send = (op: string, more?: TransactionStart): unknown =>
      this.step({ request: nested ? { op, name, ...more } : { op, ...more } });
    const takeBack = (): void => {
      try {
        send(nested ? "rollbackTo" : "rollback");
        if (nested) send("release");
      } catch {
        // The error that led here is on its way to the caller; the next call will tell of this one.
      }
    };
    send(nested ? "savepoint" : "begin", start);
    this.#depth++;
    let result: T;
    try {
      result = body();
      if (typeof (result as { then?: unknown } | null | undefined)?.then === "function") {
        void Promise.resolve(result).catch(() => undefined);
        throw new QuireError("BAD_REQUEST", "a transaction of openSync can't wait for a promise; use open");
      }
    } catch (error) {
      this.#depth--;
      takeBack();
      throw error;
    }
    this.#depth--;
    try {
      send(nested ? "release" : "commit");
    } catch (error) {
      // A commit that fails has taken all back.
      if (nested) takeBack();
      throw error;
    }
    return result;
  }
}

/** How a transaction starts: with `anyOrder` its rows may refer to each other in any order, but nothing is changed or deleted in it. */
interface TransactionStart {
  readonly anyOrder?: true;
}

export class AsyncRunner {
  readonly #engine: Engine;
  readonly #books: Bookkeeping;
  readonly #direct: DirectAccess | null;
  readonly #root = new Scope(null);
  /** Milliseconds: see `OpenOptions.transactionWait`. */
  readonly #wait: number;
  /** Tells a call which transaction it was made in. */
  readonly #scopes = new AsyncLocalStorage<Scope>();
  #scoped = false;

  constructor(engine: Engine, operations: Operations, transactionWait: number) {
    this.#engine = engine;
    this.#wait = transactionWait * 1000;
    this.#books = new Bookkeeping(operations);
    this.#direct = engine.instance && new DirectAccess(engine.instance, operations.schemas, operations.dates);
  }

  /** The scope of the caller. */
  #scope(): Scope {
    return (this.#scoped ? this.#scopes.getStore() : undefined) ?? this.#root;
  }

  async run<T>(method: Method<T>): Promise<T> {
    const scope = this.#scope();
    // Looked at again after each wait, and right before what must not come in between: whoever was first may have started another one.
    while (scope.isBusy()) await scope.turn(callOf(method), this.#wait);
    scope.check();
    scope.note(1);
    try {
      if (method.shortcut !== undefined && this.#direct !== null) {
        const quick = method.shortcut(this.#direct);
        if (quick !== undefined) return quick as T;
      }
      return await this.#go(method, scope);
    } finally {
      scope.note(-1);
    }
  }

  async #go<T>(method: Method<T>, scope: Scope): Promise<T> {
    const way: Steps<T> = method.steps();
    let next = way.next();
    while (next.done !== true) {
      const { value } = next;
      while (scope.isBusy()) await scope.turn(callOf(method), this.#wait);
      scope.check();
      const { op } = value.request;
      if (scope !== this.#root && (op === "begin" || op === "commit" || op === "rollback")) {
        throw new QuireError(
          "TRANSACTION_ACTIVE",
          `${op} has no place inside of transaction(): its function's end commits, an error rolls back`,
        );
      }
      next = way.next(await this.#step(value));
    }
    return next.value;
  }

  async #step(step: Step): Promise<unknown> {
    const text = requestText(step.request);
    if (step.columns !== undefined && this.#direct !== null) return new DecodedPage(this.#direct.scan(text, step.columns));
    this.#books.sent(step);
    return this.#books.received(step, await this.#engine.request(text));
  }

  /** Runs `body` as a transaction, or as a savepoint inside of one; `start` says more about that. */
  async transaction<T>(body: () => T | Promise<T>, start: TransactionStart = {}): Promise<T> {
    const outer = this.#scope();
    while (outer.isBusy()) await outer.turn("transaction()", this.#wait);
    outer.check();
    const scope = new Scope(outer);
    const nested = outer !== this.#root || this.#books.inTransaction;
    const name = `transaction ${scope.depth}`;
    const send = (op: string, more?: TransactionStart): Promise<unknown> =>
      this.#step({ request: nested ? { op, name, ...more } : { op, ...more } });
    outer.inner = scope;
    this.#scoped = true;
    try {
      await send(nested ? "savepoint" : "begin", start);
      let result: T;
      try {
        result = await this.#scopes.run(scope, body);
        while (scope.isBusy()) await scope.turn();
      } catch (error) {
        while (scope.isBusy()) await scope.turn();
        scope.over = true;
        await takeBack(send, nested);
        throw error;
      }
      scope.over = true;
      try {
        await send(nested ? "release" : "commit");
      } catch (error) {
        // A commit that fails has taken all back.
        if (nested) await takeBack(send, nested);
        throw error;
      }
      return result;
    } finally {
      scope.over = true;
      outer.release();
    }
  }
}

/** What a method is called in messages. */
function callOf({ call, table }: Method<unknown>): string {
  return table === undefined ? `${call}()` : `${table}.${call}()`;
}

/** Refuses what is no function of a transaction. */
export function needFunction(body: unknown): void {
  if (typeof body === "function") return;
  throw new QuireError("BAD_REQUEST", "transaction: what is to be done is a function, like transaction(async () => { … })");
}

/** Takes a transaction back. What goes wrong with that is less than why it is taken back, and the next call will tell. */
async function takeBack(send: (op: string) => Promise<unknown>, nested: boolean): Promise<void> {
  try {
    await send(nested ? "rollbackTo" : "rollback");
    if (nested) await send("release");
  } catch {
    // The error that led here is on its way to the caller.
  }
}
