// Installs a runtime from the archive that its project releases.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { place, runTool, versionOf } from "./program.mjs";

/** To reach the release page, and to download from it. */
const CONNECT_TIMEOUT_MS = 10_000;
const DOWNLOAD_TIMEOUT_MS = 300_000;

export const title = () => "the official release";

export async function install(source, { version, program }) {
  const target = source.targets[`${process.platform}-${process.arch}`];
  if (target === undefined) throw new Error(`there is none for ${process.platform} on ${process.arch}`);
  const fill = (text) => text.replaceAll("{version}", version).replaceAll("{target}", target);
  const controller = new AbortController();
  let timer = setTimeout(() => controller.abort(new Error("no answer in 10 s")), CONNECT_TIMEOUT_MS);
  const folder = mkdtempSync(join(tmpdir(), "quire-release-"));
  try {
    const response = await fetch(fill(source.url), { signal: controller.signal });
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(new Error("the download took over 300 s")), DOWNLOAD_TIMEOUT_MS);
    const archive = join(folder, "release.tar");
    writeFileSync(archive, Buffer.from(await response.arrayBuffer()));
    await runTool("tar", ["-xf", archive, "-C", folder]);
    const found = join(folder, fill(source.program));
    versionOf(found);
    place(found, program);
  } finally {
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}
