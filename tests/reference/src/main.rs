//! The reference crates behind a small command line, so that the tests can let them take turns with Quire on one file.
//! Usage: quire-reference-09 FILE --schema NAME COMMAND … (or quire-reference-08, quire-reference-011); see README.md.

/// The pattern of a custom type, whose tag is `$tag`.
#[cfg(feature = "v08")]
macro_rules! custom_type {
    ($tag:pat) => {
        DataTypeKind::Custom($tag)
    };
}
#[cfg(not(feature = "v08"))]
macro_rules! custom_type {
    ($tag:pat) => {
        DataTypeKind::Custom { tag: $tag, .. }
    };
}

mod exercise;
mod json;
mod random;
mod schemas;

use std::io::{BufWriter, Write as _};
use std::process::ExitCode;

use wasi_dbms_memory::WasiMemoryProvider;
use wasm_dbms::prelude::*;
use wasm_dbms_api::prelude::{Database as _, *};

type Provider = WasiMemoryProvider;
type Context = DbmsContext<Provider>;
type Row = Vec<(ColumnDef, Value)>;

/// No test has more rows than this in one table.
const MOST_ROWS: usize = 200_000;

/// A compiled-in database: a unit struct with the derived dispatch.
pub trait Schema: DatabaseSchema<Provider> + Copy + 'static {}
impl<T: DatabaseSchema<Provider> + Copy + 'static> Schema for T {}

pub struct Table {
    name: &'static str,
    columns: &'static [ColumnDef],
    indexes: &'static [IndexDef],
}

impl Table {
    fn key(&self) -> &'static str {
        self.columns.iter().find(|c| c.primary_key).expect("a table has a primary key").name
    }

    /// Whether every record has the same size.
    fn is_fixed(&self) -> bool {
        self.columns.iter().all(|c| {
            !c.nullable
                && match c.data_type {
                    DataTypeKind::Text | DataTypeKind::Blob | DataTypeKind::Json => false,
                    // 0.8 does not tell the size of a custom type.
                    #[cfg(feature = "v08")]
                    DataTypeKind::Custom(_) => false,
                    #[cfg(not(feature = "v08"))]
                    DataTypeKind::Custom { wire_size, .. } => matches!(wire_size, WireSize::Fixed(_)),
                    _ => true,
                }
        })
    }
}

pub struct Database<'a, S: Schema> {
    db: WasmDbmsDatabase<'a, Provider>,
    schema: S,
    tables: Vec<Table>,
}

impl<S: Schema> Database<'_, S> {
    fn table(&self, name: &str) -> Result<&Table, Failure> {
        self.tables.iter().find(|t| t.name == name).ok_or_else(|| Failure(format!("no table {name}")))
    }

    /// All rows in scan order. 0.9.0 scans a page whose last record ends at its last byte for ever: that is an error here.
    fn rows(&self, table: &str) -> Result<Vec<Row>, DbmsError> {
        let rows = self.db.select_raw(table, Query::builder().all().limit(MOST_ROWS + 1).build())?;
        if rows.len() > MOST_ROWS {
            return Err(DbmsError::Validation(format!("{table}: the scan does not end")));
        }
        Ok(rows)
    }

    /// Whether the column has an index other than a unique one: those shall have long runs of equal keys.
    fn repeats(&self, table: &Table, column: &ColumnDef) -> bool {
        !column.unique && table.indexes.iter().any(|index| index.0.contains(&column.name))
    }
}

/// One line that says why the command was not done.
struct Failure(String);

