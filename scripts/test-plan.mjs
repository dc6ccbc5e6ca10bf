// What npm test -- --quick leaves out, and how long tests take: scripts/test-times.json has what the last npm test -- --record measured.
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { root } from "./lib.mjs";

const TIMES = join(root, "scripts", "test-times.json");

/** Files of the suite that a quick run leaves out: most of the time, for faults that others find as well or that few changes can make. */
export const LEFT_OUT = new Map([
  ["backup-live", "backups beside a writer"],
  ["copies", "copies of every golden file"],
  ["repair", "repair of every golden file, page by page"],
  ["component-cargo", "hosts and guests in Rust and C"],
  ["component-package", "the package's tests through the component"],
  ["component-writer", "the component with failing calls and killed"],
  ["conformance", "scenarios on every runtime"],
  ["counts", "counted calls and the modules' sizes"],
  ["damaged-registry", "registries that lost tables"],
  ["durability", "processes killed"],
  ["examples", "the examples"],
  ["harness-component", "builds of components"],
  ["hostile", "damaged files by the thousand"],
  ["keyvalue", "wasi:keyvalue at random, with failing calls and killed"],
  ["killed-commands", "commands killed at every call"],
  ["library-open", "thousands of openings"],
  ["library-package", "npm pack and an install"],
  ["orm-package", "npm pack and an install"],
  ["reader-cuts", "input cut at every byte"],
  ["reference", "round trips with the crates"],
  ["reference-wasi", "turns with the crates on one file"],
  ["session-faults", "sessions with failing calls"],
  ["sessions", "long sessions against a model"],
  ["spill", "transactions larger than the cache"],
  ["torture", "crashes, failing calls, two writers, planted faults"],
]);

/**
 * Files of the suite that go through the component as well, all with sessions in the test's own process. library-ends is not one: it is about
 * modules that trap, or are none.
 */
export const THROUGH_COMPONENT = [
  "any-order",
  "catalogues",
  "file-names",
  "in-memory",
  "library",
  "library-direct",
  "library-open",
  "library-values",
  "library-waits",
  "many-tables",
  "no-files",
  "old-layouts",
  "old-layouts-write",
  "refused-openings",
  "scan-changes",
  "sql",
  "sql-changes",
  "sql-oracle",
  "unique-nulls",
];

/** Whether a quick run leaves out the suite's file `path`. */
export const isLeftOut = (path) => LEFT_OUT.has(/([^/\\]*)\.test\.ts$/.exec(path)?.[1]);

function readTimes() {
  try {
    return JSON.parse(readFileSync(TIMES, "utf8"));
  } catch {
    return null;
  }
}

/** Keeps what some files of the suite took, beside what is known of others. */
export function keepFiles(files) {
  const { files: known, ...about } = readTimes();
  writeTimes(about, { ...known, ...files });
}

function writeTimes(about, files) {
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  const rounded = Object.fromEntries(sorted.map(([file, seconds]) => [file, Math.round(seconds * 10) / 10]));
  writeFileSync(TIMES, `${JSON.stringify({ ...about, files: rounded }, null, 2)}\n`);
}

/** Keeps what a whole run took: seconds of the specs, of the suite, and of each of its files. */
export function keepTimes(times) {
  const cores = availableParallelism();
  const about = {
    date: new Date().toISOString().slice(0, 10),
    cores,
    specs: Math.round(times.specs),
    suite: Math.round(times.suite),
    runtimes: times.runtimes,
  };
  writeTimes(about, times.files);
}

const secondsOf = (path, times) => times?.files[path.replaceAll("\\", "/")] ?? 0;

/** Files of the suite, the one that took longest first: at the end no long one is left for which all other lanes are empty. */
export const slowestFirst = (suites, times = readTimes()) =>
  [...suites].sort((a, b) => secondsOf(b, times) - secondsOf(a, times));

const inWords = (seconds) =>
  seconds < 90 ? `${Math.max(Math.round(seconds), 1)} seconds` : `${Math.round(seconds / 60)} minutes`;

/**
 * About how long specs (all, or none) and these files of the suite take, in words: by what was measured last, for `lanes` files at a time; files
 * that are not in there count nothing.
 */
export function expectation(withSpecs, suites, isWhole, lanes, times = readTimes()) {
  if (times === null) return "how long is not known yet: npm test -- --record measures it";
  const sum = suites.reduce((seconds, path) => seconds + secondsOf(path, times), 0);
  const seconds = (withSpecs ? times.specs : 0) + (isWhole ? times.suite : sum / lanes);
  return `about ${inWords(seconds)} (measured ${times.date} on ${times.cores} cores with ${times.runtimes.join(", ")})`;
}
