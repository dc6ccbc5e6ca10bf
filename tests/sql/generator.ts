/**
 * Seeded tables, rows and statements of SQL that both Quire and SQLite take, typed as Quire wants it. Where the two are written differently,
 * the text has `⟦Quire's¦SQLite's⟧` (`render`).
 */
import { Random } from "../torture/random.js";
import { type Rows, windowCall } from "./windows.js";

export type Type = "int" | "uint" | "text" | "bool" | "date" | "dec" | "blob";

export interface Column {
  readonly name: string;
  readonly type: Type;
  /** Its type and flags in words of `create`. */
  readonly words: string;
  readonly isNull: boolean;
  /** Values that it may have, as literals. */
  readonly values: readonly string[];
}

export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Rows of literals. */
  readonly rows: string[][];
}

/** How a column of a result is compared: exactly, nearly (an average), or as a set of pieces (group_concat). */
export type How = "exact" | "near" | "pieces";

export interface Query {
  readonly sql: string;
  /** Of each column. */
  readonly how: readonly How[];
  /** Whether ORDER BY decides the whole order. */
  readonly ordered: boolean;
}

/** The text for one of the two. */
export function render(sql: string, engine: "quire" | "sqlite"): string {
  return sql.replaceAll(/⟦([^¦⟧]*)¦([^⟧]*)⟧/gu, engine === "quire" ? "$1" : "$2");
}

const VALUES: Readonly<Record<Type, readonly string[]>> = {
  int: ["0", "1", "2", "3", "-1", "7", "10", "-13"],
  uint: ["0", "1", "2", "3", "40", "4294967295"],
  text: ["''", "'a'", "'b'", "'ab'", "'A'", "'a%'", "'é'", "'_x'", "'zz top'", "'ba\\'", "'10'", "' a '"],
  bool: ["TRUE", "FALSE"],
  date: ["'1999-12-31'", "'2000-01-01'", "'2024-02-29'", "'0001-01-01'", "'9999-12-31'"],
  dec: ["0.0", "0.25", "-0.5", "1.0", "2.0", "1.75", "3.5", "-13.0", "100.125"],
  blob: ["x''", "x'00'", "x'0001'", "x'ff'", "x'6162'"],
};
const EXTREMES = ["9223372036854775807", "-9223372036854775808", "0", "9007199254740993", "-1"];
const WORDS: Readonly<Record<Type, readonly string[]>> = {
  int: ["int64", "int32", "int16"],
  uint: ["uint32", "uint64"],
  text: ["text"],
  bool: ["boolean"],
  date: ["date"],
  dec: ["decimal"],
  blob: ["blob"],
};
const NAMES: readonly (readonly [string, Type])[] = [
  ["a", "int"],
  ["b", "int"],
  ["u", "uint"],
  ["s", "text"],
  ["t", "text"],
  ["f", "bool"],
  ["d", "date"],
  ["n", "dec"],
  ["m", "dec"],
  ["x", "blob"],
];
const TYPES = Object.keys(VALUES) as Type[];

/** A column that an expression may name. */
interface Ref {
  readonly text: string;
  readonly type: Type;
}

/** Something of FROM. */
interface Source {
  readonly alias: string;
  readonly columns: readonly { readonly name: string; readonly type: Type }[];
}

interface Output {
  readonly sql: string;
  readonly type: Type;
  readonly how: How;
}

export class Generator {
  readonly tables: Table[];
  /** Large tables are joined by their keys only. */
  readonly isLarge: boolean;
  private aliases = 0;

  constructor(private readonly random: Random) {
    this.isLarge = random.oneIn(8);
    this.tables = Array.from({ length: 2 + random.below(3) }, (_, i) => this.table(`t${i}`));
  }

  private table(name: string): Table {
    const random = this.random;
    const columns: Column[] = [{ name: "id", type: "int", words: "int64:pk", isNull: false, values: [] }];
    for (const [column, type] of NAMES) {
      if (random.oneIn(4)) continue;
      const isNull = !random.oneIn(3);
      const index = random.pick(["", "", ":index", ":index=both", ":index=both"]);
      const own = random.pick(WORDS[type]);
      columns.push({ name: column, type, words: `${own}${isNull ? ":null" : ""}${index}`, isNull, values: VALUES[type] });
    }
    if (random.oneIn(2)) {
      columns.push({ name: "big", type: "int", words: "int64:null:index", isNull: true, values: EXTREMES });
    }
    if (random.oneIn(2)) {
      const isNull = random.oneIn(2);
      columns.push({ name: "k", type: "text", words: `text:unique${isNull ? ":null" : ""}`, isNull, values: [] });
    }
    const count = this.isLarge ? random.pick([1100, 1500]) : random.pick([0, 1, 3, 9, 9, 20, 30]);
    const rows: string[][] = [];
    for (let r = 0; r < count; r++) {
      rows.push(
        columns.map(({ name: column, isNull, values }) => {
          if (column === "id") return String(r * 3 - 6);
          if (column === "k" && !(isNull && random.oneIn(3))) return `'k${(r * 7919) % 2311}'`;
          if (column === "k") return "NULL";
          return isNull && random.oneIn(4) ? "NULL" : random.pick(values);
        }),
      );
    }
    return { name, columns, rows };
  }

