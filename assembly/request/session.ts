/** What requests work on: an open store, and buffers that are used over and over. */
import { Status, OK, BAD_REQUEST, CLOSED, ROW_NOT_FOUND, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { JSON_STRING } from "../encode/json";
import { utf8ValidLength } from "../encode/utf8";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { limitTime } from "../wasi/deadline";
import { READ } from "../memory/manager/memory-manager";
import { DbmsContext } from "../store/dbms-context";
import { findIndex, tableNamed } from "../store/names";
import { Table } from "../store/table";
import { TableIndex } from "../store/table-index";
import { Insertion } from "../store/insertion";
import { Request, FIELD_INDEX, FIELD_TABLE, FIELD_TIMEOUT } from "./request";

/** What requests keep for later ones of their session. */
export abstract class KeptParts {
  /** Gives it back, all that is not garbage-collected. */
  abstract free(): void;
}

export class Session {
  private probe: ByteBuffer = new ByteBuffer(256);
  readonly insertion: Insertion;
  /** Statements of SQL (`SessionStatements`), as soon as there are some. */
  statements: KeptParts | null = null;
  /** Not any more behind `free`. */
  private isOpen: bool = true;

  /** Sessions may share a request: it is used only within one call. */
  constructor(
    readonly db: DbmsContext,
    readonly request: Request = new Request(),
  ) {
    this.insertion = new Insertion(db);
  }

  /** The table that the request names, ready to be read; null with `TABLE_NOT_FOUND` and the name that was probably meant. */
  table(): Table | null {
    if (this.request.needText(FIELD_TABLE) != OK) return null;
    this.db.store.useFormat();
    const tape = this.request.tape;
    const node = this.request.node(FIELD_TABLE);
    const table = tableNamed(this.db, tape.stringPtr(node), tape.stringLen(node));
    return table && table.refresh() == OK ? table : null;
  }

  /**
   * `OK` when work with the store may begin; it ends with `leave`. `CLOSED`, `FILE_CHANGED` or `HANDLE_POISONED`: what is in memory after a
   * failure may be half of a change, and not even reading it is of use.
   */
  @inline enter(): Status {
    return this.isOpen ? this.db.manager.enter(READ) : fail(CLOSED, "the connection is closed", "open the file again");
  }

  /** What work that came to `status` comes to: something else, where the pages that it read may be of two states of the file. */
  @inline leave(status: Status): Status {
    return this.db.manager.leave(status);
  }

  /** The request runs from now on, for as long as its field `timeout` says, if it has one. */
  beginTime(): Status {
    const request = this.request;
    if (!request.has(FIELD_TIMEOUT)) return OK;
    const milliseconds = request.count(FIELD_TIMEOUT, 0);
    return milliseconds < 0 ? lastError.status : limitTime(<u32>min<i64>(milliseconds, u32.MAX_VALUE));
  }

  /** The request came to `status`, and is over. */
  endTime(status: Status): Status {
    if (this.request.has(FIELD_TIMEOUT)) limitTime(0);
    return status;
  }

  /** Gives back what is not garbage-collected, but for the request. From then on nothing but `enter` may be called. */
  free(): void {
    this.isOpen = false;
    const statements = this.statements;
    if (statements) statements.free();
    this.statements = null;
    this.probe.free();
  }

  /** The index that the request's keys are of: that on the unique column that it names, or the primary key's; null on failure. */
  keyIndex(table: Table): TableIndex | null {
    if (!this.request.has(FIELD_INDEX)) return table.primary;
    const names = this.request.texts(FIELD_INDEX);
    const index = names ? findIndex(table, names) : null;
    if (!index || (index.unique && index.columns.length == 1)) return index;
    const what = index.unique ? "of more than one column" : "not unique";
    fail(
      BAD_REQUEST,
      "get: the index on " + index.definition.columns.join(", ") + " is " + what,
      "scan with index and eq gives its rows",
    );
    return null;
  }

  /** The row that has the value at `node` in the column of the unique `index`; `NO_ADDRESS` with `ROW_NOT_FOUND` and other errors. */
  find(table: Table, node: u32, index: TableIndex = table.primary): RecordAddress {
    const probe = this.probe;
    probe.reset();
    probe.addU32(1);
    const column = table.schema.columns[index.columns[0]];
    if (this.request.addKeyPart(column, node, probe) != OK) {
      lastError.what = table.name + "." + lastError.what;
      return NO_ADDRESS;
    }
    const address = index.find(probe.ptr);
    if (address == NO_ADDRESS && lastError.status == OK) {
      const tape = this.request.tape;
      const isString = tape.kind(node) == JSON_STRING;
      const ptr = isString ? tape.stringPtr(node) : tape.rawPtr(node);
      const len = isString ? tape.stringLen(node) : tape.rawLen(node);
      const shown = len > 60 ? utf8ValidLength(ptr, 60) : len;
      const text = String.UTF8.decodeUnsafe(ptr, shown) + (shown < len ? "…" : "");
      fail(ROW_NOT_FOUND, table.name + " has no row with " + column.name + " = " + text);
    }
    return address;
  }
}
