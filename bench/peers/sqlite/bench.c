/* The bench's workloads on SQLite; the same source for WASI and native. One JSON line an operation, in microseconds per operation.
   bench MODE PEER DB N  [vfs=NAME] [exclusive] [journal=MODE] [cache=BYTES] [bytes=BYTES] [WORD of bench/quire/sql.ts…]
   MODE: full | random | fill | open | amplify | wide | posts | sql | null */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "sqlite3.h"

static const char *mode, *peer, *path, *vfs, *journal = "DELETE";
static long N, cache_bytes, text_bytes = 1024;
static int exclusive;
static sqlite3 *db;
static long sink;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e6 + t.tv_nsec / 1e3; }

static uint32_t random_state, shuffled_state, shuffled_mask;
static uint32_t rnd(void) { random_state ^= random_state << 13; random_state ^= random_state >> 17; random_state ^= random_state << 5; return random_state; }
/* A number below `below`; a long of WASI has 32 bits. */
static long spread(long i, long below) { return (long)((uint64_t)i * 7919 % (uint64_t)below); }
/* The numbers 1 to N, each once, in an order that looks random. */
static void shuffle(void) { shuffled_state = 0; shuffled_mask = 1; while (shuffled_mask < N) shuffled_mask <<= 1; shuffled_mask -= 1; }
static long shuffled(void) { do shuffled_state = (shuffled_state * 1664525u + 1013904223u) & shuffled_mask; while (shuffled_state >= N); return shuffled_state + 1; }

static long memory_bytes(void) {
#ifdef __wasm__
  return (long)__builtin_wasm_memory_size(0) * 65536;
#else
  return 0;
#endif
}
static void put(const char *op, double us, long count, long rows) {
  printf("{\"peer\":\"%s\",\"op\":\"%s\",\"n\":%ld,\"us\":%.4f,\"count\":%ld,\"memory\":%ld", peer, op, N, us / (count ? count : 1), count, memory_bytes());
  if (rows >= 0) printf(",\"rows\":%ld", rows);
  puts("}");
  fflush(stdout);
}
static void die(const char *what) {
  fprintf(stderr, "%s: %s (%d, %d)\n", what, db ? sqlite3_errmsg(db) : "?", db ? sqlite3_errcode(db) : 0, db ? sqlite3_extended_errcode(db) : 0);
  exit(1);
}
static void x(const char *sql) { if (sqlite3_exec(db, sql, 0, 0, 0)) die(sql); }
static sqlite3_stmt *prep(const char *sql) { sqlite3_stmt *s; if (sqlite3_prepare_v2(db, sql, -1, &s, 0)) die(sql); return s; }
static char *say(const char *sql) {
  static char text[64];
  sqlite3_stmt *s = prep(sql);
  text[0] = 0;
  if (sqlite3_step(s) == SQLITE_ROW) snprintf(text, 64, "%s", sqlite3_column_text(s, 0));
  sqlite3_finalize(s);
  return text;
}
static void must_row(sqlite3_stmt *s) { if (sqlite3_step(s) != SQLITE_ROW) die("row"); }
static void must_done(sqlite3_stmt *s) { if (sqlite3_step(s) != SQLITE_DONE) die("done"); sqlite3_reset(s); }
static void row(sqlite3_stmt *s) {
  sink += sqlite3_column_int64(s, 0) + sqlite3_column_int64(s, 3);
  sink += (long)strlen((const char *)sqlite3_column_text(s, 1)) + (long)strlen((const char *)sqlite3_column_text(s, 2));
}