  /** An expression of a type over these columns. */
  private expression(type: Type, refs: readonly Ref[], depth: number): string {
    const random = this.random;
    const mine = refs.filter((ref) => ref.type === type);
    const sub = (wanted: Type = type): string => this.expression(wanted, refs, depth - 1);
    if (depth <= 0 || random.oneIn(3)) {
      if (mine.length > 0 && !random.oneIn(4)) return random.pick(mine).text;
      if (random.oneIn(12)) return this.null(type);
      return this.literal(type);
    }
    switch (random.below(12)) {
      case 0:
        return `COALESCE(${sub()}, ${sub()}${random.oneIn(2) ? `, ${sub()}` : ""})`;
      case 1:
        return `NULLIF(${sub()}, ${sub()})`;
      case 2:
        return `CASE WHEN ${sub("bool")} THEN ${sub()}${random.oneIn(2) ? ` WHEN ${sub("bool")} THEN ${sub()}` : ""} ELSE ${sub()} END`;
      case 3: {
        const subject = random.pick(TYPES);
        const other = random.oneIn(2) ? ` ELSE ${sub()}` : "";
        return `CASE ${sub(subject)} WHEN ${sub(subject)} THEN ${sub()} WHEN ${sub(subject)} THEN ${sub()}${other} END`;
      }
      case 4:
        if (type !== "bool") return `${random.pick(["MAX", "MIN"])}(${sub()}, ${sub()})`;
        break;
      case 5:
        if (depth > 1 && random.oneIn(2)) return this.scalar(type, refs);
        break;
    }
    return this.special(type, sub, refs, depth);
  }

  private special(type: Type, sub: (type?: Type) => string, refs: readonly Ref[], depth: number): string {
    const random = this.random;
    switch (type) {
      case "int":
        switch (random.below(13)) {
          case 0:
            return `(${sub()} / NULLIF(${sub()}, 0))`;
          case 1:
            return `(${sub()} % NULLIF(${sub()}, 0))`;
          case 2:
            return `(- ${sub()})`;
          case 3:
            return `ABS(${sub()})`;
          case 4:
            return `LENGTH(${sub(random.pick(["text", "blob"]))})`;
          case 5:
            return `INSTR(${sub("text")}, ${sub("text")})`;
          case 6:
            return `(${sub()} ${random.pick(["&", "|"])} ${sub()})`;
          case 7:
            return `CAST(CAST(${sub()} AS text) AS integer)`;
          case 8:
            return `SIGN(${sub(random.pick(["int", "dec"]))})`;
          case 9:
            return `JSON_ARRAY_LENGTH(JSON_ARRAY(${sub()}, ${sub("text")}, ${sub("blob")}⟦¦ IS NULL⟧))`;
          case 10:
            return `CAST(STRFTIME('${random.pick(["%d", "%j", "%w", "%Y", "%W"])}', ${sub("date")}) AS integer)`;
          default:
            return `(${sub()} ${random.pick(["+", "-", "*"])} ${sub()})`;
        }
      case "dec":
        if (random.oneIn(4)) return `(- ${sub()})`;
        if (random.oneIn(4)) return `ABS(${sub()})`;
        return `(${sub()} ${random.pick(["+", "-", "*"])} ${random.oneIn(3) ? this.smallInteger(refs) : sub()})`;
      case "text":
        switch (random.below(11)) {
          case 7:
            return `(JSON_OBJECT('k', ${sub()}) ->> ${random.pick(["'k'", "'$.k'", "'$.\"k\"'"])})`;
          case 8:
            // SQLite's text is still JSON inside of other JSON, until something is done with it.
            return `(CAST(JSON_ARRAY(${this.smallInteger(refs)}, ${sub()}, JSON_OBJECT('k', ${sub()})) AS text)⟦¦ || ''⟧)`;
          case 9:
            return `PRINTF('%s|%Q|%4d', ${sub()}, ${sub()}, ${sub("int")})`;
          case 10:
            return `STRFTIME('${random.pick(["%d.%m.%Y", "%Y-W%W", "%j"])}', ${sub("date")}, '-1 month')`;
          case 0:
            return `${random.pick(["UPPER", "LOWER", "TRIM", "LTRIM", "RTRIM"])}(${sub()})`;
          case 1:
            return `SUBSTR(${sub()}, ${random.pick(["-2", "-1", "0", "1", "2", "3"])}${random.pick(["", ", 1", ", 2", ", -1", ", 0"])})`;
          case 2:
            return `REPLACE(${sub()}, ${random.pick(["'a'", "'b'", "' a'", "'ab'"])}, ${sub()})`;
          case 3:
            return `CAST(${sub(random.pick(["int", "date"]))} AS text)`;
          case 4:
            return `HEX(COALESCE(${sub("blob")}, x'ff'))`;
          default:
            return `(${sub()} || ${sub(random.pick(["text", "text", "int"]))})`;
        }
      case "bool":
        return this.condition(sub, refs, depth);
      case "date":
        return `DATE(${sub()}, '${random.pick(["start of month", "start of year", "-1 day", "-1 month", "-30 hours"])}')`;
      case "blob":
        return `UNHEX(HEX(COALESCE(${sub()}, x'00')))`;
      default:
        return sub();
    }
  }

