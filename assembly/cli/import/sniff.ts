/**
 * Finds out how a CSV source is written, from its head: what divides and quotes cells, which lines come before the header, and whether
 * there is one. What an option chose is not asked. Nothing is left out but lines before the header, and only such that no table begins
 * with: one cell each, comments, or what comes before a row that names the columns of typed ones.
 */
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { TYPE_TEXT, TYPE_BLOB, TYPE_JSON, TYPE_BOOLEAN, TYPE_DATE, TYPE_DATETIME } from "../../encode/data-type";
import { asciiLower } from "../../encode/ascii";
import { isUtf8 } from "../../encode/utf8";
import { parseUnsigned, parsedUnsigned } from "../../encode/digits";
import { ByteSource } from "./byte-source";
import { DelimitedReader } from "./delimited-reader";
import { COMMA, Dialect, QUOTE, TAB } from "./dialect";
import { ImportNotes } from "./notes";
import {
  CELL_BOOLEAN,
  CELL_DATE,
  CELL_EMPTY,
  CELL_NUMBER,
  CELL_TEXT,
  CELL_YEAR,
  MOST_ROWS,
  SniffedRows,
  cellKind,
} from "./sniff-rows";

const APOSTROPHE: u32 = 0x27;
const DELIMITERS: StaticArray<u8> = [0x2c, 0x3b, 0x09, 0x7c];
/** Lines before the header that are left out at most. */
const MOST_SKIPPED: u32 = 50;

/** What options chose. */
export class DialectChoices {
  delimiter: bool = false;
  quote: bool = false;
  escape: bool = false;
  skip: bool = false;
  /** `--header` or `--no-header`. */
  header: bool = false;
}

export class Sniffer {
  /** The source has a header. */
  hasHeader: bool = true;
  private readonly dialect: Dialect;

  /** `table`: where the rows go, null when it is to be made. */
  constructor(
    private readonly source: ByteSource,
    private readonly cells: DelimitedReader,
    private readonly chosen: DialectChoices,
    private readonly table: TableSchemaSnapshot | null,
    private readonly notes: ImportNotes,
    /** The source is to be TSV: tabs divide cells, and backslashes may be escapes. */
    private readonly isTsv: bool,
  ) {
    this.dialect = cells.dialect;
  }

  /** Finds out what is not chosen, and goes back to the source's start. */
  run(): void {
    const source = this.source;
    const dialect = this.dialect;
    source.beginHead();
    const start = source.start;
    this.takeSepLine(start);
    let rows = this.look(start);
    if (this.isTsv) rows = this.chooseEscapes(start, rows);
    else {
      rows = this.chooseDelimiter(start, rows);
      this.chooseQuote(start, rows);
      rows = this.look(start);
    }
    this.hasStrays = rows.hasStrays;
    if (this.mayHaveTitles) dialect.skip = this.titleLines(start, rows);
    if (!this.chosen.header) this.hasHeader = this.looksLikeHeader(start, dialect.skip) != -1;
    source.endHead(start);
    this.cells.restart();
    this.say();
  }

  /** There are backslashes that begin no escapes. */
  private hasStrays: bool = false;

  private look(start: usize): SniffedRows {
    this.source.start = start;
    this.cells.restart();
    const rows = new SniffedRows();
    rows.read(this.cells);
    return rows;
  }

  /** A first line like sep=; says what divides cells. */
  private takeSepLine(start: usize): void {
    const source = this.source;
    this.cells.restart();
    const ptr = source.start;
    if (this.chosen.skip || source.available < 6 || load<u32>(ptr) != 0x3d706573) return;
    const byte = <u32>load<u8>(ptr, 4);
    if ((load<u8>(ptr, 5) != 0x0a && load<u8>(ptr, 5) != 0x0d) || byte > 127 || byte == QUOTE) return;
    if (!this.chosen.delimiter) {
      this.dialect.delimiter = byte;
      this.chosen.delimiter = true;
    }
    this.dialect.skip = 1;
    source.start = start;
  }

