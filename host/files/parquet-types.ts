/** Which column a column of a Parquet file becomes, and how its stored values become those that rows have. */
import type { FileMetaData, SchemaElement, SchemaTree } from "hyparquet";
import { JsonText } from "../api/document.js";
import * as values from "./values.js";

/** A type of ours, and what makes one of its values of a stored one; `read` is null where they are the same. */
export interface Reading {
  readonly type: string;
  readonly read: ((stored: never) => unknown) | null;
}

const UNITS = { MILLIS: "millisecond", MICROS: "microsecond", NANOS: "nanosecond" } as const;

const as = (type: string, read: Reading["read"] = null): Reading => ({ type, read });
const integer = (bits: number, signed: boolean): Reading => {
  const type = `${signed ? "" : "u"}int${bits}`;
  if (signed) return as(type);
  if (bits === 64) return as(type, (stored: bigint) => BigInt.asUintN(64, stored));
  return as(type, (stored: number) => (bits === 32 ? stored >>> 0 : stored));
};
const decimal = (scale: number): Reading =>
  as("decimal", (stored: number | bigint | Uint8Array) =>
    values.decimalText(stored instanceof Uint8Array ? values.bigEndian(stored) : BigInt(stored), scale),
  );
const time = (unit: values.TimeUnit): Reading => as("text", (stored: number | bigint) => values.timeText(BigInt(stored), unit));
const moment = (unit: values.TimeUnit): Reading => as("datetime", (stored: bigint) => values.datetimeText(stored, unit));
const text = as("text");
const json = as("json", values.jsonOf);
const date = as("date", values.dateText);
const uuid = as("uuid", values.uuidText);
const float = (single: boolean): Reading => as("decimal", (stored: number) => values.floatText(stored, single));
const half = as("decimal", (stored: Uint8Array) =>
  values.floatText(values.halfFloat((stored[0] as number) | ((stored[1] as number) << 8)), true),
);
/** Months, days and milliseconds, as ISO 8601 has durations. */
const interval = as("text", (stored: Uint8Array) => {
  const view = new DataView(stored.buffer, stored.byteOffset);
  return `P${view.getUint32(0, true)}M${view.getUint32(4, true)}DT${values.pointed(BigInt(view.getUint32(8, true)), 3)}S`;
});

/** What the older of the two ways in which a file tells types says. */
function convertedReading({ converted_type: type, scale = 0 }: SchemaElement): Reading | null {
  if (type === undefined) return null;
  const [, unsigned, bits] = /^(U?)INT_(\d+)$/.exec(type) ?? [];
  if (bits !== undefined) return integer(Number(bits), unsigned === "");
  switch (type) {
    case "UTF8":
    case "ENUM":
      return text;
    case "DECIMAL":
      return decimal(scale);
    case "DATE":
      return date;
    case "TIME_MILLIS":
      return time("millisecond");
    case "TIME_MICROS":
      return time("microsecond");
    case "TIMESTAMP_MILLIS":
      return moment("millisecond");
    case "TIMESTAMP_MICROS":
      return moment("microsecond");
    case "JSON":
      return json;
    case "INTERVAL":
      return interval;
    default:
      return null;
  }
}

function logicalReading({ logical_type: type }: SchemaElement): Reading | null {
  switch (type?.type) {
    case "STRING":
    case "ENUM":
      return text;
    case "JSON":
      return json;
    case "UUID":
      return uuid;
    case "DATE":
      return date;
    case "DECIMAL":
      return decimal(type.scale);
    case "TIME":
      return time(UNITS[type.unit]);
    case "TIMESTAMP":
      return moment(UNITS[type.unit]);
    case "INTEGER":
      return integer(type.bitWidth, type.isSigned);
    case "FLOAT16":
      return half;
    case "NULL":
      return text;
    default:
      return null;
  }
}

function storedReading({ type }: SchemaElement): Reading {
  switch (type) {
    case "BOOLEAN":
      return as("boolean");
    case "INT32":
      return as("int32");
    case "INT64":
      return as("int64");
    case "INT96":
      // The parser has made the time of it.
      return as("datetime");
    case "FLOAT":
      return float(true);
    case "DOUBLE":
      return float(false);
    default:
      return as("blob");
  }
}

/** How the values of a column that has no columns inside are read. */
export function readingOf(element: SchemaElement): Reading {
  return logicalReading(element) ?? convertedReading(element) ?? storedReading(element);
}

const isText = (element: SchemaElement): boolean => {
  const { type } = readingOf(element);
  return element.type === "BYTE_ARRAY" && (type === "text" || type === "json");
};

/**
 * The same file, but that it says nothing of its columns' types: values come as they are stored, none of them rounded; but texts as texts, and
 * variants as what is in them.
 */
export function asStored(metadata: FileMetaData): FileMetaData {
  const schema: SchemaElement[] = [];
  const take = (isVariant: boolean): void => {
    const element = metadata.schema[schema.length];
    if (element === undefined) return;
    const stored = { ...element };
    delete stored.converted_type;
    delete stored.logical_type;
    const inside = element.num_children ?? 0;
    const isGroup = inside > 0 || isVariant;
    // Maps come as lists of their entries: objects would have keys that are no texts as they are stored, and each once.
    schema.push(isGroup ? (isMap(element) ? stored : element) : isText(element) ? { ...stored, converted_type: "UTF8" } : stored);
    for (let i = 0; i < inside; i++) take(isVariant || element.logical_type?.type === "VARIANT");
  };
  take(false);
  return { ...metadata, schema };
}

/** What makes a document of the values of a column that has others inside, or is repeated. */
export function documentReading(tree: SchemaTree): (stored: unknown) => unknown {
  const one = itemReading(tree);
  return tree.element.repetition_type === "REPEATED"
    ? orNull((stored: unknown[]) => values.listOf(Array.from(stored, one)))
    : one;
}

const orNull =
  (read: (stored: never) => unknown) =>
  (stored: unknown): unknown =>
    stored === undefined || stored === null ? null : read(stored as never);

/** The same of one of the values, where they are repeated. */
function itemReading({ element, children }: SchemaTree): (stored: unknown) => unknown {
  const [first] = children;
  if (element.logical_type?.type === "VARIANT") return orNull((stored) => JsonText.of(values.documentText(stored)));
  if (first === undefined) {
    const { read } = readingOf(element);
    return orNull(read ?? ((stored: unknown) => stored));
  }
  const isWrapper = children.length === 1 && first.element.repetition_type === "REPEATED";
  if (isWrapper && element.converted_type === "LIST") {
    // What is repeated has just the value inside, or is it.
    const item = itemReading(first.children.length === 1 ? (first.children[0] as SchemaTree) : first);
    return orNull((stored: unknown[]) => values.listOf(Array.from(stored, item)));
  }
  if (isWrapper && isMap(element) && first.children.length === 2) {
    const [key, value] = first.children.map((child) => [child.element.name, documentReading(child)] as const) as [Member, Member];
    return orNull((stored: Record<string, readonly Record<string, unknown>[]>) =>
      values.objectOf((stored[first.element.name] ?? []).map((entry) => [key[1](entry[key[0]]), value[1](entry[value[0]])])),
    );
  }
  const members: readonly Member[] = children.map((child) => [child.element.name, documentReading(child)]);
  return orNull((stored: Record<string, unknown>) => values.objectOf(members.map(([name, read]) => [name, read(stored[name])])));
}

/** A column inside of another, and what reads its values. */
type Member = readonly [string, (stored: unknown) => unknown];

const isMap = ({ converted_type: type }: SchemaElement): boolean => type === "MAP" || type === "MAP_KEY_VALUE";
