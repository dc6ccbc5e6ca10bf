/** What a file of rows is: by what it begins with, or is called. */
import { extname } from "node:path";
import { firstBytes } from "../node/whole-file.js";

/** Files that the host reads and writes; all others are the module's. `arrows` is Arrow's stream. */
export type FileKind = "parquet" | "arrow" | "arrows" | "sqlite";

const ENDINGS: ReadonlyMap<string, FileKind> = new Map([
  [".parquet", "parquet"],
  [".parq", "parquet"],
  [".arrow", "arrow"],
  [".feather", "arrow"],
  [".ipc", "arrow"],
  [".arrows", "arrows"],
  [".sqlite", "sqlite"],
  [".sqlite3", "sqlite"],
  [".db3", "sqlite"],
]);

/** What a file of this name is to be; null: none of these. */
export function kindNamed(path: string): FileKind | null {
  return ENDINGS.get(extname(path).toLowerCase()) ?? null;
}

const BEGINNINGS: readonly (readonly [string, FileKind])[] = [
  ["PAR1", "parquet"],
  ["ARROW1", "arrow"],
  ["\xff\xff\xff\xff", "arrows"],
  ["SQLite format 3\0", "sqlite"],
];

/** What the file begins with; null where that is none of these, or it can't be read. */
export function kindOfFile(path: string): FileKind | null {
  try {
    const head = firstBytes(path, 16).toString("latin1");
    return BEGINNINGS.find(([start]) => head.startsWith(start))?.[1] ?? null;
  } catch {
    return null;
  }
}

/** Formats of text. */
export type TextFormat = "csv" | "tsv" | "ndjson" | "json";

/** Those that the ending of a file's name stands for. */
export const TEXT_FORMATS: ReadonlyMap<string, TextFormat> = new Map([
  [".csv", "csv"],
  [".tsv", "tsv"],
  [".tab", "tsv"],
  [".ndjson", "ndjson"],
  [".jsonl", "ndjson"],
  [".json", "json"],
]);
