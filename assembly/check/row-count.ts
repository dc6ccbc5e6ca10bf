/** How many rows a table has, as far as that shows without reading them. */
import { hasIndexes } from "../memory/base/layout";
import { alignUp } from "../table/page-ledger";
import { RECORD_HEADER_SIZE } from "../table/table-registry";
import { CheckedTable } from "./checked-table";
import { Survey } from "./survey";

/** Rows as an index counts them, the primary key's if it is known; else as slots show them. -1 when neither can be read. */
export function rowsOf(survey: Survey, table: CheckedTable): i64 {
  const opened = table.table;
  const index = opened ? table.checkedIndexOf(opened.primary) : table.indexes.length > 0 ? table.indexes[0] : null;
  if (index) return index.incomplete ? -1 : <i64>index.entries;
  // In a layout with indexes each table has some.
  return hasIndexes(survey.access.manager.layout) ? -1 : countSlots(survey, table);
}

/**
 * The records that stand one behind the other. Whatever a table's alignment is, if it is an even number each starts at one, and its first
 * two bytes are not both zero, as those of an empty slot and of padding are. -1 when a page can't be read that way.
 */
function countSlots(survey: Survey, table: CheckedTable): i64 {
  let rows: i64 = 0;
  for (let i: u32 = 0; i < table.recordPageCount; i++) {
    const page = survey.access.page(table.recordPage(i));
    if (page == 0) return -1;
    const used = table.usedOf(i);
    for (let at: u32 = 0; at + RECORD_HEADER_SIZE <= used;) {
      const len = <u32>load<u16>(page + at);
      const end = at + RECORD_HEADER_SIZE + len;
      if (end > used) return -1;
      if (len != 0) rows += 1;
      at = alignUp(end, 2);
    }
  }
  return rows;
}