static void open_db(int kept) {
  char text[512];
  if (!kept) {
    unlink(path);
    snprintf(text, 512, "%s-journal", path); unlink(text);
    snprintf(text, 512, "%s-wal", path); unlink(text);
  }
  if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | (kept ? 0 : SQLITE_OPEN_CREATE), vfs)) die("open");
  if (exclusive) x("PRAGMA locking_mode=EXCLUSIVE");
  if (!strcmp(mode, "open")) return;
  snprintf(text, 512, "PRAGMA journal_mode=%s", journal); x(text);
  x("PRAGMA synchronous=FULL");
  if (cache_bytes) { snprintf(text, 512, "PRAGMA cache_size=-%ld", cache_bytes / 1024); x(text); }
  if (kept) return;
  char j[64], l[64];
  strcpy(j, say("PRAGMA journal_mode")); strcpy(l, say("PRAGMA locking_mode"));
  fprintf(stderr, "# SQLite %s, journal %s, locking %s, synchronous %s, ", sqlite3_libversion(), j, l, say("PRAGMA synchronous"));
  fprintf(stderr, "page %s, ", say("PRAGMA page_size"));
  fprintf(stderr, "cache %s\n", say("PRAGMA cache_size"));
}
static void close_db(void) { sqlite3_stmt *s; while ((s = sqlite3_next_stmt(db, 0))) sqlite3_finalize(s); sqlite3_close(db); db = 0; }

