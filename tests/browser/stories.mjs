// Tells the stories of the flows that people can tell by chat, in a browser, as `caredesk test` tells them without one.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { Desk, length } from "./desk.mjs";
import { look, newest, note, open, parse, say } from "./eyes.mjs";

export const told = { stories: 0, with_script: 0, without_script: 0, own_desks: 0, of_the_browser: 0, left_out: 0 };
const REFUSALS = "refusals.scenarios.yaml";
const MONDAY = "2026-03-02 09:00";
// How long a browser can take its chat up again: `retention: chat_sessions` of the desk.
const sessions = () => length(parse(readFileSync(join(process.env.PACK, "flows/desk.yaml"), "utf8")).retention.chat_sessions);
const seen = new Set();

function* files(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else if (name.endsWith(".scenarios.yaml")) yield path;
  }
}

// All stories in which somebody chats, with their flow.
export function* stories(folders) {
  for (const path of folders.flatMap((folder) => [...files(folder)])) {
    for (const one of parse(readFileSync(path, "utf8")).scenarios || []) {
      const story = one.story || [];
      if (!story.some((step) => step.chat !== undefined)) continue;
      yield { name: `${basename(path, ".scenarios.yaml")}: ${one.scenario}`, path, now: String(one.now || MONDAY), story };
    }
  }
}

const plain = (text) => text.replace(/CD-[0-9A-Z]{4}-[0-9A-Z]{4}/g, "REFERENCE").replace(/\s+/g, " ").trim();
const holds = (text, words) => plain(text).toLowerCase().includes(plain(String(words)).toLowerCase());
// In March before the 29th London keeps the time of Greenwich.
const moment = (now) => Date.parse(`${now.replace(" ", "T")}:00Z`);
// Whether a story needs a desk of its own: more happens in it than chat, or it has its own time.
export const isAlone = (one) => one.now !== MONDAY || one.story.some((step) => step.chat === undefined && !step.expect);
// A date-free copy of what a page shows, so that one state is looked at once.
const state = (page) => page.evaluate(() => {
  const lines = [...document.querySelectorAll(".talk__line")];
  const last = lines.findLastIndex((line) => line.classList.contains("talk__line--own"));
  return [...lines.slice(last + 1).map((line) => line.querySelector(".talk__text").innerText), document.getElementById("standing").innerText,
    document.getElementById("choices").innerText, document.getElementById("ways").innerText].join("\n");
});

class Telling {
  constructor(one, desk, scripted) {
    Object.assign(this, { one, desk, scripted, before: new Set(desk.tickets()), heard: 0, looked: 0, record: [] });
  }

  wrong(...words) { note(`${this.one.name} (${this.scripted ? "with" : "without"} JavaScript):`, ...words); }

  own() { return this.desk.tickets().filter((reference) => !this.before.has(reference)); }

  // The request that the story speaks of: the one on the page.
  async meant(number) {
    if (number) return this.own()[number - 1];
    const text = await this.page.$eval("#standing", (standing) => standing.innerText);
    return /CD-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(text)?.[0] || this.own().at(-1);
  }

  async filled(text) {
    let words = String(text);
    for (const [hole, number] of [...words.matchAll(/\{\{\s*tickets?(?:\.(\d+))?\.reference\s*\}\}/g)]) {
      words = words.replace(hole, await this.meant(Number(number)));
    }
    return words.replace(/TALE-AAA[B-Z]/g, (name) => this.desk.passcode(name));
  }

  // Something happened elsewhere. A page with the script shows it by itself; without, people look for it.
  async catchUp() {
    if (!this.scripted) { await Promise.all([this.page.waitForNavigation(), this.page.click("text=Look for new answers")]); return; }
    const html = await (await this.context.request.get(`${this.desk.url}chat`)).text();
    const last = Number(/data-newest="(\d+)"/.exec(html)[1]);
    const state = /data-state="([\w.]*)"/.exec(html)[1];
    await this.page.waitForFunction(([n, state]) => Number(document.getElementById("talk").dataset.newest) >= n && document.getElementById("standing").dataset.state === state, [last, state]);
  }

  async expects(expect) {
    const said = await this.page.$$eval(".talk__line", (lines, from) => lines.filter((line) => Number(line.dataset.n) > from).map((line) => line.innerText).join("\n"), this.heard);
    this.heard = await newest(this.page);
    for (const reply of [expect.replies || []].flat(9)) {
      const { has = [reply], lacks = [] } = reply instanceof Object ? { has: [], ...reply } : {};
      for (const words of has) if (!holds(said, await this.filled(words))) this.wrong("a reply is missing:", words, "– in:", plain(said));
      for (const words of lacks) if (holds(said, await this.filled(words))) this.wrong("a reply has:", words, "– in:", plain(said));
    }
    if (expect.tickets !== undefined && this.own().length !== expect.tickets) this.wrong(`there are ${this.own().length} requests, not`, expect.tickets);
    const keys = ["state", "step", "flow", "queue", "asks", "task", "tasks", "facts"].filter((key) => expect[key] !== undefined);
    if (keys.length) await this.compares(expect, keys);
  }

