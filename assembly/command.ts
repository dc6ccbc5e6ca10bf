import { DbmsContext, OpenOptions } from "./store/dbms-context";
import { Row } from "./encode/row";
import { ByteBuffer } from "./encode/byte-buffer";
import { writeTextValue } from "./encode/value-text";
import { errorMessage, statusName } from "./status";
function main(): void {
const o = new OpenOptions();
const args = process.argv;
const db = DbmsContext.openFile(args[1], o);
if (!db) { console.log(errorMessage()); return; }
const text = new ByteBuffer();
for (let i = 0; i < db.tables.length; i++) {
  const t = db.tables[i];
  console.log("# " + t.name + " " + t.countRows().toString() + " rows, hash ok " + (t.schema.columns.length).toString());
  const r = t.reader();
  const row = new Row(t.layout);
  let n = 0;
  while (r.next()) {
    if (!row.decode(r.body, r.bodyLen)) { console.log("BAD RECORD"); break; }
    text.reset();
    for (let c = 0; c < t.schema.columns.length; c++) { if (c) text.addText("|"); if (row.isSet(c)) writeTextValue(t.schema.columns[c].type, t.schema.columns[c].customSize, row.ptr(c), text); }
    if (n < 2) console.log(text.toText());
    n++;
  }
  if (r.status) console.log(errorMessage());
  console.log(n.toString());
  if (args.length > 2) { const rr = t.reader(); const todo = new Array<u64>(); while (rr.next()) todo.push(rr.address);
   for (let k = 0; k < todo.length; k++) { const s = db.delete(t, todo[k], 1); if (s) { console.log(statusName(s) + errorMessage()); break; } } }
}
console.log(db.schemaHash().toString());
db.begin(); db.savepoint("a"); db.rollbackTo("a"); db.release("a"); db.rollback();
db.close();
}
main();
