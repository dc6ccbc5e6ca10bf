/** Expressions of the tree as expressions that can be worked out: every node gets its type once. */
import { asciiLower } from "../../encode/ascii";
import { SQL_TYPE, SQL_UNSUPPORTED } from "../../status";
import { TYPE_CUSTOM } from "../../encode/data-type";
import { Arithmetic, Signed } from "../eval/arithmetic";
import { Cast, canCast } from "../eval/cast";
import { Collated, isNoCase } from "../eval/collation";
import { Comparison } from "../eval/compare";
import { Constant, Expression } from "../eval/expression";
import { F_ARROW, F_ARROW_TEXT, F_JOIN, F_LOWER } from "../eval/function-names";
import { newCall } from "../eval/functions";
import { K_BLOB, K_BOOLEAN, K_DECIMAL, K_INT, K_JSON, K_NULL, K_TEXT, K_UINT, kindName, kindOfType } from "../eval/kinds";
import { Case, IsNull, Logic, Not } from "../eval/logic";
import {
  OP_BIT_AND,
  OP_BIT_NOT,
  OP_CONCAT,
  OP_EQ,
  OP_GE,
  OP_IS_NOT,
  OP_JSON_TEXT,
  OP_LT,
  OP_NEGATE,
  OP_NOT,
  OP_OR,
  OP_PLUS,
  OP_SHIFT_RIGHT,
  operatorText,
} from "../syntax/operators";
import {
  FLAG_NOT,
  N_BETWEEN,
  N_BINARY,
  N_BLOB,
  N_BOOLEAN,
  N_CALL,
  N_CASE,
  N_CAST,
  N_COLLATE,
  N_COLUMN,
  N_EXISTS,
  N_IN,
  N_IS_NULL,
  N_LIKE,
  N_LOGIC,
  N_NULL,
  N_NUMBER,
  N_PARAMETER,
  N_ROW,
  N_SUBQUERY,
  N_TEXT,
  N_UNARY,
} from "../syntax/tree";
import {
  asCondition,
  asNumber,
  asText,
  convertTo,
  isJsonExtract,
  notYet,
  unifiedLeft,
  unifiedRight,
  unify,
  unifyAll,
} from "./convert";
import { withLists } from "./alternatives";
import { numberConstant, textConstant } from "./literals";
import { NameBinder } from "./names";
import { isElement, unopened } from "./open-values";
import { MERGED } from "./scope";
import { typeOfSql } from "./types";

export abstract class ExpressionBinder extends NameBinder {
  /** A call of a function or an aggregate. */
  protected abstract call(node: u32): Expression | null;
  /** What a node is in a query with groups, where that is not its parts' business; null where it is. */
  protected abstract ofGroup(node: u32): Expression | null;
  /** A query as a value: its one column's value in its only row. */
  protected abstract scalar(node: u32): Expression | null;
  /** The same of a query with `count` columns: the values of each. */
  protected abstract scalars(node: u32, count: i32): Array<Expression> | null;
  protected abstract exists(node: u32): Expression | null;

  /** The expression of a node; null, with an error, when there is none. */
  bind(node: u32): Expression | null {
    if (!this.context.mayMake(node)) return null;
    const known = this.ofGroup(node);
    const bound = known ? known : this.bindNode(node);
    if (bound) bound.start = this.tree.start(node);
    return bound;
  }

  /** The same of a node that has to be a condition. */
  condition(node: u32): Expression | null {
    const bound = this.bind(node);
    return bound ? asCondition(this.context, bound) : null;
  }

  private bindNode(node: u32): Expression | null {
    const tree = this.tree;
    switch (tree.kind(node)) {
      case N_NULL:
        return Constant.null();
      case N_BOOLEAN: {
        const constant = new Constant(K_BOOLEAN);
        constant.low = tree.op(node);
        return constant;
      }
      case N_NUMBER:
        return this.number(node, false);
      case N_TEXT:
        return textConstant(tree.textPtr(node), tree.textLen(node));
      case N_BLOB: {
        const constant = new Constant(K_BLOB);
        constant.setBytes(tree.textPtr(node), tree.textLen(node));
        return constant;
      }
      case N_PARAMETER:
        return this.context.parameter(tree.a(node), node);
      case N_COLUMN:
        return this.column(node);
      case N_UNARY:
        return this.unary(node);
      case N_BINARY:
        return this.binary(node);
      case N_LOGIC:
        return this.logic(node);
      case N_IS_NULL: {
        const subject = this.bind(tree.a(node));
        return subject ? new IsNull(subject, tree.has(node, FLAG_NOT)) : null;
      }
      case N_BETWEEN:
      case N_IN:
      case N_LIKE:
        return this.predicate(node);
      case N_CASE:
        return this.caseOf(node);
      case N_CAST:
        return this.cast(node);
      case N_CALL:
        return this.call(node);
      case N_EXISTS:
        return this.exists(node);
      case N_SUBQUERY:
        return this.scalar(node);
      case N_COLLATE:
        return this.collation(node);
      case N_ROW:
        this.context.fail(SQL_TYPE, "a row of values is no value", node, "compare it with another one, or with IN");
        return null;
      default:
        this.context.syntaxError("expected a value", node);
        return null;
    }
  }

