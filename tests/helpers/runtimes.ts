/** The runtimes that the tests go through: Node's WASI, which is always there, and wasmtime, when it is. */
import { test, type TestContext } from "node:test";
import { runtimeNamed } from "../../host/runtimes/index.js";

/** The runtimes that a test meant for all of them goes through. */
export const testedRuntimes: readonly string[] = ["node", "wasmtime"];

/** Whether this machine has runtime `name`. */
export function hasRuntime(name: string): boolean {
  return runtimeNamed(name)?.find() != null;
}

/** The runtime for tests that are not about runtimes: wasmtime, whose processes start fastest, else Node. */
export const defaultRuntime: string = hasRuntime("wasmtime") ? "wasmtime" : "node";

/** Registers the test `name` once for each runtime. A missing one is skipped with a loud line. */
export function testOnRuntimes(name: string, body: (t: TestContext, runtime: string) => Promise<void> | void): void {
  for (const runtime of testedRuntimes) {
    const title = `${name} (${runtime})`;
    if (hasRuntime(runtime)) test(title, (t) => body(t, runtime));
    else test(title, { skip: `SKIPPED: no ${runtime} here; npm run runtimes gets it` }, () => undefined);
  }
}
