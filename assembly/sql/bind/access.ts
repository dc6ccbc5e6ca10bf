/** Ways to the rows of a table: by which index, between which values, in which order, and what that costs. */
import { VALUE_NULL, valueDiscriminant } from "../../encode/data-type";
import { estimateBelow, estimateEntries, estimateRun } from "../../index/estimates";
import { Column } from "../../schema/column";
import { AccessPath } from "../../query/access-path";
import { Table, TableIndex } from "../../query/store";
import { Batch, VectorColumns } from "../eval/batch";
import { Constant, DEPENDS_ON_OUTER, Expression, Fixed, OuterValue, READS_ROWS } from "../eval/expression";
import { Logic } from "../eval/logic";
import { BOUNDS_FILLED, NULLS_ABOVE, NULLS_BELOW, ScanBounds } from "../run/scan-bounds";
import { DESCENDING, NULLS_FIRST } from "../run/tuples";
import { OP_EQ, OP_GE, OP_GLOB, OP_GT, OP_IS_NOT, OP_LE, OP_LIKE, OP_LT } from "../syntax/operators";
import { ColumnBound, boundOf, isWhole } from "./column-bounds";
import { Condition, addConditions } from "./conditions";

/** What reading costs, in rows that are read one after the other: going down an index, and a record that an index leads to. */
const DESCENT: f64 = 12;
const RECORD: f64 = 6;
const KEY: f64 = 1.5;
/** Sorting a row, for each doubling of their number. */
const SORTED: f64 = 0.8;
/** Looking for a row's group by its key. */
const GROUPED: f64 = 3;

/** Which part of the rows a condition leaves that no index tells of. */
const EQUAL_PART: f64 = 0.1;
export const OTHER_PART: f64 = 0.33;

/** What it costs to sort `rows` rows. */
function sortingCost(rows: f64): f64 {
  return rows * SORTED * Math.log2(rows + 1);
}

/** An order that rows are wanted in: columns of the statement's rows, and for each `DESCENDING` and `NULLS_FIRST`. */
export class WantedOrder {
  /** Columns behind these whose values only have to follow each other where they are equal: rows are grouped by all of them. */
  grouped: Array<i32> = new Array<i32>();
  /** Whether it is for groups, of about so many rows each. */
  isGrouping: bool = false;
  groupRows: f64 = 1;

  constructor(
    readonly places: Array<i32>,
    readonly orders: Array<u32>,
    /** How many rows will be taken, if that is known. */
    readonly rows: f64,
    /** Whether it does not matter where nulls are. */
    readonly anyNulls: bool = false,
  ) {}

  /** What it costs to sort `rows` rows, or to group them by their keys. */
  costOf(rows: f64): f64 {
    return this.isGrouping ? rows * GROUPED : sortingCost(rows);
  }

  /** Which part of `rows` rows in order is looked at before as many are taken as are wanted. */
  partOf(rows: f64): f64 {
    return min<f64>(1, (this.rows * this.groupRows) / rows);
  }
}

/** Where keys have null among a column's values. */
function nullsOf(column: Column): u8 {
  return VALUE_NULL < valueDiscriminant(column.type) ? NULLS_BELOW : NULLS_ABOVE;
}

/** Where nulls are, in a way's order. */
export const NULLS_AS_THEY_ARE: u8 = 0;
const NULLS_BEFORE: u8 = 1;
export const NULLS_BEHIND: u8 = 2;

/** The most parts of an OR that have a scan each. */
const MOST_BRANCHES: i32 = 16;

/** One way. */
export class Access {
  /** What it costs to come to all of its rows; about how many they are, of which the conditions then leave some. */
  cost: f64 = 0;
  rows: f64 = 0;
  /** Whether rows come in the order that is wanted. */
  isOrdered: bool = false;
  /** Where nulls of the order's first column have to be, if the index has them at its other end: two ranges, the nulls apart. */
  nulls: u8 = NULLS_AS_THEY_ARE;
  /** Ways for each part of an OR instead: `path` is the table then. */
  readonly branches: Array<Access> = new Array<Access>();
  either: Logic | null = null;
  /** Values of rows that the table is joined with, which its bounds take from `slots`. */
  readonly joined: Array<Expression> = new Array<Expression>();
  readonly slots: Array<OuterValue> = new Array<OuterValue>();
  /** Conditions that are true for all of its rows. */
  readonly settled: Array<Condition> = new Array<Condition>();

  constructor(
    readonly path: AccessPath,
    readonly bounds: ScanBounds | null,
  ) {}

  get isJoined(): bool {
    return this.joined.length > 0;
  }

  /** Whether it goes by values of a query around this one. */
  get dependsOnOuter(): bool {
    const bounds = this.bounds;
    const columns = new Array<i32>();
    for (let b = 0; b < this.branches.length; b++) if (this.branches[b].dependsOnOuter) return true;
    if (bounds) bounds.addColumns(columns);
    return columns.includes(DEPENDS_ON_OUTER);
  }

