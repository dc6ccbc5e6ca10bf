/**
 * The rows of one damaged table.
 *
 * A row is taken when the primary key's index points to it with its key. Where that index is whole, other rows are looked at last: one
 * that stands where the index has another row is that row damaged; any other is a row that lost its entry. Without the index, a row
 * is taken when it stands where slots say, or else when all of its values make sense. Of rows with one primary key the one that the
 * index points to is kept, else the one that comes first in the file; the same for unique columns.
 */
import { Status, OK, NO_PAGE, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { ByteBuffer } from "../encode/byte-buffer";
import { addJsonString } from "../encode/json-string";
import { Row } from "../encode/row";
import { writeJsonValue } from "../encode/value-text";
import { entryCount, entryKey, isLeaf, leafAddress, nodeFrame } from "../index/node";
import { NO_ADDRESS, RecordAddress, addressOf, addressOffset, addressPage } from "../table/page-ledger";
import { DbmsContext } from "../store/dbms-context";
import { Table } from "../store/table";
import { TableIndex } from "../store/table-index";
import { CheckReport, counted } from "../check/check-report";
import { COUNTER_LOST, ROWS_LOST, ROW_LOST, ROW_ODD, ROW_TWICE } from "../check/fault-kinds";
import { OWNER_LEAF } from "../check/owner-map";
import { autoColumns } from "./page-shapes";
import { RowEvidence } from "./row-evidence";
import { FoundTable } from "./found-table";
import { SalvageSearch } from "./salvage-search";
import { SlotWalk } from "./slot-walk";

/** Rows between two commits. */
const BATCH: u64 = 1024;
/** Set in the address of what is hardly a row. */
const UNLIKELY: u64 = 1 << 63;

/** Saves the rows of one table. */
export class RowSalvage {
  saved: u64 = 0;
  lost: u64 = 0;
  twice: u64 = 0;
  private walk: SlotWalk;
  private key: ByteBuffer = new ByteBuffer(256);
  /** Addresses u64 of rows that the index does not point to. */
  private later: ByteBuffer = new ByteBuffer(64);
  /** Where the index has rows that were not found. */
  private missing: Set<u64> = new Set<u64>();
  /** Where rows stand that the index does not point to with their keys. */
  private unindexed: Set<u64> = new Set<u64>();
  /** Record pages with something on them that is no row. */
  private badPages: Set<u32> = new Set<u32>();
  private evidence: RowEvidence;
  private indexed: bool;
  /** The numbers of its columns are to be found out from its rows. */
  private countersLost: bool;

  constructor(
    private readonly access: MemoryAccess,
    private readonly search: SalvageSearch,
    private readonly found: FoundTable,
    private readonly source: Table,
    private readonly target: Table,
    private readonly to: DbmsContext,
    private readonly report: CheckReport,
  ) {
    this.walk = new SlotWalk(source);
    this.evidence = new RowEvidence(access, search, found, source, target, report);
    this.indexed = found.isIndexed;
    this.countersLost = autoColumns(source.schema) > 0 && found.checked.pages.autoincrement == NO_PAGE;
  }

  save(): Status {
    let status = OK;
    for (let i: u32 = 0; i < this.found.recordCount && status == OK; i++) status = this.savePage(this.found.recordPage(i));
    if (status == OK && this.indexed) status = this.findMissing(false);
    for (let i: u32 = 0; i < this.later.len && status == OK; i += 8) status = this.saveLater(load<u64>(this.later.ptr + i));
    if (status == OK && this.indexed) status = this.findMissing(true);
    if (status == OK) status = this.evidence.tell(this.saved);
    this.lost += this.evidence.lost;
    return status == OK ? this.saveCounters() : status;
  }

  private savePage(pageNo: u32): Status {
    const walk = this.walk;
    walk.start();
    let status = OK;
    let rows: u64 = 0;
    let page = this.access.page(pageNo);
    while (page != 0 && status == OK && walk.next(page)) {
      const address = addressOf(pageNo, walk.pageOffset);
      const isSure = this.indexed && this.isIndexed(walk.row, address);
      if (isSure) walk.trust();
      // The index's pages may have pushed this one out of the cache.
      page = this.access.page(pageNo);
      if (page == 0) break;
      walk.found(page);
      if (isSure || (!this.indexed && (walk.regular || walk.isSound))) {
        rows += 1;
        if (!walk.isSound && this.report.add(ROW_ODD, pageNo, walk.pageOffset)) {
          this.report.say("a row has values that make no sense, or something stands behind it; it was saved as it is");
        }
        status = this.add(walk.row, walk.body, walk.bodyLen, address);
      } else if (this.indexed) {
        const isLikely = walk.regular && walk.isSound;
        this.later.addU64(isLikely ? address : address | UNLIKELY);
        if (isLikely) this.unindexed.add(address);
      }
      page = this.access.page(pageNo);
    }
    if (status != OK) return status;
    if (page == 0) return lastError.status;
    // Where the index is whole it tells which rows are missing; else one can only say where something is that is no row.
    if (walk.badPlaces > 0) {
      this.badPages.add(pageNo);
      this.evidence.noteBad(pageNo);
    }
    if (!this.indexed && walk.badPlaces > 0) {
      if (this.report.add(ROWS_LOST, pageNo, walk.firstBad)) {
        const places =
          walk.badPlaces == 1 ? "bytes that are no row" : "bytes that are no row, here and at other places of the page";
        this.report.say(places + "; " + counted(rows, "row") + " of it could be read");
      }
    }
    return OK;
  }

  /** Whether the damaged file's index has the row at this address. */
  private isIndexed(row: Row, address: RecordAddress): bool {
    this.key.reset();
    this.source.primary.addKey(this.source.schema, row, this.key);
    return this.source.primary.find(this.key.ptr) == address;
  }

  /** Goes through the rows that the index has and that are not in the new table: notes where they should be, or (`tell`) tells of them. */
  private findMissing(tell: bool): Status {
    const owners = this.search.survey.owners;
    const number = this.found.checked.number;
    const primary = this.found.primary;
    if (!primary) return OK;
    for (let pageNo: u32 = 0; pageNo < this.access.manager.pageCount; pageNo++) {
      if (owners.kind(pageNo) != OWNER_LEAF || owners.table(pageNo) != number || owners.index(pageNo) != <u32>primary.number)
        continue;
      const leaf = nodeFrame(this.access, pageNo);
      const count: u32 = leaf && isLeaf(leaf) ? entryCount(leaf) : 0;
      for (let i: u32 = 0; i < count; i++) {
        const frame = nodeFrame(this.access, pageNo);
        if (!frame) return lastError.status;
        const key = entryKey(frame, i);
        if (this.target.primary.find(key) != NO_ADDRESS) continue;
        if (lastError.status != OK) return lastError.status;
        const address = leafAddress(frame, i);
        // A row of another key stands there, and nothing else is wrong with its page: more likely it is the entry that is damaged.
        if (this.unindexed.has(address) && !this.badPages.has(addressPage(address))) {
          if (tell && this.report.add(ROW_ODD, addressPage(address), addressOffset(address))) {
            const name = this.source.schema.primaryKey;
            this.report.say(
              "by the index this row has " +
                name +
                " = " +
                this.evidence.keyText(this.source.primary, key) +
                "; it was saved as it is",
            );
          }
          continue;
        }
        this.missing.add(address);
        if (!tell) continue;
        this.evidence.noteMissing(address);
        this.lost += 1;
        if (this.report.add(ROW_LOST, addressPage(address), addressOffset(address))) {
          this.report.say(
            "the row with " +
              this.source.schema.primaryKey +
              " = " +
              this.evidence.keyText(this.source.primary, key) +
              " can't be read",
          );
        }
      }
    }
    return OK;
  }

  /** Takes a row that the index does not point to, unless the index has another one in its place. */
  private saveLater(entry: u64): Status {
    const address: RecordAddress = entry & ~UNLIKELY;
    if (this.missing.has(address)) return OK;
    if (entry != address) {
      if (this.report.add(ROWS_LOST, addressPage(address), addressOffset(address))) {
        this.report.say("this may have been a row, but no index knows it, and it stands behind other damage or makes no sense");
      }
      return OK;
    }
    const page = this.access.page(addressPage(address));
    if (page == 0) return lastError.status;
    const body = page + addressOffset(address) + 2;
    const len = <u32>load<u16>(page + addressOffset(address));
    return this.walk.row.decode(body, len) ? this.add(this.walk.row, body, len, address) : OK;
  }

  /** Writes a row and its entries; one whose key another row has is told of, and left out. */
  private add(row: Row, body: usize, len: u32, from: RecordAddress): Status {
    this.evidence.noteRow(from, len);
    const target = this.target;
    const indexes = target.indexes;
    for (let i = 0; i < indexes.length; i++) {
      if (!indexes[i].unique) continue;
      this.buildKey(indexes[i], row);
      if (!indexes[i].isOnce(this.key.ptr) || indexes[i].find(this.key.ptr) == NO_ADDRESS) {
        if (lastError.status != OK) return lastError.status;
        continue;
      }
      this.tellTwice(row, indexes[i], from);
      return OK;
    }
    const address = target.registry.insert(body, len);
    if (address == NO_ADDRESS) {
      this.lost += 1;
      this.report.addLastError(ROW_LOST, addressPage(from));
      return OK;
    }
    for (let i = 0; i < indexes.length; i++) {
      this.buildKey(indexes[i], row);
      const status = target.addEntry(indexes[i], this.key.ptr, this.key.len, address);
      if (status != OK) return status;
    }
    this.saved += 1;
    if (this.countersLost) {
      const status = this.raiseCounters(row);
      if (status != OK) return status;
    }
    if (this.saved % BATCH != 0) return OK;
    const status = this.to.endChange(OK);
    return status == OK ? this.to.beginChange() : status;
  }

  private buildKey(index: TableIndex, row: Row): void {
    this.key.reset();
    index.addKey(this.target.schema, row, this.key);
  }

  private tellTwice(row: Row, index: TableIndex, from: RecordAddress): void {
    this.twice += 1;
    this.unindexed.delete(from);
    if (!this.report.add(ROW_TWICE, addressPage(from), addressOffset(from))) return;
    const out = new ByteBuffer(256);
    const columns = this.source.schema.columns;
    for (let i = 0; i < columns.length; i++) {
      out.addU8(i == 0 ? 0x7b : 0x2c);
      addJsonString(changetype<usize>(columns[i].nameBytes), columns[i].nameBytes.byteLength, out);
      out.addU8(0x3a);
      if (row.isSet(i)) writeJsonValue(columns[i].type, columns[i].customSize, row.ptr(i), out);
      else out.addText("null");
    }
    this.report.say(
      "another row has the same " + index.definition.columnsText + " and was kept; this one is " + out.toText() + "}",
    );
    out.free();
  }

  // ---- numbers ----

  private raiseCounters(row: Row): Status {
    const ledger = this.target.autoincrement;
    const columns = this.target.schema.columns;
    for (let i = 0; i < columns.length && ledger; i++) {
      if (!columns[i].auto || !row.isSet(i)) continue;
      const status = ledger.raiseTo(columns[i], row.ptr(i));
      if (status != OK) return status;
    }
    return OK;
  }

  private saveCounters(): Status {
    const from = this.source.autoincrement;
    const to = this.target.autoincrement;
    if (!to) return OK;
    if (this.countersLost) {
      if (this.report.add(COUNTER_LOST)) this.report.say("the autoincrement ledger can't be read");
      return OK;
    }
    const columns = this.source.schema.columns;
    const bytes = memory.data(8, 8);
    for (let i = 0; i < columns.length && from; i++) {
      if (!columns[i].auto) continue;
      store<u64>(bytes, from.current(columns[i]));
      const status = lastError.status == OK ? to.raiseTo(columns[i], bytes) : lastError.status;
      if (status != OK) return status;
    }
    return OK;
  }

  free(): void {
    this.walk.free();
    this.key.free();
    this.later.free();
    this.evidence.free();
  }
}
