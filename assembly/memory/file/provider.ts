/**
 * Where pages are kept: the heap, or a file through WASI. A provider knows nothing of pages' content.
 *
 * Errors are statuses; a read or write outside the provider's size is `OUT_OF_BOUNDS`.
 */
import {
  Status,
  OK,
  BAD_VALUE,
  OUT_OF_BOUNDS,
  OUT_OF_MEMORY,
  NOT_A_PAGE_FILE,
  READ_ONLY,
  HARD_LINKS,
  FILE_NOT_FOUND,
  fail,
  lastError,
  restoreError,
  savedError,
} from "../../status";
import { File, removeFile } from "../../wasi/file";
import { randomU64 } from "../../wasi/random";
import { PAGE_SIZE, PAGE_SHIFT } from "../base/layout";
import { HEAD_BYTES, checkHead } from "./foreign-file";
import { hintAtLog, setOrphanAside } from "./set-aside";
import { allocBlock, freeBlock } from "../base/block-pool";

/** Pages of 64 KiB that can be read, written and added to. */
export abstract class MemoryProvider {
  /** Whether `grow` and `write` are refused. */
  readOnly: bool = false;
  /** Bytes at the end of a file that are part of a page. */
  leftOver: u32 = 0;

  /** Bytes of a page. */
  get pageSize(): u32 {
    return PAGE_SIZE;
  }

  /** Bytes kept. */
  get size(): u64 {
    return (<u64>this.pages) << PAGE_SHIFT;
  }

  /** Pages kept. */
  abstract get pages(): u32;
  /** How many names its file has. */
  get links(): u64 {
    return 1;
  }
  /** Adds `count` zeroed pages at the end. */
  abstract grow(count: u32): Status;
  /** Reads `len` bytes at `fileOffset` into `ptr`. */
  abstract read(fileOffset: u64, ptr: usize, len: u32): Status;
  /** Writes `len` bytes at `fileOffset`. */
  abstract write(fileOffset: u64, ptr: usize, len: u32): Status;
  /** Finds out again how many pages there are, where another program may have changed that. */
  refresh(): Status {
    return OK;
  }
  /** What messages call it. */
  get name(): string {
    return "the store in memory";
  }
  /** Of one that is only read: whether another program has changed it since it was opened, as far as that can be told. */
  get changed(): bool {
    return false;
  }
  /** Makes what was written survive a power cut, where there is one. */
  abstract sync(): Status;
  /** Gives everything back. The provider must not be used afterwards. */
  abstract close(): Status;
  /** A provider for pages of a transaction that outgrows the cache; null on failure (the status is in `lastError`). */
  abstract openSpill(): MemoryProvider | null;
  /** Removes the files that `openSpill` and `openScratch` made for a session that was killed, if there are some. */
  removeSpill(): void {}
  /** Whether `openScratch` has a place. */
  get spills(): bool {
    return false;
  }
  /** A provider for what a statement can't keep in memory, to be closed with it; null on failure (the status is in `lastError`). */
  openScratch(): MemoryProvider | null {
    return null;
  }

  /** `OK` when `len` bytes at `fileOffset` are inside. */
  protected bounds(fileOffset: u64, len: u32): Status {
    if (fileOffset > this.size || <u64>len > this.size - fileOffset) {
      return fail(
        OUT_OF_BOUNDS,
        "bytes " + fileOffset.toString() + " to " + (fileOffset + len).toString() + " are outside of " + this.size.toString(),
      );
    }
    return OK;
  }
}

/** Pages in linear memory, gone with the instance. */
export class HeapMemoryProvider extends MemoryProvider {
  private table: usize = 0;
  private room: u32 = 0;
  private count: u32 = 0;

  get pages(): u32 {
    return this.count;
  }

  grow(count: u32): Status {
    const need = this.count + count;
    if (need > this.room) {
      this.room = max<u32>(need, this.room * 2);
      this.table = heap.realloc(this.table == 0 ? heap.alloc(8) : this.table, (<usize>this.room) << 2);
    }
    for (; this.count < need; this.count++) {
      const block = allocBlock();
      if (block == 0) return fail(OUT_OF_MEMORY, "no memory for page " + this.count.toString());
      memory.fill(block, 0, PAGE_SIZE);
      store<u32>(this.table + ((<usize>this.count) << 2), <u32>block);
    }
    return OK;
  }

