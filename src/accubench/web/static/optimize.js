// Says how many images a calibration subset leaves for validation, while it is chosen. The server counts.
import { isChanged } from "./controls.js";

const counted = "#dataset_id, #subset_size, [name=method]";
const goal = "#max_drop, #drop_type";
const form = document.querySelector("[data-optimize]");
const text = form.querySelector("[data-sharing]");
const warning = form.querySelector("[data-sharing-warning]");
let timer = 0;
let newest = 0;

form.addEventListener("input", (event) => {
  if (!event.target.matches(counted)) return;
  clearTimeout(timer);
  timer = setTimeout(tell, 200);
});

// Who types a drop means the method that has one.
form.addEventListener("change", (event) => {
  if (!event.target.matches(goal)) return;
  meanGoal();
  tell();
});

function meanGoal() { form.querySelector("#method-accuracy_aware").checked = true; }

async function tell() {
  const number = ++newest;
  const { dataset_id: dataset, subset_size: size, method } = form.elements;
  const query = new URLSearchParams({ dataset: dataset.value, subset_size: size.value, method: method.value });
  const answer = await fetch(`${form.dataset.optimize}?${query}`).catch(() => null);
  if (number !== newest || !answer?.ok) return;
  const { sharing } = await answer.json();
  text.textContent = sharing.text;
  warning.hidden = !sharing.warning;
  warning.lastElementChild.textContent = sharing.warning;
}

// What was changed before this script came.
const changed = [...form.querySelectorAll(`${counted}, ${goal}`)].filter(isChanged);
if (changed.some((control) => control.matches(goal)) && !changed.some((control) => control.name === "method")) meanGoal();
if (changed.length) tell();
