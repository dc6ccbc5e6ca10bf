/** Queries as operators. */
import { BAD_SCHEMA, OK, SQL_LIMIT, SQL_SYNTAX, SQL_TYPE, lastError } from "../../status";
import { Table } from "../../query/store";
import { MemoryBudget } from "../eval/arena";
import { Comparison } from "../eval/compare";
import { ColumnValue, DEPENDS_ON_OUTER, Expression, OuterValue, READS_ROWS } from "../eval/expression";
import { K_JSON, K_TEXT, kindName } from "../eval/kinds";
import { IsNull } from "../eval/logic";
import { A_COUNT, A_MAX, A_MIN, Aggregate } from "../run/aggregate";
import { Group } from "../run/group";
import { OrderedGroup } from "../run/ordered-group";
import { LimitValues } from "../run/limit";
import { Append, Filter, Limit, OneRow, Operator, Project, RowLimit } from "../run/operator";
import { Recursion, Steps } from "../run/recursion";
import { Among, Sort, kindsOf } from "../run/sort";
import { TableCount } from "../run/table-count";
import { DESCENDING, NO_CASE } from "../run/tuples";
import { ValueRows } from "../run/value-rows";
import { OP_EXCEPT, OP_INTERSECT, OP_UNION, OP_UNION_ALL, operatorText } from "../syntax/operators";
import {
  FLAG_DISTINCT,
  FLAG_RECURSIVE,
  N_COLUMN,
  N_COMPOUND,
  N_JOIN,
  N_CREATE_VIEW,
  N_NUMBER,
  N_SELECT,
  N_TABLE,
  N_VALUES,
  SqlTree,
} from "../syntax/tree";
import { WantedOrder } from "./access";
import { Condition, addConditions, decidable, filtered } from "./conditions";
import { convertTo, unifiedLeft, unifiedRight, unify, unifyAll } from "./convert";
import { Catalog, CatalogEntry } from "../../store/catalog";
import { StoredText } from "../sql-text";
import { MOST_DEPTH } from "../syntax/reader";
import { readStatement, sqlRoot } from "../syntax/statements";
import { Outer } from "./expressions";
import { FromNode, addOnColumns } from "./from";
import { AGGREGATED } from "./groups";
import { QUERY_PARTS, StatementContext } from "./statement";
import { isEquality } from "./joins";
import { ResultBinder } from "./results";
import { CommonTable, NamedColumn, Relation, Source, sameName, valueOf, valuesOf } from "./scope";

/** What a statement may keep that is only bound. */
const BINDING: u64 = 1 << 20;

/** Binds one query; those inside it have binders of their own. */
export class QueryBinder extends ResultBinder {
  viewColumns(view: CatalogEntry): Array<NamedColumn> | null {
    return columnsOfView(this.context.catalog, view);
  }

