/** Runs a command line from its words to its exit status. */
import {
  Status,
  OK,
  USAGE,
  FILE_CHANGED,
  exitStatus,
  errorMessage,
  statusName,
  fail,
  lastError,
  savedError,
  restoreError,
} from "../status";
import { addJsonString } from "../encode/json-string";
import { changedFile, failChanged } from "../memory/file/foreign-writer";
import { tellNotices } from "../request/notices";
import { limitTime } from "../wasi/deadline";
import { stdout, stderr } from "../wasi/stdio";
import { watchWork } from "../wasi/row-work";
import { CommandContext, openStore } from "./command-line/context";
import { Command, OPENS_READ, OPENS_WRITE } from "./command-table";
import { findCommand, showHelp, VERSION } from "./help";
import { Invocation } from "./command-line/invocation";
import { ShownWork } from "./output/progress";

/** The running command and what it was given: global, so that `serve` may collect garbage while it runs. */
let current: CommandContext | null = null;
let currentCommand: Command | null = null;

/** Runs the words behind the program's name: the exit status. */
export function runCommandLine(args: Array<string>): i32 {
  const invocation = new Invocation();
  let status = invocation.parse(args);
  const ctx = new CommandContext(invocation);
  current = ctx;
  if (status == OK) status = closeStore(ctx, run(ctx));
  tellNotices();
  // A reader that went away is told by the exit status alone, also where the runtime calls it EIO.
  const readerGone = stdout.closed && status == stdout.status;
  if (status != OK && !ctx.told && !readerGone) report(ctx, status);
  const flushed = stdout.flush();
  if (status == OK && flushed != OK) {
    status = flushed;
    if (!stdout.closed) report(ctx, status);
  }
  stderr.flush();
  return stdout.closed && status == OK ? 0 : exitStatus(status);
}

/** Closes the store of a command that came to `status`, and tells what all came to. */
function closeStore(ctx: CommandContext, status: Status): Status {
  const error = savedError();
  const store = ctx.store;
  ctx.store = null;
  const closed = store ? store.close() : OK;
  // What was read of two states of a file may have seemed right, or damaged.
  if (changedFile != "" && !ctx.settled && status != FILE_CHANGED) {
    ctx.told = false;
    return failChanged(changedFile);
  }
  if (status != OK) return restoreError(error);
  if (closed != OK) ctx.told = false;
  return closed;
}

function run(ctx: CommandContext): Status {
  const invocation = ctx.invocation;
  if (ctx.has("version")) {
    stdout.line("quire " + VERSION);
    return OK;
  }
  if (ctx.has("help")) {
    if (invocation.command == "help") return showHelp(ctx.word(0));
    // `quire scan --help`: the only word is a command's name, where FILE would be.
    return showHelp(invocation.command == "" && findCommand(invocation.file) ? invocation.file : invocation.command);
  }
  if (invocation.command == "") {
    let what = "there is no FILE and no COMMAND";
    if (invocation.file != "") {
      what = (findCommand(invocation.file) ? "there is no FILE before " : "there is no COMMAND behind ") + invocation.file;
    }
    return fail(USAGE, what, "usage: quire FILE COMMAND …; quire help lists all commands");
  }
  invocation.takeStatement();
  const command = findCommand(invocation.command);
  if (!command) return USAGE;
  currentCommand = command;
  let status = checkWords(ctx, command);
  const writes = command.opens == OPENS_WRITE;
  if (status == OK && (writes || command.opens == OPENS_READ)) status = openStore(ctx, writes, false);
  const time = ctx.number("timeout", 0, u32.MAX_VALUE);
  if (status == OK) status = time < 0 ? USAGE : limitTime(<u32>time);
  const work = command.run;
  if (ctx.progress && command.opens != OPENS_READ) watchWork(new ShownWork());
  if (status == OK) status = work ? work(ctx) : showHelp(ctx.word(0));
  // A command's own usage errors get its usage line, unless they say what to do.
  if (status == USAGE && lastError.hint == "") lastError.hint = "usage: " + command.usage;
  return status;
}

function checkWords(ctx: CommandContext, command: Command): Status {
  const status = ctx.invocation.allow(command.options.split(","));
  if (status != OK) return status;
  const format = ctx.invocation.option("format", "");
  if (ctx.has("numbers") && format != "json" && format != "ndjson")
    return fail(USAGE, "--numbers goes with --format ndjson or json");
  // A condition is in the place of a key, and values of its parameters are behind the other words.
  const hasWhere = ctx.has("where");
  const count = ctx.words.length + (hasWhere && command.least > 1 ? 1 : 0);
  if (!hasWhere && count > command.most)
    return fail(USAGE, command.name + " has no use for " + ctx.word(command.most), "usage: " + command.usage);
  if (count >= command.least) return OK;
  const missing = command.form.split(" ")[count];
  return fail(USAGE, command.name + " needs " + missing, "usage: " + command.usage);
}

/** Says on standard error what went wrong, in one line; with `--json` on standard output, as a reply. */
function report(ctx: CommandContext, status: Status): void {
  const message = errorMessage();
  if (!ctx.json) {
    stderr.line("quire: " + statusName(status) + ": " + message);
    return;
  }
  stdout.raw('{"error":{"code":"' + statusName(status) + '","message":');
  const text = String.UTF8.encode(message);
  addJsonString(changetype<usize>(text), text.byteLength, stdout.buffer);
  stdout.line("}}");
}
