/** `sql`: a statement, with values for its parameters. */
import { BAD_REQUEST, OK, SQL_LIMIT, Status, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addUnsigned } from "../encode/digits";
import { JSON_ARRAY, JSON_FALSE, JSON_NULL, JSON_NUMBER, JSON_OBJECT, JSON_STRING, JSON_TRUE } from "../encode/json";
import { addAscii, addString } from "../encode/json-pieces";
import { writeJsonValue } from "../encode/value-text";
import { RowSink, ScanLoop } from "../query/scan-loop";
import { writeJsonCell } from "../query/row-writer";
import { RowSource } from "../store/row-source";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { numberConstant, textConstant } from "../sql/bind/literals";
import { Constant } from "../sql/eval/expression";
import { K_BOOLEAN } from "../sql/eval/kinds";
import { Statement } from "../sql/execute";
import { QueryRows } from "../sql/query-rows";
import { SqlText } from "../sql/sql-text";
import { FIELD_PARAMS, FIELD_SQL } from "./request";
import { PAGE_BYTES } from "./paged-scan";
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

/** The values of the request's parameters; null with `BAD_REQUEST`. */
function parametersOf(session: Session): Array<Constant> | null {
  const request = session.request;
  const parameters = new Array<Constant>();
  if (!request.has(FIELD_PARAMS)) return parameters;
  const tape = request.tape;
  if (tape.kind(request.node(FIELD_PARAMS)) != JSON_ARRAY) {
    fail(BAD_REQUEST, "sql: params must be a list");
    return null;
  }
  let number = 0;
  for (let node = tape.first(request.node(FIELD_PARAMS)); node != 0; node = tape.next(node)) {
    number += 1;
    let constant: Constant | null = null;
    switch (tape.kind(node)) {
      case JSON_NULL:
        constant = Constant.null();
        break;
      case JSON_TRUE:
      case JSON_FALSE:
        constant = new Constant(K_BOOLEAN);
        constant.low = tape.kind(node) == JSON_TRUE ? 1 : 0;
        break;
      case JSON_STRING:
        constant = textConstant(tape.stringPtr(node), tape.stringLen(node));
        break;
      case JSON_NUMBER: {
        const isNegative = load<u8>(tape.rawPtr(node)) == 0x2d;
        const sign: u32 = isNegative ? 1 : 0;
        constant = numberConstant(tape.rawPtr(node) + sign, tape.rawLen(node) - sign, isNegative);
        if (!constant) return null;
        break;
      }
      case JSON_ARRAY:
      case JSON_OBJECT:
        constant = textConstant(tape.rawPtr(node), tape.rawLen(node));
        break;
    }
    if (!constant) {
      fail(BAD_REQUEST, "sql: parameter " + number.toString() + " is no value");
      return null;
    }
    parameters.push(constant);
  }
  return parameters;
}

export function handleSql(session: Session, out: ByteBuffer): Status {
  const request = session.request;
  let status = request.needText(FIELD_SQL);
  const parameters = status == OK ? parametersOf(session) : null;
  if (!parameters) return lastError.status;
  const node = request.node(FIELD_SQL);
  const text = new SqlText(request.tape.stringPtr(node), request.tape.stringLen(node));
  const statement = new Statement(text);
  status = statement.parseOnly();
  if (status == OK)
    status = statement.givesRows ? addRows(session, statement, parameters, out) : run(session, statement, parameters, out);
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
  if (status == OK && loop.hasMore())
    status = fail(
      SQL_LIMIT,
      "the rows take more than 8 MiB, which a reply can't have",
      "ask for some of them, with LIMIT and OFFSET",
    );
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
