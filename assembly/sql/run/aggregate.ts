/** Aggregates: COUNT, SUM and the like over the rows of each group. */
import { OK, OVERFLOW, SQL_LIMIT } from "../../status";
import { compareBytes } from "../../encode/bytes";
import { ByteBuffer } from "../../encode/byte-buffer";
import { addDecimals, decimalOfInteger, decimalOfWide, divideDecimals } from "../../encode/decimal-arithmetic";
import { Arena } from "../eval/arena";
import { MemoryBudget } from "../../store/memory-budget";
import { Batch } from "../eval/batch";
import { addText } from "../eval/cast";
import { isNoCase } from "../eval/collation";
import { compareFolded, compareSlots } from "../eval/compare";
import { Expression } from "../eval/expression";
import { addJsonForm } from "../eval/json-form";
import { restoreSelection, saveSelection, select } from "../eval/logic";
import { K_DECIMAL, K_INT, K_JSON, K_TEXT, isBytes } from "../eval/kinds";
import { Vector } from "../eval/vector";
import { SqlText } from "../sql-text";
import { evaluateAll, giveBack } from "./kept-rows";
import { KeySet, NO_VALUES } from "./key-set";
import { Sorter } from "./sorter";
import { NO_CASE, addOrdered, tupleKey, tupleKeyLen } from "./tuples";

export const A_COUNT: u8 = 1;
export const A_SUM: u8 = 2;
export const A_TOTAL: u8 = 3;
export const A_AVG: u8 = 4;
export const A_MIN: u8 = 5;
export const A_MAX: u8 = 6;
/** Those from here on make text, in which the order of rows is seen. */
export const A_CONCAT: u8 = 7;
export const A_JSON_ARRAY: u8 = 8;
export const A_JSON_OBJECT: u8 = 9;

const NAMES: StaticArray<string> = [
  "",
  "count",
  "sum",
  "total",
  "avg",
  "min",
  "max",
  "group_concat",
  "json_group_array",
  "json_group_object",
];

/** The aggregate called `name`, in lower case. */
export function aggregateOf(name: string): u8 {
  const fn = NAMES.indexOf(name);
  return fn < 0 ? A_CONCAT : <u8>fn;
}

/** A group's state: how many values, and a slot: the sum, or the least or greatest value so far. */
const STATE: u32 = 24;
/** About so many bytes take those that make text more. */
const TEXT: u32 = 64;
const one: usize = memory.data(16, 8);

/** One aggregate over the rows of each group. */
export class Aggregate {
  /** The kind of its result. */
  kind: u8 = K_INT;
  /** Whether its result is JSON that is read as other elements are. */
  givesElements: bool = false;
  /** What it is over; null for count(*). */
  subject: Expression | null = null;
  /** Whether texts are compared whatever the case of ASCII letters. */
  foldsCase: bool = false;
  /** What stands between texts, or the values of a JSON object, whose names are the subject. */
  second: Expression | null = null;
  /** The rows that it takes; null: all. */
  where: Expression | null = null;
  private states: usize = 0;
  private capacity: u32 = 0;
  private textBytes: u64 = 0;
  private texts: Array<ByteBuffer> = new Array<ByteBuffer>();
  private readonly kept: Arena;
  /** DISTINCT: the values that are known, and rows with others, where those are as many as there is room for. */
  private known: KeySet | null = null;
  private aside: Sorter | null = null;
  private isKnownFull: bool = false;
  private readonly key: ByteBuffer = new ByteBuffer(64);
  /** ORDER BY: its values, and all rows until they are sorted. */
  private by: Array<Expression> = new Array<Expression>();
  private orders: Array<u32> = new Array<u32>();
  private sorted: Sorter | null = null;
  /** All that is worked out for a batch, and its values. */
  private readonly expressions: Array<Expression> = new Array<Expression>();
  private readonly vectors: Array<Vector | null> = new Array<Vector | null>();
  private readonly pair: Array<Vector | null> = [null, null];

  constructor(
    readonly fn: u8,
    private readonly text: SqlText,
    private readonly start: u32,
    private readonly budget: MemoryBudget,
  ) {
    this.kept = new Arena(budget);
  }

