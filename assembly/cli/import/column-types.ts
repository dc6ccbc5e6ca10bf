/** The types that `--types` gives to columns of a table which `import --create` makes: `name=type,name=type`, or a JSON object. */
import { Status, OK, USAGE, COLUMN_NOT_FOUND, fail, lastError } from "../../status";
import { JSON_OBJECT, JSON_STRING, JsonTape } from "../../encode/json";
import { Column } from "../../schema/column";
import { columnOfType } from "../../schema/column-spec";
import { suggestion } from "../../schema/nearest";

export class TypeChoices {
  private readonly columns: Array<Column> = new Array<Column>();

  /** Takes the option's text apart. */
  parse(text: string): Status {
    if (text.startsWith("{")) return this.parseObject(text);
    const pairs = splitPairs(text);
    for (let i = 0; i < pairs.length; i++) {
      const equals = pairs[i].lastIndexOf("=");
      if (equals < 1) return fail(USAGE, "--types needs NAME=TYPE, with commas between them, not " + pairs[i]);
      const status = this.add(pairs[i].substring(0, equals), pairs[i].substring(equals + 1));
      if (status != OK) return status;
    }
    return OK;
  }

  private parseObject(text: string): Status {
    const bytes = String.UTF8.encode(text);
    const tape = new JsonTape();
    if (!tape.parse(changetype<usize>(bytes), bytes.byteLength) || tape.kind(0) != JSON_OBJECT) {
      return fail(
        USAGE,
        "--types is no JSON object: " + (tape.kind(0) != JSON_OBJECT ? 'expected {"NAME": "TYPE"}' : tape.errorText()),
      );
    }
    for (let key = tape.first(0); key != 0; key = tape.next(key)) {
      const name = String.UTF8.decodeUnsafe(tape.stringPtr(key), tape.stringLen(key));
      if (tape.kind(key + 1) != JSON_STRING) return fail(USAGE, "--types: the type of " + name + " is no string");
      const status = this.add(name, String.UTF8.decodeUnsafe(tape.stringPtr(key + 1), tape.stringLen(key + 1)));
      if (status != OK) return status;
    }
    return OK;
  }

  private add(name: string, type: string): Status {
    if (this.find(name)) return fail(USAGE, "--types names " + name + " twice");
    const column = columnOfType(name, type);
    if (!column) return fail(USAGE, "--types: " + lastError.what, lastError.hint);
    this.columns.push(column);
    return OK;
  }

  /** The column of the chosen type called `name`; null when none was chosen for it. */
  find(name: string): Column | null {
    for (let i = 0; i < this.columns.length; i++) {
      if (this.columns[i].name == name) return this.columns[i];
    }
    return null;
  }

  /** The chosen columns that are none of `names`. */
  others(names: Array<string>): Array<string> {
    const others = new Array<string>();
    for (let i = 0; i < this.columns.length; i++) {
      if (!names.includes(this.columns[i].name)) others.push(this.columns[i].name);
    }
    return others;
  }
}

/** Fails because `name`, which --types gives a type, is none of the source's `names`. */
export function unknownChoice(name: string, names: Array<string>): Status {
  return fail(COLUMN_NOT_FOUND, "--types: the source has no column " + name, suggestion(name, names, "columns"));
}

/** The parts between the commas that are in no parentheses. */
function splitPairs(text: string): Array<string> {
  const pairs = new Array<string>();
  let start = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char == 0x28) depth += 1;
    else if (char == 0x29) depth -= 1;
    else if (char == 0x2c && depth <= 0) {
      pairs.push(text.substring(start, i));
      start = i + 1;
    }
  }
  pairs.push(text.substring(start));
  return pairs;
}
