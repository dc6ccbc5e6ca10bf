/** What the long sessions change in the module, so that what is rare happens often. */
import { SPILLING, batchesOf } from "../sql/batches.js";
import { DIRTY_HEAP, type Patch, SMALL_LIMITS } from "../torture/module.js";

/**
 * Checkpoints and spills of the undo list come often; what a frame (of a page or of sectors) or a node's offsets held is not there any
 * more once they are evicted. What the heap gives and gets is garbage. SQL's batches have three rows,
 * and its statements write to their file whatever they keep more than a few rows of.
 */
export const OFTEN: readonly Patch[] = [
  ...SMALL_LIMITS,
  ...DIRTY_HEAP,
  ...batchesOf(3),
  ...SPILLING,
  {
    file: "assembly/memory/manager/memory-manager.ts",
    find: "const DEFAULT_CHECKPOINT_BYTES: u64 = 4 << 20;",
    replace: "const DEFAULT_CHECKPOINT_BYTES: u64 = 1 << 18;",
  },
  { file: "assembly/memory/pages/undo-list.ts", find: "const MAX_BLOCKS: i32 = 32;", replace: "const MAX_BLOCKS: i32 = 2;" },
  {
    file: "assembly/memory/cache/page-cache.ts",
    find: "frame.pageNo = NO_PAGE; frame.dirty = 0; frame.flags = 0; } /** Puts",
    replace: `memory.fill(frame.data, 0xaa, PAGE_SIZE);
    if (frame.aux != 0) memory.fill(frame.aux, 0xaa, QUARTER_SIZE);
    frame.pageNo = NO_PAGE; frame.dirty = 0; frame.flags = 0; }

  /** Puts`,
  },
  {
    file: "assembly/memory/cache/sector-cache.ts",
    find: "frame.pageNo = NO_PAGE; frame.flags = 0;",
    replace: "memory.fill(frame.data, 0xaa, PAGE_SECTORS << SECTOR_SHIFT); frame.pageNo = NO_PAGE; frame.flags = 0;",
  },
];
