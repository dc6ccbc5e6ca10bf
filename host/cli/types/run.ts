/** `quire FILE types`: TypeScript for the tables and views that a file has. */
import { EXIT_USAGE, QuireError } from "../../api/errors.js";
import { open } from "../../node/open.js";
import { writeAll } from "../../node/whole-file.js";
import { takeOption, takeRuntime, takeWait } from "../command-line.js";
import { drizzleTypes } from "./drizzle.js";
import { kyselyTypes } from "./kysely.js";
import { comment } from "./names.js";
import { plainTypes } from "./plain.js";
import { type Relations, readRelations } from "./relations.js";

const USAGE = `quire FILE types [--for plain|kysely|drizzle] [--runtime NAME] [--schema SCHEMA]
  Writes TypeScript for the tables and views of FILE

plain: an interface for each row, and definitions for db.table(…) and db.create(…) of quire-db. kysely: the interface
Database of Kysely. drizzle: the schema for drizzle-orm. Write it to a file: quire app.db types --for kysely > tables.ts
`;

const WRITERS: ReadonlyMap<string, (relations: Relations) => string> = new Map([
  ["plain", plainTypes],
  ["kysely", kyselyTypes],
  ["drizzle", drizzleTypes],
]);

function wrong(what: string): QuireError {
  return new QuireError("USAGE", `${what}; quire FILE types --help tells more`, EXIT_USAGE);
}

/** Does it: what goes wrong is a `QuireError`. */
export async function writeTypes(words: readonly string[]): Promise<void> {
  const { runtime, rest: withoutRuntime } = takeRuntime(takeWait(words).rest);
  const { value: form = "plain", rest: withoutForm } = takeOption("for", withoutRuntime);
  const { value: schema, rest } = takeOption("schema", withoutForm);
  if (rest.includes("--help") || rest[0] === "help") {
    write(USAGE);
    return;
  }
  const [path, , ...others] = rest;
  const writer = WRITERS.get(form);
  if (writer === undefined) throw wrong(`--for is ${[...WRITERS.keys()].join(", ")}, not "${form}"`);
  if (path === undefined || others.length > 0) throw wrong(`types takes no "${String(others[0])}"`);
  await using db = await open(path, { runtime, readonly: true, ...(schema === undefined ? {} : { schema }) });
  const text = writer(await readRelations(db));
  write(
    `// What quire ${comment(path)} types${form === "plain" ? "" : ` --for ${form}`} has written. When the tables change, write it anew.\n${text}`,
  );
}

function write(text: string): void {
  writeAll(1, Buffer.from(text));
}
