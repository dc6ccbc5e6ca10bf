/** The process of a swarm: runs commands on a store in memory, each in an instance of its own. `swarm.ts` starts it. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { compileModule } from "../../host/node/wasi.js";
import { runCommand } from "../torture/command.js";
import { Disk, Image } from "../torture/disk.js";
import type { SwarmOrder, SwarmReport } from "./swarm.js";

const module = await compileModule(process.argv[3]!);

function run(image: Image, words: readonly string[], schema: string | undefined): SwarmReport {
  const files = new Map([["store.db", image]]);
  if (schema !== undefined) files.set("schema", Image.of(Buffer.from(schema)));
  const { status, trap, pages, stdout, stderr } = runCommand(module, Disk.of(files), ["data/store.db", ...words]);
  return {
    status: status ?? -1,
    trap: status === null ? trap : null,
    memoryBytes: pages * 65536,
    // A dump of 1 MB need not go from process to process: nobody looks at more than what it begins and ends with.
    stdout: stdout.length > 4096 ? `${stdout.slice(0, 2048)}\n…\n${stdout.slice(-2048)}` : stdout,
    stderr,
  };
}

process.on("message", ({ path, commands, schema }: SwarmOrder) => {
  const image = Image.of(readFileSync(path));
  for (const words of commands) process.send!(run(image, words, schema));
});
process.on("disconnect", () => process.exit());
