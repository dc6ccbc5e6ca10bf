/** What all that is worked out in one run of a statement has in common. */
import { SQL_INTERRUPTED, fail } from "../../status";
import { MemoryBudget } from "./arena";

/** Whether the statement that runs is to stop: one runs at a time. */
let isStopped: bool = false;

/** Tells the statement that runs to stop, or lets it run on. */
export function stopRunning(stops: bool): void {
  isStopped = stops;
}

/** Whether the statement may run on: to be asked once a batch. False with `SQL_INTERRUPTED`. */
export function mayRun(): bool {
  if (!isStopped) return true;
  fail(SQL_INTERRUPTED, "the statement was interrupted");
  return false;
}

export class RunState {
  /** Which run it is: what is worked out once in a run is worked out anew when this has changed. */
  number: u32 = 0;
  /** Whether working out an expression, or a row of a join, may read other rows while a batch is in use. */
  readsRows: bool = false;

  constructor(readonly budget: MemoryBudget) {}
}
