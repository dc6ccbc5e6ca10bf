/** The command: `quire.wasm`. */
import "./text/packed-text";
import { commandArguments } from "./wasi/stdio";
import { proc_exit } from "./wasi/preview1";
import { runCommandLine } from "./cli/main";

const status = runCommandLine(commandArguments().slice(1));
if (status != 0) proc_exit(status);
