/**
 * Rows that windows are worked out over: sorted ones, read in chunks of 1,024 and kept as long as somebody looks back to them. They have
 * numbers from 0 on, through all partitions.
 */
import { OK, lastError } from "../../status";
import { isSameFolded } from "../../encode/ascii";
import { Arena, MemoryBudget } from "../eval/arena";
import { compareSlots } from "../eval/compare";
import { isBytes } from "../eval/kinds";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { Operator } from "./operator";

/** The number of the chunk that has a row, and the row's place there. */
@inline function chunkNumber(row: i64): i64 {
  return <i64>(<u64>row / BATCH_ROWS);
}


@inline
export function placeOf(row: i64): i32 {
  return <i32>(<u64>row % BATCH_ROWS);
}

/** What rows are sorted by: a column of theirs. */
export class WindowKey {
  constructor(
    readonly column: i32,
    /** Whether the case of ASCII letters says nothing. */
    readonly folds: bool,
  ) {}
}

class Chunk {
  readonly vectors: Array<Vector> = new Array<Vector>();
  /** For each row the number of the first key that differs from the row's before it, from 1 on; 0 for the first row of all. */
  readonly levels: StaticArray<u16> = new StaticArray<u16>(BATCH_ROWS);
  readonly arena: Arena;

  constructor(kinds: Array<u8>, budget: MemoryBudget) {
    this.arena = new Arena(budget);
    for (let k = 0; k < kinds.length; k++) {
      const vector = new Vector();
      vector.kind = kinds[k];
      this.vectors.push(vector);
    }
  }

  free(): void {
    while (this.vectors.length > 0) this.vectors.pop().free();
    this.arena.free();
  }
}

/** Bytes of a chunk for each column, besides values that are bytes. */
const COLUMN_BYTES: u32 = 17 * BATCH_ROWS;

export class WindowRows {
  private readonly chunks: Array<Chunk> = new Array<Chunk>();
  /** Chunks that are not in use. */
  private readonly idle: Array<Chunk> = new Array<Chunk>();
  /** The number of the first chunk that is kept. */
  private first: i64 = 0;
  /** Of the input's batch: how many rows were taken. */
  private taken: i32 = 0;
  private held: u32 = 0;
  /** How many rows have been read, and whether there are no more. */
  known: i64 = 0;
  isOver: bool = false;
  /** Where the last partition begins, and the last rows that are alike in the first `peerKeys` keys. */
  lastPartition: i64 = 0;
  lastPeers: i64 = 0;
  peerKeys: i32 = 0;
  /** The row that is worked out, where its partition begins, and up to where rows are known to be in it. */
  row: i64 = 0;
  start: i64 = 0;
  private seen: i64 = 0;
  /** The first row that is given in one batch with it, and how many bytes were made for that. */
  batchStart: i64 = 0;
  madeBytes: u32 = 0;

  /** The first `partitions` keys are those of partitions. */
  constructor(
    private readonly input: Operator,
    private readonly kinds: Array<u8>,
    private readonly keys: Array<WindowKey>,
    readonly partitions: i32,
    private readonly budget: MemoryBudget,
  ) {}

  /** Begins anew, with an input that was opened. */
  open(): void {
    this.close();
    this.taken = 0;
    this.known = 0;
    this.isOver = false;
    this.lastPartition = 0;
    this.lastPeers = 0;
    this.row = 0;
    this.start = 0;
    this.seen = 0;
    this.first = 0;
    this.input.batch.selected = 0;
  }


  @inline private chunkOf(row: i64): Chunk {
    return unchecked(this.chunks[<i32>(chunkNumber(row) - this.first)]);
  }

  /** The columns of the rows around `row` of the same chunk. */
  vectors(row: i64): Array<Vector> {
    return this.chunkOf(row).vectors;
  }


  @inline slot(column: i32, row: i64): usize {
    return unchecked(this.chunkOf(row).vectors[column]).at(placeOf(row));
  }


  @inline isNull(column: i32, row: i64): bool {
    return unchecked(this.chunkOf(row).vectors[column]).isNull(placeOf(row));
  }

  /** Whether `row` is the first one that is alike in the first `keys` keys. */
  @inline isFirstOf(keys: i32, row: i64): bool {
    return <i32>unchecked(this.chunkOf(row).levels[placeOf(row)]) <= keys;
  }

  /** Goes on to the row's partition if it is the first one of it. */
  begin(): bool {
    if (!this.isFirstOf(this.partitions, this.row)) return false;
    this.start = this.row;
    this.seen = this.row + 1;
    return true;
  }

  /** `row`, or where the partition ends if that is before it; the rows up to there have to be known. */
  within(row: i64): i64 {
    const most = min(row, this.known);
    let seen = this.seen;
    while (seen < most && !this.isFirstOf(this.partitions, seen)) seen += 1;
    this.seen = seen;
    return min(row, seen);
  }

