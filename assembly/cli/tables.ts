import { Status, UNSUPPORTED, fail } from "../status";
import { CommandContext } from "./context";

export function runCreate(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "not there yet");
}

export function runDrop(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "not there yet");
}

export function runTables(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "not there yet");
}

export function runSchema(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "not there yet");
}