  private chooseDelimiter(start: usize, rows: SniffedRows): SniffedRows {
    const dialect = this.dialect;
    if (this.chosen.delimiter) return rows;
    let best = COMMA;
    let bestNames = this.namesKnown(start);
    for (let i = 1; i < DELIMITERS.length; i++) {
      dialect.delimiter = DELIMITERS[i];
      const others = this.look(start);
      if (!this.isTable(start, others)) continue;
      const names = this.namesKnown(start);
      if (names == bestNames ? !others.isBetterThan(rows) : names < bestNames) continue;
      rows = others;
      best = dialect.delimiter;
      bestNames = names;
    }
    dialect.delimiter = best;
    return rows;
  }

  /** Nothing says how many lines come before the header. */
  private get mayHaveTitles(): bool {
    return !this.chosen.skip && this.dialect.skip == 0 && !this.dialect.ragged;
  }

  /** Whether rows have several cells, from the first one on, which may leave one out, or from behind titles. */
  private isTable(start: usize, rows: SniffedRows): bool {
    const first = rows.counts[0];
    if (rows.usual < 2) return false;
    if (first == rows.usual || (first > 1 && first + 1 == rows.usual)) return true;
    return this.mayHaveTitles && this.titleLines(start, rows) > 0;
  }

  /** How many columns of the table the first row names; 0 when a name is none of its. */
  private namesKnown(start: usize): u32 {
    const table = this.table;
    if (!table) return 0;
    this.source.start = start;
    const cells = this.cells;
    cells.restart();
    if (!cells.next()) return 0;
    for (let i: u32 = 0; i < cells.cellCount; i++) if (!isNameOf(table, cells.textPtr(i), cells.textLen(i))) return 0;
    return cells.cellCount;
  }

  /** Takes backslashes of TSV for what they are as soon as one is no escape, and quotes for quotes where all of them can be. */
  private chooseEscapes(start: usize, rows: SniffedRows): SniffedRows {
    const dialect = this.dialect;
    const chosen = this.chosen;
    if (!chosen.escape && rows.hasStrays) {
      dialect.escapes = false;
      rows = this.look(start);
      rows.hasStrays = true;
    }
    if (chosen.quote || !rows.sawQuote) return rows;
    const escapes = dialect.escapes;
    dialect.quote = QUOTE;
    if (!chosen.escape) dialect.escapes = false;
    const others = this.look(start);
    const isLike = rows.hasEscapes ? others.share > rows.share : others.share >= rows.share;
    if (isLike && others.malformed <= rows.malformed && others.quoted > 0 && others.lastLine * 2 >= rows.lastLine) {
      this.hasQuotes = true;
      return others;
    }
    dialect.quote = 0;
    dialect.escapes = escapes;
    return rows;
  }

  /** Quotes of TSV are quotes. */
  private hasQuotes: bool = false;

  /** Takes the apostrophe for a quote where it is one in all rows, and blanks before quotes for nothing. */
  private chooseQuote(start: usize, rows: SniffedRows): void {
    const dialect = this.dialect;
    if (rows.sawSpacedQuote && dialect.quote != 0) {
      dialect.spaced = true;
      const others = this.look(start);
      if (others.malformed > rows.malformed || others.share < rows.share) dialect.spaced = false;
    }
    if (rows.sawEscapedQuote && !this.chosen.escape && dialect.quote != 0) {
      dialect.escapes = true;
      const others = this.look(start);
      if (others.malformed >= rows.malformed && others.share <= rows.share) dialect.escapes = false;
    }
    if (this.chosen.quote || rows.quoted > 0 || !rows.sawApostrophe) return;
    dialect.quote = APOSTROPHE;
    const others = this.look(start);
    const isUsual = others.quoted > 1 && others.quoted * 2 >= others.rows;
    if (others.malformed > rows.malformed || others.share < rows.share || !isUsual) dialect.quote = QUOTE;
  }

