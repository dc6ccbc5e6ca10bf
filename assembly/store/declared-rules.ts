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
import { suggestion } from "../schema/nearest";
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
  }
}

export class DeclaredRules extends RowRules {
  private readonly columns: Array<ColumnRules> = new Array<ColumnRules>();
  /** What the file has besides: constraints and defaults. */
  inner: RowRules | null = null;
  /** After `findBroken`: the column and the rule. */
  brokenColumn: i32 = 0;
  brokenRule: Rule | null = null;

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
        const names = new Array<string>();
        for (let i = 0; i < table.schema.columns.length; i++) names.push(table.schema.columns[i].name);
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
    return this.findBroken(row)
      ? this.broken(row, this.table.schema.columns[this.brokenColumn], this.brokenRule!, this.told(row))
      : OK;
  }

  private sanitizeOne(rules: ColumnRules, row: Row): Status {
    const position = rules.position;
    if (rules.sanitizers.length == 0 || !row.isSet(position)) return OK;
    const column = rules.column;
    const head: u32 = column.type == TYPE_TEXT ? 2 : 0;
    const ptr = row.ptr(position) + head;
    const len = row.len(position) - head;
    // What other programs have stored may be no UTF-8.
    if (head != 0 && !isUtf8(ptr, len)) return OK;
    if (sanitize(rules.sanitizers, column.type, ptr, len) != OK)
      return this.broken(row, column, lastSanitizer(rules), lastError.what);
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
    const from = offset <= len ? row.ptr(position) + head + offset : sanitized;
    if (head != 0) values.addU16(sanitizedLength);
    values.addBytes(from, sanitizedLength);
    row.setFromArena(position, start);
    return OK;
  }

  check(row: Row): Status {
    const inner = this.inner;
    return inner ? inner.check(row) : OK;
  }

  /** Whether a value is not as a validator wants it: `brokenColumn` and `brokenRule` tell of the first one, from a column on. */
  findBroken(row: Row, from: i32 = 0): bool {
    for (let c = from; c < this.columns.length; c++) {
      const rules = unchecked(this.columns[c]);
      const position = rules.position;
      if (rules.validators.length == 0 || !row.isSet(position)) continue;
      const type = rules.column.type;
      const head: u32 = type == TYPE_TEXT ? 2 : 0;
      const ptr = row.ptr(position) + head;
      const len = row.len(position) - head;
      const isText = head == 0 || isUtf8(ptr, len);
      for (let v = 0; v < rules.validators.length; v++) {
        const rule = unchecked(rules.validators[v]);
        if (isText && isValid(rule, type, ptr, len)) continue;
        this.brokenColumn = position;
        this.brokenRule = rule;
        return true;
      }
    }
    return false;
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
    let broken = "";
    if (this.findBroken(row, c) && this.brokenColumn == position) broken = this.brokenRule!.text;
    else if (!rules.isOnce && this.wouldChange(rules, row)) {
      for (let s = 0; s < rules.sanitizers.length; s++) broken += (s > 0 ? ":" : "") + rules.sanitizers[s].text;
    }
    if (broken == "") return "";
    return (
      this.rowText(row) + ": " + rules.column.name + " = " + cellText(rules.column, row, position) + " breaks the rule " + broken
    );
  }

  /** Whether sanitizers would make another value of one, or can't. */
  private wouldChange(rules: ColumnRules, row: Row): bool {
    const head: u32 = rules.column.type == TYPE_TEXT ? 2 : 0;
    const ptr = row.ptr(rules.position) + head;
    const len = row.len(rules.position) - head;
    if (head != 0 && !isUtf8(ptr, len)) return false;
    if (sanitize(rules.sanitizers, rules.column.type, ptr, len) != OK || sanitized == 0) return true;
    return !bytesEqual(sanitized, sanitizedLength, ptr, len);
  }

  /** `users.id = 1`, or `users`. */
  private rowText(row: Row): string {
    const key = this.table.keyColumn;
    const column = this.table.schema.columns[key];
    return this.table.name + (row.isSet(key) ? "." + column.name + " = " + cellText(column, row, key) : "");
  }

  /** What is wrong with the value that `findBroken` found. */
  private told(row: Row): string {
    const column = this.table.schema.columns[this.brokenColumn];
    const head: u32 = column.type == TYPE_TEXT ? 2 : 0;
    const ptr = row.ptr(this.brokenColumn) + head;
    const len = row.len(this.brokenColumn) - head;
    const text = new ByteBuffer(256);
    writeTextValue(column.type, column.customSize, row.ptr(this.brokenColumn), text);
    const isCut = text.len > SHOWN;
    if (isCut) text.len = utf8ValidLength(text.ptr, SHOWN);
    const shown = text.toText() + (isCut ? "…" : "");
    text.free();
    return problem(this.brokenRule!, ptr, len, shown);
  }

  private broken(row: Row, column: Column, rule: Rule, what: string): Status {
    return fail(CHECK_FAILED, this.rowText(row) + ": " + column.name + " breaks the rule " + rule.text + ": " + what);
  }

  free(): void {
    const inner = this.inner;
    if (inner) inner.free();
  }
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
