/**
 * The workload's module, compiled from the sources as they are or with some of their text replaced: smaller limits, so that what is rare
 * happens often, or a planted fault.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../host/paths.js";

/** In `file`, `find` (exactly once, however its white space is) becomes `replace`. */
interface TextPatch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** In the line behind the comment `// MARK`, of which there is one in all sources, `find`, or all of it, becomes `replace`. */
interface MarkedPatch {
  /** `mutant: NAME` (tests/torture/mutants.ts) or `off: NAME` (bench/prices.ts). */
  readonly mark: string;
  readonly find?: string;
  readonly replace: string;
}

/** Wherever `every` is in the sources of `assembly/`, it becomes `replace`, which `source` declares for all of them. */
interface GlobalPatch {
  readonly every: string;
  readonly replace: string;
  readonly source: string;
}

export type Patch = TextPatch | MarkedPatch | GlobalPatch;

/** What the heap gives has no zeros in it, nor what it had before, and what was given back is not there any more. */
export const DIRTY_HEAP: readonly Patch[] = ["alloc", "realloc", "free"].map((name) => ({
  every: `heap.${name}(`,
  replace: `__dirty_${name}(`,
  source: "tests/fixtures/dirty-heap.ts",
}));

/** Chunks, images and undo lists split at a few kilobytes, so that small workloads have many of them. */
export const SMALL_LIMITS: readonly Patch[] = [
  {
    file: "assembly/memory/log/redo-buffer.ts",
    find: "const CHUNK_BYTES: u32 = 1 << 18;",
    replace: "const CHUNK_BYTES: u32 = 1 << 12;",
  },
  {
    file: "assembly/memory/pages/dirty-pages.ts",
    find: "const IMAGE_FRAME_BYTES: u32 = 1 << 18;",
    replace: "const IMAGE_FRAME_BYTES: u32 = 1 << 14;",
  },
  {
    file: "assembly/memory/manager/memory-manager.ts",
    find: "const UNDO_LIMIT: u64 = 1 << 20;",
    replace: "const UNDO_LIMIT: u64 = 1 << 13;",
  },
  {
    file: "assembly/memory/cache/page-cache.ts",
    find: "export const MIN_FRAMES: u32 = 32;",
    replace: "export const MIN_FRAMES: u32 = 26;",
  },
];

/**
 * The workload, and the command and the library as they are but for their memory, which is imported so that it can be limited; and the bench's
 * workload as it is.
 */
const ENTRIES = {
  workload: ["tests/fixtures/torture.ts", "--exportStart", "_initialize", "--initialMemory", "16", "--importMemory"],
  command: [
    "assembly/command.ts",
    "assembly/wasi/abort.ts",
    "--exportStart",
    "_start",
    "--initialMemory",
    "16",
    "--importMemory",
  ],
  library: [
    "assembly/library.ts",
    "assembly/wasi/abort.ts",
    "--exportStart",
    "_initialize",
    "--initialMemory",
    "16",
    "--importMemory",
  ],
  bench: ["bench/quire/workload.ts", "--exportStart", "_start", "--initialMemory", "32"],
} as const;
type Entry = keyof typeof ENTRIES;
const FLAGS = ["--config", "none", "--runtime", "minimal"];

interface Compiler {
  main(
    args: readonly string[],
    api: {
      readFile: (name: string, baseDir: string) => string | null;
      writeFile: (name: string, contents: Uint8Array | string) => void;
      listFiles: () => string[];
    },
  ): Promise<{ error: Error | null; stderr: { toString(): string } }>;
}

/** `text` with the patch, which must have exactly one place there. */
function patched(text: string, patch: Patch): string {
  if ("every" in patch) return text.replaceAll(patch.every, patch.replace);
  return "mark" in patch ? patchedLine(text, patch) : patchedText(text, patch);
}

const MARK = /^ *\/\/ ((?:mutant|off): .*)$/;

/** `mutant` or `off`. */
const kindOf = (mark: string): string => mark.split(":")[0] ?? "";

/** The marks in `text`. */
function marks(text: string): string[] {
  return text.split("\n").flatMap((line) => MARK.exec(line)?.[1] ?? []);
}

function patchedLine(text: string, { mark, find, replace }: MarkedPatch): string {
  const lines = text.split("\n");
  // Several marks may stand above the same line.
  let at = lines.findIndex((line) => MARK.exec(line)?.[1] === mark) + 1;
  while (MARK.test(lines[at] ?? "")) at += 1;
  const line = lines[at] ?? "";
  const parts = find === undefined ? 2 : line.split(find).length;
  if (parts !== 2) throw new Error(`the line marked "${mark}" has ${parts - 1} places, not one, for: ${find}`);
  lines[at] = find === undefined ? replace : line.replace(find, () => replace);
  return lines.join("\n");
}

