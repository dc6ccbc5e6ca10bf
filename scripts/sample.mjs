// Makes the file that the page opens for who has none: a shop for walks in the mountains, with what there is to be looked at in a database. Always
// the same one: build/web/sample.db.
import { rmSync } from "node:fs";

/** Tables and their columns, as `create` has them: files of these are whole to programs on the crates, too. */
const TABLES = {
  countries: "code:text:pk name:text:unique currency:text shipping_days:uint8",
  categories: "id:uint32:pk name:text:unique parent:uint32:null:references=categories.id",
  products:
    "id:uint32:pk sku:text:unique name:text category:uint32:index:references=categories.id price:decimal weight_g:uint32 details:json:null added:date discontinued:boolean",
  customers:
    "id:uint32:pk name:text email:text:unique country:text:index:references=countries.code city:text joined:date newsletter:boolean preferences:json:null",
  orders:
    "id:uint32:pk customer:uint32:index:references=customers.id placed:datetime:index status:text total:decimal note:text:null",
  order_items:
    "id:uint32:pk order_id:uint32:index:references=orders.id product:uint32:index:references=products.id quantity:uint8 unit_price:decimal",
  reviews:
    "id:uint32:pk product:uint32:index:references=products.id customer:uint32:index:references=customers.id stars:uint8 written:date text:text:null",
};

const COUNTRIES = [
  ["AT", "Austria", "EUR", 2, ["Innsbruck", "Graz", "Salzburg", "Wien"]],
  ["CH", "Switzerland", "CHF", 3, ["Zürich", "Bern", "Genève", "Chur"]],
  ["DE", "Germany", "EUR", 2, ["München", "Köln", "Leipzig", "Freiburg"]],
  ["FR", "France", "EUR", 3, ["Grenoble", "Lyon", "Chambéry", "Nice"]],
  ["IT", "Italy", "EUR", 3, ["Torino", "Bolzano", "Aosta", "Trento"]],
  ["SI", "Slovenia", "EUR", 4, ["Ljubljana", "Kranj", "Bled"]],
  ["NO", "Norway", "NOK", 5, ["Tromsø", "Bergen", "Ålesund"]],
  ["ES", "Spain", "EUR", 4, ["Huesca", "Bilbao", "Málaga"]],
  ["GB", "United Kingdom", "GBP", 6, ["Keswick", "Inverness", "Bristol"]],
  ["PL", "Poland", "PLN", 4, ["Zakopane", "Kraków", "Wrocław"]],
  ["JP", "Japan", "JPY", 9, ["東京", "松本", "札幌"]],
];

/** Categories, their parent, words of their products, and what these cost and weigh about. */
const CATEGORIES = [
  ["Clothing", null, [], 0, 0],
  ["Equipment", null, [], 0, 0],
  ["Maps & books", null, [], 0, 0],
  ["Jackets", "Clothing", ["Rain jacket", "Down jacket", "Wind shell", "Fleece"], 160, 450],
  ["Trousers", "Clothing", ["Trekking trousers", "Rain trousers", "Shorts"], 80, 380],
  ["Boots", "Clothing", ["Hiking boots", "Approach shoes", "Mountain boots"], 190, 1200],
  ["Rucksacks", "Equipment", ["Day pack", "Trekking pack", "Ski pack"], 120, 1300],
  ["Tents", "Equipment", ["One-person tent", "Dome tent", "Tarp"], 320, 2100],
  ["Sleeping", "Equipment", ["Sleeping bag", "Quilt", "Sleeping mat"], 180, 900],
  ["Cooking", "Equipment", ["Gas stove", "Pot set", "Spork", "Water filter"], 45, 260],
  ["Light", "Equipment", ["Head torch", "Lantern"], 55, 110],
  ["Maps", "Maps & books", ["Hiking map", "Ski touring map"], 14, 90],
  ["Guidebooks", "Maps & books", ["Hut guide", "Climbing guide", "Flora of the Alps"], 29, 420],
];

const PEAKS =
  "Ortler,Triglav,Eiger,Watzmann,Dachstein,Civetta,Bernina,Grivola,Similaun,Galdhøpiggen,Rysy,Aneto,Säntis,Marmolada,Tödi,Piz Palü".split(
    ",",
  );
const COLOURS = ["slate", "moss", "rust", "sand", "ink", "poppy"];
const MATERIALS = ["nylon", "merino", "leather", "polyester", "aluminium", "titanium", "cotton"];
const FIRST =
  "Ada,Anna,Bjørn,Chiara,Claire,Emil,Eva,Franz,Greta,Hana,Ines,Jakob,Jan,Kenji,Lena,Luca,Maja,Mateja,Nils,Olga,Paul,Pilar,Rosa,Sara,Tomaž,Yuki,Zoë".split(
    ",",
  );
const LAST =
  "Bauer,Berger,Colombo,Dubois,Fischer,García,Hansen,Horvat,Keller,Kowalska,Lambert,Moser,Müller,Nováková,O’Neill,Rossi,Sato,Smith,Weber,Zupan".split(
    ",",
  );
const PRAISE = [
  "Held up on three tours.",
  "Light and warm.",
  "Dries overnight.",
  "Fits well, also with gloves.",
  "I would buy it again.",
];
const BLAME = [
  "The zip broke after a week.",
  "Heavier than promised.",
  "Wet through in an hour.",
  "Came late, and in another colour.",
];
const NOTES = [
  "Please leave it with the neighbours.",
  "A gift: no prices, please.",
  "Ring twice.",
  "Needed before Friday!\nWe leave for the hut at six.",
];

