/** Drizzle's schema: `drizzle(db, { schema })` with `import * as schema` from what is written. */
import { TYPE_SIZES } from "../../api/table-schema.js";
import { Identifiers, comment, literal, member, memberOf } from "./names.js";
import type { Relations, TypedColumn, TypedTable } from "./relations.js";

/** What the module of Drizzle's columns has that is used. */
const BUILDERS = [
  "blob",
  "customType",
  "index",
  "integer",
  "numeric",
  "primaryKey",
  "sqliteTable",
  "sqliteView",
  "text",
  "uniqueIndex",
];

/** Types that Drizzle has no builder for, which are made here: their names, and what their values are. */
const OWN: ReadonlyMap<string, readonly [name: string, value: string]> = new Map([
  ["date", ["dateText", "string"]],
  ["datetime", ["datetimeText", "string"]],
  ["uuid", ["uuid", "string"]],
  ["json", ["document", "unknown"]],
]);

/** Names that tables may not be called. */
const USED = [...BUILDERS, ...[...OWN.values()].map(([name]) => name), "AnySQLiteColumn", "sql"];

/** What makes a column of that type. */
function builder(type: string): string {
  const own = OWN.get(type);
  if (own !== undefined) return `${own[0]}()`;
  if (/^u?int/.test(type)) return "integer()";
  if (type === "decimal") return 'numeric({ mode: "number" })';
  if (type === "boolean") return 'integer({ mode: "boolean" })';
  if (type === "blob" || !Object.hasOwn(TYPE_SIZES, type)) return 'blob({ mode: "buffer" })';
  return "text()";
}

/** A default, which a reply has in the form of JSON; as SQL where Drizzle's column takes none so. */
function defaultOf({ type, default: value }: TypedColumn): string {
  if (/^u?int|^decimal$/.test(type)) {
    const number = Number(value);
    return Number.isSafeInteger(number) || type === "decimal" ? String(number) : `sql\`${String(value)}\``;
  }
  if (type === "boolean") return String(value);
  if (type === "json") return `sql\`${sqlText(JSON.stringify(value))}\``;
  return builder(type).startsWith("blob") ? `sql\`x${sqlText(String(value))}\`` : literal(String(value));
}

/** A text of SQL in a template of TypeScript. */
function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''").replace(/[\\`$]/g, "\\$&")}'`;
}

/** What a table is written as. */
interface Written {
  readonly table: TypedTable;
  readonly variable: string;
}

type WrittenTables = ReadonlyMap<string, Written>;

function column(of: TypedColumn, { primaryKey }: TypedTable, all: WrittenTables): string {
  const isKey = of.name === primaryKey;
  let text = builder(of.type);
  if (isKey) text += of.auto === true ? ".primaryKey({ autoIncrement: true })" : ".primaryKey()";
  else if (!of.null) text += ".notNull()";
  if (of.unique === true && !isKey) text += ".unique()";
  // The next number is what null is for such a column.
  if (of.auto === true && !isKey) text += ".default(sql`NULL`)";
  else if (of.default !== undefined) text += `.default(${defaultOf(of)})`;
  const { references } = of;
  const other = references && all.get(references.table);
  if (other?.table.shown.some(({ name }) => name === references?.column) === true && references !== undefined) {
    const target = memberOf(other.variable, references.column);
    text += `.references((): AnySQLiteColumn => ${target}${references.cascade ? ', { onDelete: "cascade" }' : ""})`;
  }
  return `  ${member(of.name)}: ${text},\n`;
}

/** Keys of several columns and indexes: what stands behind a table's columns. */
function constraints(table: TypedTable): string[] {
  const { shown, columns } = table;
  const isHidden = shown.length < columns.length;
  const parts: string[] = [];
  let hasKey = !isHidden;
  for (const index of table.indexes) {
    const isColumns = index.columns.length === 1 && index.unique;
    if (isColumns || index.columns.some((name) => !shown.some((one) => one.name === name))) continue;
    const on = index.columns.map((name) => memberOf("table", name)).join(", ");
    const isKey = !hasKey && index.unique && index.columns.every((name) => shown.some((one) => one.name === name && !one.null));
    if (isKey) parts.push(`primaryKey({ columns: [${on}] })`);
    else {
      const name = `${table.name}_${index.columns.join("_")}_${index.unique ? "unique" : "idx"}`;
      parts.push(`${index.unique ? "uniqueIndex" : "index"}(${literal(name)}).on(${on})`);
    }
    hasKey ||= isKey;
  }
  return parts;
}

function tableText({ table, variable }: Written, all: WrittenTables): string {
  const columns = table.shown.map((one) => column(one, table, all)).join("");
  const parts = constraints(table).map((part) => `  ${part},\n`);
  const behind = parts.length === 0 ? "" : `, (table) => [\n${parts.join("")}]`;
  return `export const ${variable} = sqliteTable(${literal(table.name)}, {\n${columns}}${behind});\n`;
}

export function drizzleTypes({ tables, views }: Relations): string {
  const names = new Identifiers([...USED, "table"]);
  const all = new Map(tables.map((table) => [table.name, { table, variable: names.variable(table.name) }]));
  const parts = [...all.values()].map((written) => tableText(written, all));
  for (const { name, columns, broken } of views) {
    const shown = columns.map((one) => `  ${member(one.name)}: ${builder(one.type)},\n`);
    if (broken !== null) parts.push(`// The view ${comment(name)}: ${comment(broken)}\n`);
    else parts.push(`export const ${names.variable(name)} = sqliteView(${literal(name)}, {\n${shown.join("")}}).existing();\n`);
  }
  const body = parts.join("\n");
  const own = [...OWN].filter(([, [name]]) => body.includes(`: ${name}()`));
  const made = own.map(
    ([type, [name, value]]) => `const ${name} = customType<{ data: ${value} }>({ dataType: () => "${type}" });\n`,
  );
  const whole = made.length === 0 ? body : `${made.join("")}\n${body}`;
  const builders = BUILDERS.filter((name) => new RegExp(`(?<![\\w.$])${name}[(<]`).test(whole));
  const types = whole.includes("(): AnySQLiteColumn") ? ["type AnySQLiteColumn"] : [];
  const sql = whole.includes("sql`") ? 'import { sql } from "drizzle-orm";\n' : "";
  const imported = [...types, ...builders];
  return (imported.length === 0 ? "" : `${sql}import { ${imported.join(", ")} } from "drizzle-orm/sqlite-core";\n\n`) + whole;
}
