/**
 * 64 KiB blocks of linear memory, outside AssemblyScript's heap: page frames and undo blocks live in them.
 *
 * Blocks come from `memory.grow`, whose refusal is a value here and not a trap as it is in the heap; a block that is given back
 * goes to a free list, so memory in use never passes the most that was needed at once. The heap tolerates that others grow
 * memory beside it. Offset arrays are quarters of a block.
 */

/** Bytes of a block: one WebAssembly page, and one page of the file. */
export const BLOCK_SIZE: u32 = 65536;
/** Bytes of a quarter block. */
export const QUARTER_SIZE: u32 = 16384;

let freeBlocks: usize = 0;
let freeQuarters: usize = 0;

/** Blocks ever taken from the runtime: a count that tests and benchmarks watch. */
export let blocksGrown: u32 = 0;

/** A block with undefined content, or 0 when the runtime gives no more memory. */
export function allocBlock(): usize {
  const ptr = freeBlocks;
  if (ptr != 0) {
    freeBlocks = load<usize>(ptr);
    return ptr;
  }
  const before = memory.grow(1);
  if (before < 0) return 0;
  blocksGrown += 1;
  return (<usize>before) << 16;
}

/** Gives a block back. */
export function freeBlock(ptr: usize): void {
  store<usize>(ptr, freeBlocks);
  // off: block pool
  freeBlocks = ptr;
}

/** A quarter block with undefined content, or 0 when the runtime gives no more memory. */
export function allocQuarter(): usize {
  if (freeQuarters == 0) {
    const block = allocBlock();
    if (block == 0) return 0;
    for (let i: u32 = 0; i < 4; i++) freeQuarter(block + i * QUARTER_SIZE);
  }
  const ptr = freeQuarters;
  freeQuarters = load<usize>(ptr);
  return ptr;
}

/** Gives a quarter block back. */
export function freeQuarter(ptr: usize): void {
  store<usize>(ptr, freeQuarters);
  freeQuarters = ptr;
}
