import { Status, UNSUPPORTED, fail } from "../status";
import { CommandContext } from "./context";

export function runExport(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "export is not there yet");
}
