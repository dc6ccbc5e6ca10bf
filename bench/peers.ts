/** Who is measured: how each peer is run, and with how many rows it can be. */
import { join } from "node:path";
import { libraryPath, modulePath, packageRoot } from "../host/paths.js";
import { wasmtime as wasmtimeAdapter } from "../host/runtimes/wasmtime.js";
import {
  buildNothing,
  buildReference,
  buildSqliteNative,
  buildSqliteWasi,
  buildWorkload,
  installNpmPeers,
  precompile,
} from "./build.js";
import { leaveOut } from "./say.js";

/** The bench's workloads; docs/benchmarks.md says what each does. */
export type Mode = "full" | "random" | "wide1k" | "wide20k" | "posts" | "fill" | "open" | "amplify" | "sql" | "null";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

export interface Peer {
  readonly name: string;
  readonly kind: "wasi" | "native" | "node";
  /** The most rows for a mode; a mode that is missing here is not run. */
  readonly most: Partial<Record<Mode, number>>;
  /** Rounds at most, for what takes long. */
  readonly rounds?: number;
  /** The module of a WASI peer, and what it is told besides the workload. */
  readonly module?: string;
  readonly options: readonly string[];
  command(mode: Mode, folder: string, file: string, n: number): Command;
}

export interface Peers {
  readonly list: readonly Peer[];
  readonly wasmtime: string | null;
  /** The module that does nothing, and the command's, precompiled. */
  readonly nothing: string | null;
  readonly quireCommand: string | null;
  /** Modules and their paths, for their sizes. */
  readonly modules: readonly (readonly [string, string])[];
}

const ALL = 1_000_000;
const EVERYTHING = { full: ALL, random: ALL, wide1k: ALL, wide20k: ALL, posts: ALL, fill: ALL, open: ALL, amplify: ALL };
const MIB = 1 << 20;

/** What the programs are told for a mode. */
export function wordsOf(mode: Mode): readonly string[] {
  if (mode === "wide1k") return ["wide", "bytes=1024"];
  if (mode === "wide20k") return ["wide", "bytes=20480"];
  return [mode];
}

type Details = Pick<Peer, "most" | "options"> & Partial<Pick<Peer, "rounds">>;

/** A module under wasmtime, compiled ahead; it sees `folder` as /data. */
function wasiPeer(runtime: string, name: string, module: string, details: Details): Peer {
  const precompiled = precompile(runtime, module);
  return {
    name,
    kind: "wasi",
    module,
    ...details,
    command(mode, folder, file, n) {
      const [word, ...more] = wordsOf(mode);
      const workload = [word ?? mode, name, `/data/${file}`, String(n), ...more, ...details.options];
      const args = ["run", "--allow-precompiled", "--dir", `${folder}::/data`, precompiled];
      return { program: runtime, args: mode === "null" ? args : [...args, ...workload] };
    },
  };
}

function nativePeer(name: string, program: string, details: Details): Peer {
  return {
    name,
    kind: "native",
    ...details,
    command(mode, folder, file, n) {
      const [word, ...more] = wordsOf(mode);
      const workload = [word ?? mode, name, join(folder, file), String(n), ...more, ...details.options];
      return { program, args: mode === "null" ? [] : workload };
    },
  };
}

function nodePeer(name: string, details: Details): Peer {
  const script = join(packageRoot, "bench", "peers", "npm", "bench.mjs");
  return {
    name,
    kind: "node",
    ...details,
    command(mode, folder, file, n) {
      const args = mode === "null" ? ["-e", "0"] : [script, mode, name, join(folder, file), String(n), ...details.options];
      return { program: process.execPath, args };
    },
  };
}

const ofNode = (most: number): Peer["most"] => ({ full: most, fill: most, open: most });
const sqliteOptions = ["exclusive"];
const wasiVfs = ["vfs=unix-none"];
const cache16 = `cache=${16 * MIB}`;

/** Those that run statements of SQL, with 16 MiB of cache each: Quire and SQLite under wasmtime, and SQLite as a program of this machine. */
export function gatherSqlPeers(): readonly Peer[] {
  const list: Peer[] = [];
  const wasmtime = wasmtimeAdapter.find();
  const options = [...sqliteOptions, cache16];
  if (wasmtime === null) leaveOut("Quire and SQLite under wasmtime", "it is not here; npm run runtimes gets it");
  else {
    list.push(wasiPeer(wasmtime, "quire", buildWorkload(false, "sql"), { most: {}, options: [] }));
    const sqlite = buildSqliteWasi();
    if (sqlite !== null) list.push(wasiPeer(wasmtime, "sqlite-wasi", sqlite, { most: {}, options: [...wasiVfs, ...options] }));
  }
  const native = buildSqliteNative();
  if (native !== null) list.push(nativePeer("sqlite-native", native, { most: {}, options }));
  return list;
}

