/**
 * A table's free segments, checked one by one and brought together by record page.
 *
 * They are listed in no order, and there may be more than should be kept in memory: they are collected for a group of record
 * pages at a time, of as many pages as have `GROUP_SEGMENTS` of them.
 */
import { PAGE_SIZE } from "../memory/base/layout";
import { sortU64 } from "../memory/base/sort-u64";
import { usableSize } from "../table/free-segments-ledger";
import { CheckedTable } from "./checked-table";
import { Survey, SURVEY_ALL } from "./survey";
import { LEDGER_DAMAGED, SEGMENT_WRONG, SEGMENT_OVERLAP } from "./fault-kinds";

/** Segments of a group: 4 MiB of them. */
const GROUP_SEGMENTS: u32 = 1 << 19;
/** More of one page can't be apart from each other. */
const MAX_OF_PAGE: u32 = 1 << 15;
/** Segments that fit a segments page. */
const ROOM: u32 = 8191;

export class SegmentList {
  /** For each record page the count of its segments. */
  private counts: usize;
  /** For each record page of the group where its segments start in `items`, and where they end. */
  private starts: usize;
  /** `start u16 << 48 | listed size u16 << 32 | segments page ordinal << 13 | position`. */
  private items: usize = 0;
  private groupFirst: u32 = 0;
  private groupEnd: u32 = 0;
  /** Segments that can't be. */
  unsound: u32 = 0;

  /** Checks each segment by itself, with a slot alignment of `alignment`, and counts them. */
  constructor(
    private survey: Survey,
    private table: CheckedTable,
    private alignment: u32,
    private groupSegments: u32 = GROUP_SEGMENTS,
  ) {
    const pages = max<u32>(table.recordPageCount, 1);
    this.counts = heap.alloc((<usize>pages) << 2);
    this.starts = heap.alloc((<usize>pages) << 3);
    memory.fill(this.counts, 0, (<usize>pages) << 2);
    this.pass(false);
  }

  /** Walks all segments: counts them, or collects those of the group. */
  private pass(collect: bool): void {
    const table = this.table;
    for (let i: u32 = 0; i < table.segmentsPageCount; i++) {
      const pageNo = table.segmentsPage(i);
      const page = collect ? this.survey.access.page(pageNo) : this.survey.page(pageNo);
      if (page == 0) continue;
      const count = <u32>load<u16>(page);
      if (count > ROOM) {
        if (!collect && this.survey.report.add(LEDGER_DAMAGED, pageNo, 0)) {
          this.survey.report.say("the page counts " + count.toString() + " free segments, at most 8191 fit");
        }
        continue;
      }
      for (let j: u32 = 0; j < count; j++) {
        const segment = page + 2 + (j << 3);
        const ordinal = table.pageOrdinals.get(load<u32>(segment), 0xffffffff);
        const start = <u32>load<u16>(segment, 4);
        const listed = <u32>load<u16>(segment, 6);
        if (!collect) this.check(pageNo, 2 + (j << 3), load<u32>(segment), ordinal, start, listed);
        else if (ordinal >= this.groupFirst && ordinal < this.groupEnd && this.isSound(ordinal, start, listed)) {
          const end = this.starts + ((<usize>(ordinal - this.groupFirst)) << 3) + 4;
          const at = load<u32>(end);
          if (at - load<u32>(end - 4) == MAX_OF_PAGE) continue;
          store<u64>(this.items + ((<usize>at) << 3), ((<u64>start) << 48) | ((<u64>listed) << 32) | (<u64>((i << 13) | j)));
          store<u32>(end, at + 1);
        }
      }
    }
  }

  /** Whether the segment is one: apart from overlaps. */
  private isSound(ordinal: u32, start: u32, listed: u32): bool {
    if (ordinal == 0xffffffff || listed == 0 || start % this.alignment != 0) return false;
    return start + usableSize(start, listed) <= this.table.usedOf(ordinal);
  }

