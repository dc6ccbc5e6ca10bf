/** `quire-kv.wasm`, as jco makes it for JavaScript: the interfaces of `wasi:keyvalue`. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { packageRoot } from "../../host/paths.js";
import { type Imports, type NewInstance, loadFile } from "./component.js";

export interface Bucket extends Disposable {
  get(key: string): Uint8Array | undefined;
  set(key: string, value: Uint8Array): void;
  delete(key: string): void;
  exists(key: string): boolean;
  listKeys(cursor?: string): { keys: string[]; cursor?: string };
}

export interface Cas extends Disposable {
  current(): Uint8Array | undefined;
}

/** `err` of the interfaces. */
export type KeyvalueError = { tag: "no-such-store" | "access-denied" } | { tag: "other"; val: string };
export type CasError = { tag: "store-error"; val: KeyvalueError } | { tag: "cas-failed"; val: Cas };

export interface Keyvalue {
  readonly store: { open(identifier: string): Bucket };
  readonly atomics: {
    readonly Cas: { new: (bucket: Bucket, key: string) => Cas };
    increment(bucket: Bucket, key: string, delta: bigint): bigint;
    swap(cas: Cas, value: Uint8Array): void;
  };
  readonly batch: {
    getMany(bucket: Bucket, keys: string[]): ([string, Uint8Array] | undefined)[];
    setMany(bucket: Bucket, pairs: [string, Uint8Array][]): void;
    deleteMany(bucket: Bucket, keys: string[]): void;
  };
}

export const keyvaluePath = (): string => join(packageRoot, "build", "quire-kv.wasm");

let loading: Promise<NewInstance<Keyvalue>> | null = null;

/** Makes JavaScript of it, once. */
export const loadKeyvalue = (): Promise<NewInstance<Keyvalue>> => (loading ??= loadFile(keyvaluePath()));

/** A new instance with these imports. */
export const keyvalueWith = async (imports: Imports): Promise<Keyvalue> => (await loadKeyvalue())(imports);

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const shown = (value: Uint8Array | undefined): string | undefined => value && new TextDecoder().decode(value);

/** What `err` of a call holds; undefined when it is `ok`. A trap is thrown on. */
export function failureOf(call: () => unknown): KeyvalueError | CasError | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    const { payload } = error as { payload?: KeyvalueError | CasError };
    if (payload === undefined) throw error;
    return payload;
  }
}

/** Asserts that `call` fails with `other`, and a message that fits. */
export function refuses(message: RegExp, call: () => unknown): void {
  const failure = failureOf(call);
  assert.equal(failure?.tag, "other");
  assert.match((failure as { val: string }).val, message);
}

/** All keys, by as many pages as there are. */
export function keysOf(bucket: Bucket): string[] {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = bucket.listKeys(cursor);
    keys.push(...page.keys);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return keys;
}
