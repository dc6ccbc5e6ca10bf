/**
 * Runs a WASI program in this process and counts what it asks of its host: calls by kind, bytes read and written, pages of 64 KiB touched.
 * Syncs are counted and not done, so that a count takes no time on a slow disk.
 */
import { readFileSync } from "node:fs";
import { loadWasi } from "../host/node/wasi.js";

const PAGE_BYTES = 65_536;

/** What one operation asked for. */
export interface Counts {
  /** Calls that touch files, by their WASI name. */
  readonly calls: Record<string, number>;
  bytesRead: number;
  bytesWritten: number;
  /** Different pages of 64 KiB, of all files together. */
  pagesRead: number;
  pagesWritten: number;
  /** Bytes of linear memory at its end, and by how much it grew. */
  memory: number;
  heapGrowth: number;
}

interface Counter extends Counts {
  readonly read: Set<string>;
  readonly written: Set<string>;
}

const freshCounter = (): Counter => ({
  calls: {},
  bytesRead: 0,
  bytesWritten: 0,
  pagesRead: 0,
  pagesWritten: 0,
  memory: 0,
  heapGrowth: 0,
  read: new Set(),
  written: new Set(),
});

type Call = (...args: never[]) => number;

/** The operations that the program printed a line for, in their order, with what each asked for since the line before. */
export async function countProgram(
  module: string,
  args: readonly string[],
  folder: string,
): Promise<{ readonly op: string; readonly count: number; readonly counts: Counts }[]> {
  const WASI = loadWasi();
  const wasi = new WASI({ version: "preview1", args: ["program", ...args], preopens: { "/data": folder }, returnOnExit: true });
  const found: { op: string; count: number; counts: Counts }[] = [];
  let memory: WebAssembly.Memory | null = null;
  let counter = freshCounter();
  let output = "";
  let complaints = "";
  let lastMemory = 0;
  const positions = new Map<number, number>();
  const view = (): DataView => new DataView(memory?.buffer ?? new ArrayBuffer(0));
  const bytesAt = (ptr: number, len: number): Uint8Array => new Uint8Array(memory?.buffer ?? new ArrayBuffer(0), ptr, len);

  const take = (op: string, count: number): void => {
    const bytes = memory?.buffer.byteLength ?? 0;
    const { read, written, ...counts } = counter;
    counts.pagesRead = read.size;
    counts.pagesWritten = written.size;
    counts.memory = bytes;
    counts.heapGrowth = bytes - lastMemory;
    counts.calls = Object.fromEntries(Object.entries(counts.calls).sort(([a], [b]) => (a < b ? -1 : 1)));
    found.push({ op, count, counts });
    lastMemory = bytes;
    counter = freshCounter();
  };
  const pages = (into: Set<string>, fd: number, offset: number, len: number): void => {
    for (let page = Math.floor(offset / PAGE_BYTES); page * PAGE_BYTES < offset + len; page++) into.add(`${fd}:${page}`);
  };
  const asked = (iovs: number, count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += view().getUint32(iovs + 8 * i + 4, true);
    return sum;
  };
  const standardStream = (fd: number, iovs: number, count: number, written: number): number => {
    let len = 0;
    for (let i = 0; i < count; i++) {
      const part = bytesAt(view().getUint32(iovs + 8 * i, true), view().getUint32(iovs + 8 * i + 4, true));
      if (fd === 2) complaints += Buffer.from(part).toString("utf8");
      else output += Buffer.from(part).toString("utf8");
      len += part.length;
    }
    view().setUint32(written, len, true);
    for (let end = output.indexOf("\n"); end >= 0; end = output.indexOf("\n")) {
      const line = output.slice(0, end);
      output = output.slice(end + 1);
      if (!line.startsWith("{")) throw new Error(`the program says: ${line}`);
      const { op, count: operations } = JSON.parse(line) as { op: string; count: number };
      take(op, operations);
    }
    return 0;
  };

  const host = (wasi.getImportObject() as { wasi_snapshot_preview1: Record<string, Call> }).wasi_snapshot_preview1;
  const counted: Record<string, unknown> = { ...host };
  for (const [name, call] of Object.entries(host)) {
    if (!/^(fd|path)_/.test(name) || name.startsWith("fd_prestat")) continue;
    const inner = call as (...args: readonly unknown[]) => number;
    counted[name] = (...args: readonly unknown[]): number => {
      const fd = args[0] as number;
      if (fd < 3 && name === "fd_write") {
        return standardStream(fd, args[1] as number, args[2] as number, args[3] as number);
      }
      if (fd < 3) return inner(...args);
      counter.calls[name] = (counter.calls[name] ?? 0) + 1;
      if (name === "fd_sync" || name === "fd_datasync") return 0;
      const status = inner(...args);
      const moves = /^fd_p?(read|write)$/.exec(name);
      if (moves !== null && status === 0) {
        const positioned = name.startsWith("fd_p");
        const done = view().getUint32(args[positioned ? 4 : 3] as number, true);
        const wanted = asked(args[1] as number, args[2] as number);
        const offset = positioned ? Number(args[3]) : (positions.get(fd) ?? 0);
        if (!positioned) positions.set(fd, offset + done);
        const reads = moves[1] === "read";
        if (reads) counter.bytesRead += done;
        else counter.bytesWritten += done;
        pages(reads ? counter.read : counter.written, fd, offset, Math.min(done, wanted));
      }
      if (name === "fd_seek" && status === 0) positions.set(fd, Number(view().getBigUint64(args[3] as number, true)));
      if (name === "path_open" && status === 0) positions.delete(view().getUint32(args[8] as number, true));
      return status;
    };
  }
  // A clock that nothing depends on: each look at it is a microsecond later.
  let ticks = 0n;
  counted["clock_time_get"] = (_clock: number, _precision: bigint, out: number): number => {
    ticks += 1000n;
    view().setBigUint64(out, ticks, true);
    return 0;
  };
  const compiled = await WebAssembly.compile(readFileSync(module));
  const instance = await WebAssembly.instantiate(compiled, { wasi_snapshot_preview1: counted });
  memory = instance.exports["memory"] as WebAssembly.Memory;
  const status = wasi.start(instance);
  // What came behind the last line: mostly, closing the file.
  take("end", 1);
  if (status !== 0) throw new Error(`${module} ${args.join(" ")}: status ${status}\n${complaints}`);
  return found;
}
