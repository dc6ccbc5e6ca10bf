/** Rows one after the other, wherever they come from: what takes rows needs to know no more of them. */
import { Status, OK } from "../status";
import { Row } from "../encode/row";

export abstract class RowSource {
  /** The record's body of the current row, where the source has records; of it only the columns that are wanted are sure to be there. */
  body: usize = 0;
  bodyLen: u32 = 0;
  /** Not `OK` after a failure of `next`. */
  status: Status = OK;

  /**
   * `row` is the current row. Its cells point to where the source has them, mostly into a page, and are valid for the next `GUARANTEE` page
   * lookups.
   */
  constructor(readonly row: Row) {}

  /** To the next row; false at the end, and on failure. */
  abstract next(): bool;

  /** From the next row on only the first `columns` columns are wanted, the others may be missing. With none rows are only counted. */
  abstract wantFirst(columns: u32): void;
}