  private condition(sub: (type?: Type) => string, refs: readonly Ref[], depth: number): string {
    const random = this.random;
    const type = random.pick(TYPES);
    const other: Type = type === "int" || type === "dec" ? random.pick([type, type, "int", "dec"]) : type;
    switch (random.below(17)) {
      case 16: {
        const second = random.pick(TYPES);
        const row = (): string => `(${sub(type)}, ${sub(second)})`;
        const ops = ["=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT"];
        switch (random.below(4)) {
          case 0:
            return `(${row()} ${random.pick(["", "NOT "])}IN (⟦¦VALUES ⟧${row()}, ${row()}))`;
          case 1:
            return `(${row()} ${random.pick(["", "NOT "])}BETWEEN ${row()} AND ${row()})`;
          default:
            return `(${row()} ${random.pick(ops)} ${row()})`;
        }
      }
      case 0:
      case 1:
      case 2:
        return `(${sub(type)} ${random.pick(["=", "=", "<>", "<", "<=", ">", ">=", "!=", "=="])} ${sub(other)})`;
      case 3:
        return `(${sub(type)} IS ${random.pick(["", "NOT "])}NULL)`;
      case 4:
        return `(${sub(type)} ${random.pick(["", "NOT "])}BETWEEN ${sub(type)} AND ${sub(other)})`;
      case 5: {
        const items = Array.from({ length: random.below(5) }, () =>
          random.oneIn(5) ? "NULL" : random.oneIn(4) ? sub(type) : this.literal(type),
        );
        return `(${sub(type)} ${random.pick(["", "NOT "])}IN (${items.join(", ")}))`;
      }
      case 6:
        return `(${sub(type)} IS ${random.pick(["", "NOT "])}DISTINCT FROM ${sub(type)})`;
      case 7: {
        const pattern = random.pick([
          "'%'",
          "'a%'",
          "'%a%'",
          "'_'",
          "'%b'",
          "'a\\%'",
          "'A_'",
          "'\\_x'",
          "'%\\\\'",
          "''",
          "'%_%_'",
          "'é%'",
        ]);
        if (random.oneIn(3))
          return `(⟦¦LOWER(⟧${sub("text")}⟦¦)⟧ ${random.pick(["", "NOT "])}⟦ILIKE¦LIKE⟧ ⟦¦LOWER(⟧${pattern}⟦¦)⟧⟦¦ ESCAPE '\\'⟧)`;
        return `(${sub("text")} ${random.pick(["", "NOT "])}LIKE ${pattern}⟦¦ ESCAPE '\\'⟧)`;
      }
      case 8:
        return `(${sub("text")} ${random.pick(["", "NOT "])}GLOB ${random.pick(["'*'", "'a*'", "'?'", "'[a-b]*'", "'[^a]*'", "'*b'", "'[]]'", "'[a'"])})`;
      case 9:
        return `(NOT ${sub("bool")})`;
      case 10:
        return depth > 1 ? this.inQuery(sub(type), type, refs) : sub("bool");
      case 12:
        // In SQLite a collation inside of an expression is its result's, too, unless it has one of its own.
        return `⟦¦(⟧(${sub("text")} COLLATE NOCASE ${random.pick(["=", "<", "<>", ">="])} ${sub("text")})⟦¦ COLLATE BINARY)⟧`;
      case 11:
        return `(${sub("bool")} IS ${random.pick(["", "NOT "])}${random.pick(["TRUE", "FALSE"])})`;
      default:
        return `(${sub("bool")} ${random.pick(["AND", "OR"])} ${sub("bool")}${random.oneIn(3) ? ` ${random.pick(["AND", "OR"])} ${sub("bool")}` : ""})`;
    }
  }

  /** One that SQLite's floats hold exactly, too. */
  private smallInteger(refs: readonly Ref[]): string {
    const mine = refs.filter(({ text, type }) => type === "int" && /\.(?:id|a|b)$/u.test(text));
    return mine.length > 0 ? this.random.pick(mine).text : this.literal("int");
  }

  private literal(type: Type): string {
    const chosen = this.random.pick(VALUES[type]);
    return type === "date" ? `⟦CAST(¦⟧${chosen}⟦ AS date)¦⟧` : chosen;
  }

  private null(type: Type): string {
    const own = { int: "integer", uint: "uint64", text: "text", bool: "boolean", date: "date", dec: "decimal", blob: "blob" };
    return this.random.oneIn(2) && type !== "uint" ? "NULL" : `⟦CAST(NULL AS ${own[type]})¦NULL⟧`;
  }

