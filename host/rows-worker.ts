/** The thread that `files/rows-thread.ts` starts: opens a file of rows, says what it has, and gives its rows as they are asked for. */
import { parentPort, workerData } from "node:worker_threads";
import { reasonOf } from "./api/errors.js";
import { openArrow } from "./files/arrow-reader.js";
import { openParquet } from "./files/parquet-reader.js";
import type { Batch, RowFile } from "./files/row-file.js";
import type { RowsAnswer, RowsQuestion, RowsTask, SentUnfit } from "./files/rows-thread.js";
import { Unfit, documentText } from "./files/values.js";

/** Rows that are sent at once. */
const SENT_ROWS = 4096;

const { path, kind } = workerData as RowsTask;
const port = parentPort;
if (port === null) throw new Error("this is a thread's program");

function say(answer: RowsAnswer): void {
  port?.postMessage(answer);
}

function sayError(error: unknown): void {
  const { code } = error as { code?: unknown };
  say({ error: { code: typeof code === "string" ? code : null, message: reasonOf(error) } });
}

/** Rows of a batch from `start` on, column by column. */
function partOf(file: RowFile, { rows, values }: Batch, start: number): RowsAnswer {
  const count = Math.min(SENT_ROWS, rows - start);
  const unfit: SentUnfit[] = [];
  const lists = values.map((get, column) => {
    const isDocument = file.columns[column]?.type === "json";
    return Array.from({ length: count }, (_, row): unknown => {
      try {
        const value = get(start + row);
        if (isDocument && value !== null) return documentText(value);
        // A part of a larger piece of memory would be sent with all of that.
        return value instanceof Uint8Array ? value.slice() : value;
      } catch (error) {
        if (!(error instanceof Unfit)) throw error;
        unfit.push({ column, row, message: error.message, text: error.text });
        return null;
      }
    });
  });
  return { rows: count, values: lists, unfit };
}

async function* answersOf(file: RowFile): AsyncGenerator<RowsAnswer> {
  for await (const batch of file.batches()) {
    for (let start = 0; start < batch.rows; start += SENT_ROWS) yield partOf(file, batch, start);
  }
}

try {
  const file = await (kind === "parquet" ? openParquet(path) : openArrow(path));
  let answers = answersOf(file);
  port.on("message", (question: RowsQuestion) => {
    if (question === "first") answers = answersOf(file);
    answers.next().then(({ done, value }) => say(done === true ? { end: true } : value), sayError);
  });
  say({ columns: file.columns, rows: file.rows, notes: file.notes });
} catch (error) {
  sayError(error);
}
