/** Whether a page that a record is wanted of is better read as a whole, since others of it will be wanted, too. */

/** Of so many reads of records (a power of 2), two of the same page make the next one of it be of the whole page. */
const RECENT_READS: u32 = 8;
const READS_OF_PART: u32 = 2;
/** Where it is so with page after page, they are read as a whole from the start, until so many came newly. */
const EAGERNESS_STEP: u32 = 8;
const EAGER: u32 = 32;
const MOST_EAGERNESS: u32 = 256;

export class WholePagePolicy {
  /** The pages that records were read of last. */
  private readonly recent: StaticArray<u32> = new StaticArray<u32>(RECENT_READS);
  private at: u32 = 0;
  /** Grows with pages of which more was wanted, shrinks with those that come newly. */
  private eagerness: u32 = 0;

  /** Takes note that a record is wanted of page `pageNo`, which is not in memory: whether others are likely to be. */
  wantsAll(pageNo: u32): bool {
    let times: u32 = 0;
    for (let i: u32 = 0; i < RECENT_READS; i++) times += u32(unchecked(this.recent[i]) == pageNo);
    unchecked((this.recent[this.at] = pageNo));
    this.at = (this.at + 1) & (RECENT_READS - 1);
    if (times >= READS_OF_PART) this.eagerness = min(this.eagerness + EAGERNESS_STEP, MOST_EAGERNESS);
    else if (times == 0 && this.eagerness > 0) this.eagerness -= 1;
    return times >= READS_OF_PART || this.eagerness > EAGER;
  }
}
