import { Status, UNSUPPORTED, fail } from "../status";
import { CommandContext } from "./context";

export function runMap(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "map is not there yet");
}
