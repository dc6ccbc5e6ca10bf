/** Columns of rows of a table that come from no scan. */
import { fixedValueSize } from "../../encode/data-type";
import { Row } from "../../encode/row";
import { Table } from "../../query/store";
import { WantedColumns } from "../eval/batch";
import { takeCell } from "../eval/cells";
import { kindOfType } from "../eval/kinds";

/** The table's columns, and behind them all of them again, for another row of it; of both those at `used`. */
export class RowColumns extends WantedColumns {
  constructor(
    private readonly table: Table,
    private readonly used: Array<i32>,
  ) {
    super(kindsTwice(table), used);
  }

  /** Makes a row's values those of row `i` in the columns from `base` on. Bytes stay where they are. */
  take(row: Row, base: i32, i: u32): void {
    const columns = this.table.schema.columns;
    for (let u = 0; u < this.used.length; u++) {
      const position = unchecked(this.used[u]) - base;
      if (position < 0 || position >= columns.length) continue;
      const vector = unchecked(this.vectors[base + position]);
      const column = unchecked(columns[position]);
      const isFixed = fixedValueSize(column.type, column.customSize) != 0;
      const isSet = row.isSet(position);
      vector.setNull(i, !isSet);
      if (isSet) takeCell(column.type, isFixed, row.ptr(position), row.len(position), vector, i);
    }
  }
}

function kindsTwice(table: Table): Array<u8> {
  const kinds = new Array<u8>();
  for (let c = 0; c < table.schema.columns.length; c++) kinds.push(kindOfType(table.schema.columns[c].type));
  return kinds.concat(kinds);
}
