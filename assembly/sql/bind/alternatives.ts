/** OR of conditions on one column as a list that an index can go by. */
import { Comparison, InList } from "../eval/compare";
import { ColumnValue, Constant, Expression } from "../eval/expression";
import { K_JSON } from "../eval/kinds";
import { OP_EQ } from "../syntax/operators";
import { StatementContext } from "./statement";

/** The column that a condition says to be a constant, which then is `constantOf`; null where it says something else. */
function columnOf(subject: Expression): ColumnValue | null {
  if (!(subject instanceof Comparison) || (<Comparison>subject).op != OP_EQ) return null;
  const comparison = <Comparison>subject;
  const column = comparison.a instanceof ColumnValue ? comparison.a : comparison.b;
  constantOf = comparison.a instanceof ColumnValue ? comparison.b : comparison.a;
  if (!(column instanceof ColumnValue) || !(constantOf instanceof Constant) || column.kind == K_JSON) return null;
  return <ColumnValue>column;
}

let constantOf: Expression | null = null;

/** The parts of an OR, with `a = 1 OR a = 2` as `a IN (1, 2)`. */
export function withLists(context: StatementContext, parts: Array<Expression>): Array<Expression> {
  const made = new Array<Expression>();
  const taken = new StaticArray<bool>(parts.length);
  for (let p = 0; p < parts.length; p++) {
    if (taken[p]) continue;
    const column = columnOf(parts[p]);
    const items = new Array<Expression>();
    if (column) items.push(constantOf!);
    for (let q = p + 1; q < parts.length && column; q++) {
      const other = columnOf(parts[q]);
      if (taken[q] || !other || other.position != column.position) continue;
      taken[q] = true;
      items.push(constantOf!);
    }
    made.push(column && items.length > 1 ? new InList(column, items, false, context.run) : parts[p]);
  }
  return made;
}
