/** AND, OR, NOT, IS NULL, CASE: what decides for which rows others are worked out. */
import { mayRun } from "../../wasi/deadline";
import { Batch, selectBetween } from "./batch";
import { Comparison } from "./compare";
import { Expression } from "./expression";
import { K_BOOLEAN } from "./kinds";
import { Vector } from "./vector";

/** Keeps which rows are selected, to go back to by `restoreSelection`. */
export function saveSelection(batch: Batch): usize {
  const bytes = (<usize>batch.selected) << 1;
  const saved = heap.alloc(4 + bytes);
  store<i32>(saved, batch.selected);
  memory.copy(saved + 4, batch.selection, bytes);
  return saved;
}

export function restoreSelection(batch: Batch, saved: usize): void {
  batch.selected = load<i32>(saved);
  memory.copy(batch.selection, saved + 4, (<usize>batch.selected) << 1);
  heap.free(saved);
}

/**
 * Selects of the rows those for which `subject` is true; with `isFalse` those for which it is false, with `open` those where it is null as
 * well.
 */
export function select(batch: Batch, subject: Vector, isFalse: bool, open: bool): void {
  const wanted: i64 = isFalse ? 0 : 1;
  selectBetween(batch, subject, wanted, wanted, open);
}

/**
 * AND or OR of several: false (true) as soon as one is, else null if one is null. The others are not worked out for rows that are decided.
 */
export class Logic extends Expression {
  constructor(
    readonly isOr: bool,
    readonly parts: Array<Expression>,
  ) {
    super(K_BOOLEAN);
  }

  evaluate(batch: Batch): Vector | null {
    const result = batch.pool.take(K_BOOLEAN);
    const unlessDecided: i64 = this.isOr ? 0 : 1;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      result.setInt(i, unlessDecided);
      result.setNull(i, false);
    }
    const all = saveSelection(batch);
    let good = true;
    for (let p = 0; p < this.parts.length && batch.selected > 0; p++) {
      const part = unchecked(this.parts[p]).evaluate(batch);
      if (!part) {
        good = false;
        break;
      }
      for (let k = 0; k < batch.selected; k++) {
        const i = batch.row(k);
        if (part.isNull(i)) result.setNull(i, true);
        else if (part.int(i) != unlessDecided) {
          result.setInt(i, 1 - unlessDecided);
          result.setNull(i, false);
        }
      }
      select(batch, part, this.isOr, true);
      batch.pool.give(part);
    }
    restoreSelection(batch, all);
    if (good) return result;
    batch.pool.give(result);
    return null;
  }

  addColumns(columns: Array<i32>): void {
    for (let p = 0; p < this.parts.length; p++) this.parts[p].addColumns(columns);
  }
}

export class Not extends Expression {
  constructor(readonly subject: Expression) {
    super(K_BOOLEAN);
  }

  evaluate(batch: Batch): Vector | null {
    const subject = this.subject.evaluate(batch);
    if (!subject) return null;
    const result = batch.pool.take(K_BOOLEAN);
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      result.setInt(i, subject.int(i) ^ 1);
      store<u8>(result.nulls + i, load<u8>(subject.nulls + i));
    }
    batch.pool.give(subject);
    return result;
  }

  addColumns(columns: Array<i32>): void {
    this.subject.addColumns(columns);
  }
}

/** IS NULL, or with `isNot` IS NOT NULL. */
export class IsNull extends Expression {
  constructor(
    readonly subject: Expression,
    readonly isNot: bool,
  ) {
    super(K_BOOLEAN);
  }

  evaluate(batch: Batch): Vector | null {
    const subject = this.subject.evaluate(batch);
    if (!subject) return null;
    const result = batch.pool.take(K_BOOLEAN);
    const turn: i64 = this.isNot ? 1 : 0;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      result.setInt(i, (<i64>load<u8>(subject.nulls + i)) ^ turn);
      result.setNull(i, false);
    }
    batch.pool.give(subject);
    return result;
  }

  addColumns(columns: Array<i32>): void {
    this.subject.addColumns(columns);
  }
}

/** CASE: of the first condition that is true its value, else `other`. COALESCE and IIF are the same with other conditions. */
export class Case extends Expression {
  constructor(
    readonly conditions: Array<Expression>,
    readonly values: Array<Expression>,
    readonly other: Expression,
    kind: u8,
  ) {
    super(kind);
  }

  evaluate(batch: Batch): Vector | null {
    const result = batch.pool.take(this.kind);
    const all = saveSelection(batch);
    let good = true;
    for (let c = 0; c < this.conditions.length && good && batch.selected > 0; c++) {
      const condition = unchecked(this.conditions[c]).evaluate(batch);
      good = condition !== null;
      if (!condition) break;
      const undecided = saveSelection(batch);
      select(batch, condition, false, false);
      good = this.take(unchecked(this.values[c]), batch, result);
      restoreSelection(batch, undecided);
      selectNotTrue(batch, condition);
      batch.pool.give(condition);
    }
    if (good && batch.selected > 0) good = this.take(this.other, batch, result);
    restoreSelection(batch, all);
    if (good) return result;
    batch.pool.give(result);
    return null;
  }

  /** Takes the values of `from` for the rows that are selected. */
  private take(from: Expression, batch: Batch, result: Vector): bool {
    if (batch.selected == 0) return true;
    const values = from.evaluate(batch);
    if (!values) return false;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      result.copy(i, values, i);
    }
    batch.pool.give(values);
    return true;
  }

  addColumns(columns: Array<i32>): void {
    for (let c = 0; c < this.conditions.length; c++) {
      this.conditions[c].addColumns(columns);
      this.values[c].addColumns(columns);
    }
    this.other.addColumns(columns);
  }
}

/** Selects of the rows those for which `subject` is false or null. */
function selectNotTrue(batch: Batch, subject: Vector): void {
  select(batch, subject, true, true);
}

/** Selects of the batch's rows those for which `condition` is true; false on failure. */
export function filter(batch: Batch, condition: Expression): bool {
  if (!mayRun()) return false;
  if (condition instanceof Comparison && (<Comparison>condition).isRange) return (<Comparison>condition).select(batch);
  const value = condition.evaluate(batch);
  if (!value) return false;
  select(batch, value, false, false);
  batch.pool.give(value);
  return true;
}
