// Walking along a view with the keys, and having the next pictures at hand.
import "./report.js"; // pictures that are not there

const keys = {
  ArrowLeft: "a[rel=prev]",
  k: "a[rel=prev]",
  ArrowRight: "a[rel=next]",
  j: "a[rel=next]",
  Escape: "a[data-up]",
};

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  const link = document.querySelector(keys[event.key] ?? "no-such-element");
  if (!link) return;
  event.preventDefault();
  link.click();
});

// After this page's own pictures, so that they are not kept waiting.
window.addEventListener("load", () => {
  for (const link of document.querySelectorAll("[data-picture-ahead]")) {
    const decoded = link.dataset.pictureAhead;
    for (const address of [decoded, decoded.replace(/decoded\.jpg$/, "seen.png")]) new Image().src = address;
  }
});
