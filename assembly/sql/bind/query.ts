/** Whole queries as operators: SELECT with what follows it, UNION and the like, VALUES, recursions, and views. */
import { BAD_SCHEMA, OK, SQL_LIMIT, SQL_SYNTAX, SQL_TYPE, lastError } from "../../status";
import { MemoryBudget } from "../../store/memory-budget";
import { Expression } from "../eval/expression";
import { K_TEXT, kindName } from "../eval/kinds";
import { LimitValues } from "../run/limit";
import { Append, Limit, Project, RowLimit } from "../run/operator";
import { Recursion, Steps } from "../run/recursion";
import { Among, Sort } from "../run/sort";
import { NO_CASE } from "../run/tuples";
import { ValueRows } from "../run/value-rows";
import { OP_EXCEPT, OP_INTERSECT, OP_UNION, OP_UNION_ALL, operatorText } from "../syntax/operators";
import { FLAG_RECURSIVE, N_COLUMN, N_COMPOUND, N_CREATE_VIEW, N_NUMBER, N_SELECT, N_VALUES, SqlTree } from "../syntax/tree";
import { Condition } from "./conditions";
import { convertTo, unifiedLeft, unifiedRight, unify, unifyAll } from "./convert";
import { Catalog, CatalogEntry } from "../../store/catalog";
import { StatementMemory } from "../../store/statement-memory";
import { StoredText } from "../sql-text";
import { MOST_DEPTH } from "../syntax/reader";
import { readStatement, sqlRoot } from "../syntax/statements";
import { Outer } from "./names";
import { QUERY_PARTS, StatementContext } from "./statement";
import { SelectBinder } from "./select";
import { closed, closedColumns, valueOf } from "./open-values";
import { CommonTable, NamedColumn, Relation, Source, cellOf, cellsOf, sameName } from "./scope";

/** What a statement may keep that is only bound. */
const BINDING: u64 = 1 << 20;

/** Binds one query; those inside it have binders of their own. */
export class QueryBinder extends SelectBinder {
  viewColumns(view: CatalogEntry): Array<NamedColumn> | null {
    return columnsOfView(this.context.catalog, view);
  }

  protected viewTable(view: CatalogEntry, node: u32, alias: string, base: i32, on: Array<Condition>): Source | null {
    const context = this.within(view, node);
    if (!context) return null;
    const root = new QueryBinder(context, null, []).viewRoot();
    let source: Source | null = null;
    if (root != 0)
      source = new QueryBinder(context, null, []).tableOf(context.tree.c(root), context.tree.b(root), alias, base, on);
    context.tree.free();
    return source;
  }

  protected queryTable(node: u32, alias: string, base: i32, on: Array<Condition>): Source | null {
    const tree = this.tree;
    return new QueryBinder(this.context, this.outer, this.commonTables).tableOf(tree.a(node), tree.c(node), alias, base, on);
  }

  protected viewRows(view: CatalogEntry, node: u32): Relation | null {
    const context = this.within(view, node);
    if (!context) return null;
    const relation = new QueryBinder(context, null, []).viewQuery();
    context.tree.free();
    return relation;
  }

  /** What the text of a view, which a node names, is bound with; null with an error. The caller frees its tree. */
  private within(view: CatalogEntry, node: u32): StatementContext | null {
    const text = new StoredText(view.sql, viewLabel(view), this.context.text.offsetOf(this.tree.start(node)));
    return this.context.within(text, node);
  }

  /** The rows of the context's text, which is to be a view's; null with an error. */
  viewQuery(): Relation | null {
    const root = this.viewRoot();
    return root == 0 ? null : this.viewOf(root);
  }

  /** Reads the context's text: its N_CREATE_VIEW, 0 with an error. */
  viewRoot(): u32 {
    const context = this.context;
    const tree = this.tree;
    if (readStatement(context.text, tree, 0) != OK) return 0;
    const root = sqlRoot;
    const isView = root != 0 && tree.kind(root) == N_CREATE_VIEW;
    if (isView && context.depth <= MOST_DEPTH) return root;
    if (isView) context.text.fail(SQL_LIMIT, "views too deep inside each other", 0);
    else context.text.fail(SQL_SYNTAX, "this is no view", 0);
    return 0;
  }

