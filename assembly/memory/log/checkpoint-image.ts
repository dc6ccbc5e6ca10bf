/**
 * What the log has of sectors before a checkpoint writes over them, written and read (docs/log.md).
 *
 *   IMAGE payload: { page u32 | mask u16 | for each sector of the mask: 8 block hashes u64, 4,096 bytes } …
 */
import { xxh3 } from "../../encode/xxh3";
import { SECTOR_SHIFT } from "../cache/page-cache";

/** Bytes that a disk writes wholly or not at all; an image notes the hash of each before it was overwritten. */
export const BLOCK_SHIFT: u32 = 9;
const BLOCKS_PER_SECTOR: u32 = 1 << (SECTOR_SHIFT - BLOCK_SHIFT);
const HASHES_SIZE: u32 = BLOCKS_PER_SECTOR * 8;
const HEAD_SIZE: u32 = 6;

/** Bytes of one sector's part of an image: its blocks' hashes, and the sector. */
export const IMAGE_SECTOR_SIZE: u32 = HASHES_SIZE + (1 << SECTOR_SHIFT);

/** Appends the image of the sectors in `mask` of a page: `before` is the page in the main file, `after` as it is to be. */
export function addImage(out: usize, pageNo: u32, mask: u32, before: usize, after: usize): usize {
  store<u32>(out, pageNo);
  store<u16>(out, <u16>mask, 4);
  out += HEAD_SIZE;
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

/** An image that was read, and one sector of it after the other. */
export class Image {
  pageNo: u32 = 0;
  /** The sectors that `nextSector` has not come to. */
  private mask: u32 = 0;
  private next: usize = 0;
  /** Where in its page the sector starts, and where its bytes are. */
  pageOffset: u32 = 0;
  bytes: usize = 0;

  /** Reads the image at `at`: where the next one starts, or 0 when there is none that ends at `end` or before. */
  read(at: usize, end: usize): usize {
    if (at + HEAD_SIZE > end) return 0;
    this.pageNo = load<u32>(at);
    this.mask = <u32>load<u16>(at, 4);
    this.next = at + HEAD_SIZE;
    const behind = this.next + popcnt(this.mask) * IMAGE_SECTOR_SIZE;
    return behind <= end ? behind : 0;
  }

  /** Goes on to the next sector, at first to the first one: false when there is none. */
  nextSector(): bool {
    if (this.mask == 0) return false;
    this.pageOffset = (<u32>ctz(this.mask)) << SECTOR_SHIFT;
    this.bytes = this.next + HASHES_SIZE;
    this.next += IMAGE_SECTOR_SIZE;
    this.mask &= this.mask - 1;
    return true;
  }

  /** Whether each 512 bytes of the page at `page` are, in this sector, what they were before the checkpoint or what it wrote. */
  isBeforeOrAfter(page: usize): bool {
    const hashes = this.bytes - HASHES_SIZE;
    for (let i: u32 = 0; i < BLOCKS_PER_SECTOR; i++) {
      const now = page + this.pageOffset + (i << BLOCK_SHIFT);
      if (memory.compare(now, this.bytes + (i << BLOCK_SHIFT), 1 << BLOCK_SHIFT) == 0) continue;
      // mutant: sectors are not compared with their hashes
      if (xxh3(now, 1 << BLOCK_SHIFT) == load<u64>(hashes + i * 8)) continue;
      return false;
    }
    return true;
  }
}