  /** Of `nulls` other than as they are: the bounds of the rows that are null there, and of the others. */
  get nullBounds(): Array<ScanBounds> {
    const index = this.path.index!;
    const bounds = this.bounds;
    const made = [new ScanBounds(), new ScanBounds()];
    for (let m = 0; m < 2; m++) {
      for (let e = 0; bounds && e < bounds.equals.length; e++) made[m].addEqual(bounds.equals[e], bounds.takesNull[e]);
    }
    const column = this.path.table.schema.columns[index.columns[made[1].equals.length]];
    made[1].nullsOut = nullsOf(column);
    made[0].addEqual(Constant.null(), true);
    return made;
  }
}

/** What is known of a table's rows before they are looked at. */
export class TableAccess {
  private readonly bounds: Array<ColumnBound> = new Array<ColumnBound>();
  /** The conditions on this table alone, and those of them that are an OR. */
  private readonly own: Array<Condition> = new Array<Condition>();
  private readonly eithers: Array<Condition> = new Array<Condition>();
  private nulls: u8 = NULLS_AS_THEY_ARE;
  /** What `run` found, for each index by the number of columns; 0 for what it was not asked for yet. */
  private readonly runs: Array<StaticArray<f64>> = new Array<StaticArray<f64>>();
  /** The sources whose values are there. */
  private known: u64 = 0;
  probeRows: f64 = 0;
  /** About how many rows there are, and how many of them the conditions leave. */
  readonly all: f64;
  readonly left: f64;

  /**
   * The table's columns are those from `base` on among the columns of the statement's rows; `mine` is its bit among the sources.
   */
  constructor(
    readonly table: Table,
    readonly base: i32,
    conditions: Array<Condition>,
    private readonly mine: u64,
  ) {
    const end = base + table.schema.columns.length;
    let part: f64 = 1;
    for (let c = 0; c < conditions.length; c++) {
      const condition = conditions[c];
      if ((condition.sources & mine) == 0) continue;
      const bound = boundOf(condition.expression, base, end);
      if (bound) {
        bound.sources = condition.sources & ~mine;
        if (isWhole(bound, table.schema.columns[bound.column])) bound.whole = condition;
        if (bound.isJoined || condition.sources == mine) this.bounds.push(bound);
      }
      if (condition.sources == mine) (condition.expression instanceof Logic ? this.eithers : this.own).push(condition);
      if (condition.sources == mine) part *= bound && bound.op == OP_EQ ? EQUAL_PART : OTHER_PART;
    }
    const all = max<f64>(estimateEntries(table.primary.tree), 1);
    this.all = all;
    this.left = max<f64>(all * part, 1);
    for (let i = 0; i < table.indexes.length; i++) this.runs.push(new StaticArray<f64>(table.indexes[i].columns.length + 1));
  }

  /** About how many rows of an index have the same values in its first `columns` columns. */
  private run(i: i32, columns: i32): f64 {
    const index = this.table.indexes[i];
    if (index.unique && columns == index.columns.length) return 1;
    const known = this.runs[i];
    if (known[columns] == 0) known[columns] = min<f64>(estimateRun(index.tree, columns), this.all);
    return known[columns];
  }

  /**
   * What one look for the rows of `known` sources' row costs, by the best index for that; -1 where no index helps. `probeRows` is about how
   * many it finds.
   */
  probe(known: u64): f64 {
    let best: f64 = -1;
    this.known = known;
    for (let i = 0; i < this.table.indexes.length; i++) {
      const columns = this.table.indexes[i].columns;
      let at = 0;
      let isJoined = false;
      for (; at < columns.length; at++) {
        const equal = this.find(columns[at], OP_EQ, OP_EQ);
        if (!equal || equal.list) break;
        isJoined = isJoined || equal.isJoined;
      }
      if (!isJoined) continue;
      const rows = this.run(i, at);
      const cost = DESCENT + rows * RECORD;
      if (best >= 0 && cost >= best) continue;
      best = cost;
      this.probeRows = rows;
    }
    return best;
  }

  /** The cheapest way while rows of `known` sources are there; where rows are wanted in an order, with what sorting costs. */
  best(known: u64, wanted: Array<i32>, order: WantedOrder | null): Access {
    const table = this.table;
    this.known = known;
    let best = new Access(new AccessPath(table), null);
    best.cost = this.all;
    best.rows = this.all;
    let least = best.cost + this.sorting(order);
    for (let i = 0; i < table.indexes.length; i++) {
      const access = this.by(table.indexes[i], wanted, order);
      if (!access) continue;
      const cost = access.isOrdered ? access.cost * order!.partOf(this.left) : access.cost + this.sorting(order);
      if (cost >= least) continue;
      best = access;
      least = cost;
    }
    for (let e = 0; e < this.eithers.length; e++) {
      const access = this.ofEach(<Logic>this.eithers[e].expression, wanted);
      if (!access || access.cost + this.sorting(order) >= least) continue;
      best = access;
      least = access.cost + this.sorting(order);
    }
    return best;
  }

