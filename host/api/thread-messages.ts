/** What sessions speak to when the module is in a thread: messages that are answered one after the other. */
import { EXIT_RUNTIME, QuireError } from "./errors.js";
import { closedError } from "./instance.js";

/** What the thread sends: first whether the store is open, then an answer to each message, and last whether it was closed. */
export type ThreadReply =
  | { readonly value: unknown }
  | { readonly error: { readonly code: string; readonly message: string; readonly exitStatus: number } };

/** An error as a thread sends it. */
export function sendable(error: unknown): ThreadReply {
  const known = error instanceof QuireError ? error : new QuireError("RUNTIME_FAILED", String(error), EXIT_RUNTIME);
  return { error: { code: known.code, message: known.message, exitStatus: known.exitStatus } };
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Messages to a thread, and who waits for their answers. */
export class ThreadMessages {
  readonly #post: (message: unknown) => void;
  readonly #waiting: Waiting[] = [];
  #isClosing = false;
  #isGone = false;

  /** What the thread sends first answers a message that was never sent, which `opened` waits for. */
  constructor(post: (message: unknown) => void) {
    this.#post = post;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  #next(): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Resolves when the thread has opened the store. */
  async opened(): Promise<void> {
    await this.#next();
  }

  async ask(message: unknown): Promise<unknown> {
    if (this.#isClosing || this.#isGone) throw closedError();
    const answer = this.#next();
    this.#post(message);
    return answer;
  }

  /** Has the store closed: after it nothing is asked. */
  async close(): Promise<void> {
    if (this.#isGone) return;
    const answer = this.ask(null);
    this.#isClosing = true;
    await answer;
  }

  settle(reply: ThreadReply): void {
    const waiting = this.#waiting.shift();
    if ("value" in reply) waiting?.resolve(reply.value);
    else waiting?.reject(new QuireError(reply.error.code, reply.error.message, reply.error.exitStatus));
  }

  /** The thread is gone, for that reason. */
  end(reason: string): void {
    this.#isGone = true;
    const ended = new QuireError("SESSION_ENDED", `the session ended: ${reason}; open the file again`);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(ended);
  }
}
