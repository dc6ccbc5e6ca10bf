/** A page file that is open in this thread. */
import { InProcessEngine } from "../api/engine.js";
import { QuireError, reasonOf } from "../api/errors.js";
import { type LibraryHost, LibraryInstance, errorOfReply, openRequest } from "../api/instance.js";
import { MemoryViews, utf8Of } from "../api/memory-views.js";
import { IN_MEMORY, type OpenOptions } from "../api/options.js";
import { ChunkedFile } from "./chunked-file.js";
import { Folder } from "./folder.js";
import { openPrivateFiles } from "./opfs.js";
import { type CommandResult, FOLDER, FolderWasi } from "./wasi.js";

/** What can be opened: the path of a private file, `":memory:"`, or a page file's bytes, which stay as they are: what is changed is kept in memory. */
export type Source = string | Blob | ArrayBuffer | Uint8Array<ArrayBuffer>;

/** Options of a session in a browser. */
export interface WebOptions extends Omit<OpenOptions, "runtime" | "allowLinks" | "schema"> {
  /** Of a file of crates 0.6 to 0.8, which holds no definitions: their text, as `quire FILE schema` prints them or as JSON. */
  readonly schema?: string;
  /** Where `quire-lib.wasm` is, unless it is where the package has it; or the module, compiled. */
  readonly module?: string | URL | WebAssembly.Module;
  /** Where `quire.wasm` is, which `command` runs. */
  readonly commandModule?: string | URL;
  /** Where the worker is, `quire-db/web/worker`: for bundlers that don't know `new Worker(new URL(…, import.meta.url))`. */
  readonly worker?: string | URL;
}

/** Names that no page file gets: of definitions, of a copy, of what a command makes, and of a second file that it reads. */
const SCHEMA = "the schema";
const COPY = "a copy";
const MADE = "what is made";
const OTHER = "the other file";

/** What a command came to, and the file that it made. */
export interface MadeResult extends CommandResult {
  readonly made: Blob | null;
}

/** What an instance lives in here: it sees one folder. */
class WebHost implements LibraryHost {
  readonly moduleName = "quire-lib.wasm";
  readonly #module: WebAssembly.Module;
  readonly #folder: Folder;
  readonly #wasi: FolderWasi;

  constructor(module: WebAssembly.Module, folder: Folder, isStopped: () => boolean) {
    this.#module = module;
    this.#folder = folder;
    this.#wasi = new FolderWasi(folder, isStopped);
  }

  start(): Record<string, unknown> {
    return this.#wasi.initialize(this.#module);
  }

  views(memory: ArrayBuffer): MemoryViews {
    return new MemoryViews(memory);
  }

  close(): void {
    this.#folder.close();
  }
}

/** A file in memory that has these bytes. */
function fileOf(bytes: Uint8Array): ChunkedFile {
  const file = new ChunkedFile();
  file.write(bytes, { at: 0 });
  return file;
}

/** What a call that names a second file comes to. */
export function refusePath(call: string): never {
  throw new QuireError("UNSUPPORTED", `${call}: a browser has no folder to write to; contents() gives the file's bytes`);
}

/** The name that messages have for bytes. */
export function nameOf(source: Source): string {
  if (typeof source === "string") return source;
  return source instanceof File ? source.name : "file.db";
}

/** The files of a session, and what is to be done when it is closed. */
interface Files {
  readonly folder: Folder;
  /** What the page file is called in the folder; null for a store in memory. */
  readonly name: string | null;
  readonly tidy: () => Promise<void>;
}

async function filesOf(source: Source, { readonly = false, wait }: WebOptions): Promise<Files> {
  const name = nameOf(source).split("/").pop() ?? "";
  if (typeof source === "string" && source !== IN_MEMORY) {
    const { folder, tidy } = await openPrivateFiles(source, readonly, wait);
    return { folder, tidy, name };
  }
  const folder = new Folder(() => new ChunkedFile());
  const tidy = (): Promise<void> => Promise.resolve();
  if (typeof source === "string") return { folder, tidy, name: null };
  const file =
    source instanceof Blob ? new ChunkedFile(source) : fileOf(source instanceof Uint8Array ? source : new Uint8Array(source));
  folder.add(name, { file, exists: true });
  return { folder, tidy, name };
}

/** An open page file: the module, and what only a browser has. */
export class OpenedFile {
  readonly engine: InProcessEngine;
  readonly #files: Files;

  /** The text of definitions that the file needs. */
  readonly #schema: string | undefined;

