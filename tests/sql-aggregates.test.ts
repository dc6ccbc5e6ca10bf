/** Aggregates in an order, of different values, of some rows; collations; and the statements that query builders make of both. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Both, outcome, withBoth } from "./sql/both.js";
import { Random } from "./torture/random.js";

/** The table t in both: an id, a group g, text s, an integer n, a decimal d of quarters; nulls everywhere. */
function fill(both: Both, seed: number, count: number): void {
  const random = new Random(seed);
  both.quire.create("t", ["id:int64:pk", "g:text:null", "s:text:null", "n:int64:null", "d:decimal:null"]);
  both.run("CREATE TABLE t (id INTEGER PRIMARY KEY, g TEXT, s TEXT, n INTEGER, d REAL)");
  const rows = Array.from({ length: count }, (_, id) => ({
    id,
    g: random.pick(["x", "X", "y", "é", "É", "", null]),
    s: random.pick(["a", "b", "A", "B", "ab", "Ab", 'q"', "", null]),
    n: random.pick([0, 1, 2, 3, -5, 10, null]),
    d: random.pick(["0.25", "1.50", "-2.00", null]),
  }));
  if (count > 0) both.quire.table("t").insertMany(rows);
  const literal = (value: string | null): string => (value === null ? "NULL" : `'${value}'`);
  for (const { id, g, s, n, d } of rows)
    both.run(`INSERT INTO t VALUES (${id}, ${literal(g)}, ${literal(s)}, ${n ?? "NULL"}, ${d ?? "NULL"})`);
}

test("aggregates with ORDER BY, DISTINCT and FILTER inside give what SQLite gives", () => {
  for (const [seed, count] of [
    [1, 0],
    [2, 1],
    [3, 40],
    [4, 1500],
  ] as const) {
    withBoth((both) => {
      fill(both, seed, count);
      const calls = [
        "group_concat(s ORDER BY id DESC)",
        "group_concat(s, '-' ORDER BY n, id)",
        "group_concat(s, '-' ORDER BY n DESC NULLS LAST, s, id)",
        "group_concat(s, '-' ORDER BY s COLLATE NOCASE DESC, id)",
        "group_concat(s, ⟦COALESCE(g, '+')¦coalesce(g, '+')⟧ ORDER BY length(s), id)",
        "string_agg(s, '/' ORDER BY id) FILTER (WHERE n > 0)",
        "group_concat(n, '' ORDER BY d, id) FILTER (WHERE s <> 'a')",
        "group_concat(DISTINCT s ORDER BY s)",
        "group_concat(DISTINCT s ORDER BY s DESC)",
        "group_concat(DISTINCT n ORDER BY n)",
        "count(DISTINCT s COLLATE NOCASE)",
        "count(DISTINCT s)",
        "sum(n ORDER BY id)",
        "CAST(json_group_array(s ORDER BY id) AS text)",
        "CAST(json_group_array(n ORDER BY s NULLS LAST, id DESC) AS text)",
        "CAST(json_group_array(DISTINCT n ORDER BY n) AS text)",
        "CAST(json_group_array(s ORDER BY id) FILTER (WHERE n IS NULL) AS text)",
        "CAST(json_group_array(json_object('id', id, 's', s) ORDER BY id DESC) AS text)",
        "CAST(json_group_array(json_array(n, json_array(s)) ORDER BY id) AS text)",
        "CAST(json_group_object(id, s ORDER BY id DESC) AS text)",
        "CAST(json_group_object('k' || id, json_array(n) ORDER BY id) FILTER (WHERE n > 1) AS text)",
      ];
      for (const call of calls) {
        both.same(`SELECT ${call} FROM t`);
        both.same(`SELECT ${call} FROM t GROUP BY g ORDER BY g`);
        both.same(`SELECT ${call}, count(*) FROM t WHERE id % 3 = 1 GROUP BY g HAVING count(*) > 1 ORDER BY g`);
      }
      // Without an order of their own they take the rows as they come.
      both.same("SELECT group_concat(s), CAST(json_group_array(n) AS text) FROM (SELECT s, n FROM t ORDER BY n, id) q");
    });
  }
});

