/** Options of commands that are told to whoever opens the file. */
import { EXIT_USAGE, QuireError } from "../api/errors.js";
import type { OpenOptions } from "../api/options.js";

export const wrongWords = (message: string): QuireError => new QuireError("USAGE", message, EXIT_USAGE);

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
