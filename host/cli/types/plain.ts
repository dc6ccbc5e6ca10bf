/** Types for programs that use the package alone: an interface for each row, and definitions that tables are opened by. */
import { TYPE_SIZES } from "../../api/table-schema.js";
import { Identifiers, comment, literal, member } from "./names.js";
import type { Relations, TypedTable } from "./relations.js";

/** What values of a type are in rows; `integers` and `decimals` are what those are that numbers are not exact for. */
export function valueType(type: string, integers: string, decimals: string): string {
  if (/^u?int/.test(type)) return type.endsWith("64") ? integers : "number";
  if (type === "decimal") return decimals;
  if (type === "boolean") return type;
  if (type === "json") return "JsonValue";
  if (type === "blob" || !Object.hasOwn(TYPE_SIZES, type)) return "Uint8Array";
  return "string";
}

function definition(variable: string, { name, alignment, columns }: TypedTable): string {
  // JavaScript would put columns with such names first.
  if (columns.some((column) => /^\d+$/.test(column.name)))
    return `// ${comment(name)} has columns that are called as numbers are: db.table<Row>(${literal(name)}) opens it.\n`;
  const words = columns.map((column) => `  ${member(column.name)}: ${literal(column.word)},\n`).join("");
  const options = alignment === undefined ? "" : `, { alignment: ${alignment} }`;
  return `export const ${variable} = defineTable(${literal(name)}, {\n${words}}${options});\n`;
}

function rowType(
  name: string,
  columns: readonly { readonly name: string; readonly type: string; readonly null: boolean }[],
): string {
  const members = columns.map((column) => {
    const type = valueType(column.type, "bigint", "string");
    return `  ${member(column.name)}: ${type}${column.null ? " | null" : ""};\n`;
  });
  return `export interface ${name} {\n${members.join("")}}\n`;
}

export function plainTypes({ tables, views }: Relations): string {
  const types = new Identifiers(["JsonValue"]);
  const variables = new Identifiers(["defineTable"]);
  const parts: string[] = [];
  for (const table of tables) {
    const type = types.type(table.name);
    parts.push(`${rowType(type, table.columns)}\n${definition(variables.variable(table.name), table)}`);
  }
  for (const { name, columns, broken } of views) {
    const nullable = columns.map((column) => ({ ...column, null: true }));
    const what = broken === null ? rowType(types.type(name), nullable) : `// ${comment(broken)}\n`;
    parts.push(`/** The view ${comment(name)}. */\n${what}`);
  }
  const body = parts.join("\n");
  const imports = [
    ...(body.includes("JsonValue") ? ["type JsonValue"] : []),
    ...(body.includes("= defineTable(") ? ["defineTable"] : []),
  ];
  return `${imports.length === 0 ? "" : `import { ${imports.join(", ")} } from "quire-db";\n\n`}${body}`;
}
