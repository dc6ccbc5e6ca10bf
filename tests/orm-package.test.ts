/** The adapters of query builders in the packed package: each program of docs/orm.md, and the web service, compile strictly, and do what they say. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { packageRoot } from "../host/paths.js";
import { installPacked } from "./helpers/packed.js";
import { tempFolder } from "./helpers/store.js";

const run = promisify(execFile);

/** What each program prints, by the package that it imports. */
const PRINTED: Readonly<Record<string, string>> = {
  "quire-db/kysely": "First by ann@example.org\n",
  "quire-db/drizzle": "ann@example.org 1970 [ 'First' ]\n",
  "quire-db/knex": "ann@example.org 41\nbob@example.org 18\n",
};

/** What programs need besides, from this project. */
const OTHERS = ["kysely", "drizzle-orm", "knex", "@types/node", "undici-types"];

/** Starts the web service in `project`; resolves when it listens. */
async function startService(
  project: string,
): Promise<{ readonly child: ChildProcess; readonly url: string; output: () => string }> {
  const child = spawn(process.execPath, ["server.js"], { cwd: project, env: { ...process.env, PORT: "0" } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += text.toString()));
  await once(child.stdout, "data");
  const [, port] = /listening on port (\d+)/.exec(output) as unknown as [string, string];
  return { child, url: `http://127.0.0.1:${port}`, output: () => output };
}

/** What the service does, and that a signal ends it in order. */
async function useService(project: string): Promise<void> {
  const { child, url, output } = await startService(project);
  const ask = async (path: string, body?: unknown): Promise<[number, unknown]> => {
    const response = await fetch(url + path, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
    return [response.status, await response.json()];
  };
  assert.deepEqual(await ask("/accounts", { owner: "ann", balance: 500 }), [201, { id: 1, owner: "ann", balance: 500 }]);
  assert.deepEqual(await ask("/accounts", { owner: "bob" }), [201, { id: 2, owner: "bob", balance: 0 }]);
  assert.equal((await ask("/accounts", { owner: "ann" }))[0], 409);
  assert.equal((await ask("/accounts", { owner: 5 }))[0], 400);
  // Of transfers that come at once, as many are done as the account covers, and no other one changes anything.
  const transfers = await Promise.all(Array.from({ length: 8 }, () => ask("/transfers", { from: 1, to: 2, amount: 100 })));
  const statuses = transfers.map(([status]) => status).sort();
  assert.deepEqual(statuses, [201, 201, 201, 201, 201, 409, 409, 409]);
  assert.equal((await ask("/transfers", { from: 2, to: 9, amount: 100 }))[0], 404);
  const accounts = [
    { id: 1, owner: "ann", balance: 0 },
    { id: 2, owner: "bob", balance: 500 },
  ];
  assert.deepEqual(await ask("/accounts"), [200, accounts]);
  const lines = (await (await fetch(`${url}/transfers`)).text()).trim().split("\n");
  assert.equal(lines.length, 5);
  // What was begun is answered, and then it ends.
  const headers = { expect: "100-continue", connection: "close" };
  const late = request(`${url}/transfers`, { method: "POST", headers });
  late.flushHeaders();
  await once(late, "continue");
  child.kill("SIGTERM");
  late.end(JSON.stringify({ from: 2, to: 1, amount: 1 }));
  const [response] = (await once(late, "response")) as [IncomingMessage];
  assert.equal(response.statusCode, 201);
  response.resume();
  const [status] = (await once(child, "exit")) as [number | null];
  assert.deepEqual([status, output().replace(/\d+/, "PORT")], [0, "listening on port PORT\nclosed\n"]);
}

test("the programs of docs/orm.md, and examples/web-service, with the package packed and installed", async (t) => {
  const { project } = await installPacked(tempFolder(t));
  for (const name of OTHERS) {
    const link = join(project, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(packageRoot, "node_modules", name), link, "dir");
  }
  const docs = readFileSync(join(packageRoot, "docs", "orm.md"), "utf8");
  const programs = [...docs.matchAll(/```ts\n([^]*?)```/g)].map(([, text]) => text as string);
  assert.equal(programs.length, Object.keys(PRINTED).length);
  const files = programs.map((text, i) => {
    writeFileSync(join(project, `program${i}.ts`), text);
    return `program${i}.ts`;
  });
  copyFileSync(join(packageRoot, "examples", "web-service", "server.ts"), join(project, "server.ts"));
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2023", "ESNext.Disposable"],
    module: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ["node"],
    // Builders' own types name packages that nobody has all of.
    skipLibCheck: true,
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [...files, "server.ts"] }));
  const tsc = join(packageRoot, "node_modules", "typescript", "bin", "tsc");
  const compiled = await run(process.execPath, [tsc, "-p", project]).catch((error: unknown) => error as { stdout: string });
  assert.equal(compiled.stdout, "");
  for (const [i, text] of programs.entries()) {
    const [, imported] = /from "(quire-db\/\w+)"/.exec(text) as unknown as [string, string];
    const program = join(project, `program${i}.js`);
    assert.deepEqual(await run(process.execPath, [program], { cwd: project }), { stdout: PRINTED[imported], stderr: "" });
  }
  await useService(project);
});
