/** The memory of a module as the host reads and writes it. */

// Bytes that are no UTF-8 become U+FFFD, and a byte order mark is a character like any other.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** The same bytes twice. To be made anew when the memory has grown. */
export class MemoryViews {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(memory: ArrayBuffer) {
    this.bytes = new Uint8Array(memory);
    this.view = new DataView(memory);
  }

  /** The text whose UTF-8 is from `start` to `end`. */
  text(start: number, end: number): string {
    return decoder.decode(this.bytes.subarray(start, end));
  }

  /** Puts the text's UTF-8 at `at`, where there is room for it: how many bytes it has. */
  putText(text: string, at: number): number {
    return encoder.encodeInto(text, this.bytes.subarray(at)).written;
  }
}

/** The text as UTF-8, for one of which the length is not known to be small. */
export function utf8Of(text: string): Uint8Array {
  return encoder.encode(text);
}
