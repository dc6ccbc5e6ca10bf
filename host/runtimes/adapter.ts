/**
 * What the host has to know about a WASI runtime: how to find it, how to say "run this module so", and where to get it. One file
 * each in this folder.
 */

import { QuireError } from "../api/errors.js";
import type { RuntimeName } from "../api/runtime-names.js";

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

/** A host folder and the path under which the module sees it: without a slash at its start; empty for the root. */
export interface Preopen {
  readonly guest: string;
  readonly host: string;
}

/** A way to get a runtime's program, for `npm run runtimes`, which does each kind in a file of `scripts/runtimes/`. */
export type Source =
  | ReleaseSource
  /** `cargo install CRATE --version VERSION --locked OPTIONS…`, given up after so many minutes. */
  | {
      readonly kind: "cargo";
      readonly crate: string;
      readonly options?: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      readonly giveUpMinutes: number;
    }
  /** `go install PACKAGE@vVERSION`. */
  | { readonly kind: "go"; readonly package: string }
  /** The npm package of the version, whose program for this machine is in one of its optional dependencies: a file called `program`. */
  | { readonly kind: "npm"; readonly package: string; readonly program: string }
  /** A package of another suite of Debian, unpacked apart with all that it needs, the C library too, and run by its own loader. */
  | { readonly kind: "debian"; readonly suite: string; readonly package: string; readonly program: string };

/** A tar archive at `url`, in which `program` is. `{version}` and `{target}` are replaced in both. */
export interface ReleaseSource {
  readonly kind: "release";
  readonly url: string;
  readonly program: string;
  /** What the project calls a machine, by Node's names for system and processor: `linux-x64`. None for others. */
  readonly targets: Readonly<Record<string, string>>;
}

export interface RuntimeAdapter {
  /** As in `--runtime NAME`. */
  readonly name: RuntimeName;
  /** The version that the project is tested with, and that `npm run runtimes` installs. */
  readonly version: string;
  /** Where a person finds it. */
  readonly homepage: string;
  /** The ways to get it, tried in turn. None: it is always here. */
  readonly sources: readonly Source[];
  /** About how long the slowest of them takes, in seconds; the quick ones are got first. */
  readonly installSeconds: number;
  /** Got by `npm run runtimes` only when it is named: it costs more than what its tests would tell besides. */
  readonly onlyWhenNamed?: boolean;
  /** The status with which a trap of the module ends it; 128 and the signal's number for a signal, as a shell shows it. */
  readonly trapStatus: number;
  /** What standard error then has in it, for a runtime whose `trapStatus` is one that the module uses itself. */
  readonly trapText?: RegExp;
  /** The path of the program, or null where there is none: see `findProgram`. */
  find(): string | null;
  /** The words after the program's name for this run. */
  argv(invocation: Invocation): string[];
}

/** Refuses a folder that a runtime's command line can't name, because it takes `separator` for what ends the name. */
export function refuseNames(runtime: string, preopens: readonly Preopen[], separator: string): void {
  const one = preopens.find(({ host }) => host.includes(separator));
  if (one === undefined) return;
  throw new QuireError("RUNTIME_FAILED", `${runtime} can't be told of a folder with "${separator}" in its name: ${one.host}`);
}
