/** Words as a shell spells and reads them: read back as they were, and nothing in them that a terminal acts upon. */
import { printableLength } from "../encode/printable";
import { ShellWords, shellWord } from "../encode/shell-words";

/** Words that are each hard in a way of their own. */
const HARD: StaticArray<string> = [
  "plain",
  "",
  "two words",
  "it's",
  "back\\slash",
  "$'",
  "$'\\101'",
  "\n",
  "a\tb'c\\d",
  "\0",
  "\0" + "1",
  "\u{202e}'",
  "\u{1f986}\u{200d}\u{1f986}",
  "\x7f\x80\u{feff}7",
];

describe("shell words", () => {
  test("are read as they were spelled, and hold nothing hidden", () => {
    for (let i = 0; i < HARD.length; i++) {
      const spelled = shellWord(HARD[i]);
      const bytes = String.UTF8.encode(spelled);
      expect(printableLength(changetype<usize>(bytes), bytes.byteLength)).toBe(bytes.byteLength);
      const words = new ShellWords("create " + spelled + " " + spelled + "\nnext").words();
      expect(words.length).toBe(3);
      expect(words[1]).toBe(HARD[i]);
      expect(words[2]).toBe(HARD[i]);
    }
  });

  test("are quoted as shells know it", () => {
    expect(shellWord("\u{202e}it's\\\n")).toBe("$'\\342\\200\\256it\\'s\\\\\\012'");
    expect(shellWord("it's")).toBe("'it'\\''s'");
  });

  test("in pieces, and with short escapes", () => {
    const words = new ShellWords("a$'\\7'b$'c'").words();
    expect(words.length).toBe(1);
    expect(words[0]).toBe("a\x07bc");
    expect(new ShellWords("$'open").words()[0]).toBe("open");
    expect(new ShellWords("$'open\\").words()[0]).toBe("open");
    expect(new ShellWords("$ x$").words().join("|")).toBe("$|x$");
  });
});
