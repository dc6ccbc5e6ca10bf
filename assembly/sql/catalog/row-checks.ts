/** CHECK constraints, and defaults that are worked out for each row, as rules of a table's rows. */
import { CHECK_FAILED, OK, SQL_UNSUPPORTED, Status, fail, lastError } from "../../status";
import { Row } from "../../encode/row";
import { Catalog, CatalogEntry, RuleMaker, useRuleMaker } from "../../store/catalog";
import { RowRules } from "../../store/catalog-table";
import { cellText } from "../../store/cell-text";
import { Table } from "../../store/table";
import { ChangeBinder } from "../bind/changes";
import { StatementContext } from "../bind/statement";
import { RowColumns } from "../change/row-columns";
import { Batch } from "../eval/batch";
import { Expression } from "../eval/expression";
import { RowDefaults } from "./row-defaults";
import { isOfNoUse, readExpression, storedContext } from "./stored-expressions";

/** An error tells so many characters of a constraint at most. */
const SHOWN: i32 = 120;

/** What a constraint is called in errors: `CHECK positive (price > 0)`. */
export function checkLabel(entry: CatalogEntry): string {
  const sql = entry.sql.length > SHOWN ? entry.sql.substring(0, SHOWN) + "…" : entry.sql;
  return "CHECK " + (entry.name == "" ? "" : entry.name + " ") + "(" + sql + ")";
}

/** The condition at `node` of CHECK, about a row of `table`, whose columns it adds to `used`; null with an error. */
export function boundCheck(context: StatementContext, table: Table, node: u32, used: Array<i32>): Expression | null {
  const condition = new ChangeBinder(context, table, table.name, []).condition(node);
  if (!condition) return null;
  const columns = new Array<i32>();
  condition.addColumns(columns);
  for (let c = 0; c < columns.length; c++) {
    if (columns[c] < 0) {
      context.fail(SQL_UNSUPPORTED, "CHECK of more than a row's own values is not there", node);
      return null;
    }
    if (!used.includes(columns[c])) used.push(columns[c]);
  }
  return condition;
}

export class RowChecks extends RowRules {
  private readonly contexts: Array<StatementContext> = new Array<StatementContext>();
  private readonly conditions: Array<Expression> = new Array<Expression>();
  private columns: RowColumns | null = null;
  private batch: Batch | null = null;
  private readonly defaults: RowDefaults;

  constructor(
    private readonly table: Table,
    private readonly checks: Array<CatalogEntry>,
  ) {
    super();
    this.defaults = new RowDefaults(table);
  }

  /** Binds a default; false with an error, which says how to be rid of it. */
  addDefault(catalog: Catalog, entry: CatalogEntry): bool {
    return this.defaults.add(catalog, entry);
  }

  fill(row: Row): Status {
    return this.defaults.fill(row);
  }

  /** Binds them; false with an error, which says how to be rid of the one that it is about. */
  bind(catalog: Catalog): bool {
    const used = new Array<i32>();
    for (let c = 0; c < this.checks.length; c++) {
      const condition = this.bindOne(catalog, this.checks[c], used);
      if (!condition) return isOfNoUse(this.checks[c]);
      this.conditions.push(condition);
    }
    const columns = new RowColumns(this.table, used);
    this.columns = columns;
    this.batch = new Batch(columns);
    return true;
  }

  private bindOne(catalog: Catalog, entry: CatalogEntry, used: Array<i32>): Expression | null {
    const context = storedContext(catalog, entry, checkLabel(entry));
    this.contexts.push(context);
    const node = readExpression(context.text, context.tree);
    const condition: Expression | null = node == 0 ? null : boundCheck(context, this.table, node, used);
    context.tree.free();
    return condition;
  }

  check(row: Row): Status {
    // A table may have defaults alone.
    if (this.conditions.length == 0) return OK;
    const batch = this.batch!;
    batch.begin(1);
    this.columns!.take(row, 0, 0);
    for (let c = 0; c < this.conditions.length; c++) {
      unchecked(this.contexts[c]).around.begin();
      const vector = unchecked(this.conditions[c]).evaluate(batch);
      if (!vector) return lastError.status;
      const isFalse = !vector.isNull(0) && vector.int(0) == 0;
      batch.pool.give(vector);
      if (isFalse) return this.broken(row, this.checks[c]);
    }
    return OK;
  }

  private broken(row: Row, entry: CatalogEntry): Status {
    const key = this.table.keyColumn;
    const column = this.table.schema.columns[key];
    const which = row.isSet(key) ? "." + column.name + " = " + cellText(column, row, key) : "";
    return fail(CHECK_FAILED, this.table.name + which + ": the row breaks " + checkLabel(entry));
  }

  free(): void {
    const columns = this.columns;
    if (columns) columns.free();
    const batch = this.batch;
    if (batch) batch.free();
    while (this.contexts.length > 0) this.contexts.pop().free();
    this.defaults.free();
  }
}

class CheckMaker extends RuleMaker {
  rulesOf(catalog: Catalog, table: Table, checks: Array<CatalogEntry>, defaults: Array<CatalogEntry>): RowRules | null {
    const rules = new RowChecks(table, checks);
    let isBound = rules.bind(catalog);
    for (let d = 0; d < defaults.length && isBound; d++) isBound = rules.addDefault(catalog, defaults[d]);
    if (isBound) return rules;
    rules.free();
    return null;
  }
}

useRuleMaker(new CheckMaker());
