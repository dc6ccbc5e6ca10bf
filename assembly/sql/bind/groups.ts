/** GROUP BY and aggregates: which expressions are of groups, and which of their rows. */
import { asciiLower, isSameFolded } from "../../encode/ascii";
import { parseUnsigned, parsedUnsigned } from "../../encode/digits";
import { SQL_SYNTAX, SQL_TYPE, SQL_UNSUPPORTED } from "../../status";
import { isNoCase } from "../eval/collation";
import { ColumnValue, Expression } from "../eval/expression";
import { K_DECIMAL, K_INT } from "../eval/kinds";
import {
  A_AVG,
  A_CONCAT,
  A_COUNT,
  A_JSON_ARRAY,
  A_JSON_OBJECT,
  A_MAX,
  A_MIN,
  A_SUM,
  Aggregate,
  aggregateOf,
} from "../run/aggregate";
import { DESCENDING, NO_CASE, NULLS_FIRST } from "../run/tuples";
import {
  FLAG_DESCENDING,
  FLAG_DISTINCT,
  FLAG_NULLS_FIRST,
  FLAG_NULLS_LAST,
  FLAG_STAR,
  N_CALL,
  N_COLUMN,
  N_NAME,
  N_NUMBER,
  N_PARAMETER,
  N_QUERY,
  N_STAR,
  N_TEXT,
  N_BLOB,
  N_TYPE,
  SqlTree,
} from "../syntax/tree";
import { asNumber, asPartOfJson, asText, convertTo, isJsonExtract } from "./convert";
import { FunctionBinder, isAggregate } from "./functions";
import { isElement, opened, unopened } from "./open-values";
import { MERGED, sameName } from "./scope";
import { AGGREGATE_PARTS } from "./statement";

/** Places of aggregates' results from this on, as long as it is not known how many keys of groups there are. */
export const AGGREGATED: i32 = 1 << 25;

/** Binds the expressions of a query that may have groups. */
export abstract class GroupBinder extends FunctionBinder {
  protected isGrouped: bool = false;
  /** Whether aggregates may be here, and whether there is one in a query inside, for which this seems to have no groups. */
  protected mayGroup: bool = false;
  mustGroup: bool = false;
  /** Results whose aliases are names here, too, where no column is called so: a list of N_RESULT. */
  protected aliases: u32 = 0;
  /** Inside an aggregate's values names are the rows', not the groups'. */
  protected inAggregate: bool = false;
  protected groupNodes: Array<u32> = new Array<u32>();
  protected groupValues: Array<Expression> = new Array<Expression>();
  /** For each in GROUP BY whether it is elements, which are grouped as the JSON that they are. */
  private readonly openGroups: Array<bool> = new Array<bool>();
  protected aggregates: Array<Aggregate> = new Array<Aggregate>();
  protected aggregateNodes: Array<u32> = new Array<u32>();
  /** Results of aggregates, whose place is known when all keys of groups are. */
  protected aggregateValues: Array<ColumnValue> = new Array<ColumnValue>();

  /** The place that a number from 1 on means; -2 with an error. */
  protected ordinal(node: u32, count: i32): i32 {
    const tree = this.tree;
    const isNumber = parseUnsigned(tree.textPtr(node), tree.textLen(node), count);
    if (isNumber && load<u8>(tree.textPtr(node)) != 0x30) return <i32>parsedUnsigned - 1;
    this.context.fail(SQL_SYNTAX, "there is no column number " + tree.text(node), node, "the result has " + count.toString());
    return -2;
  }

