/** A file in memory, or what was written over a `Blob` that is read as it is needed. */
import type { SyncFile } from "./folder.js";

/** Bytes that are kept, or read from the blob, at once: a page of the store. */
const CHUNK = 65536;

/** Chunks of the blob that are kept as they were read, 4 MiB. */
const READ_CHUNKS = 64;

/** Chunks that are read at once where one comes after the other: each reading of a browser costs as much as some of them. */
const READ_AHEAD = 16;

type Bytes = Uint8Array<ArrayBuffer>;

/** Chunks that were written are kept, others come from the blob, or are zeros. Reading from a blob waits for its bytes, which only workers may. */
export class ChunkedFile implements SyncFile {
  readonly #blob: Blob;
  readonly #written = new Map<number, Bytes>();
  /** Chunks of the blob, the least recently used first. */
  readonly #read = new Map<number, Bytes>();
  #reader: FileReaderSync | null = null;
  #lastRead = -2;
  #size: number;
  /** Chunks that were not written are as in the blob up to here, and zeros behind it. */
  #blobEnd: number;

  constructor(blob = new Blob()) {
    this.#blob = blob;
    this.#size = this.#blobEnd = blob.size;
  }

  getSize(): number {
    return this.#size;
  }

  /** A chunk of the blob; zeros stand behind its end. */
  #ofBlob(chunk: number): Bytes {
    let bytes = this.#read.get(chunk);
    if (bytes === undefined) {
      const chunks = chunk === this.#lastRead + 1 ? READ_AHEAD : 1;
      const part = this.#blob.slice(chunk * CHUNK, (chunk + chunks) * CHUNK);
      this.#reader ??= new FileReaderSync();
      const read = part.size === 0 ? new Uint8Array() : new Uint8Array(this.#reader.readAsArrayBuffer(part));
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
    const inBlob = this.#blobEnd - chunk * CHUNK;
    if (inBlob <= 0) return new Uint8Array(CHUNK);
    const bytes = this.#ofBlob(chunk);
    return inBlob >= CHUNK ? bytes : bytes.slice().fill(0, inBlob);
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
    this.#blobEnd = Math.min(this.#blobEnd, size);
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

  /** The file as it is now: parts of the blob, and copies of what was written. */
  blob(): Blob {
    const parts: BlobPart[] = [];
    let end = 0;
    /** Adds what was not written up to there. */
    const addUnwritten = (to: number): void => {
      const ofBlob = Math.min(to, this.#blobEnd);
      if (end < ofBlob) parts.push(this.#blob.slice(end, ofBlob));
      const zeros = new Blob([new Uint8Array(CHUNK)]);
      for (let at = Math.max(end, ofBlob); at < to; at += CHUNK) parts.push(zeros.slice(0, to - at));
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