  /** The rows of an N_CREATE_VIEW, called as it says; null with an error. */
  viewOf(node: u32): Relation | null {
    const tree = this.tree;
    const relation = this.query(tree.c(node));
    const renamed = relation ? this.renamed(relation, tree.b(node), node) : null;
    if (!renamed) return null;
    const columns = renamed.columns;
    for (let c = 0; c < columns.length; c++) {
      for (let d = 0; d < c; d++) {
        if (!sameName(columns[c].name, columns[d].name)) continue;
        this.context.fail(BAD_SCHEMA, "the view has two columns " + columns[c].name, node, "AS gives one another name");
        return null;
      }
    }
    return renamed;
  }

  protected queryWithin(outer: Outer | null, commonTables: Array<CommonTable>, node: u32): Relation | null {
    return new QueryBinder(this.context, outer, commonTables).query(node);
  }

  protected keysWithin(outer: Outer, commonTables: Array<CommonTable>, node: u32, subjects: Array<Expression>): Relation | null {
    const body = this.plainSelect(node);
    return body != 0 ? new QueryBinder(this.context, outer, commonTables).keys(body, subjects) : null;
  }

  protected groupsWithin(
    outer: Outer,
    commonTables: Array<CommonTable>,
    node: u32,
    subjects: Array<Expression>,
  ): Relation | null {
    const body = this.plainSelect(node);
    return body != 0 && !this.hasQuery(this.tree.a(body))
      ? new QueryBinder(this.context, outer, commonTables).groups(body, subjects)
      : null;
  }

  /** The N_SELECT that an N_QUERY is, without WITH and LIMIT, and without queries in its FROM and WHERE; 0 where it is none. */
  private plainSelect(node: u32): u32 {
    const tree = this.tree;
    const body = tree.a(node);
    if (tree.kind(body) != N_SELECT || tree.c(node) != 0 || tree.d(node) != 0) return 0;
    // Queries inside of it would be bound twice as often as it is.
    return this.hasQuery(tree.c(body)) || this.hasQuery(tree.b(body)) ? 0 : body;
  }

  // ---- whole queries ----

  /** The rows of an N_QUERY that is a statement, or what a table is made of; null with an error. */
  result(node: u32): Relation | null {
    const relation = this.query(node);
    return relation ? closed(this.context, relation) : null;
  }

  /** The rows of an N_QUERY; null with an error. */
  query(node: u32): Relation | null {
    const tree = this.tree;
    if (!this.context.hasRoom(QUERY_PARTS, node)) return null;
    const names = withNames(tree, tree.d(node), this.commonTables);
    const body = tree.a(node);
    let limit: RowLimit | null = null;
    if (tree.c(node) != 0) {
      limit = this.limit(tree.c(node));
      if (!limit) return null;
    }
    let relation: Relation | null = null;
    if (tree.kind(body) == N_SELECT) relation = this.selected(names, body, tree.b(node), limit);
    else {
      relation = this.body(body, names);
      if (relation && tree.b(node) != 0) relation = this.sortOutputs(relation, tree.b(node), limit);
    }
    if (!relation || !limit || this.isLimited) return relation;
    return new Relation(this.context.own(new Limit(relation.operator, limit)), relation.columns);
  }

  /** The rows of an N_SELECT, as `select` says; null with an error. */
  private selected(names: Array<CommonTable>, node: u32, order: u32, limit: RowLimit | null): Relation | null {
    const queries = this.context.queryCount;
    const binder = new QueryBinder(this.context, this.outer, names);
    const relation = binder.select(node, order, limit);
    this.isLimited = binder.isLimited;
    if (!binder.mustGroup) return relation;
    this.context.forgetQueries(queries);
    const again = new QueryBinder(this.context, this.outer, names);
    again.mustGroup = true;
    const groups = again.select(node, order, limit);
    this.isLimited = again.isLimited;
    return groups;
  }

  /** What an N_LIMIT says; null with an error. */
  protected limit(node: u32): LimitValues | null {
    const tree = this.tree;
    const made = new LimitValues();
    if (tree.a(node) != 0) {
      made.most = this.count(tree.a(node), "LIMIT");
      if (!made.most) return null;
    }
    if (tree.b(node) != 0) {
      made.skipped = this.count(tree.b(node), "OFFSET");
      if (!made.skipped) return null;
    }
    return made;
  }

  /** The number of LIMIT or OFFSET; null with an error. */
  private count(node: u32, what: string): Expression | null {
    const bound = new QueryBinder(this.context, null, this.commonTables).bind(node);
    return bound ? this.wholeNumber(bound, what, node) : null;
  }

