// Builds build/web/, the page that shows a page file (web/): one folder that any server serves.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./lib.mjs";
import { makeSample } from "./sample.mjs";

/** Builds it: null, or what is missing. */
export async function buildWeb() {
  const esbuild = await import("esbuild").catch(() => null);
  if (esbuild === null) return "esbuild (npm ci installs it)";
  const to = join(root, "build", "web");
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  await esbuild.build({
    absWorkingDir: root,
    // The worker stands beside the page: host/web/open.ts looks for it there.
    entryPoints: { main: "web/src/main.ts", "worker-main": "build/host/web/worker-main.js" },
    outdir: to,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    sourcemap: false,
    legalComments: "linked",
    logLevel: "warning",
  });
  for (const name of ["index.html", "style.css"]) copyFileSync(join(root, "web", name), join(to, name));
  for (const name of ["quire-lib.wasm", "quire.wasm"]) copyFileSync(join(root, "build", name), join(to, name));
  await makeSample(join(to, "sample.db"));
  return null;
}