  /** FROM with one table, and the names that a query over it has: its own, and now and then those of the rows around it. */
  private inner(around: readonly Ref[]): { from: string; own: Ref[]; all: Ref[]; id: string } {
    const source = this.random.pick(this.tables);
    const alias = `q${++this.aliases}`;
    const own = refsOf([{ alias, columns: source.columns }]);
    // SQLite would go through a large table for each pair of rows of two others.
    const isCheap = !this.isLarge || new Set(around.map(({ text }) => text.split(".")[0])).size < 2;
    const outer = isCheap && this.random.oneIn(2) ? around.filter(({ text }) => /^\w+\.\w+$/u.test(text)) : [];
    return { from: `${source.name} AS ${alias}`, own, all: [...own, ...outer], id: `${alias}.id` };
  }

  /** A condition of such a query; in every other one of those that know rows around them, something of theirs is equal to something of it. */
  private innerWhere(own: readonly Ref[], all: readonly Ref[]): string {
    const random = this.random;
    const outer = all.slice(own.length);
    const pairs = outer.flatMap((o) => own.filter(({ type }) => type === o.type).map((mine) => `${mine.text} = ${o.text}`));
    const equal = pairs.length > 0 && random.oneIn(2) ? random.pick(pairs) : "";
    if (equal !== "" && random.oneIn(2)) return ` WHERE ${equal}`;
    return ` WHERE ${this.expression("bool", all, 1)}${equal === "" ? "" : ` AND ${equal}`}`;
  }

  /** A query as a value: one row at most. */
  private scalar(type: Type, around: readonly Ref[]): string {
    const random = this.random;
    const { from, own, all, id } = this.inner(around);
    const where = this.innerWhere(own, all);
    if (type === "int" && random.oneIn(2))
      return `(SELECT ${random.pick(["COUNT(*)", `COUNT(${id})`, `MAX(${id})`])} FROM ${from}${where})`;
    if (type !== "bool" && random.oneIn(2))
      return `(SELECT ${random.pick(["MIN", "MAX"])}(${this.expression(type, own, 1)}) FROM ${from}${random.oneIn(2) ? where : ""})`;
    const alias = id.slice(0, id.indexOf("."));
    const columns = own.map(({ text, type: of }) => ({ name: text.slice(alias.length + 1), type: of }));
    const value = random.oneIn(5)
      ? windowCall(random, type, this.windowRows([{ alias, columns }], all), true).sql
      : this.expression(type, all, 1);
    return `(SELECT ${value} FROM ${from}${where} ORDER BY ${id}${random.pick(["", " DESC"])} LIMIT 1)`;
  }

  private inQuery(subject: string, type: Type, around: readonly Ref[]): string {
    const random = this.random;
    const { from, own, all, id } = this.inner(around);
    const where = random.oneIn(2) ? this.innerWhere(own, all) : "";
    const not = random.pick(["", "NOT "]);
    if (random.oneIn(3)) return `(${not}EXISTS (SELECT 1 FROM ${from}${where}))`;
    const text = around.filter((ref) => ref.type === "text");
    if (text.length > 0 && random.oneIn(6))
      return `⟦¦(⟧(${random.pick(text).text} COLLATE NOCASE ${not}IN (SELECT ${this.expression("text", all, 0)} FROM ${from}${where}))⟦¦ COLLATE BINARY)⟧`;
    if (random.oneIn(4)) {
      const second = random.pick(TYPES);
      const row = `(${subject}, ${this.expression(second, around, 0)})`;
      const inner = `SELECT ${this.expression(type, all, 0)}, ${this.expression(second, all, 0)} FROM ${from}${where}`;
      if (random.oneIn(2)) return `(${row} ${not}IN (${inner}))`;
      const op = random.pick(["=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT"]);
      return `(${row} ${op} (${inner} ORDER BY ${id}${random.pick(["", " DESC"])} LIMIT 1))`;
    }
    return `(${subject} ${random.pick(["", "NOT "])}IN (SELECT ${this.expression(type, all, 1)} FROM ${from}${where}))`;
  }

  // ---- queries ----

