// Drives the chat page in Chromium: every state is looked at by axe in every dress, and stories of the flows are told with
// JavaScript and without it. Prints one line for each thing that is not well, and how much was looked at; exit 1 if any.
//
//   node run.mjs URL FLOWS SHARE [SHOTS]
//
// SHARE: tell every SHARE-th story. SHOTS: a folder for pictures. NODE_MODULES says where the packages are.
import { createRequire } from "node:module";
import { readFileSync, readdirSync, statSync, mkdirSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(join(process.env.NODE_MODULES, "/"));
const { chromium } = require("playwright-core");
const { AxeBuilder } = require("@axe-core/playwright");
const { parse } = require("yaml");
const [url, flows, share, shots] = process.argv.slice(2);

const LOOKS = [
  ["phone", { viewport: { width: 390, height: 844 } }],
  ["desktop", { viewport: { width: 1280, height: 900 } }],
  ["dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ["own-colours", { viewport: { width: 390, height: 844 }, forcedColors: "active" }],
  ["narrow", { viewport: { width: 320, height: 640 } }],
  // A window of 1280 by 1024 at 400 %.
  ["zoomed", { viewport: { width: 320, height: 256 } }],
];
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const PATIENCE = 60000;
const LOCKED_OUT = "please reset my nhsmail password, I am locked out and the reset page does not work";
const wrong = [];
const count = { states: 0, stories: 0, messages: 0, requests: 0 };
const note = (...words) => { wrong.push(words.join(" ")); console.log(words.join(" ")); };

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });

async function open(options) {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/London", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("request", (request) => {
    count.requests++;
    if (!request.url().startsWith(url)) note("a request to another host:", request.url());
  });
  page.on("pageerror", (error) => note("a fault in the script:", error.message));
  page.on("console", (message) => { if (/Content.Security.Policy|Refused/i.test(message.text())) note("against the policy:", message.text()); });
  return { context, page };
}

const newest = (page) => page.getAttribute("#talk", "data-newest").then(Number);

// Sends, and waits until the conversation has gone on. Without JavaScript a new page comes.
async function submit(page, act, scripted) {
  const before = await newest(page);
  count.messages++;
  if (!scripted) { await Promise.all([page.waitForNavigation(), act()]); return; }
  await act();
  await page.waitForFunction((n) => Number(document.getElementById("talk").dataset.newest) > n, before);
  await page.waitForFunction(() => document.getElementById("state").textContent === "Sent.");
}

async function say(page, text, scripted = true) {
  await page.fill("#text", text);
  await submit(page, () => page.click(".say__send"), scripted);
}

async function look(page, name, shot = true) {
  count.states++;
  const found = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  for (const one of found.violations) note("axe:", name, one.id, "–", one.help, one.nodes.map((node) => node.target.join(" ")).join(", "));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) note("sideways:", name, `${wide} px too wide`);
  const small = await page.evaluate(() => [...document.querySelectorAll("button, input:not([type=hidden]), textarea, summary, .desk-footer a")]
    .filter((one) => one.checkVisibility({ contentVisibilityAuto: true }) && !(one.closest("details:not([open])") && one.tagName !== "SUMMARY"))
    .map((one) => one.getBoundingClientRect()).filter((box) => box.width && (box.width < 24 || box.height < 24)).length);
  if (small > 0) note("small:", name, `${small} targets below 24 px`);
  if (shots && shot) { mkdirSync(shots, { recursive: true }); await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true }); }
}

