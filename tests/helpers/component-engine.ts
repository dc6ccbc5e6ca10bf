/**
 * Takes the place of `host/node/in-process.ts` where `with-component.ts` is loaded: what is opened in this process is opened by Quire's
 * component, under jco, and all requests go to it. So the tests of the package show of the component what they show of the library.
 */
import type { Engine } from "../../host/api/engine.js";
import { QuireError, reasonOf, trapError } from "../../host/api/errors.js";
import { closedError } from "../../host/api/instance.js";
import type { OpenOptions } from "../../host/api/options.js";
import { openRequestAt } from "../../host/node/in-process.js";
import type { WriteLock } from "../../host/node/lock/write-lock.js";
import { type Place, pathInside } from "../../host/node/place.js";
import { type Connection, type DatabaseError, loadComponent } from "./component.js";
import { importsFor } from "./component-folder.js";

const newInstance = await loadComponent();

/** What `err` of a call holds; what is no such error, as a trap, is thrown. */
function errorOf(thrown: unknown): DatabaseError {
  const { payload } = thrown as { payload?: DatabaseError };
  if (payload === undefined) throw trapError(reasonOf(thrown), thrown);
  return payload;
}

class ComponentEngine implements Engine<"sync"> {
  readonly instance = null;
  readonly #place: Place;
  readonly #lock: WriteLock | null;
  readonly #connection: Connection;
  #ended: QuireError | null = null;

  constructor(place: Place, options: OpenOptions, lock: WriteLock | null) {
    this.#place = place;
    this.#lock = lock;
    const { host, guest } = place.folder;
    const request = JSON.stringify(openRequestAt(place, options));
    try {
      const { database } = newInstance(importsFor(host, undefined, guest));
      this.#connection = database.Connection.openJson(request);
    } catch (thrown) {
      const { code, message } = errorOf(thrown);
      throw new QuireError(code, message);
    }
  }

  pathOf(call: string, path: string | URL): string {
    return pathInside(this.#place, call, path);
  }

  request(text: string): string {
    if (this.#ended !== null) throw this.#ended;
    try {
      return `{"ok":${this.#connection.request(text)}}`;
    } catch (thrown) {
      const { code, message } = errorOf(thrown);
      return JSON.stringify({ error: { code, message } });
    }
  }

  close(): void {
    if (this.#ended !== null) return;
    this.#ended = closedError();
    try {
      this.#connection.close();
    } catch (thrown) {
      const { code, message } = errorOf(thrown);
      throw new QuireError(code, message);
    } finally {
      this.#connection[Symbol.dispose]();
      this.#lock?.release();
    }
  }
}

export const openInProcess = (place: Place, options: OpenOptions, lock: WriteLock | null): Engine<"sync"> =>
  new ComponentEngine(place, options, lock);
