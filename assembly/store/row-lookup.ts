/** Rows by the value of a column, for constraints: through an index that starts with the column, else by a scan. */
import { Status, OK, TABLE_NOT_FOUND, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { compareKeyToProbe } from "../encode/key";
import { Row } from "../encode/row";
import { Column } from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { Catalog } from "./catalog";
import { cellText } from "./cell-text";
import { OpenTables } from "./open-tables";
import { RowScan } from "./row-scan";
import { Table } from "./table";
import { TableIndex, addKeyPart } from "./table-index";
import { findTable } from "./table-list";
import { damagedRecord } from "./record-prefix";

export class RowLookup {
  /** The key that is looked for. */
  protected probe: ByteBuffer = new ByteBuffer(256);
  private readonly tables: OpenTables;
  /** Constraints that definitions have no place for. */
  readonly catalog: Catalog;

  /** `tables` are where foreign keys look their tables up. */
  constructor(tables: OpenTables) {
    this.tables = tables;
    this.catalog = new Catalog(tables);
  }

  protected tableNamed(name: string): Table | null {
    const table = findTable(this.tables.list, name);
    if (!table) fail(TABLE_NOT_FOUND, "a foreign key names the table " + name + ", which does not exist");
    return table;
  }

  /** Makes `probe` the key of one value, which is of `from`'s type and tag and looked for in column `to`. */
  protected buildProbe(to: Column, from: Column, ptr: usize, len: u32): void {
    this.probe.reset();
    this.probe.addU32(1);
    addKeyPart(to.type == from.type ? to : from, ptr, len, this.probe);
  }

  /** A row of `table`, other than `except`, whose column equals `probe`: through an index that starts with the column, else by a scan. */
  protected findRow(table: Table, position: i32, except: RecordAddress): RecordAddress {
    if (table.refresh() != OK) return NO_ADDRESS;
    const index = table.indexStartingWith(position);
    if (!index) return this.scanForRow(table, position, except);
    if (except == NO_ADDRESS) return index.find(this.probe.ptr);
    const cursor = index.cursor;
    for (let found = index.seekEqual(this.probe.ptr); found; found = cursor.next()) {
      if (compareKeyToProbe(cursor.key(), this.probe.ptr) != 0) break;
      if (cursor.address() != except) return cursor.address();
    }
    lastError.status = cursor.status;
    return NO_ADDRESS;
  }

  /** `findRow` without an index. */
  protected scanForRow(table: Table, position: i32, except: RecordAddress): RecordAddress {
    const found = new ByteBuffer(8);
    lastError.status = this.scanForRows(table, position, NO_ADDRESS, except, 1, found);
    const address = found.len > 0 ? load<u64>(found.ptr) : NO_ADDRESS;
    found.free();
    return address;
  }

  /**
   * Appends the addresses of rows whose column equals `probe` to `found`, in stored order: `limit` of them at most, and only of rows
   * behind the one at `after`, which may have gone.
   */
  protected scanForRows(
    table: Table,
    position: i32,
    after: RecordAddress,
    except: RecordAddress,
    limit: u32,
    found: ByteBuffer,
  ): Status {
    const key = new ByteBuffer(64);
    const scan = new RowScan(table);
    if (after != NO_ADDRESS) scan.resumeAfter(after);
    scan.wantFirst(position + 1);
    const row = scan.row;
    while (limit > 0 && scan.next()) {
      if (!row.isSet(position) || scan.address == except) continue;
      key.reset();
      key.addU32(1);
      addKeyPart(table.schema.columns[position], row.ptr(position), row.len(position), key);
      if (compareKeyToProbe(key.ptr, this.probe.ptr) != 0) continue;
      found.addU64(scan.address);
      limit -= 1;
    }
    const status = scan.status;
    scan.free();
    key.free();
    return status;
  }

  /** Copies the record at `address` into `body` and decodes it into `row`. */
  readRow(table: Table, address: RecordAddress, row: Row, body: ByteBuffer): Status {
    const len = table.registry.bodyLength(address);
    if (len == 0) return lastError.status;
    body.reset();
    body.addBytes(table.registry.body(address, len), len);
    return row.decode(body.ptr, len) ? OK : damagedRecord(address);
  }
}

/** `a = 1, b = x`: what a message says of a row's key in an index. */
export function keyText(schema: TableSchemaSnapshot, index: TableIndex, row: Row): string {
  let text = "";
  for (let c = 0; c < index.columns.length; c++) {
    const position = index.columns[c];
    const column = schema.columns[position];
    text += (c > 0 ? ", " : "") + column.name + " = " + cellText(column, row, position);
  }
  return text;
}
