/** Kysely's interface of a database: `new Kysely<Database>({ dialect: new QuireDialect(…) })`. */
import { Identifiers, comment, literal, member } from "./names.js";
import { valueType } from "./plain.js";
import type { Relations, TypedColumn } from "./relations.js";

function columnType(column: TypedColumn): string {
  const value = valueType(column.type, "number", "number") + (column.null ? " | null" : "");
  const isGenerated = column.auto === true || column.default !== undefined;
  if (column.type !== "date" && column.type !== "datetime") return isGenerated ? `Generated<${value}>` : value;
  const given = value.replace("string", "string | Date");
  return `ColumnType<${value}, ${given}${isGenerated ? " | undefined" : ""}, ${given}>`;
}

export function kyselyTypes({ tables, views }: Relations): string {
  const types = new Identifiers(["ColumnType", "Generated", "JsonValue", "Database"]);
  const parts: string[] = [];
  const members: string[] = [];
  for (const { name, shown } of tables) {
    const type = types.type(name);
    const columns = shown.map((column) => `  ${member(column.name)}: ${columnType(column)};\n`);
    parts.push(`export interface ${type} {\n${columns.join("")}}\n`);
    members.push(`  ${member(name)}: ${type};\n`);
  }
  for (const { name, columns, broken } of views) {
    const type = types.type(name);
    const shown = columns.map((column) => {
      const value = valueType(column.type, "number", "number");
      return `  ${member(column.name)}: ColumnType<${value} | null, never, never>;\n`;
    });
    const note = broken === null ? "" : `: ${comment(broken)}`;
    parts.push(`/** The view ${comment(name)}${note}. */\nexport interface ${type} {\n${shown.join("")}}\n`);
    members.push(`  ${member(name)}: ${type};\n`);
  }
  const body = [...parts, `export interface Database {\n${members.join("")}}\n`].join("\n");
  const kysely = ["ColumnType", "Generated"].filter((name) => body.includes(`${name}<`));
  return (
    (kysely.length === 0 ? "" : `import type { ${kysely.join(", ")} } from "kysely";\n`) +
    (/\bJsonValue\b/.test(body) ? `import type { JsonValue } from ${literal("quire-db")};\n` : "") +
    `\n${body}`
  ).replace(/^\n/, "");
}
