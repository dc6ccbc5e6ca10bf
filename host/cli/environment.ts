/** What the module cannot find out by itself: whether a person is watching, and how wide the terminal is. */
import { isatty } from "node:tty";

/** The module's environment; with `toFile` its standard output goes into a file. */
export function environment(toFile = false): Record<string, string> {
  const { NO_COLOR: noColor, FORCE_COLOR: forceColor, COLUMNS: columns } = process.env;
  const onTerminal = isatty(1) && !toFile;
  const color = noColor || toFile ? false : forceColor ? forceColor !== "0" : onTerminal;
  const env: Record<string, string> = { QUIRE_TTY: isatty(2) ? "1" : "0", QUIRE_COLOR: color ? "1" : "0" };
  if (isatty(0)) env["QUIRE_STDIN_TTY"] = "1";
  const width = onTerminal ? process.stdout.columns : toFile ? 0 : Number(columns);
  if (width > 0) env["COLUMNS"] = String(width);
  return env;
}
