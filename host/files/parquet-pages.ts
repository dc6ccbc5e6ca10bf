/**
 * The pages of a Parquet file's columns, looked at before hyparquet reads them: sizes and counts that damage has changed have it read for ever, or
 * fill the memory.
 */
import * as zlib from "node:zlib";
import type { PageHeader, SchemaElement, SchemaTree } from "hyparquet";
import { Damage } from "./bad-file.js";

/** A column that has no columns inside: its type, and how deep its levels go. */
export interface Leaf {
  readonly element: SchemaElement;
  readonly repetition: number;
  readonly definition: number;
  /** Its values are one for each row. */
  readonly isFlat: boolean;
}

/** The columns that have values, by their paths. */
export function leavesOf(trees: readonly SchemaTree[], repetition = 0, definition = 0): ReadonlyMap<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  for (const { element, children, path } of trees) {
    const leaf = {
      element,
      repetition: repetition + (element.repetition_type === "REPEATED" ? 1 : 0),
      definition: definition + (element.repetition_type === "REQUIRED" ? 0 : 1),
      isFlat: path.length === 1 && element.repetition_type !== "REPEATED",
    };
    if (children.length === 0) leaves.set(path.join("."), leaf);
    else for (const [name, inside] of leavesOf(children, leaf.repetition, leaf.definition)) leaves.set(name, inside);
  }
  return leaves;
}

/** Takes the compression of a page away; the length is the one that it has then. */
type Unpack = (bytes: Uint8Array, length: number) => Uint8Array;

const crc32 = (zlib as { crc32?: (bytes: Uint8Array) => number }).crc32;
const bitWidth = (largest: number): number => 32 - Math.clz32(largest);
const isCount = (value: unknown, most: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;

function check(isFine: boolean, what: string): asserts isFine {
  if (!isFine) throw new Damage(what);
}

/** Bytes of levels and of indexes into a dictionary, in their order. */
class Runs {
  #at: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, start: number, length: number) {
    check(isCount(length, bytes.length - start), "a page has fewer bytes than its levels");
    this.#bytes = bytes;
    this.#at = start;
    this.#end = start + length;
  }

  /** Goes over runs of `count` values of so many bits: how many of them are `wanted`. */
  pass(width: number, count: number, wanted: number | null): number {
    const bytes = this.#bytes;
    let found = 0;
    for (let left = count; left > 0;) {
      const head = this.#number();
      const times = head >>> 1;
      if ((head & 1) === 0) {
        check(times <= left, "a run has more values than its page");
        let value = 0;
        for (let shift = 0; shift < width; shift += 8) value |= this.#byte() << shift;
        if (value === wanted) found += times;
        left -= times;
        continue;
      }
      // Groups of eight, of which the last may be filled up.
      check(times * 8 < left + 512, "a run has more values than its page");
      const start = this.#at;
      if (wanted !== null) {
        for (let i = 0; i < Math.min(times * 8, left); i++) {
          let value = 0;
          for (let bit = 0; bit < width; bit++) {
            const place = i * width + bit;
            value |= (((bytes[start + (place >> 3)] ?? 0) >> (place & 7)) & 1) << bit;
          }
          if (value === wanted) found++;
        }
      }
      this.#at += times * width;
      left -= times * 8;
    }
    return found;
  }

  /** A number of seven bits a byte. */
  #number(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new Damage("a number in a page has no end");
  }

  #byte(): number {
    check(this.#at < this.#end, "the runs of a page end too early");
    return this.#bytes[this.#at++] as number;
  }

  /** The head of whole numbers that are stored as differences. */
  checkDeltas(): void {
    const [block, parts] = [this.#number(), this.#number()];
    check(block > 0 && block < 2 ** 31 && parts > 0 && block % (parts * 8) === 0, "the blocks of a page have no size");
  }
}

/** Looks at how `count` values of `page` are stored, which begin at `start`. */
function checkValues(
  page: Uint8Array,
  start: number,
  count: number,
  encoding: string,
  type: string | undefined,
  isFirst: boolean,
): void {
  if (count === 0) return;
  if (encoding === "RLE" || (type === "BOOLEAN" && encoding.endsWith("DICTIONARY"))) {
    check(page.length >= start + 4, "a page has no length of its values");
    new Runs(page, start + 4, lengthAt(page, start)).pass(1, count, null);
  } else if (encoding === "RLE_DICTIONARY" || encoding === "PLAIN_DICTIONARY") {
    const width = page[start];
    check(isCount(width, 32), "the indexes of a page have no width");
    if (width > 0 || !isFirst) new Runs(page, start + 1, page.length - start - 1).pass(width, count, null);
  } else if (encoding.startsWith("DELTA_")) new Runs(page, start, page.length - start).checkDeltas();
}

