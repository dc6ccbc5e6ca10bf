import { Status, UNSUPPORTED, fail } from "../status";
import { CommandContext } from "./context";

export function runServe(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "not there yet");
}
