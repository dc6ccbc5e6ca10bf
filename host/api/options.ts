/** Options of `open` and `openSync`: what is not one of them, or has a wrong type, is refused. */
import { QuireError } from "./errors.js";
import { RUNTIME_NAMES, type RuntimeName, isRuntimeName } from "./runtime-names.js";
import { type ValueForms, formCheck } from "./value-forms.js";

/** A file's `URL`. (Programs without types of Node or a browser have no such type.) */
export interface FileUrl {
  readonly href: string;
  readonly protocol: string;
}

export interface OpenOptions extends Partial<ValueForms> {
  /** Where the module runs: `"node"`, in this process, unless told; any other in a process of its own. */
  readonly runtime?: RuntimeName;
  /** Nothing can be changed, and a missing file is an error. */
  readonly readonly?: boolean;
  /** A missing file is an error; it is made otherwise. */
  readonly mustExist?: boolean;
  /** Bytes that the page cache may take: 16 MiB unless told. */
  readonly cacheBytes?: number;
  /** Bytes that a statement of SQL may keep for what it sorts, groups and joins: 64 MiB unless told. */
  readonly sqlMemory?: number;
  /** Write to a file that has several hard links: it must only ever be opened by this one of its names. */
  readonly allowLinks?: boolean;
  /** The layout of a new file, `"0.9"` unless told. A file that is there has to be of the layout that is named. */
  readonly layout?: "0.9" | "0.11";
  /**
   * When what was committed survives a power cut: `"commit"`, at once, unless told; or `"checkpoint"`, from the next checkpoint, `sync()` or `close()` on, which
   * puts many transactions behind one sync of the disk. Either way a killed program loses none, and each is there wholly or not at all.
   */
  readonly durability?: "commit" | "checkpoint";
  /**
   * How many rows may have null in a unique column: `"many"`, as SQL has it, unless told; or `"one"`, as the crates that write such files have it,
   * which refuse to update a row with null there while another one has it, too.
   */
  readonly uniqueNulls?: "many" | "one";
  /** Seconds to wait for a file that another session writes, 5 unless told; then the error is `LOCKED`. */
  readonly wait?: number;
  /**
   * Of a file of crates 0.6 to 0.8, which holds no definitions: the path of a file that does, in the page file's folder or below, as
   * `quire FILE schema` prints them or as JSON. Other files have their own.
   */
  readonly schema?: string;
  /** Which table of such a file is which, by its fingerprint (`#` and 16 digits), where the order in which they were registered does not tell. */
  readonly tables?: Readonly<Record<string, string>>;
  /**
   * Seconds that a call waits for the end of a transaction that it is not part of, while nothing is called in that one's function: 10 unless told, `Infinity` for
   * ever. Then it fails with `TRANSACTION_TIMEOUT`; the function may be waiting for it.
   */
  readonly transactionWait?: number;
}

/** What stands for a file where a store in memory is meant. */
export const IN_MEMORY = ":memory:";

/** Seconds: see `OpenOptions.transactionWait`. */
export const TRANSACTION_WAIT = 10;

/** Milliseconds of the longest timer. */
const LONGEST_TIMER = 2 ** 31 - 1;

const BYTES = {
  wanted: "a whole number of bytes up to 2147483648",
  fits: (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 2 ** 31,
};

const CHECKS: Readonly<Record<keyof OpenOptions, { readonly wanted: string; fits: (value: unknown) => boolean }>> = {
  runtime: { wanted: "the name of a runtime", fits: (value) => typeof value === "string" },
  readonly: { wanted: "true or false", fits: (value) => typeof value === "boolean" },
  mustExist: { wanted: "true or false", fits: (value) => typeof value === "boolean" },
  allowLinks: { wanted: "true or false", fits: (value) => typeof value === "boolean" },
  cacheBytes: BYTES,
  sqlMemory: BYTES,
  layout: { wanted: '"0.9" or "0.11"', fits: (value) => value === "0.9" || value === "0.11" },
  durability: { wanted: '"commit" or "checkpoint"', fits: (value) => value === "commit" || value === "checkpoint" },
  uniqueNulls: { wanted: '"many" or "one"', fits: (value) => value === "many" || value === "one" },
  wait: {
    wanted: "a number of seconds up to 1000000000",
    fits: (value) => typeof value === "number" && value >= 0 && value <= 1e9,
  },
  transactionWait: {
    wanted: "a number of seconds above 0, or Infinity",
    fits: (value) => typeof value === "number" && value > 0 && (value * 1000 <= LONGEST_TIMER || value === Infinity),
  },
  schema: { wanted: "the path of a file", fits: (value) => typeof value === "string" && value !== "" },
  tables: { wanted: "an object of fingerprints", fits: isFingerprints },
  integers: formCheck("integers"),
  decimals: formCheck("decimals"),
  dates: formCheck("dates"),
};

function isFingerprints(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((print) => typeof print === "string" && /^#[0-9a-f]{16}$/i.test(print));
}

/** Letters of `a` and `b` that differ, letter case aside, when they stand at the same places; more than enough for spelling errors. */
function distance(a: string, b: string): number {
  const from = a.toLowerCase();
  const to = b.toLowerCase();
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = (row[j - 1] as number) + Number(from[i - 1] !== to[j - 1]);
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}

/** The first of `known` that `name` may be a misspelling of. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  return known.find((other) => distance(name, other) <= Math.max(1, Math.floor(other.length / 3)));
}

/** Checks what a caller gave; throws a `QuireError` with the code `BAD_OPTION`. Options that are undefined are as good as absent. */
export function checkOptions(call: string, options: unknown): OpenOptions {
  if (typeof options !== "object" || options === null) throw new QuireError("BAD_OPTION", `${call}: the options are an object`);
  const names = Object.keys(CHECKS);
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, name)) {
      const like = nearest(name, names);
      const hint = like === undefined ? `options: ${names.join(", ")}` : `did you mean ${like}?`;
      throw new QuireError("BAD_OPTION", `${call} has no option ${name}; ${hint}`);
    }
    if (value === undefined) continue;
    const { wanted, fits } = CHECKS[name as keyof OpenOptions];
    if (!fits(value)) throw new QuireError("BAD_OPTION", `${call}: ${name} must be ${wanted}, not ${String(value)}`);
    given[name] = value;
  }
  const runtime = given["runtime"];
  if (runtime !== undefined && !isRuntimeName(runtime)) {
    const known = RUNTIME_NAMES.join(", ");
    throw new QuireError("BAD_OPTION", `${call}: there is no runtime "${runtime as string}"; use one of ${known}`);
  }
  return given;
}
