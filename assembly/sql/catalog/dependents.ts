/** What the catalog has about tables whose definitions change: texts that follow their names, and views that go on to be read. */
import { BAD_SCHEMA, OK, Status, fail, lastError } from "../../status";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { Alteration } from "../../store/alteration";
import { CatalogEntry, DEFAULT, INDEX, VIEW } from "../../store/catalog";
import { DbmsContext } from "../../store/dbms-context";
import { namedIndex } from "./named-indexes";
import { Renaming } from "./renamed-text";
import { checkLabel } from "./row-checks";
import { ViewNames } from "./view-names";

const DROP_HINT: string = "DROP CONSTRAINT or DROP DEFAULT before, in the same statement of ALTER TABLE, takes it away";

export class Dependents {
  /** The names in views that could be read before anything was changed. */
  private readonly views: Array<ViewNames> = new Array<ViewNames>();

  constructor(private readonly db: DbmsContext) {}

  /** Looks which views can be read, before definitions change. */
  begin(): Status {
    const stored = this.db.catalog.of(VIEW);
    if (!stored) return lastError.status;
    const all = stored.concat(this.db.catalog.temporary);
    for (let v = 0; v < all.length; v++) {
      const names = ViewNames.of(this.db, all[v]);
      if (names) this.views.push(names);
    }
    return OK;
  }

  /** Has constraints, defaults and names of indexes of a table say what is so behind an alteration that was carried out. */
  follow(alteration: Alteration): Status {
    const before = alteration.table.schema;
    const schema = alteration.schema;
    const names = new Array<string>();
    const newNames = new Array<string>();
    for (let c = 0; c < before.columns.length; c++) {
      const at = alteration.from.indexOf(c);
      names.push(before.columns[c].name);
      newNames.push(at < 0 ? "" : schema.columns[at].name);
    }
    const renaming = new Renaming(before.name, schema.name, names, newNames);
    const all = this.db.catalog.all;
    if (!all) return lastError.status;
    let status: Status = OK;
    for (let v = 0; v < this.views.length; v++) this.views[v].follow(alteration);
    for (let e = 0; e < all.length && status == OK; e++) {
      if (all[e].table == before.name) status = this.followEntry(all[e], renaming, schema);
    }
    return status == OK ? this.checkRules(schema.name) : status;
  }

  private followEntry(entry: CatalogEntry, renaming: Renaming, schema: TableSchemaSnapshot): Status {
    const renamed = renaming.of(entry);
    const gone = renaming.gone;
    // Its index is gone, also where another column has the name now.
    if (entry.kind == INDEX && (gone != "" || namedIndex(this.db.catalog, renamed).columns.length == 0))
      return this.db.dropEntry(entry);
    // So is its column.
    if (entry.kind == DEFAULT && renamed.name == "") return this.db.dropEntry(entry);
    // It would be about another column of the name; where there is none, that is an error anyway.
    if (gone != "" && schema.columnIndex(gone) >= 0)
      return fail(
        BAD_SCHEMA,
        textLabel(entry) + " names the column " + gone + " that goes, and another is called so then",
        DROP_HINT,
      );
    const isSame = renamed.sql == entry.sql && renamed.table == entry.table && renamed.name == entry.name;
    return isSame ? OK : this.db.replaceEntry(entry, renamed);
  }

  /** `OK` when the constraints of the table can be worked out. */
  private checkRules(name: string): Status {
    const table = this.db.table(name);
    if (!table) return lastError.status;
    const status = this.db.catalog.findRules(table, false);
    if (status != OK) lastError.hint = DROP_HINT;
    return status;
  }

  /** Has views name what was renamed. `OK` when they can be read still, and are of the same columns as before. */
  end(): Status {
    const db = this.db;
    for (let v = 0; v < this.views.length; v++) {
      const known = this.views[v].view;
      const renamed = this.views[v].renamed;
      // Those of the session alone stay as they are: no transaction would take it back.
      if (renamed === known || db.catalog.temporary.includes(known)) continue;
      const status = db.replaceEntry(known, renamed);
      if (status != OK) return status;
    }
    for (let v = 0; v < this.views.length; v++) {
      const known = this.views[v].view;
      const view = db.catalog.view(known.name);
      const names: ViewNames | null = view ? ViewNames.of(db, view) : null;
      if (names && this.views[v].isLike(names)) continue;
      if (names) fail(BAD_SCHEMA, "the view " + known.name + " would be of other columns than it was");
      lastError.hint = "DROP VIEW " + known.name + " before, and make it anew behind";
      return lastError.status;
    }
    return OK;
  }
}

/** What an entry that is no view is called in errors. */
function textLabel(entry: CatalogEntry): string {
  return entry.kind == DEFAULT ? "the default of " + entry.table + "." + entry.name : checkLabel(entry);
}
