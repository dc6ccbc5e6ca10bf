/** Where in the file the user is, as the page's address says it. */

/** How a table is looked at. */
export interface TableLook {
  readonly table: string;
  /** A condition of SQL. */
  readonly where: string;
  readonly order: string;
  readonly descending: boolean;
}

/** What is shown asks for it of the page around it. */
export interface Around {
  goTable(look: TableLook): void;
  /** Something was changed: counts and definitions are looked at again. */
  changed(): Promise<void>;
}

/** A table's rows as they come, or those of a condition. */
export function lookAt(table: string, where = ""): TableLook {
  return { table, where, order: "", descending: false };
}

export function addressOf({ table, where, order, descending }: TableLook): string {
  const words = new URLSearchParams();
  if (where !== "") words.set("where", where);
  if (order !== "") words.set("order", order);
  if (descending) words.set("descending", "1");
  const rest = words.size === 0 ? "" : `?${words.toString()}`;
  return `#table/${encodeURIComponent(table)}${rest}`;
}

/** What an address says; null when it is that of no table. */
export function lookOf(hash: string): TableLook | null {
  const match = /^#table\/([^?]*)(?:\?(.*))?$/.exec(hash);
  if (match === null) return null;
  const words = new URLSearchParams(match[2] ?? "");
  const [where, order] = [words.get("where") ?? "", words.get("order") ?? ""];
  return { table: decodeURIComponent(match[1] ?? ""), where, order, descending: words.has("descending") };
}
