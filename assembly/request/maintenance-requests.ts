/** `hash` and `backup`. */
import { Status, OK, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addUnsigned } from "../encode/digits";
import { hex64 } from "../encode/uuid";
import { PAGE_SHIFT } from "../memory/base/layout";
import { Table } from "../store/table";
import { combineHashes, hashTables } from "../maintenance/content-hash";
import { backUp } from "../maintenance/new-file";
import { Session } from "./session";
import { FIELD_PATH, FIELD_TABLE } from "./request";
import { addAscii, addString } from "../encode/json-pieces";

export function handleHash(session: Session, out: ByteBuffer): Status {
  let tables = session.db.tables;
  const isOne = session.request.has(FIELD_TABLE);
  if (isOne) {
    const table = session.table();
    if (!table) return lastError.status;
    tables = new Array<Table>();
    tables.push(table);
  }
  const list = hashTables(tables);
  if (!list) return lastError.status;
  out.addU8(0x7b);
  if (!isOne) {
    addHash(combineHashes(list), out);
    out.addU8(0x2c);
  }
  addAscii(out, '"tables":[');
  for (let i = 0; i < list.length; i++) {
    addAscii(out, i > 0 ? ',{"name":' : '{"name":');
    addString(out, list[i].table.name);
    addAscii(out, ',"rows":');
    addUnsigned(list[i].rows, out);
    out.addU8(0x2c);
    addHash(list[i].hash, out);
    out.addU8(0x7d);
  }
  addAscii(out, "]}");
  return OK;
}

function addHash(hash: u64, out: ByteBuffer): void {
  addAscii(out, '"hash":"');
  addAscii(out, hex64(hash));
  out.addU8(0x22);
}

export function handleBackup(session: Session, out: ByteBuffer): Status {
  let status = session.request.needText(FIELD_PATH);
  const manager = session.db.manager;
  if (status == OK) status = backUp(manager, session.request.text(FIELD_PATH));
  addAscii(out, '{"pages":');
  addUnsigned(manager.pageCount, out);
  addAscii(out, ',"bytes":');
  addUnsigned((<u64>manager.pageCount) << PAGE_SHIFT, out);
  out.addU8(0x7d);
  return status;
}
