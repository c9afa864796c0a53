// The link to a report in the making appears with its first finished images.
for (const link of document.querySelectorAll("[data-interim]")) {
  const count = link.closest(".live-job").querySelector('[data-field="count"]');
  if (!count) continue;
  const show = () => { if (/^[1-9]/.test(count.textContent)) link.hidden = false; };
  const watch = new MutationObserver(show);
  watch.observe(count, { childList: true, characterData: true, subtree: true });
  show();
}