  /** Where the partition ends, which has to be known. */
  get end(): i64 {
    return this.within(i64.MAX_VALUE);
  }

  /** Reads some rows more, or finds that there are none; false on failure, with the last error. */
  read(): bool {
    const input = this.input;
    const batch = input.batch;
    if (this.taken >= batch.selected) {
      this.taken = 0;
      if (!input.next()) {
        batch.selected = 0;
        this.isOver = true;
        lastError.status = input.status;
        return input.status == OK;
      }
    }
    const place = placeOf(this.known);
    if (place == 0 && !this.addChunk()) return false;
    const count = min(BATCH_ROWS - place, batch.selected - this.taken);
    const chunk = this.chunkOf(this.known);
    for (let c = 0; c < chunk.vectors.length; c++) {
      const from = batch.columns.vector(c, batch);
      if (!from) return false;
      const to = unchecked(chunk.vectors[c]);
      const hasBytes = isBytes(to.kind);
      for (let k = 0; k < count; k++) {
        const i = place + k;
        to.copy(i, from, batch.row(this.taken + k));
        if (!hasBytes || to.isNull(i)) continue;
        const at = chunk.arena.take(to.len(i));
        if (at == 0) return false;
        memory.copy(at, to.ptr(i), to.len(i));
        to.setBytes(i, at, to.len(i));
      }
    }
    this.taken += count;
    this.compare(chunk.levels, count);
    return true;
  }

  /** Finds how the `count` rows from `known` on differ from those before them; they are known then. */
  private compare(levels: StaticArray<u16>, count: i32): void {
    const place = placeOf(this.known);
    const keys = this.keys;
    for (let k = 0; k < count; k++) {
      const row = this.known + k;
      let level = 0;
      if (row > 0) {
        while (level < keys.length && this.isAlike(unchecked(keys[level]), row)) level += 1;
        level += 1;
      }
      levels[place + k] = <u16>level;
      if (level <= this.partitions) this.lastPartition = row;
      if (level <= this.peerKeys) this.lastPeers = row;
    }
    this.known += count;
  }

  /** Whether a row has the same value as the one before it. */
  private isAlike(key: WindowKey, row: i64): bool {
    const column = key.column;
    const isNull = this.isNull(column, row);
    if (isNull || this.isNull(column, row - 1)) return isNull && this.isNull(column, row - 1);
    const a = this.slot(column, row);
    const b = this.slot(column, row - 1);
    return key.folds ? isSameText(a, b) : compareSlots(unchecked(this.kinds[column]), a, b) == 0;
  }

  private addChunk(): bool {
    if (this.idle.length > 0) {
      this.chunks.push(this.idle.pop());
      return true;
    }
    const bytes = COLUMN_BYTES * <u32>max(this.kinds.length, 1);
    if (this.budget.take(bytes) != OK) return false;
    this.held += bytes;
    this.chunks.push(new Chunk(this.kinds, this.budget));
    return true;
  }

  /** Nobody looks back to what is before `row`, or before the last row that was read. */
  release(row: i64): void {
    while (this.chunks.length > 1 && this.first < chunkNumber(row)) {
      const chunk = this.chunks.shift();
      chunk.arena.free();
      this.idle.push(chunk);
      this.first += 1;
    }
  }

  /** Gives all back. */
  close(): void {
    while (this.chunks.length > 0) this.chunks.pop().free();
    while (this.idle.length > 0) this.idle.pop().free();
    this.budget.give(this.held);
    this.held = 0;
  }
}

/** Whether the texts in two slots are the same but for the case of ASCII letters. */
function isSameText(a: usize, b: usize): bool {
  const len = load<u32>(a, 4);
  if (len != load<u32>(b, 4)) return false;
  return isSameFolded(<usize>load<u32>(a), <usize>load<u32>(b), len);
}

/** Rows of a partition that are alike in some keys, those that are worked out now. */
export class Peers {
  /** Where they begin, and which they are in their partition, from 1 on. */
  start: i64 = 0;
  number: i64 = 0;
  private last: i64 = 0;

  constructor(
    private readonly kept: WindowRows,
    /** How many keys, with those of partitions. */
    readonly keys: i32,
  ) {}

  /** Goes on to the row that is worked out. */
  begin(isNewPartition: bool): void {
    const kept = this.kept;
    if (isNewPartition) this.number = 0;
    if (!kept.isFirstOf(this.keys, kept.row)) return;
    this.start = kept.row;
    this.last = kept.row;
    this.number += 1;
  }

  /** Where they end, which has to be known. */
  get end(): i64 {
    if (this.last == this.start) this.last = this.endFrom(this.start);
    return this.last;
  }

  /** Where those end of which `row` is one. */
  endFrom(row: i64): i64 {
    const kept = this.kept;
    do row += 1;
    while (kept.within(row + 1) > row && !kept.isFirstOf(this.keys, row));
    return row;
  }
}
