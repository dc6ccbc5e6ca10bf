/** When what runs has to stop: a host said so, or its time is over. One statement or request runs at a time. */
import { SQL_INTERRUPTED, SQL_TIMEOUT, Status, OK, UNSUPPORTED, fail } from "../status";
import { monotonicNanoseconds } from "./clock";

let isStopped: bool = false;
/** When its time is over, on the clock that only goes forward; 0 for never. */
let deadline: u64 = 0;
let allowed: u32 = 0;
let spent: u32 = 0;

/** Steps of a loop between two looks at the clock. */
const STEPS_BETWEEN: u32 = 1 << 16;

/** Tells the statement that runs to stop, or lets it run on. */
export function stopRunning(stops: bool): void {
  isStopped = stops;
}

/** Gives what runs now so many milliseconds, 0 for any number. `UNSUPPORTED` where there is no clock. */
export function limitTime(milliseconds: u32): Status {
  allowed = milliseconds;
  deadline = 0;
  if (milliseconds == 0) return OK;
  const now = monotonicNanoseconds();
  if (now == 0) return fail(UNSUPPORTED, "there is no clock here for a timeout", "the host can stop the statement by itself");
  deadline = now + <u64>milliseconds * 1000000;
  return OK;
}

/** Whether what runs may run on: to be asked once a batch. False with `SQL_INTERRUPTED` or `SQL_TIMEOUT`. */
export function mayRun(): bool {
  if (isStopped) {
    fail(SQL_INTERRUPTED, "the statement was interrupted");
    return false;
  }
  if (deadline == 0 || monotonicNanoseconds() < deadline) return true;
  fail(SQL_TIMEOUT, "it took more than " + allowed.toString() + " ms", "give it more time, or ask for less");
  return false;
}

/** The same of a loop whose steps are short: looks only once in many of them. False again and again, once it was. */
export function mayStep(steps: u32): bool {
  spent += steps;
  if (spent < STEPS_BETWEEN) return true;
  if (!mayRun()) return false;
  spent = 0;
  return true;
}
