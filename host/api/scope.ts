/** Which transaction a call belongs to, and what waits for the end of another one. */
import { QuireError } from "./errors.js";

/** A call that waits for the end of a transaction. */
interface WaitingCall {
  readonly name: string;
  go(): void;
}

/** Tells which scope a call is made in; Node's `AsyncLocalStorage` is such a one. */
export interface ScopeTracker {
  getStore(): Scope | undefined;
  /** Runs `body`, whose calls, and all that come of it, are made in `scope`. */
  run<T>(scope: Scope, body: () => T): T;
}

/** What a piece of the program works in: the session itself, or a transaction. */
export class Scope {
  /** The transaction that runs inside; others wait for its end. */
  inner: Scope | null = null;
  over = false;
  /** Calls that were made in it, or in what is inside of it, and are not answered; and a number that grows with each. */
  #running = 0;
  #made = 0;
  readonly depth: number;
  readonly #waiting = new Set<WaitingCall>();

  constructor(readonly outer: Scope | null) {
    this.depth = outer === null ? 0 : outer.depth + 1;
  }

  isBusy(): boolean {
    return this.inner !== null;
  }

  /** A call is made in it, or was answered. */
  note(change: 1 | -1): void {
    // Nobody waits for the session itself.
    if (this.outer === null) return;
    this.#running += change;
    this.#made++;
    this.outer.note(change);
  }

  /**
   * Resolves when the transaction inside has ended. When nothing was called in it for `limit` milliseconds, its function may be waiting for the
   * call that waits here: that is an error, which tells both.
   */
  turn(name = "", limit = Infinity): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const call: WaitingCall = {
        name,
        go() {
          clearTimeout(timer);
          resolve();
        },
      };
      const watch = (made: number): void => {
        const look = (): void => {
          const inner = this.inner as Scope;
          if (inner.#running > 0 || inner.#made !== made) watch(inner.#made);
          else reject(this.#stuck(call, limit));
        };
        timer = setTimeout(look, limit);
      };
      this.#waiting.add(call);
      if (limit !== Infinity) watch((this.inner as Scope).#made);
    });
  }

  /** What `call`, which waits no longer, is told. */
  #stuck(call: WaitingCall, limit: number): QuireError {
    this.#waiting.delete(call);
    const others = [...this.#waiting].flatMap(({ name }) => (name === "" ? [] : [name]));
    const more = others.length === 0 ? "" : `, and so do ${others.slice(0, 5).join(", ")}${others.length > 5 ? " and more" : ""}`;
    return new QuireError(
      "TRANSACTION_TIMEOUT",
      `${call.name} waits for the end of a transaction${more}, in whose function nothing was called for ${limit / 1000} s: if that function ` +
        "awaits this call, neither can go on; make the call in the function itself, or wait for it behind the transaction",
    );
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
    const calls = [...this.#waiting];
    this.#waiting.clear();
    for (const call of calls) call.go();
  }
}
