/**
 * `quire-kv.wasm` without the store in it: `wasi:keyvalue` over the interface `database` of `quire:db`, as any component may use that. Each
 * bucket is a table of one file. `docs/component.md` says what it promises, `scripts/component.mjs` builds it and composes it with Quire's
 * component.
 */
import "./text/packed-text";
import "./wasi/abort";

export { cabi_realloc } from "./keyvalue/calls";
export { bucket_delete, bucket_dtor, bucket_exists, bucket_get, bucket_list_keys, bucket_set, open } from "./keyvalue/store";
export { cas_current, cas_dtor, cas_new, increment, swap } from "./keyvalue/atomics";
export { delete_many, get_many, set_many } from "./keyvalue/batch";
