/** Conditions in SQL as far as the compiler reads them: the columns that comparisons begin with. */

type Letter = "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "i" | "j" | "k" | "l" | "m" | "n" | "o" | "p" | "q" | "r" | "s";
type NameLetter =
  Letter | "t" | "u" | "v" | "w" | "x" | "y" | "z" | "_" | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";

/** Words that a comparison may begin with, and that are no columns of the table. */
type OtherWord = "not" | "null" | "true" | "false" | "exists" | "rowid" | "oid" | "_rowid_" | `current_${string}`;

/** What is too much to be read here: texts, queries, CASE and comments. */
type TooMuch =
  `${string}'${string}` | `${string}select${string}` | `${string}case${string}` | `${string}--${string}` | `${string}/*${string}`;

/** The parts between AND and OR. */
type Parts<Text extends string> = Text extends `${infer One} and ${infer Rest}`
  ? Parts<One> | Parts<Rest>
  : Text extends `${infer One} or ${infer Rest}`
    ? Parts<One> | Parts<Rest>
    : Text;

type Trimmed<Text extends string> = Text extends ` ${infer Rest}` | `(${infer Rest}` | `\n${infer Rest}` | `not ${infer Rest}`
  ? Trimmed<Rest>
  : Text;

type Before<Text extends string, Sign extends string> = Text extends `${infer One}${Sign}${string}` ? One : Text;

/** Its first word, when something is behind it. */
type FirstWord<Part extends string> =
  Before<Before<Before<Before<Before<Part, " ">, "=">, "<">, ">">, "!"> extends infer Word extends string
    ? Word extends Part
      ? never
      : Word
    : never;

type IsName<Word extends string> = Word extends `${infer First}${infer Rest}`
  ? First extends NameLetter
    ? Rest extends ""
      ? true
      : IsName<Rest>
    : false
  : false;

/** The words that stand where a column does; those that begin with a digit are numbers. */
type Subjects<Part extends string> = Part extends Part
  ? FirstWord<Trimmed<Part>> extends infer Word extends string
    ? Word extends `${number}${string}`
      ? never
      : IsName<Word> extends true
        ? Word
        : never
    : never
  : never;

type Unknown<Text extends string, Name extends string> = Text extends TooMuch
  ? never
  : Exclude<Subjects<Parts<Text>>, Lowercase<Name> | OtherWord>;

/**
 * The condition itself, unless a comparison in it begins with a word that none of the columns `Name` is called, whatever the case of its letters:
 * then a text that says so. What the compiler can't tell is the module's to refuse.
 */
export type CheckedCondition<Text extends string, Name extends string> = string extends Text
  ? Text
  : string extends Name
    ? Text
    : [Unknown<Lowercase<Text>, Name>] extends [never]
      ? Text
      : `there is no column ${Unknown<Lowercase<Text>, Name>}`;