  read(fileOffset: u64, ptr: usize, len: u32): Status {
    const status = this.bounds(fileOffset, len);
    if (status == OK) this.copy(fileOffset, ptr, len, false);
    return status;
  }

  write(fileOffset: u64, ptr: usize, len: u32): Status {
    const status = this.bounds(fileOffset, len);
    if (status == OK) this.copy(fileOffset, ptr, len, true);
    return status;
  }

  private copy(fileOffset: u64, ptr: usize, len: u32, write: bool): void {
    while (len > 0) {
      const at = (<u32>fileOffset) & (PAGE_SIZE - 1);
      const part = min(len, PAGE_SIZE - at);
      const here = <usize>load<u32>(this.table + ((<usize>(fileOffset >> PAGE_SHIFT)) << 2)) + at;
      if (write) memory.copy(here, ptr, part);
      else memory.copy(ptr, here, part);
      fileOffset += part;
      ptr += part;
      len -= part;
    }
  }

  sync(): Status {
    return OK;
  }

  close(): Status {
    for (let pageNo: u32 = 0; pageNo < this.count; pageNo++) freeBlock(load<u32>(this.table + ((<usize>pageNo) << 2)));
    this.count = 0;
    if (this.table != 0) heap.free(this.table);
    this.table = 0;
    this.room = 0;
    return OK;
  }

  openSpill(): MemoryProvider | null {
    return new HeapMemoryProvider();
  }
}

/** Pages in a file. */
export class WasiMemoryProvider extends MemoryProvider {
  private count: u32 = 0;
  private temporary: bool = false;
  /** Though nothing is written to the file, there may be a scratch file beside it, which has no name but for a moment. */
  spillsBeside: bool = false;
  private cut: bool = false;
  /** The file's time before anything of it was read. */
  private modified: u64 = 0;

  private constructor(private file: File) {
    super();
  }

  /**
   * Opens `path`. `create`: make the file when it is missing (its folder must exist), without the log of one that is gone. Null on
   * failure: `BAD_VALUE` (a new one can't be called so), `FILE_NOT_FOUND`, `FOLDER_NOT_FOUND`, `ACCESS_DENIED`, `NOT_A_PAGE_FILE` (the
   * size is no multiple of a page) or `IO_ERROR`.
   * With `cut` the whole pages of a file that ends inside of one are taken, and `leftOver` bytes are not. A file with several hard links
   * is `HARD_LINKS` for writing, unless `withLinks`: what is in the log, which is beside one of its names, would be lost to sessions
   * that have another name.
   */
  static open(path: string, readOnly: bool, create: bool, cut: bool = false, withLinks: bool = false): WasiMemoryProvider | null {
    let file = File.open(path, !readOnly, false);
    if (!file && lastError.status == FILE_NOT_FOUND) {
      if (!create) hintAtLog(path);
      else if (checkNewName(path) == OK && setOrphanAside(path) == OK) file = File.open(path, !readOnly, true);
    }
    if (!file) return null;
    if (file.links > 1 && !readOnly && !withLinks) {
      fail(
        HARD_LINKS,
        path +
          " has " +
          file.links.toString() +
          " names (hard links), and its log is beside one of them: a session that has another name loses what is in it",
        "remove the other names, or work on a copy; --allow-links (in programs allowLinks) if this is the only name it is ever opened by",
      );
      file.close();
      return null;
    }
    const provider = new WasiMemoryProvider(file);
    provider.readOnly = readOnly;
    provider.cut = cut;
    if (readOnly) provider.modified = file.modified();
    if (provider.refresh() == OK) return provider;
    file.close();
    return null;
  }

  refresh(): Status {
    const size = this.file.size();
    if (size < 0) return lastError.status;
    this.leftOver = (<u32>size) & (PAGE_SIZE - 1);
    if ((this.leftOver != 0 && (!this.cut || size < <i64>PAGE_SIZE)) || (<u64>size) >> PAGE_SHIFT > 0xfffffffe) {
      const status = size < <i64>HEAD_BYTES ? OK : this.checkStart();
      if (status != OK) return status;
      return fail(
        NOT_A_PAGE_FILE,
        this.file.path + " is " + size.toString() + " bytes long; a page file is a whole number of pages of 65536 bytes",
        size < <i64>PAGE_SIZE
          ? "check that this is the right file, or that it was copied whole"
          : "check that this is the right file, or that it was copied whole; repair OUT saves what its whole pages hold",
      );
    }
    this.count = <u32>(size >> PAGE_SHIFT);
    return OK;
  }

