/** Calls of functions, by their number. */
import { Call } from "./call";
import { DateCall } from "./date-functions";
import { Expression } from "./expression";
import { F_DATE, F_JSON, F_LENGTH, takesNull } from "./function-names";
import { JsonCall } from "./json-functions";
import { NumberCall } from "./number-functions";
import { Surroundings } from "./surroundings";
import { TextCall } from "./text-functions";

/** A call of function `fn`, F_…, which gives a value of `kind`. */
export function newCall(fn: u8, args: Array<Expression>, kind: u8, around: Surroundings): Call {
  const asked = takesNull(fn);
  if (fn >= F_DATE) return new DateCall(fn, args, kind, asked, around);
  if (fn >= F_JSON) return new JsonCall(fn, args, kind, asked, around);
  return fn >= F_LENGTH ? new TextCall(fn, args, kind, asked, around) : new NumberCall(fn, args, kind, asked, around);
}
