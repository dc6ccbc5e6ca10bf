/** Functions of the rows of a window: which row it is, and values of others. */
import { BAD_VALUE } from "../../status";
import { decimalOfInteger, divideDecimals } from "../../encode/decimal-arithmetic";
import { Batch, keepValue } from "../eval/batch";
import { Expression, Fixed } from "../eval/expression";
import { K_DECIMAL, K_INT, isBytes } from "../eval/kinds";
import { Vector } from "../eval/vector";
import { SqlText } from "../sql-text";
import { FAR, Frame, Lookahead } from "./window-frame";
import { Peers, RowUser, WindowRows } from "./window-rows";

/** Names of the functions, W_… in their order, each with how many values it takes at least and at most. */
export const WINDOW_FUNCTIONS: StaticArray<string> = [
  "row_number00",
  "rank00",
  "dense_rank00",
  "percent_rank00",
  "cume_dist00",
  "ntile11",
  "lag13",
  "lead13",
  "first_value11",
  "last_value11",
  "nth_value22",
];
const W_ROW_NUMBER: u8 = 0;
const W_RANK: u8 = 1;
const W_DENSE_RANK: u8 = 2;
const W_PERCENT_RANK: u8 = 3;
const W_CUME_DIST: u8 = 4;
export const W_NTILE: u8 = 5;
export const W_LEAD: u8 = 7;
const W_LAST_VALUE: u8 = 9;
const W_NTH_VALUE: u8 = 10;

const other: usize = memory.data(16, 8);

/** One function, or aggregate, over a window. */
export abstract class WindowFunction extends RowUser {
  /** The column whose values it has, as an expression's. */
  subject: Expression | null = null;
  /** Whether its values are JSON that is read as other elements are. */
  givesElements: bool = false;
  /** What it is of: rows are kept with these values. */
  readonly args: Array<Expression> = new Array<Expression>();
  /** Where they are among the columns that are kept; below 0: the same for all rows. */
  readonly places: Array<i32> = new Array<i32>();
  frame: Frame | null = null;
  /** Set by whoever works it out: rows, those that are alike, and its values, row by row. */
  kept!: WindowRows;
  peers!: Peers;
  batch!: Batch;
  readonly result: Vector = new Vector();

  constructor(
    /** What it is called, and the kind of its values. */
    readonly name: string,
    readonly kind: u8,
    protected readonly text: SqlText,
    /** Where it is in the text. */
    protected readonly start: u32,
  ) {
    super();
    this.result.kind = kind;
  }

  /** Begins a run; what has to be known goes into `look`. False on failure. */
  open(look: Lookahead): bool {
    const frame = this.frame;
    return !frame || frame.open(this.text, look);
  }

  /** The row that is worked out is the first one of a partition. */
  begin(): void {
    const frame = this.frame;
    if (frame) frame.begin();
  }

  /** Works a row out, whose place in `result` is `i`; false on failure. */
  abstract find(i: u32): bool;

  /** The first row that it may look back to. */
  abstract get needs(): i64;

  close(): void {}

  free(): void {
    this.close();
    this.result.free();
  }

  protected isNull(arg: i32, row: i64): bool {
    const place = unchecked(this.places[arg]);
    return place < 0 ? (<Fixed>unchecked(this.args[arg])).isNull : this.kept.isNull(place, row);
  }

  protected slot(arg: i32, row: i64): usize {
    const place = unchecked(this.places[arg]);
    if (place >= 0) return this.kept.slot(place, row);
    return (<Fixed>unchecked(this.args[arg])).slot;
  }

  /** Whether it keeps where bytes of rows are, other than `settle` tells. */
  get needsRows(): bool {
    return false;
  }

  /** Makes bytes of the result its own: their row may go. False when there is no memory. */
  protected keep(i: u32): bool {
    const result = this.result;
    if (!isBytes(result.kind) || result.isNull(i)) return true;
    const len = result.len(i);
    this.kept.madeBytes += len;
    return keepValue(result, i, this.batch);
  }

  /** Makes a row's value the result; false when there is no memory. */
  protected give(i: u32, arg: i32, row: i64): bool {
    const result = this.result;
    const isNull = this.isNull(arg, row);
    result.setNull(i, isNull);
    if (isNull) return true;
    const from = this.slot(arg, row);
    store<u64>(result.at(i), load<u64>(from));
    store<u64>(result.at(i), load<u64>(from, 8), 8);
    return this.keep(i);
  }

  protected giveNull(i: u32): bool {
    this.result.setNull(i, true);
    return true;
  }

  protected fails(what: string): bool {
    this.text.fail(BAD_VALUE, what, this.start);
    return false;
  }
}

