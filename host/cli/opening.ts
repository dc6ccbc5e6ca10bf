/** Options of commands that are told to whoever opens the file. */
import { EXIT_USAGE, QuireError } from "../api/errors.js";
import type { OpenOptions } from "../api/options.js";

export const wrongWords = (message: string): QuireError => new QuireError("USAGE", message, EXIT_USAGE);

/** Takes a word apart that is an option, `--NAME` or `--NAME=VALUE`; null: it is none. */
export function readOption(word: string): { readonly name: string; readonly told: string | undefined } | null {
  const [, name, told] = /^--([^=]+)(?:=([^]*))?$/.exec(word) ?? [];
  return name === undefined ? null : { name, told };
}

/** The value of an option, which stands behind its name if it is not told; "" of one that stands alone. */
export function optionValue(name: string, told: string | undefined, isFlag: boolean, next: () => string | undefined): string {
  if (isFlag && told !== undefined) throw wrongWords(`--${name} takes no value`);
  const value = isFlag ? "" : (told ?? next());
  if (value === undefined) throw wrongWords(`--${name} needs a value`);
  return value;
}

/** What they are called there. */
export const OPENING: ReadonlyMap<string, keyof OpenOptions> = new Map([
  ["readonly", "readonly"],
  ["allow-links", "allowLinks"],
  ["cache", "cacheBytes"],
  ["sql-memory", "sqlMemory"],
  ["durability", "durability"],
  ["unique-nulls", "uniqueNulls"],
  ["layout", "layout"],
  ["schema", "schema"],
  ["table", "tables"],
]);
/** Those of them that stand alone. */
export const OPENING_FLAGS: readonly string[] = ["readonly", "allow-links"];

/** A value of an option as `OpenOptions` has it; `before`: what it has of the same option already. */
export function openingValue(name: string, value: string, before: unknown): unknown {
  if (name === "table") {
    const at = value.indexOf("=");
    if (at < 0) throw wrongWords("--table is NAME=#FINGERPRINT");
    return { ...(before as object | undefined), [value.slice(0, at)]: value.slice(at + 1) };
  }
  return name === "cache" || name === "sql-memory" ? (/^\d+$/.test(value) ? Number(value) : value) : value;
}
