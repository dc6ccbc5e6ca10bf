/** `quire FILE types`: what it writes of files of all kinds compiles with the real packages, and is what their rows are. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { type TableDefinition, type TableSchemaInfo, open, openSync } from "../host/index.js";
import { drizzleTypes } from "../host/cli/types/drizzle.js";
import { kyselyTypes } from "../host/cli/types/kysely.js";
import { plainTypes } from "../host/cli/types/plain.js";
import { readRelations } from "../host/cli/types/relations.js";
import { packageRoot } from "../host/paths.js";
import { golden, goldenNames, layouts } from "./helpers/golden.js";
import { defaultRuntime } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";

const run = promisify(execFile);
const CLI = join(packageRoot, "build", "host", "cli.js");

/**
 * Tried because others had them wrong: keys of INTEGER PRIMARY KEY that are not counted, or null (RobinBlomberg/kysely-codegen#105 and #311), defaults of NULL, of
 * quotes and of nothing (drizzle-team/drizzle-kit-mirror#116 and #417, drizzle-team/drizzle-orm#3087 and #3593), REFERENCES without a column
 * (drizzle-team/drizzle-orm#3231), booleans (kysely-codegen#52).
 *
 * Names that are keywords, no identifiers, alike, or the writer's own; defaults that templates and comments take for theirs; keys of all kinds.
 */
const SCRIPT = `
CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE, age INT DEFAULT 5, "order" TEXT NOT NULL DEFAULT 'x''\`\${}\\',
  at DATETIME, price REAL, big UNSIGNED BIGINT, ok BOOLEAN NOT NULL DEFAULT TRUE, doc JSON DEFAULT '{"a":"\`$\\\\"}', raw BLOB DEFAULT x'00ff',
  day DATE NOT NULL DEFAULT '2020-01-02', uid UUID, "class" TEXT, "__proto__" TEXT, "a b*/" TEXT, "ä" TEXT, parent INT REFERENCES users (id));
CREATE TABLE members (a INT REFERENCES users (id) ON DELETE CASCADE, b INT, c TEXT, PRIMARY KEY (a, b), UNIQUE (b, c));
CREATE TABLE hidden (x TEXT DEFAULT NULL, "none" TEXT NOT NULL DEFAULT '', quoted TEXT DEFAULT '"base"', "to" INTEGER REFERENCES users);
CREATE TABLE "text" (k TEXT PRIMARY KEY, v DECIMAL DEFAULT '1.50');
CREATE TABLE "odd name-2" (k UUID PRIMARY KEY, v TINYINT);
CREATE TABLE odd_name_2 (k UUID PRIMARY KEY, "7" TEXT);
CREATE TABLE "class" (k INTEGER PRIMARY KEY);
CREATE TABLE "json value" (k DATE PRIMARY KEY);
CREATE TABLE "sqliteTable" (k DATETIME PRIMARY KEY, uuid UUID, table_ INT);
CREATE INDEX mine ON members (c DESC);
CREATE INDEX two ON users (age, big);
CREATE VIEW counted AS SELECT users.email, count(*) AS n, sum(members.a) + 1 FROM users JOIN members ON users.id = members.a GROUP BY 1;
CREATE VIEW "ja*/" AS SELECT 1 AS a, 2.5 AS "c d", NULL AS b;
CREATE VIEW broken AS SELECT v FROM "text"
`;

