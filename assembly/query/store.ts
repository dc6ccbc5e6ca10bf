/**
 * All that query/ knows of store/: no other file of query/ imports from there, nor from what is below it but definitions and values
 * (`scripts/check-layers.mjs` sees to it). Of these names query/ uses:
 *
 *   Table        its `schema`
 *   TableIndex   the positions of its `columns`
 *   RowSource    rows one after the other: the interface of all that gives rows
 *   RowScan      the rows of a table in stored order, or of a range of an index
 *   mayRun       whether there is time for more
 *
 * What statements do to rows, transactions, pages and trees are none of its business.
 */
import { valueDiscriminant } from "../encode/data-type";
import { isPlainKeyType } from "../index/buffered-changes";
import { Column } from "../schema/column";

export { RowScan } from "../store/row-scan";
export { RowSource } from "../store/row-source";
export { mayRun } from "../wasi/deadline";
export { Table } from "../store/table";
export { TableIndex, addKeyPart } from "../store/table-index";

/** Whether the keys of an index on `column` have its very bytes: where other bytes can be equal, a key may have those of an older row. */
export function keysHaveBytesOf(column: Column): bool {
  return isPlainKeyType(valueDiscriminant(column.type));
}
