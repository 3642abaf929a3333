// Lets axe look at the HTML of letters: node letters.mjs FOLDER. Prints what is not well, and how many were looked at; exit 1
// if anything is not. NODE_MODULES says where the packages are.
import { createRequire } from "node:module";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(join(process.env.NODE_MODULES, "/"));
const { chromium } = require("playwright-core");
const { AxeBuilder } = require("@axe-core/playwright");
const folder = process.argv[2];
const wrong = [];

// The HTML of a letter, as a mail program finds it.
function html(mail) {
  const part = mail.split(/\r?\n--[^\r\n]+\r?\n/).find((one) => /^content-type:\s*text\/html/im.test(one.split(/\r?\n\r?\n/)[0]));
  if (!part) return null;
  const at = part.search(/\r?\n\r?\n/);
  const [head, body] = [part.slice(0, at), part.slice(at).trimStart()];
  if (/base64/i.test(head)) return Buffer.from(body.split("\n--")[0], "base64").toString("utf8");
  if (!/quoted-printable/i.test(head)) return body;
  const bytes = body.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
let looked = 0;
for (const colorScheme of ["light", "dark"]) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  page.on("request", (request) => { if (/^https?:/.test(request.url())) wrong.push(`a letter loads ${request.url()}`); });
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".eml")).sort()) {
    const text = html(readFileSync(join(folder, name), "utf8"));
    if (!text) { wrong.push(`${name}: it has no HTML`); continue; }
    looked++;
    await page.setContent(text);
    const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
    for (const one of found.violations) wrong.push(`${name}, ${colorScheme}: ${one.id} – ${one.help}`);
  }
  await context.close();
}
await browser.close();
wrong.forEach((one) => console.log(one));
console.log(JSON.stringify({ letters: looked, wrong: wrong.length }));
process.exit(wrong.length || looked < 10 ? 1 : 0);
