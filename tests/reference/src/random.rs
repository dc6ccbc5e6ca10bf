//! Seeded values for every column type. The same seed gives the same values with both versions and on every platform.

use std::borrow::Cow;

use serde_json::json;
use wasm_dbms_api::prelude::*;

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x5155_4952_4500_0000)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number under `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// A value for `column`: extremes now and then, few different ones in plain indexes (`repeats`), null for 30 of 100 nullables,
    /// small ones where a counter goes on from them.
    pub fn value(&mut self, column: &ColumnDef, repeats: bool) -> Value {
        if column.nullable && self.percent(30) {
            return Value::Null;
        }
        let bits = if repeats {
            self.below(20)
        } else if column.auto_increment {
            self.below(1000)
        } else {
            // Unique columns seldom, or most inserts would be refused.
            match self.below(if column.unique { 60 } else { 10 }) {
                0 => 0,
                1 => u64::MAX,
                2 => 1 << 63 | 1 << 31 | 1 << 15 | 1 << 7,
                3 => u64::MAX >> 1 & !(1 << 31 | 1 << 15 | 1 << 7),
                _ => self.next(),
            }
        };
        match column.data_type {
            DataTypeKind::Boolean => (bits & 1 == 1).into(),
            DataTypeKind::Int8 => (bits as i8).into(),
            DataTypeKind::Int16 => (bits as i16).into(),
            DataTypeKind::Int32 => (bits as i32).into(),
            DataTypeKind::Int64 => (bits as i64).into(),
            DataTypeKind::Uint8 => (bits as u8).into(),
            DataTypeKind::Uint16 => (bits as u16).into(),
            DataTypeKind::Uint32 => (bits as u32).into(),
            DataTypeKind::Uint64 => bits.into(),
            DataTypeKind::Decimal => Value::Decimal(self.decimal(bits)),
            DataTypeKind::Uuid => Value::Uuid(self.uuid()),
            DataTypeKind::Date => Value::Date(date(bits)),
            DataTypeKind::DateTime => Value::DateTime(self.datetime(bits)),
            DataTypeKind::Text => Value::Text(Text(if repeats { format!("group {}", bits % 20) } else { self.text() })),
            DataTypeKind::Blob => {
                let length = self.length();
                Value::Blob(Blob((0..length).map(|_| self.next() as u8).collect()))
            }
            DataTypeKind::Json => Value::Json(Json::from(self.document())),
            custom_type!(tag) => {
                let encoded = vec![bits as u8];
                Value::Custom(CustomValue { type_tag: tag.to_string(), display: String::new(), encoded })
            }
        }
    }

    /// Mostly short, sometimes a few kilobytes, so that records move and free segments split and merge.
    fn length(&mut self) -> u64 {
        match self.below(20) {
            0 => 0,
            1 => 200 + self.below(3000),
            2..=5 => self.below(300),
            _ => self.below(40),
        }
    }

    fn text(&mut self) -> String {
        const LETTERS: [char; 12] = ['a', 'b', 'k', 'z', 'Q', '0', ' ', '"', '\\', 'é', '漢', '🦀'];
        let length = self.length();
        let mut text = format!("{:x}-", self.next() >> 24);
        text.extend((0..length).map(|_| LETTERS[self.below(LETTERS.len() as u64) as usize]));
        text
    }

    /// Up to 96 bits at any scale, never a negative zero.
    fn decimal(&mut self, bits: u64) -> Decimal {
        let scale = self.below(29) as u32;
        let high = if self.percent(30) { self.next() as u32 } else { 0 };
        let negative = self.percent(50) && (bits != 0 || high != 0);
        let mut bytes = Vec::with_capacity(16);
        bytes.extend_from_slice(&(scale << 16 | u32::from(negative) << 31).to_le_bytes());
        bytes.extend_from_slice(&bits.to_le_bytes());
        bytes.extend_from_slice(&high.to_le_bytes());
        Decimal::decode(Cow::Owned(bytes)).expect("16 bytes with a scale up to 28")
    }

    fn uuid(&mut self) -> Uuid {
        let bytes = [self.next().to_be_bytes(), self.next().to_be_bytes()].concat();
        Uuid::decode(Cow::Owned(bytes)).expect("16 bytes")
    }

    fn datetime(&mut self, bits: u64) -> DateTime {
        let Date { year, month, day } = date(bits);
        DateTime {
            year,
            month,
            day,
            hour: self.below(24) as u8,
            minute: self.below(60) as u8,
            second: self.below(60) as u8,
            microsecond: self.below(1_000_000) as u32,
            timezone_offset_minutes: self.below(1681) as i16 - 840,
        }
    }

    fn document(&mut self) -> serde_json::Value {
        match self.below(6) {
            0 => json!(null),
            1 => json!(self.percent(50)),
            2 => json!([self.below(1000), -(self.below(1000) as i64), self.below(1000) as f64 / 8.0]),
            3 => json!(self.text()),
            _ => json!({ "n": self.below(1000), "text": self.text(), "deep": { "list": [1, [2, null], {}] } }),
        }
    }
}

fn date(bits: u64) -> Date {
    Date { year: 1900 + (bits % 200) as u16, month: 1 + (bits >> 8) as u8 % 12, day: 1 + (bits >> 16) as u8 % 28 }
}
