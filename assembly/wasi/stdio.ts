/**
 * Standard output and error with a buffer each, standard input and files as streams of bytes, arguments and environment.
 */
import { Status, OK, IO_ERROR, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addPrintable, printableLength } from "../encode/printable";
import { fd_read, fd_write } from "./calls";
import { ERRNO_CONNRESET, ERRNO_INTR, ERRNO_IO, ERRNO_PIPE, errnoName } from "./errno";
import { args_get, args_sizes_get, environ_get, environ_sizes_get } from "./preview1";
import { File } from "./file";

/** Output is written when this many bytes wait. */
const FLUSH_AT: u32 = 65536;

/** An iovec at 0, a count at 8; aligned. */
// @ts-ignore: decorator
@lazy
const scratch: usize = heap.alloc(16);

/**
 * A stream to a descriptor, with a buffer. `text` and `line` are for people, and make all that they are given safe for a terminal: names
 * and messages need no care. JSON, CSV and the like go to `buffer` as they are.
 */
export class Output {
  /** What waits to be written; append to it, then call `check`. Nothing makes that safe for a terminal. */
  readonly buffer: ByteBuffer = new ByteBuffer(4096);
  /** The reader has gone away: everything more is dropped. */
  closed: bool = false;
  status: Status = OK;

  constructor(private readonly fd: u32) {}

  /** Appends `text` for people, line breaks in it as escapes too. */
  text(text: string): void {
    this.addText(text);
    this.check();
  }

  /** Appends `text` for people as a line. */
  line(text: string): void {
    this.addText(text);
    this.buffer.addU8(10);
    this.check();
  }

  /** Appends words of this program's own, with line breaks, colours and the like. Not for names, values or messages. */
  raw(text: string): void {
    this.buffer.addText(text);
    this.check();
  }

  private addText(text: string): void {
    const buffer = this.buffer;
    const start = buffer.len;
    buffer.addText(text);
    const added = buffer.len - start;
    const printable = printableLength(buffer.ptr + start, added);
    if (printable == added) return;
    const rest = added - printable;
    const copy = heap.alloc(rest);
    memory.copy(copy, buffer.ptr + start + printable, rest);
    buffer.len = start + printable;
    addPrintable(copy, rest, 0, buffer);
    heap.free(copy);
  }

  bytes(ptr: usize, len: u32): void {
    this.buffer.addBytes(ptr, len);
    this.check();
  }

  /** Writes when enough waits. */
  @inline check(): void {
    if (this.buffer.len >= FLUSH_AT) this.flush();
  }

  /** Writes all that waits. A closed pipe is no error: `closed` tells. */
  flush(): Status {
    let ptr = this.buffer.ptr;
    let len = this.buffer.len;
    while (len > 0 && !this.closed && this.status == OK) {
      store<u32>(scratch, <u32>ptr);
      store<u32>(scratch, len, 4);
      const errno = fd_write(this.fd, scratch, 1, scratch + 8);
      if (errno == ERRNO_INTR) continue;
      // A closed pipe is EPIPE, a closed socket, which Node gives its children, ECONNRESET. wasmtime says EIO for both; since that may be a
      // real fault as well, the exit status tells of it, but no message does.
      const gone = errno == ERRNO_PIPE || errno == ERRNO_CONNRESET;
      if (gone || errno == ERRNO_IO) this.closed = true;
      if (errno != 0 && !gone)
        this.status = fail(IO_ERROR, "can't write to descriptor " + this.fd.toString() + " (" + errnoName(errno) + ")");
      if (errno == 0) {
        const count = min(load<u32>(scratch, 8), len);
        ptr += count;
        len -= count;
      }
    }
    this.buffer.reset();
    return this.status;
  }
}

export const stdout: Output = new Output(1);
export const stderr: Output = new Output(2);

/** Bytes that `readWhole` reads at once. */
const READ_SIZE: u32 = 65536;

/** A stream of bytes from standard input or a file. */
export class Input {
  private offset: u64 = 0;

  private constructor(private file: File | null) {}

  /** `-` is standard input, anything else a file in a preopened folder. Null on failure. */
  static open(path: string): Input | null {
    if (path == "-") return new Input(null);
    const file = File.open(path, false, false);
    return file ? new Input(file) : null;
  }

  /** Reads at most `len` bytes: how many, 0 at the end, -1 on failure. */
  read(ptr: usize, len: u32): i32 {
    const file = this.file;
    if (file) {
      const count = file.readSome(this.offset, ptr, len);
      if (count > 0) this.offset += count;
      return count;
    }
    store<u32>(scratch, <u32>ptr);
    store<u32>(scratch, len, 4);
    let errno: u32;
    do errno = fd_read(0, scratch, 1, scratch + 8);
    while (errno == ERRNO_INTR);
    if (errno != 0) {
      fail(IO_ERROR, "can't read standard input (" + errnoName(errno) + ")");
      return -1;
    }
    return <i32>min(load<u32>(scratch, 8), len);
  }

  /** Bytes in the file; -1 for standard input. */
  size(): i64 {
    const file = this.file;
    return file ? file.size() : -1;
  }

  close(): void {
    const file = this.file;
    if (file) file.close();
  }
}

/** The command's words, its own name first. */
export function commandArguments(): Array<string> {
  return readStrings(true);
}

/** The value of an environment variable, or null. */
export function environmentVariable(name: string): string | null {
  const list = readStrings(false);
  for (let i = 0; i < list.length; i++) {
    if (list[i].startsWith(name + "=")) return list[i].substring(name.length + 1);
  }
  return null;
}

function readStrings(isArguments: bool): Array<string> {
  const list = new Array<string>();
  const errno = isArguments ? args_sizes_get(scratch, scratch + 4) : environ_sizes_get(scratch, scratch + 4);
  if (errno != 0) return list;
  const count = load<u32>(scratch);
  const pointers = heap.alloc((<usize>count + 1) << 2);
  const buffer = heap.alloc(<usize>load<u32>(scratch, 4) + 1);
  if ((isArguments ? args_get(pointers, buffer) : environ_get(pointers, buffer)) == 0) {
    for (let i: u32 = 0; i < count; i++) {
      const ptr = <usize>load<u32>(pointers + ((<usize>i) << 2));
      let len: usize = 0;
      while (load<u8>(ptr + len) != 0) len++;
      list.push(String.UTF8.decodeUnsafe(ptr, len, false));
    }
  }
  heap.free(pointers);
  heap.free(buffer);
  return list;
}

/** Appends what the file `path` (`-`: standard input) has to `bytes`, but not much more than `most` bytes in all. False on failure. */
export function readWhole(path: string, bytes: ByteBuffer, most: u32): bool {
  const input = Input.open(path);
  if (!input) return false;
  let count = 0;
  do {
    count = input.read(bytes.reserve(READ_SIZE), READ_SIZE);
    if (count > 0) bytes.len += count;
  } while (count > 0 && bytes.len <= most);
  input.close();
  return count >= 0;
}
