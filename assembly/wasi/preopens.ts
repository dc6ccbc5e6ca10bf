/**
 * Preopened folders, and which of them a path is in.
 *
 * A path is resolved as a libc does it: the preopen with the longest name that starts the path, then the rest relative to it.
 * Names are compared without leading and trailing slashes, because WasmEdge cuts the leading one off, and "." counts as "/"
 * (wazero shows it so). Wasmer shows "/", "." and "/" whatever was mapped, and the mapped folder is inside. ".." is resolved
 * here, by text; a path that leaves its folder is refused before the runtime sees it.
 */
import { ACCESS_DENIED, BAD_VALUE, fail } from "../status";
import { fd_prestat_get, fd_prestat_dir_name } from "./calls";

class Preopen {
  constructor(
    readonly fd: u32,
    readonly name: string,
  ) {}
}

let preopens: Array<Preopen> | null = null;

/** Where a path is: the folder's descriptor and the rest of the path. */
class ResolvedPath {
  constructor(
    readonly dirFd: u32,
    readonly rest: string,
  ) {}
}

/** The preopened folder's names as the runtime shows them, for messages. */
function preopenNames(list: Array<Preopen>): string {
  let text = "";
  for (let i = 0; i < list.length; i++) text += (i > 0 ? ", " : "") + (list[i].name.length > 0 ? list[i].name : "/");
  return text;
}

function loadPreopens(): Array<Preopen> {
  const list = new Array<Preopen>();
  const prestat = heap.alloc(8);
  // The list starts at 3 and ends at the first errno; descriptors 0 to 2 answer at random (wazero, Wasmer and Bun say yes).
  for (let fd: u32 = 3; fd_prestat_get(fd, prestat) == 0; fd++) {
    const len = load<u32>(prestat, 4);
    const name = heap.alloc(len + 1);
    if (fd_prestat_dir_name(fd, name, len) == 0) list.push(new Preopen(fd, normalize(String.UTF8.decodeUnsafe(name, len, true))));
    heap.free(name);
  }
  heap.free(prestat);
  return list;
}

/** `path` without ".", "..", doubled, leading and trailing slashes; "\0" when it climbs out at the top. */
function normalize(path: string): string {
  const parts = path.split("/");
  const kept = new Array<string>();
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (part.length == 0 || part == ".") continue;
    if (part == "..") {
      if (kept.length == 0) return "\0";
      kept.pop();
    } else kept.push(part);
  }
  return kept.join("/");
}

/** What stands for a file where a store in memory is meant. */
export const IN_MEMORY: string = ":memory:";

/** Whether `path` is what a file may be called: a URL, a folder's name, what stands for a store in memory and names made of it are not. */
function isFileName(path: string): bool {
  if (path.startsWith(IN_MEMORY))
    fail(BAD_VALUE, IN_MEMORY + " is a store in memory, and no file", "a file of that name is ./" + path);
  else if (path.startsWith("file:")) fail(BAD_VALUE, path + " is a URL, and no path", "a file of that name is ./" + path);
  else if (endsAsFolder(path)) fail(BAD_VALUE, path + " is a folder's name, and no file's");
  else return true;
  return false;
}

/** Whether the last part of `path` is none, "." or "..". */
function endsAsFolder(path: string): bool {
  const last = path.substring(path.lastIndexOf("/") + 1);
  return last.length == 0 || last == "." || last == "..";
}

/** The folder and the rest of `path`, or null with `ACCESS_DENIED` or `BAD_VALUE`. */
export function resolvePath(path: string): ResolvedPath | null {
  if (!isFileName(path)) return null;
  let list = preopens;
  if (!list) {
    list = loadPreopens();
    preopens = list;
  }
  const wanted = normalize(path);
  if (wanted == "\0") {
    fail(ACCESS_DENIED, path + " leads out of the folders that the runtime has opened");
    return null;
  }
  let best: Preopen | null = null;
  for (let i = 0; i < list.length; i++) {
    const preopen = list[i];
    const name = preopen.name;
    const fits = name.length == 0 || wanted == name || (wanted.startsWith(name) && wanted.charCodeAt(name.length) == 0x2f);
    if (fits && (!best || name.length > best.name.length)) best = preopen;
  }
  if (!best) {
    fail(
      ACCESS_DENIED,
      path + " is in no folder that the runtime has opened" + (list.length > 0 ? " (" + preopenNames(list) + ")" : ""),
      "open its folder to the module, for example: wasmtime run --dir FOLDER …",
    );
    return null;
  }
  const rest = wanted.substring(best.name.length == 0 ? 0 : min(best.name.length + 1, wanted.length));
  return new ResolvedPath(best.fd, rest.length > 0 ? rest : ".");
}
