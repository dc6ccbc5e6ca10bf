/** docs/import.md: its examples are what commands do, and a part of the files of its table is imported as it says. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";
import { tryFile } from "./real-files/compare.js";
import { optionsFor } from "./real-files/known.js";
import { VEGA, dataOf } from "./real-files/packages.js";

const page = readFileSync(join(packageRoot, "docs", "import.md"), "utf8");

test("each command of the page prints what stands there", (t) => {
  const folder = tempFolder(t);
  const steps = [...page.matchAll(/^```console\n([^]*?)^```$/gm)].flatMap(([, block = ""]) => block.split(/^\$ /m).slice(1));
  assert.ok(steps.length > 15);
  for (const step of steps) {
    const [command = "", ...lines] = step.split("\n");
    const text = lines.join("\n");
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    if (words[0] === "cat") {
      writeFileSync(join(folder, words[1] as string), text);
      continue;
    }
    assert.equal(words[0], "quire", command);
    const cli = join(packageRoot, "build", "host", "cli.js");
    const { stdout, stderr } = spawnSync(process.execPath, [cli, ...words.slice(1)], { cwd: folder, encoding: "utf8" });
    assert.equal((stderr + stdout).replace(/in \d+\.\d\d s$/gm, "in 0.00 s"), text, command);
  }
});

test("files of vega-datasets have the values that other readers find, and are in the page's table", () => {
  const data = dataOf(VEGA);
  assert.ok("folder" in data);
  const names = ["gapminder-health-income.csv", "weather.csv", "unemployment.tsv", "cars.json", "us-state-capitals.json"];
  names.push("earthquakes.json", "miserables.json", "penguins.json", "burtin.json", "londonCentroids.json");
  for (const name of names) {
    const bytes = readFileSync(join(data.folder, name));
    for (const options of optionsFor(VEGA.name, name)) {
      const { rows, refused, differences } = tryFile(name, bytes, options);
      assert.deepEqual(differences, [], name);
      const row = ["", name, ...options].join(" ").trim();
      const line = page.split("\n").find((text) => text.startsWith(`| ${row} |`)) ?? assert.fail(`${row} is not in the table`);
      assert.ok(
        refused === "" ? line.includes(`| ${String(rows).replace(/\B(?=(\d{3})+$)/g, ",")} |`) : line.includes("refused"),
        line,
      );
    }
  }
});
