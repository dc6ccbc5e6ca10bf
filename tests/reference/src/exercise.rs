//! Seeded changes through the reference's own calls: inserts, updates (also of keys, and to other sizes), deletes (also cascades).

use wasm_dbms_api::prelude::*;

use crate::random::Random;
use crate::{Database as Open, Row, Table};

/// What was done, and what a constraint refused.
#[derive(Debug, Default)]
pub struct Tally {
    pub inserted: u64,
    pub updated: u64,
    pub deleted: u64,
    pub refused: u64,
}

/// Tries to insert `count` rows into each table, referenced tables first.
pub fn insert<S: crate::Schema>(open: &Open<'_, S>, count: u64, seed: u64) -> Result<Tally, DbmsError> {
    let mut random = Random::new(seed);
    let mut tally = Tally::default();
    for table in &open.tables {
        for _ in 0..count {
            insert_one(open, table, &mut random, &mut tally)?;
        }
    }
    Ok(tally)
}

/// Makes `steps` changes: half inserts, a third updates, the rest deletes.
pub fn exercise<S: crate::Schema>(open: &Open<'_, S>, seed: u64, steps: u64) -> Result<Tally, DbmsError> {
    let mut random = Random::new(seed);
    let mut tally = Tally::default();
    for _ in 0..steps {
        let table = &open.tables[random.below(open.tables.len() as u64) as usize];
        match random.below(12) {
            0..=5 => insert_one(open, table, &mut random, &mut tally)?,
            6..=9 => update_one(open, table, &mut random, &mut tally)?,
            _ => delete_one(open, table, &mut random, &mut tally)?,
        }
    }
    Ok(tally)
}

/// Counts what a constraint refused; passes every other error on.
fn settle(result: Result<u64, DbmsError>, done: &mut u64, refused: &mut u64) -> Result<(), DbmsError> {
    match result {
        Ok(count) => *done += count,
        Err(DbmsError::Query(_)) => *refused += 1,
        Err(error) => return Err(error),
    }
    Ok(())
}

fn insert_one<S: crate::Schema>(open: &Open<'_, S>, table: &Table, random: &mut Random, tally: &mut Tally) -> Result<(), DbmsError> {
    let mut row = Vec::new();
    for column in table.columns {
        if column.auto_increment && random.percent(90) {
            continue;
        }
        row.push((*column, column_value(open, table, column, random)?));
    }
    settle(open.schema.insert(&open.db, table.name, &row).map(|()| 1), &mut tally.inserted, &mut tally.refused)
}

fn update_one<S: crate::Schema>(open: &Open<'_, S>, table: &Table, random: &mut Random, tally: &mut Tally) -> Result<(), DbmsError> {
    let Some(key) = some_key(open, table, random)? else { return Ok(()) };
    let mut patch = Vec::new();
    for column in table.columns {
        if random.percent(if column.primary_key { 10 } else { 40 }) {
            patch.push((*column, column_value(open, table, column, random)?));
        }
    }
    let result = open.schema.update(&open.db, table.name, &patch, Some(Filter::eq(table.key(), key)));
    settle(result, &mut tally.updated, &mut tally.refused)
}

fn delete_one<S: crate::Schema>(open: &Open<'_, S>, table: &Table, random: &mut Random, tally: &mut Tally) -> Result<(), DbmsError> {
    // 0.9.0 can't scan an all-fixed table any more once a row of it is gone.
    if cfg!(not(feature = "v11")) && table.is_fixed() {
        return Ok(());
    }
    let Some(key) = some_key(open, table, random)? else { return Ok(()) };
    // A cascade that comes back to its own table works with a stale ledger in both versions.
    let refers_to_itself = table.columns.iter().any(|c| c.foreign_key.is_some_and(|fk| fk.foreign_table == table.name));
    let behaviour = if random.percent(50) && !refers_to_itself { DeleteBehavior::Cascade } else { DeleteBehavior::Restrict };
    let result = open.schema.delete(&open.db, table.name, behaviour, Some(Filter::eq(table.key(), key)));
    settle(result, &mut tally.deleted, &mut tally.refused)
}

fn column_value<S: crate::Schema>(
    open: &Open<'_, S>,
    table: &Table,
    column: &ColumnDef,
    random: &mut Random,
) -> Result<Value, DbmsError> {
    if let Some(fk) = column.foreign_key
        && let Some(foreign) = open.tables.iter().find(|t| t.name == fk.foreign_table)
        && !(column.nullable && random.percent(30))
        && random.percent(95)
        && let Some(key) = some_key(open, foreign, random)?
    {
        return Ok(key);
    }
    Ok(random.value(column, open.repeats(table, column)))
}

/// The key of one row, taken from the rows in key order, so that it does not depend on where they lie.
fn some_key<S: crate::Schema>(open: &Open<'_, S>, table: &Table, random: &mut Random) -> Result<Option<Value>, DbmsError> {
    let mut keys: Vec<Value> = open.rows(table.name)?.into_iter().filter_map(|row: Row| key_of(&row)).collect();
    keys.sort();
    let at = random.next();
    Ok((!keys.is_empty()).then(|| keys.swap_remove((at % keys.len() as u64) as usize)))
}

fn key_of(row: &Row) -> Option<Value> {
    row.iter().find(|(column, _)| column.primary_key).map(|(_, value)| value.clone())
}
