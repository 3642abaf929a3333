// Drives the chat page in Chromium: every state is looked at by axe in every dress, and stories of the flows are told with
// JavaScript and without it. Prints one line for each thing that is not well, and how much was looked at; exit 1 if any.
//
//   node run.mjs URL DATA all|few [WORDS]
//
// URL and DATA: a desk that runs, and its folder. WORDS: only stories that hold these. From the environment: NODE_MODULES says
// where the packages are, CAREDESK and PACK the program and its pack, SHOTS a folder for pictures.
import { join } from "node:path";
import { Desk } from "./desk.mjs";
import { close, count, look, note, open as opened, say, submit, wrong } from "./eyes.mjs";
import { isAlone, stories, tell, told } from "./stories.mjs";

const [url, data, share, words] = process.argv.slice(2);
const open = (options) => opened(url, options);

const LOOKS = [
  ["phone", { viewport: { width: 390, height: 844 } }],
  ["desktop", { viewport: { width: 1280, height: 900 } }],
  ["dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ["own-colours", { viewport: { width: 390, height: 844 }, forcedColors: "active" }],
  ["narrow", { viewport: { width: 320, height: 640 } }],
  // A window of 1280 by 1024 at 400 %.
  ["zoomed", { viewport: { width: 320, height: 256 } }],
];
const LOCKED_OUT = "please reset my nhsmail password, I am locked out and the reset page does not work";

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
  await the_rest(page);
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
async function the_rest(page) {
  await page.fill("#text", "");
  for (const words of ["amy.field@nhs.net", "07700 900111"]) {
    await page.focus("#text");
    await page.keyboard.type(words);
    await submit(page, async () => { await page.keyboard.press("Tab"); await page.keyboard.press("Enter"); }, true);
  }
  await page.waitForSelector(".desk-panel");
}

// What the short run tells: a request that goes through with a correction and an agent's work, proof by another's mail, and two
// ways in which chats go astray.
const FEW = [
  "register: by chat, with one correction",
  "leaver: by chat, a person who leaves proves it by mail",
  "courtesies: by chat, somebody says hello, says nothing that we know, and then what they need",
  "triage: by chat, none of several is meant",
];

try {
  if (!words) for (const [name, options] of LOOKS) await states(name, options);
  const all = [...stories([join(process.env.PACK, "flows"), import.meta.dirname])];
  const chosen = all.filter((one) => (words ? one.name.includes(words) : share === "all" || FEW.includes(one.name)));
  const shared = Desk.shared(url, data, Date.parse("2026-03-02T09:00:00Z"));
  // Several at a time: those on the shared desk one after the other, beside those that need one of their own.
  const inTurn = async (some) => { for (let one = some.shift(); one; one = some.shift()) await tell(one, shared); };
  const alone = chosen.filter(isAlone);
  await Promise.all([inTurn(chosen.filter((one) => !isAlone(one))), inTurn(alone), inTurn(alone)]);
  if (!words && chosen.length < FEW.length) note("only", chosen.length, "stories were told");
} catch (error) {
  note("it did not go on:", error.stack);
} finally {
  await close();
}
const { stories: all, with_script, without_script, own_desks, left_out } = told;
console.log(`| ${[all, with_script, without_script, own_desks, left_out, count.states, count.axe, count.other_hosts].join(" | ")} |`);
console.log(JSON.stringify({ wrong: wrong.length, ...count, ...told }));
process.exit(wrong.length ? 1 : 0);
