/** Files that others have published, in this user's cache folder, by their hashes. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runtimesCache } from "../../host/paths.js";

const TIMEOUT_MS = 20_000;

/** The file with this SHA-256, or the line to skip with. */
export async function cachedFile(sha256: string, url: string): Promise<{ readonly path: string } | { readonly skip: string }> {
  const folder = join(dirname(runtimesCache()), "files");
  const path = join(folder, sha256);
  const isRight = (bytes: Uint8Array): boolean => createHash("sha256").update(bytes).digest("hex") === sha256;
  if (existsSync(path) && isRight(readFileSync(path))) return { path };
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const bytes = new Uint8Array(await reply.arrayBuffer());
    if (!isRight(bytes)) return { skip: `SKIPPED: ${url} is not what it was` };
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${path}.${process.pid}`, bytes);
    renameSync(`${path}.${process.pid}`, path);
    return { path };
  } catch (error) {
    return { skip: `SKIPPED: ${url} can't be had: ${(error as Error).message}` };
  }
}
