// One install at a time: a lock folder that holds the id of the process that made it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

const POLL_MS = 2000;
/** A lock whose holder cannot be told (it died between its two steps) is stale after so many polls. */
const NAMELESS_POLLS = 5;

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Runs `body` while holding the lock `path`; waits for a living holder, and takes the lock of a dead one away. */
export async function withLock(path, say, body) {
  mkdirSync(dirname(path), { recursive: true });
  const pidFile = join(path, "pid");
  let waiting = false;
  let nameless = 0;
  for (;;) {
    try {
      mkdirSync(path);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    let pid = NaN;
    try {
      pid = Number(readFileSync(pidFile, "utf8"));
    } catch {
      nameless++;
    }
    if ((pid > 0 && !isAlive(pid)) || nameless > NAMELESS_POLLS) {
      say(`the install that held ${path} is dead; its lock is taken away`);
      rmSync(path, { recursive: true, force: true });
      nameless = 0;
      continue;
    }
    if (!waiting) say(`another process is installing it; waiting for that (lock: ${path})`);
    waiting = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const release = () => rmSync(path, { recursive: true, force: true });
  const interrupted = () => process.exit(130);
  process.on("exit", release);
  process.on("SIGINT", interrupted);
  process.on("SIGTERM", interrupted);
  try {
    writeFileSync(pidFile, String(process.pid));
    await body();
  } finally {
    release();
    process.off("exit", release);
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", interrupted);
  }
}
