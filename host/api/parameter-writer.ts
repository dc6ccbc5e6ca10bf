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
 * Writes values. What they are is as in JSON (`parameterToJson`), so that a statement says the same of them wherever the module runs; what is not
 * certainly right goes as JSON, and the module says what is wrong.
 */
export class ParameterWriter {
  #end = 0;

  /** Writes `params` into the instance's scratch: how many bytes they take, or -1 when they have to go as JSON. */
  write(instance: LibraryInstance, names: readonly string[], params: unknown): number {
    const given = inOrder(names, params);
    if (given === null) return -1;
    let values: unknown[] | null = null;
    let room = 0;
    for (let i = 0; i < given.length; i++) {
      const value = given[i];
      if (typeof value === "number") room += 17;
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
    this.#end = start;
    for (const value of values ?? given) if (!this.#value(memory, value)) return -1;
    return this.#end - start;
  }

  #value(memory: MemoryViews, value: unknown): boolean {
    switch (typeof value) {
      case "string":
        return this.#text(memory, value);
      case "number":
        // A whole number that large has other digits than JavaScript shows.
        if (!Number.isSafeInteger(value)) return !Number.isInteger(value) && this.#decimal(memory, String(value));
        memory.bytes[this.#end] = TYPE_CODES.int64;
        // In halves: a bigint would be an object that is thrown away. Small numbers are quicker without division.
        memory.view.setInt32(this.#end + 1, value, true);
        memory.view.setInt32(this.#end + 5, (value | 0) === value ? value >> 31 : Math.floor(value / 2 ** 32), true);
        this.#end += 9;
        return true;
      case "boolean":
        memory.bytes[this.#end++] = TYPE_CODES.boolean;
        memory.bytes[this.#end++] = value ? 1 : 0;
        return true;
      default:
        if (value instanceof Uint8Array) return this.#blob(memory, value);
        if (value !== null) return false;
        memory.bytes[this.#end++] = NONE;
        return true;
    }
  }

  #blob(memory: MemoryViews, value: Uint8Array): boolean {
    const { bytes, view } = memory;
    const head = value.length >= LONG ? 7 : 3;
    bytes[this.#end] = TYPE_CODES.blob;
    view.setUint16(this.#end + 1, Math.min(value.length, LONG), true);
    if (head > 3) view.setUint32(this.#end + 3, value.length, true);
    bytes.set(value, this.#end + head);
    this.#end += head + value.length;
    return true;
  }

  /** A number with a fraction; one with an exponent goes as JSON. */
  #decimal(memory: MemoryViews, text: string): boolean {
    memory.bytes[this.#end] = TYPE_CODES.decimal;
    if (!writeDecimal(memory.view, text, this.#end + 1)) return false;
    this.#end += 17;
    return true;
  }

  #text(memory: MemoryViews, text: string): boolean {
    const { bytes, view } = memory;
    const at = this.#end + 1;
    if (text.length <= SHORT_TEXT && putAscii(bytes, text, at + 2)) {
      bytes[this.#end] = TYPE_CODES.text;
      view.setUint16(at, text.length, true);
      this.#end = at + 2 + text.length;
      return true;
    }
    if (!text.isWellFormed()) return false;
    const isLong = text.length * 3 >= LONG;
    const head = isLong ? 6 : 2;
    const byteLen = memory.putText(text, at + head);
    // One that may be long, and is not.
    if (isLong && byteLen < LONG) bytes.copyWithin(at + 2, at + head, at + head + byteLen);
    bytes[this.#end] = TYPE_CODES.text;
    view.setUint16(at, Math.min(byteLen, LONG), true);
    if (byteLen >= LONG) view.setUint32(at + 2, byteLen, true);
    this.#end = at + (byteLen >= LONG ? 6 : 2) + byteLen;
    return true;
  }
}
