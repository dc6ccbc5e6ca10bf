/** FROM: tables, queries and joins, and the operators that give their rows. */
import { AMBIGUOUS_COLUMN, COLUMN_NOT_FOUND, OK, SQL_SYNTAX, SQL_TYPE, TABLE_NOT_FOUND, lastError } from "../../status";
import { asciiLower } from "../../encode/ascii";
import { OP_CROSS, OP_EQ, OP_FULL, OP_INNER, OP_LEFT, OP_RIGHT, OP_UNION, OP_UNION_ALL } from "../syntax/operators";
import { FLAG_NATURAL, N_CALL, N_COMPOUND, N_JOIN, N_NAME, N_TABLE, SqlTree } from "../syntax/tree";
import { CatalogEntry } from "../../store/catalog";
import { Expression, OuterValue } from "../eval/expression";
import { K_INT, K_JSON, K_NULL, K_TEXT } from "../eval/kinds";
import { Operator } from "../run/operator";
import { StepRows } from "../run/recursion";
import { EACH_COLUMNS, JsonRows, SeriesRows } from "../run/table-function";
import { Condition, addConditions } from "./conditions";
import { foreignKeyRows } from "../catalog/foreign-key-rows";
import { FOREIGN_KEY_CHECK, catalogColumns, catalogNumber } from "../catalog/relation-names";
import { ViewBinder, catalogRows } from "../catalog/relations";
import { asNumber, asText, notYet } from "./convert";
import { Outer } from "./names";
import { CommonTable, NamedColumn, Relation, Source, sameName } from "./scope";
import { MergeBinder } from "./merged-queries";

/** Functions that make rows of their arguments, by number. */
const FUNCTIONS: StaticArray<string> = ["json_each", "json_tree", "generate_series"];
const TREE: i32 = 1;
const SERIES: i32 = 2;

function tableFunction(name: string): i32 {
  for (let f = 0; f < FUNCTIONS.length; f++) if (FUNCTIONS[f] == name) return f;
  return -1;
}

/** A join of FROM, or one of its tables, with the conditions of ON. */
export class FromNode {
  /** The first of its columns, and the one behind its last. */
  first: i32 = 0;
  end: i32 = 0;
  source: Source | null = null;
  op: u8 = OP_INNER;
  left: FromNode | null = null;
  right: FromNode | null = null;
  readonly on: Array<Condition> = new Array<Condition>();
  /** Of a function that makes rows of columns in front of it: these, and where it finds each row's values. */
  readonly given: Array<Expression> = new Array<Expression>();
  readonly slots: Array<OuterValue> = new Array<OuterValue>();
  /** Of functions: which of their rows are meant, by columns of what is in front of them. */
  readonly before: Array<Condition> = new Array<Condition>();
}

/** Binds what is in FROM. */
export abstract class FromBinder extends MergeBinder {
  /** Whether a query in FROM may become the table that it reads: its conditions are then asked together with those around it. */
  private merges: bool = true;

  /** The rows of the query at `node`, N_QUERY, which is inside of that of `outer`; null with an error. */
  protected abstract queryWithin(outer: Outer | null, commonTables: Array<CommonTable>, node: u32): Relation | null;

  /** The rows of a view, which `node` names; null with an error. */
  protected abstract viewRows(view: CatalogEntry, node: u32): Relation | null;

  /** The columns of a view; null with an error. */
  abstract viewColumns(view: CatalogEntry): Array<NamedColumn> | null;

  /**
   * Of the query at `node`, inside of that of `outer`, keys of its rows, and in `subjects` the values there that they are equal to, where
   * that is all that ties it to the other; else null.
   */
  protected abstract keysWithin(
    outer: Outer,
    commonTables: Array<CommonTable>,
    node: u32,
    subjects: Array<Expression>,
  ): Relation | null;

  /**
   * Of the query at `node`, which is of aggregates, inside of that of `outer`, what it gives in groups by keys of its rows, which come
   * first, and in `subjects` the values there that these are equal to, where that is all that ties it to the other; else null.
   */
  protected abstract groupsWithin(
    outer: Outer,
    commonTables: Array<CommonTable>,
    node: u32,
    subjects: Array<Expression>,
  ): Relation | null;

