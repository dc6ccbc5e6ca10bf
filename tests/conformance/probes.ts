/** The probe module: what each runtime's WASI answers, what it has to answer, and the table of it in docs/conformance.md. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packageRoot } from "../../host/paths.js";
import { requireRuntime, runCommand } from "../../host/node/run-command.js";
import type { Difference, Verdict } from "./judge.js";
import { loadScenarios } from "./scenario.js";

/** Answers by probe. */
export type Answers = ReadonlyMap<string, string>;

/** What a probe has to answer, and the runtimes that answer otherwise, each with what it answers. */
interface Expectation {
  readonly expect: string;
  /** Why it matters, or why it does not. */
  readonly note?: string;
  readonly known?: Readonly<Record<string, string>>;
}

const EXPECTATIONS = join(packageRoot, "tests", "conformance", "probes.json");
export const DOCUMENT = join(packageRoot, "docs", "conformance.md");

function expectations(): [string, Expectation][] {
  return Object.entries(JSON.parse(readFileSync(EXPECTATIONS, "utf8")) as Record<string, Expectation>);
}

/** The path of the compiled module. */
function probeModule(): string {
  const source = join(packageRoot, "tests", "fixtures", "conformance.ts");
  const output = join(packageRoot, "build", "tests", "fixtures", "conformance.wasm");
  const built = statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built <= statSync(source).mtimeMs) {
    mkdirSync(dirname(output), { recursive: true });
    const asc = join(packageRoot, "node_modules", "assemblyscript", "bin", "asc.js");
    const flags = ["--config", "none", "--runtime", "stub", "--exportStart", "_start", "--use", "abort=", "-O", "-o", output];
    execFileSync(process.execPath, [asc, source, ...flags], { cwd: packageRoot, stdio: ["ignore", "inherit", "inherit"] });
  }
  return output;
}

