/** UPDATE and DELETE by any condition: the rows are found first and changed then, so that a statement never sees what it changes itself. */
import { COLUMN_NOT_FOUND, NOT_NULL, OK, OVERFLOW, SQL_TYPE, Status, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { Row } from "../encode/row";
import { suggestion } from "../schema/nearest";
import { typeName } from "../encode/data-type";
import { KeyBound } from "../query/access-path";
import { DbmsContext } from "../store/dbms-context";
import { DELETE_BY_SCHEMA } from "../store/deletes";
import { Table, addKeyPart } from "../store/table";
import { NO_ADDRESS } from "../table/page-ledger";
import { Condition, addConditions, choosePath, filtered } from "./bind/conditions";
import { assigned } from "./bind/convert";
import { QueryBinder } from "./bind/query";
import { Source, sameName } from "./bind/scope";
import { StatementContext } from "./bind/statement";
import { addCell, fitsType } from "./eval/cells";
import { Expression } from "./eval/expression";
import { K_INT, kindName } from "./eval/kinds";
import { Vector } from "./eval/vector";
import { evaluateAll, giveBack } from "./run/kept-rows";
import { Operator } from "./run/operator";
import { TableScan } from "./run/table-scan";
import { N_UPDATE } from "./syntax/tree";

/**
 * What is found: for each row its key's length u32 and bytes, then for each column that is set a byte 0 (null) or 1, a length u32 and
 * bytes.
 */
export class Changes {
  private readonly found: ByteBuffer = new ByteBuffer(1024);
  private readonly positions: Array<i32> = new Array<i32>();
  private readonly values: Array<Expression> = new Array<Expression>();
  private table: Table | null = null;
  /** Rows that were changed. */
  count: i64 = 0;

  constructor(
    private readonly db: DbmsContext,
    private readonly context: StatementContext,
  ) {}

  /** Does what the statement at `node`, N_UPDATE or N_DELETE, says. On failure what was done has to be taken back. */
  run(node: u32): Status {
    const tree = this.context.tree;
    const table = this.context.table(tree.a(node));
    if (!table) return lastError.status;
    let status: Status = OK;
    this.table = table;
    const binder = new QueryBinder(this.context, null, []);
    const alias = tree.b(tree.a(node));
    binder.scope.add(new Source(tree.text(alias == 0 ? tree.a(tree.a(node)) : alias), 0, table, null));
    const isUpdate = tree.kind(node) == N_UPDATE;
    if (isUpdate) status = this.bindSets(binder, node);
    const conditions = new Array<Condition>();
    if (status == OK && tree.c(node) != 0) {
      const where = binder.condition(tree.c(node));
      if (where) addConditions(where, conditions);
      else status = lastError.status;
    }
    if (status == OK) status = this.find(table, conditions);
    if (status == OK) status = this.apply(table, isUpdate);
    this.found.free();
    return status;
  }

  private bindSets(binder: QueryBinder, node: u32): Status {
    const tree = this.context.tree;
    const table = this.table!;
    for (let set = tree.b(node); set != 0; set = tree.next(set)) {
      const name = tree.text(tree.a(set));
      const columns = table.schema.columns;
      let position = -1;
      const names = new Array<string>();
      for (let c = 0; c < columns.length; c++) {
        if (sameName(columns[c].name, name)) position = c;
        names.push(columns[c].name);
      }
      if (position < 0)
        return this.context.fail(COLUMN_NOT_FOUND, "there is no column " + name, tree.a(set), suggestion(name, names, "columns"));
      if (this.positions.includes(position)) return this.context.syntaxError("column " + name + " is set twice", set);
      const value = binder.bind(tree.b(set));
      if (!value) return lastError.status;
      const column = columns[position];
      lastError.status = OK;
      const converted = assigned(this.context, value, column);
      if (!converted) {
        if (lastError.status != OK) return lastError.status;
        const what = "column " + column.name + " is " + typeName(column.type) + ", the value " + kindName(value.kind);
        return this.context.fail(SQL_TYPE, what, tree.b(set), "CAST makes one of the other");
      }
      this.positions.push(position);
      this.values.push(converted);
    }
    return OK;
  }

  /** Finds the rows, and what they are to become. */
  private find(table: Table, conditions: Array<Condition>): Status {
    const used = new Array<i32>();
    for (let c = 0; c < conditions.length; c++) conditions[c].expression.addColumns(used);
    for (let v = 0; v < this.values.length; v++) this.values[v].addColumns(used);
    if (!used.includes(table.keyColumn)) used.push(table.keyColumn);
    const operator = filtered(new TableScan(choosePath(table, 0, conditions), 0, used), conditions);
    let status: Status = OK;
    while (status == OK && operator.next()) status = this.note(table, operator);
    if (status == OK) status = operator.status;
    operator.free();
    return status;
  }

  private note(table: Table, operator: Operator): Status {
    const batch = operator.batch;
    const key = table.schema.columns[table.keyColumn];
    const keys = batch.columns.vector(table.keyColumn, batch)!;
    const values = new Array<Vector | null>();
    if (!evaluateAll(this.values, batch, values)) return lastError.status;
    const found = this.found;
    const before = found.len;
    let status: Status = OK;
    for (let k = 0; k < batch.selected && status == OK; k++) {
      const i = batch.row(k);
      const start = found.len;
      found.addU32(0);
      addCell(key.type, key.customSize, keys, i, found);
      store<u32>(found.ptr + start, found.len - start - 4);
      for (let v = 0; v < values.length && status == OK; v++) status = this.noteValue(table, this.positions[v], values[v]!, i);
    }
    giveBack(values, batch);
    return status == OK ? this.context.budget.take(found.len - before) : status;
  }

  private noteValue(table: Table, position: i32, value: Vector, i: u32): Status {
    const found = this.found;
    const column = table.schema.columns[position];
    if (value.isNull(i)) {
      found.addU8(0);
      return OK;
    }
    found.addU8(1);
    const start = found.len;
    found.addU32(0);
    if (value.kind == K_INT && !fitsType(column.type, value.int(i)))
      return this.context.text.fail(OVERFLOW, "column " + column.name + " can't hold " + value.int(i).toString(), 0);
    if (!addCell(column.type, column.customSize, value, i, found))
      return this.context.text.fail(OVERFLOW, "column " + column.name + " can't hold more than 65,535 bytes", 0);
    store<u32>(found.ptr + start, found.len - start - 4);
    return OK;
  }

  /** Changes what was found. */
  private apply(table: Table, isUpdate: bool): Status {
    const probe = new KeyBound();
    const row = new Row(table.layout);
    const key = table.schema.columns[table.keyColumn];
    let at = this.found.ptr;
    const end = at + this.found.len;
    let status: Status = OK;
    if (!isUpdate) this.db.beginDeletes();
    while (at < end && status == OK) {
      const len = load<u32>(at);
      probe.begin(1);
      addKeyPart(key, at + 4, len, probe);
      at += 4 + len;
      const address = table.primary.tree.find(probe.ptr);
      if (address == NO_ADDRESS && lastError.status != OK) status = lastError.status;
      if (isUpdate) at = this.read(row, at);
      // A row that is gone went with another one.
      if (address == NO_ADDRESS || status != OK) continue;
      status = isUpdate ? this.db.update(table, address, row) : this.db.delete(table, address, DELETE_BY_SCHEMA);
      if (status == OK) this.count += 1;
    }
    if (!isUpdate) status = this.db.endDeletes(status);
    if (status == NOT_NULL && lastError.hint == "") lastError.hint = "COALESCE can give another value";
    row.free();
    probe.free();
    return status;
  }

  /** Takes the values at `at` into the row; returns where they end. */
  private read(row: Row, at: usize): usize {
    row.reset();
    for (let p = 0; p < this.positions.length; p++) {
      const isSet = load<u8>(at) != 0;
      at += 1;
      if (!isSet) {
        row.setNull(this.positions[p]);
        continue;
      }
      const len = load<u32>(at);
      row.set(this.positions[p], at + 4, len);
      at += 4 + len;
    }
    return at;
  }
}
