/** Sanitizers and validators: the reference's answers (tests/golden/queries), and what Quire has besides. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { type SyncSession, openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { vectorLines } from "./sql/vectors.js";

type Arguments = Readonly<Record<string, string | number>>;
type Value = readonly [type: string, value: unknown];

interface Vector {
  readonly id: string;
  readonly args: Arguments | readonly (readonly [string, Arguments?])[];
  readonly input: Value;
  readonly sanitizer?: string;
  readonly validator?: string;
  readonly output?: Value;
  readonly ok?: true;
  readonly error?: { readonly kind: string; readonly message: string };
  readonly disputed?: true;
}

/** A rule as it is declared. */
function word(name: string, args: Arguments = {}): string {
  const { min, max, scale, offset } = args;
  const given = [min, max, scale, offset].filter((value) => value !== undefined);
  return given.length === 0 ? name : `${name}=${given.join(",")}`;
}

function wordsOf({ args, sanitizer, validator }: Vector): string {
  const chain = Array.isArray(args)
    ? (args as (readonly [string, Arguments?])[])
    : [[(sanitizer ?? validator) as string, args as Arguments] as const];
  return chain.map(([name, given]) => word(name, given)).join(":");
}

/** What becomes of values: the value that is stored, or the code and the words of the error. */
class Column {
  readonly #db: SyncSession;
  readonly #tables = new Map<string, string>();

  constructor(db: SyncSession) {
    this.#db = db;
  }

  put(type: string, rules: string, value: unknown): { stored: unknown } | { code: string; message: string } {
    try {
      const columns = `${type}:null:${rules}`;
      let table = this.#tables.get(columns);
      if (table === undefined) {
        table = `t${this.#tables.size}`;
        this.#db.create(table, ["id:int32:pk:auto", `v:${columns}`]);
        this.#tables.set(columns, table);
      }
      const { keys } = this.#db.request({ op: "insert", table, row: { v: value } }) as { keys: number[] };
      const { row } = this.#db.request({ op: "get", table, key: keys[0] }) as { row: { v: unknown } };
      return { stored: row.v };
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return { code, message };
    }
  }
}

/**
 * Two vectors mean a microsecond of 1000000, which no text says: .1000000 is a tenth here. Rules of columns of other types are refused when they are declared: the reference passes what they do not know, or refuses it row by row. */
const OTHER_TYPE = "is not for columns of";

for (const [file, count] of Object.entries({ sanitize: 299, validate: 278 })) {
  test(`${file}: ${count} answers of the reference`, () => {
    using db = openSync(":memory:");
    const column = new Column(db);
    const vectors = vectorLines<Vector>(file);
    assert.equal(vectors.length, count);
    let refused = 0;
    for (const vector of vectors) {
      const [type, value] = vector.input;
      // Null is of no type: of one that the rule is for.
      const rules = wordsOf(vector);
      const isNull = type === "Null";
      const found = column.put(isNull ? typeFor(rules) : type.toLowerCase(), rules, value);
      const what = `${vector.id} ${rules} ${JSON.stringify(vector.input)}: ${JSON.stringify(found)}`;
      if ("message" in found && found.message.includes(OTHER_TYPE)) {
        refused++;
        assert.ok(vector.error !== undefined || JSON.stringify(vector.output) === JSON.stringify(vector.input), what);
        assert.equal(found.code, "BAD_SCHEMA", what);
      } else if (isNull) assert.deepEqual(found, { stored: null }, what);
      else if (vector.id === "sanitize-261") assert.deepEqual(found, { stored: "2024-01-01T00:00:00.100000+00:00" });
      else if (vector.id === "sanitize-262") assert.deepEqual(found, { stored: "2024-01-01T05:30:00.100000+05:30" });
      else if (vector.error) assertRefused(vector.error.message, found, what);
      else assert.deepEqual(found, { stored: vector.output ? vector.output[1] : value }, what);
    }
    assert.equal(refused, { sanitize: 35, validate: 26 }[file]);
  });
}

