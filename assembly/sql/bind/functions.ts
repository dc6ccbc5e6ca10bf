/** Calls of functions of one row's values. */
import { asciiLower } from "../../encode/ascii";
import { SQL_LIMIT, SQL_TYPE, SQL_UNSUPPORTED } from "../../status";
import { suggestion } from "../../schema/nearest";
import { DateCall, isFractionPart, partOf } from "../eval/date-functions";
import { Constant, Expression } from "../eval/expression";
import { FUNCTIONS, F_DATE_PART, KIND_LETTERS } from "../eval/function-names";
import { newCall } from "../eval/functions";
import {
  K_BLOB,
  K_BOOLEAN,
  K_DATE,
  K_DATETIME,
  K_DECIMAL,
  K_INT,
  K_JSON,
  K_NULL,
  K_TEXT,
  K_UINT,
  isNumber,
  kindName,
} from "../eval/kinds";
import { IsNull } from "../eval/logic";
import { OP_EQ, OP_REMAINDER } from "../syntax/operators";
import { FLAG_DISTINCT, FLAG_STAR, N_TEXT } from "../syntax/tree";
import { asCondition, asNumber, asPartOfJson, asText, convertTo, unifyAll } from "./convert";
import { PredicateBinder } from "./predicates";
import { stringConstant } from "./literals";

/** Values that a function takes, as in SQLite. */
const MOST_VALUES: i32 = 1000;
/** Those that are expressions of another kind, and have a case of their own below. */
const OTHERS: string = "coalesce ifnull nullif iif if typeof mod extract date_part";
const AGGREGATES: string = "count sum total avg min max group_concat string_agg json_group_array json_group_object";
/** Functions of rows of a window. */
const WINDOWS: string = "row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value";
/** Functions that are elsewhere and not here, with what does the same. */
const REFUSED: string = `
julianday unixepoch(…) / 86400.0 counts days since 1970
current_time strftime('%H:%M:%S', 'now') is its text
time strftime('%H:%M:%S', …) is its text
localtime there is no time zone but UTC
`;

/** Whether `name`, in lower case, is an aggregate of `args` values. */
export function isAggregate(name: string, args: u32): bool {
  if ((name == "min" || name == "max") && args != 1) return false;
  return hasWord(AGGREGATES, name);
}

function hasWord(words: string, word: string): bool {
  return (" " + words + " ").includes(" " + word + " ");
}

/** What the line of `table` that begins with `name` says behind it, from the one behind place `from` on; `lineEnd` is where it ends. */
function lineOf(table: string, name: string, from: i32 = 0): string | null {
  const at = table.indexOf("\n" + name + " ", from);
  if (at < 0) return null;
  lineEnd = table.indexOf("\n", at + 1);
  return table.substring(at + name.length + 2, lineEnd);
}

let lineEnd: i32 = 0;

/** Binds calls; what aggregates are is for those who know groups. */
export abstract class FunctionBinder extends PredicateBinder {
  protected abstract aggregate(node: u32, name: string): Expression | null;
  /** A call over a window. */
  protected abstract windowCall(node: u32, name: string): Expression | null;

  protected call(node: u32): Expression | null {
    const tree = this.tree;
    const name = asciiLower(tree.text(tree.a(node)));
    const count = tree.length(tree.b(node));
    if (tree.c(tree.c(node)) != 0 || hasWord(WINDOWS, name)) return this.windowCall(node, name);
    if (isAggregate(name, count)) return this.aggregate(node, name);
    if (tree.has(node, FLAG_DISTINCT) || tree.has(node, FLAG_STAR) || tree.c(node) != 0) {
      this.context.fail(SQL_TYPE, name + " is no aggregate: it takes no DISTINCT, *, FILTER or ORDER BY", node);
      return null;
    }
    if (name == "extract" || name == "date_part") return this.datePart(node, name, count);
    const args = new Array<Expression>();
    for (let arg = tree.b(node); arg != 0; arg = tree.next(arg)) {
      const bound = this.bind(arg);
      if (!bound) return null;
      args.push(bound);
      if (args.length <= MOST_VALUES) continue;
      this.context.fail(SQL_LIMIT, "a function takes " + MOST_VALUES.toString() + " values at most", node);
      return null;
    }
    if (hasWord(OTHERS, name)) return this.otherCall(node, name, args);
    let line = lineOf(FUNCTIONS, name);
    const isKnown = line !== null;
    for (; line; line = lineOf(FUNCTIONS, name, lineEnd)) {
      const parts = line.split(" ");
      const takes = new Takes(parts[1]);
      if (takes.suits(args.length))
        return this.known(node, name, <u8>I32.parseInt(parts[0]), takes, parts[2].charCodeAt(0), args);
    }
    if (isKnown) return this.wrongCount(node, name, args.length);
    const instead = lineOf(REFUSED, name);
    if (instead) {
      this.context.fail(SQL_UNSUPPORTED, name + " is not there", node, instead);
      return null;
    }
    const names = (OTHERS + " " + AGGREGATES + " " + WINDOWS).split(" ");
    const lines = FUNCTIONS.split("\n");
    for (let l = 0; l < lines.length; l++) names.push(lines[l].split(" ")[0]);
    this.context.fail(SQL_UNSUPPORTED, "there is no function " + name, node, suggestion(name, names, "functions"));
    return null;
  }

  private wrongCount(node: u32, name: string, count: i32): Expression | null {
    this.context.fail(SQL_TYPE, name + " does not take " + count.toString() + (count == 1 ? " value" : " values"), node);
    return null;
  }

