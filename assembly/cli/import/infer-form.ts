/** Which form the numbers and dates of columns have, where more than one fits: what one column shows, holds for all of a source. */
import { Status, OK, BAD_VALUE, fail } from "../../status";
import { TYPE_DATE, TYPE_DATETIME, TYPE_DECIMAL, isInteger } from "../../encode/data-type";
import { FORM_COMMA, FORM_DMY, FORM_MDY, FORM_POINT, FORM_YMD } from "./cell-form";
import { COMMA } from "./dialect";
import { ImportNotes } from "./notes";
import {
  COMMA_SHIFT,
  ColumnGuess,
  MAYBE_COMMA,
  MAYBE_DATE,
  MAYBE_DATETIME,
  MAYBE_NUMBER,
  MAYBE_ORDERED,
  MAYBE_TIMED,
  ORDER_SHIFT,
  SAW_COMMA,
  SAW_EXPONENT,
  SAW_MARK,
  SAW_MINUS_ZERO,
  SAW_NO_POINT,
  TIMED_SHIFT,
} from "./infer-column";

/**
 * Decides the forms of all columns of a source whose cells are divided by `delimiter`. `BAD_VALUE` for dates that two orders fit, and
 * for numbers of a chosen type that two forms do.
 */
export function decideForms(columns: Array<ColumnGuess>, delimiter: u32): Status {
  let numbers: u32 = 0;
  let orders: u32 = 7;
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i];
    if (!mayHaveForm(column)) continue;
    const maybe = column.maybe;
    if ((column.saw & SAW_MARK) != 0) {
      if ((maybe & MAYBE_NUMBER) == 0 && (maybe & MAYBE_COMMA) != 0) numbers |= (<u32>1) << FORM_COMMA;
      if ((maybe & MAYBE_COMMA) == 0 && (maybe & MAYBE_NUMBER) != 0) numbers |= (<u32>1) << FORM_POINT;
    }
    const fits = ordersOf(maybe);
    if (fits != 0 && (fits & orders) != 0) orders &= fits;
  }
  for (let i = 0; i < columns.length; i++) {
    if (!mayHaveForm(columns[i])) continue;
    let status = decideNumbers(columns[i], numbers, delimiter);
    if (status == OK) status = decideDates(columns[i], orders);
    if (status != OK) return status;
  }
  return OK;
}

/** Whether the column's values are, or may turn out to be, numbers or dates. */
function mayHaveForm(column: ColumnGuess): bool {
  const chosen = column.chosen;
  if (column.values == 0) return false;
  if (!chosen) return true;
  const type = chosen.type;
  if (type == TYPE_DATE || type == TYPE_DATETIME) column.maybe &= MAYBE_DATE | MAYBE_DATETIME | MAYBE_ORDERED | MAYBE_TIMED;
  else if (type == TYPE_DECIMAL || isInteger(type)) column.maybe &= MAYBE_NUMBER | MAYBE_COMMA;
  else return false;
  return true;
}

function decideNumbers(column: ColumnGuess, numbers: u32, delimiter: u32): Status {
  const maybe = column.maybe;
  const comma = (maybe & MAYBE_COMMA) != 0;
  const point = (maybe & MAYBE_NUMBER) != 0;
  column.maybe &= ~MAYBE_COMMA;
  if (!comma && !point) return takeChosen(column, false);
  if (point && (column.saw & SAW_MARK) == 0) return OK;
  const hasComma = (column.saw & SAW_COMMA) != 0;
  if (comma && point) {
    if (numbers == (<u32>1) << FORM_COMMA) return takeComma(column, maybe);
    // With a point alone nothing is read otherwise than it stands there; and where commas divide cells they divide no fractions.
    if (hasComma && numbers != (<u32>1) << FORM_POINT && delimiter != COMMA) {
      if (column.chosen) return refuse(column, "a number in two forms", "--decimal , or --decimal .");
      column.maybe &= ~MAYBE_NUMBER;
      column.isUnclear = true;
      return OK;
    }
  } else if (comma) return takeComma(column, maybe);
  if (hasComma) column.form = FORM_POINT;
  return OK;
}

