/** The package as others get it: packed, and installed into an empty project. */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../host/paths.js";

const run = promisify(execFile);

export interface PackedProject {
  /** The project's folder. */
  readonly project: string;
  /** The environment that it was installed in. */
  readonly env: NodeJS.ProcessEnv;
  /** The files of the package. */
  readonly paths: readonly string[];
}

/** Packs the package and installs it into a project in `folder`, which has nothing else. */
export async function installPacked(folder: string): Promise<PackedProject> {
  const project = join(folder, "project");
  mkdirSync(project);
  const env = { ...process.env, npm_config_cache: join(folder, "cache"), npm_config_update_notifier: "false" };
  // Without its scripts, for the build is what is being tested, and not to be made anew.
  const packed = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: packageRoot,
    env,
  });
  const [{ files }] = JSON.parse(packed.stdout) as [{ files: { path: string }[] }];
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) as string;
  writeFileSync(join(project, "package.json"), '{ "name": "project", "private": true, "type": "module" }');
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", join(folder, tarball)], { cwd: project, env });
  return { project, env, paths: files.map(({ path }) => path) };
}
