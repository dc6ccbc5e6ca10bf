// Builds a runtime from its Go module.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { place, runTool } from "./program.mjs";

export const title = () => "go install";

export async function install(source, { name, version, folder, program }) {
  const staging = `${folder}.staging`;
  try {
    await runTool("go", ["install", `${source.package}@v${version}`], { env: { GOBIN: staging, GOFLAGS: "" } });
    place(join(staging, name), program);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
