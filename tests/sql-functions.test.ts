/** Functions of SQL: against SQLite where it has them, against models where it has not; and what is made of values that are none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { outcome, withBoth } from "./sql/both.js";
import type { Reply } from "./sql/oracle.js";
import { Random } from "./torture/random.js";

test("text and numbers: what SQLite has gives what SQLite gives", () => {
  const texts = ["''", "'a'", "'abc'", "'äöü€😀'", "' x '", "'xxabxx'", "'aaa'", "NULL", "'it''s'", "'0AfF'"];
  const numbers = ["0", "1", "-1", "2", "3", "-4", "7", "100", "NULL"];
  const decimals = ["0.5", "-0.5", "2.5", "-2.75", "100.125"];
  withBoth((both) => {
    for (const a of texts) {
      const calls = [
        ...["length", "octet_length", "upper", "lower", "trim", "ltrim", "rtrim", "unicode", "unhex", "quote"].map(
          (f) => `${f}(${a})`,
        ),
        `⟦char_length¦length⟧(${a})`,
        `⟦trim(BOTH 'x' FROM ${a})¦trim(${a}, 'x')⟧`,
        `⟦trim(LEADING FROM ${a})¦ltrim(${a})⟧`,
        `⟦trim(TRAILING 'x' FROM ${a})¦rtrim(${a}, 'x')⟧`,
        `concat(${a}, 1, NULL, ${a})`,
        `hex(COALESCE(${a}, 'z'))`,
        ...texts.flatMap((b) => [
          `instr(${a}, ${b})`,
          `⟦position(${b} IN ${a})¦instr(${a}, ${b})⟧`,
          `trim(${a}, ${b})`,
          `replace(${a}, ${b}, ${b === "''" ? "''" : "'-'"})`,
          `concat_ws(${a}, ${b}, 'c', NULL, 1)`,
        ]),
        ...numbers.flatMap((n) => [
          `substr(${a}, ${n})`,
          `⟦substring(${a} FROM ${n} FOR 2)¦substr(${a}, ${n}, 2)⟧`,
          `⟦substring(${a} FOR ${n})¦substr(${a}, 1, ${n})⟧`,
          `printf('%5s|%-6s|%.2s|%q|%Q', ${a === "'äöü€😀'" ? "'ae'" : a}, ${n}, 'abc', 'it''s', ${a})`,
        ]),
      ];
      for (const call of calls) both.same(`SELECT ${call}`);
    }
    for (const n of [...numbers, ...decimals]) {
      for (const f of ["abs", "ceil", "ceiling", "floor", "trunc", "sign", "quote"]) both.same(`SELECT ${f}(${n})`);
      for (const places of ["0", "1", "2", "30"]) both.same(`SELECT round(${n}, ${places})`);
      both.same(`SELECT printf('%d|%5d|%-5d|%05d|%+d|% d|%.4d|%,d', ${n}, ${n}, ${n}, ${n}, ${n}, ${n}, ${n}, ${n})`);
      both.same(
        `SELECT printf('%.2f|%8.3f|%-9.1f|%+08.2f|%.0f', ${n}, ${n}, ${n === "2.5" ? 1 : n}, ${n}, ${n === "2.5" ? 1 : n})`,
      );
      both.same(`SELECT printf('%x|%X|%o|%*d|%%', ABS(${n}), 255, 8, 6, ${n})`);
      for (const e of ["0", "1", "2", ...(n.includes(".") ? [] : ["5"])]) both.same(`SELECT power(${n}, ${e})`);
    }
    both.same("SELECT char(72, 228, 8364, 128512)");
    both.same("SELECT mod(7, 3), mod(-7, 3), iif(1 > 2, 3), nullif('a', 'b'), typeof(NULL), max(1, NULL), min(2, 1.5)");
    both.same("SELECT changes(), last_insert_rowid(), length(randomblob(33)), random() = random()");
  });
});

test("text and numbers that SQLite has not", () => {
  withBoth((both) => {
    const cases: readonly (readonly [string, unknown])[] = [
      ["left('äöü', 2)", "äö"],
      ["left('abc', 9)", "abc"],
      ["left('abc', -5)", ""],
      ["right('äöü', 2)", "öü"],
      ["right('abc', -1)", "bc"],
      ["right('abc', 0)", ""],
      ["lpad('ü', 4, 'äb')", "äbäü"],
      ["rpad('ü', 4, 'äb')", "üäbä"],
      ["lpad('abc', 2)", "ab"],
      ["rpad('abc', -1)", ""],
      ["lpad('abc', 5, '')", "abc"],
      ["reverse('aé😀')", "😀éa"],
      ["greatest('a', 'b', 'B')", "b"],
      ["round(1250, -2)", "1300"],
      ["power(-2, 63)", "-9223372036854775808"],
      ["power(1.1, 3)", "1.331"],
      ["power(4, -1) IS NULL", "OVERFLOW"],
      ["power(2, 63)", "OVERFLOW"],
      ["power(0, -1)", "OVERFLOW"],
      ["power(1, 9223372036854775807)", "1"],
      ["power(-1, -9223372036854775808)", "1"],
      ["abs(-9223372036854775807 - 1)", "OVERFLOW"],
      ["char(55296)", "BAD_VALUE"],
      ["char(-1)", "BAD_VALUE"],
      ["lpad('x', 9223372036854775807)", "OVERFLOW"],
      ["randomblob(9223372036854775807)", "OVERFLOW"],
      ["printf('%d', 'x')", "BAD_VALUE"],
      ["printf('%d %d', 1)", "BAD_VALUE"],
      ["printf('%y', 1)", "BAD_VALUE"],
      ["printf('%', 1)", "BAD_VALUE"],
      ["printf('%99999999d', 1)", "BAD_VALUE"],
      ["printf('%s %s', DATE '1', 1)", "SQL_SYNTAX"],
      ["printf('%s', CAST('2024-01-02' AS date))", "2024-01-02"],
      ["upper(5)", "SQL_TYPE"],
      ["left('a', 'b')", "SQL_TYPE"],
      ["left('a', 1.5)", "SQL_TYPE"],
      ["json_object('a')", "SQL_TYPE"],
      ["nope(1)", "SQL_UNSUPPORTED"],
      ["upper('a', 'b')", "SQL_TYPE"],
      ["upper(DISTINCT 'a')", "SQL_TYPE"],
    ];
    for (const [call, expected] of cases) {
      const found = outcome(both.quire, `SELECT ${call}`);
      assert.equal(/^[A-Z_]+$/u.test(found) ? found : (JSON.parse(found) as unknown[][])[0]?.[0], expected, call);
    }
    const uuids = both.quireRows("SELECT uuid(), gen_random_uuid() FROM (VALUES (1), (2), (3)) t").flat() as string[];
    assert.equal(new Set(uuids).size, 6, "each row has its own");
    for (const uuid of uuids) assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
  });
});

/** A document of some depth, as text; a name is in an object once. */
function document(random: Random, depth: number): string {
  switch (random.below(depth > 0 ? 9 : 6)) {
    case 0:
      return random.pick(["null", "true", "false"]);
    case 1:
      return random.pick(["0", "1", "-7", "1.5", "12345678901234", "-0.25"]);
    case 2:
    case 3:
      return JSON.stringify(random.pick(["", "a", "x y", 'q"', "é", "back\\slash", "0"]));
    case 4:
      return "[]";
    case 5:
      return "{}";
    case 6:
      return `[${Array.from({ length: random.below(4) }, () => document(random, depth - 1)).join(random.pick([",", " , "]))}]`;
    default: {
      const names = random.shuffled(["a", "b", "c d", "0", 'q"']).slice(0, random.below(4));
      return `{${names.map((name) => `${JSON.stringify(name)}:${document(random, depth - 1)}`).join(",")}}`;
    }
  }
}