  /** FROM, and what it has. */
  private from(
    depth: number,
    common: readonly Source[],
  ): { readonly sql: string; readonly sources: readonly Source[]; readonly shared: readonly Ref[] } {
    const random = this.random;
    const most = this.isLarge || depth === 0 ? 2 : 4;
    let count = 1 + random.below(random.oneIn(3) ? most : 2);
    const sources: Source[] = [];
    let sql = "";
    let isStrict = true;
    const shared: Ref[] = [];
    for (let i = 0; i < count; i++) {
      const { sql: text, source, isQuery } = this.source(depth, common);
      // Rows of several queries, all with all, would take SQLite minutes.
      if (isQuery) {
        depth = 0;
        common = [];
        count = Math.min(count, Math.max(i + 1, 2));
      }
      if (i === 0) {
        sql = text;
        sources.push(source);
        continue;
      }
      const joins = [
        "JOIN",
        "INNER JOIN",
        "LEFT JOIN",
        "LEFT OUTER JOIN",
        "RIGHT JOIN",
        "FULL JOIN",
        ...(this.isLarge ? [] : ["CROSS JOIN", ","]),
      ];
      const join = random.pick(joins);
      if (join === "CROSS JOIN" || join === ",") {
        // A comma binds less than a join, but for SQLite, where all bind alike: the same as long as no ON behind it looks to the left.
        sql += join === "," ? `, ${text}` : ` CROSS JOIN ${text}`;
        sources.push(source);
        continue;
      }
      const left = sources.at(-1) as Source;
      const alike = source.columns.filter((c) => left.columns.some((o) => o.name === c.name && o.type === c.type));
      if (alike.length > 0 && isStrict && count === 2 && random.oneIn(4) && !this.isLarge) {
        const { name, type } = random.pick(alike);
        sql += ` ${join} ${text} USING (${name})`;
        sources.push(source);
        shared.push({ text: name, type }, { text: name, type });
        continue;
      }
      isStrict = isStrict && join.endsWith("N");
      const both = refsOf([...sources, source]);
      const ons: string[] = [];
      const tries = this.isLarge ? 1 : random.below(3);
      for (let t = 0; t < tries; t++) {
        const type = this.isLarge ? "int" : random.pick(TYPES);
        const wanted = (from: readonly Source[]): Ref[] =>
          refsOf(from).filter((ref) => ref.type === type && (!this.isLarge || ref.text.endsWith(".id")));
        const lefts = wanted(sources);
        const rights = wanted([source]);
        if (lefts.length > 0 && rights.length > 0) ons.push(`${random.pick(lefts).text} = ${random.pick(rights).text}`);
      }
      if (this.isLarge && ons.length === 0) ons.push("1 = 0");
      if (ons.length === 0 || random.oneIn(3)) ons.push(this.expression("bool", both, 2));
      if (random.oneIn(6)) ons.push(this.expression("bool", refsOf([source]), 1));
      sql += ` ${join} ${text} ON ${random.shuffled(ons).join(" AND ")}`;
      sources.push(source);
    }
    // They have an id, too.
    const mayBeElements = shared.every(({ text }) => text !== "id");
    if (!this.isLarge && mayBeElements && random.oneIn(6)) sql += this.elements(sources);
    return { sql, sources, shared };
  }

  /** Joins the elements of an array of what `sources` have, which become one of them. */
  private elements(sources: Source[]): string {
    const random = this.random;
    const alias = `e${++this.aliases}`;
    const numbers = refsOf(sources).filter(({ type }) => type === "int" || type === "uint");
    if (numbers.length > 0 && random.oneIn(2)) {
      const items = Array.from({ length: 1 + random.below(4) }, () => random.pick(["0", "1", "2", "3", "NULL", "2.5", "7"]));
      const on = `${alias}.${random.pick(["value", "value", "atom", "key"])} ${random.pick(["=", "=", "=", "<", ">="])} ${random.pick(numbers).text}`;
      sources.push({ alias, columns: ["type", "fullkey"].map((name) => ({ name, type: "text" as const })) });
      return ` ${random.pick(["JOIN", "LEFT JOIN"])} json_each(json_array(${items.join(", ")})) AS ${alias} ON ${on}`;
    }
    const texts = refsOf(sources).filter(({ type }) => type === "text");
    const items = Array.from({ length: 1 + random.below(3) }, () =>
      texts.length > 0 && !random.oneIn(5) ? random.pick(texts).text : this.literal("text"),
    );
    // In SQLite `value` is a document to functions of JSON, and text to others.
    const columns = ["atom", "type", "fullkey"].map((name) => ({ name, type: "text" as const }));
    sources.push({ alias, columns });
    const text = `${random.pick(["json_each", "json_tree"])}(json_array(${items.join(", ")}))`;
    const join = random.pick([",", "CROSS JOIN", "JOIN", "LEFT JOIN"]);
    if (join === "," || join === "CROSS JOIN") return `${join === "," ? "," : " CROSS JOIN"} ${text} AS ${alias}`;
    return ` ${join} ${text} AS ${alias} ON ${this.expression("bool", refsOf(sources), 2)}`;
  }

  private source(
    depth: number,
    common: readonly Source[],
  ): { readonly sql: string; readonly source: Source; readonly isQuery: boolean } {
    const random = this.random;
    const alias = `r${++this.aliases}`;
    if (common.length > 0 && random.oneIn(2)) {
      const chosen = random.pick(common);
      return { sql: `${chosen.alias} AS ${alias}`, source: { alias, columns: chosen.columns }, isQuery: true };
    }
    if (depth > 0 && random.oneIn(5)) {
      const { sql, columns } = this.derived(depth - 1, common);
      return { sql: `(${sql}) AS ${alias}`, source: { alias, columns }, isQuery: true };
    }
    const table = random.pick(this.tables);
    const sql = `${table.name}${random.oneIn(2) ? " AS" : ""} ${alias}`;
    return { sql, source: { alias, columns: table.columns }, isQuery: false };
  }