  private known(node: u32, name: string, fn: u8, takes: Takes, gives: i32, args: Array<Expression>): Expression | null {
    if (takes.letter(0) == LETTER_ONE_KIND && !unifyAll(this.context, args)) return null;
    for (let a = 0; a < args.length; a++) {
      const argument = this.argument(name, takes.letter(a), args[a]);
      if (!argument) return null;
      args[a] = argument;
    }
    let kind = <u8>KIND_LETTERS.indexOf(String.fromCharCode(gives));
    if (gives == 0x31) kind = args[0].kind;
    else if (gives == 0x32) kind = args[1].kind == K_DATE ? K_DATE : K_DATETIME;
    const call = newCall(fn, args, kind, this.context.around);
    call.start = this.tree.start(node);
    return call;
  }

  /** A value as one of those that the letter means; null with an error. */
  private argument(name: string, letter: i32, value: Expression): Expression | null {
    const context = this.context;
    const kind = value.kind;
    switch (letter) {
      case 0x41: // A
        return asText(context, value);
      case LETTER_ONE_KIND:
        return value;
      case 0x56: // V
        return asPartOfJson(context, value);
      case 0x58: // X
        return kind == K_NULL || isNumber(kind) || kind == K_BOOLEAN || kind == K_BLOB ? value : asText(context, value);
      case 0x4e: // N
      case 0x49: {
        // I
        let number = asNumber(context, value, name);
        if (number && letter == 0x49 && number.kind != K_INT) {
          context.text.fail(SQL_TYPE, name + " takes an integer here", value.start, "CAST makes one");
          return null;
        }
        if (number && number.kind == K_UINT) number = convertTo(context, number, K_DECIMAL, null);
        return number;
      }
    }
    // Text, and what may be given instead.
    if (kind == K_NULL) return convertTo(context, value, K_TEXT, null);
    if (kind == K_TEXT || (letter == 0x42 && kind == K_BLOB)) return value;
    if (letter == 0x4a) {
      // J
      if (kind == K_JSON) return value;
      if (isNumber(kind) || kind == K_BOOLEAN) return asText(context, value);
    } else if (letter == 0x44) {
      // D
      if (kind == K_DATE || kind == K_DATETIME) return value;
      if (isNumber(kind)) return convertTo(context, value, K_DECIMAL, null);
    }
    if (kind == K_JSON) return asText(context, value);
    const wanted = letter == 0x44 ? "a time" : letter == 0x4a ? "JSON" : "text";
    context.text.fail(SQL_TYPE, name + " takes " + wanted + ", not " + kindName(kind), value.start, "CAST makes text");
    return null;
  }

  /** EXTRACT(part FROM value), which the parser makes a call with the part as text, and DATE_PART. */
  private datePart(node: u32, name: string, count: u32): Expression | null {
    const tree = this.tree;
    const part = tree.b(node);
    if (count != 2) return this.wrongCount(node, name, count);
    const letter = tree.kind(part) == N_TEXT ? partOf(asciiLower(tree.text(part))) : 0;
    if (letter == 0) {
      const hint = "year, month, day, hour, minute, second, dow, isodow, doy, week, isoyear, quarter, epoch";
      this.context.fail(SQL_TYPE, name + " needs the name of a part", part, hint);
      return null;
    }
    const bound = this.bind(tree.next(part));
    const value = bound ? this.argument(name, 0x44, bound) : null;
    if (!value) return null;
    const call = newCall(F_DATE_PART, [value], isFractionPart(letter) ? K_DECIMAL : K_INT, this.context.around);
    (<DateCall>call).part = letter;
    call.start = tree.start(node);
    return call;
  }

  private otherCall(node: u32, name: string, args: Array<Expression>): Expression | null {
    const context = this.context;
    const count = args.length;
    const isIf = name == "iif" || name == "if";
    const least = name == "typeof" ? 1 : 2;
    const most = name == "coalesce" ? i32.MAX_VALUE : isIf ? 3 : least;
    if (count < least || count > most) return this.wrongCount(node, name, count);
    if (name == "coalesce" || name == "ifnull") return this.firstOf(args);
    if (name == "nullif") {
      const equal = this.comparison(OP_EQ, args[0], args[1]);
      return equal ? this.choice([equal], [Constant.null()], args[0]) : null;
    }
    if (isIf) {
      const condition = asCondition(context, args[0]);
      return condition ? this.choice([condition], [args[1]], count == 3 ? args[2] : Constant.null()) : null;
    }
    if (name == "typeof") {
      const kind = stringConstant(kindName(args[0].kind));
      return this.choice([new IsNull(args[0], true)], [kind], stringConstant("null"));
    }
    return this.arithmetic(OP_REMAINDER, args[0], args[1], node, name);
  }
}

const LETTER_ONE_KIND: i32 = 0x53;

/** What a function takes, as its line says it (function-names.ts). */
class Takes {
  private readonly letters: string;
  private readonly least: i32;
  /** How many of the last letters may come again. */
  private readonly repeats: i32;

  constructor(text: string) {
    const last = text.charCodeAt(text.length - 1) - 0x30;
    const repeats = last > 0 && last < 10 ? last : 0;
    const bar = text.indexOf("|");
    this.letters = text.replace("|", "").substring(0, text.length - i32(bar >= 0) - i32(repeats > 0));
    this.repeats = repeats;
    if (text == "-") this.letters = "";
    this.least = bar >= 0 ? bar : this.letters.length;
  }

  suits(count: i32): bool {
    const all = this.letters.length;
    if (count < this.least || (this.repeats == 0 && count > all)) return false;
    return this.repeats < 2 || (count - this.least) % this.repeats == 0;
  }

  letter(a: i32): i32 {
    const all = this.letters.length;
    if (all == 0) return 0;
    return this.letters.charCodeAt(a < all ? a : all - this.repeats + ((a - all) % this.repeats));
  }
}
