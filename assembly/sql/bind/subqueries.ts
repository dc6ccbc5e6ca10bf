/** Queries as values: `(SELECT …)`, IN and EXISTS. */
import { SQL_TYPE } from "../../status";
import { isNoCase } from "../eval/collation";
import { Expression } from "../eval/expression";
import { K_BOOLEAN } from "../eval/kinds";
import { GroupedQuery } from "../run/grouped-query";
import { InQuery } from "../run/in-query";
import { KeyedRows } from "../run/keyed-rows";
import { Operator, Project } from "../run/operator";
import { ExistsQuery, OuterValues, QueryColumn, QueryValue, ScalarQuery } from "../run/subquery";
import { FLAG_NOT } from "../syntax/tree";
import { unifiedLeft, unifiedRight, unify } from "./convert";
import { Outer } from "./names";
import { JoinBinder } from "./joins";
import { opened, valueOf } from "./open-values";
import { Relation, cellsOf } from "./scope";

export abstract class SubqueryBinder extends JoinBinder {
  private own(query: QueryValue, node: u32): QueryValue {
    query.start = this.tree.start(node);
    return this.context.ownQuery(query);
  }

  /** The rows of a query that has to have `count` columns; null with an error. */
  private relationOf(outer: Outer, query: u32, count: i32, node: u32): Relation | null {
    const relation = this.queryWithin(outer, this.commonTables, query);
    if (!relation || relation.columns.length == count) return relation;
    const what = relation.columns.length.toString() + " columns where " + (count == 1 ? "one is" : count.toString() + " are");
    this.context.fail(SQL_TYPE, "the query gives " + what + " wanted", node);
    return null;
  }

  protected scalar(node: u32): Expression | null {
    const values = this.scalars(node, 1);
    return values ? values[0] : null;
  }

  protected scalars(node: u32, count: i32): Array<Expression> | null {
    const outer = new Outer(this);
    const relation = this.relationOf(outer, this.tree.a(node), count, node);
    if (!relation) return null;
    const kinds = new Array<u8>();
    const values = new Array<Expression>();
    for (let c = 0; c < count; c++) kinds.push(relation.columns[c].kind);
    const made = new ScalarQuery(relation.operator, outer.values, kinds, this.context.text, this.context.run);
    this.own(made, node);
    if (!outer.values.isEmpty) this.giveGroups(made, kinds, node);
    for (let c = 0; c < count; c++) {
      const value: Expression = c == 0 ? made : new QueryColumn(made, c, kinds[c]);
      value.column = relation.columns[c].column;
      value.start = made.start;
      values.push(relation.columns[c].isOpen ? opened(this.context, value) : value);
    }
    return values;
  }

  protected inQuery(node: u32, subjects: Array<Expression>): Expression | null {
    const context = this.context;
    const outer = new Outer(this);
    const relation = this.relationOf(outer, this.tree.c(node), subjects.length, node);
    if (!relation) return null;
    const others = new Array<Expression>();
    for (let s = 0; s < subjects.length; s++) {
      let subject = subjects[s];
      let other = valueOf(context, relation, s, this.tree.start(node));
      if (isNoCase(subject)) {
        subject = this.folded(subject);
        other = this.folded(other);
      }
      if (!unify(context, subject, other)) return null;
      subjects[s] = unifiedLeft!;
      others.push(unifiedRight!);
    }
    const made = new InQuery(subjects, others, relation.operator, outer.values, context.text, context.run);
    made.isNot = this.tree.has(node, FLAG_NOT);
    return this.own(made, node);
  }

  protected exists(node: u32): Expression | null {
    const outer = new Outer(this);
    const relation = this.queryWithin(outer, this.commonTables, this.tree.a(node));
    if (!relation) return null;
    // The values of its rows are nobody's business.
    const rows = relation.operator instanceof Project ? relation.operator.inputs[0] : relation.operator;
    const made = new ExistsQuery(rows, outer.values, [K_BOOLEAN], this.context.text, this.context.run);
    made.isNot = this.tree.has(node, FLAG_NOT);
    if (!outer.values.isEmpty) this.giveKeys(made, node);
    return this.own(made, node);
  }

  /** Gives a query of aggregates a way by groups, where equalities alone tie it to the row around it. */
  private giveGroups(made: ScalarQuery, kinds: Array<u8>, node: u32): void {
    const context = this.context;
    const queries = context.queryCount;
    const subjects = new Array<Expression>();
    const groups = this.groupsWithin(new Outer(this), this.commonTables, this.tree.a(node), subjects);
    if (!groups) {
      context.forgetQueries(queries);
      return;
    }
    made.together = this.own(new GroupedQuery(made, subjects, groups.operator, kinds, context.text, context.run), node);
    // An index is better for few rows.
    made.mostRows = isKept(made.operator) ? 0 : <i64>(rowsBelow(groups.operator) / WORKED_OUT);
  }

  /** Gives EXISTS a way by keys that are kept, where the query is tied to the row around it by equalities alone. */
  private giveKeys(made: ExistsQuery, node: u32): void {
    const context = this.context;
    const queries = context.queryCount;
    const outer = new Outer(this);
    const subjects = new Array<Expression>();
    const keys = this.keysWithin(outer, this.commonTables, this.tree.a(node), subjects);
    if (!keys) {
      context.forgetQueries(queries);
      return;
    }
    const others = cellsOf(keys);
    const query = new InQuery(subjects, others, keys.operator, new OuterValues(), context.text, context.run);
    query.isNot = made.isNot;
    query.isExact = true;
    this.own(query, node);
    made.together = query;
    // An index is better for few rows.
    made.mostRows = isKept(made.operator) ? 0 : <i64>(keys.operator.estimate / LOOKED_FOR);
  }
}

/** Rows that are read one after the other in the time in which an index finds those of one key. */
const LOOKED_FOR: f64 = 12;
/** The same where a query is run for these, which works values out of them. */
const WORKED_OUT: f64 = 24;

/** About how many rows an operator is made of. */
function rowsBelow(operator: Operator): f64 {
  const below = operator.below;
  return below.length == 0 ? operator.estimate : rowsBelow(below[0]);
}

/** Whether rows are kept by their keys anyway. */
function isKept(operator: Operator): bool {
  if (operator instanceof KeyedRows) return true;
  const below = operator.below;
  for (let b = 0; b < below.length; b++) if (isKept(below[b])) return true;
  return false;
}