test("COLLATE gives what SQLite gives", () => {
  withBoth((both) => {
    fill(both, 11, 60);
    const queries = [
      "SELECT id FROM t WHERE s COLLATE NOCASE = 'ab' ORDER BY id",
      "SELECT id FROM t WHERE 'AB' = s COLLATE NOCASE ORDER BY id",
      "SELECT id FROM t WHERE s COLLATE BINARY = 'ab' COLLATE NOCASE ORDER BY id",
      "SELECT id FROM t WHERE s COLLATE NOCASE < 'B' ORDER BY id",
      "SELECT id FROM t WHERE s COLLATE NOCASE <> g ORDER BY id",
      "SELECT id FROM t WHERE g COLLATE NOCASE = 'É' ORDER BY id",
      "SELECT id FROM t WHERE s COLLATE NOCASE IN ('A', 'ab', NULL) ORDER BY id",
      "SELECT id FROM t WHERE s COLLATE NOCASE NOT IN ('A', 'ab') ORDER BY id",
      "SELECT id FROM t WHERE s COLLATE NOCASE BETWEEN 'A' AND 'AZ' ORDER BY id",
      "SELECT id FROM t WHERE s COLLATE NOCASE IS NOT DISTINCT FROM 'A' ORDER BY id",
      "SELECT CASE s COLLATE NOCASE WHEN 'A' THEN 1 WHEN 'AB' THEN 2 ELSE 3 END FROM t ORDER BY id",
      "SELECT nullif(s COLLATE NOCASE, 'A') FROM t ORDER BY id",
      "SELECT s, id FROM t ORDER BY s COLLATE NOCASE, id",
      "SELECT s, id FROM t ORDER BY s COLLATE NOCASE DESC NULLS FIRST, id DESC",
      "SELECT s, id FROM t ORDER BY s COLLATE BINARY, id",
      'SELECT s, id FROM t ORDER BY "s" collate "nocase", id',
      "SELECT s AS x, id FROM t ORDER BY x COLLATE NOCASE, 2",
      "SELECT s COLLATE NOCASE AS x, id FROM t ORDER BY x, id",
      "SELECT s COLLATE NOCASE, id FROM t ORDER BY 1, 2",
      "SELECT upper(s COLLATE NOCASE) AS c, count(*) FROM t GROUP BY s COLLATE NOCASE ORDER BY c",
      "SELECT count(*) FROM t GROUP BY s COLLATE NOCASE ORDER BY count(*)",
      "SELECT lower(x) FROM (SELECT DISTINCT s COLLATE NOCASE AS x FROM t) q ORDER BY 1",
      "SELECT s FROM t UNION SELECT g FROM t ORDER BY s COLLATE BINARY",
      "SELECT s, 1 FROM t UNION ALL SELECT 'aB', 2 ORDER BY 1 COLLATE NOCASE, 2, ⟦1¦s⟧",
      "SELECT a.id AS x, b.id AS y FROM t a JOIN t b ON a.s COLLATE NOCASE = b.g ORDER BY 1, 2",
      "SELECT id FROM t WHERE s ⟦COLLATE NOCASE LIKE 'a%'¦LIKE 'a%'⟧ ORDER BY id",
      "SELECT id COLLATE NOCASE FROM t WHERE n COLLATE NOCASE = 1 ORDER BY id",
    ];
    for (const sql of queries) {
      // A name in ORDER BY's COLLATE may be a number, which is a constant and no place.
      if (!sql.includes("1 COLLATE")) both.same(sql);
    }
    assert.equal(outcome(both.quire, "SELECT s COLLATE german FROM t"), "SQL_UNSUPPORTED");
  });
});

test("aggregates that can't be are refused by name", () => {
  withBoth((both) => {
    fill(both, 1, 3);
    const refused: readonly (readonly [string, string])[] = [
      ["group_concat(DISTINCT s ORDER BY n)", "SQL_TYPE"],
      ["string_agg(s)", "SQL_TYPE"],
      ["json_group_array()", "SQL_TYPE"],
      ["json_group_array(s, n)", "SQL_TYPE"],
      ["json_group_object(s)", "SQL_TYPE"],
      ["json_group_object(DISTINCT s, n)", "SQL_UNSUPPORTED"],
      ["group_concat(s ORDER BY nope)", "COLUMN_NOT_FOUND"],
      ["group_concat(s ORDER BY count(*))", "SQL_TYPE"],
      ["sum(s ORDER BY id)", "SQL_TYPE"],
      ["json_group_array(sum(n))", "SQL_TYPE"],
      ["count(DISTINCT *)", "SQL_SYNTAX"],
      ["group_concat(s ORDER BY)", "SQL_SYNTAX"],
    ];
    for (const [call, code] of refused) assert.equal(outcome(both.quire, `SELECT ${call} FROM t`), code, call);
  });
});

