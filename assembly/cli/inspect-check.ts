import { Status, UNSUPPORTED, fail } from "../status";
import { CommandContext } from "./context";

export function runCheck(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "check is not there yet");
}
