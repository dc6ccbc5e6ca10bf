/** Statements of SQL and the cursors of their rows: what a `statement` of `wit/sql.wit` does. */
import { CLOSED, OK, Status, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { Constant } from "../sql/eval/expression";
import { Handles } from "../request/handles";
import { OpenStatement } from "../request/open-statement";
import { PAGE_BYTES } from "../request/paged-scan";
import { RecordForm } from "../request/row-forms";
import { KeptParts } from "../request/session";
import { Cursor, cursorHasFailed } from "./cursor-rows";
import { lowerRecord } from "./lower-values";
import { Connection } from "./resources";

const form: RecordForm = new RecordForm();
/** The rows of a call, as records. */
const records: ByteBuffer = new ByteBuffer(4096);
/** Bytes of it that are kept from one call to the next. */
const KEPT_BYTES: u32 = 1 << 20;

/** A statement that is there as long as it has a handle, or a cursor of its last run has one, and its connection is open. */
export class ConnectionStatement extends KeptParts {
  isHeld: bool = true;
  /** Which run it is, and the cursor of its rows. */
  cursor: StatementCursor | null = null;
  private isFree: bool = false;

  private constructor(
    readonly connection: Connection,
    readonly open: OpenStatement,
  ) {
    super();
    connection.statements.push(this);
  }

  /** Reads the statement in the `len` bytes at `sql`, and with `prepares` looks its names up; null on failure. */
  static read(connection: Connection, sql: usize, len: u32, prepares: bool): ConnectionStatement | null {
    const open = OpenStatement.open(connection.session, sql, len, form, prepares);
    return open ? new ConnectionStatement(connection, open) : null;
  }

  /** Begins a run: what it changes is changed. */
  begin(parameters: Array<Constant>): Status {
    this.cursor = null;
    let status = this.connection.session.enter();
    if (status == OK) status = this.open.bindAll(parameters);
    return status == OK ? this.next(0, 0, null) : status;
  }

  /** Goes on with the run; the places of the next rows go to `list`, if there is one. At most so many rows (0: any number) and bytes. */
  next(most: u32, mostBytes: u32, list: ByteBuffer | null): Status {
    const open = this.open;
    records.reset();
    const status = this.isFree
      ? fail(CLOSED, "the connection is closed", "open the file again")
      : open.next(most, records, mostBytes);
    this.connection.look();
    if (status == OK && list) {
      const end = records.ptr + records.len;
      for (let at = records.ptr; at < end; at += 4 + load<u32>(at)) {
        list.addU32(<u32>lowerRecord(open.columns, at + 4));
        list.addU32(open.columns.length);
      }
    }
    if (records.capacityBytes > KEPT_BYTES) records.empty();
    return status;
  }

  /** Its handle was dropped, or the cursor was: gives back what nobody can ask for any more. */
  settle(): void {
    if (this.cursor !== null) return;
    if (this.isHeld) {
      if (!this.isFree) this.open.reset();
      return;
    }
    const statements = this.connection.statements;
    const at = statements.indexOf(this);
    if (at >= 0) statements.splice(at, 1);
    this.free();
  }

  free(): void {
    if (!this.isFree) this.open.free();
    this.isFree = true;
  }
}

/** The rows of one run. */
export class StatementCursor extends Cursor {
  private hasFailed: bool = false;
  private readonly list: ByteBuffer = new ByteBuffer(64);
  readonly columnNames: Array<string> = new Array<string>();

  constructor(private readonly statement: ConnectionStatement) {
    super(statement.connection.session);
    const columns = statement.open.columns;
    for (let c = 0; c < columns.length; c++) this.columnNames.push(columns[c].name);
    statement.cursor = this;
  }

  get names(): Array<string> {
    return this.columnNames;
  }

  get page(): ByteBuffer {
    return this.list;
  }

  next(most: u32): Status {
    this.list.reset();
    if (this.hasFailed) return cursorHasFailed();
    const isIt = this.statement.cursor === this;
    const status = isIt
      ? this.statement.next(most, PAGE_BYTES, this.list)
      : fail(CLOSED, "the statement was run anew", "its cursor has the rows");
    this.hasFailed = status != OK;
    return status;
  }

  free(): void {
    this.list.free();
    if (this.statement.cursor !== this) return;
    this.statement.cursor = null;
    this.statement.settle();
  }
}

export const statements: Handles<ConnectionStatement> = new Handles<ConnectionStatement>();
