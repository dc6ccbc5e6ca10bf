/** Values for a statement's parameters in the form of `bind` (docs/abi.md). */
import type { LibraryInstance } from "./instance.js";
import { parameterToJson } from "./json-values.js";
import type { MemoryViews } from "./memory-views.js";
import { SHORT_TEXT, putAscii, writeDecimal } from "./record-codec.js";
import { TYPE_CODES } from "./table-schema.js";

const NONE = 0;
/** Texts and blobs from this many bytes on have a longer head. */
const LONG = 65535;

/** The values in the order of the parameters; null when they are none for these. */
function inOrder(names: readonly string[], params: unknown): readonly unknown[] | null {
  if (Array.isArray(params)) return params.length === names.length ? params : null;
  if (typeof params !== "object" || params === null) return null;
  if (Object.keys(params).length !== names.length) return null;
  const values: unknown[] = [];
  for (const name of names) {
    if (name === "" || !Object.hasOwn(params, name)) return null;
    values.push((params as Record<string, unknown>)[name]);
  }
  return values;
}

/**
 * Writes `params` into the instance's scratch: how many bytes they take, or -1 when they have to go as JSON. What they are is as in JSON
 * (`parameterToJson`), so that a statement says the same of them wherever the module runs; what is not certainly right goes as JSON, and the
 * module says what is wrong.
 */
export function writeParameters(instance: LibraryInstance, names: readonly string[], params: unknown): number {
  const given = inOrder(names, params);
  if (given === null) return -1;
  let values: unknown[] | null = null;
  let room = 0;
  for (let i = 0; i < given.length; i++) {
    const value = given[i];
    if (typeof value === "number" || typeof value === "bigint") room += 17;
    else if (typeof value === "string") room += 7 + 3 * value.length;
    else if (value instanceof Uint8Array) room += 7 + value.length;
    else {
      const plain = parameterToJson(value, i + 1);
      const one = typeof plain === "object" && plain !== null ? JSON.stringify(plain) : plain;
      room += typeof one === "string" ? 7 + 3 * one.length : 17;
      values ??= [...given];
      values[i] = one;
    }
  }
  const start = instance.scratch(room);
  const { memory } = instance;
  const written = values ?? given;
  let at = start;
  for (let i = 0; i < written.length && at >= 0; i++) at = putValue(memory, written[i], at);
  return at < 0 ? -1 : at - start;
}

/** Puts a value at `at`: where it ends, or -1 when it has to go as JSON. */
function putValue(memory: MemoryViews, value: unknown, at: number): number {
  const { bytes, view } = memory;
  switch (typeof value) {
    case "string":
      return putText(memory, value, at);
    case "number":
      // A whole number that large has other digits than JavaScript shows.
      if (!Number.isSafeInteger(value)) return Number.isInteger(value) ? -1 : putDecimal(memory, String(value), at);
      bytes[at] = TYPE_CODES.int64;
      // In halves: a bigint would be an object that is thrown away. Small numbers are quicker without division.
      view.setInt32(at + 1, value, true);
      view.setInt32(at + 5, (value | 0) === value ? value >> 31 : Math.floor(value / 2 ** 32), true);
      return at + 9;
    case "bigint":
      if (value !== BigInt.asIntN(64, value) && value !== BigInt.asUintN(64, value)) return -1;
      bytes[at] = value === BigInt.asIntN(64, value) ? TYPE_CODES.int64 : TYPE_CODES.uint64;
      view.setBigUint64(at + 1, BigInt.asUintN(64, value), true);
      return at + 9;
    case "boolean":
      bytes[at] = TYPE_CODES.boolean;
      bytes[at + 1] = value ? 1 : 0;
      return at + 2;
    default:
      if (value instanceof Uint8Array) return putBlob(memory, value, at);
      if (value !== null) return -1;
      bytes[at] = NONE;
      return at + 1;
  }
}

function putBlob({ bytes, view }: MemoryViews, value: Uint8Array, at: number): number {
  const head = value.length >= LONG ? 7 : 3;
  bytes[at] = TYPE_CODES.blob;
  view.setUint16(at + 1, Math.min(value.length, LONG), true);
  if (head > 3) view.setUint32(at + 3, value.length, true);
  bytes.set(value, at + head);
  return at + head + value.length;
}

/** A number with a fraction; one with an exponent goes as JSON. */
function putDecimal({ bytes, view }: MemoryViews, text: string, at: number): number {
  bytes[at] = TYPE_CODES.decimal;
  return writeDecimal(view, text, at + 1) ? at + 17 : -1;
}

function putText(memory: MemoryViews, text: string, start: number): number {
  const { bytes, view } = memory;
  const at = start + 1;
  bytes[start] = TYPE_CODES.text;
  if (text.length <= SHORT_TEXT && putAscii(bytes, text, at + 2)) {
    view.setUint16(at, text.length, true);
    return at + 2 + text.length;
  }
  if (!text.isWellFormed()) return -1;
  const isLong = text.length * 3 >= LONG;
  const head = isLong ? 6 : 2;
  const byteLen = memory.putText(text, at + head);
  // One that may be long, and is not.
  if (isLong && byteLen < LONG) bytes.copyWithin(at + 2, at + head, at + head + byteLen);
  view.setUint16(at, Math.min(byteLen, LONG), true);
  if (byteLen >= LONG) view.setUint32(at + 2, byteLen, true);
  return at + (byteLen >= LONG ? 6 : 2) + byteLen;
}
