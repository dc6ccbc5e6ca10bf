/** Calls of functions of one row's values. */
import { asciiLower } from "../../encode/ascii";
import { SQL_TYPE, SQL_UNSUPPORTED } from "../../status";
import { suggestion } from "../../schema/nearest";
import { Comparison } from "../eval/compare";
import { Constant, Expression } from "../eval/expression";
import {
  F_ABS,
  F_CEIL,
  F_CONCAT,
  F_FLOOR,
  F_GREATEST,
  F_HEX,
  F_INSTR,
  F_LEAST,
  F_LENGTH,
  F_LOWER,
  F_LTRIM,
  F_OCTET_LENGTH,
  F_REPLACE,
  F_ROUND,
  F_RTRIM,
  F_SIGN,
  F_SUBSTR,
  F_TRIM,
  F_UPPER,
  FunctionCall,
} from "../eval/functions";
import { K_BLOB, K_DECIMAL, K_INT, K_JSON, K_NULL, K_TEXT, K_UINT, kindName } from "../eval/kinds";
import { IsNull } from "../eval/logic";
import { OP_EQ, OP_REMAINDER } from "../syntax/operators";
import { FLAG_DISTINCT, FLAG_STAR } from "../syntax/tree";
import { asCondition, asNumber, asText, convertTo, notYet, unifiedLeft, unifiedRight, unify, unifyAll } from "./convert";
import { ExpressionBinder } from "./expressions";
import { textConstant } from "./literals";

/** A function of numbers (N), of text or bytes (T), of any values as text (A), or of values of one kind (S). */
class Known {
  constructor(
    readonly name: string,
    readonly fn: u8,
    readonly takes: string,
    readonly least: i32,
    readonly most: i32,
  ) {}
}

const MANY: i32 = 127;

/** Those that are more than a loop over values have a case of their own below. */
const KNOWN: Array<Known> = [
  new Known("abs", F_ABS, "N", 1, 1),
  new Known("round", F_ROUND, "N", 1, 2),
  new Known("ceil", F_CEIL, "N", 1, 1),
  new Known("ceiling", F_CEIL, "N", 1, 1),
  new Known("floor", F_FLOOR, "N", 1, 1),
  new Known("sign", F_SIGN, "N", 1, 1),
  new Known("length", F_LENGTH, "T", 1, 1),
  new Known("char_length", F_LENGTH, "T", 1, 1),
  new Known("character_length", F_LENGTH, "T", 1, 1),
  new Known("octet_length", F_OCTET_LENGTH, "T", 1, 1),
  new Known("upper", F_UPPER, "T", 1, 1),
  new Known("lower", F_LOWER, "T", 1, 1),
  new Known("trim", F_TRIM, "T", 1, 2),
  new Known("ltrim", F_LTRIM, "T", 1, 2),
  new Known("rtrim", F_RTRIM, "T", 1, 2),
  new Known("substr", F_SUBSTR, "T", 2, 3),
  new Known("substring", F_SUBSTR, "T", 2, 3),
  new Known("replace", F_REPLACE, "T", 3, 3),
  new Known("instr", F_INSTR, "T", 2, 2),
  new Known("hex", F_HEX, "T", 1, 1),
  new Known("concat", F_CONCAT, "A", 1, MANY),
  new Known("greatest", F_GREATEST, "S", 1, MANY),
  new Known("least", F_LEAST, "S", 1, MANY),
  new Known("max", F_GREATEST, "S", 2, MANY),
  new Known("min", F_LEAST, "S", 2, MANY),
];

const OTHERS: string = "coalesce ifnull nullif iif if typeof mod";
const AGGREGATES: string = "count sum total avg min max group_concat string_agg";

/** Whether `name`, in lower case, is an aggregate of `args` values. */
export function isAggregate(name: string, args: u32): bool {
  if ((name == "min" || name == "max") && args != 1) return false;
  return (" " + AGGREGATES + " ").includes(" " + name + " ");
}

/** Binds calls; what aggregates are is for those who know groups. */
export abstract class FunctionBinder extends ExpressionBinder {
  protected abstract aggregate(node: u32, name: string): Expression | null;

  protected call(node: u32): Expression | null {
    const tree = this.tree;
    const name = asciiLower(tree.text(tree.a(node)));
    const count = tree.length(tree.b(node));
    if (isAggregate(name, count)) return this.aggregate(node, name);
    if (name == "current_date" || name == "current_timestamp" || name == "current_time" || name == "now") {
      notYet(this.context, "the time of day is", node, "give it as a parameter");
      return null;
    }
    if (tree.has(node, FLAG_DISTINCT) || tree.has(node, FLAG_STAR) || tree.c(node) != 0) {
      this.context.fail(SQL_TYPE, name + " is no aggregate: it takes no DISTINCT, *, FILTER, ORDER BY or OVER", node);
      return null;
    }
    const args = new Array<Expression>();
    for (let arg = tree.b(node); arg != 0; arg = tree.next(arg)) {
      const bound = this.bind(arg);
      if (!bound) return null;
      args.push(bound);
    }
    if ((" " + OTHERS + " ").includes(" " + name + " ")) return this.otherCall(node, name, args);
    let sawName = false;
    for (let k = 0; k < KNOWN.length; k++) {
      const known = KNOWN[k];
      if (known.name != name) continue;
      sawName = true;
      if (args.length >= known.least && args.length <= known.most) return this.knownCall(node, known, args);
    }
    if (sawName) return this.wrongCount(node, name, args.length);
    const names = (OTHERS + " " + AGGREGATES).split(" ");
    for (let k = 0; k < KNOWN.length; k++) if (!names.includes(KNOWN[k].name)) names.push(KNOWN[k].name);
    this.context.fail(SQL_UNSUPPORTED, "there is no function " + name, node, suggestion(name, names, "functions"));
    return null;
  }

