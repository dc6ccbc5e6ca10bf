/** The check on stores in memory: a running transaction, many free segments in small groups, limits of a report. */
import { OK, NO_PAGE } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { Row } from "../encode/row";
import { TYPE_TEXT, TYPE_UINT32 } from "../encode/data-type";
import { Column, IndexDefinition, FLAG_PRIMARY_KEY, FLAG_UNIQUE } from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { DbmsContext } from "../store/dbms-context";
import { OpenOptions } from "../store/store";
import { Table } from "../store/table";
import { CheckReport } from "../check/check-report";
import { PAGE_LEAKED, RECORD_MALFORMED, SPACE_LOST } from "../check/fault-kinds";
import { OwnerMap, OWNER_LEAF, OWNER_NONE, OWNER_RECORDS } from "../check/owner-map";
import { SegmentList } from "../check/segment-list";
import { checkStore, surveyStore } from "../check/store-check";
import { SURVEY_OWNERS } from "../check/survey";
import { Output } from "../wasi/stdio";

/** A store in memory with a table of a number and a text, both indexed. */
function openStore(): DbmsContext {
  const db = DbmsContext.openHeap(new OpenOptions());
  assert(db != null, "a store in memory");
  const schema = new TableSchemaSnapshot("t", "id");
  schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  schema.columns.push(new Column("name", TYPE_TEXT));
  schema.indexes.push(new IndexDefinition(["id"], true));
  schema.indexes.push(new IndexDefinition(["name"], false));
  assert(db!.createTable(schema) == OK, "the spec's own table");
  return db!;
}

const value = new ByteBuffer(4096);

/** Inserts row `id` with a text of `len` bytes: its address. */
function insert(db: DbmsContext, table: Table, row: Row, id: u32, len: u32): u64 {
  row.reset();
  value.reset();
  value.addU32(id);
  row.set(0, value.ptr, 4);
  value.reset();
  value.addU16(len);
  for (let i: u32 = 0; i < len; i++) value.addU8(0x61 + ((id + i) % 26));
  row.set(1, value.ptr, value.len);
  assert(db.insert(table, row) == OK, "the spec's own row");
  return db.lastAddress;
}

/** `errors warnings notes` of a check. */
function found(db: DbmsContext): string {
  const report = new CheckReport();
  assert(db.flushChanges() == OK, "changes of indexes do not wait any more");
  assert(checkStore(db.access, report) == OK, "the check could be done");
  return report.errors.toString() + " " + report.warnings.toString() + " " + report.notes.toString();
}

describe("a store that is open", () => {
  test("is checked as its running transaction sees it, and again after a rollback", () => {
    const db = openStore();
    const table = db.table("t")!;
    const row = new Row(table.layout);
    expect(found(db)).toBe("0 0 0");
    expect(db.begin()).toBe(OK);
    for (let i: u32 = 0; i < 3000; i++) insert(db, table, row, i * 7, i % 90);
    const pages = db.manager.pageCount;
    expect(found(db)).toBe("0 0 0");
    expect(db.rollback()).toBe(OK);
    expect(db.manager.pageCount < pages).toBe(true);
    expect(found(db)).toBe("0 0 0");
    db.close();
  });

  test("has every free segment accounted for, however few are looked at together", () => {
    const db = openStore();
    const table = db.table("t")!;
    const row = new Row(table.layout);
    const addresses = new Array<u64>();
    expect(db.begin()).toBe(OK);
    for (let i: u32 = 0; i < 4000; i++) addresses.push(insert(db, table, row, i, 100 + (i % 50)));
    for (let i = 0; i < 4000; i += 3) expect(db.delete(table, addresses[i], 1)).toBe(OK);
    expect(db.commit()).toBe(OK);
    expect(found(db)).toBe("0 0 0");

    const report = new CheckReport();
    const survey = surveyStore(db.access, report, SURVEY_OWNERS)!;
    const checked = survey.tables[0];
    // The segments of each page, in groups of all, of at most 100, and of one page.
    const sums = new Array<u64>();
    const groups: StaticArray<u32> = [1 << 19, 100, 1];
    for (let g = 0; g < groups.length; g++) {
      const list = new SegmentList(survey, checked, 32, groups[g]);
      let sum: u64 = 0;
      for (let page: u32 = 0; page < checked.recordPageCount; page++) {
        const count = list.count(page);
        let end: u32 = 0;
        for (let i: u32 = 0; i < count; i++) {
          expect(list.start(page, i) >= end).toBe(true);
          end = list.end(page, i);
          sum = sum * 31 + ((<u64>list.start(page, i)) << 20) + end;
        }
      }
      sums.push(sum);
      list.free();
    }
    expect(checked.recordPageCount > 5).toBe(true);
    expect(sums[1]).toBe(sums[0]);
    expect(sums[2]).toBe(sums[0]);
    survey.free();
    db.close();
  });
});

describe("a report", () => {
  test("keeps so many faults of a kind for a table and counts all", () => {
    const report = new CheckReport(3);
    for (let table = 0; table < 2; table++) {
      report.enter("t" + table.toString());
      for (let i = 0; i < 10; i++) {
        const kept = report.add(RECORD_MALFORMED, 5, i);
        expect(kept).toBe(i < 3);
        if (kept) report.say("fault " + i.toString());
      }
      expect(report.add(SPACE_LOST)).toBe(true);
      report.say("a note");
    }
    expect(report.errors).toBe(20);
    expect(report.notes).toBe(2);
    expect(report.omitted).toBe(14);
    expect(report.faults.length).toBe(8);
    expect(report.summary()).toBe("20 errors, 0 warnings, 2 notes");
  });

  test("puts the file before its tables, and says once what can be done", () => {
    const report = new CheckReport();
    report.enter("t");
    if (report.add(RECORD_MALFORMED, 5, 64)) report.say("one");
    report.enter("");
    if (report.add(PAGE_LEAKED, 7)) report.say("two");
    report.enter("t");
    if (report.add(RECORD_MALFORMED, NO_PAGE)) report.say("three");
    const out = new Output(1);
    report.print(out);
    const lines = out.buffer.toText().split("\n");
    expect(lines[0]).toBe("the file");
    expect(lines[1]).toBe("  warning PAGE_LEAKED page 7: two");
    expect(lines[2]).toBe("table t");
    expect(lines[3]).toBe("  error RECORD_MALFORMED page 5, byte 64: one");
    expect(lines[4]).toBe("  error RECORD_MALFORMED: three");
    expect(lines[5]).toBe("what can be done");
    expect(lines.length).toBe(9);
  });
});

describe("an owner map", () => {
  test("knows kind, table and index of each page, and refuses files of absurd size", () => {
    const map = OwnerMap.create(1000)!;
    map.set(999, OWNER_LEAF, 65535, 255);
    map.set(998, OWNER_RECORDS, 3, 0);
    expect(map.kind(999)).toBe(OWNER_LEAF);
    expect(map.table(999)).toBe(65535);
    expect(map.index(999)).toBe(255);
    expect(map.kind(998)).toBe(OWNER_RECORDS);
    expect(map.table(998)).toBe(3);
    expect(map.count(OWNER_NONE)).toBe(998);
    map.free();
    expect(OwnerMap.create(0xfffffffe) == null).toBe(true);
  });
});
