/**
 * `load`: a database from what `dump` wrote, in one transaction, into a file that is new or empty.
 *
 * Foreign keys that name a table which comes later (or their own) are put aside while a table's rows come in, and checked at the end.
 */
import { Status, OK, BAD_VALUE, BAD_SCHEMA, TABLE_EXISTS, UNSUPPORTED, fail, lastError } from "../../status";
import { LAYOUT_0_9, LAYOUT_0_11 } from "../../memory/base/layout";
import { ByteBuffer } from "../../encode/byte-buffer";
import { JSON_ARRAY, JSON_NUMBER, JSON_OBJECT, JSON_STRING, JsonTape } from "../../encode/json";
import { parseUnsigned, parsedUnsigned } from "../../encode/digits";
import { Row } from "../../encode/row";
import { isUtf8 } from "../../encode/utf8";
import { hex64, parseHex } from "../../encode/uuid";
import { parseValue, useLenientDates } from "../../encode/value-text";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { defineTable } from "../../schema/column-spec";
import { hashOfSchemas } from "../../schema/schema-registry";
import { RowBatch } from "../../store/row-batch";
import { Table } from "../../store/table";
import { compareNames } from "../../encode/ascii";
import { stdout } from "../../wasi/stdio";
import { counted } from "../../check/check-report";
import { CommandContext, openStore } from "../command-line/context";
import { DUMP_VERSION } from "../export/dump";
import { isMissing } from "../../wasi/file";
import { removeStore } from "../command-line/made-store";
import { JsonReader } from "./json-reader";
import { Progress } from "../output/progress";
import { fillFromObject } from "./row-reader";
import { ByteSource, atLine } from "./byte-source";
import { LaterKeys } from "./load-keys";
import { refuseForeign } from "./source-kind";

/** Not a number. */
const NONE: u64 = u64.MAX_VALUE;

export function runLoad(ctx: CommandContext): Status {
  const source = ByteSource.open(ctx.words.length > 0 ? ctx.word(0) : "-");
  if (!source) return lastError.status;
  let status = refuseForeign(source);
  if (status == OK) status = source.beginSample();
  if (status == OK) {
    useLenientDates(true);
    status = new Load(ctx, source).run();
    useLenientDates(false);
  }
  source.close();
  return status;
}

class Load {
  private readonly lines: JsonReader;
  private readonly progress: Progress;
  private readonly later: LaterKeys = new LaterKeys();
  private readonly bytes: ByteBuffer = new ByteBuffer(1024);
  private tables: u64 = 0;
  private rows: u64 = 0;
  /** The table whose rows come in, or came last, the number of its line, and how many rows that says. */
  private table: string = "";
  private tableLine: u64 = 0;
  private rowsTold: u64 = 0;
  /** What the first line says: how many tables there are, and the hash of their definitions, "" for one that is not to be compared. */
  private tablesTold: u64 = 0;
  private hashTold: string = "";

  constructor(
    private readonly ctx: CommandContext,
    private readonly source: ByteSource,
  ) {
    const lines = new JsonReader(source, true);
    lines.objectsOnly = false;
    this.lines = lines;
    this.progress = new Progress(ctx.progress, "load");
  }

