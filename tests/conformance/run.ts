/** Runs a scenario under a runtime and writes down what can be seen of it: the outcome. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { modulePath } from "../../host/paths.js";
import { requireRuntime } from "../../host/node/run-command.js";
import { Folder, rowsText } from "./lay-out.js";
import type { Scenario, Step } from "./scenario.js";

/** Aspects by name (`step 1 stdout`, `file store.db`) and what they were. */
export type Outcome = ReadonlyMap<string, string>;

/** A run that takes longer hangs. Milliseconds. */
const TIMEOUT_MS = 120_000;

/** The step's program, inside of the shell where its streams or limits are not what Node can give. */
function commandOf(step: Step, program: string, words: readonly string[]): [string, string[]] {
  let script = 'exec "$@"';
  if (step.fileKiB !== undefined) script = `trap "" XFSZ; ulimit -f ${step.fileKiB}; ${script}`;
  if (typeof step.stdin === "object" && "closed" in step.stdin) script += " <&-";
  if (step.output === "full") script += " >/dev/full";
  if (step.output === "gone") script = '"$@" | :; exit ${PIPESTATUS[0]}';
  return script === 'exec "$@"' ? [program, [...words]] : ["bash", ["-c", script, "bash", program, ...words]];
}

function inputOf({ stdin = "" }: Step, before: Outcome): string {
  if (typeof stdin === "string") return stdin;
  if ("stdoutOf" in stdin) return before.get(`step ${stdin.stdoutOf} stdout`) ?? "";
  return "rows" in stdin ? rowsText(stdin.rows) : "";
}

/** Runs one step; the outcome's aspects without their `step N`. */
async function runStep(runtime: string, folder: string, step: Step, input: string): Promise<[string, string][]> {
  const { adapter, program } = requireRuntime(runtime);
  const preopens = [{ guest: "data", host: folder }];
  const words = adapter.argv({ module: modulePath(), preopens, args: step.args, env: {} });
  const child = spawn(...commandOf(step, program, words), { stdio: ["pipe", "pipe", "pipe"] });
  const said: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => said[0].push(chunk));
  child.stderr.on("data", (chunk: Buffer) => said[1].push(chunk));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, TIMEOUT_MS);
  const status = await new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (late) resolve("time limit");
      else resolve(String(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  });
  clearTimeout(timer);
  return [
    ["status", status],
    ["stdout", Buffer.concat(said[0]).toString("utf8")],
    ["stderr", Buffer.concat(said[1]).toString("utf8")],
  ];
}

/** Runs the scenario in a fresh folder; null when this machine can't lay it out. */
export async function runScenario(scenario: Scenario, runtime: string): Promise<Outcome | null> {
  const folder = Folder.make(scenario);
  if (folder === null) return null;
  try {
    const outcome = new Map<string, string>();
    for (const [at, step] of scenario.steps.entries()) {
      const aspects = await runStep(runtime, folder.inside, step, inputOf(step, outcome));
      for (const [name, value] of aspects) outcome.set(`step ${at + 1} ${name}`, value);
    }
    const files = folder.files();
    for (const name of Object.keys(scenario.after ?? {})) outcome.set(`file ${name}`, "missing");
    for (const [name, value] of files) outcome.set(`file ${name}`, value);
    for (const name of scenario.ignore ?? []) outcome.delete(`file ${name}`);
    return outcome;
  } finally {
    folder.remove();
  }
}
