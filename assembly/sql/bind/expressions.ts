/**
 * Expressions of the tree as expressions that can be worked out: names are looked up, and every node gets its type once. One file: each
 * kind of node has its method, and they call each other.
 */
import { asciiLower } from "../../encode/ascii";
import { AMBIGUOUS_COLUMN, COLUMN_NOT_FOUND, OK, SQL_TYPE, SQL_UNSUPPORTED, TABLE_NOT_FOUND, lastError } from "../../status";
import { suggestion } from "../../schema/nearest";
import { TYPE_CUSTOM } from "../../encode/data-type";
import { Arithmetic, Signed } from "../eval/arithmetic";
import { Cast, canCast } from "../eval/cast";
import { Collated, isNoCase } from "../eval/collation";
import { Comparison } from "../eval/compare";
import { ColumnValue, Constant, Expression, OuterValue } from "../eval/expression";
import { F_ARROW, F_ARROW_TEXT, F_JOIN, F_LOWER } from "../eval/function-names";
import { newCall } from "../eval/functions";
import { K_BLOB, K_BOOLEAN, K_DECIMAL, K_INT, K_JSON, K_NULL, K_TEXT, K_UINT, kindName, kindOfType } from "../eval/kinds";
import { Case, IsNull, Logic, Not } from "../eval/logic";
import { OuterValues } from "../run/subquery";
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
  SqlTree,
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
import { isElement, opened, unopened } from "./open-values";
import { MERGED, Scope } from "./scope";
import { StatementContext } from "./statement";
import { typeOfSql } from "./types";

/** What binds a query's way to the one right around it, and what it asks of the rows there. */
export class Outer {
  readonly values: OuterValues = new OuterValues();

  constructor(readonly binder: ExpressionBinder) {}

  /** A column that this or a query further out has; null when none has it, or with an error. */
  value(name: string, table: string, node: u32): Expression | null {
    const binder = this.binder;
    const scope = binder.scope;
    const place = scope.find(name, table);
    if (place >= 0) {
      binder.note(node, place);
      const value = binder.columnAt(place, node);
      return value ? this.slotFor(value) : null;
    }
    if (scope.found > 1) {
      binder.context.fail(AMBIGUOUS_COLUMN, "there is more than one column " + name, node, "write the table's name before it");
      return null;
    }
    const further = binder.outer;
    return further ? this.further(further.value(name, table, node)) : null;
  }

  /** An aggregate's result for the rows of the query `level` ones out from the one that it stands in; null with an error. */
  aggregate(node: u32, name: string, level: i32): Expression | null {
    const binder = this.binder;
    if (level > 1) return this.further(binder.outer!.aggregate(node, name, level - 1));
    const value = binder.ownAggregate(node, name);
    return value ? this.slotFor(value) : null;
  }

  private further(value: Expression | null): Expression | null {
    if (!value) return null;
    const slot = <OuterValue>unopened(value);
    if (!this.values.further.includes(slot)) this.values.further.push(slot);
    return value;
  }

  /** A value of the query around this one as one here. */
  private slotFor(value: Expression): Expression {
    const slot = this.slotOf(unopened(value));
    return isElement(value) ? opened(this.binder.context, slot) : slot;
  }

  private slotOf(value: Expression): OuterValue {
    const values = this.values;
    for (let v = 0; v < values.values.length; v++) {
      const known = values.values[v];
      if (known === value) return values.slots[v];
      if (!(known instanceof ColumnValue) || !(value instanceof ColumnValue)) continue;
      if ((<ColumnValue>known).position == (<ColumnValue>value).position) return values.slots[v];
    }
    const slot = new OuterValue(value.kind);
    slot.column = value.column;
    values.values.push(value);
    values.slots.push(this.binder.context.ownValue(slot));
    return slot;
  }
}

export abstract class ExpressionBinder {
  protected readonly tree: SqlTree;

  constructor(
    readonly context: StatementContext,
    readonly scope: Scope,
    /** The query around this one. */
    readonly outer: Outer | null,
  ) {
    this.tree = context.tree;
  }

  /** A call of a function or an aggregate. */
  protected abstract call(node: u32): Expression | null;
  /** What a node is in a query with groups, where that is not its parts' business; null where it is. */
  protected abstract ofGroup(node: u32): Expression | null;
  /** The result, N_RESULT, that has `name` as its alias, where such are names; 0 for none. */
  protected abstract resultCalled(name: string): u32;
  protected abstract resultValue(result: u32): Expression | null;
  /** An aggregate of this query's rows; null with an error. */
  abstract ownAggregate(node: u32, name: string): Expression | null;
  /** A column of the rows, which in a query with groups has to be one of theirs. */
  abstract columnAt(place: i32, node: u32): Expression | null;
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

  /** A column of this query's rows, or of a query around it; null with an error. */
  private column(node: u32): Expression | null {
    const tree = this.tree;
    const scope = this.scope;
    const name = tree.text(tree.a(node));
    const table = tree.b(node) == 0 ? "" : tree.text(tree.b(node));
    const place = scope.find(name, table);
    if (place >= 0) {
      this.note(node, place);
      return this.columnAt(place, node);
    }
    const result = scope.found == 0 && table.length == 0 ? this.resultCalled(name) : 0;
    if (result != 0) {
      this.context.note(tree.a(node), name, null);
      return this.resultValue(result);
    }
    const outer = this.outer;
    if (scope.found == 0 && (table.length == 0 || !scope.source(table))) {
      lastError.status = OK;
      const value = outer ? outer.value(name, table, node) : null;
      if (value || lastError.status != OK) return value;
    }
    if (scope.found > 1) {
      this.context.fail(AMBIGUOUS_COLUMN, "there is more than one column " + name, node, "write the table's name before it");
      return null;
    }
    if (table.length > 0 && !scope.source(table)) return this.noSource(table, node);
    const names = new Array<string>();
    for (let s = 0; s < scope.sources.length; s++) {
      const source = scope.sources[s];
      for (let c = 0; c < source.columns.length; c++) {
        if (table.length == 0 || scope.source(table) === source) names.push(source.columns[c].name);
      }
    }
    const hint = names.length == 0 ? "there is no FROM" : suggestion(name, names, "columns");
    this.context.fail(COLUMN_NOT_FOUND, "there is no column " + (table.length > 0 ? table + "." : "") + name, node, hint);
    return null;
  }

  /** Notes, where that is wanted, that N_COLUMN means the column at `place`. */
  note(node: u32, place: i32): void {
    if (!this.context.nameUses) return;
    const column = this.scope.column(place);
    this.context.note(this.tree.a(node), column.name, column.column);
  }

  /** Fails because nothing in FROM is called `table`. */
  protected noSource(table: string, node: u32): Expression | null {
    const names = new Array<string>();
    for (let s = 0; s < this.scope.sources.length; s++) names.push(this.scope.sources[s].name);
    const hint = names.length == 0 ? "there is no FROM" : suggestion(table, names, "in FROM");
    this.context.fail(TABLE_NOT_FOUND, "there is no " + table + " in FROM", node, hint);
    return null;
  }

  /** The column at a place of the rows. */
  protected columnValue(place: i32): ColumnValue {
    const subject = this.scope.column(place);
    const value = new ColumnValue(place, subject.kind);
    value.column = subject.column;
    return value;
  }

  /** The same as it is read. */
  private openValue(place: i32): Expression {
    const value = this.columnValue(place);
    return this.scope.column(place).isOpen ? opened(this.context, value) : value;
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
