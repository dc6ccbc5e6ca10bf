/** A statement that a host holds a handle of: prepared once, run as often as it is wanted, its rows read some at a time. */
import { Status, OK, BAD_REQUEST, BAD_VALUE, CLOSED, SCAN_OUTDATED, SQL_INTERRUPTED, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { bytesEqual } from "../encode/bytes";
import { TYPE_CUSTOM, TYPE_JSON, TYPE_TEXT, fixedValueSize, typeName } from "../encode/data-type";
import { isRecordText, isRecordValue } from "../encode/record-value";
import { isUtf8 } from "../encode/utf8";
import { LONG_VALUE } from "../encode/value-text";
import { Column } from "../schema/column";
import { Relation } from "../sql/bind/scope";
import { setParameter } from "../sql/bind/literals";
import { Constant } from "../sql/eval/expression";
import { K_CUSTOM, kindOfType } from "../sql/eval/kinds";
import { Vector } from "../sql/eval/vector";
import { Statement } from "../sql/execute";
import { resultColumns } from "../sql/query-rows";
import { SqlText } from "../sql/sql-text";
import { limitTime, stopRunning } from "../wasi/deadline";
import { PAGE_BYTES } from "./paged-scan";
import { RowForm } from "./row-forms";
import { Session } from "./session";

/** Of the statement's run: it has not begun, has given rows that others may follow, is at its end, or has failed. */
const NOT_BEGUN: i32 = 0;
const BETWEEN: i32 = 1;
const OVER: i32 = 2;
const HAS_FAILED: i32 = 3;

/** In a description: the statement gives rows; it changes nothing. */
const GIVES_ROWS: u32 = 1;
const ONLY_READS: u32 = 2;

export class OpenStatement {
  /** Its text, which the statement points to. */
  private readonly text: ByteBuffer;
  readonly statement: Statement;
  private parameters: Array<Constant> = [];
  /** The values that `bind` took last, and those before, in whose place it takes the next ones. */
  private bound: Array<Constant> = [];
  private before: Array<Constant> = [];
  /** What its rows are of, as far as that is known, and a number that grows when that changes. */
  columns: Array<Column> = [];
  columnsVersion: u32 = 1;
  private relation: Relation | null = null;
  private state: i32 = NOT_BEGUN;
  private isInterrupted: bool = false;
  private isRunning: bool = false;
  private hasRun: bool = false;
  /** Milliseconds that a call of `next` may take; 0: as many as what it is called for may. */
  timeout: u32 = 0;
  /** Whether it is found out in each call if rows follow: `isBetween` is then true for no others. */
  looksAhead: bool = false;
  /** Whether all rows are worked out, and those of the last batch that were not wanted yet: copies. */
  private isDrained: bool = false;
  private readonly left: ByteBuffer = new ByteBuffer(16);
  private leftAt: u32 = 0;
  /** Of the rows that were given last: when that was, and for which tables. */
  private moment: u32 = 0;
  private tablesVersion: u32 = 0;
  private readonly vectors: Array<Vector> = new Array<Vector>();
  /** Rows that the last call of `next` gave. */
  count: u32 = 0;

  private constructor(
    readonly session: Session,
    ptr: usize,
    len: u32,
    private readonly form: RowForm,
  ) {
    const text = new ByteBuffer(len);
    text.addBytes(ptr, len);
    this.text = text;
    this.statement = new Statement(new SqlText(text.ptr, len));
    this.statement.pauses = true;
  }

  /** Whether others may use the store before all rows are given: true at first. To be set before the run. */
  set pauses(may: bool) {
    this.statement.pauses = may;
  }

  /** Bytes of its text. */
  get textLength(): u32 {
    return this.text.len;
  }

  /** Whether its text is the `len` bytes at `ptr`. */
  isOf(ptr: usize, len: u32): bool {
    return bytesEqual(this.text.ptr, this.text.len, ptr, len);
  }

  /**
   * Reads the one statement in the `len` bytes at `ptr`, which are copied, and with `prepares` finds out what it gives; null on failure.
   * What it gives has the form `form`.
   */
  static open(session: Session, ptr: usize, len: u32, form: RowForm, prepares: bool): OpenStatement | null {
    if (session.enter() != OK) return null;
    const made = new OpenStatement(session, ptr, len, form);
    let status = made.read();
    if (status == OK && prepares) status = made.find();
    if (session.leave(status) == OK) return made;
    made.free();
    return null;
  }

  private read(): Status {
    const text = this.text;
    if (!isUtf8(text.ptr, text.len)) return fail(BAD_REQUEST, "the statement is not UTF-8");
    return this.statement.parseOnly();
  }

  private find(): Status {
    const columns = this.statement.prepare(this.session.db);
    if (!columns) return lastError.status;
    this.columns = resultColumns(columns);
    return OK;
  }

  /**
   * Appends what is known of it:
   *
   *   | columns' version u32 | flags u32 | parameter count u32 | column count u32
   *   | of each parameter { nameLen u16 | name } | of each column { type u8 | size u16 | nameLen u16 | name | tagLen u16 | tag } |
   */
  describe(out: ByteBuffer): void {
    const statement = this.statement;
    const names = statement.parameterNames;
    const columns = this.columns;
    out.addU32(this.columnsVersion);
    out.addU32((statement.givesRows ? GIVES_ROWS : 0) | (statement.isQuery ? ONLY_READS : 0));
    out.addU32(names.length);
    out.addU32(columns.length);
    for (let i = 0; i < names.length; i++) addText(names[i], out);
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i];
      out.addU8(column.type);
      out.addU16(column.customSize);
      addText(column.name, out);
      addText(column.customTag, out);
    }
  }

  /** Takes values for all parameters from the `len` bytes at `ptr`, `{ type u8 | value as a record has it }` each. It begins anew. */
  bind(ptr: usize, len: u32): Status {
    const values = this.before;
    const end = ptr + len;
    let count = 0;
    for (; ptr < end; count++) {
      if (count == values.length) values.push(Constant.null());
      const value = unchecked(values[count]);
      const type = load<u8>(ptr++);
      if (type == 0) {
        setParameter(value, type, ptr, 0);
        continue;
      }
      const kind = kindOfType(type);
      if (kind == K_CUSTOM && type != TYPE_CUSTOM) return badValues(count);
      if (kind == K_CUSTOM) return noCustomValue(count);
      let room = <u32>(end - ptr);
      let valueLen = fixedValueSize(type, 0);
      if (valueLen == 0 && room >= 6 && load<u16>(ptr) == LONG_VALUE) {
        const len = load<u32>(ptr, 2);
        // From here on as if two bytes of a length were before it.
        ptr += 4;
        room -= 4;
        if (len > room - 2) return badValues(count);
        valueLen = 2 + len;
      } else if (valueLen == 0) valueLen = room < 2 ? 2 : 2 + <u32>load<u16>(ptr);
      if (valueLen > room) return badValues(count);
      const isText = type == TYPE_TEXT || type == TYPE_JSON;
      if (isText ? !isRecordText(type, ptr + 2, valueLen - 2) : !isRecordValue(type, ptr)) {
        return fail(BAD_VALUE, "parameter " + (count + 1).toString() + ": the bytes are not a " + typeName(type));
      }
      setParameter(value, type, ptr, valueLen);
      ptr += valueLen;
    }
    values.length = count;
    const status = this.bindAll(values);
    if (status != OK) {
      values.length = 0;
      return status;
    }
    this.before = this.bound;
    this.bound = values;
    return OK;
  }

  /** Takes a value for each parameter. It begins anew. */
  bindAll(values: Array<Constant>): Status {
    const wanted = this.statement.parameterCount;
    if (values.length != wanted) {
      return fail(BAD_REQUEST, values.length.toString() + " values for " + wanted.toString() + " parameters");
    }
    this.setParameters(values);
    return OK;
  }

  /** Takes these values for its parameters. It begins anew. */
  setParameters(values: Array<Constant>): void {
    this.reset();
    this.parameters = values;
  }

  /** Ends the run; the next one is with the same values for the parameters. */
  reset(): void {
    if (this.state == BETWEEN) this.statement.close();
    this.state = NOT_BEGUN;
    this.isInterrupted = false;
  }

  /** Stops the run, the one that is under way or the next one, until `reset` or other parameters. May be called while it runs. */
  interrupt(): void {
    this.isInterrupted = true;
    if (this.isRunning) stopRunning(true);
  }

  /** Bytes of rows to be given where all have to be given at once: what was changed is changed, and told, however much it is. */
  get bytesAtOnce(): u32 {
    return this.statement.isQuery ? PAGE_BYTES : u32.MAX_VALUE;
  }

  /** Whether rows were given and others may follow. */
  get isBetween(): bool {
    return this.state == BETWEEN;
  }

  /**
   * Begins the run, or goes on with it, and appends the next rows to `out`: `most` at most, unless that is 0, and about `mostBytes` bytes.
   * What the statement changes is done by then, all of it or, on failure, nothing. After a failure it has to be reset.
   */
  next(most: u32, out: ByteBuffer, mostBytes: u32 = PAGE_BYTES): Status {
    this.count = 0;
    const session = this.session;
    let status = session.enter();
    if (status != OK) return status;
    if (this.state == HAS_FAILED) return fail(CLOSED, "the statement has failed before", "reset it");
    this.isRunning = true;
    stopRunning(this.isInterrupted);
    session.db.store.useFormat();
    if (this.isInterrupted) status = fail(SQL_INTERRUPTED, "the statement was interrupted", "reset it");
    else if (this.timeout > 0) status = limitTime(this.timeout);
    if (status == OK && this.state == NOT_BEGUN) status = this.begin();
    else if (status == OK && this.state == BETWEEN) status = this.goOn();
    if (status == OK) status = this.take(most == 0 ? u32.MAX_VALUE : most, mostBytes, out);
    this.isRunning = false;
    if (this.timeout > 0) limitTime(0);
    stopRunning(false);
    return this.pause(session.leave(status));
  }

  private begin(): Status {
    const statement = this.statement;
    const db = this.session.db;
    statement.changes = 0;
    statement.lastKey = null;
    this.left.reset();
    this.leftAt = 0;
    this.isDrained = !statement.givesRows;
    this.hasRun = true;
    if (this.isDrained) return statement.run(db, this.parameters);
    const relation = statement.open(db, this.parameters);
    if (!relation) return lastError.status;
    if (relation !== this.relation) this.learn(relation);
    return OK;
  }

  /** The rows are those of `relation`, which is another one than before. */
  private learn(relation: Relation): void {
    const columns = resultColumns(relation.columns);
    const known = this.columns;
    let isSame = columns.length == known.length;
    for (let c = 0; c < columns.length && isSame; c++)
      isSame = columns[c].name == known[c].name && columns[c].typeText == known[c].typeText;
    this.relation = relation;
    if (isSame) return;
    this.columns = columns;
    this.columnsVersion += 1;
  }

  private goOn(): Status {
    const db = this.session.db;
    // What a change gives back was kept when it was made, and what is left was copied.
    if (this.isDrained || !this.statement.isQuery) return OK;
    if (db.store.watch.now() == this.moment && db.tablesVersion == this.tablesVersion) return OK;
    const what = "rows or tables have changed since the statement gave its last rows";
    return fail(SCAN_OUTDATED, what, "run it anew, or take all rows before anything is changed");
  }

  private take(most: u32, bytes: u32, out: ByteBuffer): Status {
    const left = this.left;
    const mostBytes = bytes > u32.MAX_VALUE - out.len ? u32.MAX_VALUE : out.len + bytes;
    for (; this.leftAt < left.len && this.count < most && out.len < mostBytes; this.count++) {
      const len = load<u32>(left.ptr + this.leftAt);
      out.addBytes(left.ptr + this.leftAt + 4, len);
      this.leftAt += 4 + len;
    }
    while (!this.isDrained && ((this.count < most && out.len < mostBytes) || (this.looksAhead && this.leftAt == left.len))) {
      const status = this.takeBatch(most, mostBytes, out);
      if (status != OK) return status;
    }
    return OK;
  }

  /** The rows of the next batch; those that are too many are left for later. */
  private takeBatch(most: u32, mostBytes: u32, out: ByteBuffer): Status {
    const operator = this.relation!.operator;
    const batch = operator.batch;
    if (!operator.next()) {
      this.isDrained = true;
      return operator.status;
    }
    const vectors = this.vectors;
    vectors.length = 0;
    for (let c = 0; c < this.columns.length; c++) {
      const vector = batch.columns.vector(c, batch);
      if (!vector) return lastError.status;
      vectors.push(vector);
    }
    const left = this.left;
    const form = this.form;
    left.reset();
    this.leftAt = 0;
    for (let k = 0; k < batch.selected; k++) {
      const isFull = this.count == most || out.len >= mostBytes;
      const start = left.len;
      if (isFull) left.addU32(0);
      const status = form.add(this.columns, vectors, batch.row(k), isFull ? left : out);
      if (status != OK) return status;
      if (isFull) store<u32>(left.ptr + start, left.len - start - 4);
      else this.count += 1;
    }
    return OK;
  }

  /** Whether the next run is of what was planned before, and leaves little. */
  get isPlanned(): bool {
    return this.hasRun && this.statement.isRepeated;
  }

  /** Appends the key of the row that the run inserted last, if it did: `{ type u8 | value as a record has it }`. */
  addLastKey(out: ByteBuffer): void {
    const key = this.statement.lastKey;
    const column = this.statement.lastColumn;
    if (!key || !column) return;
    out.addU8(column.type);
    out.addBytes(changetype<usize>(key), key.byteLength);
  }

  /** The end of a call that came to `status`. */
  private pause(status: Status): Status {
    if (status == OK && !(this.isDrained && this.leftAt == this.left.len)) {
      const db = this.session.db;
      this.state = BETWEEN;
      // A rollback to before this moment counts as a change.
      this.moment = db.store.watch.begin();
      this.tablesVersion = db.tablesVersion;
      return OK;
    }
    if (this.state != OVER) this.statement.close();
    this.state = status == OK ? OVER : HAS_FAILED;
    return status;
  }

  /** Gives back what is not garbage-collected. */
  free(): void {
    this.statement.free();
    this.text.free();
    this.left.free();
  }
}

/** Fails for a custom value behind so many others. */
export function noCustomValue(before: i32): Status {
  return fail(BAD_REQUEST, "parameter " + (before + 1).toString() + " is a custom value", "give it as text, in hexadecimal");
}

function badValues(before: i32): Status {
  const what = "behind " + before.toString() + " values the bytes are none for a parameter";
  return fail(BAD_REQUEST, what, "docs/abi.md says what they are");
}

/** Appends a name behind its length. */
function addText(text: string, out: ByteBuffer): void {
  const bytes = String.UTF8.encode(text);
  out.addU16(bytes.byteLength);
  out.addBytes(changetype<usize>(bytes), bytes.byteLength);
}
