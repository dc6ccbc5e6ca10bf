/**
 * A hash of what a database holds, the same for equal content whatever its layout, the order of its rows and pages, and its free space.
 *
 *   row       XXH3-64 of the record's body
 *   table     XXH3-64 of: snapshot | rows u64 | sum of the rows' hashes u64 | sum of their squares u64    (sums modulo 2^64)
 *   database  XXH3-64 of: the hash of each table u64, in the order of the tables' names
 *
 * Two sums, because they do not depend on the order, and one alone would not tell some pairs of rows from others. What counts is the
 * definitions and the rows, byte for byte (so 1.0 differs from 1.00); counters and the access control list do not.
 */
import { DAMAGED, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { xxh3 } from "../encode/xxh3";
import { RowScan } from "../store/row-scan";
import { Table } from "../store/table";

class TableHash {
  constructor(
    readonly table: Table,
    readonly rows: u64,
    readonly hash: u64,
  ) {}
}

/** Hashes one table, walking all of its records; null on failure. */
function hashTable(table: Table): TableHash | null {
  const scan = new RowScan(table);
  let rows: u64 = 0;
  let sum: u64 = 0;
  let squares: u64 = 0;
  while (scan.next()) {
    const hash = xxh3(scan.body, scan.bodyLen);
    rows += 1;
    sum += hash;
    squares += hash * hash;
  }
  const status = scan.status;
  scan.free();
  if (status != 0) return null;
  const indexed = table.countRows();
  if (indexed < 0 || !sameCount(table, rows, indexed)) return null;
  const bytes = new ByteBuffer(1024);
  table.schema.withoutTwins().encode(bytes);
  bytes.addU64(rows);
  bytes.addU64(sum);
  bytes.addU64(squares);
  const hash = xxh3(bytes.ptr, bytes.len);
  bytes.free();
  return new TableHash(table, rows, hash);
}

/** Hashes all tables, which are in the order of their names; null on failure. */
export function hashTables(tables: Array<Table>): Array<TableHash> | null {
  const list = new Array<TableHash>();
  for (let i = 0; i < tables.length; i++) {
    const hash = tables[i].refresh() == 0 ? hashTable(tables[i]) : null;
    if (!hash) return null;
    list.push(hash);
  }
  return list;
}

/** The database's hash, of those of its tables. */
export function combineHashes(list: Array<TableHash>): u64 {
  const bytes = new ByteBuffer(256);
  for (let i = 0; i < list.length; i++) bytes.addU64(list[i].hash);
  const hash = xxh3(bytes.ptr, bytes.len);
  bytes.free();
  return hash;
}

/** Whether as many rows were found as the primary key's index has; `DAMAGED` when not. */
function sameCount(table: Table, found: u64, indexed: u64): bool {
  if (found == indexed) return true;
  fail(
    DAMAGED,
    "table " + table.name + " has " + found.toString() + " rows, and " + indexed.toString() + " in its primary key's index",
    "run check to see all that is wrong",
  );
  return false;
}