  run(): Status {
    let status = this.lookAhead();
    if (status == OK) status = this.nextLine();
    if (status != OK) return status;
    // Nothing of the first line is needed once the store is there but these.
    const lines = this.lines;
    const tape = lines.tape;
    if (this.text("quire") != "dump")
      return fail(BAD_VALUE, 'this is no dump: its first line does not begin with {"quire":"dump"');
    const version = this.number("version");
    if (version != DUMP_VERSION) {
      const shown = version == NONE ? "?" : version.toString();
      return fail(UNSUPPORTED, "the dump has version " + shown + ", this program reads version 1");
    }
    this.readHead();
    const layout = this.text("layout");
    if (tape.kind(0) != JSON_OBJECT || (layout != "0.9" && layout != "0.11"))
      return fail(BAD_VALUE, "line 1: the dump names no layout");

    const ctx = this.ctx;
    const isNew = isMissing(ctx.invocation.file);
    status = openStore(ctx, true, true, layout == "0.11" ? LAYOUT_0_11 : LAYOUT_0_9);
    if (status == OK) status = this.checkEmpty();
    if (status == OK) status = ctx.db.begin();
    if (status == OK) status = this.loadLines();
    if (status == OK) status = this.later.check(ctx.db);
    if (status == OK && this.tablesTold != this.tables) status = otherTables(this.tables);
    if (status == OK) status = ctx.db.commit();
    this.progress.end();
    if (status != OK) {
      this.takeBack(isNew);
      return status;
    }
    const seconds = this.progress.seconds;
    const tableCount = this.tables.toString();
    const rowCount = this.rows.toString();
    if (ctx.json) {
      stdout.line('{"tables":' + tableCount + ',"rows":' + rowCount + ',"seconds":' + seconds + "}");
      return OK;
    }
    const loaded =
      tableCount + (this.tables == 1 ? " table" : " tables") + " with " + rowCount + (this.rows == 1 ? " row" : " rows");
    stdout.line("loaded " + loaded + " in " + seconds + " s");
    return OK;
  }

  private readHead(): void {
    this.tablesTold = this.number("tables");
    this.hashTold = this.text("schemaHash");
  }

  /**
   * Reads the tables' lines alone, as far as a dump on standard input is kept, and goes back to the first: a table that can't be made,
   * or another than was dumped, is known before rows come in. What else is wrong is for the loading to say.
   */
  private lookAhead(): Status {
    let status = OK;
    const lines = this.lines;
    const isDump = lines.next() && this.text("quire") == "dump";
    if (isDump) this.readHead();
    const schemas = new Array<TableSchemaSnapshot>();
    while (isDump && status == OK && lines.next()) {
      if (this.member("table") == 0) {
        if (this.member("identity") != 0) continue;
        if (this.member("end") != 0 && <u64>schemas.length != this.tablesTold) status = otherTables(schemas.length);
        break;
      }
      const schema = this.readSchema();
      if (!schema) {
        status = this.atLine(lastError.status);
        break;
      }
      schemas.push(schema);
      status = this.checkCount(schemas.length);
      if (status == OK && <u64>schemas.length == this.tablesTold) {
        schemas.sort((a, b) => compareNames(a.name, b.name));
        status = this.checkHash(hashOfSchemas(schemas));
      }
      const rows = this.number("rows");
      if (rows != NONE) lines.skipLines(rows);
    }
    if (status == OK) status = this.source.status;
    if (status == OK) status = this.source.endSample();
    if (status == OK) lines.restart();
    return status;
  }

  /** `BAD_VALUE` for the line of the `count`th table where the first line says that there are fewer. */
  private checkCount(count: u64): Status {
    if (this.tablesTold == NONE || count <= this.tablesTold) return OK;
    return this.atLine(
      fail(BAD_VALUE, "the dump has more tables than its first line says: " + counted(this.tablesTold, "table")),
    );
  }

  /** The hash is over all tables: it is known at the last one's line. */
  private checkHash(hash: u64): Status {
    return this.hashTold == "" || this.hashTold == hex64(hash) ? OK : otherHash(this.hashTold);
  }

  private checkEmpty(): Status {
    const db = this.ctx.db;
    const isNotEmpty = this.ctx.invocation.file + " is not empty: it has ";
    if (db.tables.length > 0) return fail(TABLE_EXISTS, isNotEmpty + "table " + db.tables[0].name, "load into a new file");
    if (db.manager.layout != LAYOUT_0_9) return OK;
    const list = db.acl.read();
    if (!list) return lastError.status;
    return list.length == 0 ? OK : fail(TABLE_EXISTS, isNotEmpty + "an access control list", "load into a new file");
  }

