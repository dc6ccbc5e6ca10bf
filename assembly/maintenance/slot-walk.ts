/**
 * The records of one page, as far as they can be found: it goes on behind what makes no sense.
 *
 * Slots that follow each other from the page's start are `regular`. Behind a place that is no slot the walk looks at every place where
 * one may start, and what it finds is only likely to be a record, until the caller knows better and says so (`trust`).
 */
import { PAGE_SIZE } from "../memory/base/layout";
import { MemoryAccess } from "../memory/access/memory-access";
import { isZero } from "../encode/bytes";
import { TYPE_BOOLEAN, TYPE_DATE, TYPE_DATETIME, TYPE_DECIMAL, TYPE_JSON, TYPE_TEXT } from "../encode/data-type";
import { isDecimal } from "../encode/decimal";
import { JsonTape } from "../encode/json";
import { Row } from "../encode/row";
import { isUtf8 } from "../encode/utf8";
import { RECORD_HEADER_SIZE, TableRegistry } from "../table/table-registry";
import { Table } from "../store/table";
import { isCalendarDate } from "../check/record-check";

export class SlotWalk {
  /** The record that `next` found. */
  readonly row: Row;
  pageOffset: u32 = 0;
  body: usize = 0;
  bodyLen: u32 = 0;
  regular: bool = true;
  /** Places at which something stood that is no record: how many, and the first. */
  badPlaces: u32 = 0;
  firstBad: u32 = 0;
  private at: u32 = 0;
  private registry: TableRegistry;

  constructor(readonly table: Table) {
    this.row = new Row(table.layout);
    this.registry = table.registry;
  }

  /** To be called before the first `next` on a page. */
  start(): void {
    this.at = 0;
    this.regular = true;
    this.badPlaces = 0;
  }

  /** The record just found is one: what follows it are slots again. */
  trust(): void {
    this.regular = true;
  }

  /** Finds the next record of `page`, whose bytes have to be looked up anew for each call. */
  next(page: usize): bool {
    const registry = this.registry;
    const step = registry.slotAlignment;
    while (this.at + RECORD_HEADER_SIZE <= PAGE_SIZE) {
      const at = this.at;
      const len = <u32>load<u16>(page + at);
      if (len != 0 && this.isRecord(page, at, len)) {
        this.pageOffset = at;
        this.bodyLen = len;
        this.body = page + at + RECORD_HEADER_SIZE;
        this.at = at + registry.slotSize(len);
        return true;
      }
      if (len != 0 || !isZero(page + at, min(step, PAGE_SIZE - at))) {
        if (this.regular) {
          if (this.badPlaces == 0) this.firstBad = at;
          this.badPlaces += 1;
        }
        this.regular = false;
      }
      this.at = at + step;
    }
    return false;
  }

  /** Points to the record again, after its page was looked up anew. */
  found(page: usize): void {
    this.body = page + this.pageOffset + RECORD_HEADER_SIZE;
    this.row.decode(this.body, this.bodyLen);
  }

  private isRecord(page: usize, at: u32, len: u32): bool {
    const fixed = this.registry.fixedBody;
    if (at + RECORD_HEADER_SIZE + len > PAGE_SIZE || (fixed != 0 && len != fixed)) return false;
    return this.row.decode(page + at + RECORD_HEADER_SIZE, len);
  }

  /** Whether every value of the record is one that its type has, and nothing stands between it and the next slot. */
  get isSound(): bool {
    const columns = this.table.schema.columns;
    for (let i = 0; i < columns.length; i++) {
      if (this.row.isSet(i) && !isSoundValue(columns[i].type, this.row.ptr(i))) return false;
    }
    const end = this.pageOffset + RECORD_HEADER_SIZE + this.bodyLen;
    return isZero(this.body + this.bodyLen, min(this.at, PAGE_SIZE) - end);
  }

  /** Whether page `pageNo` has rows of the table and nothing else. */
  holdsOnly(access: MemoryAccess, pageNo: u32): bool {
    this.start();
    let rows: u32 = 0;
    let page = access.page(pageNo);
    while (page != 0 && this.next(page)) {
      if (!this.regular || !this.isSound) return false;
      rows += 1;
      page = access.page(pageNo);
    }
    return rows > 0 && this.badPlaces == 0;
  }

  /** Whether the first thing on page `pageNo` is a row of the table. */
  startsWithRow(access: MemoryAccess, pageNo: u32): bool {
    this.start();
    const page = access.page(pageNo);
    return page != 0 && this.next(page) && this.regular && this.isSound;
  }

  free(): void {
    this.row.free();
  }
}

const tape: JsonTape = new JsonTape();

function isSoundValue(type: u8, ptr: usize): bool {
  switch (type) {
    case TYPE_BOOLEAN:
      return load<u8>(ptr) <= 1;
    case TYPE_DATE:
      return isCalendarDate(ptr, false);
    case TYPE_DATETIME:
      return isCalendarDate(ptr, true);
    case TYPE_DECIMAL:
      return isDecimal(ptr);
    case TYPE_TEXT:
      return isUtf8(ptr + 2, load<u16>(ptr));
    case TYPE_JSON:
      return isUtf8(ptr + 2, load<u16>(ptr)) && tape.parse(ptr + 2, load<u16>(ptr));
    default:
      return true;
  }
}
