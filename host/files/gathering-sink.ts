/** Rows that are written many at once, column by column. */
import type { RowSink } from "./row-file.js";

/** What becomes of rows that were gathered. */
interface Gathering {
  readonly columns: number;
  /** How many rows go out at once, and about how many bytes their values have at most: so much is in memory. */
  readonly mostRows: number;
  readonly mostBytes: number;
  /** What is kept of a value of a column that is not null. */
  store(value: unknown, column: number): unknown;
  /** Writes rows: the values of each column. */
  flush(data: readonly (readonly unknown[])[], rows: number): Promise<void>;
  finish(): Promise<void>;
}

export function gatheringSink(gathering: Gathering): RowSink {
  const { columns, mostRows, mostBytes } = gathering;
  const none = (): unknown[][] => Array.from({ length: columns }, () => []);
  let data = none();
  let rows = 0;
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (rows === 0) return;
    await gathering.flush(data, rows);
    data = none();
    [rows, bytes] = [0, 0];
  };
  return {
    async write(list) {
      for (const row of list) {
        for (let i = 0; i < columns; i++) {
          const value = row[i];
          const stored = value === null ? null : gathering.store(value, i);
          bytes += typeof stored === "string" || stored instanceof Uint8Array ? stored.length + 8 : 8;
          (data[i] as unknown[]).push(stored);
        }
        if (++rows >= mostRows || bytes >= mostBytes) await flush();
      }
    },
    async finish() {
      await flush();
      await gathering.finish();
    },
  };
}
