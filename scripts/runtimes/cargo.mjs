// Builds a runtime from its crate. What was built on the way is thrown away.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { place, runTool } from "./program.mjs";

export const title = () => "cargo install";

export async function install({ crate, options = [], env = {}, giveUpMinutes }, { name, version, folder, program }) {
  const target = `${folder}.build`;
  const staging = `${folder}.staging`;
  try {
    const words = ["install", crate, "--version", version, "--locked", ...options, "--root", staging];
    const settings = { CARGO_PROFILE_RELEASE_DEBUG: "0", CARGO_TARGET_DIR: target, ...env };
    await runTool("cargo", words, { env: settings, minutes: giveUpMinutes });
    place(join(staging, "bin", name), program);
  } finally {
    for (const path of [target, staging]) rmSync(path, { recursive: true, force: true });
  }
}
