/** `rules`: what the session makes and asks of the values that it writes. */
import { Status, OK, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { JSON_ARRAY } from "../encode/json";
import { addAscii, addString, addStrings } from "../encode/json-pieces";
import { hasRules } from "../schema/column";
import { FIELD_COLUMNS, FIELD_SCHEMA, FIELD_TABLE } from "./request";
import { wantedTables } from "./migrate-request";
import { Session } from "./session";

export function handleRules(session: Session, out: ByteBuffer): Status {
  const request = session.request;
  let status = request.has(FIELD_SCHEMA) ? declareAll(session) : OK;
  let only = "";
  if (status == OK && (request.has(FIELD_TABLE) || request.has(FIELD_COLUMNS))) {
    const table = session.table();
    if (!table) return lastError.status;
    only = table.name;
    if (request.has(FIELD_COLUMNS)) status = declareColumns(session, only);
  }
  if (status == OK) list(session, only, out);
  return status;
}

function declareColumns(session: Session, table: string): Status {
  const request = session.request;
  const node = request.node(FIELD_COLUMNS);
  const isEmpty = request.tape.kind(node) == JSON_ARRAY && request.tape.count(node) == 0;
  const specs: Array<string> | null = isEmpty ? [] : request.texts(FIELD_COLUMNS);
  return specs ? session.db.declareRules(table, specs) : lastError.status;
}

/** Declares the rules that definitions have, also of tables that are still to be made. */
function declareAll(session: Session): Status {
  const wanted = wantedTables(session);
  let status: Status = wanted ? OK : lastError.status;
  for (let w = 0; wanted && w < wanted.length && status == OK; w++) {
    if (hasRules(wanted[w].columns)) status = session.db.catalog.setRules(wanted[w].name, wanted[w].columns);
  }
  return status;
}

/** Appends the columns with rules of one table, or for "" of all. */
function list(session: Session, only: string, out: ByteBuffer): void {
  const declared = session.db.catalog.declared;
  const tables = declared.keys().sort();
  let count = 0;
  addAscii(out, '{"rules":[');
  for (let t = 0; t < tables.length; t++) {
    if (only != "" && tables[t] != only) continue;
    const columns = declared.get(tables[t]);
    for (let c = 0; c < columns.length; c++) {
      const rules = columns[c].rules!;
      addAscii(out, count++ > 0 ? ',{"table":' : '{"table":');
      addString(out, tables[t]);
      addAscii(out, ',"column":');
      addString(out, columns[c].name);
      addAscii(out, ',"rules":');
      addStrings(
        out,
        rules.map<string>((rule) => rule.text),
      );
      out.addU8(0x7d);
    }
  }
  addAscii(out, "]}");
}
