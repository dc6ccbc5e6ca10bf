/** SELECT without what follows it: from its FROM, conditions, groups and windows to operators; and keys of its rows. */
import { Table } from "../../query/store";
import { Comparison } from "../eval/compare";
import { ColumnValue, DEPENDS_ON_OUTER, Expression, OuterValue, READS_ROWS } from "../eval/expression";
import { K_JSON } from "../eval/kinds";
import { IsNull } from "../eval/logic";
import { A_COUNT, A_MAX, A_MIN, Aggregate } from "../run/aggregate";
import { Group } from "../run/group";
import { OrderedGroup } from "../run/ordered-group";
import { LimitValues } from "../run/limit";
import { Filter, Limit, OneRow, Operator, Project, RowLimit } from "../run/operator";
import { Among, Sort, kindsOf } from "../run/sort";
import { TableCount } from "../run/table-count";
import { DESCENDING } from "../run/tuples";
import { FLAG_DISTINCT, N_JOIN, N_TABLE } from "../syntax/tree";
import { WantedOrder } from "./access";
import { Condition, addConditions, decidable, filtered, isEquality } from "./conditions";
import { FromNode, addOnColumns } from "./from";
import { AGGREGATED } from "./groups";
import { ResultBinder } from "./results";
import { isElement, unopened } from "./open-values";
import { NamedColumn, Relation, cellsOf } from "./scope";

/** Binds one SELECT. */
export abstract class SelectBinder extends ResultBinder {
  /** Whether the SELECT that was bound last has its LIMIT already. */
  protected isLimited: bool = false;

