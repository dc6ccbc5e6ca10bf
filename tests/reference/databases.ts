/** The databases that the reference program has compiled in (src/schemas.rs), as the words that `quire create` takes. */
import type { Layout } from "../helpers/golden.js";
import type { ReferenceLayout } from "./program.js";

export interface TableWords {
  readonly name: string;
  /** `COLUMN:TYPE[:FLAG]…`, one word a column. */
  readonly columns: readonly string[];
  /** Further words: `--alignment N`. */
  readonly options?: readonly string[];
}

export interface DatabaseWords {
  readonly name: string;
  /** Layouts whose reference can have it. */
  readonly layouts: readonly ReferenceLayout[];
  /** Further ones, of which Quire makes no such file but by `convert`. */
  readonly converted?: readonly Layout[];
  /** The golden file with the same schema, if there is one. */
  readonly golden?: string;
  /** Referenced tables come first. */
  readonly tables: readonly TableWords[];
}

const all: readonly ReferenceLayout[] = ["0.8", "0.9", "0.11"];

const points: TableWords = { name: "points", columns: ["id:uint32:pk", "x:int32:index", "y:int32"] };

export const databases: readonly DatabaseWords[] = [
  {
    name: "blog",
    layouts: all,
    golden: "blog",
    tables: [
      { name: "users", columns: ["id:uint32:pk", "name:text", "email:text:unique", "age:uint32:index"] },
      { name: "posts", columns: ["id:uint32:pk", "title:text", "author:uint32:references=users.id", "published:boolean"] },
    ],
  },
  {
    name: "types",
    layouts: all,
    golden: "types",
    tables: [
      {
        name: "numbers",
        columns: [
          "id:uint64:pk",
          "a:int8",
          "b:int16",
          "c:int32",
          "d:int64",
          "e:uint8",
          "f:uint16",
          "g:uint32",
          "h:boolean",
          "day:date",
          "at:datetime",
        ],
      },
      { name: "tokens", columns: ["id:uint32:pk", "token:uuid:unique"] },
      { name: "prices", columns: ["sku:text:pk", "amount:decimal"] },
      {
        name: "mixed",
        columns: [
          "key:text:pk",
          "body:blob",
          "doc:json",
          "maybe_text:text:null",
          "maybe_num:int64:null:index",
          "maybe_doc:json:null",
          "maybe_day:date:null",
        ],
        options: ["--alignment", "64"],
      },
    ],
  },
  {
    name: "log",
    layouts: all,
    golden: "log",
    tables: [
      {
        name: "events",
        columns: [
          "id:uint64:pk:auto",
          "kind:text:index=kind_day",
          "day:date:index=kind_day",
          "small:int16:auto",
          "note:text:null",
        ],
      },
    ],
  },
  {
    name: "tree",
    layouts: all,
    golden: "tree",
    tables: [
      { name: "orgs", columns: ["code:text:pk"] },
      { name: "teams", columns: ["id:uint16:pk", "org:text:references=orgs.code"] },
      {
        name: "members",
        columns: ["id:int64:pk", "team:uint16:references=teams.id", "joined:datetime:index", "role:text:null"],
      },
    ],
  },
  { name: "deep", layouts: all, golden: "deep", tables: [points] },
  { name: "tall", layouts: all, golden: "tall", tables: [{ name: "wide", columns: ["key:text:pk", "n:uint32"] }] },
  {
    name: "shop",
    layouts: all,
    tables: [
      {
        name: "makers",
        columns: ["id:uint16:pk:auto", "code:text:unique", "country:text:index", "vat:text:null:unique", "rank:int8:default=3"],
      },
      {
        name: "parts",
        columns: [
          "id:uint32:pk",
          "maker:uint16:references=makers.id:index",
          "kind:text:index=z_kind",
          "made:date:index=a_made:index=z_kind",
          "weight:uint64:index=a_made",
          "label:text:default=none",
          "stock:int16:null",
          "active:boolean:index",
          "price:decimal",
        ],
        options: ["--alignment", "16"],
      },
      {
        name: "stocktakes",
        columns: [
          "at:datetime:pk",
          "part:uint32:references=parts.id",
          "checked_for:uint16:references=makers.id",
          "seen:uint32:null:index",
          "photo:blob",
          "details:json",
        ],
      },
    ],
  },
  { name: "edge", layouts: all, tables: [{ name: "sixteens", columns: ["id:uint32:pk", "a:uint64", "b:int16"] }] },
  {
    name: "twofold",
    layouts: ["0.8"],
    converted: ["0.9", "0.11"],
    golden: "twofold",
    tables: [{ name: "boxes", columns: ["id:uint32:pk", "email:text:unique:index", "size:uint32"] }],
  },
  {
    name: "modern",
    layouts: ["0.11"],
    golden: "modern",
    tables: [
      {
        name: "coins",
        columns: [
          "id:uuid:pk",
          "worth:decimal:index",
          "minted:datetime:index",
          "real:boolean:index",
          "hash:blob:index",
          "prio:custom(priority,1)",
          "owner:text:null:index",
          "tail:int32",
        ],
      },
      points,
    ],
  },
  {
    name: "family",
    layouts: ["0.11"],
    tables: [{ name: "people", columns: ["id:uint32:pk", "name:text", "parent:uint32:null:references=people.id:index"] }],
  },
];

/** Database `name`. */
export function databaseNamed(name: string): DatabaseWords {
  const found = databases.find((database) => database.name === name);
  if (found === undefined) throw new Error(`no database ${name}`);
  return found;
}