/** Everything that can be built here. */
export function gatherPeers(wanted: (name: string) => boolean): Peers {
  const list: Peer[] = [];
  const modules: [string, string][] = [
    ["quire.wasm (the command)", modulePath()],
    ["quire-lib.wasm (the library)", libraryPath()],
  ];
  const wasmtime = wasmtimeAdapter.find();
  if (wasmtime === null) leaveOut("everything under wasmtime", "it is not here; npm run runtimes gets it");
  else {
    const workload = buildWorkload(false);
    modules.push(["Quire's workload of the bench", workload]);
    list.push(wasiPeer(wasmtime, "quire", workload, { most: EVERYTHING, options: [] }));
    const small = { full: 100_000, random: 100_000 };
    list.push(wasiPeer(wasmtime, "quire-2m", workload, { most: small, options: [`cache=${2 * MIB}`] }));
    const large = { full: ALL, random: ALL };
    const cache512 = `cache=${512 * MIB}`;
    list.push(wasiPeer(wasmtime, "quire-512m", workload, { most: large, options: [cache512] }));
    const sqlites = ["sqlite-wasi", "sqlite-wasi-16m", "sqlite-wasi-wal", "sqlite-wasi-512m"];
    const sqlite = sqlites.some(wanted) ? buildSqliteWasi() : null;
    if (sqlite !== null) {
      modules.push(["SQLite's workload of the bench, SQLite in it", sqlite]);
      const options = [...wasiVfs, ...sqliteOptions];
      list.push(wasiPeer(wasmtime, "sqlite-wasi", sqlite, { most: EVERYTHING, options }));
      list.push(wasiPeer(wasmtime, "sqlite-wasi-16m", sqlite, { most: EVERYTHING, options: [...options, cache16] }));
      const wal = [...options, cache16, "journal=WAL"];
      list.push(wasiPeer(wasmtime, "sqlite-wasi-wal", sqlite, { most: EVERYTHING, options: wal }));
      list.push(wasiPeer(wasmtime, "sqlite-wasi-512m", sqlite, { most: large, options: [...options, cache512] }));
    }
    const reference = ["reference-0.9.0", "reference-0.11.0"].some(wanted) ? buildReference() : new Map<string, string>();
    for (const [version, module] of reference) {
      modules.push([`the workload on the reference ${version}`, module]);
      const most = { full: 10_000, random: 1000, fill: 1000, open: 1000, amplify: 1000 };
      list.push(wasiPeer(wasmtime, `reference-${version}`, module, { most, rounds: 2, options: ["budget=2"] }));
    }
  }
  const native = ["sqlite-native", "sqlite-native-wal"].some(wanted) ? buildSqliteNative() : null;
  if (native !== null) {
    list.push(nativePeer("sqlite-native", native, { most: EVERYTHING, options: sqliteOptions }));
    list.push(nativePeer("sqlite-native-wal", native, { most: EVERYTHING, options: [...sqliteOptions, cache16, "journal=WAL"] }));
  }
  list.push(nodePeer("quire-node", { most: ofNode(ALL), options: ["package=quire-db", `modules=${packageRoot}`] }));
  if (["better-sqlite3", "node-sqlite3-wasm", "lmdb"].some(wanted)) {
    const npm = installNpmPeers();
    if (npm !== null) {
      const from = `modules=${npm.folder}`;
      const better = ["package=better-sqlite3", from, "exclusive", "journal=WAL", cache16];
      const wasm = ["package=node-sqlite3-wasm", from, "exclusive", cache16];
      if (npm.native) list.push(nodePeer("better-sqlite3", { most: ofNode(ALL), options: better }));
      list.push(nodePeer("node-sqlite3-wasm", { most: ofNode(100_000), options: wasm }));
      list.push(nodePeer("lmdb", { most: ofNode(ALL), options: ["package=lmdb", from] }));
    }
  }
  return {
    list: list.filter(({ name }) => wanted(name)),
    wasmtime,
    nothing: wasmtime === null ? null : precompile(wasmtime, buildNothing()),
    quireCommand: wasmtime === null ? null : precompile(wasmtime, modulePath()),
    modules,
  };
}
