/**
 * The states of a store's handle, and the ways from one to another. docs/architecture.md has the picture.
 *
 * | state     | what holds                                                                                                           |
 * |-----------|----------------------------------------------------------------------------------------------------------------------|
 * | CLEAN     | pages are as in the main file, which is complete by itself; no frame of the log counts                                |
 * | COMMITTED | the log has all that the main file does not have yet                                                                  |
 * | CHANGED   | a transaction has changed pages; the undo list takes all of that back                                                 |
 * | UNDO_CUT  | the same, but the undo list does not reach back to the transaction's start: only forgetting pages, and the log, do    |
 * | REPLAYING | transactions of the log are made again in memory: what changes is no transaction's                                    |
 * | READING   | pages are as the file and its log had them at the opening; nothing is written                                         |
 * | OUTDATED  | another program has changed the file since; only closing is left                                                      |
 * | POISONED  | what the files hold, or what is in memory, is not known; only closing is left                                         |
 * | CLOSED    | there is nothing any more                                                                                             |
 *
 * A store without a log has no COMMITTED: its commit is a checkpoint.
 */
export type HandleState = u32;

// Those that a change of a page ends come first: `CachedPages.touch` asks for that.
export const CLEAN: HandleState = 0;
export const COMMITTED: HandleState = 1;
export const CHANGED: HandleState = 2;
export const UNDO_CUT: HandleState = 3;
export const REPLAYING: HandleState = 4;
export const READING: HandleState = 5;
export const OUTDATED: HandleState = 6;
export const POISONED: HandleState = 7;
export const CLOSED: HandleState = 8;

/** Whether there is a way from one state to another. */
export function isEdge(from: HandleState, to: HandleState): bool {
  switch (from) {
    case CLEAN:
      return to == CHANGED || to == REPLAYING || to == READING || to == POISONED || to == CLOSED;
    case COMMITTED:
      return to == CHANGED || to == CLEAN || to == POISONED || to == CLOSED;
    case CHANGED:
      return to == UNDO_CUT || to == REPLAYING || to == COMMITTED || to == CLEAN || to == POISONED || to == CLOSED;
    case UNDO_CUT:
      return to == REPLAYING || to == COMMITTED || to == CLEAN || to == POISONED || to == CLOSED;
    case REPLAYING:
      return to == COMMITTED || to == CLEAN || to == READING || to == OUTDATED || to == POISONED;
    case READING:
      return to == REPLAYING || to == OUTDATED || to == CLOSED;
    case OUTDATED:
      return to == CLOSED;
    case POISONED:
      return to == CLOSED;
    default:
      return false;
  }
}

/** `to`, if there is a way to it: one that there is not is a bug. */
export function goTo(from: HandleState, to: HandleState): HandleState {
  assert(isEdge(from, to));
  return to;
}
