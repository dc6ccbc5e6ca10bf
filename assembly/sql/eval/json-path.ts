/**
 * Paths into JSON, as SQLite has them: `$`, then `.name`, `."any name"`, `[number]`, and from the end `[#-number]`; `[#]` is behind the
 * last. Behind -> and ->> a name or a number may stand alone.
 */
import { ByteBuffer } from "../../encode/byte-buffer";
import { isDigit, parseUnsigned, parsedUnsigned } from "../../encode/digits";
import { JSON_ARRAY, JSON_OBJECT, JsonTape } from "../../encode/json";
import { scanString, unescapeJson } from "../../encode/json-string";
import { K_INT } from "./kinds";
import { Vector } from "./vector";

export const PATH_END: i32 = 0;
export const PATH_STEP: i32 = 1;
export const PATH_BAD: i32 = -1;

/** What `nextStep` found: a name, or the place of an element, from the end where `isFromEnd`. */
export let isName: bool = false;
export let namePtr: usize = 0;
export let nameLen: u32 = 0;
let place: i64 = 0;
let isFromEnd: bool = false;

let at: usize = 0;
let end: usize = 0;
/** The one step of a path that is a name or a number alone. */
let isAlone: bool = false;
/** It is no path at all. */
let isNone: bool = false;

const name: ByteBuffer = new ByteBuffer(64);

/** Begins with the path that is row `i`'s value; `isShort` where a name or a number may stand alone. */
export function beginPath(value: Vector, i: u32, isShort: bool): void {
  isAlone = false;
  isNone = false;
  if (value.kind == K_INT) {
    isAlone = true;
    isName = false;
    place = value.int(i);
    isFromEnd = place < 0;
    if (isFromEnd) place = 0 - place;
    return;
  }
  at = value.ptr(i);
  end = at + value.len(i);
  const first = at < end ? <u32>load<u8>(at) : 0;
  if (first == 0x24) at += 1;
  else if (isShort && !(first == 0x5b && end - at > 2 && load<u8>(end - 1) == 0x5d)) {
    isAlone = true;
    setName(at, <u32>(end - at));
  } else isNone = !isShort;
}

function setName(ptr: usize, len: u32): void {
  isName = true;
  namePtr = ptr;
  nameLen = len;
}

/** Goes on to the next step: `PATH_STEP`, `PATH_END`, or `PATH_BAD`. */
export function nextStep(): i32 {
  if (isAlone) {
    isAlone = false;
    at = end;
    return PATH_STEP;
  }
  if (isNone) return PATH_BAD;
  if (at >= end) return PATH_END;
  const first = <u32>load<u8>(at++);
  if (first == 0x2e) return nameStep();
  return first == 0x5b ? placeStep() : PATH_BAD;
}

function nameStep(): i32 {
  const start = at;
  if (at < end && load<u8>(at) == 0x22) {
    const close = scanString(at + 1, end);
    if (close == 0) return PATH_BAD;
    name.reset();
    unescapeJson(at + 1, <u32>(close - at - 1), name);
    setName(name.ptr, name.len);
    at = close + 1;
    return PATH_STEP;
  }
  while (at < end && load<u8>(at) != 0x2e && load<u8>(at) != 0x5b) at += 1;
  setName(start, <u32>(at - start));
  return at > start ? PATH_STEP : PATH_BAD;
}

function placeStep(): i32 {
  isName = false;
  place = 0;
  isFromEnd = at < end && load<u8>(at) == 0x23;
  if (isFromEnd) at += 1;
  const isLast = isFromEnd && at < end && load<u8>(at) == 0x5d;
  if (!isLast) {
    if (isFromEnd) {
      if (at >= end || load<u8>(at) != 0x2d) return PATH_BAD;
      at += 1;
    }
    const start = at;
    while (at < end && isDigit(load<u8>(at))) at += 1;
    if (!parseUnsigned(start, <u32>(at - start), 0x7fffffff)) return PATH_BAD;
    place = parsedUnsigned;
  }
  if (at >= end || load<u8>(at++) != 0x5d) return PATH_BAD;
  return PATH_STEP;
}

/** The place among `count` elements that the step means: below 0 for none, `count` for the one behind the last. */
export function placeIn(count: u32): i64 {
  return isFromEnd ? <i64>count - place : place;
}

/** No node. */
export const NOWHERE: u32 = u32.MAX_VALUE;

/** The node inside of `node` that the step means; `NOWHERE` where there is none. */
export function stepInto(tape: JsonTape, node: u32): u32 {
  const kind = tape.kind(node);
  if (isName) {
    const found = kind == JSON_OBJECT ? tape.member(node, namePtr, nameLen) : 0;
    return found == 0 ? NOWHERE : found;
  }
  if (kind != JSON_ARRAY) return NOWHERE;
  const index = placeIn(tape.count(node));
  if (index < 0 || index >= <i64>tape.count(node)) return NOWHERE;
  let item = tape.first(node);
  for (let k: i64 = 0; k < index; k++) item = tape.next(item);
  return item;
}

/** The node at the end of the path that was begun; `NOWHERE` where there is none, or with `pathIsBad` where it is no path. */
export function nodeAtPath(tape: JsonTape): u32 {
  let node: u32 = 0;
  let step = nextStep();
  for (; step == PATH_STEP; step = nextStep()) {
    if (node != NOWHERE) node = stepInto(tape, node);
  }
  pathIsBad = step == PATH_BAD;
  return node;
}

export let pathIsBad: bool = false;
