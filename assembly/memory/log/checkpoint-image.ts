/**
 * What the log has of a sector before a checkpoint writes over it (docs/log.md).
 *
 *   IMAGE payload: { page u32 | mask u16 | for each sector of the mask: 8 block hashes u64, 4,096 bytes } …
 */
import { xxh3 } from "../../encode/xxh3";
import { SECTOR_SHIFT } from "../cache/page-cache";

/** Bytes that a disk writes wholly or not at all; an image notes the hash of each before it was overwritten. */
export const BLOCK_SHIFT: u32 = 9;
export const BLOCKS_PER_SECTOR: u32 = 1 << (SECTOR_SHIFT - BLOCK_SHIFT);

/** Bytes of one sector's part of an image: its blocks' hashes, and the sector. */
export const IMAGE_SECTOR_SIZE: u32 = BLOCKS_PER_SECTOR * 8 + (1 << SECTOR_SHIFT);

/** Appends the image of the sectors in `mask` of a page: `before` is the page in the main file, `after` as it is to be. */
export function addImage(out: usize, pageNo: u32, mask: u32, before: usize, after: usize): usize {
  store<u32>(out, pageNo);
  store<u16>(out, <u16>mask, 4);
  out += 6;
  for (; mask != 0; mask &= mask - 1) {
    const start = ctz(mask) << SECTOR_SHIFT;
    for (let i: u32 = 0; i < BLOCKS_PER_SECTOR; i++) {
      store<u64>(out, xxh3(before + start + (i << BLOCK_SHIFT), 1 << BLOCK_SHIFT));
      out += 8;
    }
    memory.copy(out, after + start, 1 << SECTOR_SHIFT);
    out += 1 << SECTOR_SHIFT;
  }
  return out;
}