function typeFor(rules: string): string {
  if (rules.startsWith("Clamp=")) return "int32";
  if (rules.startsWith("ClampUnsigned")) return "uint32";
  if (rules.startsWith("Round")) return "decimal";
  return /^(?:Utc|Timezone)/u.test(rules) ? "datetime" : "text";
}

/** Where a value is what it should be no more there is the reference's message; where it can be no value, or the rule none, another one. */
function assertRefused(message: string, found: { stored: unknown } | { code: string; message: string }, what: string): void {
  assert.ok("code" in found, what);
  if (found.code === "CHECK_FAILED") assert.ok(found.message.endsWith(message.replace(/^\w+ error: /u, "")), what);
  else assert.match(found.message, /is not a datetime|has the larger value first|is outside the supported range/u, what);
}

/** Characters that the tables and this Node know: each of them, in parts. */
function* characters(part = 4000): Generator<string> {
  let text = "";
  let count = 0;
  for (let code = 1; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const char = String.fromCodePoint(code);
    // A version of Unicode that is not the tables' has letters and pairs of cases that others have not.
    if (
      /[\p{Cn}\p{Co}]/u.test(char) ||
      (process.versions["unicode"] !== TABLES && code > 0x24f && !/[\p{sc=Grek}\p{sc=Cyrl}]/u.test(char))
    )
      continue;
    text += char;
    if (++count % part === 0) {
      yield text;
      text = "";
    }
  }
  yield text;
}
const TABLES = /Unicode that it is of: (\S+)\. /u.exec(
  readFileSync(join(packageRoot, "assembly", "encode", "unicode-data.ts"), "utf8"),
)?.[1];

