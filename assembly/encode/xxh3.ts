/**
 * XXH3-64 with seed 0 and the default secret, as the xxHash specification describes it: the hash of table names and schemas.
 *
 * Five classes by length: 0-3, 4-8, 9-16 bytes, 17-128, 129-240, and from 241 on stripes of 64 bytes in blocks of 1,024. All
 * loads are unaligned and little-endian, which is what WebAssembly does.
 */

const PRIME32_1: u64 = 0x9e3779b1;
const PRIME32_2: u64 = 0x85ebca77;
const PRIME32_3: u64 = 0xc2b2ae3d;
const PRIME64_1: u64 = 0x9e3779b185ebca87;
const PRIME64_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME64_3: u64 = 0x165667b19e3779f9;
const PRIME64_4: u64 = 0x85ebca77c2b2ae63;
const PRIME64_5: u64 = 0x27d4eb2f165667c5;
const PRIME_MX1: u64 = 0x165667919e3779f9;
const PRIME_MX2: u64 = 0x9fb21c651e98df25;

/** The 192 bytes of the default secret. */
const SECRET: usize = memory.data<u8>([
  0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c, 0xde, 0xd4, 0x6d, 0xe9, 0x83,
  0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f, 0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a,
  0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21, 0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26,
  0x4c, 0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3, 0x71, 0x64, 0x48, 0x97,
  0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8, 0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9,
  0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d, 0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78,
  0x73, 0x64, 0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb, 0x17, 0x0d, 0xdd,
  0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e, 0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc,
  0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce, 0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb,
  0x4b, 0x40, 0x7e,
]);

/** The low half of the 128-bit product, exclusive-or its high half. */
@inline
function multiplyFold(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const lowLow = aLow * bLow;
  const highLow = aHigh * bLow;
  const cross = (lowLow >> 32) + (highLow & 0xffffffff) + aLow * bHigh;
  const upper = (highLow >> 32) + (cross >> 32) + aHigh * bHigh;
  return ((cross << 32) | (lowLow & 0xffffffff)) ^ upper;
}


@inline
function avalanche(hash: u64): u64 {
  let h = hash ^ (hash >> 37);
  h *= PRIME_MX1;
  return h ^ (h >> 32);
}

/** The final mix of XXH64, which the shortest inputs use. */
@inline
function avalanche64(hash: u64): u64 {
  let h = hash ^ (hash >> 33);
  h *= PRIME64_2;
  h ^= h >> 29;
  h *= PRIME64_3;
  return h ^ (h >> 32);
}

/** Mixes the 16 bytes at `ptr` with the secret from `secretOffset` on. */
@inline
function mix16(ptr: usize, secretOffset: usize): u64 {
  return multiplyFold(load<u64>(ptr) ^ load<u64>(SECRET + secretOffset), load<u64>(ptr, 8) ^ load<u64>(SECRET + secretOffset, 8));
}

function hashUpTo16(ptr: usize, len: u32): u64 {
  if (len > 8) {
    const low = load<u64>(ptr) ^ (load<u64>(SECRET, 24) ^ load<u64>(SECRET, 32));
    const high = load<u64>(ptr + len - 8) ^ (load<u64>(SECRET, 40) ^ load<u64>(SECRET, 48));
    return avalanche(<u64>len + bswap<u64>(low) + high + multiplyFold(low, high));
  }
  if (len >= 4) {
    const keyed =
      (<u64>load<u32>(ptr + len - 4) + ((<u64>load<u32>(ptr)) << 32)) ^ (load<u64>(SECRET, 8) ^ load<u64>(SECRET, 16));
    let h = keyed ^ rotl<u64>(keyed, 49) ^ rotl<u64>(keyed, 24);
    h *= PRIME_MX2;
    h ^= (h >> 35) + <u64>len;
    h *= PRIME_MX2;
    return h ^ (h >> 28);
  }
  if (len > 0) {
    const first = <u32>load<u8>(ptr);
    const middle = <u32>load<u8>(ptr + (len >> 1));
    const last = <u32>load<u8>(ptr + len - 1);
    const combined = (first << 16) | (middle << 24) | last | (len << 8);
    return avalanche64((<u64>combined) ^ (<u64>(load<u32>(SECRET) ^ load<u32>(SECRET, 4))));
  }
  return avalanche64(load<u64>(SECRET, 56) ^ load<u64>(SECRET, 64));
}

