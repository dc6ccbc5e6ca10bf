/** The first columns of records, decoded where they lie. Of a long record no more is read than they take. */
import { Status, OK, damaged, lastError } from "../status";
import { DECODED, NOT_PRESENT, Row, RowLayout } from "../encode/row";
import { PAGE_SIZE } from "../memory/base/layout";
import { RecordAddress, addressOffset, addressPage } from "../table/page-ledger";
import { TableRegistry } from "../table/table-registry";

export class RecordPrefix {
  /** Bytes of a body's start to read: guessed from the columns' types, learned where that was too little; `PAGE_SIZE` for all. */
  bytes: u32;
  /** How many rows one after the other needed more. */
  private misses: u32 = 0;

  /** The first `count` columns of records of `layout`. */
  constructor(
    layout: RowLayout,
    readonly count: u32,
  ) {
    this.bytes = count < layout.columnCount ? layout.usualBytesOfFirst(count) : PAGE_SIZE;
  }

  /**
   * Decodes them of the record at `address`, whose body has `bodyLen` bytes, of which `present` are at `body` (0: they could not be read).
   * When the columns go on behind those, all of it is read.
   */
  decode(registry: TableRegistry, address: RecordAddress, row: Row, body: usize, bodyLen: u32, present: u32): Status {
    if (body == 0) return lastError.status;
    const decoded = row.decodeFirst(this.count, body, bodyLen, present);
    if (decoded != DECODED)
      return decoded == NOT_PRESENT ? this.decodeWhole(registry, address, row, bodyLen) : damagedRecord(address);
    this.misses = 0;
    return OK;
  }

  private decodeWhole(registry: TableRegistry, address: RecordAddress, row: Row, bodyLen: u32): Status {
    const body = registry.body(address, bodyLen);
    if (body == 0) return lastError.status;
    if (row.decodeFirst(this.count, body, bodyLen, bodyLen) != DECODED) return damagedRecord(address);
    // One that is much longer than the others is no reason to read more of all.
    if (++this.misses > 1) this.bytes = row.bytesOfFirst(this.count);
    return OK;
  }
}

/** Records that the record at `address` does not decode. */
export function damagedRecord(address: RecordAddress): Status {
  return damaged(addressPage(address), addressOffset(address), "the record does not fit its table's columns");
}
