/** BETWEEN, IN and LIKE. */
import { SQL_TYPE } from "../../status";
import { isNoCase } from "../eval/collation";
import { InList } from "../eval/compare";
import { Constant, Expression } from "../eval/expression";
import { K_NULL, K_TEXT, kindName } from "../eval/kinds";
import { Like } from "../eval/like";
import { Logic, Not } from "../eval/logic";
import { OP_EQ, OP_GE, OP_ILIKE, OP_LE, OP_LIKE, operatorText } from "../syntax/operators";
import { FLAG_NOT, N_BETWEEN, N_IN, N_ROW } from "../syntax/tree";
import { convertTo, unifiedLeft, unifiedRight, unify } from "./convert";
import { RowValueBinder } from "./row-values";

export abstract class PredicateBinder extends RowValueBinder {
  protected predicate(node: u32): Expression | null {
    switch (this.tree.kind(node)) {
      case N_BETWEEN:
        return this.between(node);
      case N_IN:
        return this.membership(node);
      default:
        return this.like(node);
    }
  }

  private between(node: u32): Expression | null {
    const tree = this.tree;
    const from = this.compared(OP_GE, tree.a(node), tree.b(node));
    const to = from ? this.compared(OP_LE, tree.a(node), tree.c(node)) : null;
    if (!from || !to) return null;
    const both = new Logic(false, [from, to]);
    return tree.has(node, FLAG_NOT) ? new Not(both) : both;
  }

  private membership(node: u32): Expression | null {
    const tree = this.tree;
    if (tree.kind(tree.a(node)) == N_ROW) return this.rowMembership(node);
    const subject = this.bind(tree.a(node));
    if (!subject) return null;
    if (tree.c(node) != 0) return this.inQuery(node, [subject]);
    const items = new Array<Expression>();
    let constant = !isNoCase(subject);
    for (let item = tree.b(node); item != 0; item = tree.next(item)) {
      const bound = this.bind(item);
      if (!bound) return null;
      constant = constant && bound instanceof Constant;
      items.push(bound);
    }
    return constant ? this.inConstants(subject, items, tree.has(node, FLAG_NOT)) : this.inValues(node, items);
  }

  /** Whether a value is one of some constants. */
  private inConstants(subject: Expression, items: Array<Expression>, isNot: bool): Expression | null {
    const context = this.context;
    let value = subject;
    for (let i = 0; i < items.length; i++) {
      if (!unify(context, value, items[i])) return null;
      value = unifiedLeft!;
      items[i] = unifiedRight!;
    }
    for (let i = 0; i < items.length; i++) {
      // One of them may have made the value a decimal.
      const item = convertTo(context, items[i], value.kind, value.column);
      if (!item) return null;
      items[i] = item;
    }
    return new InList(value, items, isNot, context.run);
  }

  /** The same of values that are not; the value itself is bound anew for each of them. */
  private inValues(node: u32, items: Array<Expression>): Expression | null {
    const parts = new Array<Expression>();
    for (let i = 0; i < items.length; i++) {
      const subject = this.bind(this.tree.a(node));
      const part = subject ? this.comparison(OP_EQ, subject, items[i]) : null;
      if (!part) return null;
      parts.push(part);
    }
    const any = new Logic(true, parts);
    return this.tree.has(node, FLAG_NOT) ? new Not(any) : any;
  }

  private like(node: u32): Expression | null {
    const tree = this.tree;
    const context = this.context;
    const subject = this.bind(tree.a(node));
    const pattern = subject ? this.bind(tree.b(node)) : null;
    if (!subject || !pattern) return null;
    let escape: Expression | null = null;
    if (tree.c(node) != 0) {
      escape = this.bind(tree.c(node));
      if (!escape) return null;
    }
    if ((subject.kind != K_TEXT && subject.kind != K_NULL) || (pattern.kind != K_TEXT && pattern.kind != K_NULL)) {
      const bad = subject.kind != K_TEXT && subject.kind != K_NULL ? subject : pattern;
      context.text.fail(
        SQL_TYPE,
        operatorText(tree.op(node)) + " takes text, not " + kindName(bad.kind),
        bad.start,
        "CAST makes text",
      );
      return null;
    }
    const ignoresCase = isNoCase(subject) || isNoCase(pattern);
    const op = ignoresCase && tree.op(node) == OP_LIKE ? OP_ILIKE : tree.op(node);
    const like = new Like(op, subject, pattern, escape, tree.has(node, FLAG_NOT), context.text);
    like.start = tree.start(node);
    return like;
  }
}
