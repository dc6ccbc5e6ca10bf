/** Where the cells of a delimited row go, and how they are read. */
import { Status, OK, BAD_VALUE, COLUMN_NOT_FOUND, NOT_NULL, fail, lastError } from "../../status";
import {
  TYPE_BLOB,
  TYPE_BOOLEAN,
  TYPE_DATE,
  TYPE_DATETIME,
  TYPE_DECIMAL,
  TYPE_TEXT,
  TYPE_UUID,
  isInteger,
} from "../../encode/data-type";
import { Row } from "../../encode/row";
import { isUtf8 } from "../../encode/utf8";
import { notPlainly, parseValue } from "../../encode/value-text";
import { Column } from "../../schema/column";
import { unknownColumn } from "../../schema/column-names";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { CatalogEntry } from "../../store/catalog";
import {
  FORM_COMMA,
  FORM_DMY,
  FORM_PLAIN,
  FORM_YMD,
  FormChoices,
  blanksBefore,
  blanksBehind,
  nullWord,
  nullWordAt,
  plain,
  toPlain,
} from "./cell-form";
import { DelimitedReader } from "./delimited-reader";
import { COMMA } from "./dialect";
import { ColumnGuess } from "./infer-column";
import { ExtraColumns } from "./extra-columns";
import { GuessGuard } from "./infer-guard";
import { NullTexts } from "./null-texts";
import { forgetBadColumn, inColumn } from "./row-reader";

export class CellMapping {
  /** For each cell the position of its column, the form of its values, how many were a word for null, and which words, a bit each. */
  private readonly positions: StaticArray<i32>;
  private readonly forms: StaticArray<u8>;
  private readonly wordCounts: StaticArray<u64>;
  private readonly words: StaticArray<u32>;

  private constructor(
    private readonly schema: TableSchemaSnapshot,
    cellCount: i32,
    private readonly nulls: NullTexts,
    private readonly choices: FormChoices,
  ) {
    this.positions = new StaticArray<i32>(cellCount);
    this.forms = new StaticArray<u8>(cellCount);
    this.wordCounts = new StaticArray<u64>(cellCount);
    this.words = new StaticArray<u32>(cellCount);
  }

  /**
   * Maps the cells called `names`; null when a name is no column (`hint` says what may be the reason), or a column that needs a value has
   * no cell. `defaults` are those that are worked out for each row. What is no column is left out and told to `extra`, if there is one;
   * with `isPart` rows need not have all columns.
   */
  static byNames(
    schema: TableSchemaSnapshot,
    names: Array<string>,
    nulls: NullTexts,
    choices: FormChoices,
    hint: string,
    defaults: Array<CatalogEntry>,
    extra: ExtraColumns | null,
    isPart: bool,
  ): CellMapping | null {
    const mapping = new CellMapping(schema, names.length, nulls, choices);
    for (let i = 0; i < names.length; i++) {
      const position = schema.columnIndex(names[i]);
      if (position < 0 && extra) {
        const name = String.UTF8.encode(names[i]);
        extra.add(changetype<usize>(name), name.byteLength);
      } else if (position < 0) {
        unknownColumn(schema, names[i]);
        if (hint != "") fail(COLUMN_NOT_FOUND, lastError.what, hint);
        return null;
      }
      mapping.positions[i] = position;
    }
    for (let i = 0; i < schema.columns.length && !isPart; i++) {
      const column = schema.columns[i];
      if (mapping.positions.includes(i) || column.auto || column.nullable || column.defaultOffset() != 0) continue;
      let d = 0;
      while (d < defaults.length && defaults[d].name != column.name) d += 1;
      if (d < defaults.length) continue;
      fail(NOT_NULL, "the source has no column " + column.name + ", which has no default and can't be null");
      return null;
    }
    return mapping;
  }

