/** What a session has to know of a statement of SQL before it is sent: what it may do to transactions and definitions, by its first words. */

/** Blanks, comments and empty statements, then a word, and the one behind it. */
const FIRST_WORDS = /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*([a-z]+)(?:\s+(?:transaction|work)\b)?(?:\s+([a-z]+))?/iy;

export interface StatementWords {
  /** `"begin"`: it starts a transaction; `"end"`: it ends one, whether it succeeds or not if it is `COMMIT`. */
  readonly transaction: "begin" | "end" | null;
  /** Whether definitions may be others behind it. */
  readonly changesSchema: boolean;
}

const NOTHING: StatementWords = { transaction: null, changesSchema: false };
const DEFINES: StatementWords = { transaction: null, changesSchema: true };
const BEGINS: StatementWords = { transaction: "begin", changesSchema: false };
const ENDS: StatementWords = { transaction: "end", changesSchema: true };

const WORDS: Readonly<Partial<Record<string, StatementWords>>> = {
  create: DEFINES,
  drop: DEFINES,
  alter: DEFINES,
  begin: BEGINS,
  start: BEGINS,
  commit: ENDS,
  end: ENDS,
  rollback: ENDS,
};

/** What `sql` may do, which has not been read yet: a text that is no statement does nothing. */
export function statementWords(sql: unknown): StatementWords {
  if (typeof sql !== "string") return NOTHING;
  FIRST_WORDS.lastIndex = 0;
  const [, first = "", second = ""] = FIRST_WORDS.exec(sql) ?? [];
  const word = first.toLowerCase();
  if (word === "rollback" && second.toLowerCase() === "to") return DEFINES;
  return Object.hasOwn(WORDS, word) ? (WORDS[word] ?? NOTHING) : NOTHING;
}
