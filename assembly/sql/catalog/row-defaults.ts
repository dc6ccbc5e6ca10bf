/** Defaults that are worked out anew for each row. */
import { COLUMN_NOT_FOUND, OK, OVERFLOW, SQL_TYPE, Status, fail, lastError } from "../../status";
import { typeName } from "../../encode/data-type";
import { CELL_MISSING, Row } from "../../encode/row";
import { Column } from "../../schema/column";
import { Catalog, CatalogEntry, DEFAULT } from "../../store/catalog";
import { columnPath } from "../../store/cell-text";
import { Table } from "../../store/table";
import { asText, assigned } from "../bind/convert";
import { QueryBinder } from "../bind/query";
import { StatementContext } from "../bind/statement";
import { Batch, VectorColumns } from "../eval/batch";
import { addFitting } from "../eval/cells";
import { Constant, Expression } from "../eval/expression";
import { K_BOOLEAN, K_INT, K_TEXT, kindName, kindOfType } from "../eval/kinds";
import { Surroundings, beginRow, setChanging } from "../eval/surroundings";
import { SqlText } from "../sql-text";
import { isOfNoUse, readExpression, storedContext } from "./stored-expressions";

/** `bound` as what `column` has by itself; null with an error about `node`. */
export function asDefault(context: StatementContext, column: Column, bound: Expression, node: u32): Expression | null {
  const kind = kindOfType(column.type);
  let value: Expression | null = bound;
  if (kind == K_INT && bound.kind == K_BOOLEAN && bound instanceof Constant) bound.kind = K_INT;
  else if (kind == K_TEXT && bound.kind != K_TEXT) value = asText(context, bound);
  lastError.status = OK;
  value = assigned(context, value, column);
  if (value || lastError.status != OK) return value;
  const what = "column " + column.name + " is " + typeName(column.type) + ", its default " + kindName(bound.kind);
  context.fail(SQL_TYPE, what, node);
  return null;
}

/** The same of the value at `node`, which no row has a part in. */
export function boundDefault(context: StatementContext, column: Column, node: u32): Expression | null {
  const bound = new QueryBinder(context, null, []).bind(node);
  return bound ? asDefault(context, column, bound, node) : null;
}

/** The entry that says what column `name` of a table has by itself; null where none does, and with an error. */
export function defaultEntry(catalog: Catalog, table: string, name: string): CatalogEntry | null {
  const entries = catalog.of(DEFAULT, table);
  for (let e = 0; entries && e < entries.length; e++) if (entries[e].name == name) return entries[e];
  return null;
}

/** What an entry is called in errors. */
export function defaultLabel(entry: CatalogEntry): string {
  return "DEFAULT of " + entry.name;
}

export class RowDefaults {
  private readonly contexts: Array<StatementContext> = new Array<StatementContext>();
  private readonly values: Array<Expression> = new Array<Expression>();
  private readonly positions: Array<i32> = new Array<i32>();
  private readonly batch: Batch = new Batch(new VectorColumns());
  /** Those of a row that is no statement's. */
  private readonly around: Surroundings = new Surroundings(new SqlText(0, 0));

  constructor(private readonly table: Table) {}

  /** Takes one more; false with an error, which says how to be rid of it. */
  add(catalog: Catalog, entry: CatalogEntry): bool {
    const position = this.table.schema.columnIndex(entry.name);
    if (position < 0) {
      fail(COLUMN_NOT_FOUND, this.table.name + " has no column " + entry.name + ", which has a default");
      return isOfNoUse(entry);
    }
    const context = storedContext(catalog, entry, defaultLabel(entry));
    this.contexts.push(context);
    const node = readExpression(context.text, context.tree);
    const value: Expression | null = node == 0 ? null : boundDefault(context, this.table.schema.columns[position], node);
    context.tree.free();
    if (!value) return isOfNoUse(entry);
    this.values.push(value);
    this.positions.push(position);
    return true;
  }

  /** Gives columns that are missing in `row` their values. */
  fill(row: Row): Status {
    if (this.values.length == 0) return OK;
    const isAlone = beginRow(this.around);
    let status: Status = OK;
    for (let v = 0; v < this.values.length && status == OK; v++) {
      const position = unchecked(this.positions[v]);
      if (row.state(position) == CELL_MISSING) status = this.fillOne(row, v, position);
    }
    if (isAlone) setChanging(null);
    return status;
  }

  private fillOne(row: Row, v: i32, position: i32): Status {
    const batch = this.batch;
    const column = this.table.schema.columns[position];
    batch.begin(1);
    const vector = this.values[v].evaluate(batch);
    if (!vector) return lastError.status;
    const start = row.values.len;
    const isNull = vector.isNull(0);
    const isHeld = isNull || addFitting(column.type, column.customSize, vector, 0, row.values);
    batch.pool.give(vector);
    if (!isHeld) return fail(OVERFLOW, columnPath(this.table, column) + " can't hold its default");
    if (isNull) row.setNull(position);
    else row.setFromArena(position, start);
    return OK;
  }

  free(): void {
    this.batch.free();
    while (this.contexts.length > 0) this.contexts.pop().free();
  }
}