  /** The way to the rows of each part of an OR, one after the other; null where one of them has no index. */
  private ofEach(either: Logic, wanted: Array<i32>): Access | null {
    const made = new Access(new AccessPath(this.table), null);
    if (!either.isOr || either.parts.length > MOST_BRANCHES) return null;
    made.either = either;
    for (let p = 0; p < either.parts.length; p++) {
      const conditions = this.own.slice();
      addConditions(either.parts[p], conditions);
      for (let c = this.own.length; c < conditions.length; c++) conditions[c].sources = this.mine;
      const branch = new TableAccess(this.table, this.base, conditions, this.mine).best(0, wanted, null);
      if (!branch.path.index && !branch.either) return null;
      made.branches.push(branch);
      made.cost += branch.cost + branch.rows;
      made.rows += branch.rows;
    }
    return made;
  }

  /** The way by the index at `position`, with the bounds that there are for it. */
  through(position: i32): Access {
    const index = this.table.indexes[position];
    const access = this.by(index, [], null);
    return access ? access : new Access(new AccessPath(this.table, index), null);
  }

  private sorting(order: WantedOrder | null): f64 {
    return order ? order.costOf(this.left) : 0;
  }

  /** The way by an index; null when there are no bounds for it, and no order is wanted that it has. */
  private by(index: TableIndex, wanted: Array<i32>, order: WantedOrder | null): Access | null {
    const made = new ScanBounds();
    const table = this.table;
    const columns = index.columns;
    const bounds = new Array<ColumnBound>();
    let at = 0;
    for (; at < columns.length; at++) {
      const equal = this.find(columns[at], OP_EQ, OP_EQ);
      if (!equal) break;
      const list = equal.list;
      if (list) {
        made.list = list;
        at += 1;
        break;
      }
      made.addEqual(equal.value!, equal.takesNull);
      bounds.push(equal);
    }
    const next = at < columns.length && !made.list ? columns[at] : -1;
    const from = this.find(next, OP_GT, OP_GE);
    const to = this.find(next, OP_LT, OP_LE);
    const like = this.find(from || to ? -1 : next, OP_LIKE, OP_GLOB);
    if (from) {
      made.lower = from.value;
      made.lowerIsOut = from.op == OP_GT;
      bounds.push(from);
    }
    if (to) {
      made.upper = to.value;
      made.upperIsOut = to.op == OP_LT;
      bounds.push(to);
    }
    if (like) {
      made.like = like.value;
      made.likeOp = like.op;
    }
    if (next >= 0 && !like && (from || to || this.find(next, OP_IS_NOT, OP_IS_NOT)) && table.schema.columns[next].nullable) {
      // Nulls are at one end, where no bound is.
      const nulls = nullsOf(table.schema.columns[next]);
      if (nulls == NULLS_BELOW ? !from : !to) made.nullsOut = nulls;
    }
    const isBound = at > 0 || from !== null || to !== null || like !== null || made.nullsOut != 0;
    const isRange = from !== null || to !== null || like !== null || made.nullsOut != 0;
    this.nulls = NULLS_AS_THEY_ARE;
    const direction = order && !made.list ? this.direction(index, made.equals.length, order, isRange) : 0;
    if (!isBound && direction == 0) return null;
    const path = new AccessPath(this.table, index, direction < 0);
    const access = new Access(path, isBound ? made : null);
    access.isOrdered = direction != 0;
    access.nulls = this.nulls;
    let isSure = true;
    for (let b = 0; b < bounds.length; b++) {
      const whole = bounds[b].whole;
      const value = bounds[b].value!;
      // Behind a value that may be none (`ScanBounds.isCut`) nothing is sure.
      isSure = isSure && value instanceof Fixed;
      if (bounds[b].isJoined) giveSlot(made, value, access);
      else if (isSure && whole) access.settled.push(whole);
    }
    this.count(access, made, at, isRange);
    const isCovered = path.covers(StaticArray.fromArray(wanted));
    access.cost = access.rows * (isCovered ? KEY : RECORD) + DESCENT * (made.list ? made.list!.estimate : 1);
    return access;
  }

