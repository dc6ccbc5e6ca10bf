//! The bench's workload on the reference crates. One JSON line an operation, in microseconds per operation.
//!
//! bench-reference MODE PEER DB N [budget=SECONDS]      MODE: full | random | fill | open | amplify
use std::time::{Duration, Instant};
use wasi_dbms_memory::WasiMemoryProvider;
use wasm_dbms::prelude::*;
use wasm_dbms_api::prelude::*;

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

#[derive(Debug, DatabaseSchema)]
#[tables(User = "users")]
pub struct Schema;

type Ctx = DbmsContext<WasiMemoryProvider>;

fn user(i: u32) -> UserInsertRequest {
    UserInsertRequest {
        id: i.into(),
        name: format!("user {i}").into(),
        email: format!("u{i}@example.org").into(),
        age: ((i as u64 * 7919 % 90) as u32).into(),
    }
}

#[cfg(not(feature = "v11"))]
fn change(pairs: Vec<(ColumnDef, Value)>, filter: Filter) -> UserUpdateRequest {
    UserUpdateRequest::from_values(&pairs, Some(filter))
}

#[cfg(feature = "v11")]
fn change(pairs: Vec<(ColumnDef, Value)>, filter: Filter) -> UserUpdateRequest {
    UserUpdateRequest::from_values(&pairs, Some(filter)).unwrap()
}

fn number(n: u32) -> Value {
    Value::Uint32(n.into())
}

/// xorshift32, as in the other peers.
struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
}

/// The numbers 1 to n, each once, in an order that looks random: a full-period generator over the next power of two.
struct Shuffled {
    state: u32,
    mask: u32,
    n: u32,
}

impl Shuffled {
    fn new(n: u32) -> Self {
        Shuffled { state: 0, mask: n.next_power_of_two() - 1, n }
    }

    fn next(&mut self) -> u32 {
        loop {
            self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) & self.mask;
            if self.state < self.n {
                return self.state + 1;
            }
        }
    }
}

struct Out {
    peer: String,
    n: u32,
}

impl Out {
    fn put(&self, op: &str, time: Duration, count: u32, extra: &str) {
        let us = time.as_secs_f64() * 1e6 / count as f64;
        let memory = memory_bytes();
        println!(
            "{{\"peer\":\"{}\",\"op\":\"{op}\",\"n\":{},\"us\":{us:.4},\"count\":{count},\"memory\":{memory}{extra}}}",
            self.peer, self.n
        );
    }
}

#[cfg(target_arch = "wasm32")]
fn memory_bytes() -> usize {
    core::arch::wasm32::memory_size(0) * 65536
}

#[cfg(not(target_arch = "wasm32"))]
fn memory_bytes() -> usize {
    0
}

/// Runs `body` up to `max` times or until the budget is spent; gives the time and how often it ran.
fn many(budget: f64, max: u32, mut body: impl FnMut(u32)) -> (Duration, u32) {
    let started = Instant::now();
    let mut k = 0;
    while k < max {
        body(k);
        k += 1;
        if k % 8 == 0 && started.elapsed().as_secs_f64() > budget {
            break;
        }
    }
    (started.elapsed(), k)
}