  /** A query with names for its columns, which are compared exactly. */
  private derived(depth: number, common: readonly Source[]): { sql: string; columns: { name: string; type: Type }[] } {
    const { sql, outputs } = this.select(depth, common, true);
    return { sql, columns: outputs.map(({ type }, i) => ({ name: `c${i}`, type })) };
  }

  /** A SELECT with what it gives; `named`: its columns are c0, c1 … */
  private select(
    depth: number,
    common: readonly Source[],
    named: boolean,
    types?: readonly Type[],
  ): { sql: string; outputs: Output[] } {
    const random = this.random;
    const { sql: from, sources, shared } = this.from(depth, common);
    const refs = [...refsOf(sources), ...shared];
    const isGrouped = random.oneIn(3);
    const wanted = types ?? Array.from({ length: 1 + random.below(4) }, () => random.pick(TYPES));
    const where = random.oneIn(3) ? "" : ` WHERE ${this.where(refs)}`;
    const outputs: Output[] = [];
    let tail = "";
    /** Whether the first output's alias is a name in HAVING. */
    let isAliased = false;
    if (isGrouped) {
      const keys = Array.from({ length: random.below(3) }, () => {
        const type = random.pick(TYPES);
        const mine = refs.filter((ref) => ref.type === type);
        // A number would be a place in the result.
        if (mine.length > 0)
          return {
            sql: random.oneIn(3) ? `COALESCE(${random.pick(mine).text}, ${random.pick(mine).text})` : random.pick(mine).text,
            type,
          };
        return { sql: random.pick(refs).text, type: "int" };
      }).filter(({ sql, type }) => refs.some((ref) => sql.includes(ref.text) && ref.type === type));
      const hasWindows = random.oneIn(6);
      const rows: Rows = {
        value: (type) => {
          const mine = keys.filter((key) => key.type === type);
          return mine.length > 0 && random.oneIn(2) ? random.pick(mine).sql : this.ownAggregate(type, refs, true).sql;
        },
        ids: keys.map(({ sql }) => sql),
        numbers: [],
      };
      for (const type of wanted) {
        const mine = keys.filter((key) => key.type === type);
        if (hasWindows && random.oneIn(2))
          outputs.push({ ...windowCall(random, type, rows, named || types !== undefined), type });
        else if (mine.length > 0 && random.oneIn(2)) outputs.push({ sql: random.pick(mine).sql, type, how: "exact" });
        // Beside windows SQLite knows no aggregate that stands in a query inside.
        else if (hasWindows) outputs.push(this.ownAggregate(type, refs, named || types !== undefined));
        else outputs.push(this.aggregate(type, refs, named || types !== undefined));
      }
      if (keys.length > 0) tail += ` GROUP BY ${keys.map(({ sql }) => sql).join(", ")}`;
      const first = outputs[0];
      isAliased = !named && keys.length > 0 && !hasWindows && first?.how === "exact" && first.type !== "bool" && random.oneIn(4);
      if (isAliased && first)
        tail += ` HAVING h0 ${random.pick(["=", "<", ">=", "<>"])} ${this.literal(first.type)} ${random.pick(["AND", "OR"])} COUNT(*) > 1`;
      else if (random.oneIn(3)) {
        const type = random.pick(["int", "text", "dec", "date"] as const);
        const left = this.aggregate(type, refs, true).sql;
        const having = `${left} ${random.pick(["=", "<", ">=", "<>"])} ${this.literal(type)}`;
        // SQLite wants an aggregate besides windows for it.
        if (keys.length > 0 && !hasWindows)
          tail += ` HAVING ${random.pick(["", "NOT "])}(${having})${random.oneIn(3) ? " OR COUNT(*) > 1" : ""}`;
      }
    } else {
      const hasWindows = random.oneIn(5);
      const rows = this.windowRows(sources, refs);
      for (const type of wanted) {
        if (hasWindows && random.oneIn(2))
          outputs.push({ ...windowCall(random, type, rows, named || types !== undefined), type });
        else outputs.push({ sql: this.expression(type, refs, 3), type, how: "exact" });
      }
    }
    const named0 = isAliased ? "h0" : "c0";
    const list = outputs
      .map(({ sql }, i) => {
        const name = i === 0 ? named0 : `c${i}`;
        return name === "h0" || named || random.oneIn(4) ? `${sql} AS ${name}` : `${sql}⟦¦ AS ${name}⟧`;
      })
      .join(", ");
    const distinct = outputs.every(({ how }) => how === "exact") && random.oneIn(5) ? "DISTINCT " : "";
    return { sql: `SELECT ${distinct}${list} FROM ${from}${where}${tail}`, outputs };
  }

  /** What windows over FROM are of; `refs` are all that their values may name. */
  private windowRows(sources: readonly Source[], refs: readonly Ref[]): Rows {
    const own = refsOf(sources);
    const ids = sources.map(({ alias }) => `${alias}.id`);
    return {
      value: (type) => this.expression(type, refs, 2),
      ids: ids.every((id) => own.some(({ text }) => text === id)) ? ids : undefined,
      numbers: own.filter(({ text }) => /\.(?:id|a|b|u|n|m)$/u.test(text)).map(({ text }) => text),
    };
  }

