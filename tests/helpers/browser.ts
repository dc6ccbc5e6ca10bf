/** A real browser, and a server of this machine that it gets the package's files from. */
import { existsSync, readFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, extname, join, normalize, sep } from "node:path";
import { type TestContext, after, before, test } from "node:test";
import { type Browser, type Page, chromium } from "playwright-core";
import { chromiumFolder, packageRoot } from "../../host/paths.js";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The browser's program: `QUIRE_CHROMIUM`, one on PATH, or that of `npm run runtimes`; null when there is none. */
export function findChromium(): string | null {
  const named = process.env["QUIRE_CHROMIUM"];
  if (named !== undefined && named !== "") return named;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const candidates = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...candidates, join(chromiumFolder(), "chromium")].find((path) => existsSync(path)) ?? null;
}

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".wasm": "application/wasm",
  ".html": "text/html",
  ".css": "text/css",
};

/** Serves the package, and with `pages` files that are not in it; pages are isolated from others, so that they may share memory. */
export async function serve(pages: ReadonlyMap<string, Buffer>): Promise<Server> {
  const server = createServer(({ url = "/" }, response) => {
    const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
    const file = normalize(join(packageRoot, path));
    const bytes = pages.get(path) ?? (file.startsWith(packageRoot + sep) && existsSync(file) ? readFileSync(file) : null);
    response.writeHead(bytes === null ? 404 : 200, {
      "content-type": TYPES[extname(path)] ?? "application/octet-stream",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "cache-control": "no-store",
    });
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Starts the browser, without a window. */
export function launch(program: string): Promise<Browser> {
  const fonts = join(chromiumFolder(), "fonts.conf");
  return chromium.launch({
    executablePath: program,
    args: ["--no-sandbox", "--disable-gpu"],
    ...(existsSync(fonts) ? { env: { ...(process.env as Record<string, string>), FONTCONFIG_PATH: chromiumFolder() } } : {}),
  });
}

/** What tests in a browser have. */
export interface BrowserTest {
  readonly browser: Browser;
  /** Where the package's files are. */
  readonly origin: string;
  /** A page of nobody's, at the package's origin, with private files of its own. What it says on its console that is an error fails the test. */
  readonly blank: (t: TestContext) => Promise<Page>;
}

/** Registers tests that share a browser; where there is none they are skipped with a loud line. */
export function testInBrowser(
  tests: Readonly<Record<string, (t: TestContext, with_: BrowserTest) => Promise<void>>>,
  pages: ReadonlyMap<string, Buffer> = new Map(),
): void {
  const program = findChromium();
  if (program === null) {
    for (const name of Object.keys(tests))
      test(name, { skip: "SKIPPED: no Chromium here; npm run runtimes gets it" }, () => undefined);
    return;
  }
  let server: Server;
  let browser: Browser;
  before(async () => {
    server = await serve(new Map([...pages, ["/blank.html", Buffer.from("<!doctype html><title>blank</title>")]]));
    browser = await launch(program);
  });
  after(async () => {
    await browser.close();
    server.close();
  });
  for (const [name, body] of Object.entries(tests))
    test(name, async (t) => {
      const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
      const blank = async (t: TestContext): Promise<Page> => {
        const context = await browser.newContext();
        t.after(() => context.close());
        const page = await context.newPage();
        await page.goto(`${origin}/blank.html`);
        return page;
      };
      await body(t, { browser, origin, blank });
    });
}
