/** `quire-lib.wasm` over a simulated disk, by the calls of docs/abi.md that requests need. */
import { Host } from "./host.js";
import { type Disk } from "./disk.js";

/** Linear memory, in pages: what the library starts with, and what it may grow to. */
const MEMORY = { initial: 16, maximum: 4096 };

type Call = (...args: number[]) => number;

/** The same functions, which tell their names first. */
function noted(imports: Record<string, unknown>, note: (name: string) => void): Record<string, unknown> {
  const one = ([name, call]: [string, unknown]): [string, unknown] => [
    name,
    (...args: unknown[]): unknown => {
      note(name);
      return (call as (...args: unknown[]) => unknown)(...args);
    },
  ];
  return Object.fromEntries(Object.entries(imports).map(one));
}

export class CoreLibrary {
  readonly host: Host;
  readonly #memory = new WebAssembly.Memory(MEMORY);
  readonly #exports: Record<string, Call>;

  /** The module is `compileModule("library", …)`, whose memory is imported; `note` is told the name of each call of the host. */
  constructor(module: WebAssembly.Module, disk: Disk, seed: number, note: (name: string) => void = () => undefined) {
    this.host = new Host(this.#memory);
    this.host.use(disk, seed);
    const instance = new WebAssembly.Instance(module, {
      env: { memory: this.#memory },
      wasi_snapshot_preview1: noted(this.host.imports(), note),
    });
    this.#exports = instance.exports as unknown as Record<string, Call>;
    this.#call("_initialize");
  }

  #call(name: string, ...args: number[]): number {
    return this.#exports[name]!(...args);
  }

  /** A call with text: what it returns, and the reply. */
  #with(name: string, text: string, ...handle: number[]): { status: number; reply: string } {
    const bytes = Buffer.from(text);
    const ptr = this.#call("alloc", bytes.length);
    Buffer.from(this.#memory.buffer).set(bytes, ptr);
    const status = this.#call(name, ...handle, ptr, bytes.length);
    this.#call("free", ptr);
    const memory = Buffer.from(this.#memory.buffer);
    const record = this.#call("result");
    const at = memory.readUInt32LE(record);
    return { status, reply: memory.subarray(at, at + memory.readUInt32LE(record + 4)).toString() };
  }

  /** Opens a store by the JSON of docs/abi.md: its handle. */
  open(options: object): number {
    const { status, reply } = this.#with("open", JSON.stringify(options));
    if (status < 0) throw new Error(reply);
    return status;
  }

  /** The reply to a request: with `ok` or with `error`. */
  request(store: number, request: string): string {
    return this.#with("request", request, store).reply;
  }

  close(store: number): void {
    if (this.#call("close", store) !== 0) throw new Error("the store can't be closed");
  }
}
