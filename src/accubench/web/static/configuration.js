// The accuracy configuration as form and as YAML, always in sync. The YAML is the truth: the form is written into it
// by the server, value by value, so that nothing else of the text changes.
import { isChanged } from "./controls.js";

const form = document.querySelector("#create-report");
const fields = form.querySelector("#form-fields");
const editor = form.querySelector("#configuration_yaml");
const lines = form.querySelector(".editor-lines > div");
const previews = form.querySelector("[data-previews]");
const one = (name) => form.querySelector(`[data-${name}]`);
const project = form.dataset.project;
const newSteps = JSON.parse(form.dataset.newSteps);

let wrongLines = new Set();
let edited = false;
let textBefore = null;
let newest = 0;          // number of the last question or edit; answers to older questions are dropped
let redrawing = false;   // whether the form is to be drawn anew, also where the answer that would have was dropped
let pending = null;      // the question that waits for a pause in typing
let asking = Promise.resolve();

// --- talking to the server ---------------------------------------------------------------------------

async function post(address, content) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(content),
  });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? answer.statusText);
  return answer.json();
}

function later(question, wait) {
  newest += 1;  // an answer on its way does not know of this edit and would undo it
  clearTimeout(pending?.timer);
  pending = { question, timer: setTimeout(now, wait) };
}

// Asks at once what waits for a pause; the answer has come when the promise is kept.
function now() {
  if (pending) {
    clearTimeout(pending.timer);
    const { question } = pending;
    pending = null;
    asking = asking.then(question).catch((problem) => say(`The server did not answer: ${problem.message}`, true));
  }
  return asking;
}

async function check() {
  const number = ++newest;
  const text = editor.value;
  const found = await post("/api/configuration/check", { text, project_id: project });
  if (number === newest) show(found, true, text);
}

async function write(anew) {
  const number = ++newest;
  redrawing ||= anew;
  const before = editor.value;
  const written = await post("/api/configuration/write", { form: values(), text: before, project_id: project });
  if (number !== newest) return;
  editor.value = written.text;
  if (written.lost_comments.length) {
    textBefore = before;
    one("lost-text").textContent = `The YAML lost ${written.lost_comments.length === 1 ? "a comment" : `${written.lost_comments.length} comments`}: ${written.lost_comments.slice(0, 3).join(" · ")}`;
  }
  one("lost").hidden = !written.lost_comments.length;
  show(written.check, redrawing, written.text);
  redrawing = false;
}

// --- the form ----------------------------------------------------------------------------------------

function valuesOf(box) {
  const found = {};
  for (const control of box.querySelectorAll("[data-name]")) {
    found[control.dataset.name] = control.type === "checkbox" ? String(control.checked) : control.value;
  }
  return found;
}

function values() {
  const section = (name) => valuesOf(fields.querySelector(`[data-section="${name}"]`));
  return {
    steps: [...fields.querySelectorAll("[data-step]")].map((step) => ({ kind: step.dataset.step, ...valuesOf(step), ...step.added })),
    outputs: section("outputs"),
    annotations: section("annotations"),
    metrics: section("metrics"),
  };
}

fields.addEventListener("input", (event) => {
  edited = true;
  if (event.target.matches("select")) return;
  later(() => write(false), 250);
});

fields.addEventListener("change", (event) => {
  edited = true;
  later(() => write("decides" in event.target.dataset), event.target.matches("select, [type=checkbox]") ? 0 : 250);
});

fields.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.add) add(button.dataset.add);
  if ("remove" in button.dataset) remove(button.closest("[data-step]"));
  if (button.dataset.move) move(button.closest("[data-step]"), button.dataset.move, true);
});

fields.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  const step = event.target.closest("[data-step]");
  if (!step) return;
  event.preventDefault();
  move(step, event.key === "ArrowUp" ? "up" : "down", false);
});

function add(kind) {
  const step = document.createElement("li");
  step.dataset.step = kind;
  step.added = newSteps[kind];
  fields.querySelector(".steps").append(step);
  restructure(() => [...fields.querySelectorAll("[data-step]")].at(-1)?.querySelector("[data-name]"));
}

function remove(step) {
  const at = [...fields.querySelectorAll("[data-step]")].indexOf(step);
  step.remove();
  restructure(() => {
    const steps = [...fields.querySelectorAll("[data-step]")];
    return (steps[at] ?? steps.at(-1)).querySelector("[data-remove], [data-name]");
  });
}

function move(step, direction, byButton) {
  const other = direction === "up" ? step.previousElementSibling : step.nextElementSibling;
  if (step.dataset.step === "decode" || !other || other.dataset.step === "decode") return;
  const name = document.activeElement?.dataset?.name;  // moving an element takes the focus away from it
  if (direction === "up") other.before(step); else other.after(step);
  const at = [...fields.querySelectorAll("[data-step]")].indexOf(step);
  restructure(() => {
    const moved = fields.querySelectorAll("[data-step]")[at];
    const button = moved.querySelector(`[data-move="${direction}"]`);
    return byButton ? (button.disabled ? moved.querySelector("[data-move]:not(:disabled)") : button) : moved.querySelector(`[data-name="${name}"]`);
  });
}

