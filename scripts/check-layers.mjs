// Checks assembly/ and host/ for what their compilers do not: imports point one way, from higher layers to lower ones; in assembly/ only wasi/
// declares or imports the host's functions (component/ those for resources that it exports; keyvalue/ is a component of its own), and lines keep their length; in host/ the lowest layers, api/ and web/, import nothing of Node or of
// packages, for they run in browsers. Prints each offence as file:line and exits with 1 when there is one.
//
//   node scripts/check-layers.mjs [FOLDER]     (FOLDER: assembly, then host; one called host is checked by the rules of host/)
import { readFileSync } from "node:fs";
import { basename, dirname, join, normalize, relative, resolve, sep } from "node:path";
import process from "node:process";
import { filesBelow, root } from "./lib.mjs";

/** Lower to higher, folders and files at the top. A file may import from its own layer and from those before it. */
const ASSEMBLY_LAYERS = [
  "text",
  "status.ts",
  "encode",
  "wasi",
  "rules",
  "memory",
  "schema",
  "table",
  "index",
  "acl",
  "store",
  "query",
  "sql",
  "check",
  "maintenance",
  "request",
  "component",
  "keyvalue",
  "cli",
];

/** The rooms of layers that have some, lower to higher. Files at a layer's top are above its rooms. */
const ROOMS = {
  memory: ["base", "file", "cache", "log", "pages", "manager", "access"],
  cli: ["command-line", "output", "export", "import", "inspect", "commands"],
};

const HOST_LAYERS = ["api", "web", "paths.ts", "runtimes", "node", "better-sqlite3", "orm", "files", "cli"];

/** memory and encode know nothing of each other, but that memory uses these. */
const MEMORY_MAY_IMPORT = ["encode/byte-buffer", "encode/bytes", "encode/xxh3"];

/** query knows definitions and values; what of the layers between is its business is in this one file. */
const QUERY_STORE = "query/store";
const QUERY_MAY_IMPORT = ["text", "status", "encode", "schema", "query"];

const MAX_LINE = 140;

const offences = [];

/** The layer of a path, as its place in `layers`. Other files at the top, entry files like command.ts, are above all layers. */
function layerOf(layers, path) {
  const [top, ...below] = path.split(sep);
  const at = layers.indexOf(below.length > 0 ? top : `${top.replace(/\.[jt]s$/, "")}.ts`);
  return at < 0 && below.length === 0 ? layers.length : at;
}

/** The room of a path in a layer that has `rooms`, as its place in them. */
function roomOf(rooms, path) {
  const [, room, ...below] = path.split(sep);
  return below.length > 0 ? rooms.indexOf(room) : rooms.length;
}

/** A file's path with slashes, without its ending. */
function spell(path) {
  return path.split(sep).join("/").replace(/\.ts$/, "");
}

/** Checks an import of a file of this project; `folder` is where its layers are. */
function checkRelative(folder, layers, file, specifier, say) {
  const target = normalize(join(dirname(file), specifier));
  if (target.startsWith("..")) return say(`import from outside of ${folder}: ${specifier}`);
  const from = layerOf(layers, file);
  const to = layerOf(layers, target);
  if (to < 0) return say(`${target} is in no layer`);
  const name = (at) => layers[at]?.replace(/\.ts$/, "") ?? "the entry files";
  if (to > from) return say(`${name(from)} may not import ${name(to)}, which is above it`);
  const rooms = layers === ASSEMBLY_LAYERS && from === to ? ROOMS[name(from)] : undefined;
  if (rooms && roomOf(rooms, target) > roomOf(rooms, file))
    say(
      `in ${name(from)}, ${rooms[roomOf(rooms, file)]} may not import ${rooms[roomOf(rooms, target)] ?? "what is above the rooms"}`,
    );
  const apart = name(from) === "memory" && name(to) === "encode";
  if (apart && !MEMORY_MAY_IMPORT.includes(spell(target)))
    say(`memory may import only ${MEMORY_MAY_IMPORT.join(", ")} of encode`);
  if (name(from) === "query" && spell(file) !== QUERY_STORE && !QUERY_MAY_IMPORT.includes(name(to)))
    say(`query knows of ${name(to)} only what ${QUERY_STORE}.ts has`);
}

/** The rules that hold for one of the two folders only. */
const ASSEMBLY = {
  layers: ASSEMBLY_LAYERS,
  // An import or export statement may go over several lines; comments and strings with such words at a line's start are not expected.
  imports: /^(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|^import\s*["']([^"']+)["']/gm,
  checkForeign(layer, specifier, say) {
    if (specifier.includes("wasi_snapshot_preview1") && layer !== "wasi") say("only wasi/ may import the host's functions");
  },
  checkText(path, layer, text, sayAt) {
    for (const match of text.matchAll(/^[ \t]*@external\(("\[export\])?/gm)) {
      const isOwn = (layer === "component" && match[1] !== undefined) || layer === "keyvalue";
      if (layer !== "wasi" && !isOwn) sayAt(match.index)("only wasi/ may declare the host's functions");
    }
    text.split("\n").forEach((line, at) => {
      if (line.length > MAX_LINE)
        offences.push(`${path}:${at + 1}: ${line.length} characters in a line, ${MAX_LINE} are allowed`);
      if (/[ \t]$/.test(line)) offences.push(`${path}:${at + 1}: white space at the end of the line`);
      if (line.includes("\t")) offences.push(`${path}:${at + 1}: a tab`);
    });
  },
};
const HOST = {
  layers: HOST_LAYERS,
  // The same, and what is imported when it is needed.
  imports: /^(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|\b(?:import|require)\s*\(?\s*["']([^"']+)["']/gm,
  checkForeign(layer, specifier, say) {
    if (layer === "api" || layer === "web") say(`${layer} may not import ${specifier}: it runs in browsers, too, and on its own`);
  },
  checkText() {
    // ESLint and Prettier look at the rest; tsconfig.api.json has no names of Node.
  },
};

function checkFolder(folder, { layers, imports, checkForeign, checkText }) {
  const files = filesBelow(folder, ".ts");
  for (const path of files) {
    const file = relative(folder, path);
    if (file.split(sep).includes("__tests__")) continue;
    const text = readFileSync(resolve(root, path), "utf8");
    const sayAt = (index) => (what) => offences.push(`${path}:${text.slice(0, index).split("\n").length}: ${what}`);
    const layer = layerOf(layers, file);
    if (layer < 0) sayAt(0)("this folder is no layer; scripts/check-layers.mjs lists them");
    const rooms = layers === ASSEMBLY_LAYERS ? ROOMS[layers[layer]] : undefined;
    if (rooms && roomOf(rooms, file) < 0) sayAt(0)("this folder is no room of its layer; scripts/check-layers.mjs lists them");
    for (const match of text.matchAll(imports)) {
      const specifier = match[1] ?? match[2];
      if (specifier.startsWith(".")) checkRelative(folder, layers, file, specifier, sayAt(match.index));
      else checkForeign(layers[layer], specifier, sayAt(match.index));
    }
    checkText(path, layers[layer], text, sayAt);
  }
  return files.length;
}

const folders = process.argv[2] === undefined ? ["assembly", "host"] : [process.argv[2]];
const counts = folders.map((folder) => [folder, checkFolder(folder, basename(folder) === "host" ? HOST : ASSEMBLY)]);
for (const offence of offences) console.log(offence);
if (offences.length > 0) process.exit(1);
console.log(`layers: ${counts.map(([folder, count]) => `${count} files of ${folder}`).join(", ")} keep to them`);
