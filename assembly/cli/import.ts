import { Status, UNSUPPORTED, fail } from "../status";
import { CommandContext } from "./context";

export function runImport(ctx: CommandContext): Status {
  return fail(UNSUPPORTED, "import is not there yet");
}
