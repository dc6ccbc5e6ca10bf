/** Frames: which rows of its partition a row sees. Both ends only ever go forward while the row does. */
import { BAD_VALUE } from "../../status";
import { compareDecimal } from "../../encode/decimal";
import { addDecimals } from "../../encode/decimal-arithmetic";
import { Batch, VectorColumns } from "../eval/batch";
import { Constant, Expression } from "../eval/expression";
import { K_DECIMAL, K_INT } from "../eval/kinds";
import { takeValue } from "../eval/once";
import { SqlText } from "../sql-text";
import {
  BOUND_CURRENT,
  BOUND_FIRST,
  BOUND_FOLLOWING,
  BOUND_LAST,
  BOUND_PRECEDING,
  EXCLUDE_CURRENT,
  EXCLUDE_NONE,
  EXCLUDE_TIES,
  FRAME_GROUPS,
  FRAME_RANGE,
  FRAME_ROWS,
} from "../syntax/tree";
import { Peers, WindowRows } from "./window-rows";

/** More rows than there are. */
export const FAR: i64 = 1 << 60;
const zero: usize = memory.data(16, 8);

/** How far behind a row what is known has to go before it is worked out. */
export class Lookahead {
  rows: i64 = 0;
  peers: bool = false;
  partition: bool = false;
}

/** One end of a frame. */
export class Bound {
  /** How far: of rows and groups an integer, else of the key's kind. */
  offset: Expression | null = null;
  private readonly value: Constant = new Constant(K_INT);
  /** Where it was last, and of groups, which one begins there. */
  private at: i64 = 0;
  private group: i64 = 1;

  constructor(
    /** BOUND_… */
    readonly what: u8,
    private readonly isEnd: bool,
  ) {}

  /** Works the offset out; false on failure. */
  open(text: SqlText, what: string): bool {
    const offset = this.offset;
    if (!offset) return true;
    const value = this.value;
    value.kind = offset.kind;
    const batch = new Batch(new VectorColumns());
    const good = takeValue(value, offset, batch);
    batch.free();
    if (!good) return false;
    const slot = value.slot;
    const isBelow = value.kind == K_INT ? load<i64>(slot) < 0 : compareDecimal(slot, zero) < 0;
    if (!value.isNull && !isBelow) return true;
    text.fail(BAD_VALUE, "a frame's offset is " + (value.isNull ? "null" : "below 0"), offset.start, what);
    return false;
  }

  private get count(): i64 {
    return min<i64>(load<i64>(this.value.slot), FAR);
  }

  look(unit: u8, into: Lookahead): void {
    const isRows = unit == FRAME_ROWS;
    if (this.what == BOUND_LAST || (this.what == BOUND_FOLLOWING && !isRows)) into.partition = true;
    else if (this.what == BOUND_FOLLOWING) into.rows = max(into.rows, this.count);
    else if (this.what != BOUND_FIRST && this.isEnd && !isRows) into.peers = true;
  }

  begin(start: i64): void {
    this.at = start;
    this.group = 1;
  }

  /** Where it is for the row that is worked out: the first row of the frame, or the one behind its last. */
  find(frame: Frame): i64 {
    const kept = frame.kept;
    const peers = frame.peers;
    const row = kept.row;
    const isEnd = this.isEnd;
    switch (this.what) {
      case BOUND_FIRST:
        return kept.start;
      case BOUND_LAST:
        return kept.end;
      case BOUND_CURRENT:
        if (frame.unit == FRAME_ROWS) return row + i64(isEnd);
        return isEnd ? peers.end : peers.start;
    }
    const isBefore = this.what == BOUND_PRECEDING;
    if (frame.unit == FRAME_RANGE) return row == peers.start ? this.findInRange(frame, isBefore) : this.at;
    const count = isBefore ? -this.count : this.count;
    if (frame.unit == FRAME_GROUPS) return this.findGroup(frame, peers.number + count + i64(isEnd));
    const at = row + count + i64(isEnd);
    return isBefore ? max(at, kept.start) : kept.within(at);
  }

  /** Where a group begins, from 1 on, or the end where there are not as many. */
  private findGroup(frame: Frame, group: i64): i64 {
    const kept = frame.kept;
    while (this.group < group && kept.within(this.at + 1) > this.at) {
      this.at = frame.peers.endFrom(this.at);
      this.group += 1;
    }
    return this.at;
  }

