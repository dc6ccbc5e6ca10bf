/** How much memory a module in this process has. */
import type { TestContext } from "node:test";

/** From now on until the test ends: tells the bytes of the memory of the module that was instantiated last. */
export function moduleMemory(t: TestContext): () => number {
  const Instance = WebAssembly.Instance;
  let memory: WebAssembly.Memory | undefined;
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      memory = this.exports["memory"] as WebAssembly.Memory;
    }
  };
  t.after(() => (WebAssembly.Instance = Instance));
  return () => memory?.buffer.byteLength ?? 0;
}
