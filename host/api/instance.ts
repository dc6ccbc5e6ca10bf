/** `quire-lib.wasm` in this process (`docs/abi.md`): one instance for each open store, so that a trap takes no other store with it. */
import { QuireError, reasonOf, trapError } from "./errors.js";
import { type MemoryViews, utf8Of } from "./memory-views.js";
import type { OpenOptions } from "./options.js";

/** The version of the calls that this host makes. */
const ABI_VERSION = 2;
/** Bytes that the host keeps in the module's memory for what it passes. */
const SCRATCH_BYTES = 65536;

/** The exports that are used. */
interface LibraryExports {
  readonly memory: WebAssembly.Memory;
  abi_version(): number;
  alloc(byteLen: number): number;
  free(ptr: number): void;
  result(): number;
  open(ptr: number, byteLen: number): number;
  close(store: number): number;
  request(store: number, ptr: number, byteLen: number): number;
  open_table(store: number, ptr: number, byteLen: number): number;
  close_table(table: number): number;
  get(table: number, ptr: number, byteLen: number): number;
  get_by(table: number, column: number, ptr: number, byteLen: number): number;
  insert(table: number, ptr: number, byteLen: number): number;
  update(table: number, ptr: number, byteLen: number): number;
  remove(table: number, ptr: number, byteLen: number): number;
  scan(store: number, ptr: number, byteLen: number): number;
  prepare(store: number, ptr: number, byteLen: number): number;
  describe(statement: number): number;
  bind(statement: number, ptr: number, byteLen: number): number;
  step(statement: number, maxRows: number): number;
  run(statement: number, ptr: number, byteLen: number, maxRows: number): number;
  reset(statement: number): number;
  finalize(statement: number): number;
}

/** What a call is about: a text, or bytes that are in the scratch already. */
type Call =
  "close" | "close_table" | "request" | "open_table" | "get" | "insert" | "update" | "remove" | "scan" | "prepare" | "bind";

/** What the clock of an instance shows when what runs with a timeout is to be over. */
export const END_OF_TIME = 2n ** 64n - 1n;

/** What an instance lives in: who brings the module, and the functions of WASI that it imports. */
export interface LibraryHost {
  /** What the module is called in messages. */
  readonly moduleName: string;
  /** Instantiates the module and initializes it: its exports. Called once. */
  start(): Record<string, unknown>;
  /** The instance's memory, which is `memory` now. */
  views(memory: ArrayBuffer): MemoryViews;
  /** Takes back what the instance has open. Nothing is written from then on: the store is closed, or a trap has ended it. */
  close(): void;
}

/** What to open, as the module's `open` takes it: options that are not given are not in it. */
export type OpenRequest = Readonly<Record<string, unknown>> & { readonly path: string };

