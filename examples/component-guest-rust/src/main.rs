//! Notes in a table of Quire's: a command that is a component and imports `quire:db`.
//!
//!     cargo build --release --target wasm32-wasip2
//!     wac plug target/wasm32-wasip2/release/quire-notes.wasm --plug ../../build/quire-component.wasm -o notes.wasm
//!     wasmtime run --dir data notes.wasm add "water the plants"
//!     wasmtime run --dir data notes.wasm list
//!
//! keeps them in data/notes.db.
use std::process::ExitCode;

wit_bindgen::generate!({ path: "../../wit", world: "quire:db/client" });
use quire::db::database::{Bound, Connection, DeleteBehavior, Durability, OpenOptions, Range, Table};
use quire::db::types::{Column, DataType, Error, Index, Row, TableSchema, Value};

const PATH: &str = "data/notes.db";

fn open() -> Result<Connection, Error> {
    let options =
        OpenOptions { create: true, read_only: false, durability: Durability::Commit, cache_bytes: None, layout: None };
    Connection::open(PATH, options)
}

fn column(name: &str, data_type: DataType, auto_increment: bool) -> Column {
    Column {
        name: name.into(),
        data_type,
        nullable: false,
        auto_increment,
        unique: false,
        foreign_key: None,
        default: None,
    }
}

/// The table of notes, which is made when it is not there.
fn notes(db: &Connection) -> Result<Table, Error> {
    if !db.tables()?.iter().any(|name| name == "notes") {
        db.create_table(&TableSchema {
            name: "notes".into(),
            primary_key: "id".into(),
            alignment: None,
            columns: vec![column("id", DataType::Uint32, true), column("text", DataType::Text, false)],
            indexes: vec![Index { columns: vec!["text".into()], unique: false }],
        })?;
    }
    db.table("notes")
}

/// A note as a line.
fn line(row: &Row) -> String {
    match row.as_slice() {
        [Value::Uint32(id), Value::Text(text)] => format!("{id}\t{text}"),
        other => format!("{other:?}"),
    }
}

/// All notes in the order of their texts, a hundred at a time.
fn list(table: &Table) -> Result<(), Error> {
    let by_text = Range {
        index: vec!["text".into()],
        lower: Bound::Unbounded,
        upper: Bound::Unbounded,
        reverse: false,
        columns: vec![],
        offset: 0,
        limit: None,
    };
    let cursor = table.scan(&by_text)?;
    loop {
        let page = cursor.next(100)?;
        if page.is_empty() {
            return Ok(());
        }
        page.iter().for_each(|row| println!("{}", line(row)));
    }
}

/// Notes are added all or none.
fn add(table: &Table, texts: &[String]) -> Result<(), Error> {
    let rows: Vec<Row> = texts.iter().map(|text| vec![Value::Text(text.clone())]).collect();
    for key in table.insert(&["text".into()], &rows)? {
        let row = table.get(&key)?.expect("it was added just now");
        println!("{}", line(&row));
    }
    Ok(())
}

/// Deletes notes, all or none: a transaction that is dropped is rolled back.
fn remove(db: &Connection, table: &Table, ids: &[String]) -> Result<(), Error> {
    let transaction = db.begin_transaction()?;
    for id in ids {
        // `text` may spell a value of any type.
        if table.delete(&Value::Text(id.clone()), DeleteBehavior::BySchema)?.is_none() {
            println!("there is no note {id}; nothing was removed");
            return Ok(());
        }
    }
    transaction.commit()
}

fn run(words: &[String]) -> Result<(), Error> {
    let db = open()?;
    let table = notes(&db)?;
    match words.split_first() {
        Some((word, texts)) if word == "add" => add(&table, texts)?,
        Some((word, ids)) if word == "remove" => remove(&db, &table, ids)?,
        Some((word, [])) if word == "list" => list(&table)?,
        _ => println!("usage: notes add TEXT… | remove ID… | list"),
    }
    db.close()
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {}", error.code, error.message);
            ExitCode::FAILURE
        }
    }
}