  /** A condition that indexes often help with. */
  private where(refs: readonly Ref[]): string {
    const random = this.random;
    const simple = (): string => {
      const ref = random.pick(refs);
      if (random.oneIn(8)) return `${ref.text} IS ${random.pick(["", "NOT "])}NULL`;
      const values = ref.text.endsWith(".big") ? EXTREMES : VALUES[ref.type];
      const value = random.oneIn(10) ? "NULL" : random.pick(values);
      if (random.oneIn(4)) return `${ref.text} BETWEEN ${value} AND ${random.pick(values)}`;
      if (random.oneIn(6)) return `${ref.text} IN (${value}, ${random.pick(values)})`;
      if (random.oneIn(8) && (ref.type === "int" || ref.type === "uint" || ref.type === "text")) {
        const list = `(SELECT value FROM json_each(json_array(${random.pick(values)}, ${value}, ${random.pick(values)})))`;
        return `${ref.text} ${random.pick(["", "", "NOT "])}IN ${list}`;
      }
      const op = random.pick(["=", "=", "=", "<", "<=", ">", ">=", "<>"]);
      return random.oneIn(4) ? `${value} ${op} ${ref.text}` : `${ref.text} ${op} ${value}`;
    };
    const parts = Array.from({ length: 1 + random.below(3) }, () => {
      if (random.oneIn(3) || refs.length === 0) return this.expression("bool", refs, 3);
      if (!random.oneIn(5)) return simple();
      const either = Array.from({ length: 2 + random.below(3) }, () =>
        random.oneIn(3) ? `(${simple()} AND ${simple()})` : simple(),
      );
      return `(${either.join(" OR ")})`;
    });
    return parts.join(" AND ");
  }

  private aggregate(type: Type, refs: readonly Ref[], exact: boolean): Output {
    // One of this query's columns alone is this query's, also in a query inside of it.
    const isInside = this.random.oneIn(6);
    const named = isInside ? refs.filter(({ text }) => text.includes(".")) : refs;
    const output = this.ownAggregate(type, named, exact);
    // Of an empty list SQLite's parser leaves nothing, nor what was looked for in it.
    const isOurs = named.some(({ text }) => output.sql.includes(text)) && !/SELECT|IN \(\)/u.test(output.sql);
    if (!isInside || !isOurs || output.how !== "exact") return output;
    const { from, id } = this.inner([]);
    return { ...output, sql: `(SELECT ${output.sql} FROM ${from} ORDER BY ${id} LIMIT 1)` };
  }

  private ownAggregate(type: Type, refs: readonly Ref[], exact: boolean): Output {
    const random = this.random;
    const filter = random.oneIn(5) ? ` FILTER (WHERE ${this.expression("bool", refs, 1)})` : "";
    const value = (of: Type): string => this.expression(of, refs, 1);
    if (type === "bool") return { sql: `(COUNT(*)${filter} > ${random.below(4)})`, type, how: "exact" };
    if (type === "int" && !random.oneIn(3)) {
      const of = random.pick(TYPES);
      const sql = random.pick([
        "COUNT(*)",
        `COUNT(${value(of)})`,
        `COUNT(DISTINCT ${value(of)})`,
        `SUM(${value("int")})`,
        `SUM(DISTINCT ${value("int")})`,
      ]);
      return { sql: sql + filter, type, how: "exact" };
    }
    if (type === "dec" && !random.oneIn(3)) {
      if (!exact && random.oneIn(3)) return { sql: `AVG(${value(random.pick(["int", "dec"]))})${filter}`, type, how: "near" };
      return { sql: `${random.pick(["SUM", "TOTAL"])}(${value("dec")})${filter}`, type, how: "exact" };
    }
    if (type === "text" && random.oneIn(4)) {
      const of = value("text");
      const distinct = random.pick(["", "DISTINCT "]);
      const sql = `GROUP_CONCAT(${distinct}${of}${distinct === "" ? ", '|'" : ""} ORDER BY ${of}${random.pick(["", " DESC"])})${filter}`;
      return { sql, type, how: "exact" };
    }
    if (type === "text" && random.oneIn(6)) {
      const of = value("text");
      return { sql: `CAST(JSON_GROUP_ARRAY(${of} ORDER BY ${of}) AS text)`, type, how: "exact" };
    }
    if (type === "text" && !exact && random.oneIn(2))
      return { sql: `GROUP_CONCAT(${value("text")}, '|')${filter}`, type, how: "pieces" };
    // Which of texts that differ in case alone is the least is not said.
    if (type === "text" && random.oneIn(4))
      return {
        sql: `⟦¦(⟧LOWER(${random.pick(["MIN", "MAX"])}(${value(type)} COLLATE NOCASE)${filter})⟦¦ COLLATE BINARY)⟧`,
        type,
        how: "exact",
      };
    return { sql: `${random.pick(["MIN", "MAX"])}(${value(type)})${filter}`, type, how: "exact" };
  }

