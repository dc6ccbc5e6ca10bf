/** Values of other formats as the ones that columns here have: decimals from floating point and from whole numbers, dates and times from counts. */

import { JsonText } from "../api/document.js";
import { toHex } from "../api/json-values.js";

/** A value that the column it is for can't hold without a loss. The message says which, and why. */
export class Unfit extends Error {
  constructor(
    message: string,
    /** The value as text, where that may be one that stands for null. */
    readonly text: string | null = null,
  ) {
    super(message);
  }
}

/** Digits that a decimal has at most behind the point. */
const MOST_SCALE = 28;
/** Digits that decimals have at most in other formats. */
const MOST_DIGITS = 400;
/** What the digits of a decimal stay below. */
const DECIMAL_BOUND = 1n << 96n;

const SECONDS_OF_DAY = 86_400;

/** What a type of whole numbers is; null: it is none. */
export function integerType(type: string): { readonly isSigned: boolean; readonly bits: number } | null {
  const [, unsigned, bits] = /^(u?)int(\d+)$/.exec(type) ?? [];
  return bits === undefined ? null : { isSigned: unsigned === "", bits: Number(bits) };
}

/** The decimal that is `digits` divided by ten to the `scale`, with all its digits as long as they fit. */
export function decimalText(digits: bigint, scale: number): string {
  let [value, places] = [digits, digits === 0n ? Math.min(Math.max(scale, 0), MOST_SCALE) : scale];
  if (Math.abs(places) > MOST_DIGITS)
    throw new Unfit(`10 to the power of ${-places} is no part of a decimal, which has 28 digits`);
  while ((places > MOST_SCALE || abs(value) >= DECIMAL_BOUND) && places > 0 && value % 10n === 0n) {
    value /= 10n;
    places--;
  }
  if (places < 0) [value, places] = [value * 10n ** BigInt(-places), 0];
  if (places > MOST_SCALE || abs(value) >= DECIMAL_BOUND) {
    const text = pointed(digits, scale);
    throw new Unfit(`${text} has more digits than a decimal, which has 28`, text);
  }
  return pointed(value, places);
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** `digits` with a point before the last `scale` of them. */
export function pointed(digits: bigint, scale: number): string {
  if (scale <= 0) return String(digits * 10n ** BigInt(-scale));
  const text = abs(digits)
    .toString()
    .padStart(scale + 1, "0");
  return `${digits < 0n ? "-" : ""}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

/** The whole number and the scale that make up a decimal's text. */
export function unpointed(text: string): { readonly digits: bigint; readonly scale: number } {
  const point = text.indexOf(".");
  if (point < 0) return { digits: BigInt(text), scale: 0 };
  return { digits: BigInt(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 };
}

/** The digits of a decimal's text behind which the point is `scale` places before the end, as all values of its column have them. */
export function scaled(text: string, scale: number): bigint {
  const of = unpointed(text);
  return of.digits * 10n ** BigInt(scale - of.scale);
}

/** The decimal with the fewest digits that is read as this floating point number again, of 64 bits, or `single` of 32. */
export function floatText(value: number, single: boolean): string {
  if (!Number.isFinite(value)) throw new Unfit(`${value} is no decimal`, String(value));
  let text = String(value);
  if (single) {
    for (let digits = 1; digits <= 9; digits++) {
      const short = value.toPrecision(digits);
      if (Math.fround(Number(short)) !== value) continue;
      text = short;
      break;
    }
  }
  const [mantissa = "", exponent] = text.split("e");
  if (exponent === undefined) return text === "-0" ? "0" : text;
  const { digits, scale } = unpointed(mantissa);
  return decimalText(digits, scale - Number(exponent));
}

/** The largest whole number that is not above `a / b`. */
function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/** The day that is so many days behind 1970-01-01. */
export function dateText(days: number): string {
  return isoText(days * SECONDS_OF_DAY, `${days} days from 1970`).slice(0, 10);
}

function isoText(seconds: number, what: string): string {
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw new Unfit(`${what} is not in the years 0 to 9999`, what);
  return date.toISOString();
}

/** Ticks of a second in each of the units that times are counted in. */
export const TICKS = { second: 1n, millisecond: 1000n, microsecond: 1_000_000n, nanosecond: 1_000_000_000n } as const;
export type TimeUnit = keyof typeof TICKS;

/** A count of ticks as whole seconds, and microseconds; `spell` makes the text of seconds and their fraction. */
function split(ticks: bigint, unit: TimeUnit, spell: (seconds: bigint, fraction: string) => string): string {
  const perSecond = TICKS[unit];
  const seconds = floorDivide(ticks, perSecond);
  const nanos = (ticks - seconds * perSecond) * (TICKS.nanosecond / perSecond);
  if (nanos % 1000n === 0n) return spell(seconds, String(nanos / 1000n).padStart(6, "0"));
  const text = spell(seconds, String(nanos).padStart(9, "0"));
  throw new Unfit(`${ticks} nanoseconds are not whole microseconds, which times here have`, text);
}

/** The time that is so many ticks behind 1970-01-01, in UTC. */
export function datetimeText(ticks: bigint, unit: TimeUnit): string {
  return split(ticks, unit, (seconds, fraction) => {
    return `${isoText(Number(seconds), `${ticks} ${unit}s from 1970`).slice(0, 19)}.${fraction}+00:00`;
  });
}

/** A time of day: `07:30:00`, with a fraction if it has one. */
export function timeText(ticks: bigint, unit: TimeUnit): string {
  return split(ticks, unit, (seconds, fraction) => {
    if (seconds < 0n || seconds > BigInt(SECONDS_OF_DAY)) throw new Unfit(`${ticks} ${unit}s are no time of day`);
    const of = Number(seconds);
    const pair = (value: number): string => String(value).padStart(2, "0");
    const text = `${pair(Math.floor(of / 3600))}:${pair(Math.floor(of / 60) % 60)}:${pair(of % 60)}`;
    return /^0+$/.test(fraction) ? text : `${text}.${fraction.replace(/0+$/, "")}`;
  });
}

/** The days from 1970-01-01 to a date's text. */
export function daysOf(text: string): number {
  return Math.round(millisecondsOf(`${text}T00:00:00Z`) / 1000 / SECONDS_OF_DAY);
}

/** The microseconds from 1970 to a time's text, `2026-01-02T03:04:05.123456+01:00`. */
export function microsecondsOf(text: string): bigint {
  const fraction = text.slice(20, 26);
  const zone = text.slice(26);
  return BigInt(millisecondsOf(text.slice(0, 19) + zone)) * 1000n + BigInt(fraction);
}

function millisecondsOf(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new Unfit(`${text} is in no calendar`);
  return time;
}

/** The text that bytes spell in UTF-8; where they spell none, and a text is wanted, the value does not fit. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
export function utf8Text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Unfit(`the bytes ${toHex(bytes.subarray(0, 20))}${bytes.length > 20 ? "…" : ""} are no UTF-8`);
  }
}

/** The UUID of these 16 bytes. */
export function uuidText(bytes: Uint8Array): string {
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The 16 bytes of a UUID's text. */
export function uuidBytes(text: string): Uint8Array {
  const digits = text.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** The whole number that bytes are in two's complement, the highest first. */
export function bigEndian(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${toHex(bytes)}`));
}

