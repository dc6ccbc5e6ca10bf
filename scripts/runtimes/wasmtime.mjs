// Installs wasmtime: the official release, else from its source by cargo.
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";

/** To reach the release page, and to download from it. */
const CONNECT_TIMEOUT_MS = 10_000;
const DOWNLOAD_TIMEOUT_MS = 300_000;

/** What `wasmtime run` of a WASI module needs. Fewer features build faster. */
const CARGO_FEATURES = "run,cranelift,cache,compile,wat,parallel-compilation,component-model,pooling-allocator";

const CPUS = { x64: "x86_64", arm64: "aarch64" };
const SYSTEMS = { linux: "linux", darwin: "macos" };

export function howToGetIt(version) {
  return `Get wasmtime ${version} or newer from https://wasmtime.dev, or with cargo install wasmtime-cli.`;
}

/** Puts a finished program in its place in one step, so that nobody finds half of it. */
function place(from, program) {
  mkdirSync(dirname(program), { recursive: true });
  const beside = `${program}.new-${process.pid}`;
  copyFileSync(from, beside);
  renameSync(beside, program);
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(0)} s`;
}

/** Whether the program starts here: a release built for another C library would not. */
function version(program) {
  return execFileSync(program, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}

async function fetchRelease(wanted, program) {
  const cpu = CPUS[process.arch];
  const system = SYSTEMS[process.platform];
  if (cpu === undefined || system === undefined) throw new Error(`there is none for ${process.platform} on ${process.arch}`);
  const name = `wasmtime-v${wanted}-${cpu}-${system}`;
  const address = `https://github.com/bytecodealliance/wasmtime/releases/download/v${wanted}/${name}.tar.xz`;
  const controller = new AbortController();
  let timer = setTimeout(() => controller.abort(new Error("no answer in 10 s")), CONNECT_TIMEOUT_MS);
  const folder = mkdtempSync(join(tmpdir(), "quire-wasmtime-"));
  try {
    const response = await fetch(address, { signal: controller.signal });
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(new Error("the download took over 300 s")), DOWNLOAD_TIMEOUT_MS);
    const archive = join(folder, "release.tar.xz");
    writeFileSync(archive, Buffer.from(await response.arrayBuffer()));
    execFileSync("tar", ["-xJf", archive, "-C", folder], { stdio: "ignore" });
    const found = join(folder, name, "wasmtime");
    version(found);
    place(found, program);
  } finally {
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs cargo; its output is kept back, and its last lines are the reason when it fails. */
function cargo(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn("cargo", args, { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "pipe"] });
    let tail = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (tail = (tail + text).slice(-4000)));
    const stop = () => child.kill();
    process.on("exit", stop);
    child.on("error", (error) => reject(new Error(error.code === "ENOENT" ? "there is no cargo here" : error.message)));
    child.on("close", (status) => {
      process.off("exit", stop);
      const lines = tail.split("\n").filter((line) => /^\s*(error|Caused by|failed)/i.test(line));
      if (status === 0) resolve();
      else reject(new Error(lines.slice(0, 2).join("; ").trim() || `cargo ended with status ${status}`));
    });
  });
}

async function buildWithCargo(wanted, folder, program) {
  const target = `${folder}.build`;
  const staging = `${folder}.staging`;
  try {
    const options = ["--locked", "--no-default-features", "--features", CARGO_FEATURES, "--root", staging];
    const env = { CARGO_PROFILE_RELEASE_DEBUG: "0", CARGO_TARGET_DIR: target };
    await cargo(["install", "wasmtime-cli", "--version", wanted, ...options], env);
    place(join(staging, "bin", "wasmtime"), program);
  } finally {
    for (const path of [target, staging]) rmSync(path, { recursive: true, force: true });
  }
}

/** Tries each way until the program is there. */
export async function install({ version: wanted, folder, program, isProgram, say }) {
  const ways = [
    ["the official release", () => fetchRelease(wanted, program)],
    ["cargo install (about 6 minutes)", () => buildWithCargo(wanted, folder, program)],
  ];
  for (const [name, attempt] of ways) {
    const started = Date.now();
    if (process.stderr.isTTY) process.stderr.write(`trying ${name} …\r`);
    try {
      await attempt();
      if (isProgram(program)) return say(`${name}: done in ${seconds(started)}: ${version(program)}`);
    } catch (error) {
      const reason = (error.cause?.message ?? error.message).replaceAll("\n", " ");
      say(`${name}: did not work (${reason}) after ${seconds(started)}`);
    }
  }
  return undefined;
}
