/** UPDATE and DELETE by any condition: the rows are found first and changed then, so that a statement never sees what it changes itself. */
import {
  CHECK_FAILED,
  FOREIGN_KEY_BROKEN,
  NOT_NULL,
  OK,
  PRIMARY_KEY_CONFLICT,
  Status,
  UNIQUE_CONFLICT,
  lastError,
} from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { CELL_MISSING, CELL_NULL, Row } from "../../encode/row";
import { KeyBound } from "../../query/access-path";
import { DbmsContext } from "../../store/dbms-context";
import { DELETE_BY_SCHEMA, DELETE_CASCADE, DELETE_RESTRICT } from "../../store/deletes";
import { beginTogether, endTogether } from "../../store/insertion";
import { Table } from "../../store/table";
import { giveDefault } from "../../schema/column";
import { addKeyPart } from "../../store/table-index";
import { NO_ADDRESS, RecordAddress } from "../../table/page-ledger";
import { mayRun } from "../../wasi/deadline";
import { Sets } from "../bind/changes";
import { StatementContext } from "../bind/statement";
import { Batch } from "../eval/batch";
import { addCell } from "../eval/cells";
import { ColumnValue, Expression } from "../eval/expression";
import { kindOfType } from "../eval/kinds";
import { Vector } from "../eval/vector";
import { evaluateAll, giveBack } from "../run/kept-rows";
import { KEY_FAILED, KEY_KNOWN, KeySet } from "../run/key-set";
import { Filter, Limit, Operator } from "../run/operator";
import { Run, RunReader, Spilled } from "../../store/run";
import { TableScan } from "../run/table-scan";
import { FLAG_CASCADE, FLAG_NOT, N_UPDATE, OR_ABORT, OR_IGNORE, OR_REPLACE } from "../syntax/tree";
import { ChangeStatement } from "./change";
import { ChangeStep } from "./change-step";
import { KeptCells, readCells } from "./kept-cells";

const PLACE: usize = memory.data(8, 8);

export class UpdateStatement extends ChangeStatement {
  private readonly isUpdate: bool;
  /** What becomes of a row whose new key another one has: OR_… */
  private readonly or: u8;
  /** What becomes of rows that refer to those that go: DELETE_…. */
  private readonly rule: u8;
  private sets: Sets = new Sets();
  private source: Operator | null = null;
  /** Of the source's rows: their key, and what columns are set to. */
  private readonly values: Array<Expression> = new Array<Expression>();
  /** Whether the table is joined with others, and may have a row more than once. */
  private isJoined: bool = false;
  /** Tells where the rows are, if each is still there when it is its turn: where no other row that is changed takes it along. */
  private scan: TableScan | null = null;
  /** For each row where it is u64 or its key, length u32 and bytes, and what its columns are set to. */
  private readonly found: Run;
  private readonly reader: RunReader;
  /** The same of the row that was noted last, which goes to `found` only when another one follows. */
  private readonly cells: KeptCells;
  private vectors: Array<Vector | null> = new Array<Vector | null>();
  /** Where in `found` the rows are that are still to be changed, u64 each, and those that have to wait once more. */
  private waiting: Run;
  private later: Run;
  private readonly probe: KeyBound = new KeyBound();
  private readonly row: Row;
  private readonly old: Row;
  private readonly oldBody: ByteBuffer = new ByteBuffer(256);

  constructor(db: DbmsContext, context: StatementContext, node: u32, table: Table) {
    super(db, context, node, table);
    this.isUpdate = context.tree.kind(node) == N_UPDATE;
    this.or = context.tree.op(node);
    const isRestrict = context.tree.has(node, FLAG_NOT);
    this.rule = context.tree.has(node, FLAG_CASCADE) ? DELETE_CASCADE : isRestrict ? DELETE_RESTRICT : DELETE_BY_SCHEMA;
    const found = new Run(context.budget, new Spilled(), true);
    this.found = found;
    this.reader = new RunReader(found);
    this.waiting = new Run(context.budget, found.spilled, true);
    this.later = new Run(context.budget, found.spilled, true);
    this.cells = new KeptCells(context);
    this.row = new Row(table.layout);
    this.old = new Row(table.layout);
  }

  protected bindParts(): Status {
    const tree = this.tree;
    const binder = this.binder();
    const from = this.tail == 0 ? 0 : tree.a(this.tail);
    this.isJoined = from != 0;
    const status = binder.joinWith(from);
    if (status != OK) return status;
    const key = this.table.keyColumn;
    this.values.push(new ColumnValue(key, kindOfType(this.table.schema.columns[key].type)));
    if (this.isUpdate) {
      const sets = binder.sets(tree.b(this.node));
      if (!sets) return lastError.status;
      this.sets = sets;
      for (let v = 0; v < sets.values.length; v++) this.values.push(sets.values[v]);
    }
    const some = this.tail == 0 ? 0 : tree.c(this.tail);
    const source = binder.valuesOfRows(tree.c(this.node), some, this.values);
    this.source = source;
    if (!source) return lastError.status;
    let below = source;
    while (below instanceof Filter || below instanceof Limit) below = below.inputs[0];
    if (this.isJoined || this.or == OR_REPLACE || this.table.references.length > 0 || !(below instanceof TableScan)) return OK;
    this.scan = <TableScan>below;
    this.scan!.wantAddresses();
    return OK;
  }

