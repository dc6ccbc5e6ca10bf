/** Random numbers from a seed: the same on every machine, so that what failed once fails again. */
export class Random {
  #state: number;

  constructor(...seeds: readonly number[]) {
    this.#state = 0x9e3779b9;
    for (const seed of seeds) {
      this.#state = (this.#state ^ seed) >>> 0;
      this.u32();
      this.u32();
    }
  }

  /** 32 random bits (mulberry32). */
  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return (z ^ (z >>> 14)) >>> 0;
  }

  /** A number from 0 up to, but not, `limit`. */
  below(limit: number): number {
    return limit <= 0 ? 0 : Math.floor((this.u32() / 0x1_0000_0000) * limit);
  }

  /** True once in `often` times, on average. */
  oneIn(often: number): boolean {
    return this.below(often) === 0;
  }

  pick<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)];
    if (chosen === undefined) throw new Error("nothing to pick from");
    return chosen;
  }

  /** A shuffled copy. */
  shuffled<T>(list: readonly T[]): T[] {
    const copy = [...list];
    for (let i = copy.length - 1; i > 0; i--) {
      const at = this.below(i + 1);
      const held = copy[i] as T;
      copy[i] = copy[at] as T;
      copy[at] = held;
    }
    return copy;
  }
}
