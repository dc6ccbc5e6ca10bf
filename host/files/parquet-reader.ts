/** Parquet files, read a row group at a time. */
import { type FileHandle, open } from "node:fs/promises";
import * as zlib from "node:zlib";
import type { AsyncBuffer, Compressors, FileMetaData, ParquetParsers, SchemaTree } from "hyparquet";
import { EXIT_NOT_DONE, QuireError } from "../api/errors.js";
import { asBadFile, badFile } from "./bad-file.js";
import { decodeLz4, decodeLz4Blocks } from "./lz4.js";
import { needPackage } from "./packages.js";
import { asStored, documentReading, readingOf } from "./parquet-types.js";
import { type Batch, type FileColumn, type RowFile, nameOfTwo } from "./row-file.js";
import { Unfit, dateText, datetimeText, utf8Text } from "./values.js";

/** A file as hyparquet reads it. */
async function bufferOf(path: string, file: FileHandle): Promise<AsyncBuffer> {
  const { size } = await file.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      if (!(start >= 0 && end >= start && end <= size))
        throw badFile(path, `bytes ${start} to ${end} are asked for, and it has ${size}`);
      const bytes = new Uint8Array(end - start);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
      if (bytesRead < bytes.length) throw badFile(path, `it ends before byte ${end}`);
      return bytes.buffer;
    },
  };
}

/** What hyparquet makes of texts, of times of 96 bits, and of what variants hold. */
const PARSERS: Partial<ParquetParsers> = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && utf8Text(bytes),
  dateFromDays: dateText,
  timestampFromMilliseconds: (ticks) => datetimeText(ticks, "millisecond"),
  timestampFromMicroseconds: (ticks) => datetimeText(ticks, "microsecond"),
  timestampFromNanoseconds: (ticks) => datetimeText(ticks, "nanosecond"),
};

/** What takes the compression away that columns of a file have. */
async function compressorsOf(metadata: FileMetaData): Promise<Compressors> {
  const used = new Set(metadata.row_groups.flatMap(({ columns }) => columns.map((column) => column.meta_data?.codec)));
  const compressors: Compressors = {
    GZIP: (bytes, maxOutputLength) => zlib.gunzipSync(bytes, { maxOutputLength: Math.max(maxOutputLength, 1) }),
    BROTLI: (bytes, maxOutputLength) => zlib.brotliDecompressSync(bytes, { maxOutputLength: Math.max(maxOutputLength, 1) }),
    LZ4_RAW: decodeLz4,
    LZ4: decodeLz4Blocks,
  };
  return used.has("ZSTD") ? { ...compressors, ZSTD: await zstd() } : compressors;
}

/** What reads zstd: Node's own, or the package for older ones. The length is that of what comes out, 0: not known. */
export async function zstd(): Promise<(bytes: Uint8Array, length: number) => Uint8Array> {
  const { zstdDecompressSync: own } = zlib as { zstdDecompressSync?: (bytes: Uint8Array, options: object) => Uint8Array };
  if (own !== undefined) return (bytes, length) => own(bytes, length === 0 ? {} : { maxOutputLength: length });
  const { decompress } = await needPackage("fzstd", () => import("fzstd"));
  return (bytes, length) => (length === 0 ? decompress(bytes) : decompress(bytes, new Uint8Array(length)));
}

/** Opens a Parquet file: `BAD_FILE` where it is none. */
export async function openParquet(path: string): Promise<RowFile> {
  const { parquetMetadataAsync, parquetSchema, parquetRead } = await needPackage("hyparquet", () => import("hyparquet"));
  const handle = await open(path);
  try {
    const file = await bufferOf(path, handle);
    const metadata = await parquetMetadataAsync(file, { geoparquet: false });
    const trees = parquetSchema(metadata).children;
    const columns = trees.map(columnOf);
    const twice = nameOfTwo(columns);
    if (twice !== undefined) throw badFile(path, `two columns are called ${twice}`);
    const compressors = await compressorsOf(metadata);
    const stored = asStored(metadata);
    const readGroup = async (start: number, rows: number): Promise<Map<string, ArrayLike<unknown>>> => {
      const chunks = new Map<string, ArrayLike<unknown>[]>();
      await parquetRead({
        file,
        metadata: stored,
        compressors,
        utf8: false,
        rowStart: start,
        rowEnd: start + rows,
        parsers: PARSERS,
        onChunk({ columnName, columnData }) {
          const known = chunks.get(columnName);
          if (known === undefined) chunks.set(columnName, [columnData as ArrayLike<unknown>]);
          else known.push(columnData as ArrayLike<unknown>);
        },
      });
      return new Map(Array.from(chunks, ([name, parts]) => [name, joined(parts)]));
    };
    return {
      columns,
      rows: Number(metadata.num_rows),
      batches: () => groupsOf(path, metadata, trees, readGroup),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw asBadFile(path, error);
  }
}

const isNested = ({ element, children }: SchemaTree): boolean => children.length > 0 || element.repetition_type === "REPEATED";

function columnOf(tree: SchemaTree): FileColumn {
  const { name, repetition_type: repetition } = tree.element;
  return { name, type: isNested(tree) ? "json" : readingOf(tree.element).type, nullable: repetition !== "REQUIRED" };
}

/** A column's parts as one. */
function joined(parts: readonly ArrayLike<unknown>[]): ArrayLike<unknown> {
  const [only] = parts;
  return parts.length === 1 ? (only as ArrayLike<unknown>) : parts.flatMap((part) => Array.from(part));
}

async function* groupsOf(
  path: string,
  { row_groups: groups }: FileMetaData,
  trees: readonly SchemaTree[],
  read: (start: number, rows: number) => Promise<Map<string, ArrayLike<unknown>>>,
): AsyncGenerator<Batch> {
  const readings = trees.map((tree) => (isNested(tree) ? documentReading(tree) : readingOf(tree.element).read));
  let start = 0;
  for (const group of groups) {
    const rows = Number(group.num_rows);
    if (rows === 0) continue;
    let columns: Map<string, ArrayLike<unknown>>;
    try {
      columns = await read(start, rows);
    } catch (error) {
      if (error instanceof Unfit)
        throw new QuireError("BAD_VALUE", `rows ${start + 1} to ${start + rows}: ${error.message}`, EXIT_NOT_DONE);
      throw asBadFile(path, error);
    }
    const values = trees.map(({ element: { name } }, i) => {
      const data = columns.get(name);
      if (data?.length !== rows) throw badFile(path, `column ${name} has ${data?.length ?? 0} values in a group of ${rows} rows`);
      const reading = readings[i] as ((stored: unknown) => unknown) | null;
      return (row: number): unknown => {
        const stored = data[row];
        if (stored === undefined || stored === null) return null;
        return reading === null ? stored : reading(stored);
      };
    });
    yield { rows, values };
    start += rows;
  }
}
