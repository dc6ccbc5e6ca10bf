/** Conditions of WHERE and ON as single ones that all have to be true, and which index gets at the rows for which they are. */
import { AccessPath } from "../../query/access-path";
import { Table, TableIndex } from "../../query/store";
import { Comparison, InList } from "../eval/compare";
import { ColumnValue, Constant, EVERY_ROW, Expression } from "../eval/expression";
import { Like } from "../eval/like";
import { Logic } from "../eval/logic";
import { Filter, Operator } from "../run/operator";
import { ScanBounds } from "../run/scan-bounds";
import { OP_EQ, OP_GE, OP_GLOB, OP_GT, OP_LE, OP_LIKE, OP_LT, turned } from "../syntax/operators";
import { StatementContext } from "./statement";

/** One of them, and the columns that it reads. */
export class Condition {
  readonly columns: Array<i32> = new Array<i32>();
  isApplied: bool = false;

  constructor(readonly expression: Expression) {
    expression.addColumns(this.columns);
  }

  /** Whether all of its columns are from `first` on and before `end`. */
  isWithin(first: i32, end: i32): bool {
    for (let c = 0; c < this.columns.length; c++) {
      const column = this.columns[c];
      // What every row is to be asked of is for whole rows.
      if (column >= 0 || column == EVERY_ROW ? column < first || column >= end : false) return false;
    }
    return true;
  }

  /** Whether it is the same for all rows. */
  get isFixed(): bool {
    for (let c = 0; c < this.columns.length; c++) if (this.columns[c] >= EVERY_ROW) return false;
    return true;
  }
}

/** Adds what has to be true for `subject` to be: the parts of an AND. */
export function addConditions(subject: Expression, conditions: Array<Condition>): void {
  if (subject instanceof Logic && !(<Logic>subject).isOr) {
    const parts = (<Logic>subject).parts;
    for (let p = 0; p < parts.length; p++) addConditions(parts[p], conditions);
  } else conditions.push(new Condition(subject));
}

/** A condition on a column that an index may decide: the column, and the value that it is compared with. */
class ColumnBound {
  constructor(
    readonly column: i32,
    readonly op: u8,
    /** Null for a list. */
    readonly value: Expression | null,
    readonly list: InList | null,
  ) {}
}

/** Whether an expression is the same for all rows. */
function isFixed(subject: Expression): bool {
  return subject instanceof Constant || new Condition(subject).isFixed;
}

function boundOf(subject: Expression, base: i32, end: i32): ColumnBound | null {
  let column: Expression = subject;
  let value: Expression | null = null;
  let list: InList | null = null;
  let op = OP_EQ;
  if (subject instanceof Comparison) {
    const comparison = <Comparison>subject;
    const isLeft = comparison.a instanceof ColumnValue && isFixed(comparison.b);
    column = isLeft ? comparison.a : comparison.b;
    const other = isLeft ? comparison.b : comparison.a;
    op = isLeft ? comparison.op : turned(comparison.op);
    if (!isLeft && !isFixed(other)) return null;
    value = other;
  } else if (subject instanceof InList) {
    list = <InList>subject;
    if (list.isNot) return null;
    column = list.subject;
  } else if (subject instanceof Like) {
    const like = <Like>subject;
    if (like.isNot || like.escape || (like.op != OP_LIKE && like.op != OP_GLOB) || !isFixed(like.pattern)) return null;
    column = like.subject;
    value = like.pattern;
    op = like.op;
  } else return null;
  if (!(column instanceof ColumnValue)) return null;
  const position = (<ColumnValue>column).position;
  if (position < base || position >= end) return null;
  const isRange = op == OP_LT || op == OP_LE || op == OP_GT || op == OP_GE || op == OP_LIKE || op == OP_GLOB;
  return op == OP_EQ || isRange ? new ColumnBound(position - base, op, value, list) : null;
}

/** A path to rows of a table, and how it is bounded. */
class Access {
  /** How much its bounds are worth; 0 for none. */
  worth: i32 = 0;