  /**
   * The lines before the header: comments, and behind them such that no row begins with, if the next row names columns, or if they are of
   * one cell each and a blank line follows.
   */
  private titleLines(start: usize, rows: SniffedRows): u32 {
    const usual = rows.usual;
    const begin = this.behindComments(start, rows);
    let row = begin;
    const mayNameRows = usual > 2 && rows.counts[row] + 1 == usual;
    if (usual > 1 && !mayNameRows) {
      let single = true;
      for (; row < rows.rows && rows.isSparse(row); row++) single = single && rows.filled[row] <= 1;
      if (row == rows.rows) return 0;
      let isApart = row > begin && single && usual > 2;
      if (isApart) {
        const before = row - 1;
        const isBlankBetween = rows.lines[row] > rows.lines[before] + 1 || rows.filled[before] == 0;
        // A row of names below one that has a single of them, and delimiters.
        const isPadded =
          rows.counts[before] == usual && rows.filled[row] == usual && this.looksLikeHeader(start, rows.lines[before]) == 0;
        isApart = isBlankBetween || isPadded;
      }
      if (row > begin && !isApart && this.looksLikeHeader(start, rows.lines[row] - 1) != 1) row = begin;
    }
    return row == 0 || rows.lines[row] > MOST_SKIPPED ? 0 : rows.lines[row] - 1;
  }

  /** The first row that is no comment: of those that begin with # it may be the last one, as a header. */
  private behindComments(start: usize, rows: SniffedRows): u32 {
    let behind: u32 = 0;
    let asRows: u32 = 0;
    while (behind < rows.rows && rows.isHash[behind]) {
      if (rows.counts[behind] == rows.usual) asRows += 1;
      behind += 1;
    }
    if (behind == 0 || behind == rows.rows) return 0;
    if (asRows == 0 || this.looksLikeHeader(start, rows.lines[behind] - 1) == 1) return behind;
    return asRows == 1 && rows.counts[behind - 1] == rows.usual ? behind - 1 : 0;
  }

  /**
   * Whether the first row behind `skip` lines names the columns: 1 when it does, as nothing but texts is above columns of numbers, dates or
   * booleans, or as the table's columns are called so; -1 when it is a row like the others; 0 when it may be either.
   */
  private looksLikeHeader(start: usize, skip: u32): i32 {
    const dialect = this.dialect;
    const before = dialect.skip;
    dialect.skip = skip;
    this.source.start = start;
    this.cells.restart();
    const answer = this.compareFirstRow();
    dialect.skip = before;
    return answer;
  }

