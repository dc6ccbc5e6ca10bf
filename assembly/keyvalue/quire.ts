/**
 * The functions of `quire:db/database` that are used here, and of WASI one for the folder's name. Where a function has a result of more
 * than one word it writes it to its last argument.
 */

// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[static]connection.open")
export declare function openConnection(
  path: usize,
  pathLen: u32,
  create: i32,
  readOnly: i32,
  durability: i32,
  hasCacheBytes: i32,
  cacheBytes: u64,
  hasLayout: i32,
  layout: i32,
  to: usize,
): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[resource-drop]connection")
export declare function dropConnection(connection: u32): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[method]connection.table")
export declare function openTable(connection: u32, name: usize, nameLen: u32, to: usize): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[method]connection.create-table")
export declare function createTable(
  connection: u32,
  name: usize,
  nameLen: u32,
  primaryKey: usize,
  keyLen: u32,
  hasAlignment: i32,
  alignment: u32,
  columns: usize,
  columnCount: u32,
  indexes: usize,
  indexCount: u32,
  to: usize,
): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[method]connection.begin-transaction")
export declare function beginTransaction(connection: u32, to: usize): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[method]transaction.commit")
export declare function commit(transaction: u32, to: usize): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[resource-drop]transaction")
export declare function dropTransaction(transaction: u32): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[resource-drop]table")
export declare function dropTable(table: u32): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[method]table.schema")
export declare function schemaOf(table: u32, to: usize): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[method]table.get")
export declare function getRow(table: u32, kind: i32, bits: u64, high: u32, to: usize): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[method]table.insert")
export declare function insertRows(table: u32, columns: usize, columnCount: u32, rows: usize, rowCount: u32, to: usize): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[method]table.update")
export declare function updateRow(
  table: u32,
  kind: i32,
  bits: u64,
  high: u32,
  columns: usize,
  columnCount: u32,
  values: usize,
  valueCount: u32,
  to: usize,
): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[method]table.delete")
export declare function deleteRow(table: u32, kind: i32, bits: u64, high: u32, behavior: i32, to: usize): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[method]table.scan")
export declare function scanTable(
  table: u32,
  index: usize,
  indexCount: u32,
  lower: i32,
  lowerValues: usize,
  lowerCount: u32,
  upper: i32,
  upperValues: usize,
  upperCount: u32,
  reverse: i32,
  columns: usize,
  columnCount: u32,
  offset: u64,
  hasLimit: i32,
  limit: u64,
  to: usize,
): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[method]cursor.next")
export declare function nextRows(cursor: u32, maxRows: u32, to: usize): void;
// @ts-ignore: decorator
@external("quire:db/database@0.1.0", "[resource-drop]cursor")
export declare function dropCursor(cursor: u32): void;

// @ts-ignore: decorator
@external("wasi:filesystem/preopens@0.2.0", "get-directories")
export declare function getDirectories(to: usize): void;
// @ts-ignore: decorator
@external("wasi:filesystem/types@0.2.0", "[resource-drop]descriptor")
export declare function dropDescriptor(descriptor: u32): void;
