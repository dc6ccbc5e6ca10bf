/** Calls over windows, for the generator. */
import type { Random } from "../torture/random.js";
import type { How, Type } from "./generator.js";

/** What a window is over. */
export interface Rows {
  /** An expression of a type over the rows. */
  readonly value: (type: Type) => string;
  /** Expressions that leave no two rows alike, if such are known. */
  readonly ids: readonly string[] | undefined;
  /** Columns of small numbers. */
  readonly numbers: readonly string[];
}

const BOUNDS = ["UNBOUNDED PRECEDING", "# PRECEDING", "CURRENT ROW", "# FOLLOWING", "UNBOUNDED FOLLOWING"];
const TYPES: readonly Type[] = ["int", "uint", "text", "bool", "date", "dec", "blob"];

function frame(random: Random, unit: string): string {
  const exclude = random.pick(["", "", "", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"]);
  const bound = (at: number): string => (BOUNDS[at] ?? "").replace("#", () => String(random.below(5)));
  const from = random.below(4);
  if (from < 3 && random.oneIn(4)) return ` ${unit} ${bound(from)}${exclude}`;
  const to = from + random.below(5 - from) || 1;
  return ` ${unit} BETWEEN ${bound(from)} AND ${bound(to)}${exclude}`;
}

/** A call that gives a value of `type`; `isExact`: one that both engines have to give alike to the last digit. */
export function windowCall(random: Random, type: Type, rows: Rows, isExact: boolean): { sql: string; how: How } {
  const { value, ids, numbers } = rows;
  const term = (of: string): string =>
    `${of}${random.oneIn(6) ? " COLLATE NOCASE" : ""}${random.pick(["", "", " DESC", " NULLS LAST", " DESC NULLS FIRST"])}`;
  const partition = random.oneIn(2) ? "" : `PARTITION BY ${value(random.pick(TYPES))}${random.oneIn(5) ? " COLLATE NOCASE" : ""}`;
  let order = Array.from({ length: random.below(3) }, () => term(value(random.pick(TYPES))));
  const isTotal = ids !== undefined && random.oneIn(2);
  if (isTotal) order.push(...ids.map((id) => `${id}${random.pick(["", " DESC"])}`));
  const unit = random.pick(isTotal ? ["ROWS", "ROWS", "RANGE", "GROUPS", ""] : ["RANGE", "GROUPS", ""]);
  let bounds = unit === "" ? "" : frame(random, unit);
  let isSure = isTotal;
  if (unit === "RANGE" && /\d/u.test(bounds)) {
    if (numbers.length > 0) order = [`${random.pick(numbers)}${random.pick(["", " DESC", " NULLS LAST", " DESC NULLS FIRST"])}`];
    else bounds = "";
    isSure = isSure && numbers.length === 0;
  }
  const window = `(${partition}${order.length > 0 ? ` ORDER BY ${order.join(", ")}` : ""}${bounds})`;
  const filter = random.oneIn(5) ? ` FILTER (WHERE ${value("bool")})` : "";
  const own = value(type);
  const aggregates = [`MIN(${own})${filter}`, `MAX(${own})${filter}`];
  const calls: string[] = [];
  let how: How = "exact";
  if (type === "bool") return { sql: `(COUNT(*)${filter} OVER ${window} > ${random.below(5)})`, how };
  if (type === "int") {
    aggregates.push(`COUNT(*)${filter}`, `COUNT(${value(random.pick(TYPES))})${filter}`, `SUM(${own})${filter}`);
    calls.push("RANK()", "DENSE_RANK()");
    if (isSure) calls.push("ROW_NUMBER()", `NTILE(${1 + random.below(5)})`);
  }
  if (type === "dec") aggregates.push(`SUM(${own})${filter}`, `TOTAL(${own})${filter}`);
  if (type === "dec" && !isExact && random.oneIn(2)) {
    how = "near";
    return { sql: `${random.pick([`AVG(${own})${filter}`, "PERCENT_RANK()", "CUME_DIST()"])} OVER ${window}`, how };
  }
  if (isSure) {
    const far = random.below(4);
    calls.push(`LAG(${own})`, `LEAD(${own}, ${far})`, `LAG(${own}, ${far}, ${value(type)})`);
    calls.push(`FIRST_VALUE(${own})`, `LAST_VALUE(${own})`, `NTH_VALUE(${own}, ${1 + far})`);
    if (type === "text") calls.push(`GROUP_CONCAT(${own}, '|')${filter}`, `GROUP_CONCAT(${own})${filter}`);
  }
  return { sql: `${random.pick(random.oneIn(2) || calls.length === 0 ? aggregates : calls)} OVER ${window}`, how };
}
