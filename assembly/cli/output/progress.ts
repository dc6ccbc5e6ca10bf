/** How far a long command is: a line on standard error that is written over again and again. */
import { monotonicNanoseconds } from "../../wasi/clock";
import { WorkWatcher } from "../../wasi/row-work";
import { stderr } from "../../wasi/stdio";

/** Nanoseconds between two looks of the line. */
const EVERY: u64 = 200000000;
/** The clock is asked every so many rows. */
const ROWS_BETWEEN: u64 = 256;

export class Progress {
  private readonly started: u64 = monotonicNanoseconds();
  private lastShown: u64 = 0;
  private isShown: bool = false;

  /** `on`: somebody watches. `what` starts the line. */
  constructor(
    private readonly on: bool,
    private readonly what: string,
  ) {
    this.lastShown = this.started;
  }

  /** Nanoseconds since the start. */
  get elapsed(): u64 {
    return monotonicNanoseconds() - this.started;
  }

  /** Seconds since the start: `0.12`. */
  get seconds(): string {
    return decimals(this.elapsed / 10000000);
  }

  /** To be called after each row: `rows` done, at byte `position` of `size` (-1: unknown). Allocates only when the line is due. */
  @inline row(rows: u64, position: u64, size: i64): void {
    if (this.on && (rows & (ROWS_BETWEEN - 1)) == 0) this.look(rows, position, size);
  }

  private look(rows: u64, position: u64, size: i64): void {
    const now = monotonicNanoseconds();
    if (now - this.lastShown < EVERY) return;
    this.lastShown = now;
    this.isShown = true;
    let text = this.what + ": " + grouped(rows) + " rows, " + grouped(perSecond(rows, now - this.started)) + " rows/s";
    if (size > 0) text += ", " + ((position * 100) / <u64>size).toString() + " %";
    stderr.raw("\r");
    stderr.text(text);
    stderr.raw("\x1b[K");
    stderr.flush();
  }

  /** Takes the line away. */
  end(): void {
    if (!this.isShown) return;
    stderr.raw("\r\x1b[K");
    this.isShown = false;
  }
}

/** Shows the work of statements: rows that are written anew, indexes that are filled. */
export class ShownWork extends WorkWatcher {
  private line: Progress = new Progress(false, "");
  private rows: u64 = 0;

  begin(what: string): void {
    this.line = new Progress(true, what);
    this.rows = 0;
  }

  row(): void {
    this.rows += 1;
    this.line.row(this.rows, 0, -1);
  }

  end(): void {
    this.line.end();
  }
}

function perSecond(rows: u64, nanoseconds: u64): u64 {
  const milliseconds = max<u64>(nanoseconds / 1000000, 1);
  return (rows * 1000) / milliseconds;
}

/** A number of hundredths: `1.05`. */
function decimals(hundredths: u64): string {
  return (hundredths / 100).toString() + "." + (hundredths % 100).toString().padStart(2, "0");
}

/** `1234567` as `1,234,567`. */
export function grouped(value: u64): string {
  const digits = value.toString();
  let text = "";
  for (let i = 0; i < digits.length; i++) {
    if (i > 0 && (digits.length - i) % 3 == 0) text += ",";
    text += digits.charAt(i);
  }
  return text;
}
