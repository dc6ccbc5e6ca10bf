//! The databases that are compiled in, by name. The first five have the schemas of the golden files of the same names.
//!
//! The reference opens a file only when the file's schema hash is that of its structs, so each set is a database of its own.
//! In 0.9.0 a decimal or UUID can only be a record's last column (it reads them from a slice of exactly 16 bytes).

use wasm_dbms_api::prelude::*;

/// Names a database, its tables (referenced tables first) and their columns.
macro_rules! database {
    ($schema:ident: $($entity:ident = $table:tt),+) => {
        #[derive(Debug, Clone, Copy, DatabaseSchema)]
        #[tables($($entity = $table),+)]
        pub struct $schema;

        impl $schema {
            pub fn tables() -> Vec<crate::Table> {
                vec![$(crate::Table {
                    name: <$entity as TableSchema>::table_name(),
                    columns: <$entity as TableSchema>::columns(),
                    indexes: <$entity as TableSchema>::indexes(),
                }),+]
            }
        }
    };
}

// blog: a foreign key, a unique and a plain index.

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "users"]
pub struct User {
    #[primary_key]
    pub id: Uint32,
    pub name: Text,
    #[unique]
    pub email: Text,
    #[index]
    pub age: Uint32,
}

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "posts"]
pub struct Post {
    #[primary_key]
    pub id: Uint32,
    pub title: Text,
    #[foreign_key(entity = "User", table = "users", column = "id")]
    pub author: Uint32,
    pub published: Boolean,
}

database!(Blog: User = "users", Post = "posts");

// types: every built-in type, two all-fixed tables, an alignment of 64, nulls in an index.

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "numbers"]
pub struct Number {
    #[primary_key]
    pub id: Uint64,
    pub a: Int8,
    pub b: Int16,
    pub c: Int32,
    pub d: Int64,
    pub e: Uint8,
    pub f: Uint16,
    pub g: Uint32,
    pub h: Boolean,
    pub day: Date,
    pub at: DateTime,
}

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "tokens"]
pub struct Token {
    #[primary_key]
    pub id: Uint32,
    #[unique]
    pub token: Uuid,
}

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "prices"]
pub struct Price {
    #[primary_key]
    pub sku: Text,
    pub amount: Decimal,
}

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "mixed"]
#[alignment = 64]
pub struct Mixed {
    #[primary_key]
    pub key: Text,
    pub body: Blob,
    pub doc: Json,
    pub maybe_text: Nullable<Text>,
    #[index]
    pub maybe_num: Nullable<Int64>,
    pub maybe_doc: Nullable<Json>,
    pub maybe_day: Nullable<Date>,
}

database!(Types: Number = "numbers", Token = "tokens", Price = "prices", Mixed = "mixed");

// log: two autoincrement columns, a composite index.

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "events"]
pub struct Event {
    #[primary_key]
    #[autoincrement]
    pub id: Uint64,
    #[index(group = "kind_day")]
    pub kind: Text,
    #[index(group = "kind_day")]
    pub day: Date,
    #[autoincrement]
    pub small: Int16,
    pub note: Nullable<Text>,
}

database!(Log: Event = "events");

// tree: three levels of foreign keys.

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "orgs"]
pub struct Org {
    #[primary_key]
    pub code: Text,
}

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "teams"]
pub struct Team {
    #[primary_key]
    pub id: Uint16,
    #[foreign_key(entity = "Org", table = "orgs", column = "code")]
    pub org: Text,
}

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "members"]
pub struct Member {
    #[primary_key]
    pub id: Int64,
    #[foreign_key(entity = "Team", table = "teams", column = "id")]
    pub team: Uint16,
    #[index]
    pub joined: DateTime,
    pub role: Nullable<Text>,
}

database!(Tree: Org = "orgs", Team = "teams", Member = "members");

// deep: all-fixed, a plain index with long runs of equal keys.

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "points"]
pub struct Point {
    #[primary_key]
    pub id: Uint32,
    #[index]
    pub x: Int32,
    pub y: Int32,
}

database!(Deep: Point = "points");

