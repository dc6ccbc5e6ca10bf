/** Makes two expressions of one kind without losing anything. */
import { OK, SQL_TYPE, SQL_UNSUPPORTED, lastError } from "../../status";
import { TYPE_TEXT, isInteger } from "../../encode/data-type";
import { Column } from "../../schema/column";
import { Cast } from "../eval/cast";
import { Constant, Expression } from "../eval/expression";
import { F_JSON_EXTRACT } from "../eval/function-names";
import { JsonCall } from "../eval/json-functions";
import {
  K_BLOB,
  K_BOOLEAN,
  K_CUSTOM,
  K_DATE,
  K_DATETIME,
  K_DECIMAL,
  K_INT,
  K_JSON,
  K_NULL,
  K_TEXT,
  K_UINT,
  K_UUID,
  isNumber,
  kindName,
  kindOfType,
  typeOfKind,
} from "../eval/kinds";
import { hexConstantOf, parseConstant } from "./literals";
import { StatementContext } from "./statement";

/** The expression as one of `column`'s kind, of which it may then be compared or stored; null, with the place, when that can't be. */
export function convertTo(context: StatementContext, subject: Expression, kind: u8, column: Column | null): Expression | null {
  if (subject.kind == kind) return subject;
  if (subject instanceof Constant) {
    const constant = <Constant>subject;
    if (constant.isNull) {
      constant.kind = kind;
      constant.isFitted = true;
      if (!constant.column) constant.column = column;
      return constant;
    }
    if (constant.isPlain) {
      const made = parseConstant(constant, kind, column);
      if (!made) {
        if (lastError.status == SQL_TYPE) context.text.place(constant.start);
        return null;
      }
      made.column = column;
      made.isFitted = made.kind == kind;
      return context.replaced(constant, made);
    }
    if (kind == K_BOOLEAN && constant.kind == K_INT && (constant.low == 0 || constant.low == 1)) {
      constant.kind = K_BOOLEAN;
      return constant;
    }
    if (constant.kind == K_BLOB && takesBytes(kind)) {
      const made = parseConstant(hexConstantOf(constant), kind, column);
      if (made) made.column = column;
      else if (lastError.status == SQL_TYPE) context.text.place(constant.start);
      return made ? context.replaced(constant, made) : null;
    }
    if (kind == K_UINT && constant.kind == K_INT && <i64>constant.low >= 0) {
      constant.kind = K_UINT;
      return constant;
    }
  }
  if (isOpen(subject)) return ofOpen(context, <JsonCall>subject, kind, column);
  // What is always null may be of any kind, a column of a query like a constant.
  const widens =
    subject.kind == K_NULL ||
    (kind == K_DECIMAL && isNumber(subject.kind)) ||
    (kind == K_DATETIME && subject.kind == K_DATE) ||
    (kind == K_TEXT && subject.kind == K_JSON);
  if (!widens) return null;
  const isCustom = kind == K_CUSTOM && column !== null;
  const type = isCustom ? column!.type : typeOfKind(kind);
  const cast = new Cast(subject, type, isCustom ? column!.customSize : 0, context.text);
  cast.start = subject.start;
  return cast;
}

/** Whether it is what JSON_EXTRACT or ->> gives, which takes the type of what it meets. */
function isOpen(subject: Expression): bool {
  return subject instanceof JsonCall && (<JsonCall>subject).isOpen;
}

/** The same of JSON_EXTRACT alone, whose values have no order. */
export function isJsonExtract(subject: Expression): bool {
  return isOpen(subject) && (<JsonCall>subject).fn == F_JSON_EXTRACT;
}

/** A value as it is put into JSON: what JSON_EXTRACT gives, and elements, as the JSON that they are. */
export function asPartOfJson(context: StatementContext, subject: Expression): Expression {
  const isJson = isJsonExtract(subject) || (isOpen(subject) && (<JsonCall>subject).isOfRoot);
  return isJson ? ofOpen(context, <JsonCall>subject, K_JSON, null) : subject;
}

function ofOpen(context: StatementContext, subject: JsonCall, kind: u8, column: Column | null): Expression {
  const same = new JsonCall(subject.fn, subject.args, kind == K_JSON ? K_JSON : K_TEXT, false, context.around);
  if (kind == K_JSON && subject.isOfRoot) return subject.args[0];
  same.start = subject.start;
  same.isNumber = isNumber(kind);
  if (kind == K_JSON && subject.fn == F_JSON_EXTRACT) return same;
  const isColumns = column !== null && kindOfType(column.type) == kind;
  const type = isColumns ? column!.type : typeOfKind(kind);
  const cast = new Cast(same, type, isColumns ? column!.customSize : 0, context.text);
  cast.start = subject.start;
  return cast;
}

