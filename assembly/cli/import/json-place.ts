/**
 * Where in JSON the rows are: the outermost objects (or the elements of the outermost array), the elements of an array that is inside of
 * objects, or the members of an object, each of whose names is a value of its row.
 */
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { JsonCursor } from "./json-cursor";
import { JsonWalk } from "./json-walk";

/** Places that an error names when there are several. */
const MOST_NAMED: i32 = 3;

export class JsonPlace {
  /** The names that lead to the rows, as UTF-8. */
  readonly parts: Array<ArrayBuffer> = new Array<ArrayBuffer>();

  /** The place that `path` names: names with `.` between them (`\.` and `\\` are a name's own), or `.` alone for the outermost value. */
  constructor(
    readonly path: string,
    /** It was not named, but found. */
    readonly isFound: bool = false,
  ) {
    let part = "";
    for (let i = 0; i < path.length && path != "."; i++) {
      let char = path.charAt(i);
      if (char == "\\" && i + 1 < path.length) char = path.charAt(++i);
      else if (char == ".") {
        this.parts.push(String.UTF8.encode(part));
        part = "";
        continue;
      }
      part += char;
    }
    if (path != ".") this.parts.push(String.UTF8.encode(part));
  }
}

/** What a look at the outermost object of a source found. */
export class JsonSurvey {
  /** Where the rows are, null: they are the outermost objects. */
  place: JsonPlace | null = null;
  /** Paths of arrays of objects, when there are several. */
  several: Array<string> = new Array<string>();

  /**
   * Looks at the object at the start of a source, and whether others come behind it: then they are rows. One array of objects has the
   * rows. Without any, an object of two or more objects has them, and nothing else. For a table that is there an object is a row if one of
   * its names is a column of `schema`.
   */
  look(cursor: JsonCursor, schema: TableSchemaSnapshot | null): void {
    if (cursor.peek() != 0x7b) return;
    const walk = new JsonWalk(cursor);
    const paths = new Array<string>();
    let members = 0;
    let objects = 0;
    walk.enter();
    while (walk.next()) {
      if (walk.depth == 1) {
        members += 1;
        if (cursor.peek() == 0x7b) objects += 1;
        if (schema && schema.columnIndexOf(walk.namePtr, walk.nameLen) >= 0) return;
      }
      const isWhole = walk.pass();
      if (walk.sawRows && paths.length <= MOST_NAMED) paths.push(walk.path);
      if (!isWhole) break;
    }
    // The objects of a source are rows, whatever is in the first one.
    if (walk.depth == 0 && cursor.peek() != 0) return;
    if (paths.length > 1) this.several = paths;
    else if (paths.length == 1) this.place = new JsonPlace(paths[0], true);
    else if (members > 1 && objects == members) this.place = new JsonPlace(".", true);
  }
}
