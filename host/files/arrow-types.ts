/** Which column a column of an Arrow file becomes, and how its values are read where they lie: Arrow's own way rounds times to milliseconds. */
import type { Data, DataType, Dictionary, Field, FixedSizeBinary, FixedSizeList, Timestamp } from "apache-arrow";
import { JsonText } from "../api/document.js";
import * as values from "./values.js";

type Arrow = typeof import("apache-arrow");

/** A type of ours, and the value of one at a place; null where there is none. */
export interface ArrowReading {
  readonly type: string;
  readonly get: (data: Data, at: number) => unknown;
}

const UNITS: readonly values.TimeUnit[] = ["second", "millisecond", "microsecond", "nanosecond"];

type Wide = BigInt64Array | BigUint64Array;
type Counts = Int32Array | Wide;

const orNull =
  (get: (data: Data, at: number) => unknown) =>
  (data: Data, at: number): unknown =>
    data.getValid(at) ? get(data, at) : null;

const as = (type: string, get: (data: Data, at: number) => unknown): ArrowReading => ({ type, get: orNull(get) });

/** The number at a place. Arrow has 64 bits as bigints, all else as numbers. */
const number = (data: Data, at: number): number | bigint => {
  const value = (data.values as ArrayLike<number | bigint>)[at];
  if (value === undefined) throw new Error("a column has fewer values than its batch has rows");
  return value;
};

function offsets(data: Data, at: number): readonly [number, number] {
  const list = data.valueOffsets as unknown as Counts;
  const [start, end] = [Number(list[at]), Number(list[at + 1])];
  if (!(start >= 0 && end >= start)) throw new Error("a value ends before it starts");
  return [start, end];
}

function bytesAt(data: Data, at: number): Uint8Array {
  const [start, end] = offsets(data, at);
  const bytes = data.values as unknown as Uint8Array;
  if (end > bytes.length) throw new Error("a value is behind the end of its batch");
  return bytes.subarray(start, end);
}

/** Short values lie in the view, others in one of the buffers. */
function viewedBytes(data: Data, at: number): Uint8Array {
  const all = data.values as unknown as Uint8Array;
  const view = new DataView(all.buffer, all.byteOffset + 16 * at, 16);
  const length = view.getInt32(0, true);
  if (length <= 12) return all.subarray(16 * at + 4, 16 * at + 4 + length);
  const start = view.getInt32(12, true);
  const buffer = data.variadicBuffers[view.getInt32(8, true)];
  if (buffer === undefined || start + length > buffer.length) throw new Error("a value is behind the end of its buffer");
  return buffer.subarray(start, start + length);
}

/** The whole number in the 32-bit words of a decimal, the lowest first. */
function wordsAt(data: Data, at: number, words: number): bigint {
  const all = data.values as unknown as Uint32Array;
  let value = 0n;
  for (let i = words - 1; i >= 0; i--) value = (value << 32n) | BigInt(all[at * words + i] ?? 0);
  return BigInt.asIntN(32 * words, value);
}

const INTERVALS: readonly ArrowReading["get"][] = [
  (data, at) => `P${(data.values as unknown as Int32Array)[at] ?? 0}M`,
  (data, at) => {
    const parts = data.values as unknown as Int32Array;
    return `P${parts[2 * at] ?? 0}DT${values.pointed(BigInt(parts[2 * at + 1] ?? 0), 3)}S`;
  },
  (data, at) => {
    const parts = data.values as unknown as Int32Array;
    const nanos = (BigInt(parts[4 * at + 3] ?? 0) << 32n) | BigInt((parts[4 * at + 2] ?? 0) >>> 0);
    return `P${parts[4 * at] ?? 0}M${parts[4 * at + 1] ?? 0}DT${values.pointed(nanos, 9)}S`;
  },
];

/** How the columns of files are read; what types there are is for the package to say. */
export class ArrowTypes {
  /** Numbers of types, by their names. */
  readonly #type: Readonly<Record<keyof Arrow["Type"], number>>;

  constructor({ Type }: Arrow) {
    this.#type = Type;
  }

  /** A column of a file; what it is an extension of, a UUID or JSON, stands beside its type. */
  field(field: Field): ArrowReading {
    const type = field.type as DataType;
    const extension = field.metadata.get("ARROW:extension:name");
    const reading = this.of(type);
    if (extension === "arrow.uuid" && (type.typeId as number) === this.#type.FixedSizeBinary) {
      return as("uuid", (data, at) => values.uuidText(reading.get(data, at) as Uint8Array));
    }
    if (extension === "arrow.bool8" && reading.type === "int8") return as("boolean", (data, at) => reading.get(data, at) !== 0);
    if (extension !== "arrow.json" || reading.type !== "text") return reading;
    return as("json", (data, at) => values.jsonOf(reading.get(data, at) as string));
  }