async function states(name, options) {
  const { context, page } = await open(options);
  const see = (state) => look(page, `${name}-${state}`);
  for (const path of ["", "contact", "privacy", "accessibility", "nothing"]) { await page.goto(url + path); await see(path || "start"); }
  await page.goto(`${url}chat`);
  await see("empty");
  await page.click(".say__send");
  await page.waitForSelector("#error:focus");
  if (!(await page.title()).startsWith("Error: ")) note("no “Error:” in the title:", name);
  await see("error");
  await say(page, LOCKED_OUT);
  await see("asked");
  await page.fill("#text", "half a thought");
  await say2(page);
  await see("ended");
  await page.click("summary");
  await page.setInputFiles("#files", { name: "big.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(20 * 1024 * 1024) });
  await page.fill("#text", "here is a picture");
  await page.click(".say__send");
  await page.waitForSelector("#files-error");
  if (await page.inputValue("#text") !== "here is a picture") note("what was typed is gone:", name);
  await see("file-refused");
  await context.clearCookies();
  await page.goto(`${url}chat`);
  await say(page, "I can read my mail but not send any");
  await see("answered");
  await say(page, "no, that did not help");
  await see("choices");
  await submit(page, () => page.click("text=Speak to a person"), true);
  await see("person");
  for (let n = 0; n < 4; n++) await say(page, `I wait for you. ${"All our staff are locked out and the residents need them. ".repeat(3)}${n}`);
  await see("long");
  await context.close();
}

// The rest of a request, with the keyboard alone.
async function say2(page) {
  await page.fill("#text", "");
  for (const words of ["amy.field@nhs.net", "07700 900111"]) {
    await page.focus("#text");
    await page.keyboard.type(words);
    await submit(page, async () => { await page.keyboard.press("Tab"); await page.keyboard.press("Enter"); }, true);
  }
  await page.waitForSelector(".desk-panel");
}

function* files(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else if (name.endsWith(".scenarios.yaml")) yield path;
  }
}

// What a story says by chat, up to where something else happens.
function* stories() {
  for (const path of files(flows)) {
    for (const one of parse(readFileSync(path, "utf8")).scenarios || []) {
      const steps = [];
      for (const step of one.story || []) {
        if (typeof step.chat === "string") steps.push({ says: step.chat, hears: [] });
        else if (step.expect && steps.length) steps.at(-1).hears.push(...[step.expect.replies || []].flat(9).filter((it) => typeof it === "string"));
        else if (!step.expect) break;
      }
      if (steps.length && String(one.now).startsWith("2026-03-02 09:00")) yield { name: one.scenario, steps };
    }
  }
}

const plain = (text) => text.replace(/CD-[0-9A-Z]{4}-[0-9A-Z]{4}/g, "REFERENCE").replace(/\s+/g, " ").trim();

async function tell(story, scripted) {
  const { context, page } = await open({ javaScriptEnabled: scripted, viewport: { width: 390, height: 844 } });
  await page.goto(`${url}chat`);
  let from = 0;
  for (const { says, hears } of story.steps) {
    await say(page, says, scripted);
    const said = await page.$$eval(".talk__line", (lines, from) => lines.filter((line) => Number(line.dataset.n) > from).map((line) => line.innerText).join("\n"), from);
    for (const words of hears) if (!plain(said).toLowerCase().includes(plain(words).toLowerCase())) note("a reply is missing:", story.name, "–", words, "– in:", plain(said));
    from = await newest(page);
  }
  const texts = await page.$$eval(".talk__text", (lines) => lines.map((line) => line.innerText));
  const end = await page.$eval("#standing", (standing) => standing.innerText);
  await context.close();
  return plain([...texts, end].join("\n"));
}

try {
  for (const [name, options] of LOOKS) await states(name, options);
  let number = 0;
  for (const story of stories()) {
    if (number++ % Number(share) !== 0) continue;
    count.stories++;
    const [live, still] = [await tell(story, true), await tell(story, false)];
    if (live !== still) note("not the same with and without JavaScript:", story.name, "–", live, "–", still);
  }
  if (count.stories < 10) note("only", count.stories, "stories were told");
} catch (error) {
  note("it did not go on:", error.stack);
} finally {
  await browser.close();
}
console.log(JSON.stringify({ wrong: wrong.length, ...count }));
process.exit(wrong.length ? 1 : 0);
