/** Names of tables and columns as TypeScript can write them. */

/** Words that no variable or type may be called, and types that others would take for their own. */
const TAKEN = new Set(
  (
    "abstract any arguments as async await bigint boolean break case catch class const continue debugger declare default delete do else enum eval export " +
    "extends false finally for from function get if implements import in infer instanceof interface is keyof let module namespace never new null number " +
    "object of package private protected public readonly require return satisfies set static string super switch symbol this throw true try type typeof " +
    "undefined unique unknown using var void while with yield Date JSON Uint8Array"
  ).split(" "),
);

const IDENTIFIER = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u;

/** Text as a literal of TypeScript, in one line of printable characters. */
export function literal(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The name of a member, in an object or a type. */
export function member(name: string): string {
  if (name === "__proto__") return '["__proto__"]';
  return IDENTIFIER.test(name) ? name : literal(name);
}

/** The member of that name of `object`. */
export function memberOf(object: string, name: string): string {
  return IDENTIFIER.test(name) ? `${object}.${name}` : `${object}[${literal(name)}]`;
}

/** Text that may stand in a comment. */
export function comment(text: string): string {
  return literal(text).slice(1, -1).replaceAll("*/", "*\\/");
}

/** Gives out identifiers, each once. */
export class Identifiers {
  readonly #given: Set<string>;

  /** `others` are in use already. */
  constructor(others: readonly string[] = []) {
    this.#given = new Set(others);
  }

  #free(name: string): string {
    const plain = name.replace(/[^\p{ID_Continue}$]+/gu, "_");
    const start = IDENTIFIER.test(plain) ? plain : `_${plain}`;
    let free = TAKEN.has(start) ? `${start}_` : start;
    for (let i = 2; this.#given.has(free); i++) free = `${start}_${i}`;
    this.#given.add(free);
    return free;
  }

  /** One for a variable. */
  variable(name: string): string {
    return this.#free(name);
  }

  /** One for a type: its words begin with capital letters. */
  type(name: string): string {
    return this.#free(name.replace(/(?:^|[^\p{ID_Continue}]+|_+)(\p{L})/gu, (_, letter: string) => letter.toUpperCase()));
  }
}
