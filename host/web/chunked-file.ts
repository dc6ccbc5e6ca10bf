/** A file in memory, or what was written over a `Blob` or another file, which is read as it is needed. */
import type { SyncFile } from "./folder.js";

/** Bytes that are kept, or read from the blob, at once: a page of the store. */
const CHUNK = 65536;

/** Chunks of the blob that are kept as they were read, 4 MiB. */
const READ_CHUNKS = 64;

/** Chunks that are read at once where one comes after the other: each reading of a browser costs as much as some of them. */
const READ_AHEAD = 16;

type Bytes = Uint8Array<ArrayBuffer>;

/** A private file's bytes are copied in parts of so many, which the browser may put on its disk. */
const PART_BYTES = 1 << 22;

/** The bytes of a file, in a `Blob` of their own. */
function copyOf(file: SyncFile, from: number, to: number): Blob {
  const parts: BlobPart[] = [];
  for (let at = from; at < to; at += PART_BYTES) {
    const part = new Uint8Array(Math.min(PART_BYTES, to - at));
    file.read(part, { at });
    parts.push(new Blob([part]));
  }
  return new Blob(parts);
}

/** Chunks that were written are kept, others come from what the file stands on, or are zeros. Reading from a blob waits for its bytes, which only workers may. */
export class ChunkedFile implements SyncFile {
  readonly #base: Blob | SyncFile;
  readonly #written = new Map<number, Bytes>();
  /** Chunks of the base, the least recently used first. */
  readonly #read = new Map<number, Bytes>();
  #reader: FileReaderSync | null = null;
  #lastRead = -2;
  #size: number;
  /** Chunks that were not written are as in the base up to here, and zeros behind it. */
  #baseEnd: number;

  /** A file on another one, which must not change meanwhile, and is not changed itself. */
  constructor(base: Blob | SyncFile = new Blob()) {
    this.#base = base;
    this.#size = this.#baseEnd = base instanceof Blob ? base.size : base.getSize();
  }

  /** Bytes of the base, fewer at its end. */
  #ofBase(from: number, length: number): Uint8Array {
    const base = this.#base;
    if (base instanceof Blob) {
      const part = base.slice(from, from + length);
      if (part.size === 0) return new Uint8Array();
      this.#reader ??= new FileReaderSync();
      return new Uint8Array(this.#reader.readAsArrayBuffer(part));
    }
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, base.read(bytes, { at: from }));
  }

  getSize(): number {
    return this.#size;
  }

  /** A chunk of the base; zeros stand behind its end. */
  #readChunk(chunk: number): Bytes {
    let bytes = this.#read.get(chunk);
    if (bytes === undefined) {
      const chunks = chunk === this.#lastRead + 1 ? READ_AHEAD : 1;
      const read = this.#ofBase(chunk * CHUNK, chunks * CHUNK);
      for (let i = chunks - 1; i >= 0; i--) {
        bytes = new Uint8Array(CHUNK);
        bytes.set(read.subarray(i * CHUNK, (i + 1) * CHUNK));
        if (this.#read.size >= READ_CHUNKS) for (const [oldest] of this.#read) if (this.#read.delete(oldest)) break;
        this.#read.set(chunk + i, bytes);
      }
    }
    this.#lastRead = chunk;
    this.#read.delete(chunk);
    this.#read.set(chunk, bytes as Bytes);
    return bytes as Bytes;
  }

  /** What the chunk has, of which nothing may be changed. */
  #chunk(chunk: number): Bytes {
    const written = this.#written.get(chunk);
    if (written !== undefined) return written;
    const inBase = this.#baseEnd - chunk * CHUNK;
    if (inBase <= 0) return new Uint8Array(CHUNK);
    const bytes = this.#readChunk(chunk);
    return inBase >= CHUNK ? bytes : bytes.slice().fill(0, inBase);
  }

  read(into: Uint8Array, { at }: { readonly at: number }): number {
    const end = Math.min(at + into.length, this.#size);
    let from = at;
    while (from < end) {
      const offset = from % CHUNK;
      const bytes = this.#chunk(Math.floor(from / CHUNK)).subarray(offset, Math.min(CHUNK, offset + end - from));
      into.set(bytes, from - at);
      from += bytes.length;
    }
    return Math.max(0, end - at);
  }

  write(bytes: Uint8Array, { at }: { readonly at: number }): number {
    for (let done = 0; done < bytes.length;) {
      const offset = (at + done) % CHUNK;
      const part = bytes.subarray(done, done + CHUNK - offset);
      this.#writeChunk(Math.floor((at + done) / CHUNK), offset, part);
      done += part.length;
    }
    this.#size = Math.max(this.#size, at + bytes.length);
    return bytes.length;
  }

  #writeChunk(chunk: number, offset: number, part: Uint8Array): void {
    let kept = this.#written.get(chunk);
    if (kept === undefined) this.#written.set(chunk, (kept = this.#chunk(chunk).slice()));
    kept.set(part, offset);
  }

  truncate(size: number): void {
    this.#size = size;
    this.#baseEnd = Math.min(this.#baseEnd, size);
    const [last, rest] = [Math.floor(size / CHUNK), size % CHUNK];
    for (const chunk of this.#written.keys()) if (chunk > last || (chunk === last && rest === 0)) this.#written.delete(chunk);
    if (this.#written.has(last)) this.#written.set(last, this.#chunk(last).slice().fill(0, rest));
  }

  flush(): void {
    // There is no more durable place.
  }

  close(): void {
    this.#read.clear();
  }

  /** The file as it is now: parts of the blob that it stands on, and copies of all else. */
  blob(): Blob {
    const parts: BlobPart[] = [];
    let end = 0;
    /** Adds what was not written up to there. */
    const addUnwritten = (to: number): void => {
      const ofBase = Math.min(to, this.#baseEnd);
      const base = this.#base;
      if (end < ofBase) parts.push(base instanceof Blob ? base.slice(end, ofBase) : copyOf(base, end, ofBase));
      const zeros = new Blob([new Uint8Array(CHUNK)]);
      for (let at = Math.max(end, ofBase); at < to; at += CHUNK) parts.push(zeros.slice(0, to - at));
      end = to;
    };
    for (const chunk of [...this.#written.keys()].sort((a, b) => a - b)) {
      addUnwritten(chunk * CHUNK);
      end = Math.min(end + CHUNK, this.#size);
      parts.push(this.#chunk(chunk).slice(0, end - chunk * CHUNK));
    }
    addUnwritten(this.#size);
    return new Blob(parts);
  }
}
