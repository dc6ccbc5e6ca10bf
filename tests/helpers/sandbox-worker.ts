/** The thread of a sandbox: runs the module on one file after the other, each in an instance of its own. */
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WASI } from "node:wasi";
import { parentPort, workerData } from "node:worker_threads";
import type { SandboxRequest, SandboxResult } from "./sandbox.js";

const { folder, module } = workerData as { folder: string; module: WebAssembly.Module };
const path = join(folder, "store.db");
const streams = [join(folder, "stdin"), join(folder, "stdout"), join(folder, "stderr")];

/** Runs one command: what came of it. */
async function run({ args, bytes, env, keep }: SandboxRequest): Promise<SandboxResult> {
  if (bytes) writeFileSync(path, bytes);
  else if (!keep) rmSync(path, { force: true });
  writeFileSync(streams[0]!, "");
  const [stdin, stdout, stderr] = streams.map((name, at) => openSync(name, at === 0 ? "r" : "w+")) as [number, number, number];
  ftruncateSync(stdout, 0);
  const wasi = new WASI({
    version: "preview1",
    args: ["quire", ...args],
    env: { ...env },
    preopens: { "/data": folder },
    returnOnExit: true,
    stdin,
    stdout,
    stderr,
  });
  let status = -1;
  let trap: string | null = null;
  let memoryBytes = 0;
  try {
    const instance = await WebAssembly.instantiate(module, wasi.getImportObject() as WebAssembly.Imports);
    try {
      status = wasi.start(instance);
    } finally {
      memoryBytes = (instance.exports["memory"] as WebAssembly.Memory).buffer.byteLength;
    }
  } catch (error) {
    trap = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  for (const fd of [stdin, stdout, stderr]) closeSync(fd);
  return {
    status,
    trap,
    memoryBytes,
    stdout: readFileSync(streams[1]!, "utf8"),
    stderr: readFileSync(streams[2]!, "utf8"),
    bytes: keep && existsSync(path) ? readFileSync(path) : null,
  };
}

parentPort!.on("message", (request: SandboxRequest) => {
  void run(request).then((result) => parentPort!.postMessage(result));
});