  private check(pageNo: u32, at: u32, named: u32, ordinal: u32, start: u32, listed: u32): void {
    const report = this.survey.report;
    const table = this.table;
    const size = usableSize(start, listed);
    if (this.isSound(ordinal, start, listed)) {
      const counter = this.counts + ((<usize>ordinal) << 2);
      store<u32>(counter, load<u32>(counter) + 1);
      table.segments += 1;
      table.segmentBytes += size;
      const uneven = size % this.alignment != 0 && start + size != PAGE_SIZE;
      if (uneven && this.survey.level == SURVEY_ALL && report.add(SEGMENT_WRONG, pageNo, at + 6)) {
        report.say(
          "a free segment of " + size.toString() + " bytes is listed, which is no multiple of " + this.alignment.toString(),
        );
      }
      return;
    }
    this.unsound += 1;
    if (this.survey.level < SURVEY_ALL || !report.add(SEGMENT_WRONG, pageNo, at)) return;
    const segment =
      "a free segment of " + size.toString() + " bytes at byte " + start.toString() + " of page " + named.toString();
    const where = segment + " is listed, ";
    if (ordinal == 0xffffffff) report.say(where + "which is no record page of this table");
    else if (listed == 0) report.say(where + "which is empty");
    else if (start % this.alignment != 0) {
      report.say(where + "where no slot can start: slots are at multiples of " + this.alignment.toString());
    } else if (start + size > PAGE_SIZE) report.say(where + "which leaves the page");
    else
      report.say(
        where + "which reaches into the unused end of the page: that starts at byte " + table.usedOf(ordinal).toString(),
      );
  }

  /** Makes the segments of record page `ordinal` ready; pages are asked for in ascending order. */
  private prepare(ordinal: u32): void {
    if (ordinal >= this.groupFirst && ordinal < this.groupEnd) return;
    const pages = this.table.recordPageCount;
    let sum: u32 = 0;
    let end = ordinal;
    while (end < pages && (end == ordinal || sum + this.countOf(end) <= this.groupSegments)) {
      store<u64>(this.starts + ((<usize>(end - ordinal)) << 3), ((<u64>sum) << 32) | sum);
      sum += this.countOf(end);
      end += 1;
    }
    this.groupFirst = ordinal;
    this.groupEnd = end;
    if (this.items != 0) heap.free(this.items);
    this.items = heap.alloc(max<usize>((<usize>sum) << 3, 16));
    this.pass(true);
    for (let i = ordinal; i < end; i++) this.sort(i);
  }

  private countOf(ordinal: u32): u32 {
    return min(load<u32>(this.counts + ((<usize>ordinal) << 2)), MAX_OF_PAGE);
  }

  /** Sorts one page's segments by their start. */
  private sort(ordinal: u32): void {
    const count = this.count(ordinal);
    sortU64(this.items + ((<usize>this.startOf(ordinal)) << 3), count);
    if (this.survey.level < SURVEY_ALL) return;
    for (let i: u32 = 1; i < count; i++) {
      if (this.end(ordinal, i - 1) > this.start(ordinal, i)) this.overlap(ordinal, i, "another free segment");
    }
  }


  @inline private startOf(ordinal: u32): u32 {
    return load<u32>(this.starts + ((<usize>(ordinal - this.groupFirst)) << 3));
  }

  /** How many segments record page `ordinal` has. */
  count(ordinal: u32): u32 {
    this.prepare(ordinal);
    return load<u32>(this.starts + ((<usize>(ordinal - this.groupFirst)) << 3), 4) - this.startOf(ordinal);
  }


  @inline private item(ordinal: u32, position: u32): u64 {
    return load<u64>(this.items + ((<usize>(this.startOf(ordinal) + position)) << 3));
  }

  /** Where segment `position` of the page starts. `count` has to be asked first. */
  @inline start(ordinal: u32, position: u32): u32 {
    return <u32>(this.item(ordinal, position) >> 48);
  }

  /** Where it ends. */
  @inline end(ordinal: u32, position: u32): u32 {
    const item = this.item(ordinal, position);
    const start = <u32>(item >> 48);
    return start + usableSize(start, (<u32>(item >> 32)) & 0xffff);
  }

  /** Reports that the segment overlaps with `what`. */
  overlap(ordinal: u32, position: u32, what: string): void {
    const place = <u32>this.item(ordinal, position);
    if (!this.survey.report.add(SEGMENT_OVERLAP, this.table.segmentsPage(place >> 13), 2 + ((place & 0x1fff) << 3))) return;
    const size = this.end(ordinal, position) - this.start(ordinal, position);
    this.survey.report.say(
      "the free segment of " +
        size.toString() +
        " bytes at byte " +
        this.start(ordinal, position).toString() +
        " of page " +
        this.table.recordPage(ordinal).toString() +
        " overlaps with " +
        what,
    );
  }

  free(): void {
    heap.free(this.counts);
    heap.free(this.starts);
    if (this.items != 0) heap.free(this.items);
  }
}
