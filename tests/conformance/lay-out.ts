/** Lays out a scenario's folder, and looks at what has become of it. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { golden, goldenSchema, type OldLayout } from "../helpers/golden.js";
import type { FileSpec, Scenario } from "./scenario.js";

/** Files above this many bytes have holes: only their size and both ends are looked at. */
const WHOLE_BYTES = 1 << 30;
const END_BYTES = 16 << 20;

/** The lines of `rows`. */
export function rowsText({ head, line, count, pad = 0 }: NonNullable<FileSpec["rows"]>): string {
  const padding = "x".repeat(pad);
  let text = head;
  for (let i = 0; i < count; i++) text += line.replaceAll("{i}", String(i)).replaceAll("{pad}", padding);
  return text;
}

function contentOf(spec: FileSpec): Buffer {
  let bytes = Buffer.alloc(0);
  if (spec.golden !== undefined) bytes = Buffer.from(golden(spec.golden, spec.layout));
  else if (spec.schemaOf !== undefined)
    bytes = Buffer.from(JSON.stringify(goldenSchema(spec.schemaOf, spec.layout as OldLayout)));
  else if (spec.text !== undefined) bytes = Buffer.from(spec.text);
  else if (spec.rows !== undefined) bytes = Buffer.from(rowsText(spec.rows));
  for (const [offset, hex] of Object.entries(spec.patch ?? {})) Buffer.from(hex, "hex").copy(bytes, Number(offset));
  return bytes;
}

function putFile(path: string, spec: FileSpec): void {
  if (spec.folder === true) {
    mkdirSync(path, { recursive: true });
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  if (spec.symlink !== undefined) {
    symlinkSync(spec.symlink, path);
    return;
  }
  writeFileSync(path, contentOf(spec));
  if (spec.size !== undefined) truncateSync(path, spec.size);
}

/** What can be said of a file's bytes in a line: how many, and their SHA-256. */
function describe(bytes: number, content: Buffer): string {
  return `${bytes} bytes, ${createHash("sha256").update(content).digest("hex").slice(0, 16)}`;
}

function fingerprint(path: string): string {
  const { size } = statSync(path);
  // A log's head has a random number in it: see docs/log.md.
  if (path.endsWith("-log")) return `a log of ${size} bytes`;
  if (size < WHOLE_BYTES) return describe(size, readFileSync(path));
  const ends = Buffer.alloc(2 * END_BYTES);
  const fd = openSync(path, "r");
  readSync(fd, ends, 0, END_BYTES, 0);
  readSync(fd, ends, END_BYTES, END_BYTES, size - END_BYTES);
  closeSync(fd);
  return describe(size, ends);
}

/** What `spec` lays out, described as `Folder.files` describes it. */
export function expectedFile(spec: FileSpec | null): string {
  if (spec === null) return "missing";
  const content = contentOf(spec);
  return describe(content.length, content);
}

/** A scenario's folder on this machine. */
export class Folder {
  readonly #root = mkdtempSync(join(tmpdir(), "quire-scenario-"));
  readonly inside = join(this.#root, "inside");
  #mounted = false;

  /** Lays it out; null when that takes a mount that is not allowed here. */
  static make(scenario: Scenario): Folder | null {
    const folder = new Folder();
    if (folder.#layOut(scenario)) return folder;
    folder.remove();
    return null;
  }

  #layOut({ files = {}, diskKiB, readOnly = false }: Scenario): boolean {
    mkdirSync(this.inside);
    const mounts = diskKiB !== undefined || readOnly;
    if (mounts && !this.#mount("-t", "tmpfs", "-o", `size=${diskKiB ?? 65536}k`, "tmpfs", this.inside)) return false;
    this.#mounted = mounts;
    for (const [name, spec] of Object.entries(files)) putFile(join(this.inside, name), spec);
    return !readOnly || this.#mount("-o", "remount,ro", this.inside);
  }

  #mount(...words: string[]): boolean {
    try {
      execFileSync("mount", words, { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  }

  /** Each file in it, and those outside of the opened folder, with its description. */
  files(): Map<string, string> {
    const found = new Map<string, string>();
    for (const entry of readdirSync(this.#root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const within = path.startsWith(this.inside + "/");
      found.set(within ? path.slice(this.inside.length + 1) : `../${path.slice(this.#root.length + 1)}`, fingerprint(path));
    }
    return found;
  }

  remove(): void {
    if (this.#mounted) execFileSync("umount", [this.inside], { stdio: "ignore" });
    rmSync(this.#root, { recursive: true, force: true });
  }
}
