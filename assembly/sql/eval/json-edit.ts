/** Changes of JSON texts: at a path, and by RFC 7396. */
import { ByteBuffer } from "../../encode/byte-buffer";
import { JSON_ARRAY, JSON_NULL, JSON_OBJECT, JsonTape } from "../../encode/json";
import { addJsonString } from "../../encode/json-string";
import { F_JSON_INSERT, F_JSON_REMOVE, F_JSON_REPLACE } from "./function-names";
import { NOWHERE, PATH_BAD, PATH_END, PATH_STEP, isName, nameLen, namePtr, nextStep, placeIn, stepInto } from "./json-path";

/** What closes the arrays and objects that a change makes. */
const closing: ByteBuffer = new ByteBuffer(16);

/**
 * Appends the document that `tape` has read, compact, with `value` at the path that was begun (json-path.ts), as `fn` says:
 * F_JSON_SET, F_JSON_INSERT, F_JSON_REPLACE, or F_JSON_REMOVE, of which nothing is left when it is all. False when it is no path.
 */
export function addEdited(fn: u8, tape: JsonTape, value: ByteBuffer, out: ByteBuffer): bool {
  let node: u32 = 0;
  let inside: u32 = NOWHERE;
  let step = nextStep();
  while (step == PATH_STEP) {
    inside = node;
    node = stepInto(tape, node);
    if (node == NOWHERE) break;
    step = nextStep();
  }
  const start = tape.rawPtr(0);
  const all = tape.rawLen(0);
  if (step == PATH_END) {
    if (fn == F_JSON_INSERT) out.addBytes(start, all);
    else if (fn == F_JSON_REMOVE) addWithout(tape, inside, node, out);
    else {
      const at = tape.rawPtr(node);
      out.addBytes(start, <u32>(at - start));
      out.addBytes(value.ptr, value.len);
      const behind = at + tape.rawLen(node);
      out.addBytes(behind, <u32>(start + all - behind));
    }
    return true;
  }
  if (step == PATH_BAD) return false;
  // Something new behind the last member or element of `inside`, if that can be.
  let isPossible = fn != F_JSON_REPLACE && fn != F_JSON_REMOVE;
  const kind = tape.kind(inside);
  const count = kind == JSON_ARRAY || kind == JSON_OBJECT ? tape.count(inside) : 0;
  if (isName ? kind != JSON_OBJECT : kind != JSON_ARRAY || placeIn(count) != <i64>count) isPossible = false;
  const before = out.len;
  const at = isPossible ? tape.rawPtr(inside) + tape.rawLen(inside) - 1 : start;
  out.addBytes(start, <u32>(at - start));
  if (count > 0) out.addU8(0x2c);
  closing.reset();
  for (let isFirst = true; step == PATH_STEP; isFirst = false) {
    if (!isName && !isFirst && placeIn(0) != 0) isPossible = false;
    if (!isFirst) {
      out.addU8(isName ? 0x7b : 0x5b);
      closing.addU8(isName ? 0x7d : 0x5d);
    }
    if (isName) {
      addJsonString(namePtr, nameLen, out);
      out.addU8(0x3a);
    }
    step = nextStep();
  }
  if (step == PATH_BAD) return false;
  if (isPossible) {
    out.addBytes(value.ptr, value.len);
    for (let c = closing.len; c > 0; c--) out.addU8(load<u8>(closing.ptr + c - 1));
    out.addBytes(at, <u32>(start + all - at));
  } else {
    out.len = before;
    out.addBytes(start, all);
  }
  return true;
}

/** Appends the document without `node`, which is in the array or object `inside`. */
function addWithout(tape: JsonTape, inside: u32, node: u32, out: ByteBuffer): void {
  if (inside == NOWHERE) return;
  const start = tape.rawPtr(0);
  const end = start + tape.rawLen(0);
  let from = tape.rawPtr(tape.kind(inside) == JSON_OBJECT ? node - 1 : node);
  let to = tape.rawPtr(node) + tape.rawLen(node);
  if (load<u8>(to) == 0x2c) to += 1;
  else if (load<u8>(from - 1) == 0x2c) from -= 1;
  out.addBytes(start, <u32>(from - start));
  out.addBytes(to, <u32>(end - to));
}

/**
 * Appends `target`'s node (`NOWHERE`: nothing), changed by `patch`'s as RFC 7396 says. Recurses as deep as the documents are, 127 at most.
 */
export function addPatched(target: JsonTape, node: u32, patch: JsonTape, by: u32, out: ByteBuffer): void {
  if (patch.kind(by) != JSON_OBJECT) return out.addBytes(patch.rawPtr(by), patch.rawLen(by));
  const isObject = node != NOWHERE && target.kind(node) == JSON_OBJECT;
  const start = out.len;
  for (let key = isObject ? target.first(node) : 0; key != 0; key = target.next(key)) {
    const change = patch.member(by, target.stringPtr(key), target.stringLen(key));
    if (change != 0 && patch.kind(change) == JSON_NULL) continue;
    addKey(target, key, start, out);
    if (change == 0) out.addBytes(target.rawPtr(key + 1), target.rawLen(key + 1));
    else addPatched(target, key + 1, patch, change, out);
  }
  for (let key = patch.first(by); key != 0; key = patch.next(key)) {
    const ptr = patch.stringPtr(key);
    const len = patch.stringLen(key);
    // Of several with one name the last one counts.
    if (patch.kind(key + 1) == JSON_NULL || patch.member(by, ptr, len) != key + 1) continue;
    if (isObject && target.member(node, ptr, len) != 0) continue;
    addKey(patch, key, start, out);
    addPatched(target, NOWHERE, patch, key + 1, out);
  }
  if (out.len == start) out.addU8(0x7b);
  out.addU8(0x7d);
}

function addKey(tape: JsonTape, key: u32, start: u32, out: ByteBuffer): void {
  out.addU8(out.len == start ? 0x7b : 0x2c);
  out.addBytes(tape.rawPtr(key), tape.rawLen(key));
  out.addU8(0x3a);
}
