/** A condition in SQL as a filter of a `RowScan`, and the way to the rows for which it can be true. */
import { OK, lastError } from "../status";
import { AccessPath } from "../query/access-path";
import { RowFilter } from "../query/scan-loop";
import { RowScan, RowSource, Table } from "../query/store";
import { DbmsContext } from "../store/dbms-context";
import { ChangeBinder } from "./bind/changes";
import { Access, TableAccess } from "./bind/access";
import { Condition } from "./bind/conditions";
import { StatementContext } from "./bind/statement";
import { RowColumns } from "./change/row-columns";
import { Batch } from "./eval/batch";
import { Constant, READS_ROWS } from "./eval/expression";
import { filter } from "./eval/logic";
import { RowTerms } from "./row-terms";
import { BOUNDS_EMPTY, BOUNDS_FAILED } from "./run/scan-bounds";

export class RowCondition extends RowFilter {
  private readonly batch: Batch;
  private readonly columns: RowColumns;
  /** Whether asking it reads other rows, so that the scan's own may go from memory. */
  private readonly readsRows: bool;
  private access: Access | null = null;
  /** No row can have the values that it asks for. */
  isNever: bool = false;

  private constructor(
    private readonly terms: RowTerms,
    private readonly context: StatementContext,
    private readonly table: Table,
    private readonly conditions: Array<Condition>,
    used: Array<i32>,
    firstColumns: i32,
  ) {
    super(firstColumns);
    const columns = new RowColumns(table, used);
    this.columns = columns;
    this.batch = new Batch(columns);
    this.readsRows = used.includes(READS_ROWS);
  }

  /** The condition of `terms`, which become its own, with values for its parameters; null on failure. */
  static of(db: DbmsContext, table: Table, terms: RowTerms, parameters: Array<Constant>): RowCondition | null {
    const context = StatementContext.of(db, terms.text, terms.tree, parameters);
    const conditions = db.flushChanges() == OK ? new ChangeBinder(context, table, table.name, []).conditions(terms.where) : null;
    if (!conditions) {
      context.free();
      terms.free();
      return null;
    }
    const used = new Array<i32>();
    for (let c = 0; c < conditions.length; c++) {
      conditions[c].sources = conditions[c].isFixed ? 0 : 1;
      conditions[c].expression.addColumns(used);
    }
    let first = 0;
    for (let u = 0; u < used.length; u++) first = max(first, used[u] + 1);
    return new RowCondition(terms, context, table, conditions, used, first);
  }

  /**
   * The way to the rows for which it can be true, by the index at `position` (-1: none, the stored order), or by the best one for `ANY`;
   * null on failure. It is the condition's own, and gone with it.
   */
  path(position: i32): AccessPath | null {
    const table = this.table;
    const ways = new TableAccess(table, 0, this.conditions, 1);
    const all = new Array<i32>();
    for (let c = 0; c < table.schema.columns.length; c++) all.push(c);
    let access = new Access(new AccessPath(table), null);
    if (position != -1) access = position == ANY ? ways.best(0, all, null) : ways.through(position);
    let bounds = access.bounds;
    if (bounds && bounds.list) {
      access = new Access(new AccessPath(table), null);
      bounds = null;
    }
    this.access = access;
    if (!bounds) return access.path;
    bounds.addTo(access.path);
    const filled = bounds.open(access.path, this.batch);
    this.isNever = filled == BOUNDS_EMPTY;
    return filled == BOUNDS_FAILED ? null : access.path;
  }

  passes(source: RowSource): bool {
    const batch = this.batch;
    const conditions = this.conditions;
    batch.begin(1);
    this.columns.take(source.row, 0, 0);
    let isGood = !this.readsRows || this.columns.keep(batch);
    for (let c = 0; c < conditions.length && isGood && batch.selected > 0; c++) {
      isGood = filter(batch, unchecked(conditions[c]).expression);
      batch.settle();
    }
    if (!isGood) source.status = lastError.status;
    if (!isGood || batch.selected == 0) return false;
    return !this.readsRows || (source as RowScan).readAgain();
  }

  free(): void {
    const access = this.access;
    if (access) {
      const bounds = access.bounds;
      if (bounds) bounds.free();
    }
    this.context.free();
    this.terms.free();
    this.batch.free();
    this.columns.free();
  }
}

/** Any index, or none. */
export const ANY: i32 = -2;
