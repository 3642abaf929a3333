// Chromium, and how it looks at a page: axe, sideways scrolling, small targets, and requests to other hosts.
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(join(process.env.NODE_MODULES, "/"));
const { chromium } = require("playwright-core");
const { AxeBuilder } = require("@axe-core/playwright");
export const { parse, stringify } = require("yaml");

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const PATIENCE = 60000;

export const count = { states: 0, requests: 0, other_hosts: 0, axe: 0, messages: 0 };
export const wrong = [];
export const note = (...words) => { wrong.push(words.join(" ")); console.log("WRONG", words.join(" ")); };

const shots = process.env.SHOTS;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
export const close = () => browser.close();

// A browser of its own, with a page. Whatever asks another host than `url` is wrong.
export async function open(url, options) {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/London", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("request", (request) => {
    count.requests++;
    if (request.url().startsWith(url)) return;
    count.other_hosts++;
    note("a request to another host:", request.url());
  });
  page.on("pageerror", (error) => note("a fault in the script:", error.message));
  page.on("console", (message) => { if (/Content.Security.Policy|Refused to/i.test(message.text())) note("against the policy:", message.text()); });
  return { context, page };
}

export const newest = (page) => page.getAttribute("#talk", "data-newest").then(Number);

// Sends, and waits until the conversation has gone on. Without JavaScript a new page comes.
export async function submit(page, act, scripted = true) {
  const before = await newest(page);
  count.messages++;
  if (!scripted) { await Promise.all([page.waitForNavigation(), act()]); return; }
  await act();
  await page.waitForFunction((n) => Number(document.getElementById("talk").dataset.newest) > n, before);
  await page.waitForFunction(() => document.getElementById("state").textContent === "Sent.");
}

export async function say(page, text, scripted = true) {
  await page.fill("#text", text);
  await submit(page, () => page.click(".say__send"), scripted);
}

export async function look(page, name, shot = true) {
  count.states++;
  const found = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  count.axe += found.violations.length;
  for (const one of found.violations) note("axe:", name, one.id, "–", one.help, one.nodes.map((node) => node.target.join(" ")).join(", "));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) note("sideways:", name, `${wide} px too wide`);
  const small = await page.evaluate(() => [...document.querySelectorAll("button, input:not([type=hidden]), textarea, summary, .desk-footer a")]
    .filter((one) => one.checkVisibility({ contentVisibilityAuto: true }) && !(one.closest("details:not([open])") && one.tagName !== "SUMMARY"))
    .map((one) => one.getBoundingClientRect()).filter((box) => box.width && (box.width < 24 || box.height < 24)).length);
  if (small > 0) note("small:", name, `${small} targets below 24 px`);
  if (shots && shot) { mkdirSync(shots, { recursive: true }); await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true }); }
}
