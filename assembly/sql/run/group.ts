/** GROUP BY and aggregates. */
import { OK, OVERFLOW } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { addDecimals, decimalOfInteger, divideDecimals } from "../../encode/decimal-arithmetic";
import { Arena, MemoryBudget } from "../eval/arena";
import { Batch } from "../eval/batch";
import { addText } from "../eval/cast";
import { compareSlots } from "../eval/compare";
import { Expression, READS_ROWS } from "../eval/expression";
import { select } from "../eval/logic";
import { K_DECIMAL, K_INT, K_TEXT, isBytes } from "../eval/kinds";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { SqlText } from "../sql-text";
import { KeptRows, evaluateAll, giveBack, makeKey } from "./kept-rows";
import { Operator } from "./operator";
import { TupleTable, Tuples, addOrdered, setTupleNumber, tupleNumber } from "./tuples";

export const A_COUNT: u8 = 1;
export const A_SUM: u8 = 2;
export const A_TOTAL: u8 = 3;
export const A_AVG: u8 = 4;
export const A_MIN: u8 = 5;
export const A_MAX: u8 = 6;
export const A_CONCAT: u8 = 7;

/** A group's state: how many values, and a slot: the sum, or the least or greatest value so far. */
const STATE: u32 = 24;
const one: usize = memory.data(16, 8);

/** One aggregate over the rows of each group. */
export class Aggregate {
  private states: usize = 0;
  private capacity: u32 = 0;
  private texts: Array<ByteBuffer> = new Array<ByteBuffer>();
  private readonly kept: Arena;
  private known: TupleTable | null = null;
  private knownTuples: Tuples | null = null;
  private readonly key: ByteBuffer = new ByteBuffer(64);

  /** `subject` is null for count(*); `separator` is for A_CONCAT. */
  constructor(
    readonly fn: u8,
    readonly subject: Expression | null,
    readonly separator: Expression | null,
    readonly where: Expression | null,
    readonly isDistinct: bool,
    readonly kind: u8,
    private readonly text: SqlText,
    private readonly start: u32,
    private readonly budget: MemoryBudget,
  ) {
    this.kept = new Arena(budget);
    if (isDistinct) {
      this.known = new TupleTable();
      this.knownTuples = new Tuples(0, budget);
    }
  }

  /** Adds the columns that it reads to `columns`. */
  addColumns(columns: Array<i32>): void {
    const subject = this.subject;
    const separator = this.separator;
    const where = this.where;
    if (subject) subject.addColumns(columns);
    if (separator) separator.addColumns(columns);
    if (where) where.addColumns(columns);
  }

  /** Makes room for `groups` groups. */
  grow(groups: u32): void {
    if (groups <= this.capacity) return;
    const before = this.capacity;
    this.capacity = max<u32>(groups, max<u32>(16, before << 1));
    const bytes = <usize>this.capacity * STATE;
    this.states = this.states == 0 ? heap.alloc(bytes) : heap.realloc(this.states, bytes);
    memory.fill(this.states + <usize>before * STATE, 0, <usize>(this.capacity - before) * STATE);
    if (this.fn == A_CONCAT) {
      while (<u32>this.texts.length < this.capacity) this.texts.push(new ByteBuffer(16));
    }
  }

  /** Takes the selected rows; `groups` has each one's group. False on failure. The selection is as before afterwards. */
  take(batch: Batch, groups: StaticArray<u32>): bool {
    const where = this.where;
    if (!where) return this.takeSelected(batch, groups);
    const value = where.evaluate(batch);
    if (!value) return false;
    const before = batch.selected;
    const rows = heap.alloc((<usize>max(before, 1)) << 1);
    memory.copy(rows, batch.selection, (<usize>before) << 1);
    select(batch, value, false, false);
    batch.pool.give(value);
    const good = this.takeSelected(batch, groups);
    memory.copy(batch.selection, rows, (<usize>before) << 1);
    batch.selected = before;
    heap.free(rows);
    return good;
  }

