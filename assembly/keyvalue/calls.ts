/**
 * Calls by the canonical ABI of the component model, in both directions. The host asks `cabi_realloc` for the memory of our arguments
 * before a call, and for that of what Quire returns while one runs. All of it lasts until the next call begins, for the host copies a
 * result out as soon as the call is over: results may be made of arguments and of what Quire returned.
 *
 * Destructors are calls, too. One that runs inside of another call (of a handle that the call drops) is its last step.
 */
import { Arena } from "../component/arena";

export const arena: Arena = new Arena();

/** Whether the last call is over, so that nobody needs what was in the arena. */
let isOver: bool = true;

export function cabi_realloc(old: usize, oldLen: u32, align: u32, len: u32): usize {
  beginCall();
  return old == 0 ? arena.take(len, align) : arena.resize(old, oldLen, align, len);
}

/** Starts a call, unless the memory of its arguments has started it. */
export function beginCall(): void {
  if (!isOver) return;
  arena.reset();
  isOver = false;
}

/** Ends a call, which returns `result`. */
export function endCall(result: usize): usize {
  isOver = true;
  return result;
}
