/** Tables as TypeScript knows them: from the words that `create` takes to the types of their rows. */
import { QuireError } from "./errors.js";
import { nameInSpec } from "./table-schema.js";
import type { UsualValues, ValueTypes } from "./value-forms.js";

/** A JSON document. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };

/** Columns of a table: for each name what follows the name in a word of `create`, like `"uint32:pk:auto"`. */
export type Columns = Readonly<Record<string, string>>;

/** What a word says behind the name: the type alone. */
type TypeWord<Word extends string> = Word extends `${infer Type}:${string}` ? Type : Word;

/** The types that there are. */
type KnownType =
  | `${"int" | "uint"}${"8" | "16" | "32" | "64"}`
  | "decimal"
  | "boolean"
  | "date"
  | "datetime"
  | "text"
  | "uuid"
  | "blob"
  | "json"
  | `custom(${string})`;

/** The flags that there are; those with a name or a value have any. */
type KnownFlag =
  | "pk"
  | "unique"
  | "null"
  | "auto"
  | "index"
  | "cascade"
  | "restrict"
  | "default"
  | `index=${string}`
  | `unique=${string}`
  | `references=${string}`;

/** Rules of texts, by the names that need nothing besides. */
const TEXT_RULES = [
  "trim",
  "collapsewhitespace",
  "lowercase",
  "uppercase",
  "nullifempty",
  "slug",
  "urlencoding",
  "email",
  "url",
  "phonenumber",
  "mimetype",
  "rgbcolor",
  "snakecase",
  "kebabcase",
  "camelcase",
  "countryiso3166",
  "countryiso639",
] as const;

/** Names of all others. */
const OTHER_RULES = [
  "maxstrlen",
  "minstrlen",
  "rangestrlen",
  "like",
  "roundtoscale",
  "clamp",
  "clampunsigned",
  "utc",
  "timezone",
  "range",
  "oneof",
] as const;

const RULE_NAMES: ReadonlySet<string> = new Set([...TEXT_RULES, ...OTHER_RULES]);

type TextRule =
  (typeof TEXT_RULES)[number] | `${"maxstrlen" | "minstrlen"}=${bigint}` | `rangestrlen=${bigint},${bigint}` | `like=${string}`;
type RangeRule = `range=${string},${string}` | `oneof=${string}`;

/** The rules that a column of a type can have, in small letters. */
type RuleOf<Type extends string> = Type extends "text"
  ? TextRule | `oneof=${string}`
  : Type extends `int${string}`
    ? `clamp=${bigint},${bigint}` | RangeRule
    : Type extends `uint${string}`
      ? `clampunsigned=${bigint},${bigint}` | RangeRule
      : Type extends "decimal"
        ? `roundtoscale=${bigint}` | RangeRule
        : Type extends "datetime"
          ? "utc" | `timezone=${bigint}` | RangeRule
          : Type extends "date"
            ? RangeRule
            : Type extends "boolean" | "uuid"
              ? `oneof=${string}`
              : never;

/** Those of the flags that columns of the type do not have. */
type UnknownFlag<Flag extends string, Type extends string> = Flag extends KnownFlag
  ? never
  : Lowercase<Flag> extends RuleOf<Type>
    ? never
    : Flag;

/** What stands between colons behind the first one. */
type PartsBehind<Text extends string> = Text extends `${string}:${infer Rest}`
  ? (Rest extends `${infer Part}:${string}` ? Part : Rest) | PartsBehind<Rest>
  : never;

/** Its flags. `default=` takes all that follows, of which nothing may look like a flag. */
type Flags<Rest extends string> = Rest extends `default=${string}`
  ? "default" | DefaultFlag<PartsBehind<Rest>>
  : Rest extends `${infer Flag}:${infer More}`
    ? Flag | Flags<More>
    : Rest;
/** Those of the parts of a default that are flags or rules. */
type DefaultFlag<Part extends string> = Part extends string
  ? Lowercase<Part> extends KnownFlag | RuleOf<"text" | "int8" | "uint8" | "decimal" | "datetime">
    ? `${Part} behind default=`
    : never
  : never;
type FlagsOf<Word extends string> = Word extends `${string}:${infer Rest}` ? Flags<Rest> : never;

/** The values of a type as rows hold them. */
type Value<Type extends string, Values extends ValueTypes> = Type extends
  "int8" | "int16" | "int32" | "uint8" | "uint16" | "uint32"
  ? number
  : Type extends "int64" | "uint64"
    ? Values["integers"]
    : Type extends "text" | "uuid"
      ? string
      : Type extends "decimal"
        ? Values["decimals"]
        : Type extends "date" | "datetime"
          ? Values["dates"]
          : Type extends "boolean"
            ? boolean
            : Type extends "blob" | `custom(${string})`
              ? Uint8Array
              : Type extends "json"
                ? JsonValue
                : unknown;

/** The same as calls take them. */
type Input<Type extends string> = Type extends "int64" | "uint64"
  ? bigint | number
  : Type extends "decimal"
    ? string | number | bigint
    : Type extends "date" | "datetime"
      ? string | Date
      : Type extends "json"
        ? JsonValue | object
        : Value<Type, UsualValues>;