test("what Kysely and Drizzle make of relations is answered as SQLite does", () => {
  withBoth((both) => {
    both.quire.create("users", ["id:int64:pk", "name:text", "email:text:null"]);
    both.quire.create("posts", ["id:int64:pk", "author_id:int64:index", "title:text", "tags:json:null"]);
    both.run("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT)");
    both.run("CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER, title TEXT, tags TEXT)");
    for (const [id, name, email] of [
      [1, "Ada", "ada@x.org"],
      [2, 'Bob "B"', null],
      [3, "Cid", null],
    ] as const) {
      both.quire.table("users").insert({ id, name, email });
      both.run(`INSERT INTO users VALUES (${id}, '${name}', ${email ? `'${email}'` : "NULL"})`);
    }
    for (const [id, author, title, tags] of [
      [10, 1, "One", ["a", "b"]],
      [11, 1, "Two", { main: { list: [5] } }],
      [12, 2, "Three", null],
    ] as const) {
      both.quire.table("posts").insert({ id, author_id: author, title, tags });
      both.run(`INSERT INTO posts VALUES (${id}, ${author}, '${title}', ${tags ? `'${JSON.stringify(tags)}'` : "NULL"})`);
    }
    const statements = [
      // Kysely: jsonArrayFrom and jsonObjectFrom.
      `select coalesce(json_group_array(json_object('id', "agg"."id", 'title', "agg"."title")), '[]') as "posts" from (select "id", "title" from "posts" where "author_id" = 1 order by "id" desc) as "agg"`,
      `select coalesce(json_group_array(json_object('id', "agg"."id")), '[]') as "posts" from (select "id" from "posts" where "author_id" = 3) as "agg"`,
      `select json_object('id', "obj"."id", 'name', "obj"."name") as "author" from (select "id", "name" from "users" where "id" = 2) as "obj"`,
      `select "id", "tags"->>'$."main"."list"[0]' as "first" from "posts" order by "id"`,
      `select "id" from "posts" where "tags"->>'$.main.list[0]' = 5`,
      `select "tags"->>'$[1]' as "second" from "posts" where "id" = 10`,
      // Drizzle: its relational queries.
      `select "id", "name", (select coalesce(json_group_array(json_array("id", "title")), json_array()) as "data" from (select * from "posts" "users_posts" order by "users_posts"."id" desc limit 2) "users_posts") as "posts" from "users" "users" order by "id"`,
      `select json_group_array(json_array("id", json_array("name", "email"))) from "users"`,
      `select "name", (select coalesce(json_group_array(json_object('id', "agg"."id", 'title', "agg"."title")), '[]') from (select "id", "title" from "posts" where "posts"."author_id" = "users"."id" order by "id" desc) as "agg") as "posts" from "users" order by "id"`,
      `select "d0"."id", (select coalesce(json_group_array(json_array("id", "title")), json_array()) as "data" from (select * from "posts" "p" where "p"."author_id" = "d0"."id" order by "p"."id" limit 5) "p") as "posts" from "users" "d0" order by "d0"."id"`,
      `select "id", (select json_array("name", "email") as "data" from (select * from "users" "a" where "a"."id" = "posts"."author_id" limit 1) "a") as "author" from "posts" order by "id"`,
      `select "users"."id", coalesce(json_group_array(json_object('id', "posts"."id")) filter (where "posts"."id" is not null), json_array()) from "users" left join "posts" on "posts"."author_id" = "users"."id" group by "users"."id" order by "users"."id"`,
    ];
    for (const sql of statements) both.same(sql);
  });
});

