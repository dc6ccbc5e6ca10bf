/**
 * The bench's workloads on the engine, inside the module: no JSON, no process per operation.
 *
 * workload MODE PEER FILE N [cache=BYTES] [bytes=BYTES]
 */
import "../../assembly/text/packed-text";
import "../../assembly/wasi/abort";
import { commandArguments } from "../../assembly/wasi/stdio";
import { describeRun } from "./bench";
import { runAmplify, runFill, runFull, runOpen, runRandom } from "./users";
import { runPosts } from "./posts";
import { runWide } from "./wide";
import { runRaw } from "./raw";
import { runTables } from "./tables";

function option(args: Array<string>, name: string, otherwise: u32): u32 {
  for (let i = 5; i < args.length; i++) {
    if (args[i].startsWith(name + "=")) return <u32>parseInt(args[i].substring(name.length + 1));
  }
  return otherwise;
}

const args = commandArguments();
const mode = args.length > 1 ? args[1] : "null";
if (args.length > 4) {
  const path = args[3];
  const n = <u32>parseInt(args[4]);
  const cacheBytes = <u64>option(args, "cache", 0);
  describeRun(args[2], n);
  if (mode == "full") runFull(path, n, cacheBytes);
  else if (mode == "random") runRandom(path, n, cacheBytes);
  else if (mode == "fill") runFill(path, n, cacheBytes);
  else if (mode == "open") runOpen(path, n, cacheBytes);
  else if (mode == "amplify") runAmplify(path, n, cacheBytes);
  else if (mode == "wide") runWide(path, n, cacheBytes, option(args, "bytes", 1024));
  else if (mode == "posts") runPosts(path, n, cacheBytes);
  else if (mode == "tables") runTables(path, n, cacheBytes);
  else if (mode == "raw") runRaw(path);
  else unreachable();
}
