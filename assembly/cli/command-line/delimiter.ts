/** The option `--delimiter` of commands that read or write CSV. */
import { Status, USAGE, fail } from "../../status";

const QUOTE: i32 = 0x22;
const TAB: i32 = 0x09;
const LINE_FEED: i32 = 0x0a;
const CARRIAGE_RETURN: i32 = 0x0d;

/** The delimiter that `text` means: a byte, or 0 when it can't be one. */
export function delimiterOf(text: string): u32 {
  if (text == "\\t") return TAB;
  const unit = text.length == 1 ? text.charCodeAt(0) : 0;
  return unit > 127 || unit == QUOTE || unit == LINE_FEED || unit == CARRIAGE_RETURN ? 0 : unit;
}

/** Fails with `USAGE`. */
export function badDelimiter(): Status {
  return fail(USAGE, "--delimiter needs one ASCII character, and goes with --format csv");
}