  protected unsupported(what: string, node: u32, hint: string = ""): void {
    notYet(this.context, what, node, hint);
  }

  /** N_BETWEEN, N_IN or N_LIKE. */
  protected abstract predicate(node: u32): Expression | null;
  /** Two nodes of which one is a row of values. */
  protected abstract rowComparison(op: u8, a: u32, b: u32): Expression | null;

  private number(node: u32, negative: bool): Expression | null {
    const constant = numberConstant(this.tree.textPtr(node), this.tree.textLen(node), negative);
    if (!constant) this.context.text.place(this.tree.start(node));
    return constant;
  }

  /** What is shown at a place of the rows; null with an error. */
  protected shownValue(place: i32): Expression | null {
    if (place < MERGED) return this.openValue(place);
    const parts = this.scope.partsOf(place);
    const values = new Array<Expression>();
    let isSame = true;
    for (let p = 0; p < parts.length; p++) {
      values.push(this.openValue(parts[p]));
      const first = values[0].column;
      const column = values[p].column;
      isSame = isSame && first !== null && column !== null && first.type == column.type && first.customTag == column.customTag;
    }
    const value = parts.length == 1 ? values[0] : this.firstOf(values);
    if (value && isSame) value.column = this.scope.column(parts[0]).column;
    return value;
  }

  /** The first of some values that is not null; null, with an error, where they have no common kind. */
  protected firstOf(values: Array<Expression>): Expression | null {
    if (!unifyAll(this.context, values)) return null;
    const conditions = new Array<Expression>();
    const other = values.pop();
    for (let v = 0; v < values.length; v++) conditions.push(new IsNull(values[v], true));
    return this.choice(conditions, values, other);
  }

  private unary(node: u32): Expression | null {
    const tree = this.tree;
    const op = tree.op(node);
    const operand = tree.a(node);
    if (op == OP_NOT) {
      const subject = this.condition(operand);
      return subject ? new Not(subject) : null;
    }
    if (op == OP_NEGATE && tree.kind(operand) == N_NUMBER) return this.number(operand, true);
    const bound = this.bind(operand);
    const subject = bound ? asNumber(this.context, bound, operatorText(op)) : null;
    if (!subject || op == OP_PLUS) return subject;
    if (op == OP_BIT_NOT && subject.kind != K_INT) {
      this.context.fail(SQL_TYPE, "~ takes integers", node);
      return null;
    }
    const number = subject.kind == K_UINT ? convertTo(this.context, subject, K_DECIMAL, null) : subject;
    const signed = new Signed(op, number!, this.context.text);
    signed.start = tree.start(node);
    return signed;
  }

  private logic(node: u32): Expression | null {
    const tree = this.tree;
    const parts = new Array<Expression>();
    for (let part = tree.a(node); part != 0; part = tree.next(part)) {
      const bound = this.condition(part);
      if (!bound) return null;
      parts.push(bound);
    }
    if (tree.op(node) != OP_OR) return new Logic(false, parts);
    const any = withLists(this.context, parts);
    return any.length == 1 ? any[0] : new Logic(true, any);
  }

  private binary(node: u32): Expression | null {
    const tree = this.tree;
    const op = tree.op(node);
    if (op <= OP_IS_NOT) return this.compared(op, tree.a(node), tree.b(node));
    const a = this.bind(tree.a(node));
    const b = a ? this.bind(tree.b(node)) : null;
    if (!a || !b) return null;
    if (op == OP_CONCAT) {
      const call = newCall(F_JOIN, [asText(this.context, a), asText(this.context, b)], K_TEXT, this.context.around);
      call.start = tree.start(node);
      return call;
    }
    if (op > OP_SHIFT_RIGHT) return this.arrow(op == OP_JSON_TEXT, a, b, node);
    return this.arithmetic(op, a, b, node);
  }

  /** document -> path, or ->>. */
  private arrow(isText: bool, left: Expression, right: Expression, node: u32): Expression | null {
    const document = left.kind == K_NULL ? convertTo(this.context, left, K_TEXT, null)! : left;
    const path = right.kind == K_NULL ? convertTo(this.context, right, K_TEXT, null)! : right;
    const isDocument = document.kind == K_TEXT || document.kind == K_JSON;
    if (!isDocument || (path.kind != K_TEXT && path.kind != K_INT)) {
      const what = (isText ? "->>" : "->") + " takes JSON and a path, not " + kindName(isDocument ? path.kind : document.kind);
      this.context.fail(SQL_TYPE, what, node);
      return null;
    }
    const call = newCall(isText ? F_ARROW_TEXT : F_ARROW, [document, path], isText ? K_TEXT : K_JSON, this.context.around);
    call.start = this.tree.start(node);
    return call;
  }