  constructor(
    readonly path: AccessPath,
    readonly bounds: ScanBounds | null,
  ) {}
}

/**
 * The way to the rows of `table`, whose columns are those from `base` on, for which the conditions can be true: by the index whose first
 * columns have most values given, else the table itself. The conditions still have to be looked at.
 */
export function chooseAccess(table: Table, base: i32, conditions: Array<Condition>): Access {
  const end = base + table.schema.columns.length;
  const bounds = new Array<ColumnBound>();
  for (let c = 0; c < conditions.length; c++) {
    const bound = boundOf(conditions[c].expression, base, end);
    if (bound) bounds.push(bound);
  }
  let best = new Access(new AccessPath(table), null);
  for (let i = 0; i < table.indexes.length && bounds.length > 0; i++) {
    const access = accessBy(table, table.indexes[i], bounds);
    if (access.worth > best.worth) best = access;
  }
  return best;
}

/** The way by an index, with the bounds that there are for it. */
function accessBy(table: Table, index: TableIndex, bounds: Array<ColumnBound>): Access {
  const made = new ScanBounds();
  const columns = index.columns;
  let at = 0;
  for (; at < columns.length; at++) {
    const equal = find(bounds, columns[at], OP_EQ, OP_EQ);
    if (!equal) break;
    const list = equal.list;
    if (list) {
      made.list = list;
      at += 1;
      break;
    }
    made.equals.push(equal.value!);
  }
  const next = at < columns.length ? columns[at] : -1;
  const from = find(bounds, next, OP_GT, OP_GE);
  const to = find(bounds, next, OP_LT, OP_LE);
  const like = find(bounds, next, OP_LIKE, OP_GLOB);
  if (from) {
    made.lower = from.value;
    made.lowerIsOut = from.op == OP_GT;
  }
  if (to) {
    made.upper = to.value;
    made.upperIsOut = to.op == OP_LT;
  }
  if (like && !from && !to) {
    made.like = like.value;
    made.likeOp = like.op;
  }
  const access = new Access(new AccessPath(table, index), made);
  // Unique keys are worth most, then values that are given, then ranges.
  const isPoint = index.unique && at == columns.length;
  access.worth = (isPoint ? 1000 : 0) + at * 10 + (from || like ? 2 : 0) + (to || like ? 2 : 0) - (made.list ? 1 : 0);
  return access;
}

/** Of the bounds one of `column` by one of the operators; one value rather than a list. */
function find(bounds: Array<ColumnBound>, column: i32, op: u8, other: u8): ColumnBound | null {
  let found: ColumnBound | null = null;
  for (let b = 0; b < bounds.length; b++) {
    const bound = bounds[b];
    if (bound.column == column && (bound.op == op || bound.op == other) && (!found || !bound.list)) found = bound;
  }
  return found;
}

/** Of the conditions those that are not applied yet and read only columns from `first` on and before `end`. */
export function restOf(conditions: Array<Condition>, first: i32, end: i32): Array<Condition> {
  const found = new Array<Condition>();
  for (let c = 0; c < conditions.length; c++) {
    if (!conditions[c].isApplied && conditions[c].isWithin(first, end)) found.push(conditions[c]);
  }
  return found;
}

/** The operator's rows for which the conditions are true, which are applied by that. */
export function filtered(context: StatementContext, operator: Operator, conditions: Array<Condition>): Operator {
  if (conditions.length == 0) return operator;
  const expressions = new Array<Expression>();
  for (let c = 0; c < conditions.length; c++) {
    conditions[c].isApplied = true;
    expressions.push(conditions[c].expression);
  }
  return context.own(new Filter(operator, expressions));
}

/** All of the conditions as one. */
export function together(conditions: Array<Condition>): Expression {
  const parts = new Array<Expression>();
  for (let c = 0; c < conditions.length; c++) {
    conditions[c].isApplied = true;
    parts.push(conditions[c].expression);
  }
  return parts.length == 1 ? parts[0] : new Logic(false, parts);
}
