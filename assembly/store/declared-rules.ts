/** What a session makes and asks of the values that it writes: sanitizers and validators, as rules of a table's rows. */
import { BAD_SCHEMA, CHECK_FAILED, COLUMN_NOT_FOUND, NOT_NULL, OK, RECORD_TOO_LARGE, Status, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { bytesEqual } from "../encode/bytes";
import { TYPE_TEXT } from "../encode/data-type";
import { Row } from "../encode/row";
import { isUtf8, utf8ValidLength } from "../encode/utf8";
import { writeTextValue } from "../encode/value-text";
import { Rule } from "../rules/rule";
import { URL_ENCODING } from "../rules/rule-kinds";
import { sanitize, sanitized, sanitizedLength } from "../rules/sanitize";
import { isValid, problem } from "../rules/validate";
import { Column } from "../schema/column";
import { allPositions, columnNames } from "../schema/column-names";
import { suggestion } from "../schema/nearest";
import { mayStep } from "../wasi/deadline";
import { RowRules } from "./catalog-table";
import { cellText, columnPath } from "./cell-text";
import { Table } from "./table";

/** Most bytes of a text. */
const LONGEST: u32 = 65535;
/** Bytes of a value that a message shows. */
const SHOWN: u32 = 160;

/** A column's rules, at its place in the table. */
class ColumnRules {
  readonly sanitizers: Array<Rule> = new Array<Rule>();
  readonly validators: Array<Rule> = new Array<Rule>();
  /** Whether to sanitize a value twice would change it again. */
  readonly isOnce: bool;
  /** Bytes of a value that rules don't look at: a text's length. */
  readonly head: u32;

  constructor(
    readonly column: Column,
    readonly position: i32,
    rules: Array<Rule>,
  ) {
    let isOnce = false;
    for (let r = 0; r < rules.length; r++) {
      const rule = rules[r];
      if (rule.isSanitizer) this.sanitizers.push(rule);
      else this.validators.push(rule);
      isOnce = isOnce || rule.kind == URL_ENCODING;
    }
    this.isOnce = isOnce;
    this.head = column.type == TYPE_TEXT ? 2 : 0;
  }

  /** Where the row's value is, which it has, without `head`. */
  @inline ptr(row: Row): usize {
    return row.ptr(this.position) + this.head;
  }


  @inline len(row: Row): u32 {
    return row.len(this.position) - this.head;
  }

  /** Whether rules can look at the value: a text that other programs have stored may be no UTF-8. */
  @inline isReadable(row: Row): bool {
    return this.head == 0 || isUtf8(this.ptr(row), this.len(row));
  }

  /** Makes of the row's value what the sanitizers want: `sanitized`. */
  sanitize(row: Row): Status {
    return sanitize(this.sanitizers, this.column.type, this.ptr(row), this.len(row));
  }

  /** The first validator that does not take the row's value; null where all do, and where it has none. */
  brokenBy(row: Row): Rule | null {
    const validators = this.validators;
    if (validators.length == 0 || !row.isSet(this.position)) return null;
    if (!this.isReadable(row)) return validators[0];
    for (let v = 0; v < validators.length; v++) {
      const rule = unchecked(validators[v]);
      if (!isValid(rule, this.column.type, this.ptr(row), this.len(row))) return rule;
    }
    return null;
  }
}

export class DeclaredRules extends RowRules {
  private readonly columns: Array<ColumnRules> = new Array<ColumnRules>();
  /** What the file has besides: constraints and defaults. */
  inner: RowRules | null = null;

  private constructor(private readonly table: Table) {
    super();
  }

  /** The rules of `columns`, which are as they were declared, for `table`; null with an error where they don't fit. */
  static of(table: Table, columns: Array<Column>): DeclaredRules | null {
    const rules = new DeclaredRules(table);
    for (let c = 0; c < columns.length; c++) {
      const declared = columns[c].rules;
      if (!declared) continue;
      const name = columns[c].name;
      const position = table.schema.columnIndex(name);
      if (position < 0) {
        const names = columnNames(table.schema, allPositions(table.schema));
        const what = "there are rules for the column " + name + ", which table " + table.name + " does not have";
        fail(COLUMN_NOT_FOUND, what, suggestion(name, names, "columns") + "; rules declares them anew");
        return null;
      }
      const column = table.schema.columns[position];
      if (column.typeText != columns[c].typeText) {
        const what = columnPath(table, column) + " is " + column.typeText + ", and its rules are for " + columns[c].typeText;
        fail(BAD_SCHEMA, what, "rules declares them anew");
        return null;
      }
      rules.columns.push(new ColumnRules(column, position, declared));
    }
    return rules;
  }

  fill(row: Row): Status {
    const inner = this.inner;
    return inner ? inner.fill(row) : OK;
  }

  take(row: Row, old: Row | null, excluded: Row | null): Status {
    for (let c = 0; c < this.columns.length && !row.isSanitized; c++) {
      const rules = unchecked(this.columns[c]);
      if (rules.isOnce && (hasSame(row, old, rules.position) || hasSame(row, excluded, rules.position))) continue;
      const status = this.sanitizeOne(rules, row);
      if (status != OK) return status;
    }
    row.isSanitized = true;
    for (let c = 0; c < this.columns.length; c++) {
      const rules = unchecked(this.columns[c]);
      const rule = rules.brokenBy(row);
      // Where the time was over nobody has looked at all of the value.
      if (rule) return mayStep(0) ? this.broken(row, rules.column, rule, told(rules, rule, row)) : lastError.status;
    }
    return OK;
  }

  private sanitizeOne(rules: ColumnRules, row: Row): Status {
    const position = rules.position;
    if (rules.sanitizers.length == 0 || !row.isSet(position)) return OK;
    const column = rules.column;
    const head = rules.head;
    const ptr = rules.ptr(row);
    const len = rules.len(row);
    if (!rules.isReadable(row)) return OK;
    if (rules.sanitize(row) != OK) return this.broken(row, column, lastSanitizer(rules), lastError.what);
    if (sanitized == ptr && sanitizedLength == len) return OK;
    if (sanitized == 0) {
      row.setNull(position);
      if (column.nullable) return OK;
      return fail(NOT_NULL, columnPath(this.table, column) + " can't be null, which nullifempty makes of an empty text");
    }
    if (sanitizedLength > LONGEST) {
      const bytes = sanitizedLength.toString();
      return fail(
        RECORD_TOO_LARGE,
        columnPath(this.table, column) + " has " + bytes + " bytes as its rules make it, 65535 at most",
      );
    }
    const values = row.values;
    const start = values.len;
    // What is part of the value may move with the row's values.
    const offset = sanitized - ptr;
    values.reserve(head + sanitizedLength);
    const from = offset <= len ? rules.ptr(row) + offset : sanitized;
    if (head != 0) values.addU16(sanitizedLength);
    values.addBytes(from, sanitizedLength);
    row.setFromArena(position, start);
    return OK;
  }

  check(row: Row): Status {
    const inner = this.inner;
    return inner ? inner.check(row) : OK;
  }

  /** How many columns have rules. */
  get count(): i32 {
    return this.columns.length;
  }

  /** What is to be said of the value of column number `c` of those with rules in a row that is stored; "" where it is as they want it. */
  storedProblem(row: Row, c: i32): string {
    const rules = this.columns[c];
    const position = rules.position;
    if (!row.isSet(position)) return "";
    const rule = rules.brokenBy(row);
    let broken = rule ? rule.text : "";
    if (!rule && !rules.isOnce && wouldChange(rules, row)) {
      for (let s = 0; s < rules.sanitizers.length; s++) broken += (s > 0 ? ":" : "") + rules.sanitizers[s].text;
    }
    if (broken == "") return "";
    return (
      this.rowText(row) + ": " + rules.column.name + " = " + cellText(rules.column, row, position) + " breaks the rule " + broken
    );
  }

  /** `users.id = 1`, or `users`. */
  private rowText(row: Row): string {
    const key = this.table.keyColumn;
    const column = this.table.schema.columns[key];
    return this.table.name + (row.isSet(key) ? "." + column.name + " = " + cellText(column, row, key) : "");
  }

  private broken(row: Row, column: Column, rule: Rule, what: string): Status {
    return fail(CHECK_FAILED, this.rowText(row) + ": " + column.name + " breaks the rule " + rule.text + ": " + what);
  }

  free(): void {
    const inner = this.inner;
    if (inner) inner.free();
  }
}

/** Whether sanitizers would make another value of one, or can't. */
function wouldChange(rules: ColumnRules, row: Row): bool {
  if (!rules.isReadable(row)) return false;
  if (rules.sanitize(row) != OK || sanitized == 0) return true;
  return !bytesEqual(sanitized, sanitizedLength, rules.ptr(row), rules.len(row));
}

/** What is wrong with a value that `rule` does not take. */
function told(rules: ColumnRules, rule: Rule, row: Row): string {
  const column = rules.column;
  const text = new ByteBuffer(256);
  writeTextValue(column.type, column.customSize, row.ptr(rules.position), text);
  const isCut = text.len > SHOWN;
  if (isCut) text.len = utf8ValidLength(text.ptr, SHOWN);
  const shown = text.toText() + (isCut ? "…" : "");
  text.free();
  return problem(rule, rules.ptr(row), rules.len(row), shown);
}

/** Whether the other row has the same value in a column. */
function hasSame(row: Row, other: Row | null, position: i32): bool {
  if (!other || !other.isSet(position) || !row.isSet(position)) return false;
  return bytesEqual(other.ptr(position), other.len(position), row.ptr(position), row.len(position));
}

/** The one sanitizer that can fail: of a column of date-times. */
function lastSanitizer(rules: ColumnRules): Rule {
  return rules.sanitizers[rules.sanitizers.length - 1];
}
