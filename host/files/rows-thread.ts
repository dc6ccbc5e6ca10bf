/**
 * Files of rows, read in a thread of their own: the packages that read them know no end with some damaged ones. The program goes on meanwhile, and
 * ends the thread when it is told to, or nothing comes for too long.
 */
import { Worker } from "node:worker_threads";
import { EXIT_NOT_DONE, QuireError } from "../api/errors.js";
import { JsonText } from "../api/document.js";
import { badFile } from "./bad-file.js";
import type { FileKind } from "./kinds.js";
import type { Batch, FileColumn, RowFile } from "./row-file.js";
import { Unfit } from "./values.js";

export interface RowsTask {
  readonly path: string;
  readonly kind: FileKind;
}

/** What the thread is asked: to begin with the first row, or for the next rows. */
export type RowsQuestion = "first" | "next";

/** A value that does not fit: where it is, why, and its text. */
export interface SentUnfit {
  readonly column: number;
  readonly row: number;
  readonly message: string;
  readonly text: string | null;
}

/** What a file of rows has. */
export type FileHead = Pick<RowFile, "columns" | "rows" | "notes">;

/** What the thread answers: what the file has, rows column by column, or that there are no more. */
export type RowsAnswer =
  | FileHead
  | { readonly rows: number; readonly values: readonly (readonly unknown[])[]; readonly unfit: readonly SentUnfit[] }
  | { readonly end: true }
  | { readonly error: { readonly code: string | null; readonly message: string } };

/** Milliseconds that rows may take to come, unless told. */
const PATIENCE_MS = 300_000;

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds that a part of the file may take to be read, 5 minutes unless told: then it is taken for damaged. */
  readonly readTimeout?: number;
}

class Thread {
  readonly #worker: Worker;
  readonly #path: string;
  readonly #options: ReadOptions;

  constructor(task: RowsTask, options: ReadOptions) {
    this.#path = task.path;
    this.#options = options;
    this.#worker = new Worker(new URL("../rows-worker.js", import.meta.url), { workerData: task });
  }

  /** The thread's next answer; what went wrong is thrown. */
  async answer(question: RowsQuestion | null): Promise<Exclude<RowsAnswer, { error: unknown }>> {
    const { signal, readTimeout = PATIENCE_MS } = this.#options;
    signal?.throwIfAborted();
    const bad = (what: string): QuireError => badFile(this.#path, what);
    const worker = this.#worker;
    const answer = await new Promise<RowsAnswer>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(bad(`it was not read after ${readTimeout / 1000} seconds; it may be damaged`)),
        readTimeout,
      );
      const stop = (): void => reject(signal?.reason as Error);
      const fail = (error: Error): void => reject(bad(error.message));
      const over = (): void => reject(bad("the thread that reads it has ended"));
      const settle = (result: RowsAnswer): void => resolve(result);
      signal?.addEventListener("abort", stop, { once: true });
      worker.once("message", settle).once("error", fail).once("exit", over);
      this.#forget = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", stop);
        worker.off("message", settle).off("error", fail).off("exit", over);
      };
      if (question !== null) worker.postMessage(question);
    }).finally(() => this.#forget());
    if (!("error" in answer)) return answer;
    const { code, message } = answer.error;
    throw new QuireError(code ?? "BAD_FILE", message, EXIT_NOT_DONE);
  }

  #forget: () => void = () => undefined;

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Opens a file in a thread of its own. */
export async function openInThread(task: RowsTask, options: ReadOptions): Promise<RowFile> {
  const thread = new Thread(task, options);
  try {
    const opened = (await thread.answer(null)) as FileHead;
    return { ...opened, batches: () => batchesOf(thread, opened.columns), close: () => thread.end() };
  } catch (error) {
    await thread.end();
    throw error;
  }
}

async function* batchesOf(thread: Thread, columns: readonly FileColumn[]): AsyncGenerator<Batch> {
  for (let question: RowsQuestion = "first"; ; question = "next") {
    const answer = await thread.answer(question);
    if (!("values" in answer)) return;
    const { rows, values, unfit } = answer;
    yield {
      rows,
      values: columns.map(({ type }, i) => {
        const list = values[i] as readonly unknown[];
        const odd = new Map(unfit.filter(({ column }) => column === i).map((one) => [one.row, one]));
        return (row: number): unknown => {
          const found = odd.get(row);
          if (found !== undefined) throw new Unfit(found.message, found.text);
          const value = list[row];
          return type === "json" && value !== null ? JsonText.of(value as string) : value;
        };
      }),
    };
  }
}
