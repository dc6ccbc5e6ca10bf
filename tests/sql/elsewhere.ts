/** What a store in this process was asked and what it said, and the same asked of the module elsewhere. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "../../host/api/engine.js";
import { Operations } from "../../host/api/operations.js";
import { SyncRunner } from "../../host/api/runner.js";
import { SyncSession } from "../../host/api/session.js";
import { USUAL_FORMS } from "../../host/api/value-forms.js";
import { openSync } from "../../host/index.js";
import { openInProcess } from "../../host/node/in-process.js";
import { placeOf } from "../../host/node/place.js";
import { ServeProcess } from "../../host/node/serve-process.js";
import { runtimeNamed } from "../../host/runtimes/index.js";
import { CREATE, type Connection, type DatabaseError, type Sql, jsonOf } from "../helpers/component.js";
import { componentIn } from "../helpers/component-folder.js";
import { Difference } from "./oracle.js";

/** What answers there: a runtime over `serve`, or the component in this process. */
export const COMPONENT = "component";

/** A request and its reply, as texts. */
interface Turn {
  readonly request: string;
  readonly reply: string;
}

/** What is said to a store in memory, in the order in which it is said. */
export class Transcript {
  readonly turns: Turn[] = [];

  /** The store: a session that does all by requests. */
  session(): SyncSession {
    const inner = openInProcess(placeOf("node", ":memory:", false), {}, null);
    const engine: Engine<"sync"> = {
      instance: null,
      pathOf: inner.pathOf,
      request: (request) => {
        const reply = inner.request(request);
        this.turns.push({ request, reply });
        return reply;
      },
      close: () => {
        inner.close();
      },
    };
    return new SyncSession(":memory:", engine, new SyncRunner(engine, new Operations(USUAL_FORMS)));
  }
}

interface Reply {
  readonly ok?: object;
  readonly error?: { readonly code: string };
}

/** What has to be the same: all of a reply, and of an error its code. */
function shown(text: string): string {
  const { ok, error } = JSON.parse(text) as Reply;
  return error === undefined ? JSON.stringify(ok) : error.code;
}

function errorReply(error: unknown): string {
  const { payload } = error as { payload?: DatabaseError };
  if (payload === undefined) throw error;
  return JSON.stringify({ error: payload });
}

/** The rows of a query by the interface `sql`, a few at a time. */
function byCursor(sql: Sql, db: Connection, text: string): Reply {
  using statement = sql.Statement.prepare(db, text);
  using cursor = statement.query([]);
  const rows: unknown[][] = [];
  for (let page = cursor.next(100); page.length > 0; page = cursor.next(100)) rows.push(...page.map((row) => row.map(jsonOf)));
  const columns = statement.columns();
  return { ok: { columns: columns.map(({ name }) => name), types: columns.map(({ dataType }) => dataType.tag), rows } };
}

/** Requests of the component: queries by their statements, all else as it is. */
async function componentAnswers(folder: string): Promise<(request: string) => string> {
  const { Connection, sql } = await componentIn(folder);
  const db = Connection.open("data/store.db", CREATE);
  return (request) => {
    const { op, sql: text } = JSON.parse(request) as { op: string; sql?: string };
    try {
      if (op !== "sql" || text === undefined || !/^(?:SELECT|WITH|VALUES)\b/u.test(text)) return `{"ok":${db.request(request)}}`;
      const { ok } = byCursor(sql, db, text);
      return JSON.stringify({ ok: { ...ok, changes: 0 } });
    } catch (error) {
      return errorReply(error);
    }
  };
}

/** Asks all of a transcript again there, in a file; a `Difference` tells of the first reply that is another one. */
export async function replay({ turns }: Transcript, where: string, what: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quire-sql-"));
  const child = where === COMPONENT ? null : new ServeProcess(where, folder, ["data/store.db"]);
  try {
    const answer = child === null ? await componentAnswers(folder) : (request: string) => child.requestLine(request);
    for (const { request, reply } of turns) {
      const found = shown(await answer(request));
      const expected = shown(reply);
      if (found === expected) continue;
      let at = 0;
      while (found[at] === expected[at]) at++;
      const near = (text: string): string => text.slice(Math.max(0, at - 100), at + 200);
      throw new Difference(`${what} on ${where}: ${request}\n  here: ${near(expected)}\n  there: ${near(found)}`);
    }
  } finally {
    await child?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How the programs that have `--runtime` tell of it. */
export const RUNTIME_USAGE = `--runtime: what all is asked again on, ${COMPONENT} or a runtime that is here, and has to say the same`;

/** The runtimes that a program's stores are asked again on. */
export class Elsewhere {
  readonly #names: readonly string[];
  #transcripts: Transcript[] = [];

  /** `names`: runtimes and `component`, with commas between them; "": none. */
  constructor(names: string) {
    this.#names = names === "" ? [] : names.split(",");
    for (const name of this.#names)
      if (name !== COMPONENT && runtimeNamed(name)?.find() == null) throw new Error(`no runtime ${name} here`);
  }

  /** An empty store. */
  store(): SyncSession {
    if (this.#names.length === 0) return openSync(":memory:");
    const transcript = new Transcript();
    this.#transcripts.push(transcript);
    return transcript.session();
  }

  /** Asks what was asked of the stores since the last time; prints how they differ, and gives how many do. */
  async compare(what: string): Promise<number> {
    let differences = 0;
    for (const transcript of this.#transcripts)
      for (const name of this.#names)
        try {
          await replay(transcript, name, what);
        } catch (error) {
          console.log(error instanceof Difference ? error.message : error);
          differences += 1;
        }
    this.#transcripts = [];
    return differences;
  }
}
