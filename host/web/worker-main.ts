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

/** What asks for the file's bytes, in the place of a request. */
export const CONTENTS = 1;

const scope = self as unknown as DedicatedWorkerGlobalScope;

async function answer(opened: OpenedFile, message: string | typeof CONTENTS | null): Promise<unknown> {
  if (message === CONTENTS) return opened.contents();
  if (message !== null) return opened.engine.request(message);
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
    scope.onmessage = ({ data }: MessageEvent<string | typeof CONTENTS | null>) => {
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
