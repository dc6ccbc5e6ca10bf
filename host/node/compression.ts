/** Compressed files that commands read and write: told by the endings of their names, and what is read by its first bytes, too. */
import { extname } from "node:path";
import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import { EXIT_NOT_DONE, QuireError } from "../api/errors.js";
import { firstBytes } from "./whole-file.js";

export type Compression = "gzip" | "Brotli" | "zstd";

const ENDINGS: ReadonlyMap<string, Compression> = new Map([
  [".gz", "gzip"],
  [".br", "Brotli"],
  [".zst", "zstd"],
]);

/** The bytes that they begin with, in hexadecimal; Brotli has none. */
const FIRST_BYTES: readonly (readonly [string, Compression])[] = [
  ["1f8b08", "gzip"],
  ["28b52ffd", "zstd"],
];

/** A level at which Brotli keeps up with what is written; its own, 11, takes some hundred times as long. */
const BROTLI_LEVEL = 5;

/** What the ending of a name says; null when it says nothing of compression. */
export function compressionNamed(name: string): Compression | null {
  return ENDINGS.get(extname(name).toLowerCase()) ?? null;
}

/** What the file `path` is compressed with; null when it is not, or can't be read, which is the module's to say. */
export function compressionOf(path: string): Compression | null {
  const named = compressionNamed(path);
  if (named !== null) return named;
  try {
    const head = firstBytes(path, 4).toString("hex");
    return FIRST_BYTES.find(([bytes]) => head.startsWith(bytes))?.[1] ?? null;
  } catch {
    return null;
  }
}

/** The name of what is in a compressed file. */
export function nameInside(name: string): string {
  return compressionNamed(name) === null ? name : name.slice(0, -extname(name).length);
}

/** zstd of Node's zlib, which it has since 22.15 and 23.8. */
interface Zstd {
  createZstdCompress(): Transform;
  createZstdDecompress(): Transform;
}

/** `UNSUPPORTED` where this Node can't do it; `way` does it without. */
export function requireCompression(compression: Compression, way: string): void {
  if (compression !== "zstd" || "createZstdDecompress" in zlib) return;
  const message = `Node ${process.versions.node} has no zstd, which 22.15 has: use that, or ${way}`;
  throw new QuireError("UNSUPPORTED", message, EXIT_NOT_DONE);
}

/** A stream that unpacks what is written to it, for a compression that this Node has. */
export function unpacker(compression: Compression): Transform {
  if (compression === "gzip") return zlib.createGunzip();
  if (compression === "Brotli") return zlib.createBrotliDecompress();
  return (zlib as unknown as Zstd).createZstdDecompress();
}

/** A stream that packs what is written to it, for a compression that this Node has. */
export function packer(compression: Compression): Transform {
  if (compression === "gzip") return zlib.createGzip();
  if (compression === "zstd") return (zlib as unknown as Zstd).createZstdCompress();
  return zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_LEVEL } });
}