  protected groupBy(list: u32, results: u32): bool {
    const tree = this.tree;
    for (let item = list; item != 0; item = tree.next(item)) {
      let node = item;
      if (tree.kind(item) == N_NUMBER) {
        const place = this.ordinal(item, tree.length(results));
        if (place < 0) return false;
        let result = results;
        for (let r = 0; r < place; r++) result = tree.next(result);
        if (tree.kind(result) == N_STAR) {
          this.context.fail(SQL_SYNTAX, "GROUP BY can't count columns of *", item);
          return false;
        }
        node = tree.a(result);
      } else if (tree.kind(item) == N_COLUMN && tree.b(item) == 0) {
        // A column's name goes before an alias.
        const name = tree.text(tree.a(item));
        if (this.scope.find(name, "") < 0 && this.scope.found == 0) {
          const result = this.resultIn(results, name);
          if (result != 0) node = tree.a(result);
        }
      }
      this.inAggregate = true;
      const value = this.bind(node);
      this.inAggregate = false;
      if (!value) return false;
      this.openGroups.push(isElement(value));
      this.groupNodes.push(node);
      this.groupValues.push(unopened(value));
    }
    return true;
  }

  protected resultCalled(name: string): u32 {
    return this.resultIn(this.aliases, name);
  }

  /** The first of a list of results that has `name` as its alias; 0 for none. */
  private resultIn(results: u32, name: string): u32 {
    const tree = this.tree;
    let result = results;
    while (result != 0 && (tree.kind(result) == N_STAR || tree.b(result) == 0 || !sameName(tree.text(tree.b(result)), name)))
      result = tree.next(result);
    return result;
  }

  protected resultValue(result: u32): Expression | null {
    const aliases = this.aliases;
    this.aliases = 0;
    const value = this.bind(this.tree.a(result));
    this.aliases = aliases;
    return value;
  }

  protected ofGroup(node: u32): Expression | null {
    if (!this.isGrouped || this.inAggregate) return null;
    for (let g = 0; g < this.groupNodes.length; g++) {
      if (this.groupNodes[g] != 0 && this.isSame(this.groupNodes[g], node)) return this.groupValue(g);
    }
    return null;
  }

  private groupValue(g: i32): Expression {
    const subject = this.groupValues[g];
    const value = new ColumnValue(g, subject.kind);
    value.column = subject.column;
    return g < this.openGroups.length && this.openGroups[g] ? opened(this.context, value) : value;
  }

  columnAt(place: i32, node: u32): Expression | null {
    if (!this.isGrouped || this.inAggregate) return this.shownValue(place);
    for (let g = 0; g < this.groupValues.length; g++) {
      const subject = this.groupValues[g];
      if (place >= MERGED && this.isColumn(this.groupNodes[g], place)) return this.groupValue(g);
      if (subject instanceof ColumnValue && (<ColumnValue>subject).position == place) return this.groupValue(g);
    }
    // What the primary key of a table decides is the same for all rows of a group with it.
    const source = this.scope.sourceOf(place);
    const table = place < MERGED && !source.isMerged ? source.table : null;
    for (let g = 0; g < this.groupValues.length && table; g++) {
      const subject = this.groupValues[g];
      if (!(subject instanceof ColumnValue) || (<ColumnValue>subject).position != source.base + table.keyColumn) continue;
      this.groupNodes.push(0);
      this.groupValues.push(this.columnValue(place));
      return this.groupValue(this.groupValues.length - 1);
    }
    const name = this.scope.column(place).name;
    this.context.fail(
      SQL_TYPE,
      "column " + name + " is neither in GROUP BY nor in an aggregate",
      node,
      "add it to GROUP BY, or take MIN or MAX of it",
    );
    return null;
  }

  /** Whether one of the list's nodes is or has a query. */
  protected hasQuery(list: u32): bool {
    const tree = this.tree;
    for (let node = list; node != 0; node = tree.next(node)) {
      const kind = tree.kind(node);
      if (kind == N_QUERY) return true;
      if (hasNoNodes(kind)) continue;
      if (
        this.hasQuery(tree.a(node)) ||
        this.hasQuery(tree.b(node)) ||
        this.hasQuery(tree.c(node)) ||
        this.hasQuery(tree.d(node))
      )
        return true;
    }
    return false;
  }

