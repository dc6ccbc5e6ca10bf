/** Arrow IPC, files and streams, read a record batch at a time. */
import { type FileHandle, open } from "node:fs/promises";
import type { Data, RecordBatch, RecordBatchReader, Schema } from "apache-arrow";
import { ArrowTypes } from "./arrow-types.js";
import { reasonOf } from "../api/errors.js";
import { endIsMarked } from "./arrow-frames.js";
import { asBadFile, badFile } from "./bad-file.js";
import { decodeLz4Frame } from "./lz4.js";
import { needPackage } from "./packages.js";
import { zstd } from "./parquet-reader.js";
import { type Batch, type RowFile, nameOfTwo } from "./row-file.js";

export const loadArrow = (): Promise<typeof import("apache-arrow")> => needPackage("apache-arrow", () => import("apache-arrow"));

/** Opens a file or a stream of Arrow: `BAD_FILE` where it is neither. */
export async function openArrow(path: string): Promise<RowFile> {
  const arrow = await loadArrow();
  const { RecordBatchReader, compressionRegistry, CompressionType } = arrow;
  if (compressionRegistry.get(CompressionType.LZ4_FRAME) === null) {
    compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: decodeLz4Frame });
  }
  if (compressionRegistry.get(CompressionType.ZSTD) === null) {
    const decode = await zstd().catch(() => null);
    if (decode !== null) compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => decode(bytes, 0) });
  }
  const handles: FileHandle[] = [];
  const close = async (): Promise<void> => {
    // Readers close their files at the end, but not where something goes wrong.
    for (const handle of handles.splice(0)) await handle.close().catch(() => undefined);
  };
  const start = async (): Promise<RecordBatchReader> => {
    const handle = await open(path);
    handles.push(handle);
    const reader = await RecordBatchReader.from(handle);
    return await reader.open();
  };
  try {
    const probe = await open(path);
    handles.push(probe);
    const isMarked = await endIsMarked(path, probe);
    const { schema } = (await start()) as { schema?: Schema | null };
    if (!schema) throw badFile(path, "it is no file and no stream of Arrow");
    const types = new ArrowTypes(arrow);
    const readings = schema.fields.map((field) => types.field(field));
    const columns = schema.fields.map(({ name, nullable, type }, i) => ({
      name,
      type: (readings[i] as { readonly type: string }).type,
      nullable: nullable || arrow.DataType.isNull(type),
    }));
    const twice = nameOfTwo(columns);
    if (twice !== undefined) throw badFile(path, `two columns are called ${twice}`);
    return {
      columns,
      rows: null,
      notes: isMarked
        ? []
        : [`${path} does not say where it ends, which streams of Arrow need not: if it was cut, rows are missing`],
      async *batches() {
        const batches = (await start())[Symbol.asyncIterator]();
        for (let number = 1; ; number++) {
          const next = await batches.next().catch((error: unknown) => {
            throw asBadFile(path, `record batch ${number}`, error);
          });
          if (next.done === true) return;
          yield batchOf(path, number, next.value, readings);
        }
      },
      close,
    };
  } catch (error) {
    await close();
    const [, unknown] = /^Unrecognized type: "([A-Z]\w*)"/.exec(reasonOf(error)) ?? [];
    if (unknown !== undefined && unknown !== "undefined") {
      throw badFile(path, `apache-arrow reads no columns of the type ${unknown}; write them as another one`, error);
    }
    throw asBadFile(path, "what it says of its columns", error);
  }
}

function batchOf(
  path: string,
  number: number,
  { numRows, data }: RecordBatch,
  readings: readonly { get: (data: Data, at: number) => unknown }[],
): Batch {
  if (data.children.some(({ length }) => length !== numRows)) {
    throw badFile(path, `columns of record batch ${number} are not of one length; it is damaged, get it anew`);
  }
  const values = readings.map(({ get }, i) => {
    const column = data.children[i] as Data;
    return (row: number): unknown => {
      try {
        return get(column, row);
      } catch (error) {
        throw asBadFile(path, `record batch ${number}`, error);
      }
    };
  });
  return { rows: numRows, values };
}
