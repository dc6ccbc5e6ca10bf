/** A table's records: their slots, their values, and what its indexes should hold for them. */
import { LAYOUT_0_11 } from "../memory/base/layout";
import { ByteBuffer } from "../encode/byte-buffer";
import { TYPE_BOOLEAN, TYPE_DATE, TYPE_DATETIME, TYPE_DECIMAL, TYPE_JSON, TYPE_TEXT } from "../encode/data-type";
import { daysInMonth } from "../encode/date";
import { isDecimal } from "../encode/decimal";
import { JsonTape } from "../encode/json";
import { isUtf8 } from "../encode/utf8";
import { xxh3 } from "../encode/xxh3";
import { Column } from "../schema/column";
import { addressOffset, addressPage } from "../table/page-ledger";
import { Table } from "../store/table";
import { AutoincrementCheck } from "./autoincrement-check";
import { CheckedTable } from "./checked-table";
import { counted } from "./check-report";
import { RecordWalk } from "./record-walk";
import { SegmentList } from "./segment-list";
import { Survey, SURVEY_ALL } from "./survey";
import {
  BOOLEAN_ODD,
  DATE_ODD,
  DECIMAL_ODD,
  JSON_INVALID,
  TEXT_NOT_UTF8,
  SPACE_LOST,
  REFERENCE_HOLES,
  REFERENCE_ONE_ROW,
  REFERENCE_PAGE_END,
} from "./fault-kinds";

/** Walks the records of a table that could be opened. */
export function checkRecords(survey: Survey, checked: CheckedTable, table: Table): void {
  const full = survey.level == SURVEY_ALL;
  const segments = new SegmentList(survey, checked, table.registry.slotAlignment);
  const walk = new RecordWalk(survey, checked, table, segments);
  const valued = columnsToCheck(table);
  const indexes = table.indexes;
  const hashes = new StaticArray<u64>(indexes.length);
  const key = new ByteBuffer(256);
  const counters = full ? new AutoincrementCheck(survey, checked, table) : null;
  while (walk.next()) {
    checked.rows += 1;
    checked.bodyBytes += walk.bodyLen;
    checked.longestBody = max(checked.longestBody, walk.bodyLen);
    const slotSize = table.registry.slotSize(walk.bodyLen);
    checked.slotBytes += slotSize;
    if (!full) continue;
    for (let i = 0; i < valued.length; i++) checkValue(survey, walk, table.schema.columns[valued[i]], valued[i]);
    for (let i = 0; i < indexes.length; i++) {
      key.reset();
      indexes[i].addKey(table.schema, walk.row, key);
      key.addU32(addressPage(walk.address));
      key.addU16(addressOffset(walk.address));
      const hash = xxh3(key.ptr, key.len);
      hashes[i] += hash;
    }
    if (counters) counters.note(walk.row);
  }
  checked.rowHashes = hashes;
  for (let i: u32 = 0; i < checked.recordPageCount; i++) {
    const used = checked.usedOf(i);
    checked.tailBytes += 65536 - used;
  }
  if (full) {
    if (counters) counters.compare();
    reportSpace(survey, checked, table, walk, segments.unsound == 0);
  }
  walk.free();
  segments.free();
  key.free();
}

