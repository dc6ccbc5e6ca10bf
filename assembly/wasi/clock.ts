/** The time of day, and time that passes. */
import { clock_time_get } from "./calls";

// @ts-ignore: decorator
@lazy
const scratch: usize = heap.alloc(8);

/** There is no time of day: a component imports none. */
export const NO_CLOCK: i64 = i64.MIN_VALUE;

/** Microseconds since 1970 in UTC; `NO_CLOCK` where the host tells no time. */
export function wallMicroseconds(): i64 {
  return clock_time_get(0, 1000, scratch) == 0 ? <i64>(load<u64>(scratch) / 1000) : NO_CLOCK;
}

/** Nanoseconds on a clock that only goes forward, for durations; 0 where the host has none. */
export function monotonicNanoseconds(): u64 {
  return clock_time_get(1, 1000, scratch) == 0 ? load<u64>(scratch) : 0;
}
