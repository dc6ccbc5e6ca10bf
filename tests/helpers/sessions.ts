/** Sessions of every kind that the adapters of query builders take. */
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { RuntimeName } from "../../host/api/runtime-names.js";
import { type OpenOptions, type Session, type SyncSession, open, openSync } from "../../host/index.js";
import { fastRuntimes, hasRuntime } from "./runtimes.js";
import { tempFolder } from "./store.js";

/** Opens a file in the test's folder, `store.db` unless told; what is opened is closed when the test ends. */
export type OpenFile<S> = (name?: string, options?: Omit<OpenOptions, "runtime">) => Promise<S>;

/** Registers the test `name` for sessions whose methods give promises: in this process, and in one of its own. */
export function testOnSessions(name: string, body: (t: TestContext, openFile: OpenFile<Session>) => Promise<void>): void {
  for (const runtime of fastRuntimes) testOn(`${name} (${runtime})`, runtime, (t, folder) => body(t, opener(t, folder, runtime)));
}

/** The same, and for one whose methods return when they are done. */
export function testOnAllSessions(
  name: string,
  body: (t: TestContext, openFile: OpenFile<Session | SyncSession>) => Promise<void>,
): void {
  testOnSessions(name, body);
  testOn(`${name} (openSync)`, "node", (t, folder) =>
    body(t, async (file = "store.db", options = {}) => {
      const session = openSync(join(folder, file), options);
      t.after(() => session.close());
      return Promise.resolve(session);
    }),
  );
}

function testOn(title: string, runtime: RuntimeName, body: (t: TestContext, folder: string) => Promise<void>): void {
  if (hasRuntime(runtime)) test(title, (t) => body(t, tempFolder(t)));
  else test(title, { skip: `SKIPPED: no ${runtime} here; npm run runtimes gets it` }, () => undefined);
}

function opener(t: TestContext, folder: string, runtime: RuntimeName): OpenFile<Session> {
  return async (file = "store.db", options = {}) => {
    const session = await open(join(folder, file), { ...options, runtime });
    t.after(() => session.close());
    return session;
  };
}
