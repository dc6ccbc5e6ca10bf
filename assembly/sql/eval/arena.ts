/** Bytes that stay where they are until all of them go: values that expressions make for a batch, and rows that operators keep. */
import { OUT_OF_MEMORY, SQL_LIMIT, Status, OK, fail } from "../../status";
import { BLOCK_SIZE, allocBlock, freeBlock } from "../../memory/base/block-pool";

/** What a statement may keep, in bytes; shared by all that it keeps. */
export class MemoryBudget {
  used: u64 = 0;

  constructor(readonly limit: u64) {}

  /** Counts `bytes` more: `SQL_LIMIT` where that is too much. */
  take(bytes: u32): Status {
    this.used += bytes;
    if (this.used <= this.limit) return OK;
    return fail(
      SQL_LIMIT,
      "the statement needs more than " + this.limit.toString() + " bytes for what it sorts, groups or joins",
      "give it more (--sql-memory, in programs sqlMemory), or ask for fewer rows or columns",
    );
  }
}

export class Arena {
  private readonly blocks: Array<usize> = new Array<usize>();
  private readonly large: Array<usize> = new Array<usize>();
  /** Blocks in use, and bytes used of the last of them. */
  private inUse: i32 = 0;
  private used: u32 = BLOCK_SIZE;
  private bytes: u32 = 0;

  /** Without a budget it is for one batch. */
  constructor(private readonly budget: MemoryBudget | null = null) {}

  /** Room for `len` bytes, at a multiple of 8; 0 when there is no memory, or the budget is used up. */
  take(len: u32): usize {
    // Nothing, too, is somewhere.
    const size = (max<u32>(len, 1) + 7) & ~7;
    if (size > BLOCK_SIZE >> 2) return this.takeLarge(size);
    if (this.used + size > BLOCK_SIZE && !this.nextBlock()) return 0;
    const at = unchecked(this.blocks[this.inUse - 1]) + this.used;
    this.used += size;
    return at;
  }

  private nextBlock(): bool {
    if (this.inUse == this.blocks.length) {
      if (!this.count(BLOCK_SIZE)) return false;
      const block = allocBlock();
      if (block == 0) {
        fail(OUT_OF_MEMORY, "no memory for a statement's values");
        return false;
      }
      this.blocks.push(block);
    }
    this.inUse += 1;
    this.used = 0;
    return true;
  }

  private takeLarge(size: u32): usize {
    if (!this.count(size)) return 0;
    const at = heap.alloc(size);
    this.large.push(at);
    return at;
  }

  private count(bytes: u32): bool {
    const budget = this.budget;
    if (!budget) return true;
    if (budget.take(bytes) != OK) return false;
    this.bytes += bytes;
    return true;
  }

  /** Forgets all; blocks are kept for the next batch. */
  reset(): void {
    while (this.large.length > 0) heap.free(this.large.pop());
    this.inUse = 0;
    this.used = BLOCK_SIZE;
  }

  /** Gives all memory back. It may be used again. */
  free(): void {
    this.reset();
    while (this.blocks.length > 0) freeBlock(this.blocks.pop());
    const budget = this.budget;
    if (budget) budget.used -= this.bytes;
    this.bytes = 0;
  }
}
