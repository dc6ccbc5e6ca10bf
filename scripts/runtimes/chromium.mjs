// Gets a Chromium for the tests in a browser: its shell without a window, as the package @sparticuz/chromium brings it for Linux on x64.
import { execFileSync } from "node:child_process";
import { createReadStream, createWriteStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { runTool, versionOf } from "./program.mjs";

/** Gets that version of the program into `folder`, with fonts beside it, unless it is there; says what came of it with `say`. That it could not be had is no failure. */
export async function install(folder, say, version) {
  const program = join(folder, "chromium");
  if (existsSync(program)) return say(`already here: ${program}`);
  const temporary = mkdtempSync(join(tmpdir(), "quire-chromium-"));
  const beside = `${folder}.new-${process.pid}`;
  try {
    if (process.platform !== "linux" || process.arch !== "x64") throw new Error("the package has none for this machine");
    const words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--prefix", temporary];
    await runTool("npm", [...words, `@sparticuz/chromium@${version}`], { cwd: temporary });
    const packed = join(temporary, "node_modules", "@sparticuz", "chromium", "bin");
    const unpack = (name, to) =>
      pipeline(createReadStream(join(packed, name)), createBrotliDecompress(), createWriteStream(join(beside, to)));
    mkdirSync(beside, { recursive: true });
    await unpack("chromium.br", "chromium");
    chmodSync(join(beside, "chromium"), 0o755);
    await unpack("fonts.tar.br", "fonts.tar");
    execFileSync("tar", ["-xf", "fonts.tar"], { cwd: beside });
    rmSync(join(beside, "fonts.tar"));
    const found = versionOf(join(beside, "chromium"));
    mkdirSync(dirname(folder), { recursive: true });
    renameSync(beside, folder);
    say(`installed: ${program} (${found})`);
  } catch (error) {
    const reason = String(error.message).trim().split("\n").at(-1);
    say(
      `NOT INSTALLED: ${reason}. The tests in a browser need a Chromium: put it on PATH, or set QUIRE_CHROMIUM to the program.`,
    );
  } finally {
    rmSync(beside, { recursive: true, force: true });
    rmSync(temporary, { recursive: true, force: true });
  }
}