  private body(node: u32, names: Array<CommonTable>): Relation | null {
    switch (this.tree.kind(node)) {
      case N_SELECT:
        return this.selected(names, node, 0, null);
      case N_VALUES:
        return new QueryBinder(this.context, this.outer, names).values(node);
      case N_COMPOUND:
        return this.compound(node, names);
      default:
        return new QueryBinder(this.context, this.outer, names).query(node);
    }
  }

  private compound(node: u32, names: Array<CommonTable>): Relation | null {
    const tree = this.tree;
    const op = tree.op(node);
    const left = this.body(tree.a(node), names);
    const right = left ? this.body(tree.b(node), names) : null;
    if (!left || !right) return null;
    const count = left.columns.length;
    if (right.columns.length != count) {
      this.context.fail(
        SQL_TYPE,
        "the sides of " + operatorText(op) + " have " + count.toString() + " and " + right.columns.length.toString() + " columns",
        tree.b(node),
      );
      return null;
    }
    const lefts = new Array<Expression>();
    const rights = new Array<Expression>();
    const columns = new Array<NamedColumn>();
    for (let c = 0; c < count; c++) {
      const isOpen = left.columns[c].isOpen && right.columns[c].isOpen;
      const a = isOpen ? cellOf(left, c, tree.start(tree.a(node))) : valueOf(this.context, left, c, tree.start(tree.a(node)));
      const b = isOpen ? cellOf(right, c, tree.start(tree.b(node))) : valueOf(this.context, right, c, tree.start(tree.b(node)));
      if (!unify(this.context, a, b)) return null;
      lefts.push(unifiedLeft!);
      rights.push(unifiedRight!);
      const kind = unifiedLeft!.kind;
      // Integers of two types are what both are: of 64 bits.
      const subject = a.column;
      const other = b.column;
      let isSame = false;
      if (subject && other) isSame = kind == a.kind && subject.type == other.type;
      columns.push(new NamedColumn(left.columns[c].name, kind, isSame ? subject : null, isOpen));
    }
    const budget = this.context.budget;
    if (op == OP_INTERSECT || op == OP_EXCEPT)
      return this.give(new Among(left.operator, lefts, right.operator, rights, op == OP_EXCEPT, budget), columns);
    const one = this.context.own(new Project(left.operator, lefts));
    const relation = this.give(new Append([one, this.context.own(new Project(right.operator, rights))]), columns);
    return op == OP_UNION_ALL ? relation : this.give(Among.distinct(relation.operator, cellsOf(relation), budget), columns);
  }

  protected recursive(common: CommonTable): Relation | null {
    const tree = this.tree;
    const context = this.context;
    const query = tree.c(common.node);
    const body = tree.a(query);
    const open = this.body(tree.a(body), common.before);
    const first = open ? closed(context, open) : null;
    const named = first ? this.renamed(first, tree.b(common.node), common.node) : null;
    if (!first || !named) return null;
    const kinds = new Array<u8>();
    for (let c = 0; c < named.columns.length; c++) kinds.push(named.columns[c].kind);
    const steps = new Steps(kinds, this.depth, context.budget);
    const self = new CommonTable(common.name, common.node, common.before, true);
    self.steps = steps;
    self.columns = named.columns;
    const repeated = this.body(tree.b(body), common.before.concat([self]));
    if (!repeated) return null;
    if (repeated.columns.length != kinds.length) {
      context.fail(SQL_TYPE, "the sides of UNION have not as many columns", tree.b(body));
      return null;
    }
    const others = new Array<Expression>();
    for (let c = 0; c < kinds.length; c++) {
      const value = valueOf(context, repeated, c, tree.start(tree.b(body)));
      lastError.status = OK;
      const other = convertTo(context, value, kinds[c], named.columns[c].column);
      if (!other) {
        const what =
          "column " + named.columns[c].name + " of a recursion is " + kindName(kinds[c]) + " first, then " + kindName(value.kind);
        if (lastError.status == OK) context.fail(SQL_TYPE, what, tree.b(body), "CAST in the first query makes it the wider one");
        return null;
      }
      others.push(other);
    }
    const isDistinct = tree.op(body) == OP_UNION;
    const recursion = new Recursion(first.operator, cellsOf(first), repeated.operator, others, steps, isDistinct, context.budget);
    const relation = this.give(recursion, first.columns);
    if (tree.c(query) == 0) return relation;
    const limit = this.limit(tree.c(query));
    return limit ? this.give(new Limit(relation.operator, limit), relation.columns) : null;
  }

