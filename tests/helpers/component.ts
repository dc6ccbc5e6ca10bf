/** The component, as jco makes it for JavaScript: its interfaces as `wit/` has them, and hosts that give it a folder. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { transpileBytes } from "@bytecodealliance/jco-transpile";
import { packageRoot } from "../../host/paths.js";

/** `value` of `wit/types.wit`. */
export interface Value {
  readonly tag: string;
  readonly val?: unknown;
}

export type Row = readonly Value[];

export interface OpenOptions {
  readonly create: boolean;
  readonly readOnly: boolean;
  readonly durability: "commit" | "checkpoint";
  readonly cacheBytes?: bigint;
  readonly layout?: "v0-9" | "v0-11";
}

export interface Bound {
  readonly tag: "unbounded" | "included" | "excluded";
  readonly val?: readonly Value[];
}

export interface Range {
  readonly index: readonly string[];
  readonly lower: Bound;
  readonly upper: Bound;
  readonly reverse: boolean;
  readonly columns: readonly string[];
  readonly offset: bigint;
  readonly limit?: bigint;
}

/** Which rows: all, in the order in which they are stored. */
export const ALL: Range = {
  index: [],
  lower: { tag: "unbounded" },
  upper: { tag: "unbounded" },
  reverse: false,
  columns: [],
  offset: 0n,
};

/** What `err` holds: `payload` of what a call throws. */
export interface DatabaseError {
  readonly kind: string;
  readonly code: string;
  readonly message: string;
}

export interface Cursor extends Disposable {
  columns(): string[];
  next(maxRows: number): Value[][];
}

export interface Table extends Disposable {
  schema(): unknown;
  get(key: Value): Value[] | undefined;
  getBy(column: string, key: Value): Value[] | undefined;
  insert(columns: readonly string[], rows: readonly Row[]): Value[];
  update(key: Value, columns: readonly string[], values: Row): bigint | undefined;
  delete(key: Value, behavior: "by-schema" | "restrict" | "cascade"): bigint | undefined;
  scan(range: Range): Cursor;
  count(range: Range): bigint;
}

export interface Transaction extends Disposable {
  commit(): void;
  rollback(): void;
  savepoint(name: string): void;
  rollbackTo(name: string): void;
  release(name: string): void;
}

export interface Connection extends Disposable {
  close(): void;
  request(json: string): string;
  tables(): string[];
  table(name: string): Table;
  createTable(schema: unknown): void;
  dropTable(name: string): void;
  beginTransaction(): Transaction;
  inTransaction(): boolean;
  sync(): void;
}

export interface Database {
  readonly Connection: {
    open(path: string, options: OpenOptions): Connection;
    openJson(options: string): Connection;
  };
}

/** What a host gives to the component: interfaces of WASI 0.2 by their names. */
export type Imports = Record<string, unknown>;

type Instantiate = (getCoreModule: (path: string) => WebAssembly.Module, imports: Imports) => { readonly database: Database };

export const componentPath = (): string => join(packageRoot, "build", "quire-component.wasm");

/** Errors are thrown as errors, with what `err` holds as their `payload`. */
const OPTIONS = { name: "quire", instantiation: "sync", noComponentErrorWrapping: false } as const;

/** Makes a new instance of the component with these imports. */
export type NewInstance = (imports: Imports) => Database;

/** Makes JavaScript of the component, unless it is there from the last time. */
export async function loadComponent(path = componentPath()): Promise<NewInstance> {
  const component = readFileSync(path);
  const hash = createHash("sha256").update(JSON.stringify(OPTIONS)).update(component).digest("hex").slice(0, 16);
  const folder = join(packageRoot, "build", "component", hash);
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) {
    const { files } = await transpileBytes(component, { ...OPTIONS });
    const beside = `${folder}.${process.pid}`;
    for (const [name, bytes] of Object.entries(files)) {
      mkdirSync(dirname(join(beside, name)), { recursive: true });
      writeFileSync(join(beside, name), bytes);
    }
    try {
      renameSync(beside, folder);
    } catch (error) {
      // Another process was faster.
      rmSync(beside, { recursive: true });
      if (statSync(folder, { throwIfNoEntry: false }) === undefined) throw error;
    }
  }
  const { instantiate } = (await import(pathToFileURL(join(folder, "quire.js")).href)) as { instantiate: Instantiate };
  const modules = new Map<string, WebAssembly.Module>();
  const coreModule = (name: string): WebAssembly.Module => {
    const module = modules.get(name) ?? new WebAssembly.Module(readFileSync(join(folder, name)));
    modules.set(name, module);
    return module;
  };
  return (imports) => instantiate(coreModule, imports).database;
}

/** The error that `call` throws. Anything else is thrown on: a trap, or nothing. */
export function errorOf(call: () => unknown): DatabaseError {
  try {
    call();
  } catch (error) {
    const { payload } = error as { payload?: DatabaseError };
    if (payload === undefined) throw error;
    return payload;
  }
  throw new Error("it does not fail");
}
