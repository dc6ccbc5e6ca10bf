/** Bytes that stay where they are until all of them go: values that expressions make for a batch, and rows that operators keep. */
import { OUT_OF_MEMORY, SQL_LIMIT, OK, fail } from "../../status";
import { BLOCK_SIZE, allocBlock, freeBlock } from "../../memory/base/block-pool";
import { MemoryBudget } from "../../store/memory-budget";

/** Bytes of the values of one batch, which are at one time, and those that all batches have of memory. */
const MOST_OF_BATCH: u64 = 256 << 20;
const MOST_OF_BATCHES: u64 = 512 << 20;
let bytesOfBatches: u64 = 0;

/** Whether values of one batch may take so many bytes; false with `SQL_LIMIT`. */
export function fitsBatch(bytes: u64): bool {
  if (bytes <= MOST_OF_BATCH) return true;
  const what = "the values of up to 1,024 rows take more than 256 MiB, which are worked out together";
  fail(SQL_LIMIT, what, "ask for fewer rows, or shorter values");
  return false;
}

/** Whether all batches may take so many bytes more; false with `SQL_LIMIT`. */
function fitsBatches(bytes: u64): bool {
  if (bytesOfBatches + bytes <= MOST_OF_BATCHES) return true;
  const what = "the values of rows that are worked out at a time take more than 512 MiB in all statements that are under way";
  fail(SQL_LIMIT, what, "ask for fewer rows, or shorter values");
  return false;
}

export class Arena {
  private readonly blocks: Array<usize> = new Array<usize>();
  private readonly large: Array<usize> = new Array<usize>();
  /** Blocks in use, and bytes used of the last of them. */
  private inUse: i32 = 0;
  private used: u32 = BLOCK_SIZE;
  private bytes: u64 = 0;
  private largeBytes: u64 = 0;

  /** Without a budget it is for one batch. One that `spills` may have more than that: whoever has it asks `isFull` of the budget. */
  constructor(
    private readonly budget: MemoryBudget | null = null,
    private readonly spills: bool = false,
  ) {}

  /** Bytes that were taken of it. */
  get held(): u64 {
    return this.inUse == 0 ? this.largeBytes : this.largeBytes + <u64>(this.inUse - 1) * BLOCK_SIZE + this.used;
  }

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
    this.largeBytes += size;
    this.large.push(at);
    return at;
  }

  private count(bytes: u32): bool {
    const budget = this.budget;
    if (!budget && (!fitsBatch(this.held + bytes) || !fitsBatches(bytes))) return false;
    this.bytes += bytes;
    if (budget) return budget.take(bytes, this.spills ? 0 : this.held) == OK;
    bytesOfBatches += bytes;
    return true;
  }

  /** Counts `bytes` less of a batch. */
  private giveOfBatch(bytes: u64): void {
    if (this.budget) return;
    this.bytes -= bytes;
    bytesOfBatches -= bytes;
  }

  /** Forgets all; blocks are kept for the next batch. */
  reset(): void {
    while (this.large.length > 0) heap.free(this.large.pop());
    this.giveOfBatch(this.largeBytes);
    this.largeBytes = 0;
    this.inUse = 0;
    this.used = BLOCK_SIZE;
  }

  /** Forgets all, and gives back what is more than a few values need. */
  end(): void {
    this.reset();
    while (this.blocks.length > 1) {
      freeBlock(this.blocks.pop());
      this.giveOfBatch(BLOCK_SIZE);
    }
  }

  /** Gives all memory back. It may be used again. */
  free(): void {
    this.reset();
    while (this.blocks.length > 0) freeBlock(this.blocks.pop());
    const budget = this.budget;
    if (budget) budget.give(this.bytes);
    else bytesOfBatches -= this.bytes;
    this.bytes = 0;
  }
}
