// Builds build/quire-component.wasm: the module of assembly/component.ts becomes a component with the interfaces of wit/. And build/quire-kv.wasm:
// that of assembly/keyvalue.ts becomes one that uses these interfaces and has those of wasi:keyvalue, and the two are composed.
//
//   node scripts/component.mjs [FOLDER]     (only the first one. FOLDER: another project's root, for the test)
//
// 1. A world of what the module exports (the world `store` of wit/; assembly/keyvalue/keyvalue.wit) and imports (assembly/wasi/preview2.wit) is made,
//    and of it a dummy module, which has the names and core types that the module has to have. Nowhere else is WIT read.
// 2. The module is compiled. Each of its exports gets the name that it has in WIT: `table_get_by` is `[method]table.get-by` of the interface that
//    has it. What is missing, too many or of another type stops the build.
// 3. The world is embedded into the module, and the module becomes a component.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { compileModule } from "./compile.mjs";
import { compose } from "./compose.mjs";
import { filesBelow, root } from "./lib.mjs";
import { number, sectionsOf } from "./pack-text.mjs";

const COMPONENT_ENTRY = "assembly/component.ts";
export const COMPONENT = "build/quire-component.wasm";

const WORLD = "store";
const HOST = "assembly/wasi/preview2.wit";
const KEYVALUE_ENTRY = "assembly/keyvalue.ts";
const KEYVALUE_WIT = "assembly/keyvalue/keyvalue.wit";
export const KEYVALUE = "build/quire-kv.wasm";
/** Exports of the module that are the canonical ABI's, and the first call of all. */
const ABI_EXPORTS = ["cabi_realloc", "_initialize"];

/** The tools for components; null when they are not installed. */
async function loadTools() {
  try {
    const tools = await import("@bytecodealliance/jco-transpile/wasm-tools");
    return { ...tools, binaryen: (await import("binaryen")).default };
  } catch (error) {
    if (error.code === "ERR_MODULE_NOT_FOUND") return null;
    throw error;
  }
}

/** The files of a WIT package as one text: its name, its version, and the text without these; or `fault`. */
function readPackage(folder) {
  const text = filesBelow(folder, ".wit")
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
  const heads = [...text.matchAll(/^package ([^@;\s]+)@([^;\s]+);\n/gm)];
  const names = new Set(heads.map(([head]) => head));
  if (names.size !== 1) return { fault: `${folder} is ${names.size} packages, not one` };
  return { name: heads[0][1], version: heads[0][2], text: heads.reduce((rest, [head]) => rest.replace(head, ""), text) };
}

/** The interfaces of packages that are written as `package NAME@VERSION { … }`, by their whole names. */
function interfacesOf(packages) {
  return [...packages.matchAll(/^package ([^@]+)@(\S+) \{\n(.*?)^\}/gms)].flatMap(([, name, version, body]) =>
    [...body.matchAll(/^ {2}interface (\S+) /gm)].map(([, which]) => `${name}/${which}@${version}`),
  );
}

/** The world of these lines that a module is made for, as one text with all packages. */
function worldOf(lines, own, packages) {
  const world = `world module {\n${lines.map((line) => `  ${line};\n`).join("")}}\n`;
  return `package quire:build;\n${world}package ${own.name}@${own.version} {\n${own.text}}\n${packages}`;
}

/** What functions `module` exports, by name, and which it imports: `[module|name, type]`, for one may be imported as several types. */
function functionsOf(binaryen, module) {
  const names = new Map(["i32", "i64", "f32", "f64"].map((name) => [binaryen[name], name]));
  const spelled = (types) =>
    `(${binaryen
      .expandType(types)
      .map((type) => names.get(type))
      .join(", ")})`;
  const type = ({ params, results }) => `${spelled(params)} -> ${spelled(results)}`;
  const imports = [];
  for (let i = 0; i < module.getNumFunctions(); i++) {
    const info = binaryen.getFunctionInfo(module.getFunctionByIndex(i));
    if (info.module !== "") imports.push([`${info.module}|${info.base}`, type(info)]);
  }
  const exports = new Map();
  for (let i = 0; i < module.getNumExports(); i++) {
    const info = binaryen.getExportInfo(module.getExportByIndex(i));
    if (info.kind !== binaryen.ExternalFunction) continue;
    exports.set(info.name, { value: info.value, type: type(binaryen.getFunctionInfo(module.getFunction(info.value))) });
  }
  return { imports, exports };
}

/** `quire:db/database@0.1.0#[method]table.get-by` as the module's export is called. */
function ownName(name) {
  const member = name.slice(name.indexOf("#") + 1);
  const destroyed = /^\[dtor\](.*)$/.exec(member);
  return (destroyed ? `${destroyed[1]}_dtor` : member.replace(/^\[[a-z]+\]/, "")).replaceAll(/[-.]/g, "_");
}

/** The world's functions by the names that `componentNew` wants, from the dummy module's, which has the names of a newer convention. */
function wanted(dummy, versions) {
  const whole = (name) => {
    const path = name.replace(/@.*/, "");
    return `${path}@${versions.get(path.replace(/\/.*/, ""))}`;
  };
  const exports = new Map();
  for (const [mangled, { type }] of dummy.exports) {
    const [, where, member] = mangled.split("|");
    if (member === undefined || member.endsWith("_post")) continue;
    exports.set(`${whole(where)}#${member.replace(/^(.*)_dtor$/, "[dtor]$1")}`, type);
  }
  const imports = new Map();
  for (const [mangled, type] of dummy.imports) {
    const [, where, member] = mangled.split("|");
    const name = member.replace(/^(.*)_(drop|new|rep)$/, "[resource-$2]$1");
    imports.set(`${where.startsWith("_ex_") ? `[export]${whole(where.slice(4))}` : whole(where)}|${name}`, type);
  }
  return { exports, imports };
}