/** A column of a chosen type, of whose values some are in no form that may be: the form that options chose, so that these are told. */
function takeChosen(column: ColumnGuess, isDate: bool): Status {
  const chosen = column.chosen;
  const choices = column.choices!;
  if (!chosen || column.maybe != 0 || isDate != (chosen.type == TYPE_DATE || chosen.type == TYPE_DATETIME)) return OK;
  if (isDate) column.form = choices.dates;
  else if ((choices.decimal | choices.thousands) != 0) column.form = choices.allows(FORM_POINT) ? FORM_POINT : FORM_COMMA;
  return OK;
}

function takeComma(column: ColumnGuess, maybe: u32): Status {
  column.maybe = (column.maybe & ~MAYBE_NUMBER) | ((maybe & MAYBE_COMMA) >> COMMA_SHIFT);
  if ((column.saw & SAW_MARK) != 0) column.form = FORM_COMMA;
  return OK;
}

/** The orders that a column's dates may have, a bit each. */
function ordersOf(maybe: u32): u32 {
  if ((maybe & (MAYBE_DATE | MAYBE_DATETIME)) != 0) return 0;
  return (maybe & MAYBE_ORDERED) != 0 ? (maybe & MAYBE_ORDERED) >> ORDER_SHIFT : (maybe & MAYBE_TIMED) >> TIMED_SHIFT;
}

function decideDates(column: ColumnGuess, orders: u32): Status {
  const isTimed = (column.maybe & MAYBE_ORDERED) == 0;
  let fits = ordersOf(column.maybe);
  column.maybe &= ~(MAYBE_ORDERED | MAYBE_TIMED);
  if (fits == 0) return takeChosen(column, true);
  if ((fits & orders) != 0) fits &= orders;
  // Between points the day comes first wherever that is written.
  if (popcnt(fits) > 1 && (column.saw & SAW_NO_POINT) != 0) return refuse(column, "a date in two orders", "--dates dmy or mdy");
  column.form = FORM_DMY + <u8>ctz(fits);
  column.maybe |= isTimed ? MAYBE_DATETIME : MAYBE_DATE;
  return OK;
}

function refuse(column: ColumnGuess, what: string, option: string): Status {
  const hint = "add " + option + ", or --types " + column.name + "=text";
  return fail(BAD_VALUE, "column " + column.name + ": " + column.example + " is " + what + ", and so are the others", hint);
}

/** Columns that a note lists. */
const MOST_LISTED: i32 = 5;

/** Says which forms were decided for which columns. */
export function formNotes(columns: Array<ColumnGuess>, notes: ImportNotes): void {
  noteForm(columns, FORM_COMMA, "a decimal comma", "--decimal", notes);
  noteForm(columns, FORM_POINT, "commas between thousands", "--thousands", notes);
  noteForm(columns, FORM_DMY, "day, month, year", "--dates", notes);
  noteForm(columns, FORM_MDY, "month, day, year", "--dates", notes);
  noteForm(columns, FORM_YMD, "year, month, day", "--dates", notes);
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i];
    if (column.isUnclear) {
      notes.lines.push(
        "column " +
          column.name +
          " is text: " +
          column.example +
          " may have a decimal comma, or be of thousands (to choose: --decimal)",
      );
    }
  }
  noteNumbers(columns, SAW_EXPONENT, "numbers with exponents are written out in ", notes);
  noteNumbers(columns, SAW_MINUS_ZERO, "-0 is 0 in ", notes);
}

let wanted: u32 = 0;

function noteNumbers(columns: Array<ColumnGuess>, saw: u32, what: string, notes: ImportNotes): void {
  wanted = saw;
  const names = listed(columns, (column: ColumnGuess) => (column.saw & wanted) != 0 && (column.maybe & MAYBE_NUMBER) != 0);
  if (names != "") notes.lines.push(what + names);
}

function noteForm(columns: Array<ColumnGuess>, form: u8, what: string, option: string, notes: ImportNotes): void {
  wanted = form;
  const names = listed(columns, (column: ColumnGuess) => column.form == wanted);
  if (names != "") notes.read(what + " in " + names, option);
}

function listed(columns: Array<ColumnGuess>, isOne: (column: ColumnGuess) => bool): string {
  const names = new Array<string>();
  for (let i = 0; i < columns.length; i++) if (isOne(columns[i])) names.push(columns[i].name);
  const more = names.length - MOST_LISTED;
  return names.slice(0, MOST_LISTED).join(" and ") + (more > 0 ? " and " + more.toString() + " more" : "");
}