  private findInRange(frame: Frame, isBefore: bool): i64 {
    const kept = frame.kept;
    const column = frame.key;
    if (kept.isNull(column, kept.row)) this.at = this.isEnd ? frame.peers.end : frame.peers.start;
    else {
      // From there on, in the direction of the order.
      const isMinus = isBefore != frame.isDown;
      const isFar = !this.limit(kept.slot(column, kept.row), isMinus);
      while (kept.within(this.at + 1) > this.at) {
        if (kept.isNull(column, this.at)) {
          if (!frame.nullsFirst) break;
        } else {
          let order = isFar ? (isMinus ? 1 : -1) : this.compare(kept.slot(column, this.at));
          if (frame.isDown) order = -order;
          if (order > 0 || (order == 0 && !this.isEnd)) break;
        }
        this.at += 1;
      }
    }
    return this.at;
  }

  /** Makes `LIMIT` the key in `slot` plus or minus the offset; false where no key goes as far. */
  private limit(slot: usize, isMinus: bool): bool {
    const offset = this.value.slot;
    if (this.value.kind == K_DECIMAL) return addDecimals(slot, offset, isMinus, LIMIT);
    const a = load<i64>(slot);
    const b = load<i64>(offset);
    const sum = isMinus ? a - b : a + b;
    store<i64>(LIMIT, sum);
    return isMinus ? sum <= a : sum >= a;
  }

  private compare(slot: usize): i32 {
    if (this.value.kind == K_DECIMAL) return compareDecimal(slot, LIMIT);
    return i32(load<i64>(slot) > load<i64>(LIMIT)) - i32(load<i64>(slot) < load<i64>(LIMIT));
  }
}

const LIMIT: usize = memory.data(16, 8);

export class Frame {
  /** The first row of the frame, the one behind its last. What is excluded from it is in [cutFrom, cutTo). */
  from: i64 = 0;
  to: i64 = 0;
  cutFrom: i64 = 0;
  cutTo: i64 = 0;
  /** Of RANGE with an offset: what rows are sorted by, and the column where that is. */
  keyValue: Expression | null = null;
  key: i32 = 0;
  isDown: bool = false;
  nullsFirst: bool = true;
  /** Set by whoever works the frame out. */
  kept!: WindowRows;
  peers!: Peers;

  constructor(
    /** FRAME_… and EXCLUDE_… */
    readonly unit: u8,
    readonly first: Bound,
    readonly last: Bound,
    readonly exclude: u8,
  ) {}

  /** What there is without one: up to the last row that is as this one. */
  static usual(): Frame {
    return new Frame(FRAME_RANGE, new Bound(BOUND_FIRST, false), new Bound(BOUND_CURRENT, true), EXCLUDE_NONE);
  }

  /** Whether it only ever becomes larger. */
  get isGrowing(): bool {
    return this.first.what == BOUND_FIRST && this.exclude == EXCLUDE_NONE;
  }

  /** Works the offsets out; false on failure. */
  open(text: SqlText, into: Lookahead): bool {
    const what = "it is a number from 0 on";
    if (!this.first.open(text, what) || !this.last.open(text, what)) return false;
    this.first.look(this.unit, into);
    this.last.look(this.unit, into);
    if (this.exclude > EXCLUDE_CURRENT) into.peers = true;
    return true;
  }

  begin(): void {
    const start = this.kept.start;
    this.first.begin(start);
    this.last.begin(start);
  }

  /** Goes on to the row that is worked out. */
  find(): void {
    const row = this.kept.row;
    this.from = this.first.find(this);
    this.to = max(this.from, this.last.find(this));
    if (this.exclude == EXCLUDE_NONE) {
      this.cutFrom = this.to;
      this.cutTo = this.to;
      return;
    }
    const isRow = this.exclude == EXCLUDE_CURRENT;
    this.cutFrom = max(this.from, min(this.to, isRow ? row : this.peers.start));
    this.cutTo = max(this.from, isRow ? row + 1 : this.peers.end);
  }

  /** Whether the row itself is in it, though what is around it is cut out. */
  get keepsRow(): bool {
    const row = this.kept.row;
    return this.exclude == EXCLUDE_TIES && row >= this.from && row < this.to;
  }

  /** Row number `n` of the frame, from 0 on, or from its end backwards; -1 where there are not as many. */
  place(n: i64, isFromEnd: bool): i64 {
    const before = this.cutFrom - this.from;
    const one = i64(this.keepsRow);
    const behind = max<i64>(this.to - this.cutTo, 0);
    const all = before + one + behind;
    if (n < 0 || n >= all) return -1;
    if (isFromEnd) n = all - 1 - n;
    if (n < before) return this.from + n;
    n -= before;
    if (n < one) return this.kept.row;
    return this.cutTo + n - one;
  }
}
