/** `stats` and `check`. */
import { Status, OK, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addUnsigned } from "../encode/digits";
import { CheckReport } from "../check/check-report";
import { checkStore } from "../check/store-check";
import { Table } from "../store/table";
import { Session } from "./session";
import { FIELD_QUICK, FIELD_TABLE } from "./request";
import { addAscii, addString, addStrings } from "../encode/json-pieces";

/** Walks the whole file. Faults are the answer and no failure of the request. */
export function handleCheck(session: Session, out: ByteBuffer): Status {
  const report = new CheckReport();
  const quick = session.request.flag(FIELD_QUICK, 0);
  if (quick < 0) return lastError.status;
  const status = checkStore(session.db.access, report, quick == 1, session.db.store.given);
  out.addU8(0x7b);
  report.addJson(out);
  out.addU8(0x7d);
  return status;
}

export function handleStats(session: Session, out: ByteBuffer): Status {
  const tables = session.db.tables;
  let only: Table | null = null;
  if (session.request.has(FIELD_TABLE)) {
    only = session.table();
    if (!only) return lastError.status;
  }
  addAscii(out, '{"tables":[');
  let count = 0;
  for (let i = 0; i < tables.length; i++) {
    if (only && tables[i] !== only) continue;
    if (count++ > 0) out.addU8(0x2c);
    const status = addTable(tables[i], out);
    if (status != OK) return status;
  }
  addAscii(out, "]}");
  return OK;
}

function addTable(table: Table, out: ByteBuffer): Status {
  const rows = table.countRows();
  const recordPages = rows < 0 ? 0xffffffff : table.registry.pageLedger.count;
  const segmentsPages = recordPages == 0xffffffff ? 0xffffffff : table.registry.freeSegments.pageTotal;
  if (segmentsPages == 0xffffffff) return lastError.status;
  addAscii(out, '{"name":');
  addString(out, table.name);
  addNumber(out, "rows", rows);
  addNumber(out, "recordPages", recordPages);
  addNumber(out, "segmentsPages", segmentsPages);
  addAscii(out, ',"indexes":[');
  for (let i = 0; i < table.indexes.length; i++) {
    const index = table.indexes[i];
    const pages = new Array<u32>();
    let status = index.settle();
    if (status == OK) status = index.tree.collectPages(pages);
    if (status != OK) return status;
    addAscii(out, i > 0 ? ',{"columns":' : '{"columns":');
    addStrings(out, index.definition.columns);
    addAscii(out, index.unique ? ',"unique":true' : ',"unique":false');
    addNumber(out, "pages", pages.length);
    out.addU8(0x7d);
  }
  addAscii(out, "]}");
  return OK;
}

function addNumber(out: ByteBuffer, name: string, value: u64): void {
  addAscii(out, ',"');
  addAscii(out, name);
  addAscii(out, '":');
  addUnsigned(value, out);
}
