/** The process of a sandbox: runs the module again and again, each time in an instance of its own. `sandbox.ts` starts it. */
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { compileModule, loadWasi } from "../../host/node/wasi.js";
import type { RunReport } from "./module-child.js";
import type { SandboxRun } from "./sandbox.js";

const WASI = loadWasi();
const [folder, modulePath] = process.argv.slice(2) as [string, string];
const module = await compileModule(modulePath);

/** Runs one command on the files in the folder. */
async function run({ args, env }: SandboxRun): Promise<RunReport> {
  const stdin = openSync(join(folder, "stdin"), "r");
  const stdout = openSync(join(folder, "stdout"), "w");
  const stderr = openSync(join(folder, "stderr"), "w");
  const preopens = { "/data": folder };
  const wasi = new WASI({
    version: "preview1",
    args: ["quire", ...args],
    env,
    preopens,
    returnOnExit: true,
    stdin,
    stdout,
    stderr,
  });
  const reply: { -readonly [Field in keyof RunReport]: RunReport[Field] } = { status: -1, trap: null, memoryBytes: 0 };
  try {
    const instance = await WebAssembly.instantiate(module, wasi.getImportObject() as WebAssembly.Imports);
    try {
      reply.status = wasi.start(instance);
    } finally {
      reply.memoryBytes = (instance.exports["memory"] as WebAssembly.Memory).buffer.byteLength;
    }
  } catch (error) {
    reply.trap = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  for (const fd of [stdin, stdout, stderr]) closeSync(fd);
  return reply;
}

process.on("message", (request: SandboxRun) => {
  void run(request).then((reply) => process.send!(reply));
});
process.on("disconnect", () => process.exit());
