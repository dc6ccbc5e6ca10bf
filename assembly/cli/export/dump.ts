/**
 * `dump`: all of a database as NDJSON, from which `load` makes an equal one.
 *
 *     {"quire":"dump","version":1,"layout":"0.9","schemaHash":"…","tables":2}
 *     {"table":"users","rows":2,"alignment":32,"columns":["id:uint32:pk:auto","name:text"],"counters":{"id":"2"}}
 *     {"id":1,"name":"ada"}
 *     ["0200000003626f62"]                                   a row that JSON can't say exactly: its record in hexadecimal
 *     {"identity":"616461","flags":3,"allTables":15,"tables":[["d24ec4f1a98c6e5b",1]]}
 *     {"end":{"rows":2}}
 *
 * `rows` says how many lines behind a table's line are its rows. A table whose definition the columns' words can't say exactly also has
 * "snapshot", in hexadecimal, which then counts. Tables come after those that they refer to, as far as that goes.
 */
import { Status, OK, DAMAGED, fail, lastError } from "../../status";
import { LAYOUT_0_11, hasAcl } from "../../memory/base/layout";
import { ByteBuffer } from "../../encode/byte-buffer";
import { bytesEqual } from "../../encode/bytes";
import { TYPE_BOOLEAN, TYPE_DECIMAL, TYPE_JSON, TYPE_TEXT } from "../../encode/data-type";
import { isDecimal } from "../../encode/decimal";
import { JsonTape } from "../../encode/json";
import { addCompactJson } from "../../encode/json-compact";
import { Row } from "../../encode/row";
import { addHex, hex64 } from "../../encode/uuid";
import { isUtf8 } from "../../encode/utf8";
import { writeTextValue } from "../../encode/value-text";
import { columnSpecs, isExpressible } from "../../schema/column-spec";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { addString, addStrings } from "../../encode/json-pieces";
import { AccessPath } from "../../query/access-path";
import { RowWriter } from "../../query/row-writer";
import { RowSink, ScanLoop } from "../../query/scan-loop";
import { DbmsContext } from "../../store/dbms-context";
import { RowScan } from "../../store/row-scan";
import { RowSource } from "../../store/row-source";
import { Table } from "../../store/table";
import { stdout } from "../../wasi/stdio";
import { CommandContext } from "../command-line/context";
import { isOver } from "../output/row-formats";
import { Progress } from "../output/progress";

/** The version of the dump's form. */
export const DUMP_VERSION: u32 = 1;

const scratch: ByteBuffer = new ByteBuffer(256);
const tape: JsonTape = new JsonTape();
const NULL_WORD: u32 = 0x6c6c756e;

export function runDump(ctx: CommandContext): Status {
  const db = ctx.db;
  const tables = loadOrder(db.tables);
  const out = stdout.buffer;
  // What an older layout has goes into 0.9.
  const layout = db.manager.layout == LAYOUT_0_11 ? "0.11" : "0.9";
  out.addText('{"quire":"dump","version":' + DUMP_VERSION.toString() + ',"layout":"' + layout);
  const hash = db.store.schemaHash();
  if (hash == 0) return lastError.status;
  stdout.line('","schemaHash":"' + hex64(hash) + '","tables":' + tables.length.toString() + "}");
  const progress = new Progress(ctx.progress, "dump");
  let rows: u64 = 0;
  for (let i = 0; i < tables.length; i++) {
    const count = dumpTable(tables[i], rows, progress);
    if (count < 0) {
      progress.end();
      return lastError.status;
    }
    rows += count;
  }
  progress.end();
  const status = hasAcl(db.manager.layout) ? dumpIdentities(db) : OK;
  if (status == OK) stdout.line('{"end":{"rows":' + rows.toString() + "}}");
  return status;
}

/**
 * The tables, each behind those that its foreign keys name; the catalog first of all, so that its constraints are there for all rows. Where
 * they form a circle, the first by name comes first.
 */
function loadOrder(tables: Array<Table>): Array<Table> {
  const rest = tables.filter((table) => !table.isCatalog);
  const order = tables.filter((table) => table.isCatalog);
  while (rest.length > 0) {
    let chosen = 0;
    for (let i = 0; i < rest.length; i++) {
      if (refersToAny(rest[i], rest)) continue;
      chosen = i;
      break;
    }
    order.push(rest[chosen]);
    rest.splice(chosen, 1);
  }
  return order;
}

/** Whether a foreign key of `table` names another one of `tables`. */
function refersToAny(table: Table, tables: Array<Table>): bool {
  const columns = table.schema.columns;
  for (let i = 0; i < columns.length; i++) {
    const key = columns[i].foreignKey;
    if (!key || key.table == table.name) continue;
    for (let j = 0; j < tables.length; j++) {
      if (tables[j].name == key.table) return true;
    }
  }
  return false;
}

