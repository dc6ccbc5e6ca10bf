/** Rows decoded where their records lie. Of a long record no more is read than the columns need that are wanted. */
import { Status, OK, damaged, lastError } from "../status";
import { DECODED, NOT_PRESENT, Row } from "../encode/row";
import { PAGE_SIZE } from "../memory/layout";
import { RecordAddress, addressOffset, addressPage } from "../table/page-ledger";
import { TableRegistry } from "../table/table-registry";
import { Table } from "./table";

/** Decodes the first `columns` columns of the record at `address`; the other cells are missing. */
export function readColumns(table: Table, address: RecordAddress, row: Row, columns: u32): Status {
  const registry = table.registry;
  row.reset();
  const wanted = columns == table.longColumns ? table.longBytes : wantedBytes(row, columns);
  const len = registry.bodyLength(address, wanted);
  if (len == 0) return lastError.status;
  const present = registry.present;
  const status = decodeColumns(registry, address, row, columns, registry.body(address, present), len, present);
  if (status == OK && present < len && row.bytesOfFirst(columns) > present) {
    table.longColumns = columns;
    table.longBytes = row.bytesOfFirst(columns);
  }
  return status;
}

/** Bytes of a body's start that its first `columns` columns mostly take; `PAGE_SIZE` for all that there are. */
export function wantedBytes(row: Row, columns: u32): u32 {
  const layout = row.layout;
  return columns < layout.columnCount ? layout.usualBytesOfFirst(columns) : PAGE_SIZE;
}

/**
 * Decodes the first `columns` columns of the record at `address`, whose body has `bodyLen` bytes, of which `present` are at `body`. When
 * the columns go on behind those, all of it is read.
 */
export function decodeColumns(
  registry: TableRegistry,
  address: RecordAddress,
  row: Row,
  columns: u32,
  body: usize,
  bodyLen: u32,
  present: u32,
): Status {
  if (body == 0) return lastError.status;
  let decoded = row.decodeFirst(columns, body, bodyLen, present);
  if (decoded == NOT_PRESENT) {
    const whole = registry.body(address, bodyLen);
    if (whole == 0) return lastError.status;
    decoded = row.decodeFirst(columns, whole, bodyLen, bodyLen);
  }
  return decoded == DECODED ? OK : damagedRecord(address);
}

/** Records that the record at `address` does not decode. */
export function damagedRecord(address: RecordAddress): Status {
  return damaged(addressPage(address), addressOffset(address), "the record does not fit its table's columns");
}
