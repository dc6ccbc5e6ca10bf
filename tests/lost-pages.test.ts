/**
 * A fixed part of `npm run torture -- pages`, which loses every run of pages of every golden file in every way: what `repair` saves and what
 * it names as lost or doubtful is all that was there.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { allRuns, intactFiles, losePages, totalsText, WAYS, type Run, type Totals } from "./torture/lost-pages.js";

/** Files so small that every run of their pages is lost, in the way of a file that was cut and padded, or torn. */
const SMALL = ["log of layout 0.9", "acl of layout 0.11"];

/** Runs from `first` on, so many of them, evenly over all. */
function someRuns(pages: number, first: number, count: number): Run[] {
  const runs = allRuns(pages);
  const step = Math.max(Math.floor(runs.length / count), 1);
  return runs.filter((_, at) => at % step === first % step);
}

for (const intact of intactFiles()) {
  test(`runs of lost pages: ${intact.title}`, (t) => {
    const totals: Totals = { files: 0, lost: 0, overcautious: 0 };
    const pages = intact.file.pageCount;
    const count = pages > 50 ? 1 : 4;
    Object.keys(WAYS).forEach((way, at) => {
      for (const run of someRuns(pages, at * 5, count)) losePages(intact, way, run, totals);
      // A tail, and all but the first pages.
      for (const start of [pages - 1 - at, 3 + at]) if (start > 0) losePages(intact, way, { start, end: pages }, totals);
    });
    if (SMALL.includes(intact.title)) for (const run of allRuns(pages)) losePages(intact, "zeroed", run, totals);
    t.diagnostic(totalsText(totals));
    assert.ok(totals.files > 10 || pages < 4);
  });
}
