/** Values of a table's rows that another table holds for a migration: a host worked them out, row by row. */
import { BAD_REQUEST, OK, Status, fail, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { Row } from "../../encode/row";
import { Column } from "../../schema/column";
import { damagedRecord } from "../../store/record-prefix";
import { Table } from "../../store/table";
import { addKeyPart } from "../../store/table-index";
import { NO_ADDRESS } from "../../table/page-ledger";

export class StagedValues {
  readonly positions: Array<i32> = new Array<i32>();
  private readonly from: Array<i32> = new Array<i32>();
  private readonly key: ByteBuffer = new ByteBuffer(256);
  private readonly row: Row;

  constructor(
    private readonly table: Table,
    /** Has the table's primary key as its own. */
    private readonly stage: Table,
  ) {
    this.row = new Row(stage.layout);
  }

  private get keyColumn(): Column {
    return this.table.schema.columns[this.table.keyColumn];
  }

  /** `OK` when rows of `stage` can be found by the table's keys. */
  check(): Status {
    const own = this.stage.schema.columns[this.stage.keyColumn];
    if (own.typeText == this.keyColumn.typeText) return this.stage.refresh();
    const what = this.stage.name + "." + own.name + " is " + own.typeText + ", not " + this.keyColumn.typeText;
    return fail(BAD_REQUEST, what, "its primary key is to be that of " + this.table.name);
  }

  /** Whether it has values of `column`, whose place among the table's new ones is `position`: then it gives them. */
  add(position: i32, column: Column): bool {
    const at = this.stage.schema.columnIndex(column.name);
    if (at < 0 || at == this.stage.keyColumn || this.stage.schema.columns[at].typeText != column.typeText) return false;
    this.positions.push(position);
    this.from.push(at);
    return true;
  }

  /** Puts the values for the row `old` into `row`, where they are until some pages are looked up. */
  take(old: Row, row: Row): Status {
    const stage = this.stage;
    const position = this.table.keyColumn;
    this.key.reset();
    this.key.addU32(1);
    addKeyPart(this.keyColumn, old.ptr(position), old.len(position), this.key);
    lastError.status = OK;
    const address = stage.primary.find(this.key.ptr);
    if (address == NO_ADDRESS)
      return lastError.status != OK ? lastError.status : fail(BAD_REQUEST, stage.name + " has no row with its key");
    const len = stage.registry.bodyLength(address);
    const body: usize = len == 0 ? 0 : stage.registry.body(address, len);
    if (body == 0) return lastError.status;
    const staged = this.row;
    if (!staged.decode(body, len)) return damagedRecord(address);
    for (let p = 0; p < this.positions.length; p++) {
      const from = unchecked(this.from[p]);
      if (staged.isSet(from)) row.set(unchecked(this.positions[p]), staged.ptr(from), staged.len(from));
      else row.setNull(unchecked(this.positions[p]));
    }
    return OK;
  }

  free(): void {
    this.key.free();
    this.row.free();
  }
}
