/** Rows in the order in which they come: in memory, and in the statement's file those that there is no room for. */
import { ByteBuffer } from "../../encode/byte-buffer";
import { MemoryBudget } from "../../store/memory-budget";
import { Batch } from "../eval/batch";
import { Vector } from "../eval/vector";
import { Run, RunReader, Spilled } from "../../store/run";
import { Tuples } from "./tuples";

const NO_KEY: ByteBuffer = new ByteBuffer(0);

export class RowQueue {
  /** For one row at a time. */
  private readonly tuples: Tuples;
  readonly run: Run;

  /** Rows of `columns` values. */
  constructor(columns: i32, budget: MemoryBudget, spilled: Spilled) {
    this.tuples = new Tuples(columns, budget);
    this.run = new Run(budget, spilled, true);
  }

  /** How many there are. */
  get count(): u32 {
    return this.run.count;
  }

  /** Adds row `i` of the vectors; false on failure. */
  add(vectors: Array<Vector | null>, i: u32): bool {
    const tuples = this.tuples;
    tuples.reset();
    const tuple = tuples.add(vectors, i, NO_KEY, false);
    return tuple != 0 && tuples.write(tuple, this.run);
  }

  /** All rows are there, to be read any number of times; false on failure. */
  finish(): bool {
    return this.run.finish();
  }

  /** Makes the vectors' rows the next ones of a reader of `run`, with the batch's memory: how many, 0 at the end, or -1 on failure. */
  read(reader: RunReader, vectors: Array<Vector>, batch: Batch): i32 {
    return this.tuples.read(reader, vectors, batch);
  }

  /** Forgets all rows, and is to be filled anew. */
  reset(): void {
    this.run.free();
  }

  /** Forgets all. */
  close(): void {
    this.run.free();
    this.tuples.free();
  }
}
