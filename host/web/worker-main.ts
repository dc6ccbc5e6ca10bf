/** The worker that `open.ts` starts: opens the file, answers requests, and ends with the one that is null. */
import { sendable } from "../api/thread-messages.js";
import { OpenedFile, type Source, type WebOptions } from "./opened.js";

/** What the worker is to open. */
export interface WebTask {
  readonly source: Source;
  readonly options: WebOptions;
  readonly module: WebAssembly.Module;
  /** Shared by both, where the page may share memory: 1 when what runs has to stop. */
  readonly stop: Int32Array | null;
}

/** What a worker is asked for that is no request: the file's bytes, and to run a command of the module. */
export type WebQuestion =
  | { readonly contents: true }
  | { readonly command: readonly string[]; readonly other: Blob | null; readonly module: WebAssembly.Module };

const scope = self as unknown as DedicatedWorkerGlobalScope;

async function answer(opened: OpenedFile, message: string | WebQuestion | null): Promise<unknown> {
  if (typeof message === "string") return opened.engine.request(message);
  if (message !== null)
    return "contents" in message ? opened.contents() : opened.command(message.module, message.command, message.other);
  try {
    opened.engine.close();
  } finally {
    await opened.tidy();
  }
  return null;
}

async function begin({ source, options, module, stop }: WebTask): Promise<void> {
  const isStopped = (): boolean => stop !== null && Atomics.load(stop, 0) === 1;
  try {
    const opened = await OpenedFile.open(source, options, module, isStopped);
    // Messages come one after the other, and are answered so.
    let last = Promise.resolve();
    scope.onmessage = ({ data }: MessageEvent<string | WebQuestion | null>) => {
      last = last.then(async () => {
        try {
          scope.postMessage({ value: await answer(opened, data) });
        } catch (error) {
          scope.postMessage(sendable(error));
        }
      });
    };
    scope.postMessage({ value: null });
  } catch (error) {
    scope.postMessage(sendable(error));
  }
}

scope.onmessage = ({ data }: MessageEvent<WebTask>) => void begin(data);