/** Which row it is among those of its partition. */
export class Ranking extends WindowFunction {
  constructor(
    private readonly fn: u8,
    name: string,
    text: SqlText,
    start: u32,
  ) {
    super(name, fn == W_PERCENT_RANK || fn == W_CUME_DIST ? K_DECIMAL : K_INT, text, start);
  }

  open(look: Lookahead): bool {
    if (this.fn >= W_PERCENT_RANK) look.partition = true;
    return super.open(look);
  }

  get needs(): i64 {
    return this.fn == W_NTILE ? this.kept.start : this.kept.row;
  }

  find(i: u32): bool {
    const kept = this.kept;
    const start = kept.start;
    const result = this.result;
    const rank = this.peers.start - start;
    result.setNull(i, false);
    switch (this.fn) {
      case W_ROW_NUMBER:
        result.setInt(i, kept.row - start + 1);
        return true;
      case W_RANK:
        result.setInt(i, rank + 1);
        return true;
      case W_DENSE_RANK:
        result.setInt(i, this.peers.number);
        return true;
      case W_NTILE:
        return this.bucket(i);
    }
    const rows = kept.end - start;
    // What is the same for those that are alike is worked out once, as far as it is at hand.
    if (kept.row != this.peers.start && i > 0) result.copy(i, result, i - 1);
    else if (this.fn == W_CUME_DIST) this.part(this.peers.end - start, rows, i);
    else this.part(rank, max<i64>(rows - 1, 1), i);
    return true;
  }

  private part(count: i64, all: i64, i: u32): void {
    const to = this.result.at(i);
    decimalOfInteger(count, to);
    decimalOfInteger(all, other);
    divideDecimals(to, other, to);
  }

  /** NTILE: the first buckets have a row more where they can't be equal. */
  private bucket(i: u32): bool {
    const kept = this.kept;
    const start = kept.start;
    const buckets = load<i64>(this.slot(0, start));
    if (this.isNull(0, start) || buckets <= 0) return this.fails("ntile needs a number above 0");
    const rows = kept.end - start;
    const size = rows / buckets;
    const more = rows % buckets;
    const row = kept.row - start;
    const large = more * (size + 1);
    this.result.setInt(i, row < large ? row / (size + 1) + 1 : more + (row - large) / size + 1);
    return true;
  }
}

/** LAG and LEAD: the value of a row so many before or behind it, or else the third value of the row itself. */
export class Neighbour extends WindowFunction {
  /** How far it is for all rows; below 0 backwards. `FAR` where it differs. */
  private offset: i64 = 0;

  constructor(
    private readonly isLead: bool,
    name: string,
    kind: u8,
    text: SqlText,
    start: u32,
  ) {
    super(name, kind, text, start);
  }

  open(look: Lookahead): bool {
    const isFixed = this.args.length < 2 || this.places[1] < 0;
    this.offset = isFixed ? this.offsetOf(0) : FAR;
    if (isFixed) look.rows = max(look.rows, this.offset);
    else look.partition = true;
    return super.open(look);
  }

  private offsetOf(row: i64): i64 {
    if (this.args.length < 2) return this.isLead ? 1 : -1;
    // Of null no row is meant: SQLite's way.
    if (this.isNull(1, row)) return FAR;
    const offset = max(min(load<i64>(this.slot(1, row)), FAR), -FAR);
    return this.isLead ? offset : -offset;
  }

  get needs(): i64 {
    const kept = this.kept;
    return this.offset == FAR ? kept.start : max(kept.start, kept.row + min<i64>(this.offset, 0));
  }

  find(i: u32): bool {
    const kept = this.kept;
    const row = kept.row + this.offsetOf(kept.row);
    if (row >= kept.start && kept.within(row + 1) > row) return this.give(i, 0, row);
    return this.args.length > 2 ? this.give(i, 2, kept.row) : this.giveNull(i);
  }
}

/** FIRST_VALUE, LAST_VALUE and NTH_VALUE of the row's frame. */
export class FrameValue extends WindowFunction {
  constructor(
    private readonly fn: u8,
    name: string,
    kind: u8,
    text: SqlText,
    start: u32,
  ) {
    super(name, kind, text, start);
  }

  get needs(): i64 {
    const frame = this.frame!;
    return this.fn == W_LAST_VALUE && frame.isGrowing ? max(frame.to - 1, this.kept.start) : frame.from;
  }

  find(i: u32): bool {
    const frame = this.frame!;
    frame.find();
    let n: i64 = 0;
    if (this.fn == W_NTH_VALUE) {
      const row = this.kept.row;
      n = load<i64>(this.slot(1, row)) - 1;
      if (this.isNull(1, row) || n < 0) return this.fails("nth_value needs a number above 0");
    }
    const row = frame.place(n, this.fn == W_LAST_VALUE);
    return row < 0 ? this.giveNull(i) : this.give(i, 0, row);
  }
}
