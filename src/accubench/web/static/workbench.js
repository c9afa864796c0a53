// What every page may use. Pages work without it; it adds comfort.
import { copyText } from "./clipboard.js";

// Buttons with data-copy put that text, or the text of the element they name with data-copy-from, on the clipboard.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy], [data-copy-from]");
  if (!button) return;
  const text = button.dataset.copy ?? document.querySelector(button.dataset.copyFrom).innerText;
  await copyText(text);
  button.dataset.label ??= button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = button.dataset.label; }, 1200);
});

// Controls with data-autosubmit send their form as soon as they change.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-autosubmit]")) event.target.form.requestSubmit();
});
