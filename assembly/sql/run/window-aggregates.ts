/** Aggregates over the rows of a frame, which goes on with the row: no row is looked at more than a few times, however large frames are. */
import { OK, OVERFLOW, SQL_LIMIT } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { addDecimals } from "../../encode/decimal-arithmetic";
import { MemoryBudget } from "../../store/memory-budget";
import { compareFolded, compareSlots } from "../eval/compare";
import { K_INT, isBytes } from "../eval/kinds";
import { SqlText } from "../sql-text";
import {
  A_AVG,
  A_CONCAT,
  A_COUNT,
  A_JSON_ARRAY,
  A_MAX,
  A_MIN,
  A_SUM,
  A_TOTAL,
  TOO_DEEP,
  addPiece,
  addWide,
  divideSum,
} from "./aggregate";
import { WindowFunction } from "./window-functions";

/** What an aggregate knows of some rows: how many values, and a slot; a sum of integers takes both of its words, so that none overflows. */
const STATE: u32 = 24;
const SLOT: usize = 8;

/** What the values of an aggregate are: `args` has the value, what goes with it, and FILTER's condition, as far as there are such. */
export abstract class FrameAggregate extends WindowFunction {
  /** Which of `args` these are; -1 for none. */
  value: i32 = -1;
  second: i32 = -1;
  where: i32 = -1;

  constructor(
    readonly fn: u8,
    name: string,
    kind: u8,
    text: SqlText,
    start: u32,
    protected readonly budget: MemoryBudget,
  ) {
    super(name, kind, text, start);
  }

  /** Whether a row has a value that counts. */
  protected counts(row: i64): bool {
    const where = this.where;
    if (where >= 0 && (this.isNull(where, row) || load<u8>(this.slot(where, row)) == 0)) return false;
    return this.value < 0 || this.fn == A_JSON_ARRAY || !this.isNull(this.value, row);
  }

  get needs(): i64 {
    const frame = this.frame!;
    return frame.isGrowing ? max(frame.to, this.kept.start) : frame.from;
  }
}

const ROW: usize = memory.data(24, 8);

function clear(state: usize): void {
  memory.fill(state, 0, STATE);
}

/** COUNT, SUM, TOTAL, AVG, MIN and MAX. */
export class SlotAggregate extends FrameAggregate {
  /** What is before what the frame excludes, or all, and what is behind it. */
  private readonly before: Sliding = new Sliding();
  private readonly behind: Sliding = new Sliding();
  private readonly state: usize = heap.alloc(STATE);
  /** The bytes of the least or greatest value, of a row that is kept no more. */
  private readonly bytes: ByteBuffer = new ByteBuffer(16);
  private isWhole: bool = false;

  constructor(
    fn: u8,
    name: string,
    kind: u8,
    text: SqlText,
    start: u32,
    budget: MemoryBudget,
    /** Whether texts are compared whatever the case of ASCII letters. */
    private readonly foldsCase: bool,
  ) {
    super(fn, name, kind, text, start, budget);
  }

  begin(): void {
    super.begin();
    const start = this.kept.start;
    this.before.begin(start);
    this.behind.begin(start);
  }

  /** Whether its state is a sum of integers. */
  private get isWide(): bool {
    return (this.fn == A_SUM || this.fn == A_AVG) && this.args[this.value].kind == K_INT;
  }

  /** Adds a row's value to a state; false on overflow. */
  add(state: usize, row: i64): bool {
    if (!this.counts(row)) return true;
    store<u64>(ROW, 1);
    if (this.fn != A_COUNT) {
      const slot = this.slot(this.value, row);
      const isWide = this.isWide;
      store<u64>(ROW, load<u64>(slot), SLOT);
      store<u64>(ROW, isWide ? <u64>(load<i64>(slot) >> 63) : load<u64>(slot, 8), SLOT + 8);
    }
    return this.merge(state, ROW);
  }

  /** Adds what `other` knows to a state; false on overflow. */
  merge(state: usize, other: usize): bool {
    const count = load<u64>(state);
    const more = load<u64>(other);
    if (more == 0) return true;
    store<u64>(state, count + more);
    const to = state + SLOT;
    const from = other + SLOT;
    const fn = this.fn;
    if (fn == A_COUNT) return true;
    if (fn == A_MIN || fn == A_MAX) {
      const order = count == 0 ? 0 : this.foldsCase ? compareFolded(from, to) : compareSlots(this.kind, from, to);
      if (count != 0 && (fn == A_MIN ? order >= 0 : order <= 0)) return true;
      store<u64>(to, load<u64>(from));
      store<u64>(to, load<u64>(from, 8), 8);
      return true;
    }
    if (!this.isWide) return addDecimals(to, from, false, to) || this.overflows();
    addWide(to, load<u64>(from), load<i64>(from, 8));
    return true;
  }