function path(random: Random): string {
  const step = (): string =>
    random.pick([".a", ".b", '."a"', '."c d"', ".0", "[0]", "[1]", "[2]", "[#-1]", "[#-2]", "[#]", ".x"]);
  return `$${Array.from({ length: random.below(4) }, step).join("")}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

test("JSON: documents and paths from seeds give what SQLite gives", () => {
  const random = new Random(21);
  withBoth((both) => {
    for (let n = 0; n < 2500; n++) {
      const doc = quoted(document(random, 3));
      const [at, other] = [quoted(path(random)), quoted(path(random))];
      const value = random.pick(["1", "'x'", "NULL", "json('[1, {\"z\": 2}]')", "json_array()"]);
      const short = random.pick(["'a'", "'c d'", "0", "1", "-1", "'0'", "'[1]'", "'x'"]);
      both.same(
        `SELECT json(${doc})⟦ || ''¦⟧, json_type(${doc}, ${at}), json_array_length(${doc}, ${at}), json_valid(${doc}),
          CAST(${doc} -> ${at} AS text), CAST(${doc} -> ${short} AS text), CAST(json_extract(${doc}, ${at}, ${other}) AS text)`,
      );
      // SQLite gives 1 and 0 for true and false.
      both.same(
        `SELECT ⟦${doc} ->> ${at}¦CASE json_type(${doc}, ${at}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE ${doc} ->> ${at} END⟧,
          ⟦json_extract(${doc}, ${at})¦CASE json_type(${doc}, ${at}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE json_extract(${doc}, ${at}) END⟧`,
      );
      both.same(
        `SELECT CAST(json_set(${doc}, ${at}, ${value}) AS text), CAST(json_insert(${doc}, ${at}, ${value}, ${other}, 2) AS text),
          CAST(json_replace(${doc}, ${at}, ${value}) AS text), CAST(json_remove(${doc}, ${at}) AS text)`,
      );
      both.same(`SELECT CAST(json_patch(${doc}, ${quoted(document(random, 3))}) AS text)`);
      both.same(
        `SELECT CAST(json_array(${value}, ⟦json_extract(${doc}, ${at})¦CASE json_type(${doc}, ${at}) WHEN 'true' THEN json('true') WHEN 'false' THEN json('false') ELSE json_extract(${doc}, ${at}) END⟧, ${at}) AS text), CAST(json_object(${at}, ${value}, 'd', json(${doc})) AS text)`,
      );
    }
  });
});

test("values in JSON have the protocol's form; what JSON gives takes the type of what it meets", () => {
  withBoth(({ quire: db }) => {
    db.create("t", [
      "id:int64:pk",
      "u:uint64:null",
      "n:decimal:null",
      "f:boolean:null",
      "d:date:null",
      "m:datetime:null",
      "x:blob:null",
      "g:uuid:null",
      "j:json:null",
      "s:text:null",
    ]);
    db.table("t").insertMany([
      {
        id: 1,
        u: "18446744073709551615",
        n: "1.50",
        f: true,
        d: "2024-02-29",
        m: "2024-02-29T12:00:00+02:00",
        x: "0aff",
        g: "9e3779b9-7f4a-7c15-f39c-c0605cedc832",
        j: {
          n: 5,
          s: "Ada",
          on: true,
          off: false,
          none: null,
          d: "2024-02-29",
          list: [1, "2"],
          big: "9007199254740993",
          half: 0.5,
        },
        s: '{"n": 7}',
      },
      { id: 2 },
    ]);
    const one = (sql: string): unknown => (db.request({ op: "sql", sql }) as Reply).rows[0]?.[0];
    assert.deepEqual(one("SELECT json_array(id, u, n, f, d, m, x, g, j -> 'list', s) FROM t"), [
      1,
      "18446744073709551615",
      1.5,
      true,
      "2024-02-29",
      "2024-02-29T12:00:00.000000+02:00",
      "0aff",
      "9e3779b9-7f4a-7c15-f39c-c0605cedc832",
      [1, "2"],
      '{"n": 7}',
    ]);
    assert.deepEqual(one("SELECT json_array(u, n, f, d, m, x, g, j, s) FROM t WHERE id = 2"), Array(9).fill(null));
    const isTrue = [
      "j ->> 'n' = 5",
      "j ->> 'n' > 4.5",
      "json_extract(j, '$.n') = id + 4",
      "json_extract(j, '$.n') BETWEEN 1 AND 5",
      "json_extract(j, '$.n') IN (4, 5)",
      "json_extract(j, '$.half') * 2 = 1",
      "j ->> 's' = 'Ada'",
      "j ->> 's' LIKE 'A%'",
      "json_extract(j, '$.on') = 1",
      "CASE WHEN json_extract(j, '$.on') THEN TRUE END",
      "NOT json_extract(j, '$.off')",
      "json_extract(j, '$.off') = FALSE",
      "json_extract(j, '$.off') = 0",
      "json_extract(j, '$.none') IS NULL",
      "json_type(j, '$.none') = 'null'",
      "(j ->> 'd') = d",
      "j ->> 'd' < CAST('2025-01-01' AS date)",
      "j ->> 'big' = 9007199254740993",
      "j -> 'list' = '[1,\"2\"]'",
      "COALESCE(j ->> 'nothing', 0) = 0",
      "s ->> 'n' = 7",
      "json_extract(j, '$.list') = '[1,\"2\"]'",
      "CAST(json_array(json_extract(j, '$.list')) AS text) = '[[1,\"2\"]]'",
      "CAST(json_array(j ->> 'list') AS text) = '[\"[1,\\\"2\\\"]\"]'",
      "json_extract(j, '$.n') = json_extract(s, '$.n') - 2",
      "length(json_extract(j, '$.s')) = 3",
    ];
    for (const condition of isTrue) assert.equal(one(`SELECT ${condition} FROM t WHERE id = 1`), true, condition);
    assert.deepEqual(one("SELECT sum(json_extract(j, '$.n')) FROM t"), "5");
    const refused: readonly (readonly [string, string])[] = [
      ["SELECT j FROM t ORDER BY json_extract(j, '$.n')", "SQL_TYPE"],
      ["SELECT DISTINCT json_extract(j, '$.n') FROM t ORDER BY 1", "SQL_TYPE"],
      ["SELECT MIN(json_extract(j, '$.n')) FROM t", "SQL_TYPE"],
      ["SELECT json_extract(j, '$.n') < json_extract(s, '$.n') FROM t", "SQL_TYPE"],
      ["SELECT j ->> 's' > 5 FROM t", "BAD_VALUE"],
      ["SELECT * FROM t WHERE json_extract(j, '$.s')", "BAD_VALUE"],
      ["SELECT j -> 'n' > 5 FROM t", "SQL_TYPE"],
      ["SELECT 5 -> 'n'", "SQL_TYPE"],
      ["SELECT j -> d FROM t", "SQL_TYPE"],
      ["SELECT '{a' -> 'n'", "BAD_VALUE"],
      ["SELECT json('')", "BAD_VALUE"],
      ["SELECT json_extract('{}', 'a')", "BAD_VALUE"],
      ["SELECT json_object(NULL, 1)", "BAD_VALUE"],
      ["SELECT json_object(5, 1)", "SQL_TYPE"],
      ["SELECT json_type(x'00')", "SQL_TYPE"],
      ["SELECT json_type(d) FROM t", "SQL_TYPE"],
    ];
    for (const [sql, code] of refused) assert.equal(outcome(db, sql), code, sql);
    for (const bad of [
      "",
      "$a",
      "$.",
      "$[",
      "$[x]",
      "$[-1]",
      "$[#",
      "$[#+1]",
      "$[0",
      '$."a',
      "$..a",
      "$[99999999999]",
      ".a",
      "[0]",
      "$.a[",
    ]) {
      for (const call of [`json_extract('{"a":[1]}', ?)`, `json_set('{"a":[1]}', ?, 1)`, `json_remove('{"a":[1]}', ?)`]) {
        assert.equal(outcome(db, `SELECT ${call}`, [bad]), "BAD_VALUE", `${call} ${bad}`);
      }
    }
    db.request({
      op: "sql",
      sql: "UPDATE t SET s = json_extract(j, '$.s'), n = j ->> 'half', d = j ->> 'd', j = json_set(j, '$.n', 6) WHERE id = 1",
    });
    assert.deepEqual((db.request({ op: "sql", sql: "SELECT s, n, d, j -> 'n' FROM t WHERE id = 1" }) as Reply).rows, [
      ["Ada", "0.5", "2024-02-29", 6],
    ]);
  });
});

test("JSON that is deep, large or broken ends with an answer or an error", () => {
  const random = new Random(4);
  withBoth((both) => {
    const nested = (levels: number): string => `${"json_array(".repeat(levels)}1${")".repeat(levels)}`;
    assert.match(outcome(both.quire, `SELECT ${nested(127)}`), /^\[\[\[/u);
    assert.equal(outcome(both.quire, `SELECT ${nested(128)}`), "SQL_LIMIT");
    const path = `$${".a".repeat(127)}`;
    assert.match(outcome(both.quire, "SELECT json_set('{}', ?, 1)", [path]), /^\[\[\{/u);
    assert.equal(outcome(both.quire, "SELECT json_set('{}', ?, 1)", [`${path}.a`]), "SQL_LIMIT");
    assert.equal(outcome(both.quire, "SELECT json(?)", ["[".repeat(200) + "]".repeat(200)]), "BAD_VALUE");
    assert.equal(outcome(both.quire, "SELECT json_patch('{}', ?)", ["[".repeat(127) + "]".repeat(127)]).slice(0, 3), "[[[");
    for (let n = 0; n < 4000; n++) {
      const bytes = Buffer.from(document(random, 4));
      for (let k = 1 + random.below(3); k > 0 && bytes.length > 0; k--) bytes[random.below(bytes.length)] = 32 + random.below(95);
      const doc = bytes.toString("latin1");
      for (const call of ["json(?1)", "json_valid(?1)", "?1 -> '$.a[0]'", "json_set(?1, '$.a', 1)", "json_patch(?1, ?1)"]) {
        const found = outcome(both.quire, `SELECT ${call}`, [doc]);
        // A number beyond a double's range is none.
        let isValid = !/\de\+?\d{3}/iu.test(doc);
        try {
          JSON.parse(doc);
        } catch {
          isValid = false;
        }
        if (call.startsWith("json_valid")) assert.equal(found, `[[${isValid}]]`, doc);
        else assert.equal(found === "BAD_VALUE", !isValid, `${call} ${doc}: ${found}`);
      }
    }
  });
});

/** A datetime from a seed, in UTC. */
function moment(random: Random): string {
  const year = random.pick([200, 1582, 1600, 1899, 1970, 1999, 2000, 2023, 2024, 2100, 9000]) + random.below(3);
  const two = (value: number): string => String(value).padStart(2, "0");
  const month = 1 + random.below(12);
  const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  const day = random.pick([1, days, days - 1, 1 + random.below(days)]);
  const date = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
  const time = random.pick([
    "00:00:00",
    "23:59:59",
    `${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}`,
  ]);
  return random.pick([date, `${date} ${time}`, `${date}T${time}`, `${date} ${time}.250`, `${date} ${time.slice(0, 5)}`]);
}

test("dates: times, modifiers and formats from seeds give what SQLite gives", () => {
  const random = new Random(8);
  const modifier = (): string =>
    random.pick([
      `${random.pick(["+", "-", ""])}${random.below(400)} ${random.pick(["day", "days", "hours", "minute", "seconds"])}`,
      `${random.pick(["+", "-"])}${random.below(30)} ${random.pick(["month", "months", "year", "years"])}`,
      `+${random.below(9)}.5 ${random.pick(["days", "hours", "minutes"])}`,
      `${random.pick(["+", "-"])}0${random.below(10)}:${10 + random.below(50)}`,
      `+01:02:${10 + random.below(50)}`,
      "start of month",
      "start of year",
      "START OF DAY",
      `weekday ${random.below(7)}`,
    ]);
  withBoth((both) => {
    for (let n = 0; n < 3000; n++) {
      const time = quoted(moment(random));
      const list = Array.from({ length: random.below(4) }, () => `, ${quoted(modifier())}`).join("");
      const seconds = random.below(5) === 0 ? -random.below(1e9) : random.below(4e9);
      // SQLite's datetime has no fraction; ours has, so only what is shown of it is compared.
      both.same(
        `SELECT date(${time}${list}), ⟦strftime('%F %T', ${time}${list})¦datetime(${time}${list})⟧, unixepoch(${time}${list}),
          strftime('%Y|%m|%d|%H|%M|%S|%j|%w|%u|%s|%e|%k|%I|%l|%p|%P|%F|%T|%R|%W|%U|%V|%G|%g|%%', ${time}${list}),
          date(${seconds}, 'unixepoch'${list}), strftime('%f', ${time})`,
      );
      const months = quoted(`${random.pick(["+", "-"])}${random.below(50)} months`);
      both.same(`SELECT date(${time}, ${months}, 'floor'), date(${time}, ${months}, '+1 year', 'floor')`);
    }
    for (const time of ["0000-01-01", "0000-12-31", "0001-01-01", "9999-12-31 23:59:59", "0004-02-29"]) {
      both.same(`SELECT date('${time}'), unixepoch('${time}'), strftime('%Y|%j|%w|%W|%U|%V|%G|%g|%s', '${time}')`);
      both.same(`SELECT date('${time}', 'start of month'), date('${time}', 'weekday 5', '-7 days', '+7 days')`);
    }
    both.same("SELECT date() = date('now'), current_date = date('NOW'), unixepoch() - unixepoch('now')");
  });
});

test("parts of times and their beginnings are what a calendar says", () => {
  const random = new Random(9);
  withBoth((both) => {
    for (let n = 0; n < 1500; n++) {
      const text = moment(random);
      const iso = `${text.replace(" ", "T")}${text.length > 10 ? "" : "T00:00"}Z`;
      const at = new Date(iso);
      const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
      const start = (y: number, m = 0, d = 1): Date => {
        const made = new Date(0);
        made.setUTCFullYear(y, m, d);
        return made;
      };
      const weekday = (at.getUTCDay() + 6) % 7;
      const thursday = start(year, month, day + 3 - weekday);
      const isoYear = thursday.getUTCFullYear();
      const dayOfYear = Math.floor((start(year, month, day).getTime() - start(year).getTime()) / 864e5) + 1;
      const week = Math.floor((thursday.getTime() - start(isoYear).getTime()) / 6048e5) + 1;
      const parts: Record<string, number | string> = {
        year,
        month: month + 1,
        day,
        hour: at.getUTCHours(),
        minute: at.getUTCMinutes(),
        second: (at.getUTCSeconds() + at.getUTCMilliseconds() / 1000).toFixed(6),
        dow: at.getUTCDay(),
        isodow: weekday + 1,
        doy: dayOfYear,
        week,
        isoyear: isoYear,
        quarter: Math.floor(month / 3) + 1,
        epoch: (at.getTime() / 1000).toFixed(6),
      };
      const names = Object.keys(parts);
      const [row] = both.quireRows(`SELECT ${names.map((name) => `extract(${name} FROM ?1)`).join(", ")}`, [text]);
      assert.deepEqual(row, Object.values(parts).map(String), text);
      const dates: Record<string, Date> = {
        year: start(year),
        quarter: start(year, month - (month % 3)),
        month: start(year, month),
        week: start(year, month, day - weekday),
        day: start(year, month, day),
        decade: start(year - (year % 10)),
      };
      if (year > 1) {
        const units = Object.keys(dates);
        const [found] = both.quireRows(`SELECT ${units.map((unit) => `CAST(date_trunc('${unit}', ?1) AS date)`).join(", ")}`, [
          text,
        ]);
        assert.deepEqual(
          found,
          Object.values(dates).map((date) => date.toISOString().slice(0, 10)),
          text,
        );
      }
      const [[hour, minute] = []] = both.quireRows("SELECT date_trunc('hour', ?1), date_trunc('minute', ?1)", [text]);
      const shown = at.toISOString();
      assert.equal(hour, `${shown.slice(0, 13)}:00:00.000000+00:00`);
      assert.equal(minute, `${shown.slice(0, 16)}:00.000000+00:00`);
    }
  });
});

test("times keep their offset and their type; what is no time is an error; one statement sees one time", () => {
  withBoth((both) => {
    const cases: readonly (readonly [string, unknown])[] = [
      ["datetime('2024-02-29T23:30:00-05:30', '+1 hour')", "2024-03-01T00:30:00.000000-05:30"],
      ["datetime('2024-02-29T23:30:00-05:30', 'utc')", "2024-03-01T05:00:00.000000+00:00"],
      ["date('2024-02-29T23:30:00-05:30')", "2024-02-29"],
      ["date_trunc('day', CAST('2024-02-29T23:30:00-05:30' AS datetime))", "2024-02-29T00:00:00.000000-05:30"],
      ["date_trunc('month', CAST('2024-02-29' AS date))", "2024-02-01"],
      ["unixepoch('1970-01-01T01:00:00+01:00')", "0"],
      ["datetime(1.25, 'unixepoch')", "1970-01-01T00:00:01.250000+00:00"],
      ["datetime(CAST('2024-02-29' AS date))", "2024-02-29T00:00:00.000000+00:00"],
      ["date(NULL)", null],
      ["date('2024-01-01', NULL)", null],
      ["date('9999-12-31', '+1 day')", "10000-01-01"],
      ["date('65535-12-31')", "65535-12-31"],
      ["date('65535-12-31', '+1 day')", "OVERFLOW"],
      ["date('0000-01-01', '-1 day')", "OVERFLOW"],
      ["date('2024-01-01', '+99999999 years')", "BAD_VALUE"],
      ["date('2024-01-01', '+9223372036854775807 seconds')", "BAD_VALUE"],
      ["date('2024-01-01', '+9223372036854 seconds')", "OVERFLOW"],
      ["date(9223372036854775807, 'unixepoch')", "BAD_VALUE"],
      ["date(3000000000000, 'unixepoch')", "OVERFLOW"],
      ["date(0)", "BAD_VALUE"],
      ["date(0, '+1 day')", "BAD_VALUE"],
      ["date('2024-01-01', 'unixepoch')", "BAD_VALUE"],
      ["date('yesterday')", "BAD_VALUE"],
      ["date('2023-02-29')", "BAD_VALUE"],
      ["date('2024-01-01', '')", "BAD_VALUE"],
      ["date('2024-01-01', '+1')", "BAD_VALUE"],
      ["date('2024-01-01', '+1 moon')", "BAD_VALUE"],
      ["date('2024-01-01', '+1.5 months')", "BAD_VALUE"],
      ["date('2024-01-01', 'weekday 7')", "BAD_VALUE"],
      ["date('2024-01-01', 'start of ')", "BAD_VALUE"],
      ["date('2024-01-01', '+25:00')", "BAD_VALUE"],
      ["date('2024-01-01', '+1:00')", "BAD_VALUE"],
      ["date('2024-01-01', 'localtime')", "SQL_UNSUPPORTED"],
      ["date_trunc('moon', '2024-01-01')", "BAD_VALUE"],
      ["strftime('%Q', '2024-01-01')", "BAD_VALUE"],
      ["strftime('%', '2024-01-01')", "BAD_VALUE"],
      ["strftime('%J', '2024-01-01')", "SQL_UNSUPPORTED"],
      ["julianday('now')", "SQL_UNSUPPORTED"],
      ["current_time", "SQL_UNSUPPORTED"],
      ["extract(moon FROM '2024-01-01')", "SQL_TYPE"],
      ["extract(5 FROM '2024-01-01')", "SQL_SYNTAX"],
      ["date(TRUE)", "SQL_TYPE"],
      ["date(x'00')", "SQL_TYPE"],
      ["typeof(now()) || typeof(current_date)", "datetimedate"],
    ];
    for (const [call, expected] of cases) {
      const found = outcome(both.quire, `SELECT ${call}`);
      assert.equal(/^[A-Z_]+$/u.test(found) ? found : (JSON.parse(found) as unknown[][])[0]?.[0], expected, call);
    }
    const before = Date.now();
    const rows = both.quireRows(
      "SELECT now(), current_timestamp, datetime('now'), unixepoch(), current_date FROM (VALUES (1), (2)) t",
    );
    const times = rows.flatMap((row) => row.slice(0, 3)) as string[];
    assert.equal(new Set(times).size, 1);
    const at = Date.parse(times[0] as string);
    assert.ok(at >= before - 1 && at <= Date.now() + 1, times[0]);
    assert.deepEqual(rows[0]?.slice(3), [String(Math.floor(at / 1000)), new Date(at).toISOString().slice(0, 10)]);
  });
});

test("changes() and last_insert_rowid() tell of the change before", () => {
  withBoth((both) => {
    both.quire.create("t", ["id:int64:pk:auto", "n:int64:null"]);
    both.run("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER)");
    const changes = [
      "INSERT INTO t (n) VALUES (1), (2), (3)",
      "UPDATE t SET n = changes() WHERE id < 3",
      "DELETE FROM t WHERE n > 100",
      "INSERT INTO t (n) VALUES (last_insert_rowid() + 10)",
      "DELETE FROM t",
    ];
    for (const sql of changes) {
      both.run(sql);
      both.quire.request({ op: "sql", sql });
      both.same("SELECT changes(), total_changes(), last_insert_rowid()");
      both.same("SELECT id, n, changes() FROM t ORDER BY id");
    }
  });
});
