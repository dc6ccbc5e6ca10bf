/** Queries as operators. */
import { asciiLower } from "../../encode/ascii";
import { parseUnsigned, parsedUnsigned } from "../../encode/digits";
import { AMBIGUOUS_COLUMN, COLUMN_NOT_FOUND, OK, SQL_SYNTAX, SQL_TYPE, TABLE_NOT_FOUND, lastError } from "../../status";
import { suggestion } from "../../schema/nearest";
import { Batch, VectorColumns } from "../eval/batch";
import { Comparison } from "../eval/compare";
import { ColumnValue, Constant, Expression } from "../eval/expression";
import { K_BOOLEAN, K_DECIMAL, K_INT, K_JSON, isBytes } from "../eval/kinds";
import { Vector } from "../eval/vector";
import { A_AVG, A_CONCAT, A_COUNT, A_MAX, A_MIN, A_SUM, A_TOTAL, Aggregate, Group, aggregateKind } from "../run/group";
import { Join } from "../run/join";
import { Append, DerivedRows, Filter, Limit, OneRow, Operator, Project } from "../run/operator";
import { Among, Sort } from "../run/sort";
import { TableScan } from "../run/table-scan";
import { DESCENDING, NULLS_FIRST } from "../run/tuples";
import {
  OP_CROSS,
  OP_EQ,
  OP_EXCEPT,
  OP_FULL,
  OP_INNER,
  OP_INTERSECT,
  OP_LEFT,
  OP_RIGHT,
  OP_UNION_ALL,
  operatorText,
} from "../syntax/operators";
import {
  FLAG_DESCENDING,
  FLAG_DISTINCT,
  FLAG_NATURAL,
  FLAG_NOT,
  FLAG_NULLS_FIRST,
  FLAG_NULLS_LAST,
  FLAG_STAR,
  N_CALL,
  N_COLUMN,
  N_COMPOUND,
  N_JOIN,
  N_NAME,
  N_NUMBER,
  N_PARAMETER,
  N_QUERY,
  N_SELECT,
  N_STAR,
  N_TABLE,
  N_TEXT,
  N_BLOB,
  N_TYPE,
  N_VALUES,
  SqlTree,
} from "../syntax/tree";
import { Condition, addConditions, choosePath, filtered, restOf, together } from "./conditions";
import { asNumber, asText, convertTo, notYet, unifiedLeft, unifiedRight, unify, unifyAll } from "./convert";
import { FunctionBinder, isAggregate } from "./functions";
import { CommonTable, NamedColumn, Relation, Scope, Source, sameName } from "./scope";
import { StatementContext } from "./statement";

/** No limit. */
const ALL: i64 = i64.MAX_VALUE;

/** A join of FROM, or one of its tables, with the conditions of ON. */
class FromNode {
  /** The first of its columns, and the one behind its last. */
  first: i32 = 0;
  end: i32 = 0;
  source: Source | null = null;
  op: u8 = OP_INNER;
  left: FromNode | null = null;
  right: FromNode | null = null;
  readonly on: Array<Condition> = new Array<Condition>();
}

/** A column that a query gives. */
class Output {
  constructor(
    readonly name: string,
    readonly value: Expression,
    /** Its expression's node, 0 for a column of `*`. */
    readonly node: u32,
    readonly isAlias: bool,
  ) {}
}

/** Binds one query; those inside it have binders of their own. */
export class QueryBinder extends FunctionBinder {
  private readonly commonTables: Array<CommonTable>;
  private outputs: Array<Output> = new Array<Output>();
  // ---- of a query with groups ----
  private isGrouped: bool = false;
  /** Inside an aggregate's values names are the rows', not the groups'. */
  private inAggregate: bool = false;
  private groupNodes: Array<u32> = new Array<u32>();
  private groupValues: Array<Expression> = new Array<Expression>();
  private aggregates: Array<Aggregate> = new Array<Aggregate>();
  private aggregateNodes: Array<u32> = new Array<u32>();
  /** Results of aggregates, whose place is known when all keys of groups are. */
  private aggregateValues: Array<ColumnValue> = new Array<ColumnValue>();

  constructor(context: StatementContext, parent: Scope | null, commonTables: Array<CommonTable>) {
    super(context, new Scope(parent));
    this.commonTables = commonTables;
  }

  // ---- whole queries ----

