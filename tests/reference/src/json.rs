//! Rows to JSON and back, in the conventions of the golden files: 64-bit integers, decimals, UUIDs, dates and date-times are
//! strings, blobs and custom values lower-case hex, a JSON column is the document itself.

use std::borrow::Cow;

use serde_json::{Map, Value as Doc};
use wasm_dbms_api::prelude::*;

pub fn row_to_json(row: &[(ColumnDef, Value)]) -> Doc {
    Doc::Object(row.iter().map(|(column, value)| (column.name.to_string(), value_to_json(value))).collect::<Map<_, _>>())
}

pub fn value_to_json(value: &Value) -> Doc {
    match value {
        Value::Null => Doc::Null,
        Value::Boolean(v) => v.0.into(),
        Value::Int8(v) => v.0.into(),
        Value::Int16(v) => v.0.into(),
        Value::Int32(v) => v.0.into(),
        Value::Uint8(v) => v.0.into(),
        Value::Uint16(v) => v.0.into(),
        Value::Uint32(v) => v.0.into(),
        Value::Int64(v) => v.0.to_string().into(),
        Value::Uint64(v) => v.0.to_string().into(),
        Value::Decimal(v) => v.to_string().into(),
        Value::Uuid(v) => v.to_string().into(),
        Value::Date(v) => v.to_string().into(),
        Value::DateTime(v) => datetime_text(v).into(),
        Value::Text(v) => v.0.clone().into(),
        Value::Blob(v) => hex(&v.0).into(),
        Value::Json(v) => v.value().clone(),
        Value::Custom(v) => hex(&v.encoded).into(),
    }
}

/// 0.9.0's own `Display` spells negative offsets wrongly (`-02:-30`).
fn datetime_text(v: &DateTime) -> String {
    let sign = if v.timezone_offset_minutes < 0 { '-' } else { '+' };
    let offset = v.timezone_offset_minutes.unsigned_abs();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}{sign}{:02}:{:02}",
        v.year, v.month, v.day, v.hour, v.minute, v.second, v.microsecond, offset / 60, offset % 60
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The value of `column` that `doc` spells; a line of explanation when it does not.
pub fn json_to_value(column: &ColumnDef, doc: &Doc) -> Result<Value, String> {
    if doc.is_null() && column.nullable {
        return Ok(Value::Null);
    }
    read(column.data_type, doc).ok_or_else(|| format!("{}: {doc} is no {:?}", column.name, column.data_type))
}

fn read(kind: DataTypeKind, doc: &Doc) -> Option<Value> {
    Some(match kind {
        DataTypeKind::Boolean => doc.as_bool()?.into(),
        DataTypeKind::Int8 => i8::try_from(signed(doc)?).ok()?.into(),
        DataTypeKind::Int16 => i16::try_from(signed(doc)?).ok()?.into(),
        DataTypeKind::Int32 => i32::try_from(signed(doc)?).ok()?.into(),
        DataTypeKind::Int64 => signed(doc)?.into(),
        DataTypeKind::Uint8 => u8::try_from(unsigned(doc)?).ok()?.into(),
        DataTypeKind::Uint16 => u16::try_from(unsigned(doc)?).ok()?.into(),
        DataTypeKind::Uint32 => u32::try_from(unsigned(doc)?).ok()?.into(),
        DataTypeKind::Uint64 => unsigned(doc)?.into(),
        DataTypeKind::Decimal => Value::Decimal(serde_json::from_value(doc.clone()).ok()?),
        DataTypeKind::Uuid => {
            let digits: String = doc.as_str()?.chars().filter(|c| *c != '-').collect();
            Value::Uuid(Uuid::decode(Cow::Owned(unhex(&digits)?)).ok()?)
        }
        DataTypeKind::Date => Value::Date(date(doc.as_str()?)?),
        DataTypeKind::DateTime => Value::DateTime(datetime(doc.as_str()?)?),
        DataTypeKind::Text => Value::Text(Text(doc.as_str()?.to_string())),
        DataTypeKind::Blob => Value::Blob(Blob(unhex(doc.as_str()?)?)),
        DataTypeKind::Json => Value::Json(Json::from(doc.clone())),
        custom_type!(tag) => {
            let encoded = unhex(doc.as_str()?)?;
            Value::Custom(CustomValue { type_tag: tag.to_string(), display: hex(&encoded), encoded })
        }
    })
}

fn signed(doc: &Doc) -> Option<i64> {
    doc.as_i64().or_else(|| doc.as_str()?.parse().ok())
}

fn unsigned(doc: &Doc) -> Option<u64> {
    doc.as_u64().or_else(|| doc.as_str()?.parse().ok())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() % 2 != 0 || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// `2026-02-28`
fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let date = Date { year: parts.next()?.parse().ok()?, month: parts.next()?.parse().ok()?, day: parts.next()?.parse().ok()? };
    parts.next().is_none().then_some(date)
}

/// `2026-02-28T23:59:58.999999+05:30`
fn datetime(text: &str) -> Option<DateTime> {
    let (day, time) = text.split_once('T')?;
    let Date { year, month, day } = date(day)?;
    let at = time.rfind(['+', '-'])?;
    let (clock, offset) = time.split_at(at);
    let (seconds, micros) = clock.split_once('.')?;
    let mut clock = seconds.split(':').map(|part| part.parse::<u8>().ok());
    let (hours, minutes) = offset[1..].split_once(':')?;
    let offset_minutes = hours.parse::<i16>().ok()? * 60 + minutes.parse::<i16>().ok()?;
    Some(DateTime {
        year,
        month,
        day,
        hour: clock.next()??,
        minute: clock.next()??,
        second: clock.next()??,
        microsecond: micros.parse().ok()?,
        timezone_offset_minutes: if offset.starts_with('-') { -offset_minutes } else { offset_minutes },
    })
}
