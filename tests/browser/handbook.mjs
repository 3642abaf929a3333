// Lets axe look at the policy handbook, and prints it on A4: node handbook.mjs FILE. Prints what is not well, and how often it
// was looked at; exit 1 if anything is not. NODE_MODULES says where the packages are, SHOTS a folder for the printed pages.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.env.NODE_MODULES, "/"));
const { chromium } = require("playwright-core");
const { AxeBuilder } = require("@axe-core/playwright");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const LOOKS = [
  ["desktop", { viewport: { width: 1280, height: 900 } }],
  ["phone, dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
];
// The width of A4 without its margins, at 96 dots an inch.
const PAPER = { width: 672, height: 986 };
const file = pathToFileURL(process.argv[2]).href;
const wrong = [];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
async function opened(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("request", (request) => { if (/^https?:/.test(request.url())) wrong.push(`it loads ${request.url()}`); });
  await page.goto(file);
  return page;
}
async function fits(page, name) {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wider > 0) wrong.push(`${name}: ${wider} dots wider than the window`);
}
let looked = 0;
for (const [name, options] of LOOKS) {
  const page = await opened(options);
  await fits(page, name);
  const found = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  for (const one of found.violations) wrong.push(`${name}: ${one.id} – ${one.help}: ${one.nodes[0].html.slice(0, 200)}`);
  looked++;
  await page.context().close();
}
const page = await opened({ viewport: PAPER });
await page.emulateMedia({ media: "print" });
await fits(page, "paper");
const pdf = await page.pdf({ format: "A4", path: process.env.SHOTS ? join(process.env.SHOTS, "handbook.pdf") : undefined });
const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
if (pages < 50) wrong.push(`only ${pages} printed pages`);
await browser.close();
wrong.forEach((one) => console.log(one));
console.log(JSON.stringify({ looked, pages, wrong: wrong.length }));
process.exit(wrong.length ? 1 : 0);