/** Numbers that look random and are always the same (mulberry32). */
function randomFrom(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomFrom(1786);
const below = (end) => Math.floor(random() * end);
const pick = (list) => list[below(list.length)];
const chance = (part) => random() < part;

const DAY = 86_400_000;
const FIRST_DAY = Date.UTC(2023, 0, 1);
const DAYS = 1096;
const dateAt = (day) => new Date(FIRST_DAY + day * DAY).toISOString().slice(0, 10);
const money = (cents) => (cents / 100).toFixed(2);
const plain = (text) =>
  text
    .normalize("NFD")
    .replace(/[^A-Za-z]/gu, "")
    .toLowerCase();

function productsOf(categories) {
  const products = [];
  for (const [name, , words, price, weight] of CATEGORIES) {
    for (const word of words)
      for (let i = 0; i < 4; i++) {
        const id = products.length + 1;
        const cents = Math.max(300, Math.round(price * (0.6 + random()) * 10) * 10 - 5);
        const details = {
          colours: COLOURS.filter(() => chance(0.4)),
          material: pick(MATERIALS),
          ...(chance(0.3) ? { warranty_years: 1 + below(5) } : {}),
        };
        const discontinued = chance(0.12);
        products.push([
          id,
          `${plain(name).slice(0, 3).toUpperCase()}-${1000 + id * 7}`,
          `${word} ${pick(PEAKS)}`,
          categories.get(name),
          cents,
          Math.round(weight * (0.7 + random() * 0.6)),
          chance(0.1) ? null : JSON.stringify(details),
          dateAt(below(DAYS / 2)),
          discontinued,
        ]);
      }
  }
  return products;
}

function customersOf(count) {
  return Array.from({ length: count }, (_, i) => {
    const [code, , , , cities] = COUNTRIES[Math.floor(random() ** 1.7 * COUNTRIES.length)];
    const [first, last] = [pick(FIRST), pick(LAST)];
    const preferences = chance(0.5)
      ? JSON.stringify({
          language: pick(["de", "fr", "it", "en", "ja"]),
          sizes: { shoe: 36 + below(12), ...(chance(0.5) ? { jacket: pick(["S", "M", "L", "XL"]) } : {}) },
        })
      : null;
    return [
      i + 1,
      `${first} ${last}`,
      `${plain(first)}.${plain(last)}${i + 1}@example.org`,
      code,
      pick(cities),
      dateAt(below(DAYS)),
      chance(0.4),
      preferences,
    ];
  });
}

/** Orders by the time they were placed: more of them before summer and at the year's end, and more every year. */
function ordersOf(count, customers, products) {
  const times = [];
  while (times.length < count) {
    const day = below(DAYS);
    const season = 0.45 + 0.35 * Math.sin(((day % 365) / 365) * 4 * Math.PI - 1) + 0.2 * (day / DAYS);
    if (chance(season)) times.push(FIRST_DAY + day * DAY + below(DAY / 1000) * 1000);
  }
  const items = [];
  const orders = times
    .sort((a, b) => a - b)
    .map((time, i) => {
      const parts = 1 + Math.floor(random() ** 2 * 5);
      let total = 0;
      for (let n = 0; n < parts; n++) {
        const [product, , , , cents] = products[Math.floor(random() ** 1.5 * products.length)];
        const quantity = chance(0.8) ? 1 : 2 + below(3);
        const paid = chance(0.15) ? Math.round(cents * 0.8) : cents;
        total += paid * quantity;
        items.push([items.length + 1, i + 1, product, quantity, money(paid)]);
      }
      const isNew = time > FIRST_DAY + (DAYS - 10) * DAY;
      const status = isNew
        ? pick(["placed", "packed", "shipped"])
        : chance(0.04)
          ? "returned"
          : chance(0.03)
            ? "cancelled"
            : "delivered";
      return [
        i + 1,
        customers[Math.floor(random() ** 1.4 * customers.length)][0],
        new Date(time).toISOString().replace(".000", ""),
        status,
        money(total),
        chance(0.06) ? pick(NOTES) : null,
      ];
    });
  return { orders, items };
}

function reviewsOf(count, products, customers) {
  return Array.from({ length: count }, (_, i) => {
    const stars = Math.min(5, 1 + Math.floor(random() ** 0.45 * 5));
    const text = chance(0.25) ? null : pick(stars > 3 ? PRAISE : BLAME);
    return [i + 1, pick(products)[0], pick(customers)[0], stars, dateAt(200 + below(DAYS - 200)), text];
  });
}

/** Makes the file at `path`, by the library that is built. */
export async function makeSample(path) {
  const { openSync } = await import("../build/host/index.js");
  const log = `${path}-log`;
  for (const file of [path, log]) rmSync(file, { force: true });
  const db = openSync(path, { layout: "0.11" });
  const fill = (table, rows) => {
    const insert = db.prepare(`INSERT INTO ${table} VALUES (${rows[0].map(() => "?").join(", ")})`);
    for (const row of rows) insert.run(...row);
  };
  const ids = new Map(CATEGORIES.map(([name], i) => [name, i + 1]));
  const products = productsOf(ids);
  const customers = customersOf(420);
  const { orders, items } = ordersOf(2600, customers, products);
  for (const [table, columns] of Object.entries(TABLES)) db.create(table, columns.split(" "));
  db.transaction(() => {
    fill(
      "countries",
      COUNTRIES.map(([code, name, currency, days]) => [code, name, currency, days]),
    );
    fill(
      "categories",
      CATEGORIES.map(([name, parent]) => [ids.get(name), name, ids.get(parent) ?? null]),
    );
    fill(
      "products",
      products.map((row) => row.with(4, money(row[4]))),
    );
    fill("customers", customers);
    fill("orders", orders);
    fill("order_items", items);
    fill("reviews", reviewsOf(1100, products, customers));
  });
  db.close();
  rmSync(log, { force: true });
}
