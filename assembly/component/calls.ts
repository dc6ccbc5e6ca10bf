/**
 * Calls by the canonical ABI of the component model: where the host puts arguments, and where it finds results.
 *
 * Arguments. Before a call the host asks `cabi_realloc` for the memory of strings and lists. They come from an arena, and go when the call
 * returns. While a function of the host runs it asks for what that returns, which has its place with whoever called it.
 *
 * Results. The host copies a result out as soon as the function has returned, so results stand where the next call puts its own; there is
 * nothing for a `cabi_post_…` to free.
 *
 * A call begins with `beginCall`, before anything managed is in hand, and ends with `endCall`. Destructors are calls, too.
 */
import { OpenStores } from "../request/open-stores";
import { allocateResult, isResultAwaited } from "../wasi/preview2";
import { Arena } from "./arena";

/** Strings and lists of the arguments. */
const given: Arena = new Arena();
/** Strings and lists of the result. */
export const results: Arena = new Arena();
/** All stores that are open. */
export const stores: OpenStores = new OpenStores();

export function cabi_realloc(old: usize, oldLen: u32, align: u32, len: u32): usize {
  if (isResultAwaited()) return allocateResult(old, len);
  return old == 0 ? given.take(len, align) : given.resize(old, oldLen, align, len);
}

/** Starts a call that leaves about so much garbage. */
@inline
export function beginCall(leaves: u32): void {
  results.reset();
  stores.begin(leaves);
}

/** Ends a call, which returns `result`: the arguments are of no use any more. */
@inline
export function endCall(result: usize): usize {
  given.reset();
  return result;
}