  /** `OK` unless the first bytes of the file, which has some, are those of something else than a page file. */
  checkStart(): Status {
    const head = memory.data(HEAD_BYTES, 8);
    const status = this.file.read(0, head, HEAD_BYTES);
    return status == OK ? checkHead(head) : status;
  }

  get pages(): u32 {
    return this.count;
  }

  get links(): u64 {
    return this.file.links;
  }

  get name(): string {
    return this.file.path;
  }

  get changed(): bool {
    return this.file.modified() != this.modified;
  }

  grow(count: u32): Status {
    if (this.readOnly) return fail(READ_ONLY, this.file.path + " is open for reading only");
    const status = this.file.setSize((<u64>(this.count + count)) << PAGE_SHIFT);
    if (status == OK) this.count += count;
    return status;
  }

  read(fileOffset: u64, ptr: usize, len: u32): Status {
    const status = this.bounds(fileOffset, len);
    return status == OK ? this.file.read(fileOffset, ptr, len) : status;
  }

  write(fileOffset: u64, ptr: usize, len: u32): Status {
    if (this.readOnly) return fail(READ_ONLY, this.file.path + " is open for reading only");
    const status = this.bounds(fileOffset, len);
    return status == OK ? this.file.write(fileOffset, ptr, len) : status;
  }

  sync(): Status {
    return this.file.sync();
  }

  close(): Status {
    const status = this.file.close();
    return this.temporary ? this.file.unlink() : status;
  }

  removeSpill(): void {
    removeFile(spillPath(this.file.path));
    removeFile(spillPath(this.file.path + SCRATCH));
    lastError.status = OK;
  }

  openSpill(): MemoryProvider | null {
    // A store that is only read changes nothing, the folder included.
    return this.readOnly ? new HeapMemoryProvider() : WasiMemoryProvider.openSpillOf(this.file.path);
  }

  get spills(): bool {
    return !this.readOnly || this.spillsBeside;
  }

  openScratch(): MemoryProvider | null {
    const path = this.file.path + SCRATCH;
    if (!this.readOnly) return WasiMemoryProvider.openSpillOf(path);
    // Others that read may have one, too, and nobody would remove that of one that was killed.
    const made = WasiMemoryProvider.openSpillOf(path + "-" + randomU64().toString(16));
    const spill = made ? <WasiMemoryProvider>made : null;
    if (!spill || spill.loseName() == OK) return spill;
    const failure = savedError();
    spill.close();
    restoreError(failure);
    return null;
  }

  /** Removes the file's name while it is open; fails where a runtime can't use the file any more then. */
  private loseName(): Status {
    let status = this.file.unlink();
    this.temporary = status != OK;
    if (status == OK) status = this.grow(1);
    if (status == OK) status = this.write(PAGE_SIZE - 1, probe, 1);
    return status == OK ? this.read(PAGE_SIZE - 1, probe, 1) : status;
  }

  /** The spill file of the page file `path`: made anew by its first use, and removed when it is closed. Null on failure. */
  static openSpillOf(path: string): MemoryProvider | null {
    const file = File.open(spillPath(path), true, true);
    if (!file) return null;
    const spill = new WasiMemoryProvider(file);
    spill.temporary = true;
    if (file.setSize(0) == OK) return spill;
    const failure = savedError();
    spill.close();
    restoreError(failure);
    return null;
  }
}

/** What a name ends in that belongs to the files beside another one, which are written over and removed with what it has. */
const COMPANIONS: StaticArray<string> = ["-log", "-spill", "-lock", "-unfinished"];

/** `OK` when a new file may be called `path`, and no other file's log or the like goes by that name. */
export function checkNewName(path: string): Status {
  for (let i = 0; i < COMPANIONS.length; i++) {
    const ending = COMPANIONS[i];
    if (!path.endsWith(ending)) continue;
    const owner = path.substring(0, path.length - ending.length);
    if (owner.length == 0 || owner.endsWith("/")) continue;
    return fail(BAD_VALUE, path + " is a name that goes with the file " + owner + ", there or not", "choose another name");
  }
  return OK;
}

/** In the names of files that statements use, behind the page file's. */
const SCRATCH: string = "-sql";
const probe: usize = memory.data(1);

/** The spill file of the page file `path`, beside it. */
export function spillPath(path: string): string {
  return path + "-spill";
}
