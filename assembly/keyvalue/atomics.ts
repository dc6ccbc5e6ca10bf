/** `wasi:keyvalue/atomics`. A call is atomic as it is: the component is entered once at a time, and the file has one writer. */
import { LONG, WORD, done, result } from "../component/result-place";
import { arena, beginCall, endCall } from "./calls";
import { Bucket, find, isThere, kept, leaveBucket, put, valueLen, valuePtr } from "./bucket";
import { doneOption, failWith, failed, failedSwap } from "./results";

/** The longest number: a sign and 19 digits. */
const LONGEST_NUMBER: u32 = 20;
const MINUS: u8 = 0x2d;
const ZERO: u8 = 0x30;

// @ts-ignore: decorator
@external("[export]wasi:keyvalue/atomics@0.2.0-draft2", "[resource-new]cas")
declare function newCas(representation: usize): u32;
// @ts-ignore: decorator
@external("[export]wasi:keyvalue/atomics@0.2.0-draft2", "[resource-rep]cas")
declare function casOf(handle: u32): usize;
// @ts-ignore: decorator
@external("[export]wasi:keyvalue/atomics@0.2.0-draft2", "[resource-drop]cas")
declare function dropCas(handle: u32): void;

/** A key of a bucket, and the value that it had. */
@unmanaged
class Cas {
  bucket: Bucket;
  key: usize;
  keyLen: u32;
  isThere: bool;
  value: usize;
  valueLen: u32;
}

/** Keeps the value that was just found. */
function remember(cas: Cas): void {
  cas.isThere = isThere;
  cas.valueLen = isThere ? valueLen : 0;
  cas.value = kept(valuePtr, cas.valueLen);
}

export function cas_new(rep: usize, key: usize, keyLen: u32): usize {
  beginCall();
  const bucket = changetype<Bucket>(rep);
  if (!find(bucket, key, keyLen)) return endCall(failed());
  const ptr = heap.alloc(offsetof<Cas>());
  const cas = changetype<Cas>(ptr);
  bucket.users++;
  cas.bucket = bucket;
  cas.key = kept(key, keyLen);
  cas.keyLen = keyLen;
  remember(cas);
  return endCall(done(newCas(ptr)));
}

export function cas_dtor(rep: usize): void {
  beginCall();
  const cas = changetype<Cas>(rep);
  heap.free(cas.key);
  heap.free(cas.value);
  leaveBucket(cas.bucket);
  heap.free(rep);
  endCall(0);
}

export function cas_current(rep: usize): usize {
  beginCall();
  const cas = changetype<Cas>(rep);
  return endCall(doneOption(cas.isThere, cas.value, cas.valueLen));
}

/** Whether the value that was just found is the one that `cas` has. */
function isUnchanged(cas: Cas): bool {
  if (isThere != cas.isThere) return false;
  return !isThere || (valueLen == cas.valueLen && memory.compare(valuePtr, cas.value, valueLen) == 0);
}

export function swap(handle: u32, value: usize, len: u32): usize {
  beginCall();
  const cas = changetype<Cas>(casOf(handle));
  const isFound = find(cas.bucket, cas.key, cas.keyLen);
  if (isFound && !isUnchanged(cas)) {
    // The handle goes back, with the value that is there now.
    heap.free(cas.value);
    remember(cas);
    store<u8>(result, 1);
    store<u8>(result, 1, WORD);
    store<u32>(result, handle, WORD + 4);
    return endCall(result);
  }
  const isSwapped = isFound && put(cas.bucket, cas.key, cas.keyLen, value, len);
  const swapped = isSwapped ? done() : failedSwap();
  dropCas(handle);
  return endCall(swapped);
}

/** The number that the value of `increment` is as text. */
let number: i64 = 0;

/** Reads a decimal number, as other stores have it: digits, with a minus before them or not. */
function readNumber(ptr: usize, len: u32): bool {
  const isNegative = len > 0 && load<u8>(ptr) == MINUS;
  let at: u32 = u32(isNegative);
  if (at == len) return false;
  let negative: i64 = 0;
  for (; at < len; at++) {
    const digit = <u64>load<u8>(ptr + at) - ZERO;
    if (digit > 9 || negative < i64.MIN_VALUE / 10) return false;
    const tenfold = negative * 10;
    if (tenfold < i64.MIN_VALUE + <i64>digit) return false;
    negative = tenfold - <i64>digit;
  }
  if (!isNegative && negative == i64.MIN_VALUE) return false;
  number = isNegative ? negative : -negative;
  return true;
}

/** Writes a number as text that ends at `end`: where it begins. */
function writeNumber(value: i64, end: usize): usize {
  // All digits of the smallest number fit as well.
  let rest: u64 = value < 0 ? <u64>0 - <u64>value : <u64>value;
  let at = end;
  do {
    store<u8>(--at, ZERO + <u8>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  if (value < 0) store<u8>(--at, MINUS);
  return at;
}

export function increment(rep: usize, key: usize, keyLen: u32, delta: i64): usize {
  beginCall();
  const bucket = changetype<Bucket>(rep);
  if (!find(bucket, key, keyLen)) return endCall(failed(LONG));
  number = 0;
  if (isThere && !readNumber(valuePtr, valueLen)) {
    failWith("BAD_VALUE: the value is no decimal number of 64 bits");
    return endCall(failed(LONG));
  }
  const sum = number + delta;
  if (delta < 0 ? sum > number : sum < number) {
    failWith("OVERFLOW: the sum has more than 64 bits");
    return endCall(failed(LONG));
  }
  const end = arena.take(LONGEST_NUMBER, 1) + LONGEST_NUMBER;
  const text = writeNumber(sum, end);
  if (!put(bucket, key, keyLen, text, <u32>(end - text))) return endCall(failed(LONG));
  store<u8>(result, 0);
  store<i64>(result, sum, LONG);
  return endCall(result);
}
