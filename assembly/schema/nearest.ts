/** Suggestions for words that were misspelled. */
import { asciiLower } from "../encode/ascii";

/** The entry of `names` that `word` was most likely meant to be, or "" when none is near. */
export function nearest(word: string, names: Array<string>): string {
  let best = "";
  let least = max(word.length / 3, 1) + 1;
  const lower = asciiLower(word);
  for (let i = 0; i < names.length; i++) {
    const distance = editDistance(lower, asciiLower(names[i]), least);
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
    : what + ": " + names.slice(0, 30).join(", ") + (names.length > 30 ? ", …" : "");
}

/** How many characters to insert, remove, change or swap with their neighbour to make `a` of `b`; at least `limit` counts as `limit`. */
function editDistance(a: string, b: string, limit: i32): i32 {
  if (abs(a.length - b.length) >= limit || a.length > 64 || b.length > 64) return limit;
  const width = b.length + 1;
  const rows = new StaticArray<i32>((a.length + 1) * width);
  for (let j = 0; j < width; j++) rows[j] = j;
  for (let i = 1; i <= a.length; i++) {
    rows[i * width] = i;
    for (let j = 1; j < width; j++) {
      const same = a.charCodeAt(i - 1) == b.charCodeAt(j - 1);
      let cost = min(min(rows[(i - 1) * width + j], rows[i * width + j - 1]) + 1, rows[(i - 1) * width + j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a.charCodeAt(i - 1) == b.charCodeAt(j - 2) && a.charCodeAt(i - 2) == b.charCodeAt(j - 1)) {
        cost = min(cost, rows[(i - 2) * width + j - 2] + 1);
      }
      rows[i * width + j] = cost;
    }
  }
  return rows[a.length * width + b.length];
}