  /** The rows of an N_QUERY; null with an error. */
  query(node: u32): Relation | null {
    const tree = this.tree;
    let names = this.commonTables;
    if (tree.d(node) != 0) {
      names = names.slice();
      for (let cte = tree.a(tree.d(node)); cte != 0; cte = tree.next(cte)) {
        const name = tree.text(tree.a(cte));
        names.push(new CommonTable(name, cte, names.slice()));
      }
    }
    const body = tree.a(node);
    const limit = tree.c(node);
    let offset: i64 = 0;
    let most: i64 = ALL;
    if (limit != 0) {
      if (tree.a(limit) != 0) {
        most = this.count(tree.a(limit), "LIMIT");
        if (most == -2) return null;
        if (most < 0) most = ALL;
      }
      if (tree.b(limit) != 0) {
        offset = this.count(tree.b(limit), "OFFSET");
        if (offset == -2) return null;
        offset = max<i64>(offset, 0);
      }
    }
    const wanted = most > ALL - offset ? ALL : most + offset;
    let relation: Relation | null = null;
    if (tree.kind(body) == N_SELECT)
      relation = new QueryBinder(this.context, this.scope.parent, names).select(body, tree.b(node), wanted);
    else {
      relation = this.body(body, names);
      if (relation && tree.b(node) != 0) relation = this.sortOutputs(relation, tree.b(node), wanted);
    }
    if (!relation) return null;
    if (most == ALL && offset == 0) return relation;
    return new Relation(new Limit(relation.operator, offset, most), relation.columns);
  }

  /** The number of LIMIT or OFFSET; -1 for none, -2 with an error. */
  private count(node: u32, what: string): i64 {
    const bound = new QueryBinder(this.context, null, this.commonTables).bind(node);
    if (!bound) return -2;
    const number = asNumber(this.context, bound, what);
    const constant = number ? this.fold(number) : null;
    if (!constant) {
      if (number && lastError.status == OK)
        this.context.fail(SQL_TYPE, what + " needs a number that is the same for all rows", node);
      return -2;
    }
    if (constant.isNull) return -1;
    if (constant.kind == K_INT) return max<i64>(constant.low, -1);
    this.context.fail(SQL_TYPE, what + " needs a whole number", node);
    return -2;
  }

  private body(node: u32, names: Array<CommonTable>): Relation | null {
    switch (this.tree.kind(node)) {
      case N_SELECT:
        return new QueryBinder(this.context, this.scope.parent, names).select(node, 0, ALL);
      case N_VALUES:
        return new QueryBinder(this.context, this.scope.parent, names).values(node);
      case N_COMPOUND:
        return this.compound(node, names);
      default:
        return new QueryBinder(this.context, this.scope.parent, names).query(node);
    }
  }

