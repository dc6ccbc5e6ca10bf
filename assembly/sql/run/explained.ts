/** EXPLAIN: operators as rows of text, with about how many rows each gives; with ANALYZE it runs them and tells how many they gave. */
import { OK, lastError } from "../../status";
import { PageCache } from "../../memory/cache/page-cache";
import { VectorColumns, keepValue } from "../eval/batch";
import { K_INT, K_TEXT } from "../eval/kinds";
import { BATCH_ROWS } from "../eval/vector";
import { OneBatch, Operator } from "./operator";
import { QueryValue } from "./subquery";

/** What ANALYZE counts besides rows. */
export const PAGE_LOOKUPS: string = "page look-ups";

export class Explained extends OneBatch {
  private count: i32 = 0;

  /** `queries` are those that are values in the statement. `cache` is for counting what ANALYZE looks up; null where it is not that. */
  constructor(
    private readonly subject: Operator,
    private readonly queries: Array<QueryValue>,
    private readonly cache: PageCache | null,
  ) {
    super(VectorColumns.of(cache ? [K_TEXT, K_INT, K_INT, K_INT] : [K_TEXT, K_INT]));
  }

  protected fill(): bool {
    this.count = 0;
    const subject = this.subject;
    const cache = this.cache;
    let lookups: u32 = 0;
    if (cache) {
      const before = cache.lookups;
      if (subject.open()) while (subject.next()) {}
      lastError.status = subject.status;
      if (subject.status != OK) return false;
      lookups = cache.lookups - before;
    }
    this.batch.begin(0);
    this.tell(subject, 0);
    for (let q = 0; q < this.queries.length; q++) {
      this.line("query as a value", 0, 1, this.queries[q].runs, this.queries[q].runs);
      this.tell(this.queries[q].operator, 1);
    }
    if (cache) this.line(PAGE_LOOKUPS, 0, 0, lookups, 1);
    this.batch.selectAll(this.count);
    return true;
  }

  private tell(operator: Operator, depth: i32): void {
    const spilled = operator.spilled;
    const what = operator.describe() + (spilled == 0 ? "" : ", " + spilled.toString() + " bytes spilled");
    this.line(what, depth, operator.estimate, operator.rows, operator.opened);
    const inputs = operator.below;
    for (let i = 0; i < inputs.length; i++) this.tell(inputs[i], depth + 1);
  }

  private line(what: string, depth: i32, estimate: f64, rows: i64, opened: i64): void {
    if (this.count == BATCH_ROWS) return;
    const i = this.count++;
    const vectors = this.columns.vectors;
    const text = String.UTF8.encode("  ".repeat(depth) + what);
    vectors[0].setBytes(i, changetype<usize>(text), text.byteLength);
    vectors[1].setInt(i, <i64>min<f64>(estimate, 9e18));
    if (this.cache) {
      vectors[2].setInt(i, rows);
      vectors[3].setInt(i, opened);
    }
    for (let v = 0; v < vectors.length; v++) vectors[v].setNull(i, false);
    keepValue(vectors[0], i, this.batch);
  }

  describe(): string {
    return "explain";
  }
}