  of(type: DataType): ArrowReading {
    const types = this.#type;
    switch (type.typeId as number) {
      case types.Null:
        return { type: "text", get: () => null };
      case types.Int: {
        const { bitWidth, isSigned } = type as unknown as { bitWidth: number; isSigned: boolean };
        return as(`${isSigned ? "" : "u"}int${bitWidth}`, number);
      }
      case types.Float: {
        const { precision } = type as unknown as { precision: number };
        return as("decimal", (data, at) => {
          const value = Number(number(data, at));
          return values.floatText(precision === 0 ? values.halfFloat(value) : value, precision !== 2);
        });
      }
      case types.Bool:
        return as("boolean", (data, at) => {
          const bit = data.offset + at;
          return (((data.values as unknown as Uint8Array)[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
        });
      case types.Decimal: {
        const { scale, bitWidth } = type as unknown as { scale: number; bitWidth: number };
        return as("decimal", (data, at) => values.decimalText(wordsAt(data, at, bitWidth / 32), scale));
      }
      case types.Utf8:
      case types.LargeUtf8:
        return as("text", (data, at) => values.utf8Text(bytesAt(data, at)));
      case types.Utf8View:
        return as("text", (data, at) => values.utf8Text(viewedBytes(data, at)));
      case types.Binary:
      case types.LargeBinary:
        return as("blob", bytesAt);
      case types.BinaryView:
        return as("blob", viewedBytes);
      case types.FixedSizeBinary: {
        const { byteWidth } = type as unknown as FixedSizeBinary;
        return as("blob", (data, at) => (data.values as unknown as Uint8Array).subarray(at * byteWidth, (at + 1) * byteWidth));
      }
      case types.Date: {
        const { unit } = type as unknown as { unit: number };
        const day = unit === 0 ? 1 : 86_400_000;
        return as("date", (data, at) => {
          const days = Number(number(data, at)) / day;
          if (!Number.isInteger(days)) throw new values.Unfit(`${days * day} milliseconds are no whole days`);
          return values.dateText(days);
        });
      }
      case types.Time: {
        const unit = unitOf(type);
        return as("text", (data, at) => values.timeText(BigInt(number(data, at)), unit));
      }
      case types.Timestamp: {
        const unit = unitOf(type);
        return as("datetime", (data, at) => values.datetimeText(BigInt(number(data, at)), unit));
      }
      case types.Duration: {
        const digits = UNITS.indexOf(unitOf(type)) * 3;
        return as("decimal", (data, at) => values.decimalText(BigInt(number(data, at)), digits));
      }
      case types.Interval: {
        const { unit } = type as unknown as { unit: number };
        return as("text", INTERVALS[unit] as ArrowReading["get"]);
      }
      case types.Dictionary:
        return this.#dictionary(type as unknown as Dictionary);
      default:
        return this.#nested(type);
    }
  }

  #dictionary({ dictionary }: Dictionary): ArrowReading {
    const inside = this.of(dictionary as DataType);
    return as(inside.type, (data, at) => {
      let place = Number(number(data, at));
      for (const part of (data.dictionary?.data ?? []) as readonly Data[]) {
        if (place < part.length) return inside.get(part, place);
        place -= part.length;
      }
      throw new Error("a value is not in the dictionary");
    });
  }

  /** What has others inside is a document. */
  #nested(type: DataType): ArrowReading {
    const types = this.#type;
    const fields = (type.children as readonly Field[] | undefined) ?? [];
    const members = fields.map((field) => this.field(field).get);
    const [first] = members;
    const items = (data: Data, start: number, end: number, get = first): unknown[] => {
      const [inside] = data.children as [Data];
      if (end > inside.length) throw new Error("a list is behind the end of its batch");
      return Array.from({ length: end - start }, (_, i) => get?.(inside, start + i));
    };
    switch (type.typeId as number) {
      case types.List:
      case types.LargeList:
        return as("json", (data, at) => values.listOf(items(data, ...offsets(data, at))));
      case types.FixedSizeList: {
        const { listSize } = type as unknown as FixedSizeList;
        return as("json", (data, at) => values.listOf(items(data, at * listSize, (at + 1) * listSize)));
      }
      case types.Struct:
        return as("json", (data, at) =>
          values.objectOf(fields.map(({ name }, i) => [name, members[i]?.(data.children[i] as Data, at)])),
        );
      case types.Map: {
        const [key, value] = ((fields[0]?.type as DataType | undefined)?.children ?? []).map(
          (field: Field) => this.field(field).get,
        );
        return as("json", (data, at) => {
          const entry = (inside: Data, place: number): readonly [unknown, unknown] => {
            const [keys, held] = inside.children as [Data, Data];
            return [key?.(keys, place), value?.(held, place)];
          };
          return values.objectOf(items(data, ...offsets(data, at), entry) as (readonly [unknown, unknown])[]);
        });
      }
      case types.Union: {
        const { typeIdToChildIndex, mode } = type as unknown as { typeIdToChildIndex: Record<number, number>; mode: number };
        return {
          type: "json",
          get: (data, at) => {
            const child = typeIdToChildIndex[(data.typeIds as unknown as Int8Array)[at] as number] as number;
            const place = mode === 1 ? Number((data.valueOffsets as unknown as Int32Array)[at]) : at;
            const value = members[child]?.(data.children[child] as Data, place) ?? null;
            return value === null ? null : JsonText.of(values.documentText(value));
          },
        };
      }
      default:
        throw new Error(`columns of type ${(type as { toString(): string }).toString()} are not known`);
    }
  }
}

const unitOf = (type: DataType): values.TimeUnit => UNITS[(type as unknown as Timestamp).unit] as values.TimeUnit;
