/** Rows of values: `(a, b) = (1, 2)`, `(a, b) > (?, ?)`, `(a, b) IN ((1, 2), (3, 4))`, as conditions on their values. */
import { SQL_TYPE } from "../../status";
import { Expression } from "../eval/expression";
import { Logic, Not } from "../eval/logic";
import { OP_EQ, OP_GE, OP_GT, OP_IS, OP_IS_NOT, OP_LE, OP_LT, OP_NE } from "../syntax/operators";
import { FLAG_NOT, N_ROW } from "../syntax/tree";
import { ExpressionBinder } from "./expressions";

export abstract class RowValueBinder extends ExpressionBinder {
  protected rowComparison(op: u8, a: u32, b: u32): Expression | null {
    const tree = this.tree;
    const isRow = tree.kind(a) == N_ROW && tree.kind(b) == N_ROW;
    if (!isRow || tree.length(tree.a(a)) != tree.length(tree.a(b))) {
      const what = "a row of values is compared with something that is no row of as many";
      this.context.fail(SQL_TYPE, what, tree.kind(a) == N_ROW ? b : a, "compare the columns one by one, with AND");
      return null;
    }
    if (op == OP_EQ || op == OP_IS) return this.ofEach(op, a, b, false);
    if (op == OP_NE || op == OP_IS_NOT) return this.ofEach(op, a, b, true);
    const whole = this.ordered(op, tree.a(a), tree.a(b));
    if (!whole) return null;
    // What has to be so of the first values is said by itself, too: an index can go by it.
    const first = this.pair(op == OP_LT || op == OP_LE ? OP_LE : OP_GE, tree.a(a), tree.a(b));
    return first ? new Logic(false, [first, whole]) : null;
  }

  /** AND (`isOr`: OR) of the comparisons of each value with its like. */
  private ofEach(op: u8, a: u32, b: u32, isOr: bool): Expression | null {
    const tree = this.tree;
    const parts = new Array<Expression>();
    for (let x = tree.a(a), y = tree.a(b); x != 0; x = tree.next(x), y = tree.next(y)) {
      const part = this.pair(op, x, y);
      if (!part) return null;
      parts.push(part);
    }
    return new Logic(isOr, parts);
  }

  /** a < b, or a = b and the same of the values behind them. */
  private ordered(op: u8, a: u32, b: u32): Expression | null {
    const tree = this.tree;
    const last = tree.next(a) == 0;
    const own = this.pair(last || op == OP_LT || op == OP_GT ? op : op == OP_LE ? OP_LT : OP_GT, a, b);
    if (last || !own) return own;
    const same = this.pair(OP_EQ, a, b);
    const rest = same ? this.ordered(op, tree.next(a), tree.next(b)) : null;
    return same && rest ? new Logic(true, [own, new Logic(false, [same, rest])]) : null;
  }

  protected rowMembership(node: u32): Expression | null {
    const tree = this.tree;
    if (tree.c(node) != 0 || tree.d(node) != 0) {
      this.unsupported("IN (query) of rows of values is", node, "EXISTS with the columns compared says the same");
      return null;
    }
    const parts = new Array<Expression>();
    for (let item = tree.b(node); item != 0; item = tree.next(item)) {
      const part = this.rowComparison(OP_EQ, tree.a(node), item);
      if (!part) return null;
      parts.push(part);
    }
    const any = new Logic(true, parts);
    return tree.has(node, FLAG_NOT) ? new Not(any) : any;
  }
}
