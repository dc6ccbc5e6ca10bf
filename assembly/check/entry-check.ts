/**
 * Index entries against rows.
 *
 * Rows and entries are first compared by their number and the sum of their hashes, which takes no look-ups. Only when these
 * differ are they compared one by one: bits mark the rows that there are, and those that an entry was found for.
 */
import { PAGE_SIZE } from "../memory/base/layout";
import { Row } from "../encode/row";
import { ByteBuffer } from "../encode/byte-buffer";
import { compareKeys } from "../encode/key";
import { RecordAddress, addressPage, addressOffset } from "../table/page-ledger";
import { nodeFrame, entryCount, entryKey, entryOffset, leafAddress } from "../index/node";
import { Table } from "../store/table";
import { TableIndex } from "../store/table-index";
import { CheckedIndex, CheckedTable } from "./checked-table";
import { RecordWalk } from "./record-walk";
import { Survey } from "./survey";
import { ENTRY_WITHOUT_ROW, ENTRY_WRONG_KEY, ENTRY_TWICE, ROW_WITHOUT_ENTRY, INDEX_UNCHECKED } from "./fault-kinds";

/** Compares every index of the table with its rows. */
export function checkEntries(survey: Survey, checked: CheckedTable, table: Table): void {
  let check: EntryCheck | null = null;
  for (let i = 0; i < table.indexes.length; i++) {
    const index = checked.checkedIndexOf(table.indexes[i]);
    if (!index) continue;
    const same = index.entries == checked.rows && index.hash == checked.rowHashes[i];
    if (same && !index.incomplete) continue;
    if (!check) check = new EntryCheck(survey, checked, table);
    const before = survey.report.errors;
    check.run(index, table.indexes[i]);
    if (survey.report.errors != before) index.unsound = true;
  }
  if (check) check.free();
}

class EntryCheck {
  /** For each slot of each record page a bit: a row starts here; and another: an entry points here. */
  private rows: usize;
  private seen: usize;
  private bytes: usize;
  private slotsPerPage: u32;
  private row: Row;
  private key: ByteBuffer = new ByteBuffer(256);

  constructor(
    private survey: Survey,
    private checked: CheckedTable,
    private table: Table,
  ) {
    const slotsPerPage = PAGE_SIZE / table.registry.slotAlignment + 1;
    const bytes = ((<usize>checked.recordPageCount * slotsPerPage) >> 3) + 8;
    this.slotsPerPage = slotsPerPage;
    this.bytes = bytes;
    this.rows = heap.alloc(bytes);
    this.seen = heap.alloc(bytes);
    this.row = new Row(table.layout);
    memory.fill(this.rows, 0, this.bytes);
    const walk = new RecordWalk(survey, checked, table, null);
    while (walk.next()) this.mark(this.rows, this.bitOf(walk.address));
    walk.free();
  }

  /** The bit of a slot; -1 when no slot of the table can be there. */
  private bitOf(address: RecordAddress): i64 {
    const ordinal = this.checked.pageOrdinals.get(addressPage(address), 0xffffffff);
    const step = this.table.registry.slotAlignment;
    if (ordinal == 0xffffffff || addressOffset(address) % step != 0) return -1;
    return <i64>ordinal * this.slotsPerPage + addressOffset(address) / step;
  }


  @inline private mark(bits: usize, bit: i64): void {
    const ptr = bits + <usize>(bit >> 3);
    store<u8>(ptr, load<u8>(ptr) | ((<u8>1) << ((<u8>bit) & 7)));
  }


  @inline private isMarked(bits: usize, bit: i64): bool {
    return (load<u8>(bits + <usize>(bit >> 3)) & ((<u8>1) << ((<u8>bit) & 7))) != 0;
  }

  /** Compares one index with the rows. */
  run(index: CheckedIndex, definition: TableIndex): void {
    memory.fill(this.seen, 0, this.bytes);
    for (let i: u32 = 0; i < index.leafList.len; i += 16) {
      const leaf = load<u32>(index.leafList.ptr + i);
      const frame = nodeFrame(this.survey.access, leaf);
      const count: u32 = frame ? entryCount(frame) : 0;
      for (let slot: u32 = 0; slot < count; slot++) this.checkEntry(index, definition, leaf, slot);
    }
    if (index.incomplete) {
      if (this.survey.report.add(INDEX_UNCHECKED)) {
        this.survey.report.say(
          "index " + index.columnsText + " can't be read as a whole: whether every row is in it was not checked",
        );
      }
      return;
    }
    this.findMissing(index);
  }

  private checkEntry(index: CheckedIndex, definition: TableIndex, leaf: u32, slot: u32): void {
    const access = this.survey.access;
    const report = this.survey.report;
    const frame = nodeFrame(access, leaf);
    if (!frame) return;
    const at = entryOffset(frame, slot);
    const address = leafAddress(frame, slot);
    const bit = this.bitOf(address);
    if (bit < 0 || !this.isMarked(this.rows, bit)) {
      if (this.checked.badRecords.has(address) || !report.add(ENTRY_WITHOUT_ROW, leaf, at)) return;
      report.say(
        "index " +
          index.columnsText +
          ": the entry points to page " +
          addressPage(address).toString() +
          ", byte " +
          addressOffset(address).toString() +
          ", where no row of this table starts",
      );
      return;
    }
    if (this.isMarked(this.seen, bit)) {
      // Twice with one key in one leaf was found already.
      const sameAddress = slot > 0 && leafAddress(frame, slot - 1) == address;
      const again = sameAddress && compareKeys(entryKey(frame, slot - 1), entryKey(frame, slot)) == 0;
      if (!index.repeated && !again && report.add(ENTRY_TWICE, leaf, at)) {
        report.say("index " + index.columnsText + ": another entry points to this row as well");
      }
      return;
    }
    this.mark(this.seen, bit);
    const registry = this.table.registry;
    const len = registry.bodyLength(address);
    const body = len != 0 ? registry.body(address, len) : 0;
    if (body == 0 || !this.row.decode(body, len)) return;
    this.key.reset();
    definition.addKey(this.table.schema, this.row, this.key);
    const node = nodeFrame(access, leaf);
    if (!node || compareKeys(entryKey(node, slot), this.key.ptr) == 0 || !report.add(ENTRY_WRONG_KEY, leaf, at)) return;
    report.say(
      "index " +
        index.columnsText +
        ": the entry's key is not that of its row on page " +
        addressPage(address).toString() +
        ", byte " +
        addressOffset(address).toString(),
    );
  }

  /** Rows that no entry points to. */
  private findMissing(index: CheckedIndex): void {
    const report = this.survey.report;
    const walk = new RecordWalk(this.survey, this.checked, this.table, null);
    while (walk.next()) {
      if (this.isMarked(this.seen, this.bitOf(walk.address))) continue;
      if (report.add(ROW_WITHOUT_ENTRY, walk.pageNo, walk.pageOffset))
        report.say("the row has no entry in index " + index.columnsText);
    }
    walk.free();
  }

  free(): void {
    heap.free(this.rows);
    heap.free(this.seen);
    this.row.free();
    this.key.free();
  }
}