  private takeBack(isNew: bool): void {
    const store = this.ctx.store;
    const status = lastError.status;
    const what = lastError.what;
    const hint = lastError.hint;
    if (store && store.inTransaction) {
      if (store.rollback() != OK) return;
      fail(status, what, hint == "" ? "nothing was loaded" : hint + "; nothing was loaded");
    }
    if (isNew) removeStore(this.ctx);
  }

  // ---- lines ----

  /** Reads the next line; it is an error when there is none. */
  private nextLine(): Status {
    const lines = this.lines;
    if (lines.next()) return OK;
    if (lines.status != OK) return this.atLine(lines.status);
    return fail(BAD_VALUE, "the dump ends early, behind line " + lines.line.toString() + ': its last line is {"end":…}');
  }

  private atLine(status: Status): Status {
    return atLine(this.lines.line, status);
  }

  /** The node of the line's member `name`, 0 for none. */
  private member(name: string): u32 {
    const tape = this.lines.tape;
    if (tape.kind(0) != JSON_OBJECT) return 0;
    const bytes = String.UTF8.encode(name);
    return tape.member(0, changetype<usize>(bytes), bytes.byteLength);
  }

  /** The line's text `name`, "" when there is none. */
  private text(name: string): string {
    const node = this.member(name);
    return node == 0 ? "" : textOf(this.lines.tape, node);
  }

  private number(name: string): u64 {
    return numberOf(this.lines.tape, this.member(name));
  }

  private loadLines(): Status {
    for (;;) {
      let status = this.nextLine();
      if (status != OK) return status;
      const end = this.member("end");
      if (end != 0) return this.checkEnd(end);
      if (this.member("table") != 0) status = this.loadTable();
      else if (this.member("identity") != 0) status = this.atLineIf(this.loadIdentity());
      else status = this.atLine(this.unexpected());
      if (status != OK) return status;
    }
    return OK; // never reached, but the compiler cannot tell
  }

  /** A line that is no table's, where the rows of one have ended. */
  private unexpected(): Status {
    const table = this.table;
    if (table == "") return fail(BAD_VALUE, "expected a table, an identity or the end");
    return fail(
      BAD_VALUE,
      "table " +
        table +
        " has more rows than its line, line " +
        this.tableLine.toString() +
        ", says: " +
        counted(this.rowsTold, "row"),
      "change its rows to how many there are",
    );
  }

  private atLineIf(status: Status): Status {
    return status == OK ? OK : this.atLine(status);
  }

  private checkEnd(end: u32): Status {
    const tape = this.lines.tape;
    const rows = tape.kind(end) == JSON_OBJECT ? numberOf(tape, tape.member(end, changetype<usize>(ROWS), 4)) : NONE;
    if (rows != this.rows) {
      return this.atLine(fail(BAD_VALUE, "the dump has " + this.rows.toString() + " rows, its last line says otherwise"));
    }
    if (this.lines.next()) return this.atLine(fail(BAD_VALUE, "something comes behind the dump's end"));
    return this.lines.status == OK ? OK : this.atLine(this.lines.status);
  }

  // ---- tables ----

  private loadTable(): Status {
    const db = this.ctx.db;
    const count = this.number("rows");
    if (count == NONE) return this.atLine(fail(BAD_VALUE, "the table has no number of rows"));
    const schema = this.readSchema();
    if (!schema) return this.atLine(lastError.status);
    const columns = schema.columns;
    const counters = new Array<string>();
    const counterNode = this.member("counters");
    for (let i = 0; i < columns.length; i++) {
      const name = columns[i].nameBytes;
      const tape = this.lines.tape;
      const isThere = columns[i].auto && counterNode != 0 && tape.kind(counterNode) == JSON_OBJECT;
      const node = isThere ? tape.member(counterNode, changetype<usize>(name), name.byteLength) : 0;
      counters.push(node == 0 ? "" : textOf(tape, node));
    }
    let status = db.createTable(schema, true);
    const table = status == OK ? db.table(schema.name) : null;
    if (!table) return this.atLine(lastError.status);
    this.tables += 1;
    status = this.checkCount(this.tables);
    if (status == OK && this.tables == this.tablesTold) status = this.checkHash(db.store.schemaHash());
    if (status != OK) return status;
    this.table = table.name;
    this.tableLine = this.lines.line;
    this.rowsTold = count;
    this.later.putAside(table, db.tables);
    status = this.loadRows(table, count);
    this.later.putBack(table);
    return status == OK ? this.setCounters(table, counters) : status;
  }