/** What concerns the table as a whole. */
function reportSpace(survey: Survey, checked: CheckedTable, table: Table, walk: RecordWalk, segmentsKnown: bool): void {
  const report = survey.report;
  if (segmentsKnown && walk.gapBytes > checked.segmentBytes && report.add(SPACE_LOST)) {
    report.say(
      counted(walk.gapBytes - checked.segmentBytes, "byte") +
        " of the record pages belong to no record, no free segment and no unused end",
    );
  }
  if (survey.access.manager.layout == LAYOUT_0_11) return;
  if (walk.holePages > 0 && table.layout.fixedBody != 0 && report.add(REFERENCE_HOLES, walk.holePage)) {
    report.say(
      "all columns have a fixed size, and " +
        counted(walk.holePages, "page") +
        " of records have empty slots between them: the scan of " +
        survey.reference +
        " fails or misreads",
    );
  }
  if (walk.overchargedPages > 0 && report.add(REFERENCE_ONE_ROW, walk.overchargedPage)) {
    report.say(
      "all columns have a fixed size, and " +
        counted(walk.overchargedPages, "page") +
        " is charged two bytes too many: crates up to 0.8.0 can put no second row there",
    );
  }
  const first = walk.pageEndAddress;
  if (walk.pageEndRecords > 0 && report.add(REFERENCE_PAGE_END, addressPage(first), addressOffset(first))) {
    report.say(
      counted(walk.pageEndRecords, "record") +
        " end exactly where the page does: the scan of " +
        survey.reference +
        " never ends",
    );
  }
}

/** Positions of the columns whose values can be wrong. */
function columnsToCheck(table: Table): Array<i32> {
  const list = new Array<i32>();
  const columns = table.schema.columns;
  for (let i = 0; i < columns.length; i++) {
    const type = columns[i].type;
    const isDate = type == TYPE_DATE || type == TYPE_DATETIME;
    if (isDate || type == TYPE_BOOLEAN || type == TYPE_DECIMAL || type == TYPE_TEXT || type == TYPE_JSON) list.push(i);
  }
  return list;
}

const tape: JsonTape = new JsonTape();

function checkValue(survey: Survey, walk: RecordWalk, column: Column, position: i32): void {
  const row = walk.row;
  if (!row.isSet(position)) return;
  const report = survey.report;
  const ptr = row.ptr(position);
  const at = walk.pageOffset + 2 + <u32>(ptr - walk.body);
  switch (column.type) {
    case TYPE_BOOLEAN:
      if (load<u8>(ptr) > 1 && report.add(BOOLEAN_ODD, walk.pageNo, at)) {
        report.say(column.name + ": the boolean is " + load<u8>(ptr).toString() + ", not 0 or 1");
      }
      break;
    case TYPE_DATE:
    case TYPE_DATETIME:
      if (!isCalendarDate(ptr, column.type == TYPE_DATETIME) && report.add(DATE_ODD, walk.pageNo, at)) {
        report.say(column.name + ": there is no such date or time");
      }
      break;
    case TYPE_DECIMAL:
      if (!isDecimal(ptr) && report.add(DECIMAL_ODD, walk.pageNo, at)) {
        report.say(column.name + ": the decimal's scale is above 28, or unknown bits are set");
      }
      break;
    default:
      if (!isUtf8(ptr + 2, load<u16>(ptr))) {
        if (report.add(TEXT_NOT_UTF8, walk.pageNo, at)) report.say(column.name + ": the text is not UTF-8");
      } else if (column.type == TYPE_JSON && !tape.parse(ptr + 2, load<u16>(ptr)) && report.add(JSON_INVALID, walk.pageNo, at)) {
        report.say(column.name + ": the text is no JSON that the reference reads");
      }
  }
}

/** Whether the calendar and the clock have the date (and the time) at `ptr`. The zero date, the reference's default, is taken. */
export function isCalendarDate(ptr: usize, withTime: bool): bool {
  const year = <u32>load<u16>(ptr);
  const month = <u32>load<u8>(ptr, 2);
  const day = <u32>load<u8>(ptr, 3);
  const isDefault = year == 0 && month == 0 && day == 0;
  if (!isDefault && (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month))) return false;
  if (!withTime) return true;
  const offset = <i32>load<i16>(ptr, 11);
  const isTime = load<u8>(ptr, 4) < 24 && load<u8>(ptr, 5) < 60 && load<u8>(ptr, 6) < 61 && load<u32>(ptr, 7) < 1000000;
  return isTime && offset >= -1440 && offset <= 1440;
}
