/** What files of rows have in common, whatever their format: columns of our types, and rows in batches. */

/** A column as a file has it. */
export interface FileColumn {
  readonly name: string;
  /** The type that a table has for it. */
  readonly type: string;
  readonly nullable: boolean;
}

/** The name that two of the columns have; undefined: all are called differently. */
export function nameOfTwo(columns: readonly { readonly name: string }[]): string | undefined {
  const names = new Set<string>();
  return columns.find(({ name }) => names.size === names.add(name).size)?.name;
}

/** Some rows: for each column what its value is in a row. */
export interface Batch {
  readonly rows: number;
  /** The value in a row, as rows of the package have it; null where there is none. Throws `Unfit`. */
  readonly values: readonly ((row: number) => unknown)[];
}

/** A file of rows to be read. */
export interface RowFile {
  readonly columns: readonly FileColumn[];
  /** How many rows there are; null when that is not known before they are read. */
  readonly rows: number | null;
  /** What people should know of it. */
  readonly notes: readonly string[];
  batches(): AsyncIterable<Batch>;
  close(): Promise<void>;
}

/** A file of rows to be written. */
export interface RowSink {
  /** Takes rows as lists of their values, in the order of the columns. */
  write(rows: readonly (readonly unknown[])[]): void | Promise<void>;
  finish(): void | Promise<void>;
}

/** A column of rows that are written. */
export interface SinkColumn extends FileColumn {
  /** Digits behind the point that all values of a decimal have room for, and before it. */
  readonly scale: number;
  readonly whole: number;
}

/** Takes bytes in their order. */
export type Write = (bytes: Uint8Array) => void;