/** Writes a table and its rows: how many, or -1 on failure. */
function dumpTable(table: Table, before: u64, progress: Progress): i64 {
  const count = table.countRows();
  if (count < 0) return -1;
  const out = stdout.buffer;
  out.addText('{"table":');
  addString(out, table.name);
  out.addText(',"rows":' + count.toString() + ',"alignment":' + table.schema.alignment.toString() + ',"columns":');
  addStrings(out, columnSpecs(table.schema));
  if (addCounters(table, out) != OK) return -1;
  if (!isExpressible(table.schema)) addSnapshot(table.schema, out);
  out.addText("}\n");
  stdout.check();

  const path = new AccessPath(table);
  const source = path.rows();
  const loop = new ScanLoop<RowScan>(source);
  const lines = new DumpLines(table.schema, before, progress);
  const status = loop.run(lines);
  source.free();
  path.free();
  lines.writer.free();
  if (status != OK) return -1;
  const found = loop.given;
  if (found == count || isOver(stdout)) return found;
  const rows = found.toString() + " rows, and " + count.toString() + " in its primary key's index";
  fail(DAMAGED, "table " + table.name + " has " + rows, "run check to see all that is wrong");
  return -1;
}

/** A line for each row. */
class DumpLines extends RowSink {
  readonly writer: RowWriter;

  constructor(
    private readonly schema: TableSchemaSnapshot,
    private rows: u64,
    private readonly progress: Progress,
  ) {
    super(schema.columns.length);
    this.writer = RowWriter.all(schema);
    this.isFull = isOver(stdout);
  }

  take(source: RowSource): void {
    const out = stdout.buffer;
    if (isExact(this.schema, source.row)) this.writer.write(source.row, out);
    else {
      out.addU16(0x225b);
      addHex(source.body, source.bodyLen, out);
      out.addU16(0x5d22);
    }
    out.addU8(10);
    stdout.check();
    this.rows += 1;
    this.progress.row(this.rows, 0, -1);
    this.isFull = isOver(stdout);
  }
}

function addCounters(table: Table, out: ByteBuffer): Status {
  const ledger = table.autoincrement;
  if (!ledger) return OK;
  out.addText(',"counters":{');
  let first = true;
  const columns = table.schema.columns;
  for (let i = 0; i < columns.length; i++) {
    if (!columns[i].auto) continue;
    const value = ledger.current(columns[i]);
    if (lastError.status != OK) return lastError.status;
    if (!first) out.addU8(0x2c);
    first = false;
    addString(out, columns[i].name);
    out.addText(':"');
    store<u64>(scratch.reserve(8), value);
    writeTextValue(columns[i].type, 0, scratch.ptr, out);
    out.addU8(0x22);
  }
  out.addU8(0x7d);
  return OK;
}

function addSnapshot(schema: TableSchemaSnapshot, out: ByteBuffer): void {
  const snapshot = new ByteBuffer(1024);
  schema.encode(snapshot);
  out.addText(',"snapshot":"');
  addHex(snapshot.ptr, snapshot.len, out);
  out.addU8(0x22);
  snapshot.free();
}

/** Whether the row's JSON form gives the very same record again. */
function isExact(schema: TableSchemaSnapshot, row: Row): bool {
  const columns = schema.columns;
  for (let i = 0; i < columns.length; i++) {
    if (!row.isSet(i)) continue;
    const ptr = row.ptr(i);
    const column = unchecked(columns[i]);
    switch (column.type) {
      case TYPE_TEXT: {
        if (!isUtf8(ptr + 2, row.len(i) - 2)) return false;
        break;
      }
      case TYPE_JSON: {
        if (!isExactDocument(ptr + 2, row.len(i) - 2, column.nullable)) return false;
        break;
      }
      case TYPE_DECIMAL: {
        // Zero with a sign is read as zero.
        if (!isDecimal(ptr) || (load<u8>(ptr, 3) != 0 && (load<u64>(ptr, 4) | load<u32>(ptr, 12)) == 0)) return false;
        break;
      }
      case TYPE_BOOLEAN: {
        if (load<u8>(ptr) > 1) return false;
        break;
      }
    }
  }
  return true;
}

/** Whether the document is JSON without white space, and not what would be taken for a null column. */
function isExactDocument(ptr: usize, len: u32, nullable: bool): bool {
  if (nullable && len == 4 && load<u32>(ptr) == NULL_WORD) return false;
  if (!tape.parse(ptr, len)) return false;
  scratch.reset();
  addCompactJson(ptr, len, scratch);
  return bytesEqual(scratch.ptr, scratch.len, ptr, len);
}

function dumpIdentities(db: DbmsContext): Status {
  const list = db.acl.read();
  if (!list) return lastError.status;
  const out = stdout.buffer;
  for (let i = 0; i < list.length; i++) {
    const identity = list[i];
    out.addText('{"identity":"');
    addHex(changetype<usize>(identity.id), identity.id.byteLength, out);
    out.addText('","flags":' + identity.flags.toString() + ',"allTables":' + identity.allTables.toString() + ',"tables":[');
    for (let j = 0; j < identity.tables.length; j++) {
      const grant = identity.tables[j];
      out.addText((j > 0 ? ',["' : '["') + hex64(grant.fingerprint) + '",' + grant.perms.toString() + "]");
    }
    stdout.line("]}");
  }
  return OK;
}
