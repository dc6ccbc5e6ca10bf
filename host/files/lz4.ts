/** LZ4: blocks, as Parquet has them, and frames, as Arrow has them. */

const broken = (): Error => new Error("what LZ4 has compressed is damaged");

/** Decodes one block behind what is in `output` up to `at`, which it may refer to: where the output ends then. */
function decodeBlock(input: Uint8Array, output: Uint8Array, at: number): number {
  let from = 0;
  let to = at;
  const byte = (): number => {
    if (from >= input.length) throw broken();
    return input[from++] as number;
  };
  const length = (least: number): number => {
    let all = least;
    if (least === 15) {
      let more = 255;
      while (more === 255) all += more = byte();
    }
    return all;
  };
  while (from < input.length) {
    const token = byte();
    const literals = length(token >> 4);
    if (from + literals > input.length || to + literals > output.length) throw broken();
    output.set(input.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    // The last sequence of a block has literals only.
    if (from === input.length) break;
    const offset = byte() | (byte() << 8);
    const match = length(token & 15) + 4;
    if (offset === 0 || offset > to || to + match > output.length) throw broken();
    for (let end = to + match; to < end; to++) output[to] = output[to - offset] as number;
  }
  return to;
}

/** A single block, which has `length` bytes. */
export function decodeLz4(input: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  if (decodeBlock(input, output, 0) !== length) throw broken();
  return output;
}

/** Blocks behind their sizes, as Hadoop writes them, or else a single one. */
export function decodeLz4Blocks(input: Uint8Array, length: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const output = new Uint8Array(length);
  try {
    let to = 0;
    for (let from = 0; from < input.length;) {
      const end = from + 8 + view.getUint32(from + 4);
      if (end > input.length) throw broken();
      const next = decodeBlock(input.subarray(from + 8, end), output, to);
      if (next - to !== view.getUint32(from)) throw broken();
      [from, to] = [end, next];
    }
    if (to === length) return output;
  } catch {
    // It is one of the others.
  }
  return decodeLz4(input, length);
}

const FRAME_MAGIC = 0x184d2204;
/** Bytes that all of a frame may become. */
const MOST_BYTES = 2 ** 31 - 1;

/** A frame, whose blocks go behind each other. Checksums are not looked at. */
export function decodeLz4Frame(input: Uint8Array): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (input.length < 7 || view.getUint32(0, true) !== FRAME_MAGIC) throw broken();
  const flags = input[4] as number;
  const mostOfBlock = 1 << (8 + 2 * (((input[5] as number) >> 4) & 7));
  let from = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  let output = new Uint8Array(input.length * 2 + mostOfBlock);
  let to = 0;
  for (;;) {
    if (from + 4 > input.length) throw broken();
    const word = view.getUint32(from, true);
    if (word === 0) return output.subarray(0, to);
    const [start, size] = [from + 4, word & 0x7fffffff];
    if (start + size > input.length || to > MOST_BYTES - mostOfBlock) throw broken();
    if (to + mostOfBlock > output.length) {
      const larger = new Uint8Array(Math.min(output.length * 2, MOST_BYTES));
      larger.set(output.subarray(0, to));
      output = larger;
    }
    const block = input.subarray(start, start + size);
    if (word >>> 31 === 0) to = decodeBlock(block, output, to);
    else if (size > mostOfBlock) throw broken();
    else {
      output.set(block, to);
      to += size;
    }
    from = start + size + (flags & 0x10 ? 4 : 0);
  }
}
