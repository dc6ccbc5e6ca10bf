/**
 * The chain of an index's leaves against their order in the tree.
 *
 * A leaf is in the chain when both neighbours that it names name it too. Reference 0.9.0 takes a leaf that became empty out of
 * the chain but leaves it in the tree, with its old neighbours in it, and later entries may go there; it is then that nobody
 * names it. A leaf that one neighbour names and the other does not is where the chain is broken.
 */
import { NO_PAGE } from "../status";
import { LAYOUT_0_11 } from "../memory/base/layout";
import { U32Map } from "../memory/base/u32-map";
import { PREV_OFFSET, NEXT_OFFSET } from "../index/node";
import { CheckedIndex, CheckedTable } from "./checked-table";
import { counted } from "./check-report";
import { Survey } from "./survey";
import { CHAIN_BROKEN, LEAF_EMPTY, LEAF_UNCHAINED, REFERENCE_EMPTY_LEAF } from "./fault-kinds";

const NONE: u32 = 0xffffffff;

export function checkChain(survey: Survey, table: CheckedTable, index: CheckedIndex): void {
  const check = new ChainCheck(survey, index);
  check.run();
  check.free();
}

class ChainCheck {
  private places: U32Map = new U32Map();
  private count: u32;

  constructor(
    private survey: Survey,
    private index: CheckedIndex,
  ) {
    this.count = index.leafList.len >> 4;
    for (let i: u32 = 0; i < this.count; i++) this.places.set(this.pageAt(i), i);
  }


  @inline private item(i: u32): usize {
    return this.index.leafList.ptr + ((<usize>i) << 4);
  }
  private pageAt(i: u32): u32 {
    return load<u32>(this.item(i));
  }
  private prevAt(i: u32): u32 {
    return load<u32>(this.item(i), 4);
  }
  private nextAt(i: u32): u32 {
    return load<u32>(this.item(i), 8);
  }
  private entriesAt(i: u32): u32 {
    return load<u32>(this.item(i), 12);
  }

  private broken(i: u32, offset: u32, what: string): void {
    if (this.survey.report.add(CHAIN_BROKEN, this.pageAt(i), offset)) {
      this.survey.report.say("index " + this.index.columnsText + ": " + what);
    }
  }

  run(): void {
    const report = this.survey.report;
    const isOld = this.survey.access.manager.layout != LAYOUT_0_11;
    let last = NO_PAGE;
    let linked: u32 = 0;
    let empty: u32 = 0;
    let broken = false;
    for (let i: u32 = 0; i < this.count; i++) {
      const prev = this.prevAt(i);
      const next = this.nextAt(i);
      const prevPlace = prev == NO_PAGE ? NONE : this.places.get(prev, NONE);
      const nextPlace = next == NO_PAGE ? NONE : this.places.get(next, NONE);
      if ((prev != NO_PAGE && prevPlace == NONE) || (next != NO_PAGE && nextPlace == NONE)) {
        const back = prev != NO_PAGE && prevPlace == NONE;
        const named = "page " + (back ? prev : next).toString() + " is named as the leaf " + (back ? "before" : "behind");
        this.broken(i, back ? PREV_OFFSET : NEXT_OFFSET, named + ", but is no leaf of this index");
        broken = true;
        continue;
      }
      const prevNames = prevPlace != NONE && this.nextAt(prevPlace) == this.pageAt(i);
      const nextNames = nextPlace != NONE && this.prevAt(nextPlace) == this.pageAt(i);
      const prevFine = prev == NO_PAGE || prevNames;
      const nextFine = next == NO_PAGE || nextNames;
      if (prevFine && nextFine) {
        if (prev != last && !broken) {
          this.broken(i, PREV_OFFSET, "the leaf before should be " + pageText(last) + ", not " + pageText(prev));
          broken = true;
        }
        last = this.pageAt(i);
        linked += 1;
        if (isOld && this.entriesAt(i) == 0 && (prev != NO_PAGE || next != NO_PAGE) && report.add(REFERENCE_EMPTY_LEAF, last)) {
          report.say("index " + this.index.columnsText + ": an empty leaf is in the chain");
        }
      } else if (prevNames || nextNames) {
        if (!broken) {
          const other = prevNames ? next : prev;
          const named = "page " + other.toString() + " is named as the leaf " + (prevNames ? "behind" : "before");
          this.broken(i, prevNames ? NEXT_OFFSET : PREV_OFFSET, named + ", but does not name this one");
        }
        broken = true;
      } else if (this.entriesAt(i) == 0) empty += 1;
      else if (report.add(LEAF_UNCHAINED, this.pageAt(i))) {
        report.say(
          "index " +
            this.index.columnsText +
            ": a leaf of " +
            counted(this.entriesAt(i), "entry").replace("entrys", "entries") +
            " is not in the chain of leaves",
        );
      }
    }
    if (!broken && this.count > 0 && linked == 0) this.broken(0, NEXT_OFFSET, "no leaf is in the chain of leaves");
    if (empty > 0 && report.add(LEAF_EMPTY)) {
      report.say(
        "index " +
          this.index.columnsText +
          ": " +
          (empty == 1 ? "1 empty leaf is" : empty.toString() + " empty leaves are") +
          " still in the tree, outside of the chain",
      );
    }
  }

  free(): void {
    this.places.free();
  }
}

function pageText(pageNo: u32): string {
  return pageNo == NO_PAGE ? "none" : "page " + pageNo.toString();
}