  private takeSelected(batch: Batch, groups: StaticArray<u32>): bool {
    const subject = this.subject;
    if (!subject) {
      for (let k = 0; k < batch.selected; k++) {
        const state = this.state(unchecked(groups[batch.row(k)]));
        store<u64>(state, load<u64>(state) + 1);
      }
      return true;
    }
    const values = subject.evaluate(batch);
    if (!values) return false;
    const by = this.separator;
    const separators = by ? by.evaluate(batch) : null;
    let good = !by || separators !== null;
    for (let k = 0; k < batch.selected && good; k++) {
      const i = batch.row(k);
      if (values.isNull(i)) continue;
      const group = unchecked(groups[i]);
      if (this.isDistinct) {
        const isNew = this.isNew(group, values, i);
        if (isNew == 0) continue;
        if (isNew < 0) good = false;
      }
      if (good) good = this.takeValue(group, values, separators, i);
    }
    batch.pool.give(values);
    if (separators) batch.pool.give(separators);
    return good;
  }

  /** 1 when the group has not had the value, 0 when it had, -1 on failure. */
  private isNew(group: u32, values: Vector, i: u32): i32 {
    const key = this.key;
    key.reset();
    key.addU32(group);
    addOrdered(values, i, 0, key);
    const known = this.known!;
    if (known.find(key.ptr, key.len) != 0) return 0;
    const tuple = this.knownTuples!.add([], 0, key);
    return tuple != 0 && known.add(tuple) ? 1 : -1;
  }


  @inline private state(group: u32): usize {
    return this.states + <usize>group * STATE;
  }

  private takeValue(group: u32, values: Vector, separators: Vector | null, i: u32): bool {
    const state = this.state(group);
    const count = load<u64>(state);
    store<u64>(state, count + 1);
    const slot = state + 8;
    const value = values.at(i);
    switch (this.fn) {
      case A_COUNT:
        return true;
      case A_SUM:
        if (this.kind == K_INT) {
          const a = load<i64>(slot);
          const b = load<i64>(value);
          const sum = a + b;
          store<i64>(slot, sum);
          return ((a ^ sum) & (b ^ sum)) >= 0 || this.overflows();
        }
        return addDecimals(slot, value, false, slot) || this.overflows();
      case A_TOTAL:
      case A_AVG:
        return addDecimals(slot, value, false, slot) || this.overflows();
      case A_MIN:
      case A_MAX: {
        if (count > 0) {
          const order = compareSlots(this.kind, value, slot);
          if (this.fn == A_MIN ? order >= 0 : order <= 0) return true;
        }
        store<u64>(slot, load<u64>(value));
        store<u64>(slot, load<u64>(value, 8), 8);
        if (!isBytes(this.kind)) return true;
        const len = load<u32>(value, 4);
        const at = this.kept.take(max<u32>(len, 1));
        if (at == 0) return false;
        memory.copy(at, <usize>load<u32>(value), len);
        store<u32>(slot, <u32>at);
        return true;
      }
      default: {
        const text = this.texts[group];
        const before = text.len;
        if (count > 0) {
          if (!separators) text.addU8(0x2c);
          else if (!separators.isNull(i)) addText(separators.kind, separators.at(i), text);
        }
        addText(values.kind, value, text);
        return this.budget.take(text.len - before) == OK;
      }
    }
  }

  private overflows(): bool {
    this.text.fail(OVERFLOW, "the sum is too large", this.start);
    return false;
  }

  /** Makes row `i` of `vector` the result of a group; false on failure. */
  result(group: u32, vector: Vector, i: u32): bool {
    const state = this.state(group);
    const count = load<u64>(state);
    vector.setNull(i, count == 0 && this.fn != A_COUNT && this.fn != A_TOTAL);
    if (this.fn == A_COUNT) {
      vector.setInt(i, count);
      return true;
    }
    if (this.fn == A_CONCAT) {
      vector.setBytes(i, this.texts[group].ptr, this.texts[group].len);
      return true;
    }
    const to = vector.at(i);
    store<u64>(to, load<u64>(state, 8));
    store<u64>(to, load<u64>(state, 16), 8);
    if (this.fn != A_AVG || count == 0) return true;
    decimalOfInteger(count, one);
    return divideDecimals(to, one, to) || this.overflows();
  }

  /** Forgets all groups. */
  close(): void {
    if (this.states != 0) heap.free(this.states);
    this.states = 0;
    this.capacity = 0;
    while (this.texts.length > 0) this.texts.pop().free();
    this.kept.free();
    const known = this.known;
    if (known) known.close();
    const tuples = this.knownTuples;
    if (tuples) tuples.free();
  }

