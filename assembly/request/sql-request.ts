/** `sql`: a statement, with values for its parameters. */
import { OK, Status, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addUnsigned } from "../encode/digits";
import { addAscii, addString } from "../encode/json-pieces";
import { writeJsonValue } from "../encode/value-text";
import { RowSink, ScanLoop } from "../query/scan-loop";
import { writeJsonCell } from "../query/row-writer";
import { RowSource } from "../store/row-source";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { Constant } from "../sql/eval/expression";
import { Statement } from "../sql/execute";
import { QueryRows } from "../sql/query-rows";
import { SqlText } from "../sql/sql-text";
import { parametersOf } from "./parameters";
import { FIELD_SQL } from "./request";
import { PAGE_BYTES, tooManyRows } from "./paged-scan";
import { Session } from "./session";

/** Rows as arrays of values, with commas between them. */
class JsonArrays extends RowSink {
  private isFirst: bool = true;

  constructor(
    private readonly schema: TableSchemaSnapshot,
    private readonly out: ByteBuffer,
    private readonly mostBytes: u32,
  ) {
    super(schema.columns.length);
  }

  take(source: RowSource): void {
    const out = this.out;
    const columns = this.schema.columns;
    if (!this.isFirst) out.addU8(0x2c);
    this.isFirst = false;
    out.addU8(0x5b);
    for (let c = 0; c < columns.length; c++) {
      if (c > 0) out.addU8(0x2c);
      writeJsonCell(unchecked(columns[c]), c, source.row, out);
    }
    out.addU8(0x5d);
    this.isFull = out.len > this.mostBytes;
  }
}

export function handleSql(session: Session, out: ByteBuffer): Status {
  const request = session.request;
  let status = request.needText(FIELD_SQL);
  if (status != OK) return status;
  const node = request.node(FIELD_SQL);
  const text = new SqlText(request.tape.stringPtr(node), request.tape.stringLen(node));
  const statement = new Statement(text);
  status = statement.parseOnly();
  const parameters = status == OK ? parametersOf(request, statement.tree) : null;
  if (!parameters) status = lastError.status;
  else status = statement.givesRows ? addRows(session, statement, parameters, out) : run(session, statement, parameters, out);
  statement.free();
  return status;
}

function addRows(session: Session, statement: Statement, parameters: Array<Constant>, out: ByteBuffer): Status {
  const rows = statement.rows(session.db, parameters);
  if (!rows) return lastError.status;
  const columns = rows.schema.columns;
  addAscii(out, '{"columns":[');
  for (let c = 0; c < columns.length; c++) {
    if (c > 0) out.addU8(0x2c);
    addString(out, columns[c].name);
  }
  addAscii(out, '],"types":[');
  for (let c = 0; c < columns.length; c++) {
    if (c > 0) out.addU8(0x2c);
    addString(out, columns[c].typeText);
  }
  addAscii(out, '],"rows":[');
  const loop = new ScanLoop<QueryRows>(rows);
  // What was changed is changed: it is told, however much it is.
  const most = statement.isQuery ? out.len + PAGE_BYTES : u32.MAX_VALUE;
  let status = loop.run(new JsonArrays(rows.schema, out, most));
  if (status == OK && loop.hasMore()) status = tooManyRows();
  if (status == OK) status = rows.status;
  rows.free();
  addAscii(out, "]");
  addChanges(statement, out);
  return status;
}

function run(session: Session, statement: Statement, parameters: Array<Constant>, out: ByteBuffer): Status {
  const status = statement.run(session.db, parameters);
  addAscii(out, '{"columns":[],"types":[],"rows":[]');
  addChanges(statement, out);
  return status;
}

function addChanges(statement: Statement, out: ByteBuffer): void {
  addAscii(out, ',"changes":');
  addUnsigned(statement.changes, out);
  const key = statement.lastKey;
  const column = statement.lastColumn;
  if (key && column) {
    addAscii(out, ',"lastId":');
    writeJsonValue(column.type, column.customSize, changetype<usize>(key), out);
  }
  out.addU8(0x7d);
}
