/** Words that can't be names unless they stand in quotes: those that would leave it open where a clause begins. */

/** Between blanks, by their first letter, so that a word is looked for among few. */
const RESERVED: StaticArray<string> = [
  " add all alter and as asc ",
  " between by ",
  " case cast check collate commit constraint create cross current_date current_time current_timestamp ",
  " default delete desc distinct drop ",
  " else end escape except exists explain ",
  " filter for foreign from full ",
  " glob group ",
  " having ",
  " ilike in index inner insert intersect into is isnull ",
  " join ",
  "",
  " left like limit ",
  "",
  " natural not notnull null ",
  " offset on or order outer over ",
  " primary ",
  "",
  " references returning right ",
  " select set ",
  " table then to transaction ",
  " union unique update using ",
  " values ",
  " when where window with ",
  "",
  "",
  "",
];

/** Whether the `len` bytes at `ptr` are a reserved word, in any case. */
export function isReserved(ptr: usize, len: u32): bool {
  const letter = <u32>(load<u8>(ptr) | 0x20) - 0x61;
  if (letter >= 26) return false;
  const words = RESERVED[letter];
  const end = <u32>words.length;
  let at: u32 = 0;
  while (at + len + 1 < end) {
    // A blank stands at `at`.
    let i: u32 = 0;
    while (i < len && (load<u8>(ptr + i) | 0x20) == <u8>words.charCodeAt(at + 1 + i)) i += 1;
    if (i == len && words.charCodeAt(at + 1 + len) == 0x20) return true;
    at += 1;
    while (at < end && words.charCodeAt(at) != 0x20) at += 1;
  }
  return false;
}
