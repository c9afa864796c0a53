// Says how many images a calibration subset leaves for validation, while it is chosen. The server counts.
const form = document.querySelector("[data-optimize]");
const text = form.querySelector("[data-sharing]");
const warning = form.querySelector("[data-sharing-warning]");
let timer = 0;
let newest = 0;

form.addEventListener("input", (event) => {
  if (!event.target.matches("#dataset_id, #subset_size, [name=method]")) return;
  clearTimeout(timer);
  timer = setTimeout(tell, 200);
});

// Who types a drop means the method that has one.
form.addEventListener("change", (event) => {
  if (!event.target.matches("#max_drop, #drop_type")) return;
  form.querySelector("#method-accuracy_aware").checked = true;
  tell();
});

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
