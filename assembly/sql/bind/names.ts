/** What names in expressions mean: columns of a query's rows, its results, and columns of the queries around it. */
import { AMBIGUOUS_COLUMN, COLUMN_NOT_FOUND, OK, TABLE_NOT_FOUND, lastError } from "../../status";
import { suggestion } from "../../schema/nearest";
import { ColumnValue, Expression, OuterValue } from "../eval/expression";
import { OuterValues } from "../run/subquery";
import { SqlTree } from "../syntax/tree";
import { isElement, opened, unopened } from "./open-values";
import { Scope } from "./scope";
import { StatementContext } from "./statement";

/** What binds a query's way to the one right around it, and what it asks of the rows there. */
export class Outer {
  readonly values: OuterValues = new OuterValues();

  constructor(readonly binder: NameBinder) {}

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

export abstract class NameBinder {
  protected readonly tree: SqlTree;

  constructor(
    readonly context: StatementContext,
    readonly scope: Scope,
    /** The query around this one. */
    readonly outer: Outer | null,
  ) {
    this.tree = context.tree;
  }

  /** The result, N_RESULT, that has `name` as its alias, where such are names; 0 for none. */
  protected abstract resultCalled(name: string): u32;
  protected abstract resultValue(result: u32): Expression | null;
  /** An aggregate of this query's rows; null with an error. */
  abstract ownAggregate(node: u32, name: string): Expression | null;
  /** A column of the rows, which in a query with groups has to be one of theirs. */
  abstract columnAt(place: i32, node: u32): Expression | null;

  /** A column of this query's rows, or of a query around it; null with an error. */
  protected column(node: u32): Expression | null {
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
  protected openValue(place: i32): Expression {
    const value = this.columnValue(place);
    return this.scope.column(place).isOpen ? opened(this.context, value) : value;
  }
}
