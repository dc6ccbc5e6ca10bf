/**
 * A small web service: node:http, Kysely over a store in this process, transactions, and an orderly end.
 *
 *   npm install quire-db kysely
 *   npx tsc --strict --target es2022 --module nodenext server.ts
 *   PORT=8080 node server.js bank.db
 *
 *   curl -d '{"owner": "ann", "balance": 500}' localhost:8080/accounts
 *   curl -d '{"from": 1, "to": 2, "amount": 200}' localhost:8080/transfers
 *   curl localhost:8080/accounts
 */
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Generated, Kysely, type Migration, Migrator, sql } from "kysely";
import { QuireError, open } from "quire-db";
import { QuireDialect } from "quire-db/kysely";

interface Tables {
  /** Amounts are whole cents. */
  accounts: { id: Generated<number>; owner: string; balance: number };
  transfers: { id: Generated<number>; source: number; target: number; amount: number; at: Date };
}

const migrations: Record<string, Migration> = {
  "2026-01-01 accounts": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("accounts")
        .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
        .addColumn("owner", "text", (column) => column.notNull().unique())
        .addColumn("balance", "integer", (column) => column.notNull())
        .addCheckConstraint("covered", sql`balance >= 0`)
        .execute();
      await db.schema
        .createTable("transfers")
        .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
        .addColumn("source", "integer", (column) => column.notNull().references("accounts.id"))
        .addColumn("target", "integer", (column) => column.notNull().references("accounts.id"))
        .addColumn("amount", "integer", (column) => column.notNull().check(sql`amount > 0`))
        .addColumn("at", "timestamp", (column) => column.notNull())
        .execute();
    },
  },
};

/** What the service answers when the store refuses. */
const STATUS_OF: Readonly<Record<string, number>> = {
  UNIQUE_CONFLICT: 409,
  CHECK_FAILED: 409,
  FOREIGN_KEY_BROKEN: 404,
  NOT_NULL: 400,
  BAD_VALUE: 400,
};

/** Bytes of the longest request. */
const LONGEST_BODY = 65_536;

class BadRequest extends Error {}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_BODY) throw new BadRequest("the request is too long");
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (typeof body === "object" && body !== null) return body as Record<string, unknown>;
  } catch {
    // It is none.
  }
  throw new BadRequest("the request is no JSON object");
}

function whole(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new BadRequest(`${name} must be a whole number`);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}

/** Moves an amount: both accounts and the transfer, or nothing. */
function transfer(db: Kysely<Tables>, source: number, target: number, amount: number): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const values = { source, target, amount, at: new Date() };
    const { id } = await trx.insertInto("transfers").values(values).returning("id").executeTakeFirstOrThrow();
    const change = (account: number, by: number) =>
      trx
        .updateTable("accounts")
        .set((eb) => ({ balance: eb("balance", "+", by) }))
        .where("id", "=", account)
        .execute();
    await change(source, -amount);
    await change(target, amount);
    return id;
  });
}

async function handle(db: Kysely<Tables>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (`${request.method} ${request.url}`) {
    case "GET /accounts":
      return answer(response, 200, await db.selectFrom("accounts").selectAll().orderBy("id").execute());
    case "POST /accounts": {
      const { owner, balance = 0 } = await bodyOf(request);
      if (typeof owner !== "string") throw new BadRequest("owner must be a text");
      const values = { owner, balance: whole(balance, "balance") };
      return answer(response, 201, await db.insertInto("accounts").values(values).returningAll().executeTakeFirstOrThrow());
    }
    case "POST /transfers": {
      const { from, to, amount } = await bodyOf(request);
      return answer(response, 201, { id: await transfer(db, whole(from, "from"), whole(to, "to"), whole(amount, "amount")) });
    }
    case "GET /transfers":
      // A line each, as they come; a client that goes away ends the query.
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      for await (const row of db.selectFrom("transfers").selectAll().orderBy("id").stream()) {
        if (response.destroyed) break;
        response.write(`${JSON.stringify(row)}\n`);
      }
      response.end();
      return;
    default:
      return answer(response, 404, { error: "there is no such thing" });
  }
}

const [path = "bank.db"] = process.argv.slice(2);
const db = new Kysely<Tables>({ dialect: new QuireDialect({ database: await open(path) }) });
const { error } = await new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } }).migrateToLatest();
if (error !== undefined) throw error;

const server = createServer((request, response) => {
  handle(db, request, response).catch((failure: unknown) => {
    const status = failure instanceof BadRequest ? 400 : failure instanceof QuireError ? (STATUS_OF[failure.code] ?? 500) : 500;
    if (status === 500) console.error(failure);
    if (response.headersSent) response.destroy();
    else answer(response, status, { error: status === 500 ? "something went wrong" : (failure as Error).message });
  });
});
server.listen(Number(process.env["PORT"] ?? 8080), () => {
  console.log(`listening on port ${(server.address() as AddressInfo).port}`);
});

/** Answers what was asked for, closes the store, and ends. */
function end(): void {
  server.close(() => {
    db.destroy().then(
      () => console.log("closed"),
      (failure: unknown) => {
        console.error(failure);
        process.exitCode = 1;
      },
    );
  });
  server.closeIdleConnections();
}
process.once("SIGTERM", end);
process.once("SIGINT", end);