  /** The nodes a op b, which may be rows of values. */
  protected compared(op: u8, a: u32, b: u32): Expression | null {
    const tree = this.tree;
    return tree.kind(a) == N_ROW || tree.kind(b) == N_ROW ? this.rowComparison(op, a, b) : this.pair(op, a, b);
  }

  /** The same of values, bound anew for each comparison: a literal may become a value of the other's type. */
  protected pair(op: u8, a: u32, b: u32): Expression | null {
    const left = this.bind(a);
    const right = left ? this.bind(b) : null;
    return left && right ? this.comparison(op, left, right) : null;
  }

  /** a op b, of one kind; the left one's collation goes before the right one's. */
  protected comparison(op: u8, a: Expression, b: Expression): Expression | null {
    const collated = a instanceof Collated ? a : b;
    if (isNoCase(collated)) {
      a = this.folded(a);
      b = this.folded(b);
    }
    if (isJsonExtract(a) && isJsonExtract(b) && op >= OP_LT && op <= OP_GE) {
      this.context.text.fail(SQL_TYPE, "which type these values of JSON have is not known", a.start, "CAST one of them");
      return null;
    }
    if (op >= OP_LT && op <= OP_GE && isElement(a) && isElement(b)) {
      // They are in the order of JSON.
      a = unopened(a);
      b = unopened(b);
    }
    if (!unify(this.context, a, b)) return null;
    return new Comparison(op, unifiedLeft!, unifiedRight!);
  }

  /** a op b of numbers, which is called `what` in errors. */
  protected arithmetic(op: u8, a: Expression, b: Expression, node: u32, what: string = operatorText(op)): Expression | null {
    const context = this.context;
    let left = asNumber(context, a, what);
    let right = left ? asNumber(context, b, what) : null;
    if (!left || !right) return null;
    const onBits = op >= OP_BIT_AND && op <= OP_SHIFT_RIGHT;
    if (onBits && (left.kind != K_INT || right.kind != K_INT)) {
      context.fail(SQL_TYPE, what + " takes integers", node);
      return null;
    }
    // Of numbers without a sign a difference may be below 0: they are worked out as decimals.
    if (left.kind != K_INT || right.kind != K_INT) {
      left = convertTo(context, left, K_DECIMAL, null);
      right = left ? convertTo(context, right, K_DECIMAL, null) : null;
      if (!left || !right) return null;
    }
    const made = new Arithmetic(op, left, right, context.text);
    made.start = this.tree.start(node);
    return made;
  }

  /** Text without regard to the case of ASCII letters. */
  protected folded(subject: Expression): Expression {
    if (subject.kind != K_TEXT) return subject;
    const call = newCall(F_LOWER, [subject], K_TEXT, this.context.around);
    call.start = subject.start;
    return call;
  }

  private caseOf(node: u32): Expression | null {
    const tree = this.tree;
    const conditions = new Array<Expression>();
    const values = new Array<Expression>();
    for (let when = tree.b(node); when != 0; when = tree.next(when)) {
      let condition: Expression | null = null;
      if (tree.a(node) == 0) condition = this.condition(tree.a(when));
      else condition = this.pair(OP_EQ, tree.a(node), tree.a(when));
      const value = condition ? this.bind(tree.b(when)) : null;
      if (!condition || !value) return null;
      conditions.push(condition);
      values.push(value);
    }
    const other = tree.c(node) == 0 ? Constant.null() : this.bind(tree.c(node));
    return other ? this.choice(conditions, values, other) : null;
  }

  /** CASE of values that become of one kind. */
  protected choice(conditions: Array<Expression>, values: Array<Expression>, other: Expression): Expression | null {
    const parts = values.concat([other]);
    if (!unifyAll(this.context, parts)) return null;
    const rest = parts.pop();
    return new Case(conditions, parts, rest, rest.kind);
  }

  private cast(node: u32): Expression | null {
    const tree = this.tree;
    const subject = this.bind(tree.a(node));
    if (!subject) return null;
    const name = tree.text(tree.b(node));
    const type = typeOfSql(name);
    if (type == 0 || type == TYPE_CUSTOM) {
      this.context.fail(
        SQL_TYPE,
        "there is no type " + name,
        tree.b(node),
        "integer, decimal, text, boolean, date, datetime, blob, uuid, json",
      );
      return null;
    }
    if (subject.kind == K_NULL) return convertTo(this.context, subject, kindOfType(type), null);
    const cast = new Cast(subject, type, 0, this.context.text);
    cast.start = tree.start(node);
    if (canCast(subject.kind, cast.kind)) return cast;
    this.context.fail(SQL_TYPE, "no " + kindName(cast.kind) + " can be made of a " + kindName(subject.kind), node);
    return null;
  }

  private collation(node: u32): Expression | null {
    const name = asciiLower(this.tree.text(this.tree.b(node)));
    if (name != "binary" && name != "nocase") {
      this.context.fail(SQL_UNSUPPORTED, "there is no collation " + name, node, "binary and nocase are those that there are");
      return null;
    }
    const subject = this.bind(this.tree.a(node));
    return subject ? new Collated(subject, name == "nocase") : null;
  }
}
