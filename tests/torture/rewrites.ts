/** Tables that are larger than the cache and are written anew, or get an index: for the loops of `commands.ts`. */
import { runCommand } from "./command.js";
import type { TestedCommand } from "./commands.js";
import { Disk, type Image } from "./disk.js";

/** Bytes of the cache: the fewest that there can be are more. */
const CACHE = ["--cache", "1"];

export const REWRITES: readonly TestedCommand[] = [
  { words: ["alter", "items", "add", "extra:text:default=more", "--first", ...CACHE], reads: false },
  { words: ["alter", "items", "set", "name:text", "--using", "name || id", ...CACHE], reads: false },
  { words: ["index", "create", "items", "name", "id", "--unique", ...CACHE], reads: false },
  {
    words: ["serve", ...CACHE],
    stdin:
      '{"op":"migrate","schema":"create goods name:text id:uint64:pk:auto","renames":["goods=items"],"allowDestructive":true}',
    reads: false,
  },
  {
    words: ["serve", ...CACHE],
    stdin: '{"op":"migrate","schema":"create goods name:text id:uint64:pk:auto","renames":["goods=items"],"dryRun":true}',
    reads: false,
  },
];

/** A store whose table has some 3 MB, for a cache of half as much. */
export function rewriteStore(module: WebAssembly.Module): Map<string, Image> {
  const disk = new Disk();
  const must = (words: string[], stdin = ""): void => {
    const run = runCommand(module, disk, ["data/store.db", ...words], { stdin });
    if (run.status !== 0) throw new Error(`${words.join(" ")}: ${run.stderr}${run.trap}`);
  };
  must(["create", "items", "id:uint32:pk:auto", "name:text", "price:decimal:null:index"]);
  const row = (at: number): string =>
    JSON.stringify({ name: `${at % 7} `.repeat(1500), price: at % 50 === 0 ? null : `${at}.5` });
  must(["import", "items", "-", "--format", "ndjson"], Array.from({ length: 1000 }, (_, at) => row(at)).join("\n"));
  return disk.images();
}
