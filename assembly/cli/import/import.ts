/**
 * `import`: rows from CSV, TSV, NDJSON or JSON into a table, which `--create` makes.
 *
 * All of it is one transaction, unless `--batch N` commits every N rows. Nothing is allocated for a row that is fine; what bad rows
 * leave behind is collected now and then, for which everything that is in use is reachable from a global.
 */
import {
  Status,
  OK,
  USAGE,
  BAD_VALUE,
  CHECK_FAILED,
  TABLE_EXISTS,
  RECORD_TOO_LARGE,
  KEY_TOO_LARGE,
  COLUMN_NOT_FOUND,
  PRIMARY_KEY_CONFLICT,
  fail,
  lastError,
  errorMessage,
} from "../../status";
import { addAscii, addStrings } from "../../encode/json-pieces";
import { Row } from "../../encode/row";
import { shellWord } from "../../encode/shell-words";
import { RowWriter } from "../../query/row-writer";
import { columnSpecs } from "../../schema/column-spec";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { DEFAULT } from "../../store/catalog";
import { DbmsContext } from "../../store/dbms-context";
import { Garbage } from "../../request/garbage";
import { RowBatch } from "../../store/row-batch";
import { Table } from "../../store/table";
import { findTable } from "../../store/table-list";
import { isMissing } from "../../wasi/file";
import { stderr, stdout } from "../../wasi/stdio";
import { CommandContext, openStore } from "../command-line/context";
import { splitNames } from "../command-line/name-list";
import { DelimitedReader } from "./delimited-reader";
import { openOrMakeStore, removeStore } from "../command-line/made-store";
import { Progress, grouped } from "../output/progress";
import { isOver } from "../output/row-formats";
import { ImportReport, badRow, printNotes } from "./report";
import { badColumn, fillFromObject } from "./row-reader";
import { atLine } from "./byte-source";
import { ImportSource } from "./import-source";
import { ExtraColumns } from "./extra-columns";
import { KeyedRows, checkConflict } from "./keyed-rows";
import { CellMapping } from "./cell-mapping";
import { TypeChoices } from "./column-types";
import { GuessGuard } from "./infer-guard";

/** Bad rows that are listed; more are counted. */
const MOST_LISTED: u64 = 20;

/** The running import: a global, so that its objects are found when garbage is collected. */
let running: Import | null = null;

export function runImport(ctx: CommandContext): Status {
  const work = new Import(ctx);
  running = work;
  const status = work.run();
  running = null;
  return status;
}

class Import {
  private readonly tableName: string;
  private readonly create: bool;
  /** Bad rows are counted, and others go on. */
  private readonly skipBad: bool;
  /** All is taken back in the end. */
  private readonly isDry: bool;
  /** Writes the rows to standard output, instead of putting them into the table; null: it doesn't. */
  private printer: RowWriter | null = null;
  private extra: ExtraColumns | null = null;
  /** What becomes of rows whose key is there already; null: they are an error. */
  private keyed: KeyedRows | null = null;
  private batch: i64 = 0;
  private readonly source: ImportSource;
  private mapping: CellMapping | null = null;
  private row: Row | null = null;
  private table: Table | null = null;
  /** The definition that --create found out; `sampled`: from the start of the source alone. */
  private schema: TableSchemaSnapshot | null = null;
  private sampled: bool = false;
  /** The types that --types chose. */
  private readonly types: TypeChoices = new TypeChoices();
  /** Looks at what is behind the sample. */
  private guard: GuessGuard | null = null;
  private progress: Progress | null = null;
  private imported: u64 = 0;
  /** What bad rows left behind. */
  private readonly garbage: Garbage = new Garbage();
  private committed: u64 = 0;
  private skipped: u64 = 0;
  /** The file did not exist before, and nothing was committed to it. */
  private fileIsNew: bool = false;
  /** Bad rows as JSON, for `--json`. */
  private listed: Array<string> = new Array<string>();

  constructor(private readonly ctx: CommandContext) {
    this.tableName = ctx.word(0);
    const create = ctx.has("create");
    this.create = create;
    this.source = new ImportSource(ctx, create);
    this.isDry = ctx.has("dry-run") || ctx.has("print");
    this.skipBad = ctx.has("dry-run") || ctx.has("skip-bad");
    if (ctx.has("ignore-extra")) this.extra = new ExtraColumns();
  }

