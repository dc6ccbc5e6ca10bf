/** The process of a swarm: runs commands on a store in memory, each in an instance of its own. `swarm.ts` starts it. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { compileModule } from "../../host/node-wasi.js";
import { Disk, Image } from "../torture/disk.js";
import { Exit, Host } from "../torture/host.js";
import type { SwarmOrder, SwarmReport } from "./swarm.js";

const module = await compileModule(process.argv[2]!);

function run(image: Image, words: readonly string[]): SwarmReport {
  const host = new Host(new WebAssembly.Memory({ initial: 0 }));
  host.use(Disk.of(new Map([["store.db", image]])), 1);
  host.args = ["quire", "data/store.db", ...words];
  let status = 0;
  let trap: string | null = null;
  try {
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: host.imports() });
    host.memory = instance.exports["memory"] as WebAssembly.Memory;
    (instance.exports as unknown as { _start: () => void })._start();
  } catch (error) {
    if (error instanceof Exit) status = error.status;
    else {
      status = -1;
      trap = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
  }
  // A dump of 1 MB need not go from process to process: nobody looks at more than what it begins and ends with.
  const stdout = host.stdout.length > 4096 ? `${host.stdout.slice(0, 2048)}\n…\n${host.stdout.slice(-2048)}` : host.stdout;
  return { status, trap, memoryBytes: host.memory.buffer.byteLength, stdout, stderr: host.stderr };
}

process.on("message", ({ path, commands }: SwarmOrder) => {
  const image = Image.of(readFileSync(path));
  for (const words of commands) process.send!(run(image, words));
});
process.on("disconnect", () => process.exit());
