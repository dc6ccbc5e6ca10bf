/** Types of rows from what a program has of its tables already: definitions of this package, Kysely's interfaces, Drizzle's tables. Of types alone: neither has to be there. */
import type { Columns, RowOf, Scalar, TableDefinition, TableInputs, TableShape } from "./define-table.js";
import type { ColumnNames } from "./requests.js";
import type { UsualValues, ValueTypes } from "./value-forms.js";

/** Drizzle's tables have the types of their rows as members. */
interface DrizzleTable {
  readonly $inferSelect: object;
  readonly $inferInsert: object;
}

/** Kysely's `ColumnType`, and what is made of it, as `Generated`. */
interface KyselyColumn {
  readonly __select__: unknown;
  readonly __insert__: unknown;
  readonly __update__: unknown;
}

/** Whether some columns of `Row` are Kysely's. */
type IsKysely<Row> = Extract<Row[keyof Row], KyselyColumn> extends never ? false : true;

type Selected<Column> = Column extends KyselyColumn ? Column["__select__"] : Column;
type Inserted<Column> = Column extends KyselyColumn ? Column["__insert__"] : Column;
type Updated<Column> = Column extends KyselyColumn ? Column["__update__"] : Column;

/** Columns that an insertion may leave out, as Kysely has them. */
type OptionalOf<Row> = {
  [Name in keyof Row]-?: undefined extends Inserted<Row[Name]> ? Name : null extends Inserted<Row[Name]> ? Name : never;
}[keyof Row];

/** A row as it is read, by its own type, a definition (`typeof users`), a table of Kysely's interface (`Database["users"]`) or Drizzle's (`typeof users`). */
export type RowFrom<Row, Values extends ValueTypes = UsualValues> =
  Row extends TableDefinition<infer C extends Columns>
    ? RowOf<C, Values>
    : Row extends DrizzleTable
      ? Row["$inferSelect"]
      : IsKysely<Row> extends true
        ? { -readonly [Name in keyof Row]: Selected<Row[Name]> }
        : Row;

/** A row to insert. */
type InsertFrom<Row> = Row extends DrizzleTable
  ? Row["$inferInsert"]
  : IsKysely<Row> extends true
    ? { [Name in Exclude<keyof Row, OptionalOf<Row>>]: Inserted<Row[Name]> } & {
        [Name in OptionalOf<Row>]?: Inserted<Row[Name]> | undefined;
      }
    : Partial<Row>;

/** What an update sets. */
type UpdateFrom<Row> = Row extends DrizzleTable
  ? Partial<Row["$inferInsert"]>
  : { [Name in keyof Row]?: Updated<Row[Name]> | undefined };

type AsObject<T> = T extends object ? T : never;

interface TypedInputs<Row extends object> extends TableInputs {
  readonly insert: AsObject<InsertFrom<Row>>;
  readonly update: AsObject<UpdateFrom<Row>>;
  readonly keyInput: Scalar;
  readonly indexed: this["names"];
  readonly names: ColumnNames<AsObject<RowFrom<Row>>>;
}

/** The shape of a table that goes by its name, whose rows `Row` tells of. */
export interface TypedShape<Row extends object> extends TableShape {
  readonly row: AsObject<RowFrom<Row>>;
  readonly key: Scalar;
  readonly inputs: TypedInputs<Row>;
}
