/** Arrow IPC, files and streams, written a record batch at a time. */
import type { Data, DataType, Field, RecordBatch } from "apache-arrow";
import { loadArrow } from "./arrow-reader.js";
import { gatheringSink } from "./gathering-sink.js";
import type { RowSink, SinkColumn, Write } from "./row-file.js";
import { daysOf, integerType, microsecondsOf, scaled, uuidBytes } from "./values.js";

type Arrow = typeof import("apache-arrow");

/** Rows of a batch, and about how many bytes its values have at most. */
const BATCH_ROWS = 65_536;
const BATCH_BYTES = 16 << 20;

const ARRAYS = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
} as const;

/** A bit for each value, the lowest first. */
function bits(length: number, isSet: (i: number) => boolean): Uint8Array {
  const bytes = new Uint8Array((length + 7) >> 3);
  for (let i = 0; i < length; i++) if (isSet(i)) bytes[i >> 3] = (bytes[i >> 3] as number) | (1 << (i & 7));
  return bytes;
}

/** Values of any length behind each other, and where each begins. */
function packed(
  values: readonly unknown[],
  encode: (value: unknown) => Uint8Array,
): { valueOffsets: Int32Array; data: Uint8Array } {
  const parts = values.map((value) => (value === null ? new Uint8Array() : encode(value)));
  const valueOffsets = new Int32Array(values.length + 1);
  for (const [i, part] of parts.entries()) valueOffsets[i + 1] = (valueOffsets[i] as number) + part.length;
  const data = new Uint8Array(valueOffsets[values.length] as number);
  for (const [i, part] of parts.entries()) data.set(part, valueOffsets[i]);
  return { valueOffsets, data };
}

const encoder = new TextEncoder();
const textBytes = (value: unknown): Uint8Array => encoder.encode(value as string);

/** The type of a column, and its buffers of values. */
function storing(arrow: Arrow, column: SinkColumn): readonly [DataType, (values: readonly unknown[]) => object] {
  const { type, scale } = column;
  const integer = integerType(type);
  if (integer !== null) {
    const { isSigned, bits } = integer;
    const Values = ARRAYS[type as keyof typeof ARRAYS] as { from(values: readonly unknown[]): ArrayBufferView };
    const Type = arrow[`${isSigned ? "Int" : "Uint"}${bits}` as "Int8"];
    const zero = bits === 64 ? 0n : 0;
    return [new Type(), (values) => ({ data: Values.from(values.map((value) => value ?? zero)) })];
  }
  switch (type) {
    case "boolean":
      return [new arrow.Bool(), (values) => ({ data: bits(values.length, (i) => values[i] === true) })];
    case "decimal":
      return [
        new arrow.Decimal(scale, 38, 128),
        (values) => {
          const data = new BigUint64Array(2 * values.length);
          for (const [i, value] of values.entries()) {
            const digits = value === null ? 0n : scaled(value as string, scale);
            data[2 * i] = BigInt.asUintN(64, digits);
            data[2 * i + 1] = BigInt.asUintN(64, digits >> 64n);
          }
          return { data: new Uint32Array(data.buffer) };
        },
      ];
    case "date":
      return [
        new arrow.DateDay(),
        (values) => ({ data: Int32Array.from(values, (value) => (value === null ? 0 : daysOf(value as string))) }),
      ];
    case "datetime":
      return [
        new arrow.TimestampMicrosecond("UTC"),
        (values) => ({
          data: BigInt64Array.from(values.map((value) => (value === null ? 0n : microsecondsOf(value as string)))),
        }),
      ];
    case "text":
    case "json":
      return [new arrow.Utf8(), (values) => packed(values, textBytes)];
    case "uuid":
      return [
        new arrow.FixedSizeBinary(16),
        (values) => {
          const data = new Uint8Array(16 * values.length);
          for (const [i, value] of values.entries()) if (value !== null) data.set(uuidBytes(value as string), 16 * i);
          return { data };
        },
      ];
    default:
      return [new arrow.Binary(), (values) => packed(values, (value) => value as Uint8Array)];
  }
}

/** What a column is beyond its type. */
const EXTENSIONS: Readonly<Partial<Record<string, string>>> = { uuid: "arrow.uuid", json: "arrow.json" };

/** Makes an Arrow file, or with `stream` a stream, of rows with these columns. */
export async function arrowSink(columns: readonly SinkColumn[], write: Write, stream: boolean): Promise<RowSink> {
  const arrow = await loadArrow();
  const ways = columns.map((column) => storing(arrow, column));
  const fields = columns.map(({ name, type, nullable }, i): Field => {
    const extension = EXTENSIONS[type];
    const metadata =
      extension === undefined
        ? []
        : ([
            ["ARROW:extension:name", extension],
            ["ARROW:extension:metadata", ""],
          ] as const);
    return new arrow.Field(name, (ways[i] as (typeof ways)[number])[0], nullable, new Map(metadata));
  });
  const schema = new arrow.Schema(fields);
  const writer = stream ? new arrow.RecordBatchStreamWriter() : new arrow.RecordBatchFileWriter();
  writer.reset(undefined, schema);
  // Bytes are taken as they come, so that no more than a batch waits.
  let failure: unknown = null;
  const taking = (async () => {
    for await (const chunk of writer) write(chunk as Uint8Array);
  })().catch((error: unknown) => {
    failure = error;
  });
  const batchOf = (data: readonly (readonly unknown[])[], rows: number): RecordBatch => {
    const children = data.map((values, i): Data => {
      const [type, buffers] = ways[i] as (typeof ways)[number];
      const nullCount = values.reduce((count: number, value) => count + Number(value === null), 0);
      const nullBitmap = nullCount === 0 ? null : bits(rows, (at) => values[at] !== null);
      return arrow.makeData({ type, length: rows, nullCount, nullBitmap, ...buffers(values) } as never);
    });
    const struct = arrow.makeData({ type: new arrow.Struct(fields), length: rows, nullCount: 0, children });
    return new arrow.RecordBatch(schema, struct);
  };
  return gatheringSink({
    columns: columns.length,
    mostRows: BATCH_ROWS,
    mostBytes: BATCH_BYTES,
    store: (value) => value,
    async flush(data, rows) {
      writer.write(batchOf(data, rows));
      await new Promise(setImmediate);
      if (failure !== null) throw failure as Error;
    },
    async finish() {
      writer.finish();
      await taking;
      if (failure !== null) throw failure as Error;
    },
  });
}