  protected from(node: u32): FromNode | null {
    const tree = this.tree;
    const made = new FromNode();
    made.first = this.scope.kinds.length;
    if (tree.kind(node) != N_JOIN) {
      const fn = tree.kind(node) == N_TABLE ? tableFunction(asciiLower(tree.text(tree.a(node)))) : -1;
      const isFunction = fn >= 0 && tree.d(node) != 0;
      const source = isFunction
        ? this.functionSource(node, fn, made)
        : tree.kind(node) == N_TABLE
          ? this.tableSource(node, made.on)
          : this.querySource(node, made.on);
      if (!source) return null;
      if (source.name.length > 0 && this.scope.source(source.name)) {
        this.context.fail(
          AMBIGUOUS_COLUMN,
          "there are two " + source.name + " in FROM",
          node,
          "AS gives one of them another name",
        );
        return null;
      }
      this.scope.add(source);
      made.source = source;
      made.end = this.scope.kinds.length;
      return isFunction || tree.kind(node) != N_TABLE || this.ofArgument(node, made) ? made : null;
    }
    const op = tree.op(node);
    const merges = this.merges;
    const isInner = op == OP_INNER || op == OP_CROSS;
    // Rows of an outer join's side are to be there, or not, before it is joined.
    this.merges = merges && (isInner || op == OP_LEFT);
    const left = this.from(tree.a(node));
    this.merges = merges && isInner;
    const right = left ? this.from(tree.b(node)) : null;
    this.merges = merges;
    if (!left || !right) return null;
    made.left = left;
    made.right = right;
    made.op = op;
    made.end = right.end;
    if (tree.c(node) != 0) {
      const before = this.scope.first;
      this.scope.first = made.first;
      const on = this.condition(tree.c(node));
      this.scope.first = before;
      if (!on) return null;
      addConditions(on, made.on);
    }
    takeBefore(left, made);
    takeBefore(right, made);
    if (tree.d(node) != 0 || tree.has(node, FLAG_NATURAL)) return this.using(node, made) ? made : null;
    return made;
  }

  /** USING and NATURAL: columns of both sides with one name are equal, and shown once. */
  private using(node: u32, join: FromNode): bool {
    const tree = this.tree;
    const names = new Array<string>();
    const nodes = new Array<u32>();
    for (let name = tree.d(node); name != 0; name = tree.next(name)) nodes.push(name);
    for (let n = 0; n < nodes.length; n++) names.push(tree.text(nodes[n]));
    const left = join.left!;
    const right = join.right!;
    if (tree.has(node, FLAG_NATURAL)) {
      for (let place = left.first; place < left.end; place++) {
        const name = this.scope.column(place).name;
        const source = this.scope.sourceOf(place);
        if (place == source.base && source.hidesFirst) continue;
        if (!this.isHidden(place) && this.placeIn(right, name) >= 0 && !names.includes(name)) names.push(name);
      }
    }
    for (let n = 0; n < names.length; n++) {
      const a = this.placeIn(left, names[n]);
      const b = this.placeIn(right, names[n]);
      if (a < 0 || b < 0) {
        const side = a < 0 ? "left" : "right";
        const what = a == -2 || b == -2 ? "there is more than one column " : "there is no column ";
        this.context.fail(COLUMN_NOT_FOUND, what + names[n] + " on the " + side + " side of the join", node);
        return false;
      }
      const written = nodes.length > 0 ? nodes[n] : node;
      this.context.note(written, this.scope.column(a).name, this.scope.column(a).column);
      this.context.note(written, this.scope.column(b).name, this.scope.column(b).column);
      const x = this.shownValue(a);
      const y = this.shownValue(b);
      if (!x || !y) return false;
      x.start = tree.start(node);
      y.start = tree.start(node);
      const equal = this.comparison(OP_EQ, x, y);
      if (!equal) return false;
      join.on.push(new Condition(equal));
      const source = this.scope.sourceOf(b);
      source.hidden[this.scope.realPlace(b) - source.base] = true;
      // A row may have no left side then.
      if (join.op == OP_FULL) this.scope.merge(a, [a, b]);
      if (join.op == OP_RIGHT) this.scope.merge(a, [b]);
    }
    return true;
  }

  private isHidden(place: i32): bool {
    const source = this.scope.sourceOf(place);
    return source.hidden[place - source.base];
  }

  /** The place of the one column called `name` of a side; -1 for none, -2 for more than one. */
  private placeIn(side: FromNode, name: string): i32 {
    let found = -1;
    for (let place = side.first; place < side.end; place++) {
      if (this.isHidden(place) || !sameName(this.scope.column(place).name, name)) continue;
      if (found >= 0) return -2;
      found = this.scope.shownAt(place);
    }
    return found;
  }

