/** What tables of an SQLite file become: columns with their types, and keys that fit each other. */
import type { SqliteColumn, SqliteForeignKey, SqliteTable } from "./sqlite-schema.js";

/** A column as it is made. */
export interface Planned {
  readonly column: SqliteColumn;
  type: string;
  readonly nulls: number;
}

export interface Plan {
  readonly table: SqliteTable;
  readonly columns: readonly Planned[];
  readonly rows: number;
  /** The column that is the primary key by itself; null: there is none such. */
  readonly key: Planned | null;
  /** Whether that one counts: SQLite's INTEGER PRIMARY KEY. */
  readonly counts: boolean;
  foreignKeys: readonly SqliteForeignKey[];
}

const INTEGER_SIZES = ["int8", "int16", "int32", "int64"];

/** Whether two names are one to SQLite. */
export const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** An index in another order is still one of its columns. */
export const isUsable = (unfit: string | null): boolean => unfit === null || unfit.startsWith("it is in the order");

/** The column that a foreign key refers to. */
export function referenced(key: SqliteForeignKey, { columns, key: primary }: Plan): Planned | undefined {
  const [name] = key.references;
  return typeof name === "string" ? columns.find(({ column }) => same(column.name, name)) : (primary ?? undefined);
}

export function isUnique({ table, key }: Plan, name: string): boolean {
  if (key !== null && same(key.column.name, name)) return true;
  // CREATE INDEX comes behind the rows, which foreign keys look at before.
  return table.indexes.some(({ unique, unfit, origin, columns: [first = "", ...more] }) => {
    return unique && origin !== "c" && isUsable(unfit) && more.length === 0 && same(first, name);
  });
}

/** A column that refers to another one, and that one, where they are of different types. */
interface Difference {
  readonly plan: Plan;
  readonly key: SqliteForeignKey;
  readonly from: Planned;
  readonly to: Planned;
}

function differences(plans: readonly Plan[]): Difference[] {
  return plans.flatMap((plan) =>
    plan.foreignKeys.flatMap((key): Difference[] => {
      const other = plans.find(({ table }) => same(table.name, key.table));
      const from = plan.columns.find(({ column }) => same(column.name, key.columns[0] ?? ""));
      const to = other && referenced(key, other);
      return from === undefined || to === undefined || from.type === to.type ? [] : [{ plan, key, from, to }];
    }),
  );
}

/** Columns and those that they refer to get one type: the larger one of integers, and that of the other column where there are no values. */
export function unify(plans: readonly Plan[], tell: (note: string) => void): void {
  // One type goes from table to table, as far as there are some.
  for (let i = 0; i <= plans.length; i++) {
    for (const { plan, from, to } of differences(plans)) {
      const size = Math.max(INTEGER_SIZES.indexOf(from.type), INTEGER_SIZES.indexOf(to.type));
      if (INTEGER_SIZES.includes(from.type) && INTEGER_SIZES.includes(to.type))
        from.type = to.type = INTEGER_SIZES[size] as string;
      else if (from.nulls === plan.rows) from.type = to.type;
    }
  }
  for (const { plan, key, from, to } of differences(plans)) {
    tell(
      `the foreign key ${plan.table.name} (${key.columns.join(", ")}) to ${key.table} is left out: ${from.type} is not ${to.type}`,
    );
    plan.foreignKeys = plan.foreignKeys.filter((other) => other !== key);
  }
}
