import { Status, UNSUPPORTED, fail } from "../status";
import { CommandContext } from "./context";

export function runLoad(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "load is not there yet");
}
