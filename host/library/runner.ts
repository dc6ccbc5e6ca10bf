/** How the steps of a method are done: at once in this process, or one after the other as replies come in. */
import { AsyncLocalStorage } from "node:async_hooks";
import { QuireError } from "../errors.js";
import { DirectAccess } from "./direct.js";
import type { Engine, InProcessEngine } from "./engine.js";
import { errorOfReply } from "./instance.js";
import { CHANGES_SCHEMA, DecodedPage, type Method, type Operations, type Step, type Steps, requestText } from "./operations.js";

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

  /** Runs `body` as a transaction, or as a savepoint inside of one. */
  transaction<T>(body: () => T): T {
    const nested = this.#depth > 0 || this.#books.inTransaction;
    const name = `transaction ${this.#depth + 1}`;
    const send = (op: string): unknown => this.step({ request: nested ? { op, name } : { op } });
    send(nested ? "savepoint" : "begin");
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
      try {
        send(nested ? "rollbackTo" : "rollback");
        if (nested) send("release");
      } catch {
        // The error that led here is on its way to the caller; the next call will tell of this one.
      }
      throw error;
    }
    this.#depth--;
    send(nested ? "release" : "commit");
    return result;
  }
}

/** What a piece of the program works in: the session itself, or a transaction. */
class Scope {
  /** The transaction that runs inside; others wait for its end. */
  inner: Scope | null = null;
  over = false;
  readonly #waiting: (() => void)[] = [];

  constructor(readonly depth: number) {}

  isBusy(): boolean {
    return this.inner !== null;
  }

  /** Resolves when the transaction inside has ended. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Throws when the transaction is over. */
  check(): void {
    if (!this.over) return;
    throw new QuireError(
      "NO_TRANSACTION",
      "the transaction that this call was made in is over; await all calls inside of its function",
    );
  }

  /** The transaction inside has ended. */
  release(): void {
    this.inner = null;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export class AsyncRunner {
  readonly #engine: Engine;
  readonly #books: Bookkeeping;
  readonly #direct: DirectAccess | null;
  readonly #root = new Scope(0);
  /** Tells a call which transaction it was made in. */
  readonly #scopes = new AsyncLocalStorage<Scope>();
  #scoped = false;

  constructor(engine: Engine, operations: Operations) {
    this.#engine = engine;
    this.#books = new Bookkeeping(operations);
    this.#direct = engine.instance && new DirectAccess(engine.instance, operations.schemas, operations.dates);
  }

  /** The scope of the caller. */
  #scope(): Scope {
    return (this.#scoped ? this.#scopes.getStore() : undefined) ?? this.#root;
  }

  async run<T>({ steps, shortcut }: Method<T>): Promise<T> {
    const scope = this.#scope();
    // Looked at again after each wait, and right before what must not come in between: whoever was first may have started another one.
    while (scope.isBusy()) await scope.turn();
    scope.check();
    if (shortcut !== undefined && this.#direct !== null) {
      const quick = shortcut(this.#direct);
      if (quick !== undefined) return quick as T;
    }
    const way: Steps<T> = steps();
    let next = way.next();
    while (next.done !== true) {
      const { value } = next;
      while (scope.isBusy()) await scope.turn();
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

  /** Runs `body` as a transaction, or as a savepoint inside of one. */
  async transaction<T>(body: () => T | Promise<T>): Promise<T> {
    const outer = this.#scope();
    while (outer.isBusy()) await outer.turn();
    outer.check();
    const scope = new Scope(outer.depth + 1);
    const nested = outer !== this.#root || this.#books.inTransaction;
    const name = `transaction ${scope.depth}`;
    const send = (op: string): Promise<unknown> => this.#step({ request: nested ? { op, name } : { op } });
    outer.inner = scope;
    this.#scoped = true;
    try {
      await send(nested ? "savepoint" : "begin");
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
      await send(nested ? "release" : "commit");
      return result;
    } finally {
      scope.over = true;
      outer.release();
    }
  }
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
