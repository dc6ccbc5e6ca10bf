import { Status, UNSUPPORTED, fail } from "../status";
import { CommandContext } from "./context";

export function runInfo(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "info is not there yet");
}
