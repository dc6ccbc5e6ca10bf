/** What becomes of new rows that have a key which another row has: OR IGNORE, OR REPLACE, and ON CONFLICT. */
import { CHECK_FAILED, INDEX_NOT_FOUND, NOT_NULL, OK, Status, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { CELL_NULL, Row } from "../../encode/row";
import { DbmsContext } from "../../store/dbms-context";
import { DELETE_BY_SCHEMA } from "../../store/deletes";
import { Table } from "../../store/table";
import { TableIndex } from "../../store/table-index";
import { NO_ADDRESS, RecordAddress } from "../../table/page-ledger";
import { ChangeBinder, Sets } from "../bind/changes";
import { giveDefault } from "../../schema/column";
import { StatementContext } from "../bind/statement";
import { Batch } from "../eval/batch";
import { ColumnValue, Expression } from "../eval/expression";
import { filter } from "../eval/logic";
import { OR_ABORT, OR_IGNORE, OR_REPLACE } from "../syntax/tree";
import { KeptCells, fillDefaults, readCells } from "./kept-cells";
import { RowColumns } from "./row-columns";

/** What a new row comes to: it is to be inserted, is passed over, or another one was updated in its stead. */
export const TO_INSERT: u8 = 0;
const PASSED: u8 = 1;
export const UPDATED: u8 = 2;

class Rule {
  constructor(
    /** Whose keys it is about; null for all unique ones. */
    readonly index: TableIndex | null,
    /** `OR_IGNORE` or `OR_REPLACE`, unless there are `sets`. */
    readonly how: u8,
    readonly sets: Sets | null,
    readonly where: Expression | null,
  ) {}
}

export class Conflicts {
  /** After `settle`: `TO_INSERT` and so on; `row` is the one that was updated. */
  outcome: u8 = TO_INSERT;
  readonly row: Row;
  /** Whether rows besides new ones may change, and whether some may go. */
  changesOthers: bool = false;
  deletes: bool = false;
  private readonly rules: Array<Rule> = new Array<Rule>();
  private readonly old: Row;
  private readonly oldBody: ByteBuffer = new ByteBuffer(256);
  private readonly cells: KeptCells;
  private columns: RowColumns | null = null;
  private batch: Batch | null = null;

  constructor(
    private readonly db: DbmsContext,
    private readonly context: StatementContext,
    private readonly table: Table,
    /** Of any key that no rule of ON CONFLICT is about. */
    private readonly or: u8,
  ) {
    this.row = new Row(table.layout);
    this.old = new Row(table.layout);
    this.cells = new KeptCells(context);
  }

  /** Binds a list of N_UPSERT; `binder` knows the table's row and the new one. */
  bind(list: u32, binder: ChangeBinder): Status {
    const tree = this.context.tree;
    const used = new Array<i32>();
    for (let node = list; node != 0; node = tree.next(node)) {
      let index: TableIndex | null = null;
      if (tree.a(node) != 0) {
        index = this.indexOn(tree.a(node), binder);
        if (!index) return lastError.status;
      }
      let sets: Sets | null = null;
      let where: Expression | null = null;
      if (tree.b(node) != 0) {
        sets = binder.sets(tree.b(node));
        if (!sets) return lastError.status;
        for (let v = 0; v < sets.values.length; v++) sets.values[v].addColumns(used);
        this.changesOthers = true;
      }
      if (tree.c(node) != 0) {
        where = binder.condition(tree.c(node));
        if (!where) return lastError.status;
        where.addColumns(used);
      }
      this.rules.push(new Rule(index, OR_IGNORE, sets, where));
    }
    if (this.or != OR_ABORT) this.rules.push(new Rule(null, this.or, null, null));
    this.deletes = this.or == OR_REPLACE;
    if (this.deletes) this.changesOthers = true;
    const columns = new RowColumns(this.table, used);
    this.columns = columns;
    this.batch = new Batch(columns);
    return OK;
  }

  /** The place of the table's column that a node means; -1 with an error. */
  private placeOf(node: u32, binder: ChangeBinder): i32 {
    const value = binder.bind(node);
    if (!value) return -1;
    if (value instanceof ColumnValue) return (<ColumnValue>value).position;
    this.context.syntaxError("ON CONFLICT needs a column", node);
    return -1;
  }

  /** The unique index on just the columns of a list of N_COLUMN; null with an error. */
  private indexOn(list: u32, binder: ChangeBinder): TableIndex | null {
    const tree = this.context.tree;
    const positions = new Array<i32>();
    for (let node = list; node != 0; node = tree.next(node)) {
      const place = this.placeOf(node, binder);
      if (place < 0) return null;
      if (!positions.includes(place)) positions.push(place);
    }
    const indexes = this.table.indexes;
    for (let i = 0; i < indexes.length; i++) {
      const columns = indexes[i].columns;
      let isIt = indexes[i].unique && columns.length == positions.length;
      for (let c = 0; c < columns.length && isIt; c++) isIt = positions.includes(columns[c]);
      if (isIt) return indexes[i];
    }
    const hint = "ON CONFLICT needs the columns of the primary key or of a unique index";
    this.context.fail(INDEX_NOT_FOUND, "there is no unique index on these columns of " + this.table.name, list, hint);
    return null;
  }

  /** Finds out what becomes of a new row, and does it, but for its insertion. */
  settle(row: Row): Status {
    const columns = this.table.schema.columns;
    const catalog = this.db.catalog;
    this.outcome = TO_INSERT;
    let filled = catalog.fill(this.table, row);
    fillDefaults(columns, row);
    for (let c = 0; c < columns.length; c++) {
      if (columns[c].nullable || columns[c].auto || row.isSet(c)) continue;
      if (this.or == OR_REPLACE && row.state(c) == CELL_NULL && filled == OK) {
        row.setMissing(c);
        filled = catalog.fill(this.table, row);
        if (!row.isSet(c)) giveDefault(columns[c], row, c);
      }
      if (filled != OK) return filled;
      if (row.isSet(c)) continue;
      // Where it is not passed over its insertion fails.
      if (this.or == OR_IGNORE) this.outcome = PASSED;
      return OK;
    }
    const checked = filled == OK ? catalog.check(this.table, row) : filled;
    if (checked != OK) {
      if ((checked != CHECK_FAILED && checked != NOT_NULL) || this.or != OR_IGNORE) return checked;
      this.outcome = PASSED;
      return OK;
    }
    let status: Status = OK;
    for (let r = 0; r < this.rules.length && this.outcome == TO_INSERT && status == OK; r++) {
      const rule = this.rules[r];
      const only = rule.index;
      if (only) status = this.apply(rule, only, row);
      else {
        const indexes = this.table.indexes;
        for (let i = 0; i < indexes.length && this.outcome == TO_INSERT && status == OK; i++) {
          if (indexes[i].unique) status = this.apply(rule, indexes[i], row);
        }
      }
    }
    return status;
  }

  /** Applies a rule if another row has the key of the new one in `index`. */
  private apply(rule: Rule, index: TableIndex, row: Row): Status {
    const address = this.db.findConflict(this.table, index, row);
    if (address == NO_ADDRESS) return lastError.status;
    const sets = rule.sets;
    if (sets) return this.update(rule, sets, address, row);
    if (rule.how == OR_REPLACE) return this.db.delete(this.table, address, DELETE_BY_SCHEMA);
    this.outcome = PASSED;
    return OK;
  }

  private update(rule: Rule, sets: Sets, address: RecordAddress, row: Row): Status {
    const table = this.table;
    const batch = this.batch!;
    const columns = this.columns!;
    let status = this.db.read(table, address, this.old, this.oldBody);
    if (status != OK) return status;
    columns.take(this.old, 0, 0);
    columns.take(row, table.schema.columns.length, 0);
    batch.begin(1);
    this.outcome = PASSED;
    const where = rule.where;
    if (where) {
      if (!filter(batch, where)) return lastError.status;
      if (batch.selected == 0) return OK;
    }
    this.cells.reset();
    for (let v = 0; v < sets.values.length && status == OK; v++) {
      const vector = sets.values[v].evaluate(batch);
      if (!vector) return lastError.status;
      status = this.cells.addValue(table.schema.columns[sets.positions[v]], sets.values[v], vector, 0);
      batch.pool.give(vector);
    }
    if (status != OK) return status;
    readCells(this.cells.ptr, sets.positions, this.row);
    this.outcome = UPDATED;
    this.db.catalog.excluded = row;
    status = this.db.update(table, address, this.row);
    this.db.catalog.excluded = null;
    return status;
  }

  free(): void {
    const columns = this.columns;
    const batch = this.batch;
    if (columns) columns.free();
    if (batch) batch.free();
    this.row.free();
    this.old.free();
    this.oldBody.free();
    this.cells.free();
  }
}
