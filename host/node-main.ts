/** The program that `runtimes/node.ts` starts: runs the invocation that its only argument describes, as JSON. */
import { QuireError } from "./api/errors.js";
import { runInProcess } from "./node/wasi.js";
import { report } from "./cli/report.js";
import type { Invocation } from "./runtimes/adapter.js";

const invocation = JSON.parse(process.argv[2] ?? "") as Invocation;
try {
  process.exitCode = await runInProcess(invocation);
} catch (error) {
  if (!(error instanceof QuireError)) throw error;
  report(error, invocation.args);
  process.exitCode = error.exitStatus;
}
