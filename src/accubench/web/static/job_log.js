// Keeps a job's log up to date while it runs, at its end unless the reader scrolled up.
const log = document.querySelector("[data-log]");
const LONGEST = 60_000;
let asking = false;

const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 24;
const toEnd = () => { log.scrollTop = log.scrollHeight; };

toEnd();
document.addEventListener("job", async (event) => {
  if (event.detail.id !== log.dataset.log || asking) return;
  asking = true;
  try {
    const answer = await fetch(log.dataset.address);
    if (!answer.ok) return;
    const text = (await answer.text()).slice(-LONGEST);
    if (text && text !== log.textContent) {
      const follow = atEnd();
      log.textContent = text;
      if (follow) toEnd();
    }
  } finally {
    // The log tells stages, not images: once a second is often enough.
    setTimeout(() => { asking = false; }, 1000);
  }
});