const lengthAt = (page: Uint8Array, at: number): number => new DataView(page.buffer, page.byteOffset).getUint32(at, true);

/** Looks at the levels and values of a page of the first version, without its compression. */
function checkPage(page: Uint8Array, { data_page_header: head }: PageHeader, { element, repetition, definition }: Leaf): void {
  if (head === undefined) return;
  let at = 0;
  let values = head.num_values;
  for (const [deepest, wanted] of [
    [repetition, null],
    [definition, definition],
  ] as const) {
    if (deepest === 0) continue;
    check(page.length >= at + 4, "a page has no length of its levels");
    const length = lengthAt(page, at);
    const found = new Runs(page, at + 4, length).pass(bitWidth(deepest), head.num_values, wanted);
    if (wanted !== null) values = found;
    at += 4 + length;
  }
  checkValues(page, at, values, head.encoding, element.type, true);
}

/**
 * Looks at the pages of a column that are in `bytes`, whose group has so many rows, and the column so many values; what gives them to the reader without their compression, one
 * after the other, looking at what was compressed. Throws `Damage`.
 */
export function watchedPages(
  bytes: Uint8Array<ArrayBuffer>,
  values: bigint,
  rows: number,
  leaf: Leaf,
  readHeader: (reader: { view: DataView; offset: number }) => PageHeader,
  unpack: Unpack,
): Unpack {
  const { element, repetition, definition, isFlat } = leaf;
  let left = repetition === 0 ? rows : Number(values);
  check(isCount(left, 2 ** 31 - 1) && BigInt(left) === values, "its number of values is not that of its rows");
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  const packed: PageHeader[] = [];
  while (isFlat ? left > 0 : reader.offset < bytes.length - 1) {
    check(reader.offset < bytes.length, `${left} of its values are missing`);
    const header = readHeader(reader);
    const { compressed_page_size: size, uncompressed_page_size: length, crc } = header;
    const { data_page_header: first, data_page_header_v2: second, dictionary_page_header: dictionary } = header;
    const body = bytes.subarray(reader.offset, reader.offset + size);
    check(isCount(size, bytes.length - reader.offset) && isCount(length, 2 ** 31 - 1), "a page has no size");
    check(crc === undefined || crc32 === undefined || crc32(body) === crc >>> 0, "the checksum of a page is another one");
    reader.offset += size;
    if (header.type === "DICTIONARY_PAGE") {
      check(isCount(dictionary?.num_values, Math.max(length, 1)), "a dictionary has more values than bytes");
      packed.push(header);
      continue;
    }
    const count = (header.type === "DATA_PAGE" ? first : second)?.num_values;
    check(isCount(count, left), "a page has more values than its column");
    left -= count;
    if (header.type === "DATA_PAGE" || second === undefined) {
      packed.push(header);
      continue;
    }
    const { repetition_levels_byte_length: ofRepetition, definition_levels_byte_length: ofDefinition } = second;
    if (repetition > 0) new Runs(body, 0, ofRepetition).pass(bitWidth(repetition), count, null);
    if (definition > 0) new Runs(body, ofRepetition, ofDefinition).pass(bitWidth(definition), count, null);
    const levels = ofRepetition + ofDefinition;
    check(isCount(levels, Math.min(size, length)) && isCount(second.num_nulls, count), "the levels of a page are not in it");
    if (!second.is_compressed) checkValues(body, levels, count - second.num_nulls, second.encoding, element.type, false);
    else if (length > levels) packed.push(header);
  }
  let next = 0;
  return (compressed, length) => {
    const page = unpack(compressed, length);
    const header = packed[next++];
    if (header !== undefined && page.length === length) {
      const { data_page_header_v2: second } = header;
      if (second === undefined) checkPage(page, header, leaf);
      else checkValues(page, 0, second.num_values - second.num_nulls, second.encoding, element.type, false);
    }
    return page;
  };
}
