/**
 * Pages that are nobody's, for a layout whose file keeps no list of them: new ones are taken from these first, the last one first.
 *
 * Each page here is nobody's, or (taken back to a savepoint) a node of a tree, which is never empty: an empty one can be taken. Hence none
 * is here twice, and what is taken, or made anew, is here no more. A rollback leads back to what there was at the last commit.
 */
import { NO_PAGE } from "../../status";

/** So many are enough for one session. */
const MOST_SPARES: i32 = 65536;

export class SparePages {
  private list: Array<u32> = new Array<u32>();
  /** The list at the last commit, if it has changed since. */
  private committed: Array<u32> | null = null;

  /** Begins with these pages: the last ones, if they are too many. */
  start(list: Array<u32>): void {
    this.list = list.length > MOST_SPARES ? list.slice(list.length - MOST_SPARES) : list;
    this.committed = null;
  }

  private keep(): void {
    if (!this.committed) this.committed = this.list.slice(0);
  }

  /** Takes the last page off; `NO_PAGE` when there is none. */
  pop(): u32 {
    if (this.list.length == 0) return NO_PAGE;
    this.keep();
    return this.list.pop();
  }

  /** A page was given up. */
  add(pageNo: u32): void {
    if (this.list.length == MOST_SPARES || this.list.includes(pageNo)) return;
    this.keep();
    this.list.push(pageNo);
  }

  /** A page was made at the end of the file: it may have been there before, and given up. */
  forget(pageNo: u32): void {
    const at = this.list.indexOf(pageNo);
    if (at < 0) return;
    this.keep();
    this.list.splice(at, 1);
  }

  /** The transaction is committed. */
  commit(): void {
    this.committed = null;
  }

  /** The transaction is taken back. */
  rollback(): void {
    const committed = this.committed;
    if (committed) this.list = committed;
    this.committed = null;
  }
}
