/** Sessions of the package's API for tests: over every runtime that is here, checked and closed when the test ends. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import binaryen from "binaryen";
import { type OpenOptions, QuireError, type RuntimeName, type Session, open } from "../../host/index.js";
import { packageRoot } from "../../host/paths.js";
import { tempFolder } from "./store.js";

/** Opens `folder/app.db`, in a folder of its own unless told. When the test ends, the file is checked and closed. */
export async function openFor(
  t: TestContext,
  runtime: RuntimeName,
  options: OpenOptions = {},
  folder: string = tempFolder(t),
): Promise<Session> {
  const db = await open(join(folder, "app.db"), { runtime, ...options });
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