  /** A whole query. */
  query(): Query {
    const random = this.random;
    let sql = "";
    const common: Source[] = [];
    if (random.oneIn(6)) {
      const parts = Array.from({ length: 1 + random.below(2) }, (_, i) => {
        const { sql: text, columns } = this.derived(1, common);
        const alias = `w${i}`;
        common.push({ alias, columns });
        return `${alias} AS (${text})`;
      });
      sql = `WITH ${parts.join(", ")} `;
    }
    const isCompound = random.oneIn(5);
    const types = isCompound ? Array.from({ length: 1 + random.below(3) }, () => random.pick(TYPES)) : undefined;
    const first = this.select(2, common, false, types);
    sql += first.sql;
    let how = first.outputs.map((output) => output.how);
    if (types) {
      for (let more = 1 + random.below(2); more > 0; more--) {
        sql += ` ${random.pick(["UNION", "UNION ALL", "INTERSECT", "EXCEPT"])} ${this.select(1, common, false, types).sql}`;
      }
      how = types.map(() => "exact" as const);
    }
    if (how.some((one) => one !== "exact") || random.oneIn(3)) return { sql, how, ordered: false };
    const places = random.shuffled(how.map((_, i) => i + 1));
    const terms = places.map((place) => `${place}${random.pick(["", " ASC", " DESC", " NULLS LAST", " DESC NULLS FIRST"])}`);
    sql += ` ORDER BY ${terms.join(", ")}`;
    if (random.oneIn(2)) {
      sql += ` LIMIT ${random.pick(["0", "1", "2", "5", "-1", "100"])}`;
      if (random.oneIn(2)) sql += ` OFFSET ${random.below(6)}`;
    }
    return { sql, how, ordered: true };
  }

  /** A condition over the rows of one table, whose alias is its name. */
  conditionOf(table: Table): string {
    return this.where(refsOf([{ alias: table.name, columns: table.columns }]));
  }

  /** What stands behind FROM, and conditions and values of its rows: for queries that are put together elsewhere. */
  parts(): { readonly from: string; readonly condition: () => string; readonly value: (type: Type) => string } {
    const { sql, sources } = this.from(1, []);
    const refs = refsOf(sources);
    return { from: sql, condition: () => this.where(refs), value: (type) => this.expression(type, refs, 2) };
  }

  /** Two tables, and conditions over the rows of both and of the second one. */
  pair(): { readonly a: string; readonly b: string; readonly on: string } {
    const [left, right] = [this.source(0, []), this.source(0, [])];
    const [lefts, rights] = [refsOf([left.source]), refsOf([right.source])];
    const ons = this.random.oneIn(4)
      ? []
      : [this.random.pick(lefts)].flatMap((ref) => {
          const same = rights.filter(({ type }) => type === ref.type);
          return same.length > 0 ? [`${ref.text} = ${this.random.pick(same).text}`] : [];
        });
    if (ons.length === 0 || this.random.oneIn(2)) ons.push(this.expression("bool", [...lefts, ...rights], 2));
    if (this.random.oneIn(4)) ons.push(this.where(rights));
    return { a: left.sql, b: right.sql, on: ons.join(" AND ") };
  }

  /** An UPDATE or DELETE. */
  change(): string {
    const random = this.random;
    const table = random.pick(this.tables);
    const refs = refsOf([{ alias: table.name, columns: table.columns }]);
    let where = random.oneIn(8) ? "" : ` WHERE ${this.where(refs)}`;
    if (random.oneIn(3)) {
      // SQLite knows ORDER BY and LIMIT of changes only where it was built so.
      const by = random.shuffled(refs).slice(0, random.below(3));
      const terms = [...by.map(({ text }) => text), `${table.name}.id`].map(
        (term) => term + random.pick(["", " DESC", " NULLS LAST"]),
      );
      const limit = `LIMIT ${random.below(6)}${random.oneIn(3) ? ` OFFSET ${random.below(4)}` : ""}`;
      where = `⟦¦ WHERE id IN (SELECT id FROM ${table.name}⟧${where} ORDER BY ${terms.join(", ")} ${limit}⟦¦)⟧`;
    }
    if (random.oneIn(4)) return `DELETE FROM ${table.name}${where}`;
    const columns = random
      .shuffled(table.columns.filter(({ name }) => name !== "id" && name !== "k"))
      .slice(0, 1 + random.below(3));
    if (columns.length === 0) return `DELETE FROM ${table.name}${where}`;
    const sets = columns.map(({ name, type }) => `${name} = ${this.expression(type, refs, 2)}`);
    return `UPDATE ${table.name} SET ${sets.join(", ")}${where}`;
  }
}

function refsOf(sources: readonly Source[]): Ref[] {
  return sources.flatMap(({ alias, columns }) => columns.map(({ name, type }) => ({ text: `${alias}.${name}`, type })));
}
