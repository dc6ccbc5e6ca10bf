/** What sessions speak to: the module in this process, or one elsewhere that answers later. */
import type { LibraryInstance } from "./instance.js";
import type { Kind, Result } from "./kind.js";
import type { FileUrl } from "./options.js";

/** Takes the text of a request and gives the text of its reply. */
export interface Engine<K extends Kind = Kind> {
  /** The module, when it is in this process. */
  readonly instance: LibraryInstance | null;
  /** The path of a file that `call` was given, as the module sees it; a `QuireError` when the module can't reach it. */
  pathOf(call: string, path: string | FileUrl): string;
  request(text: string): Result<K, string>;
  close(): Result<K, void>;
}

/** What a session of that kind may speak to. */
export type EngineFor<K extends Kind> = { sync: Engine<"sync">; async: Engine }[K];

/** The module in this process. */
export class InProcessEngine implements Engine<"sync"> {
  constructor(
    readonly instance: LibraryInstance,
    readonly pathOf: Engine["pathOf"],
  ) {}

  request(text: string): string {
    this.instance.callText("request", text);
    return this.instance.replyText();
  }

  close(): void {
    this.instance.close();
  }
}
