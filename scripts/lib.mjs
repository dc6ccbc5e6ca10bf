// What the scripts share: the project's folder, running a command, saying things loudly.
import { spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const require = createRequire(import.meta.url);

/** A program that a package in `node_modules` brings, as a script for Node; null when the package is not installed. */
export function packageProgram(packageName, program = packageName) {
  let folder;
  try {
    // Not every package exports its package.json, so look for the folder rather than resolve it.
    folder = require.resolve
      .paths(packageName)
      .map((path) => join(path, packageName))
      .find((path) => statSync(join(path, "package.json"), { throwIfNoEntry: false }));
  } catch {
    folder = undefined;
  }
  if (folder === undefined) return null;
  const { bin } = require(join(folder, "package.json"));
  const file = typeof bin === "string" ? bin : bin?.[program];
  return file === undefined ? null : join(folder, file);
}

/** Runs Node on `args` with our own standard streams, in the project's folder. Resolves with the exit status (1 for a signal). */
export function runNode(args, options = {}) {
  return run(process.execPath, args, options);
}

/** Runs `command`, likewise. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/** All files below `folder` (absolute, or relative to the project's folder) whose name ends with `ending`, sorted. */
export function filesBelow(folder, ending) {
  const found = [];
  const walk = (relative) => {
    let entries;
    try {
      entries = readdirSync(resolve(root, relative), { withFileTypes: true });
    } catch {
      return;
    }
    for (const entry of entries) {
      const path = join(relative, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith(ending)) found.push(path);
    }
  };
  walk(folder);
  return found.sort();
}

/** When `path` was last changed, in milliseconds; 0 when there is no such file. */
export function changedAt(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
