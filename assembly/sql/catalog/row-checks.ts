/** CHECK constraints as rules of a table's rows. */
import { BAD_SCHEMA, CHECK_FAILED, OK, SQL_UNSUPPORTED, Status, fail, lastError } from "../../status";
import { Row } from "../../encode/row";
import { Catalog, CatalogEntry, RuleMaker, useRuleMaker } from "../../store/catalog";
import { CATALOG, RowRules } from "../../store/catalog-table";
import { cellText } from "../../store/row-lookup";
import { StatementMemory } from "../../store/statement-memory";
import { Table } from "../../store/table";
import { ChangeBinder } from "../bind/changes";
import { StatementContext } from "../bind/statement";
import { RowColumns } from "../change/row-columns";
import { MemoryBudget } from "../eval/arena";
import { Batch } from "../eval/batch";
import { Expression } from "../eval/expression";
import { StoredText } from "../sql-text";
import { QueryReader } from "../syntax/queries";
import { T_END } from "../syntax/lexer";
import { SqlTree } from "../syntax/tree";

/** An error tells so many characters of a constraint at most. */
const SHOWN: i32 = 120;
/** What working a constraint out may keep. */
const KEPT: u64 = 1 << 20;

class CheckReader extends QueryReader {
  check(): u32 {
    const node = this.expression();
    return node == 0 || this.lexer.kind == T_END ? node : this.expected("the end of the condition");
  }
}

/** The condition of CHECK whose text this is, read into `tree`; 0 with an error. */
export function readCheck(text: StoredText, tree: SqlTree): u32 {
  return new CheckReader(text, tree, 0).check();
}

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

  constructor(
    private readonly table: Table,
    private readonly checks: Array<CatalogEntry>,
  ) {
    super();
  }

  /** Binds them; false with an error, which says how to be rid of the one that it is about. */
  bind(catalog: Catalog): bool {
    const used = new Array<i32>();
    for (let c = 0; c < this.checks.length; c++) {
      const condition = this.bindOne(catalog, this.checks[c], used);
      if (!condition) return false;
      this.conditions.push(condition);
    }
    const columns = new RowColumns(this.table, used);
    this.columns = columns;
    this.batch = new Batch(columns);
    return true;
  }

  private bindOne(catalog: Catalog, entry: CatalogEntry, used: Array<i32>): Expression | null {
    const tree = new SqlTree();
    const text = new StoredText(entry.sql, checkLabel(entry) + " of " + this.table.name, -1);
    const node = readCheck(text, tree);
    let condition: Expression | null = null;
    if (node != 0) {
      const context = new StatementContext(text, tree, catalog, [], new MemoryBudget(new StatementMemory(KEPT)));
      this.contexts.push(context);
      condition = boundCheck(context, this.table, node, used);
    }
    tree.free();
    const hint = "DELETE FROM " + CATALOG + " WHERE id = " + entry.key.toString() + " takes it away";
    if (!condition) fail(BAD_SCHEMA, lastError.what, hint);
    return condition;
  }

  check(row: Row): Status {
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
  }
}

class CheckMaker extends RuleMaker {
  rulesOf(catalog: Catalog, table: Table, checks: Array<CatalogEntry>): RowRules | null {
    const rules = new RowChecks(table, checks);
    if (rules.bind(catalog)) return rules;
    rules.free();
    return null;
  }
}

useRuleMaker(new CheckMaker());
