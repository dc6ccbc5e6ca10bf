// What a web server's log tells of its pages: `node visits.mjs visits.db < access.log`. What is in the file from earlier logs counts as well, and a
// line that was read before does not count twice.
import { createInterface } from "node:readline";
import process from "node:process";
import { openSync } from "quire-db";

/** The common log format: who, when, what, how it ended, and how many bytes. */
const LINE =
  /^(?<visitor>\S+) \S+ \S+ \[(?<day>\d+)\/(?<month>\w+)\/(?<year>\d+):(?<time>[\d:]+) (?<zone>[+-]\d\d)(?<minutes>\d\d)\] "\w+ (?<page>[^ ?"]+)[^"]*" (?<status>\d{3}) (?<bytes>\d+|-)/u;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const db = openSync(process.argv[2] ?? "visits.db", { integers: "number" });
try {
  db.exec(`
    CREATE TABLE IF NOT EXISTS visits (
      at DATETIME NOT NULL, visitor TEXT NOT NULL, page TEXT NOT NULL, status SMALLINT NOT NULL, bytes INT4 NOT NULL DEFAULT 0,
      PRIMARY KEY (at, visitor, page)
    );
    CREATE INDEX IF NOT EXISTS visits_page_idx ON visits (page);
  `);
  const insert = db.prepare("INSERT OR IGNORE INTO visits VALUES (:at, :visitor, :page, :status, :bytes)");

  const lines = [];
  for await (const line of createInterface({ input: process.stdin })) lines.push(line);
  const skipped = [];
  const added = db.transaction(() => {
    let count = 0;
    for (const line of lines) {
      const found = LINE.exec(line)?.groups;
      const month = String(MONTHS.indexOf(found?.month ?? "") + 1).padStart(2, "0");
      if (found === undefined || month === "00") skipped.push(line);
      else {
        const at = `${found.year}-${month}-${found.day}T${found.time}${found.zone}:${found.minutes}`;
        const bytes = found.bytes === "-" ? 0 : Number(found.bytes);
        count += insert.run({ at, visitor: found.visitor, page: found.page, status: Number(found.status), bytes }).changes;
      }
    }
    return count;
  });
  console.log(`new visits: ${added}; failures in all: ${db.table("visits").where("status >= ?", 400).count()}`);
  for (const line of skipped) console.error(`skipped: ${line}`);

  const report = db.sql`
    SELECT page, count(*) AS visits, count(DISTINCT visitor) AS visitors, sum(bytes) AS bytes
    FROM visits WHERE status < ${400} GROUP BY page ORDER BY visits DESC, page LIMIT 10`;
  console.table(report);
} finally {
  db.close();
}