  /** VALUES: a query of rows that are written out. */
  values(node: u32): Relation | null {
    const tree = this.tree;
    const rows = new Array<Array<Expression>>();
    let width = 0;
    for (let row = tree.a(node); row != 0; row = tree.next(row)) {
      const values = new Array<Expression>();
      for (let value = tree.a(row); value != 0; value = tree.next(value)) {
        const bound = this.bind(value);
        if (!bound) return null;
        values.push(bound);
      }
      if (rows.length > 0 && values.length != width) {
        this.context.fail(
          SQL_SYNTAX,
          "VALUES has rows of " + width.toString() + " and of " + values.length.toString() + " values",
          row,
        );
        return null;
      }
      width = values.length;
      rows.push(values);
    }
    const columns = new Array<NamedColumn>();
    for (let c = 0; c < width; c++) {
      const values = new Array<Expression>();
      for (let r = 0; r < rows.length; r++) values.push(rows[r][c]);
      if (!unifyAll(this.context, values)) return null;
      for (let r = 0; r < rows.length; r++) rows[r][c] = values[r];
      columns.push(new NamedColumn("column" + (c + 1).toString(), values[0].kind, null));
    }
    return this.context.hasRoom(width, node) ? this.give(new ValueRows(rows), columns) : null;
  }

  /** Sorts what a query gives by its columns, by name or number. */
  private sortOutputs(relation: Relation, order: u32, limit: RowLimit | null): Relation | null {
    const tree = this.tree;
    const by = new Array<Expression>();
    const orders = new Array<u32>();
    for (let term = order; term != 0; term = tree.next(term)) {
      const place = this.outputPlace(relation.columns, this.collatedNode(tree.a(term)));
      if (place < 0) {
        if (place == -1) this.context.fail(SQL_TYPE, "ORDER BY behind UNION and the like needs a column's name or number", term);
        return null;
      }
      // Elements are in the order of JSON.
      const value = cellOf(relation, place, tree.start(term));
      by.push(value);
      orders.push(this.orderOf(term) | (value.kind == K_TEXT && this.foldsCase(tree.a(term)) ? NO_CASE : 0));
    }
    const sorted = StaticArray.fromArray(orders);
    return this.give(new Sort(relation.operator, cellsOf(relation), by, sorted, limit, this.context.budget), relation.columns);
  }

  /** The place of the result's column that a node names, by name or number; -1 when it does neither, -2 with an error. */
  private outputPlace(columns: Array<NamedColumn>, node: u32): i32 {
    const tree = this.tree;
    if (tree.kind(node) == N_NUMBER) return this.ordinal(node, columns.length);
    if (tree.kind(node) != N_COLUMN || tree.b(node) != 0) return -1;
    const name = tree.text(tree.a(node));
    for (let c = 0; c < columns.length; c++) {
      if (!sameName(columns[c].name, name)) continue;
      this.context.note(tree.a(node), columns[c].name, columns[c].column);
      return c;
    }
    return -1;
  }
}

/** What a view is called in errors. */
function viewLabel(view: CatalogEntry): string {
  return "view " + view.name;
}

/** The columns of a view; null with an error. */
export function columnsOfView(catalog: Catalog, view: CatalogEntry): Array<NamedColumn> | null {
  const text = new StoredText(view.sql, viewLabel(view), -1);
  const context = new StatementContext(text, new SqlTree(), catalog, [], new MemoryBudget(new StatementMemory(BINDING)));
  const relation = new QueryBinder(context, null, []).viewQuery();
  context.tree.free();
  context.free();
  return relation ? closedColumns(relation.columns) : null;
}

/** The names that queries know behind WITH, N_WITH or 0, where they know `names` before. */
export function withNames(tree: SqlTree, bound: u32, names: Array<CommonTable>): Array<CommonTable> {
  if (bound == 0) return names;
  const all = names.slice();
  for (let cte = tree.a(bound); cte != 0; cte = tree.next(cte))
    all.push(new CommonTable(tree.text(tree.a(cte)), cte, all.slice(), tree.has(bound, FLAG_RECURSIVE)));
  return all;
}
