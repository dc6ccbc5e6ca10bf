/** Turns of the program's event loop among calls that are done in this process. */
import type { Turns } from "../api/runner.js";

/** Milliseconds after which the next call lets the loop go on first. */
const BETWEEN_TURNS = 10;

/**
 * Promises of what is done at once never let the event loop go on: a program that awaits one call after the other would have no timer, no signal
 * and no connection served until it is through. Calls that are made while one waits wait behind it.
 */
export function loopTurns(): Turns {
  let since: number | null = null;
  let turn: Promise<void> | null = null;
  return () => {
    if (turn !== null) return turn;
    if (since === null) {
      since = performance.now();
      setImmediate(() => (since = null));
    } else if (performance.now() - since >= BETWEEN_TURNS) {
      turn = new Promise((resolve) => {
        setImmediate(() => {
          turn = null;
          resolve();
        });
      });
    }
    return turn;
  };
}