/* ---- users ---- */
static sqlite3_stmt *s_insert, *s_get, *s_email, *s_update, *s_delete;
static void users_statements(void) {
  s_insert = prep("INSERT INTO users VALUES(?,?,?,?)");
  s_get = prep("SELECT id,name,email,age FROM users WHERE id=?");
  s_email = prep("SELECT id,name,email,age FROM users WHERE email=?");
  s_update = prep("UPDATE users SET age=? WHERE id=?");
  s_delete = prep("DELETE FROM users WHERE id=?");
}
static void users_table(void) {
  x("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, age INTEGER NOT NULL)");
  x("CREATE INDEX users_age ON users(age)");
  users_statements();
}
static void insert(long i) {
  char name[32], email[48];
  int a = snprintf(name, 32, "user %ld", i), b = snprintf(email, 48, "u%ld@example.org", i);
  sqlite3_bind_int64(s_insert, 1, i);
  sqlite3_bind_text(s_insert, 2, name, a, SQLITE_STATIC);
  sqlite3_bind_text(s_insert, 3, email, b, SQLITE_STATIC);
  sqlite3_bind_int64(s_insert, 4, spread(i, 90));
  must_done(s_insert);
}
static void get(long id) { sqlite3_bind_int64(s_get, 1, id); must_row(s_get); row(s_get); sqlite3_reset(s_get); }
static void set_age(long id, long age) { sqlite3_bind_int64(s_update, 1, age); sqlite3_bind_int64(s_update, 2, id); must_done(s_update); }
static void delete_one(long id) { sqlite3_bind_int64(s_delete, 1, id); must_done(s_delete); }
static void put_commit(const char *op, double started, long count) {
  char text[64];
  snprintf(text, 64, "%s_before_commit", op);
  put(text, now() - started, count, -1);
  x("COMMIT");
  put(op, now() - started, count, -1);
}
static void fill(const char *op, int at_random) {
  shuffle();
  double t = now();
  x("BEGIN");
  for (long i = 1; i <= N; i++) insert(at_random ? shuffled() : i);
  put_commit(op, t, N);
}
static void get_at_random(const char *op) {
  random_state = 12345;
  double t = now();
  for (long k = 0; k < 100000; k++) get(1 + rnd() % N);
  put(op, now() - t, 100000, -1);
}
static void count_rows(const char *op, const char *sql) {
  sqlite3_stmt *s = prep(sql);
  long rounds = N < 10000 ? 50 : 5, rows = 0;
  double t = now();
  for (long k = 0; k < rounds; k++) { must_row(s); rows = sqlite3_column_int64(s, 0); sqlite3_reset(s); }
  put(op, now() - t, rounds * N, rows);
}
static void delete_some(const char *op, int at_random) {
  long m = N / 10 < 10000 ? N / 10 : 10000;
  shuffle();
  double t = now();
  x("BEGIN");
  for (long k = 0; k < m; k++) delete_one(at_random ? shuffled() : 1 + (k * 7 + 3) % N);
  put_commit(op, t, m);
}
static void sync_unit(void) {
  char name[512], block[4096];
  snprintf(name, 512, "%s-sync", path);
  memset(block, 7, 4096);
  int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (pwrite(fd, block, 4096, 0) != 4096 || fdatasync(fd)) die("sync");
  double t = now();
  for (int k = 0; k < 30; k++) if (pwrite(fd, block, 4096, 0) != 4096 || fdatasync(fd)) die("sync");
  put("sync_unit", now() - t, 30, -1);
  close(fd);
  unlink(name);
}
static void full(void) {
  users_table();
  fill("insert", 0);
  get_at_random("get");
  long m = N < 100000 ? N : 100000;
  double t = now();
  for (long k = 1; k <= m; k++) get(k);
  put("get_in_order", now() - t, m, -1);
  random_state = 54321;
  t = now();
  for (long k = 0; k < 100000; k++) {
    char b[48];
    int l = snprintf(b, 48, "u%ld@example.org", (long)(1 + rnd() % N));
    sqlite3_bind_text(s_email, 1, b, l, SQLITE_STATIC);
    must_row(s_email); row(s_email); sqlite3_reset(s_email);
  }
  put("get_unique", now() - t, 100000, -1);
  count_rows("scan_eq", "SELECT count(*) FROM users WHERE name = 'user 99'");
  count_rows("scan_like", "SELECT count(*) FROM users WHERE name LIKE '%99%'");
  sqlite3_stmt *s = prep("SELECT id,name,email,age FROM users WHERE age > 80");
  long rounds = N < 10000 ? 50 : 5, rows = 0;
  t = now();
  for (long k = 0; k < rounds; k++) { rows = 0; while (sqlite3_step(s) == SQLITE_ROW) { row(s); rows++; } sqlite3_reset(s); }
  put("range", now() - t, rounds * rows, rows);
  random_state = 777;
  m = N < 10000 ? N : 10000;
  t = now();
  x("BEGIN");
  for (long k = 0; k < m; k++) { uint32_t r = rnd(); set_age(1 + rnd() % N, r % 90); }
  put_commit("update", t, m);
  delete_some("delete", 0);
  sync_unit();
  t = now();
  for (long k = 0; k < 500; k++) insert(N + 1 + k);
  put("durable_insert", now() - t, 500, -1);
  /* The same without a sync, with what an abort needs in memory. WAL can't be left with its lock held; there only the syncs go. */
  if (strcmp(journal, "WAL")) x("PRAGMA journal_mode=MEMORY");
  x("PRAGMA synchronous=OFF");
  t = now();
  for (long k = 0; k < 2000; k++) insert(N + 501 + k);
  put("each_insert", now() - t, 2000, -1);
  random_state = 4242;
  t = now();
  for (long k = 0; k < 2000; k++) { uint32_t r = rnd(); set_age(N + 501 + rnd() % 2000, r % 90); }
  put("each_update", now() - t, 2000, -1);
  t = now();
  for (long k = 0; k < 2000; k++) delete_one(N + 501 + k);
  put("each_delete", now() - t, 2000, -1);
  t = now();
  close_db();
  put("close", now() - t, 1, -1);
}
static void amplify(void) {
  users_table();
  fill("fill", 0);
  close_db(); open_db(1); users_statements();
  double t = now();
  for (long k = 1; k <= 1000; k++) insert(N + k);
  put("amplify_insert_open", now() - t, 1000, -1);
  close_db();
  put("amplify_insert", now() - t, 1000, -1);
  open_db(1); users_statements();
  random_state = 777;
  for (long k = 0; k < 1000; k++) { uint32_t r = rnd(); set_age(1 + rnd() % N, r % 90); }
  put("amplify_update_open", now() - t, 1000, -1);
  close_db();
  put("amplify_update", now() - t, 1000, -1);
}

