/**
 * Makes pictures of the page's views, to be looked at: light and dark, wide and narrow.
 *
 *   npm run screenshots [-- NAME…]    those whose names have one of these in them, in build/screenshots/
 */
import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { packageRoot } from "../../host/paths.js";
import { findChromium, launch, serve } from "../helpers/browser.js";

const FOLDER = join(packageRoot, "build", "screenshots");

const MONTHS = `SELECT date_trunc('month', placed) AS month, sum(total) AS revenue, count(*) AS orders
FROM orders
WHERE status <> 'cancelled'
GROUP BY 1 ORDER BY 1`;

const STARS = `SELECT c.name AS category, avg(r.stars) AS stars, avg(p.price) / 40 AS price
FROM reviews r JOIN products p ON p.id = r.product JOIN categories c ON c.id = p.category
GROUP BY 1`;

/** Puts SQL into the editor. */
async function type(page: Page, sql: string): Promise<void> {
  await page.getByRole("textbox", { name: "SQL" }).click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(sql);
  await page.keyboard.press("Escape");
}

async function openSample(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Look at a sample" }).click();
  await page.locator("nav h2").first().waitFor();
}

/** The views, each by what leads there from the page that was just loaded; null: nothing. */
const VIEWS: Readonly<Record<string, ((page: Page) => Promise<void>) | null>> = {
  start: null,
  table: async (page) => {
    await page.locator("nav a", { hasText: "orders" }).first().click();
    await page.getByText("2,600 rows").waitFor();
    await page.locator("regular-table td", { hasText: "2023-01" }).first().waitFor();
  },
  row: async (page) => {
    await page.locator("nav a", { hasText: "products" }).click();
    await page.locator('regular-table tbody td[aria-colindex="3"]').nth(2).click();
    await page.getByRole("complementary", { name: "Row" }).getByText("References").waitFor();
  },
  sql: async (page) => {
    await page.locator("nav a", { hasText: "SQL" }).click();
    await type(page, MONTHS);
    await page.keyboard.press("Control+Enter");
    await page.getByText(/^36 rows, /).waitFor();
  },
  chart: async (page) => {
    await page.locator("nav a", { hasText: "SQL" }).click();
    await type(page, MONTHS);
    await page.keyboard.press("Control+Enter");
    await page.getByRole("button", { name: "Chart" }).click();
    await page.getByRole("button", { name: "orders" }).click();
    await page.getByRole("img", { name: /^Lines: / }).waitFor();
  },
  bars: async (page) => {
    await page.locator("nav a", { hasText: "SQL" }).click();
    await type(page, STARS);
    await page.keyboard.press("Control+Enter");
    await page.getByRole("button", { name: "Chart" }).click();
    await page.getByRole("img", { name: /^Bars: / }).waitFor();
  },
  error: async (page) => {
    await page.locator("nav a", { hasText: "SQL" }).click();
    await type(page, "SELECT nam, price FROM products\nWHERE price > 100");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("alert").filter({ hasText: "nam" }).waitFor();
  },
  plan: async (page) => {
    await page.locator("nav a", { hasText: "SQL" }).click();
    await type(
      page,
      "SELECT c.name, count(*) FROM customers c JOIN orders o ON o.customer = c.id WHERE c.country = 'NO' GROUP BY c.name ORDER BY 2 DESC LIMIT 5",
    );
    await page.getByRole("button", { name: "Explain" }).click();
    await page.locator(".plan .step").first().waitFor();
  },
  schema: async (page) => {
    await page.locator("nav a", { hasText: "Schema" }).click();
    await page.locator(".diagram svg").waitFor();
  },
  pages: async (page) => {
    await page.locator("nav a", { hasText: "Pages" }).click();
    await page
      .getByRole("button", { name: /record page, table products/ })
      .first()
      .click();
    await page.locator(".decoded td").first().waitFor();
  },
  node: async (page) => {
    await page.locator("nav a", { hasText: "Pages" }).click();
    await page.getByRole("combobox", { name: "Whose pages" }).selectOption("customers");
    await page
      .getByRole("button", { name: /index leaf, table customers/ })
      .first()
      .click();
    await page.locator(".decoded td").first().waitFor();
  },
  compare: async (page) => {
    await page.locator("nav a", { hasText: "SQL" }).click();
    await type(
      page,
      "UPDATE customers SET city = 'Bern', newsletter = NOT newsletter WHERE id < 4; DELETE FROM reviews WHERE id > 1096; ALTER TABLE countries ADD COLUMN capital TEXT",
    );
    await page.keyboard.press("Control+Enter");
    await page.getByText("changed, in this page only").waitFor();
    await page.locator("nav a", { hasText: "Compare" }).click();
    await page.setInputFiles("#other", join(packageRoot, "build", "web", "sample.db"));
    await page.locator(".diff-view h2").first().waitFor();
  },
  check: async (page) => {
    await page.locator("nav a", { hasText: "Check" }).click();
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.getByText("The file is whole").waitFor();
  },
};

const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  { name: "narrow", colorScheme: "light", viewport: { width: 390, height: 844 } },
  { name: "narrow-dark", colorScheme: "dark", viewport: { width: 390, height: 844 } },
] as const;

const program = findChromium();
if (program === null) throw new Error("no Chromium here; npm run runtimes gets it");
const wanted = process.argv.slice(2);
const server = await serve(new Map());
const browser = await launch(program);
mkdirSync(FOLDER, { recursive: true });
for (const { name: look, ...options } of LOOKS)
  for (const [view, go] of Object.entries(VIEWS)) {
    const name = `${view}-${look}`;
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/build/web/index.html`);
    try {
      if (go !== null) {
        await openSample(page);
        await go(page);
      }
    } catch (error) {
      console.error(`${name}: ${String(error).split("\n")[0] ?? ""}`);
    }
    await page.screenshot({ path: join(FOLDER, `${name}.png`) });
    await context.close();
  }
await browser.close();
server.close();
console.log(`pictures are in ${FOLDER}`);