/** Gives the module's exports their names in WIT; what does not fit, in words. */
function nameExports(module, own, world) {
  const faults = [];
  const left = new Map(own.exports);
  for (const name of ABI_EXPORTS) if (!left.delete(name)) faults.push(`${name} is not exported`);
  for (const [name, type] of world.exports) {
    const ours = left.get(ownName(name));
    left.delete(ownName(name));
    if (!ours) faults.push(`${name}: ${ownName(name)} is not exported`);
    else if (ours.type !== type) faults.push(`${name}: ${ownName(name)} is ${ours.type}, not ${type}`);
    else {
      module.removeExport(ownName(name));
      module.addFunctionExport(ours.value, name);
    }
  }
  for (const name of left.keys()) faults.push(`${name} is exported and not in WIT`);
  for (const [name, type] of own.imports) {
    const theirs = world.imports.get(name);
    if (theirs === undefined) faults.push(`${name} is imported and not in WIT`);
    else if (theirs !== type) faults.push(`${name} is imported as ${type}, not ${theirs}`);
  }
  return faults;
}

/** Without the names of the component's parts: 10 kB that only a debugger of components would show. */
function withoutNames(component) {
  const sections = sectionsOf(component).filter(
    ({ id, bytes }) => id !== 0 || bytes.subarray(1, 1 + bytes[0]).toString() !== "component-name",
  );
  const parts = sections.flatMap(({ id, bytes }) => [Buffer.from([id]), number(bytes.length), bytes]);
  return Buffer.concat([component.subarray(0, 8), ...parts]);
}

/** Compiles a module, for the world of `wit`, and makes a component of it: the component, or `faults`, what is wrong with it in words. */
async function componentOf({ binaryen, ...tools }, { entry, target, core, wit }) {
  const versions = new Map(
    [...wit.witSource.matchAll(/^package ([^@]+)@(\S+) \{/gm)].map(([, name, version]) => [name, version]),
  );
  const dummy = functionsOf(binaryen, binaryen.readBinary(await tools.componentEmbed({ dummy: true, ...wit })));
  if ((await compileModule(relative(root, entry), target, relative(root, core))) !== 0)
    return { faults: [`${relative(root, entry)} can't be compiled`] };
  const module = binaryen.readBinary(readFileSync(core));
  rmSync(core);
  const faults = nameExports(module, functionsOf(binaryen, module), wanted(dummy, versions));
  if (faults.length > 0) return { faults };
  const embedded = await tools.componentEmbed({ binary: module.emitBinary(), ...wit });
  return { component: withoutNames(Buffer.from(await tools.componentNew(embedded))) };
}

function place(out, component) {
  writeFileSync(`${out}.new`, component);
  renameSync(`${out}.new`, out);
}

const MISSING_TOOLS = ["@bytecodealliance/jco-transpile is not installed: npm ci installs it"];

/** Builds the component of the project in the folder `project`: what is wrong with it, in words; nothing when it is built. */
export async function buildComponent(project = root) {
  const tools = await loadTools();
  if (tools === null) return MISSING_TOOLS;
  const own = readPackage(join(project, "wit"));
  if (own.fault !== undefined) return [own.fault];
  const host = readFileSync(join(root, HOST), "utf8");
  const imports = interfacesOf(host).map((name) => `import ${name}`);
  const world = worldOf([`include ${own.name}/${WORLD}@${own.version}`, ...imports], own, host);
  const out = join(project, COMPONENT);
  mkdirSync(dirname(out), { recursive: true });
  const { faults = [], component } = await componentOf(tools, {
    entry: join(project, COMPONENT_ENTRY),
    target: "component",
    core: `${out}.core`,
    wit: { witSource: world, world: "module" },
  });
  if (faults.length === 0) place(out, component);
  return faults;
}

/** Builds the component of `wasi:keyvalue` into `out`, with Quire's component in it, which is built: what is wrong with it, in words. */
export async function buildKeyvalue(out = join(root, KEYVALUE)) {
  const tools = await loadTools();
  if (tools === null) return MISSING_TOOLS;
  const own = readPackage(join(root, "wit"));
  const [host, keyvalue] = [HOST, KEYVALUE_WIT].map((path) => readFileSync(join(root, path), "utf8"));
  const exported = interfacesOf(keyvalue);
  const imports = interfacesOf(host).filter((name) => name.startsWith("wasi:filesystem/"));
  const lines = [
    `include ${own.name}/client@${own.version}`,
    ...imports.map((name) => `import ${name}`),
    ...exported.map((name) => `export ${name}`),
  ];
  const { faults = [], component } = await componentOf(tools, {
    entry: join(root, KEYVALUE_ENTRY),
    target: "keyvalue",
    core: `${out}.core`,
    wit: { witSource: worldOf(lines, own, host + keyvalue), world: "module" },
  });
  if (faults.length === 0) place(out, await compose(component, readFileSync(join(root, COMPONENT))));
  return faults;
}

const [script, folder = root] = process.argv.slice(1);
if (script !== undefined && resolve(script) === fileURLToPath(import.meta.url)) {
  const faults = await buildComponent(resolve(folder));
  for (const fault of faults) console.error(`component: ${fault}`);
  process.exit(faults.length === 0 ? 0 : 1);
}
