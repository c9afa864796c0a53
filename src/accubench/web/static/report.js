// Comfort for a report's page: selecting rows, copying paths, pictures that are not there.
import { copyText } from "./clipboard.js";

// Facets are folded away on narrow windows and open on wide ones. The style sheet unfolds them without this script where
// the browser knows ::details-content; the state is set here for those that do not, and for assistive technology.
const wide = window.matchMedia("(min-width: 1000px)");
for (const each of document.querySelectorAll("[data-wide-open]")) {
  each.open = wide.matches;
  wide.addEventListener("change", () => { each.open = wide.matches; });
}
for (const button of document.querySelectorAll(".scriptless")) button.hidden = true;

// A picture that cannot be shown says why.
export async function explain(image) {
  const text = document.createElement("span");
  text.className = "no-picture";
  text.textContent = "No picture";
  image.replaceWith(text);
  const answer = await fetch(image.src);
  if (!answer.ok) text.textContent = text.title = `No picture. ${await answer.text()}`.slice(0, 300);
}
for (const image of document.querySelectorAll("img[data-picture]")) {
  image.addEventListener("error", () => explain(image), { once: true });
  if (image.complete && !image.naturalWidth && image.currentSrc) explain(image);
}

const form = document.querySelector("[data-selection]");
if (form) selection(form);

function selection(form) {
  const boxes = [...form.querySelectorAll("input[name=position]")];
  const all = form.querySelector("[data-select-all]");
  const allBox = all.querySelector("input");
  const said = form.querySelector("[data-selected]");
  const buttons = form.querySelectorAll(".selection-actions button");
  let last = null;
  all.hidden = false;

  function show() {
    const count = boxes.filter((box) => box.checked).length;
    said.textContent = count ? `${count} selected` : "Shift selects a range.";
    allBox.checked = count === boxes.length;
    allBox.indeterminate = count > 0 && count < boxes.length;
    for (const button of buttons) button.disabled = count === 0;
    said.closest(".selection-bar").classList.toggle("chosen", count > 0);
    for (const box of boxes) box.closest("tr, li").classList.toggle("selected", box.checked);
  }

  allBox.addEventListener("change", () => {
    for (const box of boxes) box.checked = allBox.checked;
    show();
  });
  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      }
      last = box;
      show();
    });
  }
  form.addEventListener("submit", async (event) => {
    const tag = form.querySelector("input[name=tag]");
    if (event.submitter?.name === "action" && !tag.value.trim()) {
      event.preventDefault();
      tag.focus();
    }
    if (!("copyPaths" in (event.submitter?.dataset ?? {}))) return;
    event.preventDefault();
    const chosen = new URLSearchParams(boxes.filter((box) => box.checked).map((box) => ["position", box.value]));
    const answer = await fetch(event.submitter.formAction, { method: "POST", body: chosen });
    const paths = await answer.text();
    await copyText(paths);
    const count = answer.ok ? paths.split("\n").length - 1 : 0;
    said.textContent = `${count} ${count === 1 ? "path" : "paths"} copied`;
  });
  show();
}
