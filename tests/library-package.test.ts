/** The package as others get it: packed, installed into an empty project without a network, used from ES modules and from TypeScript. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { packageRoot } from "../host/paths.js";
import { installPacked } from "./helpers/packed.js";
import { tempFolder } from "./helpers/store.js";

const run = promisify(execFile);

const MODULE = `
import { open, openSync, defineTable, QuireError } from "quire-db";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
const users = defineTable("users", { id: "uint32:pk:auto", name: "text:unique" });
const db = await open("app.db", { runtime: "node" });
await db.create(users);
await db.table(users).insert({ name: "ann" });
await db.close();
const again = openSync("app.db", { readonly: true });
console.log(JSON.stringify(again.table(users).get(1)));
try { again.table(users).get(2); } catch (error) { console.log(error instanceof QuireError, error.code); }
again.close();
console.log(existsSync(fileURLToPath(import.meta.resolve("quire-db/quire.wasm"))), existsSync(fileURLToPath(import.meta.resolve("quire-db/quire-lib.wasm"))));
`;

/** The installed package has no npm run runtimes. */
const NO_RUNTIME = ["--runtime", "wazero", "app.db", "tables"];

const PROGRAM = `
import { type JsonValue, type RowOf, type Session, type ValuesOf, defineTable, open, openSync } from "quire-db";

const users = defineTable("users", { id: "uint32:pk:auto", name: "text:unique", born: "date:null", about: "json:null", note: "text:default=a:nul" });
const orders = defineTable("orders", {
  no: "uint64:pk", user: "uint32:references=users.id:cascade", total: "decimal", paid: "boolean:default=false", at: "datetime", scan: "blob:null", tag: "custom(Tag,4):null",
});

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(equal: Equal<A, B>): void => void equal;
same<RowOf<typeof users.columns>, { id: number; name: string; born: string | null; about: JsonValue | null; note: string }>(true);
same<
  RowOf<typeof orders.columns, ValuesOf<{ dates: "date" }>>,
  { no: bigint; user: number; total: string; paid: boolean; at: Date; scan: Uint8Array | null; tag: Uint8Array | null }
>(true);

interface Plain { id: number; name: string }

async function main(): Promise<void> {
  await using db = await open("typed.db");
  same<typeof db, Session>(true);
  await db.create(users);
  await db.create(orders);
  const people = db.table(users);
  const id: number = await people.insert({ name: "ann", about: { likes: ["tea"] } });
  const no: bigint = await db.table(orders).insert({ no: 7, user: id, total: "12.50", at: new Date(0), scan: new Uint8Array([1]) });
  const row = await people.get(id);
  same<typeof row, RowOf<typeof users.columns>>(true);
  const part = await people.get(id, { columns: ["name"] });
  same<typeof part, { name: string }>(true);
  for await (const order of db.table(orders).scan({ columns: ["total", "at"] })) {
    same<typeof order, { total: string; at: string }>(true);
    console.log(no, order.total, order.at);
  }
  const plain: Plain = await db.table<Plain>("users").get(id);
  console.log(plain.name, await db.transaction(async () => (await people.count()) + 1));

  // @ts-expect-error: name can't be left out
  people.insert({ id: 5 }).catch(() => undefined);
  // @ts-expect-error: there is no such column
  people.insert({ name: "x", nmae: "y" }).catch(() => undefined);
  // @ts-expect-error: an age is no name
  people.insert({ name: 5 }).catch(() => undefined);
  // @ts-expect-error: there is no such column
  people.get(id, { columns: ["nmae"] }).catch(() => undefined);
  // @ts-expect-error: keys are numbers
  people.get("x").catch(() => undefined);
  // @ts-expect-error: there is no such type
  defineTable("t", { id: "uint23:pk" });
  // @ts-expect-error: there is no such flag
  defineTable("t", { id: "uint32:pk", name: "text:uniqe" });
  // @ts-expect-error: a flag behind a default would be of its value
  defineTable("t", { id: "uint32:pk", name: "text:default=x:unique" });
  // @ts-expect-error: so would a rule
  defineTable("t", { id: "uint32:pk", name: "text:default=12:30:trim" });
  const any: string = "uint32:pk";
  defineTable("t", { any, "a:b": "custom(a\\\\:b,4):null", own: "custom(Tag):pk:index=g", is: "text:references=a.b:restrict:default=x:uniqe" });
  const { faults } = await db.check({ quick: true });
  const lost: (string | null)[] = faults.flatMap(({ lost, mend }) => [lost, mend]);
  void lost;
  // @ts-expect-error: there is no such runtime
  open("x.db", { runtime: "wasmtim" }).catch(() => undefined);
  // @ts-expect-error: a misspelled option
  open("x.db", { readOnly: true }).catch(() => undefined);
}

await main();
{
  using db = openSync("typed.db", { dates: "date" });
  const { at } = db.table(orders).get(7n);
  same<typeof at, Date>(true);
  const numbers = openSync(":memory:", { integers: "number", decimals: "number" });
  numbers.create(users);
  numbers.create(orders);
  const order = numbers.table(orders).find(1);
  same<Pick<NonNullable<typeof order>, "no" | "total" | "at">, { no: number; total: number; at: string }>(true);
  console.log(at.getTime(), [...db.table(users).scan({ columns: ["id"] })].length);
}
`;

