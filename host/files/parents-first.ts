/** The order in which tables can be made and filled one after the other. */
interface Referring {
  readonly name: string;
  /** The names of the tables that it refers to. */
  readonly refersTo: readonly string[];
}

/** The tables with those first that others refer to, as far as they do not refer to each other in circles. */
export function parentsFirst<Table>(tables: readonly Table[], describe: (table: Table) => Referring): Table[] {
  const left = new Map(tables.map((table) => [describe(table).name, table]));
  const ordered: Table[] = [];
  const take = (table: Table): void => {
    const { name, refersTo } = describe(table);
    left.delete(name);
    for (const other of refersTo) {
      const parent = left.get(other);
      if (parent !== undefined) take(parent);
    }
    ordered.push(table);
  };
  for (const table of tables) if (left.has(describe(table).name)) take(table);
  return ordered;
}
