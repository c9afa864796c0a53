// What every page may use. Pages work without it; it adds comfort.
import { copyText } from "./clipboard.js";

// Buttons with data-copy-from put the text of the element that they name on the clipboard.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy-from]");
  if (!button) return;
  await copyText(document.querySelector(button.dataset.copyFrom).innerText);
  button.dataset.label ??= button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = button.dataset.label; }, 1200);
});

// Controls with data-autosubmit send their form as soon as they change.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-autosubmit]")) event.target.form.requestSubmit();
});
