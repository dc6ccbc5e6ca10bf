/*
 * Quire's component in C, by wasmtime's C API.
 *
 *   cc -I WASMTIME/include quire_component.c -L WASMTIME/lib -lwasmtime -o quire_component
 *   ./quire_component ../../build/quire-component.wasm data
 *
 * keeps a table of cities in data/cities.db. What the calls take and give is in wit/: the C API makes values of these types at run time.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wasi.h>
#include <wasm.h>
#include <wasmtime.h>

#define INTERFACE "quire:db/database@0.1.0"

typedef wasmtime_component_val_t value;
typedef wasmtime_component_resource_any_t handle;

static wasmtime_context_t *context;
static wasmtime_component_instance_t instance;
static wasmtime_component_export_index_t *interface;

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

/* Stops for an error of wasmtime: a trap, or a value that does not fit. */
static void check(wasmtime_error_t *error) {
  if (error == NULL) return;
  wasm_name_t message;
  wasmtime_error_message(error, &message);
  fprintf(stderr, "%.*s\n", (int)message.size, message.data);
  exit(1);
}

/* ---- values. What one is made of belongs to it, and goes with it. ---- */

static wasm_name_t name(const char *text) {
  wasm_name_t made;
  wasm_byte_vec_new(&made, strlen(text), text);
  return made;
}

static value boolean(bool of) { return (value){.kind = WASMTIME_COMPONENT_BOOL, .of.boolean = of}; }
static value u32(uint32_t of) { return (value){.kind = WASMTIME_COMPONENT_U32, .of.u32 = of}; }
static value u64(uint64_t of) { return (value){.kind = WASMTIME_COMPONENT_U64, .of.u64 = of}; }
static value s16(int16_t of) { return (value){.kind = WASMTIME_COMPONENT_S16, .of.s16 = of}; }
static value u8(uint8_t of) { return (value){.kind = WASMTIME_COMPONENT_U8, .of.u8 = of}; }
static value string(const char *of) { return (value){.kind = WASMTIME_COMPONENT_STRING, .of.string = name(of)}; }
static value enumeration(const char *of) { return (value){.kind = WASMTIME_COMPONENT_ENUM, .of.enumeration = name(of)}; }
static value none(void) { return (value){.kind = WASMTIME_COMPONENT_OPTION, .of.option = NULL}; }
static value some(value of) { return (value){.kind = WASMTIME_COMPONENT_OPTION, .of.option = wasmtime_component_val_new(&of)}; }

/* A case without anything in it. */
static value bare(const char *which) {
  return (value){.kind = WASMTIME_COMPONENT_VARIANT, .of.variant = {.discriminant = name(which), .val = NULL}};
}

static value variant(const char *which, value of) {
  value made = bare(which);
  made.of.variant.val = wasmtime_component_val_new(&of);
  return made;
}

static value text(const char *of) { return variant("text", string(of)); }

static value list(size_t count, ...) {
  value made = {.kind = WASMTIME_COMPONENT_LIST};
  wasmtime_component_vallist_new_uninit(&made.of.list, count);
  va_list items;
  va_start(items, count);
  for (size_t i = 0; i < count; i++) made.of.list.data[i] = va_arg(items, value);
  va_end(items);
  return made;
}

/* A name and a value for each field, in the order of the WIT. */
static value record(size_t count, ...) {
  value made = {.kind = WASMTIME_COMPONENT_RECORD};
  wasmtime_component_valrecord_new_uninit(&made.of.record, count);
  va_list fields;
  va_start(fields, count);
  for (size_t i = 0; i < count; i++) {
    made.of.record.data[i].name = name(va_arg(fields, const char *));
    made.of.record.data[i].val = va_arg(fields, value);
  }
  va_end(fields);
  return made;
}

/* A resource that is lent to a call. */
static value borrow(const handle *of) {
  return (value){.kind = WASMTIME_COMPONENT_RESOURCE, .of.resource = wasmtime_component_resource_any_clone(of)};
}

/* What is at `place`, which is given back without it. */
static value taken(value *place) {
  value nothing = {.kind = WASMTIME_COMPONENT_BOOL};
  value out = place == NULL ? nothing : *place;
  if (place != NULL) {
    *place = nothing;
    wasmtime_component_val_free(place);
  }
  return out;
}

/* ---- calls ---- */

/*
 * Calls a function of the interface, and deletes the arguments. Whether it worked; `out` has what `ok` holds, or `err`. A program that calls a
 * function often keeps what wasmtime_component_instance_get_func gives.
 */
