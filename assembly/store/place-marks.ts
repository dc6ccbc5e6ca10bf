/**
 * A moment for places of records: when something last happened to the row that stands there. 0 where nothing was noted.
 *
 * One u32 for each slot of a page that has a mark, in quarter blocks: an eighth of the page's bytes where slots are multiples of 32, and no
 * more than that of all pages that a table can have.
 */
import { allocQuarter, freeQuarter, QUARTER_SIZE } from "../memory/base/block-pool";
import { U32Map } from "../memory/base/u32-map";
import { PAGE_SIZE } from "../memory/base/layout";
import { RecordAddress, addressOffset, addressPage } from "../table/page-ledger";

/** Marks in a quarter block, as a power of two. */
const QUARTER_BITS: u32 = 12;
const QUARTER_MASK: u32 = (1 << QUARTER_BITS) - 1;
const NONE: u32 = 0xffffffff;

export class PlaceMarks {
  /** Which of the pages, in the order of their first marks, a page is. */
  private readonly pages: U32Map = new U32Map();
  private readonly slotsPerPage: u32;
  /** 0 where no mark is. */
  private readonly quarters: Array<usize> = new Array<usize>();

  /** Records stand at multiples of `slotAlignment` bytes. `number` is the caller's. */
  constructor(
    readonly slotAlignment: u32,
    readonly number: i32,
  ) {
    this.slotsPerPage = (PAGE_SIZE + slotAlignment - 1) / slotAlignment;
  }

  get(address: RecordAddress): u32 {
    const page = this.pages.get(addressPage(address), NONE);
    if (page == NONE) return 0;
    const mark = page * this.slotsPerPage + addressOffset(address) / this.slotAlignment;
    const quarter = mark >> QUARTER_BITS;
    const block = quarter < <u32>this.quarters.length ? unchecked(this.quarters[quarter]) : 0;
    return block == 0 ? 0 : load<u32>(block + (((<usize>mark) & QUARTER_MASK) << 2));
  }

  /** False when there is no memory for it. */
  set(address: RecordAddress, moment: u32): bool {
    let page = this.pages.get(addressPage(address), NONE);
    if (page == NONE) {
      if (moment == 0) return true;
      page = this.pages.count;
      this.pages.set(addressPage(address), page);
    }
    const mark = page * this.slotsPerPage + addressOffset(address) / this.slotAlignment;
    const quarter = mark >> QUARTER_BITS;
    while (<u32>this.quarters.length <= quarter) this.quarters.push(0);
    let block = unchecked(this.quarters[quarter]);
    if (block == 0) {
      if (moment == 0) return true;
      block = allocQuarter();
      if (block == 0) return false;
      memory.fill(block, 0, QUARTER_SIZE);
      unchecked((this.quarters[quarter] = block));
    }
    store<u32>(block + (((<usize>mark) & QUARTER_MASK) << 2), moment);
    return true;
  }

  /** Gives the memory back. The marks must not be used afterwards. */
  free(): void {
    for (let i = 0; i < this.quarters.length; i++) {
      if (this.quarters[i] != 0) freeQuarter(this.quarters[i]);
    }
    this.quarters.length = 0;
    this.pages.free();
  }
}