  run(): Status {
    let status = this.open();
    if (status == OK) status = this.prepare();
    if (status == OK) status = this.importRows();
    const progress = this.progress;
    if (progress) progress.end();
    if (status == OK) this.report();
    else {
      if (!this.ctx.json) printNotes(this.source.notes.decisions());
      this.takeBack();
    }
    if (status == OK && this.isDry) status = this.undo();
    this.source.close();
    const row = this.row;
    if (row) row.free();
    return status;
  }

  /** Takes a dry run back. It has failed if rows were refused that make the import fail. */
  private undo(): Status {
    const ctx = this.ctx;
    const status = ctx.db.rollback();
    if (this.fileIsNew) removeStore(ctx);
    if (status != OK || this.skipped == 0 || ctx.has("skip-bad")) return status;
    ctx.told = true;
    return fail(BAD_VALUE, "rows were refused");
  }

  private get conflict(): string {
    return this.ctx.invocation.option("on-conflict", "error");
  }

  /** Checks the options, and opens the source. */
  private open(): Status {
    const ctx = this.ctx;
    const known = this.source.chooseFormat();
    if (known != OK) return known;
    const batch = ctx.number("batch", 0);
    if (batch < 0 || (batch == 0 && ctx.has("batch"))) return fail(USAGE, "--batch needs a number of rows, 1 or more");
    this.batch = batch;
    if (!this.create && ctx.has("key") && !ctx.has("on-conflict"))
      return fail(USAGE, "--key goes with --create", "leave --key out, or add --create or --on-conflict");
    if (this.create && this.extra)
      return fail(USAGE, "--ignore-extra goes without --create", "a table that is made has all columns");
    if (checkConflict(this.conflict) != OK) return USAGE;
    if (ctx.has("print") && (ctx.has("dry-run") || ctx.has("on-conflict") || ctx.has("batch")))
      return fail(USAGE, "--print goes without --dry-run, --on-conflict and --batch", "no row goes into the table");
    if (!this.create && ctx.has("types")) return fail(USAGE, "--types goes with --create", "a table that is there has its types");
    if (ctx.has("types")) {
      const status = this.types.parse(ctx.invocation.option("types", ""));
      if (status != OK) return status;
    }
    return this.source.open();
  }

  // ---- the table ----

  /** Opens the store, begins the transaction, and finds or makes the table. */
  private prepare(): Status {
    const ctx = this.ctx;
    if (!this.create) {
      let status = openStore(ctx, true, false);
      if (status != OK) return status;
      const table = ctx.table(this.tableName);
      if (!table) return lastError.status;
      status = this.source.examine(table.schema);
      if (status == OK) status = ctx.db.begin();
      if (status == OK) status = this.useTable(table);
      return status == OK ? this.findForms() : status;
    }
    let status = this.checkFree();
    if (status == OK) status = this.source.examine(null);
    if (status == OK) status = this.infer();
    if (status != OK) return status;
    this.fileIsNew = isMissing(ctx.invocation.file);
    if (!ctx.store) status = openOrMakeStore(ctx);
    if (status == OK) status = ctx.db.begin();
    if (status == OK) status = ctx.db.createTable(this.schema!);
    if (status != OK) return status;
    const table = ctx.db.table(this.tableName);
    return table ? this.useTable(table) : lastError.status;
  }

  /** Makes sure that a table of this name can be made, before a long source is read for it. */
  private checkFree(): Status {
    const ctx = this.ctx;
    if (isMissing(ctx.invocation.file)) return OK;
    const status = openStore(ctx, true, true);
    if (status != OK) return status;
    if (!findTable(ctx.db.tables, this.tableName)) return OK;
    return fail(TABLE_EXISTS, "there is a table " + this.tableName + " already", "leave --create out to add rows to it");
  }