static bool call(const char *function, size_t count, value *arguments, value *out) {
  wasmtime_component_export_index_t *index =
      wasmtime_component_instance_get_export_index(&instance, context, interface, function, strlen(function));
  wasmtime_component_func_t found;
  if (index == NULL || !wasmtime_component_instance_get_func(&instance, context, index, &found)) fail(function);
  wasmtime_component_export_index_delete(index);
  /* The old value of a result is dropped. */
  value result = {.kind = WASMTIME_COMPONENT_BOOL};
  check(wasmtime_component_func_call(&found, context, arguments, count, &result, 1));
  for (size_t i = 0; i < count; i++) wasmtime_component_val_delete(&arguments[i]);
  *out = result;
  if (result.kind != WASMTIME_COMPONENT_RESULT) return true;
  *out = taken(result.of.result.val);
  return result.of.result.is_ok;
}

/* The text of a field of an `error` of wit/types.wit. */
static wasm_name_t field(const value *error, size_t at) {
  const value *found = &error->of.record.data[at].val;
  return at == 0 ? found->of.enumeration : found->of.string;
}

static void print_error(FILE *to, const value *error) {
  wasm_name_t kind = field(error, 0), code = field(error, 1), message = field(error, 2);
  fprintf(to, "error: %.*s %.*s: %.*s\n", (int)kind.size, kind.data, (int)code.size, code.data, (int)message.size, message.data);
}

/* The same for a call that has to work: what `ok` holds. */
static value must(const char *function, size_t count, value *arguments) {
  value out;
  if (call(function, count, arguments, &out)) return out;
  print_error(stderr, &out);
  exit(1);
}

#define COUNT(...) (sizeof((value[]){__VA_ARGS__}) / sizeof(value))
#define MUST(function, ...) must(function, COUNT(__VA_ARGS__), (value[]){__VA_ARGS__})

/* Ends a resource: closes a connection, rolls a transaction back. */
static void drop(handle *of) {
  check(wasmtime_component_resource_any_drop(context, of));
  wasmtime_component_resource_any_delete(of);
}

/* ---- cities ---- */

static void print_name(wasm_name_t of) { printf("%.*s", (int)of.size, of.data); }

static bool is(wasm_name_t of, const char *what) { return of.size == strlen(what) && memcmp(of.data, what, of.size) == 0; }

static void print_row(const value *row) {
  for (size_t i = 0; i < row->of.list.size; i++) {
    const wasmtime_component_valvariant_t *shown = &row->of.list.data[i].of.variant;
    if (i > 0) printf(" ");
    if (is(shown->discriminant, "null")) printf("none");
    else if (is(shown->discriminant, "text")) print_name(shown->val->of.string);
    else if (is(shown->discriminant, "uint32")) printf("%u", shown->val->of.u32);
    else if (is(shown->discriminant, "int16")) printf("%d", shown->val->of.s16);
    else print_name(shown->discriminant);
  }
}

/* Prints the city of this name. */
static void print_city(const char *what, const handle *cities, const char *of) {
  value row = MUST("[method]table.get", borrow(cities), text(of));
  printf("%s: ", what);
  if (row.of.option == NULL) printf("none");
  else print_row(row.of.option);
  printf("\n");
  wasmtime_component_val_delete(&row);
}

/* Prints the rows of a range, each behind `before`, and `between` two of them; and deletes the range. */
static void print_range(const handle *table, value range, const char *before, const char *between) {
  handle *cursor = MUST("[method]table.scan", borrow(table), range).of.resource;
  size_t printed = 0;
  for (bool more = true; more;) {
    value page = MUST("[method]cursor.next", borrow(cursor), u32(1000));
    more = page.of.list.size > 0;
    for (size_t i = 0; i < page.of.list.size; i++) {
      printf("%s%s", printed++ > 0 ? between : "", before);
      print_row(&page.of.list.data[i]);
    }
    wasmtime_component_val_delete(&page);
  }
  printf("\n");
  drop(cursor);
}

static value city(const char *name, uint32_t people, value height) {
  return list(3, text(name), variant("uint32", u32(people)), height);
}

static void insert_cities(const handle *db) {
  const char *create = "{\"op\": \"create\", \"table\": \"cities\", "
                       "\"columns\": [\"name:text:pk\", \"people:uint32:index\", \"height:int16:null\"]}";
  value reply = MUST("[method]connection.request", borrow(db), string(create));
  wasmtime_component_val_delete(&reply);
  handle *cities = MUST("[method]connection.table", borrow(db), string("cities")).of.resource;
  value rows = list(4, city("Zürich", 447082, variant("int16", s16(408))), city("La Paz", 755732, variant("int16", s16(3640))),
                    city("Amsterdam", 931298, variant("int16", s16(-2))), city("東京", 14178000, bare("null")));
  value keys = MUST("[method]table.insert", borrow(cities), list(0), rows);
  wasmtime_component_val_delete(&keys);
  drop(cities);
}

