/**
 * A disk in memory that remembers, for each file, what is durable and what was done since the last sync, so that it can be asked what a
 * power cut might leave.
 *
 * The model: a sector of 512 bytes is written wholly or not at all. Of what was written since the file's last sync any subset of sectors
 * survives, in any order (a sector written twice may have its older content). The size that survives is any that the file had since,
 * whatever became of the data; a file that grew by writing may end at any sector between. A file that was made and never synced may be
 * missing, and one that was removed may be there. A rename happened wholly or not at all.
 */
import { Random } from "./random.js";

/** Bytes that a disk writes wholly or not at all. */
export const SECTOR = 512;
/** Content is kept in chunks of so many bytes, which images share. */
const CHUNK = 4096;
const ZEROS = new Uint8Array(CHUNK);

/** A file's content. Copies share their chunks until one of them is written to. */
export class Image {
  #chunks: Uint8Array[] = [];
  /** Whether another image may have the chunk as well. */
  #shared: boolean[] = [];
  size = 0;

  static of(bytes: Uint8Array): Image {
    const image = new Image();
    image.write(0, bytes);
    return image;
  }

  clone(): Image {
    const copy = new Image();
    copy.#chunks = [...this.#chunks];
    copy.#shared = this.#chunks.map(() => true);
    this.#shared.fill(true);
    copy.size = this.size;
    return copy;
  }

  setSize(size: number): void {
    const count = Math.ceil(size / CHUNK);
    if (size < this.size) {
      this.#chunks.length = Math.min(this.#chunks.length, count);
      this.#shared.length = this.#chunks.length;
      const tail = size % CHUNK;
      // What is cut off must not come back when the file grows again.
      if (tail > 0) this.#own(count - 1).fill(0, tail);
    }
    while (this.#chunks.length < count) {
      this.#chunks.push(ZEROS);
      this.#shared.push(true);
    }
    this.size = size;
  }

  #own(at: number): Uint8Array {
    let chunk = this.#chunks[at]!;
    if (this.#shared[at] === true) {
      // Not `slice`, which of a Buffer copies nothing.
      chunk = new Uint8Array(chunk);
      this.#chunks[at] = chunk;
      this.#shared[at] = false;
    }
    return chunk;
  }

  write(offset: number, bytes: Uint8Array): void {
    if (offset + bytes.length > this.size) this.setSize(offset + bytes.length);
    let done = 0;
    while (done < bytes.length) {
      const at = Math.floor((offset + done) / CHUNK);
      const start = (offset + done) % CHUNK;
      const len = Math.min(CHUNK - start, bytes.length - done);
      if (len === CHUNK) {
        // What is written is never changed afterwards.
        this.#chunks[at] = bytes.subarray(done, done + len);
        this.#shared[at] = true;
      } else this.#own(at).set(bytes.subarray(done, done + len), start);
      done += len;
    }
  }

  /** Copies what there is from `offset` on into `into`: how many bytes. */
  read(offset: number, into: Uint8Array): number {
    const len = Math.max(0, Math.min(into.length, this.size - offset));
    let done = 0;
    while (done < len) {
      const at = Math.floor((offset + done) / CHUNK);
      const start = (offset + done) % CHUNK;
      const part = Math.min(CHUNK - start, len - done);
      into.set(this.#chunks[at]!.subarray(start, start + part), done);
      done += part;
    }
    return len;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.size);
    this.read(0, bytes);
    return bytes;
  }

  equals(other: Image): boolean {
    if (this.size !== other.size) return false;
    return this.#chunks.every((chunk, at) => {
      const theirs = other.#chunks[at]!;
      return chunk === theirs || Buffer.compare(chunk, theirs) === 0;
    });
  }
}

/** What was done to a file; `make`, `remove` and `rename` are about its name. */
export type Change =
  | { readonly kind: "write"; readonly file: string; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "size"; readonly file: string; readonly size: number }
  | { readonly kind: "sync"; readonly file: string }
  | { readonly kind: "make"; readonly file: string }
  | { readonly kind: "remove"; readonly file: string }
  | { readonly kind: "rename"; readonly file: string; readonly to: string };

/** A file: what it holds, what of that is durable, and what was done since. */
export class SimFile {
  current: Image;
  durable: Image;
  pending: Change[] = [];
  /** Its time: how many changes the disk has seen up to its last one. */
  modified = 0;
  /** Whether its name survives a power cut. */
  named: boolean;
  /** The name that it may have again after a power cut, and the file that then is there in its place. */
  renamed: { readonly from: string; readonly replaced: SimFile | undefined } | null = null;

  constructor(image: Image, named: boolean) {
    this.current = image.clone();
    this.durable = image.clone();
    this.named = named;
  }
}

export class Disk {
  readonly files = new Map<string, SimFile>();
  /** What was done, in its order. */
  readonly changes: Change[] = [];

  /** A disk on which these files are durable. */
  static of(images: ReadonlyMap<string, Image>): Disk {
    const disk = new Disk();
    for (const [name, image] of images) disk.files.set(name, new SimFile(image.clone(), true));
    return disk;
  }