  private tableSource(node: u32, on: Array<Condition>): Source | null {
    const tree = this.tree;
    const name = tree.text(tree.a(node));
    const alias = tree.b(node) == 0 ? name : tree.text(tree.b(node));
    const base = this.scope.kinds.length;
    if (tree.c(node) == 0) {
      const common = this.commonTable(name);
      if (common) return this.commonSource(common, alias, base, node);
    } else if (!sameName(tree.text(tree.c(node)), "main")) {
      this.context.fail(TABLE_NOT_FOUND, "there is no database " + tree.text(tree.c(node)), node, "the open file is main");
      return null;
    }
    const number = catalogNumber(name);
    if (number >= 0) return this.catalogSource(number, node, alias, base);
    if (tree.d(node) != 0) {
      this.unsupported("the function " + name + " in FROM", node);
      return null;
    }
    const view = this.context.view(name);
    if (view) {
      const merged = this.merges ? this.viewTable(view, node, alias, base, on) : null;
      if (merged || lastError.status != OK) return merged;
      const relation = this.viewRows(view, node);
      return relation ? new Source(alias, base, null, relation) : null;
    }
    const table = lastError.status == OK ? this.context.table(node) : null;
    return table ? new Source(alias, base, table, null) : null;
  }

  private commonSource(common: CommonTable, alias: string, base: i32, node: u32): Source | null {
    const tree = this.tree;
    const steps = common.steps;
    if (steps) {
      if (steps.depth != this.depth) {
        notYet(this.context, "naming a recursion in a query inside of it is", node, "join with it");
        return null;
      }
      const rows = this.context.own(new StepRows(steps));
      return new Source(alias, base, null, new Relation(rows, common.columns));
    }
    let relation: Relation | null = null;
    if (common.isRecursive && isUnion(tree, tree.c(common.node))) relation = this.recursive(common);
    else relation = this.queryWithin(this.outer, common.before, tree.c(common.node));
    if (!relation) return null;
    const renamed = this.renamed(relation, tree.b(common.node), node);
    return renamed ? new Source(alias, base, null, renamed) : null;
  }

  /** How many queries are around this one. */
  protected get depth(): i32 {
    let depth = 0;
    let outer = this.outer;
    while (outer) {
      depth += 1;
      outer = outer.binder.outer;
    }
    return depth;
  }

  /** The rows of a query that may name itself, of two by UNION. */
  protected abstract recursive(common: CommonTable): Relation | null;

  private catalogSource(number: i32, node: u32, alias: string, base: i32): Source | null {
    const context = this.context;
    const names = catalogColumns(number);
    let rows: Operator | null = null;
    if (number == FOREIGN_KEY_CHECK) {
      const found = this.viewRows(foreignKeyRows("pragma_foreign_key_check", context.catalog.tables), node);
      if (found) rows = found.operator;
    } else {
      rows = catalogRows(number, context.catalog, new BoundViews(this));
      if (rows) context.own(rows);
    }
    if (!rows) return null;
    const source = new Source(alias, base, null, new Relation(rows, columnsCalled(names)));
    const last = names.length - 1;
    if (names[last] == "") source.hidden[last] = true;
    return source;
  }

  /** A function that makes rows of its arguments, which may be of what is in front of it. */
  private functionSource(node: u32, fn: i32, made: FromNode): Source | null {
    const tree = this.tree;
    const context = this.context;
    const name = FUNCTIONS[fn];
    const args = new Array<Expression>();
    const isSeries = fn == SERIES;
    for (let arg = tree.d(node); arg != 0; arg = tree.next(arg)) {
      const bound = this.bind(arg);
      const value = bound ? (isSeries ? asNumber(context, bound, name) : asText(context, bound)) : null;
      if (!value) return null;
      if (isSeries && value.kind != K_INT && value.kind != K_NULL) {
        context.fail(SQL_TYPE, name + " takes integers", arg, "CAST makes one");
        return null;
      }
      args.push(value);
    }
    const least = isSeries ? 2 : 1;
    if (args.length < least || args.length > least + 1) {
      context.fail(SQL_TYPE, name + " does not take " + args.length.toString() + " values", node);
      return null;
    }
    const columns = new Array<i32>();
    for (let a = 0; a < args.length; a++) args[a].addColumns(columns);
    let isLateral = false;
    for (let c = 0; c < columns.length; c++) isLateral = isLateral || columns[c] >= 0;
    for (let a = 0; a < args.length && isLateral; a++) {
      const slot = new OuterValue(args[a].kind);
      context.ownValue(slot);
      made.given.push(args[a]);
      made.slots.push(slot);
      args[a] = slot;
    }
    const start = tree.start(node);
    const rows: Operator = isSeries
      ? new SeriesRows(args, context.text, start)
      : new JsonRows(args, fn == TREE, context.text, start);
    const shown = columnsCalled((isSeries ? "#value" : EACH_COLUMNS).split(","));
    const alias = tree.b(node) == 0 ? name : tree.text(tree.b(node));
    return new Source(alias, this.scope.kinds.length, null, new Relation(context.own(rows), shown));
  }

