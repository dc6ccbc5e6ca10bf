/** Names and values of statements that change a table's rows. */
import { COLUMN_NOT_FOUND, OK, SQL_SYNTAX, SQL_TYPE, Status, lastError } from "../../status";
import { typeName } from "../../encode/data-type";
import { Column } from "../../schema/column";
import { suggestion } from "../../schema/nearest";
import { Table } from "../../query/store";
import { canCast } from "../eval/cast";
import { ColumnValue, Constant, Expression } from "../eval/expression";
import { kindName, kindOfType } from "../eval/kinds";
import { Limit, Operator } from "../run/operator";
import { Sort } from "../run/sort";
import { OP_CROSS } from "../syntax/operators";
import { boundDefault, defaultEntry, defaultLabel } from "../catalog/row-defaults";
import { readExpression } from "../catalog/stored-expressions";
import { StoredText } from "../sql-text";
import { N_DEFAULT } from "../syntax/tree";
import { WantedOrder } from "./access";
import { Condition, addConditions, decidable, filtered } from "./conditions";
import { assigned } from "./convert";
import { FromNode, addOnColumns } from "./from";
import { cellConstant } from "./literals";
import { QueryBinder } from "./query";
import { CommonTable, NamedColumn, Source, columnNamed } from "./scope";
import { StatementContext } from "./statement";

/** What SET gives to which columns. */
export class Sets {
  readonly positions: Array<i32> = new Array<i32>();
  readonly values: Array<Expression> = new Array<Expression>();
}

/** Binds what is said of rows of `table`, which is the first of the statement's sources. */
export class ChangeBinder extends QueryBinder {
  /** The table, joined with what is in FROM. */
  private root: FromNode = new FromNode();

  constructor(
    context: StatementContext,
    readonly table: Table,
    alias: string,
    common: Array<CommonTable>,
  ) {
    super(context, null, common);
    this.scope.add(new Source(alias, 0, table, null));
    this.root.source = this.scope.sources[0];
    this.root.end = this.scope.kinds.length;
  }

  /** Adds the row that could not be inserted, which is found by its name only. */
  addExcluded(): void {
    const excluded = new Source("excluded", this.scope.kinds.length, this.table, null);
    excluded.hidden.fill(true);
    this.scope.add(excluded);
  }

  /** Adds what is at `node` in FROM, 0 for nothing. */
  joinWith(node: u32): Status {
    if (node == 0) return OK;
    const other = this.from(node);
    if (!other) return lastError.status;
    const join = new FromNode();
    join.left = this.root;
    join.right = other;
    join.op = OP_CROSS;
    join.end = other.end;
    this.root = join;
    return OK;
  }

  /** What has to be true for the condition at `where` (0: none) to be; null with an error. */
  conditions(where: u32): Array<Condition> | null {
    const conditions = new Array<Condition>();
    if (where != 0) {
      const bound = this.condition(where);
      if (!bound) return null;
      addConditions(bound, conditions);
    }
    return conditions;
  }

  /** The rows for which the condition at `where` (0: none) is true, with the columns that `used` and it read; null with an error. */
  rows(where: u32, used: Array<i32>, order: WantedOrder | null = null): Operator | null {
    const conditions = this.conditions(where);
    if (!conditions) return null;
    for (let c = 0; c < conditions.length; c++) conditions[c].expression.addColumns(used);
    addOnColumns(this.root, used);
    const rows = this.build(this.root, conditions, used, order);
    return rows ? filtered(this.context, rows, decidable(conditions, u64.MAX_VALUE)) : null;
  }

  /**
   * Values of the rows for which the condition at `where` (0: none) is true, of those that ORDER BY and LIMIT of the N_QUERY `some` (0:
   * none) mean: the operator, whose columns then `values` are of. Null with an error.
   */
  valuesOfRows(where: u32, some: u32, values: Array<Expression>): Operator | null {
    const tree = this.tree;
    const context = this.context;
    const used = new Array<i32>();
    const limit = some != 0 && tree.c(some) != 0 ? this.limit(tree.c(some)) : null;
    if (some != 0 && tree.c(some) != 0 && !limit) return null;
    const by = new Array<Expression>();
    const orders = new Array<u32>();
    for (let term = some == 0 ? 0 : tree.b(some); term != 0; term = tree.next(term)) {
      if (!this.addTerm(this.bind(tree.a(term)), term, this.orderOf(term), by, orders)) return null;
    }
    for (let v = 0; v < values.length; v++) values[v].addColumns(used);
    for (let b = 0; b < by.length; b++) by[b].addColumns(used);
    let rows = this.rows(where, used, this.orderOfColumns(by, orders, limit));
    if (!rows) return null;
    if (by.length > 0 && !this.isOrdered) {
      rows = context.own(new Sort(rows, values.slice(), by, StaticArray.fromArray(orders), limit, context.budget));
      for (let v = 0; v < values.length; v++) {
        const sorted = new ColumnValue(v, values[v].kind);
        sorted.start = values[v].start;
        values[v] = sorted;
      }
    }
    return limit ? context.own(new Limit(rows, limit)) : rows;
  }

