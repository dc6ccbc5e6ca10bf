//! All of wasmtime's C API.
pub use wasmtime_c_api::*;