  private useTable(table: Table): Status {
    this.table = table;
    this.row = new Row(table.layout);
    if (this.ctx.has("print")) {
      const printer = RowWriter.all(table.schema);
      printer.leavesOut = true;
      printer.documentsAsText = this.ctx.json;
      this.printer = printer;
    }
    if (this.conflict != "error") {
      const ctx = this.ctx;
      const names = this.create || !ctx.has("key") ? new Array<string>() : splitNames(ctx.invocation.option("key", ""));
      const keyed = KeyedRows.of(ctx.db, table, names, this.conflict == "update");
      if (!keyed) return lastError.status;
      this.keyed = keyed;
    }
    const source = this.source;
    const header = source.header;
    if (!header) return OK;
    const status = header.read(table);
    if (status != OK) return status;
    const cells = source.cells!;
    const defaults = this.ctx.db.catalog.of(DEFAULT, table.name);
    if (!defaults) return lastError.status;
    const csv = source.csv!;
    const mapping = CellMapping.byNames(
      table.schema,
      header.names,
      csv.nulls,
      csv.forms,
      cells.hint,
      defaults,
      this.extra,
      this.conflict == "update" || this.printer != null,
    );
    this.mapping = mapping;
    if (!mapping) return atLine(cells.line, lastError.status);
    mapping.takeForms(source.guesses);
    return OK;
  }

  /** Finds out the forms of cells that go into a table that is there. */
  private findForms(): Status {
    const mapping = this.mapping;
    const status = this.source.findForms(mapping, this.table!.schema, this.types);
    if (mapping) mapping.takeForms(this.source.guesses);
    return status;
  }

  // ---- --create ----

  /** Reads the source once (or what is kept of standard input) to find out the columns. */
  private infer(): Status {
    const source = this.source;
    const guess = source.newGuess(this.types);
    const status = source.guessFrom(guess, this.skipBad);
    if (status != OK) return status;
    const isCut = source.bytes.isCut;
    const schema = guess.schema(this.tableName, this.ctx.invocation.option("key", ""), isCut);
    guess.free();
    if (!schema) return lastError.status;
    this.schema = schema;
    this.sampled = isCut;
    if (this.sampled) this.guard = new GuessGuard(schema, this.types);
    return source.endSample();
  }

  // ---- the rows ----

  private importRows(): Status {
    const progress = new Progress(this.ctx.progress, this.tableName);
    this.progress = progress;
    const db = this.ctx.db;
    const source = this.source;
    const bytes = source.bytes;
    const size = bytes.size;
    // What is wrong with a row of a batch, or of those in any order, can come to light when it is too late to leave it out.
    const batch = new RowBatch(db);
    this.rowBatch = batch;
    this.beginRows();
    const keyed = this.keyed;
    const printer = this.printer;
    if (printer && this.ctx.json && this.schema) {
      addAscii(stdout.buffer, '{"columns":');
      addStrings(stdout.buffer, columnSpecs(this.schema!));
      stdout.line("}");
    }
    for (;;) {
      let status = this.readRow();
      if (status == OK) {
        if (this.atEnd) {
          status = source.checkEscapes();
          return status == OK ? this.commit(db, true) : status;
        }
        status = printer ? this.print(printer) : keyed ? keyed.put(this.row!) : batch.add(this.row!, source.line);
      } else if (!keyed) status = batch.refuse(source.line);
      if (status != OK) {
        const line = keyed ? source.line : batch.badRow;
        if (!this.canSkip(status)) return atLine(line, status);
        status = this.skip(status, line);
        if (status != OK) return status;
        continue;
      }
      this.imported += 1;
      if (this.batch != 0 && !this.isDry && this.imported - this.committed >= <u64>this.batch) {
        status = this.commit(db, false);
        if (status != OK) return status;
      }
      if (printer && isOver(stdout)) return stdout.status;
      progress.row(this.imported, bytes.position, size);
    }
    return OK; // never reached, but the compiler cannot tell
  }

  private print(printer: RowWriter): Status {
    printer.write(this.row!, stdout.buffer);
    stdout.buffer.addU8(10);
    stdout.check();
    return OK;
  }

  private rowBatch: RowBatch | null = null;

  /** Rows that change others than themselves come one by one. */
  private beginRows(): void {
    if (!this.keyed) this.rowBatch!.begin(this.table!, !this.skipBad, !this.ctx.has("skip-bad"));
  }

  /** `readRow` came to the end of the source. */
  private atEnd: bool = false;

  /** Reads the next row of the source into `row`. */
  private readRow(): Status {
    const source = this.source;
    if (!source.next()) {
      this.atEnd = source.status == OK;
      return source.status;
    }
    const cells = source.cells;
    if (!cells) return fillFromObject(this.table!.schema, source.objects!.tape, this.row!, this.guard, this.extra);
    const mapping = this.mapping;
    return mapping ? mapping.fill(cells, this.row!, this.guard) : this.mapByOrder(cells);
  }

