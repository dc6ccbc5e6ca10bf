/** The runtimes that the tests go through: all that `npm run runtimes` gets and that are here. Node's WASI always is. */
import { test, type TestContext } from "node:test";
import type { RuntimeName } from "../../host/api/runtime-names.js";
import { runtimeNamed, runtimes } from "../../host/runtimes/index.js";

/** Those with a compiler and quick processes. */
const FAST: readonly RuntimeName[] = ["node", "wasmtime"];

/**
 * The runtimes that a test meant for all of them goes through; those that are got only when named are left out where they are not here,
 * `npm test -- --quick` takes the fast ones, and what is opened by the component is in this process.
 */
export const testedRuntimes: readonly RuntimeName[] = runtimes
  .filter((adapter) => adapter.onlyWhenNamed !== true || adapter.find() !== null)
  .map(({ name }) => name)
  .filter((name) => process.env["QUIRE_TEST_QUICK"] !== "1" || FAST.includes(name))
  .filter((name) => process.env["QUIRE_TEST_COMPONENT"] !== "1" || name === "node");

/** Those for tests with a lot to do; `npm run test:runtimes` takes them through all that are meant above. */
export const fastRuntimes: readonly RuntimeName[] = process.env["QUIRE_TEST_RUNTIMES"] === "all" ? testedRuntimes : FAST;

/** Whether this machine has runtime `name`. */
export function hasRuntime(name: string): boolean {
  return runtimeNamed(name)?.find() != null;
}

/** The runtime for tests that are not about runtimes: wasmtime, whose processes start fastest, else Node. */
export const defaultRuntime: RuntimeName = hasRuntime("wasmtime") ? "wasmtime" : "node";

/** Registers the test `name` once for each runtime. A missing one is skipped with a loud line. */
export function testOnRuntimes(
  name: string,
  body: (t: TestContext, runtime: RuntimeName) => Promise<void> | void,
  names: readonly RuntimeName[] = testedRuntimes,
): void {
  for (const runtime of names) {
    const title = `${name} (${runtime})`;
    if (hasRuntime(runtime)) test(title, (t) => body(t, runtime));
    else test(title, { skip: `SKIPPED: no ${runtime} here; npm run runtimes gets it` }, () => undefined);
  }
}