/* ---- wide rows ---- */
static void wide(void) {
  x("CREATE TABLE docs(id INTEGER PRIMARY KEY, age INTEGER NOT NULL, body TEXT NOT NULL)");
  x("CREATE INDEX docs_age ON docs(age)");
  char *text = malloc(text_bytes);
  for (long i = 0; i < text_bytes; i++) text[i] = 'a' + i % 26;
  sqlite3_stmt *s = prep("INSERT INTO docs VALUES(?,?,?)");
  double t = now();
  x("BEGIN");
  for (long i = 1; i <= N; i++) {
    sqlite3_bind_int64(s, 1, i); sqlite3_bind_int64(s, 2, spread(i, 90)); sqlite3_bind_text(s, 3, text, (int)text_bytes, SQLITE_STATIC);
    must_done(s);
  }
  x("COMMIT");
  put("wide_insert", now() - t, N, -1);
  s = prep("SELECT id,age,body FROM docs WHERE id=?");
  random_state = 12345;
  t = now();
  for (long k = 0; k < 20000; k++) {
    sqlite3_bind_int64(s, 1, 1 + rnd() % N); must_row(s);
    sink += sqlite3_column_int64(s, 0) + sqlite3_column_int64(s, 1) + sqlite3_column_text(s, 2)[0] + sqlite3_column_bytes(s, 2);
    sqlite3_reset(s);
  }
  put("wide_get", now() - t, 20000, -1);
  s = prep("SELECT count(*) FROM docs NOT INDEXED WHERE age = 7");
  long rows = 0;
  t = now();
  for (int k = 0; k < 3; k++) { must_row(s); rows = sqlite3_column_int64(s, 0); sqlite3_reset(s); }
  put("wide_scan", now() - t, 3 * N, rows);
  s = prep("UPDATE docs SET age=? WHERE id=?");
  random_state = 777;
  long m = N < 2000 ? N : 2000;
  t = now();
  x("BEGIN");
  for (long k = 0; k < m; k++) { uint32_t r = rnd(); sqlite3_bind_int64(s, 1, r % 90); sqlite3_bind_int64(s, 2, 1 + rnd() % N); must_done(s); }
  x("COMMIT");
  put("wide_update", now() - t, m, -1);
  close_db();
}

/* ---- posts of users ---- */
static void posts(void) {
  x("PRAGMA foreign_keys=ON");
  users_table();
  long n = N, owners = N / 10;
  N = owners; fill("owners", 0); N = n;
  x("CREATE TABLE posts(id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE, title TEXT NOT NULL)");
  x("CREATE INDEX posts_owner ON posts(owner)");
  sqlite3_stmt *s = prep("INSERT INTO posts VALUES(?,?,?)");
  double t = now();
  x("BEGIN");
  for (long i = 1; i <= N; i++) {
    char title[32];
    int l = snprintf(title, 32, "user %ld", i);
    sqlite3_bind_int64(s, 1, i); sqlite3_bind_int64(s, 2, 1 + spread(i, owners)); sqlite3_bind_text(s, 3, title, l, SQLITE_STATIC);
    must_done(s);
  }
  x("COMMIT");
  put("fk_insert", now() - t, N, -1);
  s = prep("SELECT u.id,u.name,p.title,p.id FROM users u JOIN posts p ON p.owner=u.id WHERE u.age > 80");
  long rounds = N < 10000 ? 50 : 5, rows = 0;
  t = now();
  for (long k = 0; k < rounds; k++) { rows = 0; while (sqlite3_step(s) == SQLITE_ROW) { row(s); rows++; } sqlite3_reset(s); }
  put("join", now() - t, rounds * rows, rows);
  long m = owners / 10 > 1 ? owners / 10 : 1;
  t = now();
  x("BEGIN");
  for (long i = 1; i <= m; i++) delete_one(i);
  x("COMMIT");
  put("cascade", now() - t, m, -1);
  close_db();
}

