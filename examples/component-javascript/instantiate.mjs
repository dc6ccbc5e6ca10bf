// How jco makes JavaScript of the component, and an instance of that.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { transpile } from "@bytecodealliance/jco-transpile";
import { WASIShim } from "@bytecodealliance/preview2-shim/instantiation";

/**
 * Makes JavaScript of the component, in the folder `made`. A program that is shipped does so once, when it is built:
 * `npx jco transpile quire-component.wasm --name quire --instantiation sync -o made`
 */
export async function transpileInto(made, componentPath) {
  const { files } = await transpile(componentPath, { name: "quire", instantiation: "sync", noComponentErrorWrapping: false });
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(made, name)), { recursive: true });
    writeFileSync(join(made, name), contents);
  }
}

/** An instance, which reaches `folder` and nothing else, by the name `data`: its interface `database`. */
export async function instantiate(made, folder) {
  const quire = await import(pathToFileURL(join(resolve(made), "quire.js")).href);
  const coreModule = (name) => new WebAssembly.Module(readFileSync(join(made, name)));
  // Without preopens of its own the shim opens the whole disk.
  const wasi = new WASIShim({ sandbox: { preopens: { data: resolve(folder) } } });
  return quire.instantiate(coreModule, wasi.getImportObject()).database;
}
