/** What conditions say of columns, for an index to go by. */
import { TYPE_INT64, isInteger } from "../../encode/data-type";
import { Column } from "../../schema/column";
import { Cast } from "../eval/cast";
import { Comparison, InList, ListPoints } from "../eval/compare";
import { ColumnValue, Constant, Expression, Fixed } from "../eval/expression";
import { K_DECIMAL, K_INT, K_JSON, K_TEXT } from "../eval/kinds";
import { Like } from "../eval/like";
import { IsNull } from "../eval/logic";
import { Points } from "../eval/points";
import { InQuery } from "../run/in-query";
import { OP_EQ, OP_GE, OP_GLOB, OP_GT, OP_IS, OP_IS_NOT, OP_LE, OP_LIKE, OP_LT, turned } from "../syntax/operators";
import { Condition } from "./conditions";

/** A condition on a column that an index may decide: the column, and what it is compared with. */
export class ColumnBound {
  /** The sources that the value reads. */
  sources: u64 = 0;
  /** What it is of, where it says no less: rows within the bound need not be asked. */
  whole: Condition | null = null;

  constructor(
    readonly column: i32,
    readonly op: u8,
    /** Null for a list. */
    readonly value: Expression | null,
    readonly list: Points | null,
    /** Whether the value is that of a row which this table's are joined with. */
    readonly isJoined: bool,
    /** Whether null is a value like others. */
    readonly takesNull: bool = false,
  ) {}
}

/** Whether rows within the bound are just those for which its condition is true: integers, of which the column can have the value. */
export function isWhole(bound: ColumnBound, column: Column): bool {
  const value = bound.value;
  if (!value || bound.takesNull || !(value instanceof Fixed) || value.kind != K_INT) return false;
  // Where a range's end is none that the column can have it is open.
  return bound.op == OP_EQ ? isInteger(column.type) : column.type == TYPE_INT64 && !column.nullable;
}

/** What a condition says of one of the columns from `base` on and before `end`; null when it is nothing that an index can use. */
export function boundOf(subject: Expression, base: i32, end: i32): ColumnBound | null {
  if (subject instanceof Comparison) {
    const comparison = <Comparison>subject;
    const bound = sideBound(comparison.a, comparison.b, comparison.op, base, end);
    return bound ? bound : sideBound(comparison.b, comparison.a, turned(comparison.op), base, end);
  }
  if (subject instanceof IsNull) {
    const test = <IsNull>subject;
    const column = columnOf(test.subject, base, end);
    return column < 0 ? null : new ColumnBound(column, test.isNot ? OP_IS_NOT : OP_EQ, Constant.null(), null, false, true);
  }
  if (subject instanceof InList) {
    const list = <InList>subject;
    const column = list.isNot ? -1 : equalColumn(list.subject, base, end);
    return column < 0 ? null : new ColumnBound(column, OP_EQ, null, new ListPoints(list), false);
  }
  if (subject instanceof InQuery) {
    const query = <InQuery>subject;
    const column = equalColumn(query.subject, base, end);
    if (column < 0) return null;
    const points = query.pointsOf();
    return points ? new ColumnBound(column, OP_EQ, null, points, false) : null;
  }
  if (subject instanceof Like) {
    const like = <Like>subject;
    const column = like.isNot || like.escape ? -1 : columnOf(like.subject, base, end);
    if (column < 0 || (like.op != OP_LIKE && like.op != OP_GLOB) || !new Condition(like.pattern).isFixed) return null;
    return new ColumnBound(column, like.op, like.pattern, null, false);
  }
  return null;
}

function columnOf(subject: Expression, base: i32, end: i32): i32 {
  if (!(subject instanceof ColumnValue) || subject.kind == K_JSON) return -1;
  const position = (<ColumnValue>subject).position;
  return position >= base && position < end ? position - base : -1;
}

/** The same for what it is equal to: an integer that is compared as a decimal is one of the column, if the decimal is whole. */
function equalColumn(subject: Expression, base: i32, end: i32): i32 {
  const isWidened = subject instanceof Cast && subject.kind == K_DECIMAL && (<Cast>subject).subject.kind != K_TEXT;
  return columnOf(isWidened ? (<Cast>subject).subject : subject, base, end);
}

function sideBound(subject: Expression, value: Expression, op: u8, base: i32, end: i32): ColumnBound | null {
  const takesNull = op == OP_IS;
  if (takesNull) op = OP_EQ;
  const column = op == OP_EQ ? equalColumn(subject, base, end) : columnOf(subject, base, end);
  if (column < 0 || (op != OP_EQ && op != OP_LT && op != OP_LE && op != OP_GT && op != OP_GE)) return null;
  const other = new Condition(value);
  if (other.isFixed) return new ColumnBound(column, op, value, null, false, takesNull);
  for (let c = 0; c < other.columns.length; c++) {
    const place = other.columns[c];
    if (place < 0 || (place >= base && place < end)) return null;
  }
  return new ColumnBound(column, op, value, null, true, takesNull);
}