  /** Whether one of the list's nodes has an aggregate in it that is not a query's inside of it. */
  protected hasAggregate(list: u32): bool {
    const tree = this.tree;
    for (let node = list; node != 0; node = tree.next(node)) {
      if (tree.kind(node) == N_QUERY) continue;
      if (hasNoNodes(tree.kind(node))) continue;
      if (tree.kind(node) == N_CALL) {
        // Over a window it is no aggregate of the query, but what it is over may be.
        const tail = tree.c(node);
        const window = tree.c(tail);
        if (window == 0 && isAggregateCall(tree, node)) {
          if (this.levelOfCall(node) == 0) return true;
          continue;
        }
        if (this.hasAggregate(tree.b(node)) || this.hasAggregate(window)) return true;
        if (window != 0 && this.hasAggregate(tree.b(tail))) return true;
        continue;
      }
      if (this.hasAggregate(tree.a(node)) || this.hasAggregate(tree.b(node)) || this.hasAggregate(tree.c(node))) return true;
    }
    return false;
  }

  /**
   * An aggregate: of this query, or of the one around it that the innermost of its columns is of, where it is the same for all rows of this
   * one.
   */
  protected aggregate(node: u32, name: string): Expression | null {
    const level = this.levelOfCall(node);
    return level > 0 ? this.outer!.aggregate(node, name, level) : this.ownAggregate(node, name);
  }

  /** How many queries out from this one the one is that an aggregate belongs to. */
  private levelOfCall(node: u32): i32 {
    const level = this.outer ? min(this.levelOf(this.tree.b(node)), this.levelOf(this.tree.c(node))) : 0;
    return level == i32.MAX_VALUE ? 0 : level;
  }

  /** The same of the innermost column of a list of nodes; the highest number where they have none. */
  private levelOf(list: u32): i32 {
    const tree = this.tree;
    let level = i32.MAX_VALUE;
    for (let node = list; node != 0; node = tree.next(node)) {
      const kind = tree.kind(node);
      if (kind == N_COLUMN) level = min(level, this.levelOfColumn(node));
      else if (kind == N_QUERY) level = 0;
      else if (!hasNoNodes(kind)) {
        if (kind != N_CALL) level = min(level, this.levelOf(tree.a(node)));
        level = min(level, min(this.levelOf(tree.b(node)), min(this.levelOf(tree.c(node)), this.levelOf(tree.d(node)))));
      }
    }
    return level;
  }

  private levelOfColumn(node: u32): i32 {
    const tree = this.tree;
    const name = tree.text(tree.a(node));
    const table = tree.b(node) == 0 ? "" : tree.text(tree.b(node));
    let level = 0;
    let scope = this.scope;
    let outer = this.outer;
    while (outer && scope.find(name, table) < 0 && scope.found == 0 && (table.length == 0 || !scope.source(table))) {
      level += 1;
      scope = outer.binder.scope;
      outer = outer.binder.outer;
    }
    return level;
  }

  ownAggregate(node: u32, name: string): Expression | null {
    const context = this.context;
    // One in a query inside of this one makes it a query with groups, which it is bound as once more.
    if (this.mayGroup && !this.isGrouped) this.mustGroup = true;
    if (!this.isGrouped || this.inAggregate) {
      const where = this.inAggregate ? "inside another aggregate or GROUP BY" : "here";
      context.fail(SQL_TYPE, name + " is an aggregate and can't be used " + where, node, "HAVING has conditions on aggregates");
      return null;
    }
    for (let a = 0; a < this.aggregateNodes.length; a++) {
      if (this.isSame(this.aggregateNodes[a], node)) return this.aggregateValue(a);
    }
    this.inAggregate = true;
    const made = context.hasRoom(AGGREGATE_PARTS, node) ? this.newAggregate(node, name) : null;
    this.inAggregate = false;
    if (!made) return null;
    this.aggregates.push(made);
    this.aggregateNodes.push(node);
    return this.aggregateValue(this.aggregates.length - 1);
  }