  /** Maps `cellCount` cells to the columns in their order; columns that count by themselves may be left out, all of them. */
  static byOrder(schema: TableSchemaSnapshot, cellCount: u32, nulls: NullTexts, choices: FormChoices): CellMapping | null {
    const mapping = new CellMapping(schema, cellCount, nulls, choices);
    const all = schema.columns.length == cellCount;
    let used: u32 = 0;
    for (let i = 0; i < schema.columns.length; i++) {
      if (!all && schema.columns[i].auto) continue;
      if (used < cellCount) mapping.positions[used] = i;
      used += 1;
    }
    if (used == cellCount) return mapping;
    fail(BAD_VALUE, "the row has " + cellCount.toString() + " cells, the table " + schema.columns.length.toString() + " columns");
    return null;
  }

  /** The column of a cell, null when it goes nowhere. */
  columnAt(cell: i32): Column | null {
    const position = this.positions[cell];
    return position < 0 ? null : this.schema.columns[position];
  }

  get cellCount(): i32 {
    return this.positions.length;
  }

  /** Reads cells in the forms that `guesses`, one for each of them, found out. */
  takeForms(guesses: Array<ColumnGuess>): void {
    for (let i = 0; i < min(guesses.length, this.forms.length); i++) this.forms[i] = guesses[i].form;
  }

  /** Reads the reader's row into `row`. `guard` looks at values of guessed types. */
  fill(reader: DelimitedReader, row: Row, guard: GuessGuard | null): Status {
    row.reset();
    forgetBadColumn();
    const columns = this.schema.columns;
    const positions = this.positions;
    const forms = this.forms;
    const nulls = this.nulls;
    const nullPtr = nulls.firstPtr;
    const nullLen = nulls.firstLen;
    const hasMore = nulls.hasMore;
    // A ragged row may have fewer; what it leaves out gets its number, its default, or null.
    const count = min(<u32>positions.length, reader.cellCount);
    for (let i: u32 = 0; i < count; i++) {
      const position = unchecked(positions[i]);
      if (position < 0) continue;
      const column = unchecked(columns[position]);
      const type = column.type;
      const isEmptyText = type == TYPE_TEXT || type == TYPE_BLOB;
      const mayBeNull = column.nullable || column.auto;
      if (
        (reader.isBare(i, nullPtr, nullLen) || (hasMore && nulls.has(reader, i))) &&
        (mayBeNull || !isEmptyText || reader.textLen(i) > 0)
      ) {
        row.setNull(position);
        continue;
      }
      const ptr = reader.textPtr(i);
      const len = reader.textLen(i);
      const isPlain = unchecked(forms[i]) == FORM_PLAIN && (isEmptyText || !isUnusual(ptr, len));
      const status = isPlain
        ? this.put(column, i, position, ptr, len, row, guard)
        : this.fillUnusual(i, position, ptr, len, row, guard);
      if (status != OK) return status;
    }
    return OK;
  }

  /** Reads the text of a cell into its column. */
  @inline
  private put(column: Column, cell: u32, position: i32, ptr: usize, len: u32, row: Row, guard: GuessGuard | null): Status {
    const start = row.values.len;
    let status = guard ? guard.checkText(column, position, ptr, len) : OK;
    if (status == OK) status = parseValue(column.type, column.customSize, ptr, len, row.values);
    if (status != OK) return this.refuse(column, cell, ptr, len, status);
    row.setFromArena(position, start);
    return OK;
  }

