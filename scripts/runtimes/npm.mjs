// Installs a runtime whose npm package brings a program for each kind of machine. No script of the package is run.
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { place, runTool, versionOf } from "./program.mjs";

/** A file of that name which is smaller is the script that chooses among the programs. */
const SMALLEST_PROGRAM_BYTES = 1_000_000;

export const title = () => "npm";

export async function install(source, { version, program }) {
  const folder = mkdtempSync(join(tmpdir(), "quire-npm-"));
  try {
    writeFileSync(join(folder, "package.json"), '{"private":true}\n');
    const words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", `${source.package}@${version}`];
    await runTool("npm", words, { cwd: folder });
    const modules = join(folder, "node_modules");
    const candidates = readdirSync(modules, { recursive: true })
      .filter((path) => basename(path) === source.program)
      .map((path) => join(modules, path))
      .filter((path) => statSync(path).isFile() && statSync(path).size >= SMALLEST_PROGRAM_BYTES);
    let reason = "its packages have no program for this machine";
    for (const path of candidates) {
      place(path, `${program}.try`);
      try {
        // There may be one for each C library and for older processors: the first that starts is it.
        versionOf(`${program}.try`);
        return place(`${program}.try`, program);
      } catch (error) {
        reason = error.message;
      } finally {
        rmSync(`${program}.try`, { force: true });
      }
    }
    throw new Error(reason);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
