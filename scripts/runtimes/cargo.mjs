// Builds a runtime from its crate. What was built on the way is kept until the build is whole, so that one that was given up, interrupted or
// killed is no work lost: the next try goes on from there.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { place, runTool } from "./program.mjs";

export const title = () => "cargo install";

const remove = (path) => rmSync(path, { recursive: true, force: true });

/** Takes away what was built of other versions of the runtime, unless somebody is at it: nobody goes on with that. */
function removeOthers(target, name) {
  const cache = dirname(target);
  for (const entry of existsSync(cache) ? readdirSync(cache) : []) {
    const isBuild = entry.startsWith(`${name}-`) && entry.endsWith(".build");
    const lock = join(cache, entry.replace(/build$/, "lock"));
    if (isBuild && entry !== basename(target) && !existsSync(lock)) remove(join(cache, entry));
  }
}

export async function install({ crate, options = [], env = {}, giveUpMinutes }, { name, version, folder, program, minutes }) {
  const target = `${folder}.build`;
  const staging = `${folder}.staging`;
  removeOthers(target, name);
  try {
    const words = ["install", crate, "--version", version, "--locked", ...options, "--root", staging];
    const settings = { CARGO_PROFILE_RELEASE_DEBUG: "0", CARGO_TARGET_DIR: target, ...env };
    await runTool("cargo", words, { env: settings, minutes: minutes ?? giveUpMinutes });
    place(join(staging, "bin", name), program);
    remove(target);
  } catch (error) {
    if (existsSync(target)) {
      const longer = error.late ? ", and --minutes N gives it longer" : "";
      error.message += `; what was built is in ${target}: the next try goes on from there${longer}`;
    }
    throw error;
  } finally {
    remove(staging);
  }
}
