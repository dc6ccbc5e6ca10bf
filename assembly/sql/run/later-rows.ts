/**
 * Rows that an operator can't keep beside those that it has: they are put aside by the hashes of their keys, and each run of them is looked
 * at by itself when those before are done, in which others may be put aside again.
 */
import { ByteBuffer } from "../../encode/byte-buffer";
import { MemoryBudget } from "../../store/memory-budget";
import { Vector } from "../eval/vector";
import { Aside, Partitions } from "./partitions";
import { RunReader, Spilled } from "../../store/run";
import { Tuples, setTupleNumber } from "./tuples";

export class LaterRows {
  /** What went to the file. */
  readonly spilled: Spilled = new Spilled();
  readonly tuples: Tuples;
  private partitions: Partitions | null = null;
  private readonly asides: Array<Aside> = new Array<Aside>();
  /** What is looked at, how often that was divided, and who reads it. */
  private aside: Aside | null = null;
  private reader: RunReader | null = null;

  /** Rows of `columns` values. */
  constructor(
    columns: i32,
    private readonly budget: MemoryBudget,
  ) {
    this.tuples = new Tuples(columns, budget);
  }

  /** Whether rows are put aside by now. */
  get isBegun(): bool {
    return this.partitions !== null;
  }

  /** From now on rows are put aside; false with `SQL_LIMIT` where there is no file. */
  begin(): bool {
    if (this.isBegun) return true;
    if (!this.budget.mayPutAside()) return false;
    const aside = this.aside;
    this.partitions = new Partitions(this.budget, this.spilled, aside ? aside.level : 0);
    return true;
  }

  /** Puts row `i` of the vectors aside, with a number; false on failure. */
  add(vectors: Array<Vector | null>, i: u32, key: ByteBuffer, number: u32): bool {
    const tuples = this.tuples;
    tuples.reset();
    const tuple = tuples.add(vectors, i, key);
    if (tuple == 0) return false;
    setTupleNumber(tuple, number);
    return this.partitions!.add(tuples, tuple);
  }

  /** Puts the row aside that a reader has come to. */
  addRead(reader: RunReader): bool {
    return this.partitions!.addRead(reader);
  }

  /** The rows that were put aside in this round are for later ones; false on failure. */
  settle(): bool {
    const partitions = this.partitions;
    this.partitions = null;
    return !partitions || partitions.moveTo(this.asides);
  }

  /** Whether there are rows for another round. */
  get hasNext(): bool {
    return this.asides.length > 0;
  }

  /** Begins the next round: its rows. */
  next(): RunReader {
    const aside = this.asides.pop();
    const reader = new RunReader(aside.run);
    this.aside = aside;
    this.reader = reader;
    return reader;
  }

  /** The rows of the round were read. */
  end(): void {
    const reader = this.reader;
    if (reader) reader.free();
    this.reader = null;
    const aside = this.aside;
    if (aside) aside.run.free();
  }

  /** Forgets all. */
  close(): void {
    this.end();
    this.aside = null;
    const partitions = this.partitions;
    if (partitions) partitions.free();
    this.partitions = null;
    while (this.asides.length > 0) this.asides.pop().run.free();
    this.tuples.free();
  }
}