  /** The position of the column that a name's node means; -1 with an error. */
  position(node: u32): i32 {
    const name = this.tree.text(node);
    const found = columnNamed(this.table, name);
    if (found >= 0) return found;
    const columns = this.table.schema.columns;
    const names = new Array<string>();
    for (let c = 0; c < columns.length; c++) names.push(columns[c].name);
    const what = "there is no column " + name + " in " + this.table.name;
    this.context.fail(COLUMN_NOT_FOUND, what, node, suggestion(name, names, "columns"));
    return -1;
  }

  /** The positions of the columns in a list of names, each of them once; null with an error. */
  positions(list: u32): Array<i32> | null {
    const found = new Array<i32>();
    for (let name = list; name != 0; name = this.tree.next(name)) {
      const position = this.position(name);
      if (position < 0) return null;
      if (found.includes(position)) {
        this.context.syntaxError("column " + this.tree.text(name) + " is there twice", name);
        return null;
      }
      found.push(position);
    }
    return found;
  }

  /** What a column of the table has by itself; null with an error. */
  private ownValue(column: Column, node: u32): Expression | null {
    lastError.status = OK;
    const entry = defaultEntry(this.context.catalog, this.table.name, column.name);
    if (!entry) return lastError.status == OK ? defaultOf(column) : null;
    const text = new StoredText(entry.sql, defaultLabel(entry), this.context.text.offsetOf(this.tree.start(node)));
    const context = this.context.within(text, node);
    if (!context) return null;
    const stored = readExpression(context.text, context.tree);
    const value: Expression | null = stored == 0 ? null : boundDefault(context, column, stored);
    context.tree.free();
    return value;
  }

  /** What a list of N_SET says; null with an error. */
  sets(list: u32): Sets | null {
    const tree = this.tree;
    const sets = new Sets();
    let ofQuery: Array<Expression> | null = null;
    for (let set = list; set != 0; set = tree.next(set)) {
      const position = this.position(tree.a(set));
      if (position < 0) return null;
      if (sets.positions.includes(position)) {
        this.context.fail(SQL_SYNTAX, "column " + tree.text(tree.a(set)) + " is set twice", set);
        return null;
      }
      const column = this.table.schema.columns[position];
      const at = tree.c(set);
      let value: Expression | null = null;
      if (at == 0 && tree.kind(tree.b(set)) == N_DEFAULT) value = this.ownValue(column, tree.b(set));
      else if (at == 0) value = valueFor(this, column, tree.b(set));
      else {
        if (at == 1) ofQuery = this.scalars(tree.b(set), this.columnsSet(set));
        value = ofQuery ? assignedTo(this.context, column, ofQuery[at - 1], tree.b(set)) : null;
      }
      if (!value) return null;
      sets.positions.push(position);
      sets.values.push(value);
    }
    return sets;
  }

  /** How many columns from that of an N_SET on the same query sets. */
  private columnsSet(set: u32): i32 {
    let count = 1;
    for (let next = this.tree.next(set); next != 0 && this.tree.c(next) > 1; next = this.tree.next(next)) count += 1;
    return count;
  }

  /** What RETURNING's list gives: its columns, and their values, which go to `values`; null with an error. */
  returning(list: u32, values: Array<Expression>): Array<NamedColumn> | null {
    if (!this.results(list) || !this.context.hasRoom(this.outputs.length << 1, list)) return null;
    const columns = new Array<NamedColumn>();
    for (let o = 0; o < this.outputs.length; o++) {
      const value = this.outputs[o].value;
      values.push(value);
      columns.push(new NamedColumn(this.outputs[o].name, value.kind, value.column));
    }
    return columns;
  }
}

/** The value at a node as one for `column`; null with an error. */
export function valueFor(binder: QueryBinder, column: Column, node: u32): Expression | null {
  const value = binder.bind(node);
  return value ? assignedTo(binder.context, column, value, node) : null;
}

/** `value`, which is what the node says, as one for `column`; null with an error. */
export function assignedTo(context: StatementContext, column: Column, value: Expression, node: u32): Expression | null {
  const converted = assigned(context, value, column);
  if (!converted && lastError.status == OK) {
    const what = "column " + column.name + " is " + typeName(column.type) + ", the value " + kindName(value.kind);
    const isCast = canCast(value.kind, kindOfType(column.type));
    context.fail(SQL_TYPE, what, node, isCast ? "CAST makes one of the other" : "");
  }
  return converted;
}

/** What a column has by itself; null where it has nothing. */
function defaultOf(column: Column): Constant {
  const offset = column.defaultOffset();
  if (offset == 0) return Constant.null();
  const value = column.defaultValue!;
  return cellConstant(column.type, column.customSize, changetype<usize>(value) + offset, value.byteLength - offset);
}