test("what other engines once got wrong", () => {
  withBoth((both) => {
    fill(both, 5, 50);
    const queries = [
      // Each aggregate has an order of its own, and one may ask a query.
      "SELECT group_concat(s, '|' ORDER BY s, id), group_concat(n, '|' ORDER BY id DESC), group_concat(s ORDER BY id) FROM t GROUP BY g ORDER BY g",
      "SELECT group_concat(id ORDER BY (n IN (SELECT 1 UNION SELECT 2)) DESC, id) FROM t",
      "SELECT sum(CASE WHEN s COLLATE NOCASE = 'A' THEN 1 ELSE 0 END), count(*) FILTER (WHERE s = 'a' COLLATE NOCASE) FROM t GROUP BY g ORDER BY g",
      "SELECT sum(n) FROM t GROUP BY s COLLATE NOCASE ORDER BY 1",
      "SELECT a.id AS x, b.id AS y FROM t a LEFT JOIN t b ON b.s = a.g COLLATE NOCASE AND b.id < 9 ORDER BY 1, 2",
      "SELECT CAST(json_set('[0,1,2]', '$[#]', 'new') AS text), CAST(json_insert('[0,1,2]', '$[3].a[0].b', 9) AS text)",
      `SELECT CAST(json_insert('{"a":{"b":{"c":5}}}', '$.a.b.d', 6) AS text), json_set(NULL, '$.a', 1), json_remove(NULL, '$.a')`,
      `SELECT CAST(json_patch('[1,2,3]', '{"x":null}') AS text), CAST(json_patch('[1,2]', '{"a":"b","c":null}') AS text)`,
      `SELECT CAST(json_patch('{"a":"foo"}', 'null') AS text), CAST(json_patch('{"a":"foo"}', '"bar"') AS text)`,
      `SELECT CAST(json_array('abc' || char(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,27,31,34,92,127) || 'é') AS text)`,
      `SELECT json_extract('{"\\"":1,"a\\\\b":2}', '$."\\""'), json_extract('{"\\"":1,"a\\\\b":2}', '$."a\\\\b"')`,
      `SELECT json_extract('{"a.b":1,"":2,"[0]":3}', '$."a.b"'), '{"a.b":1,"":2}' ->> 'a.b'`,
      "SELECT printf('%.1s|%.3s', 'abc', 'abcdef'), length(printf('%.2000d', 7)), substr('abc', -9223372036854775807, 9223372036854775807)",
      "SELECT strftime('%G-%V', '2021-01-01'), strftime('%G-%V', '2019-12-31'), strftime('%G-%V', '2016-01-05'), date('2024-03-31', '-1 month')",
    ];
    for (const sql of queries) both.same(sql);
    assert.deepEqual(both.quireRows("SELECT printf('%.1s|%3s|', '日本語', 'é'), length(printf('%.60000f', 1.5))"), [
      ["日|  é|", "60002"],
    ]);
    assert.deepEqual(both.quireRows(`SELECT json_extract('{"a":1,"a":2}', '$.a'), json_set('{"a":1,"a":2}', '$.a', 3)`), [
      ["2", { a: 3 }],
    ]);
  });
});

test("aliases in WHERE and HAVING, MIN and MAX with COLLATE, DISTINCT in an order that is worked out", () => {
  for (const [seed, count] of [
    [5, 1],
    [6, 60],
    [7, 1500],
  ] as const) {
    withBoth((both) => {
      fill(both, seed, count);
      for (const sql of [
        // Knex; a column goes before an alias, and an alias before a query's column around it.
        "SELECT g, count(*) AS c FROM t GROUP BY g HAVING c > 2 ORDER BY g",
        "SELECT id, n + 1 AS m FROM t WHERE m > 2 ORDER BY id",
        "SELECT id, -n AS n FROM t WHERE n > 2 ORDER BY id",
        "SELECT g, max(id) AS c FROM t WHERE n > 1 GROUP BY g ORDER BY g",
        "SELECT a.id AS x, (SELECT count(*) FROM t b WHERE b.n = a.n) AS c FROM t a WHERE c > 2 AND x < 40 ORDER BY x",
        "SELECT id, n % 2 AS k FROM t a WHERE EXISTS (SELECT b.n AS k FROM t b WHERE k = a.n + 1) ORDER BY id",
        "SELECT count(*) FROM (SELECT id % 3 AS k, 7 AS k FROM t GROUP BY k) x",
        "SELECT DISTINCT lower(g) AS w FROM t WHERE w < 'y' ORDER BY w",
        "SELECT g, count(*) AS n FROM t GROUP BY g, n HAVING n > 1 ORDER BY g, 2",
        "SELECT n + 1 AS m, sum(id) AS total FROM t GROUP BY m HAVING total > 5 AND m > 1 ORDER BY m",
        "SELECT g AS h, count(*) AS c FROM t GROUP BY g HAVING max(h) >= 'x' AND NOT c IS NULL ORDER BY 1",
        "SELECT upper(g) AS u, count(*) AS c FROM t GROUP BY u HAVING u = 'X' OR c > 20 ORDER BY u",
        "SELECT (SELECT count(*) AS c FROM t b WHERE b.n = a.n GROUP BY b.n HAVING c > 1) AS x FROM (SELECT n, id, 0 AS c FROM t) a ORDER BY a.id",
        "SELECT g, min(s COLLATE NOCASE), max(s COLLATE NOCASE), min(s), max(s) FROM t GROUP BY g ORDER BY g",
        // turso issue 8721: in an expression a column goes before an alias.
        "SELECT id, -n AS n FROM t WHERE n IS NOT NULL ORDER BY n * 2, id",
        "SELECT id, n AS m FROM t ORDER BY abs(m), m, id",
        "SELECT g, count(*) AS c FROM t GROUP BY g ORDER BY -c, g",
        "SELECT id, row_number() OVER (ORDER BY id DESC) AS r FROM t ORDER BY r % 3, r",
        "SELECT min(g COLLATE NOCASE), max(g COLLATE NOCASE), max(n) FROM t",
        "SELECT max(s COLLATE NOCASE) FILTER (WHERE n > 0), min(lower(s) COLLATE BINARY) FROM t",
        "SELECT DISTINCT n FROM t ORDER BY (n IS NULL) DESC, -n",
        "SELECT DISTINCT n AS m FROM t ORDER BY m * m, m",
        "SELECT DISTINCT g, n FROM t ORDER BY coalesce(g, '') || n, g, n",
        "SELECT DISTINCT n % 3 AS r FROM t ORDER BY CASE WHEN r = 1 THEN 0 ELSE 1 END, r",
        "SELECT DISTINCT * FROM t ORDER BY id % 7, -id",
        "SELECT DISTINCT g, count(*) AS c FROM t GROUP BY g ORDER BY c * 2 DESC, g",
        "SELECT DISTINCT n FROM t a ORDER BY (SELECT count(*) FROM t b WHERE b.n = a.n), n",
      ])
        both.same(sql);
    });
  }
});

