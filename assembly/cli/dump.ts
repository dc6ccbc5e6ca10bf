import { Status, UNSUPPORTED, fail } from "../status";
import { CommandContext } from "./context";

export function runDump(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "dump is not there yet");
}
