/** Values of rows that are to be written: found or worked out before, and kept as records have them. */
import { OK, OVERFLOW, Status } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { CELL_MISSING, CELL_NULL, CELL_SET, Row } from "../../encode/row";
import { Column, giveDefault } from "../../schema/column";
import { StatementContext } from "../bind/statement";
import { addSlot, fitsType } from "../eval/cells";
import { Expression } from "../eval/expression";
import { K_INT } from "../eval/kinds";
import { Vector } from "../eval/vector";

/** One value after the other: a byte, `CELL_…` or one of its user's, and behind `CELL_SET` a length u32 and as many bytes. */
export class KeptCells extends ByteBuffer {
  constructor(private readonly context: StatementContext) {
    super(1024);
  }

  /** Adds row `i`'s value of `vector`, which `source` made, for `column`. `OVERFLOW` with its place, where the column can't hold it. */
  addValue(column: Column, source: Expression, vector: Vector, i: u32): Status {
    return this.addSlot(column, source, vector.isNull(i), vector.at(i));
  }

  /** The same of a value in a slot, of the kind that `source` is of. */
  addSlot(column: Column, source: Expression, isNull: bool, slot: usize): Status {
    if (isNull) {
      this.addU8(CELL_NULL);
      return OK;
    }
    let why = "";
    if (source.kind == K_INT && !fitsType(column.type, load<i64>(slot))) why = load<i64>(slot).toString();
    else {
      const start = this.beginSet();
      if (addSlot(column.type, column.customSize, slot, this)) this.endSet(start);
      else why = "more than 65,535 bytes";
    }
    if (why.length == 0) return OK;
    return this.context.text.fail(OVERFLOW, "column " + column.name + " can't hold " + why, source.start);
  }

  /** Begins a value, whose bytes are to be added before `endSet` gets what this returns. */
  beginSet(): u32 {
    this.addU8(CELL_SET);
    this.addU32(0);
    return this.len;
  }

  endSet(start: u32): void {
    store<u32>(this.ptr + start - 4, this.len - start);
  }
}

/** Makes the values at `at` those of the row's columns at `positions`, where they lie. Returns where the next ones are. */
export function readCells(at: usize, positions: Array<i32>, row: Row): usize {
  row.reset();
  for (let p = 0; p < positions.length; p++) {
    const state = load<u8>(at++);
    const position = unchecked(positions[p]);
    if (state == CELL_NULL) row.setNull(position);
    if (state != CELL_SET) continue;
    const len = load<u32>(at);
    row.setAt(position, at + 4, len);
    at += 4 + len;
  }
  return at;
}

/** Gives the row's columns that are missing what they have by themselves, but for those that count. */
export function fillDefaults(columns: Array<Column>, row: Row): void {
  for (let c = 0; c < columns.length; c++) {
    const column = unchecked(columns[c]);
    if (row.state(c) == CELL_MISSING && !column.auto) giveDefault(column, row, c);
  }
}