  /** Makes it one over `subject`, or over its different values. */
  over(subject: Expression, isDistinct: bool): void {
    this.subject = subject;
    this.foldsCase = isNoCase(subject);
    this.kind = kindOver(this.fn, subject.kind);
    if (!isDistinct) return;
    this.known = new KeySet(this.budget, 0, true);
  }

  /** Whether its state is a sum of integers, of 128 bits: as many as there can be do not go over. */
  private get isWide(): bool {
    const subject = this.subject;
    return this.fn == A_AVG && subject !== null && subject.kind == K_INT;
  }

  get isDistinct(): bool {
    return this.known !== null;
  }

  /** Its values come in the order of these, with an order (tuples.ts) each. */
  sortBy(by: Array<Expression>, orders: Array<u32>): void {
    this.by = by;
    this.orders = orders;
    this.sorted = new Sorter(2, this.budget);
  }

  /** Adds the columns that it reads to `columns`. */
  addColumns(columns: Array<i32>): void {
    const subject = this.subject;
    const second = this.second;
    const where = this.where;
    if (subject) subject.addColumns(columns);
    if (second) second.addColumns(columns);
    if (where) where.addColumns(columns);
    for (let b = 0; b < this.by.length; b++) this.by[b].addColumns(columns);
  }

  /** Bytes that it keeps of groups. */
  get held(): u64 {
    const known = this.known;
    return <u64>this.capacity * this.groupBytes + this.textBytes + this.kept.held + (known ? known.held : 0);
  }

  private get groupBytes(): u32 {
    return this.fn >= A_CONCAT ? STATE + TEXT : STATE;
  }

  /** Makes room for `groups` groups. */
  grow(groups: u32): void {
    if (groups <= this.capacity) return;
    const before = this.capacity;
    this.capacity = max<u32>(groups, max<u32>(16, before << 1));
    const bytes = <usize>this.capacity * STATE;
    this.budget.take(<u64>(this.capacity - before) * this.groupBytes, 0);
    this.states = this.states == 0 ? heap.alloc(bytes) : heap.realloc(this.states, bytes);
    memory.fill(this.states + <usize>before * STATE, 0, <usize>(this.capacity - before) * STATE);
    if (this.fn >= A_CONCAT) {
      while (<u32>this.texts.length < this.capacity) this.texts.push(new ByteBuffer(16));
    }
  }

  /**
   * Takes the selected rows; `groups` has each one's group, null where all are of the first one. False on failure. The selection is as
   * before afterwards.
   */
  take(batch: Batch, groups: StaticArray<u32> | null): bool {
    const where = this.where;
    if (!where) return this.takeSelected(batch, groups);
    const value = where.evaluate(batch);
    if (!value) return false;
    const all = saveSelection(batch);
    select(batch, value, false, false);
    batch.pool.give(value);
    const good = this.takeSelected(batch, groups);
    restoreSelection(batch, all);
    return good;
  }

  private takeSelected(batch: Batch, groups: StaticArray<u32> | null): bool {
    const subject = this.subject;
    if (!subject && !groups) {
      store<u64>(this.states, load<u64>(this.states) + batch.selected);
      return true;
    }
    if (!subject) {
      for (let k = 0; k < batch.selected; k++) {
        const state = this.state(unchecked(groups![batch.row(k)]));
        store<u64>(state, load<u64>(state) + 1);
      }
      return true;
    }
    const vectors = this.vectors;
    const second = this.second;
    const expressions = this.expressions;
    if (expressions.length == 0) {
      for (let b = 0; b < this.by.length; b++) expressions.push(this.by[b]);
      expressions.push(subject);
      if (second) expressions.push(second);
    }
    if (!evaluateAll(expressions, batch, vectors)) return false;
    const values = vectors[this.by.length]!;
    const others = second ? vectors[this.by.length + 1] : null;
    let good = true;
    const isPlain = !this.isDistinct && !this.sorted && (this.fn == A_COUNT || this.kind == K_INT || this.isWide);
    if (isPlain) good = groups ? this.takeIntegers(batch, groups, values) : this.takeAll(batch, values);
    for (let k = 0; k < batch.selected && good && !isPlain; k++) {
      const i = batch.row(k);
      if (values.isNull(i) && this.fn != A_JSON_ARRAY) continue;
      const group = groups ? unchecked(groups[i]) : 0;
      good = this.isDistinct ? this.takeNew(group, vectors, values, others, i) : this.takeOne(group, vectors, values, others, i);
    }
    giveBack(vectors, batch);
    return good;
  }

