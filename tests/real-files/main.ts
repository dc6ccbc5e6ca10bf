/**
 * npm run import:real [-- --write] [-- --only NAME]: imports the data files of packages, compares every value, and prints a table of what
 * came of it; --write puts it into docs/import.md. Fails when a value differs, or when another file is refused than those that are known.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../host/paths.js";
import { tryFile } from "./compare.js";
import { optionsFor, refusalOf } from "./known.js";
import { PACKAGES, type Package, dataOf, filesIn } from "./packages.js";
import { type Result, resultTable } from "./result-table.js";

const words = process.argv.slice(2);
const only = words.includes("--only") ? words[words.indexOf("--only") + 1] : undefined;
const problems: string[] = [];

function tryPackage(from: Package): Result[] {
  const data = dataOf(from);
  if ("missing" in data) {
    process.stderr.write(`SKIPPED ${from.name}: ${data.missing}\n`);
    if (words.includes("--write")) problems.push(data.missing);
    return [];
  }
  return filesIn(data.folder, from.files).flatMap((name) => {
    const bytes = readFileSync(join(data.folder, name));
    return optionsFor(from.name, name).map((options) => {
      const outcome = tryFile(name, bytes, options);
      const known = refusalOf(from.name, name, options);
      const isKnown = outcome.refused === "" ? known === null : known?.test(outcome.refused) === true;
      if (!isKnown || outcome.differences.length > 0) {
        const what = outcome.refused === "" ? outcome.differences.join("\n  ") : outcome.refused;
        problems.push(`${from.name}/${name} ${options.join(" ")}\n  ${what === "" ? "was to be refused" : what}`);
      }
      return { from, name, options, outcome };
    });
  });
}

const results = PACKAGES.filter(({ name }) => only === undefined || name === only).flatMap(tryPackage);
const table = resultTable(results);
process.stdout.write(table);
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (words.includes("--write") && problems.length === 0 && only === undefined) {
  const path = join(packageRoot, "docs", "import.md");
  const text = readFileSync(path, "utf8");
  const [start, end] = ["<!-- results -->\n", "<!-- end of results -->\n"];
  const [from, to] = [text.indexOf(start) + start.length, text.indexOf(end)];
  writeFileSync(path, text.slice(0, from) + table + text.slice(to));
}
process.exitCode = problems.length === 0 ? 0 : 1;
