/** Parquet files, read a row group at a time. */
import { type FileHandle, open } from "node:fs/promises";
import * as zlib from "node:zlib";
import type { AsyncBuffer, ColumnChunk, Compressors, FileMetaData, ParquetParsers, RowGroup, SchemaTree } from "hyparquet";
import { EXIT_NOT_DONE, QuireError } from "../api/errors.js";
import { Damage, asBadFile, badFile } from "./bad-file.js";
import { decodeLz4, decodeLz4Blocks } from "./lz4.js";
import { needPackage } from "./packages.js";
import { leavesOf, watchedPages } from "./parquet-pages.js";
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
async function unpackersOf(metadata: FileMetaData): Promise<Compressors> {
  const used = new Set(metadata.row_groups.flatMap(({ columns }) => columns.map((column) => column.meta_data?.codec)));
  const { snappyUncompress } = await import("hyparquet");
  const unpackers: Compressors = {
    SNAPPY(bytes, length) {
      const output = new Uint8Array(length);
      snappyUncompress(bytes, output);
      return output;
    },
    GZIP: (bytes, maxOutputLength) => zlib.gunzipSync(bytes, { maxOutputLength: Math.max(maxOutputLength, 1) }),
    BROTLI: (bytes, maxOutputLength) => zlib.brotliDecompressSync(bytes, { maxOutputLength: Math.max(maxOutputLength, 1) }),
    LZ4_RAW: decodeLz4,
    LZ4: decodeLz4Blocks,
  };
  return used.has("ZSTD") ? { ...unpackers, ZSTD: await zstd() } : unpackers;
}

/** What reads zstd: Node's own, or the package for older ones. The length is that of what comes out, 0: not known. */
export async function zstd(): Promise<(bytes: Uint8Array, length: number) => Uint8Array> {
  const { zstdDecompressSync: own } = zlib as { zstdDecompressSync?: (bytes: Uint8Array, options: object) => Uint8Array };
  if (own !== undefined) return (bytes, length) => own(bytes, length === 0 ? {} : { maxOutputLength: length });
  const { decompress } = await needPackage("fzstd", () => import("fzstd"));
  return (bytes, length) => (length === 0 ? decompress(bytes) : decompress(bytes, new Uint8Array(length)));
}

/** What all Parquet files begin and end with; before the end is the length of what the file says of itself. */
const MARK = Buffer.from("PAR1");
const END_BYTES = 8;

/** Refuses a file that has not been written to its end. */
async function checkEnds(path: string, file: AsyncBuffer): Promise<void> {
  const size = file.byteLength;
  const isMark = async (at: number): Promise<boolean> => size >= at + 4 && MARK.equals(Buffer.from(await file.slice(at, at + 4)));
  const hasBoth = size >= 4 + END_BYTES && (await isMark(0)) && (await isMark(size - 4));
  const length = hasBoth ? new DataView(await file.slice(size - END_BYTES, size)).getUint32(0, true) : 0;
  if (hasBoth && length > 0 && length <= size - 4 - END_BYTES) return;
  throw badFile(path, "it does not end as Parquet files do: it was cut, or not written to its end; get it anew");
}

/** Opens a Parquet file: `BAD_FILE` where it is none. */
export async function openParquet(path: string): Promise<RowFile> {
  const { parquetMetadataAsync, parquetSchema, parquetRead } = await needPackage("hyparquet", () => import("hyparquet"));
  const { parquetHeader } = await import("hyparquet/src/column.js");
  const handle = await open(path);
  try {
    const file = await bufferOf(path, handle);
    await checkEnds(path, file);
    const metadata = await parquetMetadataAsync(file, { geoparquet: false });
    const trees = parquetSchema(metadata).children;
    const leaves = leavesOf(trees);
    const columns = trees.map(columnOf);
    const twice = nameOfTwo(columns);
    if (twice !== undefined) throw badFile(path, `two columns are called ${twice}`);
    const unpackers = await unpackersOf(metadata);
    const stored = asStored(metadata);
    /** The group, with a compression of its own for each column: what takes it away looks at the pages, too. */
    const watched = async (group: RowGroup, compressors: Compressors): Promise<RowGroup> => {
      const chunks: ColumnChunk[] = [];
      for (const chunk of group.columns) {
        const { meta_data: column } = chunk;
        if (column === undefined) throw new Damage("it says nothing of a column");
        const name = column.path_in_schema.join(".");
        const leaf = leaves.get(name);
        const unpack = column.codec === "UNCOMPRESSED" ? (bytes: Uint8Array) => bytes : unpackers[column.codec];
        if (leaf === undefined) throw new Damage(`it has a column ${name} that it says nothing of`);
        if (unpack === undefined) throw badFile(path, `column ${name} is compressed by ${column.codec}, which is not known here`);
        const start = Number(column.dictionary_page_offset ?? 0) || Number(column.data_page_offset);
        const bytes = new Uint8Array(await file.slice(start, start + Number(column.total_compressed_size)));
        const codec = `column ${chunks.length}` as keyof Compressors;
        try {
          compressors[codec] = watchedPages(bytes, column.num_values, Number(group.num_rows), leaf, parquetHeader, unpack);
        } catch (error) {
          throw asBadFile(path, `column ${name}`, error);
        }
        chunks.push({ ...chunk, meta_data: { ...column, codec } });
      }
      return { ...group, columns: chunks };
    };
    const readGroup = async (group: RowGroup): Promise<Map<string, ArrayLike<unknown>>> => {
      const chunks = new Map<string, ArrayLike<unknown>[]>();
      const compressors: Compressors = {};
      await parquetRead({
        file,
        metadata: { ...stored, num_rows: group.num_rows, row_groups: [await watched(group, compressors)] },
        compressors,
        utf8: false,
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
      notes: [],
      batches: () => groupsOf(path, metadata, trees, readGroup),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw asBadFile(path, "what it says of its columns", error);
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
  read: (group: RowGroup) => Promise<Map<string, ArrayLike<unknown>>>,
): AsyncGenerator<Batch> {
  const readings = trees.map((tree) => (isNested(tree) ? documentReading(tree) : readingOf(tree.element).read));
  let start = 0;
  for (const group of groups) {
    const rows = Number(group.num_rows);
    if (rows === 0) continue;
    let columns: Map<string, ArrayLike<unknown>>;
    try {
      columns = await read(group);
    } catch (error) {
      if (error instanceof Unfit)
        throw new QuireError("BAD_VALUE", `rows ${start + 1} to ${start + rows}: ${error.message}`, EXIT_NOT_DONE);
      throw asBadFile(path, `rows ${start + 1} to ${start + rows}`, error);
    }
    const values = trees.map(({ element: { name } }, i) => {
      const data = columns.get(name);
      if (data?.length !== rows)
        throw badFile(
          path,
          `column ${name} has ${data?.length ?? 0} values in a group of ${rows} rows; it is damaged, get it anew`,
        );
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
