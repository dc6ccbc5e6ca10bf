//! Quire's component in Rust, by the crate wasmtime.
//!
//!     cargo run --release -- ../../build/quire-component.wasm data
//!
//! keeps a table of cities in data/cities.db. `bindgen!` makes types and functions of what is in wit/.
use std::error::Error;
use std::path::Path;

use wasmtime::component::{Component, Linker, ResourceAny, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

mod bindings {
    wasmtime::component::bindgen!({ path: "../../wit", world: "quire:db/store" });
}
use bindings::exports::quire::db::database::{
    Bound, DeleteBehavior, Durability, GuestConnection, GuestCursor, GuestTable, OpenOptions, Range,
};
use bindings::exports::quire::db::types::{Column, DataType, ErrorKind, Index, Row, TableSchema, Value};

/// What the component's imports work with: the folders that it reaches.
struct Host {
    wasi: WasiCtx,
    resources: ResourceTable,
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.resources }
    }
}

/// An instance of the component, which reaches `folder` and nothing else, by the name `data`.
fn instance(component: &Path, folder: &Path) -> wasmtime::Result<(Store<Host>, bindings::Store)> {
    let engine = Engine::default();
    let component = Component::from_file(&engine, component)?;
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    let wasi = WasiCtxBuilder::new().preopened_dir(folder, "data", FsPerms::ReadWrite)?.build();
    let mut store = Store::new(&engine, Host { wasi, resources: ResourceTable::new() });
    let quire = bindings::Store::instantiate(&mut store, &component, &linker)?;
    Ok((store, quire))
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

/// A value as people read it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::Text(text) => text.clone(),
        Value::Uint32(number) => number.to_string(),
        Value::Int16(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn shown_row(row: Option<&Row>) -> String {
    row.map_or("none".into(), |row| row.iter().map(shown).collect::<Vec<_>>().join(" "))
}

/// All rows, in the order in which they are stored.
fn all() -> Range {
    Range {
        index: vec![],
        lower: Bound::Unbounded,
        upper: Bound::Unbounded,
        reverse: false,
        columns: vec![],
        offset: 0,
        limit: None,
    }
}

/// A column like `name:text`.
fn column(name: &str, data_type: DataType, nullable: bool) -> Column {
    Column {
        name: name.into(),
        data_type,
        nullable,
        auto_increment: false,
        unique: false,
        foreign_key: None,
        default: None,
    }
}

fn cities_schema() -> TableSchema {
    TableSchema {
        name: "cities".into(),
        primary_key: "name".into(),
        alignment: None,
        columns: vec![
            column("name", DataType::Text, false),
            column("people", DataType::Uint32, false),
            column("height", DataType::Int16, true),
        ],
        indexes: vec![Index { columns: vec!["people".into()], unique: false }],
    }
}

/// The rows that a cursor gives; it is dropped.
fn rows(store: &mut Store<Host>, cursors: GuestCursor, cursor: ResourceAny) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = vec![];
    loop {
        let mut page = cursors.call_next(&mut *store, cursor, 1000)??;
        if page.is_empty() {
            cursor.resource_drop(store)?;
            return Ok(rows);
        }
        rows.append(&mut page);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().collect();
    let [_, component, folder] = words.as_slice() else {
        return Err("usage: quire-component-host COMPONENT FOLDER".into());
    };
    std::fs::create_dir_all(folder)?;
    let (mut store, quire) = instance(component.as_ref(), folder.as_ref())?;
    let database = quire.quire_db_database();
    let connections: GuestConnection = database.connection();
    let tables: GuestTable = database.table();

    // Each call fails twice: with `?` for a trap, and with the second one for an `error` of wit/types.wit.
    let options =
        OpenOptions { create: true, read_only: false, durability: Durability::Commit, cache_bytes: None, layout: None };
    let db = connections.call_open(&mut store, "data/cities.db", options)??;
    if connections.call_tables(&mut store, db)??.is_empty() {
        connections.call_create_table(&mut store, db, &cities_schema())??;
        let made = [("Zürich", 447082, Some(408)), ("La Paz", 755732, Some(3640)), ("Amsterdam", 931298, Some(-2)), ("東京", 14178000, None)]
            .map(|(name, people, height)| vec![text(name), Value::Uint32(people), height.map_or(Value::Null, Value::Int16)]);
        let cities = connections.call_table(&mut store, db, "cities")??;
        tables.call_insert(&mut store, cities, &[], &made)??;
        cities.resource_drop(&mut store)?;
    }
    let cities = connections.call_table(&mut store, db, "cities")??;
    println!("get: {}", shown_row(tables.call_get(&mut store, cities, &text("東京"))??.as_ref()));
    println!("get, none: {}", shown_row(tables.call_get(&mut store, cities, &text("Atlantis"))??.as_ref()));

    let smallest = Range { index: vec!["people".into()], limit: Some(3), ..all() };
    let cursor = tables.call_scan(&mut store, cities, &smallest)??;
    for row in rows(&mut store, database.cursor(), cursor)? {
        println!("scan: {}", shown_row(Some(&row)));
    }
    let low = Range { upper: Bound::Included(vec![text("La Paz")]), columns: vec!["name".into(), "height".into()], ..all() };
    let cursor = tables.call_scan(&mut store, cities, &low)??;
    let found: Vec<String> = rows(&mut store, database.cursor(), cursor)?.iter().map(|row| shown_row(Some(row))).collect();
    println!("range: {}", found.join(", "));

    let two = ["Oslo", "La Paz"].map(|name| vec![text(name), Value::Uint8(1)]);
    match tables.call_insert(&mut store, cities, &["name".into(), "people".into()], &two)? {
        Err(error) if error.kind == ErrorKind::Constraint => println!("error: constraint {}: {}", error.code, error.message),
        other => println!("inserted: {other:?}"),
    }
    let transaction = connections.call_begin_transaction(&mut store, db)??;
    tables.call_delete(&mut store, cities, &text("La Paz"), DeleteBehavior::BySchema)??;
    transaction.resource_drop(&mut store)?;
    println!("dropped: {}", shown_row(tables.call_get(&mut store, cities, &text("La Paz"))??.as_ref()));
    println!("check: {}", connections.call_request(&mut store, db, r#"{"op": "check"}"#)??);

    cities.resource_drop(&mut store)?;
    // Dropping it would close it, too, but not tell whether that worked.
    connections.call_close(&mut store, db)??;
    db.resource_drop(&mut store)?;
    Ok(())
}
