// What all ways of installing a program share: trying it out, putting it in its place, running the tools that make it.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";

/** The version that `program` says it has. Throws when it does not start: a release built for another C library would not. */
export function versionOf(program) {
  // wazero has no --version.
  for (const words of [["--version"], ["version"]]) {
    try {
      const said = execFileSync(program, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
      return /\d+\.\d+\.\d+\S*/.exec(said)?.[0] ?? said.trim();
    } catch (error) {
      if (words[0] === "version")
        throw new Error(`it does not start: ${lastLine(error.stderr) || error.message}`, { cause: error });
    }
  }
  return "";
}

/** Puts a copy of the finished program `from` in its place in one step, so that nobody finds half of it. */
export function place(from, program) {
  mkdirSync(dirname(program), { recursive: true });
  const beside = `${program}.new-${process.pid}`;
  copyFileSync(from, beside);
  chmodSync(beside, 0o755);
  renameSync(beside, program);
}

/** The same for a shell script. */
export function placeScript(text, program) {
  mkdirSync(dirname(program), { recursive: true });
  const beside = `${program}.new-${process.pid}`;
  writeFileSync(beside, text, { mode: 0o755 });
  renameSync(beside, program);
}

export function lastLine(text) {
  return (
    String(text ?? "")
      .trim()
      .split("\n")
      .at(-1) ?? ""
  );
}

/** Runs a tool whose output is kept back: its last lines with an error in them are the reason when it fails. */
export function runTool(tool, args, { env = {}, cwd, minutes = 10 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, { env: { ...process.env, ...env }, cwd, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let tail = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (tail = (tail + text).slice(-8000)));
    }
    // A group of its own: what the tool has started (compilers) ends with it.
    const stop = () => {
      try {
        process.kill(-child.pid);
      } catch {
        // It is gone already.
      }
    };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      stop();
    }, minutes * 60_000);
    process.on("exit", stop);
    const done = () => {
      clearTimeout(timer);
      process.off("exit", stop);
    };
    child.on("error", (error) => {
      done();
      reject(new Error(error.code === "ENOENT" ? `there is no ${tool} here` : error.message));
    });
    child.on("close", (status) => {
      done();
      if (status === 0) return resolve();
      const lines = tail.split("\n").filter((line) => /^\s*(e(rror)?:|error|npm (error|ERR!)|caused by|failed|go: )/i.test(line));
      const said = lines.slice(0, 2).join("; ").trim() || lastLine(tail);
      const reason = late ? `given up after ${minutes} minutes` : `${tool} ended with status ${status}: ${said}`;
      return reject(Object.assign(new Error(reason), { late }));
    });
  });
}
