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
import { Row } from "../../encode/row";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { DEFAULT } from "../../store/catalog";
import { DbmsContext } from "../../store/dbms-context";
import { Garbage } from "../../request/garbage";
import { RowBatch } from "../../store/row-batch";
import { Table } from "../../store/table";
import { findTable } from "../../store/table-list";
import { stderr } from "../../wasi/stdio";
import { CommandContext, openStore } from "../command-line/context";
import { splitNames } from "../command-line/name-list";
import { DelimitedReader } from "./delimited-reader";
import { isMissing } from "../../wasi/file";
import { openOrMakeStore, removeStore } from "../command-line/made-store";
import { JsonPlace, JsonSurvey } from "./json-place";
import { JsonReader } from "./json-reader";
import { JsonShape } from "./json-shape";
import { MOST_DEPTH } from "./json-walk";
import { Progress, grouped } from "../output/progress";
import { ImportReport, badRow, printNotes } from "./report";
import { Header } from "./header";
import { badColumn, fillFromObject } from "./row-reader";
import { ByteSource, atLine } from "./byte-source";
import { ExtraColumns } from "./extra-columns";
import { KeyedRows, checkConflict } from "./keyed-rows";
import { CellMapping } from "./cell-mapping";
import { CsvOptions } from "./csv-options";
import { ANY_ENCODING, Decoder, ENCODINGS, UTF_8, encodingNamed } from "./decoder";
import { TypeChoices } from "./column-types";
import { GuessGuard } from "./infer-guard";
import { TableGuess } from "./infer-schema";
import { ColumnGuess } from "./infer-column";
import { decideForms, formNotes } from "./infer-form";
import { guessFromCells, guessFromObjects } from "./infer-source";
import { ImportNotes } from "./notes";
import { Sniffer } from "./sniff";
import { encodingOf, refuseForeign } from "./source-kind";
import { shellWord } from "../../encode/shell-words";
import { asciiLower } from "../../encode/ascii";

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
  private extra: ExtraColumns | null = null;
  /** What becomes of rows whose key is there already; null: they are an error. */
  private keyed: KeyedRows | null = null;
  private batch: i64 = 0;
  /** How CSV and TSV are written. */
  private csv: CsvOptions | null = null;
  /** What was found out about their columns. */
  private guesses: Array<ColumnGuess> = new Array<ColumnGuess>();
  private readonly notes: ImportNotes = new ImportNotes();
  private source: ByteSource | null = null;
  private cells: DelimitedReader | null = null;
  private objects: JsonReader | null = null;
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
  private header: Header | null = null;
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
    this.create = ctx.has("create");
    this.isDry = ctx.has("dry-run");
    this.skipBad = this.isDry || ctx.has("skip-bad");
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
      if (!this.ctx.json) printNotes(this.notes.decisions());
      this.takeBack();
    }
    if (status == OK && this.isDry) status = this.undo();
    const source = this.source;
    if (source) source.close();
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
    return BAD_VALUE;
  }

  private get conflict(): string {
    return this.ctx.invocation.option("on-conflict", "error");
  }

  // ---- what comes in ----

  private open(): Status {
    const ctx = this.ctx;
    const path = ctx.words.length > 1 ? ctx.word(1) : "-";
    const format = this.format(path);
    if (format == "") return this.refuseUnknown(path);
    const batch = ctx.number("batch", 0);
    if (batch < 0 || (batch == 0 && ctx.has("batch"))) return fail(USAGE, "--batch needs a number of rows, 1 or more");
    this.batch = batch;
    if (!this.create && ctx.has("key") && !ctx.has("on-conflict"))
      return fail(USAGE, "--key goes with --create", "leave --key out, or add --create or --on-conflict");
    if (this.create && this.extra)
      return fail(USAGE, "--ignore-extra goes without --create", "a table that is made has all columns");
    if (checkConflict(this.conflict) != OK) return USAGE;
    if (!this.create && ctx.has("types")) return fail(USAGE, "--types goes with --create", "a table that is there has its types");
    if (ctx.has("types")) {
      const status = this.types.parse(ctx.invocation.option("types", ""));
      if (status != OK) return status;
    }
    let encoding = ANY_ENCODING;
    if (ctx.has("encoding")) {
      encoding = encodingNamed(ctx.invocation.option("encoding", ""));
      if (encoding == ANY_ENCODING) return lastError.status;
    }
    const isJson = format == "json";
    if (!isJson && (ctx.has("rows") || ctx.has("key-as"))) return fail(USAGE, "--rows and --key-as go with --format json");
    if (!isJson && format != "ndjson" && ctx.has("flatten")) return fail(USAGE, "--flatten goes with --format json or ndjson");
    const isDelimited = format == "csv" || format == "tsv";
    let csv: CsvOptions | null = null;
    if (isDelimited) {
      csv = new CsvOptions(ctx, format == "tsv");
      this.csv = csv;
      const status = csv.read();
      if (status != OK) return status;
    } else if (CsvOptions.refuse(ctx) != OK) return USAGE;
    const source = ByteSource.open(path);
    if (!source) return lastError.status;
    this.source = source;
    let status = this.decode(source, encoding, isDelimited);
    if (status == OK && (this.create || isJson)) status = source.beginSample();
    if (status != OK) return status;
    if (csv) this.cells = new DelimitedReader(source, csv.dialect);
    else {
      const objects = new JsonReader(source, !isJson);
      objects.shape = new JsonShape(ctx.invocation.option("key-as", "key"), ctx.has("flatten"));
      this.objects = objects;
      this.placesRows = isJson;
    }
    return source.status;
  }

  /** Makes text of what the source is, in the encoding that was chosen, or that it is told to be in. */
  private decode(source: ByteSource, encoding: u8, isDelimited: bool): Status {
    if (encoding == ANY_ENCODING) {
      const status = refuseForeign(source, true);
      if (status != OK) return status;
      encoding = encodingOf(source, isDelimited);
      if (encoding != UTF_8) this.notes.read("the encoding " + ENCODINGS[encoding], "--encoding");
    }
    if (encoding != UTF_8) source.decodeWith(new Decoder(encoding));
    return source.status;
  }

  /** Finds out how CSV or TSV is written; `schema` is that of a table that is there. */
  private sniff(schema: TableSchemaSnapshot | null): Status {
    const cells = this.cells;
    const csv = this.csv;
    if (!cells || !csv) return OK;
    const source = this.source!;
    const isSniffed = !csv.chosen.delimiter;
    const sniffer = new Sniffer(source, cells, csv.chosen, schema, this.notes);
    sniffer.hasHeader = csv.header;
    sniffer.run();
    if (sniffer.hasHeader) this.header = new Header(source, cells, this.notes, isSniffed);
    return source.status;
  }

  /** The rows may be inside of an object. */
  private placesRows: bool = false;

  /** Finds out where in JSON the rows are, and goes back to its start; `schema` is that of a table that is there. */
  private placeRows(schema: TableSchemaSnapshot | null): Status {
    if (!this.placesRows) return OK;
    const objects = this.objects!;
    const source = this.source!;
    if (this.ctx.has("rows")) {
      const path = this.ctx.invocation.option("rows", "");
      const place = path != "" ? new JsonPlace(path) : null;
      if (place && place.parts.length > MOST_DEPTH)
        return fail(USAGE, "--rows has more than " + MOST_DEPTH.toString() + " names");
      objects.place = place;
    } else {
      const survey = new JsonSurvey();
      survey.look(objects.cursor, schema);
      if (survey.several.length > 0) return severalPlaces(survey.several);
      objects.place = survey.place;
    }
    if (source.status != OK) return source.status;
    const status = this.create ? source.rewind() : source.endSample();
    if (status == OK) objects.restart();
    return status;
  }

  /** Notes what was found out about rows in JSON. */
  private notePlace(objects: JsonReader): void {
    const place = objects.place;
    const shape = objects.shape!;
    if (place && place.isFound) {
      const what =
        place.parts.length > 0
          ? "the rows are the elements of " + place.path
          : "each member of the outermost object is a row, with its name in " + shape.keyColumn;
      this.notes.lines.push(what + "; with --rows '' the outermost object is one");
    }
    if (shape.hasFeatures) this.notes.lines.push("the rows are GeoJSON features, with their properties as columns");
  }

  /** The error for a source whose format is not known: a file that no format suits is told for what it is. */
  private refuseUnknown(path: string): Status {
    if (path == "-" || this.ctx.has("format")) return USAGE;
    const source = ByteSource.open(path);
    if (!source) return lastError.status;
    this.source = source;
    if (refuseForeign(source) != OK) return lastError.status;
    if (asciiLower(path).endsWith(".br"))
      return fail(
        BAD_VALUE,
        path + " is compressed with Brotli",
        "npx quire reads it; or unpack it first: brotli -dc FILE | quire … import TABLE -",
      );
    this.format(path);
    return lastError.status;
  }

  /** The source's format, "" on failure. */
  private format(path: string): string {
    const given = this.ctx.invocation.option("format", "");
    if (given == "csv" || given == "tsv" || given == "ndjson" || given == "json") return given;
    if (given != "") {
      fail(USAGE, "import knows no format " + given, "formats: csv, tsv, ndjson, json");
      return "";
    }
    const lower = asciiLower(path);
    if (lower.endsWith(".csv")) return "csv";
    if (lower.endsWith(".tsv") || lower.endsWith(".tab")) return "tsv";
    if (lower.endsWith(".ndjson") || lower.endsWith(".jsonl")) return "ndjson";
    if (lower.endsWith(".json")) return "json";
    fail(USAGE, (path == "-" ? "standard input" : path) + " does not tell its format", "add --format csv, tsv, ndjson or json");
    return "";
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
      status = this.sniff(table.schema);
      if (status == OK) status = this.placeRows(table.schema);
      if (status == OK) status = ctx.db.begin();
      if (status == OK) status = this.useTable(table);
      return status == OK ? this.findForms() : status;
    }
    let status = this.checkFree();
    if (status == OK) status = this.sniff(null);
    if (status == OK) status = this.placeRows(null);
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
    if (this.conflict != "error") {
      const ctx = this.ctx;
      const names = this.create || !ctx.has("key") ? new Array<string>() : splitNames(ctx.invocation.option("key", ""));
      const keyed = KeyedRows.of(ctx.db, table, names, this.conflict == "update");
      if (!keyed) return lastError.status;
      this.keyed = keyed;
    }
    const header = this.header;
    if (!header) return OK;
    const status = header.read(table);
    if (status != OK) return status;
    const cells = this.cells!;
    const defaults = this.ctx.db.catalog.of(DEFAULT, table.name);
    if (!defaults) return lastError.status;
    const csv = this.csv!;
    const mapping = CellMapping.byNames(
      table.schema,
      header.names,
      csv.nulls,
      csv.forms,
      cells.hint,
      defaults,
      this.extra,
      this.conflict == "update",
    );
    this.mapping = mapping;
    if (!mapping) return atLine(cells.line, lastError.status);
    mapping.takeForms(this.guesses);
    return OK;
  }

  /** Finds out the forms of cells that go into a table that is there, from the next ones. */
  private findForms(): Status {
    const cells = this.cells;
    const csv = this.csv;
    if (!cells || !csv) return OK;
    const source = this.source!;
    source.beginHead();
    const start = source.start;
    const mark = cells.mark;
    const expected = cells.expected;
    let mapping = this.mapping;
    if (!mapping && cells.next()) {
      mapping = CellMapping.byOrder(this.table!.schema, cells.cellCount, csv.nulls, csv.forms);
      source.start = start;
      cells.back(mark);
    }
    if (mapping) {
      const guess = new TableGuess(this.types, csv.forms, csv.nulls.takesWords);
      for (let i = 0; i < mapping.cellCount; i++) guess.addCells(mapping.columnAt(i));
      cells.expected = mapping.cellCount;
      guessFromCells(cells, guess, null, csv.nulls, true);
      this.guesses = guess.columns;
      guess.free();
    }
    source.endHead(start);
    cells.back(mark);
    cells.expected = expected;
    const status = this.decideForms();
    if (mapping) mapping.takeForms(this.guesses);
    return status;
  }

  private decideForms(): Status {
    const status = decideForms(this.guesses, this.csv!.dialect.delimiter);
    if (status == OK) formNotes(this.guesses, this.notes);
    return status;
  }

  // ---- --create ----

  /** Reads the source once (or what is kept of standard input) to find out the columns. */
  private infer(): Status {
    const source = this.source!;
    const csv = this.csv;
    const guess = csv ? new TableGuess(this.types, csv.forms, csv.nulls.takesWords) : new TableGuess(this.types, null, false);
    const cells = this.cells;
    const objects = this.objects;
    const header = this.header;
    let status = header ? header.infer() : OK;
    if (status != OK) return status;
    status = cells
      ? guessFromCells(cells, guess, header ? header.names : null, csv!.nulls, this.skipBad)
      : guessFromObjects(objects!, guess, this.skipBad);
    if (status != OK) return atLine(this.line, status);
    if (csv) {
      this.guesses = guess.columns;
      status = this.decideForms();
      if (status != OK) return status;
    }
    const schema = guess.schema(this.tableName, this.ctx.invocation.option("key", ""), source.isCut);
    guess.free();
    if (!schema) return lastError.status;
    this.schema = schema;
    this.sampled = source.isCut;
    if (this.sampled) this.guard = new GuessGuard(schema, this.types);
    status = source.endSample();
    if (status != OK) return status;
    if (cells) cells.restart();
    else objects!.restart();
    return OK;
  }

  // ---- the rows ----

  private importRows(): Status {
    const progress = new Progress(this.ctx.progress, this.tableName);
    this.progress = progress;
    const db = this.ctx.db;
    const source = this.source!;
    const size = source.size;
    // What is wrong with a row of a batch, or of those in any order, can come to light when it is too late to leave it out.
    const batch = new RowBatch(db);
    this.rowBatch = batch;
    this.beginRows();
    const keyed = this.keyed;
    for (;;) {
      let status = this.readRow();
      if (status == OK) {
        if (this.atEnd) return this.commit(db, true);
        status = keyed ? keyed.put(this.row!) : batch.add(this.row!, this.line);
      } else if (!keyed) status = batch.refuse(this.line);
      if (status != OK) {
        const line = keyed ? this.line : batch.badRow;
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
      progress.row(this.imported, source.position, size);
    }
    return OK; // never reached, but the compiler cannot tell
  }

  private rowBatch: RowBatch | null = null;

  /** Rows that change others than themselves come one by one. */
  private beginRows(): void {
    if (!this.keyed) this.rowBatch!.begin(this.table!, !this.skipBad, !this.ctx.has("skip-bad"));
  }

  /** `readRow` came to the end of the source. */
  private atEnd: bool = false;

  /** The line that the row read last starts in. */
  private get line(): u64 {
    const cells = this.cells;
    return cells ? cells.line : this.objects!.line;
  }

  /** Reads the next row of the source into `row`. */
  private readRow(): Status {
    const cells = this.cells;
    if (cells) {
      if (!cells.next()) {
        this.atEnd = cells.status == OK;
        return cells.status;
      }
      const mapping = this.mapping;
      if (mapping) return mapping.fill(cells, this.row!, this.guard);
      return this.mapByOrder(cells);
    }
    const objects = this.objects!;
    if (!objects.next()) {
      this.atEnd = objects.status == OK;
      return objects.status;
    }
    return fillFromObject(this.table!.schema, objects.tape, this.row!, this.guard, this.extra);
  }

  /** The first row of a source without a header. */
  private mapByOrder(cells: DelimitedReader): Status {
    const csv = this.csv!;
    const mapping = CellMapping.byOrder(this.table!.schema, cells.cellCount, csv.nulls, csv.forms);
    if (!mapping) return lastError.status;
    mapping.takeForms(this.guesses);
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
    if (!this.skipBad || this.source!.status != OK) return false;
    const objects = this.objects;
    if (objects && !objects.canGoOn) return false;
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
    const header = this.header;
    const extra = this.extra;
    if (extra && extra.note != "") this.notes.lines.push(extra.note);
    const objects = this.objects;
    if (objects) this.notePlace(objects);
    const mapping = this.mapping;
    if (mapping && mapping.nullNote != "") this.notes.lines.push(mapping.nullNote);
    const report = new ImportReport(
      this.tableName,
      this.keyed ? this.keyed!.done : this.imported,
      this.skipped,
      this.progress!.seconds,
      this.schema,
      layout,
      header ? header.lacking : "",
      this.notes.all(),
      this.keyed,
      this.isDry,
    );
    if (this.ctx.json) report.printJson(this.listed);
    else report.print(this.skipped > MOST_LISTED ? this.skipped - MOST_LISTED : 0);
  }
}

/** Fails because the rows may be in several places, of which these are some. */
function severalPlaces(paths: Array<string>): Status {
  const hint = "name one with --rows, as --rows " + shellWord(paths[0]) + "; with --rows '' the outermost object is a row";
  return fail(BAD_VALUE, "there are objects in several arrays: " + paths.join(", "), hint);
}

function joined(a: string, b: string): string {
  return a == "" ? b : a + "; " + b;
}