/** What is said of the tables of SCRIPT, where the compiler can tell. */
const USES = {
  plain: `import * as tables from "./odd-plain.js";
import { openSync, type RowOf } from "quire-db";
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(equal: Equal<A, B>): void => void equal;
same<RowOf<typeof tables.users.columns>, tables.Users>(true);
same<RowOf<typeof tables.members.columns>, tables.Members>(true);
same<tables.Counted, { email: string | null; n: bigint | null; "sum(members.a) + 1": bigint | null }>(true);
const db = openSync("odd.db");
const { email, ok } = db.table(tables.users).get(1n);
same<typeof email, string | null>(true);
db.table(tables.users).insert({ ok });
// @ts-expect-error: an order is never null
db.table(tables.users).insert({ order: null });
db.prepare<tables.Users>("SELECT * FROM users").get()?.day.slice(0, 4);
`,
  kysely: `import type { Insertable, Kysely, Selectable } from "kysely";
import type { Database } from "./odd-kysely.js";
import { openSync } from "quire-db";
declare const db: Kysely<Database>;
export const rows: Promise<{ id: number; n: number | null }[]> = db.selectFrom("users").innerJoin("counted", "counted.email", "users.email").select(["users.id", "n"]).execute();
export const made = db.insertInto("users").values({ day: new Date(), doc: { a: 1 } });
// @ts-expect-error: there is no such column
db.selectFrom("users").select("nme");
export const user: Insertable<Database["users"]> = {};
export const member: Insertable<Database["members"]> = { a: 1, b: 2 };
// @ts-expect-error: b is needed
export const none: Insertable<Database["members"]> = { a: 1 };
const table = openSync("odd.db").table<Database["users"]>("users");
export const row: Selectable<Database["users"]> = table.get(1);
table.insert({ day: "2020-01-01" });
// @ts-expect-error: there is no such column
table.where("nme = ?", 1);
// @ts-expect-error: no index begins with it
table.scan({ index: "agee" });
`,
  drizzle: `import { eq } from "drizzle-orm";
import type { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core";
import * as schema from "./odd-drizzle.js";
import { openSync } from "quire-db";
declare const db: BaseSQLiteDatabase<"sync", unknown, typeof schema>;
export const rows: { email: string | null; n: number | null }[] = db
  .select({ email: schema.users.email, n: schema.counted.n }).from(schema.users).innerJoin(schema.counted, eq(schema.counted.email, schema.users.email)).all();
export const user: typeof schema.users.$inferInsert = {};
export const ok: boolean = db.select().from(schema.users).all()[0]!.ok;
// @ts-expect-error: b is needed
export const member: typeof schema.members.$inferInsert = { a: 1 };
const table = openSync("odd.db").table<typeof schema.users>("users");
export const row: typeof schema.users.$inferSelect = table.get(1);
table.insert({ email: "x" });
// @ts-expect-error: there is no such column
table.where("nme = ?", 1);
`,
};

const WRITERS = { plain: plainTypes, kysely: kyselyTypes, drizzle: drizzleTypes };

let programs = 0;

/** The definitions that `text` writes make the tables that the file has, but those of which it says that they can't be told. */
async function makesTheSame(folder: string, text: string, path: string): Promise<void> {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const program = join(folder, `program-${programs++}.mjs`);
  writeFileSync(
    program,
    outputText.replace('"quire-db"', JSON.stringify(pathToFileURL(join(packageRoot, "build/host/index.js")).href)),
  );
  const made = (await import(pathToFileURL(program).href)) as Record<string, TableDefinition>;
  // In the order in which they are written: a module's own is that of their names.
  const definitions = Array.from(
    text.matchAll(/^export const (\S+) = defineTable/gm),
    ([, name]) => made[name as string] as TableDefinition,
  );
  const file = openSync(path, { readonly: true });
  const copy = openSync(":memory:", { layout: file.info().layout as "0.9" });
  for (const definition of definitions) copy.create(definition);
  const told = file.schema().tables.filter(({ fields }) => !fields.some(({ name }) => /^\d+$/.test(name)));
  const exact = (tables: readonly TableSchemaInfo[]): object[] => tables.map((table) => ({ ...table, inexact: true }));
  assert.deepEqual(exact(copy.schema().tables), exact(told), path);
  copy.close();
  file.close();
}

