/** Queries as values: `(SELECT …)`, IN and EXISTS. */
import { SQL_TYPE } from "../../status";
import { Expression } from "../eval/expression";
import { K_BOOLEAN } from "../eval/kinds";
import { ExistsQuery, InQuery, QueryValue, ScalarQuery } from "../run/subquery";
import { FLAG_NOT } from "../syntax/tree";
import { unifiedLeft, unifiedRight, unify } from "./convert";
import { Outer } from "./expressions";
import { JoinBinder } from "./joins";
import { Relation, valueOf } from "./scope";

export abstract class SubqueryBinder extends JoinBinder {
  private own(query: QueryValue, node: u32): Expression {
    query.start = this.tree.start(node);
    return this.context.ownQuery(query);
  }

  /** The rows of a query that has to have one column; null with an error. */
  private oneColumn(outer: Outer, query: u32, node: u32): Relation | null {
    const relation = this.queryWithin(outer, this.commonTables, query);
    if (!relation || relation.columns.length == 1) return relation;
    this.context.fail(SQL_TYPE, "the query gives " + relation.columns.length.toString() + " columns where one is wanted", node);
    return null;
  }

  protected scalar(node: u32): Expression | null {
    const outer = new Outer(this);
    const relation = this.oneColumn(outer, this.tree.a(node), node);
    if (!relation) return null;
    const column = relation.columns[0];
    const made = new ScalarQuery(relation.operator, outer.values, column.kind, this.context.text, this.context.run);
    made.column = column.column;
    return this.own(made, node);
  }

  protected inQuery(node: u32, subject: Expression): Expression | null {
    const outer = new Outer(this);
    const relation = this.oneColumn(outer, this.tree.c(node), node);
    if (!relation || !unify(this.context, subject, valueOf(relation, 0, this.tree.start(node)))) return null;
    const context = this.context;
    const made = new InQuery(unifiedLeft!, unifiedRight!, relation.operator, outer.values, context.text, context.run);
    made.isNot = this.tree.has(node, FLAG_NOT);
    return this.own(made, node);
  }

  protected exists(node: u32): Expression | null {
    const outer = new Outer(this);
    const relation = this.queryWithin(outer, this.commonTables, this.tree.a(node));
    if (!relation) return null;
    const made = new ExistsQuery(relation.operator, outer.values, K_BOOLEAN, this.context.text, this.context.run);
    made.isNot = this.tree.has(node, FLAG_NOT);
    return this.own(made, node);
  }
}