  /** The same for a cell that may be a word for null, have blanks around it, or another form. */
  private fillUnusual(cell: u32, position: i32, ptr: usize, len: u32, row: Row, guard: GuessGuard | null): Status {
    const column = this.schema.columns[position];
    const type = column.type;
    if (isLoose(type)) {
      const before = blanksBefore(ptr, len);
      ptr += before;
      len -= before;
      len -= blanksBehind(ptr, len);
      const word = this.nulls.takesWords || len == 0 ? nullWordAt(ptr, len) : -1;
      if (word >= 0 && (column.nullable || column.auto)) {
        row.setNull(position);
        if (!this.nulls.takesWords) return OK;
        this.wordCounts[cell] += 1;
        this.words[cell] |= (<u32>1) << word;
        return OK;
      }
    } else if (len == 0 && type != TYPE_TEXT && type != TYPE_BLOB && (column.nullable || column.auto)) {
      row.setNull(position);
      return OK;
    }
    const form = this.forms[cell];
    if (form != FORM_PLAIN) {
      if (!toPlain(ptr, len, form, this.choices)) return this.refuse(column, cell, ptr, len, notPlainly(type, ptr, len));
      ptr = plain.ptr;
      len = plain.len;
    }
    return this.put(column, cell, position, ptr, len, row, guard);
  }

  /** Adds to the last error the option that reads the value otherwise. */
  private refuse(column: Column, cell: u32, ptr: usize, len: u32, status: Status): Status {
    const type = column.type;
    const form = this.forms[cell];
    let hint = lastError.hint;
    if (type == TYPE_TEXT && !isUtf8(ptr, len)) hint = "add --encoding windows-1252 if the source is not UTF-8";
    else if (type == TYPE_DECIMAL || isInteger(type)) {
      if (form == FORM_COMMA) hint = "numbers before it have a decimal comma: --decimal says what all of them have";
      else if (form != FORM_PLAIN)
        hint = "numbers before it have commas between thousands: --thousands and --decimal say what all have";
      else if (hasComma(ptr, len) && toPlain(ptr, len, FORM_COMMA, this.choices))
        hint = "add --decimal , if that is its decimal mark, or --thousands ,";
    } else if (type == TYPE_DATE || type == TYPE_DATETIME) {
      let fits = false;
      for (let order = FORM_DMY; order <= FORM_YMD; order++) fits = fits || toPlain(ptr, len, order, this.choices);
      if (form != FORM_PLAIN || fits) hint = "--dates dmy, mdy or ymd says in what order dates are written";
    }
    lastError.hint = hint;
    return inColumn(column, status);
  }

  /** What was null for a word: how often, which ones, and where; "" when nothing was. */
  get nullNote(): string {
    const parts = new Array<string>();
    let unlisted = 0;
    for (let i = 0; i < this.positions.length; i++) {
      if (this.wordCounts[i] == 0) continue;
      if (parts.length == MOST_LISTED) {
        unlisted += 1;
        continue;
      }
      const words = new Array<string>();
      for (let word = 0; word < 32; word++) if ((this.words[i] & ((<u32>1) << word)) != 0) words.push(nullWord(word));
      parts.push(this.wordCounts[i].toString() + " " + words.join(" or ") + " in " + this.columnAt(i)!.name);
    }
    if (parts.length == 0) return "";
    const more = unlisted > 0 ? ", and some in " + unlisted.toString() + " more columns" : "";
    return "null for a missing value: " + parts.join(", ") + more + " (to choose otherwise: --null)";
  }
}

/** Columns that a note lists. */
const MOST_LISTED: i32 = 10;

/** Whether words for null, blanks around the value and other forms are possible for the type. */
function isLoose(type: u8): bool {
  if (type == TYPE_DECIMAL || type == TYPE_BOOLEAN || type == TYPE_UUID) return true;
  return type == TYPE_DATE || type == TYPE_DATETIME || isInteger(type);
}

/** Whether a cell begins or ends as numbers, dates and booleans do not. */
@inline
function isUnusual(ptr: usize, len: u32): bool {
  if (len == 0) return true;
  const first = <u32>load<u8>(ptr);
  if (first <= 0x23 || load<u8>(ptr + len - 1) <= 0x20) return true;
  return (first | 0x20) == 0x6e || (first == 0x2d && len == 1);
}

function hasComma(ptr: usize, len: u32): bool {
  for (let at = ptr; at < ptr + len; at++) if (load<u8>(at) == COMMA) return true;
  return false;
}