  private compound(node: u32, names: Array<CommonTable>): Relation | null {
    const tree = this.tree;
    const op = tree.op(node);
    const left = this.body(tree.a(node), names);
    if (!left) return null;
    const right = this.body(tree.b(node), names);
    if (!right) {
      left.operator.free();
      return null;
    }
    const count = left.columns.length;
    if (right.columns.length != count) {
      this.context.fail(
        SQL_TYPE,
        "the sides of " + operatorText(op) + " have " + count.toString() + " and " + right.columns.length.toString() + " columns",
        tree.b(node),
      );
      left.operator.free();
      right.operator.free();
      return null;
    }
    const lefts = new Array<Expression>();
    const rights = new Array<Expression>();
    const columns = new Array<NamedColumn>();
    for (let c = 0; c < count; c++) {
      const a = valueOf(left, c, tree.start(tree.a(node)));
      const b = valueOf(right, c, tree.start(tree.b(node)));
      if (!unify(this.context, a, b)) {
        left.operator.free();
        right.operator.free();
        return null;
      }
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
      return new Relation(new Among(left.operator, lefts, right.operator, rights, op == OP_EXCEPT, budget), columns);
    const both = new Append([new Project(left.operator, lefts), new Project(right.operator, rights)]);
    const relation = new Relation(both, columns);
    return op == OP_UNION_ALL ? relation : new Relation(Among.distinct(both, valuesOf(relation), budget), columns);
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
    const inputs = new Array<Operator>();
    for (let r = 0; r < rows.length; r++) inputs.push(new Project(new OneRow(), rows[r]));
    return new Relation(inputs.length == 1 ? inputs[0] : new Append(inputs), columns);
  }

  /** Sorts what a query gives by its columns, by name or number. */
  private sortOutputs(relation: Relation, order: u32, most: i64): Relation | null {
    const tree = this.tree;
    const by = new Array<Expression>();
    const orders = new Array<u32>();
    for (let term = order; term != 0; term = tree.next(term)) {
      const place = this.outputPlace(relation.columns, tree.a(term));
      if (place < 0) {
        if (place == -1) this.context.fail(SQL_TYPE, "ORDER BY behind UNION and the like needs a column's name or number", term);
        relation.operator.free();
        return null;
      }
      const value = valueOf(relation, place, tree.start(term));
      if (!this.isSortable(value, term)) {
        relation.operator.free();
        return null;
      }
      by.push(value);
      orders.push(this.orderOf(term));
    }
    const sort = new Sort(relation.operator, valuesOf(relation), by, StaticArray.fromArray(orders), most, this.context.budget);
    return new Relation(sort, relation.columns);
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

  /** The place that a number from 1 on means; -2 with an error. */
  private ordinal(node: u32, count: i32): i32 {
    const tree = this.tree;
    const isNumber = parseUnsigned(tree.textPtr(node), tree.textLen(node), count);
    if (isNumber && load<u8>(tree.textPtr(node)) != 0x30) return <i32>parsedUnsigned - 1;
    this.context.fail(SQL_SYNTAX, "there is no column number " + tree.text(node), node, "the result has " + count.toString());
    return -2;
  }

  private orderOf(term: u32): u32 {
    const tree = this.tree;
    const down = tree.has(term, FLAG_DESCENDING);
    // Nulls are the smallest: first, and last where it goes down, as in SQLite.
    const first = tree.has(term, FLAG_NULLS_FIRST) || (!down && !tree.has(term, FLAG_NULLS_LAST));
    return (down ? DESCENDING : 0) | (first ? NULLS_FIRST : 0);
  }

  private isSortable(value: Expression, node: u32): bool {
    if (value.kind != K_JSON) return true;
    this.context.fail(SQL_TYPE, "JSON has no order", node, "CAST(… AS text) has one");
    return false;
  }

  // ---- SELECT ----

  /** The rows of an N_SELECT, sorted by the list `order` (0: none), of which no more than `most` are wanted. */
  select(node: u32, order: u32, most: i64): Relation | null {
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
    this.isGrouped = group != 0 || this.hasAggregate(tree.a(node)) || this.hasAggregate(order);
    if (group != 0 && !this.groupBy(tree.a(group), tree.a(node))) return null;
    if (!this.results(tree.a(node))) return null;
    let having: Expression | null = null;
    if (group != 0 && tree.b(group) != 0) {
      having = this.condition(tree.b(group));
      if (!having) return null;
    }
    const distinct = tree.has(node, FLAG_DISTINCT);
    const by = new Array<Expression>();
    const orders = new Array<u32>();
    for (let term = order; term != 0; term = tree.next(term)) {
      const value = this.orderValue(term, distinct);
      if (!value || !this.isSortable(value, term)) return null;
      by.push(value);
      orders.push(this.orderOf(term));
    }
    const values = new Array<Expression>();
    const columns = new Array<NamedColumn>();
    for (let o = 0; o < this.outputs.length; o++) {
      const output = this.outputs[o];
      values.push(output.value);
      columns.push(new NamedColumn(output.name, output.value.kind, output.value.column));
    }
    // All names are known now, and with them the columns that are wanted.
    for (let a = 0; a < this.aggregateValues.length; a++) this.aggregateValues[a].position += this.groupValues.length;
    const used = new Array<i32>();
    if (this.isGrouped) {
      for (let g = 0; g < this.groupValues.length; g++) this.groupValues[g].addColumns(used);
      for (let a = 0; a < this.aggregates.length; a++) this.aggregates[a].addColumns(used);
    } else {
      for (let v = 0; v < values.length; v++) values[v].addColumns(used);
      for (let b = 0; b < by.length; b++) by[b].addColumns(used);
    }
    for (let c = 0; c < conditions.length; c++) conditions[c].expression.addColumns(used);
    if (from) addOnColumns(from, used);
    let operator: Operator = from ? this.build(from, conditions, used) : new OneRow();
    operator = filtered(operator, restOf(conditions, 0, i32.MAX_VALUE));
    if (this.isGrouped) {
      const kinds = new Array<u8>();
      for (let g = 0; g < this.groupValues.length; g++) kinds.push(this.groupValues[g].kind);
      for (let a = 0; a < this.aggregates.length; a++) kinds.push(this.aggregates[a].kind);
      operator = new Group(operator, this.groupValues, this.aggregates, kinds, context.budget);
      if (having) operator = new Filter(operator, [having]);
    }
    if (distinct) {
      operator = Among.distinct(operator, values, context.budget);
      const relation = new Relation(operator, columns);
      if (order != 0) operator = new Sort(operator, valuesOf(relation), by, StaticArray.fromArray(orders), most, context.budget);
    } else if (order != 0) operator = new Sort(operator, values, by, StaticArray.fromArray(orders), most, context.budget);
    else operator = new Project(operator, values);
    return new Relation(operator, columns);
  }

  /** What ORDER BY's term sorts by: a column of the result by its name or number, or any value of the rows. */
  private orderValue(term: u32, distinct: bool): Expression | null {
    const tree = this.tree;
    const node = tree.a(term);
    const place = this.outputOf(node);
    if (place == -2) return null;
    if (place >= 0) {
      if (!distinct) return this.outputs[place].value;
      const value = new ColumnValue(place, this.outputs[place].value.kind);
      value.start = tree.start(node);
      return value;
    }
    if (!distinct) return this.bind(node);
    this.context.fail(SQL_TYPE, "with DISTINCT, ORDER BY needs columns of the result", term);
    return null;
  }

  /** The output that a node of ORDER BY or GROUP BY means: by its number, its alias, or as the same expression; -1 none, -2 an error. */
  private outputOf(node: u32): i32 {
    const tree = this.tree;
    if (tree.kind(node) == N_NUMBER) return this.ordinal(node, this.outputs.length);
    if (tree.kind(node) == N_COLUMN && tree.b(node) == 0) {
      const name = tree.text(tree.a(node));
      for (let o = 0; o < this.outputs.length; o++) {
        if (this.outputs[o].isAlias && sameName(this.outputs[o].name, name)) return o;
      }
    }
    for (let o = 0; o < this.outputs.length; o++) {
      if (this.outputs[o].node != 0 && this.isSame(this.outputs[o].node, node)) return o;
    }
    if (tree.kind(node) == N_COLUMN && tree.b(node) == 0) {
      const name = tree.text(tree.a(node));
      for (let o = 0; o < this.outputs.length; o++) {
        if (sameName(this.outputs[o].name, name)) return o;
      }
    }
    return -1;
  }

  // ---- results ----

  private results(list: u32): bool {
    const tree = this.tree;
    for (let item = list; item != 0; item = tree.next(item)) {
      if (tree.kind(item) == N_STAR) {
        if (!this.star(item)) return false;
        continue;
      }
      const value = this.bind(tree.a(item));
      if (!value) return false;
      const alias = tree.b(item);
      let name = "";
      if (alias != 0) name = tree.text(alias);
      else if (tree.kind(tree.a(item)) == N_COLUMN) {
        const subject = value.column;
        name =
          subject && sameName(subject.name, tree.text(tree.a(tree.a(item)))) ? subject.name : tree.text(tree.a(tree.a(item)));
      } else name = this.source(tree.a(item));
      this.outputs.push(new Output(name, value, tree.a(item), alias != 0));
    }
    return true;
  }

  /** The text of an expression, which is what a result without a name is called. */
  private source(node: u32): string {
    const text = this.context.text;
    const start = this.tree.start(node);
    return String.UTF8.decodeUnsafe(text.ptr + start, this.tree.end(node) - start);
  }

  private star(node: u32): bool {
    const tree = this.tree;
    const scope = this.scope;
    const table = tree.b(node) == 0 ? "" : tree.text(tree.b(node));
    if (scope.sources.length == 0) {
      this.context.fail(SQL_SYNTAX, "* needs FROM", node);
      return false;
    }
    if (table.length > 0 && !scope.source(table)) {
      const names = new Array<string>();
      for (let s = 0; s < scope.sources.length; s++) names.push(scope.sources[s].name);
      this.context.fail(TABLE_NOT_FOUND, "there is no " + table + " in FROM", node, suggestion(table, names, "in FROM"));
      return false;
    }
    for (let s = 0; s < scope.sources.length; s++) {
      const source = scope.sources[s];
      if (table.length > 0 && scope.source(table) !== source) continue;
      for (let c = 0; c < source.columns.length; c++) {
        if (table.length == 0 && source.hidden[c]) continue;
        const value = this.columnAt(source.base + c, node);
        if (!value) return false;
        this.outputs.push(new Output(source.columns[c].name, value, 0, false));
      }
    }
    return true;
  }

  // ---- groups ----

  private groupBy(list: u32, results: u32): bool {
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
          for (let result = results; result != 0; result = tree.next(result)) {
            if (tree.kind(result) != N_STAR && tree.b(result) != 0 && sameName(tree.text(tree.b(result)), name))
              node = tree.a(result);
          }
        }
      }
      this.inAggregate = true;
      const value = this.bind(node);
      this.inAggregate = false;
      if (!value) return false;
      this.groupNodes.push(node);
      this.groupValues.push(value);
    }
    return true;
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
    return value;
  }

  protected columnAt(place: i32, node: u32): Expression | null {
    if (!this.isGrouped || this.inAggregate) return this.columnValue(place);
    for (let g = 0; g < this.groupValues.length; g++) {
      const subject = this.groupValues[g];
      if (subject instanceof ColumnValue && (<ColumnValue>subject).position == place) return this.groupValue(g);
    }
    // What the primary key of a table decides is the same for all rows of a group with it.
    const source = this.scope.sourceOf(place);
    const table = source.table;
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

  /** Whether one of the list's nodes has an aggregate in it that is not a query's inside of it. */
  private hasAggregate(list: u32): bool {
    const tree = this.tree;
    for (let node = list; node != 0; node = tree.next(node)) {
      if (tree.kind(node) == N_CALL && isAggregateCall(tree, node)) return true;
      if (tree.kind(node) == N_QUERY) continue;
      if (hasNoNodes(tree.kind(node))) continue;
      if (tree.kind(node) == N_CALL) {
        if (this.hasAggregate(tree.b(node))) return true;
        continue;
      }
      if (this.hasAggregate(tree.a(node)) || this.hasAggregate(tree.b(node)) || this.hasAggregate(tree.c(node))) return true;
    }
    return false;
  }

  protected aggregate(node: u32, name: string): Expression | null {
    const context = this.context;
    if (!this.isGrouped || this.inAggregate) {
      const where = this.inAggregate ? "inside another aggregate or GROUP BY" : "here";
      context.fail(SQL_TYPE, name + " is an aggregate and can't be used " + where, node, "HAVING has conditions on aggregates");
      return null;
    }
    for (let a = 0; a < this.aggregateNodes.length; a++) {
      if (this.isSame(this.aggregateNodes[a], node)) return this.aggregateValue(a);
    }
    this.inAggregate = true;
    const made = this.newAggregate(node, name);
    this.inAggregate = false;
    if (!made) return null;
    this.aggregates.push(made);
    this.aggregateNodes.push(node);
    return this.aggregateValue(this.aggregates.length - 1);
  }

  private aggregateValue(a: i32): Expression {
    const value = new ColumnValue(a, this.aggregates[a].kind);
    const fn = this.aggregates[a].fn;
    const subject = this.aggregates[a].subject;
    if (subject && (fn == A_MIN || fn == A_MAX)) value.column = subject.column;
    this.aggregateValues.push(value);
    return value;
  }

  private newAggregate(node: u32, name: string): Aggregate | null {
    const tree = this.tree;
    const context = this.context;
    const tail = tree.c(node);
    if (tail != 0 && tree.a(tail) != 0) {
      notYet(context, "ORDER BY inside of aggregates is", node);
      return null;
    }
    let where: Expression | null = null;
    if (tail != 0 && tree.b(tail) != 0) {
      where = this.condition(tree.b(tail));
      if (!where) return null;
    }
    const count = tree.length(tree.b(node));
    const isText = name == "group_concat" || name == "string_agg";
    if (tree.has(node, FLAG_STAR) || count == 0) {
      if (name == "count" && !tree.has(node, FLAG_DISTINCT))
        return new Aggregate(A_COUNT, null, null, where, false, K_INT, context.text, tree.start(node), context.budget);
      context.fail(SQL_TYPE, name + " needs a value", node);
      return null;
    }
    if (count > (isText ? 2 : 1)) {
      context.fail(SQL_TYPE, name + " does not take " + count.toString() + " values", node);
      return null;
    }
    let subject = this.bind(tree.b(node));
    if (!subject) return null;
    let fn = A_COUNT;
    let separator: Expression | null = null;
    if (isText) {
      fn = A_CONCAT;
      subject = asText(context, subject);
      if (count == 2) {
        const second = this.bind(tree.next(tree.b(node)));
        if (!second) return null;
        separator = asText(context, second);
      }
      if (name == "string_agg" && count != 2) {
        context.fail(SQL_TYPE, "string_agg needs what stands between the values", node);
        return null;
      }
    } else if (name == "min" || name == "max") {
      fn = name == "min" ? A_MIN : A_MAX;
      if (subject.kind == K_JSON) {
        context.fail(SQL_TYPE, "JSON has no order", node, "CAST(… AS text) has one");
        return null;
      }
    } else if (name != "count") {
      fn = name == "sum" ? A_SUM : name == "total" ? A_TOTAL : A_AVG;
      const number = asNumber(context, subject, name);
      if (!number) return null;
      subject = fn == A_SUM && number.kind == K_INT ? number : convertTo(context, number, K_DECIMAL, null);
      if (!subject) return null;
    }
    const kind = aggregateKind(fn, subject.kind);
    const distinct = tree.has(node, FLAG_DISTINCT);
    return new Aggregate(fn, subject, separator, where, distinct, kind, context.text, tree.start(node), context.budget);
  }

  // ---- whether two expressions are the same ----

  private isSame(a: u32, b: u32): bool {
    const tree = this.tree;
    if (a == b) return true;
    if (a == 0 || b == 0 || tree.kind(a) != tree.kind(b) || tree.op(a) != tree.op(b) || tree.flags(a) != tree.flags(b)) {
      return a != 0 && b != 0 && tree.kind(a) == N_COLUMN && tree.kind(b) == N_COLUMN && this.isSameColumn(a, b);
    }
    switch (tree.kind(a)) {
      case N_COLUMN:
        return this.isSameColumn(a, b);
      case N_NAME:
        return sameName(tree.text(a), tree.text(b));
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

  private isSameList(a: u32, b: u32): bool {
    while (a != 0 && b != 0) {
      if (!this.isSame(a, b)) return false;
      a = this.tree.next(a);
      b = this.tree.next(b);
    }
    return a == b;
  }

  private isSameColumn(a: u32, b: u32): bool {
    return this.quietPlace(a) >= 0 && this.quietPlace(a) == this.quietPlace(b);
  }

  private quietPlace(node: u32): i32 {
    const tree = this.tree;
    return this.scope.find(tree.text(tree.a(node)), tree.b(node) == 0 ? "" : tree.text(tree.b(node)));
  }

  // ---- FROM ----

  private from(node: u32): FromNode | null {
    const tree = this.tree;
    const made = new FromNode();
    made.first = this.scope.kinds.length;
    if (tree.kind(node) != N_JOIN) {
      const source = tree.kind(node) == N_TABLE ? this.tableSource(node) : this.querySource(node);
      if (!source) return null;
      const relation = source.relation;
      if (relation) this.context.loose.push(relation.operator);
      if (this.scope.source(source.name)) {
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
      return made;
    }
    const left = this.from(tree.a(node));
    const right = left ? this.from(tree.b(node)) : null;
    if (!left || !right) return null;
    made.left = left;
    made.right = right;
    made.op = tree.op(node);
    made.end = right.end;
    if (tree.c(node) != 0) {
      const on = this.condition(tree.c(node));
      if (!on) return null;
      addConditions(on, made.on);
    }
    if (tree.d(node) != 0 || tree.has(node, FLAG_NATURAL)) return this.using(node, made) ? made : null;
    return made;
  }

  /** USING and NATURAL: columns of both sides with one name are equal, and shown once. */
  private using(node: u32, join: FromNode): bool {
    const tree = this.tree;
    const names = new Array<string>();
    for (let name = tree.d(node); name != 0; name = tree.next(name)) names.push(tree.text(name));
    const left = join.left!;
    const right = join.right!;
    if (tree.has(node, FLAG_NATURAL)) {
      for (let place = left.first; place < left.end; place++) {
        const name = this.scope.column(place).name;
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
      if (join.op == OP_RIGHT || join.op == OP_FULL) {
        notYet(this.context, "USING and NATURAL with RIGHT and FULL joins are", node, "write ON");
        return false;
      }
      const x = this.columnValue(a);
      const y = this.columnValue(b);
      x.start = tree.start(node);
      y.start = tree.start(node);
      const equal = this.comparison(OP_EQ, x, y);
      if (!equal) return false;
      join.on.push(new Condition(equal));
      const source = this.scope.sourceOf(b);
      source.hidden[b - source.base] = true;
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
      found = place;
    }
    return found;
  }

  private tableSource(node: u32): Source | null {
    const tree = this.tree;
    const name = tree.text(tree.a(node));
    const alias = tree.b(node) == 0 ? name : tree.text(tree.b(node));
    const base = this.scope.kinds.length;
    if (tree.c(node) == 0) {
      for (let t = this.commonTables.length - 1; t >= 0; t--) {
        if (sameName(this.commonTables[t].name, name)) return this.commonSource(this.commonTables[t], alias, base, node);
      }
    } else if (!sameName(tree.text(tree.c(node)), "main")) {
      this.context.fail(TABLE_NOT_FOUND, "there is no database " + tree.text(tree.c(node)), node, "the open file is main");
      return null;
    }
    const table = this.context.table(node);
    if (!table) return null;
    return new Source(alias, base, table, null);
  }

  private commonSource(common: CommonTable, alias: string, base: i32, node: u32): Source | null {
    const tree = this.tree;
    const relation = new QueryBinder(this.context, this.scope.parent, common.before).query(tree.c(common.node));
    if (!relation) return null;
    const renamed = this.renamed(relation, tree.b(common.node), node);
    return renamed ? new Source(alias, base, null, renamed) : null;
  }

  private querySource(node: u32): Source | null {
    const tree = this.tree;
    const relation = new QueryBinder(this.context, this.scope, this.commonTables).query(tree.a(node));
    if (!relation) return null;
    const renamed = this.renamed(relation, tree.c(node), node);
    if (!renamed) return null;
    const base = this.scope.kinds.length;
    return new Source(tree.b(node) == 0 ? "" : tree.text(tree.b(node)), base, null, renamed);
  }

  /** The relation with the names of a list, if there is one. */
  private renamed(relation: Relation, names: u32, node: u32): Relation | null {
    const tree = this.tree;
    if (names == 0) return relation;
    if (<i32>tree.length(names) != relation.columns.length) {
      this.context.fail(
        SQL_SYNTAX,
        "the query has " + relation.columns.length.toString() + " columns, not as many as names",
        node,
      );
      relation.operator.free();
      return null;
    }
    const columns = new Array<NamedColumn>();
    let name = names;
    for (let c = 0; c < relation.columns.length; c++) {
      columns.push(new NamedColumn(tree.text(name), relation.columns[c].kind, relation.columns[c].column));
      name = tree.next(name);
    }
    return new Relation(relation.operator, columns);
  }

  /** The operator of a part of FROM. Conditions that it can decide are applied as far down as they may. */
  private build(node: FromNode, conditions: Array<Condition>, used: Array<i32>): Operator {
    const source = node.source;
    if (source) {
      const mine = restOf(conditions, node.first, node.end);
      const table = source.table;
      let operator: Operator;
      if (table) {
        const wanted = new Array<i32>();
        for (let c = 0; c < source.columns.length; c++) if (used.includes(source.base + c)) wanted.push(c);
        operator = new TableScan(choosePath(table, source.base, mine), source.base, wanted);
      } else {
        const rows = source.relation!.operator;
        this.context.taken(rows);
        operator = new DerivedRows(rows, source.base);
      }
      return filtered(operator, mine);
    }
    const left = node.left!;
    const right = node.right!;
    let op = node.op;
    const isInner = op == OP_INNER || op == OP_CROSS;
    let all = conditions;
    if (isInner && node.on.length > 0) all = conditions.concat(node.on);
    const none = new Array<Condition>();
    // A condition on a side whose rows may be made up of nulls is for after the join.
    const lefts = this.build(
      left,
      isInner || op == OP_LEFT ? all : op == OP_RIGHT ? restOf(node.on, left.first, left.end) : none,
      used,
    );
    const rights = this.build(
      right,
      isInner || op == OP_RIGHT ? all : op == OP_LEFT ? restOf(node.on, right.first, right.end) : none,
      used,
    );
    const leftKeys = new Array<Expression>();
    const rightKeys = new Array<Expression>();
    const joining = restOf(isInner ? all : node.on, node.first, node.end);
    let condition: Expression | null = null;
    const others = new Array<Condition>();
    for (let c = 0; c < joining.length; c++) {
      if (!addKeys(joining[c], left, right, leftKeys, rightKeys)) others.push(joining[c]);
      else joining[c].isApplied = true;
    }
    if (!isInner && others.length > 0) condition = together(others);
    const leftColumns = within(used, left.first, left.end);
    const rightColumns = within(used, right.first, right.end);
    const kinds = this.scope.kinds;
    const budget = this.context.budget;
    const join: Operator = new Join(op, lefts, rights, leftKeys, rightKeys, condition, kinds, leftColumns, rightColumns, budget);
    return filtered(join, isInner ? others : restOf(conditions, node.first, node.end));
  }

  // ---- queries as values ----

  /** The query's rows, for something that is worked out before the statement runs. */
  private inner(node: u32): Relation | null {
    return new QueryBinder(this.context, this.scope, this.commonTables).query(node);
  }

  protected scalar(node: u32): Expression | null {
    const relation = this.inner(this.tree.a(node));
    if (!relation) return null;
    const constants = this.column1(relation, node, 2);
    if (!constants) return null;
    if (constants.length > 1) {
      this.context.fail(SQL_TYPE, "the query gives more than one row where one value is wanted", node, "LIMIT 1 takes the first");
      return null;
    }
    if (constants.length == 1) return constants[0];
    const none = Constant.null();
    none.kind = relation.columns[0].kind;
    return none;
  }

  /** The values of a query's one column, no more than `most`; null with an error. */
  private column1(relation: Relation, node: u32, most: i32): Array<Expression> | null {
    const operator = relation.operator;
    if (relation.columns.length != 1) {
      this.context.fail(SQL_TYPE, "the query gives " + relation.columns.length.toString() + " columns where one is wanted", node);
      operator.free();
      return null;
    }
    const constants = new Array<Expression>();
    while (constants.length < most && operator.next()) {
      const batch = operator.batch;
      const vector = batch.columns.vector(0, batch)!;
      for (let k = 0; k < batch.selected && constants.length < most; k++) {
        const i = batch.row(k);
        const constant = new Constant(relation.columns[0].kind);
        constant.column = relation.columns[0].column;
        constant.start = this.tree.start(node);
        constant.isNull = vector.isNull(i);
        if (!constant.isNull) takeSlot(constant, vector, i);
        if (this.context.budget.take(48) != OK) {
          operator.free();
          return null;
        }
        constants.push(constant);
      }
    }
    const status = operator.status;
    operator.free();
    return status == OK ? constants : null;
  }

  protected inQuery(node: u32, subject: Expression): Expression | null {
    const relation = this.inner(this.tree.c(node));
    const constants = relation ? this.column1(relation, node, i32.MAX_VALUE) : null;
    return constants ? this.inConstants(subject, constants, this.tree.has(node, FLAG_NOT)) : null;
  }

  protected exists(node: u32): Expression | null {
    const relation = this.inner(this.tree.a(node));
    if (!relation) return null;
    const found = relation.operator.next();
    const status = relation.operator.status;
    relation.operator.free();
    if (status != OK) return null;
    const constant = new Constant(K_BOOLEAN);
    constant.low = found != this.tree.has(node, FLAG_NOT) ? 1 : 0;
    return constant;
  }

  /** A value that is the same for all rows, worked out; null when it is not, or with an error. */
  protected fold(subject: Expression): Constant | null {
    if (subject instanceof Constant) return <Constant>subject;
    const columns = new Array<i32>();
    subject.addColumns(columns);
    lastError.status = OK;
    if (columns.length > 0) return null;
    const batch = new Batch(new VectorColumns());
    batch.begin(1);
    const vector = subject.evaluate(batch);
    let constant: Constant | null = null;
    if (vector) {
      const made = new Constant(subject.kind);
      made.start = subject.start;
      made.isNull = vector.isNull(0);
      if (!made.isNull) takeSlot(made, vector, 0);
      constant = made;
      batch.pool.give(vector);
    }
    batch.free();
    return constant;
  }
}

/** Takes row `i`'s value, with a copy of its bytes. */
function takeSlot(constant: Constant, vector: Vector, i: u32): void {
  if (isBytes(constant.kind)) {
    constant.setBytes(vector.ptr(i), vector.len(i));
    return;
  }
  constant.low = load<u64>(vector.at(i));
  constant.high = constant.kind == K_DECIMAL ? load<u64>(vector.at(i), 8) : 0;
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

function valueOf(relation: Relation, column: i32, start: u32): Expression {
  const value = new ColumnValue(column, relation.columns[column].kind);
  value.column = relation.columns[column].column;
  value.start = start;
  return value;
}

function valuesOf(relation: Relation): Array<Expression> {
  const values = new Array<Expression>();
  for (let c = 0; c < relation.columns.length; c++) values.push(valueOf(relation, c, 0));
  return values;
}

function within(columns: Array<i32>, first: i32, end: i32): Array<i32> {
  const found = new Array<i32>();
  for (let c = 0; c < columns.length; c++) if (columns[c] >= first && columns[c] < end) found.push(columns[c]);
  return found;
}

/** Adds the sides of a comparison for equality of something of the left side with something of the right one; false when it is no such. */
function addKeys(
  condition: Condition,
  left: FromNode,
  right: FromNode,
  leftKeys: Array<Expression>,
  rightKeys: Array<Expression>,
): bool {
  const subject = condition.expression;
  if (!(subject instanceof Comparison) || (<Comparison>subject).op != OP_EQ) return false;
  const comparison = <Comparison>subject;
  if (comparison.a.kind == K_JSON) return false;
  const a = new Condition(comparison.a);
  const b = new Condition(comparison.b);
  if (a.columns.length == 0 || b.columns.length == 0) return false;
  const straight = a.isWithin(left.first, left.end) && b.isWithin(right.first, right.end);
  if (!straight && !(a.isWithin(right.first, right.end) && b.isWithin(left.first, left.end))) return false;
  leftKeys.push(straight ? comparison.a : comparison.b);
  rightKeys.push(straight ? comparison.b : comparison.a);
  return true;
}

function addOnColumns(node: FromNode, used: Array<i32>): void {
  for (let c = 0; c < node.on.length; c++) node.on[c].expression.addColumns(used);
  const left = node.left;
  const right = node.right;
  if (left) addOnColumns(left, used);
  if (right) addOnColumns(right, used);
}
