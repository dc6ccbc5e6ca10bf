import { Status, UNSUPPORTED, fail } from "../status";
import { CommandContext } from "./context";

export function runStats(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "stats is not there yet");
}