static void work(const handle *db) {
  value tables = MUST("[method]connection.tables", borrow(db));
  if (tables.of.list.size == 0) insert_cities(db);
  wasmtime_component_val_delete(&tables);
  handle *cities = MUST("[method]connection.table", borrow(db), string("cities")).of.resource;
  print_city("get", cities, "東京");
  print_city("get, none", cities, "Atlantis");
  print_range(cities,
              record(7, "index", list(1, string("people")), "lower", bare("unbounded"), "upper", bare("unbounded"), "reverse",
                     boolean(false), "columns", list(0), "offset", u64(0), "limit", some(u64(3))),
              "scan: ", "\n");
  printf("range: ");
  print_range(cities,
              record(7, "index", list(0), "lower", bare("unbounded"), "upper", variant("included", list(1, text("La Paz"))),
                     "reverse", boolean(false), "columns", list(2, string("name"), string("height")), "offset", u64(0), "limit",
                     none()),
              "", ", ");
  value two = list(2, list(2, text("Oslo"), variant("uint8", u8(1))), list(2, text("La Paz"), variant("uint8", u8(1))));
  value outcome;
  value arguments[] = {borrow(cities), list(2, string("name"), string("people")), two};
  if (!call("[method]table.insert", 3, arguments, &outcome)) print_error(stdout, &outcome);
  wasmtime_component_val_delete(&outcome);
  handle *transaction = MUST("[method]connection.begin-transaction", borrow(db)).of.resource;
  value deleted = MUST("[method]table.delete", borrow(cities), text("La Paz"), enumeration("by-schema"));
  wasmtime_component_val_delete(&deleted);
  drop(transaction);
  print_city("dropped", cities, "La Paz");
  value reply = MUST("[method]connection.request", borrow(db), string("{\"op\": \"check\"}"));
  printf("check: ");
  print_name(reply.of.string);
  printf("\n");
  wasmtime_component_val_delete(&reply);
  drop(cities);
}

/* ---- the instance ---- */

static wasm_byte_vec_t contents(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) fail(path);
  wasm_byte_vec_t bytes;
  wasm_byte_vec_new_uninitialized(&bytes, (size_t)ftell(file));
  rewind(file);
  if (fread(bytes.data, 1, bytes.size, file) != bytes.size) fail(path);
  fclose(file);
  return bytes;
}

int main(int count, char **words) {
  if (count != 3) fail("usage: quire_component COMPONENT FOLDER");
  mkdir(words[2], 0777);
  wasm_engine_t *engine = wasm_engine_new();
  wasm_byte_vec_t bytes = contents(words[1]);
  wasmtime_component_t *component;
  check(wasmtime_component_new(engine, (const uint8_t *)bytes.data, bytes.size, &component));
  wasm_byte_vec_delete(&bytes);

  /* It reaches the folder and nothing else, by the name `data`. */
  wasi_config_t *wasi = wasi_config_new();
  if (!wasi_config_preopen_dir(wasi, words[2], "data", true)) fail(words[2]);
  wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
  context = wasmtime_store_context(store);
  check(wasmtime_context_set_wasi(context, wasi));
  wasmtime_component_linker_t *linker = wasmtime_component_linker_new(engine);
  check(wasmtime_component_linker_add_wasip2(linker));
  check(wasmtime_component_linker_instantiate(linker, context, component, &instance));
  interface = wasmtime_component_instance_get_export_index(&instance, context, NULL, INTERFACE, strlen(INTERFACE));
  if (interface == NULL) fail("it has no " INTERFACE);

  value options = record(5, "create", boolean(true), "read-only", boolean(false), "durability", enumeration("commit"), "cache-bytes",
                         none(), "layout", none());
  handle *db = MUST("[static]connection.open", string("data/cities.db"), options).of.resource;
  work(db);
  /* Dropping it would close it, too, but not tell whether that worked. */
  MUST("[method]connection.close", borrow(db));
  drop(db);

  wasmtime_component_export_index_delete(interface);
  wasmtime_component_linker_delete(linker);
  wasmtime_store_delete(store);
  wasmtime_component_delete(component);
  wasm_engine_delete(engine);
  return 0;
}
