// The link to a report in the making appears with its first finished images.
for (const link of document.querySelectorAll("[data-interim]")) {
  const count = link.closest(".live-job").querySelector('[data-field="count"]');
  if (!count) continue;
  const watch = new MutationObserver(() => { if (/^[1-9]/.test(count.textContent)) link.hidden = false; });
  watch.observe(count, { childList: true, characterData: true, subtree: true });
}
