/**
 * Changes of single rows, in step with all indexes and constraints. They leave what they did when they fail: the context takes a
 * failed statement back.
 *
 * Order of checks: values for all columns, primary key, unique columns, foreign keys (the reference's order). Any number of rows may have
 * null in a unique column, unless the store was opened with `oneNull`; of a unique index of several columns rows with a null in one of
 * them. A null foreign key refers to nothing and is fine.
 *
 * A foreign key leads from each verb to the others, so each is a layer on the one before: RowLookup, RowEntries, Inserts, Updates, Deletes.
 */
import { Deletes } from "./deletes";

/** Statements of one context: the buffers that they use over and over. */
export class Statements extends Deletes {
  /** Gives the buffers back. The statements must not be used afterwards. */
  free(): void {
    this.body.free();
    this.keys.free();
    this.oldKeys.free();
    this.probe.free();
    this.pending.free();
  }
}
