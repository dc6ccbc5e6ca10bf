/** The probe module, which shows what a host gives it: compiled from tests/fixtures/probe.ts when a test first needs it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageRoot } from "../../host/paths.js";

/** The path of the compiled probe. */
export function probeModule(): string {
  const source = join(packageRoot, "tests", "fixtures", "probe.ts");
  const output = join(packageRoot, "build", "tests", "fixtures", "probe.wasm");
  const built = statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built <= statSync(source).mtimeMs) {
    mkdirSync(dirname(output), { recursive: true });
    const asc = join(packageRoot, "node_modules", "assemblyscript", "bin", "asc.js");
    const flags = ["--config", "none", "--runtime", "stub", "--exportStart", "_start", "--use", "abort=", "-O", "-o", output];
    execFileSync(process.execPath, [asc, source, ...flags], { cwd: packageRoot, stdio: ["ignore", "inherit", "inherit"] });
  }
  return output;
}
