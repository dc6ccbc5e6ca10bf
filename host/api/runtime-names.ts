/** The names of the runtimes that `quire` can use, for whoever needs no more of them: most programs run the module in their own process. */
export const RUNTIME_NAMES = ["node", "wasmtime", "wazero", "wasmedge", "wasmer", "deno", "bun"] as const;

export type RuntimeName = (typeof RUNTIME_NAMES)[number];

/** Whether there is a runtime of that name. */
export function isRuntimeName(name: unknown): name is RuntimeName {
  return (RUNTIME_NAMES as readonly unknown[]).includes(name);
}
