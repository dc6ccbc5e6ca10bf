/**
 * When garbage is collected. A collection walks all that is alive, every open table among it, so it comes when there is as much garbage as
 * that, or memory has grown by a quarter: what it costs a call does not depend on how many tables there are.
 */

/** What one insertion leaves is the unit; a request leaves about so many of it. */
export const REQUEST_GARBAGE: u32 = 4;
/** So much is left in any case before it is collected, unless memory grows. */
const LEAST: u32 = 1024;

export class Garbage {
  private left: u32 = 0;
  private room: u32 = LEAST;
  /** Pages of linear memory beyond which a collection may help. */
  private memoryRoom: i32 = 0;

  /** Takes note that so much was left; whether it is to be collected now, or as soon as no frame holds an object. */
  add(units: u32): bool {
    this.left += units;
    return this.left >= this.room || memory.size() > this.memoryRoom;
  }

  /** It was collected, and about so much, in the same units, is alive. */
  collected(alive: u32): void {
    this.left = 0;
    this.room = max(LEAST, alive);
    const pages = memory.size();
    this.memoryRoom = pages + (pages >> 2);
  }
}
