/**
 * What a check found. Faults are counted without limit and kept up to one, each kind of a table by itself, so that a thousand
 * broken entries hide nothing else.
 */
import { Status, OK, NO_PAGE, DAMAGED, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addJsonString } from "../encode/json-string";
import { Output } from "../wasi/stdio";
import { FaultKind, DOUBT, ERROR, WARNING, severityName, kindCount } from "./fault-kinds";

/** How many faults of a kind are kept for a table, unless asked otherwise. */
const FAULTS_OF_A_KIND: u32 = 50;
/** How many faults are kept in all. */
const MAX_FAULTS: i32 = 20000;

class Fault {
  /** A sentence. */
  what: string = "";

  constructor(
    readonly kind: FaultKind,
    /** The table's name, or "" for the file. */
    readonly table: string,
    /** The page concerned, or `NO_PAGE`. */
    readonly pageNo: u32,
    /** The byte inside the page, or -1. */
    readonly pageOffset: i32,
  ) {}

  /** `page 4, byte 24`, or "". */
  get place(): string {
    if (this.pageNo == NO_PAGE) return "";
    const page = "page " + this.pageNo.toString();
    return this.pageOffset >= 0 ? page + ", byte " + this.pageOffset.toString() : page;
  }
}

export class CheckReport {
  /** In the order in which they were found. */
  faults: Array<Fault> = new Array<Fault>();
  errors: u64 = 0;
  warnings: u64 = 0;
  notes: u64 = 0;
  /** Of a repair: what may be lost. */
  doubts: u64 = 0;
  /** Errors of kinds that are `structural`. */
  structural: u64 = 0;
  /** The file is of a layout that is converted where others are compacted. */
  isOld: bool = false;
  /** Faults that were counted but not kept. */
  omitted: u64 = 0;
  private table: string = "";
  /** Faults per kind since `enter`. */
  private counts: StaticArray<u32> = new StaticArray<u32>(kindCount());

  constructor(readonly limit: u32 = FAULTS_OF_A_KIND) {}

  /** What follows is about this table ("": the file). */
  enter(table: string): void {
    this.table = table;
    this.counts.fill(0);
  }

  /** Counts a fault; true when it is kept, and `say` has to tell what it is. */
  add(kind: FaultKind, pageNo: u32 = NO_PAGE, pageOffset: i32 = -1): bool {
    if (kind.severity == ERROR) this.errors += 1;
    else if (kind.severity == DOUBT) this.doubts += 1;
    else if (kind.severity == WARNING) this.warnings += 1;
    else this.notes += 1;
    if (kind.structural) this.structural += 1;
    const count = this.counts[kind.id] + 1;
    this.counts[kind.id] = count;
    if (count > this.limit || this.faults.length >= MAX_FAULTS) {
      this.omitted += 1;
      return false;
    }
    this.faults.push(new Fault(kind, this.table, pageNo, pageOffset));
    return true;
  }

  /** What can be done about a fault of this kind in this file. */
  private hintOf(kind: FaultKind): string {
    return this.isOld ? kind.hint.replaceAll("compact", "convert") : kind.hint;
  }

  private mendOf(kind: FaultKind): string {
    if (!this.isOld) return kind.mend;
    return kind.mend.startsWith("compact") || kind.mend.startsWith("convert")
      ? "convert OUT --layout 0.9 --schema FILE"
      : kind.mend;
  }

  /** The sentence for the fault that was added last. */
  say(what: string): void {
    this.faults[this.faults.length - 1].what = what;
  }

  /** Adds what `lastError` tells as a fault, with its place where it has one. */
  addLastError(kind: FaultKind, pageNo: u32): void {
    const known = lastError.pageNo != NO_PAGE;
    if (this.add(kind, known ? lastError.pageNo : pageNo, known ? lastError.pageOffset : -1)) this.say(lastError.what);
  }

  /** `OK`, or `DAMAGED` with a summary when there are errors. */
  status(): Status {
    return this.errors == 0 ? OK : fail(DAMAGED, this.summary());
  }