function restructure(focused) {
  edited = true;
  later(() => write(true).then(() => focused()?.focus()), 0);
}

one("undo").addEventListener("click", () => {
  editor.value = textBefore;
  one("lost").hidden = true;
  later(check, 0);
});

// --- what was found ----------------------------------------------------------------------------------

function show(found, anew, text) {
  if (found.form_html === null) fields.replaceChildren();
  else if (anew || !fields.querySelector("[data-step]")) draw(found.form_html);
  else adopt(found.form_html);
  one("form-problem").textContent = found.form_problem ? `${found.form_problem} Mend it in the advanced view.` : "";
  one("form-problem").hidden = !found.form_problem;
  wrongLines = new Set(found.problems.map((problem) => problem.line));
  number();
  editor.setAttribute("aria-invalid", String(!found.valid));
  one("problems").replaceChildren(...found.problems.map(listed));
  one("values").replaceChildren(...found.values.map(row));
  one("notes").replaceChildren(...found.notes.map((note) => made("p", note, "caution-note")));
  say(found.valid ? "✓ Ends in the model's input" : `${found.problems.length} to mend`, !found.valid);
  one("create").disabled = !found.valid;
  if (found.valid) {
    look(text);
    match(text, found.values);
  }
  else {
    clearTimeout(lookTimer);
    previews.classList.add("stale");
    matching?.classList.add("stale");
  }
}

// Draws the whole form; who was typing goes on at the same place.
function draw(html) {
  const { id, selectionStart, selectionEnd } = fields.contains(document.activeElement) ? document.activeElement : {};
  const open = [...fields.querySelectorAll("details")].map((fold) => fold.open);
  fields.innerHTML = html;
  fields.querySelectorAll("details").forEach((fold, index) => { fold.open = open[index] ?? false; });
  const same = id ? document.getElementById(id) : null;
  same?.focus();
  if (same?.matches("input") && selectionStart !== null && same.type === "text") same.setSelectionRange(selectionStart, selectionEnd);
}

// Takes over what is said of the values; the controls stay, because someone is typing in them.
function adopt(html) {
  const drawn = document.createElement("template");
  drawn.innerHTML = html;
  for (const field of fields.querySelectorAll(".field")) {
    const control = field.querySelector("[data-name]");
    const other = drawn.content.getElementById(control.id)?.closest(".field");
    if (!other) continue;
    for (const name of ["error", "origin"]) {
      field.querySelector(`[data-${name}]`).textContent = other.querySelector(`[data-${name}]`).textContent;
    }
    const wrong = other.querySelector("[aria-invalid]");
    if (wrong) control.setAttribute("aria-invalid", "true"); else control.removeAttribute("aria-invalid");
    if (control !== document.activeElement) control.value = other.querySelector("[data-name]").value;
  }
  for (const name of ["[data-step-errors]", "[data-form-errors]", "[data-step-origin]"]) {
    const others = drawn.content.querySelectorAll(name);
    fields.querySelectorAll(name).forEach((box, index) => box.replaceChildren(...(others[index]?.childNodes ?? [])));
  }
}

function say(text, wrong) {
  const verdict = one("verdict");
  verdict.textContent = text;
  verdict.classList.toggle("wrong", wrong);
}

function listed(problem) {
  const item = document.createElement("li");
  const button = made("button", `Line ${problem.line}`, "link");
  button.type = "button";
  button.dataset.line = problem.line;
  button.dataset.column = problem.column;
  item.append(button, ` ${problem.sentence}`);
  return item;
}

function row(value) {
  const line = document.createElement("tr");
  const name = made("th", value.path, "mono");
  name.scope = "row";
  const short = value.value.length > 80 ? `${value.value.slice(0, 79)}…` : value.value;
  line.append(name, made("td", short, "mono"), made("td", value.origin));
  return line;
}

function made(tag, text, style = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = style;
  return element;
}

// --- the editor --------------------------------------------------------------------------------------

function number() {
  const count = editor.value.split("\n").length;
  lines.replaceChildren(...Array.from({ length: Math.min(count, 5000) }, (_, index) => {
    const line = document.createElement("span");
    line.dataset.number = index + 1;
    if (wrongLines.has(index + 1)) line.className = "wrong";
    return line;
  }));
  scroll();
}

function scroll() { lines.parentElement.scrollTop = editor.scrollTop; }

editor.addEventListener("scroll", scroll);
editor.addEventListener("input", () => {
  edited = true;
  one("lost").hidden = true;
  number();
  later(check, 300);
});

