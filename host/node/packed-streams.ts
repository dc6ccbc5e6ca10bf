/** What goes into a command's standard input from a compressed file, and from its standard output into a file. */
import { once } from "node:events";
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { EXIT_NOT_DONE, QuireError, reasonOf } from "../api/errors.js";
import { WholeFile } from "./whole-file.js";
import { type Compression, packer, unpacker } from "./compression.js";
import { ZstdFrames } from "./zstd-frames.js";

/** A file that is unpacked into standard input. */
export interface PackedSource {
  readonly path: string;
  /** As it was typed. */
  readonly named: string;
  readonly compression: Compression;
}

/** The bytes of frames of zstd, which have to be whole. */
async function* wholeFrames(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const frames = new ZstdFrames();
  for await (const chunk of packed) {
    frames.take(chunk);
    yield chunk;
  }
  if (!frames.isWhole) throw new Error("unexpected end of file");
}

/**
 * Unpacks `source` into `stdin`, and ends that when all of it was whole. On failure it is left open: its end would be that of the source,
 * so the program that reads has to be killed.
 */
export async function unpackInto({ path, named, compression }: PackedSource, stdin: Writable): Promise<void> {
  const unpacked = unpacker(compression);
  const packed = createReadStream(path);
  const bytes = compression === "zstd" ? Readable.from(wholeFrames(packed)) : packed;
  bytes.on("error", (error: Error) => unpacked.destroy(error));
  // A program that ends without reading all says itself why.
  stdin.on("error", () => undefined);
  const gone = new Promise((resolve) => stdin.once("close", resolve));
  try {
    for await (const chunk of bytes.pipe(unpacked) as AsyncIterable<Buffer>) {
      if (stdin.destroyed) return;
      if (!stdin.write(chunk)) await Promise.race([once(stdin, "drain").catch(() => undefined), gone]);
    }
    const { bytesWritten: taken } = unpacked as unknown as { bytesWritten: number };
    // Node's Brotli and zstd look no further than the first end; gzip may have zeros behind it.
    if (compression !== "gzip" && taken < statSync(path).size) throw new Error("something comes behind its end");
    stdin.end();
  } catch (error) {
    const what = `${named} can't be unpacked as ${compression}: ${reasonOf(error)}`;
    throw new QuireError("BAD_VALUE", what, EXIT_NOT_DONE, { cause: error });
  } finally {
    packed.destroy();
    unpacked.destroy();
  }
}

/** A file that a command's standard output goes into: it is whole, or as it was. */
export class OutFile {
  readonly #whole: WholeFile;

  constructor(
    path: string,
    /** As it was typed. */
    readonly named: string,
    readonly compression: Compression | null,
  ) {
    this.#whole = new WholeFile(path);
  }

  #failed(error: unknown): QuireError {
    return new QuireError("IO_ERROR", `can't write ${this.named}: ${reasonOf(error)}`, undefined, { cause: error });
  }

  /** Takes all that `stdout` has. */
  async take(stdout: Readable): Promise<void> {
    const packing = this.compression === null ? [] : [packer(this.compression)];
    try {
      await pipeline([stdout, ...packing, createWriteStream(this.#whole.unfinished)]);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** Gives what was taken its name. */
  finish(): void {
    try {
      this.#whole.finish();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** Removes what was taken, if it has no name yet. */
  discard(): void {
    this.#whole.discard();
  }
}