/** Runs the probes under `runtime`. */
export async function probe(runtime: string): Promise<Answers> {
  const folder = mkdtempSync(join(tmpdir(), "quire-probe-"));
  try {
    const { stdout, stderr, status } = await runCommand(runtime, folder, [], { module: probeModule(), timeoutMs: 60_000 });
    const answers = new Map<string, string>();
    for (const line of stdout.split("\n")) {
      const at = line.indexOf(": ");
      if (at >= 0) answers.set(line.slice(0, at), line.slice(at + 2));
    }
    if (status !== 0) answers.set("end of the module", `${status} ${stderr.trim()}`);
    return answers;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An answer that differs from both what is expected and what is known is a failure, and so is a known one that is no longer given. */
export function judgeProbes(runtime: string, answers: Answers): Verdict {
  const failures: Difference[] = [];
  const known: Difference[] = [];
  const names = new Set([...expectations().map(([name]) => name), ...answers.keys()]);
  const all = new Map(expectations());
  for (const name of names) {
    const expectation = all.get(name);
    const got = answers.get(name) ?? "no answer";
    const expected = expectation?.known?.[runtime] ?? expectation?.expect ?? "no such probe";
    if (got !== expected) failures.push({ aspect: name, expected, got });
    else if (expectation?.expect !== got) known.push({ aspect: name, expected: expectation?.expect ?? "", got });
  }
  if (failures.length > 0) return { result: "fail", differences: failures };
  return { result: known.length > 0 ? "known" : "pass", differences: known };
}

/** What the runtime says of its version, without its name. */
export function versionOf(runtime: string): string {
  const { adapter, program } = requireRuntime(runtime);
  for (const word of ["--version", "version"]) {
    try {
      const said = execFileSync(program, [word], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      const found = /\d+\.\d+\.\d+/.exec(said);
      if (found !== null) return found[0];
    } catch {
      // The other word, then.
    }
  }
  return adapter.version;
}

/** Where the component's part of the document begins. */
const COMPONENT_HEAD = "## The component\n";

/** The columns of the table in the document that there is: the runtimes with their versions, and their cells by probe. */
export function readTable(text: string): Map<string, Map<string, string>> {
  return columnsOf(text.split(COMPONENT_HEAD)[0] ?? "", 2);
}

/** The columns of the table in `text` behind the first `heads`, with their cells by those of the first. */
function columnsOf(text: string, heads: number): Map<string, Map<string, string>> {
  const rows = text
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.slice(2, -2).split(" | "));
  const head = rows[0] ?? [];
  const columns = new Map<string, Map<string, string>>();
  for (let at = heads; at < head.length; at++) {
    const cells = rows.slice(1).filter((row) => row.length === head.length);
    columns.set(head[at] ?? "", new Map(cells.map((row) => [row[0] ?? "", row[at] ?? ""])));
  }
  return columns;
}

/** A runtime's column: a tick where the answer is the expected one. */
function columnOf(answers: Answers): Map<string, string> {
  return new Map(
    expectations().map(([name, { expect }]) => {
      const got = answers.get(name) ?? "no answer";
      return [name, got === expect ? "✓" : got];
    }),
  );
}

/** The probes whose cells in the document are not what `runtime` answers; none when the document is about another version. */
export function staleCells(runtime: string, answers: Answers): string[] {
  if (!existsSync(DOCUMENT)) return ["docs/conformance.md is missing"];
  const column = readTable(readFileSync(DOCUMENT, "utf8")).get(`${runtime} ${versionOf(runtime)}`);
  if (column === undefined) return [];
  return [...columnOf(answers)].filter(([name, cell]) => column.get(name) !== cell).map(([name]) => name);
}

function listOfKnown(): string {
  const lines = new Map<string, string[]>();
  for (const { name, known = {} } of loadScenarios()) {
    for (const [runtime, { reason }] of Object.entries(known)) {
      const key = `${runtime}: ${reason}`;
      lines.set(key, [...(lines.get(key) ?? []), name]);
    }
  }
  return [...lines]
    .sort()
    .map(([key, names]) => `- ${key} (\`${names.join("`, `")}\`)`)
    .join("\n");
}

/** The component's part of the document, in the same way; `found` has its hosts with their versions. */
export function componentText(found: ReadonlyMap<string, Answers>, old: string): string {
  const columns = columnsOf(old.split(COMPONENT_HEAD)[1] ?? "", 1);
  for (const [host, answers] of found) {
    const name = host.replace(/ \S+$/, " ");
    for (const other of columns.keys()) if (other.startsWith(name)) columns.delete(other);
    columns.set(host, new Map(answers));
  }
  const names = [...columns.keys()].sort();
  const tasks = [...new Set([...columns.values()].flatMap((column) => [...column.keys()]))];
  const rows = tasks.map(
    (task) => `| ${[task, ...names.map((name) => columns.get(name)?.get(task) ?? "not asked")].join(" | ")} |`,
  );
  return `${COMPONENT_HEAD}
\`quire-component.wasm\` on its hosts, by \`tests/conformance/component.ts\`: ✓ where it answers what the core library answers, and leaves the same bytes.

| ${["task", ...names].join(" | ")} |
|${"---|".repeat(names.length + 1)}
${rows.join("\n")}
`;
}

/** The document but for the component: the columns of the runtimes that are here, and those that it had of others. */
export function documentText(found: ReadonlyMap<string, Answers>, old: string): string {
  const columns = readTable(old);
  for (const [runtime, answers] of found) {
    for (const name of columns.keys()) if (name.startsWith(`${runtime} `)) columns.delete(name);
    columns.set(`${runtime} ${versionOf(runtime)}`, columnOf(answers));
  }
  const names = [...columns.keys()].sort();
  const rows = expectations().map(([name, { expect }]) => {
    return `| ${[name, expect, ...names.map((column) => columns.get(column)?.get(name) ?? "not asked")].join(" | ")} |`;
  });
  const notes = expectations()
    .filter(([, { note }]) => note !== undefined)
    .map(([name, { note }]) => `- ${name}: ${note ?? ""}`);
  return `# Conformance

Written by \`npm run conformance -- --write\`; don't edit it by hand. What is expected, and why, is in \`tests/conformance/\`.

## What WASI does in each runtime

The answers of \`tests/fixtures/conformance.ts\`. A number is WASI's errno, 0 is success, a dot in what was read is a zero byte, ✓ is the expected answer.
A column is about the version in its head; an answer that changes is a failure of the run.

| ${["probe", "expected", ...names].join(" | ")} |
|${"---|".repeat(names.length + 2)}
${rows.join("\n")}

${notes.join("\n")}

## Known differences of the module's runs

What a runtime does otherwise in the scenarios, and why Quire leaves it so. Each is a failure of the run when it no longer occurs.

${listOfKnown()}
`;
}