function hashUpTo128(ptr: usize, len: u32): u64 {
  const end = ptr + len;
  let acc = <u64>len * PRIME64_1;
  if (len > 32) {
    if (len > 64) {
      if (len > 96) acc += mix16(ptr + 48, 96) + mix16(end - 64, 112);
      acc += mix16(ptr + 32, 64) + mix16(end - 48, 80);
    }
    acc += mix16(ptr + 16, 32) + mix16(end - 32, 48);
  }
  acc += mix16(ptr, 0) + mix16(end - 16, 16);
  return avalanche(acc);
}

function hashUpTo240(ptr: usize, len: u32): u64 {
  let acc = <u64>len * PRIME64_1;
  for (let i: usize = 0; i < 128; i += 16) acc += mix16(ptr + i, i);
  acc = avalanche(acc);
  const whole = <usize>(len & ~15);
  for (let i: usize = 128; i < whole; i += 16) acc += mix16(ptr + i, i - 128 + 3);
  return avalanche(acc + mix16(ptr + len - 16, 136 - 17));
}

/** What lane `i` adds to itself: the product of the two halves of its keyed word. */
@inline
function lane(word: u64, secret: u64): u64 {
  const keyed = word ^ secret;
  return (keyed & 0xffffffff) * (keyed >> 32);
}


@inline
function scramble(acc: u64, secretOffset: usize): u64 {
  return (acc ^ (acc >> 47) ^ load<u64>(SECRET + 128 + secretOffset)) * PRIME32_1;
}

/** Bytes of a stripe, and of a block: after 16 stripes the secret is used up and the lanes are scrambled. */
const STRIPE: usize = 64;
const BLOCK: usize = 1024;

function hashLong(ptr: usize, len: u32): u64 {
  let a0 = PRIME32_3;
  let a1 = PRIME64_1;
  let a2 = PRIME64_2;
  let a3 = PRIME64_3;
  let a4 = PRIME64_4;
  let a5 = PRIME32_2;
  let a6 = PRIME64_5;
  let a7 = PRIME32_1;
  // The last stripe ends with the input and overlaps the one before; the byte that `- 1` holds back is always in it.
  const stripesEnd = ptr + ((<usize>len - 1) / STRIPE) * STRIPE;
  let at = ptr;
  let secret = SECRET;
  for (;;) {
    const last = at == stripesEnd;
    if (last) {
      at = ptr + len - STRIPE;
      secret = SECRET + 192 - STRIPE - 7;
    }
    const w0 = load<u64>(at);
    const w1 = load<u64>(at, 8);
    const w2 = load<u64>(at, 16);
    const w3 = load<u64>(at, 24);
    const w4 = load<u64>(at, 32);
    const w5 = load<u64>(at, 40);
    const w6 = load<u64>(at, 48);
    const w7 = load<u64>(at, 56);
    a0 += w1 + lane(w0, load<u64>(secret));
    a1 += w0 + lane(w1, load<u64>(secret, 8));
    a2 += w3 + lane(w2, load<u64>(secret, 16));
    a3 += w2 + lane(w3, load<u64>(secret, 24));
    a4 += w5 + lane(w4, load<u64>(secret, 32));
    a5 += w4 + lane(w5, load<u64>(secret, 40));
    a6 += w7 + lane(w6, load<u64>(secret, 48));
    a7 += w6 + lane(w7, load<u64>(secret, 56));
    if (last) break;
    at += STRIPE;
    secret += 8;
    if (((at - ptr) & (BLOCK - 1)) == 0) {
      secret = SECRET;
      a0 = scramble(a0, 0);
      a1 = scramble(a1, 8);
      a2 = scramble(a2, 16);
      a3 = scramble(a3, 24);
      a4 = scramble(a4, 32);
      a5 = scramble(a5, 40);
      a6 = scramble(a6, 48);
      a7 = scramble(a7, 56);
    }
  }
  let h = <u64>len * PRIME64_1;
  h += multiplyFold(a0 ^ load<u64>(SECRET, 11), a1 ^ load<u64>(SECRET, 19));
  h += multiplyFold(a2 ^ load<u64>(SECRET, 27), a3 ^ load<u64>(SECRET, 35));
  h += multiplyFold(a4 ^ load<u64>(SECRET, 43), a5 ^ load<u64>(SECRET, 51));
  h += multiplyFold(a6 ^ load<u64>(SECRET, 59), a7 ^ load<u64>(SECRET, 67));
  return avalanche(h);
}

/** XXH3-64 (seed 0) of the `len` bytes at `ptr`. */
export function xxh3(ptr: usize, len: u32): u64 {
  if (len <= 16) return hashUpTo16(ptr, len);
  if (len <= 128) return hashUpTo128(ptr, len);
  if (len <= 240) return hashUpTo240(ptr, len);
  return hashLong(ptr, len);
}
