/** A rule of a column, as it is declared: its kind, and the values that it has been given. */
import { BAD_SCHEMA, OK, fail, lastError } from "../status";
import { asciiLower } from "../encode/ascii";
import { ByteBuffer } from "../encode/byte-buffer";
import { TYPE_INT16, TYPE_INT64, TYPE_UINT32, TYPE_UINT64, typeName, valueDiscriminant } from "../encode/data-type";
import { compareKeyValues } from "../encode/key";
import { parseValue } from "../encode/value-text";
import {
  CLAMP,
  CLAMP_UNSIGNED,
  FIRST_VALIDATOR,
  LIKE,
  MAX_STRLEN,
  MIN_STRLEN,
  ONE_OF,
  RANGE,
  RANGE_STRLEN,
  ROUND_TO_SCALE,
  RULE_NAMES,
  TIMEZONE,
  argumentsOf,
  suits,
} from "./rule-kinds";

/** The farthest offset of a date-time, in minutes. */
const MOST_OFFSET: i64 = 24 * 60 - 1;

export class Rule {
  /** Its numbers, where it has some: bounds, a length, digits, minutes. */
  first: i64 = 0;
  second: i64 = 0;
  /** Values of a list or bounds, each as in a key behind its length in four bytes, 0 for none; or a pattern's text. */
  values: ArrayBuffer = new ArrayBuffer(0);

  constructor(
    readonly kind: i32,
    /** As it is written, with backslashes where they are needed. */
    readonly text: string,
  ) {}


  @inline get isSanitizer(): bool {
    return this.kind < FIRST_VALIDATOR;
  }
}

/** The kind of the rule `name`, in any case of letters; -1 for none. */
export function ruleKind(name: string): i32 {
  return RULE_NAMES.indexOf(asciiLower(name));
}

/** Whether the text behind the rule's name is one, and not several with commas between them. */
export function takesOneText(kind: i32): bool {
  return kind == LIKE;
}

/** Makes a rule for columns of `type`, of the texts that were given with its name; null with `BAD_SCHEMA`, without the column's name. */
export function makeRule(kind: i32, type: u8, given: Array<string>): Rule | null {
  const name = RULE_NAMES[kind];
  const wanted = argumentsOf(kind);
  if (!suits(kind, type)) return refused(name + " is not for columns of " + typeName(type));
  if (wanted == "" && given.length > 0) return refused(name + " takes no value");
  if (wanted != "" && given.length == 0) return refused(name + " needs =" + wanted);
  let text = name;
  for (let g = 0; g < given.length; g++) text += (g == 0 ? "=" : ",") + escaped(given[g]);
  const rule = new Rule(kind, text);
  values.reset();
  if (fill(rule, type, given)) {
    rule.values = new ArrayBuffer(values.len);
    memory.copy(changetype<usize>(rule.values), values.ptr, values.len);
    return rule;
  }
  if (lastError.status == OK) fail(BAD_SCHEMA, text + " is not like " + name + "=" + wanted);
  return null;
}

function refused(what: string): Rule | null {
  fail(BAD_SCHEMA, what);
  return null;
}

/** Takes what was given with the rule's name; false where it is not what it should be, perhaps with an error. */
function fill(rule: Rule, type: u8, given: Array<string>): bool {
  lastError.status = OK;
  const count = given.length;
  switch (rule.kind) {
    case ROUND_TO_SCALE:
    case MAX_STRLEN:
    case MIN_STRLEN:
      return count == 1 && number(rule, TYPE_UINT32, given[0], true);
    case TIMEZONE:
      if (count != 1 || !number(rule, TYPE_INT16, given[0], true)) return false;
      if (abs(rule.first) <= MOST_OFFSET) return true;
      refused("target timezone offset " + given[0] + " minutes is outside the supported range -1439..=1439");
      return false;
    case RANGE_STRLEN:
    case CLAMP:
    case CLAMP_UNSIGNED: {
      const integer = rule.kind == CLAMP ? TYPE_INT64 : rule.kind == CLAMP_UNSIGNED ? TYPE_UINT64 : TYPE_UINT32;
      if (count != 2 || !number(rule, integer, given[0], true) || !number(rule, integer, given[1], false)) return false;
      const isRight = integer == TYPE_UINT64 ? <u64>rule.first <= <u64>rule.second : rule.first <= rule.second;
      return isRight || outOfOrder(rule);
    }
    case LIKE:
      values.addText(given[0]);
      return true;
    case RANGE:
      if (count != 2 || (given[0] == "" && given[1] == "")) return false;
      if (!addValue(rule, type, given[0], true) || !addValue(rule, type, given[1], true)) return false;
      return given[0] == "" || given[1] == "" || isInOrder() || outOfOrder(rule);
    case ONE_OF:
      for (let g = 0; g < count; g++) if (!addValue(rule, type, given[g], false)) return false;
      return true;
    default:
      return true;
  }
}

function outOfOrder(rule: Rule): bool {
  fail(BAD_SCHEMA, rule.text + " has the larger value first");
  return false;
}

function isInOrder(): bool {
  const low = values.ptr + 4;
  return compareKeyValues(low, low + load<u32>(low - 4) + 4) <= 0;
}

const read: ByteBuffer = new ByteBuffer(16);
/** What `Rule.values` is to be. */
const values: ByteBuffer = new ByteBuffer(64);

/** Reads one of the rule's numbers, of an integer type. */
function number(rule: Rule, type: u8, text: string, isFirst: bool): bool {
  read.reset();
  const bytes = String.UTF8.encode(text);
  if (parseValue(type, 0, changetype<usize>(bytes), bytes.byteLength, read) != OK) {
    lastError.status = OK;
    return false;
  }
  const at = read.ptr;
  const value: i64 = type == TYPE_INT16 ? <i64>load<i16>(at) : type == TYPE_UINT32 ? <i64>load<u32>(at) : load<i64>(at);
  if (isFirst) rule.first = value;
  else rule.second = value;
  return true;
}

/** Adds a value of the column's type to the rule's; "" is none, if it `mayBeNone`. */
function addValue(rule: Rule, type: u8, text: string, mayBeNone: bool): bool {
  if (text == "" && mayBeNone) {
    values.addU32(0);
    return true;
  }
  read.reset();
  read.addU8(valueDiscriminant(type));
  const bytes = String.UTF8.encode(text);
  if (parseValue(type, 0, changetype<usize>(bytes), bytes.byteLength, read) != OK) {
    fail(BAD_SCHEMA, rule.text + ": " + lastError.what);
    return false;
  }
  values.addU32(read.len);
  values.addBytes(read.ptr, read.len);
  return true;
}

/** `text` with a backslash before each character that means something in a list of values. */
function escaped(text: string): string {
  let result = "";
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    result += char == "," || char == ":" || char == "\\" ? "\\" + char : char;
  }
  return result;
}