/* ---- statements of SQL: the words that bench/quire/sql.ts tells of ---- */
static long long asked_rows, asked_sum;
static char kinds[32];
static long below[32];
static int parameters;
static void read_values(char *words) {
  parameters = 0;
  for (char *w = strtok(words, " "); w; w = strtok(0, " "), parameters++) {
    kinds[parameters] = w[0];
    below[parameters] = strcmp(w, "rn") ? atol(w + 1) : N;
  }
}
static void bind_values(sqlite3_stmt *s, long i) {
  for (int p = 0; p < parameters; p++) {
    if (kinds[p] == 'i') sqlite3_bind_int64(s, p + 1, i);
    else if (kinds[p] == 'r') sqlite3_bind_int64(s, p + 1, rnd() % (uint32_t)below[p]);
    else {
      char text[64];
      int len = snprintf(text, 64, "name %u", (unsigned)(rnd() % 100000));
      for (uint32_t count = rnd() % 13; count > 0; count--) text[len++] = 'x';
      sqlite3_bind_text(s, p + 1, text, len, SQLITE_TRANSIENT);
    }
  }
}
static void run_statement(sqlite3_stmt *s) {
  int status, columns = sqlite3_column_count(s);
  while ((status = sqlite3_step(s)) == SQLITE_ROW) {
    asked_rows++;
    for (int c = 0; c < columns; c++) {
      int type = sqlite3_column_type(s, c);
      if (type == SQLITE_INTEGER) asked_sum += sqlite3_column_int64(s, c);
      else if (type == SQLITE_TEXT) { sqlite3_column_text(s, c); asked_sum += sqlite3_column_bytes(s, c); }
    }
  }
  if (status != SQLITE_DONE) die(sqlite3_sql(s));
  sqlite3_reset(s);
}
static void run_word(char *word) {
  char *part[5];
  for (int p = 0; p < 4; p++) { part[p] = word; word = strchr(word, '|'); *word++ = 0; }
  part[4] = word;
  int each = !strcmp(part[0], "each"), plan = !strcmp(part[0], "plan"), once = !strcmp(part[0], "do");
  long count = once ? 1 : strcmp(part[2], "0") ? atol(part[2]) : N;
  char change[] = "i";
  read_values(strcmp(part[0], "change") ? part[3] : change);
  sqlite3_stmt *s = prep(part[4]);
  asked_rows = asked_sum = 0;
  random_state = 12345;
  double started = now(), fastest = 1e18;
  for (long i = 0; i < count; i++) {
    double t = each ? started : now();
    if (plan) sqlite3_finalize(prep(part[4]));
    else { bind_values(s, i); run_statement(s); }
    if (!each) { t = now() - t; if (t < fastest) fastest = t; }
  }
  if (each) fastest = now() - started;
  sqlite3_finalize(s);
  if (once) return;
  printf("{\"peer\":\"%s\",\"op\":\"%s\",\"n\":%ld,\"us\":%.4f,\"count\":%ld,\"memory\":%ld,\"rows\":%lld", peer, part[1], N,
         fastest / (each ? count : 1), each ? count : 1, memory_bytes(), asked_rows);
  if (asked_sum) printf(",\"sum\":\"%lld\"", asked_sum);
  puts("}");
  fflush(stdout);
}

int main(int c, char **v) {
  mode = c > 1 ? v[1] : "null";
  if (c < 5) return 0;
  peer = v[2]; path = v[3]; N = atol(v[4]);
  for (int i = 5; i < c; i++) {
    if (!strncmp(v[i], "vfs=", 4)) vfs = v[i] + 4;
    else if (!strcmp(v[i], "exclusive")) exclusive = 1;
    else if (!strncmp(v[i], "journal=", 8)) journal = v[i] + 8;
    else if (!strncmp(v[i], "cache=", 6)) cache_bytes = atol(v[i] + 6);
    else if (!strncmp(v[i], "bytes=", 6)) text_bytes = atol(v[i] + 6);
  }
  int opening = !strcmp(mode, "open");
  double t = now();
  open_db(opening);
  if (opening) {
    users_statements();
    get(N / 10 * 9);
    put("open_inside", now() - t, 1, -1);
    close_db();
  } else if (!strcmp(mode, "full")) full();
  else if (!strcmp(mode, "random")) { users_table(); fill("insert_random", 1); get_at_random("get_after_random"); delete_some("delete_random", 1); close_db(); }
  else if (!strcmp(mode, "fill")) { users_table(); fill("fill", 0); close_db(); }
  else if (!strcmp(mode, "amplify")) amplify();
  else if (!strcmp(mode, "wide")) wide();
  else if (!strcmp(mode, "posts")) posts();
  else if (!strcmp(mode, "sql")) { for (int i = 5; i < c; i++) if (strchr(v[i], '|')) run_word(v[i]); close_db(); }
  else return 2;
  if (sink == 42) puts("");
  return 0;
}
