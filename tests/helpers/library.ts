/** Sessions of the package's API for tests: over every runtime that is here, checked and closed when the test ends. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import binaryen from "binaryen";
import { type OpenOptions, QuireError, type RuntimeName, type Session, SyncSession, open, openSync } from "../../host/index.js";
import { Operations } from "../../host/api/operations.js";
import { USUAL_FORMS } from "../../host/api/value-forms.js";
import { SyncRunner } from "../../host/api/runner.js";
import { openInProcess } from "../../host/node/in-process.js";
import { placeOf } from "../../host/node/place.js";
import { packageRoot } from "../../host/paths.js";
import { requireRuntime } from "../../host/node/run-command.js";
import { defaultRuntime } from "./runtimes.js";
import { tempFolder } from "./store.js";

/** Checks the session's file and closes it when the test ends. */
function closeAfter(t: TestContext, db: Session): Session {
  t.after(async () => {
    const { faults } = await db.check();
    await db.close();
    assert.deepEqual(
      faults.filter(({ severity }) => severity === "error"),
      [],
    );
  });
  return db;
}

/** Opens `folder/app.db`, in a folder of its own unless told. When the test ends, the file is checked and closed. */
export async function openFor(
  t: TestContext,
  runtime: RuntimeName,
  options: OpenOptions = {},
  folder: string = tempFolder(t),
): Promise<Session> {
  return closeAfter(t, await open(join(folder, "app.db"), { runtime, ...options }));
}

/**
 * A session whose methods return when they are done, of which one can wait for what they give as well; one with promises; and, where there is a
 * runtime, one of another process.
 */
export async function sessionsOfAllKinds(t: TestContext): Promise<Session[]> {
  const all = [closeAfter(t, openSync(":memory:") as unknown as Session), await openFor(t, "node")];
  if (defaultRuntime === "node") console.log("SKIPPED: a session in another process: there is no runtime");
  else all.push(await openFor(t, defaultRuntime));
  return all;
}

/** The same as `openSync` without the lock, like another host of the module that has none: what its own guard against a second writer does. */
export function openUnlocked(path: string, options: OpenOptions = {}): SyncSession {
  const engine = openInProcess(placeOf("node", path, false), options, null);
  return new SyncSession(path, engine, new SyncRunner(engine, new Operations(USUAL_FORMS)));
}

/** Asserts that `call` fails with a `QuireError` of this code, whose message fits. */
export async function fails(code: string, message: RegExp, call: () => unknown): Promise<void> {
  await assert.rejects(
    async () => await call(),
    (error) => {
      assert.ok(error instanceof QuireError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      return true;
    },
  );
}

/** The path of a module made from `text`, in WebAssembly's text format. */
export function moduleOf(name: string, text: string): string {
  const folder = join(packageRoot, "build", "tests", "fixtures");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.wasm`);
  const module = binaryen.parseText(text);
  writeFileSync(path, module.emitBinary());
  module.dispose();
  return path;
}

/** A library whose calls but the first ones trap. */
export const TRAPPING_LIBRARY = `(module
  (memory (export "memory") 4)
  (func (export "_initialize"))
  (func (export "abi_version") (result i32) (i32.const 2))
  (func (export "alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "free") (param i32))
  (func (export "result") (result i32) (i32.const 16))
  (func (export "open") (param i32 i32) (result i32) (i32.const 1))
  (func (export "close") (param i32 i32 i32) (result i32) (unreachable))
  (func (export "request") (param i32 i32 i32) (result i32) (unreachable)))`;

/**
 * Runs a program that uses the package, in a process and a folder of its own, under Node unless told: what it says on both streams, and
 * its status or signal.
 */
export async function runProgram(
  t: TestContext,
  program: string,
  under = "node",
  folder = tempFolder(t),
): Promise<{ said: string; ended: unknown }> {
  const script = join(folder, "program.mjs");
  const index = pathToFileURL(join(packageRoot, "build", "host", "index.js")).href;
  writeFileSync(script, `import { defineTable, open, openSync } from ${JSON.stringify(index)};\n${program}`);
  const { adapter, program: starts } = requireRuntime(under);
  // Before its last two words, a script of ours and what it is to do.
  const words = adapter.argv({ module: "", preopens: [], args: [], env: {} }).slice(0, -2);
  const child = spawn(starts, [...words, script], { cwd: folder, timeout: 60_000 });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = await new Promise((resolve) => child.on("close", (status, signal) => resolve(signal ?? status)));
  return { said, ended };
}
