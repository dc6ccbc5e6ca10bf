/** The thread that `node/worker-engine.ts` starts: opens the file, answers requests, and ends with the one that is null. */
import { parentPort, workerData } from "node:worker_threads";
import { sendable } from "./api/thread-messages.js";
import { openInProcess } from "./node/in-process.js";
import type { WorkerTask } from "./node/worker-engine.js";

const { place, options, stop } = workerData as WorkerTask;
const port = parentPort;
if (port === null) throw new Error("this is a thread's program");
try {
  const engine = openInProcess(place, options, null, () => Atomics.load(stop, 0) === 1);
  port.postMessage({ value: null });
  port.on("message", (message: string | null) => {
    try {
      if (message === null) engine.close();
      port.postMessage({ value: message === null ? null : engine.request(message) });
    } catch (error) {
      port.postMessage(sendable(error));
    }
    if (message === null) port.close();
  });
} catch (error) {
  port.postMessage(sendable(error));
}