  private aggregateValue(a: i32): Expression {
    const value = new ColumnValue(AGGREGATED + a, this.aggregates[a].kind);
    const fn = this.aggregates[a].fn;
    const subject = this.aggregates[a].subject;
    if (subject && (fn == A_MIN || fn == A_MAX)) value.column = subject.column;
    this.aggregateValues.push(value);
    return this.aggregates[a].givesElements ? opened(this.context, value) : value;
  }

  protected newAggregate(node: u32, name: string): Aggregate | null {
    const tree = this.tree;
    const context = this.context;
    const tail = tree.c(node);
    const made = new Aggregate(aggregateOf(name), context.text, tree.start(node), context.budget);
    const fn = made.fn;
    if (tail != 0 && tree.b(tail) != 0) {
      const where = this.condition(tree.b(tail));
      if (!where) return null;
      made.where = where;
    }
    const list = tree.b(node);
    const count = tree.length(list);
    const distinct = tree.has(node, FLAG_DISTINCT);
    if (fn == A_COUNT && !distinct && count == 0) return made;
    const least: u32 = fn == A_JSON_OBJECT || name == "string_agg" ? 2 : 1;
    const most: u32 = fn == A_CONCAT ? 2 : least;
    if (tree.has(node, FLAG_STAR) || count < least || count > most) {
      const what = count == 0 ? " needs a value" : " does not take " + count.toString() + (count == 1 ? " value" : " values");
      context.fail(SQL_TYPE, name + what, node);
      return null;
    }
    let subject = this.bind(list);
    if (!subject) return null;
    made.givesElements = (fn == A_MIN || fn == A_MAX) && isElement(subject);
    if (made.givesElements) subject = unopened(subject);
    if (fn == A_MIN || fn == A_MAX || (fn == A_JSON_OBJECT && distinct)) {
      if (fn == A_JSON_OBJECT)
        context.fail(SQL_UNSUPPORTED, name + " with DISTINCT is not there", node, "a query with DISTINCT in FROM");
      if (fn == A_JSON_OBJECT || !this.isSortable(subject, node)) return null;
    } else if (fn == A_CONCAT || fn == A_JSON_OBJECT) subject = asText(context, subject);
    else if (fn == A_JSON_ARRAY) subject = asPartOfJson(context, subject);
    else if (fn != A_COUNT) {
      const number = asNumber(context, subject, name);
      if (!number) return null;
      subject = (fn == A_SUM || fn == A_AVG) && number.kind == K_INT ? number : convertTo(context, number, K_DECIMAL, null);
    }
    if (!subject) return null;
    made.over(subject, distinct);
    if (count == 2) {
      const second = this.bind(tree.next(list));
      if (!second) return null;
      if (fn == A_CONCAT) made.second = asText(context, second);
      else made.second = asPartOfJson(context, second);
    }
    return tail == 0 || this.aggregateOrder(made, tree.a(tail), list) ? made : null;
  }

  /** ORDER BY inside of an aggregate: with DISTINCT only by what is distinct. Where the order says nothing, nothing is sorted. */
  private aggregateOrder(made: Aggregate, order: u32, list: u32): bool {
    const tree = this.tree;
    const by = new Array<Expression>();
    const orders = new Array<u32>();
    for (let term = order; term != 0; term = tree.next(term)) {
      if (!this.addTerm(this.bind(tree.a(term)), term, this.orderOf(term), by, orders)) return false;
      if (made.isDistinct && !this.isSame(tree.a(term), list)) {
        this.context.fail(SQL_TYPE, "with DISTINCT, ORDER BY inside of an aggregate needs its value", term);
        return false;
      }
    }
    if (order != 0 && made.fn >= A_CONCAT) made.sortBy(by, orders);
    return true;
  }

  /** Adds the value of a term, null with an error, and its direction to what rows are sorted by; false with an error. */
  protected addTerm(value: Expression | null, term: u32, direction: u32, by: Array<Expression>, orders: Array<u32>): bool {
    if (!value || !this.isSortable(value, term)) return false;
    by.push(unopened(value));
    orders.push(direction | (isNoCase(value) ? NO_CASE : 0));
    return true;
  }

