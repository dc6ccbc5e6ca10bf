// Writes assembly/encode/unicode-data.ts anew, from what the Unicode of this Node says of each character.
//
//   node scripts/unicode-data.mjs && npx prettier --write assembly/encode/unicode-data.ts
//
// A table is runs of code points, each as LEB128 numbers: the gap behind the run before it; how many code points it has, times 2, and 1 more when
// it has every other one only; of mappings then what is added to each, zigzag. `unpacked` of assembly/encode/unicode.ts reads them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "./lib.mjs";
import { number } from "./pack-text.mjs";

const LAST = 0x10ffff;

/** Runs of the code points to which `valueOf` gives the same value; null is in no run. */
function runsOf(valueOf) {
  const found = [];
  for (let code = 0x80; code <= LAST; code++) {
    const value = code >= 0xd800 && code < 0xe000 ? null : valueOf(String.fromCodePoint(code), code);
    if (value !== null) found.push([code, value]);
  }
  const runs = [];
  for (let i = 0; i < found.length;) {
    const [start, value] = found[i];
    const countBy = (stride) => {
      let count = 1;
      while (found[i + count]?.[0] === start + count * stride && found[i + count][1] === value) count += 1;
      return count;
    };
    const [ones, twos] = [countBy(1), countBy(2)];
    const stride = twos > ones ? 2 : 1;
    const count = Math.max(ones, twos);
    runs.push({ start, count, stride, value });
    i += count;
  }
  return runs;
}

function bytesOf(runs, isMapping) {
  const bytes = [];
  let end = 0;
  for (const { start, count, stride, value } of runs) {
    bytes.push(...number(start - end), ...number(count * 2 + (stride - 1)));
    if (isMapping) bytes.push(...number(value < 0 ? -value * 2 - 1 : value * 2));
    end = start + (count - 1) * stride + 1;
  }
  return bytes;
}

const has = (property) => {
  const pattern = new RegExp(`^${property}$`, "u");
  return bytesOf(runsOf((char) => (pattern.test(char) ? true : null)));
};

/** Of characters that become one other. */
const mapping = (change) =>
  bytesOf(
    runsOf((char, code) => {
      const changed = change(char);
      const to = changed.codePointAt(0);
      return to === code || changed.length !== (to > 0xffff ? 2 : 1) ? null : to - code;
    }),
    true,
  );

/** Of characters that become several: each, then three, of which the last ones may be 0. */
const specials = [];
for (let code = 0x80; code <= LAST; code++) {
  if (code >= 0xd800 && code < 0xe000) continue;
  const upper = [...String.fromCodePoint(code).toUpperCase()].map((char) => char.codePointAt(0));
  if (upper.length > 1) specials.push(code, ...upper, ...Array(3 - upper.length).fill(0));
}

const tables = [
  ["ALPHANUMERIC", "Letters and digits: Alphabetic, Nd, Nl and No.", "u8", has("[\\p{Alphabetic}\\p{N}]")],
  ["LOWERCASE", "Lowercase.", "u8", has("\\p{Lowercase}")],
  ["UPPERCASE", "Uppercase.", "u8", has("\\p{Uppercase}")],
  ["TITLECASE", "Letters of both cases: Lt.", "u8", has("\\p{Lt}")],
  ["CASE_IGNORABLE", "Case_Ignorable.", "u8", has("\\p{Case_Ignorable}")],
  ["TO_LOWER", "What becomes one other character in lower case.", "u8", mapping((char) => char.toLowerCase())],
  ["TO_UPPER", "What becomes one other character in upper case.", "u8", mapping((char) => char.toUpperCase())],
  [
    "SPECIAL_UPPER",
    "What becomes several in upper case, in order: the character, then three, the last of which may be 0.",
    "u16",
    specials,
  ],
];

let text = `/**
 * What Unicode says of characters beyond ASCII. Written by scripts/unicode-data.mjs, which says how tables are packed.
 */

`;
text += `/** The version of Unicode that it is of: ${process.versions.unicode}. */\n\n`;
for (const [name, what, type, values] of tables) {
  text += `/** ${what} */\nexport const ${name}: usize = memory.data<${type}>([\n`;
  let line = " ";
  for (const value of values) {
    if (line.length + String(value).length + 2 > 130) {
      text += `${line}\n`;
      line = " ";
    }
    line += ` ${value},`;
  }
  text += `${line}\n]);\nexport const ${name}_LENGTH: u32 = ${values.length};\n\n`;
  process.stdout.write(`${name}: ${values.length * (type === "u8" ? 1 : 2)} bytes\n`);
}
writeFileSync(join(root, "assembly/encode/unicode-data.ts"), `${text.trimEnd()}\n`);