  step(): ChangeStep {
    return new ChangeStep((this.isUpdate ? "update " : "delete from ") + this.table.name, this.source, 0);
  }

  run(): Status {
    let status = this.find();
    if (status != OK) return status;
    const db = this.db;
    const isInner = db.inTransaction;
    const count = this.isOne ? 1 : this.found.count;
    // Inside of a transaction nothing is begun for no rows: a savepoint carries out all changes of indexes that wait.
    const isMany = count == 0 ? !isInner : count > 1 || this.or == OR_REPLACE || this.mayFailLate;
    if (isMany) status = beginTogether(db);
    if (status != OK) return status;
    const deletes = isMany && (!this.isUpdate || this.or == OR_REPLACE);
    if (deletes) db.beginDeletes();
    if (!this.isUpdate) status = this.noteRows();
    if (status == OK) status = this.isOne ? this.change(this.cells.ptr) : this.apply();
    if (deletes) status = db.endDeletes(status);
    status = this.finished(status);
    return isMany ? endTogether(db, isInner, status) : status;
  }

  /** Whether one row was found, and no other. */
  private get isOne(): bool {
    return this.found.count == 0 && this.cells.len > 0;
  }

  // ---- finding ----

  /** Finds the rows, and what they are to become. */
  private find(): Status {
    const operator = this.source!;
    const known = this.isJoined ? new KeySet(this.context.budget) : null;
    const values = this.vectors;
    let status = operator.open() ? OK : operator.status;
    this.cells.reset();
    while (status == OK && operator.next()) {
      const isKept = !this.context.run.readsRows || operator.batch.columns.keep(operator.batch);
      status =
        isKept && evaluateAll(this.values, operator.batch, values) ? this.note(operator.batch, values, known) : lastError.status;
      giveBack(values, operator.batch);
    }
    if (known) {
      known.close();
      known.free();
    }
    if (status == OK) status = operator.status;
    if (status != OK || this.found.count == 0) return status;
    return this.keep() && this.found.finish() ? OK : lastError.status;
  }

  /** Adds the row that was noted last to `found`; false on failure. */
  private keep(): bool {
    return this.found.addRecord(this.cells.ptr, this.cells.len);
  }

  private note(batch: Batch, values: Array<Vector | null>, known: KeySet | null): Status {
    const key = this.table.schema.columns[this.table.keyColumn];
    const keys = values[0]!;
    const found = this.cells;
    const scan = this.scan;
    const bytes = this.oldBody;
    let status: Status = OK;
    for (let k = 0; k < batch.selected && status == OK; k++) {
      const i = batch.row(k);
      bytes.reset();
      if (!scan) addCell(key.type, key.customSize, keys, i, bytes);
      if (known) {
        // Of what a row is joined with, the first one counts.
        const added = known.add(bytes);
        if (added == KEY_FAILED) return lastError.status;
        if (added == KEY_KNOWN) continue;
      }
      if (found.len > 0 && !this.keep()) return lastError.status;
      found.reset();
      found.addU64(scan ? scan.addressOf(i) : NO_ADDRESS);
      found.addU32(bytes.len);
      found.addBytes(bytes.ptr, bytes.len);
      for (let v = 1; v < values.length && status == OK; v++)
        status = found.addValue(this.table.schema.columns[this.sets.positions[v - 1]], this.values[v], values[v]!, i);
    }
    return status;
  }

  // ---- changing ----

  /**
   * Changes what was found. A row whose new key another one still has, or that refers to one which is still to come, waits until the
   * others are changed: then they are looked at again, from the last one to the first and so on, as long as any of them can be changed.
   */
  private apply(): Status {
    const reader = this.reader;
    reader.begin(this.found);
    let status: Status = OK;
    // Texts of errors that may come to nothing would take memory for each row.
    this.db.tellsConflicts = false;
    for (let place = reader.place; status == OK && reader.read(); place = reader.place)
      status = this.changeOrWait(reader.ptr, place);
    if (reader.failed) status = lastError.status;
    for (let before = this.found.count; status == OK && this.waiting.count < before && this.waiting.count > 0;) {
      before = this.waiting.count;
      status = this.tryAgain();
    }
    this.db.tellsConflicts = true;
    // The last row that was looked at is one that can't be changed: now that is told.
    return status == OK && this.waiting.count > 0 ? this.change(reader.ptr) : status;
  }

