/** The runtimes that `quire` can use. To add one, add its file to this folder, its name to ../api/runtime-names.ts, and it here. */
import type { RuntimeAdapter } from "./adapter.js";
import { bun } from "./bun.js";
import { deno } from "./deno.js";
import { RUNTIME_NAMES, type RuntimeName } from "../api/runtime-names.js";
import { node } from "./node.js";
import { wasmedge } from "./wasmedge.js";
import { wasmer } from "./wasmer.js";
import { wasmtime } from "./wasmtime.js";
import { wazero } from "./wazero.js";

const adapters: Readonly<Record<RuntimeName, RuntimeAdapter>> = { node, wasmtime, wazero, wasmedge, wasmer, deno, bun };

export const runtimes: readonly RuntimeAdapter[] = RUNTIME_NAMES.map((name) => adapters[name]);

/** The runtime of that name, or undefined. */
export function runtimeNamed(name: string): RuntimeAdapter | undefined {
  return runtimes.find((runtime) => runtime.name === name);
}
