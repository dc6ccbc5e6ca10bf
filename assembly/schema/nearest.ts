/** Suggestions for words that were misspelled. */
import { lowerLetter } from "../encode/ascii";

/** Names that a message lists. */
const LISTED: i32 = 40;

/** The longest word that something is like, and the rows of numbers for two such words. */
const LONGEST: i32 = 64;
const rows: StaticArray<i32> = new StaticArray<i32>((LONGEST + 1) * (LONGEST + 1));

/** The entry of `names` that `word` was most likely meant to be, or "" when none is near. */
export function nearest(word: string, names: Array<string>): string {
  let best = "";
  let least = max(word.length / 3, 1) + 1;
  for (let i = 0; i < names.length; i++) {
    const distance = editDistance(word, names[i], least);
    if (distance < least) {
      least = distance;
      best = names[i];
    }
  }
  return best;
}

/** `did you mean X?`, or `what` and all the names when none of them is near. */
export function suggestion(word: string, names: Array<string>, what: string): string {
  const like = nearest(word, names);
  return like != ""
    ? "did you mean " + like + "?"
    : what + ": " + names.slice(0, LISTED).join(", ") + (names.length > LISTED ? ", …" : "");
}

/** The unit at `i`, an ASCII letter in lower case. */
@inline
function lowerAt(text: string, i: i32): u32 {
  return lowerLetter(text.charCodeAt(i));
}

/**
 * How many characters to insert, remove, change or swap with their neighbour to make `a` of `b`, whatever the case of ASCII letters; at
 * least `limit` counts as `limit`. Leaves no garbage: a name that is none is compared with all that there are.
 */
function editDistance(a: string, b: string, limit: i32): i32 {
  if (abs(a.length - b.length) >= limit || a.length > LONGEST || b.length > LONGEST) return limit;
  const width = b.length + 1;
  for (let j = 0; j < width; j++) rows[j] = j;
  for (let i = 1; i <= a.length; i++) {
    rows[i * width] = i;
    for (let j = 1; j < width; j++) {
      const same = lowerAt(a, i - 1) == lowerAt(b, j - 1);
      let cost = min(min(rows[(i - 1) * width + j], rows[i * width + j - 1]) + 1, rows[(i - 1) * width + j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && lowerAt(a, i - 1) == lowerAt(b, j - 2) && lowerAt(a, i - 2) == lowerAt(b, j - 1)) {
        cost = min(cost, rows[(i - 2) * width + j - 2] + 1);
      }
      rows[i * width + j] = cost;
    }
  }
  return rows[a.length * width + b.length];
}
