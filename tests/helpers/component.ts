/** The component, as jco makes it for JavaScript: its interfaces as `wit/` has them, and hosts that give it a folder. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { transpileBytes } from "@bytecodealliance/jco-transpile";
import { packageRoot } from "../../host/paths.js";

export type Value =
  | { readonly tag: "null"; readonly val?: undefined }
  | { readonly tag: "int8" | "int16" | "int32" | "uint8" | "uint16" | "uint32"; readonly val: number }
  | { readonly tag: "int64" | "uint64"; readonly val: bigint }
  | { readonly tag: "decimal" | "date" | "datetime" | "text" | "uuid" | "json"; readonly val: string }
  | { readonly tag: "boolean"; readonly val: boolean }
  | { readonly tag: "blob" | "custom"; readonly val: Uint8Array };

export type DataType =
  | { readonly tag: Exclude<Value["tag"], "null" | "custom"> }
  | { readonly tag: "custom"; readonly val: { readonly tag: string; readonly size?: number | undefined } };

export interface Column {
  readonly name: string;
  readonly dataType: DataType;
  readonly nullable: boolean;
  readonly autoIncrement: boolean;
  readonly unique: boolean;
  readonly foreignKey?: { table: string; column: string; onDelete: "restrict" | "cascade" } | undefined;
  readonly default?: Value | undefined;
}

export interface TableSchema {
  readonly name: string;
  readonly primaryKey: string;
  readonly alignment?: number | undefined;
  readonly columns: readonly Column[];
  readonly indexes: readonly { readonly columns: readonly string[]; readonly unique: boolean }[];
}

export type Bound = { readonly tag: "unbounded" } | { readonly tag: "included" | "excluded"; readonly val: readonly Value[] };

export type Row = readonly Value[];

export interface Range {
  readonly index: readonly string[];
  readonly lower: Bound;
  readonly upper: Bound;
  readonly reverse: boolean;
  readonly columns: readonly string[];
  readonly offset: bigint;
  readonly limit?: bigint;
}

export interface Cursor extends Disposable {
  columns(): string[];
  next(maxRows: number): Value[][];
}

export interface Table extends Disposable {
  schema(): TableSchema;
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
  createTable(schema: TableSchema): void;
  dropTable(name: string): void;
  beginTransaction(): Transaction;
  inTransaction(): boolean;
  sync(): void;
}

export interface OpenOptions {
  readonly create: boolean;
  readonly readOnly: boolean;
  readonly durability: "commit" | "checkpoint";
  readonly cacheBytes?: bigint;
  readonly layout?: "v0-9" | "v0-11";
}

export const UNBOUNDED: Bound = { tag: "unbounded" };

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

export interface Database {
  readonly Connection: {
    open(path: string, options: OpenOptions): Connection;
    openJson(options: string): Connection;
  };
}

export interface Outcome {
  readonly changes: bigint;
  readonly lastKey?: Value | undefined;
}

export interface ResultColumn {
  readonly name: string;
  readonly dataType: DataType;
}

export interface Statement extends Disposable {
  parameters(): string[];
  givesRows(): boolean;
  columns(): ResultColumn[];
  setTimeout(milliseconds: number): void;
  query(parameters: readonly Value[]): Cursor;
  execute(parameters: readonly Value[]): Outcome;
  outcome(): Outcome;
}

export interface Sql {
  readonly Statement: { prepare(on: Connection, sql: string): Statement };
  execute(
    on: Connection,
    sql: string,
    parameters: readonly Value[],
  ): { columns: ResultColumn[]; rows: Value[][]; outcome: Outcome };
}

/** What a host gives to the component: interfaces of WASI 0.2 by their names. */
export type Imports = Record<string, unknown>;

/** Instantiates a core module of the component. */
export type InstantiateCore = (module: WebAssembly.Module, imports: WebAssembly.Imports) => WebAssembly.Instance;

type Instantiate<Exports> = (
  getCoreModule: (path: string) => WebAssembly.Module,
  imports: Imports,
  instantiateCore?: InstantiateCore,
) => Exports;

export const componentPath = (): string => join(packageRoot, "build", "quire-component.wasm");

/** Errors are thrown as errors, with what `err` holds as their `payload`. */
const OPTIONS = { name: "quire", instantiation: "sync", noComponentErrorWrapping: false } as const;

/** Makes a new instance of the component with these imports. */
export type NewInstance<Exports = { readonly database: Database; readonly sql: Sql }> = (
  imports: Imports,
  instantiateCore?: InstantiateCore,
) => Exports;

/** Makes JavaScript of Quire's component. */
export const loadComponent = (): Promise<NewInstance> => loadFile(componentPath());

/** Makes JavaScript of a component, unless it is there from the last time. */
export async function loadFile<Exports>(path: string): Promise<NewInstance<Exports>> {
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
  const { instantiate } = (await import(pathToFileURL(join(folder, "quire.js")).href)) as { instantiate: Instantiate<Exports> };
  const modules = new Map<string, WebAssembly.Module>();
  const coreModule = (name: string): WebAssembly.Module => {
    const module = modules.get(name) ?? new WebAssembly.Module(readFileSync(join(folder, name)));
    modules.set(name, module);
    return module;
  };
  return (imports, instantiateCore) => instantiate(coreModule, imports, instantiateCore);
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

/** Asserts that `call` fails with an error of this kind and code, whose message fits. */
export function refuses(kind: string, code: string, message: RegExp, call: () => unknown): void {
  const failure = errorOf(call);
  assert.deepEqual({ kind: failure.kind, code: failure.code }, { kind, code }, failure.message);
  assert.match(failure.message, message);
}

export const NULL: Value = { tag: "null" };
export const text = (val: string): Value => ({ tag: "text", val });
export const u32 = (val: number): Value => ({ tag: "uint32", val });
export const u8 = (val: number): Value => ({ tag: "uint8", val });
export const included = (...val: Value[]): Bound => ({ tag: "included", val });
export const excluded = (...val: Value[]): Bound => ({ tag: "excluded", val });

/** All rows, in the order in which they are stored, but for what is said. */
export function range(said: Partial<Range> = {}): Range {
  return { ...ALL, ...said };
}

/** A new file, or one that is there, with durable commits. */
export const CREATE: OpenOptions = { create: true, readOnly: false, durability: "commit" };

/** All rows of a range, taken `page` at a time. */
export function rowsOf(table: Table, said: Partial<Range> = {}, page = 1000): Value[][] {
  using cursor = table.scan(range(said));
  const rows: Value[][] = [];
  for (let more = cursor.next(page); more.length > 0; more = cursor.next(page)) rows.push(...more);
  return rows;
}

/** A value as requests have it. */
export function jsonOf(value: Value): unknown {
  switch (value.tag) {
    case "null":
      return null;
    case "int64":
    case "uint64":
      return String(value.val);
    case "blob":
    case "custom":
      return Buffer.from(value.val).toString("hex");
    case "json":
      return JSON.parse(value.val);
    default:
      return value.val;
  }
}