test("cases, letters and white space of all characters are those of this Node's Unicode", () => {
  using db = openSync(":memory:");
  const column = new Column(db);
  assert.ok(TABLES !== undefined && TABLES.length > 3);
  const stored = (rules: string, text: string) => (column.put("text", rules, text) as { stored: unknown }).stored;
  for (const text of characters()) {
    // A sigma's small form depends on what is around it: there is a blank between characters.
    const apart = Array.from(text).join(" ");
    assert.equal(stored("lowercase", apart), apart.toLowerCase());
    assert.equal(stored("uppercase", text), text.toUpperCase());
    assert.equal(stored("trim", `${text}.`), `${text}.`.replace(/^\p{White_Space}+/u, ""));
    const words = text.split(/\p{White_Space}+/u).filter((word) => word !== "");
    assert.equal(stored("collapsewhitespace", text), words.join(" "));
    const slug = words
      .join("-")
      .toLowerCase()
      .replace(/[^-\p{Alphabetic}\p{N}]/gu, "");
    assert.equal(stored("slug", text), slug);
    assert.equal(
      stored("urlencoding", text.slice(0, 2000)),
      encodeURIComponent(text.slice(0, 2000)).replace(
        /[-_.!~*'()]/gu,
        (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    );
  }
});

/** A generator of numbers that is the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Texts of pieces that mean something to rules. */
function randomText(random: (below: number) => number, pieces: readonly string[], most: number): string {
  return Array.from({ length: random(most + 1) }, () => pieces[random(pieces.length)] as string).join("");
}

const WORDS = [
  "a",
  "B",
  "Σ",
  "ς",
  "ß",
  "İ",
  "ﬁ",
  "ǅ",
  " ",
  "\t",
  "\u00a0",
  "\u3000",
  "-",
  "_",
  ".",
  "'",
  "é",
  "e\u0301",
  "你",
  "😀",
  "7",
  "٣",
  "%",
  "\u200b",
  "Ω",
];

test("sigmas at the ends of words, and what sanitizing twice comes to", () => {
  using db = openSync(":memory:");
  const column = new Column(db);
  const random = randomOf(23);
  const stored = (rules: string, text: unknown) => (column.put("text", rules, text) as { stored: string | null }).stored;
  for (let n = 0; n < 1500; n++) {
    const text = randomText(random, WORDS, 9);
    assert.equal(stored("lowercase", text), text.toLowerCase(), JSON.stringify(text));
    for (const rules of [
      "trim",
      "collapsewhitespace",
      "lowercase",
      "uppercase",
      "slug",
      "trim:nullifempty",
      "slug:uppercase",
      "collapsewhitespace:lowercase:nullifempty",
    ]) {
      const once = stored(rules, text);
      assert.equal(stored(rules, once), once, `${rules} ${JSON.stringify(text)}`);
    }
    // What a sanitizer makes is what a validator wants, where it says so.
    const cut = stored("lowercase", text.replace(/[^\p{L}\p{N}]/gu, "")) as string;
    if (/^\p{Lowercase}[\p{Lowercase}0-9]*$/u.test(cut))
      assert.ok("stored" in column.put("text", "lowercase:snakecase:kebabcase", cut), cut);
    const cell = column.put("int16", "clamp=-5,300:range=-5,300", random(65536) - 32768);
    assert.ok("stored" in cell, JSON.stringify(cell));
    const small = column.put("uint8", "clampunsigned=3,200:range=3,200", random(256));
    assert.ok("stored" in small, JSON.stringify(small));
    const decimal = column.put("decimal", "roundtoscale=2", `${random(2) ? "-" : ""}${random(1e6)}.${random(1e6)}`);
    assert.match(String((decimal as { stored: unknown }).stored), /^-?\d+(?:\.\d{1,2})?$/u);
  }
});

const URL_PIECES = [
  "http",
  "https",
  "ws",
  "ftp",
  "file",
  "mailto",
  "a",
  "Z",
  ":",
  ":",
  "/",
  "/",
  "//",
  "\\",
  "@",
  "?",
  "#",
  "[",
  "]",
  "[::1]",
  ".",
  ".",
  "-",
  "%41",
  "%",
  "%00",
  "%2e",
  "0x",
  "1",
  "255",
  "256",
  "08",
  "::",
  "|",
  "^",
  "<",
  " ",
  "\t",
  "80",
  "65536",
  "localhost",
  "C:",
  "_",
  "*",
  "~",
];

test("texts are URLs where Node's parser takes them", () => {
  using db = openSync(":memory:");
  const column = new Column(db);
  const random = randomOf(7);
  let valid = 0;
  for (let n = 0; n < 12000; n++) {
    const text = `${n % 3 === 0 ? "" : (["http://", "https:", "ws://u@", "file://", "foo://", "http://["][random(6)] as string)}${randomText(random, URL_PIECES, 7)}`;
    const found = "stored" in column.put("text", "url", text);
    if (found) valid++;
    assert.equal(found, URL.canParse(text), JSON.stringify(text));
  }
  assert.ok(valid > 2000 && valid < 10000, String(valid));
  for (const text of [
    "http://münchen.de",
    "http://１２７.0.0.1",
    "http://a。b",
    "http://a\u00ad",
    "http://\u00ad",
    "http://a\u3000b",
    "http://😀.de",
    "http://a\u202eb",
    "http://％",
    "http://ＡＢ.de",
    "http://a\u200bb",
    "http://\u00ad.\u00ad",
    "http://xn--a",
    "http://xn--mnchen-3ya.de",
    "http://xn--",
    "http://xn--ls8h.la",
    "http://XN--MNCHEN-3YA",
    "http://xn--0",
    "http://xn--99999999",
    "http://\u0378",
    "http://xn--80ak6aa92e.com",
    "http://[::ffff:1.2.3.4]",
    "http://[1:2:3:4:5:6:7::]",
    "http://[1::2::3]",
    "http://[::1%25eth0]",
    "http://%E4%BD%A0",
    "http://%ff",
  ])
    assert.equal("stored" in column.put("text", "url", text), URL.canParse(text), text);
});
