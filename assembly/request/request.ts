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
import { suggestion } from "../schema/nearest";
import { addKeyPart } from "../store/table";

export const FIELD_ID: i32 = 0;
const FIELD_OP: i32 = 1;
export const FIELD_TABLE: i32 = 2;
export const FIELD_COLUMNS: i32 = 3;
export const FIELD_ALIGNMENT: i32 = 4;
export const FIELD_ROW: i32 = 5;
export const FIELD_ROWS: i32 = 6;
export const FIELD_KEY: i32 = 7;
export const FIELD_KEYS: i32 = 8;
export const FIELD_SET: i32 = 9;
export const FIELD_INDEX: i32 = 10;
export const FIELD_EQ: i32 = 11;
export const FIELD_FROM: i32 = 12;
export const FIELD_TO: i32 = 13;
export const FIELD_REVERSE: i32 = 14;
export const FIELD_OFFSET: i32 = 15;
export const FIELD_LIMIT: i32 = 16;
export const FIELD_COUNT: i32 = 17;
export const FIELD_AFTER: i32 = 18;
export const FIELD_NAME: i32 = 19;
export const FIELD_CASCADE: i32 = 20;
export const FIELD_IDENTITY: i32 = 21;
export const FIELD_RIGHTS: i32 = 22;
export const FIELD_PATH: i32 = 23;
export const FIELD_QUICK: i32 = 24;
export const FIELD_ANY_ORDER: i32 = 25;

const FIELDS: StaticArray<string> = [
  "id",
  "op",
  "table",
  "columns",
  "alignment",
  "row",
  "rows",
  "key",
  "keys",
  "set",
  "index",
  "eq",
  "from",
  "to",
  "reverse",
  "offset",
  "limit",
  "count",
  "after",
  "name",
  "cascade",
  "identity",
  "rights",
  "path",
  "quick",
  "anyOrder",
];

export const OP_GET: i32 = 0;
export const OP_SCAN: i32 = 1;
export const OP_INSERT: i32 = 2;
export const OP_UPDATE: i32 = 3;
export const OP_DELETE: i32 = 4;
export const OP_BEGIN: i32 = 5;
export const OP_COMMIT: i32 = 6;
export const OP_ROLLBACK: i32 = 7;
export const OP_SAVEPOINT: i32 = 8;
export const OP_ROLLBACK_TO: i32 = 9;
export const OP_RELEASE: i32 = 10;
export const OP_CREATE: i32 = 11;
export const OP_DROP: i32 = 12;
export const OP_TABLES: i32 = 13;
export const OP_SCHEMA: i32 = 14;
export const OP_INFO: i32 = 15;
export const OP_STATS: i32 = 16;
export const OP_CHECK: i32 = 17;
export const OP_ACL_LIST: i32 = 18;
export const OP_ACL_GRANT: i32 = 19;
export const OP_ACL_REVOKE: i32 = 20;
export const OP_ACL_REMOVE: i32 = 21;
export const OP_HASH: i32 = 22;
export const OP_BACKUP: i32 = 23;
export const OP_SYNC: i32 = 24;

/** The operations: name, the fields that they need, and those that they take besides. */
const OPERATIONS: StaticArray<string> = [
  "get",
  "table",
  "key keys columns index",
  "scan",
  "table",
  "index eq from to reverse offset limit columns count after",
  "insert",
  "table",
  "row rows",
  "update",
  "table key set",
  "",
  "delete",
  "table",
  "key keys cascade",
  "begin",
  "",
  "anyOrder",
  "commit",
  "",
  "",
  "rollback",
  "",
  "",
  "savepoint",
  "name",
  "anyOrder",
  "rollbackTo",
  "name",
  "",
  "release",
  "name",
  "",
  "create",
  "table columns",
  "alignment",
  "drop",
  "table",
  "",
  "tables",
  "",
  "",
  "schema",
  "",
  "table",
  "info",
  "",
  "",
  "stats",
  "",
  "table",
  "check",
  "",
  "quick",
  "aclList",
  "",
  "",
  "aclGrant",
  "identity rights",
  "",
  "aclRevoke",
  "identity rights",
  "",
  "aclRemove",
  "identity",
  "",
  "hash",
  "",
  "table",
  "backup",
  "path",
  "",
  "sync",
  "",
  "",
];