  find(i: u32): bool {
    const frame = this.frame!;
    const from = frame.from;
    const to = frame.to;
    frame.find();
    const kept = this.kept;
    const before = this.before;
    const isWhole = frame.cutFrom == frame.to;
    // The frame of the row before has its result at hand.
    const isSame = this.isWhole && isWhole && from == frame.from && to == frame.to;
    this.isWhole = isWhole;
    if (isSame && kept.row > kept.batchStart) {
      this.result.copy(i, this.result, i - 1);
      return true;
    }
    const state = this.state;
    clear(state);
    if (!before.move(frame.from, frame.cutFrom, this) || !before.into(state, this)) return false;
    if (!isWhole) {
      const behind = this.behind;
      if (frame.keepsRow && !this.add(state, kept.row)) return false;
      if (!behind.move(frame.cutTo, frame.to, this) || !behind.into(state, this)) return false;
    }
    return this.giveState(i);
  }

  private giveState(i: u32): bool {
    const state = this.state;
    const slot = state + SLOT;
    const result = this.result;
    const count = load<u64>(state);
    const fn = this.fn;
    result.setNull(i, count == 0 && fn != A_COUNT && fn != A_TOTAL);
    if (fn == A_COUNT) {
      result.setInt(i, count);
      return true;
    }
    if (fn == A_SUM && this.kind == K_INT && load<i64>(slot, 8) != load<i64>(slot) >> 63) return this.overflows();
    const to = result.at(i);
    store<u64>(to, load<u64>(slot));
    store<u64>(to, load<u64>(slot, 8), 8);
    if (fn != A_AVG || count == 0) return this.keep(i);
    return divideSum(to, count, this.isWide) || this.overflows();
  }

  private overflows(): bool {
    this.text.fail(OVERFLOW, "the sum is too large", this.start);
    return false;
  }

  get needsRows(): bool {
    return isBytes(this.kind) && !this.frame!.isGrowing;
  }

  settle(): void {
    const state = this.before.back;
    if (!isBytes(this.kind) || !this.frame!.isGrowing || load<u64>(state) == 0) return;
    const slot = state + SLOT;
    const bytes = this.bytes;
    const at = <usize>load<u32>(slot);
    if (at == bytes.ptr) return;
    bytes.reset();
    bytes.addBytes(at, load<u32>(slot, 4));
    store<u32>(slot, <u32>bytes.ptr);
  }

  close(): void {
    this.before.close(this.budget);
    this.behind.close(this.budget);
  }

  free(): void {
    super.free();
    this.before.free();
    this.behind.free();
    this.bytes.free();
    heap.free(this.state);
  }

  /** Counts what is kept besides rows; false where that is too much. */
  takes(bytes: u32, held: u32): bool {
    return this.budget.take(bytes, held) == OK;
  }
}

/**
 * What an aggregate knows of rows from one to another, both of which go forward: of the later rows all at once (`back`), of the earlier
 * ones for each what is known from it on (`front`), so that one can go without being taken off.
 */
class Sliding {
  readonly back: usize = heap.alloc(STATE);
  private front: usize = 0;
  private capacity: u32 = 0;
  /** The row of the first state of `front`, the first one behind its rows, and behind those of `back`. */
  private base: i64 = 0;
  private split: i64 = 0;
  private to: i64 = 0;
  private from: i64 = 0;

  begin(row: i64): void {
    clear(this.back);
    this.base = row;
    this.split = row;
    this.to = row;
  }

  /** Goes on to the rows from `from` on and before `to`; false on failure. */
  move(from: i64, to: i64, subject: SlotAggregate): bool {
    if (from >= this.to) this.begin(from);
    else if (from > this.split && !this.turn(from, subject)) return false;
    this.from = from;
    for (; this.to < to; this.to += 1) if (!subject.add(this.back, this.to)) return false;
    return true;
  }