  async compares(expect, keys) {
    const reference = await this.meant(expect.ticket);
    if (!reference) { this.wrong("there is no request"); return; }
    const ticket = this.desk.show(reference);
    const open = ticket.tasks.filter((task) => task.status === "open").map((task) => task.act);
    const came = { ...ticket, state: ticket.ending || ticket.state, asks: ticket.waiting_for[0]?.fact, task: open[0], tasks: open };
    for (const key of keys) {
      const wishes = key === "facts" ? Object.entries(expect.facts).map(([fact, wish]) => [`fact ${fact}`, wish, ticket.facts[fact]]) : [[key, expect[key], came[key]]];
      // A story names a list by what its items are called; `ticket show` writes them out.
      const listed = (wish, is) => key === "facts" && String(is).includes("; ") && wish.split(/, | and /).every((name) => is.includes(name));
      for (const [what, wish, is] of wishes) if (JSON.stringify(wish) !== JSON.stringify(is) && !listed(wish, is)) this.wrong(`${what} is`, JSON.stringify(is), "and not", JSON.stringify(wish));
    }
  }

  // Axe looks at each state once, with the script; without, at where each story ends.
  async looks(isEnd) {
    const texts = await state(this.page);
    this.record.push(texts);
    const key = plain(texts);
    if (this.scripted ? seen.has(key) : !isEnd) return;
    seen.add(key);
    if (!this.scripted) { await this.looksStill(); return; }
    const name = `story-${this.one.name.replace(/[^a-z0-9]+/gi, "-")}-${this.looked++}`;
    await look(this.page, name);
  }

  // Axe is a script. It looks at what the page without any holds, in a browser that runs axe alone.
  async looksStill() {
    const { context, page } = await open(this.desk.url, { viewport: { width: 320, height: 844 }, colorScheme: "dark", storageState: await this.context.storageState() });
    await page.route("**/*.js", (route) => route.fulfill({ body: "", contentType: "text/javascript" }));
    await page.goto(`${this.desk.url}chat`);
    await look(page, `story-${this.one.name.replace(/[^a-z0-9]+/gi, "-")}-still`);
    await context.close();
  }

  // Gives why the rest cannot be told, if so.
  async step(step) {
    if (step.chat !== undefined) await say(this.page, await this.filled(step.chat), this.scripted);
    else if (step.expect) { await this.expects(step.expect); return null; }
    else if (step.after) {
      const ms = length(step.after);
      if (ms === null) return `“after: ${step.after}” counts by working time`;
      await this.desk.passes(ms);
      if (ms > sessions()) { await this.isOver(); return `after ${step.after} a browser cannot take its chat up again`; }
      await this.catchUp();
    } else {
      if (step.agent) this.desk.act(await this.meant(step.ticket), step);
      else if (step.mail) this.desk.mails(step);
      else if (step.call) this.desk.calls(step);
      else if (step.directory) this.desk.changes(step.directory);
      await this.catchUp();
    }
    await this.looks(false);
    return null;
  }

  // Whoever comes back too late begins anew, on a page that stayed open too.
  async isOver() {
    await this.page.fill("#text", "hello");
    await this.page.click(".say__send");
    await this.page.waitForFunction(() => document.querySelectorAll(".talk__line--own").length === 1 && document.querySelectorAll(".talk__line").length > 1);
  }

  async tell(options) {
    Object.assign(this, await open(this.desk.url, { javaScriptEnabled: this.scripted, ...options }));
    let why = null;
    try {
      await this.page.goto(`${this.desk.url}chat`);
      for (const step of this.one.story) if ((why = await this.step(step))) break;
      await this.looks(true);
    } finally {
      await this.context.close();
    }
    return { why, record: plain(this.record.join("\n")).replace(/(?<![\w-])[0-9A-Z]{4}-[0-9A-Z]{4}(?![\w-])/g, "PASSCODE") };
  }
}

async function tellOnce(one, shared, scripted) {
  const desk = isAlone(one) ? await Desk.begin(moment(one.now)) : shared;
  try {
    return await new Telling(one, desk, scripted).tell({ viewport: { width: scripted ? 390 : 320, height: 844 } });
  } finally {
    await desk.end();
  }
}

// Tells a story in both ways. Gives why a rest of it is left out.
export async function tell(one, shared) {
  const began = Date.now();
  told.stories++;
  if (one.path.endsWith(REFUSALS)) told.of_the_browser++;
  if (isAlone(one)) told.own_desks++;
  try {
    const live = await tellOnce(one, shared, true);
    told.with_script++;
    const still = await tellOnce(one, shared, false);
    told.without_script++;
    if (live.record !== still.record) note("not the same with and without JavaScript:", one.name, "–", live.record, "–", still.record);
    if (live.why) { told.left_out++; console.log(`LEFT OUT ${one.name}: the end, as ${live.why}`); }
  } catch (error) {
    note("it did not go on:", one.name, error.stack);
  }
  console.log(`${one.name}: ${Date.now() - began} ms`);
}