  free(): void {
    this.close();
    this.key.free();
    const known = this.known;
    if (known) known.free();
  }
}

/** Groups: their keys' values, then the results of aggregates. Without keys there is one group, even of no rows. */
export class Group extends KeptRows {
  private readonly table: TupleTable = new TupleTable();
  private readonly groupOf: StaticArray<u32> = new StaticArray<u32>(BATCH_ROWS);
  private readonly readsRows: bool;

  constructor(
    private readonly input: Operator,
    private readonly by: Array<Expression>,
    private readonly aggregates: Array<Aggregate>,
    kinds: Array<u8>,
    budget: MemoryBudget,
  ) {
    super(kinds, budget);
    this.inputs.push(input);
    const columns = new Array<i32>();
    for (let b = 0; b < by.length; b++) by[b].addColumns(columns);
    for (let a = 0; a < aggregates.length; a++) aggregates[a].addColumns(columns);
    this.readsRows = columns.includes(READS_ROWS);
  }

  protected fill(): bool {
    const batch = this.input.batch;
    const keys = new Array<Vector | null>();
    const orders = new StaticArray<u32>(this.by.length);
    const values = new Array<Vector | null>();
    if (this.by.length == 0 && this.newGroup(values, 0) == 0) return false;
    while (this.input.next()) {
      if (this.readsRows && !batch.columns.keep(batch)) return false;
      if (!evaluateAll(this.by, batch, keys)) return false;
      for (let c = 0; c < this.kinds.length; c++) values.push(c < keys.length ? keys[c] : null);
      let good = true;
      for (let k = 0; k < batch.selected && good; k++) {
        const i = batch.row(k);
        makeKey(keys, orders, i, this.key);
        let tuple = this.table.find(this.key.ptr, this.key.len);
        if (tuple == 0) tuple = this.newGroup(values, i);
        good = tuple != 0;
        if (good) unchecked((this.groupOf[i] = tupleNumber(tuple)));
      }
      values.length = 0;
      giveBack(keys, batch);
      for (let a = 0; a < this.aggregates.length && good; a++) {
        const aggregate = this.aggregates[a];
        aggregate.grow(this.list.count);
        good = aggregate.take(batch, this.groupOf);
      }
      if (!good) return false;
    }
    if (this.input.status != OK) return false;
    return this.finish();
  }

  /** Makes a group with the key in `key`; 0 on failure. */
  private newGroup(values: Array<Vector | null>, i: u32): usize {
    if (values.length == 0) {
      this.key.reset();
      for (let c = 0; c < this.kinds.length; c++) values.push(null);
    }
    const tuple = this.tuples.add(values, i, this.key);
    if (tuple == 0 || !this.table.add(tuple)) return 0;
    setTupleNumber(tuple, this.list.count);
    this.list.push(tuple);
    return tuple;
  }

  /** Puts the results behind the keys. */
  private finish(): bool {
    const one = new Vector();
    let good = true;
    for (let a = 0; a < this.aggregates.length && good; a++) {
      const aggregate = this.aggregates[a];
      aggregate.grow(max<u32>(this.list.count, 1));
      one.kind = aggregate.kind;
      const column = this.by.length + a;
      for (let g: u32 = 0; g < this.list.count && good; g++) {
        good = aggregate.result(g, one, 0) && this.tuples.set(this.list.at(g), column, one, 0);
      }
    }
    one.free();
    return good;
  }

  close(): void {
    super.close();
    for (let a = 0; a < this.aggregates.length; a++) this.aggregates[a].close();
    this.table.close();
  }

  free(): void {
    super.free();
    for (let a = 0; a < this.aggregates.length; a++) this.aggregates[a].free();
    this.table.free();
  }

  describe(): string {
    return this.by.length == 0 ? "aggregate" : "group";
  }
}

/** The kind of an aggregate's result over values of `kind`. */
export function aggregateKind(fn: u8, kind: u8): u8 {
  switch (fn) {
    case A_COUNT:
      return K_INT;
    case A_TOTAL:
    case A_AVG:
      return K_DECIMAL;
    case A_SUM:
      return kind == K_INT ? K_INT : K_DECIMAL;
    case A_CONCAT:
      return K_TEXT;
    default:
      return kind;
  }
}