test("what DISTINCT leaves no value of is no order, and an alias of what comes later is no name yet", () => {
  withBoth((both) => {
    fill(both, 8, 3);
    for (const [sql, code] of [
      // duckdb issue 2656, ClickHouse issue 25336: there is no one value of it.
      ["SELECT DISTINCT n FROM t ORDER BY lower(s)", "SQL_TYPE"],
      ["SELECT DISTINCT n % 3 FROM t ORDER BY n + 1", "SQL_TYPE"],
      ["SELECT DISTINCT id AS n FROM t ORDER BY abs(n)", "SQL_TYPE"],
      ["SELECT DISTINCT n FROM t ORDER BY n + id", "SQL_TYPE"],
      ["SELECT DISTINCT g, count(*) FROM t GROUP BY g ORDER BY sum(n) + 1", "SQL_TYPE"],
      ["SELECT DISTINCT n FROM t ORDER BY row_number() OVER ()", "SQL_TYPE"],
      ["SELECT g, count(*) AS c FROM t GROUP BY g HAVING sum(c) > 1", "SQL_TYPE"],
      ["SELECT g, a.c AS c FROM t GROUP BY g HAVING c > 1", "TABLE_NOT_FOUND"],
      ["SELECT count(*) AS c FROM t WHERE c > 1", "SQL_TYPE"],
      ["SELECT rank() OVER (ORDER BY n) AS c FROM t WHERE c > 1", "SQL_TYPE"],
      ["SELECT m FROM t WHERE (SELECT n AS m FROM t LIMIT 1) = m", "COLUMN_NOT_FOUND"],
      ["SELECT json_group_object(DISTINCT s, n) FROM t", "SQL_UNSUPPORTED"],
    ] as const)
      assert.equal(outcome(both.quire, sql), code, sql);
  });
});

test("LIKE with a pattern that ends in what escapes, as in SQLite", () => {
  withBoth((both) => {
    // turso pull request 4855, duckdb pull request 25422: also where the text is as long as the pattern, or ends before it.
    for (const text of ["''", "'a'", "'a!'", "'a!!'", "'%'", "'a%'"])
      for (const pattern of ["'!'", "'a!'", "'a!!'", "'%!'", "'a!%'", "'!%'", "'a!!!'", "'%!!'"])
        both.same(`SELECT ${text} LIKE ${pattern} ESCAPE '!', ${text} NOT LIKE ${pattern} ESCAPE '!'`);
    // Without ESCAPE it is a backslash here.
    for (const pattern of ["'a\\'", "'%\\'", "'\\'"])
      both.same(`SELECT 'a\\' LIKE ${pattern}⟦¦ ESCAPE '\\'⟧, 'a' LIKE ${pattern}⟦¦ ESCAPE '\\'⟧`);
  });
});