  /** Looks at the rows again that wait, from the last one to the first. */
  private tryAgain(): Status {
    const waiting = this.waiting;
    this.waiting = this.later;
    this.later = waiting;
    if (!waiting.finish()) return lastError.status;
    const places = new RunReader(waiting);
    const reader = this.reader;
    let status: Status = OK;
    for (let n = waiting.count; n > 0 && status == OK; n--) {
      // Each is 8 bytes behind their length.
      if (!places.readAt((<u64>n - 1) * 12)) status = lastError.status;
      const place = status == OK ? load<u64>(places.ptr) : 0;
      if (status == OK) status = reader.readAt(place) ? this.changeOrWait(reader.ptr, place) : lastError.status;
    }
    places.free();
    waiting.free();
    return status;
  }

  /** Changes the row that is noted at `at`, which is `place` in `found`, or notes that it has to wait. */
  private changeOrWait(at: usize, place: u64): Status {
    const status = this.change(at);
    const waits = this.isUpdate && this.or == OR_ABORT && (isConflict(status) || status == FOREIGN_KEY_BROKEN);
    if (!waits) return status;
    store<u64>(PLACE, place);
    return this.waiting.addRecord(PLACE, 8) ? OK : lastError.status;
  }

  /** Notes all rows that are to be deleted: some may go with others. */
  private noteRows(): Status {
    const reader = this.reader;
    const isOne = this.isOne;
    if (!this.returned) {
      this.count = isOne ? 1 : this.found.count;
      return OK;
    }
    if (isOne) return this.noteRow(this.cells.ptr);
    let status: Status = OK;
    reader.begin(this.found);
    while (status == OK && reader.read()) status = this.noteRow(reader.ptr);
    return reader.failed ? lastError.status : status;
  }

  /** Notes the row that is noted at `at` for RETURNING. */
  private noteRow(at: usize): Status {
    const address = this.addressOf(at);
    if (address == NO_ADDRESS) return lastError.status;
    const status = this.db.read(this.table, address, this.old, this.oldBody);
    return status == OK ? this.changed(this.old) : status;
  }

  /** Changes the row that is noted at `at`. */
  private change(at: usize): Status {
    const table = this.table;
    const address = this.addressOf(at);
    // A row that is gone went with another one.
    if (address == NO_ADDRESS) return lastError.status;
    if (!this.isUpdate) return this.db.delete(table, address, this.rule);
    const row = this.row;
    readCells(at + 12 + load<u32>(at, 8), this.sets.positions, row);
    let status = this.or == OR_REPLACE ? this.makeRoom(address, row) : OK;
    const now = this.or == OR_REPLACE ? this.addressOf(at) : address;
    if (status != OK || now == NO_ADDRESS) return lastError.status;
    status = this.db.update(table, now, row);
    if (status == OK) return this.changed(row);
    if (this.or == OR_IGNORE && (isConflict(status) || status == NOT_NULL || status == CHECK_FAILED)) return OK;
    if (status == NOT_NULL && lastError.hint == "") lastError.hint = "COALESCE can give another value";
    return status;
  }

  /** Where the row is that is noted at `at`; `NO_ADDRESS` when it is gone, and with an error. */
  private addressOf(at: usize): RecordAddress {
    const table = this.table;
    lastError.status = mayRun() ? table.refresh() : lastError.status;
    if (lastError.status != OK) return NO_ADDRESS;
    if (this.scan) return load<u64>(at);
    this.probe.begin(1);
    addKeyPart(table.schema.columns[table.keyColumn], at + 12, load<u32>(at, 8), this.probe);
    return table.primary.find(this.probe.ptr);
  }

  /** OR REPLACE: deletes the rows that have the keys which the one at `address` gets from `row`. */
  private makeRoom(address: RecordAddress, row: Row): Status {
    const table = this.table;
    const columns = table.schema.columns;
    let status = this.db.read(table, address, this.old, this.oldBody);
    for (let c = 0; c < columns.length && status == OK; c++) {
      if (row.state(c) == CELL_MISSING) row.copyCell(c, this.old);
      if (row.state(c) == CELL_NULL && !columns[c].nullable) giveDefault(columns[c], row, c);
    }
    // Keys that rules change are looked for as they make them.
    if (status == OK) status = this.db.catalog.check(table, row, true, this.old);
    for (let i = 0; i < table.indexes.length && status == OK; i++) {
      if (!table.indexes[i].unique) continue;
      const other = this.db.findConflict(table, table.indexes[i], row);
      if (other == NO_ADDRESS) status = lastError.status;
      else if (other != address) status = this.db.delete(table, other, DELETE_BY_SCHEMA);
    }
    return status;
  }

  close(): void {
    super.close();
    this.reader.close();
    this.found.free();
    this.waiting.free();
    this.later.free();
    this.cells.empty();
  }

  free(): void {
    super.free();
    this.close();
    this.reader.free();
    this.cells.free();
    this.probe.free();
    this.row.free();
    this.old.free();
    this.oldBody.free();
  }
}

function isConflict(status: Status): bool {
  return status == PRIMARY_KEY_CONFLICT || status == UNIQUE_CONFLICT;
}
