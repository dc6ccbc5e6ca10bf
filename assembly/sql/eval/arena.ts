/** Bytes that stay where they are until all of them go: values that expressions make for a batch, and rows that operators keep. */
import { OUT_OF_MEMORY, SQL_LIMIT, Status, OK, fail } from "../../status";
import { BLOCK_SIZE, allocBlock, freeBlock } from "../../memory/base/block-pool";
import { StatementMemory } from "../../store/statement-memory";

/** What each of those that keep something may have at least. */
export const FLOOR: u64 = 48 << 10;

/** Bytes of the values of one batch, which are at one time, and those that all batches have of memory. */
const MOST_OF_BATCH: u64 = 256 << 20;
const MOST_OF_BATCHES: u64 = 512 << 20;
let bytesOfBatches: u64 = 0;

/** What a statement keeps, in bytes: no more than is left of what all of them may keep that are under way. */
export class MemoryBudget {
  used: u64 = 0;
  /** How many keep rows that they can put into the file. */
  spillers: u64 = 0;
  private usesFile: bool = false;

  constructor(readonly memory: StatementMemory) {}

  /** Counts `bytes` more for one that has `held` without them: `SQL_LIMIT` where that is too much. One with few may always have more. */
  take(bytes: u64, held: u64): Status {
    this.used += bytes;
    this.memory.used += bytes;
    return held < FLOOR || this.memory.used <= this.memory.limit ? OK : this.exceeded();
  }

  /** Counts `bytes` less. */
  give(bytes: u64): void {
    this.used -= bytes;
    this.memory.used -= bytes;
  }

  /** A run is over, and nothing is kept of it. */
  end(): void {
    this.give(this.used);
    if (this.usesFile) this.memory.leaveFile();
    this.usesFile = false;
  }

  /** Writes a chunk's bytes to the file: its number, or -1 on failure. */
  write(ptr: usize): i32 {
    if (!this.usesFile) this.memory.enterFile();
    this.usesFile = true;
    return this.memory.write(ptr);
  }

  /** Whether rows can be put into the file; false with `SQL_LIMIT`. */
  mayPutAside(): bool {
    return this.memory.spills || this.exceeded() == OK;
  }

  /** What it may keep as others keep what they do. */
  private get limit(): u64 {
    const memory = this.memory;
    return memory.limit - min(memory.limit, memory.used - this.used);
  }

  private exceeded(): Status {
    const others = this.memory.used - this.used;
    let what = "the statement needs more than " + this.limit.toString() + " bytes for what it sorts, groups, joins or changes";
    if (others > 0) what += ", beside " + others.toString() + " of others that are under way";
    if (!this.memory.spills) what += ", and has no file for the rest";
    const hint = this.memory.spills ? "ask for fewer rows or columns" : "open a file for writing";
    return fail(SQL_LIMIT, what, "give it more (--sql-memory, in programs sqlMemory), or " + hint);
  }

  /** Whether it keeps little with `bytes` more. */
  isLittle(bytes: u64): bool {
    return this.used + bytes <= this.limit >> 2;
  }

  /** Whether more than half of what it may keep is used. */
  get isHalfUsed(): bool {
    return this.used > this.limit >> 1;
  }

  /**
   * Whether one that holds `held` bytes of rows is to put them into the file. A third is left for what can't go there, and for those that
   * come later, which have their part.
   */
  isFull(held: u64): bool {
    if (held < FLOOR) return false;
    const limit = this.limit;
    if (this.used <= limit >> 1) return false;
    const most = this.memory.spills ? limit - limit / 3 : limit;
    return this.used > most && held >= max<u64>(FLOOR, most / (2 * max<u64>(this.spillers, 1)));
  }
}

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
