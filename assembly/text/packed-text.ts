/**
 * The module's own text, packed. AssemblyScript keeps each string of the sources as UTF-16 behind a header of 20 bytes.
 * `scripts/pack-text.mjs` takes those of Latin-1 characters out of the built module and leaves one image of them, which is unpacked
 * here, into the same places, before anything else runs. A module that was not packed (specs, quick builds) has no image.
 *
 * The image: for each string, in the order of addresses, the gap before it in words of 4 bytes and its number of characters,
 * both LEB128, then a byte for each character.
 */

/** What the packer finds it by; then where the image is, and its length in bytes. */
const IMAGE: usize = memory.data<u32>([0x7478_6554, 0x6b63_6150, 0, 0]);

/** A static string's header: its block's size, two words of the collector, which are 0, the class and the length in bytes. */
const HEADER: usize = 20;
const STRING_CLASS: u32 = idof<string>();
/** Blocks end where the header of one that follows puts its contents at a multiple of this. */
const ALIGNMENT: usize = 16;
/** A block's size does not count the word that it is in. */
const SIZE_WORD: usize = 4;

let position: usize = 0;

function nextNumber(): usize {
  let value: usize = 0;
  let shift: usize = 0;
  let byte: usize = 0;
  do {
    byte = load<u8>(position++);
    value |= (byte & 0x7f) << shift;
    shift += 7;
  } while (byte >= 0x80);
  return value;
}

function unpack(): void {
  const image = load<u32>(IMAGE, 8);
  const length = load<u32>(IMAGE, 12);
  position = image;
  let block: usize = 0;
  while (position < image + length) {
    block += nextNumber() << 2;
    const characters = nextNumber();
    const size = (HEADER + (characters << 1) + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    store<u32>(block, <u32>(size - SIZE_WORD));
    store<u32>(block, STRING_CLASS, 12);
    store<u32>(block, <u32>(characters << 1), 16);
    for (let i: usize = 0; i < characters; i++) store<u16>(block + HEADER + (i << 1), load<u8>(position++));
    block += size;
  }
  // The heap begins here, and is 0.
  memory.fill(image, 0, length);
}

unpack();