/** The number that these 16 bits are as floating point. */
export function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The document of a text, which has to be one. */
export function jsonOf(text: string): JsonText {
  try {
    return new JsonText(text);
  } catch {
    throw new Unfit(`${text.slice(0, 80)} is no JSON`, text);
  }
}

/** A value as the text that it has in a document: as the protocol spells it, but for numbers that are exact. */
export function documentText(value: unknown): string {
  if (value === undefined || value === null) return "null";
  if (value instanceof JsonText) return value.text;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? String(value) : `"${value}"`;
  if (value instanceof Uint8Array) return `"${toHex(value)}"`;
  if (ArrayBuffer.isView(value)) return listOf(Array.from(value as unknown as Iterable<unknown>)).text;
  if (Array.isArray(value)) return listOf(value).text;
  if (typeof value !== "object" || value instanceof Date) return JSON.stringify(value);
  return objectOf(Object.entries(value)).text;
}

/** The document that has these values in this order. */
export function listOf(values: readonly unknown[]): JsonText {
  return JsonText.of(`[${values.map(documentText).join(",")}]`);
}

/** The document that has these members in this order, also those whose names are the same. */
export function objectOf(members: readonly (readonly [unknown, unknown])[]): JsonText {
  const spell = ([name, value]: readonly [unknown, unknown]): string => {
    const key = documentText(name);
    return `${key.startsWith('"') ? key : JSON.stringify(key)}:${documentText(value)}`;
  };
  return JsonText.of(`{${members.map(spell).join(",")}}`);
}