function patchedText(text: string, patch: TextPatch): string {
  const words = patch.find.trim().split(/\s+/);
  const pattern = new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+"), "g");
  const places = text.match(pattern)?.length ?? 0;
  if (places !== 1) throw new Error(`${patch.file} has ${places} places, not one, for the patch of: ${patch.find}`);
  return text.replace(pattern, () => patch.replace);
}

/** Throws when a patch has no place in the sources as they are, or more than one, or when a line is marked for none of `patches`. */
export function checkPatches(patches: readonly Patch[]): void {
  const files = new Map(sourcesBelow("assembly").map((path) => [path, readFileSync(path, "utf8")]));
  const marked = [...files.values()].flatMap(marks);
  for (const patch of patches) {
    if ("mark" in patch) {
      const places = marked.filter((mark) => mark === patch.mark).length;
      if (places !== 1) throw new Error(`${places} lines, not one, are marked "${patch.mark}"`);
    }
    for (const [path, text] of files) if (concerns(patch, path, text)) patched(text, patch);
  }
  const known = new Set(patches.flatMap((patch) => ("mark" in patch ? patch.mark : [])));
  const kinds = new Set([...known].map(kindOf));
  const [left] = marked.filter((mark) => kinds.has(kindOf(mark)) && !known.has(mark));
  if (left !== undefined) throw new Error(`a line is marked "${left}", for which there is no patch`);
}

/** Whether the file `path` of `text` is the one that has the patch's place. */
function concerns(patch: Patch, path: string, text: string): boolean {
  if ("every" in patch) return path.startsWith("assembly") && text.includes(patch.every);
  if ("mark" in patch) return marks(text).includes(patch.mark);
  return relative(packageRoot, resolve(packageRoot, path)) === relative(packageRoot, join(packageRoot, patch.file));
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(packageRoot, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.parentPath.includes("__tests__"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** What everything that goes into the module hashes to. */
function fingerprint(entry: Entry, patches: readonly Patch[], level: string): string {
  const hash = createHash("sha256").update(JSON.stringify([ENTRIES[entry], patches, FLAGS, level]));
  for (const path of [
    ...sourcesBelow("assembly"),
    ...sourcesBelow("bench/quire"),
    ...["torture.ts", "dirty-heap.ts"].map((name) => join(packageRoot, "tests/fixtures", name)),
  ])
    hash.update(path).update(readFileSync(path));
  return hash.digest("hex").slice(0, 16);
}

/** Compiles a module with `patches`, or takes what an earlier run compiled of the same. */
export async function compileModule(entry: Entry, patches: readonly Patch[], level = "-O2"): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(readFileSync(await compileFile(entry, patches, level)));
}

/** The same as a file. */
export async function compileFile(entry: Entry, patches: readonly Patch[], level: string): Promise<string> {
  const folder = join(packageRoot, "build", "torture");
  const output = join(folder, `${fingerprint(entry, patches, level)}.wasm`);
  if (statSync(output, { throwIfNoEntry: false }) === undefined) {
    mkdirSync(folder, { recursive: true });
    const bytes = await compile(entry, patches, level);
    const temporary = `${output}.${process.pid}`;
    writeFileSync(temporary, bytes);
    renameSync(temporary, output);
  }
  return output;
}

function nameOf(patch: Patch): string {
  if ("every" in patch) return patch.every;
  return "mark" in patch ? patch.mark : patch.file;
}

async function compile(entry: Entry, patches: readonly Patch[], level: string): Promise<Uint8Array> {
  const compiler = (await import(
    pathToFileURL(join(packageRoot, "node_modules", "assemblyscript", "dist", "asc.js")).href
  )) as Compiler;
  let module: Uint8Array | null = null;
  const unused = new Set(patches);
  const sources = new Set(patches.flatMap((patch) => ("every" in patch ? patch.source : [])));
  const { error, stderr } = await compiler.main(
    [...ENTRIES[entry], ...sources, ...FLAGS, "--use", "abort=assembly/wasi/abort/abort", level, "--outFile", "torture.wasm"],
    {
      readFile: (name) => {
        let text: string;
        try {
          text = readFileSync(join(packageRoot, name), "utf8");
        } catch {
          return null;
        }
        for (const patch of patches) {
          if (!concerns(patch, name, text)) continue;
          text = patched(text, patch);
          unused.delete(patch);
        }
        return text;
      },
      writeFile: (_name, contents) => {
        if (typeof contents !== "string") module = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || module === null)
    throw new Error(`the ${entry} does not compile: ${error?.message}\n${stderr.toString()}`);
  const [left] = unused;
  if (left !== undefined) throw new Error(`${nameOf(left)} is not part of the module; its patch has no effect`);
  return module;
}
