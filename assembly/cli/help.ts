/** What `help`, `--help`, `--version` and usage errors show. */
import { Status, OK, USAGE, fail } from "../status";
import { stdout } from "../wasi/stdio";
import { Command, allCommands } from "./command-table";
import { nearest } from "../schema/nearest";

/** The version that `--version` prints; a test compares it with package.json. */
export const VERSION: string = "0.1.0";

/** The command called `name`, or null with `USAGE` and what it was probably meant to be. */
export function findCommand(name: string): Command | null {
  const commands = allCommands();
  const names = new Array<string>();
  for (let i = 0; i < commands.length; i++) {
    if (commands[i].name == name) return commands[i];
    names.push(commands[i].name);
  }
  const like = nearest(name, names);
  fail(USAGE, "there is no command " + name, like != "" ? "did you mean " + like + "?" : "quire help lists all commands");
  return null;
}

/** Prints the overview, or with a name the help of that command. */
export function showHelp(name: string): Status {
  if (name == "") {
    showOverview();
    return OK;
  }
  const command = findCommand(name);
  if (!command) return USAGE;
  stdout.raw(command.usage + "\n  " + command.summary + "\n");
  if (command.details != "") stdout.raw("\n" + command.details + "\n");
  if (command.options != "") stdout.raw("\nOptions: --" + command.options.split(",").join(", --") + "\n");
  return OK;
}

function showOverview(): void {
  stdout.raw("quire [OPTIONS] FILE COMMAND …: look into and change a page file\n\n");
  const commands = allCommands();
  for (let i = 0; i < commands.length; i++) stdout.line("  " + commands[i].name.padEnd(8) + commands[i].summary);
  stdout.raw(
    "\nOptions: --json (reply in JSON), --readonly, --cache BYTES, --color, --no-color, --progress, --no-progress, --version,\n" +
      "--sql-memory BYTES (what a statement of SQL may keep in memory of what it sorts, groups, joins and changes: 64 MiB unless told),\n" +
      "--allow-links (write to a file with several hard links, which is only ever opened by this one of its names),\n" +
      "--unique-nulls many|one (how many rows may have null in a unique column: many unless told, or one, as crates have it),\n" +
      "--durability commit|checkpoint (what was committed survives a power cut: at once, or from the next checkpoint, sync or close on)\n" +
      "--schema FILE (definitions for a file of crates 0.6 to 0.8, which holds none: as schema prints them, in the order in which the\n" +
      "tables were made, or JSON; info prints lines to fill in), --table NAME=#FINGERPRINT (which of its tables that one is). Of\n" +
      "one of 0.7 or 0.8 rows are changed then, but not tables and rights; one of 0.6 is only read; convert makes a later one of it\n" +
      "npx quire also: FILE alone, a shell for SQL at a terminal, and else a script from standard input (.help tells of its commands);\n" +
      "--runtime NAME (node, wasmtime, wazero, wasmedge, wasmer, deno or bun),\n" +
      "--out OUT (a file, whole or not at all, that export, scan, get, sql and dump write to, in the format of its ending),\n" +
      "files that end in .gz, .br or .zst, for import, load and --out,\n" +
      "--wait SECONDS (for a file that another program writes: 5 unless told), the command types (TypeScript for tables and views)\n" +
      "FILE may be :memory:, a store that begins empty and ends with the command: with serve, or to try an import or a load.\n" +
      "quire help COMMAND tells more about one.\n",
  );
}
