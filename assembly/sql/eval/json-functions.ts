/** Functions of JSON. A text that is none is an error; what is made is compact. */
import { BAD_VALUE, SQL_LIMIT } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import {
  JSON_ARRAY,
  JSON_COLUMN_DEPTH,
  JSON_FALSE,
  JSON_NULL,
  JSON_NUMBER,
  JSON_STRING,
  JSON_TRUE,
  JsonTape,
} from "../../encode/json";
import { addCompactJson } from "../../encode/json-compact";
import { addAscii } from "../../encode/json-pieces";
import { Batch } from "./batch";
import { Call, MOST_BYTES, scratch } from "./call";
import {
  F_ARROW,
  F_ARROW_TEXT,
  F_JSON,
  F_JSON_ARRAY,
  F_JSON_CONTAINS,
  F_JSON_EXTRACT,
  F_JSON_EXTRACT_ALL,
  F_JSON_LENGTH,
  F_JSON_OBJECT,
  F_JSON_PATCH,
  F_JSON_QUOTE,
  F_JSON_REMOVE,
  F_JSON_TYPE,
  F_JSON_VALID,
} from "./function-names";
import { contains, containsTooMuch } from "./json-contains";
import { addEdited, addPatched } from "./json-edit";
import { addJsonForm } from "./json-form";
import { NOWHERE, beginPath, nodeAtPath, pathIsBad } from "./json-path";
import { K_JSON, K_TEXT, isBytes } from "./kinds";
import { Vector } from "./vector";

const tape: JsonTape = new JsonTape();
const patchTape: JsonTape = new JsonTape();
/** The document as it is before a change, and what goes into it. */
const before: ByteBuffer = new ByteBuffer(256);
const value: ByteBuffer = new ByteBuffer(256);
const TYPES: StaticArray<string> = ["null", "false", "true", "number", "text", "array", "object"];

export class JsonCall extends Call {
  /** Whether what JSON_EXTRACT or ->> gives becomes a number: true and false are 1 and 0 then. */
  isNumber: bool = false;

  /** Whether it is a value of no known type, which takes the type of what it meets. */
  get isOpen(): bool {
    return (this.fn == F_JSON_EXTRACT || this.fn == F_ARROW_TEXT) && this.kind == K_TEXT && !this.isNumber;
  }

  /** Whether it is the whole of a document: an element of another one. */
  get isOfRoot(): bool {
    return this.fn == F_ARROW_TEXT && this.args.length == 1;
  }

  protected call(batch: Batch, args: Array<Vector>, result: Vector, i: u32): bool {
    scratch.reset();
    switch (this.fn) {
      case F_JSON_VALID:
        result.setInt(i, tape.parse(args[0].ptr(i), args[0].len(i)) ? 1 : 0);
        return true;
      case F_JSON_QUOTE:
        if (!this.addForm(args[0], i, scratch)) return false;
        break;
      case F_JSON_ARRAY:
      case F_JSON_OBJECT:
        if (!this.addMade(args, i)) return false;
        break;
      default:
        if (args[0].isNull(i)) {
          result.setNull(i, true);
          return true;
        }
        if (!this.parse(tape, args[0], i) || !this.ofDocument(args, result, i)) return false;
    }
    return result.isNull(i) || !isBytes(this.kind) || this.kept(batch, result, i);
  }

  /** What is about the document in `tape`. */
  private ofDocument(args: Array<Vector>, result: Vector, i: u32): bool {
    switch (this.fn) {
      case F_JSON:
        addCompactJson(tape.rawPtr(0), tape.rawLen(0), scratch);
        return true;
      case F_JSON_PATCH:
        if (!this.parse(patchTape, args[1], i)) return false;
        value.reset();
        addPatched(tape, 0, patchTape, 0, value);
        addCompactJson(value.ptr, value.len, scratch);
        return true;
      case F_JSON_CONTAINS:
        if (!this.parse(patchTape, args[1], i)) return false;
        result.setInt(i, contains(tape, patchTape) ? 1 : 0);
        return !containsTooMuch || this.fails(SQL_LIMIT, "JSON_CONTAINS of arrays with too many elements");
      case F_JSON_EXTRACT_ALL:
        for (let a = 1; a < args.length; a++) {
          const node = this.nodeAt(args[a], i);
          if (pathIsBad) return false;
          scratch.addU8(a == 1 ? 0x5b : 0x2c);
          if (node == NOWHERE) addAscii(scratch, "null");
          else addCompactJson(tape.rawPtr(node), tape.rawLen(node), scratch);
        }
        scratch.addU8(0x5d);
        return true;
      case F_JSON_TYPE:
      case F_JSON_LENGTH:
      case F_JSON_EXTRACT:
      case F_ARROW:
      case F_ARROW_TEXT: {
        const node = args.length == 1 ? 0 : this.nodeAt(args[1], i);
        if (args.length > 1 && pathIsBad) return false;
        result.setNull(i, node == NOWHERE);
        if (node != NOWHERE) this.ofNode(node, result, i);
        return true;
      }
      default:
        return this.edited(args, result, i);
    }
  }