  private compareFirstRow(): i32 {
    const cells = this.cells;
    if (!cells.next()) return 0;
    const count = cells.cellCount;
    const first = new StaticArray<u8>(count);
    const years = new StaticArray<u32>(count);
    const table = this.table;
    let known = false;
    for (let i: u32 = 0; i < count; i++) {
      const ptr = cells.textPtr(i);
      const len = cells.textLen(i);
      first[i] = cellKind(ptr, len);
      if (first[i] == CELL_YEAR && parseUnsigned(ptr, len, 9999)) years[i] = <u32>parsedUnsigned;
      known = known || (table != null && isNameOf(table, ptr, len));
    }
    if (known) return 1;
    if (table) return this.fitsTable(table, first) ? -1 : 0;
    // What all cells below are: text as soon as one is, or as they differ.
    const below = new StaticArray<u8>(count);
    for (let rows: u32 = 0; rows < MOST_ROWS && (cells.next() || rows == 0); rows++) {
      if (cells.cellCount != count) continue;
      for (let i: u32 = 0; i < count; i++) {
        const kind = cellKind(cells.textPtr(i), cells.textLen(i));
        if (kind == CELL_EMPTY || below[i] == kind) continue;
        below[i] = below[i] == CELL_EMPTY ? kind : isNumber(kind) && isNumber(below[i]) ? CELL_NUMBER : CELL_TEXT;
      }
    }
    if (first[0] == CELL_EMPTY && below[0] != CELL_EMPTY) return 1;
    let same = 0;
    let named = false;
    let isRun = true;
    let lastYear: u32 = 0;
    let step: u32 = 0;
    let yearCount = 0;
    let only = true;
    for (let i: u32 = 0; i < count; i++) {
      named = named || (first[i] == CELL_TEXT && below[i] > CELL_TEXT);
      only = only && below[i] == CELL_EMPTY;
      if (first[i] == CELL_YEAR) {
        if (yearCount > 1) isRun = isRun && years[i] - lastYear == step;
        step = years[i] - lastYear;
        lastYear = years[i];
        yearCount += 1;
      }
      // A year is a name as well, above numbers that are none.
      if (first[i] > CELL_TEXT && (first[i] == below[i] || (first[i] == CELL_NUMBER && isNumber(below[i])))) same += 1;
    }
    if (only) {
      for (let i: u32 = 0; i < count; i++) if (first[i] <= CELL_TEXT) return 0;
      return -1;
    }
    if (named) return same == 0 ? 1 : 0;
    if (same == 0 || (yearCount > 1 && isRun && step != 0 && yearCount == same)) return 0;
    return -1;
  }

  /** Whether a row of cells of these kinds could be one of the table's, and some of them is no text. */
  private fitsTable(table: TableSchemaSnapshot, kinds: StaticArray<u8>): bool {
    const columns = table.columns;
    const all = columns.length == kinds.length;
    let at = 0;
    let typed = false;
    for (let i = 0; i < columns.length; i++) {
      if (!all && columns[i].auto) continue;
      if (at == kinds.length) return false;
      const kind = kinds[at++];
      const type = columns[i].type;
      if (type == TYPE_TEXT || type == TYPE_BLOB || type == TYPE_JSON || kind == CELL_EMPTY) continue;
      const isDate = type == TYPE_DATE || type == TYPE_DATETIME;
      if (isDate != (kind == CELL_DATE) || kind == CELL_TEXT || (kind == CELL_BOOLEAN && type != TYPE_BOOLEAN)) return false;
      typed = true;
    }
    return typed && at == kinds.length;
  }

  private say(): void {
    const dialect = this.dialect;
    const notes = this.notes;
    if (dialect.delimiter != COMMA && !this.chosen.delimiter) {
      notes.read(
        dialect.delimiter == TAB ? "tabs between cells" : String.fromCharCode(dialect.delimiter) + " between cells",
        "--delimiter",
      );
    }
    if (dialect.quote == APOSTROPHE && !this.chosen.quote) notes.read("' as quotes", "--quote");
    if (this.hasQuotes) notes.read('" as quotes', "--quote");
    if (!dialect.escapes && this.hasStrays) notes.read("backslashes as they stand", "--escape");
    if (dialect.skip > 0 && !this.chosen.skip) {
      notes.read(
        dialect.skip == 1 ? "its first line left out" : "its first " + dialect.skip.toString() + " lines left out",
        "--skip",
      );
    }
    if (!this.hasHeader && !this.chosen.header) notes.read("no header", "--header");
  }
}

function isNumber(kind: u8): bool {
  return kind == CELL_NUMBER || kind == CELL_YEAR;
}

/** Whether a column of the table is called so, but for case and blanks around it. */
function isNameOf(table: TableSchemaSnapshot, ptr: usize, len: u32): bool {
  if (len == 0 || len > 255 || !isUtf8(ptr, len)) return false;
  const name = asciiLower(String.UTF8.decodeUnsafe(ptr, len).trim());
  for (let i = 0; i < table.columns.length; i++) if (asciiLower(table.columns[i].name) == name) return true;
  return false;
}
