/**
 * `diff OTHER`: the tables, definitions and rows in which two databases differ.
 *
 * `-` is what only FILE has, `+` what only OTHER has, `~` a row that both have, with its columns before and after.
 */
import { Status, OK, DIFFERENT, USAGE, fail, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { addPrintable } from "../../encode/printable";
import { columnSpecs } from "../../schema/column-spec";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { DbmsContext } from "../../store/dbms-context";
import { compareNames } from "../../encode/ascii";
import { Table } from "../../store/table";
import {
  RowDiff,
  SharedColumns,
  haveOneKey,
  schemaDifferences,
  ROW_CHANGED,
  ROW_ONLY_A,
  ROW_ONLY_B,
  SAME_ROWS,
} from "../../maintenance/table-diff";
import { addString, addStrings } from "../../encode/json-pieces";
import { RowWriter, writeJsonCell } from "../../query/row-writer";
import { addChanges } from "../../request/migrate-request";
import { readDefinitionsFile } from "../../request/definitions-file";
import { Migration } from "../../sql/migration";
import { readWhole, stdout } from "../../wasi/stdio";
import { counted } from "../../check/check-report";
import { CommandContext, openForReading, openStore } from "../command-line/context";
import { tellChange } from "./migrate";

/** Bytes of a file that tell whether it is text: a page file has zeros there. */
const LOOKED_AT: u32 = 4096;

export function runDiff(ctx: CommandContext): Status {
  if (ctx.words.length == 0) return diffSchema(ctx);
  let status = openStore(ctx, false, false);
  if (status != OK) return status;
  const other = openForReading(ctx, ctx.word(0));
  if (!other) return lastError.status;
  const work = new Diff(ctx, ctx.db, other);
  status = work.run();
  other.close();
  return status;
}

/** `diff --schema`: what is to be changed so that the file has the definitions of another one, a page file or a text. */
function diffSchema(ctx: CommandContext): Status {
  const path = ctx.invocation.option("schema", "");
  if (path == "") return fail(USAGE, "diff needs OTHER, or --schema OTHER for definitions alone");
  ctx.comparesSchema = true;
  let status = openStore(ctx, false, false);
  const wanted: Array<TableSchemaSnapshot> | null = status == OK ? definitionsOf(ctx, path) : null;
  if (!wanted) return lastError.status;
  const migration = new Migration(ctx.db, wanted);
  status = migration.plan();
  if (status != OK) return status;
  const changes = migration.changes;
  if (ctx.json) {
    addChanges(changes, stdout.buffer);
    stdout.line("");
  } else {
    for (let c = 0; c < changes.length; c++) tellChange(changes[c].text, changes[c].isDestructive);
    stdout.line(changes.length == 0 ? "the definitions are equal" : counted(changes.length, "change") + " between them");
  }
  ctx.told = changes.length > 0;
  return changes.length == 0 ? OK : fail(DIFFERENT, "the definitions differ");
}

/** The definitions of a page file, or those that a text has; null on failure. */
function definitionsOf(ctx: CommandContext, path: string): Array<TableSchemaSnapshot> | null {
  const bytes = new ByteBuffer(LOOKED_AT);
  const isRead = readWhole(path, bytes, LOOKED_AT);
  let isPages = false;
  for (let at: u32 = 0; at < bytes.len && !isPages; at++) isPages = load<u8>(bytes.ptr + at) == 0;
  bytes.free();
  if (!isRead || !isPages) return isRead ? readDefinitionsFile(path) : null;
  const other = openForReading(ctx, path);
  if (!other) return null;
  const schemas = new Array<TableSchemaSnapshot>();
  for (let t = 0; t < other.tables.length; t++) if (!other.tables[t].isCatalog) schemas.push(other.tables[t].schema);
  return other.close() == OK ? schemas : null;
}

class Diff {
  /** Tables that differ. */
  private tables: u32 = 0;
  private rows: u64 = 0;
  private out: ByteBuffer = stdout.buffer;
  /** The line in the making, for people. */
  private text: ByteBuffer = new ByteBuffer(256);
  /** Rows of each table that are listed at most. */
  private limit: i64;

  constructor(
    private ctx: CommandContext,
    private a: DbmsContext,
    private b: DbmsContext,
  ) {
    this.limit = ctx.has("count") ? 0 : ctx.number("limit", i64.MAX_VALUE);
  }

  run(): Status {
    if (this.limit < 0) return USAGE;
    const json = this.ctx.json;
    if (json) this.out.addText('{"tables":[');
    // Both lists are in the order of names.
    let i = 0;
    let j = 0;
    let status = OK;
    while (status == OK && (i < this.a.tables.length || j < this.b.tables.length)) {
      const order =
        i == this.a.tables.length
          ? 1
          : j == this.b.tables.length
            ? -1
            : compareNames(this.a.tables[i].name, this.b.tables[j].name);
      if (order < 0) status = this.onlyIn(this.a.tables[i++], true);
      else if (order > 0) status = this.onlyIn(this.b.tables[j++], false);
      else status = this.both(this.a.tables[i++], this.b.tables[j++]);
      stdout.check();
    }
    if (status != OK) return status;
    const equal = this.tables == 0;
    const names = this.ctx.invocation.file + " and " + this.ctx.word(0);
    if (json) {
      this.out.addText('],"equal":' + (equal ? "true}" : "false}") + "\n");
    } else if (equal) {
      stdout.line(names + " are equal: " + counted(this.a.tables.length, "table") + ", " + counted(this.rows, "row"));
    } else stdout.line(names + " differ in " + counted(this.tables, "table"));
    this.ctx.told = !equal;
    return equal ? OK : fail(DIFFERENT, names + " differ");
  }

  /** Starts what is to be said of a table that differs. */
  private begin(name: string, where: string): void {
    this.tables += 1;
    if (!this.ctx.json) {
      stdout.line("table " + name + where);
      return;
    }
    this.out.addText(this.tables > 1 ? ',{"name":' : '{"name":');
    addString(this.out, name);
  }

  private onlyIn(table: Table, isA: bool): Status {
    const rows = table.countRows();
    if (rows < 0) return lastError.status;
    const file = isA ? this.ctx.invocation.file : this.ctx.word(0);
    this.begin(
      table.name,
      " is only in " + file + ": " + counted(table.schema.columns.length, "column") + ", " + counted(rows, "row"),
    );
    if (!this.ctx.json) return OK;
    this.out.addText(',"in":"' + (isA ? "a" : "b") + '","columns":');
    addStrings(this.out, columnSpecs(table.schema));
    this.out.addText(',"rows":' + rows.toString() + "}");
    return OK;
  }

  private both(a: Table, b: Table): Status {
    const lines = schemaDifferences(a.schema, b.schema);
    const comparable = haveOneKey(a.schema, b.schema);
    const shared = new SharedColumns(a.schema, b.schema);
    const json = this.ctx.json;
    let begun = false;
    if (lines.length > 0) {
      begun = true;
      this.beginBoth(a.name, lines);
      if (!json) {
        for (let i = 0; i < lines.length; i++) this.line(lines[i].charAt(0), lines[i].substring(2));
        if (!comparable) stdout.line("  rows can't be compared: the primary keys differ");
      }
    }
    if (!comparable) {
      this.out.addText(json ? '],"comparable":false}' : "");
      return OK;
    }
    const before = this.rows;
    const writerA = RowWriter.all(a.schema);
    const writerB = RowWriter.all(b.schema);
    const diff = new RowDiff(this.a, a, this.b, b, shared);
    let onlyA: u64 = 0;
    let onlyB: u64 = 0;
    let changed: u64 = 0;
    for (let kind = diff.next(); kind != SAME_ROWS && !stdout.closed; kind = diff.next()) {
      if (!begun) {
        begun = true;
        this.beginBoth(a.name, lines);
      }
      if (kind == ROW_ONLY_A) onlyA += 1;
      else if (kind == ROW_ONLY_B) onlyB += 1;
      else changed += 1;
      if (onlyA + onlyB + changed > <u64>this.limit) continue;
      if (json) {
        this.out.addText(onlyA + onlyB + changed > 1 ? ',{"a":' : '{"a":');
        if (kind == ROW_ONLY_B) this.out.addText("null");
        else writerA.write(diff.rowA, this.out);
        this.out.addText(',"b":');
        if (kind == ROW_ONLY_A) this.out.addText("null");
        else writerB.write(diff.rowB, this.out);
        this.out.addU8(0x7d);
      } else if (kind == ROW_CHANGED) this.changedRow(diff, shared, a.schema, b.schema);
      else {
        this.mark(kind == ROW_ONLY_A ? "-" : "+");
        if (kind == ROW_ONLY_A) writerA.write(diff.rowA, this.text);
        else writerB.write(diff.rowB, this.text);
        this.endLine();
      }
      stdout.check();
    }
    const status = diff.status;
    diff.free();
    writerA.free();
    writerB.free();
    if (status != OK) return status;
    const rows = a.countRows();
    if (rows < 0) return lastError.status;
    this.rows = before + rows;
    if (!begun) return OK;
    if (json) {
      this.out.addText(
        '],"onlyA":' + onlyA.toString() + ',"onlyB":' + onlyB.toString() + ',"changed":' + changed.toString() + "}",
      );
    } else if (onlyA + onlyB + changed > 0) {
      stdout.line(
        "  rows: " +
          onlyA.toString() +
          " only in the first, " +
          onlyB.toString() +
          " only in the second, " +
          changed.toString() +
          " changed",
      );
    }
    return OK;
  }

  private beginBoth(name: string, lines: Array<string>): void {
    this.begin(name, "");
    if (!this.ctx.json) return;
    this.out.addText(',"in":"both","schema":');
    addStrings(this.out, lines);
    this.out.addText(',"rows":[');
  }

  /** `id 5: name "ada" → "Ada"`. */
  private changedRow(diff: RowDiff, shared: SharedColumns, a: TableSchemaSnapshot, b: TableSchemaSnapshot): void {
    const out = this.text;
    const key = a.columnIndex(a.primaryKey);
    this.mark("~");
    out.addText(a.primaryKey + " ");
    writeJsonCell(a.columns[key], key, diff.rowA, out);
    let first = true;
    for (let i = 0; i < shared.inA.length; i++) {
      if (!diff.differs(i)) continue;
      const left = shared.inA[i];
      const right = shared.inB[i];
      out.addText((first ? ": " : ", ") + a.columns[left].name + " ");
      first = false;
      writeJsonCell(a.columns[left], left, diff.rowA, out);
      out.addText(" → ");
      writeJsonCell(b.columns[right], right, diff.rowB, out);
    }
    this.endLine();
  }

  private line(mark: string, text: string): void {
    this.mark(mark);
    this.text.addText(text);
    this.endLine();
  }

  private mark(mark: string): void {
    const color = mark == "-" ? "31" : mark == "+" ? "32" : "33";
    stdout.raw((this.ctx.color ? "\x1b[" + color + "m" : "") + "  " + mark + " ");
    this.text.reset();
  }

  private endLine(): void {
    addPrintable(this.text.ptr, this.text.len, 0, this.out);
    stdout.raw(this.ctx.color ? "\x1b[0m\n" : "\n");
  }
}
