// Makes the chat live: sends without leaving the page, and shows what is said meanwhile. Without it the page works as it is.
// The desk writes every page; this puts the new parts of it into the one that is open. It never touches what was typed.
"use strict";
(() => {
  const form = document.getElementById("say");
  const talk = document.getElementById("talk");
  const state = document.getElementById("state");
  const standing = document.getElementById("standing");
  if (!form || !talk || !window.fetch || !window.DOMParser || !window.FormData) return;
  let news = null;
  let asking = null;
  let sending = false;

  const newest = () => Number(talk.dataset.newest) || 0;
  const say = (words) => { if (state.textContent !== words) state.textContent = words; };

  // Whether this is not the conversation that is here: that one was over, and a new one has begun.
  function isAnother(log) {
    const [here, there] = [talk, log].map((one) => one.querySelector("[data-n]"));
    const began = (line) => line.querySelector("time").dateTime;
    return Boolean(here && there) && here.dataset.n === there.dataset.n && began(here) !== began(there);
  }

  // What was said today has its date from tomorrow on.
  function date(line) {
    const here = talk.querySelector(`[data-n="${line.dataset.n}"] time`);
    const there = line.querySelector("time");
    if (here && here.textContent !== there.textContent) here.textContent = there.textContent;
  }

  // Puts the lines that are new below those that are here, and what can be answered in its place.
  function take(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const log = page.getElementById("talk");
    if (!log) return false;
    if (isAnother(log)) {
      talk.querySelector(".talk__lines").replaceChildren();
      talk.dataset.newest = 0;
      news?.close();
      news = null;
    }
    const before = newest();
    const lines = talk.querySelector(".talk__lines");
    let first = null;
    for (const line of log.querySelectorAll("[data-n]")) {
      if (Number(line.dataset.n) <= before) { date(line); continue; }
      const own = document.importNode(line, true);
      lines.append(own);
      first = first || own;
    }
    talk.dataset.newest = Math.max(before, Number(log.dataset.newest) || 0);
    for (const id of ["intro", "standing", "choices", "ask", "ways"]) {
      const here = document.getElementById(id);
      const there = page.getElementById(id);
      if (!here || !there || here.innerHTML === there.innerHTML) continue;
      const held = here.contains(document.activeElement);
      here.replaceChildren(...document.importNode(there, true).childNodes);
      // Whoever stood on a button that is gone stands where the conversation goes on.
      if (held) form.elements.text.focus();
    }
    standing.dataset.state = page.getElementById("standing").dataset.state;
    form.elements.key.value = page.querySelector("[name=key]").value;
    if (first && before > 0) first.scrollIntoView({ block: "nearest" });
    listen();
    return true;
  }

  async function refresh() {
    if (sending) return;
    asking = asking || fetch("/chat", { credentials: "same-origin" });
    try {
      const answer = await asking;
      if (answer.ok && !sending) take(await answer.text());
    } catch {
      // The line opens again by itself, and tells then what is new.
    } finally {
      asking = null;
    }
  }

  // Hears when something is said, once there is a conversation.
  function listen() {
    if (news || !newest() || !window.EventSource) return;
    news = new EventSource(`/chat/events?after=${newest()}&state=${standing.dataset.state}`);
    news.addEventListener("line", (event) => { if (Number(event.data) > newest()) refresh(); });
    // A colleague can begin to work on a request without a word.
    news.addEventListener("state", (event) => { if (event.data !== standing.dataset.state) refresh(); });
  }

  function wrong(page) {
    const summary = page.getElementById("error");
    if (!summary) return false;
    document.getElementById("error")?.remove();
    const here = document.importNode(summary, true);
    document.getElementById("main").prepend(here);
    mark(page);
    document.title = page.title;
    here.focus();
    return true;
  }

  // The message beside the field, as the desk wrote it.
  function mark(page) {
    for (const id of ["text", "files"]) {
      const here = document.getElementById(id);
      const there = page.getElementById(id);
      document.getElementById(`${id}-error`)?.remove();
      const group = here.closest(".nhsuk-form-group");
      const message = page.getElementById(`${id}-error`);
      group.classList.toggle("nhsuk-form-group--error", Boolean(message));
      if (message) here.before(document.importNode(message, true));
      for (const name of ["aria-describedby", "aria-invalid"]) {
        if (there.hasAttribute(name)) here.setAttribute(name, there.getAttribute(name));
        else here.removeAttribute(name);
      }
    }
  }

  async function send(button) {
    const body = new FormData(form);
    const chosen = button && button.name === "choice";
    if (chosen) body.set("choice", button.value);
    const typed = form.elements.text.value;
    sending = true;
    say("Sending…");
    const slow = setTimeout(() => say("Still sending. Please wait."), 5000);
    try {
      const answer = await fetch("/chat", { method: "POST", body, credentials: "same-origin" });
      const html = await answer.text();
      const page = new DOMParser().parseFromString(html, "text/html");
      if (wrong(page)) { form.elements.key.value = page.querySelector("[name=key]").value; say(""); return; }
      if (!answer.ok || !page.getElementById("talk")) throw new Error(String(answer.status));
      document.getElementById("error")?.remove();
      mark(page);
      take(html);
      document.title = page.title;
      if (!chosen && form.elements.text.value === typed) form.elements.text.value = "";
      form.elements.files.value = "";
      document.querySelector(".say__more").open = false;
      say("Sent.");
      if (!document.activeElement || document.activeElement === document.body) form.elements.text.focus();
    } catch {
      // The name of the page stays the same: to send it again says nothing twice.
      say("We could not send that. What you wrote is still here. Check your connection and send it again.");
    } finally {
      clearTimeout(slow);
      sending = false;
      refresh();
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!sending) send(event.submitter);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) refresh(); });
  window.addEventListener("pagehide", () => { news?.close(); news = null; });
  document.getElementById("error")?.focus();
  // New answers come by themselves from here on.
  document.getElementById("look").hidden = true;
  listen();
})();