  /** The table's definition; null on failure. */
  private readSchema(): TableSchemaSnapshot | null {
    const tape = this.lines.tape;
    const snapshot = this.member("snapshot");
    if (snapshot != 0) {
      if (!this.readHex(snapshot)) return null;
      const schema = TableSchemaSnapshot.decode(this.bytes.ptr, this.bytes.len);
      if (!schema) fail(BAD_SCHEMA, "the table's snapshot is none");
      return schema && schema.validate() == OK ? schema : null;
    }
    const columns = this.member("columns");
    const specs = new Array<string>();
    if (columns != 0 && tape.kind(columns) == JSON_ARRAY) {
      for (let node = tape.first(columns); node != 0; node = tape.next(node)) specs.push(textOf(tape, node));
    }
    const alignment = this.member("alignment") == 0 ? 0 : this.number("alignment");
    if (specs.length == 0 || alignment > 65536) {
      fail(BAD_SCHEMA, "the table has no columns, or no proper alignment");
      return null;
    }
    return defineTable(this.text("table"), specs, <u32>alignment);
  }

  /** Reads hexadecimal digits into `bytes`. */
  private readHex(node: u32): bool {
    const tape = this.lines.tape;
    const bytes = this.bytes;
    bytes.reset();
    if (tape.kind(node) == JSON_STRING) {
      const len = tape.stringLen(node);
      if (parseHex(tape.stringPtr(node), len, bytes.reserve(len >> 1))) {
        bytes.len = len >> 1;
        return true;
      }
    }
    fail(BAD_VALUE, "expected hexadecimal digits in a string");
    return false;
  }

  private loadRows(table: Table, count: u64): Status {
    const row = new Row(table.layout);
    const lines = this.lines;
    const size = this.source.size;
    const batch = new RowBatch(this.ctx.db);
    batch.begin(table, true, false);
    let status = OK;
    for (let i: u64 = 0; i < count && status == OK; i++) {
      status = this.nextLine();
      if (status != OK) break;
      status = this.readRow(table, row);
      if (status != OK && this.endsRows()) {
        status = this.atLine(this.fewerRows(i));
        break;
      }
      status = status == OK ? batch.add(row, lines.line) : batch.refuse(lines.line);
      if (status != OK) status = atLine(batch.badRow, status);
      this.rows += 1;
      this.progress.row(this.rows, this.source.position, size);
    }
    if (status == OK) {
      status = batch.finish();
      if (status != OK && batch.badRow != 0) atLine(batch.badRow, status);
    }
    batch.end();
    row.free();
    return status;
  }

  /** Whether the line, which is no row of the table, is what comes behind its rows. */
  private endsRows(): bool {
    return (this.member("table") != 0 && this.member("rows") != 0) || this.member("end") != 0 || this.member("identity") != 0;
  }

  private fewerRows(count: u64): Status {
    const says = ", and its line, line " + this.tableLine.toString() + ", says " + counted(this.rowsTold, "row");
    return fail(
      BAD_VALUE,
      "table " + this.table + " has " + counted(count, "row") + says,
      "change its rows to how many there are",
    );
  }

