/** A session over the server that a page came from: `quire FILE studio`. */
import type { Engine } from "../api/engine.js";
import { QuireError, reasonOf } from "../api/errors.js";
import type { MadeResult } from "./opened.js";
import type { CommandResult } from "./wasi.js";

/** What a page's session speaks to, wherever the module is. */
export interface PageEngine extends Engine<"async"> {
  /** The page file as it was last committed. */
  contents(): Promise<Blob>;
  /** Runs a command of `quire` on the file, and on the other one where it names that. */
  command(words: readonly string[], other: Blob | null): Promise<MadeResult>;
  /** Ends the request that runs; false where that can't be. */
  stop(): boolean;
  kill(): void;
}

/** What a command came to on the server, which keeps the file that it made. */
interface ServedResult extends CommandResult {
  readonly hasMade: boolean;
}

/** The module on the server. `base` is what its addresses begin with. */
export class RemoteEngine implements PageEngine {
  readonly instance = null;
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  pathOf(call: string): never {
    throw new QuireError("UNSUPPORTED", `${call}: a page names no files; contents() gives the file's bytes`);
  }

  async #fetch(name: string, body: string | Blob | null): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(new URL(name, this.#base), body === null ? {} : { method: "POST", body });
    } catch (error) {
      throw new QuireError("SESSION_ENDED", `the server of this page is gone (${reasonOf(error)}); start it again`, undefined, {
        cause: error,
      });
    }
    if (response.ok) return response;
    throw new QuireError("SESSION_ENDED", `the server of this page answers with status ${response.status}`);
  }

  async request(text: string): Promise<string> {
    return (await this.#fetch("request", text)).text();
  }

  async contents(): Promise<Blob> {
    return (await this.#fetch("contents", null)).blob();
  }

  async command(words: readonly string[], other: Blob | null): Promise<MadeResult> {
    if (other !== null) await this.#fetch("other", other);
    const { hasMade, ...result } = (await (await this.#fetch("command", JSON.stringify(words))).json()) as ServedResult;
    return { ...result, made: hasMade ? await (await this.#fetch("made", null)).blob() : null };
  }

  stop(): boolean {
    void this.#fetch("stop", "").catch(() => undefined);
    return true;
  }

  kill(): void {
    // The server's session is others' as well.
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