  protected give(operator: Operator, columns: Array<NamedColumn>): Relation {
    return new Relation(this.context.own(operator), columns);
  }

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
      this.aliases = tree.a(node);
      const where = this.condition(tree.c(node));
      this.aliases = 0;
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
    this.aliases = tree.a(node);
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
    this.aliases = 0;
    const values = new Array<Expression>();
    const columns = new Array<NamedColumn>();
    for (let o = 0; o < this.outputs.length; o++) {
      const output = this.outputs[o];
      const value = unopened(output.value);
      values.push(value);
      columns.push(new NamedColumn(output.name, value.kind, value.column, isElement(output.value)));
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
      operator = this.grouped(operator, kinds, isOrdered && !extreme);
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
      sorted = cellsOf(new Relation(operator, columns));
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

  /** The groups of rows, of which those of one are behind each other if they are `ordered`: keys and aggregates, of `kinds`. */
  private grouped(rows: Operator, kinds: Array<u8>, ordered: bool): Operator {
    const groups: Operator = ordered
      ? new OrderedGroup(rows, this.groupValues, this.aggregates, kinds)
      : new Group(rows, this.groupValues, this.aggregates, kinds, this.context.budget);
    return this.context.own(groups);
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

  // ---- what is asked for many rows around it: keys of EXISTS, and groups ----

  /** What `keysWithin` gives of an N_SELECT of tables without groups. */
  keys(node: u32, subjects: Array<Expression>): Relation | null {
    const conditions = new Array<Condition>();
    const keys = new Array<Expression>();
    const from = this.tied(node, keys, subjects, conditions);
    const rows = from && !this.hasAggregate(this.tree.a(node)) ? this.rowsOfAll(from, keys, conditions, null) : null;
    return rows ? this.give(new Project(rows, keys), unnamed(keys)) : null;
  }

  /** What `groupsWithin` gives of an N_SELECT of tables. */
  groups(node: u32, subjects: Array<Expression>): Relation | null {
    const tree = this.tree;
    const conditions = new Array<Condition>();
    const keys = this.groupValues;
    if (tree.has(node, FLAG_DISTINCT)) return null;
    const from = this.tied(node, keys, subjects, conditions);
    if (!from || !this.hasAggregate(tree.a(node))) return null;
    for (let k = 0; k < keys.length; k++) this.groupNodes.push(0);
    const count = keys.length;
    this.isGrouped = true;
    this.mayGroup = true;
    if (!this.results(tree.a(node)) || keys.length != count) return null;
    const read = keys.slice();
    const kinds = new Array<u8>();
    const values = new Array<Expression>();
    for (let k = 0; k < count; k++) {
      kinds.push(keys[k].kind);
      values.push(new ColumnValue(k, keys[k].kind));
    }
    const behind = new Array<i32>();
    const inAggregates = new Array<i32>();
    for (let a = 0; a < this.aggregates.length; a++) {
      kinds.push(this.aggregates[a].kind);
      this.aggregates[a].addColumns(inAggregates);
    }
    for (let a = 0; a < this.aggregateValues.length; a++) this.aggregateValues[a].position += count - AGGREGATED;
    for (let o = 0; o < this.outputs.length; o++) {
      values.push(this.outputs[o].value);
      this.outputs[o].value.addColumns(behind);
    }
    for (let b = 0; b < behind.length; b++) if (behind[b] < 0) return null;
    for (let c = 0; c < inAggregates.length; c++) {
      if (inAggregates[c] < 0) return null;
      read.push(new ColumnValue(inAggregates[c], this.scope.kinds[inAggregates[c]]));
    }
    const order = this.orderOfGroups(keys, [], [], null);
    const rows = this.rowsOfAll(from, read, conditions, order);
    if (!rows) return null;
    const groups = this.grouped(rows, kinds, order !== null && this.isOrdered);
    return this.give(new Project(groups, values), unnamed(values));
  }

  /**
   * Binds FROM and WHERE of an N_SELECT of tables: the sides of equalities that are of its rows go to `keys`, the values of a row around it
   * that they are equal to to `subjects`, and what else has to be true to `conditions`. Null where there are no such equalities.
   */
  private tied(node: u32, keys: Array<Expression>, subjects: Array<Expression>, conditions: Array<Condition>): FromNode | null {
    const tree = this.tree;
    const isPlain = tree.c(node) != 0 && tree.d(node) == 0 && this.isOfTables(tree.b(node));
    const from = isPlain ? this.from(tree.b(node)) : null;
    const where = from ? this.condition(tree.c(node)) : null;
    if (!where) return null;
    const all = new Array<Condition>();
    addConditions(where, all);
    for (let c = 0; c < all.length; c++) {
      const key = all[c].columns.includes(DEPENDS_ON_OUTER) ? this.keyOf(all[c], subjects) : null;
      if (key) keys.push(key);
      else conditions.push(all[c]);
    }
    return keys.length == 0 ? null : from;
  }

  /** The rows of FROM for which the conditions are true, with what `values` read; null where that depends on other rows. */
  private rowsOfAll(
    from: FromNode,
    values: Array<Expression>,
    conditions: Array<Condition>,
    order: WantedOrder | null,
  ): Operator | null {
    const used = new Array<i32>();
    addOnColumns(from, used);
    for (let v = 0; v < values.length; v++) values[v].addColumns(used);
    for (let c = 0; c < conditions.length; c++) conditions[c].expression.addColumns(used);
    if (used.includes(DEPENDS_ON_OUTER) || used.includes(READS_ROWS)) return null;
    const rows = this.build(from, conditions, used, order);
    return rows ? filtered(this.context, rows, decidable(conditions, u64.MAX_VALUE)) : null;
  }

  /** Whether a part of FROM (0: none) is tables alone. */
  private isOfTables(node: u32): bool {
    const tree = this.tree;
    if (node == 0) return false;
    if (tree.kind(node) == N_JOIN) return this.isOfTables(tree.a(node)) && this.isOfTables(tree.b(node));
    if (tree.kind(node) != N_TABLE || tree.d(node) != 0) return false;
    const name = tree.text(tree.a(node));
    return !this.commonTable(name) && this.context.hasTable(name);
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
}

/** Columns of values that nobody names. */
function unnamed(values: Array<Expression>): Array<NamedColumn> {
  const columns = new Array<NamedColumn>();
  for (let v = 0; v < values.length; v++) columns.push(new NamedColumn("", values[v].kind, null));
  return columns;
}