  private readRow(table: Table, row: Row): Status {
    const tape = this.lines.tape;
    if (tape.kind(0) == JSON_OBJECT) return fillFromObject(table.schema, tape, row);
    if (tape.kind(0) != JSON_ARRAY || tape.count(0) != 1) return fail(BAD_VALUE, "expected a row of " + table.name);
    if (!this.readHex(tape.first(0))) return BAD_VALUE;
    return row.decode(this.bytes.ptr, this.bytes.len)
      ? OK
      : fail(BAD_VALUE, "the record does not fit the columns of " + table.name);
  }

  /** Sets the table's counters to what they were: rows given explicitly may have moved them further. */
  private setCounters(table: Table, counters: Array<string>): Status {
    const ledger = table.autoincrement;
    if (!ledger) return OK;
    const columns = table.schema.columns;
    const db = this.ctx.db;
    let status = db.beginChange();
    if (status == OK) status = ledger.init(columns);
    for (let i = 0; i < columns.length && status == OK; i++) {
      if (counters[i] == "") continue;
      const text = String.UTF8.encode(counters[i]);
      this.bytes.reset();
      status = parseValue(columns[i].type, 0, changetype<usize>(text), text.byteLength, this.bytes);
      if (status == OK) status = ledger.raiseTo(columns[i], this.bytes.ptr);
    }
    return db.endChange(status);
  }

  // ---- access control ----

  private loadIdentity(): Status {
    const db = this.ctx.db;
    const tape = this.lines.tape;
    if (!this.readHex(this.member("identity"))) return BAD_VALUE;
    const id = new ArrayBuffer(this.bytes.len);
    memory.copy(changetype<usize>(id), this.bytes.ptr, this.bytes.len);
    const flags = this.number("flags");
    const allTables = this.number("allTables");
    const tables = this.member("tables");
    if (flags > 7 || allTables > 15 || tables == 0 || tape.kind(tables) != JSON_ARRAY) return badRights();
    let status = db.beginChange();
    if (status == OK) status = db.acl.supported();
    if (status == OK) status = db.acl.grant(id, <u8>flags, <u8>allTables, 0, 0);
    for (let node = tape.first(tables); node != 0 && status == OK; node = tape.next(node)) {
      const isPair = tape.kind(node) == JSON_ARRAY && tape.count(node) == 2;
      const perms = isPair ? numberOf(tape, tape.next(tape.first(node))) : NONE;
      if (perms > 15 || !this.readHex(tape.first(node)) || this.bytes.len != 8) status = badRights();
      else status = db.acl.grant(id, 0, 0, bswap<u64>(load<u64>(this.bytes.ptr)), <u8>perms);
    }
    return db.endChange(status);
  }
}

function otherTables(count: u64): Status {
  return fail(
    BAD_VALUE,
    "the dump has " + counted(count, "table") + ", its first line says otherwise",
    "change its tables to that",
  );
}

function otherHash(hash: string): Status {
  const what = "the tables do not have the schema hash " + hash + " that the dump's first line says";
  return fail(BAD_SCHEMA, what, "remove schemaHash from it if you changed the tables (help dump tells how)");
}

const ROWS: ArrayBuffer = String.UTF8.encode("rows");

function badRights(): Status {
  return fail(BAD_VALUE, "the identity's rights are malformed");
}

/** The text of a JSON string, "" for any other value. */
function textOf(tape: JsonTape, node: u32): string {
  if (tape.kind(node) != JSON_STRING) return "";
  const ptr = tape.stringPtr(node);
  const len = tape.stringLen(node);
  return isUtf8(ptr, len) ? String.UTF8.decodeUnsafe(ptr, len) : "";
}

/** The count that a JSON number is, `NONE` for any other value and for no node. */
function numberOf(tape: JsonTape, node: u32): u64 {
  if (node == 0 || tape.kind(node) != JSON_NUMBER) return NONE;
  return parseUnsigned(tape.rawPtr(node), tape.rawLen(node), NONE - 1) ? parsedUnsigned : NONE;
}
