/**
 * JSON_CONTAINS, as the reference has it: an object contains one whose members it contains, an array one each of whose elements an
 * element of its own contains, and any scalar that an element contains; scalars are those that are equal.
 */
import { compareJson } from "../../encode/json-compare";
import { JSON_ARRAY, JSON_OBJECT, JsonTape } from "../../encode/json";

/** So many pairs of values are compared at most: of two arrays each element of one may have to be compared with each of the other. */
const MOST_PAIRS: u32 = 20_000_000;

let pairs: u32 = 0;

/** Whether the last answer is none, because there were too many pairs. */
export let containsTooMuch: bool = false;

/** Whether the document in `whole` contains that in `part`. Recurses as deep as the documents are, 127 at most each. */
export function contains(whole: JsonTape, part: JsonTape): bool {
  pairs = 0;
  containsTooMuch = false;
  return nodeContains(whole, 0, part, 0);
}

function nodeContains(whole: JsonTape, node: u32, part: JsonTape, wanted: u32): bool {
  pairs += 1;
  if (pairs > MOST_PAIRS) containsTooMuch = true;
  if (containsTooMuch) return false;
  const kind = whole.kind(node);
  const wantedKind = part.kind(wanted);
  if (wantedKind == JSON_OBJECT) {
    if (kind != JSON_OBJECT) return false;
    for (let key = part.first(wanted); key != 0; key = part.next(key)) {
      const found = whole.member(node, part.stringPtr(key), part.stringLen(key));
      if (found == 0 || !nodeContains(whole, found, part, key + 1)) return false;
    }
    return true;
  }
  if (wantedKind == JSON_ARRAY) {
    if (kind != JSON_ARRAY) return false;
    for (let item = part.first(wanted); item != 0; item = part.next(item)) {
      if (!itemContains(whole, node, part, item)) return false;
    }
    return true;
  }
  if (kind == JSON_ARRAY) return itemContains(whole, node, part, wanted);
  if (kind != wantedKind) return false;
  return compareJson(whole.rawPtr(node), whole.rawLen(node), part.rawPtr(wanted), part.rawLen(wanted)) == 0;
}

/** Whether an element of the array at `node` contains what is wanted. */
function itemContains(whole: JsonTape, node: u32, part: JsonTape, wanted: u32): bool {
  for (let item = whole.first(node); item != 0; item = whole.next(item)) {
    if (nodeContains(whole, item, part, wanted)) return true;
  }
  return false;
}
