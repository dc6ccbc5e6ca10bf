/** Values of a file's column for a column of another type. */
import { JsonText } from "../api/document.js";
import { toHex } from "../api/json-values.js";
import { Unfit, integerType, jsonOf, utf8Text, uuidText } from "./values.js";

/** Makes a value of one. */
export type Adapter = (value: unknown) => unknown;

const isInteger = (type: string): boolean => integerType(type) !== null;

/** What a value is as text. */
export function textOf(value: unknown): string {
  if (value instanceof JsonText) return value.text;
  if (value instanceof Uint8Array) return toHex(value);
  return typeof value === "object" ? JSON.stringify(value) : (value as string | number | bigint | boolean).toString();
}

const wholeNumber: Adapter = (value) => {
  const text = String(value);
  const [, whole] = /^(-?\d+)(?:\.0*)?$/.exec(text) ?? [];
  if (whole === undefined) throw new Unfit(`${text} is no whole number`);
  return BigInt(whole);
};

const document: Adapter = (value) => jsonOf(String(value));

const midnight = "T00:00:00.000000+00:00";
const dateOf: Adapter = (value) => {
  const text = String(value);
  if (!text.endsWith(midnight)) throw new Unfit(`${text} has a time of day`);
  return text.slice(0, -midnight.length);
};

const truth: Adapter = (value) => {
  const text = String(value);
  if (text !== "0" && text !== "1") throw new Unfit(`${text} is neither 0 nor 1`);
  return text === "1";
};

const uuidOf: Adapter = (value) => {
  const bytes = value as Uint8Array;
  if (bytes.length !== 16) throw new Unfit(`${bytes.length} bytes are no UUID, which has 16`);
  return uuidText(bytes);
};

/** What makes values of type `to` of those of type `from`; null when they are the same, undefined when there is none. */
export function adapterOf(from: string, to: string): Adapter | null | undefined {
  if (from === to) return null;
  if (to === "text") return from === "blob" ? (value) => utf8Text(value as Uint8Array) : textOf;
  if (isInteger(to)) {
    if (isInteger(from)) return null;
    if (from === "boolean") return Number;
    return from === "decimal" || from === "text" ? wholeNumber : undefined;
  }
  switch (`${from} ${to}`) {
    case "text json":
      return document;
    case "date datetime":
      return (value) => String(value) + midnight;
    case "datetime date":
      return dateOf;
    case "blob uuid":
      return uuidOf;
    case "text decimal":
    case "text date":
    case "text datetime":
    case "text uuid":
      return null;
  }
  if (to === "decimal" && isInteger(from)) return String;
  if (to === "boolean" && (isInteger(from) || from === "decimal")) return truth;
  return undefined;
}
