/**
 * Real processes on a real disk: sessions killed with SIGKILL while they write numbered rows and report each acknowledgement over a pipe,
 * and two sessions on one file.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { modulePath } from "../../host/paths.js";
import { requireRuntime, runCommand } from "../../host/node/run-command.js";
import { Random } from "./random.js";

interface Reply {
  readonly ok?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A `serve` process of runtime `name`. */
class Server {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: ((reply: Reply | null) => void)[] = [];
  readonly ended: Promise<void>;
  stderr = "";

  constructor(runtime: string, folder: string) {
    const { adapter, program } = requireRuntime(runtime);
    const argv = adapter.argv({
      module: modulePath(),
      preopens: [{ guest: "data", host: folder }],
      args: ["data/kill.db", "serve"],
      env: {},
    });
    this.#child = spawn(program, argv);
    this.#child.stdin.on("error", () => undefined);
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#waiting.shift()?.(JSON.parse(line) as Reply));
    this.ended = new Promise((resolve) => {
      this.#child.on("close", () => {
        for (const waiting of this.#waiting.splice(0)) waiting(null);
        resolve();
      });
    });
  }

  /** The reply, or null when the process ended before it came. */
  request(request: unknown): Promise<Reply | null> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    return this.ended;
  }

  close(): Promise<void> {
    this.#child.stdin.end();
    return this.ended;
  }
}

function row(id: number, random: Random): unknown {
  return { op: "insert", table: "rows", row: { id, name: `row ${id} ${"x".repeat(random.pick([10, 300, 9000]))}` } };
}

async function quire(runtime: string, folder: string, words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runCommand(runtime, folder, ["data/kill.db", ...words], { timeoutMs: 120_000 });
  if (status !== 0) throw new Error(`${runtime}: quire ${words.join(" ")}: status ${status}: ${stderr}${stdout.slice(0, 1000)}`);
  return stdout;
}

/** How many kills a file sees before there is a new one. */
const KILLS_A_FILE = 15;

export interface KillTotals {
  kills: number;
  acknowledged: number;
}

/** Kills sessions of `runtime` `count` times; throws when an acknowledged row is missing, or when `check` finds anything. */
export async function kills(runtime: string, count: number, seed: number): Promise<KillTotals> {
  const totals = { kills: 0, acknowledged: 0 };
  const random = new Random(seed);
  while (totals.kills < count) {
    const folder = mkdtempSync(join(tmpdir(), "quire-kill-"));
    try {
      await quire(runtime, folder, ["create", "rows", "id:uint32:pk", "name:text"]);
      let last = 0;
      for (let kill = 0; kill < KILLS_A_FILE && totals.kills < count; kill++) {
        const server = new Server(runtime, folder);
        const first = last + 1;
        let next = first;
        let going = true;
        // A few requests are on their way at any time.
        const writer = async (): Promise<void> => {
          while (going) {
            const id = next++;
            const reply = await server.request(row(id, random));
            if (reply === null) return;
            if (reply.error !== undefined) throw new Error(`row ${id} is refused: ${reply.error.message}`);
            totals.acknowledged += 1;
            last = Math.max(last, id);
          }
        };
        const writers = Array.from({ length: 4 }, writer);
        // Some are killed while they start and recover.
        const delay = random.oneIn(3) ? random.below(30) : random.below(400);
        await new Promise((resolve) => setTimeout(resolve, delay));
        going = false;
        await server.kill();
        await Promise.all(writers);
        totals.kills += 1;
        const ids = new Set((await quire("node", folder, ["export", "rows", "--format", "csv", "--columns", "id"])).split("\n"));
        for (let id = 1; id <= last; id++)
          if (!ids.has(String(id))) throw new Error(`kill ${totals.kills}: row ${id} was acknowledged and is missing`);
        // What was on its way may have come in as well; the numbers go on behind it.
        last = ids.size - 2;
        if (last > 0 && !ids.has(String(last))) throw new Error(`kill ${totals.kills}: there is a gap before row ${last}`);
      }
      await quire(runtime, folder, ["delete", "rows", "1"]);
      await quire(runtime, folder, ["check"]);
      const left = readdirSync(folder).filter((name) => name !== "kill.db" && name !== "kill.db-log");
      if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return totals;
}

/** A session of `first` is taken over by one of `second`: it is told with its next change, and the other one goes on. */
export async function takeOverProcess(first: string, second: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quire-kill-"));
  const random = new Random(1);
  const accepted = (reply: Reply | null, who: string): void => {
    if (reply?.ok === undefined) throw new Error(`${who} is refused: ${reply?.error?.message ?? "it ended"}`);
  };
  try {
    await quire(first, folder, ["create", "rows", "id:uint32:pk", "name:text"]);
    const older = new Server(first, folder);
    accepted(await older.request(row(1, random)), "the first");
    const newer = new Server(second, folder);
    accepted(await newer.request(row(2, random)), "the second");
    const refused = await older.request(row(3, random));
    if (refused?.error?.code !== "HANDLE_POISONED") throw new Error(`the first was told ${JSON.stringify(refused)}`);
    accepted(await newer.request(row(4, random)), "the second");
    await older.close();
    accepted(await newer.request(row(5, random)), "the second");
    await newer.close();
    const rows = await quire(second, folder, ["export", "rows", "--format", "csv", "--columns", "id"]);
    if (rows.trim() !== "id\n1\n2\n4\n5") throw new Error(`in the end there are the rows ${rows}`);
    await quire(first, folder, ["check"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
