/**
 * Whether bytes are whole frames of zstd (RFC 8878): Node's own unpacking takes one that is cut for one that is whole (nodejs/node#64592),
 * so that a part of a file would be imported as all of it. What is in the frames is the unpacking's to check.
 */

const MAGIC = 0xfd2fb528;
/** Frames that are to be passed over have one of sixteen. */
const SKIPPED_MAGIC = 0x184d2a50;
const BLOCK_OF_ONE_BYTE = 1;

/** What is wanted next: so many bytes to look at, or to pass over. */
interface Want {
  readonly bytes: number;
  readonly looks: boolean;
}

const look = (bytes: number): Want => ({ bytes, looks: true });
const pass = (bytes: number): Want => ({ bytes, looks: false });

/** Goes over one frame. */
function* frame(): Generator<Want, void, Buffer> {
  const magic = (yield look(4)).readUInt32LE();
  if ((magic & ~15) >>> 0 === SKIPPED_MAGIC) {
    yield pass((yield look(4)).readUInt32LE());
    return;
  }
  if (magic !== MAGIC) throw new Error("something comes behind its end");
  const descriptor = (yield look(1)).readUInt8();
  const isSingle = (descriptor & 32) !== 0;
  const sizes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
  yield pass((isSingle ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] as number) + sizes);
  for (let isLast = false; !isLast;) {
    const header = (yield look(3)).readUIntLE(0, 3);
    isLast = (header & 1) !== 0;
    yield pass(((header >> 1) & 3) === BLOCK_OF_ONE_BYTE ? 1 : header >> 3);
  }
  if ((descriptor & 4) !== 0) yield pass(4);
}

/** Follows the frames of bytes that come in pieces. */
export class ZstdFrames {
  #frame = frame();
  /** Null behind a frame. */
  #want: Want | null = this.#start();
  /** Bytes of what is wanted that are there: to be looked at, or their number. */
  #seen = Buffer.alloc(0);
  #passed = 0;

  /** Takes the next bytes. Throws where they are no frames. */
  take(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      this.#want ??= this.#start();
      const missing = this.#want.bytes - (this.#want.looks ? this.#seen.length : this.#passed);
      const part = rest.subarray(0, missing);
      rest = rest.subarray(part.length);
      if (this.#want.looks) this.#seen = Buffer.concat([this.#seen, part]);
      else this.#passed += part.length;
      if (part.length === missing) this.#next();
    }
  }

  #start(): Want {
    this.#frame = frame();
    return this.#frame.next().value as Want;
  }

  /** What was wanted is there: goes to the next that has bytes. */
  #next(): void {
    do {
      const { value, done } = this.#frame.next(this.#seen);
      this.#want = done === true ? null : value;
      this.#seen = Buffer.alloc(0);
      this.#passed = 0;
    } while (this.#want?.bytes === 0);
  }

  /** Whether the bytes end where a frame does. */
  get isWhole(): boolean {
    return this.#want === null;
  }
}