fn by_id(id: u32) -> Query {
    Query::builder().and_where(Filter::eq("id", number(id))).build()
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.len() < 5 {
        return;
    }
    let mode = args[1].as_str();
    let path = args[3].as_str();
    let n: u32 = args[4].parse().unwrap();
    let mut budget = 2.0;
    for word in &args[5..] {
        if let Some(seconds) = word.strip_prefix("budget=") {
            budget = seconds.parse().unwrap();
        }
    }
    let out = Out { peer: args[2].clone(), n };
    if mode == "open" {
        let started = Instant::now();
        let context: Ctx = DbmsContext::new(WasiMemoryProvider::new(path).unwrap());
        let db = WasmDbmsDatabase::oneshot(&context, Schema);
        let rows = db.select::<User>(by_id(n / 10 * 9)).unwrap();
        assert_eq!(rows.len(), 1);
        out.put("open_inside", started.elapsed(), 1, "");
        return;
    }
    let _ = std::fs::remove_file(path);
    let context: Ctx = DbmsContext::new(WasiMemoryProvider::new(path).unwrap());
    Schema::register_tables(&context).unwrap();
    let db = WasmDbmsDatabase::oneshot(&context, Schema);
    let age = *User::columns().iter().find(|column| column.name == "age").unwrap();

    let started = Instant::now();
    let mut order = Shuffled::new(n);
    for i in 1..=n {
        db.insert::<User>(user(if mode == "random" { order.next() } else { i })).unwrap();
    }
    let op = match mode {
        "random" => "insert_random",
        "full" => "insert",
        _ => "fill",
    };
    out.put(op, started.elapsed(), n, "");
    if mode == "fill" {
        return;
    }
    if mode == "amplify" {
        let started = Instant::now();
        for k in 1..=1000 {
            db.insert::<User>(user(n + k)).unwrap();
        }
        out.put("amplify_insert", started.elapsed(), 1000, "");
        let mut random = Random(777);
        for _ in 0..1000 {
            let x = random.next();
            let id = 1 + random.next() % n;
            db.update::<User>(change(vec![(age, number(x % 90))], Filter::eq("id", number(id)))).unwrap();
        }
        out.put("amplify_update", started.elapsed(), 1000, "");
        return;
    }

    let mut random = Random(12345);
    let (time, k) = many(budget, 100_000, |_| {
        let rows = db.select::<User>(by_id(1 + random.next() % n)).unwrap();
        assert_eq!(rows.len(), 1);
    });
    out.put(if mode == "random" { "get_after_random" } else { "get" }, time, k, "");
    if mode == "random" {
        let mut order = Shuffled::new(n);
        let (time, k) = many(budget, (n / 10).min(10_000), |_| {
            let count = db.delete::<User>(DeleteBehavior::Restrict, Some(Filter::eq("id", number(order.next())))).unwrap();
            assert_eq!(count, 1);
        });
        out.put("delete_random", time, k, "");
        return;
    }
    let (time, k) = many(budget, 100_000.min(n), |k| {
        let rows = db.select::<User>(by_id(1 + k)).unwrap();
        assert_eq!(rows.len(), 1);
    });
    out.put("get_in_order", time, k, "");
    let mut random = Random(54321);
    let (time, k) = many(budget, 100_000, |_| {
        let email = format!("u{}@example.org", 1 + random.next() % n);
        let filter = Filter::eq("email", Value::Text(email.into()));
        let rows = db.select::<User>(Query::builder().and_where(filter).build()).unwrap();
        assert_eq!(rows.len(), 1);
    });
    out.put("get_unique", time, k, "");

    let filters: [(&str, &dyn Fn() -> Filter); 3] = [
        ("scan_eq", &|| Filter::eq("name", Value::Text("user 99".into()))),
        ("scan_like", &|| Filter::like("name", "%99%")),
        ("range", &|| Filter::gt("age", number(80))),
    ];
    for (op, filter) in filters {
        let mut rows = 0;
        let (time, k) = many(budget, 5, |_| {
            rows = db.select::<User>(Query::builder().and_where(filter()).build()).unwrap().len();
        });
        let per = if op == "range" { rows as u32 } else { n };
        out.put(op, time, k * per.max(1), &format!(",\"rows\":{rows}"));
    }

    let mut random = Random(777);
    let (time, k) = many(budget, n.min(10_000), |_| {
        let x = random.next();
        let id = 1 + random.next() % n;
        let count = db.update::<User>(change(vec![(age, number(x % 90))], Filter::eq("id", number(id)))).unwrap();
        assert_eq!(count, 1);
    });
    out.put("update", time, k, "");
    let (time, k) = many(budget, (n / 10).min(10_000), |k| {
        let filter = Filter::eq("id", number(1 + (k * 7 + 3) % n));
        let count = db.delete::<User>(DeleteBehavior::Restrict, Some(filter)).unwrap();
        assert_eq!(count, 1);
    });
    out.put("delete", time, k, "");
    let (time, k) = many(budget, 2000, |k| db.insert::<User>(user(n + 1 + k)).unwrap());
    out.put("each_insert", time, k, "");
    let mut random = Random(4242);
    let (time, k) = many(budget, k, |_| {
        let x = random.next();
        let filter = Filter::eq("id", number(n + 1 + random.next() % k));
        db.update::<User>(change(vec![(age, number(x % 90))], filter)).unwrap();
    });
    out.put("each_update", time, k, "");
    let (time, k) = many(budget, k, |k| {
        db.delete::<User>(DeleteBehavior::Restrict, Some(Filter::eq("id", number(n + 1 + k)))).unwrap();
    });
    out.put("each_delete", time, k, "");
}
