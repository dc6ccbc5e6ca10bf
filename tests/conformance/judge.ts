/** Judges outcomes: against what the scenario expects, and where it expects nothing, against another runtime's. */
import { expectedFile } from "./lay-out.js";
import type { Outcome } from "./run.js";
import type { Scenario } from "./scenario.js";

/** One aspect that is not as it has to be. */
export interface Difference {
  readonly aspect: string;
  readonly expected: string;
  readonly got: string;
}

export interface Verdict {
  readonly result: "pass" | "known" | "fail";
  readonly differences: readonly Difference[];
}

/** What an aspect has to be: exactly `text`, or something that matches `pattern`. */
interface Expected {
  readonly text?: string | undefined;
  readonly pattern?: string | undefined;
}

/** What the scenario itself says. */
function expectations(scenario: Scenario): Map<string, Expected> {
  const all = new Map<string, Expected>();
  for (const [at, step] of scenario.steps.entries()) {
    const name = `step ${at + 1}`;
    all.set(`${name} status`, { text: String(step.status ?? 0) });
    if (step.stdout !== undefined || step.stdoutMatch !== undefined) {
      all.set(`${name} stdout`, { text: step.stdout, pattern: step.stdoutMatch });
    }
    if (step.stderr !== undefined || step.stderrMatch !== undefined) {
      all.set(`${name} stderr`, { text: step.stderr, pattern: step.stderrMatch });
    }
  }
  for (const [name, spec] of Object.entries(scenario.after ?? {})) all.set(`file ${name}`, { text: expectedFile(spec) });
  return all;
}

function fits(expected: Expected, got: string): boolean {
  if (expected.text !== undefined) return got === expected.text;
  return new RegExp(expected.pattern ?? "", "s").test(got);
}

/** The first runtime, in the order of `outcomes`, that is not known to differ in `aspect`. */
function yardstick(scenario: Scenario, aspect: string, outcomes: ReadonlyMap<string, Outcome>): string | undefined {
  return [...outcomes.keys()].find((runtime) => scenario.known?.[runtime]?.at.includes(aspect) !== true);
}

/** All aspects in which `runtime` differs from what is expected. `outcomes` has the yardsticks first. */
export function differencesOf(scenario: Scenario, runtime: string, outcomes: ReadonlyMap<string, Outcome>): Difference[] {
  const own = outcomes.get(runtime) ?? new Map<string, string>();
  const expected = expectations(scenario);
  const aspects = new Set([...own.keys(), ...expected.keys()]);
  for (const [other, outcome] of outcomes) if (other !== runtime) for (const aspect of outcome.keys()) aspects.add(aspect);
  const differences: Difference[] = [];
  for (const aspect of aspects) {
    const got = own.get(aspect) ?? "missing";
    const said = expected.get(aspect);
    if (said !== undefined) {
      if (!fits(said, got)) differences.push({ aspect, expected: said.text ?? `/${said.pattern ?? ""}/`, got });
      continue;
    }
    const stick = yardstick(scenario, aspect, outcomes);
    const other = stick === undefined ? undefined : (outcomes.get(stick)?.get(aspect) ?? "missing");
    if (other !== undefined && other !== got) differences.push({ aspect, expected: `as under ${stick}: ${other}`, got });
  }
  return differences;
}

/** Known differences are no failure, but their absence is. */
export function judge(scenario: Scenario, runtime: string, outcomes: ReadonlyMap<string, Outcome>): Verdict {
  const differences = differencesOf(scenario, runtime, outcomes);
  const known = scenario.known?.[runtime];
  if (known === undefined) return { result: differences.length === 0 ? "pass" : "fail", differences };
  const surprises = differences.filter(({ aspect }) => !known.at.includes(aspect));
  const gone = known.at.filter((aspect) => !differences.some((difference) => difference.aspect === aspect));
  const passes = gone.map((aspect) => ({ aspect, expected: `a known fault (${known.reason})`, got: "it is gone: remove it" }));
  const failures = [...surprises, ...passes];
  return failures.length > 0 ? { result: "fail", differences: failures } : { result: "known", differences };
}
