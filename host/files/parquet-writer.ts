/** Parquet files, written a row group at a time. */
import * as zlib from "node:zlib";
import type { ParquetWriter, Writer } from "hyparquet-writer";
import { EXIT_NOT_DONE, QuireError } from "../api/errors.js";
import { gatheringSink } from "./gathering-sink.js";
import { needPackage } from "./packages.js";
import type { RowSink, SinkColumn, Write } from "./row-file.js";
import { daysOf, integerType, microsecondsOf, scaled, uuidBytes } from "./values.js";

/** Rows of a group. */
const GROUP_ROWS = 65_536;
/** About how many bytes its values have at most. */
const GROUP_BYTES = 32 << 20;

/** An element of the schema, as the writer has it. */
type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]["schema"][number];
type Codec = "UNCOMPRESSED" | "SNAPPY" | "GZIP" | "BROTLI" | "ZSTD";

const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Uint8Array };

/** What compresses, by the names that users give. hyparquet-writer has snappy itself. */
const CODECS: ReadonlyMap<string, readonly [Codec, ((bytes: Uint8Array) => Uint8Array) | null]> = new Map<
  string,
  readonly [Codec, ((bytes: Uint8Array) => Uint8Array) | null]
>([
  ["none", ["UNCOMPRESSED", null]],
  ["snappy", ["SNAPPY", null]],
  ["gzip", ["GZIP", (bytes) => zlib.gzipSync(bytes)]],
  ["brotli", ["BROTLI", (bytes) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } })]],
  ...(zstdCompressSync === undefined ? [] : [["zstd", ["ZSTD", zstdCompressSync] as const] as const]),
]);

type Stored = (value: unknown) => unknown;

/** Bytes of the decimal of these digits, the highest first. */
const DECIMAL_BYTES = 16;

/** A column's element in the file, and what makes a stored value of one of ours; null: it is stored as it is. */
function storing({ type, scale, whole }: SinkColumn): readonly [Omit<SchemaElement, "name">, Stored | null] {
  const integer = integerType(type);
  if (integer !== null) {
    const { isSigned, bits } = integer;
    // The newer way to tell types is not used: hyparquet-writer spells the width so that DuckDB and others can't read it.
    const converted = `${isSigned ? "" : "U"}INT_${bits}` as NonNullable<SchemaElement["converted_type"]>;
    return [{ type: bits === 64 ? "INT64" : "INT32", converted_type: converted }, null];
  }
  switch (type) {
    case "boolean":
      return [{ type: "BOOLEAN" }, null];
    case "decimal": {
      const fits = whole + scale <= 18;
      const precision = fits ? Math.max(whole + scale, 1) : 38;
      const stored = fits ? { type: "INT64" as const } : { type: "FIXED_LEN_BYTE_ARRAY" as const, type_length: DECIMAL_BYTES };
      const logical = { type: "DECIMAL", precision, scale } as const;
      return [
        { ...stored, converted_type: "DECIMAL", logical_type: logical, precision, scale },
        (value) => scaled(String(value), scale),
      ];
    }
    case "date":
      return [{ type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } }, (value) => daysOf(String(value))];
    case "datetime": {
      const logical = { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } as const;
      const element = { type: "INT64", converted_type: "TIMESTAMP_MICROS", logical_type: logical } as const;
      return [element, (value) => microsecondsOf(String(value))];
    }
    case "text":
      return [{ type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } }, null];
    case "json":
      return [{ type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "JSON" } }, null];
    case "uuid":
      return [
        { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, logical_type: { type: "UUID" } },
        (value) => uuidBytes(String(value)),
      ];
    default:
      return [{ type: "BYTE_ARRAY" }, null];
  }
}

/** A file that is written to by appending to it. */
function writerOver(ByteWriter: new () => Writer & { index: number }, write: Write): Writer {
  const writer = new ByteWriter();
  const flush = (): void => {
    write(writer.getBytes());
    writer.index = 0;
  };
  writer.flush = flush;
  writer.finish = flush;
  return writer;
}

/** Makes a Parquet file of rows with these columns. `codec`: a name, snappy unless told. */
export async function parquetSink(columns: readonly SinkColumn[], write: Write, codec = "snappy"): Promise<RowSink> {
  const { ByteWriter, ParquetWriter } = await needPackage("hyparquet-writer", () => import("hyparquet-writer"));
  const known = CODECS.get(codec);
  if (known === undefined) {
    const names = Array.from(CODECS.keys()).join(", ");
    const zstd = codec === "zstd" ? ", which Node has from 22.15 on" : "";
    throw new QuireError("BAD_OPTION", `there is no codec ${codec} here${zstd}; codecs: ${names}`, EXIT_NOT_DONE);
  }
  const ways = columns.map(storing);
  const schema: SchemaElement[] = [
    { name: "schema", num_children: columns.length },
    ...columns.map(({ name, nullable }, i): SchemaElement => {
      const [element] = ways[i] as (typeof ways)[number];
      return { name, repetition_type: nullable ? "OPTIONAL" : "REQUIRED", ...element };
    }),
  ];
  const [name, compress] = known;
  const writer = new ParquetWriter({
    writer: writerOver(ByteWriter, write),
    schema,
    codec: name,
    compressors: compress === null ? {} : { [name]: compress },
    createdBy: "quire",
  });
  return gatheringSink({
    columns: columns.length,
    mostRows: GROUP_ROWS,
    mostBytes: GROUP_BYTES,
    store(value, i) {
      const [, store] = ways[i] as (typeof ways)[number];
      return store === null ? value : store(value);
    },
    async flush(data, rows) {
      await writer.write({
        columnData: columns.map((column, i) => ({ name: column.name, data: data[i] as unknown[] })),
        rowGroupSize: rows,
      });
    },
    async finish() {
      // Until now they were texts: the writer would have made JSON of their JSON.
      for (const element of schema) if (element.logical_type?.type === "JSON") element.converted_type = "JSON";
      await writer.finish();
    },
  });
}