  /** Counts values, or takes integers: the same as `takeValue` for each, but for the function that is looked at once. */
  private takeIntegers(batch: Batch, groups: StaticArray<u32>, values: Vector): bool {
    const fn = this.fn;
    const turn: i64 = fn == A_MAX ? -1 : 0;
    let overflow: i64 = 0;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      if (values.isNull(i)) continue;
      const state = this.state(unchecked(groups[i]));
      const count = load<u64>(state);
      store<u64>(state, count + 1);
      if (fn == A_COUNT) continue;
      const b = values.int(i);
      if (fn == A_AVG) {
        addWide(state + 8, b, b >> 63);
        continue;
      }
      const a = load<i64>(state, 8);
      if (fn == A_SUM) {
        const sum = a + b;
        store<i64>(state, sum, 8);
        overflow |= (a ^ sum) & (b ^ sum);
      } else if (count == 0 || (b ^ turn) < (a ^ turn)) store<i64>(state, b, 8);
    }
    return overflow >= 0 || this.overflows();
  }

  /** The same where all rows are of one group. */
  private takeAll(batch: Batch, values: Vector): bool {
    const fn = this.fn;
    const turn: i64 = fn == A_MAX ? -1 : 0;
    const state = this.states;
    let overflow: i64 = 0;
    let count = load<u64>(state);
    let a = load<i64>(state, 8);
    // The sum of a batch's lower halves, and of the upper ones, fits.
    let low: u64 = 0;
    let high: i64 = 0;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      if (values.isNull(i)) continue;
      count += 1;
      const b = values.int(i);
      if (fn == A_AVG) {
        low += b & 0xffffffff;
        high += b >> 32;
      } else if (fn == A_SUM) {
        const sum = a + b;
        overflow |= (a ^ sum) & (b ^ sum);
        a = sum;
      } else if (fn != A_COUNT) a = count == 1 || (b ^ turn) < (a ^ turn) ? b : a;
    }
    store<u64>(state, count);
    if (fn != A_AVG) store<i64>(state, a, 8);
    else {
      addWide(state + 8, low, 0);
      addWide(state + 8, high << 32, high >> 32);
    }
    return overflow >= 0 || this.overflows();
  }

  /** Takes a row, or keeps it until all are there. */
  private takeOne(group: u32, by: Array<Vector | null>, values: Vector, others: Vector | null, i: u32): bool {
    return this.sorted ? this.keep(group, by, values, others, i) : this.takeValue(group, values, others, i);
  }

  /** Takes a row of DISTINCT if its value is a new one, or puts it aside where that can't be known yet. */
  private takeNew(group: u32, all: Array<Vector | null>, values: Vector, second: Vector | null, i: u32): bool {
    const known = this.known!;
    const key = this.key;
    key.reset();
    key.addU32(group);
    addOrdered(values, i, isNoCase(this.subject!) ? NO_CASE : 0, key);
    if (known.find(key) != 0) return true;
    if (this.isKnownFull) return this.aside!.add(all, i, key);
    if (known.addNew(NO_VALUES, 0, key) == 0) return false;
    if (known.tuples.isFull) {
      if (!this.budget.mayPutAside()) return false;
      this.isKnownFull = true;
      if (!this.aside) this.aside = new Sorter(this.expressions.length, this.budget);
    }
    return this.takeOne(group, all, values, second, i);
  }

  /** Keeps a row until all are there. */
  private keep(group: u32, by: Array<Vector | null>, values: Vector, others: Vector | null, i: u32): bool {
    const key = this.key;
    key.reset();
    key.addU32(bswap<u32>(group));
    for (let b = 0; b < this.by.length; b++) addOrdered(by[b]!, i, this.orders[b], key);
    const pair = this.pair;
    pair[0] = values;
    pair[1] = others;
    return this.sorted!.add(pair, i, key);
  }

  /** Takes the rows that were kept, now that all are there; false on failure. */
  finish(): bool {
    return (!this.isKnownFull || this.takeOthers()) && (!this.sorted || this.takeSorted());
  }

  /** Takes of the rows of DISTINCT that were put aside those with new values: equal ones follow each other. */
  private takeOthers(): bool {
    const aside = this.aside!;
    const vectors = this.vectors;
    const last = new ByteBuffer(64);
    for (let e = 0; e < this.expressions.length; e++) vectors.push(Vector.of(this.expressions[e].kind));
    const values = vectors[this.by.length]!;
    const second: Vector | null = this.second ? vectors[this.by.length + 1] : null;
    let good = aside.finish();
    for (let tuple = good ? aside.next() : 0; tuple != 0 && good; tuple = aside.next()) {
      const key = tupleKey(tuple);
      const len = tupleKeyLen(tuple);
      if (compareBytes(last.ptr, last.len, key, len) == 0) continue;
      last.reset();
      last.addBytes(key, len);
      for (let v = 0; v < vectors.length; v++) aside.get(tuple, v, vectors[v]!);
      good = this.takeOne(load<u32>(key), vectors, values, second, 0);
    }
    while (vectors.length > 0) vectors.pop()!.free();
    last.free();
    return good && !aside.hasFailed;
  }

  private takeSorted(): bool {
    const sorted = this.sorted!;
    if (!sorted.finish()) return false;
    const values = Vector.of(this.subject!.kind);
    const second = this.second;
    const others = Vector.of(second ? second.kind : values.kind);
    let good = true;
    for (let tuple = sorted.next(); tuple != 0 && good; tuple = sorted.next()) {
      sorted.get(tuple, 0, values);
      sorted.get(tuple, 1, others);
      good = this.takeValue(bswap<u32>(load<u32>(tupleKey(tuple))), values, second ? others : null, 0);
    }
    values.free();
    others.free();
    return good && !sorted.hasFailed;
  }


  @inline private state(group: u32): usize {
    return this.states + <usize>group * STATE;
  }

  private takeValue(group: u32, values: Vector, others: Vector | null, i: u32): bool {
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
        if (this.isWide) {
          addWide(slot, load<i64>(value), load<i64>(value) >> 63);
          return true;
        }
        return addDecimals(slot, value, false, slot) || this.overflows();
      case A_MIN:
      case A_MAX: {
        if (count > 0) {
          const order = this.foldsCase ? compareFolded(value, slot) : compareSlots(this.kind, value, slot);
          if (this.fn == A_MIN ? order >= 0 : order <= 0) return true;
        }
        if (!isBytes(this.kind)) {
          store<u64>(slot, load<u64>(value));
          store<u64>(slot, load<u64>(value, 8), 8);
          return true;
        }
        // Behind a slot's address and length is how much there is room for.
        const len = load<u32>(value, 4);
        const room = load<u32>(slot, 8);
        if (len > room || room == 0) {
          const more = max<u32>(len, max<u32>(room << 1, 16));
          const at = this.kept.take(more);
          if (at == 0) return false;
          store<u32>(slot, <u32>at);
          store<u32>(slot, more, 8);
        }
        memory.copy(<usize>load<u32>(slot), <usize>load<u32>(value), len);
        store<u32>(slot, len, 4);
        return true;
      }
    }
    const text = this.texts[group];
    const before = text.len;
    let second: usize = 0;
    let secondKind: u8 = 0;
    let isSecondNull = false;
    if (others) {
      second = others.at(i);
      secondKind = others.kind;
      isSecondNull = others.isNull(i);
    }
    const isNull = values.isNull(i);
    const good = addPiece(this.fn, count > 0, values.kind, value, isNull, secondKind, second, isSecondNull, text);
    if (!good) this.text.fail(SQL_LIMIT, TOO_DEEP, this.start);
    const held = this.textBytes;
    this.textBytes = held + text.len - before;
    return this.budget.take(text.len - before, held) == OK && good;
  }

  private overflows(): bool {
    this.text.fail(OVERFLOW, "the sum is too large", this.start);
    return false;
  }

  /** Makes row `i` of `vector` the result of a group, once; false on failure. */
  result(group: u32, vector: Vector, i: u32): bool {
    const state = this.state(group);
    const count = load<u64>(state);
    const isJson = this.fn >= A_JSON_ARRAY;
    vector.setNull(i, count == 0 && this.fn != A_COUNT && this.fn != A_TOTAL && !isJson);
    if (this.fn == A_COUNT) {
      vector.setInt(i, count);
      return true;
    }
    if (this.fn >= A_CONCAT) {
      const text = this.texts[group];
      const isArray = this.fn == A_JSON_ARRAY;
      if (isJson && count == 0) text.addU8(isArray ? 0x5b : 0x7b);
      if (isJson) text.addU8(isArray ? 0x5d : 0x7d);
      vector.setBytes(i, text.ptr, text.len);
      return true;
    }
    const to = vector.at(i);
    store<u64>(to, load<u64>(state, 8));
    store<u64>(to, load<u64>(state, 16), 8);
    if (this.fn != A_AVG || count == 0) return true;
    return divideSum(to, count, this.isWide) || this.overflows();
  }

  /** Forgets all groups. */
  close(): void {
    if (this.states != 0) heap.free(this.states);
    this.budget.give(<u64>this.capacity * this.groupBytes);
    this.budget.give(this.textBytes);
    this.textBytes = 0;
    this.states = 0;
    this.capacity = 0;
    while (this.texts.length > 0) this.texts.pop().free();
    this.kept.free();
    const known = this.known;
    if (known) known.close();
    this.isKnownFull = false;
    const aside = this.aside;
    if (aside) aside.close();
    const sorted = this.sorted;
    if (sorted) sorted.close();
  }

  free(): void {
    this.close();
    this.key.free();
    const known = this.known;
    if (known) known.free();
    const aside = this.aside;
    if (aside) aside.free();
    const sorted = this.sorted;
    if (sorted) sorted.free();
  }
}