  /** Finds out about how many rows a way has: `at` of the index's first columns have values, and the next one a range. */
  private count(access: Access, made: ScanBounds, at: i32, isRange: bool): void {
    const index = access.path.index!;
    const tree = index.tree;
    const list = made.list;
    const many = list ? list.estimate : 1;
    if (index.unique && at == index.columns.length && !made.takesNull.includes(true)) {
      access.rows = many;
      return;
    }
    const isKnown = this.isKnown(made);
    if (access.isJoined || list || !isKnown || !access.bounds) {
      access.rows = at > 0 ? min<f64>(this.run(this.table.indexes.indexOf(index), at) * many, this.all) : this.all;
      if (isRange) access.rows *= OTHER_PART;
    } else {
      const batch = new Batch(new VectorColumns());
      made.addTo(access.path);
      const filled = made.open(access.path, batch) == BOUNDS_FILLED;
      const lower = access.path.lower;
      const upper = access.path.upper;
      const above = !lower ? 0 : estimateBelow(tree, lower.ptr, lower.isExclusive);
      const below = !upper ? 1 : estimateBelow(tree, upper.ptr, !upper.isExclusive);
      access.rows = filled ? this.all * (below - above) : 0;
      made.free();
      batch.free();
    }
    access.rows = max<f64>(access.rows, 1);
  }

  /** Whether the bounds' values are known while the statement is planned. */
  private isKnown(made: ScanBounds): bool {
    const columns = new Array<i32>();
    made.addColumns(columns);
    return !columns.includes(DEPENDS_ON_OUTER) && !columns.includes(READS_ROWS);
  }

  /** 1 where the index has the rows in the order that is wanted, -1 where it has them backwards, 0 where it has not. */
  private direction(index: TableIndex, fixed: i32, order: WantedOrder, isRange: bool): i32 {
    const columns = index.columns;
    let at = fixed;
    let direction = 0;
    for (let o = 0; o < order.places.length; o++) {
      const column = order.places[o] - this.base;
      if (column < 0 || column >= this.table.schema.columns.length) return 0;
      if (this.find(column, OP_EQ, OP_EQ) && columns.indexOf(column) >= 0 && columns.indexOf(column) < fixed) continue;
      if (at == columns.length) {
        // A key tells one row of the table: its other columns order nothing more, but those of others do.
        if (!index.unique || this.hasNull(index)) return 0;
        continue;
      }
      if (columns[at] != column) return 0;
      const subject = this.table.schema.columns[column];
      const isDown = (order.orders[o] & DESCENDING) != 0;
      const step = isDown ? -1 : 1;
      if (direction != 0 && step != direction) return 0;
      direction = step;
      if (subject.nullable && !order.anyNulls && !(isRange && at == fixed)) {
        // Where null is among the values of the column's keys.
        const isFirst = nullsOf(subject) == NULLS_BELOW;
        const wantsFirst = (order.orders[o] & NULLS_FIRST) != 0;
        if (wantsFirst != (isFirst != isDown)) {
          if (at != fixed) return 0;
          this.nulls = wantsFirst ? NULLS_BEFORE : NULLS_BEHIND;
        }
      }
      at += 1;
    }
    let rest = 0;
    for (let g = 0; g < order.grouped.length; g++) {
      const column = order.grouped[g] - this.base;
      if (column < 0 || column >= this.table.schema.columns.length) return 0;
      if (!this.find(column, OP_EQ, OP_EQ) || columns.indexOf(column) < 0 || columns.indexOf(column) >= fixed) rest += 1;
    }
    for (; rest > 0; rest--, at++) {
      if (at == columns.length) return index.unique && !this.hasNull(index) ? max(direction, 1) : 0;
      if (!order.grouped.includes(columns[at] + this.base)) return 0;
    }
    if (order.isGrouping) order.groupRows = this.run(this.table.indexes.indexOf(index), at);
    return direction == 0 ? 1 : direction;
  }

  private hasNull(index: TableIndex): bool {
    for (let c = 0; c < index.columns.length; c++) if (this.table.schema.columns[index.columns[c]].nullable) return true;
    return false;
  }

  /** Of the bounds whose values are there one of `column` by one of the operators. */
  private find(column: i32, op: u8, other: u8): ColumnBound | null {
    let found: ColumnBound | null = null;
    for (let b = 0; b < this.bounds.length; b++) {
      const bound = this.bounds[b];
      if (bound.column != column || (bound.op != op && bound.op != other) || (bound.sources & ~this.known) != 0) continue;
      // One value rather than a list, and one that is the same for all rows rather than another row's.
      if (!found || found.list || (found.isJoined && !bound.isJoined && !bound.list)) found = bound;
    }
    return found;
  }
}

/** Makes the bounds take a value, which is one of rows that the table is joined with, from a slot. */
function giveSlot(made: ScanBounds, value: Expression, access: Access): void {
  const slot = new OuterValue(value.kind);
  const at = made.equals.indexOf(value);
  if (at >= 0) made.equals[at] = slot;
  if (made.lower === value) made.lower = slot;
  if (made.upper === value) made.upper = slot;
  access.joined.push(value);
  access.slots.push(slot);
}
