/** INSERT and REPLACE. */
import { OK, SQL_SYNTAX, Status, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { TYPE_BOOLEAN, TYPE_DECIMAL, isInteger } from "../../encode/data-type";
import { CELL_MISSING, CELL_NULL, CELL_SET, Row } from "../../encode/row";
import { parseValue } from "../../encode/value-text";
import { Column } from "../../schema/column";
import { DbmsContext } from "../../store/dbms-context";
import { BATCH_ROWS, Insertion } from "../../store/insertion";
import { Table } from "../../store/table";
import { mayRun } from "../../wasi/deadline";
import { assignedTo, valueFor } from "../bind/changes";
import { QueryBinder } from "../bind/query";
import { valueOf } from "../bind/open-values";
import { Relation } from "../bind/scope";
import { StatementContext } from "../bind/statement";
import { fitsBatch } from "../eval/arena";
import { Batch, VectorColumns } from "../eval/batch";
import { Expression, Fixed } from "../eval/expression";
import { Vector } from "../eval/vector";
import { evaluateAll, giveBack } from "../run/kept-rows";
import { Run, RunReader, Spilled } from "../../store/run";
import { OP_NEGATE } from "../syntax/operators";
import { N_DEFAULT, N_NULL, N_NUMBER, N_TEXT, N_UNARY, N_VALUES, OR_ABORT } from "../syntax/tree";
import { ChangeStatement } from "./change";
import { ChangeStep } from "./change-step";
import { Conflicts, TO_INSERT, UPDATED } from "./conflicts";
import { KeptCells, readCells } from "./kept-cells";

/** Among the values that are known: one that is worked out, by the next expression that was not used yet. */
const CELL_WORKED: u8 = 3;
/** So many rows of a query are inserted together, if they need not be all there before. */
const ROWS_TOGETHER: u32 = 1024;

export class InsertStatement extends ChangeStatement {
  /** The key of the row that was inserted last, as records have it; empty while there is none. */
  readonly lastKey: ByteBuffer = new ByteBuffer(16);
  private positions: Array<i32> = new Array<i32>();
  /** Rows of VALUES as far as they are known before the statement runs, and how many there are. */
  private readonly known: KeptCells;
  private rows: u32 = 1;
  /** What is worked out: values that are not known, or all columns of the query `source`. */
  private readonly values: Array<Expression> = new Array<Expression>();
  private source: Relation | null = null;
  /** Whether the query reads what the statement changes: then all of its rows have to be there before one is inserted. */
  private readsChanged: bool = false;
  private conflicts: Conflicts | null = null;
  private readonly insertion: Insertion;
  /** Rows that are to be inserted, and those that have to wait until all of them are there. */
  private readonly cells: KeptCells;
  private readonly kept: Run;
  /** One row, for values that are worked out. */
  private batch: Batch | null = null;

  constructor(db: DbmsContext, context: StatementContext, node: u32, table: Table) {
    super(db, context, node, table);
    this.known = new KeptCells(context);
    this.cells = new KeptCells(context);
    this.kept = new Run(context.budget, new Spilled(), true);
    this.insertion = new Insertion(db);
  }

  protected bindParts(): Status {
    const tree = this.tree;
    const node = this.node;
    const binder = this.binder();
    if (tree.b(node) != 0) {
      const positions = binder.positions(tree.b(node));
      if (!positions) return lastError.status;
      this.positions = positions;
    } else {
      for (let c = this.table.schema.hasHiddenKey ? 1 : 0; c < this.table.schema.columns.length; c++) this.positions.push(c);
    }
    const upserts = this.tail == 0 ? 0 : tree.c(this.tail);
    if (upserts != 0 || tree.op(node) != OR_ABORT) {
      const conflicts = new Conflicts(this.db, this.context, this.table, tree.op(node));
      this.conflicts = conflicts;
      binder.addExcluded();
      const status = conflicts.bind(upserts, binder);
      if (status != OK) return status;
    }
    const query = tree.c(node);
    if (query == 0) {
      this.positions = new Array<i32>();
      return OK;
    }
    const isPlain = tree.b(query) == 0 && tree.c(query) == 0 && tree.d(query) == 0;
    if (isPlain && tree.kind(tree.a(query)) == N_VALUES) return this.bindValues(tree.a(tree.a(query)));
    return this.bindQuery(query);
  }

  step(): ChangeStep {
    const source = this.source;
    return new ChangeStep("insert into " + this.table.name, source ? source.operator : null, this.rows);
  }

  private column(p: i32): Column {
    return unchecked(this.table.schema.columns[unchecked(this.positions[p])]);
  }

  private wrongCount(found: i32, node: u32): Status {
    const columns = this.positions.length.toString();
    return this.context.fail(SQL_SYNTAX, found.toString() + " values for " + columns + " columns", node);
  }

  /** Binds a list of N_ROW. */
  private bindValues(list: u32): Status {
    const tree = this.tree;
    const binder = new QueryBinder(this.context, null, this.common);
    const count = this.positions.length;
    this.rows = 0;
    for (let row = list; row != 0; row = tree.next(row)) {
      let p = 0;
      for (let node = tree.a(row); node != 0; node = tree.next(node), p++) {
        if (p >= count) return this.wrongCount(<i32>tree.length(tree.a(row)), row);
        if (this.addKnown(this.column(p), node)) continue;
        const value = valueFor(binder, this.column(p), node);
        if (!value) return lastError.status;
        this.known.addU8(CELL_WORKED);
        this.values.push(value);
      }
      if (p != count) return this.wrongCount(p, row);
      this.rows += 1;
    }
    return OK;
  }

  /** Adds a value that stands there as the column may have it; false when it has to be looked at more closely. */
  private addKnown(column: Column, node: u32): bool {
    const tree = this.tree;
    const known = this.known;
    const kind = tree.kind(node);
    if (kind == N_DEFAULT || kind == N_NULL) {
      known.addU8(kind == N_NULL ? CELL_NULL : CELL_MISSING);
      return true;
    }
    const type = column.type;
    const isNegative = kind == N_UNARY && tree.op(node) == OP_NEGATE && tree.kind(tree.a(node)) == N_NUMBER;
    const literal = isNegative ? tree.a(node) : node;
    const takesNumbers = isInteger(type) || type == TYPE_DECIMAL || (type == TYPE_BOOLEAN && !isNegative);
    if (kind != N_TEXT && !(takesNumbers && tree.kind(literal) == N_NUMBER)) return false;
    let ptr = tree.textPtr(literal);
    let len = tree.textLen(literal);
    if (isNegative) {
      if (tree.start(literal) != tree.start(node) + 1) return false;
      ptr = this.context.text.ptr + tree.start(node);
      len += 1;
    }
    const before = known.len;
    const start = known.beginSet();
    const good = parseValue(type, column.customSize, ptr, len, known) == OK;
    if (good) known.endSet(start);
    else known.len = before;
    return good;
  }

  private bindQuery(query: u32): Status {
    const read = this.context.read;
    const before = read.length;
    // Rows are inserted while others of the query are still to come.
    this.context.run.readsRows = true;
    const source = new QueryBinder(this.context, null, this.common).query(query);
    if (!source) return lastError.status;
    this.source = source;
    this.readsChanged = read.indexOf(this.table, before) >= 0;
    if (source.columns.length != this.positions.length) return this.wrongCount(source.columns.length, query);
    for (let c = 0; c < source.columns.length; c++) {
      const value = assignedTo(this.context, this.column(c), valueOf(this.context, source, c, this.tree.start(query)), query);
      if (!value) return lastError.status;
      this.values.push(value);
    }
    return OK;
  }

  // ---- running ----

  run(): Status {
    const source = this.source;
    if (this.conflicts && !this.context.workOut()) return lastError.status;
    if (source) return this.insertRowsOf(source);
    let status: Status = OK;
    if (this.values.length > 0) status = this.work();
    if (status == OK) status = this.begin(this.rows);
    if (status != OK) return status;
    return this.end(this.insertAll(this.values.length > 0 ? this.cells.ptr : this.known.ptr, this.rows));
  }

  /** Makes `cells` of `known`. */
  private work(): Status {
    const cells = this.cells;
    const known = this.known;
    let at = known.ptr;
    const end = at + known.len;
    let status: Status = OK;
    let next = 0;
    cells.reset();
    for (let p = 0; at < end && status == OK; p = p + 1 == this.positions.length ? 0 : p + 1) {
      const state = load<u8>(at);
      if (state != CELL_WORKED) {
        const size: u32 = state == CELL_SET ? 5 + load<u32>(at, 1) : 1;
        cells.addBytes(at, size);
        at += size;
        continue;
      }
      at += 1;
      const value = unchecked(this.values[next++]);
      if (value instanceof Fixed) status = cells.addSlot(this.column(p), value, (<Fixed>value).isNull, (<Fixed>value).slot);
      else status = this.workOne(this.column(p), value);
    }
    return status;
  }

  private workOne(column: Column, value: Expression): Status {
    const batch = this.batch || new Batch(new VectorColumns());
    this.batch = batch;
    batch.begin(1);
    const vector = value.evaluate(batch);
    if (!vector) return lastError.status;
    const status = this.cells.addValue(column, value, vector, 0);
    batch.pool.give(vector);
    return status != OK || fitsBatch(this.cells.len) ? status : lastError.status;
  }

  /** Inserts the rows of a query: all together, or as they come. */
  private insertRowsOf(source: Relation): Status {
    const conflicts = this.conflicts;
    const waits = this.readsChanged || (conflicts !== null && conflicts.changesOthers);
    const operator = source.operator;
    const cells = this.cells;
    const kept = this.kept;
    const vectors = new Array<Vector | null>();
    let status: Status = operator.open() ? OK : operator.status;
    let count: u32 = 0;
    let isBegun = false;
    cells.reset();
    while (status == OK && operator.next()) {
      const batch = operator.batch;
      if (!evaluateAll(this.values, batch, vectors)) {
        status = lastError.status;
        break;
      }
      for (let k = 0; k < batch.selected; k++) {
        const i = batch.row(k);
        for (let v = 0; v < vectors.length && status == OK; v++)
          status = cells.addValue(this.column(v), this.values[v], vectors[v]!, i);
        if (status != OK) break;
        if (!waits && !fitsBatch(cells.len)) status = lastError.status;
        if (waits && !kept.addRecord(cells.ptr, cells.len)) status = lastError.status;
        if (waits) cells.reset();
      }
      giveBack(vectors, batch);
      count += batch.selected;
      if (status != OK || waits || count < ROWS_TOGETHER) continue;
      if (!isBegun) status = this.begin(count);
      if (status != OK) return status;
      isBegun = true;
      status = this.insertAll(cells.ptr, count);
      cells.reset();
      count = 0;
    }
    if (status == OK) status = operator.status;
    if (!isBegun) {
      if (status == OK) status = this.begin(count);
      if (status != OK) return status;
    }
    if (status == OK) status = waits ? this.insertKept() : this.insertAll(cells.ptr, count);
    return this.end(status);
  }

  /** Begins the insertion of `rows` rows, or of more if they are many. */
  private begin(rows: u32): Status {
    const conflicts = this.conflicts;
    const deletes = conflicts !== null && conflicts.deletes;
    const isMany = rows != 1 || this.mayFailLate || deletes;
    const anyOrder = !conflicts || !conflicts.changesOthers;
    const status = this.insertion.begin(this.table, isMany, !conflicts && rows >= BATCH_ROWS, anyOrder);
    if (status == OK && deletes) this.db.beginDeletes();
    return status;
  }

  private end(status: Status): Status {
    const conflicts = this.conflicts;
    if (conflicts && conflicts.deletes) status = this.db.endDeletes(status);
    if (status == OK) status = this.insertion.settle();
    return this.insertion.end(this.finished(status));
  }

  /** Inserts the rows that had to wait for each other. */
  private insertKept(): Status {
    if (!this.kept.finish()) return lastError.status;
    const reader = new RunReader(this.kept);
    let status: Status = OK;
    while (status == OK && reader.read()) status = this.insertAll(reader.ptr, 1);
    if (reader.failed) status = lastError.status;
    reader.free();
    return status;
  }

  /** Inserts `count` rows, whose cells are at `at`. */
  private insertAll(at: usize, count: u32): Status {
    const row = this.table.callersRow;
    let status: Status = OK;
    for (; count > 0 && status == OK; count--) {
      at = readCells(at, this.positions, row);
      status = mayRun() ? this.insertRow(row) : lastError.status;
    }
    return status;
  }

  private insertRow(row: Row): Status {
    const insertion = this.insertion;
    const conflicts = this.conflicts;
    let settled: Status = OK;
    if (conflicts) {
      settled = conflicts.settle(row);
      if (settled == OK && conflicts.outcome != TO_INSERT) {
        insertion.pass();
        return conflicts.outcome == UPDATED ? this.changed(conflicts.row) : OK;
      }
    }
    const status = insertion.add(this.table, row, settled);
    if (status != OK) return status;
    const key = this.table.keyColumn;
    this.lastKey.reset();
    this.lastKey.addBytes(row.ptr(key), row.len(key));
    return this.changed(row);
  }

  close(): void {
    super.close();
    this.lastKey.reset();
    this.cells.empty();
    this.kept.free();
  }

  free(): void {
    super.free();
    const batch = this.batch;
    if (batch) batch.free();
    const conflicts = this.conflicts;
    if (conflicts) conflicts.free();
    this.known.free();
    this.kept.free();
    this.cells.free();
    this.lastKey.free();
  }
}
