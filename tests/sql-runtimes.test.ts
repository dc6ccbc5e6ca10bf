/** SQL on every runtime: a fixed part of `npm run sql:properties` and `sql:oracle` with `--runtime`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { ChangeOracle } from "./sql/changes.js";
import { COMPONENT, Transcript, replay } from "./sql/elsewhere.js";
import { Difference } from "./sql/oracle.js";
import { Properties } from "./sql/properties.js";

/** What a query is asked in all ways, without some indexes, in parts and explained, and changes in transactions. */
function recorded(): readonly Transcript[] {
  const [queries, changes] = [new Transcript(), new Transcript()];
  const properties = new Properties(11, [], queries.session());
  for (let q = 0; q < 4; q++) properties.query();
  properties.change();
  properties.close();
  const oracle = new ChangeOracle(11, changes.session());
  oracle.run(20);
  oracle.close();
  return [queries, changes];
}

const transcripts = recorded();

testOnRuntimes("queries and changes from a seed give what they give in this process", async (_, runtime) => {
  for (const transcript of transcripts) await replay(transcript, runtime, "seed 11");
});

test("the same by the component's statements and cursors", async () => {
  for (const transcript of transcripts) await replay(transcript, COMPONENT, "seed 11");
});

test("a reply that is another one is seen: a row less, another error, another count of rows", async () => {
  const texts = transcripts.flatMap(({ turns }) => turns.map(({ request }) => request));
  assert.ok(texts.length > 250, `${texts.length} requests`);
  for (const part of ["EXPLAIN ANALYZE", "DROP INDEX", "BEGIN", "ROLLBACK TO", "RETURNING", "INSERT OR IGNORE", " IS NULL"])
    assert.ok(
      texts.some((text) => text.includes(part)),
      part,
    );
  const replies: readonly [string, string][] = [
    ["SELECT 1", '{"ok":{"columns":["1"],"types":["int64"],"rows":[],"changes":0}}'],
    ["SELECT 1 / 0", '{"error":{"code":"OVERFLOW","message":""}}'],
    ["EXPLAIN ANALYZE SELECT 1", '{"ok":{"columns":[],"types":[],"rows":[["",1,"2"]],"changes":0}}'],
  ];
  for (const [sql, reply] of replies) {
    const transcript = new Transcript();
    transcript.turns.push({ request: JSON.stringify({ op: "sql", sql }), reply });
    await assert.rejects(replay(transcript, COMPONENT, "a wrong reply"), Difference, sql);
  }
});
