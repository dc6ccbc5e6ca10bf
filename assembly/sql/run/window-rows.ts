/**
 * Rows that windows are worked out over: sorted ones, read in chunks of 1,024 and kept as long as somebody looks back to them. They have
 * numbers from 0 on, through all partitions.
 */
import { OK, lastError } from "../../status";
import { isSameFolded } from "../../encode/ascii";
import { Arena } from "../eval/arena";
import { MemoryBudget } from "../../store/memory-budget";
import { compareSlots } from "../eval/compare";
import { isBytes } from "../eval/kinds";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { Operator } from "./operator";
import { Run, RunReader, Spilled } from "../../store/run";

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

/** Who works something out of rows. */
export abstract class RowUser {
  /** Makes what it keeps of values its own: their rows go. */
  settle(): void {}
}

class Chunk {
  /** The values of its rows; none while they are in the file. */
  vectors: Array<Vector> = NONE;
  isOut: bool = false;
  /** When it came into memory, as a number of those that did. */
  since: u32 = 0;
  /** For each row the number of the first key that differs from the row's before it, from 1 on; 0 for the first row of all. */
  readonly levels: StaticArray<u16> = new StaticArray<u16>(BATCH_ROWS);
  readonly arena: Arena;
  /** What was written of it. */
  readonly run: Run;

  constructor(budget: MemoryBudget, spilled: Spilled) {
    this.arena = new Arena(budget);
    this.run = new Run(budget, spilled);
  }

  /** Writes all of its rows to the file, as one record; false on failure. */
  write(): bool {
    const vectors = this.vectors;
    const run = this.run;
    let len: u32 = 0;
    for (let c = 0; c < vectors.length; c++) len += COLUMN_BYTES + bytesOf(vectors[c]);
    let good = run.begin(len);
    for (let c = 0; c < vectors.length && good; c++) {
      const vector = vectors[c];
      good = run.add(vector.values, BATCH_ROWS << 4) && run.add(vector.nulls, BATCH_ROWS);
      for (let i = 0; i < BATCH_ROWS && good && isBytes(vector.kind); i++)
        if (!vector.isNull(i)) good = run.add(vector.ptr(i), vector.len(i));
    }
    return run.finish() && good;
  }

  /** Reads its rows into `vectors`; false on failure, when they are nulls. */
  read(): bool {
    const vectors = this.vectors;
    const reader = new RunReader(this.run);
    let good = reader.read();
    let from = reader.ptr;
    for (let c = 0; c < vectors.length; c++) {
      const vector = vectors[c];
      const bytes = from + COLUMN_BYTES;
      if (good) {
        memory.copy(vector.values, from, BATCH_ROWS << 4);
        memory.copy(vector.nulls, from + (BATCH_ROWS << 4), BATCH_ROWS);
        const len = bytesOf(vector);
        const at: usize = len == 0 ? 0 : this.arena.take(len);
        good = len == 0 || at != 0;
        if (at != 0) place(vector, bytes, at);
        from = bytes + len;
      }
      if (!good) memory.fill(vector.nulls, 1, BATCH_ROWS);
    }
    reader.free();
    return good;
  }

  free(): void {
    this.run.free();
    this.arena.free();
  }
}

const NONE: Array<Vector> = [];

/** Bytes that the values of a chunk's column have besides their slots. */
function bytesOf(vector: Vector): u32 {
  let len: u32 = 0;
  for (let i = 0; i < BATCH_ROWS && isBytes(vector.kind); i++) if (!vector.isNull(i)) len += vector.len(i);
  return len;
}

/** Copies the bytes of a column's values, which are behind one another at `from`, to `at`. */
function place(vector: Vector, from: usize, at: usize): void {
  for (let i = 0; i < BATCH_ROWS; i++) {
    if (vector.isNull(i)) continue;
    const len = vector.len(i);
    memory.copy(at, from, len);
    vector.setBytes(i, at, len);
    from += len;
    at += len;
  }
}

/** Bytes of a chunk for each column, besides values that are bytes; what it takes where it is in the file; and how many stay in memory. */
const COLUMN_BYTES: u32 = 17 * BATCH_ROWS;
const CHUNK_BYTES: u32 = 2 * BATCH_ROWS + 128;
const LEAST_CHUNKS: i32 = 4;

