/**
 * Documents for JSON columns. JSON.stringify turns what JSON has no word for into null or `{}`, or leaves it out; here it is refused, by the
 * place that it has in the document. Objects with a `toJSON` of their own, like `Date`, say themselves what they are as JSON.
 */
import { QuireError } from "./errors.js";

/** Objects inside each other that are looked at; the module takes fewer, and says so. */
const DEEPEST = 200;

/** What objects are called whose members are all that they hold. */
const PLAIN_TAGS: ReadonlySet<string> = new Set(["[object Object]", "[object Array]"]);
/** Objects around a single value, which JSON spells as that. */
const BOXED_TAGS: ReadonlySet<string> = new Set(["[object Number]", "[object String]", "[object Boolean]"]);

/** `a Map`, `an Error`: what an object is called in messages. */
export function describe(value: object): string {
  const { constructor } = value as { constructor?: unknown };
  const name = typeof constructor === "function" && constructor.name !== "" ? constructor.name : "object";
  return /^[AEIOU]/i.test(name) ? `an ${name}` : `a ${name}`;
}

/** How the member `name` is written behind what it is a member of. */
function step(name: string | number): string {
  if (typeof name === "number") return `[${name}]`;
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** Goes through one document. */
class Walk {
  readonly #root: string;
  readonly #steps: (string | number)[] = [];
  /** The objects that the place is in. */
  readonly #above: object[] = [];
  readonly #takesBigints: boolean;

  constructor(root: string, takesBigints: boolean) {
    this.#root = root;
    this.#takesBigints = takesBigints;
  }

  #refuse(what: string): never {
    throw new QuireError("BAD_VALUE", `${this.#root}${this.#steps.map(step).join("")}: ${what}`);
  }

  #text(text: string, what: string): void {
    if (!text.isWellFormed()) this.#refuse(`${what} has half of a surrogate pair, which UTF-8 can't spell`);
  }

  value(value: unknown): void {
    switch (typeof value) {
      case "string":
        this.#text(value, "the text");
        return;
      case "boolean":
        return;
      case "number":
        if (!Number.isFinite(value)) this.#refuse(`JSON has no ${value}; null, or a text, can stand for it`);
        return;
      case "object":
        if (value !== null) this.#object(value);
        return;
      case "undefined":
        this.#refuse("JSON has no undefined; leave the member out, or write null");
        break;
      case "bigint":
        if (this.#takesBigints || typeof (value as { toJSON?: unknown }).toJSON === "function") return;
        this.#refuse(`JSON can't spell a bigint; write ${value} as a text or a number`);
        break;
      default:
        this.#refuse(`a ${typeof value} is no value`);
    }
  }

  #object(value: object): void {
    const { toJSON } = value as { toJSON?: unknown };
    const tag = Object.prototype.toString.call(value);
    // A typed array's elements would become members that are called 0, 1 and so on; Buffer's own form is no better.
    if (ArrayBuffer.isView(value)) this.#refuse(`${describe(value)} is no JSON; Array.from makes a list of it`);
    if (typeof toJSON === "function") {
      const name = this.#steps.at(-1) ?? "";
      const spelled: unknown = toJSON.call(value, String(name));
      if (spelled === null && value instanceof Date) this.#refuse("the Date is invalid");
      if (spelled === value) this.#members(value);
      else this.value(spelled);
    } else if (BOXED_TAGS.has(tag)) this.value((value as { valueOf(): unknown }).valueOf());
    else if (PLAIN_TAGS.has(tag)) this.#members(value);
    else this.#refuse(`JSON can't spell ${describe(value)}`);
  }

  #members(value: object): void {
    if (this.#above.includes(value)) this.#refuse("the object is inside of itself, which JSON can't spell");
    if (this.#above.length === DEEPEST) return;
    this.#above.push(value);
    const { length: depth } = this.#steps;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        this.#steps[depth] = i;
        this.value(value[i]);
      }
    } else this.#named(value as Record<string, unknown>, depth);
    this.#steps.length = depth;
    this.#above.pop();
  }

  #named(value: Record<string, unknown>, depth: number): void {
    const names = Object.keys(value);
    if (names.length === 0) {
      const prototype: unknown = Object.getPrototypeOf(value);
      // What an object of a class has inside can't be seen; `{}` would be said to be all of it.
      if (prototype !== null && Object.getPrototypeOf(prototype) !== null) this.#refuse(`JSON can't spell ${describe(value)}`);
    }
    for (const name of names) {
      this.#steps[depth] = name;
      this.#text(name, "the name");
      this.value(value[name]);
    }
  }
}

/** Refuses a document that JSON can't spell as it is, with `where` before the place in it. */
export function checkDocument(where: string, value: unknown, takesBigints = false): void {
  new Walk(where, takesBigints).value(value);
}

/** Documents that go as they are, by the texts that stand for them in a request that is being spelled. */
const exactDocuments = new Map<string, string>();
/** What such a text begins with: no text of a program's does. */
const MARK = `document ${Math.random()} `;

/** The text of a request with these documents in their places. */
export function withExactDocuments(text: string): string {
  if (exactDocuments.size === 0) return text;
  const exact = text.replace(/"document 0\.[^" ]+ \d+"/g, (mark) => exactDocuments.get(mark.slice(1, -1)) ?? mark);
  exactDocuments.clear();
  return exact;
}

/** A document as its text, for a JSON column: with all digits of its numbers, and its names as they stand. @internal */
export class JsonText {
  /** The text without white space. */
  readonly text: string;

  /** `text` is JSON; a `SyntaxError` when it is not. */
  constructor(text: string) {
    JSON.parse(text);
    this.text = text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
  }

  /** The document of a text that is known to be JSON without white space. */
  static of(text: string): JsonText {
    return Object.assign(Object.create(JsonText.prototype) as JsonText, { text });
  }

  // Not what JSON.parse makes of it: that rounds numbers, loses the sign of zero, and has each name once, in an order of its own.
  toJSON(): string {
    const mark = `${MARK}${exactDocuments.size}`;
    exactDocuments.set(mark, this.text);
    return mark;
  }
}

/** About how many characters a document has: of one that can't be spelled, too. */
export function documentSize(value: unknown, depth = 0): number {
  if (typeof value === "string") return value.length + 4;
  if (typeof value !== "object" || value === null || depth === DEEPEST) return 8;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let size = 4;
  if (Array.isArray(value)) for (const item of value) size += documentSize(item, depth + 1);
  else for (const name in value) size += name.length + 4 + documentSize((value as Record<string, unknown>)[name], depth + 1);
  return size;
}
