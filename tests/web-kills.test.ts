/** Private files of a session that ends at any of its calls: what was acknowledged is there, and the file is whole. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type * as Web from "../build/host/web/index.js";
import { packageRoot } from "../host/paths.js";
import { testInBrowser } from "./helpers/browser.js";
import { type Ending, type Handle, type Outcome, endAtEachCall } from "./web/killed-handles.js";

/** `ends`: a write that makes the file longer; one that did not when it was made does not when the one before it was lost. */
type Change = { readonly at: number; readonly bytes: Uint8Array; readonly ends: boolean } | { readonly size: number };

/** A file whose changes are durable when it is flushed. */
class DiskFile {
  bytes = new Uint8Array();
  #durable = new Uint8Array();
  #changes: Change[] = [];

  #resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.bytes = bytes;
  }

  #apply(change: Change): void {
    if ("size" in change) {
      this.#resize(change.size);
      return;
    }
    const { at, bytes, ends } = change;
    if (ends && at + bytes.length > this.bytes.length) this.#resize(at + bytes.length);
    this.bytes.set(bytes.subarray(0, Math.max(0, this.bytes.length - at)), Math.min(at, this.bytes.length));
  }

  change(change: Change): void {
    this.#apply(change);
    this.#changes.push(change);
  }

  flush(): void {
    this.#durable = this.bytes.slice();
    this.#changes = [];
  }

  /** Of what was not flushed only what `lasts` says is there. */
  cut(lasts: () => boolean): void {
    const changes = this.#changes;
    this.bytes = this.#durable.slice();
    for (const change of changes) if (lasts()) this.#apply(change);
    this.flush();
  }

  handle(): Handle {
    return {
      read: (into, { at }) => {
        const part = this.bytes.subarray(at, at + into.length);
        into.set(part);
        return part.length;
      },
      write: (bytes, { at }) => {
        this.change({ at, bytes: bytes.slice(), ends: at + bytes.length > this.bytes.length });
        return bytes.length;
      },
      getSize: () => this.bytes.length,
      truncate: (size) => this.change({ size }),
      flush: () => this.flush(),
      close: () => undefined,
    };
  }
}

/** What `navigator.storage.getDirectory()` gives, in memory. */
class Disk {
  readonly files = new Map<string, DiskFile>();
  ending: Ending | null = null;

  getFileHandle(name: string, { create = false } = {}): Promise<unknown> {
    let file = this.files.get(name);
    if (file === undefined) {
      if (!create) return Promise.reject(Object.assign(new Error(name), { name: "NotFoundError" }));
      this.files.set(name, (file = new DiskFile()));
    }
    const handle = file.handle();
    return Promise.resolve({ createSyncAccessHandle: () => Promise.resolve(this.ending?.wrap(handle) ?? handle) });
  }

  removeEntry(name: string): Promise<void> {
    this.files.delete(name);
    return Promise.resolve();
  }
}

const EVERYTHING = (): boolean => true;

/** Whether a change that was not flushed lasts: all do where the tab alone was killed; none, or some, where the power was cut. */
const CUTS: Readonly<Record<string, (at: number) => boolean>> = {
  "the tab is killed": EVERYTHING,
  "the power is cut, and nothing lasts that was not flushed": () => false,
  "the power is cut, and of what was not flushed every other change lasts": (at) => at % 2 === 0,
  "the power is cut, and of what was not flushed what comes last lasts": (at) => at % 3 === 2,
};

for (const [name, lasts] of Object.entries(CUTS))
  test(`at every call ${name}`, async () => {
    Object.assign(globalThis, { FileReaderSync: Object });
    const { openHere } = (await import(pathToFileURL(join(packageRoot, "build", "host", "web", "index.js")).href)) as typeof Web;
    const module = await WebAssembly.compile(readFileSync(join(packageRoot, "build", "quire-lib.wasm")));
    let disk = new Disk();
    Object.defineProperty(globalThis, "navigator", {
      configurable: true,
      value: { storage: { getDirectory: () => Promise.resolve(disk) } },
    });
    // What is torn, and then not flushed, is one of the changes that don't last.
    for (const isTorn of lasts === EVERYTHING ? [false, true] : [false]) {
      const outcome = await endAtEachCall(
        (ending) => {
          disk = new Disk();
          disk.ending = ending;
          return openHere("app.db", { module });
        },
        () => {
          disk.ending = null;
          let at = 0;
          for (const file of disk.files.values()) file.cut(() => lasts(at++));
          return openHere("app.db", { module });
        },
        isTorn,
      );
      expectWhole(outcome);
    }
  });

function expectWhole({ calls, ended, wrong }: Outcome): void {
  assert.deepEqual(wrong, []);
  assert.ok(calls > 40, `${calls} calls`);
  assert.equal(ended, calls);
}

const PROGRAM = `
  import { openHere } from "/build/host/web/index.js";
  import { endAtEachCall } from "/build/tests/web/killed-handles.js";
  const make = FileSystemFileHandle.prototype.createSyncAccessHandle;
  let ending = null;
  FileSystemFileHandle.prototype.createSyncAccessHandle = async function (options) {
    const handle = await make.call(this, options);
    return ending === null ? handle : ending.wrap(handle);
  };
  const disk = await navigator.storage.getDirectory();
  const module = await WebAssembly.compile(await (await fetch("/build/quire-lib.wasm")).arrayBuffer());
  const open = async (by) => {
    ending = null;
    for await (const name of disk.keys()) await disk.removeEntry(name).catch(() => undefined);
    ending = by;
    return openHere("app.db", { module });
  };
  const reopen = async () => {
    ending = null;
    return openHere("app.db", { module });
  };
  try {
    postMessage(await endAtEachCall(open, reopen, true));
  } catch (error) {
    postMessage(String(error?.stack ?? error));
  }
`;

testInBrowser(
  {
    "at every call of a browser's own handles the tab is killed": async (t, { blank }) => {
      const page = await blank(t);
      const outcome = await page.evaluate<Outcome>(
        `new Promise((resolve, reject) => {
          const worker = new Worker("/program.js", { type: "module" });
          worker.onmessage = ({ data }) => (typeof data === "string" ? reject(new Error(data)) : resolve(data));
          worker.onerror = ({ message }) => reject(new Error(message));
        })`,
      );
      expectWhole(outcome);
    },
  },
  new Map([["/program.js", Buffer.from(PROGRAM)]]),
);
