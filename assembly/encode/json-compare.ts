/**
 * The order of JSON documents, which is that of JSON columns in keys: null < false < true < numbers < strings < arrays < objects;
 * strings by their bytes, arrays element by element, objects as their members sorted by name, name before value, the shorter
 * first when one starts with the other. Of members with the same name the last one counts.
 *
 * How numbers compare depends on the reference's version: see `compareNumbers` and `useExactJsonNumbers`.
 */
import { ByteBuffer } from "./byte-buffer";
import { bytesEqual, compareBytes } from "./bytes";
import { JSON_ARRAY, JSON_NUMBER, JSON_OBJECT, JSON_STRING, JsonTape } from "./json";
import { addOrderedNumber, compareNumbers } from "./json-number";
import { addOrderedBytes } from "./ordered-bytes";

const aTape: JsonTape = new JsonTape();
const bTape: JsonTape = new JsonTape();

/** Sorted keys (u32 each) of the objects being compared, as a stack: an inner object's lie above its outer object's. */
const keyStack: ByteBuffer = new ByteBuffer(1024);

let exactNumbers: bool = false;

/**
 * Chooses the order of numbers: that of layout 0.11 (exact), or that of layout 0.9 (mixed kinds as f64), which is the default.
 */
export function useExactJsonNumbers(on: bool): void {
  exactNumbers = on;
}


@inline
function keyAt(index: u32): u32 {
  return load<u32>(keyStack.ptr + ((<usize>index) << 2));
}


@inline
function setKey(index: u32, key: u32): void {
  store<u32>(keyStack.ptr + ((<usize>index) << 2), key);
}

function compareStrings(aOwner: JsonTape, a: u32, bOwner: JsonTape, b: u32): i32 {
  const aLen = aOwner.stringLen(a);
  const bLen = bOwner.stringLen(b);
  // Both are decoded by now, so that neither pointer moves.
  return compareBytes(aOwner.stringPtr(a), aLen, bOwner.stringPtr(b), bLen);
}

/** Sorts the `count` keys at `base` by name, keeping the order of equal names; needs as much room again above them. */
function sortKeys(tape: JsonTape, base: u32, count: u32): void {
  const spare = base + count;
  for (let width: u32 = 1; width < count; width <<= 1) {
    for (let left: u32 = 0; left < count; left += width << 1) {
      const middle = min<u32>(left + width, count);
      const right = min<u32>(middle + width, count);
      let i = left;
      let j = middle;
      for (let k = left; k < right; k++) {
        const takeLeft = i < middle && (j >= right || compareStrings(tape, keyAt(base + i), tape, keyAt(base + j)) <= 0);
        setKey(spare + k, takeLeft ? keyAt(base + i++) : keyAt(base + j++));
      }
    }
    memory.copy(keyStack.ptr + ((<usize>base) << 2), keyStack.ptr + ((<usize>spare) << 2), (<usize>count) << 2);
  }
}

/** Pushes the keys of `object`, sorted, of equal names the last one; returns how many. */
function pushKeys(tape: JsonTape, object: u32): u32 {
  const base = keyStack.len >> 2;
  const count = tape.count(object);
  keyStack.reserve(count << 3);
  let ascending = true;
  let index = base;
  for (let key = tape.first(object); key != 0; key = tape.next(key)) {
    if (ascending && index > base) ascending = compareStrings(tape, keyAt(index - 1), tape, key) < 0;
    setKey(index++, key);
  }
  let kept = count;
  if (!ascending) {
    sortKeys(tape, base, count);
    kept = 0;
    for (let i: u32 = 0; i < count; i++) {
      const last = i + 1 == count || compareStrings(tape, keyAt(base + i), tape, keyAt(base + i + 1)) != 0;
      if (last) setKey(base + kept++, keyAt(base + i));
    }
  }
  keyStack.len += kept << 2;
  return kept;
}

