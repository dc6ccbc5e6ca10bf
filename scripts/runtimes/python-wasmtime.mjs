// Installs wasmtime for Python, for the test of examples/python-host: into an environment of its own in this user's cache.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

export const VERSION = "50.0.1";

/** An attempt that takes longer has failed. */
const TIMEOUT_MS = 180_000;

/** Gets the environment into `folder`, unless it is there; says what came of it with `say`. That it could not be had is no failure. */
export function install(folder, say) {
  const python = join(folder, "bin", "python");
  if (existsSync(python)) return say(`already here: ${python}`);
  // Made beside its place, so that nobody finds half of it. Its programs but python itself would name the old place; nobody calls them.
  const run = (program, args) => execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"], timeout: TIMEOUT_MS });
  try {
    mkdirSync(dirname(folder), { recursive: true });
    const beside = `${folder}.new-${process.pid}`;
    run("python3", ["-m", "venv", beside]);
    run(join(beside, "bin", "python"), ["-m", "pip", "install", "--quiet", "--only-binary", ":all:", `wasmtime==${VERSION}`]);
    run(join(beside, "bin", "python"), ["-c", "import wasmtime"]);
    renameSync(beside, folder);
    say(`installed: ${python}`);
  } catch (error) {
    rmSync(`${folder}.new-${process.pid}`, { recursive: true, force: true });
    const reason = String(error.stderr ?? error.message)
      .trim()
      .split("\n")
      .at(-1);
    say(`NOT INSTALLED: ${reason}. The test of examples/python-host needs Python 3 with pip install wasmtime==${VERSION}.`);
  }
}