  private wrongCount(node: u32, name: string, count: i32): Expression | null {
    this.context.fail(SQL_TYPE, name + " does not take " + count.toString() + (count == 1 ? " value" : " values"), node);
    return null;
  }

  private made(fn: u8, args: Array<Expression>, kind: u8, node: u32): FunctionCall {
    const call = new FunctionCall(fn, args, kind, this.context.text);
    call.start = this.tree.start(node);
    return call;
  }

  private knownCall(node: u32, known: Known, args: Array<Expression>): Expression | null {
    const context = this.context;
    if (known.takes == "A") {
      for (let a = 0; a < args.length; a++) args[a] = asText(context, args[a]);
      return this.made(known.fn, args, K_TEXT, node);
    }
    if (known.takes == "S") return this.oneKind(node, known.fn, args);
    if (known.takes == "N") {
      for (let a = 0; a < args.length; a++) {
        let number = asNumber(context, args[a], known.name);
        if (number && number.kind == K_UINT) number = convertTo(context, number, K_DECIMAL, null);
        if (!number) return null;
        args[a] = number;
      }
      if (args.length > 1 && args[1].kind != K_INT) {
        context.fail(SQL_TYPE, known.name + " takes an integer as its second value", node);
        return null;
      }
      return this.made(known.fn, args, known.fn == F_SIGN ? K_INT : args[0].kind, node);
    }
    // Text, or bytes where that makes sense; positions are integers.
    for (let a = 0; a < args.length; a++) {
      if (known.fn == F_SUBSTR && a > 0) {
        const number = asNumber(context, args[a], known.name);
        if (!number) return null;
        if (number.kind != K_INT) {
          context.fail(SQL_TYPE, known.name + " takes integers as places", node);
          return null;
        }
        args[a] = number;
        continue;
      }
      if (args[a].kind == K_NULL) args[a].kind = K_TEXT;
      if (args[a].kind == K_JSON) args[a] = asText(context, args[a]);
      const takesBytes = known.fn == F_LENGTH || known.fn == F_OCTET_LENGTH || known.fn == F_SUBSTR || known.fn == F_HEX;
      if (args[a].kind == K_TEXT || (args[a].kind == K_BLOB && takesBytes)) continue;
      context.text.fail(SQL_TYPE, known.name + " takes text, not " + kindName(args[a].kind), args[a].start, "CAST makes text");
      return null;
    }
    const isNumber = known.fn == F_LENGTH || known.fn == F_OCTET_LENGTH || known.fn == F_INSTR;
    return this.made(known.fn, args, isNumber ? K_INT : known.fn == F_SUBSTR ? args[0].kind : K_TEXT, node);
  }

  private oneKind(node: u32, fn: u8, args: Array<Expression>): Expression | null {
    if (!unifyAll(this.context, args)) return null;
    return this.made(fn, args, args[0].kind, node);
  }

  private otherCall(node: u32, name: string, args: Array<Expression>): Expression | null {
    const context = this.context;
    const count = args.length;
    if (name == "coalesce" || name == "ifnull") {
      if (count < 2 || (name == "ifnull" && count != 2)) return this.wrongCount(node, name, count);
      const conditions = new Array<Expression>();
      const values = new Array<Expression>();
      if (!unifyAll(context, args)) return null;
      for (let a = 0; a < count - 1; a++) {
        conditions.push(new IsNull(args[a], true));
        values.push(args[a]);
      }
      return this.choice(conditions, values, args[count - 1]);
    }
    if (name == "nullif") {
      if (count != 2) return this.wrongCount(node, name, count);
      if (!unify(context, args[0], args[1])) return null;
      const equal = new Comparison(OP_EQ, unifiedLeft!, unifiedRight!);
      return this.choice([equal], [Constant.null()], args[0]);
    }
    if (name == "iif" || name == "if") {
      if (count != 3 && count != 2) return this.wrongCount(node, name, count);
      const condition = asCondition(context, args[0]);
      return condition ? this.choice([condition], [args[1]], count == 3 ? args[2] : Constant.null()) : null;
    }
    if (name == "typeof") {
      if (count != 1) return this.wrongCount(node, name, count);
      const text = String.UTF8.encode(kindName(args[0].kind));
      const isNull = String.UTF8.encode("null");
      const known = textConstant(changetype<usize>(text), text.byteLength);
      const other = textConstant(changetype<usize>(isNull), isNull.byteLength);
      return this.choice([new IsNull(args[0], true)], [known], other);
    }
    // mod
    if (count != 2) return this.wrongCount(node, name, count);
    return this.arithmetic(OP_REMAINDER, args[0], args[1], node, name);
  }
}
