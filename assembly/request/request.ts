/**
 * One request: a JSON object whose fields are known by name (`docs/protocol.md`). Strict: an unknown field, one that the operation does
 * not take, one given twice or of the wrong type is an error.
 */
import { Status, OK, BAD_REQUEST, BAD_VALUE, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { isText } from "../encode/ascii";
import { parseUnsigned, parsedUnsigned } from "../encode/digits";
import {
  JsonTape,
  JSON_ARRAY,
  JSON_FALSE,
  JSON_NULL,
  JSON_NUMBER,
  JSON_OBJECT,
  JSON_REQUEST_DEPTH,
  JSON_STRING,
  JSON_TRUE,
} from "../encode/json";
import { parseJsonValue } from "../encode/value-text";
import { TYPE_JSON } from "../encode/data-type";
import { Column } from "../schema/column";
import { defineTable } from "../schema/column-spec";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { suggestion } from "../schema/nearest";
import { addKeyPart } from "../store/table-index";

/** All fields that there are. */
const FIELDS: Array<string> = new Array<string>();

/** Adds a field; returns its place in `FIELDS`. */
function field(name: string): i32 {
  return FIELDS.push(name) - 1;
}

export const FIELD_ID: i32 = field("id");
const FIELD_OP: i32 = field("op");
export const FIELD_TABLE: i32 = field("table");
export const FIELD_COLUMNS: i32 = field("columns");
export const FIELD_ALIGNMENT: i32 = field("alignment");
export const FIELD_ROW: i32 = field("row");
export const FIELD_ROWS: i32 = field("rows");
export const FIELD_KEY: i32 = field("key");
export const FIELD_KEYS: i32 = field("keys");
export const FIELD_SET: i32 = field("set");
export const FIELD_INDEX: i32 = field("index");
export const FIELD_EQ: i32 = field("eq");
export const FIELD_FROM: i32 = field("from");
export const FIELD_TO: i32 = field("to");
export const FIELD_REVERSE: i32 = field("reverse");
export const FIELD_OFFSET: i32 = field("offset");
export const FIELD_LIMIT: i32 = field("limit");
export const FIELD_COUNT: i32 = field("count");
export const FIELD_AFTER: i32 = field("after");
export const FIELD_NAME: i32 = field("name");
export const FIELD_CASCADE: i32 = field("cascade");
export const FIELD_IDENTITY: i32 = field("identity");
export const FIELD_RIGHTS: i32 = field("rights");
export const FIELD_PATH: i32 = field("path");
export const FIELD_QUICK: i32 = field("quick");
export const FIELD_ANY_ORDER: i32 = field("anyOrder");
export const FIELD_SQL: i32 = field("sql");
export const FIELD_PARAMS: i32 = field("params");
export const FIELD_BLOBS: i32 = field("blobs");
export const FIELD_MAX_ROWS: i32 = field("maxRows");
export const FIELD_EXPLAIN: i32 = field("explain");
export const FIELD_STATEMENT: i32 = field("statement");
export const FIELD_WHERE: i32 = field("where");
export const FIELD_ORDER_BY: i32 = field("orderBy");
export const FIELD_TIMEOUT: i32 = field("timeout");
export const FIELD_SCHEMA: i32 = field("schema");
export const FIELD_RENAMES: i32 = field("renames");
export const FIELD_VALUES: i32 = field("values");
export const FIELD_STAGED: i32 = field("staged");
export const FIELD_DRY_RUN: i32 = field("dryRun");
export const FIELD_PLAN: i32 = field("plan");
export const FIELD_ALLOW_DESTRUCTIVE: i32 = field("allowDestructive");

/** What the field of this number, one of `FIELD_…`, is called in requests. */
export function fieldName(field: i32): string {
  return FIELDS[field];
}

/** Fields of an operation: those that it needs, and those that it takes besides. */
const NEEDED: u8 = 2;
const TAKEN: u8 = 1;

/** What an operation is called, and which fields it has: their names, with spaces in between. */
export class OperationShape {
  private readonly uses: StaticArray<u8> = new StaticArray<u8>(FIELDS.length);

  constructor(
    readonly name: string,
    needs: string,
    takes: string,
  ) {
    this.note("id op " + takes, TAKEN);
    this.note(needs, NEEDED);
  }

  private note(names: string, use: u8): void {
    const list = names.split(" ");
    for (let i = 0; i < list.length; i++) {
      if (list[i].length > 0) this.uses[FIELDS.indexOf(list[i])] = use;
    }
  }

  takes(field: i32): bool {
    return unchecked(this.uses[field]) != 0;
  }

  needs(field: i32): bool {
    return unchecked(this.uses[field]) == NEEDED;
  }
}

export class Request {
  readonly tape: JsonTape = new JsonTape();
  /** What was asked for last; null when that is no operation. */
  operation: OperationShape | null = null;
  private nodes: StaticArray<u32> = new StaticArray<u32>(FIELDS.length);
  private value: ByteBuffer = new ByteBuffer(256);

  /** Reads a request for one of `operations`; the bytes must stay in place while it is used. `BAD_REQUEST` says what is wrong with it. */
  parse(ptr: usize, len: u32, operations: Array<OperationShape>): Status {
    const tape = this.tape;
    const nodes = this.nodes;
    this.operation = null;
    for (let i = 0; i < nodes.length; i++) unchecked((nodes[i] = 0));
    if (!tape.parse(ptr, len, JSON_REQUEST_DEPTH)) return fail(BAD_REQUEST, "the request is not JSON: " + tape.errorText());
    if (tape.kind(0) != JSON_OBJECT) return fail(BAD_REQUEST, "a request is a JSON object", 'write it like {"op": "tables"}');
    let unknown: u32 = 0;
    let twice = -1;
    for (let key = tape.first(0); key != 0; key = tape.next(key)) {
      const field = fieldNamed(tape.stringPtr(key), tape.stringLen(key));
      if (field < 0) {
        unknown = key;
        continue;
      }
      if (unchecked(nodes[field]) != 0) twice = field;
      unchecked((nodes[field] = key + 1));
    }
    const id = nodes[FIELD_ID];
    if (id != 0 && tape.kind(id) != JSON_STRING && tape.kind(id) != JSON_NUMBER) {
      nodes[FIELD_ID] = 0;
      return fail(BAD_REQUEST, "id must be a string or a number");
    }
    const op = nodes[FIELD_OP];
    if (op == 0 || tape.kind(op) != JSON_STRING) return fail(BAD_REQUEST, "the request has no field op that names an operation");
    const operation = this.findOperation(op, operations);
    if (!operation) return lastError.status;
    this.operation = operation;
    if (unknown != 0) return unknownField(operation, String.UTF8.decodeUnsafe(tape.stringPtr(unknown), tape.stringLen(unknown)));
    if (twice >= 0) return fail(BAD_REQUEST, operation.name + ": the field " + FIELDS[twice] + " is there twice");
    return this.checkFields(operation);
  }

  private findOperation(node: u32, operations: Array<OperationShape>): OperationShape | null {
    const ptr = this.tape.stringPtr(node);
    const len = this.tape.stringLen(node);
    for (let i = 0; i < operations.length; i++) {
      const operation = unchecked(operations[i]);
      if (isText(ptr, len, operation.name)) return operation;
    }
    const names = new Array<string>();
    for (let i = 0; i < operations.length; i++) names.push(operations[i].name);
    const hint = suggestion(String.UTF8.decodeUnsafe(ptr, len), names, "operations");
    fail(BAD_REQUEST, "there is no operation " + this.shown(node), hint);
    return null;
  }

  private checkFields(operation: OperationShape): Status {
    let missing = -1;
    for (let field = 0; field < FIELDS.length; field++) {
      if (this.has(field) && !operation.takes(field)) return unknownField(operation, FIELDS[field]);
      if (missing < 0 && !this.has(field) && operation.needs(field)) missing = field;
    }
    return missing < 0 ? OK : fail(BAD_REQUEST, operation.name + " needs a field " + FIELDS[missing]);
  }

  /** The field's node on the tape, or 0. */
  @inline node(field: i32): u32 {
    return unchecked(this.nodes[field]);
  }


  @inline has(field: i32): bool {
    return this.node(field) != 0;
  }

  private wrong(field: i32, what: string): Status {
    return fail(
      BAD_REQUEST,
      this.operation!.name + ": " + FIELDS[field] + " must be " + what + ", not " + this.shown(this.node(field)),
    );
  }

  private shown(node: u32): string {
    const len = this.tape.rawLen(node);
    const text = String.UTF8.decodeUnsafe(this.tape.rawPtr(node), min<u32>(len, 60));
    return len > 60 ? text + "…" : text;
  }

  /** Fails for a field that has to be a string and is none. */
  needText(field: i32): Status {
    return this.tape.kind(this.node(field)) == JSON_STRING ? OK : this.wrong(field, "a string");
  }

  /** The text of a field that `needText` passed. */
  text(field: i32): string {
    return this.nodeText(this.node(field));
  }

  private nodeText(node: u32): string {
    return String.UTF8.decodeUnsafe(this.tape.stringPtr(node), this.tape.stringLen(node));
  }

  /** The field as a flag: 1 or 0, `otherwise` when it is missing, -1 on failure. */
  flag(field: i32, otherwise: i32): i32 {
    if (!this.has(field)) return otherwise;
    const kind = this.tape.kind(this.node(field));
    if (kind == JSON_TRUE) return 1;
    if (kind == JSON_FALSE) return 0;
    this.wrong(field, "true or false");
    return -1;
  }

  /** The field as a whole number up to 2^63 - 1; `otherwise` when it is missing, -1 on failure. */
  count(field: i32, otherwise: i64): i64 {
    const node = this.node(field);
    if (node == 0) return otherwise;
    const tape = this.tape;
    const isNumber = tape.kind(node) == JSON_NUMBER;
    if (isNumber && parseUnsigned(tape.rawPtr(node), tape.rawLen(node), <u64>i64.MAX_VALUE)) return <i64>parsedUnsigned;
    this.wrong(field, "a whole number");
    return -1;
  }

  /** The field as a list of strings (one string will do for a list of one); null on failure. */
  texts(field: i32): Array<string> | null {
    const tape = this.tape;
    const node = this.node(field);
    if (tape.kind(node) == JSON_STRING) return [this.nodeText(node)];
    const list = new Array<string>();
    let good = tape.kind(node) == JSON_ARRAY && tape.count(node) > 0;
    for (let item = good ? tape.first(node) : 0; item != 0 && good; item = tape.next(item)) {
      good = tape.kind(item) == JSON_STRING;
      if (good) list.push(this.nodeText(item));
    }
    if (good) return list;
    this.wrong(field, "a list of strings that is not empty");
    return null;
  }

  /** The table that the object at `node` defines, with the fields that `create` has; null on failure. */
  definition(node: u32): TableSchemaSnapshot | null {
    const tape = this.tape;
    let good = tape.kind(node) == JSON_OBJECT;
    let name = "";
    let alignment: u64 = 0;
    const specs = new Array<string>();
    for (let key = good ? tape.first(node) : 0; key != 0 && good; key = tape.next(key)) {
      const member = this.nodeText(key);
      const value = key + 1;
      const kind = tape.kind(value);
      if (member == "table" && kind == JSON_STRING) name = this.nodeText(value);
      else if (member == "alignment" && kind == JSON_NUMBER) {
        good = parseUnsigned(tape.rawPtr(value), tape.rawLen(value), 0xffff);
        alignment = parsedUnsigned;
      } else if (member == "columns" && kind == JSON_ARRAY) {
        for (let item = tape.first(value); item != 0 && good; item = tape.next(item)) {
          good = tape.kind(item) == JSON_STRING;
          if (good) specs.push(this.nodeText(item));
        }
      } else good = false;
    }
    if (good && name != "" && specs.length > 0) return defineTable(name, specs, <u32>alignment);
    fail(BAD_REQUEST, "a definition is an object with table, columns and perhaps alignment, not " + this.shown(node));
    return null;
  }

  /** Fails for a field that has to be a list with something in it. */
  needList(field: i32): Status {
    const node = this.node(field);
    return this.tape.kind(node) == JSON_ARRAY && this.tape.count(node) > 0 ? OK : this.wrong(field, "a list that is not empty");
  }

  /** Appends the value at `node` as a key's part for `column`. JSON null is null, which only nullable columns can be. */
  addKeyPart(column: Column, node: u32, out: ByteBuffer): Status {
    if (this.tape.kind(node) == JSON_NULL && (column.type != TYPE_JSON || column.nullable)) {
      if (!column.nullable) return fail(BAD_VALUE, column.name + ": this column is never null");
      addKeyPart(column, 0, 0, out);
      return OK;
    }
    const value = this.value;
    value.reset();
    const status = parseJsonValue(column.type, column.customSize, this.tape, node, value);
    if (status == OK) addKeyPart(column, value.ptr, value.len, out);
    else lastError.what = column.name + ": " + lastError.what;
    return status;
  }
}

function fieldNamed(ptr: usize, len: u32): i32 {
  for (let i = 0; i < FIELDS.length; i++) {
    if (isText(ptr, len, unchecked(FIELDS[i]))) return i;
  }
  return -1;
}

function unknownField(operation: OperationShape, field: string): Status {
  const names = new Array<string>();
  for (let i = 0; i < FIELDS.length; i++) {
    if (operation.takes(i)) names.push(FIELDS[i]);
  }
  return fail(BAD_REQUEST, operation.name + " has no field " + field, suggestion(field, names, "fields"));
}
