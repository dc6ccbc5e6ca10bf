/** The program that `runtimes/node.ts` starts: runs the invocation that its only argument describes, as JSON. */
import { QuireError } from "./errors.js";
import { runInProcess } from "./node-wasi.js";
import { printable } from "./printable.js";
import type { Invocation } from "./runtimes/adapter.js";

try {
  process.exitCode = await runInProcess(JSON.parse(process.argv[2] ?? "") as Invocation);
} catch (error) {
  if (!(error instanceof QuireError)) throw error;
  process.stderr.write(`quire: ${error.code}: ${printable(error.message)}\n`);
  process.exitCode = error.exitStatus;
}
