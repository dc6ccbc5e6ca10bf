/** Random tables and rows. */
import type { Random } from "../torture/random.js";
import type { Column, Index, Kind, Model, Row, Shape, Table, Value } from "./model.js";

const TYPE: Record<Kind, string> = {
  uint32: "uint32",
  uint32auto: "uint32",
  int64: "int64",
  text: "text",
  key: "text",
  big: "text",
  blob: "blob",
  date: "date",
  boolean: "boolean",
  uuid: "uuid",
  decimal: "decimal",
  json: "json",
};

export class Generator {
  /** Long index keys make deep trees. */
  longKeys: number;
  constructor(
    readonly random: Random,
    readonly big: number,
    private readonly oneNull: boolean,
  ) {
    this.longKeys = random.pick([0, 0, 40, 400, 3000]);
  }

  shape(table: string, model: Model): Shape {
    const random = this.random;
    const columns: Column[] = [];
    const words: string[] = [];
    const indexes: Index[] = [];
    const groups = new Map<string, string[]>();
    const unique: Index[] = [];
    const plain: Index[] = [];
    const add = (column: Column, flags: string[]): void => {
      columns.push(column);
      words.push([column.name, TYPE[column.kind], ...flags].join(":"));
    };
    const pkKind = random.pick<Kind>(["uint32", "uint32", "uint32auto", "key", "uuid", "int64"]);
    add({ name: "id", kind: pkKind, nullable: false, unique: true }, pkKind === "uint32auto" ? ["pk", "auto"] : ["pk"]);
    indexes.push({ columns: ["id"], unique: true });
    const targets = [...model.values()].filter((table) => table.shape.columns[0]!.kind !== "uint32auto" || random.oneIn(2));
    const count = 1 + random.below(6);
    for (let i = 0; i < count; i++) {
      const name = `c${i}`;
      if (targets.length > 0 && random.oneIn(4)) {
        const target = random.pick(targets);
        const named = random.pick(target.shape.columns.filter((column) => column.unique));
        const cascade = random.oneIn(2);
        const nullable = random.oneIn(2);
        const flags = [...(nullable ? ["null"] : [])];
        const indexed = !random.oneIn(6);
        if (indexed) flags.push("index");
        flags.push(`references=${target.name}.${named.name}`);
        if (cascade) flags.push("cascade");
        const kind = named.kind === "uint32auto" ? "uint32" : named.kind;
        add({ name, kind, nullable, unique: false, references: { table: target.name, column: named.name, cascade } }, flags);
        if (indexed) plain.push({ columns: [name], unique: false });
        continue;
      }
      if (random.oneIn(15) && pkKind !== "uint32auto") {
        const cascade = random.oneIn(2);
        const flags = ["null", "index", `references=${table}.id`, ...(cascade ? ["cascade"] : [])];
        add({ name, kind: pkKind, nullable: true, unique: false, references: { table, column: "id", cascade } }, flags);
        plain.push({ columns: [name], unique: false });
        continue;
      }
      const kind = random.pick<Kind>([
        "uint32",
        "int64",
        "text",
        "key",
        "big",
        "big",
        "blob",
        "date",
        "boolean",
        "uuid",
        "decimal",
        "json",
      ]);
      const indexable = kind !== "big";
      const isUnique = indexable && kind !== "boolean" && kind !== "json" && random.oneIn(5);
      const nullable = random.oneIn(3);
      const flags = [...(isUnique ? ["unique"] : []), ...(nullable ? ["null"] : [])];
      if (isUnique) unique.push({ columns: [name], unique: true });
      else if (indexable && random.oneIn(2)) {
        if (random.oneIn(2)) {
          flags.push("index");
          plain.push({ columns: [name], unique: false });
        } else {
          const group = random.pick(["ga", "gb"]);
          flags.push(`index=${group}`);
          groups.set(group, [...(groups.get(group) ?? []), name]);
        }
      }
      add({ name, kind, nullable, unique: isUnique }, flags);
    }
    for (const [, names] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (names.length > 1) plain.push({ columns: names, unique: false });
      else if (!plain.some((index) => index.columns.length === 1 && index.columns[0] === names[0]))
        plain.push({ columns: names, unique: false });
    }
    return { columns, words, indexes: [...indexes, ...unique, ...plain], oneNull: this.oneNull };
  }

  #text(len: number): string {
    const random = this.random;
    const word = random.u32().toString(36);
    return word.repeat(Math.ceil(len / word.length)).slice(0, len);
  }

  value(column: Column, model: Model): Value {
    const random = this.random;
    if (column.nullable && random.oneIn(5)) return null;
    const { references } = column;
    if (references !== undefined && !random.oneIn(12)) {
      const rows = model.get(references.table)?.rows;
      if (rows !== undefined && rows.size > 0) {
        const keys = [...rows.keys()];
        const value = rows.get(random.pick(keys))![references.column] ?? null;
        if (value !== null || column.nullable) return value;
      }
    }
    switch (column.kind) {
      case "uint32":
      case "uint32auto":
        return random.oneIn(4) ? random.u32() : random.below(column.unique ? 3000 : 50);
      case "int64":
        return String(random.oneIn(3) ? random.u32() - 2_000_000_000 : random.below(column.unique ? 3000 : 50));
      case "text":
        return this.#text(random.below(30));
      case "key": {
        const len = this.longKeys > 0 && random.oneIn(2) ? random.below(this.longKeys) : random.below(30);
        return (
          (column.unique || random.oneIn(2) ? "" : random.pick(["a", "b", "same"])) +
          (column.unique ? String(random.below(2000)) : "") +
          this.#text(len)
        );
      }
      case "big":
        return this.#text(random.oneIn(3) ? random.below(this.big) : random.below(200));
      case "blob":
        return this.random
          .u32()
          .toString(16)
          .padStart(8, "0")
          .repeat(random.below(random.oneIn(6) ? 100 : 4));
      case "date":
        return `20${10 + random.below(80)}-0${1 + random.below(9)}-${10 + random.below(18)}`;
      case "boolean":
        return random.oneIn(2);
      case "uuid": {
        const hex = random.oneIn(2)
          ? random.below(3000).toString(16).padStart(8, "0").repeat(4)
          : random.u32().toString(16).padStart(8, "0") + random.u32().toString(16).padStart(24, "0");
        return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
      }
      case "decimal":
        return `${random.below(100000)}.${10 + random.below(90)}`;
      case "json":
        return random.below(1000);
    }
  }

  row(table: Table, model: Model): Row {
    const row: Row = {};
    for (const column of table.shape.columns) {
      if (column.kind === "uint32auto" && this.random.below(10) > 0) continue;
      row[column.name] = this.value(column, model);
    }
    return row;
  }
}
