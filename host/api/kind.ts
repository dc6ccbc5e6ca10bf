/** The two kinds of sessions: their methods are the same, but for how they answer. */

/** Whether a value is a promise where there must be none. Nobody waits for it then: its failure is not told of. */
export function isStrayPromise(value: unknown): boolean {
  if (typeof (value as { then?: unknown } | null | undefined)?.then !== "function") return false;
  void Promise.resolve(value).catch(() => undefined);
  return true;
}

/** How methods answer: when they are done, or at once with a promise. */
export type Kind = "sync" | "async";

/** What a method gives in a session of that kind: the value, or a promise of it. */
export type Result<K extends Kind, T> = { sync: T; async: Promise<T> }[K];

/** What a function gives that a transaction of that kind may be of. */
export type Given<K extends Kind, T> = { sync: T; async: T | Promise<T> }[K];