test("what is written of golden files and of odd names compiles with the packages that it is for", async (t) => {
  const project = tempFolder(t);
  mkdirSync(join(project, "node_modules"));
  symlinkSync(packageRoot, join(project, "node_modules", "quire-db"), "dir");
  for (const name of ["kysely", "drizzle-orm"])
    symlinkSync(join(packageRoot, "node_modules", name), join(project, "node_modules", name), "dir");
  const odd = openSync(join(project, "odd.db"));
  odd.exec(SCRIPT);
  odd.create(
    "counted in",
    ["id:uint32:pk", "no:uint16:auto:unique", "tag:custom(Rgb,3)", "j:json:null", "i64:int64:default=9007199254740993"],
    { alignment: 64 },
  );
  odd.exec('DROP TABLE "text"; CREATE TABLE "text" (k TEXT PRIMARY KEY)');
  odd.close();
  const paths = new Map([["odd", join(project, "odd.db")]]);
  for (const layout of layouts) {
    for (const name of goldenNames(layout)) {
      const path = join(project, `${layout}-${name}`);
      writeFileSync(path, golden(name, layout));
      paths.set(`${layout}-${name}`.replaceAll(".", "_"), path);
    }
  }
  const seen = new Set<string>();
  const files: string[] = [];
  for (const [name, path] of paths) {
    const db = await open(path, { readonly: true });
    const relations = await readRelations(db);
    await db.close();
    await makesTheSame(project, plainTypes(relations), path);
    for (const [form, writer] of Object.entries(WRITERS)) {
      const text = writer(relations);
      // Many golden files have the same tables.
      if (seen.has(text)) continue;
      seen.add(text);
      files.push(`${name}-${form}.ts`);
      writeFileSync(join(project, `${name}-${form}.ts`), text);
    }
  }
  for (const [form, text] of Object.entries(USES)) {
    files.push(`use-${form}.ts`);
    writeFileSync(join(project, `use-${form}.ts`), text);
  }
  assert.ok(files.length > 20, files.join());
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  const strict = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    isolatedModules: true,
  };
  const how = { target: "ES2022", module: "NodeNext", lib: ["ES2022"], types: [], noEmit: true, skipLibCheck: true };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: { ...strict, ...how }, files }));
  const tsc = join(packageRoot, "node_modules", "typescript", "bin", "tsc");
  const { stdout } = await run(process.execPath, [tsc, "-p", project]).catch((error: unknown) => error as { stdout: string });
  assert.equal(stdout, "");
});

test("the command writes the same over other runtimes, and says what is wrong with its words", async (t) => {
  const folder = tempFolder(t);
  const db = openSync(join(folder, "app.db"));
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
  db.close();
  const quire = async (...words: string[]): Promise<{ stdout: string; stderr: string; code?: number }> =>
    run(process.execPath, [CLI, ...words], { cwd: folder }).catch(
      (error: unknown) => error as { stdout: string; stderr: string; code: number },
    );
  const plain = await quire("app.db", "types");
  assert.equal(
    plain.stdout,
    `// What quire app.db types has written. When the tables change, write it anew.
import { defineTable } from "quire-db";

export interface T {
  id: bigint;
  name: string;
}

export const t = defineTable("t", {
  id: "int64:pk:auto",
  name: "text",
});
`,
  );
  const kysely = await quire("--for=kysely", "app.db", "types", "--runtime", defaultRuntime);
  assert.match(
    kysely.stdout,
    /^\/\/ What quire app\.db types --for kysely has written\..*\nimport type \{ Generated \} from "kysely";\n\nexport interface T \{\n {2}id: Generated<number>;\n {2}name: string;\n\}\n\nexport interface Database \{\n {2}t: T;\n\}\n$/,
  );
  for (const words of [
    ["help", "types"],
    ["app.db", "types", "--help"],
  ])
    assert.match((await quire(...words)).stdout, /^quire FILE types \[--for plain\|kysely\|drizzle\]/);
  const wrong = await quire("app.db", "types", "--for", "prisma");
  assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
  assert.match(
    wrong.stderr,
    /^quire: USAGE: --for is plain, kysely, drizzle, not "prisma"; quire FILE types --help tells more\n$/,
  );
  assert.match((await quire("app.db", "types", "t")).stderr, /^quire: USAGE: types takes no "t"/);
  const missing = await quire("none.db", "types");
  assert.deepEqual([missing.code, missing.stdout], [1, ""]);
  assert.match(missing.stderr, /^quire: FILE_NOT_FOUND: /);
});