  /** The argument of a function says which of all of its rows are meant. */
  private ofArgument(node: u32, made: FromNode): bool {
    const list = this.tree.d(node);
    if (list == 0) return true;
    if (this.tree.next(list) != 0) {
      this.context.syntaxError("it takes one argument", this.tree.next(list));
      return false;
    }
    const tree = this.tree;
    const start = tree.start(list);
    const name = this.bind(tree.add(N_CALL, start, tree.word(N_NAME, start, "lower"), list));
    const equal = name ? this.comparison(OP_EQ, this.columnValue(made.end - 1), name) : null;
    if (!equal) return false;
    const condition = new Condition(equal);
    if (isWithin(condition, made)) made.on.push(condition);
    else made.before.push(condition);
    return true;
  }

  private querySource(node: u32, on: Array<Condition>): Source | null {
    const tree = this.tree;
    const base = this.scope.kinds.length;
    const alias = tree.b(node) == 0 ? "" : tree.text(tree.b(node));
    lastError.status = OK;
    const merged = this.merges ? this.queryTable(node, alias, base, on) : null;
    if (merged || lastError.status != OK) return merged;
    const relation = this.queryWithin(this.outer, this.commonTables, tree.a(node));
    if (!relation) return null;
    const renamed = this.renamed(relation, tree.c(node), node);
    if (!renamed) return null;
    return new Source(alias, base, null, renamed);
  }

  /** The relation with the names of a list, if there is one. */
  protected renamed(relation: Relation, names: u32, node: u32): Relation | null {
    const tree = this.tree;
    if (names == 0) return relation;
    if (<i32>tree.length(names) != relation.columns.length) {
      this.context.fail(
        SQL_SYNTAX,
        "the query has " + relation.columns.length.toString() + " columns, not as many as names",
        node,
      );
      return null;
    }
    const columns = new Array<NamedColumn>();
    let name = names;
    for (let c = 0; c < relation.columns.length; c++) {
      columns.push(
        new NamedColumn(tree.text(name), relation.columns[c].kind, relation.columns[c].column, relation.columns[c].isOpen),
      );
      name = tree.next(name);
    }
    return new Relation(relation.operator, columns);
  }
}

/** Views as the catalog tells of them. */
class BoundViews extends ViewBinder {
  constructor(private readonly binder: FromBinder) {
    super();
  }

  columnsOf(view: CatalogEntry): Array<NamedColumn> | null {
    return this.binder.viewColumns(view);
  }
}

/** Columns of these names, with `#` in front for numbers and `~` for elements of JSON; the others are text. */
function columnsCalled(names: Array<string>): Array<NamedColumn> {
  const columns = new Array<NamedColumn>();
  for (let n = 0; n < names.length; n++) {
    const sign = names[n].charCodeAt(0);
    const isOpen = sign == 0x7e;
    const isNumber = sign == 0x23;
    const name = isOpen || isNumber ? names[n].substring(1) : names[n];
    columns.push(new NamedColumn(name, isOpen ? K_JSON : isNumber ? K_INT : K_TEXT, null, isOpen));
  }
  return columns;
}

/** Whether an N_QUERY is nothing but a UNION, perhaps with LIMIT. */
function isUnion(tree: SqlTree, query: u32): bool {
  const body = tree.a(query);
  if (tree.kind(body) != N_COMPOUND || tree.b(query) != 0 || tree.d(query) != 0) return false;
  return tree.op(body) == OP_UNION || tree.op(body) == OP_UNION_ALL;
}

/** Whether a condition is about columns of a part of FROM alone. */
function isWithin(condition: Condition, node: FromNode): bool {
  for (let c = 0; c < condition.columns.length; c++) {
    const place = condition.columns[c];
    if (place >= 0 && (place < node.first || place >= node.end)) return false;
  }
  return true;
}

/** Takes over what a side of a join leaves to where all columns that it is about are there. */
function takeBefore(side: FromNode, join: FromNode): void {
  for (let c = 0; c < side.before.length; c++) {
    if (isWithin(side.before[c], join)) join.on.push(side.before[c]);
    else join.before.push(side.before[c]);
  }
}

export function addOnColumns(node: FromNode, used: Array<i32>): void {
  for (let c = 0; c < node.on.length; c++) node.on[c].expression.addColumns(used);
  for (let g = 0; g < node.given.length; g++) node.given[g].addColumns(used);
  const left = node.left;
  const right = node.right;
  if (left) addOnColumns(left, used);
  if (right) addOnColumns(right, used);
}