// Tab leaves the editor, as everywhere; spaces are inserted where a line is begun like the one above.
editor.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
  const before = editor.value.slice(0, editor.selectionStart);
  const indent = before.slice(before.lastIndexOf("\n") + 1).match(/^ */)[0];
  if (!indent) return;
  event.preventDefault();
  editor.setRangeText(`\n${indent}`, editor.selectionStart, editor.selectionEnd, "end");
  editor.dispatchEvent(new Event("input", { bubbles: true }));
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-line]");
  if (!button) return;
  const above = editor.value.split("\n").slice(0, button.dataset.line - 1);
  const at = above.reduce((sum, line) => sum + line.length + 1, 0) + Number(button.dataset.column) - 1;
  editor.focus();
  editor.setSelectionRange(at, at);
  editor.scrollTop = Math.max(0, (button.dataset.line - 4) * 20);
});

// --- basic and advanced ------------------------------------------------------------------------------

const tabs = [...form.querySelectorAll("[data-mode]")];

async function turn(mode) {
  await now();
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", String(tab.dataset.mode === mode));
    tab.tabIndex = tab.dataset.mode === mode ? 0 : -1;
    form.querySelector(`#panel-${tab.dataset.mode}`).hidden = tab.dataset.mode !== mode;
  }
  form.elements.mode.value = mode;
  const address = new URL(location.href);
  if (address.pathname.endsWith("/new")) {
    address.searchParams.set("mode", mode);
    history.replaceState(null, "", address);
  }
  number();
}

for (const tab of tabs) {
  tab.tabIndex = tab.getAttribute("aria-selected") === "true" ? 0 : -1;
  tab.addEventListener("click", () => turn(tab.dataset.mode));
  tab.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const other = tabs.find((each) => each !== tab);
    other.focus();
    turn(other.dataset.mode);
  });
}

// --- preview -----------------------------------------------------------------------------------------

let lookTimer;
let looks = 0;
let shown = null;

// Only of text that was checked: what is typed meanwhile may be wrong.
function look(text) {
  clearTimeout(lookTimer);
  if (text === shown) { previews.classList.remove("stale"); return; }
  lookTimer = setTimeout(() => lookNow(text), 300);
}

async function lookNow(text) {
  const number = ++looks;
  try {
    const { images } = await post(`/projects/${project}/preview`, { text });
    if (number !== looks) return;
    shown = text;
    images.forEach(picture);
    previews.classList.remove("stale");
    one("preview-problem").hidden = true;
  } catch (problem) {
    if (number !== looks) return;
    one("preview-problem").textContent = problem.message;
    one("preview-problem").hidden = false;
  }
}

function picture(image, index) {
  const figure = previews.querySelector(`[data-preview="${index}"]`);
  if (!figure) return;
  const [before, after] = figure.querySelectorAll(".box");
  fill(before, image.decoded, `${image.name} as decoded`, image.decoded_size, image.failure);
  fill(after, image.seen, `${image.name} as the model sees it`, image.seen_size, image.failure);
  const sizes = [image.decoded_size, image.seen_size].filter(Boolean).join(" → ");
  figure.querySelector("[data-caption]").textContent = sizes ? `${sizes} · ${image.name}` : image.name;
}

function fill(box, address, words, size, failure) {
  if (!address) { box.textContent = failure ?? ""; return; }
  const image = document.createElement("img");
  image.alt = words;
  image.src = address;
  if (Number.parseInt(size, 10) < 160) image.className = "small-picture";
  box.replaceChildren(image);
}

// --- how classes are matched -------------------------------------------------------------------------

const matching = form.querySelector("[data-matching]");
let matchedBy = null;
let matches = 0;

// Only what is said of annotations decides it, so that other edits do not ask.
async function match(text, values) {
  const said = JSON.stringify(values.filter((value) => value.path.startsWith("annotations")));
  if (!matching) return;
  matching.classList.remove("stale");
  if (said === matchedBy) return;
  matchedBy = said;
  const number = ++matches;
  const { html } = await post(`/projects/${project}/classes`, { text }).catch((problem) => ({ html: "", problem }));
  if (number !== matches || !html) return;
  const open = matching.querySelector("details")?.open;
  matching.innerHTML = html;
  if (open !== undefined) matching.querySelector("details").open ||= open;
}

// --- leaving -----------------------------------------------------------------------------------------

form.addEventListener("click", (event) => {
  const start = event.target.closest("[data-start]");
  if (start && edited && !window.confirm("Start again from another configuration? What you changed here is lost.")) event.preventDefault();
});

form.addEventListener("submit", async (event) => {
  if (!pending) return;
  event.preventDefault();
  await now();
  if (!one("create").disabled) form.requestSubmit();
});

number();
one("create").disabled = editor.getAttribute("aria-invalid") === "true";
one("verdict").classList.toggle("wrong", one("create").disabled);
if (isChanged(editor)) editor.dispatchEvent(new Event("input", { bubbles: true }));
else if ([...fields.querySelectorAll("[data-name]")].some(isChanged)) restructure(() => document.activeElement);
else if (editor.getAttribute("aria-invalid") !== "true") lookNow(editor.value);
