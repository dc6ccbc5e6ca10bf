/** What the host has to know about a WASI runtime: how to find it, and how to say "run this module so". One file each in this folder. */

/** One run of the module. */
export interface Invocation {
  /** Host path of the module. */
  readonly module: string;
  /** Folders that the module may reach. */
  readonly preopens: readonly Preopen[];
  /** The words after the module's name, as the module shall see them. */
  readonly args: readonly string[];
  /** The module's whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** A host folder and the name under which the module sees it: a single path component, without slashes. */
export interface Preopen {
  readonly guest: string;
  readonly host: string;
}

export interface RuntimeAdapter {
  /** As in `--runtime NAME`. */
  readonly name: string;
  /** The version that the project is tested with, and that `npm run runtimes` installs. */
  readonly version: string;
  /** The path of the program, or null where there is none: see `findProgram`. */
  find(): string | null;
  /** The words after the program's name for this run. */
  argv(invocation: Invocation): string[];
}
