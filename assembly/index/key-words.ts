/**
 * What is in keys as numbers that order as the keys do, as far as they go: most keys are told apart by the first one, its rank. A value has
 * one word or more, and those of the next value follow.
 */
import {
  VALUE_BLOB,
  VALUE_BOOLEAN,
  VALUE_INT8,
  VALUE_INT16,
  VALUE_INT32,
  VALUE_INT64,
  VALUE_NULL,
  VALUE_TEXT,
  VALUE_UINT8,
  VALUE_UINT16,
  VALUE_UINT32,
  VALUE_UINT64,
} from "../encode/data-type";

/** Whether the rank is all that there is to a key: one number of at most seven bytes. */
export function isExact(key: usize, rank: u64): bool {
  if (load<u32>(key) != 1) return false;
  return isNumber(<u32>load<u8>(key, 8), rank);
}

/** Whether the rank is all that there is to a value that is a number. */
@inline
function isNumber(discriminant: u32, rank: u64): bool {
  if (discriminant == VALUE_INT64 || discriminant == VALUE_UINT64) return (rank & MOST) != 0 && (rank & MOST) < MOST - 1;
  return (
    discriminant == VALUE_UINT32 ||
    discriminant == VALUE_INT32 ||
    discriminant == VALUE_UINT16 ||
    discriminant == VALUE_INT16 ||
    discriminant == VALUE_UINT8 ||
    discriminant == VALUE_INT8
  );
}

/** The first value's discriminant, and as much of the value as goes into seven bytes so that their order is its own. */
export function rankOf(key: usize): u64 {
  return rankOfValue(key + 8);
}


@inline
function rankOfValue(value: usize): u64 {
  const discriminant = <u32>load<u8>(value);
  return ((<u64>discriminant) << 56) | (valueRank(discriminant, value + 1) >> 8);
}

function valueRank(discriminant: u32, value: usize): u64 {
  switch (discriminant) {
    case VALUE_UINT32:
      return (<u64>load<u32>(value)) << 32;
    case VALUE_TEXT:
    case VALUE_BLOB:
      return bytesRank(value + 2, load<u16>(value));
    case VALUE_UINT64:
      return min(load<u64>(value), MOST) << 8;
    case VALUE_UINT16:
      return (<u64>load<u16>(value)) << 48;
    case VALUE_UINT8:
      return (<u64>load<u8>(value)) << 56;
    case VALUE_INT64:
      // Those that seven bytes do not hold are the lowest one, or the highest.
      return (<u64>(max(min(load<i64>(value), <i64>(MOST >> 1)), -(<i64>(MOST >> 1))) + <i64>(MOST >> 1))) << 8;
    case VALUE_INT32:
      return ((<u64>load<u32>(value)) << 32) ^ SIGN;
    case VALUE_INT16:
      return ((<u64>load<u16>(value)) << 48) ^ SIGN;
    case VALUE_INT8:
      return ((<u64>load<u8>(value)) << 56) ^ SIGN;
    default:
      return 0;
  }
}

const SIGN: u64 = 1 << 63;
const MOST: u64 = (1 << 56) - 1;

/** The first seven or eight of `len` bytes, the first one on top. */
@inline
function bytesRank(ptr: usize, len: u32): u64 {
  if (len >= 8) return bswap(load<u64>(ptr));
  let rank: u64 = 0;
  for (let i: u32 = 0; i < len; i++) rank |= (<u64>load<u8>(ptr + i)) << (56 - (i << 3));
  return rank;
}

/** Of a word: it is one; keys with the same words before it are equal; or what tells them apart is in no word. */
export const WORD_GIVEN: i32 = 0;
export const WORDS_OVER: i32 = 1;
export const WORDS_UNKNOWN: i32 = 2;

/** The word that `findWord` found. */
export let foundWord: u64 = 0;

/** Bytes of a text in a word, and the most of them that are told apart by their number. */
const TEXT_BYTES: u32 = 7;
const MOST_LEFT: u32 = 2 * TEXT_BYTES + 1;

/** Finds word number `depth` of a well-formed key, the first of which is its rank: one of `WORD_…`. */
export function findWord(key: usize, depth: u32): i32 {
  let part = key + 4;
  for (let left = load<u32>(key); left > 0; left--) {
    const value = part + 4;
    const discriminant = <u32>load<u8>(value);
    const rank = rankOfValue(value);
    if (depth == 0) return found(rank);
    depth -= 1;
    if (discriminant == VALUE_TEXT || discriminant == VALUE_BLOB) {
      const len = <u32>load<u16>(value, 1);
      const words = max<u32>(len > TEXT_BYTES ? (len - 1) / TEXT_BYTES : 0, 1);
      if (depth < words) {
        const from = (depth + 1) * TEXT_BYTES;
        const bytes = from < len ? bytesRank(value + 3 + from, len - from) : 0;
        // Zeros may be bytes of the text, or none: how many bytes there are is behind them.
        return found((bytes & ~0xff) | min(len - depth * TEXT_BYTES, MOST_LEFT));
      }
      depth -= words;
    } else if (discriminant == VALUE_BOOLEAN) {
      if (depth == 0) return found(<u64>(load<u8>(value, 1) != 0));
      depth -= 1;
    } else if (discriminant != VALUE_NULL && !isNumber(discriminant, rank)) return WORDS_UNKNOWN;
    part = value + load<u32>(part);
  }
  return WORDS_OVER;
}


@inline
function found(word: u64): i32 {
  foundWord = word;
  return WORD_GIVEN;
}
