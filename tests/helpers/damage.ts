/** Seeded damage to page files. */
import { PAGE_SIZE } from "./page-file.js";

/** Numbers that look random and are the same for a seed: mulberry32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** A byte of the page that is in use, or just behind one: damage elsewhere is seldom seen by anybody. */
function usedByte(bytes: Buffer, page: number, random: Random): number {
  const start = page * PAGE_SIZE;
  for (let tries = 0; tries < 200; tries++) {
    const at = start + random.below(tries < 100 ? 512 : PAGE_SIZE);
    if (bytes[at] !== 0) return at + (random.below(8) === 0 ? 1 : 0);
  }
  return start + random.below(64);
}

/** Damages a copy of `bytes` in one of many ways; says how. */
export function damage(original: Buffer, random: Random): { bytes: Buffer; how: string } {
  const bytes = Buffer.from(original);
  const pages = bytes.length / PAGE_SIZE;
  const page = random.below(pages);
  const other = random.below(pages);
  switch (random.below(10)) {
    case 0: {
      const length = random.below(4) === 0 ? random.below(bytes.length) : page * PAGE_SIZE;
      return { bytes: bytes.subarray(0, length), how: `cut to ${length} bytes` };
    }
    case 1: {
      const a = bytes.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
      const b = bytes.subarray(other * PAGE_SIZE, (other + 1) * PAGE_SIZE);
      const kept = Buffer.from(a);
      b.copy(a);
      kept.copy(b);
      return { bytes, how: `pages ${page} and ${other} swapped` };
    }
    case 2:
      bytes.fill(0, page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
      return { bytes, how: `page ${page} zeroed` };
    case 3:
      bytes.copy(bytes, page * PAGE_SIZE, other * PAGE_SIZE, (other + 1) * PAGE_SIZE);
      return { bytes, how: `page ${page} overwritten with page ${other}` };
    case 4: {
      // Numbers that look like pages lead to others.
      const found: number[] = [];
      for (let at = page * PAGE_SIZE; at < page * PAGE_SIZE + 2048; at++) {
        const number = bytes.readUInt32LE(at);
        if (number > 0 && number < pages) found.push(at);
      }
      const places = Array.from({ length: 1 + random.below(4) }, () =>
        found.length > 0 ? random.pick(found) : page * PAGE_SIZE,
      );
      for (const at of places) bytes.writeUInt32LE(random.pick([other, page, 0, pages, 0xffffffff, other]), at);
      return { bytes, how: `page numbers at ${places.join()} changed` };
    }
    case 5: {
      const at = Math.min(usedByte(bytes, page, random), bytes.length - 8);
      const value = random.pick([0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff]);
      bytes.writeUInt32LE(value, at);
      return { bytes, how: `u32 at ${at} is ${value}` };
    }
    case 6: {
      const at = usedByte(bytes, page, random);
      const length = Math.min(1 + random.below(4000), bytes.length - at);
      for (let i = 0; i < length; i++) bytes[at + i] = random.below(256);
      return { bytes, how: `${length} random bytes at ${at}` };
    }
    default: {
      const count = random.pick([1, 1, 1, 2, 4, 16, 64]);
      const places = Array.from({ length: count }, (_, i) => usedByte(bytes, i === 0 ? page : random.below(pages), random));
      for (const at of places) if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << random.below(8));
      return { bytes, how: `bits at ${places.slice(0, 8).join()}${count > 8 ? "…" : ""} flipped` };
    }
  }
}