  private ofNode(node: u32, result: Vector, i: u32): void {
    const kind = tape.kind(node);
    if (this.fn == F_JSON_LENGTH) {
      result.setInt(i, kind == JSON_ARRAY ? tape.count(node) : 0);
      return;
    }
    const ptr = tape.rawPtr(node);
    const len = tape.rawLen(node);
    if (this.fn == F_JSON_TYPE) return addAscii(scratch, typeOfJson(tape, node));
    // JSON stays what it is; as text a string has no quotes, and null is null.
    if (this.kind != K_JSON && kind == JSON_STRING) {
      const textLen = tape.stringLen(node);
      scratch.addBytes(tape.stringPtr(node), textLen);
    } else if (this.isNumber && (kind == JSON_TRUE || kind == JSON_FALSE)) scratch.addU8(kind == JSON_TRUE ? 0x31 : 0x30);
    else if (this.fn != F_ARROW && kind == JSON_NULL) result.setNull(i, true);
    else addCompactJson(ptr, len, scratch);
  }

  private addMade(args: Array<Vector>, i: u32): bool {
    const isObject = this.fn == F_JSON_OBJECT;
    scratch.addU8(isObject ? 0x7b : 0x5b);
    for (let a = 0; a < args.length; a++) {
      const isValue = isObject && (a & 1) == 1;
      if (a > 0) scratch.addU8(isValue ? 0x3a : 0x2c);
      if (isObject && !isValue && args[a].isNull(i)) return this.fails(BAD_VALUE, "a name in a JSON object can't be null");
      if (!this.addForm(args[a], i, scratch)) return false;
    }
    scratch.addU8(isObject ? 0x7d : 0x5d);
    return true;
  }

  /** A change at each of the paths, one after the other. */
  private edited(args: Array<Vector>, result: Vector, i: u32): bool {
    addCompactJson(tape.rawPtr(0), tape.rawLen(0), scratch);
    const step = this.fn == F_JSON_REMOVE ? 1 : 2;
    for (let a = 1; a < args.length; a += step) {
      before.reset();
      before.addBytes(scratch.ptr, scratch.len);
      scratch.reset();
      value.reset();
      if (args[a].isNull(i) || before.len == 0) {
        result.setNull(i, true);
        return true;
      }
      if (step == 2 && !this.addForm(args[a + 1], i, value)) return false;
      if (!tape.parse(before.ptr, before.len)) return this.tooDeep();
      beginPath(args[a], i, false);
      if (!addEdited(this.fn, tape, value, scratch)) return this.noPath(args[a], i);
      if (scratch.len > MOST_BYTES) return this.overflows();
    }
    result.setNull(i, scratch.len == 0);
    return tape.parse(scratch.ptr, scratch.len) || scratch.len == 0 || this.tooDeep();
  }

  private addForm(form: Vector, i: u32, out: ByteBuffer): bool {
    return addJsonForm(form.kind, form.at(i), form.isNull(i), out) || this.tooDeep();
  }

  private tooDeep(): bool {
    return this.fails(SQL_LIMIT, "JSON that is nested deeper than " + JSON_COLUMN_DEPTH.toString() + " levels");
  }

  private parse(into: JsonTape, text: Vector, i: u32): bool {
    if (into.parse(text.ptr(i), text.len(i))) return true;
    return this.fails(BAD_VALUE, "a text that is no JSON: " + into.errorText());
  }

  /** The node at a path; `NOWHERE` for none, or with `pathIsBad` an error. */
  private nodeAt(path: Vector, i: u32): u32 {
    beginPath(path, i, this.fn == F_ARROW || this.fn == F_ARROW_TEXT);
    const node = nodeAtPath(tape);
    if (pathIsBad) this.noPath(path, i);
    return node;
  }

  private noPath(path: Vector, i: u32): bool {
    const text = String.UTF8.decodeUnsafe(path.ptr(i), min(path.len(i), 40));
    return this.fails(BAD_VALUE, "no JSON path: " + text, 'like $.name, $."any name", $[0], $[#-1]');
  }
}

/** What JSON_TYPE says of a node. */
export function typeOfJson(tape: JsonTape, node: u32): string {
  const kind = tape.kind(node);
  if (kind != JSON_NUMBER) return TYPES[kind];
  return isWhole(tape.rawPtr(node), tape.rawLen(node)) ? "integer" : "real";
}

/** Whether a number is written without a fraction and an exponent. */
function isWhole(ptr: usize, len: u32): bool {
  for (let at = ptr; at < ptr + len; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x2e || (byte | 0x20) == 0x65) return false;
  }
  return true;
}
