/**
 * The server of `quire FILE studio`: the page of build/web/ for one file, to programs of this machine that know its address.
 *
 * The address has a random token in it. A request whose Host or Origin is another is refused: a page of some other site, whose name was pointed
 * to this machine meanwhile, sends its own. Nothing but the page's files and the open file is served.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { QuireError, reasonOf } from "../../api/errors.js";
import { packageRoot } from "../../paths.js";

/** What the page works on. */
export interface Studio {
  /** What the file is called. */
  readonly name: string;
  /** The file's path in the system, for who downloads it; null for a store in memory. */
  readonly path: string;
  request(text: string): Promise<string>;
  /** Runs a command that reads the file, with words behind FILE. */
  command(words: readonly string[]): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }>;
  stop(): void;
}

const PAGE = join(packageRoot, "build", "web");

/** The page's files: no other path is looked at. */
const FILES: ReadonlyMap<string, string> = new Map([
  ["", "index.html"],
  ...["style.css", "main.js", "main.js.LEGAL.txt"].map((name) => [name, name] as const),
]);

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
};

/** A request's text is as long as the module takes at most. */
const MOST_BYTES = 64 << 20;

const HEADERS = {
  // Styles are made by the editor while it runs.
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

const isSame = (a: string, b: string): boolean =>
  Buffer.byteLength(a) === Buffer.byteLength(b) && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** The text of a request's body; null when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MOST_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** The commands that the page may run. */
const COMMANDS = /^(?:(?:map|page \d{1,10}(?: --hex)?|diff OTHER --limit \d{1,10})(?: --json)?|repair OUT)$/;

/** The words of such a command. */
function commandOf(text: string | null): string[] | null {
  const words: unknown = JSON.parse(text ?? "null");
  if (!Array.isArray(words) || !words.every((word) => typeof word === "string")) return null;
  return COMMANDS.test(words.join(" ")) ? words : null;
}

/** Files beside the open one that commands name: the one that they make, and the one that the page has sent. They are the server's own. */
class NamedFiles {
  #folder: string | null = null;

  #path(word: string): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), "quire-studio-"));
    return join(this.#folder, `${word}.db`);
  }

  /** The words with these files' paths, and the way back from the paths in what was printed. */
  resolve(words: readonly string[]): { readonly given: readonly string[]; readonly named: (text: string) => string } {
    const names = ["OUT", "OTHER"].filter((name) => words.includes(name));
    if (words.includes("OUT")) rmSync(this.made, { force: true });
    return {
      given: words.map((word) => (names.includes(word) ? this.#path(word) : word)),
      named: (text) => names.reduce((all, name) => all.replaceAll(this.#path(name), name), text),
    };
  }

  get made(): string {
    return this.#path("OUT");
  }

  /** Keeps the bytes of the other file. */
  async keepOther(bytes: Readable): Promise<void> {
    await pipeline(bytes, createWriteStream(this.#path("OTHER")));
  }

  remove(): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }
}

export class StudioServer {
  readonly #studio: Studio;
  readonly #files = new NamedFiles();
  readonly #token = randomBytes(16).toString("hex");
  readonly #server: Server;
  #port = 0;

  private constructor(studio: Studio) {
    this.#studio = studio;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** Listens on the loopback address; port 0: one that is free. */
  static async listen(studio: Studio, port: number): Promise<StudioServer> {
    if (!existsSync(join(PAGE, "index.html")))
      throw new QuireError("MODULE_NOT_FOUND", `${PAGE} is missing; npm run build makes it`);
    const server = new StudioServer(studio);
    await new Promise<void>((resolve, reject) => {
      server.#server.once("error", (error) =>
        reject(new QuireError("IO_ERROR", `can't listen on port ${port} (${reasonOf(error)})`, undefined, { cause: error })),
      );
      server.#server.listen(port, "127.0.0.1", resolve);
    });
    server.#port = (server.#server.address() as AddressInfo).port;
    return server;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}/${this.#token}/`;
  }

  /** Ends it, with the connections that browsers keep. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    this.#files.remove();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#dispatch(request, response);
    } catch (error) {
      if (!response.headersSent) this.#end(response, 500, reasonOf(error));
      else response.destroy();
    }
  }

  #end(response: ServerResponse, status: number, text: string | Buffer, type = "text/plain; charset=utf-8"): void {
    response.writeHead(status, { ...HEADERS, "content-type": type });
    response.end(text);
  }

  async #dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host = "", origin } = request.headers;
    const hosts = ["127.0.0.1", "localhost"].map((name) => `${name}:${this.#port}`);
    if (!hosts.includes(host) || (origin !== undefined && origin !== `http://${host}`)) {
      this.#end(response, 403, "this page is for the address that quire studio has printed");
      return;
    }
    const [, token = "", name = null, ...rest] = (request.url ?? "").replace(/\?.*$/, "").split("/");
    if (!isSame(token, this.#token) || name === null || rest.length > 0) {
      this.#end(response, 404, "there is nothing here");
      return;
    }
    const { method } = request;
    if (method === "POST" && name === "request") {
      const text = await bodyOf(request);
      if (text === null) this.#end(response, 413, "the request is too long");
      else this.#end(response, 200, await this.#replyTo(text), "application/json");
    } else if (method === "POST" && name === "stop") {
      this.#studio.stop();
      this.#end(response, 200, "");
    } else if (method === "POST" && name === "command") {
      const words = commandOf(await bodyOf(request));
      if (words === null) this.#end(response, 403, "the page runs no such command");
      else this.#end(response, 200, JSON.stringify(await this.#command(words)), "application/json");
    } else if (method === "POST" && name === "other") {
      await this.#files.keepOther(request);
      this.#end(response, 200, "");
    } else if (method === "GET" && name === "contents") await this.#contents(response);
    else if (method === "GET" && name === "made" && existsSync(this.#files.made)) await this.#send(response, this.#files.made);
    else if (method === "GET" && FILES.has(name)) this.#file(response, FILES.get(name) as string);
    else this.#end(response, method === "GET" ? 404 : 405, "there is nothing here");
  }

  /** What fails behind the module is an answer as what fails in it is. */
  async #replyTo(text: string): Promise<string> {
    try {
      return await this.#studio.request(text);
    } catch (error) {
      if (!(error instanceof QuireError)) throw error;
      return JSON.stringify({ error: { code: error.code, message: error.message } });
    }
  }

  async #command(words: readonly string[]): Promise<Awaited<ReturnType<Studio["command"]>> & { readonly hasMade: boolean }> {
    const { given, named } = this.#files.resolve(words);
    const { status, stdout, stderr } = await this.#studio.command(given);
    return {
      status,
      stdout: named(stdout),
      stderr: named(stderr),
      hasMade: words.includes("OUT") && existsSync(this.#files.made),
    };
  }

  #file(response: ServerResponse, name: string): void {
    const bytes = readFileSync(join(PAGE, name));
    const session = JSON.stringify(this.#studio.name).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
    const text = name === "index.html" ? bytes.toString("utf8").replace("<html ", `<html data-session="${session}" `) : bytes;
    this.#end(response, 200, text, TYPES[extname(name)]);
  }

  /** The page file, which a checkpoint has brought up to date. */
  async #contents(response: ServerResponse): Promise<void> {
    const reply = JSON.parse(await this.#replyTo('{"op":"checkpoint"}')) as { error?: { message: string } };
    if (reply.error !== undefined) {
      this.#end(response, 409, reply.error.message);
      return;
    }
    await this.#send(response, this.#studio.path);
  }

  async #send(response: ServerResponse, path: string): Promise<void> {
    const { size } = statSync(path);
    response.writeHead(200, { ...HEADERS, "content-type": "application/octet-stream", "content-length": size });
    await pipeline(createReadStream(path, { end: Math.max(0, size - 1) }), response);
  }
}