/** The word itself when its type and its flags are known, else what says which is not; a word with a backslash is the module's to read. */
type CheckedWord<Word extends string> = string extends Word
  ? Word
  : Word extends `${string}\\${string}`
    ? Word
    : TypeWord<Word> extends KnownType
      ? UnknownFlag<FlagsOf<Word>, TypeWord<Word>> extends never
        ? Word
        : `there is no flag or rule ${UnknownFlag<FlagsOf<Word>, TypeWord<Word>>} of ${TypeWord<Word>}`
      : `there is no type ${TypeWord<Word>}`;

/** The same columns, each word of them checked. */
export type CheckedColumns<C extends Columns> = { readonly [Name in keyof C]: CheckedWord<C[Name]> };

type OrNull<Word extends string> = "null" extends FlagsOf<Word> ? null : never;
export type InputOf<Word extends string> = Input<TypeWord<Word>> | OrNull<Word>;

/** Whether an insertion may leave the column out. */
type Optional<C extends Columns> = {
  [Name in keyof C]: Extract<FlagsOf<C[Name]>, "null" | "auto" | "default"> extends never ? never : Name;
}[keyof C];

type KeyName<C extends Columns> = { [Name in keyof C]: "pk" extends FlagsOf<C[Name]> ? Name : never }[keyof C];

/** Columns that an index may begin with. */
type IndexedOf<C extends Columns> = {
  [Name in keyof C]: string extends C[Name]
    ? Name
    : Extract<FlagsOf<C[Name]>, "pk" | "unique" | "index" | `${"unique" | "index"}=${string}`> extends never
      ? never
      : Name;
}[keyof C] &
  string;

/** A row as it is read. */
export type RowOf<C extends Columns, Values extends ValueTypes = UsualValues> = {
  -readonly [Name in keyof C]: Value<TypeWord<C[Name]>, Values> | OrNull<C[Name]>;
};

/** A row to insert. */
export type InsertOf<C extends Columns> = { [Name in Exclude<keyof C, Optional<C>>]: InputOf<C[Name]> } & {
  [Name in Optional<C>]?: InputOf<C[Name]> | undefined;
};

/** What an update sets. */
export type UpdateOf<C extends Columns> = { [Name in keyof C]?: InputOf<C[Name]> | undefined };

/** A primary key as it is given. */
export type KeyInputOf<C extends Columns> = InputOf<C[KeyName<C>]>;
/** A primary key as it is returned. */
export type KeyOf<C extends Columns, Values extends ValueTypes = UsualValues> = Value<TypeWord<C[KeyName<C>]>, Values>;

/** What a table's methods take. It does not depend on what values are in rows. */
export interface TableInputs {
  readonly insert: object;
  readonly update: object;
  readonly keyInput: unknown;
  /** Names of columns that indexes begin with. */
  readonly indexed: string;
  /** Names of all columns. */
  readonly names: string;
}

/** What a table's methods take and give. */
export interface TableShape {
  readonly row: object;
  readonly key: unknown;
  readonly inputs: TableInputs;
}

interface DefinedInputs<C extends Columns> extends TableInputs {
  readonly insert: InsertOf<C>;
  readonly update: UpdateOf<C>;
  readonly keyInput: KeyInputOf<C>;
  readonly indexed: IndexedOf<C>;
  readonly names: keyof C & string;
}

/** The shape of a table that `defineTable` describes. */
export interface DefinedShape<C extends Columns, Values extends ValueTypes> extends TableShape {
  readonly row: RowOf<C, Values>;
  readonly key: KeyOf<C, Values>;
  readonly inputs: DefinedInputs<C>;
}

/** A value that is no document. */
export type Scalar = string | number | bigint | boolean | Date | Uint8Array;

/** A row of a table of which nothing is known. */
export type AnyRow = Record<string, unknown>;

export interface TableDefinition<C extends Columns = Columns, Name extends string = string> {
  readonly name: Name;
  readonly columns: C;
  /** The words for `create`. */
  readonly words: readonly string[];
  /** What the slots of records are a multiple of; 0 is the usual. */
  readonly alignment: number;
}

/** Whether a definition seems to have rules among its flags: to be asked of the module. */
export function hasRules(definition: TableDefinition): boolean {
  // Programs without types give anything; what is no definition is told of by the call that it is for.
  const { words } = definition as { readonly words?: unknown };
  if (!Array.isArray(words)) return false;
  return words.some((word) =>
    String(word)
      .split(":")
      .some((flag, at) => at > 1 && RULE_NAMES.has(flag.replace(/=.*/su, "").toLowerCase())),
  );
}

/**
 * Describes a table: `defineTable("users", { id: "uint32:pk:auto", name: "text:unique", age: "uint8:null" })`. The words are those of
 * `quire help create`, without the name, and rules (docs/rules.md) may be among the flags: `"text:trim:lowercase:email"`. Give the result to `create`, and to `table`, which types the rows by it.
 */
export function defineTable<const C extends Columns, const Name extends string = string>(
  name: Name,
  columns: C & CheckedColumns<C>,
  options: { readonly alignment?: number } = {},
): TableDefinition<C, Name> {
  const words = Object.entries(columns).map(([column, word]) => {
    if (/^\d+$/.test(column)) {
      throw new QuireError(
        "BAD_SCHEMA",
        `${name}: JavaScript puts names like ${column} first; use create("${name}", ["${column}:${word}", …])`,
      );
    }
    return `${nameInSpec(column)}:${word}`;
  });
  return { name, columns, words, alignment: options.alignment ?? 0 };
}