  protected viewTable(view: CatalogEntry, node: u32, alias: string, base: i32, on: Array<Condition>): Source | null {
    const text = new StoredText(view.sql, viewLabel(view), this.context.text.offsetOf(this.tree.start(node)));
    const context = this.context.within(text, node);
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
    const text = new StoredText(view.sql, viewLabel(view), this.context.text.offsetOf(this.tree.start(node)));
    const context = this.context.within(text, node);
    if (!context) return null;
    const relation = new QueryBinder(context, null, []).viewQuery();
    context.tree.free();
    return relation;
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

  /** Whether the SELECT that was bound last has its LIMIT already. */
  private isLimited: bool = false;

  protected keysWithin(outer: Outer, commonTables: Array<CommonTable>, node: u32, subjects: Array<Expression>): Relation | null {
    const body = this.tree.a(node);
    const isPlain = this.tree.kind(body) == N_SELECT && this.tree.c(node) == 0 && this.tree.d(node) == 0;
    // Queries inside of it would be bound twice as often as it is.
    return isPlain && !this.hasQuery(this.tree.c(body)) && !this.hasQuery(this.tree.b(body))
      ? new QueryBinder(this.context, outer, commonTables).keys(body, subjects)
      : null;
  }

  /** The same of an N_SELECT of tables without groups. */
  private keys(node: u32, subjects: Array<Expression>): Relation | null {
    const tree = this.tree;
    const isPlain = tree.c(node) != 0 && tree.d(node) == 0 && this.isOfTables(tree.b(node));
    const from = isPlain ? this.from(tree.b(node)) : null;
    const where = from && !this.hasAggregate(tree.a(node)) ? this.condition(tree.c(node)) : null;
    if (!from || !where) return null;
    const used = new Array<i32>();
    const keys = new Array<Expression>();
    const columns = new Array<NamedColumn>();
    const all = new Array<Condition>();
    const conditions = new Array<Condition>();
    addOnColumns(from, used);
    addConditions(where, all);
    for (let c = 0; c < all.length; c++) {
      const key = all[c].columns.includes(DEPENDS_ON_OUTER) ? this.keyOf(all[c], subjects) : null;
      if (key) {
        keys.push(key);
        columns.push(new NamedColumn("", key.kind, null));
        key.addColumns(used);
      } else {
        conditions.push(all[c]);
        all[c].expression.addColumns(used);
      }
    }
    if (keys.length == 0 || used.includes(DEPENDS_ON_OUTER) || used.includes(READS_ROWS)) return null;
    const rows = this.build(from, conditions, used);
    if (!rows) return null;
    const operator = filtered(this.context, rows, decidable(conditions, u64.MAX_VALUE));
    return this.give(new Project(operator, keys), columns);
  }

  /** Whether a part of FROM (0: none) is tables alone. */
  private isOfTables(node: u32): bool {
    const tree = this.tree;
    if (node == 0) return false;
    if (tree.kind(node) == N_JOIN) return this.isOfTables(tree.a(node)) && this.isOfTables(tree.b(node));
    if (tree.kind(node) != N_TABLE || tree.d(node) != 0) return false;
    const name = tree.text(tree.a(node));
    const tables = this.context.catalog.tables;
    for (let c = 0; c < this.commonTables.length; c++) if (sameName(this.commonTables[c].name, name)) return false;
    for (let t = 0; t < tables.length; t++) if (sameName(tables[t].name, name)) return true;
    return false;
  }

  /** The side of an equality that is of this query's row, where the other one, added to `subjects`, is a value of one around it. */
  private keyOf(condition: Condition, subjects: Array<Expression>): Expression | null {
    if (!isEquality(condition)) return null;
    const comparison = <Comparison>condition.expression;
    const isTurned = comparison.a instanceof OuterValue;
    const other = isTurned ? comparison.a : comparison.b;
    const key = isTurned ? comparison.b : comparison.a;
    const values = this.outer!.values;
    const at = other instanceof OuterValue ? values.slots.indexOf(<OuterValue>other) : -1;
    if (at < 0) return null;
    subjects.push(values.values[at]);
    return key;
  }

  // ---- whole queries ----

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
      const a = valueOf(left, c, tree.start(tree.a(node)));
      const b = valueOf(right, c, tree.start(tree.b(node)));
      if (!unify(this.context, a, b)) return null;
      lefts.push(unifiedLeft!);
      rights.push(unifiedRight!);
      const kind = unifiedLeft!.kind;
      // Integers of two types are what both are: of 64 bits.
      const subject = a.column;
      const other = b.column;
      let isSame = false;
      if (subject && other) isSame = kind == a.kind && subject.type == other.type;
      columns.push(new NamedColumn(left.columns[c].name, kind, isSame ? subject : null));
    }
    const budget = this.context.budget;
    if (op == OP_INTERSECT || op == OP_EXCEPT)
      return this.give(new Among(left.operator, lefts, right.operator, rights, op == OP_EXCEPT, budget), columns);
    const one = this.context.own(new Project(left.operator, lefts));
    const relation = this.give(new Append([one, this.context.own(new Project(right.operator, rights))]), columns);
    return op == OP_UNION_ALL ? relation : this.give(Among.distinct(relation.operator, valuesOf(relation), budget), columns);
  }

  private give(operator: Operator, columns: Array<NamedColumn>): Relation {
    return new Relation(this.context.own(operator), columns);
  }

  protected recursive(common: CommonTable): Relation | null {
    const tree = this.tree;
    const context = this.context;
    const query = tree.c(common.node);
    const body = tree.a(query);
    const first = this.body(tree.a(body), common.before);
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
      const value = valueOf(repeated, c, tree.start(tree.b(body)));
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
    const recursion = new Recursion(
      first.operator,
      valuesOf(first),
      repeated.operator,
      others,
      steps,
      isDistinct,
      context.budget,
    );
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
      const value = valueOf(relation, place, tree.start(term));
      if (!this.isSortable(value, term)) return null;
      by.push(value);
      orders.push(this.orderOf(term) | (value.kind == K_TEXT && this.foldsCase(tree.a(term)) ? NO_CASE : 0));
    }
    const sorted = StaticArray.fromArray(orders);
    return this.give(new Sort(relation.operator, valuesOf(relation), by, sorted, limit, this.context.budget), relation.columns);
  }

  /** The place of the result's column that a node names, by name or number; -1 when it does neither, -2 with an error. */
  private outputPlace(columns: Array<NamedColumn>, node: u32): i32 {
    const tree = this.tree;
    if (tree.kind(node) == N_NUMBER) return this.ordinal(node, columns.length);
    if (tree.kind(node) != N_COLUMN || tree.b(node) != 0) return -1;
    const name = tree.text(tree.a(node));
    for (let c = 0; c < columns.length; c++) {
      if (sameName(columns[c].name, name)) return c;
    }
    return -1;
  }

  // ---- SELECT ----

  /** The rows of an N_SELECT, sorted by the list `order` (0: none), of which no more are wanted than `limit` says. */
  select(node: u32, order: u32, limit: RowLimit | null): Relation | null {
    const tree = this.tree;
    const context = this.context;
    let from: FromNode | null = null;
    if (tree.b(node) != 0) {
      from = this.from(tree.b(node));
      if (!from) return null;
    }
    const conditions = new Array<Condition>();
    if (tree.c(node) != 0) {
      const where = this.condition(tree.c(node));
      if (!where) return null;
      addConditions(where, conditions);
    }
    const group = tree.d(node);
    const named = tree.c(group);
    if (!this.takeWindows(named)) return null;
    this.isGrouped = this.mustGroup || tree.a(group) != 0 || tree.b(group) != 0 || this.hasAggregate(tree.a(node));
    this.isGrouped = this.isGrouped || this.hasAggregate(order) || this.hasAggregate(named);
    if (!this.groupBy(tree.a(group), tree.a(node))) return null;
    this.mayGroup = true;
    this.mayWindow = true;
    if (!this.results(tree.a(node))) return null;
    this.mayWindow = false;
    let having: Expression | null = null;
    if (group != 0 && tree.b(group) != 0) {
      having = this.condition(tree.b(group));
      if (!having) return null;
    }
    const distinct = tree.has(node, FLAG_DISTINCT);
    const by = new Array<Expression>();
    const orders = new Array<u32>();
    this.mayWindow = true;
    for (let term = order; term != 0; term = tree.next(term)) {
      if (!this.addTerm(this.orderValue(term, distinct), term, this.orderOf(term), by, orders)) return null;
    }
    const values = new Array<Expression>();
    const columns = new Array<NamedColumn>();
    for (let o = 0; o < this.outputs.length; o++) {
      const output = this.outputs[o];
      values.push(output.value);
      columns.push(new NamedColumn(output.name, output.value.kind, output.value.column));
    }
    const parts = values.length + by.length + this.groupValues.length;
    if (!context.hasRoom(parts, node)) return null;
    // All names are known now, and with them the columns that are wanted.
    for (let a = 0; a < this.aggregateValues.length; a++)
      this.aggregateValues[a].position += this.groupValues.length - AGGREGATED;
    const kinds = this.isGrouped ? new Array<u8>() : this.scope.kinds;
    for (let g = 0; g < this.groupValues.length && this.isGrouped; g++) kinds.push(this.groupValues[g].kind);
    for (let a = 0; a < this.aggregates.length && this.isGrouped; a++) kinds.push(this.aggregates[a].kind);
    const hasWindows = this.hasWindows;
    if (hasWindows && !this.planWindows(kinds.length, by, orders)) return null;
    const behind = new Array<i32>();
    for (let v = 0; v < values.length; v++) values[v].addColumns(behind);
    for (let b = 0; b < by.length && !distinct; b++) by[b].addColumns(behind);
    const used = new Array<i32>();
    if (this.isGrouped) {
      for (let g = 0; g < this.groupValues.length; g++) this.groupValues[g].addColumns(used);
      for (let a = 0; a < this.aggregates.length; a++) this.aggregates[a].addColumns(used);
    } else {
      for (let b = 0; b < behind.length; b++) if (behind[b] < kinds.length) used.push(behind[b]);
      if (hasWindows) this.addWindowColumns(0, used);
    }
    for (let c = 0; c < conditions.length; c++) conditions[c].expression.addColumns(used);
    if (from) addOnColumns(from, used);
    let wantedOrder: WantedOrder | null = null;
    const keys = this.isGrouped ? this.groupValues : values;
    if (hasWindows && !this.isGrouped) wantedOrder = this.orderOfColumns(this.firstOrder.by, this.firstOrder.orders, null);
    else if (hasWindows) wantedOrder = this.orderOfGroups(keys, [], orders, null);
    else if (!this.isGrouped && !distinct) wantedOrder = this.orderOfColumns(by, orders, limit);
    else wantedOrder = this.orderOfGroups(keys, this.isGrouped && distinct ? [] : by, orders, limit);
    const extreme = this.extreme();
    if (extreme) {
      // The least or greatest value is the first one that there is.
      conditions.push(new Condition(new IsNull(extreme, true)));
      const order = this.aggregates[0].fn == A_MAX ? DESCENDING : 0;
      wantedOrder = new WantedOrder([extreme.position], [order], 1, true);
    }
    const counted = conditions.length == 0 && from && from.on.length == 0 ? this.countedTable() : null;
    let rows: Operator | null = null;
    if (counted) rows = context.own(new TableCount(counted));
    else if (from) rows = this.build(from, conditions, used, wantedOrder);
    else rows = context.own(new OneRow());
    if (!rows) return null;
    let isOrdered = wantedOrder !== null && this.isOrdered;
    let isSorted = isOrdered && wantedOrder!.places.length == by.length;
    let operator = filtered(context, rows, decidable(conditions, u64.MAX_VALUE));
    if (extreme && isOrdered) operator = context.own(new Limit(operator, LimitValues.one()));
    if (counted) {
      if (having) operator = context.own(new Filter(operator, [having]));
    } else if (this.isGrouped) {
      if (isOrdered && !extreme) operator = new OrderedGroup(operator, keys, this.aggregates, kinds);
      else operator = new Group(operator, this.groupValues, this.aggregates, kinds, context.budget);
      operator = context.own(operator);
      if (having) operator = context.own(new Filter(operator, [having]));
    }
    if (hasWindows) {
      const windows = this.windowed(operator, kinds, behind, isOrdered && !this.isGrouped);
      if (!windows) return null;
      operator = windows;
      isOrdered = false;
      isSorted = !distinct && this.endsOrdered(by, orders);
    }
    let sorted = values;
    if (distinct) {
      if (isOrdered && !this.isGrouped) operator = context.own(new OrderedGroup(operator, values, [], kindsOf(values)));
      else operator = context.own(Among.distinct(operator, values, context.budget));
      sorted = valuesOf(new Relation(operator, columns));
    }
    if (order != 0 && !isSorted) operator = new Sort(operator, sorted, by, StaticArray.fromArray(orders), limit, context.budget);
    else if (!distinct) {
      // What is not given is not worked out.
      if (limit) operator = context.own(new Limit(operator, limit));
      this.isLimited = limit !== null;
      operator = new Project(operator, values);
    } else return new Relation(operator, columns);
    return this.give(operator, columns);
  }

  /** The only aggregate of a query of one table that has nothing else; null where it is not such. */
  private onlyAggregate(): Aggregate | null {
    const sources = this.scope.sources;
    if (this.aggregates.length != 1 || this.groupValues.length > 0 || sources.length != 1 || !sources[0].table) return null;
    const only = this.aggregates[0];
    return only.where ? null : only;
  }

  /** The column of which only the least or greatest value is wanted, where an index may have it at its end; else null. */
  private extreme(): ColumnValue | null {
    const only = this.onlyAggregate();
    if (!only || (only.fn != A_MIN && only.fn != A_MAX)) return null;
    const subject = only.subject!;
    if (!(subject instanceof ColumnValue)) return null;
    const indexes = this.scope.sources[0].table!.indexes;
    for (let i = 0; i < indexes.length; i++) {
      if (indexes[i].columns.includes((<ColumnValue>subject).position)) return <ColumnValue>subject;
    }
    return null;
  }

  /** The table of which only the number of its rows is wanted; else null. */
  private countedTable(): Table | null {
    const only = this.onlyAggregate();
    return only && only.fn == A_COUNT && !only.subject ? this.scope.sources[0].table : null;
  }

  /**
   * The order of columns by which rows with equal `keys` follow each other, the groups in the order of the terms `by` as far as these are
   * keys; null where a key is no column. Keys are the first values of what the terms are of.
   */
  private orderOfGroups(
    keys: Array<Expression>,
    by: Array<Expression>,
    orders: Array<u32>,
    limit: RowLimit | null,
  ): WantedOrder | null {
    const places = new Array<i32>();
    const grouped = new Array<i32>();
    let isKey = true;
    for (let b = 0; b < by.length && isKey; b++) {
      const place = by[b] instanceof ColumnValue ? (<ColumnValue>by[b]).position : keys.length;
      isKey = place < keys.length && keys[place] instanceof ColumnValue;
      if (isKey) places.push((<ColumnValue>keys[place]).position);
    }
    // Where the groups have to be sorted all rows are read.
    const wanted = new WantedOrder(isKey ? places : [], orders, limit && isKey ? limit.estimate : f64.MAX_VALUE);
    for (let k = 0; k < keys.length; k++) {
      if (!(keys[k] instanceof ColumnValue) || keys[k].kind == K_JSON) return null;
      const place = (<ColumnValue>keys[k]).position;
      if (!wanted.places.includes(place) && !grouped.includes(place)) grouped.push(place);
    }
    wanted.grouped = grouped;
    wanted.isGrouping = true;
    return keys.length == 0 ? null : wanted;
  }

  /** The order in which rows are wanted, where it is one of columns; null where it is not. */
  protected orderOfColumns(by: Array<Expression>, orders: Array<u32>, limit: RowLimit | null): WantedOrder | null {
    const places = new Array<i32>();
    for (let b = 0; b < by.length; b++) {
      const value = by[b];
      if (!(value instanceof ColumnValue)) return null;
      places.push((<ColumnValue>value).position);
    }
    return places.length == 0 ? null : new WantedOrder(places, orders, limit ? limit.estimate : f64.MAX_VALUE);
  }
}

/** What a view is called in errors. */
function viewLabel(view: CatalogEntry): string {
  return "view " + view.name;
}

/** The columns of a view; null with an error. */
export function columnsOfView(catalog: Catalog, view: CatalogEntry): Array<NamedColumn> | null {
  const text = new StoredText(view.sql, viewLabel(view), -1);
  const context = new StatementContext(text, new SqlTree(), catalog, [], new MemoryBudget(BINDING));
  const relation = new QueryBinder(context, null, []).viewQuery();
  context.tree.free();
  context.free();
  return relation ? relation.columns : null;
}

/** The names that queries know behind WITH, N_WITH or 0, where they know `names` before. */
export function withNames(tree: SqlTree, bound: u32, names: Array<CommonTable>): Array<CommonTable> {
  if (bound == 0) return names;
  const all = names.slice();
  for (let cte = tree.a(bound); cte != 0; cte = tree.next(cte))
    all.push(new CommonTable(tree.text(tree.a(cte)), cte, all.slice(), tree.has(bound, FLAG_RECURSIVE)));
  return all;
}