  /** The first row of a source without a header. */
  private mapByOrder(cells: DelimitedReader): Status {
    const source = this.source;
    const mapping = source.mapByOrder(this.table!.schema, cells);
    if (!mapping) return lastError.status;
    mapping.takeForms(source.guesses);
    cells.expected = cells.cellCount;
    this.mapping = mapping;
    return mapping.fill(cells, this.row!, this.guard);
  }

  private commit(db: DbmsContext, last: bool): Status {
    const batch = this.rowBatch!;
    let status = batch.finish();
    if (status != OK && this.isDry && batch.badRow != 0) {
      this.imported -= 1;
      status = this.skip(status, batch.badRow);
    }
    if (status != OK) return batch.badRow != 0 ? atLine(batch.badRow, status) : status;
    batch.end();
    if (this.isDry) return OK;
    status = db.commit();
    if (status != OK) return status;
    this.committed = this.imported;
    this.fileIsNew = false;
    if (last) return OK;
    status = db.begin();
    if (status == OK) this.beginRows();
    return status;
  }

  /** Whether `status` is about one row, and others may be fine. */
  private canSkip(status: Status): bool {
    if (!this.skipBad || !this.source.canGoOn) return false;
    if (status >= PRIMARY_KEY_CONFLICT && status <= CHECK_FAILED) return true;
    return status == BAD_VALUE || status == COLUMN_NOT_FOUND || status == RECORD_TOO_LARGE || status == KEY_TOO_LARGE;
  }

  /** Counts a bad row, and lists it when it is one of the first. */
  private skip(status: Status, line: u64): Status {
    this.skipped += 1;
    if (this.skipped <= MOST_LISTED) {
      atLine(line, status);
      const text = errorMessage();
      if (this.ctx.json) this.listed.push(badRow(line, status, text));
      else {
        this.progress!.end();
        stderr.line((this.isDry ? "refused " : "skipped ") + text);
      }
    }
    if (this.garbage.add(1)) {
      __collect();
      this.garbage.collected(this.ctx.db.store.weight);
    }
    return OK;
  }

  // ---- afterwards ----

  /** Takes a failed import back and says in the error what remains of it. */
  private takeBack(): void {
    const store = this.ctx.store;
    const status = lastError.status;
    const what = lastError.what;
    let hint = lastError.hint;
    const pageNo = lastError.pageNo;
    const pageOffset = lastError.pageOffset;
    const began = store != null && store.inTransaction;
    if (began && store!.rollback() != OK) return;
    if (this.fileIsNew) removeStore(this.ctx);
    if (began && status != USAGE) {
      if (this.committed > 0) hint = joined(hint, "the " + grouped(this.committed) + " rows of the batches before stay");
      else hint = joined(hint, "nothing was imported");
    }
    if (this.create && this.schema && status == PRIMARY_KEY_CONFLICT) {
      hint = joined(
        "name another column with --key, or create the table first, with a key that counts (id:uint32:pk:auto)",
        hint,
      );
    } else if (this.sampled && status == BAD_VALUE && badColumn != "") {
      const option = "--types " + shellWord(badColumn + "=text");
      hint = joined("the types are those of the first 16 MiB: import a file by its name, or add " + option, hint);
    } else if (this.sampled && status == COLUMN_NOT_FOUND) {
      hint = joined("the columns are those of the first 16 MiB: import a file by its name, or add --types NAME=TYPE", hint);
    }
    fail(status, what, hint);
    lastError.pageNo = pageNo;
    lastError.pageOffset = pageOffset;
  }

  private report(): void {
    const layout = this.ctx.db.manager.layout;
    const source = this.source;
    const header = source.header;
    const notes = source.notes;
    const extra = this.extra;
    if (extra && extra.note != "") notes.lines.push(extra.note);
    source.notePlace();
    const mapping = this.mapping;
    if (mapping && mapping.nullNote != "") notes.lines.push(mapping.nullNote);
    const report = new ImportReport(
      this.tableName,
      this.keyed ? this.keyed!.done : this.imported,
      this.skipped,
      this.progress!.seconds,
      this.schema,
      layout,
      header ? header.lacking : "",
      notes.all(),
      this.keyed,
      this.isDry,
      this.printer != null,
    );
    if (this.ctx.json) report.printJson(this.listed);
    else report.print(this.skipped > MOST_LISTED ? this.skipped - MOST_LISTED : 0);
  }
}

function joined(a: string, b: string): string {
  return a == "" ? b : a + "; " + b;
}
