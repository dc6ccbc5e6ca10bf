/** The lines of a text that comes in parts. */
import { EXIT_NOT_DONE, QuireError } from "../../api/errors.js";

/** The lines of UTF-8, without their ends; `BAD_VALUE` where it is something else. */
export async function* linesOf(chunks: AsyncIterable<unknown>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (error) {
      throw new QuireError("BAD_VALUE", "a script has to be UTF-8", EXIT_NOT_DONE, { cause: error });
    }
  };
  // A line may be long, and come in many parts.
  let parts: string[] = [];
  for await (const chunk of chunks) {
    const lines = decode(chunk as Uint8Array).split("\n");
    for (const [i, line] of lines.entries()) {
      parts.push(line);
      if (i === lines.length - 1) break;
      yield parts.join("");
      parts = [];
    }
  }
  const last = parts.join("") + decode();
  if (last !== "") yield last;
}