test("npm pack, npm install, and both kinds of programs", async (t) => {
  const folder = tempFolder(t);
  const { project, env, paths } = await installPacked(folder);
  for (const path of [
    "build/quire.wasm",
    "build/quire-lib.wasm",
    "build/quire-component.wasm",
    "build/quire-kv.wasm",
    "wit/database.wit",
    "build/host/index.js",
    "build/host/index.d.ts",
    "assembly/index.ts",
    "docs/abi.md",
    "CONTRIBUTING.md",
    "LICENSE",
  ]) {
    assert.ok(paths.includes(path), `${path} is not in the package`);
  }
  for (const path of paths) {
    assert.match(
      path,
      /^(?:assembly|build\/host|build\/web|docs|wit)\/|^build\/quire(?:-lib|-component|-kv)?\.wasm$|^(?:CHANGELOG|CONTRIBUTING|README)\.md$|^LICENSE$|^package\.json$/,
    );
    assert.doesNotMatch(path, /__tests__/);
  }
  assert.deepEqual(
    readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith(".")),
    ["quire-db"],
  );

  // No warning, not even of WASI being experimental.
  writeFileSync(join(project, "program.mjs"), MODULE);
  const first = await run(process.execPath, ["program.mjs"], { cwd: project });
  assert.deepEqual(first, { stdout: '{"id":1,"name":"ann"}\ntrue ROW_NOT_FOUND\ntrue true\n', stderr: "" });
  const command = await run(process.execPath, [join(project, "node_modules/quire-db/build/host/cli.js"), "app.db", "tables"], {
    cwd: project,
  });
  assert.match(command.stdout, /users +1/);

  const noRuntime = await run(process.execPath, [join(project, "node_modules/quire-db/build/host/cli.js"), ...NO_RUNTIME], {
    cwd: project,
    env: { ...env, XDG_CACHE_HOME: folder, PATH: "", QUIRE_WAZERO: "" },
  }).catch((error: unknown) => error as { stderr: string });
  assert.match(noRuntime.stderr, /^quire: RUNTIME_NOT_FOUND: wazero .*; get it from https:\/\/wazero\.io, set QUIRE_WAZERO/);

  writeFileSync(join(project, "typed.ts"), PROGRAM);
  const [, example] = /```ts\n([^]*?)```/.exec(readFileSync(join(packageRoot, "docs", "typescript.md"), "utf8")) as unknown as [
    string,
    string,
  ];
  writeFileSync(join(project, "example.ts"), example);
  const compilerOptions = {
    target: "ES2022",
    module: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ["minimal"],
    skipLibCheck: false,
  };
  // Of the surroundings the program needs nothing but a console.
  mkdirSync(join(project, "node_modules/@types/minimal"), { recursive: true });
  writeFileSync(
    join(project, "node_modules/@types/minimal/index.d.ts"),
    "declare const console: { log(...values: unknown[]): void };",
  );
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...compilerOptions, lib: ["ES2022"] }, files: ["typed.ts", "example.ts"] }),
  );
  const tsc = join(packageRoot, "node_modules", "typescript", "bin", "tsc");
  const compiled = await run(process.execPath, [tsc, "-p", project]).catch((error: unknown) => error as { stdout: string });
  assert.equal(compiled.stdout, "");
  const second = await run(process.execPath, ["typed.js"], { cwd: project });
  assert.deepEqual(second, { stdout: "7n 12.50 1970-01-01T00:00:00.000000+00:00\nann 2\n0 1\n", stderr: "" });
  rmSync(join(project, "app.db"));
  const third = await run(process.execPath, ["example.js"], { cwd: project });
  assert.deepEqual(third, { stdout: "Turin 841600n\ncid@example.org\nann@example.org\n3 41 1\n", stderr: "" });
  const fourth = await run(process.execPath, ["example.js"], { cwd: project });
  assert.deepEqual(fourth, { stdout: "Turin 841600n\ncid@example.org\nann@example.org\n4 41 1\n", stderr: "" });
});
