/** The autoincrement ledger, and its counters against the values that rows hold. */
import { NO_PAGE } from "../status";
import { PAGE_SIZE } from "../memory/base/layout";
import { isZero } from "../encode/bytes";
import { Row } from "../encode/row";
import { TYPE_INT64, valueDiscriminant } from "../encode/data-type";
import { integerSize, integerText, loadInteger } from "../table/autoincrement-ledger";
import { Column } from "../schema/column";
import { Table } from "../store/table";
import { CheckedTable } from "./checked-table";
import { Survey } from "./survey";
import { AUTOINCREMENT_BEHIND, AUTOINCREMENT_DAMAGED, AUTOINCREMENT_MISSING } from "./fault-kinds";

class Counter {
  /** Where its value stands on the ledger's page; 0: nowhere. */
  at: u32 = 0;
  /** The highest value in a row. */
  highest: u64 = 0;
  seen: bool = false;

  constructor(
    readonly position: i32,
    readonly column: Column,
  ) {}

  get signed(): bool {
    return this.column.type <= TYPE_INT64;
  }

  isBelow(a: u64, b: u64): bool {
    return this.signed ? <i64>a < <i64>b : a < b;
  }
}

export class AutoincrementCheck {
  private counters: Array<Counter> = new Array<Counter>();

  constructor(
    private survey: Survey,
    private checked: CheckedTable,
    table: Table,
  ) {
    const columns = table.schema.columns;
    for (let i = 0; i < columns.length; i++) {
      if (columns[i].auto) this.counters.push(new Counter(i, columns[i]));
    }
    if (checked.pages.autoincrement != NO_PAGE) this.readLedger(checked.pages.autoincrement);
  }

  private readLedger(pageNo: u32): void {
    const report = this.survey.report;
    const page = this.survey.page(pageNo);
    if (page == 0) return;
    if (this.counters.length > 0 && isZero(page, PAGE_SIZE)) {
      if (report.add(AUTOINCREMENT_DAMAGED, pageNo)) report.say("the autoincrement ledger is an empty page");
      return;
    }
    let at: u32 = 1;
    for (let left = <u32>load<u8>(page); left > 0; left--) {
      const nameLen: u32 = at < PAGE_SIZE ? load<u8>(page + at) : 0;
      const value = at + 1 + nameLen;
      const discriminant = value < PAGE_SIZE ? <u32>load<u8>(page + value) : 0;
      const size = integerSize(discriminant);
      if (size == 0 || value + 1 + size > PAGE_SIZE) {
        if (report.add(AUTOINCREMENT_DAMAGED, pageNo, min(at, PAGE_SIZE - 1))) {
          report.say("the autoincrement ledger makes no sense from here on");
        }
        return;
      }
      for (let i = 0; i < this.counters.length; i++) {
        const counter = this.counters[i];
        if (!counter.column.isNamed(page + at + 1, nameLen)) continue;
        if (discriminant == valueDiscriminant(counter.column.type)) counter.at = value + 1;
        else if (report.add(AUTOINCREMENT_DAMAGED, pageNo, value)) {
          report.say("the counter of " + counter.column.name + " is of another type than the column");
        }
      }
      at = value + 1 + size;
    }
    for (let i = 0; i < this.counters.length; i++) {
      const counter = this.counters[i];
      if (counter.at == 0 && report.add(AUTOINCREMENT_MISSING, pageNo)) {
        report.say("the autoincrement ledger has no counter for " + counter.column.name);
      }
    }
  }

  /** Takes a row's values into account. */
  note(row: Row): void {
    for (let i = 0; i < this.counters.length; i++) {
      const counter = this.counters[i];
      if (!row.isSet(counter.position)) continue;
      const value = loadInteger(counter.column.type, row.ptr(counter.position));
      if (counter.seen && !counter.isBelow(counter.highest, value)) continue;
      counter.highest = value;
      counter.seen = true;
    }
  }

  /** Reports counters that are below a row's value. */
  compare(): void {
    const pageNo = this.checked.pages.autoincrement;
    for (let i = 0; i < this.counters.length; i++) {
      const counter = this.counters[i];
      const page = counter.at != 0 && counter.seen ? this.survey.access.page(pageNo) : 0;
      if (page == 0) continue;
      const value = loadInteger(counter.column.type, page + counter.at);
      if (!counter.isBelow(value, counter.highest) || !this.survey.report.add(AUTOINCREMENT_BEHIND, pageNo, counter.at)) continue;
      const type = counter.column.type;
      this.survey.report.say(
        "the counter of " +
          counter.column.name +
          " is at " +
          integerText(type, value) +
          ", but a row has " +
          integerText(type, counter.highest),
      );
    }
  }
}
