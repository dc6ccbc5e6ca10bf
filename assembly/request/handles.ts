/** Numbers for a host, from 1, and what they stand for. A number that was given back is given out again. */
export class Handles<T> {
  private readonly items: Array<T | null> = new Array<T | null>();
  /** Places in `items` that are free. */
  private readonly free: Array<i32> = new Array<i32>();

  /** A handle of `item`. */
  add(item: T): i32 {
    if (this.free.length == 0) return this.items.push(item);
    const place = this.free.pop();
    this.items[place] = item;
    return place + 1;
  }

  /** What `handle` stands for; null when it is none. */
  @inline get(handle: i32): T | null {
    return handle > 0 && handle <= this.items.length ? unchecked(this.items[handle - 1]) : null;
  }

  /** The highest handle that there may be. */
  get last(): i32 {
    return this.items.length;
  }

  /** Gives `handle` back; it has to be one. */
  remove(handle: i32): void {
    this.items[handle - 1] = null;
    this.free.push(handle - 1);
  }
}