  /** The rows of `back` from `from` on become those of `front`. */
  private turn(from: i64, subject: SlotAggregate): bool {
    const count = <u32>(this.to - from);
    if (count > this.capacity) {
      const capacity = max(count, this.capacity << 1);
      if (!subject.takes((capacity - this.capacity) * STATE, this.capacity * STATE)) return false;
      if (this.front != 0) heap.free(this.front);
      this.front = heap.alloc(<usize>capacity * STATE);
      this.capacity = capacity;
    }
    for (let i = count; i-- > 0;) {
      const state = this.front + <usize>i * STATE;
      if (i == count - 1) clear(state);
      else memory.copy(state, state + STATE, STATE);
      if (!subject.add(state, from + i)) return false;
    }
    this.base = from;
    this.split = this.to;
    clear(this.back);
    return true;
  }

  /** Adds what is known to a state. */
  into(state: usize, subject: SlotAggregate): bool {
    if (this.from < this.split && !subject.merge(state, this.front + <usize>(this.from - this.base) * STATE)) return false;
    return subject.merge(state, this.back);
  }

  /** Knows of no rows any more, and keeps nothing. */
  close(budget: MemoryBudget): void {
    clear(this.back);
    if (this.front != 0) heap.free(this.front);
    budget.give(this.capacity * STATE);
    this.front = 0;
    this.capacity = 0;
  }

  free(): void {
    heap.free(this.back);
  }
}

/** Those whose values are made of all others: GROUP_CONCAT and JSON. */
export class TextAggregate extends FrameAggregate {
  private readonly made: ByteBuffer = new ByteBuffer(64);
  /** What was counted of it. */
  private held: u32 = 0;
  /** It is of the rows from `from` on and before `to`, of which so many have a value. */
  private from: i64 = 0;
  private to: i64 = 0;
  private count: i64 = 0;

  begin(): void {
    super.begin();
    this.from = -1;
  }

  find(i: u32): bool {
    const frame = this.frame!;
    const kept = this.kept;
    frame.find();
    const isWhole = frame.cutFrom == frame.to;
    const isSame = isWhole && this.from == frame.from && this.to == frame.to;
    if (isSame && kept.row > kept.batchStart) {
      this.result.copy(i, this.result, i - 1);
      return true;
    }
    if (this.from != frame.from || !isWhole) {
      this.made.reset();
      this.count = 0;
      this.from = frame.from;
      this.to = frame.from;
    }
    for (; this.to < frame.cutFrom; this.to += 1) if (!this.add(this.to)) return false;
    if (!isWhole) {
      if (frame.keepsRow && !this.add(kept.row)) return false;
      for (let row = frame.cutTo; row < frame.to; row++) if (!this.add(row)) return false;
      this.from = -1;
    }
    return this.giveText(i);
  }

  private add(row: i64): bool {
    if (!this.counts(row)) return true;
    const second = this.second;
    const value = this.value;
    const made = this.made;
    const isBehind = this.count > 0;
    this.count += 1;
    const good = addPiece(
      this.fn,
      isBehind,
      this.args[value].kind,
      this.slot(value, row),
      this.isNull(value, row),
      second < 0 ? 0 : this.args[second].kind,
      second < 0 ? 0 : this.slot(second, row),
      second >= 0 && this.isNull(second, row),
      made,
    );
    if (!good) this.text.fail(SQL_LIMIT, TOO_DEEP, this.start);
    if (!good || made.len <= this.held) return good;
    const before = this.held;
    this.held = made.len;
    return this.budget.take(made.len - before, before) == OK;
  }

  private giveText(i: u32): bool {
    const result = this.result;
    const made = this.made;
    const isJson = this.fn != A_CONCAT;
    const isArray = this.fn == A_JSON_ARRAY;
    result.setNull(i, !isJson && this.count == 0);
    if (isJson && this.count == 0) made.addU8(isArray ? 0x5b : 0x7b);
    const len = made.len + u32(isJson);
    const at = this.batch.arena.take(len);
    if (at == 0) return false;
    memory.copy(at, made.ptr, made.len);
    if (isJson) store<u8>(at + made.len, isArray ? 0x5d : 0x7d);
    if (isJson && this.count == 0) made.reset();
    result.setBytes(i, at, len);
    this.kept.madeBytes += len;
    return true;
  }

  close(): void {
    this.budget.give(this.held);
    this.held = 0;
  }

  free(): void {
    super.free();
    this.made.free();
  }
}
