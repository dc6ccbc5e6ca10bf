/** Faults planted in SQL's planner and evaluator: each has to be found by one of the short cases of tests/sql/cases.ts. */
import { failedCase } from "../sql/cases.js";
import { askLibrary } from "../sql/properties.js";
import { compileModule, type Patch } from "./module.js";
import type { Verdict } from "./mutants.js";

export interface SqlMutant {
  /** What is wrong. */
  readonly name: string;
  readonly patches: readonly Patch[];
}

/** In a file of assembly/sql `find`, of which there is one, becomes `replace`. */
const mutant = (name: string, file: string, find: string, replace: string): SqlMutant => ({
  name,
  patches: [{ file: `assembly/sql/${file}.ts`, find, replace }],
});

export const SQL_MUTANTS: readonly SqlMutant[] = [
  mutant("a range leaves its bound out", "run/scan-bounds", "bound.isExclusive = isOut &&", "bound.isExclusive = !isOut &&"),
  mutant("a bound that the column can't have closes its side", "run/scan-bounds", "isOut && filled == BOUNDS_FILLED;", "isOut;"),
  mutant("what begins with a text ends with it", "run/scan-bounds", "store<u8>(last, load<u8>(last) + 1);", ""),
  mutant("every second value of a list is looked for", "run/scan-bounds", "i32 { this.at += 1;", "i32 { this.at += 2;"),
  mutant("LIMIT gives one row more", "run/operator", "min<i64>(limit - this.given,", "min<i64>(limit - this.given + 1,"),
  mutant("OFFSET is skipped in each batch", "run/operator", "this.toSkip = 0; this.given +=", "this.given +="),
  mutant(
    "a hash join loses all partners but the first",
    "run/hash-join",
    "this.partner = nextTuple(this.partner);",
    "this.partner = 0;",
  ),
  mutant("partners in the batch before count", "run/pair-join", "this.matched.fill(false);", ""),
  mutant(
    "rows with a partner come once more without",
    "run/pair-join",
    "this.matched[this.pairLefts[i]] = true",
    "this.matched[this.pairLefts[i]] = false",
  ),
  mutant(
    "the right side of a row without a partner is what was there before",
    "run/pair-join",
    ".setNull(i, true);",
    ".setNull(i, false);",
  ),
  mutant(
    "WHERE is asked of the right side before LEFT JOIN",
    "bind/joins",
    "op == OP_LEFT ? node.on : none;",
    "op == OP_LEFT ? node.on.concat(all) : none;",
  ),
  mutant(
    "ON is asked of the left side before LEFT JOIN",
    "bind/joins",
    "this.build(left, op == OP_LEFT ? all :",
    "this.build(left, op == OP_LEFT ? all.concat(node.on) :",
  ),
  mutant("null among the values of a list says nothing", "eval/compare", "isNull || (!found && this.hasNull)", "isNull"),
  mutant("null is in no list", "eval/compare", "subject.isNull(i) && !isEmpty;", "false;"),
  mutant("<= leaves its value out", "eval/compare", "case OP_LE: return 3;", "case OP_LE: return 1;"),
  mutant(
    "NOT of null is not null",
    "eval/logic",
    "store<u8>(result.nulls + i, load<u8>(subject.nulls + i));",
    "store<u8>(result.nulls + i, 0);",
  ),
  mutant(
    "null and false is null",
    "eval/logic",
    "result.setInt(i, 1 - unlessDecided); result.setNull(i, false);",
    "result.setInt(i, 1 - unlessDecided);",
  ),
  mutant(
    "AND and OR look no further behind null",
    "eval/logic",
    "select(batch, part, this.isOr, true);",
    "select(batch, part, this.isOr, false);",
  ),
  mutant("CASE ends at null", "eval/logic", "select(batch, subject, true, true);", "select(batch, subject, true, false);"),
  mutant("IS NULL is what it is not", "eval/logic", "const turn: i64 = this.isNot ? 1 : 0;", "const turn: i64 = 0;"),
  mutant(
    "an index has nulls wherever they are wanted",
    "bind/access",
    "if (wantsFirst != (isFirst != isDown)) {",
    "if (false) {",
  ),
  mutant("an index decides what is behind its columns", "bind/access", "if (!index.unique || this.hasNull(index)) return 0;", ""),
  mutant(
    "an index goes forwards where it should go backwards",
    "bind/access",
    "new AccessPath(this.table, index, direction < 0)",
    "new AccessPath(this.table, index, false)",
  ),
  mutant("the least value may be null", "bind/select", "conditions.push(new Condition(new IsNull(extreme, true)));", ""),
  mutant("the greatest value is the least", "bind/select", ".fn == A_MAX ? DESCENDING : 0;", ".fn == A_MAX ? 0 : 0;"),
  mutant("what is known of a query does not depend on those further out", "run/subquery", "f < outer.further.length;", "f < 0;"),
  mutant("NOT EXISTS is EXISTS", "run/subquery", "i64(found != this.isNot)", "i64(found)"),
  mutant("DESC is as ASC", "run/tuples", "if ((order & DESCENDING) == 0) return;", "return;"),
  mutant("nulls come first where they should come last", "run/tuples", "((order & NULLS_FIRST) != 0 ? 0 : 2)", "0"),
  mutant("null is what lies in its place", "run/tuples", "if (isNull) return;", ""),
  mutant("INTERSECT gives what one side has", "run/sort", "this.except ? LEFT : LEFT | RIGHT;", "this.except ? LEFT : RIGHT;"),
  mutant(
    "a sort with LIMIT keeps what comes last",
    "run/sorter",
    "key.ptr, key.len) <= 0) return true;",
    "key.ptr, key.len) >= 0) return true;",
  ),
  mutant("rows are in the group of others", "run/group", "this.groupOf[i] =", "this.groupOf[k] ="),
  mutant("FILTER is for all aggregates", "run/aggregate", "restoreSelection(batch, all);", ""),
];

/** Builds the mutant and looks for its fault. */
export async function judgeSql({ patches }: SqlMutant): Promise<Verdict> {
  const module = await compileModule("library", patches, "-O1");
  const started = performance.now();
  let caught: string | null;
  try {
    caught = failedCase(askLibrary(module, 1));
  } catch (error) {
    caught = String(error);
  }
  return { caught, ms: performance.now() - started };
}