export class WindowRows {
  private readonly chunks: Array<Chunk> = new Array<Chunk>();
  /** Chunks that are not in use, and vectors for others. */
  private readonly idle: Array<Chunk> = new Array<Chunk>();
  private readonly spare: Array<Array<Vector>> = new Array<Array<Vector>>();
  /** How many chunks came into memory, how many are there, and which of them was looked at last. */
  private loads: u32 = 0;
  private inMemory: i32 = 0;
  private recent: i32 = 0;
  /** Who works the rows out: what it keeps of rows is settled before they go. Null where rows have to stay in memory. */
  users: Array<RowUser> | null = null;
  /** Whether rows could not be read from the file; the last error tells why. */
  hasFailed: bool = false;
  readonly spilled: Spilled = new Spilled();
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
  ) {
    budget.spillers += 1;
  }

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
    this.hasFailed = false;
    this.input.batch.selected = 0;
  }


  @inline private chunkOf(row: i64): Chunk {
    const n = <i32>(chunkNumber(row) - this.first);
    const chunk = unchecked(this.chunks[n]);
    if (chunk.isOut) this.bringBack(chunk);
    this.recent = n;
    return chunk;
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
    return <i32>unchecked(unchecked(this.chunks[<i32>(chunkNumber(row) - this.first)]).levels[placeOf(row)]) <= keys;
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
    const vectors = this.takeVectors();
    if (!vectors) return false;
    let chunk: Chunk;
    if (this.idle.length > 0) chunk = this.idle.pop();
    else {
      if (!this.count(CHUNK_BYTES)) return false;
      chunk = new Chunk(this.budget, this.spilled);
    }
    this.comesIn(chunk, vectors);
    this.chunks.push(chunk);
    return true;
  }

  private comesIn(chunk: Chunk, vectors: Array<Vector>): void {
    this.loads += 1;
    this.inMemory += 1;
    chunk.since = this.loads;
    chunk.vectors = vectors;
    chunk.isOut = false;
  }

  private count(bytes: u32): bool {
    const held = this.held;
    this.held += bytes;
    return this.budget.take(bytes, held) == OK;
  }

  /** Vectors for a chunk, from one that goes to the file where there is no room for others; null on failure. */
  private takeVectors(): Array<Vector> | null {
    if (this.spare.length > 0) return this.spare.pop();
    const bytes = COLUMN_BYTES * <u32>max(this.kinds.length, 1);
    const goesOut = this.users !== null && this.budget.memory.spills;
    if (goesOut && this.inMemory >= LEAST_CHUNKS && this.budget.isFull(this.heldByRows))
      return this.putOut() ? this.spare.pop() : null;
    return this.count(bytes) || (goesOut && this.inMemory < LEAST_CHUNKS) ? this.newVectors() : null;
  }

  private newVectors(): Array<Vector> {
    const vectors = new Array<Vector>();
    for (let k = 0; k < this.kinds.length; k++) vectors.push(Vector.of(this.kinds[k]));
    return vectors;
  }

  private get heldByRows(): u64 {
    let held: u64 = this.held;
    for (let c = 0; c < this.chunks.length; c++) held += this.chunks[c].arena.held;
    return held;
  }

  /** Puts the chunk into the file that has been in memory for the longest time, of those that nobody looks at; false on failure. */
  private putOut(): bool {
    const users = this.users!;
    for (let u = 0; u < users.length; u++) users[u].settle();
    const current = <i32>(chunkNumber(this.row) - this.first);
    let oldest: Chunk | null = null;
    for (let c = 0; c < this.chunks.length - 1; c++) {
      const chunk = this.chunks[c];
      if (chunk.isOut || c == current || c == this.recent) continue;
      if (!oldest || chunk.since < oldest.since) oldest = chunk;
    }
    const chunk = oldest!;
    if (chunk.run.count == 0 && !chunk.write()) return false;
    this.spare.push(chunk.vectors);
    chunk.vectors = NONE;
    chunk.arena.free();
    chunk.isOut = true;
    this.inMemory -= 1;
    return true;
  }

  /** Reads a chunk that is in the file; on failure its rows are nulls. */
  private bringBack(chunk: Chunk): void {
    const good = this.spare.length > 0 || this.putOut();
    this.comesIn(chunk, good ? this.spare.pop() : this.newVectors());
    if (!chunk.read() || !good) this.hasFailed = true;
  }

  /** Nobody looks back to what is before `row`, or before the last row that was read. */
  release(row: i64): void {
    while (this.chunks.length > 1 && this.first < chunkNumber(row)) {
      const chunk = this.chunks.shift();
      if (!chunk.isOut) {
        this.inMemory -= 1;
        this.spare.push(chunk.vectors);
      }
      chunk.vectors = NONE;
      chunk.isOut = false;
      chunk.free();
      this.idle.push(chunk);
      this.first += 1;
      this.recent -= 1;
    }
  }

  /** Gives all back. */
  close(): void {
    while (this.chunks.length > 0) {
      const chunk = this.chunks.pop();
      if (!chunk.isOut) this.spare.push(chunk.vectors);
      chunk.free();
    }
    while (this.spare.length > 0) {
      const vectors = this.spare.pop();
      while (vectors.length > 0) vectors.pop().free();
    }
    this.idle.length = 0;
    this.inMemory = 0;
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