/** What the module's `open` is told. `path`, and `schema` of the file with the definitions: as the module sees them. */
export function openRequest(path: string, options: OpenOptions, schema: string | undefined): OpenRequest {
  const { readonly = false, mustExist = false, allowLinks = false, cacheBytes, sqlMemory, layout } = options;
  const { durability, uniqueNulls, tables } = options;
  const given = { cacheBytes, sqlMemory, layout, durability, uniqueNulls, schema, tables };
  return {
    path,
    readonly,
    create: !readonly && !mustExist,
    ...(allowLinks ? { allowLinks } : {}),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

/** Turns the module's reply to a failed call into an error. */
export function errorOfReply(reply: unknown): QuireError {
  const { code, message } = (reply as { error: { code: string; message: string } }).error;
  return new QuireError(code, message);
}

export class LibraryInstance {
  readonly #host: LibraryHost;
  readonly #exports: LibraryExports;
  readonly #store: number;
  readonly #result: number;
  #scratch: number;
  #scratchBytes = SCRATCH_BYTES;
  #views: MemoryViews;
  /** Why nothing can be done with it any more. */
  #ended: QuireError | null = null;

  /** Opens a store. Whether it can be opened or not, `host` is closed in the end. */
  constructor(host: LibraryHost, request: OpenRequest) {
    this.#host = host;
    try {
      this.#exports = this.#start();
      this.#scratch = this.#exports.alloc(SCRATCH_BYTES);
      this.#result = this.#exports.result();
      this.#views = host.views(this.#exports.memory.buffer);
      this.#store = 0;
      const byteLen = this.#put(JSON.stringify(request));
      this.#store = this.#exports.open(this.#scratch, byteLen);
      if (this.#store < 0) throw this.failure();
    } catch (error) {
      host.close();
      throw error instanceof QuireError ? error : trapError(reasonOf(error), error);
    }
  }

  #start(): LibraryExports {
    const exports = this.#host.start() as unknown as LibraryExports;
    const version = exports.abi_version();
    if (version === ABI_VERSION) return exports;
    throw new QuireError(
      "MODULE_INVALID",
      `${this.#host.moduleName} has version ${version} of its calls, and not ${ABI_VERSION}; npm run build makes it anew`,
    );
  }

  /** The module's memory as it is now. */
  get memory(): MemoryViews {
    // Memory that has grown takes the bytes of its views away; to ask for its buffer each time costs more.
    if (this.#views.bytes.length === 0) this.#views = this.#host.views(this.#exports.memory.buffer);
    return this.#views;
  }

  get ended(): QuireError | null {
    return this.#ended;
  }

  /** Where the last reply starts. */
  get replyStart(): number {
    return this.memory.view.getUint32(this.#result, true);
  }

  get replyLength(): number {
    return this.memory.view.getUint32(this.#result + 4, true);
  }

  /** The last reply as text. */
  replyText(): string {
    const start = this.replyStart;
    return this.memory.text(start, start + this.replyLength);
  }

  /** The error in the last reply. */
  failure(): QuireError {
    return errorOfReply(JSON.parse(this.replyText()));
  }

  /** Where `byteLen` bytes can be put for the next call; the first `kept` of them are as they were. */
  scratch(byteLen: number, kept = 0): number {
    if (byteLen <= this.#scratchBytes) return this.#scratch;
    this.#ensureUsable();
    return this.#guard(() => {
      // What grows step by step does so a few times only.
      const bytes = kept === 0 ? byteLen : Math.max(byteLen, 2 * this.#scratchBytes);
      if (kept === 0) this.#exports.free(this.#scratch);
      const scratch = this.#exports.alloc(bytes);
      if (scratch === 0) {
        if (kept === 0) this.#setScratch(this.#exports.alloc(SCRATCH_BYTES), SCRATCH_BYTES);
        throw new QuireError("BAD_REQUEST", `${byteLen} bytes are too many for one call; send fewer rows at once`);
      }
      if (kept !== 0) {
        this.memory.bytes.copyWithin(scratch, this.#scratch, this.#scratch + kept);
        this.#exports.free(this.#scratch);
      }
      return this.#setScratch(scratch, bytes);
    });
  }

  #setScratch(ptr: number, byteLen: number): number {
    this.#scratchBytes = byteLen;
    this.#scratch = ptr;
    return ptr;
  }

  /** Puts `text` into the scratch: how many bytes it has there. */
  #put(text: string): number {
    if (text.length * 3 <= SCRATCH_BYTES) return this.memory.putText(text, this.scratch(SCRATCH_BYTES));
    const bytes = utf8Of(text);
    const at = this.scratch(bytes.length);
    this.memory.bytes.set(bytes, at);
    return bytes.length;
  }

  /** Makes the call on the store with `text`. */
  callText(call: "request" | "open_table" | "scan" | "prepare", text: string): number {
    this.#ensureUsable();
    const byteLen = this.#put(text);
    return this.call(call, this.#store, byteLen);
  }

  /** Makes the call on a handle with the first `byteLen` bytes of the scratch. A trap ends everything. */
  call(call: Call, handle: number, byteLen: number): number {
    if (this.#ended !== null) throw this.#ended;
    try {
      return this.#exports[call](handle, this.#scratch, byteLen);
    } catch (error) {
      throw this.#trapped(error);
    }
  }

  /** The same for `get_by`, about a value of the table's column at `position`. */
  callBy(table: number, position: number, byteLen: number): number {
    if (this.#ended !== null) throw this.#ended;
    return this.#guard(() => this.#exports.get_by(table, position, this.#scratch, byteLen));
  }

  /** A call on a statement that takes no bytes: `step` takes how many rows. */
  callStatement(call: "describe" | "step" | "reset" | "finalize", statement: number, maxRows: number): number {
    if (this.#ended !== null) throw this.#ended;
    try {
      return this.#exports[call](statement, maxRows);
    } catch (error) {
      throw this.#trapped(error);
    }
  }

  /** `run` with values of `byteLen` bytes, which are in the scratch already. */
  callRun(statement: number, byteLen: number, maxRows: number): number {
    if (this.#ended !== null) throw this.#ended;
    try {
      return this.#exports.run(statement, this.#scratch, byteLen, maxRows);
    } catch (error) {
      throw this.#trapped(error);
    }
  }

  #guard(call: () => number): number {
    try {
      return call();
    } catch (error) {
      throw error instanceof QuireError ? error : this.#trapped(error);
    }
  }

  #trapped(error: unknown): QuireError {
    const trap = trapError(reasonOf(error), error);
    this.#ended = new QuireError("SESSION_ENDED", `the session ended: ${trap.message}; open the file again`, undefined, {
      cause: trap,
    });
    this.#host.close();
    return trap;
  }

  #ensureUsable(): void {
    if (this.#ended !== null) throw this.#ended;
  }

  /** Closes the store; an open transaction is rolled back. A second call does nothing. */
  close(): void {
    if (this.#ended !== null) return;
    const status = this.call("close", this.#store, 0);
    this.#ended = closedError();
    this.#host.close();
    if (status < 0) throw this.failure();
  }
}

/** What every call on a closed session comes to. */
export function closedError(): QuireError {
  return new QuireError("SESSION_ENDED", "the session is closed");
}