impl From<DbmsError> for Failure {
    fn from(error: DbmsError) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        [file, "--schema", schema, command @ ..] if !command.is_empty() => dispatch(file, schema, command),
        _ => Err(Failure("usage: FILE --schema NAME COMMAND …".to_string())),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(text)) => {
            eprintln!("quire-reference: {text}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(file: &str, name: &str, command: &[&str]) -> Result<(), Failure> {
    macro_rules! with {
        ($schema:path) => {{
            use $schema as Chosen;
            run(file, Chosen, Chosen::tables(), |context| Chosen::register_tables(context), command)
        }};
    }
    match name {
        "blog" => with!(schemas::Blog),
        "types" => with!(schemas::Types),
        "log" => with!(schemas::Log),
        "tree" => with!(schemas::Tree),
        "deep" => with!(schemas::Deep),
        "tall" => with!(schemas::Tall),
        "shop" => with!(schemas::Shop),
        "edge" => with!(schemas::Edge),
        "twofold" => with!(schemas::Twofold),
        #[cfg(feature = "v11")]
        "modern" => with!(schemas::modern::Modern),
        #[cfg(feature = "v11")]
        "family" => with!(schemas::modern::Family),
        _ => Err(Failure(format!("no schema {name}"))),
    }
}

fn run<S: Schema>(
    file: &str,
    schema: S,
    tables: Vec<Table>,
    register: impl FnOnce(&Context) -> DbmsResult<()>,
    command: &[&str],
) -> Result<(), Failure> {
    let init = command == ["init"];
    if init == std::path::Path::new(file).exists() {
        return Err(Failure(format!("{file}: {}", if init { "is there already" } else { "is not there" })));
    }
    let provider = WasiMemoryProvider::new(file).map_err(|error| Failure(error.to_string()))?;
    let context = Context::new(provider);
    if init {
        register(&context)?;
    }
    let open = Database { db: WasmDbmsDatabase::oneshot(&context, schema), schema, tables };
    let mut out = BufWriter::new(std::io::stdout().lock());
    match command {
        ["init"] => {}
        #[cfg(not(feature = "v08"))]
        ["drift"] => writeln!(out, "{}", open.db.has_drift()?)?,
        ["dump"] => {
            for table in &open.tables {
                for row in open.rows(table.name)? {
                    writeln!(out, "{}", serde_json::json!({ "table": table.name, "row": json::row_to_json(&row) }))?;
                }
            }
        }
        ["dump", table] => {
            for row in open.rows(open.table(table)?.name)? {
                writeln!(out, "{}", json::row_to_json(&row))?;
            }
        }
        ["get", table, column, value] => {
            let filter = column_filter(open.table(table)?, column, value)?;
            for row in open.db.select_raw(table, Query::builder().all().and_where(filter).build())? {
                writeln!(out, "{}", json::row_to_json(&row))?;
            }
        }
        ["insert", count, seed] => {
            writeln!(out, "{:?}", exercise::insert(&open, number(count)?, number(seed)?)?)?;
        }
        ["exercise", seed, steps] => {
            writeln!(out, "{:?}", exercise::exercise(&open, number(seed)?, number(steps)?)?)?;
        }
        ["insert-json", table, docs @ ..] => {
            let table = open.table(table)?;
            for doc in docs {
                open.schema.insert(&open.db, table.name, &row_from_json(table, doc)?)?;
            }
        }
        ["update-json", table, key, doc] => {
            let table = open.table(table)?;
            let filter = column_filter(table, table.key(), key)?;
            let count = open.schema.update(&open.db, table.name, &row_from_json(table, doc)?, Some(filter))?;
            writeln!(out, "{count}")?;
        }
        ["delete-json", table, key, flags @ ..] => {
            let table = open.table(table)?;
            let filter = column_filter(table, table.key(), key)?;
            let behaviour = if flags == ["--cascade"] { DeleteBehavior::Cascade } else { DeleteBehavior::Restrict };
            let count = open.schema.delete(&open.db, table.name, behaviour, Some(filter))?;
            writeln!(out, "{count}")?;
        }
        #[cfg(not(any(feature = "v08", feature = "v11")))]
        ["acl"] => {
            let mut identities = context.acl_identities();
            identities.sort_by(|a, b| a.0.cmp(&b.0));
            for (id, perms) in identities {
                let mut tables: Vec<_> = perms.per_table.iter().map(|(table, p)| (table.to_string(), p.bits())).collect();
                tables.sort();
                let (admin, manage, migrate) = (perms.admin, perms.manage_acl, perms.migrate);
                let all = perms.all_tables.bits();
                let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
                let line = serde_json::json!({
                    "id": id, "admin": admin, "manage_acl": manage, "migrate": migrate, "all": all, "tables": tables,
                });
                writeln!(out, "{line}")?;
            }
        }
        _ => return Err(Failure(format!("no command {}", command.join(" ")))),
    }
    out.flush()?;
    Ok(())
}

fn number(word: &str) -> Result<u64, Failure> {
    word.parse().map_err(|_| Failure(format!("{word} is no number")))
}

fn column_filter(table: &Table, name: &str, doc: &str) -> Result<Filter, Failure> {
    let column = table.columns.iter().find(|c| c.name == name).ok_or_else(|| Failure(format!("no column {name}")))?;
    let doc = serde_json::from_str(doc).map_err(|error| Failure(error.to_string()))?;
    Ok(Filter::eq(name, json::json_to_value(column, &doc).map_err(Failure)?))
}

/// The named columns only: the rest of an insert is filled in (autoincrement) or refused, the rest of an update stays.
fn row_from_json(table: &Table, doc: &str) -> Result<Row, Failure> {
    let doc: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(doc).map_err(|error| Failure(error.to_string()))?;
    let known = |name: &str| table.columns.iter().any(|c| c.name == name);
    if let Some(name) = doc.keys().find(|name| !known(name)) {
        return Err(Failure(format!("no column {name}")));
    }
    let named = table.columns.iter().filter_map(|column| Some((column, doc.get(column.name)?)));
    named.map(|(column, value)| Ok((*column, json::json_to_value(column, value).map_err(Failure)?))).collect()
}