  private constructor(files: Files, engine: InProcessEngine, schema: string | undefined) {
    this.#files = files;
    this.engine = engine;
    this.#schema = schema;
  }

  /** Opens `source` by the module. As soon as `isStopped` what runs with a timeout ends. */
  static async open(
    source: Source,
    options: WebOptions,
    module: WebAssembly.Module,
    isStopped: () => boolean = () => false,
  ): Promise<OpenedFile> {
    const files = await filesOf(source, options);
    try {
      const { schema } = options;
      if (schema !== undefined) files.folder.add(SCHEMA, { file: fileOf(utf8Of(schema)), exists: true });
      const path = files.name === null ? IN_MEMORY : `${FOLDER}/${files.name}`;
      const request = openRequest(path, options, schema === undefined ? undefined : `${FOLDER}/${SCHEMA}`);
      const instance = new LibraryInstance(new WebHost(module, files.folder, isStopped), request);
      return new OpenedFile(files, new InProcessEngine(instance, refusePath), schema);
    } catch (error) {
      await files.tidy();
      throw error;
    }
  }

  /** The page file as it was last committed, as it is until the next change. */
  #committed(): ChunkedFile {
    const { folder, name } = this.#files;
    // A store in memory has its pages there, and gives a copy of them.
    const request = name === null ? { op: "backup", path: `${FOLDER}/${COPY}` } : { op: "checkpoint" };
    const reply = JSON.parse(this.engine.request(JSON.stringify(request))) as { ok?: unknown };
    if (reply.ok === undefined) throw errorOfReply(reply);
    const file = folder.get(name ?? COPY) ?? new ChunkedFile();
    if (name === null) folder.forget(COPY);
    return file instanceof ChunkedFile ? file : new ChunkedFile(file);
  }

  /** The page file as it was last committed, without what is not in it. Where the session began with a `Blob`, what is unchanged is not copied. */
  contents(): Blob {
    return this.#committed().blob();
  }

  /**
   * Runs a command of `quire` on the file as it was last committed, in a folder of its own: `words` are those behind FILE. One that is `OUT` is a
   * file that is made, whose bytes come with the result, and `OTHER` is the file `other`. What is printed calls them so, too.
   */
  command(module: WebAssembly.Module, words: readonly string[], other: Blob | null): MadeResult {
    const folder = new Folder(() => new ChunkedFile());
    const name = this.#files.name ?? COPY;
    folder.add(name, { file: new ChunkedFile(this.#committed()), exists: true });
    if (other !== null) folder.add(OTHER, { file: new ChunkedFile(other), exists: true });
    const paths = new Map([
      ["OUT", `${FOLDER}/${MADE}`],
      ["OTHER", `${FOLDER}/${OTHER}`],
    ]);
    const all = [`${FOLDER}/${name}`, ...words.map((word) => paths.get(word) ?? word)];
    if (this.#schema !== undefined) {
      folder.add(SCHEMA, { file: fileOf(utf8Of(this.#schema)), exists: true });
      all.push("--schema", `${FOLDER}/${SCHEMA}`);
    }
    const { status, stdout, stderr } = new FolderWasi(folder, () => false).run(module, all);
    const named = (text: string): string => [...paths].reduce((all, [word, path]) => all.replaceAll(path, word), text);
    const made = folder.get(MADE);
    const blob = made instanceof ChunkedFile ? made.blob() : null;
    return { status, stdout: named(stdout), stderr: named(stderr), made: blob };
  }

  /** What is to be done when the engine is closed. */
  tidy(): Promise<void> {
    return this.#files.tidy();
  }
}

/** The library, compiled. */
export function loadLibrary(given: WebOptions["module"]): Promise<WebAssembly.Module> {
  if (given instanceof WebAssembly.Module) return Promise.resolve(given);
  return loadModule(given ?? new URL("../../quire-lib.wasm", import.meta.url));
}

/** A module, compiled: `MODULE_NOT_FOUND` or `MODULE_INVALID` when it can't be had. */
export async function loadModule(from: string | URL): Promise<WebAssembly.Module> {
  const url = String(from);
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new QuireError("MODULE_NOT_FOUND", `${url} can't be had (${reasonOf(error)})`, undefined, { cause: error });
  }
  if (!response.ok) throw new QuireError("MODULE_NOT_FOUND", `${url} can't be had (status ${response.status})`);
  try {
    // Not compileStreaming: servers do not all know the type.
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new QuireError("MODULE_INVALID", `${url}: ${reasonOf(error)}`, undefined, { cause: error });
  }
}
