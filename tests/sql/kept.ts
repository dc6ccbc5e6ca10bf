/** Statements that keep what they are about, of each kind, over the tables of a generator: for modules that keep as little as they can. */
import type { Random } from "../torture/random.js";
import type { Table } from "./generator.js";

/** What changes rows, and leaves others behind that are asked for in the same transaction. */
export interface KeptChange {
  readonly sql: string;
  /** What to ask for behind it. */
  readonly then: string;
}

/** Queries whose rows have an order, or one each. */
export function keptQueries({ name, columns }: Table, random: Random): string[] {
  const column = (): string => random.pick(columns).name;
  const [a, b, c] = [column(), column(), column()];
  const most = 20 + random.below(60);
  return [
    `WITH RECURSIVE r(n, v) AS (SELECT id, ${a} FROM ${name} UNION ALL SELECT n + ${1 + random.below(40)}, v FROM r WHERE n < ${most}) SELECT n, v FROM r ORDER BY n, v`,
    `WITH RECURSIVE r(n, v) AS (SELECT id % 7, ${a} FROM ${name} UNION SELECT (n * 3 + 1) % 11, v FROM r) SELECT n, v FROM r ORDER BY n, v`,
    `WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT a.n + b.n FROM r a, r b WHERE a.n < 4) SELECT COUNT(*), SUM(n) FROM r`,
    `SELECT COUNT(DISTINCT ${a}), COUNT(DISTINCT ${b}) FILTER (WHERE id % 2 = 0), MIN(${c}), MAX(${c}) FROM ${name}`,
    `SELECT id % ${1 + random.below(9)} AS g, COUNT(DISTINCT ${a}), GROUP_CONCAT(DISTINCT ${b} ORDER BY ${b}), MAX(${c}) FROM ${name} GROUP BY 1 ORDER BY 1`,
    `SELECT GROUP_CONCAT(id, '-' ORDER BY ${a}, id DESC), JSON_GROUP_ARRAY(id ORDER BY ${b} DESC, id) FROM ${name}`,
    `SELECT ${a}, GROUP_CONCAT(id ORDER BY id DESC) FROM ${name} GROUP BY ${a} ORDER BY ${a}`,
    `SELECT id, (SELECT COUNT(*) FROM ${name} o WHERE o.${a} = ${name}.${a}), ${b} IN (SELECT ${b} FROM ${name} WHERE id % 2 = 0) FROM ${name} ORDER BY id`,
    `SELECT id, COUNT(*) OVER (), MAX(${a}) OVER (PARTITION BY ${b} ORDER BY id ROWS BETWEEN 2 PRECEDING AND 3 FOLLOWING), FIRST_VALUE(${c}) OVER (ORDER BY id DESC), LAG(${a}, 5) OVER (ORDER BY id) FROM ${name} ORDER BY id`,
  ];
}

/** Changes of all rows, or many. */
export function keptChanges({ name, columns }: Table, random: Random): KeptChange[] {
  const others = columns.filter(({ name: column }) => column !== "id" && column !== "k").map(({ name: column }) => column);
  const set = others.length === 0 ? "id" : random.pick(others);
  const list = ["id", ...others].join(", ");
  const then = `SELECT * FROM ${name} ORDER BY id`;
  const by = 1 + random.below(5);
  const where = random.pick(["", ` WHERE id % 2 = 0`, ` WHERE id > 3`]);
  const unset = columns.some(({ name: column, isNull }) => column === "k" && !isNull);
  return [
    // Each row but the last one waits for the next one to be out of its way.
    { sql: `UPDATE ${name} SET id = id + 3 RETURNING id`, then },
    { sql: `UPDATE ${name} SET id = id - ${3 * by}`, then },
    { sql: `UPDATE ${name} SET ${set} = ${set}${where} RETURNING id, ${set}, id * 2 AS two`, then },
    { sql: `UPDATE ${name} SET ${set} = o.${set} FROM ${name} o WHERE o.id % 5 = ${name}.id % 5 AND o.id = ${name}.id`, then },
    { sql: `DELETE FROM ${name}${where} RETURNING *`, then },
    ...(unset
      ? []
      : [
          {
            sql: `INSERT INTO ${name} (${list}) SELECT ${list.replace("id", "id + 100000")} FROM ${name}${where} RETURNING id`,
            then,
          },
          {
            sql: `INSERT INTO ${name} (${list}) SELECT ${list} FROM ${name} WHERE TRUE ON CONFLICT (id) DO UPDATE SET id = excluded.id + 200000`,
            then,
          },
        ]),
    {
      sql: `CREATE TABLE made AS SELECT ${list}, ${name}.id AS same FROM ${name}${where}`,
      then: "SELECT * FROM made ORDER BY id",
    },
  ];
}
