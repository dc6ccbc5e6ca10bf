/** Values of parameters in SQL, from a request. */
import { BAD_REQUEST, fail } from "../status";
import { parseUnsigned, parsedUnsigned } from "../encode/digits";
import { JSON_ARRAY, JSON_FALSE, JSON_NULL, JSON_NUMBER, JSON_OBJECT, JSON_STRING, JSON_TRUE, JsonTape } from "../encode/json";
import { parseHex } from "../encode/uuid";
import { suggestion } from "../schema/nearest";
import { numberConstant, textConstant } from "../sql/bind/literals";
import { Constant } from "../sql/eval/expression";
import { K_BLOB, K_BOOLEAN } from "../sql/eval/kinds";
import { SqlTree } from "../sql/syntax/tree";
import { FIELD_BLOBS, FIELD_PARAMS, Request } from "./request";

/** A program that meant a document for the only parameter gave the members of one. */
const NO_NAMES: string = "none of them has a name: give a list of values, in which an object is a document";

/**
 * The values that a request gives the parameters of what was read into `tree`: by number, or by name; null with `BAD_REQUEST`.
 */
export function parametersOf(request: Request, tree: SqlTree): Array<Constant> | null {
  const parameters = givenParameters(request, tree);
  if (!parameters || !request.has(FIELD_BLOBS)) return parameters;
  const tape = request.tape;
  const blobs = request.node(FIELD_BLOBS);
  let isGood = tape.kind(blobs) == JSON_ARRAY;
  for (let node = isGood ? tape.first(blobs) : 0; node != 0 && isGood; node = tape.next(node)) {
    const number =
      tape.kind(node) == JSON_STRING ? numberOf(tree, tape.stringPtr(node), tape.stringLen(node)) : placeOf(tape, node);
    const at = <i32>number - 1;
    isGood = at >= 0 && at < parameters.length && parameters[at].isPlain;
    const blob = isGood ? blobOf(parameters[at]) : null;
    if (blob) parameters[at] = blob;
    isGood = blob !== null;
  }
  if (isGood) return parameters;
  fail(BAD_REQUEST, "blobs must be a list of parameters, by number or name, whose values are text in hexadecimal digits");
  return null;
}

/** The bytes whose hexadecimal digits are a text; null where it is none. */
function blobOf(text: Constant): Constant | null {
  const blob = new Constant(K_BLOB);
  blob.setBytes(text.bytesPtr, text.bytesLen >> 1);
  return parseHex(text.bytesPtr, text.bytesLen, blob.bytesPtr) ? blob : null;
}

/** The number at a node; 0 for what is none. */
function placeOf(tape: JsonTape, node: u32): u32 {
  const isNumber = tape.kind(node) == JSON_NUMBER && parseUnsigned(tape.rawPtr(node), tape.rawLen(node), i32.MAX_VALUE);
  return isNumber ? <u32>parsedUnsigned : 0;
}

/** The number of the parameter with a name; 0 for none. */
function numberOf(tree: SqlTree, ptr: usize, len: u32): u32 {
  for (let known = tree.namedParameters; known != 0; known = tree.next(known)) {
    if (tree.textLen(known) == len && memory.compare(tree.textPtr(known), ptr, len) == 0) return tree.c(known);
  }
  return 0;
}

function givenParameters(request: Request, tree: SqlTree): Array<Constant> | null {
  const parameters = new Array<Constant>();
  if (!request.has(FIELD_PARAMS)) return parameters;
  const tape = request.tape;
  const params = request.node(FIELD_PARAMS);
  if (tape.kind(params) == JSON_OBJECT) return namedParameters(tape, params, tree);
  if (tape.kind(params) != JSON_ARRAY) {
    fail(BAD_REQUEST, "params must be a list, or an object with a member for each name");
    return null;
  }
  for (let node = tape.first(params); node != 0; node = tape.next(node)) {
    const constant = constantOf(tape, node);
    if (!constant) return null;
    parameters.push(constant);
  }
  const wanted = tree.parameters;
  if (<u32>parameters.length <= wanted) return parameters;
  fail(BAD_REQUEST, parameters.length.toString() + " values for " + wanted.toString() + " parameters");
  return null;
}

/** The same of an object: each parameter has a name, and each member is a parameter's. */
function namedParameters(tape: JsonTape, params: u32, tree: SqlTree): Array<Constant> | null {
  const parameters = new Array<Constant>(<i32>tree.parameters);
  const isGiven = new Array<bool>(<i32>tree.parameters);
  for (let key = tape.first(params); key != 0; key = tape.next(key)) {
    const ptr = tape.stringPtr(key);
    const len = tape.stringLen(key);
    const number = numberOf(tree, ptr, len);
    if (number == 0) {
      const names = new Array<string>();
      for (let known = tree.namedParameters; known != 0; known = tree.next(known)) names.push(tree.text(known));
      const name = String.UTF8.decodeUnsafe(ptr, len);
      fail(BAD_REQUEST, "there is no parameter :" + name, names.length == 0 ? NO_NAMES : suggestion(name, names, "parameters"));
      return null;
    }
    const constant = constantOf(tape, key + 1);
    if (!constant) return null;
    parameters[number - 1] = constant;
    isGiven[number - 1] = true;
  }
  for (let known = tree.namedParameters; known != 0; known = tree.next(known)) {
    const at = <i32>tree.c(known) - 1;
    if (!isGiven[at]) {
      fail(BAD_REQUEST, "parameter :" + tree.text(known) + " has no value", "params has no member of that name");
      return null;
    }
  }
  for (let p = 0; p < isGiven.length; p++) {
    if (isGiven[p]) continue;
    const what = "parameter " + (p + 1).toString() + " has no name, and params is an object";
    fail(BAD_REQUEST, what, "give all parameters names, or a list of values");
    return null;
  }
  return parameters;
}

/** The value at a node; null with an error. */
function constantOf(tape: JsonTape, node: u32): Constant | null {
  switch (tape.kind(node)) {
    case JSON_TRUE:
    case JSON_FALSE: {
      const constant = new Constant(K_BOOLEAN);
      constant.low = tape.kind(node) == JSON_TRUE ? 1 : 0;
      return constant;
    }
    case JSON_STRING:
      return textConstant(tape.stringPtr(node), tape.stringLen(node));
    case JSON_NUMBER: {
      const isNegative = load<u8>(tape.rawPtr(node)) == 0x2d;
      const sign: u32 = isNegative ? 1 : 0;
      return numberConstant(tape.rawPtr(node) + sign, tape.rawLen(node) - sign, isNegative);
    }
    case JSON_NULL:
      return Constant.null();
    default:
      return textConstant(tape.rawPtr(node), tape.rawLen(node));
  }
}
