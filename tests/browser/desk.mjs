// A desk of a story's own: what happens in a story beside the chat is done to it by its command line and its mail door.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "./eyes.mjs";

const { CAREDESK, PACK } = process.env;
const BOUNDARY = "authserv-id:mx.desk.example";
const HOURS = { minute: 1 / 60, hour: 1, day: 24, week: 7 * 24 };
const instant = (ms) => new Date(ms).toISOString();

// How long an `after` is, if it counts by the clock and not by working time.
export function length(words) {
  const [, number, unit] = /^(\d+) (minute|hour|day|week)s?$/.exec(words) || [];
  return number ? Number(number) * HOURS[unit] * 3600e3 : null;
}

// The words of a letter as it was sent: its first part, decoded.
function plain(mail) {
  const boundary = /boundary="?([^"\r\n;]+)/i.exec(mail)?.[1];
  const part = boundary ? mail.split(`--${boundary}`)[1].trimStart() : mail;
  const [head, ...body] = part.split(/\r?\n\r?\n/);
  const text = body.join("\n\n");
  if (/base64/i.test(head)) return Buffer.from(text, "base64").toString("utf8");
  if (!/quoted-printable/i.test(head)) return text;
  const bytes = text.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

// No desk outlives this program, however it ends.
const running = new Set();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

export class Desk {
  // One that runs already, shared by the stories in which people only chat.
  static shared(url, data, now) { return Object.assign(new Desk(), { url, data, start: now, machine: Date.now(), own: false }); }

  static async begin(now) {
    const desk = Object.assign(new Desk(), { data: mkdtempSync(join(tmpdir(), "story-")), own: true, port: 0 });
    await desk.serve(now);
    return desk;
  }

  now() { return this.start + (Date.now() - this.machine); }

  args(args) { return ["--pack", PACK, "--data", this.data, ...args]; }

  async serve(now) {
    const args = this.args(["serve", "--sample", "--format", "json", "--http", `127.0.0.1:${this.port}`, "--now", instant(now)]);
    this.child = spawn(CAREDESK, args, { stdio: ["ignore", "pipe", "ignore"], env: { ...process.env, CAREDESK_HTTP: undefined } });
    running.add(this.child);
    const { child } = this;
    child.on("exit", () => running.delete(child));
    [this.start, this.machine] = [now, Date.now()];
    const line = await new Promise((tell, fail) => {
      let text = "";
      this.child.stdout.on("data", (bytes) => { text += bytes; if (text.includes("\n")) tell(text); });
      this.child.on("exit", (code) => fail(new Error(`the desk ended: ${code}`)));
    });
    this.url = JSON.parse(line).http;
    this.port = new URL(this.url).port;
  }

  async stop() {
    const ended = new Promise((tell) => this.child.on("exit", tell));
    this.child.kill("SIGTERM");
    await ended;
  }

  async end() {
    if (!this.own) return;
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }

  run(args, input = "") {
    const moved = [...args, "--now", instant(this.now())];
    const ran = spawnSync(CAREDESK, this.args(moved), { input, encoding: "utf8" });
    if (ran.status !== 0) throw new Error(`${args.join(" ")}: ${ran.stdout}${ran.stderr}`);
    return ran.stdout.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  }

  tickets() { return this.run(["ticket", "list", "--all", "--format", "json"]).map((row) => row.ticket); }

  show(reference) { return this.run(["ticket", "show", reference, "--format", "json"])[0]; }

  // Time passes: the desk is stopped, what falls due meanwhile is fired, and it runs again at the same place.
  async passes(ms) {
    await this.stop();
    this.start += ms;
    this.run(["tick"]);
    await this.serve(this.now());
  }

  act(reference, { agent, task, gives = {}, text }) {
    const [verb, ...rest] = agent.split(" ");
    const args = ["ticket", "act", reference, verb, "--as", "jo", "--format", "json"];
    if (task !== undefined) {
      const open = this.show(reference).tasks.filter((one) => one.act === task && one.status === "open");
      args.push("--task", typeof task === "number" ? String(task) : String(open.at(-1).number));
    }
    for (const [fact, value] of Object.entries(gives)) args.push("--set", `${fact}=${value}`);
    if (text) args.push("--text", text);
    if (rest.length) args.push({ cannot: "--reason", close: "--ending", reply: "--text", give_back: "--step" }[verb] || "--to", rest.join(" "));
    this.run(args);
  }

  calls({ call, from }) { this.run(["ticket", "new", "--phone", from, "--said", call, "--as", "jo", "--format", "json"]); }

  // The directory changes by itself, beside what requests have changed in the sample.
  changes(rows) {
    const world = parse(readFileSync(join(PACK, "flows/world.yaml"), "utf8"));
    for (const [kind, some] of Object.entries(rows)) {
      for (const [name, row] of Object.entries(some)) world[kind][name] = { ...world[kind][name], ...row };
    }
    const file = join(this.data, "world.yaml");
    writeFileSync(file, stringify(world));
    this.run(["directory", "import", file]);
  }

  letters() {
    const folder = join(this.data, "sent");
    let names = [];
    try { names = readdirSync(folder).filter((name) => name.endsWith(".eml")).sort(); } catch { /* none was sent yet */ }
    return names.map((name) => {
      const mail = readFileSync(join(folder, name), "utf8");
      const field = (key) => new RegExp(`^${key}:\\s*(.*)$`, "im").exec(mail)?.[1].trim() || "";
      return { to: field("To"), id: field("Message-ID"), subject: field("Subject"), text: plain(mail) };
    });
  }

  // Somebody else writes: an answer to the last letter that they had from us, for which their mail server vouches.
  mails({ mail, from }) {
    const address = /<([^>]+)>/.exec(from)?.[1] || from;
    const letter = this.letters().findLast((one) => one.to.toLowerCase().includes(address.toLowerCase()));
    if (!letter) throw new Error(`no letter went to ${address}`);
    const fields = [
      `Authentication-Results: mx.desk.example; dmarc=pass (p=reject) header.from=${address.split("@")[1]}`,
      "Received: from relay.far.example (relay.far.example [192.0.2.66])", "\tby mx.desk.example (Postfix) with ESMTPS id 4XyZ; Mon, 2 Mar 2026 08:59:30 +0000",
      `Message-ID: <${Math.random().toString(36).slice(2)}@home.example>`, `Date: ${new Date(this.now()).toUTCString().replace("GMT", "+0000")}`,
      `From: ${from}`, "To: careadmin@nhs.net", `Subject: Re: ${letter.subject}`, `In-Reply-To: ${letter.id}`, `References: ${letter.id}`,
      "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
    ];
    this.run(["ingest", "--format", "json", "--boundary", BOUNDARY], `${fields.join("\r\n")}\r\n\r\n${mail}\r\n`);
  }

  // The passcode that was sent as the so-maniest. A story calls the first TALE-AAAB, the next TALE-AAAC.
  passcode(name) {
    const codes = new Set(this.letters().flatMap((one) => one.text.match(/(?<![\w-])[0-9A-Z]{4}-[0-9A-Z]{4}(?![\w-])/g) || []));
    const code = [...codes][name.charCodeAt(8) - "B".charCodeAt(0)];
    if (!code) throw new Error(`no passcode ${name} was sent`);
    return code;
  }
}
