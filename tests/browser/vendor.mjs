// Makes src/web/assets/nhsuk.css from the package nhsuk-frontend: only what our pages use, and nothing that would be loaded
// from elsewhere (no fonts, no pictures, no logo). With --check it only says whether the file is what it should be.
//
//   node vendor.mjs NODE_MODULES OUTPUT [--check]
import { readFileSync, writeFileSync } from "node:fs";

const [modules, output, check] = process.argv.slice(2);
const version = JSON.parse(readFileSync(`${modules}/nhsuk-frontend/package.json`, "utf8")).version;
const source = readFileSync(`${modules}/nhsuk-frontend/dist/nhsuk/nhsuk-frontend.min.css`, "utf8");

// Parts of the package that our pages use, by the beginning of their class.
const used = [
  "body", "body-l", "body-s", "button", "button--secondary", "details", "error-message", "error-summary", "fieldset",
  "file-upload", "form-group", "form-group--error", "heading", "hint", "label", "list", "main-wrapper", "panel",
  "skip-link", "textarea", "u-visually-hidden", "width-container",
];
const isUsed = (name) => used.some((part) => name === part || name.startsWith(`${part}-`) || name.startsWith(`${part}_`));
const foreign = ["button-", "list--tick", "list--cross", "list--border", "details--expander", "panel--interruption"];
const keeps = (selector) => {
  const names = [...selector.matchAll(/\.nhsuk-([\w-]+)/g)].map((match) => match[1]);
  const others = [...selector.matchAll(/\.(?!nhsuk-)([A-Za-z][\w-]*)/g)].map((match) => match[1]);
  if (others.some((name) => !["no-js", "js-enabled"].includes(name))) return false;
  return names.every((name) => isUsed(name) && !foreign.some((part) => name.startsWith(part) && !name.startsWith("button--secondary") && !name.startsWith("button-group")));
};

// Rules of one level: [head, body].
function* rules(css) {
  let at = 0;
  while (at < css.length) {
    const open = css.indexOf("{", at);
    const end = css.indexOf(";", at);
    if (end >= 0 && (open < 0 || end < open)) { at = end + 1; continue; }
    if (open < 0) return;
    let depth = 1, close = open + 1;
    while (depth > 0) { const c = css[close++]; if (c === "{") depth++; if (c === "}") depth--; }
    yield [css.slice(at, open).trim(), css.slice(open + 1, close - 1)];
    at = close;
  }
}

// Commas inside brackets part nothing.
function parts(head) {
  const found = []; let depth = 0, from = 0;
  for (let i = 0; i < head.length; i++) {
    if ("([".includes(head[i])) depth++;
    if (")]".includes(head[i])) depth--;
    if (head[i] === "," && depth === 0) { found.push(head.slice(from, i)); from = i + 1; }
  }
  return [...found, head.slice(from)];
}

function pruned(css) {
  let kept = "";
  for (const [head, body] of rules(css)) {
    if (head.startsWith("@font-face") || head.startsWith("@keyframes")) continue;
    if (head.startsWith("@media") || head.startsWith("@supports")) {
      const inside = pruned(body);
      if (inside) kept += `${head}{${inside}}\n`;
      continue;
    }
    if (head.startsWith("@")) continue;
    const selectors = parts(head).filter(keeps);
    let lines = body.split(";").filter((line) => !/url\(|-nhsuk-/.test(line)).join(";");
    lines = lines.replace(/Frutiger W01,?/g, "");
    if (selectors.length && lines.trim()) kept += `${selectors.join(",")}{${lines}}\n`;
  }
  return kept;
}

const made = `/* From nhsuk-frontend ${version}, MIT licence (see nhsuk.LICENCE); made by tests/browser/vendor.mjs. */\n${pruned(source)}`;
if (check) {
  if (readFileSync(output, "utf8") !== made) { console.error(`${output} is not what ${process.argv[1]} makes`); process.exit(1); }
} else writeFileSync(output, made);
console.log(`${made.length} bytes`);
