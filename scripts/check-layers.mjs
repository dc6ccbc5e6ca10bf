// Checks assembly/ for what its compiler does not: imports point one way, from higher layers to lower ones, only wasi/ declares or
// imports the host's functions, and lines keep their length. Prints each offence as file:line and exits with 1 when there is one.
//
//   node scripts/check-layers.mjs [FOLDER]     (FOLDER: assembly)
import { readFileSync } from "node:fs";
import { dirname, join, normalize, relative, resolve, sep } from "node:path";
import process from "node:process";
import { filesBelow, root } from "./lib.mjs";

/** Lower to higher. A file may import from its own layer and from those before it. */
const LAYERS = [
  "text",
  "status",
  "encode",
  "wasi",
  "memory",
  "schema",
  "table",
  "index",
  "acl",
  "store",
  "query",
  "check",
  "care",
  "request",
  "cli",
];

/** memory and encode know nothing of each other, but that memory uses these. */
const MEMORY_MAY_IMPORT = ["encode/byte-buffer", "encode/bytes", "encode/xxh3"];

/** query knows definitions and values; what of the layers between is its business is in this one file. */
const QUERY_STORE = "query/store";
const QUERY_MAY_IMPORT = ["text", "status", "encode", "schema", "query"];

const MAX_LINE = 140;

const folder = process.argv[2] ?? "assembly";
const offences = [];

/** The layer of a path below `folder`, as its place in LAYERS. Entry files at the top (command.ts, index.ts) are above all layers. */
function layerOf(path) {
  const top = path.split(sep)[0].replace(/^status\.ts$/, "status");
  const at = LAYERS.indexOf(top);
  if (at >= 0) return at;
  return path.includes(sep) ? -1 : LAYERS.length;
}

/** A file's path with slashes, without its ending. */
function spell(path) {
  return path.split(sep).join("/").replace(/\.ts$/, "");
}

function checkImport(file, specifier, say) {
  if (!specifier.startsWith(".")) {
    const hostCalls = specifier.includes("wasi_snapshot_preview1");
    if (hostCalls && layerOf(file) !== LAYERS.indexOf("wasi")) say("only wasi/ may import the host's functions");
    return;
  }
  const target = normalize(join(dirname(file), specifier));
  if (target.startsWith("..")) return say(`import from outside of ${folder}: ${specifier}`);
  const from = layerOf(file);
  const to = layerOf(target);
  if (to < 0) return say(`${target} is in no layer`);
  const name = (at) => LAYERS[at] ?? "the entry files";
  if (to > from) return say(`${name(from)} may not import ${name(to)}, which is above it`);
  const apart = LAYERS[from] === "memory" && LAYERS[to] === "encode";
  const spelled = spell(target);
  if (apart && !MEMORY_MAY_IMPORT.includes(spelled)) say(`memory may import only ${MEMORY_MAY_IMPORT.join(", ")} of encode`);
  if (LAYERS[from] === "query" && spell(file) !== QUERY_STORE && !QUERY_MAY_IMPORT.includes(LAYERS[to]))
    say(`query knows of ${LAYERS[to]} only what ${QUERY_STORE}.ts has`);
}

const files = filesBelow(folder, ".ts");
for (const path of files) {
  const file = relative(folder, path);
  if (file.split(sep).includes("__tests__")) continue;
  const text = readFileSync(resolve(root, path), "utf8");
  const sayAt = (index) => (what) => offences.push(`${path}:${text.slice(0, index).split("\n").length}: ${what}`);
  if (layerOf(file) < 0) sayAt(0)("this folder is no layer; scripts/check-layers.mjs lists them");
  // An import or export statement may go over several lines; comments and strings with such words at a line's start are not expected.
  for (const match of text.matchAll(/^(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|^import\s*["']([^"']+)["']/gm)) {
    checkImport(file, match[1] ?? match[2], sayAt(match.index));
  }
  for (const match of text.matchAll(/^[ \t]*@external\(/gm)) {
    if (layerOf(file) !== LAYERS.indexOf("wasi")) sayAt(match.index)("only wasi/ may declare the host's functions");
  }
  text.split("\n").forEach((line, at) => {
    if (line.length > MAX_LINE) offences.push(`${path}:${at + 1}: ${line.length} characters in a line, ${MAX_LINE} are allowed`);
    if (/[ \t]$/.test(line)) offences.push(`${path}:${at + 1}: white space at the end of the line`);
    if (line.includes("\t")) offences.push(`${path}:${at + 1}: a tab`);
  });
}

for (const offence of offences) console.log(offence);
if (offences.length > 0) process.exit(1);
console.log(`layers: ${files.length} files of ${folder} keep to them`);