/** Adds an integer to one of 128 bits. */
export function addWide(target: usize, low: u64, high: i64): void {
  const before = load<u64>(target);
  store<u64>(target, before + low);
  store<i64>(target, load<i64>(target, 8) + high + i64(before + low < before), 8);
}

/** Makes a sum the average of so many values, of which there are some; with `isWide` it is of 128 bits. False on overflow. */
export function divideSum(sum: usize, count: u64, isWide: bool): bool {
  if (isWide) decimalOfWide(load<u64>(sum), load<i64>(sum, 8), sum);
  decimalOfInteger(count, one);
  return divideDecimals(sum, one, sum);
}

/** Why `addPiece` fails. */
export const TOO_DEEP: string = "JSON that is nested too deep to be inside of other JSON";

/**
 * Appends a value to the text of an aggregate from `A_CONCAT` on, behind others or not, with the second value of the call, whose slot is 0
 * where it has none. False when JSON would be too deep.
 */
export function addPiece(
  fn: u8,
  isBehind: bool,
  kind: u8,
  slot: usize,
  isNull: bool,
  secondKind: u8,
  second: usize,
  isSecondNull: bool,
  text: ByteBuffer,
): bool {
  if (fn == A_CONCAT) {
    if (isBehind && second == 0) text.addU8(0x2c);
    else if (isBehind && !isSecondNull) addText(secondKind, second, text);
    addText(kind, slot, text);
    return true;
  }
  text.addU8(isBehind ? 0x2c : fn == A_JSON_ARRAY ? 0x5b : 0x7b);
  if (!addJsonForm(kind, slot, isNull, text)) return false;
  if (second == 0) return true;
  text.addU8(0x3a);
  return addJsonForm(secondKind, second, isSecondNull, text);
}

/** The kind of an aggregate's result over values of `kind`. */
function kindOver(fn: u8, kind: u8): u8 {
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
    case A_JSON_ARRAY:
    case A_JSON_OBJECT:
      return K_JSON;
    default:
      return kind;
  }
}