  /** `2 errors, 9 warnings, 1 note`; of a repair with doubts also how many. */
  summary(): string {
    const found = counted(this.errors, "error") + ", " + counted(this.warnings, "warning") + ", " + counted(this.notes, "note");
    return this.doubts > 0 ? found + ", " + counted(this.doubts, "doubt") : found;
  }

  /** The tables that faults were kept of, "" first when it is among them. */
  tables(): Array<string> {
    const names = new Array<string>();
    for (let i = 0; i < this.faults.length; i++) {
      const name = this.faults[i].table;
      if (names.length > 0 && names[names.length - 1] == name) continue;
      if (!names.includes(name)) names.push(name);
    }
    const file = names.indexOf("");
    if (file > 0) {
      names.splice(file, 1);
      names.unshift("");
    }
    return names;
  }

  /** Prints the faults of each table as text, then what can be done about them. */
  print(out: Output): void {
    const names = this.tables();
    const told = new Array<FaultKind>();
    for (let i = 0; i < names.length; i++) {
      out.line(names[i] == "" ? "the file" : "table " + names[i]);
      for (let j = 0; j < this.faults.length; j++) {
        const fault = this.faults[j];
        if (fault.table != names[i]) continue;
        const place = fault.place;
        const where = place == "" ? ": " : " " + place + ": ";
        out.line("  " + severityName(fault.kind.severity) + " " + fault.kind.name + where + fault.what);
        if (!told.includes(fault.kind)) told.push(fault.kind);
      }
    }
    if (this.omitted > 0) {
      out.line(counted(this.omitted, "more fault") + " of the same kinds; --all lists up to " + MAX_FAULTS.toString());
    }
    if (told.length == 0) return;
    out.line("what can be done");
    for (let i = 0; i < told.length; i++) {
      out.line("  " + told[i].name + ": " + this.hintOf(told[i]) + (told[i].lost == "" ? "" : "; lost: " + told[i].lost));
    }
  }

  /** Appends `"errors":…,"warnings":…,"notes":…,"omitted":…,"faults":[…]`. */
  addJson(out: ByteBuffer): void {
    out.addText(
      '"errors":' + this.errors.toString() + ',"warnings":' + this.warnings.toString() + ',"notes":' + this.notes.toString(),
    );
    out.addText(',"omitted":' + this.omitted.toString() + ',"faults":[');
    for (let i = 0; i < this.faults.length; i++) {
      const fault = this.faults[i];
      out.addText(
        (i > 0 ? ",{" : "{") + '"severity":"' + severityName(fault.kind.severity) + '","code":"' + fault.kind.name + '","table":',
      );
      addOptional(fault.table, out);
      out.addText(',"page":' + (fault.pageNo == NO_PAGE ? "null" : fault.pageNo.toString()));
      out.addText(',"byte":' + (fault.pageOffset < 0 ? "null" : fault.pageOffset.toString()) + ',"message":');
      addQuoted(fault.what, out);
      out.addText(',"hint":');
      addQuoted(this.hintOf(fault.kind), out);
      out.addText(',"lost":');
      addOptional(fault.kind.lost, out);
      out.addText(',"mend":');
      addOptional(this.mendOf(fault.kind), out);
      out.addU8(0x7d);
    }
    out.addU8(0x5d);
  }
}

/** Appends `text` as a JSON string, null when it is empty. */
function addOptional(text: string, out: ByteBuffer): void {
  if (text == "") out.addText("null");
  else addQuoted(text, out);
}

/** Appends `text` as a JSON string. */
export function addQuoted(text: string, out: ByteBuffer): void {
  const bytes = String.UTF8.encode(text);
  addJsonString(changetype<usize>(bytes), bytes.byteLength, out);
}

/** `1 row`, `2 rows`. */
export function counted(count: u64, noun: string): string {
  return count.toString() + " " + noun + (count == 1 ? "" : "s");
}