/** After `unify`: both expressions, of one kind. */
export let unifiedLeft: Expression | null = null;
export let unifiedRight: Expression | null = null;

/**
 * Makes two expressions of one kind, to be compared or chosen from: `unifiedLeft`, `unifiedRight`. False, with an error, when they have
 * none.
 */
export function unify(context: StatementContext, a: Expression, b: Expression): bool {
  unifiedLeft = a;
  unifiedRight = b;
  if (a.kind == b.kind && a.kind != K_CUSTOM) return true;
  lastError.status = OK;
  const kind = commonKind(a, b);
  if (kind != K_NULL || a.kind == K_NULL || b.kind == K_NULL) {
    const to = kind;
    let left = convertTo(context, a, to, b.column);
    let right = left ? convertTo(context, b, to, a.column) : null;
    // A text that spells a number with a fraction makes the other one a decimal.
    if (left && right && left.kind != right.kind) {
      left = convertTo(context, left, K_DECIMAL, null);
      right = convertTo(context, right, K_DECIMAL, null);
    }
    if (left && right) {
      unifiedLeft = left;
      unifiedRight = right;
      return true;
    }
  }
  if (lastError.status == OK) {
    const hint = a.kind == K_TEXT || b.kind == K_TEXT ? "CAST makes one of the other" : "";
    context.text.fail(SQL_TYPE, kindName(a.kind) + " and " + kindName(b.kind) + " do not go together", b.start, hint);
  }
  return false;
}

/** Makes all of them of one kind where they lie, each a choice of the same thing. False, with an error, when they have none. */
export function unifyAll(context: StatementContext, parts: Array<Expression>): bool {
  let last = parts[0];
  for (let p = 1; p < parts.length; p++) {
    if (!unify(context, last, parts[p])) return false;
    last = unifiedLeft!.kind == K_NULL ? unifiedRight! : unifiedLeft!;
  }
  let kind = last.kind;
  // Constants go with numbers without a sign, and with others; all together may be decimals only.
  for (let p = 0; p < parts.length; p++) {
    if (kind == K_UINT && parts[p].kind == K_INT && !isSmallConstant(parts[p])) kind = K_DECIMAL;
  }
  for (let p = 0; p < parts.length; p++) {
    lastError.status = OK;
    const converted = convertTo(context, parts[p], kind, last.column);
    if (!converted) {
      if (lastError.status == OK)
        context.text.fail(SQL_TYPE, kindName(parts[p].kind) + " and " + kindName(kind) + " do not go together", parts[p].start);
      return false;
    }
    parts[p] = converted;
  }
  return true;
}

/**
 * The value as one for a column: a number may be of any kind that has it exactly, 1 and 0 are true and false, text takes what has a text,
 * and a text is what it spells. Null when that can't be, with an error if the value is the reason.
 */
export function assigned(context: StatementContext, value: Expression, column: Column): Expression | null {
  const kind = kindOfType(column.type);
  lastError.status = OK;
  const from = value.column;
  // What JSON has as a number with a fraction, or a whole one, is told by its value.
  if (isOpen(value) && isInteger(column.type)) value = convertTo(context, value, K_DECIMAL, null)!;
  if (kind == K_CUSTOM && value.kind == K_CUSTOM)
    return from && from.customTag == column.customTag && from.customSize == column.customSize ? value : null;
  const converted = convertTo(context, value, kind, column);
  if (converted ? converted.kind == kind : lastError.status != OK) return converted;
  // A text that spells a number with a fraction is a number.
  const subject = converted ? converted : value;
  const numbers = isNumber(subject.kind) && isNumber(kind);
  const isTruth = (kind == K_BOOLEAN && subject.kind == K_INT) || (kind == K_INT && subject.kind == K_BOOLEAN);
  const other = kind == K_TEXT ? subject.kind : kind;
  const spells = (kind == K_TEXT || subject.kind == K_TEXT) && other != K_BLOB && other != K_CUSTOM;
  if (!numbers && !isTruth && !spells) return null;
  const cast = new Cast(subject, column.type, 0, context.text, true);
  cast.start = value.start;
  return cast;
}

