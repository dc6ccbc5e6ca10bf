/**
 * The reference's answers to 1,109 queries, changes and transactions (tests/golden/queries), and Quire's: what is disputed by the standard's
 * answer, and what differs by decision as tests/sql/vector-differences.json lists it, each by its name.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { tempFolder } from "./helpers/store.js";
import { VectorStore, decisions, vectors, type Leniency } from "./sql/vectors.js";

/** What else is the same where something differs. */
const LENIENCIES: Readonly<Record<string, Leniency>> = { "null-order": "order", "result-names": "names", counts: "counts" };

const COUNTS = { sql: 685, random: 150, api: 226, eager: 14, steps: 34 };

const reasons = new Map(decisions.flatMap(({ reason, ids }) => ids.map((id) => [id, reason] as const)));

for (const [file, count] of Object.entries(COUNTS)) {
  test(`${file}: ${count} answers of the reference`, (t) => {
    const all = vectors(file);
    assert.equal(all.length, count);
    const store = new VectorStore(tempFolder(t));
    t.after(() => store.close());
    const wrong: string[] = [];
    for (const vector of all) {
      const reason = reasons.get(vector.id);
      const found = store.difference(vector);
      if ((found === "") !== (reason === undefined)) wrong.push(`${vector.id} (${reason ?? "-"}): ${vector.sql}\n    ${found}`);
      const leniency = LENIENCIES[reason ?? ""];
      const rest = leniency ? store.difference(vector, leniency) : "";
      if (rest !== "") wrong.push(`${vector.id} (but for ${leniency}): ${rest}`);
    }
    assert.equal(wrong.join("\n"), "");
  });
}

test("what differs by decision", () => {
  assert.equal(
    reasons.size,
    decisions.reduce((sum, { ids }) => sum + ids.length, 0),
    "each is listed once",
  );
  assert.equal(reasons.size, 263);
  for (const { reason, why } of decisions) assert.ok(why.length > 20, reason);
});
