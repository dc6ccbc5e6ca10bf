// Packs the text of a built module: takes AssemblyScript's static strings out of the data section, where each letter takes two bytes and each
// string a header of 20, and puts one image of them behind all data, which assembly/text/packed-text.ts unpacks when the module starts.
//
// The memory after the start is equal to the byte, which is checked here: what only looks like a string does no harm.

const HEADER = 20;
const STRING_CLASS = 2;
/** `IMAGE` of assembly/text/packed-text.ts: two words that the packer finds it by, then address and length. */
const CELL = Buffer.from("TextPack\0\0\0\0\0\0\0\0", "latin1");
const DATA_SECTION = 11;
const DATA_COUNT_SECTION = 12;
const I32_CONST = 0x41;
const END = 0x0b;
/** So many bytes of 0 are not worth the head of a segment of their own. */
const SHORT_GAP = 8;

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** A LEB128 number of 32 bits, without its sign. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  take(length) {
    return this.bytes.subarray(this.at, (this.at += length));
  }
}

export function number(value) {
  const bytes = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

/** An i32.const's number: that of an address, with one bit more for the sign. */
function signedNumber(value) {
  const bytes = [];
  for (; value >= 0x40; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

/** The sections of a module or a component: `[{ id, bytes }]`. */
export function sectionsOf(module) {
  const reader = new Reader(module);
  reader.take(8);
  const sections = [];
  while (reader.at < module.length) {
    const id = reader.take(1)[0];
    sections.push({ id, bytes: reader.take(reader.number()) });
  }
  return sections;
}

/** The memory that a data section makes, up to its last byte. */
function memoryOf(section) {
  const reader = new Reader(section);
  const segments = [];
  for (let left = reader.number(); left > 0; left--) {
    if (reader.number() !== 0 || reader.take(1)[0] !== I32_CONST)
      throw new Error("pack-text: a segment is not at a fixed address");
    const address = reader.number();
    if (reader.take(1)[0] !== END) throw new Error("pack-text: a segment is not at a fixed address");
    segments.push({ address, bytes: reader.take(reader.number()) });
  }
  const memory = Buffer.alloc(Math.max(...segments.map(({ address, bytes }) => address + bytes.length)));
  for (const { address, bytes } of segments) memory.set(bytes, address);
  return memory;
}

/** A data section that makes `memory`, and the number of its segments. */
function dataSection(memory) {
  const segments = [];
  for (let at = 0; at < memory.length;) {
    if (memory[at] === 0) {
      at++;
      continue;
    }
    let end = at + 1;
    for (let next = end; next < memory.length && next - end < SHORT_GAP; next++) if (memory[next] !== 0) end = next + 1;
    const head = [Buffer.from([0, I32_CONST]), signedNumber(at), Buffer.from([END]), number(end - at)];
    segments.push(Buffer.concat([...head, memory.subarray(at, end)]));
    at = end;
  }
  return { count: segments.length, bytes: Buffer.concat([number(segments.length), ...segments]) };
}

const blockSize = (characters) => (HEADER + 2 * characters + 15) & ~15;

/** The block of the string at `at`: as the unpacker would make it. */
function blockOf(text) {
  const block = Buffer.alloc(blockSize(text.length));
  block.writeUInt32LE(block.length - 4, 0);
  block.writeUInt32LE(STRING_CLASS, 12);
  block.writeUInt32LE(2 * text.length, 16);
  for (const [i, byte] of text.entries()) block.writeUInt16LE(byte, HEADER + 2 * i);
  return block;
}

/** The Latin-1 text of the string at `at`, if there is one that is stored as all are; else null. */
function textAt(memory, at) {
  if (at + HEADER > memory.length || memory.readUInt32LE(at + 12) !== STRING_CLASS) return null;
  const length = memory.readUInt32LE(at + 16) / 2;
  if (!Number.isInteger(length) || at + HEADER + 2 * length > memory.length) return null;
  const text = Buffer.from(Array.from({ length }, (_, i) => memory[at + HEADER + 2 * i]));
  const block = blockOf(text);
  // Behind the last one there may be no bytes of 0.
  const there = Buffer.concat([memory.subarray(at, at + block.length), Buffer.alloc(block.length)]).subarray(0, block.length);
  return there.equals(block) ? text : null;
}

/** Takes the strings out of `memory` and returns their image. */
function takeStrings(memory) {
  const parts = [];
  let end = 0;
  for (let at = 0; at < memory.length; at += 4) {
    const text = textAt(memory, at);
    if (text === null) continue;
    parts.push(number((at - end) / 4), number(text.length), text);
    end = at + blockSize(text.length);
    memory.fill(0, at, end);
    at = end - 4;
  }
  return Buffer.concat(parts);
}

/** What assembly/text/packed-text.ts does. */
function unpacked(memory, image) {
  const made = Buffer.alloc(memory.length);
  memory.copy(made);
  const reader = new Reader(image);
  for (let block = 0; reader.at < image.length;) {
    block += reader.number() * 4;
    const bytes = blockOf(reader.take(reader.number()));
    made.set(bytes.subarray(0, Math.max(0, made.length - block)), block);
    block += bytes.length;
  }
  return made;
}

/** The same module with its text packed. Throws where that can't be done. */
export function packText(module) {
  const sections = sectionsOf(module);
  const data = sections.find(({ id }) => id === DATA_SECTION);
  const memory = memoryOf(data.bytes);
  const cell = memory.indexOf(CELL);
  if (cell < 0 || memory.includes(CELL, cell + 1))
    throw new Error("pack-text: the module has not one place for the image's address");
  const packed = Buffer.from(memory);
  const image = takeStrings(packed);
  if (!unpacked(packed, image).equals(memory)) throw new Error("pack-text: the text that is unpacked would not be what it was");
  // Behind the last string, whose block may reach beyond the last byte that is not 0.
  const address = (memory.length + 31) & ~15;
  packed.writeUInt32LE(address, cell + 8);
  packed.writeUInt32LE(image.length, cell + 12);
  const whole = Buffer.alloc(address + image.length);
  whole.set(packed);
  whole.set(image, address);
  const made = dataSection(whole);
  const out = [module.subarray(0, 8)];
  for (const { id, bytes } of sections) {
    const body = id === DATA_SECTION ? made.bytes : id === DATA_COUNT_SECTION ? number(made.count) : bytes;
    out.push(Buffer.from([id]), number(body.length), body);
  }
  return Buffer.concat(out);
}
