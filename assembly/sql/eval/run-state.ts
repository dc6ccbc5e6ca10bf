/** What all that is worked out in one run of a statement has in common. */
import { MemoryBudget } from "../../store/memory-budget";

export class RunState {
  /** Which run it is, from 1 on: what is worked out once in a run is worked out anew when this has changed. */
  number: u32 = 1;
  /** Whether working out an expression, or a row of a join, may read other rows while a batch is in use. */
  readsRows: bool = false;

  constructor(readonly budget: MemoryBudget) {}
}
