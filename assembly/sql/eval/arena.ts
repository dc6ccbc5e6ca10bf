/** Bytes that stay where they are until all of them go: values that expressions make for a batch, and rows that operators keep. */
import { OUT_OF_MEMORY, SQL_LIMIT, Status, OK, fail } from "../../status";
import { BLOCK_SIZE, allocBlock, freeBlock } from "../../memory/base/block-pool";
import { MemoryProvider } from "../../memory/file/provider";
import { SpillFile } from "../run/spill-file";

/** What each of those that keep something may have at least. */
export const FLOOR: u64 = 48 << 10;

/** Bytes of the values of one batch, which are at one time. */
const MOST_OF_BATCH: u64 = 256 << 20;

/** What a statement may keep, in bytes; shared by all that it keeps. */
export class MemoryBudget {
  used: u64 = 0;
  /** Of them what is no arena's. */
  private others: u64 = 0;
  /** How many keep rows that they can put into `file`. */
  spillers: u64 = 0;
  readonly file: SpillFile;

  /** `owner` is what the store is kept in; null where there is to be no file. */
  constructor(
    readonly limit: u64,
    owner: MemoryProvider | null = null,
  ) {
    this.file = new SpillFile(owner, limit);
  }

  /** Counts `bytes` more for one that has `held`: `SQL_LIMIT` where that is too much. */
  charge(bytes: u32, held: u64): Status {
    this.used += bytes;
    return this.used <= this.limit || held < FLOOR ? OK : this.exceeded();
  }

  /** Counts `bytes` more of what is no arena's, until `give` or the end of the run: `SQL_LIMIT` where that is too much. */
  take(bytes: u32): Status {
    this.others += bytes;
    return this.charge(bytes, this.others);
  }

  /** Counts `bytes` of those less. */
  give(bytes: u64): void {
    bytes = min(bytes, this.others);
    this.others -= bytes;
    this.used -= bytes;
  }

  /** A run is over, and nothing is kept of it. */
  end(): void {
    this.give(this.others);
    this.file.close();
  }

  /** Whether rows can be put into the file; false with `SQL_LIMIT`. */
  mayPutAside(): bool {
    return this.file.isPossible || this.exceeded() == OK;
  }

  private exceeded(): Status {
    const what = "the statement needs more than " + this.limit.toString() + " bytes for what it sorts, groups or joins";
    return this.file.isPossible
      ? fail(SQL_LIMIT, what, "give it more (--sql-memory, in programs sqlMemory), or ask for fewer rows or columns")
      : fail(
          SQL_LIMIT,
          what + ", and has no file for the rest",
          "give it more (--sql-memory, in programs sqlMemory), or open a file for writing",
        );
  }

  /**
   * Whether one that holds `held` bytes of rows is to put them into the file. A third is left for what can't go there, and for those that
   * come later, which have their part.
   */
  isFull(held: u64): bool {
    const most = this.file.isPossible ? this.limit - this.limit / 3 : this.limit;
    return this.used > most && held >= max<u64>(FLOOR, most / (2 * max<u64>(this.spillers, 1)));
  }
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
    if (!budget) {
      if (this.held + bytes <= MOST_OF_BATCH) return true;
      const what = "the values of up to 1,024 rows take more than 256 MiB, which are worked out together";
      fail(SQL_LIMIT, what, "ask for fewer rows, or shorter values");
      return false;
    }
    this.bytes += bytes;
    return budget.charge(bytes, this.spills ? 0 : this.held) == OK;
  }

  /** Forgets all; blocks are kept for the next batch. */
  reset(): void {
    while (this.large.length > 0) heap.free(this.large.pop());
    this.largeBytes = 0;
    this.inUse = 0;
    this.used = BLOCK_SIZE;
  }

  /** Forgets all, and gives back what is more than a few values need. */
  end(): void {
    this.reset();
    while (this.blocks.length > 1) freeBlock(this.blocks.pop());
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
