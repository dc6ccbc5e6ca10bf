/** The library module's calls as docs/abi.md has them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { loadWasi } from "../../host/node/wasi.js";
import { libraryPath } from "../../host/paths.js";

/** A host that does no more than the page says. */
export class AbiHost {
  readonly #exports: Record<string, (...args: number[]) => number>;
  readonly memory: WebAssembly.Memory;
  readonly #result: number;

  /** `wrap` may give a WASI function another one to stand before it. */
  constructor(folder: string, wrap?: (imports: Record<string, (...args: number[]) => number>) => void) {
    const module = new WebAssembly.Module(readFileSync(libraryPath()));
    const WASI = loadWasi();
    const wasi = new WASI({ version: "preview1", preopens: { "/data": folder } });
    const imports = wasi.getImportObject() as Record<string, Record<string, (...args: number[]) => number>>;
    wrap?.(imports["wasi_snapshot_preview1"] as Record<string, (...args: number[]) => number>);
    const instance = new WebAssembly.Instance(module, imports);
    wasi.initialize(instance);
    this.#exports = instance.exports as unknown as Record<string, (...args: number[]) => number>;
    this.memory = instance.exports["memory"] as WebAssembly.Memory;
    this.#result = this.direct("result");
  }

  get names(): string[] {
    return Object.keys(this.#exports);
  }

  direct(name: string, ...args: number[]): number {
    return (this.#exports[name] as (...args: number[]) => number)(...args);
  }

  /** Makes a call with bytes: what it returns. */
  call(name: string, bytes: string | Uint8Array, ...handle: number[]): number {
    const given = Buffer.from(bytes as string);
    const ptr = this.direct("alloc", given.length);
    assert.equal(ptr % 16, 0);
    Buffer.from(this.memory.buffer).set(given, ptr);
    const status = this.direct(name, ...handle, ptr, given.length);
    this.direct("free", ptr);
    return status;
  }

  get reply(): Buffer {
    const memory = Buffer.from(this.memory.buffer);
    const ptr = memory.readUInt32LE(this.#result);
    return Buffer.from(memory.subarray(ptr, ptr + memory.readUInt32LE(this.#result + 4)));
  }

  get error(): string {
    return (JSON.parse(this.reply.toString()) as { error: { code: string } }).error.code;
  }

  /** The `ok` of a request's reply. */
  ask(store: number, request: object): unknown {
    const status = this.call("request", JSON.stringify(request), store);
    const { ok, error } = JSON.parse(this.reply.toString()) as { ok?: unknown; error?: unknown };
    assert.equal(status, error === undefined ? 0 : -1);
    return ok ?? error;
  }

  open(path: string, more: object = {}): number {
    return this.call("open", JSON.stringify({ path, create: true, ...more }));
  }
}

export const u32 = (...values: number[]): Buffer => Buffer.from(new Uint32Array(values).buffer);
export const text = (value: string): Buffer =>
  Buffer.concat([Buffer.from(new Uint16Array([Buffer.byteLength(value)]).buffer), Buffer.from(value)]);