function isPlain(subject: Expression): bool {
  return subject instanceof Constant && (<Constant>subject).isPlain;
}

/** Whether a value of the kind may be given as its bytes. */
function takesBytes(kind: u8): bool {
  return kind == K_UUID || kind == K_CUSTOM;
}

function isBytesConstant(subject: Expression): bool {
  return subject.kind == K_BLOB && subject instanceof Constant;
}

/** The kind that both can have, `K_NULL` for none. */
function commonKind(a: Expression, b: Expression): u8 {
  if (a.kind == b.kind) return a.kind;
  if (a.kind == K_NULL) return b.kind;
  if (b.kind == K_NULL) return a.kind;
  if (isPlain(a)) return b.kind;
  if (isPlain(b)) return a.kind;
  if (isBytesConstant(a) && takesBytes(b.kind)) return b.kind;
  if (isBytesConstant(b) && takesBytes(a.kind)) return a.kind;
  if (isOpen(a)) return isNumber(b.kind) ? K_DECIMAL : b.kind;
  if (isOpen(b)) return isNumber(a.kind) ? K_DECIMAL : a.kind;
  if (isNumber(a.kind) && isNumber(b.kind)) {
    // A number without a sign meets others where both can be told.
    if (a.kind == K_UINT && isSmallConstant(b)) return K_UINT;
    if (b.kind == K_UINT && isSmallConstant(a)) return K_UINT;
    return K_DECIMAL;
  }
  if ((a.kind == K_BOOLEAN && isBit(b)) || (b.kind == K_BOOLEAN && isBit(a))) return K_BOOLEAN;
  if ((a.kind == K_DATE && b.kind == K_DATETIME) || (a.kind == K_DATETIME && b.kind == K_DATE)) return K_DATETIME;
  if ((a.kind == K_JSON && b.kind == K_TEXT) || (a.kind == K_TEXT && b.kind == K_JSON)) return K_TEXT;
  return K_NULL;
}

function isBit(subject: Expression): bool {
  return subject.kind == K_INT && subject instanceof Constant && ((<Constant>subject).low == 0 || (<Constant>subject).low == 1);
}

function isSmallConstant(subject: Expression): bool {
  return subject.kind == K_INT && subject instanceof Constant && <i64>(<Constant>subject).low >= 0;
}

/** The expression as text, for || and the like: any kind has one. */
export function asText(context: StatementContext, subject: Expression): Expression {
  if (subject.kind == K_TEXT) return subject;
  const cast = new Cast(subject, TYPE_TEXT, 0, context.text);
  cast.start = subject.start;
  return cast;
}

/** The expression as a condition: a boolean, or a number that is a constant 1 or 0. Null, with an error, when it is none. */
export function asCondition(context: StatementContext, subject: Expression): Expression | null {
  if (subject.kind == K_BOOLEAN) return subject;
  lastError.status = OK;
  const takes = subject.kind == K_NULL || subject instanceof Constant || isOpen(subject);
  const converted = takes ? convertTo(context, subject, K_BOOLEAN, null) : null;
  if (!converted && lastError.status == OK)
    context.text.fail(
      SQL_TYPE,
      "expected a condition, found " + kindName(subject.kind),
      subject.start,
      "compare it: <> 0, IS NOT NULL",
    );
  return converted;
}

/** The expression as a number: text that spells one is. Null, with an error, when it is none. */
export function asNumber(context: StatementContext, subject: Expression, what: string): Expression | null {
  if (isNumber(subject.kind)) return subject;
  lastError.status = OK;
  let converted: Expression | null = null;
  if (subject.kind == K_NULL) converted = convertTo(context, subject, K_INT, null);
  else if (isPlain(subject)) converted = convertTo(context, subject, K_INT, null);
  else if (isOpen(subject)) converted = convertTo(context, subject, K_DECIMAL, null);
  if (!converted && lastError.status == OK)
    context.text.fail(
      SQL_TYPE,
      what + " takes numbers, not " + kindName(subject.kind),
      subject.start,
      "CAST makes one of a text",
    );
  return converted;
}

/** Fails because something is known and not there yet. */
export function notYet(context: StatementContext, what: string, node: u32, hint: string = ""): void {
  context.fail(SQL_UNSUPPORTED, what + " not there yet", node, hint);
}
