import { Status, UNSUPPORTED, fail } from "../status";
import { CommandContext } from "./context";

export function runPage(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "page is not there yet");
}