const OPERATION_COUNT: i32 = 25;

/** For each operation the bits of the fields it needs, then of all it takes. */
const masks: StaticArray<u32> = fieldMasks();

function fieldMasks(): StaticArray<u32> {
  const masks = new StaticArray<u32>(OPERATION_COUNT * 2);
  for (let i = 0; i < OPERATION_COUNT; i++) {
    const needs = maskOf(OPERATIONS[i * 3 + 1]);
    masks[i * 2] = needs;
    masks[i * 2 + 1] = needs | maskOf(OPERATIONS[i * 3 + 2]) | (1 << FIELD_ID) | (1 << FIELD_OP);
  }
  return masks;
}

function maskOf(names: string): u32 {
  let mask: u32 = 0;
  const list = names.split(" ");
  for (let i = 0; i < FIELDS.length; i++) {
    if (list.includes(FIELDS[i])) mask |= 1 << i;
  }
  return mask;
}

export class Request {
  readonly tape: JsonTape = new JsonTape();
  /** One of `OP_…`, or -1. */
  op: i32 = -1;
  private nodes: StaticArray<u32> = new StaticArray<u32>(FIELDS.length);
  private value: ByteBuffer = new ByteBuffer(256);

  /** Reads a request; the bytes must stay in place while it is used. `BAD_REQUEST` says what is wrong with it. */
  parse(ptr: usize, len: u32): Status {
    const tape = this.tape;
    const nodes = this.nodes;
    this.op = -1;
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
    const status = this.findOperation(op);
    if (status != OK) return status;
    const name = OPERATIONS[this.op * 3];
    if (unknown != 0)
      return unknownField(name, this.op, String.UTF8.decodeUnsafe(tape.stringPtr(unknown), tape.stringLen(unknown)));
    if (twice >= 0) return fail(BAD_REQUEST, name + ": the field " + FIELDS[twice] + " is there twice");
    return this.checkFields(name);
  }

  private findOperation(node: u32): Status {
    const ptr = this.tape.stringPtr(node);
    const len = this.tape.stringLen(node);
    for (let i = 0; i < OPERATION_COUNT; i++) {
      if (isText(ptr, len, unchecked(OPERATIONS[i * 3]))) {
        this.op = i;
        return OK;
      }
    }
    const names = new Array<string>();
    for (let i = 0; i < OPERATION_COUNT; i++) names.push(OPERATIONS[i * 3]);
    const hint = suggestion(String.UTF8.decodeUnsafe(ptr, len), names, "operations");
    return fail(BAD_REQUEST, "there is no operation " + this.shown(node), hint);
  }

  private checkFields(name: string): Status {
    let given: u32 = 0;
    for (let i = 0; i < this.nodes.length; i++) {
      if (unchecked(this.nodes[i]) != 0) given |= 1 << i;
    }
    const needed = masks[this.op * 2];
    const extra = given & ~masks[this.op * 2 + 1];
    if (extra != 0) return unknownField(name, this.op, FIELDS[ctz<u32>(extra)]);
    const missing = needed & ~given;
    return missing == 0 ? OK : fail(BAD_REQUEST, name + " needs a field " + FIELDS[ctz<u32>(missing)]);
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
      OPERATIONS[this.op * 3] + ": " + FIELDS[field] + " must be " + what + ", not " + this.shown(this.node(field)),
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

function unknownField(operation: string, op: i32, field: string): Status {
  const takes = masks[op * 2 + 1];
  const names = new Array<string>();
  for (let i = 0; i < FIELDS.length; i++) {
    if ((takes & (1 << i)) != 0) names.push(FIELDS[i]);
  }
  return fail(BAD_REQUEST, operation + " has no field " + field, suggestion(field, names, "fields"));
}