// tall: keys of many kilobytes.

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "wide"]
pub struct Wide {
    #[primary_key]
    pub key: Text,
    pub n: Uint32,
}

database!(Tall: Wide = "wide");

// shop: defaults, an alignment of 16, two composite indexes, an indexed foreign key, a nullable unique column.

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "makers"]
pub struct Maker {
    #[primary_key]
    #[autoincrement]
    pub id: Uint16,
    #[unique]
    pub code: Text,
    #[index]
    pub country: Text,
    #[unique]
    pub vat: Nullable<Text>,
    #[cfg_attr(not(feature = "v08"), default = 3)]
    pub rank: Int8,
}

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "parts"]
#[alignment = 16]
pub struct Part {
    #[primary_key]
    pub id: Uint32,
    #[foreign_key(entity = "Maker", table = "makers", column = "id")]
    #[index]
    pub maker: Uint16,
    #[index(group = "z_kind")]
    pub kind: Text,
    #[index(group = "a_made")]
    #[index(group = "z_kind")]
    pub made: Date,
    #[index(group = "a_made")]
    pub weight: Uint64,
    #[cfg_attr(not(feature = "v08"), default = "none")]
    pub label: Text,
    pub stock: Nullable<Int16>,
    #[index]
    pub active: Boolean,
    pub price: Decimal,
}

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "stocktakes"]
pub struct Stocktake {
    #[primary_key]
    pub at: DateTime,
    #[foreign_key(entity = "Part", table = "parts", column = "id")]
    pub part: Uint32,
    #[foreign_key(entity = "Maker", table = "makers", column = "id")]
    pub checked_for: Uint16,
    #[index]
    pub seen: Nullable<Uint32>,
    pub photo: Blob,
    pub details: Json,
}

database!(Shop: Maker = "makers", Part = "parts", Stocktake = "stocktakes");

// edge: slots of 16 bytes, which fill a page to its last byte (where 0.9.0's 16-bit cursor wraps).

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "sixteens"]
pub struct Sixteen {
    #[primary_key]
    pub id: Uint32,
    pub a: Uint64,
    pub b: Int16,
}

database!(Edge: Sixteen = "sixteens");

// twofold: a column that is unique and indexed, for which 0.8 makes two trees, loses one, and enters each row twice in the other.

#[derive(Debug, Table, Clone, PartialEq, Eq)]
#[table = "boxes"]
pub struct Mailbox {
    #[primary_key]
    pub id: Uint32,
    #[unique]
    #[index]
    pub email: Text,
    pub size: Uint32,
}

database!(Twofold: Mailbox = "boxes");

// modern (0.11 only): decimals and UUIDs in the middle of a record, indexes on more types, a custom type.

#[cfg(feature = "v11")]
pub mod modern {
    use serde::{Deserialize, Serialize};
    use wasm_dbms_api::prelude::*;

    use super::Point;

    #[derive(
        Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, CustomDataType,
    )]
    #[type_tag = "priority"]
    pub struct Priority {
        pub level: Uint8,
    }

    impl std::fmt::Display for Priority {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}", self.level)
        }
    }

    impl DataType for Priority {}

    #[derive(Debug, Table, Clone, PartialEq, Eq)]
    #[table = "coins"]
    pub struct Coin {
        #[primary_key]
        pub id: Uuid,
        #[index]
        pub worth: Decimal,
        #[index]
        pub minted: DateTime,
        #[index]
        pub real: Boolean,
        #[index]
        pub hash: Blob,
        #[custom_type]
        pub prio: Priority,
        #[index]
        pub owner: Nullable<Text>,
        pub tail: Int32,
    }

    database!(Modern: Coin = "coins", Point = "points");

    // family: a nullable foreign key to the table itself.

    #[derive(Debug, Table, Clone, PartialEq, Eq)]
    #[table = "people"]
    pub struct Person {
        #[primary_key]
        pub id: Uint32,
        pub name: Text,
        #[foreign_key(entity = "Person", table = "people", column = "id")]
        #[index]
        pub parent: Nullable<Uint32>,
    }

    database!(Family: Person = "people");
}
