/** A statement of SQL for AssemblyScript programs. */
import { OK, Status } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { Row, RowLayout } from "../encode/row";
import { resultValueLength } from "../encode/value-text";
import { Column } from "../schema/column";
import { stringConstant } from "../sql/bind/literals";
import { Constant } from "../sql/eval/expression";
import { OpenStatement } from "./open-statement";
import { RecordForm } from "./row-forms";
import { Session } from "./session";

const form: RecordForm = new RecordForm();

/** Rows that are worked out at a time. */
const ROWS: u32 = 256;

/**
 * Prepared once, run as often as one likes: `bind` gives values to its parameters and begins a run, `next` goes on to each of its rows.
 * A statement that gives no rows does what it says in the first `next`, which is false.
 */
export class SqlStatement {
  /** Not `OK` behind a `next` that failed. */
  status: Status = OK;
  /** The row that `next` went on to, with a cell for each of `columns`: null, or its value as in a record (or `isLongValue`). */
  row: Row = new Row(new RowLayout(0));
  private readonly rows: ByteBuffer = new ByteBuffer(256);
  private at: u32 = 0;
  private layoutVersion: u32 = 0;

  private constructor(private readonly open: OpenStatement) {}

  /** Reads a statement and looks its names up; null on failure. */
  static prepare(session: Session, sql: string): SqlStatement | null {
    const text = String.UTF8.encode(sql);
    const open = OpenStatement.open(session, changetype<usize>(text), text.byteLength, form, true);
    return open ? new SqlStatement(open) : null;
  }

  /** The columns of its rows; none for a statement that gives no rows. */
  get columns(): Array<Column> {
    return this.open.columns;
  }

  /** Rows that its run has changed. */
  get changes(): i64 {
    return this.open.statement.changes;
  }

  /**
   * Begins a run with a text for each parameter, in the order of their numbers, which is read as the type of what it meets; null for NULL.
   * `BAD_REQUEST` when they are not as many as there are.
   */
  bind(values: Array<string | null>): Status {
    const constants = new Array<Constant>();
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      constants.push(value === null ? Constant.null() : stringConstant(value));
    }
    this.rows.reset();
    this.at = 0;
    return this.open.bindAll(constants);
  }

  /** Goes on to the next row; false at the end, and on failure (`status`). */
  next(): bool {
    const rows = this.rows;
    if (this.at == rows.len) {
      rows.reset();
      this.at = 0;
      this.status = this.open.next(ROWS, rows);
      if (this.status != OK || rows.len == 0) return false;
    }
    const ptr = rows.ptr + this.at;
    this.at += 4 + load<u32>(ptr);
    this.take(ptr + 4);
    return true;
  }

  /** Points the row's cells into the record at `at`. */
  private take(at: usize): void {
    const columns = this.columns;
    if (this.layoutVersion != this.open.columnsVersion) {
      this.freeRow();
      this.row = new Row(new RowLayout(columns.length));
      this.layoutVersion = this.open.columnsVersion;
    }
    for (let c = 0; c < columns.length; c++) {
      if (load<u8>(at++) == 0) {
        this.row.setNull(c);
        continue;
      }
      const len = resultValueLength(columns[c].type, columns[c].customSize, at);
      this.row.setAt(c, at, len);
      at += len;
    }
  }

  private freeRow(): void {
    this.row.layout.free();
    this.row.free();
  }

  /** Gives back what is not garbage-collected. */
  free(): void {
    this.freeRow();
    this.rows.free();
    this.open.free();
  }
}
