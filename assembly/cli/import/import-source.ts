/** What comes into an import: how it is written, which options say or which is found out, and its rows, one at a time. */
import { Status, OK, USAGE, BAD_VALUE, fail, lastError } from "../../status";
import { asciiLower } from "../../encode/ascii";
import { shellWord } from "../../encode/shell-words";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { CommandContext } from "../command-line/context";
import { ByteSource, atLine } from "./byte-source";
import { CellMapping } from "./cell-mapping";
import { TypeChoices } from "./column-types";
import { CsvOptions } from "./csv-options";
import { ANY_ENCODING, Decoder, ENCODINGS, UTF_8, encodingNamed } from "./decoder";
import { DelimitedReader } from "./delimited-reader";
import { Header } from "./header";
import { ColumnGuess } from "./infer-column";
import { decideForms, formNotes } from "./infer-form";
import { TableGuess } from "./infer-schema";
import { guessFromCells, guessFromObjects } from "./infer-source";
import { JsonPlace, JsonSurvey } from "./json-place";
import { JsonReader } from "./json-reader";
import { JsonShape } from "./json-shape";
import { MOST_DEPTH } from "./json-walk";
import { ImportNotes } from "./notes";
import { Sniffer } from "./sniff";
import { encodingOf, refuseForeign } from "./source-kind";

export class ImportSource {
  readonly notes: ImportNotes = new ImportNotes();
  /** How CSV and TSV are written. */
  csv: CsvOptions | null = null;
  /** The names of a source in CSV or TSV that has them. */
  header: Header | null = null;
  /** What was found out about the columns of CSV and TSV. */
  guesses: Array<ColumnGuess> = new Array<ColumnGuess>();
  /** The reader of CSV and TSV, or that of JSON and NDJSON. */
  cells: DelimitedReader | null = null;
  objects: JsonReader | null = null;
  private readonly path: string;
  private format: string = "";
  private opened: ByteSource | null = null;

  /** With `create` the table is to be found out from the source. */
  constructor(
    private readonly ctx: CommandContext,
    private readonly create: bool,
  ) {
    this.path = ctx.words.length > 1 ? ctx.word(1) : "-";
  }

  // ---- opening it ----

  /** Finds out the format: fails when none is told, with what the source is if no format suits it. */
  chooseFormat(): Status {
    this.format = this.formatOf(this.path);
    return this.format == "" ? this.refuseUnknown() : OK;
  }