  protected orderOf(term: u32): u32 {
    const tree = this.tree;
    const down = tree.has(term, FLAG_DESCENDING);
    // Nulls are the smallest: first, and last where it goes down, as in SQLite.
    const first = tree.has(term, FLAG_NULLS_FIRST) || (!down && !tree.has(term, FLAG_NULLS_LAST));
    return (down ? DESCENDING : 0) | (first ? NULLS_FIRST : 0);
  }

  protected isSortable(value: Expression, node: u32): bool {
    if (isJsonExtract(value)) {
      this.context.fail(
        SQL_TYPE,
        "which type these values of JSON have is not known",
        node,
        "CAST them, or take them as text by ->>",
      );
      return false;
    }
    return true;
  }

  // ---- whether two expressions are the same ----

  protected isSame(a: u32, b: u32): bool {
    const tree = this.tree;
    if (a == b) return true;
    if (a == 0 || b == 0 || tree.kind(a) != tree.kind(b) || tree.op(a) != tree.op(b) || tree.flags(a) != tree.flags(b)) {
      return a != 0 && b != 0 && tree.kind(a) == N_COLUMN && tree.kind(b) == N_COLUMN && this.isSameColumn(a, b);
    }
    switch (tree.kind(a)) {
      case N_COLUMN:
        return this.isSameColumn(a, b);
      case N_NAME:
        return this.isSameName(a, b);
      case N_NUMBER:
      case N_TEXT:
      case N_BLOB:
      case N_TYPE:
        return tree.textLen(a) == tree.textLen(b) && memory.compare(tree.textPtr(a), tree.textPtr(b), tree.textLen(a)) == 0;
      case N_PARAMETER:
        return tree.a(a) == tree.a(b);
      case N_QUERY:
        return false;
      default:
        return (
          this.isSameList(tree.a(a), tree.a(b)) &&
          this.isSameList(tree.b(a), tree.b(b)) &&
          this.isSameList(tree.c(a), tree.c(b)) &&
          this.isSameList(tree.d(a), tree.d(b))
        );
    }
  }

  /** Whether two names are the same but for the case of ASCII letters; no strings are made. */
  private isSameName(a: u32, b: u32): bool {
    const tree = this.tree;
    const len = tree.textLen(a);
    return len == tree.textLen(b) && isSameFolded(tree.textPtr(a), tree.textPtr(b), len);
  }

  protected isSameList(a: u32, b: u32): bool {
    while (a != 0 && b != 0) {
      if (!this.isSame(a, b)) return false;
      a = this.tree.next(a);
      b = this.tree.next(b);
    }
    return a == b;
  }

  private isSameColumn(a: u32, b: u32): bool {
    const tree = this.tree;
    const isWritten = this.isSameList(tree.a(a), tree.a(b)) && this.isSameList(tree.b(a), tree.b(b));
    if (!isWritten && !this.isColumn(a, this.quietPlace(b))) return false;
    const uses = this.context.nameUses;
    if (uses) uses.pair(a, b);
    return true;
  }

  /** Whether a node names the column at `place`. */
  private isColumn(node: u32, place: i32): bool {
    return place >= 0 && this.tree.kind(node) == N_COLUMN && this.quietPlace(node) == place;
  }

  private quietPlace(node: u32): i32 {
    const tree = this.tree;
    return this.scope.find(tree.text(tree.a(node)), tree.b(node) == 0 ? "" : tree.text(tree.b(node)));
  }
}

function isAggregateCall(tree: SqlTree, node: u32): bool {
  return isAggregate(asciiLower(tree.text(tree.a(node))), tree.length(tree.b(node)));
}

/** Whether what a to d of a node are says nothing of expressions in it. */
function hasNoNodes(kind: u8): bool {
  return (
    kind == N_NUMBER ||
    kind == N_TEXT ||
    kind == N_BLOB ||
    kind == N_NAME ||
    kind == N_COLUMN ||
    kind == N_PARAMETER ||
    kind == N_TYPE ||
    kind == N_STAR
  );
}
