/** `quire FILE studio`: the page of build/web/ for one file of this machine. */
import { spawn } from "node:child_process";
import { basename, join, resolve } from "node:path";
import { EXIT_USAGE, QuireError } from "../../api/errors.js";
import { type OpenOptions, checkOptions } from "../../api/options.js";
import { openEngine } from "../../node/open.js";
import { WorkerEngine } from "../../node/worker-engine.js";
import { takeOption, takeRuntime, takeWait } from "../command-line.js";
import { ENDING_SIGNALS } from "../interruption.js";
import { packageRoot } from "../../paths.js";
import { type Studio, StudioServer } from "./server.js";

const USAGE = `quire FILE studio [--write] [--port N] [--schema SCHEMA] [--wait SECONDS] [--runtime NAME]
  Shows FILE in a page of your browser, until Ctrl-C

The page is served to this machine only, at an address that nobody can guess; it reads FILE and nothing else.
--write: rows can be changed, and SQL may change all. --port: a free one unless told.
`;

function wrong(what: string): QuireError {
  return new QuireError("USAGE", `${what}; quire FILE studio --help tells more`, EXIT_USAGE);
}

/** Runs a command that reads, in a process of its own. */
function runReading(words: readonly string[]): ReturnType<Studio["command"]> {
  const given = [join(packageRoot, "build", "host", "cli.js"), ...words];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, given, { stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
    child.stderr.setEncoding("utf8").on("data", (part: string) => (stderr += part));
    child.on("error", reject).on("close", (status) => resolve({ status: status ?? 1, stdout, stderr }));
  });
}

/** Whether a request is one about another file, which is none of the page's business. */
function namesFile(text: string): boolean {
  try {
    return (JSON.parse(text) as { op?: unknown } | null)?.op === "backup";
  } catch {
    // The module tells what is wrong with it.
    return false;
  }
}

/** Serves the page until a signal ends it: the signal, or 0 when only help was asked for. */
export async function runStudio(words: readonly string[]): Promise<number | NodeJS.Signals> {
  const { waitSeconds, rest: withoutWait } = takeWait(words);
  const { runtime, rest: withoutRuntime } = takeRuntime(withoutWait);
  const { value: portText = "0", rest: withoutPort } = takeOption("port", withoutRuntime);
  const { value: schema, rest: withoutSchema } = takeOption("schema", withoutPort);
  const writes = withoutSchema.includes("--write");
  const rest = withoutSchema.filter((word) => word !== "--write");
  if (rest.includes("--help") || rest[0] === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  const port = Number(portText);
  if (!/^\d+$/.test(portText) || port > 65535) throw wrong(`--port is a number up to 65535, not "${portText}"`);
  const [path, , ...others] = rest;
  if (path === undefined || others.length > 0) throw wrong(`studio takes no "${String(others[0])}"`);
  const options: OpenOptions = checkOptions("studio", {
    runtime,
    readonly: !writes,
    mustExist: true,
    wait: waitSeconds,
    schema,
  });
  const engine = await openEngine(path, options, (place, given, lock) => WorkerEngine.open(place, given, lock));
  const studio = {
    name: basename(path),
    path: resolve(path),
    request: (text: string): Promise<string> => {
      if (namesFile(text)) return Promise.reject(new QuireError("UNSUPPORTED", "backup: a page names no files"));
      return engine.request(text);
    },
    command: (words: readonly string[]): ReturnType<Studio["command"]> =>
      runReading([path, ...words, ...(schema === undefined ? [] : ["--schema", schema])]),
    stop: (): void => {
      if (engine instanceof WorkerEngine) engine.stop();
    },
  };
  const ended = new Promise<NodeJS.Signals>((signalled) => {
    for (const signal of ENDING_SIGNALS) process.once(signal, () => signalled(signal));
  });
  try {
    const server = await StudioServer.listen(studio, port);
    console.log(
      `${path} ${writes ? "can be changed" : "is shown, and only read (--write to change it)"} at\n\n  ${server.address}\n\nCtrl-C ends it.`,
    );
    const signal = await ended;
    await server.close();
    return signal;
  } finally {
    await engine.close();
  }
}
