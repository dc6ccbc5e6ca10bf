/**
 * Rows of values: `(a, b) = (1, 2)`, `(a, b) > (?, ?)`, `(a, b) IN ((1, 2), (3, 4))`, as conditions on their values; a row may be that of a
 * query, `(SELECT x, y …)`.
 */
import { SQL_TYPE } from "../../status";
import { Expression } from "../eval/expression";
import { Logic, Not } from "../eval/logic";
import { OP_EQ, OP_GE, OP_GT, OP_IS, OP_IS_NOT, OP_LE, OP_LT, OP_NE } from "../syntax/operators";
import { FLAG_NOT, N_ROW, N_SUBQUERY } from "../syntax/tree";
import { ExpressionBinder } from "./expressions";

/** A row: nodes of its values, which are bound anew for each comparison, or the values of a query. */
class RowValue {
  values: Array<Expression> | null = null;

  constructor(readonly nodes: Array<u32>) {}
}

export abstract class RowValueBinder extends ExpressionBinder {
  /** IN (query). */
  protected abstract inQuery(node: u32, subjects: Array<Expression>): Expression | null;

  private nodesOf(row: u32): Array<u32> {
    const nodes = new Array<u32>();
    if (this.tree.kind(row) == N_ROW) for (let node = this.tree.a(row); node != 0; node = this.tree.next(node)) nodes.push(node);
    return nodes;
  }

  protected rowComparison(op: u8, a: u32, b: u32): Expression | null {
    const left = new RowValue(this.nodesOf(a));
    const right = new RowValue(this.nodesOf(b));
    if (!this.takeQuery(left, a, right) || !this.takeQuery(right, b, left)) return null;
    const count = max(left.nodes.length, right.nodes.length);
    if (!left.values && !right.values && left.nodes.length != right.nodes.length) {
      const what = "a row of values is compared with something that is no row of as many";
      this.context.fail(SQL_TYPE, what, this.tree.kind(a) == N_ROW ? b : a, "compare the columns one by one, with AND");
      return null;
    }
    if (op == OP_EQ || op == OP_IS) return this.ofEach(op, left, right, count, false);
    if (op == OP_NE || op == OP_IS_NOT) return this.ofEach(op, left, right, count, true);
    const whole = this.ordered(op, left, right, 0, count);
    if (!whole) return null;
    // What has to be so of the first values is said by itself, too: an index can go by it.
    const first = this.pairAt(op == OP_LT || op == OP_LE ? OP_LE : OP_GE, left, right, 0);
    return first ? new Logic(false, [first, whole]) : null;
  }

  /** Where `row` is a query, `node`, it has as many values as the row `other`; false with an error. */
  private takeQuery(row: RowValue, node: u32, other: RowValue): bool {
    if (this.tree.kind(node) != N_SUBQUERY) return true;
    row.values = this.scalars(node, other.nodes.length);
    return row.values !== null;
  }

  private at(row: RowValue, i: i32): Expression | null {
    const values = row.values;
    return values ? values[i] : this.bind(row.nodes[i]);
  }

  private pairAt(op: u8, a: RowValue, b: RowValue, i: i32): Expression | null {
    const left = this.at(a, i);
    const right = left ? this.at(b, i) : null;
    return left && right ? this.comparison(op, left, right) : null;
  }

  /** AND (`isOr`: OR) of the comparisons of each value with its like. */
  private ofEach(op: u8, a: RowValue, b: RowValue, count: i32, isOr: bool): Expression | null {
    const parts = new Array<Expression>();
    for (let i = 0; i < count; i++) {
      const part = this.pairAt(op, a, b, i);
      if (!part) return null;
      parts.push(part);
    }
    return new Logic(isOr, parts);
  }

  /** a < b, or a = b and the same of the values behind them, from number `i` on. */
  private ordered(op: u8, a: RowValue, b: RowValue, i: i32, count: i32): Expression | null {
    const last = i + 1 == count;
    const own = this.pairAt(last || op == OP_LT || op == OP_GT ? op : op == OP_LE ? OP_LT : OP_GT, a, b, i);
    if (last || !own) return own;
    const same = this.pairAt(OP_EQ, a, b, i);
    const rest = same ? this.ordered(op, a, b, i + 1, count) : null;
    return same && rest ? new Logic(true, [own, new Logic(false, [same, rest])]) : null;
  }

  protected rowMembership(node: u32): Expression | null {
    const tree = this.tree;
    const row = tree.a(node);
    const parts = new Array<Expression>();
    if (tree.c(node) != 0) {
      for (let value = tree.a(row); value != 0; value = tree.next(value)) {
        const bound = this.bind(value);
        if (!bound) return null;
        parts.push(bound);
      }
      return this.inQuery(node, parts);
    }
    for (let item = tree.b(node); item != 0; item = tree.next(item)) {
      const part = this.rowComparison(OP_EQ, row, item);
      if (!part) return null;
      parts.push(part);
    }
    const any = new Logic(true, parts);
    return tree.has(node, FLAG_NOT) ? new Not(any) : any;
  }
}
