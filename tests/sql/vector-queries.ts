/** Queries of the reference's programming interface as SQL. */

/** A value with its type: `["Uint32", 5]`. */
export type Typed = readonly [string, unknown];

export type Filter = readonly [string, ...unknown[]];

export type AggregateList = readonly (readonly [string, string | null])[];

export interface ApiQuery {
  readonly columns?: readonly string[] | undefined;
  readonly filter?: Filter | undefined;
  readonly order_by?: readonly (readonly [string, "asc" | "desc"])[] | undefined;
  readonly distinct?: readonly string[];
  readonly limit?: number;
  readonly offset?: number;
  readonly joins?: readonly (readonly [string, string, string, string])[] | undefined;
  readonly group_by?: readonly string[];
  readonly having?: Filter;
  readonly with?: readonly string[];
}

export interface Sql {
  readonly text: string;
  readonly params: readonly unknown[];
}

const COMPARISONS: Readonly<Record<string, string>> = { eq: "=", ne: "<>", gt: ">", lt: "<", ge: ">=", le: "<=" };

/** `a.b` as `"a"."b"`. */
export const quoted = (name: string): string =>
  name
    .split(".")
    .map((part) => `"${part}"`)
    .join(".");

/** A path of the reference's, `a.b[0]`, as one of SQL's. */
const path = (text: string): string => `$${text.startsWith("[") ? "" : "."}${text}`;

/** What is found in JSON has the type of what it meets: a value says its own. */
const CASTS: Readonly<Record<string, string>> = { Decimal: "decimal", Boolean: "boolean", Text: "text", Null: "text" };

function jsonFilter([, column, where, inner]: Filter, params: unknown[]): string {
  params.push(path(where as string));
  const subject = quoted(column as string);
  const found = `json_extract(${subject}, ?)`;
  const [kind, given] = inner as Filter;
  const value = (typed: unknown): string => {
    const [type, value_] = typed as Typed;
    params.push(value_);
    return `CAST(? AS ${CASTS[type] ?? "decimal"})`;
  };
  if (kind === "is_null" || kind === "not_null")
    return `CASE WHEN ${subject} IS NOT NULL THEN ${found} IS ${kind === "is_null" ? "" : "NOT "}NULL END`;
  if (kind === "in") return `${found} IN (${(given as unknown[]).map(value).join(", ")})`;
  return `${found} ${COMPARISONS[kind] ?? kind} ${value(given)}`;
}

/** A condition; what it needs is put behind `params`. */
export function filterSql(filter: Filter, params: unknown[], names: (name: string) => string = quoted): string {
  const [kind, a, b] = filter;
  const column = typeof a === "string" ? names(a) : "";
  const value = (typed: unknown): string => {
    params.push((typed as Typed)[1]);
    return "?";
  };
  switch (kind) {
    case "and":
    case "or":
      return `(${filterSql(a as Filter, params, names)} ${kind} ${filterSql(b as Filter, params, names)})`;
    case "not":
      return `NOT (${filterSql(a as Filter, params, names)})`;
    case "in":
      return `${column} IN (${(b as unknown[]).map(value).join(", ")})`;
    case "like":
      params.push(b);
      return `${column} LIKE ?`;
    case "is_null":
      return `${column} IS NULL`;
    case "not_null":
      return `${column} IS NOT NULL`;
    case "json_contains":
      params.push(b);
      return `json_contains(${column}, ?)`;
    case "json_has_key":
      params.push(path(b as string));
      return `CASE WHEN ${column} IS NOT NULL THEN json_type(${column}, ?) IS NOT NULL END`;
    case "json_extract":
      return jsonFilter(filter, params);
    default:
      return `${column} ${COMPARISONS[kind] ?? kind} ${value(b)}`;
  }
}

function joins(table: string, query: ApiQuery): string {
  const of = (side: string, owner: string): string => quoted(side.includes(".") ? side : `${owner}.${side}`);
  return (query.joins ?? [])
    .map(([kind, name, left, right]) => ` ${kind} JOIN ${quoted(name)} ON ${of(left, table)} = ${of(right, name)}`)
    .join("");
}

/** A query that gives `list` of a table, and of those that it is joined with. */
export function querySql(table: string, query: ApiQuery, list: string, aggregates: AggregateList = []): Sql {
  const params: unknown[] = [];
  const names = (name: string): string => {
    const number = /^agg(\d+)$/u.exec(name)?.[1];
    return number === undefined ? quoted(name) : aggregateSql(aggregates[Number(number)] ?? [name, null]);
  };
  let text = `SELECT ${list} FROM ${quoted(table)}${joins(table, query)}`;
  if (query.filter) text += ` WHERE ${filterSql(query.filter, params)}`;
  if (query.group_by) text += ` GROUP BY ${query.group_by.map(quoted).join(", ")}`;
  if (query.having) text += ` HAVING ${filterSql(query.having, params, names)}`;
  if (query.order_by) text += ` ORDER BY ${query.order_by.map(([name, way]) => `${names(name)} ${way}`).join(", ")}`;
  if (query.limit !== undefined || query.offset !== undefined) text += ` LIMIT ${query.limit ?? -1} OFFSET ${query.offset ?? 0}`;
  return { text, params };
}

const aggregateSql = ([name, column]: readonly [string, string | null]): string =>
  `${name}(${column === null ? "*" : quoted(column)})`;

/** The columns of an aggregate query: those of its groups, then `agg0` and so on. */
export const aggregateList = (query: ApiQuery, aggregates: AggregateList): string =>
  [...(query.group_by ?? []).map(quoted), ...aggregates.map((one, n) => `${aggregateSql(one)} AS agg${n}`)].join(", ");