  private formatOf(path: string): string {
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

  /** The error for a source whose format is not known: a file that no format suits is told for what it is. */
  private refuseUnknown(): Status {
    const path = this.path;
    if (path == "-" || this.ctx.has("format")) return USAGE;
    const source = ByteSource.open(path);
    if (!source) return lastError.status;
    this.opened = source;
    if (refuseForeign(source) != OK) return lastError.status;
    if (asciiLower(path).endsWith(".br"))
      return fail(
        BAD_VALUE,
        path + " is compressed with Brotli",
        "npx quire reads it; or unpack it first: brotli -dc FILE | quire … import TABLE -",
      );
    this.formatOf(path);
    return lastError.status;
  }

  private get isJson(): bool {
    return this.format == "json";
  }

  private get isDelimited(): bool {
    return this.format == "csv" || this.format == "tsv";
  }

  /** Reads the options that say how the source is written, and opens it. */
  open(): Status {
    const ctx = this.ctx;
    let encoding = ANY_ENCODING;
    if (ctx.has("encoding")) {
      encoding = encodingNamed(ctx.invocation.option("encoding", ""));
      if (encoding == ANY_ENCODING) return lastError.status;
    }
    if (!this.isJson && (ctx.has("rows") || ctx.has("key-as"))) return fail(USAGE, "--rows and --key-as go with --format json");
    if (!this.isJson && this.format != "ndjson" && ctx.has("flatten"))
      return fail(USAGE, "--flatten goes with --format json or ndjson");
    let csv: CsvOptions | null = null;
    if (this.isDelimited) {
      csv = new CsvOptions(ctx, this.format == "tsv");
      this.csv = csv;
      const status = csv.read();
      if (status != OK) return status;
    } else if (CsvOptions.refuse(ctx) != OK) return USAGE;
    const source = ByteSource.open(this.path);
    if (!source) return lastError.status;
    this.opened = source;
    let status = this.decode(source, encoding);
    if (status == OK && (this.create || this.isJson)) status = source.beginSample();
    if (status != OK) return status;
    if (csv) this.cells = new DelimitedReader(source, csv.dialect);
    else {
      const objects = new JsonReader(source, !this.isJson);
      objects.tape.takesWide = true;
      objects.shape = new JsonShape(ctx.invocation.option("key-as", "key"), ctx.has("flatten"));
      this.objects = objects;
    }
    return source.status;
  }

  /** Makes text of what the source is, in the encoding that was chosen, or that it is told to be in. */
  private decode(source: ByteSource, encoding: u8): Status {
    if (encoding == ANY_ENCODING) {
      const status = refuseForeign(source, true);
      if (status != OK) return status;
      encoding = encodingOf(source, this.isDelimited);
      if (encoding != UTF_8) this.notes.read("the encoding " + ENCODINGS[encoding], "--encoding");
    }
    if (encoding != UTF_8) source.decodeWith(new Decoder(encoding));
    return source.status;
  }

  /** Its bytes, once it is open. */
  get bytes(): ByteSource {
    return this.opened!;
  }

  close(): void {
    const source = this.opened;
    if (source) source.close();
  }

  // ---- finding out how it is written ----

  /** Finds out how CSV or TSV is written, or where in JSON the rows are; `schema` is that of a table that is there. */
  examine(schema: TableSchemaSnapshot | null): Status {
    const cells = this.cells;
    if (cells) return this.sniff(cells, schema);
    if (schema) this.objects!.shape!.takeColumns(schema);
    return this.isJson ? this.placeRows(this.objects!, schema) : OK;
  }

  private sniff(cells: DelimitedReader, schema: TableSchemaSnapshot | null): Status {
    const csv = this.csv!;
    const source = this.bytes;
    const isSniffed = !csv.chosen.delimiter;
    const sniffer = new Sniffer(source, cells, csv.chosen, schema, this.notes, csv.tsv);
    sniffer.hasHeader = csv.header;
    sniffer.run();
    if (sniffer.hasHeader) this.header = new Header(source, cells, this.notes, isSniffed);
    return source.status;
  }

  /** Finds out where in JSON the rows are, and goes back to its start. */
  private placeRows(objects: JsonReader, schema: TableSchemaSnapshot | null): Status {
    const source = this.bytes;
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
    if (!this.create) return this.endSample();
    const status = source.rewind();
    if (status == OK) objects.restart();
    return status;
  }

  /** Adds all rows (of standard input those of the sample) to `guess`, which is a `newGuess`. */
  guessFrom(guess: TableGuess, skipBad: bool): Status {
    const cells = this.cells;
    const header = this.header;
    let status = header ? header.infer() : OK;
    if (status != OK) return status;
    status = cells
      ? guessFromCells(cells, guess, header ? header.names : null, this.csv!.nulls, skipBad)
      : this.guessObjects(this.objects!, guess, skipBad);
    if (status != OK) return atLine(this.line, status);
    return cells ? this.takeGuesses(guess) : OK;
  }

  private guessObjects(objects: JsonReader, guess: TableGuess, skipBad: bool): Status {
    let status = guessFromObjects(objects, guess, skipBad);
    const shape = objects.shape!;
    if (status != OK || !shape.isRenamed) return status;
    // Now that all names are known, rows have the same columns from the first one on.
    status = this.bytes.rewind();
    if (status != OK) return status;
    objects.restart();
    guess.restart();
    return guessFromObjects(objects, guess, skipBad);
  }

  /** A guess for rows of this source. */
  newGuess(types: TypeChoices): TableGuess {
    const csv = this.csv;
    return csv ? new TableGuess(types, csv.forms, csv.nulls.takesWords) : new TableGuess(types, null, false);
  }

  /** Goes back to the start, for a reading to the end. */
  endSample(): Status {
    const status = this.bytes.endSample();
    if (status != OK) return status;
    const cells = this.cells;
    if (cells) cells.restart();
    else this.objects!.restart();
    return OK;
  }

  /**
   * Finds out the forms of cells from the next ones, which `mapping` puts into a table that is there, or which with null go into the
   * columns of `schema` in their order.
   */
  findForms(mapping: CellMapping | null, schema: TableSchemaSnapshot, types: TypeChoices): Status {
    const cells = this.cells;
    if (!cells) return OK;
    const source = this.bytes;
    source.beginHead();
    const start = source.start;
    const mark = cells.mark;
    const expected = cells.expected;
    if (!mapping && cells.next()) {
      mapping = this.mapByOrder(schema, cells);
      source.start = start;
      cells.back(mark);
    }
    let status: Status = OK;
    if (mapping) {
      const guess = this.newGuess(types);
      for (let i = 0; i < mapping.cellCount; i++) guess.addCells(mapping.columnAt(i));
      cells.expected = mapping.cellCount;
      guessFromCells(cells, guess, null, this.csv!.nulls, true);
      status = this.takeGuesses(guess);
      guess.free();
    }
    source.endHead(start);
    cells.back(mark);
    cells.expected = expected;
    return status;
  }

  /** Decides the forms of cells from what was found out about their columns. */
  private takeGuesses(guess: TableGuess): Status {
    this.guesses = guess.columns;
    const status = decideForms(this.guesses, this.csv!.dialect.delimiter);
    if (status == OK) formNotes(this.guesses, this.notes);
    return status;
  }

  /** Maps the cells of the row read last to the columns of `schema` in their order; null when they are too few or too many. */
  mapByOrder(schema: TableSchemaSnapshot, cells: DelimitedReader): CellMapping | null {
    const csv = this.csv!;
    return CellMapping.byOrder(schema, cells.cellCount, csv.nulls, csv.forms);
  }

  // ---- its rows ----

  /** To the next row; false at the end, and when `status` is not `OK`. */
  next(): bool {
    const cells = this.cells;
    return cells ? cells.next() : this.objects!.next();
  }

  /** What is wrong with the row that `next` came to. */
  get status(): Status {
    const cells = this.cells;
    return cells ? cells.status : this.objects!.status;
  }

  /** The line that the row read last starts in. */
  get line(): u64 {
    const cells = this.cells;
    return cells ? cells.line : this.objects!.line;
  }

  /** Whether rows may come behind one that is malformed. */
  get canGoOn(): bool {
    const objects = this.objects;
    return this.bytes.status == OK && (!objects || objects.canGoOn);
  }

  /** Fails when some backslashes were escapes, and others none, of which no option says that they are. */
  checkEscapes(): Status {
    const cells = this.cells;
    if (!cells || this.csv!.chosen.escape || cells.escapeCount == 0) return OK;
    if (cells.strayLine == 0) {
      this.notes.read("backslashes as escapes", "--escape");
      return OK;
    }
    fail(
      BAD_VALUE,
      "a backslash begins no escape, and others do",
      "--escape '' takes them as they stand, --escape '\\' takes escapes where they are",
    );
    return atLine(cells.strayLine, BAD_VALUE);
  }

  /** Notes what was found out about rows in JSON. */
  notePlace(): void {
    const objects = this.objects;
    if (!objects) return;
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
}

/** Fails because the rows may be in several places, of which these are some. */
function severalPlaces(paths: Array<string>): Status {
  const hint = "name one with --rows, as --rows " + shellWord(paths[0]) + "; with --rows '' the outermost object is a row";
  return fail(BAD_VALUE, "there are objects in several arrays: " + paths.join(", "), hint);
}
