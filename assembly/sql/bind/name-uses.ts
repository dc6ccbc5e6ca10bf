/** What the names in a text mean, noted while it is bound. */
import { Column } from "../../schema/column";
import { Table } from "../../query/store";

export class NameUses {
  /** N_NAME nodes; N_JOIN where NATURAL names columns without writing them. One may be noted more than once. */
  readonly nodes: Array<u32> = new Array<u32>();
  /** For each the column whose name it is; null where it is one that the text itself gives, or a table's. */
  readonly columns: Array<Column | null> = new Array<Column | null>();
  /** The table whose name it is; null for a column's. */
  readonly tables: Array<Table | null> = new Array<Table | null>();
  /** N_COLUMN nodes that mean the same, two by two: the second one may never be bound itself. */
  readonly pairs: Array<u32> = new Array<u32>();

  add(node: u32, column: Column | null, table: Table | null = null): void {
    this.nodes.push(node);
    this.columns.push(column);
    this.tables.push(table);
  }

  pair(a: u32, b: u32): void {
    this.pairs.push(a);
    this.pairs.push(b);
  }
}
