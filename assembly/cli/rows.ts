import { Status, UNSUPPORTED, fail } from "../status";
import { CommandContext } from "./context";

export function runInsert(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "not there yet");
}

export function runUpdate(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "not there yet");
}

export function runDelete(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "not there yet");
}

export function runGet(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "not there yet");
}