function compareObjects(a: u32, b: u32): i32 {
  const stackLen = keyStack.len;
  const aBase = stackLen >> 2;
  const aCount = pushKeys(aTape, a);
  const bBase = keyStack.len >> 2;
  const bCount = pushKeys(bTape, b);
  let order = 0;
  for (let i: u32 = 0; i < min(aCount, bCount) && order == 0; i++) {
    const aKey = keyAt(aBase + i);
    const bKey = keyAt(bBase + i);
    order = compareStrings(aTape, aKey, bTape, bKey);
    if (order == 0) order = compareNodes(aKey + 1, bKey + 1);
  }
  keyStack.len = stackLen;
  return order != 0 ? order : <i32>(aCount > bCount) - <i32>(aCount < bCount);
}

function compareArrays(a: u32, b: u32): i32 {
  let aItem = aTape.first(a);
  let bItem = bTape.first(b);
  while (aItem != 0 && bItem != 0) {
    const order = compareNodes(aItem, bItem);
    if (order != 0) return order;
    aItem = aTape.next(aItem);
    bItem = bTape.next(bItem);
  }
  return <i32>(aItem != 0) - <i32>(bItem != 0);
}

/** Recurses as deep as the documents are nested, 127 at most. */
function compareNodes(a: u32, b: u32): i32 {
  const kind = aTape.kind(a);
  const bKind = bTape.kind(b);
  if (kind != bKind) return kind < bKind ? -1 : 1;
  switch (kind) {
    case JSON_NUMBER:
      return compareNumbers(aTape.rawPtr(a), aTape.rawLen(a), bTape.rawPtr(b), bTape.rawLen(b), exactNumbers);
    case JSON_STRING:
      return compareStrings(aTape, a, bTape, b);
    case JSON_ARRAY:
      return compareArrays(a, b);
    case JSON_OBJECT:
      return compareObjects(a, b);
    default:
      return 0;
  }
}

/**
 * The order of two JSON texts: below, at or above 0. Texts that the reference could not read come after all others, ordered by
 * their bytes.
 */
export function compareJson(aPtr: usize, aLen: u32, bPtr: usize, bLen: u32): i32 {
  if (bytesEqual(aPtr, aLen, bPtr, bLen)) return 0;
  const aValid = aTape.parse(aPtr, aLen);
  const bValid = bTape.parse(bPtr, bLen);
  if (aValid && bValid) return compareNodes(0, 0);
  if (aValid != bValid) return aValid ? -1 : 1;
  return compareBytes(aPtr, aLen, bPtr, bLen);
}

/** Appends bytes in the order of JSON documents, which are the same for those that are equal. */
export function addOrderedJson(ptr: usize, len: u32, out: ByteBuffer): void {
  if (aTape.parse(ptr, len)) return addOrderedNode(0, out);
  out.addU8(JSON_OBJECT + 2);
  addOrderedBytes(ptr, len, false, out);
}

/** Recurses as deep as the document is nested, 127 at most. A container's end is below the beginning of any value. */
function addOrderedNode(node: u32, out: ByteBuffer): void {
  const kind = aTape.kind(node);
  out.addU8(kind + 1);
  if (kind == JSON_NUMBER) addOrderedNumber(aTape.rawPtr(node), aTape.rawLen(node), exactNumbers, out);
  else if (kind == JSON_STRING) addOrderedString(node, out);
  else if (kind == JSON_ARRAY) {
    for (let item = aTape.first(node); item != 0; item = aTape.next(item)) addOrderedNode(item, out);
    out.addU8(0);
  } else if (kind == JSON_OBJECT) {
    const base = keyStack.len >> 2;
    const count = pushKeys(aTape, node);
    for (let i: u32 = 0; i < count; i++) {
      out.addU8(1);
      addOrderedString(keyAt(base + i), out);
      addOrderedNode(keyAt(base + i) + 1, out);
    }
    keyStack.len = base << 2;
    out.addU8(0);
  }
}

function addOrderedString(node: u32, out: ByteBuffer): void {
  const len = aTape.stringLen(node);
  addOrderedBytes(aTape.stringPtr(node), len, false, out);
}