  /** The same, what is durable and what is not included: what a killed process leaves, to which a power cut may still come. */
  clone(): Disk {
    const copy = new Disk();
    const files = new Map<SimFile, SimFile>();
    const copyOf = (file: SimFile): SimFile => {
      const made = files.get(file) ?? new SimFile(file.current, file.named);
      files.set(file, made);
      made.durable = file.durable.clone();
      made.pending = [...file.pending];
      const { renamed } = file;
      made.renamed = renamed && { ...renamed, replaced: renamed.replaced && copyOf(renamed.replaced) };
      return made;
    };
    for (const [name, file] of this.files) copy.files.set(name, copyOf(file));
    return copy;
  }

  /** The files as a program sees them now. */
  images(): Map<string, Image> {
    return new Map([...this.files].map(([name, file]) => [name, file.current.clone()]));
  }

  apply(change: Change): void {
    this.changes.push(change);
    if (change.kind === "remove") {
      this.files.delete(change.file);
      return;
    }
    if (change.kind === "make") {
      this.files.set(change.file, new SimFile(new Image(), false));
      return;
    }
    if (change.kind === "rename") {
      const moved = this.files.get(change.file);
      if (moved === undefined) return;
      moved.renamed = { from: change.file, replaced: this.files.get(change.to) };
      this.files.delete(change.file);
      this.files.set(change.to, moved);
      return;
    }
    const file = this.files.get(change.file);
    // A file that was removed while it was open: nothing of it is ever seen again.
    if (file === undefined) return;
    if (change.kind === "sync") {
      file.durable = file.current.clone();
      file.pending = [];
      file.named = true;
      return;
    }
    if (change.kind === "write") file.current.write(change.offset, change.bytes);
    else file.current.setSize(change.size);
    file.modified = this.changes.length;
    file.pending.push(change);
  }

  /** Whether a power cut now has only one outcome. */
  get settled(): boolean {
    return [...this.files.values()].every((file) => file.named && file.renamed === null && file.pending.length === 0);
  }
}

/** What a power cut leaves: `outcome` 0 everything, 1 only what is durable, others whatever `random` makes of it. */
export function afterPowerCut(disk: Disk, outcome: number, random: Random): Map<string, Image> {
  const images = new Map<string, Image>();
  const leave = (name: string, file: SimFile): void => {
    if (outcome === 0) images.set(name, file.current.clone());
    else if (outcome === 1) images.set(name, file.durable.clone());
    else if (file.named || !random.oneIn(5)) images.set(name, survivors(file, random));
  };
  for (const [name, file] of disk.files) {
    if (file.renamed === null || outcome === 0 || (outcome > 1 && random.oneIn(2))) leave(name, file);
    else {
      leave(file.renamed.from, file);
      if (file.renamed.replaced !== undefined) leave(name, file.renamed.replaced);
    }
  }
  return images;
}

/** How much of a file's unsynced changes survives. */
function survivors(file: SimFile, random: Random): Image {
  const way = random.below(8);
  if (file.pending.length === 0 || way === 0) return file.current.clone();
  if (way === 1) return file.durable.clone();
  const image = file.durable.clone();
  let changes = file.pending;
  let keep = 1;
  // A prefix, cut inside a write.
  if (way === 2 || way === 3) {
    const count = random.below(changes.length + 1);
    const last = changes[count];
    changes = changes.slice(0, count);
    if (last?.kind === "write") {
      const sectors = Math.floor(last.bytes.length / SECTOR);
      const cut = way === 2 ? { from: 0, to: random.below(sectors + 1) } : { from: random.below(sectors + 1), to: sectors + 1 };
      const part = last.bytes.subarray(cut.from * SECTOR, cut.to * SECTOR);
      if (part.length > 0) changes.push({ kind: "write", file: last.file, offset: last.offset + cut.from * SECTOR, bytes: part });
    }
  } else if (way === 4) {
    // All but one, or only one.
    const one = random.below(changes.length);
    const only = random.oneIn(2);
    changes = changes.filter((_, at) => (at === one) === only);
  } else if (way === 5) changes = changes.filter(() => random.oneIn(2));
  else keep = random.pick([0.05, 0.5, 0.5, 0.95]);
  if (random.oneIn(4)) changes = random.shuffled(changes);
  const size = survivingSize(file, random);
  for (const change of changes) {
    if (change.kind === "write") writeSectors(image, change.offset, change.bytes, keep, random);
    else if (change.kind === "size" && change.size < image.size) image.setSize(change.size);
  }
  image.setSize(size);
  return image;
}

/** Writes the sectors that survive: each with probability `keep`. */
function writeSectors(image: Image, offset: number, bytes: Uint8Array, keep: number, random: Random): void {
  if (keep === 1) {
    image.write(offset, bytes);
    return;
  }
  let done = 0;
  while (done < bytes.length) {
    const len = Math.min(SECTOR - ((offset + done) % SECTOR), bytes.length - done);
    if (random.below(1000) < keep * 1000) image.write(offset + done, bytes.subarray(done, done + len));
    done += len;
  }
}

function survivingSize(file: SimFile, random: Random): number {
  const way = random.below(4);
  if (way === 0) return file.current.size;
  if (way === 1) return file.durable.size;
  let size = file.durable.size;
  const sizes = [size];
  for (const change of file.pending) {
    if (change.kind === "size") size = change.size;
    else if (change.kind === "write" && change.offset + change.bytes.length > size) {
      const grown = change.offset + change.bytes.length;
      const between = Math.ceil((size + random.below(grown - size)) / SECTOR) * SECTOR;
      sizes.push(Math.min(grown, between));
      size = grown;
    }
    sizes.push(size);
  }
  return random.pick(sizes);
}
